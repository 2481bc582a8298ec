//! What shipping an order posts.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::{Line, Order};
use crate::batches::Issue;
use crate::ledger::{Account, CostElement, Entry, Sale, Stock};

/// Dr receivables, Cr revenue and output VAT per line, Dr COGS and Cr inventory per goods line.
///
/// `issues` are those of the goods lines, in their order. Measures and VAT carry the sign of their amount.
pub(crate) fn shipment(order: &Order, sale: Sale, issues: &[Issue]) -> Vec<Entry> {
    let of = order.settlement();
    let mut entries = vec![Entry::debit(Account::Receivables, order.gross).vat(order.vat).settlement(of)];
    let mut issues = issues.iter();
    for line in &order.lines {
        let sale = Sale { order_line_id: line.order_line_id, product_id: line.product_id, ..sale };
        let issue = if line.is_goods() { issues.next() } else { None };
        let sold = issue.map_or_else(Stock::default, |issue| sold(line, issue));
        entries.push(Entry::credit(Account::Revenue, line.net).vat(-line.vat).sale(sale).stock(sold.negated()));
        entries.push(Entry::credit(Account::VatOutput, line.vat).settlement(of));
        if let Some(issue) = issue {
            entries.extend(issued(Account::Cogs, sale, issue));
        }
    }
    entries
}

/// Goods of a line leave their batch: Dr `to`, Cr inventory, with what of the cost was there on the day.
pub(super) fn issued(to: Account, sale: Sale, issue: &Issue) -> [Entry; 3] {
    let cost = issue.on_the_day();
    [
        Entry::debit(to, cost.value).vat(cost.vat).sale(sale).stock(issue.stock),
        Entry::credit(Account::Inventory, cost.value).vat(-cost.vat).sale(sale).stock(issue.stock.negated()),
        Entry::credit(Account::Inventory, Decimal::ZERO).sale(sale).stock(weight_left(issue)),
    ]
}

/// What of the cost was there only after the order left on `shipped_on` (позднее задним числом): Dr COGS, or goods shipped where title
/// passes later; Cr inventory, by day.
pub(crate) fn later(order: &Order, sale: Sale, issues: &[Issue], shipped_on: NaiveDate) -> BTreeMap<NaiveDate, Vec<Entry>> {
    let mut days: BTreeMap<NaiveDate, Vec<Entry>> = BTreeMap::new();
    let to = if order.title_on_delivery { Account::GoodsShipped } else { Account::Cogs };
    for (line, issue) in order.lines.iter().filter(|line| line.is_goods()).zip(issues) {
        let sale = Sale { order_line_id: line.order_line_id, product_id: line.product_id, ..sale };
        let Stock { batch_id, product_id, warehouse_id, .. } = issue.stock;
        let cost_element = Some(CostElement::Late);
        let stock = Stock { batch_id, product_id, warehouse_id, cost_element, ..Stock::default() };
        for part in &issue.later {
            days.entry(part.on).or_default().extend([
                Entry::debit(to, part.value).vat(part.vat).sale(sale).stock(stock).origin_on(shipped_on),
                Entry::credit(Account::Inventory, part.value).vat(-part.vat).sale(sale).stock(stock).origin_on(shipped_on),
            ]);
        }
    }
    days
}

/// What was sold: the goods of the line at the measures of the sale, without a cost element.
fn sold(line: &Line, issue: &Issue) -> Stock {
    Stock {
        cost_element: None,
        pieces: line.pieces,
        metres: line.metres,
        tonnes_theoretical: line.tonnes_theoretical,
        tonnes_weighed: line.tonnes_weighed,
        ..issue.stock
    }
}

