//! Goods in transit (товары в пути): ours since the supplier's gate, not here yet.
//!
//! They are a batch with its cost in the one warehouse of the kind *transit*, whose account is `goods_in_transit`: a batch is whole on that
//! account or on `inventory`, so `batch_balances` equals the two together and reconcile proves it as before. What arrives becomes a batch
//! of a warehouse whose parent is the one on its way, as if it were moved, so a late cost follows it; what does not arrive is a loss or a
//! claim with its metres, where a late cost follows it too. Until then nothing is shipped, cut, counted or returned.

pub mod commands;
pub mod read;
pub mod reverse;
pub(super) mod store;

use chrono::NaiveDate;

use crate::days;
use crate::error::{Error, Result};

/// Refuses a day of arrival that cannot be. Errors: `INVALID_INPUT`.
pub(super) fn check(received_on: NaiveDate, expected_on: NaiveDate) -> Result<()> {
    days::known(expected_on, "expectedOn")?;
    if expected_on < received_on {
        return Err(Error::invalid("expectedOn", "goods cannot arrive before they were bought; exchange the dates"));
    }
    Ok(())
}

/// When a batch on its way is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    /// The batch.
    pub batch_id: i64,
    /// The day.
    pub expected_on: NaiveDate,
}
