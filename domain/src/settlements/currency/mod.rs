//! Debts to suppliers and advances at them in currency (взаиморасчёты в валюте): roubles as they are carried, and the currency itself.
//!
//! An advance keeps the rate of its day for good; a debt is carried at the rate of its day, or of its last revaluation. Whatever meets goes
//! by currency, and what its roubles differ by is an exchange difference (курсовая разница). Invariants: an item has no roubles left when no
//! currency is left; items of a currency never meet those of another, nor roubles; nothing that was revalued is closed on an earlier day.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::store::By;
use super::{Side, four_eyes};
use crate::command::Run;
use crate::companies::rates::{Currency, Foreign};
use crate::error::{Code, Error, Result};
use crate::ledger::{self, Account, Entry, Kind, Settlement};
use crate::{money, parties};

mod back;
mod sql;

pub use back::{refund_in_tx, withdraw_in_tx};
pub use sql::{Held, hold_creditors_in_tx, revaluable_in_tx, revalued_in_tx, unrevalued_in_tx};

/// An open debt or advance in currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// Its id.
    pub item_id: i64,
    /// The business date it was opened on.
    pub opened_on: NaiveDate,
    /// Roubles left, as carried.
    pub open: Decimal,
    /// Currency left.
    pub open_currency: Decimal,
    /// When it was last revalued.
    pub revalued_on: Option<NaiveDate>,
}

/// What is taken from an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The item.
    pub item: Item,
    /// Currency, at most what was open.
    pub currency: Decimal,
    /// The roubles it is carried at.
    pub carried: Decimal,
}

impl Part {
    /// The item after the part was taken.
    fn left(&self) -> Item {
        let Item { open, open_currency, .. } = self.item;
        Item { open: open - self.carried, open_currency: open_currency - self.currency, ..self.item }
    }
}

/// Takes up to `amount` of the currency from items in their order: the parts, and what they did not cover. The last of an item takes all its
/// roubles.
pub fn take(items: &[Item], amount: Decimal) -> (Vec<Part>, Decimal) {
    let mut rest = amount;
    let mut parts = Vec::new();
    for &item in items {
        let currency = rest.min(item.open_currency);
        if currency > Decimal::ZERO {
            parts.push(Part { item, currency, carried: money::share(item.open, currency, item.open_currency) });
            rest -= currency;
        }
    }
    (parts, rest)
}

/// What a debt is carried at less than the roubles that closed it (above zero a loss).
fn difference(of: Settlement, currency: Currency, loss: Decimal) -> Entry {
    Entry::debit(Account::ExchangeDifferences, loss).settlement(of).in_currency(Foreign { currency, amount: Decimal::ZERO })
}

fn debt_paid(of: Settlement, currency: Currency, part: Part) -> Entry {
    Entry::debit(Account::Payables, part.carried).settlement(of).in_currency(Foreign { currency, amount: part.currency })
}

fn advance_used(of: Settlement, currency: Currency, part: Part) -> Entry {
    let amount = -part.currency;
    Entry::credit(Account::SupplierAdvances, part.carried).settlement(of).in_currency(Foreign { currency, amount })
}

/// `roubles` for `paid` of the currency to the target `of`: closes its debts of that day, oldest first, and leaves the rest as an advance at
/// the rate it was paid at, which meets debts of later days. Returns the entries against the money.
///
/// Errors: `DATE_TOO_EARLY` for debts that were revalued later, `FOUR_EYES`.
pub async fn pay_in_tx(run: &mut Run<'_>, by: By, of: Settlement, paid: Foreign, roubles: Decimal) -> Result<Vec<Entry>> {
    let currency = paid.currency;
    parties::store::hold_in_tx(run, of.party_id).await?;
    let debts = sql::lock_in_tx(run, Side::Supplier.debt(), by.company_id, of, currency).await?;
    let (present, later): (Vec<Item>, Vec<Item>) = debts.into_iter().partition(|debt| debt.opened_on <= by.on);
    let (parts, rest) = take(&present, paid.amount);
    let bases: Vec<Decimal> = parts.iter().map(|part| part.currency).chain([rest]).collect();
    let mut spent = money::allocate(roubles, &bases)?;
    let advanced = spent.pop().unwrap_or_default();
    let mut entries = Vec::new();
    for (part, spent) in parts.iter().zip(spent) {
        close_in_tx(run, by, *part, true).await?;
        entries.push(debt_paid(of, currency, *part));
        entries.push(difference(of, currency, spent - part.carried));
    }
    if rest > Decimal::ZERO {
        let raised = Foreign { currency, amount: rest };
        entries.push(Entry::debit(Account::SupplierAdvances, advanced).settlement(of).in_currency(raised));
        let advance = sql::insert_in_tx(run, Side::Supplier.advance(), by, of, raised, advanced, by.on).await?;
        entries.extend(meet_in_tx(run, by, of, currency, advance, &later).await?);
    }
    four_eyes::check_in_tx(run, by.document_id).await?;
    Ok(entries)
}

/// What of `amount` was paid before, by `by.on`: parts of the advances of the target, oldest first, locked; and what was not.
pub async fn prepaid_in_tx(run: &mut Run<'_>, by: By, of: Settlement, of_price: Foreign) -> Result<(Vec<Part>, Decimal)> {
    parties::store::hold_in_tx(run, of.party_id).await?;
    let mut advances = sql::lock_in_tx(run, Side::Supplier.advance(), by.company_id, of, of_price.currency).await?;
    advances.retain(|advance| advance.opened_on <= by.on);
    Ok(take(&advances, of_price.amount))
}

