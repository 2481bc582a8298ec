//! Which batches would serve a need, and what that costs (чем закрыть потребность): chosen, oldest, cheapest or average. Pure.
//!
//! The cost is what shipping would post: it leaves a batch by metres, the last piece takes the rest.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::error::{Code, Error, Result};
use crate::money;

/// Whose cost a price is made from (база себестоимости).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Of one batch.
    Chosen,
    /// Of the oldest batches.
    Oldest,
    /// Of the cheapest ones.
    Cheapest,
    /// The average of all free stock; the oldest would be shipped.
    Average,
}

impl Basis {
    /// The code stored in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Chosen => "chosen",
            Self::Oldest => "oldest",
            Self::Cheapest => "cheapest",
            Self::Average => "average",
        }
    }
}

/// What of a batch may be sold: on hand and not promised to a confirmed order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Free {
    /// The batch.
    pub batch_id: i64,
    /// What it holds.
    pub product_id: i64,
    /// When it came.
    pub received_on: NaiveDate,
    /// Metres of one piece.
    pub length_m: Decimal,
    /// Pieces that may be sold.
    pub free: i64,
    /// Pieces on hand.
    pub pieces: i64,
    /// Metres on hand.
    pub metres: Decimal,
    /// Their cost, roubles.
    pub value: Decimal,
}

impl Free {
    /// What `pieces` of it cost when they are shipped, roubles.
    pub fn cost(&self, pieces: i64) -> Decimal {
        let metres = if pieces == self.pieces { self.metres } else { Decimal::from(pieces) * self.length_m };
        money::share(self.value, metres, self.metres)
    }

    /// Whether a metre of it costs less: `value / metres`, without dividing.
    fn is_cheaper(&self, than: &Self) -> std::cmp::Ordering {
        (self.value * than.metres).cmp(&(than.value * self.metres))
    }
}

/// Pieces a batch would give; batch 0 = they are still to be bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    /// The batch.
    pub batch_id: i64,
    /// Pieces.
    pub pieces: i64,
    /// Their cost, roubles.
    pub cost: Decimal,
}

/// Serves `pieces` of one product; what free stock lacks is bought at `bought` (roubles for a piece, `None` = nothing is bought).
///
/// Errors: `BATCH_SHORT`, `NOT_FOUND` (the chosen batch has none of it).
pub fn serve(free: &[Free], pieces: i64, basis: Basis, chosen: i64, bought: Option<Decimal>) -> Result<Vec<Served>> {
    let mut order: Vec<&Free> = free.iter().filter(|batch| batch.free > 0).collect();
    match basis {
        Basis::Chosen => {
            order.retain(|batch| batch.batch_id == chosen);
            if order.is_empty() {
                return Err(Error::not_found("free batch of this product", chosen));
            }
        }
        Basis::Oldest | Basis::Average => order.sort_by_key(|batch| (batch.received_on, batch.batch_id)),
        Basis::Cheapest => {
            order.sort_by(|one, other| {
                one.is_cheaper(other).then((one.received_on, one.batch_id).cmp(&(other.received_on, other.batch_id)))
            });
        }
    }
    let mut served = Vec::new();
    let mut rest = pieces;
    for batch in &order {
        let taken = batch.free.min(rest);
        if taken > 0 {
            served.push(Served { batch_id: batch.batch_id, pieces: taken, cost: batch.cost(taken) });
            rest -= taken;
        }
    }
    if basis == Basis::Average {
        average(&order, &mut served)?;
    }
    if rest > 0 {
        let found = pieces - rest;
        let price = bought.filter(|_| basis != Basis::Chosen).ok_or_else(|| short(found, pieces))?;
        served.push(Served { batch_id: 0, pieces: rest, cost: money::round(price * Decimal::from(rest)) });
    }
    Ok(served)
}

