//! Claims on suppliers (претензии): what they are asked to make good.
//!
//! A claim is no debt he agreed to: it offsets nothing until he acknowledges it, when it becomes an advance at him, or is given up. What is
//! taken from a claim that was settled already is owed back. The account's own entry is the caller's; what is returned here goes beside it
//! and balances by itself.

use rust_decimal::Decimal;

use super::items::{insert_in_tx, log_in_tx, lower_in_tx};
use super::store::{By, open_debt_in_tx};
use super::{Item, Side, take};
use crate::command::Run;
use crate::error::{Code, Error, Result};
use crate::ledger::{Account, Entry, Settlement};
use crate::parties;

/// Raises the claim on a supplier by `amount`, or lowers what is open of it that day, oldest first, by a negative one.
pub async fn raise_in_tx(run: &mut Run<'_>, by: By, of: Settlement, amount: Decimal) -> Result<Vec<Entry>> {
    if amount.is_zero() {
        return Ok(Vec::new());
    }
    parties::store::hold_in_tx(run, of.party_id).await?;
    if amount > Decimal::ZERO {
        insert_in_tx(run, Account::Claims.as_str(), by, of, (amount, Decimal::ZERO), by.on).await?;
        return Ok(Vec::new());
    }
    let claims = open_in_tx(run, by, of).await?;
    let (parts, rest) = take(&claims, -amount);
    for part in &parts {
        lower_in_tx(run, part.item.item_id, part.amount, Decimal::ZERO).await?;
        log_in_tx(run, by, part.item.item_id, 0, part.amount).await?;
    }
    if rest.is_zero() {
        return Ok(Vec::new());
    }
    let mut entries =
        vec![Entry::debit(Account::Claims, rest).settlement(of), Entry::credit(Account::Payables, rest).settlement(of)];
    entries.extend(open_debt_in_tx(run, Side::Supplier, by, of, rest, by.on).await?);
    Ok(entries)
}

/// Takes `amount` from a locked claim that is settled; returns its entry. Errors: `NOTHING_TO_OFFSET`, also on a day before it was raised.
pub async fn settle_in_tx(run: &mut Run<'_>, by: By, claim: Item, amount: Decimal) -> Result<Entry> {
    if amount > claim.open || by.on < claim.opened_on {
        let (open, from) = (claim.open, claim.opened_on);
        let message = format!("{open} of the claim is open, from {from} on; settle at most that, on that day or later");
        return Err(Error::rejected(Code::NothingToOffset, message));
    }
    lower_in_tx(run, claim.item_id, amount, Decimal::ZERO).await?;
    log_in_tx(run, by, claim.item_id, 0, amount).await?;
    Ok(Entry::credit(Account::Claims, amount).settlement(claim.of))
}

/// Open claims of exactly this target that are there on the day, oldest first, locked.
async fn open_in_tx(run: &mut Run<'_>, by: By, of: Settlement) -> Result<Vec<Item>> {
    let rows = sqlx::query!(
        "select item_id, opened_on, open from settlement_items
         where company_id = $1 and party_id = $2 and account = 'claims' and contract_id = $3 and open > 0 and opened_on <= $4
         order by opened_on, item_id for update",
        by.company_id,
        of.party_id,
        of.contract_id,
        by.on
    )
    .fetch_all(&mut *run.tx)
    .await?;
    let item = |item_id, opened_on, open| Item { item_id, of, opened_on, open, open_vat: Decimal::ZERO };
    Ok(rows.into_iter().map(|row| item(row.item_id, row.opened_on, row.open)).collect())
}

/// A claim with its company, locked; errors: `NOT_FOUND`.
pub async fn lock_in_tx(run: &mut Run<'_>, item_id: i64) -> Result<(i64, Item)> {
    let row = sqlx::query!(
        "select company_id, party_id, contract_id, opened_on, open from settlement_items
         where item_id = $1 and account = 'claims' for update",
        item_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("claim", item_id))?;
    let of = Settlement { party_id: row.party_id, contract_id: row.contract_id, ..Settlement::default() };
    Ok((row.company_id, Item { item_id, of, opened_on: row.opened_on, open: row.open, open_vat: Decimal::ZERO }))
}
