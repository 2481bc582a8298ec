//! Gross profit (валовая прибыль): revenue, cost, direct expenses and what is left, by whatever dimension.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;
use shpunt_domain::money;

use super::ask::months_of;
use super::query::{Conditions, Moment};
use super::{Answer, Ask, Error, Filter, Language, Period, Reports, exact};

/// What a row stands for (разрез).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    /// Сделка.
    Deal,
    /// Заказ.
    Order,
    /// Строка заказа.
    OrderLine,
    /// Партия.
    Batch,
    /// Товар или услуга.
    Product,
    /// Покупатель.
    Customer,
    /// Менеджер at posting.
    Manager,
    /// Месяц of the basis.
    Month,
}

/// Which day decides the period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Basis {
    /// По проведению: the day an entry was posted for.
    #[default]
    Posted,
    /// По отгрузке: the day of the original shipment, so late costs restate its month.
    Shipped,
}

/// Which group a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// An id of the dimension; 0 = entries that carry none.
    Id(i64),
    /// The first day of a month.
    Month(NaiveDate),
    /// Итого.
    Total,
}

/// `17`, `2026-01-01` or `total`.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Month(month) => month.fmt(f),
            Self::Total => f.write_str("total"),
        }
    }
}

/// One group (строка отчёта); roubles with kopecks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Which group.
    pub key: Key,
    /// Its name as people call it; of a month its key.
    pub label: String,
    /// Выручка без НДС.
    pub revenue: Decimal,
    /// Выручка с НДС.
    pub revenue_with_vat: Decimal,
    /// Себестоимость без НДС.
    pub cogs: Decimal,
    /// Себестоимость с НДС.
    pub cogs_with_vat: Decimal,
    /// Валовая прибыль без НДС = revenue − cogs (domain 3.1).
    pub gross_profit: Decimal,
    /// Валовая прибыль с НДС.
    pub gross_profit_with_vat: Decimal,
    /// Прямые расходы заказов, без НДС.
    pub direct_expenses: Decimal,
    /// Маржинальный доход = gross profit − direct expenses.
    pub contribution: Decimal,
    /// Рентабельность, % = gross profit ÷ revenue, two places; none without revenue.
    pub margin_percent: Option<Decimal>,
    /// Наценка, % = gross profit ÷ cogs, two places; none without cost.
    pub markup_percent: Option<Decimal>,
    /// Проданные тонны, theoretical.
    pub tonnes: Decimal,
    /// Валовая прибыль на тонну, roubles; 0 where no tonnes were sold.
    pub gross_profit_per_tonne: Decimal,
    /// Проданные метры.
    pub metres: Decimal,
    /// Проданные штуки.
    pub pieces: i64,
    /// Маржинальный доход, % = contribution ÷ revenue, two places; none without revenue.
    pub contribution_percent: Option<Decimal>,
    /// Маржинальный доход на тонну, roubles; none where no tonnes were sold.
    pub contribution_per_tonne: Option<Decimal>,
    /// The same на метр.
    pub contribution_per_metre: Option<Decimal>,
    /// The same на штуку.
    pub contribution_per_piece: Option<Decimal>,
}

/// The report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrossProfit {
    /// Months in order without gaps; others by gross profit, the best first.
    pub rows: Vec<Row>,
    /// Итого: percents of the sums, never means of percents.
    pub total: Row,
}

impl Reports {
    /// Gross profit of a period by `group`, on `basis`.
    ///
    /// # Errors
    /// Those of every report: [`Error`].
    pub async fn gross_profit(
        &self,
        ask: &Ask,
        filter: &Filter,
        period: Period,
        group: Group,
        basis: Basis,
    ) -> Result<Answer<GrossProfit>, Error> {
        let period = period.check()?;
        let moment = self.begin(ask).await?;
        let source = Source::of(period, basis, &moment);
        let conditions =
            source.conditions.and("account in ('revenue', 'cogs', 'order_expenses')").between(source.day, period).result(filter);
        let text = statement(source.table, &group.key(source.day), group.names(), &conditions.sql());
        let sums = self.read::<Sums>(&text, &conditions).await?;
        Ok(Answer { as_of: moment.as_of, data: report(sums, group, ask.language)? })
    }
}

