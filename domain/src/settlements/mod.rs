//! Open debts and advances (взаиморасчёты) and how one closes the other.
//!
//! An order's own advance is offset first, then its deal's in payment order, partly if partly; between deals or contracts only a
//! document does it. A document may be tied to a supplier order ([`ties`]): its advance pays for that order alone. An offset is dated on the first day both are there, and nothing is closed before it was opened, so that a balance of
//! any past day holds. VAT charged on an advance is stored with it and taken back as stored, pro rata, the last part taking the rest.
//! Items in currency (`currency`) and claims on suppliers (`claims`) stand beside and never meet those of roubles by themselves.
//! Invariant: the sum of open items equals the ledger's balance of the account, per party, contract, deal and order.

pub mod claims;
pub mod credit;
pub mod currency;
pub(crate) mod four_eyes;
mod items;
pub mod overdue;
pub mod read;
pub mod store;
pub mod ties;
pub mod withdraw;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::ledger::{Account, Entry, Settlement};
use crate::money;

/// Who owes whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Customers: a debt is a receivable, an advance a liability.
    Customer,
    /// Suppliers and carriers: a debt is a payable, an advance an asset.
    Supplier,
}

impl Side {
    /// The account of debts.
    pub const fn debt(self) -> Account {
        match self {
            Self::Customer => Account::Receivables,
            Self::Supplier => Account::Payables,
        }
    }

    /// The account of advances.
    pub const fn advance(self) -> Account {
        match self {
            Self::Customer => Account::CustomerAdvances,
            Self::Supplier => Account::SupplierAdvances,
        }
    }

    /// An entry that lowers a debt by `amount`.
    fn debt_paid(self, of: Settlement, amount: Decimal) -> Entry {
        match self {
            Self::Customer => Entry::credit(Account::Receivables, amount).settlement(of),
            Self::Supplier => Entry::debit(Account::Payables, amount).settlement(of),
        }
    }

    /// The entries that raise an advance by `amount`, with the VAT charged on it.
    fn advance_raised(self, of: Settlement, amount: Decimal, vat: Decimal) -> Vec<Entry> {
        match self {
            Self::Customer => vec![
                Entry::credit(Account::CustomerAdvances, amount).vat(-vat).settlement(of),
                Entry::debit(Account::VatOnCustomerAdvances, vat).settlement(of),
                Entry::credit(Account::VatOutput, vat).settlement(of),
            ],
            Self::Supplier => vec![Entry::debit(Account::SupplierAdvances, amount).settlement(of)],
        }
    }

    /// The entries that lower an advance by `amount`, taking back the VAT that was charged on it.
    fn advance_used(self, of: Settlement, amount: Decimal, vat: Decimal) -> Vec<Entry> {
        self.advance_raised(of, -amount, -vat)
    }
}

/// A debt or an advance that is still open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// Its id.
    pub item_id: i64,
    /// With whom and for what.
    pub of: Settlement,
    /// The business date it was opened on: nothing closes it earlier.
    pub opened_on: NaiveDate,
    /// What is left of it.
    pub open: Decimal,
    /// What is left of the VAT charged on it (advances of customers).
    pub open_vat: Decimal,
}

/// What is taken from an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// The item.
    pub item: Item,
    /// The amount, at most what was open.
    pub amount: Decimal,
    /// Its share of the stored VAT.
    pub vat: Decimal,
}

impl Part {
    /// The item after the part was taken.
    pub fn left(&self) -> Item {
        Item { open: self.item.open - self.amount, open_vat: self.item.open_vat - self.vat, ..self.item }
    }
}

/// Takes up to `amount` from `items` in their order: the parts, and what the items did not cover.
pub fn take(items: &[Item], amount: Decimal) -> (Vec<Part>, Decimal) {
    let mut rest = amount;
    let mut parts = Vec::new();
    for &item in items {
        let taken = rest.min(item.open);
        if taken > Decimal::ZERO {
            parts.push(Part { item, amount: taken, vat: money::share(item.open_vat, taken, item.open) });
            rest -= taken;
        }
    }
    (parts, rest)
}

