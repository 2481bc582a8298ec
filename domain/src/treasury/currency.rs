//! Money to suppliers and back from them in currency, in roubles at the bank's rate, and the revaluation of what they are owed at the end of a month.

use std::collections::BTreeMap;

use chrono::{Datelike as _, NaiveDate};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::commands::{Pay, Payment, record_in_tx};
use super::{Against, Target, against, store};
use crate::access::Permission;
use crate::command::{self, Ctx, Outcome, Run};
use crate::companies::rates::{self, Currency, Foreign};
use crate::db::Db;
use crate::documents;
use crate::error::{Code, Error, Result};
use crate::ledger::{self, Account, Entry, Kind, Posting, Settlement};
use crate::money;
use crate::settlements::Side;
use crate::settlements::currency::{Held, hold_creditors_in_tx, revaluable_in_tx, revalued_in_tx};

/// A payment to a supplier in currency, or back from him.
#[derive(Debug, Clone, Serialize)]
pub struct PayInCurrency {
    /// The payment; its amount is the roubles that left the account, or came to it.
    pub payment: Pay,
    /// The letters of the currency.
    pub currency: String,
    /// What the supplier gets or pays back of it, positive.
    pub currency_amount: Decimal,
}

/// Records a payment in currency: it closes debts in that currency by currency, what their roubles differ by is an exchange difference, and
/// the rest is an advance at the rate paid. Money that comes gives an advance back: what it is carried at beyond the roubles that came is an
/// exchange difference.
///
/// Errors: those of [`super::commands::pay`], `CURRENCY_MISMATCH` (not a supplier's or his contract's money), `DATE_TOO_EARLY` (the debt was
/// revalued later), `NOTHING_TO_OFFSET` (more comes back than is open of advances in that currency).
pub async fn pay(db: &Db, ctx: &Ctx, input: &PayInCurrency) -> Result<Outcome<Payment>> {
    command::run(db, ctx, "treasury.pay_in_currency", Permission::RecordMoney, input, async |run, input| {
        let currency = Currency::foreign(&input.currency, "currency")?;
        let amount = money::positive(input.currency_amount, "currencyAmount")?;
        let payment = &input.payment;
        let against = against(payment.target, &store::article_in_tx(run, payment.article_id).await?)?;
        let of_supplier = against == Against::Settlement(Side::Supplier);
        if !of_supplier || !matches!(payment.target, Target::Contract(_) | Target::Party) {
            let message =
                "only suppliers are paid in currency, and pay back, by contract or by party; record other money in roubles \
                 (paymentRecord)";
            return Err(Error::rejected(Code::CurrencyMismatch, message));
        }
        record_in_tx(run, payment, Some(Foreign { currency, amount })).await
    })
    .await
}

/// Which debts to revalue.
#[derive(Debug, Clone, Serialize)]
pub struct Revalue {
    /// Own company.
    pub company_id: i64,
    /// The letters of the currency.
    pub currency: String,
    /// The last day of a month.
    pub on: NaiveDate,
}

/// A revaluation of debts in currency (переоценка).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revaluation {
    /// Its id.
    pub currency_revaluation_id: i64,
    /// Own company.
    pub company_id: i64,
    /// The letters of the currency.
    pub currency: String,
    /// Business date.
    pub revalued_on: NaiveDate,
    /// Its document.
    pub document_id: i64,
    /// Roubles for one unit.
    pub rate: Decimal,
    /// By how much the debts grew, roubles; below zero they shrank.
    pub difference: Decimal,
    /// When it was taken back.
    #[serde(default)]
    pub reversed_on: Option<NaiveDate>,
    /// The document of that, 0 = none.
    #[serde(default)]
    pub reversal_document_id: i64,
}

/// Carries what is owed to suppliers in a currency at the rate of a month's last day; advances keep theirs. What was paid since keeps the
/// roubles it was closed by: its part goes back on the day it was paid.
///
/// Errors: `INVALID_INPUT` (not a last day), `RATE_MISSING`, `DATE_TOO_EARLY` (revalued on that day or later already, or one was taken back
/// later), `FORBIDDEN` and those of posting.
pub async fn revalue(db: &Db, ctx: &Ctx, input: &Revalue) -> Result<Outcome<Revaluation>> {
    command::run(db, ctx, "treasury.revalue", Permission::PostBooks, input, revalue_in_tx).await
}

