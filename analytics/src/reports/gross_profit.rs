//! Gross profit (валовая прибыль): revenue, cost, direct expenses and what is left, by whatever dimension.

use std::fmt;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::{Answer, Ask, Error, Filter, Period, Reports};

/// What a row stands for (разрез).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    /// Сделка.
    Deal,
    /// Заказ.
    Order,
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
        _ask: &Ask,
        _filter: &Filter,
        _period: Period,
        _group: Group,
        _basis: Basis,
    ) -> Result<Answer<GrossProfit>, Error> {
        Err(Error::NotReady)
    }
}
