//! When a cost is where (когда расход где): with its goods, day by day.
//!
//! A cost of a day is in its batch from that day on, and goes where the goods went on the day they went. What is learnt after a shipment but
//! dated before it was in stock until the shipment, and among goods shipped until their delivery: no month has cost without its revenue, and
//! nothing is worth less than nothing in between.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::places::Gone;
use super::split::Amount;
use crate::batches::Balance;
use crate::ledger::{CostElement, Entry, Stock};

/// What is claimed more of suppliers, by day, supplier and contract.
pub(super) type Claims = BTreeMap<(NaiveDate, i64, i64), Decimal>;

/// Where a cost dated `on` goes, by day. Batches are told by where they stand in their tree.
pub(super) struct Flow {
    on: NaiveDate,
    stock: BTreeMap<(NaiveDate, usize), Amount>,
    elsewhere: BTreeMap<(NaiveDate, usize), Vec<Entry>>,
}

impl Flow {
    pub(super) fn new(on: NaiveDate) -> Self {
        Self { on, stock: BTreeMap::new(), elsewhere: BTreeMap::new() }
    }

    /// It comes to a batch.
    pub(super) fn come(&mut self, batch: usize, of: Amount) {
        self.add(self.on, batch, of);
    }

    /// It leaves a batch with goods, and goods shipped for their sale.
    pub(super) fn leave(&mut self, batch: usize, gone: &Gone, of: Amount) {
        if of == Amount::default() {
            return;
        }
        let place = &gone.place;
        let left_on = place.left_on.max(self.on);
        self.add(left_on, batch, -of);
        match place.sold_on.map(|sold_on| sold_on.max(self.on)) {
            None => self.put(left_on, batch, [place.entry(of)]),
            Some(sold_on) if sold_on == left_on => self.put(left_on, batch, [place.sold(of)]),
            Some(sold_on) => {
                self.put(left_on, batch, [place.entry(of)]);
                self.put(sold_on, batch, [place.sold(of), place.entry(-of)]);
            }
        }
    }

    /// It goes with goods that became a batch of their own on a day.
    pub(super) fn pass(&mut self, parent: usize, child: usize, moved_on: NaiveDate, of: Amount) {
        let moved_on = moved_on.max(self.on);
        self.add(moved_on, parent, -of);
        self.add(moved_on, child, of);
    }

    /// It follows goods that were sold since, from goods shipped.
    pub(super) fn follow(&mut self, batch: usize, gone: &Gone, of: Amount) {
        let sold_on = gone.place.sold_on.unwrap_or(self.on).max(self.on);
        self.put(sold_on, batch, [gone.place.entry(of), gone.place.sold(-of)]);
    }

    /// What of all days stays in a batch.
    pub(super) fn stays(&self, batch: usize) -> Amount {
        self.stock.iter().filter(|((_, of), _)| *of == batch).map(|(_, amount)| *amount).sum()
    }

    fn add(&mut self, day: NaiveDate, batch: usize, of: Amount) {
        let sum = self.stock.entry((day, batch)).or_default();
        *sum = *sum + of;
    }

    fn put(&mut self, day: NaiveDate, batch: usize, entries: impl IntoIterator<Item = Entry>) {
        self.elsewhere.entry((day, batch)).or_default().extend(entries);
    }

    /// The entries of each day, batch by batch: one net entry of its stock, then those of where its goods went.
    pub(super) fn days(mut self, balances: &[Balance], element: CostElement) -> BTreeMap<NaiveDate, Vec<Entry>> {
        let mut days: BTreeMap<NaiveDate, Vec<Entry>> = BTreeMap::new();
        for ((day, batch), of) in self.stock {
            let entries = days.entry(day).or_default();
            entries.extend(balances.get(batch).filter(|_| of != Amount::default()).map(|balance| in_stock(balance, of, element)));
            entries.extend(self.elsewhere.remove(&(day, batch)).unwrap_or_default());
        }
        for ((day, _), entries) in self.elsewhere {
            days.entry(day).or_default().extend(entries);
        }
        days.retain(|_, entries| !entries.is_empty());
        days
    }
}

/// What these parts of a cost dated `on` claim of suppliers.
pub(super) fn claims<'a>(on: NaiveDate, parts: impl Iterator<Item = (&'a Gone, Amount)>) -> Claims {
    let mut claims = Claims::new();
    for (gone, part) in parts {
        if let Some(of) = gone.place.claimed() {
            *claims.entry((gone.place.left_on.max(on), of.party_id, of.contract_id)).or_default() += part.value;
        }
    }
    claims
}

/// The entry that raises what the goods on hand are worth.
fn in_stock(balance: &Balance, of: Amount, element: CostElement) -> Entry {
    let stock = Stock {
        batch_id: balance.batch_id,
        product_id: balance.product_id,
        warehouse_id: balance.warehouse_id,
        cost_element: Some(element),
        ..Stock::default()
    };
    Entry::debit(balance.account(), of.value).vat(of.vat).stock(stock)
}