/// Opens a debt of `debt` carried at `roubles`, of which `prepaid` was paid before at the same roubles; what is left meets advances of later
/// days. Returns the entries of the offsets; the debt's own is the caller's. Errors: `FOUR_EYES`.
pub async fn open_debt_in_tx(
    run: &mut Run<'_>,
    by: By,
    of: Settlement,
    (debt, roubles): (Foreign, Decimal),
    prepaid: &[Part],
    due_on: NaiveDate,
) -> Result<Vec<Entry>> {
    let currency = debt.currency;
    let mut item = sql::insert_in_tx(run, Side::Supplier.debt(), by, of, debt, roubles, due_on).await?;
    let mut entries = Vec::new();
    for advance in prepaid {
        // Carried at the very roubles of the advance: no difference.
        let paid = Part { item, ..*advance };
        close_in_tx(run, by, *advance, false).await?;
        close_in_tx(run, by, paid, true).await?;
        entries.extend([advance_used(of, currency, *advance), debt_paid(of, currency, paid)]);
        item = paid.left();
    }
    for advance in sql::lock_in_tx(run, Side::Supplier.advance(), by.company_id, of, currency).await? {
        if item.open_currency > Decimal::ZERO {
            let met = advance.open_currency.min(item.open_currency);
            entries.extend(meet_in_tx(run, by, of, currency, advance, &[item]).await?);
            item = take(&[item], met).0.first().map_or(item, Part::left);
        }
    }
    four_eyes::check_in_tx(run, by.document_id).await?;
    Ok(entries)
}

/// Opens an advance of `credit` carried at `roubles` without money (goods went back) and offsets it against open debts of the target, oldest
/// first; returns the entries of the offsets. Errors: `DATE_TOO_EARLY`, `FOUR_EYES`.
pub async fn credit_in_tx(run: &mut Run<'_>, by: By, of: Settlement, credit: Foreign, roubles: Decimal) -> Result<Vec<Entry>> {
    parties::store::hold_in_tx(run, of.party_id).await?;
    let advance = sql::insert_in_tx(run, Side::Supplier.advance(), by, of, credit, roubles, by.on).await?;
    let debts = sql::lock_in_tx(run, Side::Supplier.debt(), by.company_id, of, credit.currency).await?;
    let entries = meet_in_tx(run, by, of, credit.currency, advance, &debts).await?;
    four_eyes::check_in_tx(run, by.document_id).await?;
    Ok(entries)
}

/// Offsets an advance against debts, in their order, each on the first day both are there; returns the entries of the document's own day,
/// those of later days are posted.
async fn meet_in_tx(
    run: &mut Run<'_>,
    by: By,
    of: Settlement,
    currency: Currency,
    mut advance: Item,
    debts: &[Item],
) -> Result<Vec<Entry>> {
    let mut days: BTreeMap<NaiveDate, Vec<Entry>> = BTreeMap::new();
    for debt in debts {
        let (used, _) = take(&[advance], debt.open_currency);
        let Some(used) = used.first() else { break };
        let (paid, _) = take(&[*debt], used.currency);
        let Some(paid) = paid.first() else { continue };
        let on = by.on.max(debt.opened_on).max(advance.opened_on);
        let then = By { on, ..by };
        close_in_tx(run, then, *used, false).await?;
        close_in_tx(run, then, *paid, true).await?;
        days.entry(on).or_default().extend([
            advance_used(of, currency, *used),
            debt_paid(of, currency, *paid),
            difference(of, currency, used.carried - paid.carried),
        ]);
        advance = used.left();
    }
    let present = days.remove(&by.on).unwrap_or_default();
    ledger::store::post_days_in_tx(run, Kind::Offset, (by.company_id, by.document_id), days).await?;
    Ok(present)
}

/// Lowers an item by a part on a day. Errors: `DATE_TOO_EARLY`.
async fn close_in_tx(run: &mut Run<'_>, by: By, part: Part, is_debt: bool) -> Result<()> {
    if let Some(revalued_on) = part.item.revalued_on.filter(|revalued_on| by.on < *revalued_on) {
        let message = format!("the debt was revalued on {revalued_on}; date what closes it on that day or later");
        return Err(Error::rejected(Code::DateTooEarly, message));
    }
    sql::lower_in_tx(run, by, part, is_debt).await
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn an_item_taken_in_parts_ends_at_zero_in_both(
            open in 1_i64..100_000_000,
            currency in 1_i64..1_000_000,
            takes in proptest::collection::vec(1_i64..300_000, 1..30),
        ) {
            let mut item = Item {
                item_id: 1,
                opened_on: NaiveDate::default(),
                open: Decimal::new(open, 2),
                open_currency: Decimal::new(currency, 2),
                revalued_on: None,
            };
            let whole = item;
            let mut carried = Decimal::ZERO;
            for amount in takes.into_iter().chain([currency]) {
                for part in take(&[item], Decimal::new(amount, 2)).0 {
                    proptest::prop_assert!(part.carried >= Decimal::ZERO && part.carried <= item.open);
                    carried += part.carried;
                    item = part.left();
                }
            }
            proptest::prop_assert_eq!((item.open, item.open_currency), (Decimal::ZERO, Decimal::ZERO));
            proptest::prop_assert_eq!(carried, whole.open);
        }
    }
}
