//! Claims on suppliers (претензии): what they are asked to make good.
//!
//! A claim is no debt he agreed to: it offsets nothing until he acknowledges it, when it becomes an advance at him, or is given up. What is
//! taken from a claim that was settled already is owed back. The account's own entry is the caller's; what is returned here goes beside it
//! and balances by itself.

use rust_decimal::Decimal;

use super::store::{By, insert_in_tx, lock_claims_in_tx, log_in_tx, lower_in_tx, open_debt_in_tx};
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
    let claims = lock_claims_in_tx(run, by, of).await?;
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
