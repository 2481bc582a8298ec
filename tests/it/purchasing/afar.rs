//! Orders whose goods are ours at the supplier's gate, or are bought in currency: given, when, then.

use chrono::NaiveDate;
use shpunt_domain::access::{Actor, Role};
use shpunt_domain::batches::returns::Landed;
use shpunt_domain::batches::transit::commands::{Arrive, Miss, arrive, miss};
use shpunt_domain::command::Ctx;
use shpunt_domain::companies::rates::commands::{SetRate, set};
use shpunt_domain::purchasing::orders::commands::close;
use shpunt_domain::purchasing::orders::{State, SupplierOrder};
use shpunt_domain::purchasing::receipts::afar::{ReceiveInCurrency, ReceiveInTransit, receive_in_currency, receive_in_transit};
use shpunt_domain::purchasing::receipts::commands::{Finalise, finalise};
use shpunt_domain::treasury::{Direction, Target};
use shpunt_domain::{Code, Result};
use shpunt_tests::ctx;

use super::{World, d, day, step};

impl World {
    fn at_the_gate(&self, order: &SupplierOrder, number: &str, on: &str, pieces: i64) -> ReceiveInTransit {
        let coming = self.coming(order, number, on, pieces);
        ReceiveInTransit {
            receipt: coming.goods,
            expected_on: day("2026-03-01"),
            supplier_order_line_id: coming.supplier_order_line_id,
            preliminary: false,
        }
    }

    async fn gated(&self, order: &SupplierOrder, number: &str, on: &str, pieces: i64) -> Result<i64> {
        let input = self.at_the_gate(order, number, on, pieces);
        Ok(receive_in_transit(self.db(), &ctx(number), &input).await?.value.batch_id)
    }

    /// Two piles of the order for so many yuan, at 12.5 roubles of the day.
    fn in_yuan(&self, order: &SupplierOrder, yuan: &str) -> ReceiveInCurrency {
        ReceiveInCurrency {
            receipt: self.receipt("Ю-1", "2026-02-10", 2, yuan, "0"),
            currency: "CNY".to_owned(),
            expected_on: None,
            supplier_order_line_id: order.lines[0].supplier_order_line_id,
            preliminary: false,
        }
    }

    async fn yuan_rated(&self, on: NaiveDate) {
        let rate =
            SetRate { currency: "CNY".to_owned(), rated_on: on, nominal: 1, rate: d("12.5"), source: "ЦБ РФ".to_owned() };
        set(self.db(), &ctx("rate"), &rate).await.unwrap();
    }
}

#[tokio::test]
async fn goods_at_the_gate_are_received_of_their_order_and_its_advance_pays() {
    let world = World::new().await;
    // Given ten piles ordered at 72,000 without VAT, 100,000 of them paid before.
    let order = world.ordered("order", 10).await;
    let target = Target::SupplierOrder(order.supplier_order_id);
    world.pay_supplier(Direction::Out, target, "2026-02-05", "100000").await.unwrap();
    // When four are ours at the gate. Then six are owed, and of 351,360 for the four 251,360 are left to pay.
    let batch = world.gated(&order, "В-1", "2026-02-10", 4).await.unwrap();
    let seen = world.as_it_is(&order).await;
    assert_eq!((seen.state, world.received(&order).await.pieces), (State::PartlyReceived, 4));
    assert_eq!((world.tied(&order).await, world.balance("goods_in_transit").await), ((d("0"), d("251360")), d("288000")));
    world.check_books().await;
    // Seven more: one beyond the order, which is whole now, though nothing arrived.
    world.gated(&order, "В-2", "2026-02-12", 7).await.unwrap();
    let whole = world.as_it_is(&order).await;
    assert_eq!((whole.state, world.received(&order).await.pieces), (State::Received, 11));
    // What arrives, or does not, changes nothing of that: it was delivered at the gate.
    let here = Arrive { batch_id: batch, pieces: 3, warehouse_id: world.warehouse_id, on: day("2026-03-01"), number: None };
    arrive(world.db(), &ctx("arrive"), &here).await.unwrap();
    let lost = Miss { batch_id: batch, pieces: 1, on: day("2026-03-01"), to: Landed::Claim, reason: "Недовоз".to_owned() };
    miss(world.db(), &ctx("miss"), &lost).await.unwrap();
    assert_eq!((world.as_it_is(&order).await.state, world.received(&order).await.pieces), (State::Received, 11));
    assert_eq!(world.balance("claims").await, d("87840"), "72,000 with 15,840 of VAT");
    let closed = close(world.db(), &ctx("close"), &step(&whole)).await.unwrap().value;
    assert_eq!(closed.state, State::Closed);
    assert_eq!(world.gated(&order, "В-3", "2026-03-01", 1).await.unwrap_err().code(), Code::SupplierOrderStatus);
    world.check_books().await;
}

