//! How a cost goes down a tree of batches: over what is on hand, what left, and the batches made of it, and there again.
//!
//! Batches stand in the order of their ids, so that a parent is met before its children. Every split is exact, so the parts of all batches
//! sum to what came.

use rust_decimal::Decimal;

use super::split::{self, Amount, Placed};
use crate::error::Result;
use crate::money;

/// Goods that became a batch of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Branch {
    /// Where that batch stands in the tree: after its parent.
    pub index: usize,
    /// Metres of the parent that went into it.
    pub metres: Decimal,
}

/// Where the goods of a batch are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Metres on hand.
    pub on_hand: Decimal,
    /// Metres that left, by place.
    pub left: Vec<Decimal>,
    /// The batches made of it.
    pub children: Vec<Branch>,
}

/// What a batch bears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What of it came from its parent.
    pub inherited: Amount,
    /// The share of the goods on hand.
    pub stock: Amount,
    /// The share of each place the goods went to.
    pub left: Vec<Amount>,
}

/// Splits what each batch bears by itself (`own`, in the order of `tree`) over its goods and, through its children, over theirs.
///
/// Errors: those of [`money::allocate`].
pub fn over(own: &[Amount], tree: &[Held]) -> Result<Vec<Part>> {
    let mut inherited = vec![Amount::default(); tree.len()];
    let mut parts = Vec::with_capacity(tree.len());
    for (index, batch) in tree.iter().enumerate() {
        let of = own.get(index).copied().unwrap_or_default() + inherited[index];
        let (mut left, stock) = if of == Amount::default() {
            (vec![Amount::default(); batch.left.len()], Amount::default())
        } else {
            let gone = batch.left.iter().copied().chain(batch.children.iter().map(|child| child.metres));
            let split = split::by_metres(of, batch.on_hand, gone)?;
            (split.left, split.stock)
        };
        let passed = left.split_off(batch.left.len());
        for (child, part) in batch.children.iter().zip(passed) {
            inherited[child.index] = inherited[child.index] + part;
        }
        parts.push(Part { inherited: inherited[index], stock, left });
    }
    Ok(parts)
}

/// A batch of a tree when a cost is taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Was {
    /// What was posted to the goods on hand.
    pub stock: Amount,
    /// What of the cost was posted as come from its parent.
    pub inherited: Amount,
    /// Metres on hand now.
    pub on_hand: Decimal,
    /// What it is worth at least from the day of the storno on.
    pub worth: Decimal,
    /// Where its goods went.
    pub places: Vec<Placed>,
    /// The batches made of it; what was posted to each is what it inherited.
    pub children: Vec<(usize, Placed)>,
}

/// Where a cost is now, batch by batch: what a storno takes from each. Kopecks that earlier cuts rounded away from the goods on hand are
/// taken from the places they went to, or from another batch of the tree. The parts of all batches sum to what was posted.
///
/// Errors: `BATCH_VALUE_SHORT`, `NOTHING_TO_ALLOCATE`.
pub fn rehomed(tree: &[Was]) -> Result<Vec<Part>> {
    let mut inherited = vec![Amount::default(); tree.len()];
    let mut roots: Vec<usize> = (0..tree.len()).collect();
    let mut cuts = vec![0_usize; tree.len()];
    let mut missing = Vec::new();
    let mut parts = Vec::with_capacity(tree.len());
    for (index, was) in tree.iter().enumerate() {
        let gone: Vec<Placed> = was.places.iter().copied().chain(was.children.iter().map(|(_, placed)| *placed)).collect();
        let mut now = split::rehomed(was.stock, was.on_hand, inherited[index] - was.inherited, &gone)?;
        let passed = now.left.split_off(was.places.len());
        cuts[index] += gone.len();
        for ((child, _), part) in was.children.iter().zip(passed) {
            inherited[*child] = inherited[*child] + part;
            roots[*child] = roots[index];
            cuts[*child] = cuts[index];
        }
        let over = now.stock.value - was.worth;
        if over > Decimal::ZERO {
            // Each cut rounds by less than a kopeck; what is missing beyond that was taken by something else.
            if over > Decimal::new(i64::try_from(cuts[index]).unwrap_or(i64::MAX), money::SCALE) {
                return Err(split::short(was.worth, now.stock.value));
            }
            now.stock.value = was.worth;
            missing.push((index, over));
        }
        parts.push(Part { inherited: inherited[index], stock: now.stock, left: now.left });
    }
    for (index, over) in missing {
        settle(tree, &roots, &mut parts, index, over)?;
    }
    Ok(parts)
}

/// Takes kopecks that a batch has not from where its goods went, from another batch of its tree, or from where that one's goods went.
fn settle(tree: &[Was], roots: &[usize], parts: &mut [Part], index: usize, over: Decimal) -> Result<()> {
    let gone = |of: usize| -> Vec<Decimal> { tree[of].places.iter().map(|place| place.metres).collect() };
    if gone(index).iter().any(|metres| *metres > Decimal::ZERO) {
        return take(&mut parts[index], over, &gone(index));
    }
    let mut rest = over;
    let family = || (0..tree.len()).filter(|of| roots[*of] == roots[index]);
    for of in family() {
        let part = rest.min(tree[of].worth - parts[of].stock.value).max(Decimal::ZERO);
        parts[of].stock.value += part;
        rest -= part;
    }
    if rest.is_zero() {
        return Ok(());
    }
    match family().find(|of| gone(*of).iter().any(|metres| *metres > Decimal::ZERO)) {
        Some(of) => take(&mut parts[of], rest, &gone(of)),
        None => Err(split::short(tree[index].worth, tree[index].worth + rest)),
    }
}

fn take(part: &mut Part, over: Decimal, metres: &[Decimal]) -> Result<()> {
    for (left, more) in part.left.iter_mut().zip(money::allocate(over, metres)?) {
        left.value += more;
    }
    Ok(())
}

#[cfg(test)]
#[path = "descend_tests.rs"]
mod tests;