/// Where the entries are summed from.
struct Source {
    table: &'static str,
    /// The column the period is about.
    day: &'static str,
    conditions: Conditions,
}

impl Source {
    /// The mart for whole months; single entries where days or booking times matter.
    fn of(period: Period, basis: Basis, moment: &Moment) -> Self {
        let by_month = is_by_month(period, moment);
        let day = day_of(basis, by_month);
        if by_month {
            Self { table: "mart_margin_month", day, conditions: Conditions::default() }
        } else {
            Self { table: "raw_ledger_entry", day, conditions: moment.entries() }
        }
    }
}

/// Whether the mart answers.
pub(super) fn is_by_month(period: Period, moment: &Moment) -> bool {
    period.is_whole_months() && moment.known_at.is_none()
}

/// The column of a basis, in the mart or in the entries.
pub(super) const fn day_of(basis: Basis, by_month: bool) -> &'static str {
    match (by_month, basis) {
        (true, Basis::Posted) => "month",
        (true, Basis::Shipped) => "origin_month",
        (false, Basis::Posted) => "effective_on",
        (false, Basis::Shipped) => "origin_on",
    }
}

impl Group {
    fn key(self, day: &str) -> Cow<'static, str> {
        match self {
            Self::Deal => "deal_id".into(),
            Self::Order => "order_id".into(),
            Self::OrderLine => "order_line_id".into(),
            Self::Batch => "batch_id".into(),
            Self::Product => "product_id".into(),
            Self::Customer => "party_id".into(),
            Self::Manager => "employee_id".into(),
            Self::Month => format!("toUInt64(toYYYYMM({day}))").into(),
        }
    }

    /// Keys and what people call them.
    const fn names(self) -> &'static str {
        match self {
            Self::Deal => "select deal_id as key, concat(number, ' ', title) as label from cur_deals",
            Self::Order => {
                "select o.order_id as key, concat(o.number, ' ', p.name) as label
                 from cur_orders as o left join cur_parties as p on p.party_id = o.party_id"
            }
            Self::OrderLine => {
                "select l.order_line_id as key, concat(o.number, '/', toString(l.line), ' ', p.name) as label
                 from cur_order_lines as l left join cur_orders as o on o.order_id = l.order_id
                 left join cur_products as p on p.product_id = l.product_id"
            }
            Self::Batch => {
                "select b.batch_id as key, concat(b.number, ' ', p.name) as label
                 from cur_batches as b left join cur_products as p on p.product_id = b.product_id"
            }
            Self::Product => "select product_id as key, name as label from cur_products",
            Self::Customer => "select party_id as key, name as label from cur_parties",
            Self::Manager => "select employee_id as key, name as label from cur_employees",
            Self::Month => "select toUInt64(0) as key, '' as label",
        }
    }

    /// What entries without this dimension are called.
    const fn none(self, language: Language) -> &'static str {
        match self {
            Self::Deal => language.pick("Без сделки", "No deal"),
            Self::Order => language.pick("Без заказа", "No order"),
            Self::OrderLine => language.pick("Без строки", "No line"),
            Self::Batch => language.pick("Без партии", "No batch"),
            Self::Product => language.pick("Без товара", "No product"),
            Self::Customer => language.pick("Без покупателя", "No customer"),
            Self::Manager => language.pick("Без менеджера", "No manager"),
            Self::Month => "",
        }
    }
}

fn statement(table: &str, key: &str, names: &str, conditions: &str) -> String {
    format!(
        "select sums.key as key, names.label as label, revenue, revenue_vat, cogs, cogs_vat, direct, sold, sold_metres, sold_pieces
         from (
            select {key} as key,
                -sumIf(amount, account = 'revenue') as revenue, -sumIf(vat, account = 'revenue') as revenue_vat,
                sumIf(amount, account = 'cogs') as cogs, sumIf(vat, account = 'cogs') as cogs_vat,
                sumIf(amount, account = 'order_expenses') as direct,
                -sumIf(tonnes_theoretical, account = 'revenue') as sold, -sumIf(metres, account = 'revenue') as sold_metres,
                -sumIf(pieces, account = 'revenue') as sold_pieces
            from {table} where {conditions} group by key) as sums
         left join ({names}) as names on names.key = sums.key"
    )
}

