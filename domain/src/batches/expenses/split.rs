//! How a cost is split, exactly: over batches, over what is on hand and what left, and what a storno moves when goods moved on.
//!
//! Value and VAT are split by the same bases, each by the largest remainder, so that both sum to what came. A base of zero gets nothing:
//! a sold-out batch keeps nothing.

use rust_decimal::Decimal;

use crate::error::{Code, Error, Result};
use crate::money;

/// A cost with the VAT that belongs to it (memo), roubles; both may be negative.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amount {
    /// The cost.
    pub value: Decimal,
    /// The VAT, not part of the value.
    pub vat: Decimal,
}

impl std::ops::Add for Amount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { value: self.value + other.value, vat: self.vat + other.vat }
    }
}

impl std::ops::Sub for Amount {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl std::ops::Neg for Amount {
    type Output = Self;

    fn neg(self) -> Self {
        Self { value: -self.value, vat: -self.vat }
    }
}

impl std::iter::Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), |sum, amount| sum + amount)
    }
}

/// Splits by bases; errors: those of [`money::allocate`].
pub fn by_bases(of: Amount, bases: &[Decimal]) -> Result<Vec<Amount>> {
    let values = money::allocate(of.value, bases)?;
    let vats = money::allocate(of.vat, bases)?;
    Ok(values.into_iter().zip(vats).map(|(value, vat)| Amount { value, vat }).collect())
}

/// What stays with the goods on hand, and what goes with those that left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// The share of the goods on hand.
    pub stock: Amount,
    /// The share of each place the goods went to, in the order of the bases.
    pub left: Vec<Amount>,
}

/// Splits a cost of a batch over its metres on hand and those that left, whenever they left.
pub fn by_metres(of: Amount, on_hand: Decimal, left: impl IntoIterator<Item = Decimal>) -> Result<Split> {
    let bases: Vec<Decimal> = std::iter::once(on_hand).chain(left).collect();
    let mut parts = by_bases(of, &bases)?.into_iter();
    Ok(Split { stock: parts.next().unwrap_or_default(), left: parts.collect() })
}

/// A place goods of a batch went to, when a cost is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Metres that are there now.
    pub metres: Decimal,
    /// What of the cost was posted there.
    pub posted: Amount,
    /// Goods went there, or came back, after the cost was posted.
    pub moved: bool,
}

/// Where a cost of a batch is now, that was posted as `stock` to the goods on hand and as told to `places`: what a storno takes from each.
///
/// `on_hand` are the metres now, `worth` is what the batch is worth at least from the day of the storno on. Where nothing moved it is what
/// was posted; the rest is split anew over where the goods are, so that a sold-out batch gives nothing. Kopecks that earlier cuts rounded
/// away from the stock are taken from the places instead. The parts sum to what was posted.
///
/// Errors: `BATCH_VALUE_SHORT`, `NOTHING_TO_ALLOCATE`.
pub fn rehomed(stock: Amount, on_hand: Decimal, worth: Decimal, places: &[Placed]) -> Result<Split> {
    let mut now = Split { stock, left: places.iter().map(|place| place.posted).collect() };
    let moved: Vec<usize> = (0..places.len()).filter(|index| places[*index].moved).collect();
    if !moved.is_empty() {
        let of = stock + moved.iter().map(|index| places[*index].posted).sum();
        let anew = by_metres(of, on_hand, moved.iter().map(|index| places[*index].metres))?;
        now.stock = anew.stock;
        for (index, part) in moved.into_iter().zip(anew.left) {
            now.left[index] = part;
        }
    }
    let over = now.stock.value - worth;
    if over > Decimal::ZERO {
        // Each cut rounds by less than a kopeck; what is missing beyond that was taken by something else.
        let rounded = Decimal::new(i64::try_from(places.len()).unwrap_or(i64::MAX), money::SCALE);
        if over > rounded {
            return Err(short(worth, now.stock.value));
        }
        let metres: Vec<Decimal> = places.iter().map(|place| place.metres).collect();
        for (part, more) in now.left.iter_mut().zip(money::allocate(over, &metres)?) {
            part.value += more;
        }
        now.stock.value = worth;
    }
    Ok(now)
}

/// The batch cannot give that much.
pub(super) fn short(worth: Decimal, wanted: Decimal) -> Error {
    Error::rejected(
        Code::BatchValueShort,
        format!(
            "the goods on hand are worth {worth} on that day or a later one, and {wanted} would be taken from it; \
             use a later date, a smaller sum, or first take back what lowered their cost"
        ),
    )
}

#[cfg(test)]
#[path = "split_tests.rs"]
mod tests;