/// The entries of offsetting `advances` against the debt `of`.
pub fn offset(side: Side, of: Settlement, advances: &[Part]) -> Vec<Entry> {
    advances
        .iter()
        .flat_map(|part| {
            let mut entries = side.advance_used(part.item.of, part.amount, part.vat);
            entries.push(side.debt_paid(of, part.amount));
            entries
        })
        .collect()
}

/// The entries of money that closes `debts` and leaves `rest` as an advance of `of` carrying `vat`.
pub fn pay(side: Side, debts: &[Part], of: Settlement, rest: Decimal, vat: Decimal) -> Vec<Entry> {
    let mut entries: Vec<Entry> = debts.iter().map(|part| side.debt_paid(part.item.of, part.amount)).collect();
    if rest > Decimal::ZERO {
        entries.extend(side.advance_raised(of, rest, vat));
    }
    entries
}

/// The entries of money that gives `advances` back.
pub fn refund(side: Side, advances: &[Part]) -> Vec<Entry> {
    advances.iter().flat_map(|part| side.advance_used(part.item.of, part.amount, part.vat)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn item(item_id: i64, open: &str, open_vat: &str) -> Item {
        let of = Settlement { party_id: 1, ..Settlement::default() };
        Item { item_id, of, opened_on: NaiveDate::default(), open: d(open), open_vat: d(open_vat) }
    }

    #[test]
    fn vat_of_an_advance_is_taken_back_as_it_was_stored() {
        // Paid in December 2025 at 20/120, shipped in 2026 in two trucks: 200,000.00 comes back, not 22/122 of it.
        let (first, rest) = take(&[item(1, "1200000", "200000")], d("500000"));
        assert_eq!((first[0].amount, first[0].vat, rest), (d("500000"), d("83333.33"), d("0")));
        let (last, rest) = take(&[item(1, "700000", "116666.67")], d("800000"));
        assert_eq!((last[0].vat, rest), (d("116666.67"), d("100000")));
    }

    #[test]
    fn items_are_taken_in_their_order() {
        let (parts, rest) = take(&[item(1, "10", "0"), item(2, "20", "0"), item(3, "5", "0")], d("25"));
        let taken: Vec<_> = parts.iter().map(|part| (part.item.item_id, part.amount)).collect();
        assert_eq!((taken, rest), (vec![(1, d("10")), (2, d("15"))], d("0")));
    }

    proptest::proptest! {
        #[test]
        fn offsets_and_payments_lose_nothing(opens in proptest::collection::vec((1_i64..1_000_000, 0_i64..200_000), 0..8), paid in 1_i64..5_000_000) {
            let items: Vec<Item> = opens.iter().enumerate().map(|(index, (open, vat))| Item {
                item_id: i64::try_from(index).unwrap(),
                of: Settlement::default(),
                opened_on: NaiveDate::default(),
                open: Decimal::new(*open, 2),
                open_vat: Decimal::new(*vat.min(open), 2),
            }).collect();
            let paid = Decimal::new(paid, 2);
            let (parts, rest) = take(&items, paid);
            let taken: Decimal = parts.iter().map(|part| part.amount).sum();
            proptest::prop_assert_eq!(taken + rest, paid);
            for part in &parts {
                proptest::prop_assert!(part.vat <= part.item.open_vat && part.amount <= part.item.open);
            }
            for side in [Side::Customer, Side::Supplier] {
                let offset: Decimal = offset(side, Settlement::default(), &parts).iter().map(Entry::amount).sum();
                proptest::prop_assert_eq!(offset, Decimal::ZERO);
            }
            let back: Decimal = refund(Side::Customer, &parts).iter().map(Entry::amount).sum();
            proptest::prop_assert_eq!(back, taken);
            let cash: Decimal = pay(Side::Customer, &parts, Settlement::default(), rest, Decimal::ONE).iter().map(Entry::amount).sum();
            proptest::prop_assert_eq!(cash, -paid);
        }
    }
}