async fn revalue_in_tx(run: &mut Run<'_>, input: &Revalue) -> Result<Revaluation> {
    let currency = Currency::foreign(&input.currency, "currency")?;
    let on = input.on;
    if on.succ_opt().is_none_or(|next| next.day() != 1) {
        return Err(Error::invalid("on", "debts are revalued on the last day of a month; choose that day"));
    }
    ledger::store::check_date_in_tx(run, input.company_id, on).await?;
    let creditors = hold_creditors_in_tx(run, input.company_id, currency, on).await?;
    if let Some(last) = store::revalued_in_tx(run, input.company_id, currency).await?.filter(|last| *last >= on) {
        let message = format!("debts in {currency} were revalued on {last} already; revalue a later month");
        return Err(Error::rejected(Code::DateTooEarly, message));
    }
    if let Some(until) = store::unrevalued_until_in_tx(run, input.company_id, currency).await?.filter(|until| *until > on) {
        let message =
            format!("a revaluation of {currency} was taken back on {until} and counts until then; revalue a later month");
        return Err(Error::rejected(Code::DateTooEarly, message));
    }
    let rate = rates::store::rate_in_tx(run, currency, on).await?;
    let mut days: BTreeMap<NaiveDate, Vec<Entry>> = BTreeMap::new();
    let mut difference = Decimal::ZERO;
    let mut debts = Vec::new();
    for held in revaluable_in_tx(run, input.company_id, &creditors, currency, on).await? {
        let more = growth(&held, |amount| rate.roubles(amount))?;
        difference += more.whole;
        days.entry(on).or_default().extend(grown(held.of, currency, more.whole));
        for ((day, _, _), part) in held.later.iter().zip(&more.closed) {
            days.entry(*day).or_default().extend(grown(held.of, currency, -*part));
        }
        debts.push((held.item_id, more.open));
    }
    let document = documents::New {
        company_id: input.company_id,
        kind: documents::Kind::Revaluation,
        issued_on: on,
        party_id: 0,
        subject_id: 0,
        gross: Decimal::ZERO,
        note: currency.as_str(),
    };
    let document_id = documents::store::register_in_tx(run, &document).await?;
    for (day, entries) in days {
        // A rate that did not move is a document without a posting.
        if entries.iter().any(|entry| !entry.amount().is_zero()) {
            let posting = Posting::try_new(Kind::Revaluation, input.company_id, document_id, day, entries)?;
            ledger::store::post_in_tx(run, &posting).await?;
        }
    }
    let done = Revaluation {
        currency_revaluation_id: 0,
        company_id: input.company_id,
        currency: currency.to_string(),
        revalued_on: on,
        document_id,
        rate: rate.rate / Decimal::from(rate.nominal),
        difference,
        reversed_on: None,
        reversal_document_id: 0,
    };
    let done = store::insert_revaluation_in_tx(run, done).await?;
    for (item_id, more) in debts {
        revalued_in_tx(run, done.currency_revaluation_id, item_id, more, on).await?;
    }
    documents::store::subject_in_tx(run, document_id, done.currency_revaluation_id).await?;
    documents::store::number_in_tx(run, document_id, &document).await?;
    Ok(done)
}

/// By how much a debt grew on the day.
struct Growth {
    whole: Decimal,
    /// What of that belongs to what is open still.
    open: Decimal,
    /// And to each part that was closed since.
    closed: Vec<Decimal>,
}

fn growth(held: &Held, roubles: impl Fn(Decimal) -> Decimal) -> Result<Growth> {
    let carried = held.open + held.later.iter().map(|(_, amount, _)| amount).sum::<Decimal>();
    let bases: Vec<Decimal> =
        std::iter::once(held.open_currency).chain(held.later.iter().map(|(_, _, currency)| *currency)).collect();
    let whole = roubles(bases.iter().sum()) - carried;
    // What is open must end at the rate of the day, to the kopeck; what was closed shares the rest.
    let open = if held.open_currency.is_zero() { Decimal::ZERO } else { roubles(held.open_currency) - held.open };
    let closed = if held.later.is_empty() { Vec::new() } else { money::allocate(whole - open, &bases[1..])? };
    let open = if held.later.is_empty() { whole } else { open };
    Ok(Growth { whole, open, closed })
}

/// Cr payables, Dr exchange differences; no currency moves.
fn grown(of: Settlement, currency: Currency, more: Decimal) -> [Entry; 2] {
    let none = Foreign { currency, amount: Decimal::ZERO };
    [
        Entry::credit(Account::Payables, more).settlement(of).in_currency(none),
        Entry::debit(Account::ExchangeDifferences, more).settlement(of).in_currency(none),
    ]
}
