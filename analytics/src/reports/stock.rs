//! Stock at the end of a day (остатки): pieces, metres, tonnes and value by batch, product or warehouse.
//!
//! Invariant: now, by batch, it is what `batch_balances` says. It is of the whole books: what lies on a yard is of no deal yet.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;
use shpunt_domain::access::Scope;

use super::ask::known_year;
use super::{Answer, Ask, Error, Language, Reports, exact};

/// What a row stands for (разрез).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    /// Партия.
    Batch,
    /// Товар.
    Product,
    /// Склад.
    Warehouse,
}

/// Which stock (отбор); an unknown id answers with nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Whose deals the reader may see: all, or there is no answer.
    pub scope: Scope,
    /// Организация.
    pub company_id: Option<i64>,
    /// Товар.
    pub product_id: Option<i64>,
    /// Склад.
    pub warehouse_id: Option<i64>,
}

impl Filter {
    /// Everything there is.
    pub const ALL: Self = Self { scope: Scope::All, company_id: None, product_id: None, warehouse_id: None };
}

/// What lies there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stock {
    /// Штуки.
    pub pieces: i64,
    /// Метры.
    pub metres: Decimal,
    /// Тонны, theoretical.
    pub tonnes: Decimal,
    /// Тонны по весам, as far as they were weighed.
    pub tonnes_weighed: Decimal,
    /// Стоимость, roubles.
    pub value: Decimal,
}

/// One group (строка отчёта).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its id.
    pub id: i64,
    /// Its name as people call it.
    pub label: String,
    /// What lies there.
    pub stock: Stock,
}

/// The report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The day it is of.
    pub at: NaiveDate,
    /// By value, the dearest first; groups that hold nothing are left out.
    pub rows: Vec<Row>,
    /// Итого.
    pub total: Stock,
}

impl Reports {
    /// Stock at the end of `at` by `group`.
    ///
    /// # Errors
    /// [`Error::Forbidden`] to who may not see everything; those of every report.
    pub async fn stock(&self, ask: &Ask, filter: &Filter, at: NaiveDate, group: Group) -> Result<Answer<Report>, Error> {
        known_year(at, "at")?;
        if filter.scope != Scope::All {
            return Err(Error::Forbidden);
        }
        let moment = self.begin(ask).await?;
        let conditions = moment
            .entries()
            .and("account in ('inventory', 'goods_in_transit') and effective_on <= {at:Date}")
            .bind("at", at)
            .equals("company_id", filter.company_id)
            .equals("product_id", filter.product_id)
            .equals("warehouse_id", filter.warehouse_id);
        let text = statement(group, &conditions.sql());
        let sums = self.read::<Sums>(&text, &conditions).await?;
        Ok(Answer { as_of: moment.as_of, data: report(at, sums, ask.language)? })
    }
}

impl Group {
    const fn key(self) -> &'static str {
        match self {
            Self::Batch => "batch_id",
            Self::Product => "product_id",
            Self::Warehouse => "warehouse_id",
        }
    }

    /// Keys and what people call them.
    const fn names(self) -> &'static str {
        match self {
            Self::Batch => {
                "select b.batch_id as key, concat(b.number, ' ', p.name) as label
                 from cur_batches as b left join cur_products as p on p.product_id = b.product_id"
            }
            Self::Product => "select product_id as key, name as label from cur_products",
            Self::Warehouse => "select warehouse_id as key, name as label from cur_warehouses",
        }
    }
}

fn statement(group: Group, conditions: &str) -> String {
    let (key, names) = (group.key(), group.names());
    format!(
        "select sums.key as key, names.label as label, held, metres_3, tonnes_6, weighed_6, value_2
         from (
            select {key} as key, sum(pieces) as held, sum(metres)::Decimal(38, 3) as metres_3,
                sum(tonnes_theoretical)::Decimal(38, 6) as tonnes_6, sum(tonnes_weighed)::Decimal(38, 6) as weighed_6,
                sum(amount)::Decimal(38, 2) as value_2
            from raw_ledger_entry where {conditions} group by key
            having held <> 0 or metres_3 <> 0 or tonnes_6 <> 0 or weighed_6 <> 0 or value_2 <> 0) as sums
         left join ({names}) as names on names.key = sums.key"
    )
}

/// What the ledger says of a group.
#[derive(Debug, clickhouse::Row, Deserialize)]
struct Sums {
    key: u64,
    label: String,
    held: i64,
    #[serde(deserialize_with = "exact::metres")]
    metres_3: Decimal,
    #[serde(deserialize_with = "exact::tonnes")]
    tonnes_6: Decimal,
    #[serde(deserialize_with = "exact::tonnes")]
    weighed_6: Decimal,
    #[serde(deserialize_with = "exact::roubles")]
    value_2: Decimal,
}

fn report(at: NaiveDate, sums: Vec<Sums>, language: Language) -> Result<Report, Error> {
    let mut total = Stock::default();
    let mut rows = Vec::with_capacity(sums.len());
    for Sums { key, label, held, metres_3, tonnes_6, weighed_6, value_2 } in sums {
        total.pieces += held;
        total.metres += metres_3;
        total.tonnes += tonnes_6;
        total.tonnes_weighed += weighed_6;
        total.value += value_2;
        let label = if label.is_empty() { language.pick("Без названия", "Unnamed").to_owned() } else { label };
        let stock = Stock { pieces: held, metres: metres_3, tonnes: tonnes_6, tonnes_weighed: weighed_6, value: value_2 };
        rows.push(Row { id: exact::number(key)?, label, stock });
    }
    rows.sort_by(|a, b| b.stock.value.cmp(&a.stock.value).then(a.id.cmp(&b.id)));
    Ok(Report { at, rows, total })
}
