//! SQL of open items; every change of an item goes with ledger entries of the same command.
//!
//! An item is closed on no day before it was opened: what meets later than the document at hand is posted here, on that later day.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::items::{close_in_tx, insert_in_tx, lock_advances_in_tx, lock_debts_in_tx, log_in_tx, lower_in_tx};
use super::{Item, Part, Side, four_eyes, offset, pay, refund, take, ties};
use crate::command::Run;
use crate::error::{Code, Error, Result};
use crate::ledger::{self, Entry, Kind, Posting, Settlement};
use crate::parties;

/// The document an item is opened or closed by.
#[derive(Debug, Clone, Copy)]
pub struct By {
    /// Own company.
    pub company_id: i64,
    /// The document.
    pub document_id: i64,
    /// Its business date.
    pub on: NaiveDate,
}

/// Opens a debt and offsets the advances that belong to it; returns the entries of the offsets of its own day (the debt's own entry is
/// the caller's). An advance of a later day is offset on that day.
///
/// Advances of the order come first, then the deal's, then, for a debt of no deal, the contract's; each in payment order.
pub async fn open_debt_in_tx(
    run: &mut Run<'_>,
    side: Side,
    by: By,
    of: Settlement,
    amount: Decimal,
    due_on: NaiveDate,
) -> Result<Vec<Entry>> {
    parties::store::hold_in_tx(run, of.party_id).await?;
    let debt = insert_in_tx(run, side.debt().as_str(), by, of, (amount, Decimal::ZERO), due_on).await?;
    let advances = lock_advances_in_tx(run, side, by, of).await?;
    let (parts, _) = take(&advances, amount);
    let entries = offset_in_tx(run, side, by, debt, &parts).await?;
    four_eyes::check_in_tx(run, by.document_id).await?;
    Ok(entries)
}

/// Money of `amount` for the target `of`: closes its open debts, oldest first, and leaves the rest as an advance.
///
/// A deal's debts are those of all its orders, a contract's those of all its deals. A debt of a later day is met by that advance on its day.
/// `vat_of` gives the VAT to charge on the advance that is left. Returns the entries against the money.
pub async fn pay_in_tx(
    run: &mut Run<'_>,
    side: Side,
    by: By,
    of: Settlement,
    amount: Decimal,
    vat_of: impl Fn(Decimal) -> Decimal,
) -> Result<Vec<Entry>> {
    parties::store::hold_in_tx(run, of.party_id).await?;
    let debts = lock_debts_in_tx(run, side, by, of).await?;
    let (present, later): (Vec<Item>, Vec<Item>) = debts.into_iter().partition(|debt| debt.opened_on <= by.on);
    let (parts, rest) = take(&present, amount);
    for part in &parts {
        close_in_tx(run, *part).await?;
        log_in_tx(run, by, part.item.item_id, 0, part.amount).await?;
    }
    let vat = if side == Side::Customer { vat_of(rest) } else { Decimal::ZERO };
    let mut entries = pay(side, &parts, of, rest, vat);
    if rest > Decimal::ZERO {
        let advance = insert_in_tx(run, side.advance().as_str(), by, of, (rest, vat), by.on).await?;
        entries.extend(meet_in_tx(run, side, by, advance, &later).await?);
    }
    four_eyes::check_in_tx(run, by.document_id).await?;
    Ok(entries)
}

/// Money of `amount` given back: lowers the advances of exactly this target that were there that day, oldest first, with the VAT stored
/// on them. Returns the entries against the money. Errors: `NOTHING_TO_OFFSET` when less is open there.
pub async fn refund_in_tx(run: &mut Run<'_>, side: Side, by: By, of: Settlement, amount: Decimal) -> Result<Vec<Entry>> {
    parties::store::hold_in_tx(run, of.party_id).await?;
    let mut advances = lock_advances_in_tx(run, side, by, of).await?;
    advances
        .retain(|advance| (advance.of.order_id, advance.of.deal_id) == (of.order_id, of.deal_id) && advance.opened_on <= by.on);
    ties::keep_own_in_tx(run, by.document_id, &mut advances).await?;
    let (parts, rest) = take(&advances, amount);
    if rest > Decimal::ZERO {
        let open = amount - rest;
        return Err(Error::rejected(
            Code::NothingToOffset,
            format!(
                "only {open} of an advance paid by {} is open there; give back at most that, or from where the rest was paid to",
                by.on
            ),
        ));
    }
    for part in &parts {
        close_in_tx(run, *part).await?;
        log_in_tx(run, by, 0, part.item.item_id, part.amount).await?;
    }
    four_eyes::check_in_tx(run, by.document_id).await?;
    Ok(refund(side, &parts))
}

