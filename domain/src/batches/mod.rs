//! Batches of goods (серии): what was received, what is left, what leaves at what cost.
//!
//! Pieces × length is the primary record. Cost leaves a batch by metres, `value · metres / balance metres`, and the last piece takes the
//! rest, so a sold-out batch is worth exactly zero. Tonnes are memo: theoretical and, where the truck was weighed, by the scales; what
//! the scales leave over goes with the last piece as a difference of weight, without value.

pub mod back;
pub mod commands;
pub mod currency;
pub mod expenses;
mod later;
pub mod passports;
pub mod read;
pub mod reserve;
pub mod returns;
pub mod search;
pub mod stock;
pub mod store;
pub mod transit;
pub mod warehouses;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::error::{Code, Error, Result};
use crate::ledger::{Account, CostElement, Stock};
use crate::money;
use expenses::split::Amount;
pub use later::Later;

/// Decimal places of tonnes.
const TONNE_SCALE: u32 = 6;

/// More pieces than any yard holds.
const PIECES_MAX: i64 = 1_000_000;

/// The same in tonnes.
const TONNES_MAX: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);

/// A received batch (серия).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Its id.
    pub batch_id: i64,
    /// Own company.
    pub company_id: i64,
    /// What.
    pub product_id: i64,
    /// Where.
    pub warehouse_id: i64,
    /// From whom.
    pub party_id: i64,
    /// Under which contract, 0 = none.
    pub contract_id: i64,
    /// The receipt.
    pub document_id: i64,
    /// Its number.
    pub number: String,
    /// When.
    pub received_on: NaiveDate,
    /// Received pieces.
    pub pieces: i64,
    /// Received metres.
    pub metres: Decimal,
    /// Received theoretical tonnes.
    pub tonnes_theoretical: Decimal,
    /// Received tonnes by the scales, 0 when not weighed.
    pub tonnes_weighed: Decimal,
    /// Purchase cost as it entered the stock, roubles.
    pub cost: Decimal,
    /// VAT as printed by the supplier.
    pub vat: Decimal,
}

/// Where goods lie (склад).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warehouse {
    /// Its id.
    pub warehouse_id: i64,
    /// Its name, unique.
    pub name: String,
    /// Whose yard it is when it is not ours, 0 = ours.
    #[serde(default)]
    pub keeper_id: i64,
    /// Goods only pass through it (транзит).
    #[serde(default)]
    pub is_transit: bool,
    /// New documents may name it.
    #[serde(default = "crate::command::in_use")]
    pub active: bool,
    /// Optimistic lock.
    #[serde(default)]
    pub version: i32,
}

/// Pieces of a product measured out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// Штуки.
    pub pieces: i64,
    /// Метры: pieces × length.
    pub metres: Decimal,
    /// Тонны: metres × kg/m ÷ 1000.
    pub tonnes: Decimal,
}

/// Measures out `pieces` of `length_m` and `kg_per_m`.
pub fn measure(pieces: i64, length_m: Decimal, kg_per_m: Decimal) -> Measured {
    let metres = Decimal::from(pieces) * length_m;
    // What is stored has six places: a price times more would be another sum when the line is read again.
    Measured { pieces, metres, tonnes: (metres * kg_per_m / Decimal::ONE_THOUSAND).round_dp(TONNE_SCALE) }
}

/// Refuses pieces that cannot be counted, or that nobody could lift.
pub fn countable(pieces: i64) -> Result<i64> {
    match pieces {
        ..=0 => Err(Error::not_positive("pieces")),
        1..=PIECES_MAX => Ok(pieces),
        _ => Err(Error::invalid("pieces", format!("at most {PIECES_MAX} pieces at once; split it"))),
    }
}

/// Tonnes by the scales as they are kept; refuses none, what rounds to none (which would mean "not weighed"), and what no scales weigh.
pub fn weighed(tonnes: Decimal, path: &str) -> Result<Decimal> {
    if tonnes <= Decimal::ZERO {
        return Err(Error::not_positive(path));
    }
    let kept = tonnes.round_dp(TONNE_SCALE);
    if kept.is_zero() || kept > TONNES_MAX {
        let message = format!("a weight is 0.000001 to {TONNES_MAX} tonnes; give it in tonnes, or leave it out");
        return Err(Error::invalid(path, message));
    }
    Ok(kept)
}

/// What is left of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// The batch.
    pub batch_id: i64,
    /// The product.
    pub product_id: i64,
    /// The warehouse.
    pub warehouse_id: i64,
    /// Metres of one piece.
    pub length_m: Decimal,
    /// Left pieces.
    pub pieces: i64,
    /// Left metres.
    pub metres: Decimal,
    /// Left theoretical tonnes.
    pub tonnes_theoretical: Decimal,
    /// Left weighed tonnes (memo; may go below zero when only trucks out were weighed).
    pub tonnes_weighed: Decimal,
    /// Left cost, roubles.
    pub value: Decimal,
    /// Left VAT that belongs to the cost (memo).
    pub vat: Decimal,
    /// It is on its way.
    pub in_transit: bool,
}

