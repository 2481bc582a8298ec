//! Commands for goods that are gone for good, and for goods that are found over.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::{Source, store};
use crate::access::Permission;
use crate::batches::{self, Balance, Batch, Issue, countable, measure};
use crate::command::{self, Ctx, Outcome, Run};
use crate::db::Db;
use crate::documents;
use crate::error::{Code, Error, Result};
use crate::ledger::{self, Account, CostElement, Entry, Expense};
use crate::{money, text};

/// The article of what a count finds over.
pub(super) const SURPLUS: &str = "goods_surplus";

/// Goods to write off (списание).
#[derive(Debug, Clone, Serialize)]
pub struct WriteOff {
    /// Of which batch.
    pub batch_id: i64,
    /// How many pieces.
    pub pieces: i64,
    /// An article of write-offs: damage, own use, shortage.
    pub article_id: i64,
    /// Business date.
    pub on: NaiveDate,
    /// Why.
    pub reason: String,
}

/// Goods found over (излишки).
#[derive(Debug, Clone, Serialize)]
pub struct Surplus {
    /// Of which batch they are.
    pub batch_id: i64,
    /// How many pieces.
    pub pieces: i64,
    /// Business date.
    pub on: NaiveDate,
    /// What they are worth together, roubles; `None` = what pieces of the batch cost.
    pub cost: Option<Decimal>,
    /// How they came.
    pub reason: String,
}

/// Writes pieces off: Dr write-offs, Cr inventory. A later cost of the batch follows them there. Returns the batch.
///
/// Errors: `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `NOT_FOUND`, `ARTICLE_MISMATCH`, `BATCH_SHORT`, `FORBIDDEN`, `FOUR_EYES` and those of
/// posting.
pub async fn write_off(db: &Db, ctx: &Ctx, input: &WriteOff) -> Result<Outcome<Batch>> {
    command::run(db, ctx, "batches.write_off", Permission::ReceiveGoods, input, write_off_in_tx).await
}

async fn write_off_in_tx(run: &mut Run<'_>, input: &WriteOff) -> Result<Batch> {
    let pieces = countable(input.pieces)?;
    let reason = text::required(&input.reason, "reason", 500)?;
    let Source { batch, .. } = store::source_in_tx(run, input.batch_id).await?;
    store::check_write_off_in_tx(run, input.article_id).await?;
    ledger::store::check_date_in_tx(run, batch.company_id, input.on).await?;
    let issues = super::take_in_tx(run, Account::Inventory, batch.company_id, input.on, &[(batch.batch_id, pieces)]).await?;
    let mut days = BTreeMap::new();
    for issue in &issues {
        gone(issue, input.on, input.article_id, &mut days);
    }
    let kinds = (documents::Kind::BatchWriteOff, ledger::Kind::BatchWriteOff);
    record_in_tx(run, kinds, &batch, input.on, &reason, days).await?;
    Ok(batch)
}

/// Takes pieces that were found into the books: Dr inventory, Cr other income. Returns the batch.
///
/// Errors: `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `NOT_FOUND`, `DATE_BEFORE_RECEIPT`, `FORBIDDEN`, `FOUR_EYES` and those of posting.
pub async fn surplus(db: &Db, ctx: &Ctx, input: &Surplus) -> Result<Outcome<Batch>> {
    command::run(db, ctx, "batches.surplus", Permission::ReceiveGoods, input, surplus_in_tx).await
}

