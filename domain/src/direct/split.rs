//! Who bears a direct expense, exactly: lines of an order, orders of a deal, and what waits for those that are not shipped.
//!
//! Every split is by the largest remainder and sums to what was split. Where nobody has tonnes (orders of services) all bear alike.

use rust_decimal::Decimal;

pub use crate::batches::expenses::split::Amount;
use crate::batches::expenses::split::by_bases;
use crate::error::Result;

/// An order of a deal as its share is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// The order.
    pub order_id: i64,
    /// Ordered, theoretical.
    pub tonnes: Decimal,
    /// It left.
    pub shipped: bool,
}

/// Splits by tonnes, alike where there are none. Errors: those of [`by_bases`], also for nobody.
pub fn by_tonnes(of: Amount, tonnes: &[Decimal]) -> Result<Vec<Amount>> {
    if tonnes.iter().all(Decimal::is_zero) {
        return by_bases(of, &vec![Decimal::ONE; tonnes.len()]);
    }
    by_bases(of, tonnes)
}

/// What each of some orders gets of a deal's expense.
pub type Released = Vec<(i64, Amount)>;

fn over(of: Amount, loads: &[Load]) -> Result<Released> {
    let tonnes: Vec<Decimal> = loads.iter().map(|load| load.tonnes).collect();
    Ok(loads.iter().map(|load| load.order_id).zip(by_tonnes(of, &tonnes)?).collect())
}

/// A new bill of an open deal with these orders, none of them cancelled: what the shipped ones get; the rest waits.
pub fn first(of: Amount, orders: &[Load]) -> Result<Released> {
    if orders.is_empty() {
        return Ok(Vec::new());
    }
    let shipped = |order_id| orders.iter().any(|load| load.order_id == order_id && load.shipped);
    Ok(over(of, orders)?.into_iter().filter(|(order_id, _)| shipped(*order_id)).collect())
}

/// What an order that ships now gets of what waits: `others` are those that are not shipped and not cancelled.
pub fn next(waiting: Amount, tonnes: Decimal, others: &[Decimal]) -> Result<Amount> {
    let tonnes: Vec<Decimal> = std::iter::once(tonnes).chain(others.iter().copied()).collect();
    Ok(by_tonnes(waiting, &tonnes)?.first().copied().unwrap_or_default())
}

/// What waits when a deal is closed, with its orders that are not cancelled: over those to be shipped, else the shipped ones, else the deal
/// itself (order 0). Of a lost deal nothing is to be shipped.
pub fn last(waiting: Amount, orders: &[Load], lost: bool) -> Result<Released> {
    let of = |shipped: bool| orders.iter().filter(|load| load.shipped == shipped).copied().collect::<Vec<_>>();
    let (shipped, open) = (of(true), if lost { Vec::new() } else { of(false) });
    match (open.is_empty(), shipped.is_empty()) {
        (false, _) => over(waiting, &open),
        (true, false) => over(waiting, &shipped),
        (true, true) => Ok(vec![(0, waiting)]),
    }
}

/// Sums what orders got.
pub fn total(released: &Released) -> Amount {
    released.iter().map(|(_, amount)| *amount).sum()
}

#[cfg(test)]
#[path = "split_tests.rs"]
mod tests;
