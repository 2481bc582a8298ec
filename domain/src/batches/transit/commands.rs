//! Commands of goods in transit: expected, arrived, missing. They are bought by `purchasing::receipts`, with the order they come of.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::store::{self, Shortage};
use crate::access::Permission;
use crate::batches::expenses::split::Amount;
use crate::batches::returns::posting::{Days, claimed, gone};
use crate::batches::returns::{self, Landed};
use crate::batches::stock::moves::{How, child, make_in_tx, only};
use crate::batches::{Batch, countable, stock};
use crate::command::{self, Ctx, Outcome, Run};
use crate::db::Db;
use crate::documents;
use crate::error::Result;
use crate::ledger::{self, Account, Entry, Settlement, Stock};
use crate::settlements::{self, store::By};
use crate::{days, text};

/// Another day goods are expected on.
#[derive(Debug, Clone, Serialize)]
pub struct Expect {
    /// The batch on its way.
    pub batch_id: i64,
    /// The day.
    pub expected_on: NaiveDate,
}

/// Changes when goods are expected; returns the batch. Errors: `INVALID_INPUT`, `NOT_FOUND`, `FORBIDDEN`.
pub async fn expect(db: &Db, ctx: &Ctx, input: &Expect) -> Result<Outcome<Batch>> {
    command::run(db, ctx, "batches.expect", Permission::ReceiveGoods, input, async |run, input| {
        days::known(input.expected_on, "expectedOn")?;
        let source = stock::store::source_in_tx(run, input.batch_id).await?;
        store::expect_in_tx(run, input.batch_id, input.expected_on).await?;
        Ok(source.batch)
    })
    .await
}

/// Pieces that arrived.
#[derive(Debug, Clone, Serialize)]
pub struct Arrive {
    /// The batch on its way.
    pub batch_id: i64,
    /// How many of it.
    pub pieces: i64,
    /// Where they lie now.
    pub warehouse_id: i64,
    /// Business date.
    pub on: NaiveDate,
    /// Number of the new batch; `None` = the old one with a suffix.
    pub number: Option<String>,
}

/// Takes goods that arrived into a warehouse: Dr inventory, Cr goods in transit. Returns the batch they become there.
///
/// Errors: `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `NOT_FOUND`, `BATCH_MISMATCH` (not on its way), `BATCH_SHORT`, `ALREADY_EXISTS`,
/// `FORBIDDEN` and those of posting.
pub async fn arrive(db: &Db, ctx: &Ctx, input: &Arrive) -> Result<Outcome<Batch>> {
    command::run(db, ctx, "batches.arrive", Permission::ReceiveGoods, input, async |run, input| {
        let pieces = countable(input.pieces)?;
        let stock::Source { batch, goods } = stock::store::source_in_tx(run, input.batch_id).await?;
        let warehouse_id = store::warehouse_in_tx(run, input.warehouse_id, None).await?;
        let child = child(goods, warehouse_id, pieces, input.number.as_deref(), "number")?;
        let how =
            How { document: documents::Kind::BatchArrival, ledger: ledger::Kind::BatchArrival, from: Account::GoodsInTransit };
        only(make_in_tx(run, how, &batch, pieces, input.on, vec![child]).await?)
    })
    .await
}

/// Pieces that did not arrive.
#[derive(Debug, Clone, Serialize)]
pub struct Miss {
    /// The batch on its way.
    pub batch_id: i64,
    /// How many of it.
    pub pieces: i64,
    /// Business date.
    pub on: NaiveDate,
    /// Where their cost goes.
    pub to: Landed,
    /// Why, or what is known.
    pub reason: String,
}

/// Writes off what did not arrive, to a loss at its cost, or to a claim on the supplier at its cost with the VAT that was deducted on it.
/// Returns the batch.
///
/// Errors: `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `NOT_FOUND`, `BATCH_MISMATCH` (not on its way), `BATCH_SHORT`, `ARTICLE_MISMATCH`,
/// `FORBIDDEN`, `FOUR_EYES` and those of posting.
pub async fn miss(db: &Db, ctx: &Ctx, input: &Miss) -> Result<Outcome<Batch>> {
    command::run(db, ctx, "batches.miss", Permission::ReceiveGoods, input, miss_in_tx).await
}

async fn miss_in_tx(run: &mut Run<'_>, input: &Miss) -> Result<Batch> {
    let pieces = countable(input.pieces)?;
    let reason = text::required(&input.reason, "reason", 500)?;
    let batch = stock::store::source_in_tx(run, input.batch_id).await?.batch;
    ledger::store::check_date_in_tx(run, batch.company_id, input.on).await?;
    if let Landed::Loss(article_id) = input.to {
        stock::store::check_write_off_in_tx(run, article_id).await?;
    }
    let takes = [(batch.batch_id, pieces)];
    let issues = stock::take_in_tx(run, Account::GoodsInTransit, batch.company_id, input.on, &takes).await?;
    let delivered = returns::store::delivered_in_tx(run, &[batch.batch_id]).await?;
    let prices = returns::store::prices_in_tx(run, &delivered, input.on).await?;
    let vat = match input.to {
        Landed::Claim => prices.values().map(|price| price.next(pieces).vat).sum(),
        Landed::Loss(_) => Decimal::ZERO,
    };
    let of = Settlement { party_id: batch.party_id, contract_id: batch.contract_id, ..Settlement::default() };
    let mut days = Days::new();
    for issue in &issues {
        // The VAT is taken back and claimed with the cost.
        let restored = Amount { value: -vat, vat };
        gone((issue, Account::GoodsInTransit), input.on, (of, input.to), restored, &mut days);
        let Stock { batch_id, product_id, warehouse_id, .. } = issue.stock;
        let goods = Stock { batch_id, product_id, warehouse_id, ..Stock::default() };
        days.entry(input.on).or_default().push(Entry::credit(Account::VatInput, vat).settlement(of).stock(goods));
    }
    let document = documents::New {
        company_id: batch.company_id,
        kind: documents::Kind::BatchShortage,
        issued_on: input.on,
        party_id: batch.party_id,
        subject_id: batch.batch_id,
        gross: Decimal::ZERO,
        note: &reason,
    };
    let document_id = documents::store::register_in_tx(run, &document).await?;
    let by = By { company_id: batch.company_id, document_id, on: input.on };
    for (day, amount) in claimed(&days) {
        let beside = settlements::claims::raise_in_tx(run, By { on: day, ..by }, of, amount).await?;
        days.entry(day).or_default().extend(beside);
    }
    ledger::store::post_days_in_tx(run, ledger::Kind::BatchShortage, (batch.company_id, document_id), days).await?;
    let shortage = Shortage {
        batch_id: batch.batch_id,
        document_id,
        found_on: input.on,
        reason: &reason,
        pieces,
        article_id: input.to.article_id(),
        cost: issues.iter().map(|issue| issue.value).sum(),
        vat,
    };
    store::insert_shortage_in_tx(run, &shortage).await?;
    documents::store::number_in_tx(run, document_id, &document).await?;
    Ok(batch)
}