/// What the scales left over of a batch that is sold out: tonnes without pieces and without value.
fn weight_left(issue: &Issue) -> Stock {
    let Stock { batch_id, product_id, warehouse_id, .. } = issue.stock;
    Stock {
        batch_id,
        product_id,
        warehouse_id,
        cost_element: Some(CostElement::Weight),
        tonnes_weighed: -issue.weight_left,
        ..Stock::default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Price, Status, Unit};
    use super::*;
    use crate::companies::{Regime, Tax};

    /// Profit of a shipment by its entries: what a reader of the test wants to see.
    fn gross_profit(entries: &[Entry]) -> Decimal {
        let sum = |account: Account| entries.iter().filter(|e| e.account() == account).map(Entry::amount).sum::<Decimal>();
        -(sum(Account::Revenue) + sum(Account::Cogs))
    }

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    /// One tonne bought from someone who charges no VAT for 60,000, sold for 75,000 with VAT.
    fn order(price: Price) -> Order {
        let line = Line {
            order_line_id: 1,
            line: 1,
            product_id: 1,
            batch_id: 1,
            pieces: 1,
            metres: d("10"),
            tonnes_theoretical: d("1"),
            tonnes_weighed: Decimal::ZERO,
            quantity: d("1"),
            price,
            vat_percent: Decimal::ZERO,
            net: Decimal::ZERO,
            vat: Decimal::ZERO,
            gross: Decimal::ZERO,
        };
        Order {
            order_id: 1,
            company_id: 1,
            deal_id: 1,
            contract_id: 0,
            party_id: 1,
            number: "З-000001".to_owned(),
            status: Status::Confirmed,
            planned_on: "2026-02-01".parse().unwrap(),
            shipped_on: None,
            delivered_on: None,
            title_on_delivery: false,
            vehicle: String::new(),
            document_id: 0,
            net: Decimal::ZERO,
            vat: Decimal::ZERO,
            gross: Decimal::ZERO,
            version: 1,
            lines: vec![line],
        }
    }

    fn shipped(price: Price, tax: Tax) -> (Order, Vec<Entry>) {
        let mut order = order(price);
        order.ship("2026-02-01".parse().unwrap(), &[], tax).unwrap();
        let stock = Stock {
            batch_id: 1,
            product_id: 1,
            warehouse_id: 1,
            cost_element: Some(CostElement::Purchase),
            pieces: 1,
            ..Stock::default()
        };
        let issue = Issue { stock, value: d("60000"), vat: Decimal::ZERO, weight_left: Decimal::ZERO, later: Vec::new() };
        let entries = shipment(&order, Sale::default(), &[issue]);
        assert_eq!(entries.iter().map(Entry::amount).sum::<Decimal>(), Decimal::ZERO);
        (order, entries)
    }

    #[test]
    fn goods_of_a_non_payer_sold_with_vat() {
        let price = Price { unit: Unit::Tonne, price: d("75000"), includes_vat: true };
        let (_, entries) = shipped(price, Tax::of(Regime::Osno, d("22")));
        assert_eq!(gross_profit(&entries), d("1475.41"));
    }

    #[test]
    fn a_fixed_gross_price_loses_when_the_rate_grows_and_a_net_price_does_not() {
        let gross = Price { unit: Unit::Tonne, price: d("75000"), includes_vat: true };
        let net = Price { includes_vat: false, ..gross };
        for (price, percent, expected) in [
            (gross, "20", ("62500.00", "75000.00")),
            (gross, "22", ("61475.41", "75000.00")),
            (net, "20", ("75000.00", "90000.00")),
            (net, "22", ("75000.00", "91500.00")),
        ] {
            let (order, _) = shipped(price, Tax::of(Regime::Osno, d(percent)));
            assert_eq!((order.net, order.gross), (d(expected.0), d(expected.1)));
        }
    }

    #[test]
    fn five_percent_of_usn_is_not_revenue() {
        let price = Price { unit: Unit::Tonne, price: d("1050000"), includes_vat: true };
        let (order, _) = shipped(price, Tax::of(Regime::Usn5, d("22")));
        assert_eq!((order.net, order.vat), (d("1000000"), d("50000")));
    }
}
