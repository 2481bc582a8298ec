//! Debts and advances that no money made: a supplier's credit, and what a storno leaves of a debt or a credit that was settled meanwhile.
//!
//! The document's own entry on the settlement account is the caller's; what is returned here goes beside it and balances by itself.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::items::{
    Settled, insert_in_tx, lock_advances_in_tx, lock_debts_in_tx, lock_opened_in_tx, log_in_tx, lower_in_tx, settled_in_tx,
};
use super::store::{By, meet_in_tx, offset_in_tx};
use super::{Side, four_eyes, take};
use crate::command::Run;
use crate::error::{Error, Result};
use crate::ledger::{self, Entry, Kind, Posting, Settlement};
use crate::parties;

/// Opens an advance of `amount` without money (a credit note) and offsets it against the open debts of its target, oldest first; returns the
/// entries of the offsets.
pub async fn open_advance_in_tx(run: &mut Run<'_>, side: Side, by: By, of: Settlement, amount: Decimal) -> Result<Vec<Entry>> {
    parties::store::hold_in_tx(run, of.party_id).await?;
    let advance = insert_in_tx(run, side.advance().as_str(), by, of, (amount, Decimal::ZERO), by.on).await?;
    let debts = lock_debts_in_tx(run, side, by, of).await?;
    let entries = meet_in_tx(run, side, by, advance, &debts).await?;
    four_eyes::check_in_tx(run, by.document_id).await?;
    Ok(entries)
}

/// Takes back the debt or the advance without VAT that `document_id` opened: what is open of it goes. What was paid of a debt becomes an
/// advance, what an advance has paid off becomes a debt, from the day it was settled, and meets what is open of the same target.
///
/// Returns the entries of the document's own day. Errors: `INTERNAL_SERVER_ERROR` when the document opened nothing.
pub async fn withdraw_in_tx(run: &mut Run<'_>, side: Side, by: By, of: Settlement, document_id: i64) -> Result<Vec<Entry>> {
    opened_in_tx(run, side, by, of, document_id)
        .await?
        .ok_or_else(|| Error::internal("a document that opened a debt or an advance has none"))
}

/// The same of a document that may have opened neither: then nothing is done.
pub async fn opened_in_tx(run: &mut Run<'_>, side: Side, by: By, of: Settlement, document_id: i64) -> Result<Option<Vec<Entry>>> {
    parties::store::hold_in_tx(run, of.party_id).await?;
    let Some((account, own)) = lock_opened_in_tx(run, side, document_id, of).await? else { return Ok(None) };
    let is_debt = account == side.debt().as_str();
    let contrary = if is_debt { side.advance() } else { side.debt() };
    let settled = settled_in_tx(run, own.item_id, by.on).await?;
    if own.open > Decimal::ZERO {
        let opened = insert_in_tx(run, contrary.as_str(), by, of, (own.open, Decimal::ZERO), by.on).await?;
        let (debt_id, advance_id) = if is_debt { (own.item_id, opened.item_id) } else { (opened.item_id, own.item_id) };
        log_in_tx(run, by, debt_id, advance_id, own.open).await?;
        lower_in_tx(run, own.item_id, own.open, Decimal::ZERO).await?;
        lower_in_tx(run, opened.item_id, own.open, Decimal::ZERO).await?;
    }
    let mut present = Vec::new();
    // What was settled later than the storno stays settled until then.
    for Settled { on, amount, .. } in settled {
        let by_then = By { on, ..by };
        let left = insert_in_tx(run, contrary.as_str(), by_then, of, (amount, Decimal::ZERO), on).await?;
        // The storno turned the account of the item by the whole; what was settled of it stands on the other side.
        let mut entries =
            vec![Entry::debit(side.advance(), amount).settlement(of), Entry::credit(side.debt(), amount).settlement(of)];
        entries.extend(if is_debt {
            let debts = lock_debts_in_tx(run, side, by, of).await?;
            meet_in_tx(run, side, by_then, left, &debts).await?
        } else {
            let advances = lock_advances_in_tx(run, side, by, of).await?;
            let (parts, _) = take(&advances, amount);
            offset_in_tx(run, side, by_then, left, &parts).await?
        });
        present.extend(present_in_tx(run, by, on, entries).await?);
    }
    four_eyes::check_in_tx(run, by.document_id).await?;
    Ok(Some(present))
}

/// Entries of the document's own day are the caller's; those of a later one are posted here.
pub(crate) async fn present_in_tx(run: &mut Run<'_>, by: By, on: NaiveDate, entries: Vec<Entry>) -> Result<Vec<Entry>> {
    if on == by.on || entries.is_empty() {
        return Ok(entries);
    }
    let posting = Posting::try_new(Kind::Offset, by.company_id, by.document_id, on, entries)?;
    ledger::store::post_in_tx(run, &posting).await?;
    Ok(Vec::new())
}