/// What the ledger says of a group; everything else of a row follows from it.
#[derive(Debug, Clone, Default, clickhouse::Row, Deserialize)]
struct Sums {
    key: u64,
    label: String,
    #[serde(deserialize_with = "exact::roubles")]
    revenue: Decimal,
    #[serde(deserialize_with = "exact::roubles")]
    revenue_vat: Decimal,
    #[serde(deserialize_with = "exact::roubles")]
    cogs: Decimal,
    #[serde(deserialize_with = "exact::roubles")]
    cogs_vat: Decimal,
    #[serde(deserialize_with = "exact::roubles")]
    direct: Decimal,
    #[serde(deserialize_with = "exact::tonnes")]
    sold: Decimal,
    #[serde(deserialize_with = "exact::metres")]
    sold_metres: Decimal,
    sold_pieces: i64,
}

impl Sums {
    fn add(&mut self, other: &Self) {
        self.revenue += other.revenue;
        self.revenue_vat += other.revenue_vat;
        self.cogs += other.cogs;
        self.cogs_vat += other.cogs_vat;
        self.direct += other.direct;
        self.sold += other.sold;
        self.sold_metres += other.sold_metres;
        self.sold_pieces += other.sold_pieces;
    }

    /// The ladder of domain 3.1.
    fn row(&self, key: Key, label: String) -> Row {
        let gross_profit = self.revenue - self.cogs;
        let contribution = gross_profit - self.direct;
        let per = |measure: Decimal| (!measure.is_zero()).then(|| money::round(contribution / measure));
        let (revenue_with_vat, cogs_with_vat) = (self.revenue + self.revenue_vat, self.cogs + self.cogs_vat);
        Row {
            key,
            label,
            revenue: self.revenue,
            revenue_with_vat,
            cogs: self.cogs,
            cogs_with_vat,
            gross_profit,
            gross_profit_with_vat: revenue_with_vat - cogs_with_vat,
            direct_expenses: self.direct,
            contribution,
            margin_percent: exact::percent(gross_profit, self.revenue),
            markup_percent: exact::percent(gross_profit, self.cogs),
            tonnes: self.sold,
            gross_profit_per_tonne: if self.sold.is_zero() { Decimal::ZERO } else { money::round(gross_profit / self.sold) },
            metres: self.sold_metres,
            pieces: self.sold_pieces,
            contribution_percent: exact::percent(contribution, self.revenue),
            contribution_per_tonne: per(self.sold),
            contribution_per_metre: per(self.sold_metres),
            contribution_per_piece: per(self.sold_pieces.into()),
        }
    }
}

fn report(sums: Vec<Sums>, group: Group, language: Language) -> Result<GrossProfit, Error> {
    let mut total = Sums::default();
    for group in &sums {
        total.add(group);
    }
    let rows = if group == Group::Month { by_month(sums)? } else { by_id(sums, group.none(language))? };
    Ok(GrossProfit { rows, total: total.row(Key::Total, language.pick("Итого", "Total").to_owned()) })
}

fn by_id(sums: Vec<Sums>, none: &str) -> Result<Vec<Row>, Error> {
    let row = |mut sums: Sums| {
        let label = if sums.key == 0 { none.to_owned() } else { std::mem::take(&mut sums.label) };
        Ok(sums.row(Key::Id(exact::number(sums.key)?), label))
    };
    let mut rows = sums.into_iter().map(row).collect::<Result<Vec<_>, Error>>()?;
    rows.sort_by(|a, b| b.gross_profit.cmp(&a.gross_profit).then(a.key.cmp(&b.key)));
    Ok(rows)
}

fn by_month(sums: Vec<Sums>) -> Result<Vec<Row>, Error> {
    let known = sums.into_iter().map(|sums| Ok((exact::month(sums.key)?, sums)));
    let known = known.collect::<Result<BTreeMap<_, _>, Error>>()?;
    let row = |month: NaiveDate| {
        let sums = known.get(&month).cloned().unwrap_or_default();
        sums.row(Key::Month(month), month.to_string())
    };
    Ok(months_of(&known).map(row).collect())
}
