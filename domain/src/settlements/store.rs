//! SQL of open items; every change of an item goes with ledger entries of the same command.
//!
//! An item is closed on no day before it was opened: what meets later than the document at hand is posted here, on that later day.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::withdraw::Withdrawn;
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
    for (on, entries) in days {
        let posting = Posting::try_new(Kind::Offset, by.company_id, by.document_id, on, entries)?;
        ledger::store::post_in_tx(run, &posting).await?;
    }
    Ok(present)
}

pub(super) async fn insert_in_tx(
    run: &mut Run<'_>,
    account: &str,
    by: By,
    of: Settlement,
    (amount, vat): (Decimal, Decimal),
    due_on: NaiveDate,
) -> Result<Item> {
    let item_id = sqlx::query_scalar!(
        "insert into settlement_items (company_id, party_id, account, contract_id, deal_id, order_id, document_id, opened_on, due_on,
            amount, open, vat, open_vat)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, $11) returning item_id",
        by.company_id,
        of.party_id,
        account,
        of.contract_id,
        of.deal_id,
        of.order_id,
        by.document_id,
        by.on,
        due_on,
        amount,
        vat
    )
    .fetch_one(&mut *run.tx)
    .await?;
    Ok(Item { item_id, of, opened_on: by.on, open: amount, open_vat: vat })
}

/// An item as it is stored.
struct Row {
    item_id: i64,
    party_id: i64,
    contract_id: i64,
    deal_id: i64,
    order_id: i64,
    opened_on: NaiveDate,
    open: Decimal,
    open_vat: Decimal,
}

impl From<Row> for Item {
    fn from(row: Row) -> Self {
        let of =
            Settlement { party_id: row.party_id, contract_id: row.contract_id, deal_id: row.deal_id, order_id: row.order_id };
        Self { item_id: row.item_id, of, opened_on: row.opened_on, open: row.open, open_vat: row.open_vat }
    }
}

/// Open advances of this target; those tied to the supplier order of the document at hand first, those of another supplier order not at all.
pub(super) async fn lock_advances_in_tx(run: &mut Run<'_>, side: Side, by: By, of: Settlement) -> Result<Vec<Item>> {
    let rows = sqlx::query_as!(
        Row,
        "select item_id, party_id, contract_id, deal_id, order_id, opened_on, open, open_vat
         from settlement_items i left join settlement_ties t on t.document_id = i.document_id and not t.released
         where company_id = $1 and party_id = $2 and account = $3 and open > 0 and currency = 'RUB'
            and ((order_id = $4 and $4::bigint > 0) or (order_id = 0 and deal_id = $5 and $5::bigint > 0)
                or (order_id = 0 and deal_id = 0 and $5::bigint = 0 and contract_id = $6))
            and (t.supplier_order_id is null or exists (
                select from settlement_ties m where m.document_id = $7 and m.supplier_order_id = t.supplier_order_id))
         order by order_id = 0, t.supplier_order_id is null, opened_on, item_id for update of i",
        by.company_id,
        of.party_id,
        side.advance().as_str(),
        of.order_id,
        of.deal_id,
        of.contract_id,
        by.document_id
    )
    .fetch_all(&mut *run.tx)
    .await?;
    Ok(rows.into_iter().map(Item::from).collect())
}

/// Open debts of this target; only those of its supplier order when the document at hand is tied to one.
pub(super) async fn lock_debts_in_tx(run: &mut Run<'_>, side: Side, by: By, of: Settlement) -> Result<Vec<Item>> {
    let rows = sqlx::query_as!(
        Row,
        "select item_id, party_id, contract_id, deal_id, order_id, opened_on, open, open_vat from settlement_items i
         where company_id = $1 and party_id = $2 and account = $3 and open > 0 and currency = 'RUB'
            and not exists (select from settlement_ties m left join settlement_ties t on t.document_id = i.document_id
                where m.document_id = $7 and t.supplier_order_id is distinct from m.supplier_order_id)
            and case when $4::bigint > 0 then order_id = $4
                     when $5::bigint > 0 then deal_id = $5
                     when $6::bigint > 0 then contract_id = $6
                     else deal_id = 0 and order_id = 0 and contract_id = 0 end
         order by opened_on, item_id for update",
        by.company_id,
        of.party_id,
        side.debt().as_str(),
        of.order_id,
        of.deal_id,
        of.contract_id,
        by.document_id
    )
    .fetch_all(&mut *run.tx)
    .await?;
    Ok(rows.into_iter().map(Item::from).collect())
}

/// The debt or the advance a document opened for `of`, with its account, locked. Claims that a document raised beside are not it, nor is a
/// debt that came of them: its own was opened first.
pub(super) async fn lock_opened_in_tx(
    run: &mut Run<'_>,
    side: Side,
    document_id: i64,
    of: Settlement,
) -> Result<Option<(String, Withdrawn)>> {
    let row = sqlx::query!(
        "select item_id, account, opened_on, amount, open from settlement_items
         where deal_id = $3 and order_id = $4 and party_id = $1 and document_id = $2 and account in ($5, $6)
         order by item_id limit 1 for update",
        of.party_id,
        document_id,
        of.deal_id,
        of.order_id,
        side.debt().as_str(),
        side.advance().as_str()
    )
    .fetch_optional(&mut *run.tx)
    .await?;
    Ok(row.map(|row| {
        let item = Item { item_id: row.item_id, of, opened_on: row.opened_on, open: row.open, open_vat: Decimal::ZERO };
        (row.account, Withdrawn { amount: row.amount, item })
    }))
}

/// The last day something was settled with this item.
pub(super) async fn settled_until_in_tx(run: &mut Run<'_>, item_id: i64) -> Result<Option<NaiveDate>> {
    Ok(sqlx::query_scalar!("select max(effective_on) from settlement_offsets where debt_id = $1 or advance_id = $1", item_id)
        .fetch_one(&mut *run.tx)
        .await?)
}

async fn close_in_tx(run: &mut Run<'_>, part: Part) -> Result<()> {
    lower_in_tx(run, part.item.item_id, part.amount, part.vat).await
}

pub(super) async fn lower_in_tx(run: &mut Run<'_>, item_id: i64, amount: Decimal, vat: Decimal) -> Result<()> {
    sqlx::query!(
        "update settlement_items set open = open - $2, open_vat = open_vat - $3, version = version + 1 where item_id = $1 and $2::numeric > 0",
        item_id,
        amount,
        vat
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

pub(super) async fn log_in_tx(run: &mut Run<'_>, by: By, debt_id: i64, advance_id: i64, amount: Decimal) -> Result<()> {
    sqlx::query!(
        "insert into settlement_offsets (debt_id, advance_id, document_id, effective_on, amount) values ($1, $2, $3, $4, $5)",
        debt_id,
        advance_id,
        by.document_id,
        by.on,
        amount
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}