/// Posts what stands beside a document's own posting and balances by itself, where there is anything: a posting of its own, so that a storno
/// of the document leaves it in place.
pub async fn post_beside_in_tx(run: &mut Run<'_>, kind: Kind, by: By, entries: Vec<Entry>) -> Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let posting = Posting::try_new(kind, by.company_id, by.document_id, by.on, entries)?;
    ledger::store::post_in_tx(run, &posting).await.map(|_| ())
}

/// An advance and a debt of one party and company, both locked.
#[derive(Debug, Clone, Copy)]
pub struct Pair {
    /// Own company.
    pub company_id: i64,
    /// The advance.
    pub advance: Item,
    /// The debt.
    pub debt: Item,
}

/// Locks an advance and a debt; errors: `NOT_FOUND`, `PARTY_MISMATCH`, `COMPANY_MISMATCH`.
pub async fn lock_pair_in_tx(run: &mut Run<'_>, side: Side, advance_id: i64, debt_id: i64) -> Result<Pair> {
    // The party comes before any of its items, as everywhere: payments lock several debts, and not in the order of ids.
    let party_id = sqlx::query_scalar!("select party_id from settlement_items where item_id = $1", advance_id)
        .fetch_optional(&mut *run.tx)
        .await?
        .ok_or_else(|| Error::not_found("advance", advance_id))?;
    parties::store::hold_in_tx(run, party_id).await?;
    let rows = sqlx::query!(
        "select item_id, company_id, account, party_id, contract_id, deal_id, order_id, opened_on, open, open_vat, currency
         from settlement_items
         where item_id = any($1) order by item_id for update",
        &[advance_id, debt_id]
    )
    .fetch_all(&mut *run.tx)
    .await?;
    if rows.iter().any(|row| row.currency != "RUB") {
        let message =
            "debts and advances in currency meet by themselves when they are of one contract and currency; choose others";
        return Err(Error::rejected(Code::CurrencyMismatch, message));
    }
    let find = |item_id: i64, account: &str, what: &'static str| {
        rows.iter()
            .find(|row| row.item_id == item_id && row.account == account)
            .map(|row| {
                let of = Settlement {
                    party_id: row.party_id,
                    contract_id: row.contract_id,
                    deal_id: row.deal_id,
                    order_id: row.order_id,
                };
                (row.company_id, Item { item_id, of, opened_on: row.opened_on, open: row.open, open_vat: row.open_vat })
            })
            .ok_or_else(|| Error::not_found(what, item_id))
    };
    let (company_id, advance) = find(advance_id, side.advance().as_str(), "advance")?;
    let (debt_company, debt) = find(debt_id, side.debt().as_str(), "debt")?;
    if debt.of.party_id != advance.of.party_id {
        return Err(Error::rejected(
            Code::PartyMismatch,
            "the advance and the debt belong to two parties; only one party's own can be offset",
        ));
    }
    if debt_company != company_id {
        return Err(Error::rejected(Code::CompanyMismatch, "the advance and the debt belong to two companies"));
    }
    Ok(Pair { company_id, advance, debt })
}

