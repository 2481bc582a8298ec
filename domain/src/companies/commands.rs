//! Commands on own companies.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Company, Regime, store};
use crate::access::Permission;
use crate::command::{self, Ctx, Outcome, same_version};
use crate::db::Db;
use crate::error::{Code, Error, Result};
use crate::{days, text};

/// A new own legal entity with its first tax regime.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Create {
    /// Its name.
    pub name: String,
    /// ИНН.
    pub inn: String,
    /// Nothing is posted before this day; the regime is valid from it.
    pub first_day: NaiveDate,
    /// Local time, minutes east of UTC (Moscow: 180).
    pub utc_offset_minutes: i32,
    /// How it is taxed at first.
    pub regime: Regime,
}

/// Creates a company. Errors: `INVALID_INPUT`, `ALREADY_EXISTS` (ИНН), `FORBIDDEN`.
pub async fn create(db: &Db, ctx: &Ctx, mut input: Create) -> Result<Outcome<Company>> {
    input.name = text::required(&input.name, "name", 200)?;
    input.inn = text::inn(&input.inn, "inn")?;
    days::known(input.first_day, "firstDay")?;
    if !(-720..=840).contains(&input.utc_offset_minutes) {
        return Err(Error::invalid("utcOffsetMinutes", "the offset must lie between -720 and 840 minutes"));
    }
    command::run(db, ctx, "companies.create", Permission::ManageSettings, &input, async |run, input| {
        let company = store::insert_in_tx(run, input).await?;
        store::set_regime_in_tx(run, company.company_id, input.first_day, input.regime).await?;
        Ok(company)
    })
    .await
}

/// Another regime from a day on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AddRegime {
    /// Whose.
    pub company_id: i64,
    /// From this day on.
    pub valid_from: NaiveDate,
    /// How it is taxed then.
    pub regime: Regime,
}

/// Adds a dated tax regime, also one that is still to come. Errors: `NOT_FOUND`, `ALREADY_EXISTS` (the day has one), `INVALID_INPUT`,
/// `DATE_BEFORE_FIRST_DAY`, `FORBIDDEN`.
pub async fn add_regime(db: &Db, ctx: &Ctx, input: AddRegime) -> Result<Outcome<Company>> {
    command::run(db, ctx, "companies.add_regime", Permission::ManageSettings, &input, async |run, input| {
        days::known(input.valid_from, "validFrom")?;
        let company = store::get_in_tx(run, input.company_id).await?;
        let (from, first) = (input.valid_from, company.first_day);
        if from < first {
            let message = format!("{from} lies before the company's first day {first}; use {first} or later");
            return Err(Error::rejected(Code::DateBeforeFirstDay, message));
        }
        store::set_regime_in_tx(run, input.company_id, input.valid_from, input.regime).await?;
        Ok(company)
    })
    .await
}

/// Another name or ИНН for a company; `None` = as it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Update {
    /// Which.
    pub company_id: i64,
    /// The version the client read.
    pub expected_version: i32,
    /// Its name.
    pub name: Option<String>,
    /// ИНН.
    pub inn: Option<String>,
}

/// Changes name and ИНН of a company (изменить организацию); printed documents keep what they say.
///
/// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `INVALID_INPUT`, `ALREADY_EXISTS` (ИНН), `FORBIDDEN`.
pub async fn update(db: &Db, ctx: &Ctx, mut input: Update) -> Result<Outcome<Company>> {
    input.name = input.name.map(|name| text::required(&name, "name", 200)).transpose()?;
    input.inn = input.inn.map(|inn| text::inn(&inn, "inn")).transpose()?;
    command::run(db, ctx, "companies.update", Permission::ManageSettings, &input, async |run, input| {
        let mut company = store::lock_in_tx(run, input.company_id).await?;
        same_version("company", company.company_id, company.version, input.expected_version)?;
        company.name = input.name.clone().unwrap_or(company.name);
        company.inn = input.inn.clone().unwrap_or(company.inn);
        company.version += 1;
        store::save_in_tx(run, &company).await?;
        Ok(company)
    })
    .await
}