#[tokio::test]
async fn a_preliminary_price_at_the_gate_becomes_final_on_the_way() {
    let world = World::new().await;
    let order = world.ordered("order", 2).await;
    let input = ReceiveInTransit { preliminary: true, ..world.at_the_gate(&order, "В-1", "2026-02-10", 2) };
    let batch_id = receive_in_transit(world.db(), &ctx("gate"), &input).await.unwrap().value.batch_id;
    let here = Arrive { batch_id, pieces: 1, warehouse_id: world.warehouse_id, on: day("2026-02-20"), number: None };
    arrive(world.db(), &ctx("arrive"), &here).await.unwrap();
    // The document says 1,000 more for the two, one of which is here.
    let paper = Finalise {
        batch_id,
        number: "УПД-15".to_owned(),
        issued_on: day("2026-02-25"),
        effective_on: None,
        net: d("145000"),
        vat: d("31900"),
    };
    finalise(world.db(), &ctx("final"), &paper).await.unwrap();
    assert_eq!((world.balance("goods_in_transit").await, world.balance("inventory").await), (d("72500"), d("72500")));
    assert_eq!(world.tied(&order).await.1, d("176900"));
    world.check_books().await;
}

#[tokio::test]
async fn goods_in_yuan_are_received_of_their_order_in_roubles() {
    let world = World::new().await;
    let order = world.ordered("order", 2).await;
    world.yuan_rated(day("2026-02-10")).await;
    let target = Target::SupplierOrder(order.supplier_order_id);
    world.pay_supplier(Direction::Out, target, "2026-02-05", "50000").await.unwrap();
    // Two piles for 12,000 yuan: 150,000 roubles, which the advance in roubles does not pay.
    receive_in_currency(world.db(), &ctx("yuan"), &world.in_yuan(&order, "12000")).await.unwrap();
    let received = world.received(&order).await;
    assert_eq!((world.as_it_is(&order).await.state, received.pieces, received.net), (State::Received, 2, d("150000")));
    assert_eq!(world.tied(&order).await, (d("50000"), d("150000")));
    let preliminary = ReceiveInCurrency { preliminary: true, ..world.in_yuan(&order, "1") };
    let refused = receive_in_currency(world.db(), &ctx("preliminary"), &preliminary).await;
    assert_eq!(refused.unwrap_err().code(), Code::InvalidInput);
    world.check_books().await;
}

#[tokio::test]
async fn what_does_not_fit_the_order_is_refused_and_changes_nothing() {
    let world = World::new().await;
    let order = world.ordered("order", 10).await;
    let gate = || world.at_the_gate(&order, "В-1", "2026-02-10", 4);
    let cases = [
        (
            "early",
            {
                let mut of = gate();
                of.receipt.received_on = day("2026-02-01");
                of
            },
            Code::DateBeforeOrder,
        ),
        (
            "other goods",
            {
                let mut of = gate();
                of.receipt.product_id = world.service_id;
                of
            },
            Code::ProductMismatch,
        ),
        (
            "other party",
            {
                let mut of = gate();
                of.receipt.party_id = world.customer_id;
                of
            },
            Code::PartyMismatch,
        ),
        ("no line", ReceiveInTransit { supplier_order_line_id: 404, ..gate() }, Code::NotFound),
        ("arrives before", ReceiveInTransit { expected_on: day("2026-02-09"), ..gate() }, Code::InvalidInput),
    ];
    for (key, input, code) in cases {
        let refused = receive_in_transit(world.db(), &ctx(key), &input).await;
        assert_eq!(refused.unwrap_err().code(), code, "{key}");
    }
    world.yuan_rated(day("2026-02-10")).await;
    let mut late = world.in_yuan(&order, "100");
    late.expected_on = Some(day("2026-02-09"));
    assert_eq!(receive_in_currency(world.db(), &ctx("yuan"), &late).await.unwrap_err().code(), Code::InvalidInput);
    assert_eq!((world.as_it_is(&order).await, world.received(&order).await.pieces), (order.clone(), 0));
    // Whoever approved it may not receive it there either, where that is watched.
    sqlx::query("update duty_conflicts set active = true where second_command like 'batches.receive_in_%'")
        .execute(world.db())
        .await
        .unwrap();
    let approver: i64 = sqlx::query_scalar(
        "with e as (insert into employees (name) values ('Глава') returning employee_id)
         insert into users (employee_id, login, password_hash, role, created_at)
         select employee_id, 'boss', 'x', 'director', now() from e returning user_id",
    )
    .fetch_one(world.db())
    .await
    .unwrap();
    sqlx::query("update supplier_orders set decided_by = $1").bind(approver).execute(world.db()).await.unwrap();
    let actor = Actor { user_id: approver, role: Role::Director, ..Actor::system() };
    let own = Ctx { actor, ..ctx("own") };
    assert_eq!(receive_in_transit(world.db(), &own, &gate()).await.unwrap_err().code(), Code::FourEyes);
}
