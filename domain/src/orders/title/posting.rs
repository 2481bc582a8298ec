//! What delivery at our risk posts.

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::store::Cost;
use crate::batches::Issue;
use crate::ledger::{Account, Entry, Sale};
use crate::orders::left::{Held, Left};
use crate::orders::{Order, posting};

/// Goods leave and stay ours: Dr goods shipped, Cr inventory per goods line; Dr goods shipped, Cr output VAT of the whole.
pub(crate) fn sent(order: &Order, sale: Sale, issues: &[Issue]) -> Vec<Entry> {
    let mut entries = untaxed(order, -order.vat).to_vec();
    for (line, issue) in order.lines.iter().filter(|line| line.is_goods()).zip(issues) {
        let sale = Sale { order_line_id: line.order_line_id, product_id: line.product_id, ..sale };
        entries.extend(posting::issued(Account::GoodsShipped, sale, issue));
    }
    entries
}

/// Takes VAT of the shipment back: Dr output VAT, Cr goods shipped; below zero it is charged.
pub(super) fn untaxed(order: &Order, vat: Decimal) -> [Entry; 2] {
    let of = order.settlement();
    [Entry::debit(Account::VatOutput, vat).settlement(of), Entry::credit(Account::GoodsShipped, vat).settlement(of)]
}

/// Title passes: Dr receivables, Cr revenue of what is left of each line, Cr goods shipped for the VAT that was charged at shipment.
pub(super) fn sold(order: &Order, left: &[Left]) -> Vec<Entry> {
    let of = order.settlement();
    let sum = |part: fn(&Held) -> Decimal| left.iter().map(|left| part(&left.held)).sum::<Decimal>();
    let (gross, vat) = (sum(Held::gross), sum(|held| held.vat));
    let revenue = left.iter().map(|Left { sale, held, .. }| {
        Entry::credit(Account::Revenue, held.net).vat(-held.vat).sale(*sale).stock(held.goods.negated())
    });
    [Entry::debit(Account::Receivables, gross).vat(vat).settlement(of), Entry::credit(Account::GoodsShipped, vat).settlement(of)]
        .into_iter()
        .chain(revenue)
        .collect()
}

impl Cost {
    /// Dr COGS, Cr goods shipped; the sale is that of the delivery.
    pub(super) fn sold(&self, delivered_on: NaiveDate) -> [Entry; 2] {
        let of = |entry: Entry| entry.sale(self.sale).origin_on(delivered_on);
        [
            of(Entry::debit(Account::Cogs, self.value)).vat(self.vat).stock(self.stock),
            of(Entry::credit(Account::GoodsShipped, self.value)).vat(-self.vat).stock(self.stock.negated()),
        ]
    }
}

/// Goods that were not unloaded come back: Dr inventory, Cr goods shipped per line, and the VAT charged on them.
pub(crate) fn came_back<'a>(order: &Order, backs: impl Iterator<Item = (Sale, &'a Held)>) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (sale, taken) in backs {
        entries.extend(untaxed(order, taken.vat));
        for cost in &taken.costs {
            entries.push(Entry::credit(Account::GoodsShipped, cost.value).vat(-cost.vat).sale(sale).stock(cost.stock.negated()));
            entries.push(Entry::debit(Account::Inventory, cost.value).vat(cost.vat).sale(sale).stock(cost.stock));
        }
    }
    entries
}
