//! The margin of a shipped order (маржа отгрузки): what it was sold for less what its goods cost, both without VAT.

use rust_decimal::Decimal;

use super::Order;
use crate::batches::Issue;
use crate::command::Run;
use crate::error::Result;
use crate::money;
use crate::notifications::{self, Fact, Facts, ORDER_MARGIN_LOW, Subject};
use crate::parties;

/// A margin beyond this says no more than that something is wrong with the price.
const PERCENT_MAX: Decimal = Decimal::from_parts(999_999, 0, 0, false, 0);

/// A margin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Margin {
    /// Roubles without VAT.
    amount: Decimal,
    /// Of the revenue, two decimal places; −100 where there is none.
    percent: Decimal,
}

impl Margin {
    fn of(net: Decimal, cost: Decimal) -> Self {
        let amount = net - cost;
        let percent = if net.is_zero() {
            -Decimal::ONE_HUNDRED
        } else {
            // The quotient first: an amount times a hundred may be too large.
            let share = (amount / net).clamp(-PERCENT_MAX, PERCENT_MAX) * Decimal::ONE_HUNDRED;
            money::round(share).clamp(-PERCENT_MAX, PERCENT_MAX)
        };
        Self { amount, percent }
    }
}

/// Tells of an order that was just shipped for less than the kind's threshold; an order without goods has no margin of its own.
pub(super) async fn tell_in_tx(run: &mut Run<'_>, order: &Order, issues: &[Issue]) -> Result<()> {
    if issues.is_empty() {
        return Ok(());
    }
    let Some(floor) = notifications::store::threshold_in_tx(run, ORDER_MARGIN_LOW).await? else { return Ok(()) };
    let margin = Margin::of(order.net, issues.iter().map(|issue| issue.value).sum());
    if margin.percent >= floor {
        return Ok(());
    }
    let name = parties::store::get_in_tx(run, order.party_id).await?.name;
    let Margin { amount, percent } = margin;
    let facts = Facts { number: order.number.clone(), name, amount, percent, day: order.shipped_on, ..Facts::default() };
    let subject = Subject::Order(order.order_id);
    let fact = Fact { subject, deal_id: order.deal_id, employee_id: 0, but_user_id: 0, episode: String::new(), facts };
    notifications::store::tell_in_tx(run, ORDER_MARGIN_LOW, fact).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_margin_is_a_share_of_the_revenue() {
        for (net, cost, amount, percent) in [
            ("100000", "95000", "5000", "5.00"),
            ("100000", "95000.01", "4999.99", "5.00"),
            ("100000", "95010", "4990", "4.99"),
            ("100000", "120000", "-20000", "-20.00"),
            ("0", "1000", "-1000", "-100"),
            ("0.01", "1000000000000000", "-999999999999999.99", "-999999"),
            ("1000000000000000", "0", "1000000000000000", "100.00"),
        ] {
            let margin = Margin::of(net.parse().unwrap(), cost.parse().unwrap());
            assert_eq!(margin, Margin { amount: amount.parse().unwrap(), percent: percent.parse().unwrap() }, "{net} {cost}");
        }
    }
}
