//! Stock operations (складские операции): goods moved, cut, regraded, written off, found over and counted.
//!
//! Goods that change place, length or condition become a batch of their own that knows its parent, at the cost they had: what a cut loses
//! to kerf and scrap has no value, its cost goes with the pieces. Scrap that is kept takes what it is worth then, and nothing that comes
//! later. What leaves for good goes to `write_offs`; what is found over comes from `other_income`. Invariants: metres and kopecks of a
//! parent are those of its children and of what it lost; a batch is not short on any date; a later cost finds the goods wherever they went.

pub mod counts;
mod derive;
pub mod losses;
pub mod moves;
pub mod read;
pub mod scrap;
pub(super) mod store;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Balance, Batch, Issue, Measured, TONNE_SCALE};
use crate::command::Run;
use crate::error::{Error, Result};
use crate::ledger::{Account, CostElement, Stock};

/// Which batch was made of which (происхождение серии).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lineage {
    /// The batch that was made.
    pub child_batch_id: i64,
    /// The one its goods were taken from.
    pub parent_batch_id: i64,
    /// The document that made it.
    pub document_id: i64,
    /// Its ledger transaction.
    pub transaction_id: i64,
    /// The day of that.
    pub moved_on: NaiveDate,
    /// Pieces of the child as they were made.
    pub pieces: i64,
    /// Metres of the parent that went into it, with its part of kerf and scrap; of scrap with a value none.
    pub metres: Decimal,
}

/// What a cut made (результат резки).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// Its document.
    pub document_id: i64,
    /// What was cut.
    pub parent: Batch,
    /// What it became, in the order it was asked for.
    pub children: Vec<Batch>,
    /// Metres of kerf and scrap.
    pub scrap_metres: Decimal,
    /// The scrap that is kept at a value.
    #[serde(default)]
    pub scrap: Option<Batch>,
}

/// A stock count (инвентаризация).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockCount {
    /// Its id.
    pub stock_count_id: i64,
    /// Own company.
    pub company_id: i64,
    /// Where.
    pub warehouse_id: i64,
    /// Its document.
    pub document_id: i64,
    /// When.
    pub counted_on: NaiveDate,
    /// Free text.
    pub note: String,
}

/// What a count found of one batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockCountLine {
    /// The count.
    pub stock_count_id: i64,
    /// The batch.
    pub batch_id: i64,
    /// Pieces by the books on the day of the count.
    pub book_pieces: i64,
    /// Pieces that were there.
    pub counted_pieces: i64,
    /// Metres of the difference, above zero for a surplus.
    pub metres: Decimal,
    /// Cost of the difference, roubles.
    pub cost: Decimal,
}

/// What an operation must know of a batch and its product.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) batch: Batch,
    pub(super) goods: Goods,
}

/// What makes goods interchangeable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Goods {
    product_id: i64,
    profile: String,
    condition: String,
    length_m: Decimal,
    kg_per_m: Decimal,
}

impl Balance {
    /// What `pieces` weigh by the scales, as far as the batch was weighed; the last piece takes the rest.
    fn weighed_share(&self, pieces: i64) -> Decimal {
        if pieces == self.pieces {
            return self.tonnes_weighed.max(Decimal::ZERO);
        }
        if self.tonnes_weighed <= Decimal::ZERO || pieces <= 0 || pieces > self.pieces {
            return Decimal::ZERO;
        }
        (self.tonnes_weighed * Decimal::from(pieces) / Decimal::from(self.pieces)).round_dp(TONNE_SCALE)
    }

    /// Adds goods that were found, worth `value`.
    fn put(&mut self, found: Measured, value: Decimal) {
        self.pieces += found.pieces;
        self.metres += found.metres;
        self.tonnes_theoretical += found.tonnes;
        self.value += value;
    }

    /// Goods of this batch, measures positive.
    fn stock(&self, of: Measured) -> Stock {
        Stock {
            batch_id: self.batch_id,
            product_id: self.product_id,
            warehouse_id: self.warehouse_id,
            cost_element: Some(CostElement::Purchase),
            pieces: of.pieces,
            metres: of.metres,
            tonnes_theoretical: of.tonnes,
            tonnes_weighed: Decimal::ZERO,
        }
    }
}

impl Issue {
    /// The batch alone, for entries of cost without goods.
    pub(super) fn of_cost(&self, element: CostElement) -> Stock {
        let Stock { batch_id, product_id, warehouse_id, .. } = self.stock;
        Stock { batch_id, product_id, warehouse_id, cost_element: Some(element), ..Stock::default() }
    }

    /// What the scales left over when the last piece is gone: tonnes without pieces and value.
    pub(super) fn weight_gone(&self) -> Stock {
        Stock { tonnes_weighed: -self.weight_left, ..self.of_cost(CostElement::Weight) }
    }
}

/// Takes pieces that are on the account `from` out of batches on a date with their part of the weighed tonnes; the answer is in the order of `takes`.
///
/// Errors: `NOT_FOUND`, `BATCH_SHORT`, `BATCH_IN_TRANSIT`, `COMPANY_MISMATCH`.
pub(super) async fn take_in_tx(
    run: &mut Run<'_>,
    from: Account,
    company_id: i64,
    on: NaiveDate,
    takes: &[(i64, i64)],
) -> Result<Vec<Issue>> {
    let mut ids: Vec<i64> = takes.iter().map(|(batch_id, _)| *batch_id).collect();
    ids.sort_unstable();
    let balances = super::store::lock_balances_in_tx(run, company_id, &ids).await?;
    let take = |(batch_id, pieces): &(i64, i64)| {
        let balance = balances.iter().find(|balance| balance.batch_id == *batch_id);
        let balance = balance.ok_or_else(|| Error::not_found("batch", batch_id))?;
        Ok(super::store::Take { batch_id: *batch_id, pieces: *pieces, tonnes_weighed: balance.weighed_share(*pieces) })
    };
    let takes = takes.iter().map(take).collect::<Result<Vec<_>>>()?;
    super::store::issue_from_in_tx(run, from, company_id, on, &takes).await
}
