//! What orders and their lines earned (маржинальный доход заказов и строк), by the ledger: revenue less cost less direct expenses.
//!
//! A direct expense of the order as a whole is shared over its lines by the tonnes the customer has, by the largest remainder, so that lines
//! sum to their order to the kopeck.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::access::Scope;
use crate::db::Db;
use crate::direct::split::{Amount, by_tonnes};
use crate::error::Result;
use crate::money;

/// What was earned, roubles without VAT, and by how much that the customer has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Contribution {
    /// Выручка.
    pub revenue: Decimal,
    /// Себестоимость.
    pub cost: Decimal,
    /// Прямые расходы.
    pub expenses: Decimal,
    /// Штуки.
    pub pieces: i64,
    /// Метры.
    pub metres: Decimal,
    /// Тонны, theoretical.
    pub tonnes: Decimal,
}

impl Contribution {
    /// Валовая прибыль.
    pub fn gross_profit(self) -> Decimal {
        self.revenue - self.cost
    }

    /// Маржинальный доход.
    pub fn contribution(self) -> Decimal {
        self.gross_profit() - self.expenses
    }

    /// Contribution in percent of revenue, two places; none without revenue.
    pub fn percent(self) -> Option<Decimal> {
        let share = |amount: Decimal| money::round(amount / self.revenue * Decimal::ONE_HUNDRED);
        (!self.revenue.is_zero()).then(|| share(self.contribution()))
    }

    /// Contribution of one of `measure`, roubles; none of nothing.
    pub fn per(self, measure: Decimal) -> Option<Decimal> {
        (!measure.is_zero()).then(|| money::round(self.contribution() / measure))
    }

    fn plus(self, other: Self) -> Self {
        Self {
            revenue: self.revenue + other.revenue,
            cost: self.cost + other.cost,
            expenses: self.expenses + other.expenses,
            pieces: self.pieces + other.pieces,
            metres: self.metres + other.metres,
            tonnes: self.tonnes + other.tonnes,
        }
    }
}

/// What an order earned, and each of its lines, by line id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Earned {
    /// The order.
    pub order_id: i64,
    /// Its whole.
    pub total: Contribution,
    /// Its lines.
    pub lines: Vec<(i64, Contribution)>,
}

/// What these orders earned, as far as the scope reaches.
pub async fn list(db: &Db, scope: &Scope, order_ids: &[i64]) -> Result<Vec<Earned>> {
    let rows = sqlx::query!(
        r#"select l.order_id, l.order_line_id, coalesce(e.revenue, 0) as "revenue!", coalesce(e.cost, 0) as "cost!",
               coalesce(e.expenses, 0) as "expenses!", coalesce(e.pieces, 0)::bigint as "pieces!", coalesce(e.metres, 0) as "metres!",
               coalesce(e.tonnes, 0) as "tonnes!", l.is_line as "is_line!"
           from (
               select order_id, order_line_id, true as is_line from order_lines where order_id = any($1) and deleted_at is null
               union all select order_id, 0, false from orders where order_id = any($1)) l
           join orders o using (order_id) join deals d using (deal_id)
           left join lateral (
               select -sum(e.amount) filter (where e.account = 'revenue') as revenue, sum(e.amount) filter (where e.account = 'cogs') as cost,
                   sum(e.amount) filter (where e.account = 'order_expenses') as expenses,
                   -sum(e.pieces) filter (where e.account = 'revenue') as pieces, -sum(e.metres) filter (where e.account = 'revenue') as metres,
                   -sum(e.tonnes_theoretical) filter (where e.account = 'revenue') as tonnes
               from ledger_entry e
               where e.order_id = l.order_id and e.order_id > 0 and e.account in ('revenue', 'cogs', 'order_expenses')
                   and case when l.is_line then e.order_line_id = l.order_line_id
                       else not exists (select from order_lines live where live.order_line_id = e.order_line_id and live.deleted_at is null) end) e on true
           where o.deleted_at is null and ($2::bigint[] is null or d.employee_id = any($2))
           order by l.order_id, l.order_line_id"#,
        order_ids,
        scope.employees()
    )
    .fetch_all(db)
    .await?;
    let mut orders: BTreeMap<i64, (Contribution, Vec<(i64, Contribution)>)> = BTreeMap::new();
    for row in rows {
        let found = Contribution {
            revenue: row.revenue,
            cost: row.cost,
            expenses: row.expenses,
            pieces: row.pieces,
            metres: row.metres,
            tonnes: row.tonnes,
        };
        let (whole, lines) = orders.entry(row.order_id.unwrap_or_default()).or_default();
        if row.is_line {
            lines.push((row.order_line_id.unwrap_or_default(), found));
        } else {
            *whole = found;
        }
    }
    orders.into_iter().map(|(order_id, (whole, lines))| shared(order_id, whole, lines)).collect()
}

/// Shares what the order bears as a whole over its lines.
fn shared(order_id: i64, whole: Contribution, mut lines: Vec<(i64, Contribution)>) -> Result<Earned> {
    if !lines.is_empty() && !whole.expenses.is_zero() {
        let tonnes: Vec<Decimal> = lines.iter().map(|(_, line)| line.tonnes.max(Decimal::ZERO)).collect();
        let parts = by_tonnes(Amount { value: whole.expenses, vat: Decimal::ZERO }, &tonnes)?;
        for ((_, line), part) in lines.iter_mut().zip(parts) {
            line.expenses += part.value;
        }
    }
    let kept = if lines.is_empty() { whole } else { Contribution { expenses: Decimal::ZERO, ..whole } };
    let total = lines.iter().fold(kept, |sum, (_, line)| sum.plus(*line));
    Ok(Earned { order_id, total, lines })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn what_an_order_bears_as_a_whole_is_shared_by_tonnes() {
        let line =
            |revenue: &str, tonnes: &str| Contribution { revenue: d(revenue), tonnes: d(tonnes), ..Contribution::default() };
        let whole = Contribution { expenses: d("100.01"), ..Contribution::default() };
        let earned = shared(1, whole, vec![(1, line("1000", "1.2")), (2, line("2000", "2.4")), (3, line("10", "0"))]).unwrap();
        let expenses: Vec<Decimal> = earned.lines.iter().map(|(_, line)| line.expenses).collect();
        assert_eq!(expenses, ["33.34", "66.67", "0"].map(d));
        assert_eq!((earned.total.expenses, earned.total.contribution()), (d("100.01"), d("2909.99")));
        assert_eq!((earned.total.percent(), earned.total.per(earned.total.tonnes)), (Some(d("96.68")), Some(d("808.33"))));
        // An order without lines to share over keeps it.
        assert_eq!(shared(1, whole, Vec::new()).unwrap().total, whole);
        assert_eq!((whole.percent(), whole.per(Decimal::ZERO)), (None, None));
    }
}
