//! A customer's credit that no money made (уменьшение долга): goods came back, or a shipment costs less than it was posted for.

use rust_decimal::Decimal;

use super::items::{insert_in_tx, lock_debts_in_tx, log_in_tx, lower_in_tx};
use super::store::{By, meet_in_tx};
use super::{Side, four_eyes, pay, take};
use crate::command::Run;
use crate::error::Result;
use crate::ledger::{Entry, Settlement};
use crate::parties;

/// Credits the customer `amount` for the order `of`: lowers its debts that are there that day, oldest first. What is over was paid already:
/// it becomes an advance of the deal, which meets the deal's other debts, pays for another order (exchange) or is given back.
///
/// `vat_of` gives the VAT to charge on that advance. Returns the entries against what is taken back.
pub async fn credit_in_tx(
    run: &mut Run<'_>,
    by: By,
    of: Settlement,
    amount: Decimal,
    vat_of: impl Fn(Decimal) -> Decimal,
) -> Result<Vec<Entry>> {
    let (side, deal) = (Side::Customer, Settlement { order_id: 0, ..of });
    parties::store::hold_in_tx(run, of.party_id).await?;
    let mut debts = lock_debts_in_tx(run, side, by, of).await?;
    debts.retain(|debt| debt.opened_on <= by.on);
    let (parts, rest) = take(&debts, amount);
    for part in &parts {
        lower_in_tx(run, part.item.item_id, part.amount, part.vat).await?;
        log_in_tx(run, by, part.item.item_id, 0, part.amount).await?;
    }
    let vat = vat_of(rest);
    let mut entries = pay(side, &parts, deal, rest, vat);
    if rest > Decimal::ZERO {
        let advance = insert_in_tx(run, side.advance().as_str(), by, deal, (rest, vat), by.on).await?;
        let others = lock_debts_in_tx(run, side, by, deal).await?;
        entries.extend(meet_in_tx(run, side, by, advance, &others).await?);
    }
    four_eyes::check_in_tx(run, by.document_id).await?;
    Ok(entries)
}
