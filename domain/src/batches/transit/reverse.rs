//! The storno of a shortage: what was missing is on its way again, or was found.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::store;
use crate::access::Permission;
use crate::batches::returns::Landed;
use crate::batches::returns::reverse::last_in_tx;
use crate::batches::returns::undo::{Gone, undo_in_tx};
use crate::batches::{self, Batch, stock};
use crate::command::{self, Ctx, Outcome, Run};
use crate::db::Db;
use crate::documents;
use crate::error::{Code, Error, Result};
use crate::ledger::{self, Account, Settlement};
use crate::settlements::{self, store::By};

/// Takes a shortage back.
#[derive(Debug, Clone, Serialize)]
pub struct ReverseMiss {
    /// The document of the shortage.
    pub document_id: i64,
    /// Business date of the storno.
    pub on: NaiveDate,
}

/// Takes a shortage back (сторно): its pieces are on their way again at the cost they had, with what was learnt of it since; the VAT is
/// deducted again, the loss or the claim goes. Returns the batch.
///
/// Errors: `NOT_FOUND`, `ALREADY_REVERSED`, `STILL_IN_USE` (more of the same delivery was missing, or went back, later), `DATE_TOO_EARLY`,
/// `BATCH_VALUE_SHORT`, `FORBIDDEN`, `FOUR_EYES` and those of posting.
pub async fn reverse_miss(db: &Db, ctx: &Ctx, input: &ReverseMiss) -> Result<Outcome<Batch>> {
    command::run(db, ctx, "batches.reverse_miss", Permission::ReceiveGoods, input, reverse_in_tx).await
}

async fn reverse_in_tx(run: &mut Run<'_>, input: &ReverseMiss) -> Result<Batch> {
    let recorded = store::lock_shortage_in_tx(run, input.document_id).await?;
    if let Some(on) = recorded.reversed_on {
        return Err(Error::rejected(Code::AlreadyReversed, format!("this shortage was taken back on {on}; record another")));
    }
    let batch = stock::store::source_in_tx(run, recorded.batch_id).await?.batch;
    ledger::store::check_date_in_tx(run, batch.company_id, input.on).await?;
    let mut balances = batches::store::lock_balances_in_tx(run, batch.company_id, &[batch.batch_id]).await?;
    last_in_tx(run, &[batch.batch_id], input.document_id).await?;
    let document = documents::New {
        company_id: batch.company_id,
        kind: documents::Kind::Storno,
        issued_on: input.on,
        party_id: batch.party_id,
        subject_id: batch.batch_id,
        gross: Decimal::ZERO,
        note: "",
    };
    let document_id = documents::store::register_in_tx(run, &document).await?;
    let by = By { company_id: batch.company_id, document_id, on: input.on };
    let gone = Gone {
        document_id: input.document_id,
        kind: ledger::Kind::BatchShortage,
        on: recorded.found_on,
        from: Account::GoodsInTransit,
        of: Settlement { party_id: batch.party_id, contract_id: batch.contract_id, ..Settlement::default() },
        to: if recorded.article_id == 0 { Landed::Claim } else { Landed::Loss(recorded.article_id) },
    };
    let entries = undo_in_tx(run, &gone, by, &mut balances).await?;
    settlements::store::post_beside_in_tx(run, gone.kind, by, entries).await?;
    store::save_reversed_in_tx(run, input.document_id, input.on, document_id).await?;
    documents::store::number_in_tx(run, document_id, &document).await?;
    Ok(batch)
}
