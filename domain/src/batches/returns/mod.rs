//! Returns to suppliers (возвраты поставщикам): pieces of a batch go back to whoever delivered it.
//!
//! He is credited at his price, that of the receipt with his corrections since, and the VAT deducted of it is taken back; the credit lowers
//! what he is owed, what was paid already is an advance at him. What the pieces cost beyond his price (freight, customs, late costs) is a
//! loss or a claim on him, and so is every later cost of them: the entry there carries their metres, so a late cost finds it by itself
//! (`expenses/places.rs`). Invariant: what was paid for goods is what they are worth, were sold for, lost and returned for.

pub mod commands;
mod posted;
pub(super) mod posting;
pub mod price;
pub mod read;
pub mod reverse;
pub(in crate::batches) mod store;
pub(in crate::batches) mod undo;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Where goes what goods cost beyond the supplier's price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "article_id", rename_all = "snake_case")]
pub enum Landed {
    /// To an article of losses (убыток).
    Loss(i64),
    /// To a claim on the supplier (претензия).
    Claim,
}

impl Landed {
    /// The article of the loss, 0 for a claim.
    pub const fn article_id(self) -> i64 {
        match self {
            Self::Loss(article_id) => article_id,
            Self::Claim => 0,
        }
    }
}

/// A recorded return to a supplier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupplierReturn {
    /// Its id.
    pub supplier_return_id: i64,
    /// Own company.
    pub company_id: i64,
    /// The supplier.
    pub party_id: i64,
    /// Under which contract, 0 = none.
    pub contract_id: i64,
    /// Its document.
    pub document_id: i64,
    /// Business date.
    pub returned_on: NaiveDate,
    /// Number of our paper at the supplier, may be empty.
    pub number: String,
    /// Why.
    pub reason: String,
    /// The article of the loss; 0 = what is beyond his price was claimed.
    pub article_id: i64,
    /// His price without the VAT that was deducted, roubles.
    pub cost: Decimal,
    /// The deducted VAT taken back.
    pub vat: Decimal,
    /// What he is credited.
    pub gross: Decimal,
    /// What the goods cost beyond his price when they went back.
    pub landed: Decimal,
    /// When it was taken back.
    #[serde(default)]
    pub reversed_on: Option<NaiveDate>,
    /// The document of that, 0 = none.
    #[serde(default)]
    pub reversal_document_id: i64,
}

/// What went back of one batch (строка возврата поставщику).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnedLine {
    /// The return.
    pub supplier_return_id: i64,
    /// The batch.
    pub batch_id: i64,
    /// The batch as the supplier delivered it.
    pub origin_batch_id: i64,
    /// Pieces.
    pub pieces: i64,
    /// Metres.
    pub metres: Decimal,
    /// His price without the VAT that was deducted, roubles.
    pub cost: Decimal,
    /// The deducted VAT taken back.
    pub vat: Decimal,
    /// What he is credited.
    pub gross: Decimal,
    /// What the pieces cost beyond his price.
    pub landed: Decimal,
}
