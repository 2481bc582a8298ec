//! Scrap with a value (лом): what a cut leaves and somebody will buy.
//!
//! It is goods of the profile in the condition *scrap*, a batch like any other, sold by weight. What it is worth is told when it is cut off
//! and taken from what the parts cost; a later cost of the parent goes to the parts alone, which a price of scrap never follows.

use rust_decimal::Decimal;
use serde::Serialize;

use super::derive::{self, Bears};
use super::moves::{Child, child};
use super::{Goods, store};
use crate::batches::{self, countable};
use crate::command::Run;
use crate::error::Result;
use crate::money;

/// Scrap of a cut that is kept as goods of their own (лом): it takes what it is worth off the cost of the parts, once and for all.
#[derive(Debug, Clone, Serialize)]
pub struct CutScrap {
    /// A product of the profile in the condition *scrap*.
    pub product_id: i64,
    /// How many pieces of it.
    pub pieces: i64,
    /// Tonnes by the scales, when it was weighed.
    pub tonnes_weighed: Option<Decimal>,
    /// What it is worth.
    pub worth: Worth,
    /// Number of the new batch; `None` = the old one with a suffix.
    pub number: Option<String>,
}

/// What scrap is worth without VAT.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Worth {
    /// Together, roubles.
    Whole(Decimal),
    /// Roubles per tonne: by the scales, or of the profile where it was not weighed.
    Tonne(Decimal),
}

/// The batch to make of the scrap that is kept of a cut, of `left` metres of kerf and scrap.
///
/// Errors: `NOT_FOUND`, `PRODUCT_MISMATCH`, `LENGTH_MISMATCH`, `AMOUNT_NOT_POSITIVE`, `INVALID_INPUT`.
pub(super) async fn kept_in_tx(
    run: &mut Run<'_>,
    from: &Goods,
    warehouse_id: i64,
    scrap: &CutScrap,
    left: Decimal,
) -> Result<Child> {
    let count = countable(scrap.pieces).map_err(|error| error.at("scrap"))?;
    let into = store::goods_in_tx(run, scrap.product_id).await?;
    let tonnes_weighed = scrap.tonnes_weighed.map(|tonnes| batches::weighed(tonnes, "scrap.tonnesWeighed")).transpose()?;
    let mut kept = child(into, warehouse_id, count, scrap.number.as_deref(), "scrap.number")?;
    derive::check_scrap(from, &kept.goods, kept.measured.metres, left)?;
    let value = match scrap.worth {
        Worth::Whole(value) => money::positive(value, "scrap.value")?,
        Worth::Tonne(price) => {
            let price = money::positive(price, "scrap.pricePerTonne")?;
            money::positive(money::round(price * tonnes_weighed.unwrap_or(kept.measured.tonnes)), "scrap.pricePerTonne")?
        }
    };
    kept.bears = Bears::Worth { metres: kept.measured.metres, value, tonnes_weighed };
    Ok(kept)
}
