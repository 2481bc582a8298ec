//! The batches a cost reaches: those it was given to and every batch made of them, locked together.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::descend::{Branch, Held, Part, Was};
use super::flow::Flow;
use super::places::{self, Gone, Key};
use super::split::{Amount, Placed};
use super::store::Stored;
use crate::batches::stock::{self, Lineage};
use crate::batches::{self, Balance};
use crate::command::Run;
use crate::error::Result;

/// Locked batches in the order of their ids, with what was made of them.
pub(super) struct Tree {
    /// What is left of each.
    pub(super) balances: Vec<Balance>,
    lineage: Vec<Lineage>,
}

/// Locks these batches and all made of them, in the order of their ids; errors: `COMPANY_MISMATCH`.
///
/// What is made of a locked batch waits for its lock, so the tree is whole as soon as nothing was added while it was locked.
pub(super) async fn lock_in_tx(run: &mut Run<'_>, company_id: i64, batch_ids: &[i64]) -> Result<Tree> {
    let mut lineage = stock::store::descendants_in_tx(run, batch_ids).await?;
    loop {
        let mut ids: Vec<i64> = batch_ids.iter().copied().chain(lineage.iter().map(|line| line.child_batch_id)).collect();
        ids.sort_unstable();
        ids.dedup();
        let balances = batches::store::lock_balances_in_tx(run, company_id, &ids).await?;
        let now = stock::store::descendants_in_tx(run, batch_ids).await?;
        if now.len() == lineage.len() {
            return Ok(Tree { balances, lineage });
        }
        lineage = now;
    }
}

impl Tree {
    /// The ids of all, growing.
    pub(super) fn ids(&self) -> Vec<i64> {
        self.balances.iter().map(|balance| balance.batch_id).collect()
    }

    /// Amounts that are known by batch, in the order of the tree; none is nothing.
    pub(super) fn own(&self, batch_ids: &[i64], amounts: &[Amount]) -> Vec<Amount> {
        let known: HashMap<i64, Amount> = batch_ids.iter().copied().zip(amounts.iter().copied()).collect();
        self.balances.iter().map(|balance| known.get(&balance.batch_id).copied().unwrap_or_default()).collect()
    }

    fn index(&self, batch_id: i64) -> Option<usize> {
        self.balances.binary_search_by_key(&batch_id, |balance| balance.batch_id).ok()
    }

    /// What was made of each batch, in the order of the tree.
    fn children(&self) -> Vec<Vec<(usize, &Lineage)>> {
        let mut children = vec![Vec::new(); self.balances.len()];
        for line in &self.lineage {
            if let (Some(parent), Some(child)) = (self.index(line.parent_batch_id), self.index(line.child_batch_id)) {
                children[parent].push((child, line));
            }
        }
        children
    }

    /// Where the goods of each batch are.
    pub(super) fn held(&self, of_batch: &HashMap<i64, Vec<&Gone>>) -> Vec<Held> {
        let branch = |(index, line): (usize, &Lineage)| Branch { index, metres: line.metres };
        self.balances
            .iter()
            .zip(self.children())
            .map(|(balance, children)| Held {
                on_hand: balance.metres,
                left: gone_of(of_batch, balance.batch_id).iter().map(|gone| gone.metres).collect(),
                children: children.into_iter().map(branch).collect(),
            })
            .collect()
    }

    /// The same as it was when the cost of a document was posted with the transaction `after`: `stored` by batch, and `posted` elsewhere.
    pub(super) async fn was_in_tx(
        &self,
        run: &mut Run<'_>,
        stored: &[Stored],
        of_batch: &HashMap<i64, Vec<&Gone>>,
        (document_id, after): (i64, i64),
        on: NaiveDate,
    ) -> Result<Vec<Was>> {
        let posted: HashMap<Key, Amount> = places::posted_in_tx(run, document_id).await?;
        let inherited = |batch_id| stored.iter().find(|share| share.batch_id == batch_id).map(|share| share.inherited);
        let mut tree = Vec::with_capacity(self.balances.len());
        for (balance, children) in self.balances.iter().zip(self.children()) {
            let place = |gone: &&Gone| Placed {
                metres: gone.metres,
                posted: posted.get(&gone.place.key()).copied().unwrap_or_default(),
                moved: !gone.since.is_zero(),
            };
            let child = |(index, line): (usize, &Lineage)| {
                let posted = inherited(line.child_batch_id).unwrap_or_default();
                (index, Placed { metres: line.metres, posted, moved: line.transaction_id > after })
            };
            tree.push(Was {
                stock: stored
                    .iter()
                    .find(|share| share.batch_id == balance.batch_id)
                    .map(|share| share.stock)
                    .unwrap_or_default(),
                inherited: inherited(balance.batch_id).unwrap_or_default(),
                on_hand: balance.metres,
                worth: super::store::worth_in_tx(run, balance.batch_id, on).await?,
                places: gone_of(of_batch, balance.batch_id).iter().map(place).collect(),
                children: children.into_iter().map(child).collect(),
            });
        }
        Ok(tree)
    }

    /// Adds to `flow` what goes with goods: `left` and `inherited` say how much, of a place of a batch and of a batch made of another.
    pub(super) fn follow(
        &self,
        flow: &mut Flow,
        of_batch: &HashMap<i64, Vec<&Gone>>,
        left: impl Fn(usize, usize) -> Amount,
        inherited: impl Fn(usize) -> Amount,
    ) {
        for (index, (balance, children)) in self.balances.iter().zip(self.children()).enumerate() {
            for (place, gone) in gone_of(of_batch, balance.batch_id).iter().enumerate() {
                flow.leave(index, gone, left(index, place));
            }
            for (child, line) in children {
                flow.pass(index, child, line.moved_on, inherited(child));
            }
        }
    }

    /// The places the goods of all batches went to, each with its part.
    pub(super) fn gone_with<'a>(
        &self,
        of_batch: &HashMap<i64, Vec<&'a Gone>>,
        parts: &[Part],
    ) -> impl Iterator<Item = (&'a Gone, Amount)> {
        let of_each = self.balances.iter().zip(parts);
        of_each.flat_map(|(balance, part)| gone_of(of_batch, balance.batch_id).iter().copied().zip(part.left.iter().copied()))
    }

    /// What of each part stayed with the goods on hand.
    pub(super) fn raise(&mut self, parts: &[Part]) {
        for (balance, part) in self.balances.iter_mut().zip(parts) {
            balance.value += part.stock.value;
            balance.vat += part.stock.vat;
        }
    }
}

/// The places goods of a batch went to.
pub(super) fn gone_of<'a, 'b>(of_batch: &'b HashMap<i64, Vec<&'a Gone>>, batch_id: i64) -> &'b [&'a Gone] {
    of_batch.get(&batch_id).map_or(&[], Vec::as_slice)
}
