//! Bills for goods and for orders together (общий счёт): a carrier who brought a batch and took an order away writes one paper.
//!
//! Two levels: the paper says what of it is for batches and what for orders; each part is divided by its own basis, as it would be alone, and
//! from then on it is an additional expense and a direct expense like any other. What is one is the document, the day and the debt, owed
//! under the contract. So the parts are taken back together.

pub mod commands;
pub mod read;
mod store;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A recorded joint bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JointBill {
    /// Its id.
    pub joint_bill_id: i64,
    /// Own company.
    pub company_id: i64,
    /// To whom it is owed.
    pub party_id: i64,
    /// Under which contract, 0 = none.
    pub contract_id: i64,
    /// Its document.
    pub document_id: i64,
    /// Number of the supplier's paper, may be empty.
    pub number: String,
    /// Date of the supplier's paper.
    pub issued_on: NaiveDate,
    /// The business date it was posted for.
    pub effective_on: NaiveDate,
    /// Without VAT, roubles: the sum of the parts.
    pub net: Decimal,
    /// VAT as printed: the sum of the parts.
    pub vat: Decimal,
    /// The part of batches.
    pub additional_expense_id: i64,
    /// The part of orders.
    pub direct_expense_id: i64,
    /// When it was taken back.
    pub reversed_on: Option<NaiveDate>,
    /// The storno, 0 = none.
    pub reversal_document_id: i64,
}
