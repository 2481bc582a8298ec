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
/// `on_hand` are the metres now, `more` is what of the cost came since from the batch this one was made of. Where nothing moved it is what
/// was posted; the rest is split anew over where the goods are, so that a sold-out batch gives nothing. The parts sum to what was posted
/// and `more`. Errors: `NOTHING_TO_ALLOCATE`.
pub(super) fn rehomed(stock: Amount, on_hand: Decimal, more: Amount, places: &[Placed]) -> Result<Split> {
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
    if more != Amount::default() {
        let came = by_metres(more, on_hand, places.iter().map(|place| place.metres))?;
        now.stock = now.stock + came.stock;
        for (part, came) in now.left.iter_mut().zip(came.left) {
            *part = *part + came;
        }
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
