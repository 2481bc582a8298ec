//! Claims on suppliers (претензии): what they are asked to make good.
//!
//! A claim is no debt he agreed to: it offsets nothing until he acknowledges it, when it becomes an advance at him, or is given up. What is
//! taken back of a settled claim takes back first what was given up: he never paid that, so the loss goes. Only what he acknowledged is owed
//! back. The account's own entry is the caller's; what is returned here goes beside it and balances by itself.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::items::{self, insert_in_tx, log_in_tx};
use super::store::{By, open_debt_in_tx};
use super::{Item, Side, take};
use crate::command::Run;
use crate::error::{Code, Error, Result};
use crate::ledger::{self, Account, Entry, Expense, Kind, Settlement};
use crate::parties;

/// Raises the claim on a supplier by `amount`, or lowers what is open of it that day, oldest first, by a negative one.
pub async fn raise_in_tx(run: &mut Run<'_>, by: By, of: Settlement, amount: Decimal) -> Result<Vec<Entry>> {
    if amount < Decimal::ZERO {
        return lower_in_tx(run, by, of, -amount, 0).await;
    }
    if amount > Decimal::ZERO {
        parties::store::hold_in_tx(run, of.party_id).await?;
        insert_in_tx(run, Account::Claims.as_str(), by, of, (amount, Decimal::ZERO), by.on).await?;
    }
    Ok(Vec::new())
}

/// Lowers what is open of the claims by `amount`, that of the document `first` before the others, then oldest first: but not by what was
/// settled of the claim of `first`, other claims stand for other goods. Of what was settled, what was given up is no loss any more, the rest
/// is owed to the supplier.
pub async fn lower_in_tx(run: &mut Run<'_>, by: By, of: Settlement, amount: Decimal, first: i64) -> Result<Vec<Entry>> {
    parties::store::hold_in_tx(run, of.party_id).await?;
    let settled = settled_in_tx(run, of, first).await?.min(amount);
    let claims = open_in_tx(run, by, of, first).await?;
    let (parts, rest) = take(&claims, amount - settled);
    for part in &parts {
        items::lower_in_tx(run, part.item.item_id, part.amount, Decimal::ZERO).await?;
        log_in_tx(run, by, part.item.item_id, 0, part.amount).await?;
    }
    let (mut entries, acknowledged) = regain_in_tx(run, by, of, settled, Some(first)).await?;
    let (others, rest) = regain_in_tx(run, by, of, rest, None).await?;
    entries.extend(others);
    let rest = acknowledged + rest;
    if rest > Decimal::ZERO {
        entries
            .extend([Entry::debit(Account::Claims, rest).settlement(of), Entry::credit(Account::Payables, rest).settlement(of)]);
        entries.extend(open_debt_in_tx(run, Side::Supplier, by, of, rest, by.on).await?);
    }
    Ok(entries)
}

/// What of the claim a document raised was settled, 0 = of no document.
async fn settled_in_tx(run: &mut Run<'_>, of: Settlement, document_id: i64) -> Result<Decimal> {
    Ok(sqlx::query_scalar!(
        r#"select coalesce(sum(o.amount), 0) as "settled!"
           from settlement_items i join settlement_offsets o on o.debt_id = i.item_id
           join documents d on d.document_id = o.document_id and d.kind = 'claim'
           where i.document_id = $1 and i.account = 'claims' and i.party_id = $2 and i.contract_id = $3"#,
        document_id,
        of.party_id,
        of.contract_id
    )
    .fetch_one(&mut *run.tx)
    .await?)
}

