//! What a return to a supplier posts beside his credit, by day: a cost of the goods may have come after the day they went back.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::Landed;
use crate::batches::Issue;
use crate::batches::expenses::split::Amount;
use crate::ledger::{Account, CostElement, Entry, Expense, Settlement};

/// Entries by day.
pub(in crate::batches) type Days = BTreeMap<NaiveDate, Vec<Entry>>;

impl Landed {
    /// The entry where a cost beyond the supplier's price goes.
    pub(super) fn entry(self, of: Settlement, amount: Amount) -> Entry {
        match self {
            Self::Claim => Entry::debit(Account::Claims, amount.value).vat(amount.vat).settlement(of),
            Self::Loss(article_id) => Entry::debit(Account::WriteOffs, amount.value)
                .vat(amount.vat)
                .settlement(of)
                .expense(Expense { article_id, ..Expense::default() }),
        }
    }
}

/// Dr loss or claim with the metres of the goods, Cr `from`; `price` of what left is the supplier's, whose credit is the caller's.
pub(in crate::batches) fn gone(
    (issue, from): (&Issue, Account),
    on: NaiveDate,
    (of, to): (Settlement, Landed),
    price: Amount,
    days: &mut Days,
) {
    let goods = issue.on_the_day();
    days.entry(on).or_default().extend([
        Entry::credit(from, goods.value).vat(-goods.vat).stock(issue.stock.negated()),
        Entry::credit(from, Decimal::ZERO).stock(issue.weight_gone()),
        to.entry(of, goods - price).stock(issue.stock),
    ]);
    for part in &issue.later {
        let stock = issue.of_cost(CostElement::Late);
        days.entry(part.on).or_default().extend([
            to.entry(of, Amount { value: part.value, vat: part.vat }).stock(stock).origin_on(on),
            Entry::credit(from, part.value).vat(-part.vat).stock(stock).origin_on(on),
        ]);
    }
}

/// What is claimed of a supplier on each day.
pub(in crate::batches) fn claimed(days: &Days) -> Vec<(NaiveDate, Decimal)> {
    let claims = |entries: &Vec<Entry>| {
        entries.iter().filter(|entry| entry.account() == Account::Claims).map(Entry::amount).sum::<Decimal>()
    };
    days.iter().map(|(day, entries)| (*day, claims(entries))).collect()
}
