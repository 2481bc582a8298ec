//! Receipts from afar (поставки издалека): goods that are ours since the supplier's gate, and goods bought in currency.
//!
//! Against a line of a supplier order they are receipts as any other: the order is received when its goods are ours, wherever they are, and
//! more or fewer pieces may come than were ordered. What does not arrive of them later is a loss or a claim, not a debt of the order. An
//! order is in roubles: of a receipt in currency it counts the roubles, and its advances in roubles do not pay a debt in currency.

use chrono::NaiveDate;
use serde::Serialize;

use super::commands::{Against, record_in_tx};
use crate::access::Permission;
use crate::batches::Batch;
use crate::batches::commands::{Receive, Terms};
use crate::command::{self, Ctx, Outcome};
use crate::companies::rates::Currency;
use crate::db::Db;
use crate::error::{Error, Result};

/// Goods bought at the supplier's gate.
#[derive(Debug, Clone, Serialize)]
pub struct ReceiveInTransit {
    /// The receipt; its warehouse does not count.
    pub receipt: Receive,
    /// When they are expected here.
    pub expected_on: NaiveDate,
    /// The line of a supplier order they come against, 0 = none.
    #[serde(skip_serializing_if = "is_zero")]
    pub supplier_order_line_id: i64,
    /// The supplier's document with the price comes later.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub preliminary: bool,
}

/// Records goods that became ours and are on their way (товары в пути): Dr goods in transit, Cr payables.
///
/// Errors: those of [`super::commands::receive`].
pub async fn receive_in_transit(db: &Db, ctx: &Ctx, input: &ReceiveInTransit) -> Result<Outcome<Batch>> {
    command::run(db, ctx, "batches.receive_in_transit", Permission::ReceiveGoods, input, async |run, input| {
        let against = Against { supplier_order_line_id: input.supplier_order_line_id, preliminary: input.preliminary };
        let terms = Terms { expected_on: Some(input.expected_on), ..Terms::default() };
        record_in_tx(run, &input.receipt, against, terms).await
    })
    .await
}

/// A receipt in currency.
#[derive(Debug, Clone, Serialize)]
pub struct ReceiveInCurrency {
    /// The receipt, its net and VAT in the currency.
    pub receipt: Receive,
    /// Its letters.
    pub currency: String,
    /// The goods are on their way and expected on this day; `None` = they are in the warehouse.
    pub expected_on: Option<NaiveDate>,
    /// The line of a supplier order they come against, 0 = none.
    #[serde(skip_serializing_if = "is_zero")]
    pub supplier_order_line_id: i64,
    /// Refused: a price in currency is final.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub preliminary: bool,
}

/// Receives goods bought in currency: their cost is the roubles of the advances that paid for them, and of the rest at the day's rate. Their
/// price is final: a later difference is an additional expense or a credit.
///
/// Errors: those of [`super::commands::receive`] and `RATE_MISSING`.
pub async fn receive_in_currency(db: &Db, ctx: &Ctx, input: &ReceiveInCurrency) -> Result<Outcome<Batch>> {
    command::run(db, ctx, "batches.receive_in_currency", Permission::ReceiveGoods, input, async |run, input| {
        let currency = Some(Currency::foreign(&input.currency, "currency")?);
        if input.preliminary {
            let message = "a price in currency is final; leave this out, and record a later difference as an additional expense";
            return Err(Error::invalid("preliminary", message));
        }
        let against = Against { supplier_order_line_id: input.supplier_order_line_id, preliminary: false };
        record_in_tx(run, &input.receipt, against, Terms { currency, expected_on: input.expected_on, ..Terms::default() }).await
    })
    .await
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(id: &i64) -> bool {
    *id == 0
}
