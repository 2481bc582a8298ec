//! The storno of a return to a supplier: the goods are here again, and he is owed what he credited.

use chrono::NaiveDate;
use serde::Serialize;

use super::undo::{Gone, undo_in_tx};
use super::{Landed, SupplierReturn, store};
use crate::access::Permission;
use crate::batches;
use crate::command::{self, Ctx, Outcome, Run};
use crate::db::Db;
use crate::documents;
use crate::error::{Code, Error, Result};
use crate::ledger::{self, Account, Settlement};
use crate::settlements::{self, Side, store::By};

/// Takes a return to a supplier back.
#[derive(Debug, Clone, Serialize)]
pub struct ReverseReturn {
    /// Which.
    pub supplier_return_id: i64,
    /// Business date of the storno.
    pub on: NaiveDate,
}

/// Takes a return to a supplier back (сторно): pieces, cost and VAT are what they were, with what was learnt of their cost since. What of the
/// credit is open goes, what it paid off is owed again; the claim goes, as far as it was settled as [`settlements::claims`] says.
///
/// Errors: `NOT_FOUND`, `ALREADY_REVERSED`, `STILL_IN_USE` (goods of the same delivery went back later: their price follows from this one),
/// `DATE_TOO_EARLY`, `BATCH_VALUE_SHORT`, `FORBIDDEN`, `FOUR_EYES` and those of posting.
pub async fn reverse_return(db: &Db, ctx: &Ctx, input: &ReverseReturn) -> Result<Outcome<SupplierReturn>> {
    command::run(db, ctx, "batches.reverse_supplier_return", Permission::ReceiveGoods, input, reverse_in_tx).await
}

async fn reverse_in_tx(run: &mut Run<'_>, input: &ReverseReturn) -> Result<SupplierReturn> {
    let mut done = store::lock_in_tx(run, input.supplier_return_id).await?;
    if let Some(on) = done.reversed_on {
        return Err(Error::rejected(Code::AlreadyReversed, format!("this return was taken back on {on}; record another")));
    }
    ledger::store::check_date_in_tx(run, done.company_id, input.on).await?;
    let lines = store::lines_in_tx(run, done.supplier_return_id).await?;
    let origin_ids: Vec<i64> = lines.iter().map(|line| line.origin_batch_id).collect();
    let mut ids: Vec<i64> = lines.iter().map(|line| line.batch_id).chain(origin_ids.iter().copied()).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut balances = batches::store::lock_balances_in_tx(run, done.company_id, &ids).await?;
    last_in_tx(run, &origin_ids, done.document_id).await?;
    let document = documents::New {
        company_id: done.company_id,
        kind: documents::Kind::Storno,
        issued_on: input.on,
        party_id: done.party_id,
        subject_id: done.supplier_return_id,
        gross: -done.gross,
        note: "",
    };
    let document_id = documents::store::register_in_tx(run, &document).await?;
    let by = By { company_id: done.company_id, document_id, on: input.on };
    let of = Settlement { party_id: done.party_id, contract_id: done.contract_id, ..Settlement::default() };
    let gone = Gone {
        document_id: done.document_id,
        kind: ledger::Kind::SupplierReturn,
        on: done.returned_on,
        from: Account::Inventory,
        of,
        to: if done.article_id == 0 { Landed::Claim } else { Landed::Loss(done.article_id) },
    };
    let mut entries = undo_in_tx(run, &gone, by, &mut balances).await?;
    entries.extend(settlements::currency::withdraw_in_tx(run, by, of, done.document_id).await?);
    let owed = settlements::withdraw::opened_in_tx(run, Side::Supplier, by, of, done.document_id).await?;
    entries.extend(owed.into_iter().flatten());
    settlements::store::post_beside_in_tx(run, gone.kind, by, entries).await?;
    done.reversed_on = Some(input.on);
    done.reversal_document_id = document_id;
    store::save_reversed_in_tx(run, &done).await?;
    documents::store::number_in_tx(run, document_id, &document).await?;
    Ok(done)
}

/// Refuses when goods of these deliveries went back, or were missing, by a later document that stands. Errors: `STILL_IN_USE`.
pub(in crate::batches) async fn last_in_tx(run: &mut Run<'_>, origin_ids: &[i64], document_id: i64) -> Result<()> {
    let Some(number) = store::later_in_tx(run, origin_ids, document_id).await? else { return Ok(()) };
    let message = format!("more of the same delivery went by {number}, at the price this left; take that back first");
    Err(Error::rejected(Code::StillInUse, message))
}
