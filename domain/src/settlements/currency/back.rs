//! Advances in currency that go away again: paid back by the supplier, or their document was taken back.

use rust_decimal::Decimal;

use super::{advance_used, close_in_tx, difference, open_debt_in_tx, sql, take};
use crate::command::Run;
use crate::companies::rates::Foreign;
use crate::error::{Code, Error, Result};
use crate::ledger::{Account, Entry, Settlement};
use crate::parties;
use crate::settlements::items::{Settled, settled_in_tx};
use crate::settlements::store::By;
use crate::settlements::withdraw::present_in_tx;
use crate::settlements::{Side, four_eyes};

/// `roubles` that came for `back` of the currency, which the supplier pays back: takes it from the advances of the target that were there that
/// day, oldest first, at the roubles they are carried at. Returns the entries against the money.
///
/// Errors: `NOTHING_TO_OFFSET` when less is open there, `FOUR_EYES`.
pub async fn refund_in_tx(run: &mut Run<'_>, by: By, of: Settlement, back: Foreign, roubles: Decimal) -> Result<Vec<Entry>> {
    let currency = back.currency;
    parties::store::hold_in_tx(run, of.party_id).await?;
    let mut advances = sql::lock_in_tx(run, Side::Supplier.advance(), by.company_id, of, currency).await?;
    advances.retain(|advance| advance.opened_on <= by.on);
    let (parts, rest) = take(&advances, back.amount);
    if rest > Decimal::ZERO {
        let open = back.amount - rest;
        let message = format!("only {open} {currency} of an advance paid by {} are open there; take back at most that", by.on);
        return Err(Error::rejected(Code::NothingToOffset, message));
    }
    let mut entries = Vec::with_capacity(parts.len() + 1);
    for part in &parts {
        close_in_tx(run, by, *part, false).await?;
        entries.push(advance_used(of, currency, *part));
    }
    let carried: Decimal = parts.iter().map(|part| part.carried).sum();
    entries.push(difference(of, currency, carried - roubles));
    four_eyes::check_in_tx(run, by.document_id).await?;
    Ok(entries)
}

/// Takes back the advance in currency a document opened, if it did: what is open of it goes, what it has paid off is owed again, from the day
/// it was settled, at the roubles it was carried at, and meets what is open of the same target. The storno of the advance's own entry is the
/// caller's; returns the entries of its day. Errors: `FOUR_EYES`.
pub async fn withdraw_in_tx(run: &mut Run<'_>, by: By, of: Settlement, document_id: i64) -> Result<Vec<Entry>> {
    parties::store::hold_in_tx(run, of.party_id).await?;
    let Some((item, currency)) = sql::lock_opened_in_tx(run, document_id, of.party_id).await? else {
        return Ok(Vec::new());
    };
    let settled = settled_in_tx(run, item.item_id, by.on).await?;
    for part in take(&[item], item.open_currency).0 {
        close_in_tx(run, by, part, false).await?;
    }
    let mut present = Vec::new();
    // What was settled later than the storno stays settled until then.
    for Settled { on, amount, currency_amount } in settled {
        let again = Foreign { currency, amount: currency_amount };
        let mut entries = vec![
            Entry::debit(Account::SupplierAdvances, amount).settlement(of).in_currency(again),
            Entry::credit(Account::Payables, amount).settlement(of).in_currency(Foreign { amount: -currency_amount, ..again }),
        ];
        entries.extend(open_debt_in_tx(run, By { on, ..by }, of, (again, amount), &[], on).await?);
        present.extend(present_in_tx(run, by, on, entries).await?);
    }
    Ok(present)
}