/// What leaves a batch, with its cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// The goods, measures positive.
    pub stock: Stock,
    /// Their cost, roubles.
    pub value: Decimal,
    /// The VAT that belongs to the cost (memo).
    pub vat: Decimal,
    /// What the scales left over when the last piece is gone (разница веса), tonnes; it has no value.
    pub weight_left: Decimal,
    /// What of the cost was not there yet on the day of the goods, and leaves later; by day.
    pub later: Vec<Later>,
}

impl Issue {
    /// What of the cost leaves with the goods.
    pub fn on_the_day(&self) -> Amount {
        let whole = Amount { value: self.value, vat: self.vat };
        whole - self.later.iter().map(|part| Amount { value: part.value, vat: part.vat }).sum()
    }
}

impl Balance {
    /// The account its goods and their cost are on.
    pub fn account(&self) -> Account {
        if self.in_transit { Account::GoodsInTransit } else { Account::Inventory }
    }

    /// Takes `pieces` out; errors: `BATCH_SHORT`.
    pub fn issue(&mut self, pieces: i64, tonnes_weighed: Decimal) -> Result<Issue> {
        if pieces <= 0 {
            return Err(Error::not_positive("pieces"));
        }
        if pieces > self.pieces {
            return Err(Error::rejected(
                Code::BatchShort,
                format!("the batch holds {} pieces, {pieces} are asked for; take fewer or another batch", self.pieces),
            ));
        }
        let last = pieces == self.pieces;
        let metres = if last { self.metres } else { Decimal::from(pieces) * self.length_m };
        let value = money::share(self.value, metres, self.metres);
        let vat = money::share(self.vat, metres, self.metres);
        let tonnes =
            if last { self.tonnes_theoretical } else { (self.tonnes_theoretical * metres / self.metres).round_dp(TONNE_SCALE) };
        self.pieces -= pieces;
        self.metres -= metres;
        self.tonnes_theoretical -= tonnes;
        self.tonnes_weighed -= tonnes_weighed;
        self.value -= value;
        self.vat -= vat;
        let weight_left = if last { std::mem::take(&mut self.tonnes_weighed) } else { Decimal::ZERO };
        let stock = Stock {
            batch_id: self.batch_id,
            product_id: self.product_id,
            warehouse_id: self.warehouse_id,
            cost_element: Some(CostElement::Purchase),
            pieces,
            metres,
            tonnes_theoretical: tonnes,
            tonnes_weighed,
        };
        Ok(Issue { stock, value, vat, weight_left, later: Vec::new() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn balance(pieces: i64, value: Decimal) -> Balance {
        let measured = measure(pieces, Decimal::from(12), Decimal::new(7400, 2));
        Balance {
            batch_id: 1,
            product_id: 1,
            warehouse_id: 1,
            length_m: Decimal::from(12),
            pieces,
            metres: measured.metres,
            tonnes_theoretical: measured.tonnes,
            tonnes_weighed: Decimal::ZERO,
            value,
            vat: Decimal::ZERO,
            in_transit: false,
        }
    }

    #[test]
    fn more_than_the_batch_holds_is_refused() {
        let mut batch = balance(3, Decimal::ONE_HUNDRED);
        assert_eq!(batch.issue(4, Decimal::ZERO).unwrap_err().code(), Code::BatchShort);
        assert_eq!(batch.issue(0, Decimal::ZERO).unwrap_err().code(), Code::AmountNotPositive);
        assert_eq!(batch, balance(3, Decimal::ONE_HUNDRED));
    }

    #[test]
    fn the_last_piece_takes_the_rest() {
        let mut batch = balance(3, Decimal::ONE_HUNDRED);
        let values: Vec<_> = (0..3).map(|_| batch.issue(1, Decimal::ZERO).unwrap().value).collect();
        assert_eq!(values, [Decimal::new(3333, 2), Decimal::new(3334, 2), Decimal::new(3333, 2)]);
        assert_eq!((batch.value, batch.metres, batch.tonnes_theoretical), (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO));
    }

    proptest::proptest! {
        #[test]
        fn what_leaves_and_what_stays_is_what_came(takes in proptest::collection::vec(1_i64..40, 1..20), kopecks in 0_i64..100_000_000_000) {
            let value = Decimal::new(kopecks, 2);
            let mut batch = balance(200, value);
            let mut out = Decimal::ZERO;
            for pieces in takes {
                if let Ok(issue) = batch.issue(pieces, Decimal::ZERO) {
                    proptest::prop_assert!(issue.value >= Decimal::ZERO && issue.value.scale() <= 2);
                    out += issue.value;
                }
            }
            proptest::prop_assert_eq!(out + batch.value, value);
            proptest::prop_assert!(batch.pieces > 0 || batch.value.is_zero());
        }
    }
}
