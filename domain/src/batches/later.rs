//! Goods entered late (отгрузка задним числом): what of their cost was not there yet on the day they left.
//!
//! A batch is worth at least nothing on every date. A cost posted for a later day than the shipment leaves with the goods on that later
//! day, as a late cost of the shipment.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::Issue;
use crate::command::Run;
use crate::error::Result;
use crate::money;

/// A part of an issue's cost that leaves after the goods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Later {
    /// The day it was there.
    pub on: NaiveDate,
    /// Its value, roubles.
    pub value: Decimal,
    /// The VAT that belongs to it (memo).
    pub vat: Decimal,
}

/// Marks what of these issues of one batch, whose worth is least `worth` from their day on, leaves later.
pub(super) async fn mark_in_tx(
    run: &mut Run<'_>,
    batch_id: i64,
    on: NaiveDate,
    worth: Decimal,
    issues: &mut [Issue],
) -> Result<()> {
    let mine = || |issue: &&mut Issue| issue.stock.batch_id == batch_id;
    let out: Decimal = issues.iter().filter(|issue| issue.stock.batch_id == batch_id).map(|issue| issue.value).sum();
    if out <= worth {
        return Ok(());
    }
    let steps = sqlx::query!(
        r#"select effective_on as "on!", min(worth) over (order by effective_on rows between current row and unbounded following) as "worth!"
           from (select effective_on, sum(sum(amount)) over (order by effective_on) as worth
                 from (select effective_on, amount from ledger_entry where account in ('inventory', 'goods_in_transit') and batch_id = $1
                       union all select $2::date, 0) e
                 group by effective_on) d
           where effective_on >= $2 order by effective_on"#,
        batch_id,
        on
    )
    .fetch_all(&mut *run.tx)
    .await?;
    let steps: Vec<_> = steps.into_iter().map(|step| (step.on, step.worth)).collect();
    mark(&steps, issues.iter_mut().filter(mine()));
    Ok(())
}

/// `steps` are the days with what the batch is worth at least from each on, growing; the first is the day of the issues.
fn mark<'a>(steps: &[(NaiveDate, Decimal)], issues: impl Iterator<Item = &'a mut Issue>) {
    let mut taken = Decimal::ZERO;
    for issue in issues {
        let (mut rest, mut vat) = (issue.value, issue.vat);
        for (index, (on, worth)) in steps.iter().enumerate() {
            let value = rest.min(worth - taken);
            if value <= Decimal::ZERO {
                continue;
            }
            let part = Later { on: *on, value, vat: money::share(vat, value, rest) };
            taken += value;
            rest -= value;
            vat -= part.vat;
            if index > 0 {
                issue.later.push(part);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Stock;

    fn day(of_month: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 2, of_month).unwrap()
    }

    fn issue(value: i64, vat: i64) -> Issue {
        let (value, vat) = (Decimal::from(value), Decimal::from(vat));
        Issue { stock: Stock::default(), value, vat, weight_left: Decimal::ZERO, later: Vec::new() }
    }

    #[test]
    fn a_cost_of_a_later_day_leaves_on_that_day() {
        // Worth 100 from the 10th on, 150 from the 20th: a truck of the 10th that takes all takes 50 of it on the 20th.
        let steps = [(day(10), Decimal::from(100)), (day(20), Decimal::from(150))];
        let mut issues = [issue(90, 9), issue(60, 6)];
        mark(&steps, issues.iter_mut());
        assert_eq!(issues[0].later, []);
        assert_eq!(issues[1].later, [Later { on: day(20), value: Decimal::from(50), vat: Decimal::from(5) }]);
        let on_the_day = issues[1].on_the_day();
        assert_eq!((on_the_day.value, on_the_day.vat), (Decimal::from(10), Decimal::from(1)));
    }
}
