//! Additional expenses (дополнительные расходы): a supplier's bill spread over batches, whenever it comes, and taken back exactly.
//!
//! The share of goods that left goes to the cost of exactly the lines that took them, dated when the bill is posted, not before they left, and
//! told by the day of their shipment; what became a batch of its own takes its share there and divides it again; the rest raises what the
//! goods on hand are worth. A credit (bonus, price correction) goes the same way downwards.
//! Invariants: every level sums to the bill to the kopeck; a sold-out batch is worth nothing; no batch is worth less than nothing on any
//! date; nothing posted is changed.

mod bases;
pub mod commands;
pub mod descend;
pub mod estimates;
mod flow;
mod places;
pub mod read;
mod reverse;
pub mod split;
mod store;
mod tree;

pub use reverse::{ReverseExpense, reverse_expense};
pub(crate) use reverse::{hold_borne_in_tx, reverse_in_tx};
pub(crate) use store::no_part_in_tx;

pub(crate) use bases::check_targets;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Which way a bill goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Kind {
    /// Расход: raises what the goods cost.
    Expense,
    /// Бонус или корректировка цены (УКД): lowers it.
    Credit,
}

/// What a bill is divided over batches by (база распределения).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Basis {
    /// Тонны, theoretical, as received.
    Tonnes,
    /// Штуки as received.
    Pieces,
    /// Метры as received.
    Metres,
    /// Сумма закупки.
    Amount,
    /// Себестоимость: the purchase and all additional expenses so far.
    CurrentCost,
    /// Доли, given with the batches.
    Manual,
}

/// A recorded additional expense.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdditionalExpense {
    /// Its id.
    pub additional_expense_id: i64,
    /// Own company.
    pub company_id: i64,
    /// To whom it is owed; of a credit, who gave it.
    pub party_id: i64,
    /// Under which contract, 0 = none.
    pub contract_id: i64,
    /// What for.
    pub article_id: i64,
    /// Its document.
    pub document_id: i64,
    /// The ledger transaction that spread it.
    pub transaction_id: i64,
    /// Which way it goes.
    pub kind: Kind,
    /// What it was divided by.
    pub basis: Basis,
    /// Number of the supplier's paper, may be empty.
    pub number: String,
    /// Date of the supplier's paper.
    pub issued_on: NaiveDate,
    /// The business date it was posted for.
    pub effective_on: NaiveDate,
    /// Without VAT, roubles, as printed.
    pub net: Decimal,
    /// VAT as printed.
    pub vat: Decimal,
    /// What the goods cost more by it, roubles; negative for a credit, the difference for a bill that settles an estimate.
    pub cost: Decimal,
    /// When it was taken back.
    pub reversed_on: Option<NaiveDate>,
    /// The storno, 0 = none.
    pub reversal_document_id: i64,
    /// It was estimated, not billed.
    #[serde(default)]
    pub estimate: bool,
    /// Of a bill: the estimate it settles, 0 = none.
    #[serde(default)]
    pub settles_id: i64,
    /// Of an estimate: the bill that settled it, 0 = none.
    #[serde(default)]
    pub settled_by_id: i64,
}

/// What one batch bears of an expense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The expense.
    pub additional_expense_id: i64,
    /// The batch.
    pub batch_id: i64,
    /// What it was divided by, in units of the basis.
    pub base: Decimal,
    /// Its part of the cost, roubles.
    pub amount: Decimal,
    /// What came to it from the batch it was made of, beside its own part.
    pub inherited_amount: Decimal,
    /// What of that stayed with the goods on hand when it was posted.
    pub stock_amount: Decimal,
}
