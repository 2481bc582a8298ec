//! Commands on periods: close a month, reopen the last closed one.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Month, checks, closable, passed, store};
use crate::access::Permission;
use crate::command::{self, Ctx, Outcome, Run};
use crate::companies;
use crate::db::Db;
use crate::error::{Code, Error, Result};
use crate::text;

/// Closes a month.
#[derive(Debug, Clone, Serialize)]
pub struct Close {
    /// Whose.
    pub company_id: i64,
    /// Its first day.
    pub month: NaiveDate,
    /// The warnings of the checklist were seen.
    pub acknowledge_warnings: bool,
}

/// Reopens a month.
#[derive(Debug, Clone, Serialize)]
pub struct Reopen {
    /// Whose.
    pub company_id: i64,
    /// Its first day.
    pub month: NaiveDate,
    /// Why; kept with the close it takes back.
    pub reason: String,
}

/// Which month was closed or reopened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Whose.
    pub company_id: i64,
    /// Its first day.
    pub month: NaiveDate,
}

/// Closes a month once nothing is posted to it any more and its checks pass, and keeps its totals.
///
/// Errors: `NOT_FOUND`, `INVALID_INPUT`, `DATE_IN_FUTURE` (not over yet), `DATE_BEFORE_FIRST_DAY`, `PERIOD_ORDER` (the month before is
/// open), `PERIOD_CLOSED` (it is closed already), `PERIOD_CHECKS_OPEN`, `FORBIDDEN`.
pub async fn close(db: &Db, ctx: &Ctx, input: &Close) -> Result<Outcome<Named>> {
    command::run(db, ctx, "ledger.close_period", Permission::ClosePeriods, input, close_in_tx).await
}

async fn close_in_tx(run: &mut Run<'_>, input: &Close) -> Result<Named> {
    let month = Month::starting(input.month)?;
    let company = companies::store::get_in_tx(run, input.company_id).await?;
    closable(month, &company, run.ctx.today(company.utc_offset_minutes))?;
    store::lock_periods_of_company_in_tx(run, company.company_id).await?;
    let is_first = month.first <= company.first_day;
    if !is_first && !store::is_closed_in_tx(run, company.company_id, month.before()).await? {
        let before = month.before();
        return Err(Error::rejected(Code::PeriodOrder, format!("months close in order and {before} is open; close it first")));
    }
    // Whatever is being posted to the month is in it, or waits and finds it closed.
    if store::lock_for_closing_in_tx(run, company.company_id, month.first).await? {
        return Err(Error::rejected(Code::PeriodClosed, format!("the month {} is closed already", month.first)));
    }
    passed(&checks::findings(&mut run.tx, company.company_id, month).await?, input.acknowledge_warnings)?;
    store::close_in_tx(run, company.company_id, month).await?;
    Ok(Named { company_id: company.company_id, month: month.first })
}

/// Reopens the last closed month; the totals of its close stay.
///
/// Errors: `NOT_FOUND`, `INVALID_INPUT` (no reason), `PERIOD_ORDER` (it is open, or a later month is closed), `FORBIDDEN`.
pub async fn reopen(db: &Db, ctx: &Ctx, input: &Reopen) -> Result<Outcome<Named>> {
    command::run(db, ctx, "ledger.reopen_period", Permission::ClosePeriods, input, reopen_in_tx).await
}

async fn reopen_in_tx(run: &mut Run<'_>, input: &Reopen) -> Result<Named> {
    let reason = text::required(&input.reason, "reason", 300)?;
    let month = Month::starting(input.month)?;
    let company = companies::store::get_in_tx(run, input.company_id).await?;
    store::lock_periods_of_company_in_tx(run, company.company_id).await?;
    match store::last_closed_in_tx(run, company.company_id).await? {
        Some(last) if last == month.first => {}
        Some(last) => {
            let message = format!("only the last closed month reopens, and that is {last}; reopen it first");
            return Err(Error::rejected(Code::PeriodOrder, message));
        }
        None => return Err(Error::rejected(Code::PeriodOrder, "no month is closed; there is nothing to reopen")),
    }
    store::reopen_in_tx(run, company.company_id, month.first, &reason).await?;
    Ok(Named { company_id: company.company_id, month: month.first })
}