/// The served pieces at the average of all that is free; their sum is exact.
fn average(free: &[&Free], served: &mut [Served]) -> Result<()> {
    if served.is_empty() {
        return Ok(());
    }
    let (all, value) =
        free.iter().fold((0, Decimal::ZERO), |(pieces, value), batch| (pieces + batch.free, value + batch.cost(batch.free)));
    let taken: i64 = served.iter().map(|row| row.pieces).sum();
    let bases: Vec<Decimal> = served.iter().map(|row| Decimal::from(row.pieces)).collect();
    // All pieces of one product are of one length: metres share as pieces do.
    let costs = money::allocate(money::share(value, Decimal::from(taken), Decimal::from(all)), &bases)?;
    for (row, cost) in served.iter_mut().zip(costs) {
        row.cost = cost;
    }
    Ok(())
}

fn short(found: i64, wanted: i64) -> Error {
    let message = format!(
        "{found} pieces are free and {wanted} are asked for, and nothing of it was bought before, so the rest has no cost; ask for less"
    );
    Error::rejected(Code::BatchShort, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn batch(batch_id: i64, day: u32, free: i64, pieces: i64, value: &str) -> Free {
        Free {
            batch_id,
            product_id: 1,
            received_on: NaiveDate::from_ymd_opt(2026, 1, day).unwrap(),
            length_m: d("12"),
            free,
            pieces,
            metres: Decimal::from(pieces * 12),
            value: d(value),
        }
    }

    fn served(basis: Basis, pieces: i64) -> Vec<(i64, i64, Decimal)> {
        let free = [batch(1, 20, 10, 10, "1000"), batch(2, 10, 5, 10, "3000"), batch(3, 15, 0, 4, "1")];
        serve(&free, pieces, basis, 2, Some(d("150"))).unwrap().iter().map(|row| (row.batch_id, row.pieces, row.cost)).collect()
    }

    #[test]
    fn each_basis_takes_its_own_batches() {
        assert_eq!(served(Basis::Oldest, 7), [(2, 5, d("1500.00")), (1, 2, d("200.00"))]);
        assert_eq!(served(Basis::Cheapest, 11), [(1, 10, d("1000")), (2, 1, d("300.00"))]);
        assert_eq!(served(Basis::Chosen, 5), [(2, 5, d("1500.00"))]);
        // 15 free pieces cost 2,500: seven of them 1,166.67.
        assert_eq!(served(Basis::Average, 7), [(2, 5, d("833.34")), (1, 2, d("333.33"))]);
        assert_eq!(served(Basis::Oldest, 17)[2], (0, 2, d("300.00")), "the rest is bought");
    }

    #[test]
    fn what_is_not_there_is_refused() {
        let free = [batch(1, 20, 3, 10, "1000")];
        assert_eq!(serve(&free, 4, Basis::Oldest, 0, None).unwrap_err().code(), Code::BatchShort);
        assert_eq!(serve(&free, 4, Basis::Chosen, 1, Some(d("1"))).unwrap_err().code(), Code::BatchShort);
        assert_eq!(serve(&free, 1, Basis::Chosen, 9, None).unwrap_err().code(), Code::NotFound);
    }

    proptest::proptest! {
        #[test]
        fn a_basis_serves_exactly_and_never_dearer_than_the_cheapest(
            stock in proptest::collection::vec((0_i64..20, 0_i64..20, 0_i64..10_000_000, 1_u32..28), 1..8), share in 1_i64..=100,
        ) {
            let free: Vec<Free> = (1..).zip(&stock)
                .map(|(id, (free, held, kopecks, day))| Free { value: Decimal::new(*kopecks, 2), ..batch(id, *day, *free, free + held + 1, "0") })
                .collect();
            let all: i64 = free.iter().map(|batch| batch.free).sum();
            proptest::prop_assume!(all > 0);
            let pieces = (all * share / 100).max(1);
            let cost = |basis| -> Decimal {
                let served = serve(&free, pieces, basis, 0, None).unwrap();
                assert_eq!(served.iter().map(|row| row.pieces).sum::<i64>(), pieces);
                served.iter().map(|row| row.cost).sum()
            };
            let (oldest, cheapest, average) = (cost(Basis::Oldest), cost(Basis::Cheapest), cost(Basis::Average));
            // Each batch rounds for itself.
            let slack = Decimal::new(i64::try_from(free.len()).unwrap(), 2);
            proptest::prop_assert!(cheapest <= oldest + slack && cheapest <= average + slack, "{} {} {}", cheapest, oldest, average);
        }
    }
}
