//! The command that sets exchange rates.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Currency, Rate, store};
use crate::access::Permission;
use crate::command::{self, Ctx, Outcome};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::{days, text};

/// Largest nominal of a rate.
const NOMINAL_MAX: i32 = 1_000_000;

/// Decimal places of a rate, and more than any has.
const RATE_SCALE: u32 = 6;
const RATE_MAX: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

/// The rate of a currency on a day.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SetRate {
    /// Its letters.
    pub currency: String,
    /// When.
    pub rated_on: NaiveDate,
    /// For how many units, mostly 1.
    pub nominal: i32,
    /// Roubles for so many.
    pub rate: Decimal,
    /// Who says so; may be empty.
    pub source: String,
}

/// Sets the rate of a day, in place of what was known of it: what was posted by it stays. Errors: `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`,
/// `FORBIDDEN`.
pub async fn set(db: &Db, ctx: &Ctx, input: &SetRate) -> Result<Outcome<Rate>> {
    command::run(db, ctx, "companies.set_rate", Permission::PostBooks, input, async |run, input| {
        let rate = checked(input)?;
        store::save_in_tx(run, &rate).await?;
        Ok(rate)
    })
    .await
}

fn checked(input: &SetRate) -> Result<Rate> {
    let currency = Currency::foreign(&input.currency, "currency")?;
    days::known(input.rated_on, "ratedOn")?;
    if !(1..=NOMINAL_MAX).contains(&input.nominal) {
        return Err(Error::invalid("nominal", format!("a rate is for 1 to {NOMINAL_MAX} units")));
    }
    if input.rate <= Decimal::ZERO {
        return Err(Error::not_positive("rate"));
    }
    if input.rate > RATE_MAX || input.rate.normalize().scale() > RATE_SCALE {
        return Err(Error::invalid("rate", format!("a rate has at most {RATE_SCALE} decimal places and is at most {RATE_MAX}")));
    }
    let source = text::optional(&input.source, "source", 100)?;
    Ok(Rate { currency, rated_on: input.rated_on, nominal: input.nominal, rate: input.rate, source })
}
