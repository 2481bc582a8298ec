//! Rules of supplier orders, without a database.

use super::*;
use crate::batches::measure;
use crate::orders::Unit;

fn day(of_month: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, of_month).unwrap()
}

/// Two lines of 10 and 5 piles of 12 m and 100 kg/m.
fn order() -> SupplierOrder {
    let price = Price { unit: Unit::Tonne, price: Decimal::from(60_000), includes_vat: false };
    let line = |line: i32, pieces| {
        let vat = Decimal::from(1);
        let of = Line::new(line, 1, measure(pieces, Decimal::from(12), Decimal::from(100)), price, vat).unwrap();
        Line { supplier_order_line_id: line.into(), ..of }
    };
    let mut order = SupplierOrder {
        supplier_order_id: 1,
        company_id: 1,
        party_id: 1,
        contract_id: 0,
        deal_id: 0,
        warehouse_id: 1,
        number: "ЗП-000001".to_owned(),
        state: State::Draft,
        ordered_on: day(2),
        expected_on: day(20),
        prepayment_percent: Decimal::from(30),
        prepayment_days: 5,
        delivery_terms: String::new(),
        note: String::new(),
        author_id: 7,
        decided_by: 0,
        decision_note: String::new(),
        net: Decimal::ZERO,
        vat: Decimal::ZERO,
        gross: Decimal::ZERO,
        version: 1,
        lines: Vec::new(),
    };
    order.set_lines(vec![line(1, 10), line(2, 5)]);
    order
}

fn came(first: i64, second: i64) -> [Received; 2] {
    let of = |supplier_order_line_id, pieces| Received { supplier_order_line_id, pieces, ..Received::default() };
    [of(1, first), of(2, second)]
}

#[test]
fn sums_follow_from_price_and_printed_vat() {
    let order = order();
    // 18 t at 60,000 and one rouble of VAT a line; a third of it at once, five days later.
    assert_eq!((order.net, order.vat, order.gross), (1_080_000.into(), 2.into(), 1_080_002.into()));
    assert_eq!((order.prepayment(), order.prepayment_due_on()), (Decimal::new(32_400_060, 2), Some(day(7))));
    let within = Price { unit: Unit::Piece, price: Decimal::from(122), includes_vat: true };
    let line = Line::new(1, 1, measure(1, Decimal::ONE, Decimal::ONE), within, Decimal::from(22)).unwrap();
    assert_eq!((line.net, line.gross), (Decimal::from(100), Decimal::from(122)));
    let nothing_left = Line::new(1, 1, measure(1, Decimal::ONE, Decimal::ONE), within, Decimal::from(122));
    assert_eq!(nothing_left.unwrap_err().code(), Code::AmountNotPositive);
}

#[test]
fn somebody_else_approves_and_only_a_draft_is_revised() {
    let mut order = order();
    for same in [7, 0] {
        assert_eq!(order.approve(same, String::new()).unwrap_err().code(), Code::FourEyes);
    }
    assert_eq!(order.become_state(State::Sent).unwrap_err().code(), Code::SupplierOrderStatus);
    order.approve(8, "берём".to_owned()).unwrap();
    assert_eq!((order.state, order.decided_by, order.version), (State::Approved, 8, 2));
    assert_eq!(order.revise().unwrap_err().code(), Code::SupplierOrderStatus);
}

#[test]
fn goods_come_in_parts_and_more_than_ordered() {
    let mut order = order();
    assert_eq!(order.receive(day(3), &came(10, 5)).unwrap_err().code(), Code::SupplierOrderStatus, "nobody approved it");
    order.approve(8, String::new()).unwrap();
    assert_eq!(order.receive(day(1), &came(10, 5)).unwrap_err().code(), Code::DateBeforeOrder);
    // More of one line does not make up for another.
    order.receive(day(3), &came(15, 4)).unwrap();
    assert_eq!(order.state, State::PartlyReceived);
    assert_eq!(order.become_state(State::Cancelled).unwrap_err().code(), Code::SupplierOrderStatus, "something came");
    order.receive(day(4), &came(15, 5)).unwrap();
    order.receive(day(5), &came(15, 6)).unwrap();
    assert_eq!(order.state, State::Received);
    order.become_state(State::Closed).unwrap();
    assert_eq!(order.receive(day(6), &came(16, 6)).unwrap_err().code(), Code::SupplierOrderStatus);
}