/// Offsets `amount` of the advance against the debt; errors: `NOTHING_TO_OFFSET`, also on a day before both were there.
pub async fn offset_pair_in_tx(run: &mut Run<'_>, side: Side, by: By, pair: Pair, amount: Decimal) -> Result<Vec<Entry>> {
    let most = pair.advance.open.min(pair.debt.open);
    if amount > most {
        return Err(Error::rejected(Code::NothingToOffset, format!("only {most} is open on both sides; offset at most that")));
    }
    let met_on = pair.advance.opened_on.max(pair.debt.opened_on);
    if by.on < met_on {
        return Err(Error::rejected(
            Code::NothingToOffset,
            format!("the advance and the debt are both there only from {met_on}; date the offset on that day or later"),
        ));
    }
    let (parts, _) = take(&[pair.advance], amount);
    let entries = offset_in_tx(run, side, by, pair.debt, &parts).await?;
    four_eyes::check_in_tx(run, by.document_id).await?;
    Ok(entries)
}

/// How much a customer's advance of exactly this order holds; what it holds stays as it is until the command ends.
pub async fn prepaid_in_tx(run: &mut Run<'_>, company_id: i64, of: Settlement) -> Result<Decimal> {
    parties::store::hold_in_tx(run, of.party_id).await?;
    let nobody = By { company_id, document_id: 0, on: NaiveDate::MIN };
    let advances = lock_advances_in_tx(run, Side::Customer, nobody, of).await?;
    Ok(advances.iter().filter(|advance| advance.of.order_id == of.order_id).map(|advance| advance.open).sum())
}

/// Leaves the open advances of a customer's order to its deal, with the VAT stored on them, where they meet the deal's debts: the order was
/// cancelled, the money stays. Returns the entries, none when nothing was open.
pub async fn leave_to_deal_in_tx(run: &mut Run<'_>, by: By, of: Settlement) -> Result<Vec<Entry>> {
    let side = Side::Customer;
    parties::store::hold_in_tx(run, of.party_id).await?;
    let advances = lock_advances_in_tx(run, side, by, of).await?;
    let deal = Settlement { order_id: 0, ..of };
    let mut entries = Vec::new();
    for advance in advances.into_iter().filter(|advance| advance.of.order_id == of.order_id) {
        let part = Part { item: advance, amount: advance.open, vat: advance.open_vat };
        close_in_tx(run, part).await?;
        log_in_tx(run, by, 0, advance.item_id, part.amount).await?;
        let left = insert_in_tx(run, side.advance().as_str(), by, deal, (part.amount, part.vat), by.on).await?;
        entries.extend(refund(side, &[part]));
        entries.extend(pay(side, &[], deal, part.amount, part.vat));
        let debts = lock_debts_in_tx(run, side, by, deal).await?;
        entries.extend(meet_in_tx(run, side, by, left, &debts).await?);
    }
    Ok(entries)
}

/// Offsets an advance against debts, in their order, as far as it goes; returns the entries as [`offset_in_tx`].
pub(super) async fn meet_in_tx(run: &mut Run<'_>, side: Side, by: By, mut advance: Item, debts: &[Item]) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for debt in debts {
        let (parts, _) = take(&[advance], debt.open);
        entries.extend(offset_in_tx(run, side, by, *debt, &parts).await?);
        advance = parts.first().map_or(advance, Part::left);
    }
    Ok(entries)
}

/// Offsets parts of advances against a debt, each on the day both are there; returns the entries of the document's own day, those of later
/// days are posted.
pub(super) async fn offset_in_tx(run: &mut Run<'_>, side: Side, by: By, debt: Item, parts: &[Part]) -> Result<Vec<Entry>> {
    let mut days: BTreeMap<NaiveDate, Vec<Entry>> = BTreeMap::new();
    for part in parts {
        let on = by.on.max(debt.opened_on).max(part.item.opened_on);
        close_in_tx(run, *part).await?;
        log_in_tx(run, By { on, ..by }, debt.item_id, part.item.item_id, part.amount).await?;
        lower_in_tx(run, debt.item_id, part.amount, Decimal::ZERO).await?;
        days.entry(on).or_default().extend(offset(side, debt.of, &[*part]));
    }
    let present = days.remove(&by.on).unwrap_or_default();
    ledger::store::post_days_in_tx(run, Kind::Offset, (by.company_id, by.document_id), days).await?;
    Ok(present)
}
