//! What a return posts.

use chrono::NaiveDate;

use super::commands::Back;
use crate::ledger::{Account, Entry};
use crate::orders::Order;

/// Dr revenue and output VAT, Dr inventory and Cr COGS per line, each cost element by itself; what it does to the customer's debt comes
/// beside it. Measures and VAT carry the sign of their amount; the origin is the shipment.
pub(super) fn returned(order: &Order, shipped_on: NaiveDate, backs: &[Back]) -> Vec<Entry> {
    let of = order.settlement();
    let mut entries = Vec::new();
    for Back { left, taken } in backs {
        let sale = left.sale;
        entries.push(Entry::debit(Account::Revenue, taken.net).vat(taken.vat).sale(sale).stock(taken.goods));
        entries.push(Entry::debit(Account::VatOutput, taken.vat).settlement(of));
        for cost in &taken.costs {
            entries.push(Entry::credit(Account::Cogs, cost.value).vat(-cost.vat).sale(sale).stock(cost.stock.negated()));
            entries.push(Entry::debit(Account::Inventory, cost.value).vat(cost.vat).sale(sale).stock(cost.stock));
        }
    }
    entries.into_iter().map(|entry| entry.origin_on(shipped_on)).collect()
}
