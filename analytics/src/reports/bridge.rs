//! From gross profit by posting to gross profit by shipment (мост): what a period was charged for other periods' shipments, and what other
//! periods were charged for its own.
//!
//! Read in one statement, so that the identity holds to the kopeck: by shipment = by posting − of other periods + in other periods. Over all
//! time both bases are equal.

use rust_decimal::Decimal;
use serde::Deserialize;

use super::gross_profit::{Basis, day_of, is_by_month};
use super::query::Conditions;
use super::{Answer, Ask, Error, Filter, Period, Reports, exact};

/// The ladder of gross profit, roubles without VAT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Part {
    /// Выручка.
    pub revenue: Decimal,
    /// Себестоимость.
    pub cogs: Decimal,
    /// Прямые расходы заказов.
    pub direct_expenses: Decimal,
}

impl Part {
    /// Валовая прибыль.
    pub fn gross_profit(&self) -> Decimal {
        self.revenue - self.cogs
    }

    /// Маржинальный доход.
    pub fn contribution(&self) -> Decimal {
        self.gross_profit() - self.direct_expenses
    }

    fn add(&mut self, other: &Sums) {
        self.revenue += other.revenue;
        self.cogs += other.cogs;
        self.direct_expenses += other.direct;
    }
}

/// The bridge between the two bases of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bridge {
    /// По проведению: what was posted for days of the period.
    pub posted: Part,
    /// Of that, what belongs to shipments of other periods: late costs, corrections.
    pub of_other_periods: Part,
    /// What belongs to shipments of the period and was posted for other days.
    pub in_other_periods: Part,
    /// По отгрузке: what belongs to shipments of the period.
    pub shipped: Part,
}

#[derive(Debug, Clone, clickhouse::Row, Deserialize)]
struct Sums {
    is_posted: u8,
    is_shipped: u8,
    #[serde(deserialize_with = "exact::roubles")]
    revenue: Decimal,
    #[serde(deserialize_with = "exact::roubles")]
    cogs: Decimal,
    #[serde(deserialize_with = "exact::roubles")]
    direct: Decimal,
}

impl Reports {
    /// The bridge of a period.
    ///
    /// # Errors
    /// Those of every report: [`Error`].
    pub async fn gross_profit_bridge(&self, ask: &Ask, filter: &Filter, period: Period) -> Result<Answer<Bridge>, Error> {
        let period = period.check()?;
        let moment = self.begin(ask).await?;
        let by_month = is_by_month(period, &moment);
        let (table, conditions) =
            if by_month { ("mart_margin_month", Conditions::default()) } else { ("raw_ledger_entry", moment.entries()) };
        let within = |basis| format!("{} between {{from:Date}} and {{to:Date}}", day_of(basis, by_month));
        let (posted, shipped) = (within(Basis::Posted), within(Basis::Shipped));
        let conditions = conditions
            .and("account in ('revenue', 'cogs', 'order_expenses')")
            .and(format!("({posted} or {shipped})"))
            .bind("from", period.from)
            .bind("to", period.to)
            .result(filter);
        let text = format!(
            "select toUInt8({posted}) as is_posted, toUInt8({shipped}) as is_shipped, -sumIf(amount, account = 'revenue') as revenue,
                sumIf(amount, account = 'cogs') as cogs, sumIf(amount, account = 'order_expenses') as direct
             from {table} where {} group by is_posted, is_shipped",
            conditions.sql()
        );
        let mut bridge = Bridge::default();
        for sums in self.read::<Sums>(&text, &conditions).await? {
            let (is_posted, is_shipped) = (sums.is_posted == 1, sums.is_shipped == 1);
            for (is, part) in [
                (is_posted, &mut bridge.posted),
                (is_posted && !is_shipped, &mut bridge.of_other_periods),
                (is_shipped && !is_posted, &mut bridge.in_other_periods),
                (is_shipped, &mut bridge.shipped),
            ] {
                if is {
                    part.add(&sums);
                }
            }
        }
        Ok(Answer { as_of: moment.as_of, data: bridge })
    }
}
