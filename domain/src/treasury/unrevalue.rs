//! The storno of a revaluation: the rate was wrong, or a debt of the month was entered after it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::currency::Revaluation;
use super::store;
use crate::access::Permission;
use crate::command::{self, Ctx, Outcome, Run};
use crate::companies::rates::Currency;
use crate::db::Db;
use crate::documents;
use crate::error::{Code, Error, Result};
use crate::ledger;
use crate::settlements::currency::{hold_creditors_in_tx, unrevalued_in_tx};

/// Takes a revaluation back.
#[derive(Debug, Clone, Serialize)]
pub struct ReverseRevaluation {
    /// Own company.
    pub company_id: i64,
    /// The letters of the currency.
    pub currency: String,
    /// The day it revalued on.
    pub revalued_on: NaiveDate,
    /// Business date of the storno.
    pub on: NaiveDate,
}

/// Takes the last revaluation of a currency back (сторно): its debts are carried at what they were before. What it had given back on later
/// days is taken back on those.
///
/// Errors: `INVALID_INPUT`, `NOT_FOUND`, `DATE_TOO_EARLY`, `STILL_IN_USE` (a later revaluation stands, or a debt was paid at the new rate
/// since, or it keeps no record of its debts), `FORBIDDEN` and those of posting.
pub async fn reverse(db: &Db, ctx: &Ctx, input: &ReverseRevaluation) -> Result<Outcome<Revaluation>> {
    command::run(db, ctx, "treasury.reverse_revaluation", Permission::PostBooks, input, reverse_in_tx).await
}

async fn reverse_in_tx(run: &mut Run<'_>, input: &ReverseRevaluation) -> Result<Revaluation> {
    let currency = Currency::foreign(&input.currency, "currency")?;
    let company_id = input.company_id;
    if input.on < input.revalued_on {
        let message = format!("the debts were revalued on {}; date the storno on that day or later", input.revalued_on);
        return Err(Error::rejected(Code::DateTooEarly, message));
    }
    ledger::store::check_date_in_tx(run, company_id, input.on).await?;
    hold_creditors_in_tx(run, company_id, currency, input.revalued_on).await?;
    let mut done = store::lock_revaluation_in_tx(run, company_id, currency, input.revalued_on)
        .await?
        .ok_or_else(|| Error::not_found("revaluation", input.revalued_on))?;
    if let Some(last) = store::revalued_in_tx(run, company_id, currency).await?.filter(|last| *last > input.revalued_on) {
        let message = format!("{currency} was revalued on {last} since; take that back first");
        return Err(Error::rejected(Code::StillInUse, message));
    }
    let postings = store::revaluation_postings_in_tx(run, done.document_id).await?;
    if !unrevalued_in_tx(run, done.currency_revaluation_id).await? && !postings.is_empty() {
        let message =
            "a debt was paid at the new rate since, or the revaluation keeps no record of its debts; revalue the next month";
        return Err(Error::rejected(Code::StillInUse, message));
    }
    let document = documents::New {
        company_id,
        kind: documents::Kind::Storno,
        issued_on: input.on,
        party_id: 0,
        subject_id: done.currency_revaluation_id,
        gross: Decimal::ZERO,
        note: currency.as_str(),
    };
    let document_id = documents::store::register_in_tx(run, &document).await?;
    let days: BTreeMap<i64, NaiveDate> = postings.into_iter().collect();
    for (transaction_id, effective_on) in days {
        ledger::store::reverse_in_tx(run, transaction_id, document_id, effective_on.max(input.on)).await?;
    }
    done.reversed_on = Some(input.on);
    done.reversal_document_id = document_id;
    store::save_unrevalued_in_tx(run, &done).await?;
    documents::store::number_in_tx(run, document_id, &document).await?;
    Ok(done)
}