async fn surplus_in_tx(run: &mut Run<'_>, input: &Surplus) -> Result<Batch> {
    let pieces = countable(input.pieces)?;
    let reason = text::required(&input.reason, "reason", 500)?;
    let cost = input.cost.map(|cost| money::not_negative(cost, "cost")).transpose()?;
    let source = store::source_in_tx(run, input.batch_id).await?;
    ledger::store::check_date_in_tx(run, source.batch.company_id, input.on).await?;
    let ids = [input.batch_id];
    let mut balances = batches::store::lock_balances_in_tx(run, source.batch.company_id, &ids).await?;
    let article_id = store::article_in_tx(run, SURPLUS).await?;
    let mut entries = Vec::new();
    for balance in &mut balances {
        entries.extend(found(&source, balance, pieces, input.on, cost, article_id)?.1);
        batches::store::save_in_tx(run, balance).await?;
    }
    let kinds = (documents::Kind::BatchSurplus, ledger::Kind::BatchSurplus);
    record_in_tx(run, kinds, &source.batch, input.on, &reason, BTreeMap::from([(input.on, entries)])).await?;
    Ok(source.batch)
}

/// Dr write-offs, Cr inventory; what of the cost came to the batch after the day of the goods, on its own day.
pub(super) fn gone(issue: &Issue, on: NaiveDate, article_id: i64, days: &mut BTreeMap<NaiveDate, Vec<Entry>>) {
    let what = Expense { article_id, ..Expense::default() };
    let goods = issue.on_the_day();
    days.entry(on).or_default().extend([
        Entry::debit(Account::WriteOffs, goods.value).vat(goods.vat).stock(issue.stock).expense(what),
        Entry::credit(Account::Inventory, goods.value).vat(-goods.vat).stock(issue.stock.negated()),
        Entry::credit(Account::Inventory, Decimal::ZERO).stock(issue.weight_gone()),
    ]);
    for part in &issue.later {
        let stock = issue.of_cost(CostElement::Late);
        days.entry(part.on).or_default().extend([
            Entry::debit(Account::WriteOffs, part.value).vat(part.vat).stock(stock).expense(what).origin_on(on),
            Entry::credit(Account::Inventory, part.value).vat(-part.vat).stock(stock).origin_on(on),
        ]);
    }
}

/// Dr inventory, Cr other income; raises the balance. Returns what the goods are worth, too. Errors: `DATE_BEFORE_RECEIPT`, `BATCH_IN_TRANSIT`.
pub(super) fn found(
    source: &Source,
    balance: &mut Balance,
    pieces: i64,
    on: NaiveDate,
    cost: Option<Decimal>,
    article_id: i64,
) -> Result<(Decimal, [Entry; 2])> {
    let batch = &source.batch;
    if on < batch.received_on {
        let message = format!("batch {} came on {}, after {on}; use that day or a later one", batch.number, batch.received_on);
        return Err(Error::rejected(Code::DateBeforeReceipt, message));
    }
    if balance.in_transit {
        return Err(batches::store::elsewhere(balance));
    }
    let measured = measure(pieces, source.goods.length_m, source.goods.kg_per_m);
    let value = cost.unwrap_or_else(|| {
        let (value, metres) = if balance.pieces > 0 { (balance.value, balance.metres) } else { (batch.cost, batch.metres) };
        money::share(value, measured.metres, metres)
    });
    balance.put(measured, value);
    let stock = balance.stock(measured);
    let what = Expense { article_id, ..Expense::default() };
    let entries = [
        Entry::debit(Account::Inventory, value).stock(stock),
        Entry::credit(Account::OtherIncome, value).stock(stock.negated()).expense(what),
    ];
    Ok((value, entries))
}

/// The document of one batch and its postings, by day.
async fn record_in_tx(
    run: &mut Run<'_>,
    (of_document, of_ledger): (documents::Kind, ledger::Kind),
    batch: &Batch,
    on: NaiveDate,
    reason: &str,
    days: BTreeMap<NaiveDate, Vec<Entry>>,
) -> Result<()> {
    let document = documents::New {
        company_id: batch.company_id,
        kind: of_document,
        issued_on: on,
        party_id: 0,
        subject_id: batch.batch_id,
        gross: Decimal::ZERO,
        note: reason,
    };
    let document_id = documents::store::register_in_tx(run, &document).await?;
    ledger::store::post_days_in_tx(run, of_ledger, (batch.company_id, document_id), days).await?;
    documents::store::number_in_tx(run, document_id, &document).await?;
    Ok(())
}
