//! Returns from customers (возвраты): pieces of a shipped line go back into their batch.
//!
//! A return takes the line's revenue, VAT at the rate of the shipment and cumulative cost (costs learnt later included) pro rata of the
//! pieces that are left, the last piece the remainder. It lowers the order's debt; what was paid already becomes an advance of the deal. The
//! order stays as it was shipped. A service comes back only as a correction of its price.

pub mod commands;
mod posting;
pub mod read;
mod store;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A recorded return (возврат).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderReturn {
    /// Its id.
    pub order_return_id: i64,
    /// The order.
    pub order_id: i64,
    /// Its document.
    pub document_id: i64,
    /// Business date.
    pub returned_on: NaiveDate,
    /// Why the goods came back.
    pub reason: String,
    /// They were not unloaded and still ours: the sums are what will not be sold, nothing was taken back.
    #[serde(default)]
    pub undelivered: bool,
    /// Taken back, roubles without VAT.
    pub net: Decimal,
    /// The VAT.
    pub vat: Decimal,
    /// With VAT.
    pub gross: Decimal,
    /// What came back.
    pub lines: Vec<ReturnLine>,
}

/// What came back of a line (строка возврата).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnLine {
    /// The line of the order.
    pub order_line_id: i64,
    /// Pieces.
    pub pieces: i64,
    /// Metres.
    pub metres: Decimal,
    /// Theoretical tonnes.
    pub tonnes_theoretical: Decimal,
    /// The share of the tonnes by the scales, 0 when the line was not weighed.
    pub tonnes_weighed: Decimal,
    /// Roubles without VAT.
    pub net: Decimal,
    /// The VAT.
    pub vat: Decimal,
    /// With VAT.
    pub gross: Decimal,
    /// What the pieces brought back into their batch, roubles.
    pub cost: Decimal,
}