/// Takes up to `amount` of what was given up of the claims, or of that of one document, back from the losses, oldest first, on no day before
/// it was given up. Returns the entries of the document's own day, those of later days are posted; and what was never given up.
async fn regain_in_tx(
    run: &mut Run<'_>,
    by: By,
    of: Settlement,
    amount: Decimal,
    document_id: Option<i64>,
) -> Result<(Vec<Entry>, Decimal)> {
    let mut rest = amount;
    if rest.is_zero() {
        return Ok((Vec::new(), rest));
    }
    let losses = sqlx::query!(
        "select l.claim_loss_id, l.article_id, l.given_up_on, l.remaining from claim_losses l join settlement_items i using (item_id)
         where i.company_id = $1 and i.party_id = $2 and i.contract_id = $3 and l.remaining > 0
             and ($4::bigint is null or i.document_id = $4)
         order by l.given_up_on, l.claim_loss_id for update of l",
        by.company_id,
        of.party_id,
        of.contract_id,
        document_id
    )
    .fetch_all(&mut *run.tx)
    .await?;
    let mut days: BTreeMap<NaiveDate, Vec<Entry>> = BTreeMap::new();
    for loss in losses {
        let back = rest.min(loss.remaining);
        if back.is_zero() {
            break;
        }
        sqlx::query!("update claim_losses set remaining = remaining - $2 where claim_loss_id = $1", loss.claim_loss_id, back)
            .execute(&mut *run.tx)
            .await?;
        let what = Expense { article_id: loss.article_id, ..Expense::default() };
        days.entry(by.on.max(loss.given_up_on)).or_default().extend([
            Entry::debit(Account::Claims, back).settlement(of),
            Entry::credit(Account::WriteOffs, back).settlement(of).expense(what).origin_on(loss.given_up_on),
        ]);
        rest -= back;
    }
    let present = days.remove(&by.on).unwrap_or_default();
    ledger::store::post_days_in_tx(run, Kind::Offset, (by.company_id, by.document_id), days).await?;
    Ok((present, rest))
}

/// Takes `amount` from a locked claim that is settled; returns its entry. Errors: `NOTHING_TO_OFFSET`, also on a day before it was raised.
pub async fn settle_in_tx(run: &mut Run<'_>, by: By, claim: Item, amount: Decimal) -> Result<Entry> {
    if amount > claim.open || by.on < claim.opened_on {
        let (open, from) = (claim.open, claim.opened_on);
        let message = format!("{open} of the claim is open, from {from} on; settle at most that, on that day or later");
        return Err(Error::rejected(Code::NothingToOffset, message));
    }
    items::lower_in_tx(run, claim.item_id, amount, Decimal::ZERO).await?;
    log_in_tx(run, by, claim.item_id, 0, amount).await?;
    Ok(Entry::credit(Account::Claims, amount).settlement(claim.of))
}

/// Keeps that `amount` of a claim, which was settled by this document, was given up to an article of losses; returns the entry of the loss.
pub async fn give_up_in_tx(run: &mut Run<'_>, by: By, claim: Item, article_id: i64, amount: Decimal) -> Result<Entry> {
    sqlx::query!(
        "insert into claim_losses (item_id, document_id, article_id, given_up_on, amount, remaining) values ($1, $2, $3, $4, $5, $5)",
        claim.item_id,
        by.document_id,
        article_id,
        by.on,
        amount
    )
    .execute(&mut *run.tx)
    .await?;
    let what = Expense { article_id, ..Expense::default() };
    Ok(Entry::debit(Account::WriteOffs, amount).settlement(claim.of).expense(what))
}

/// Open claims of exactly this target that are there on the day, those of the document `first` first, then oldest first, locked.
async fn open_in_tx(run: &mut Run<'_>, by: By, of: Settlement, first: i64) -> Result<Vec<Item>> {
    let rows = sqlx::query!(
        "select item_id, opened_on, open from settlement_items
         where company_id = $1 and party_id = $2 and account = 'claims' and contract_id = $3 and open > 0 and opened_on <= $4
         order by document_id <> $5, opened_on, item_id for update",
        by.company_id,
        of.party_id,
        of.contract_id,
        by.on,
        first
    )
    .fetch_all(&mut *run.tx)
    .await?;
    let item = |item_id, opened_on, open| Item { item_id, of, opened_on, open, open_vat: Decimal::ZERO };
    Ok(rows.into_iter().map(|row| item(row.item_id, row.opened_on, row.open)).collect())
}

/// A claim with its company, locked; errors: `NOT_FOUND`.
pub async fn lock_in_tx(run: &mut Run<'_>, item_id: i64) -> Result<(i64, Item)> {
    let not_found = || Error::not_found("claim", item_id);
    // The party comes before any of its items, as everywhere: a late cost holds it when it comes to its claims.
    let party_id =
        sqlx::query_scalar!("select party_id from settlement_items where item_id = $1 and account = 'claims'", item_id)
            .fetch_optional(&mut *run.tx)
            .await?
            .ok_or_else(not_found)?;
    parties::store::hold_in_tx(run, party_id).await?;
    let row = sqlx::query!(
        "select company_id, party_id, contract_id, opened_on, open from settlement_items
         where item_id = $1 and account = 'claims' for update",
        item_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(not_found)?;
    let of = Settlement { party_id: row.party_id, contract_id: row.contract_id, ..Settlement::default() };
    Ok((row.company_id, Item { item_id, of, opened_on: row.opened_on, open: row.open, open_vat: Decimal::ZERO }))
}
