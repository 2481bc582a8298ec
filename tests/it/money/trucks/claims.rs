//! Claims on carriers: nothing until accepted, then less of what the way cost, exactly back when it is taken back.

use rust_decimal::Decimal;
use shpunt_domain::Code;
use shpunt_domain::access::{Actor, Role, Scope};
use shpunt_domain::orders::Order;
use shpunt_domain::orders::claims::{CarrierClaim, Decide, Raise, Reverse, State, decide, raise, read, reverse};
use shpunt_domain::orders::expenses::{AddExpense, add};
use shpunt_domain::treasury::commands::{Pay, pay};
use shpunt_domain::treasury::{Direction, Target};
use shpunt_tests::ctx;

use super::{World, code, d, day, manager};

/// Order expenses, payables and supplier advances, debit positive.
async fn books(world: &World) -> [Decimal; 3] {
    let mut found = [Decimal::ZERO; 3];
    for (slot, account) in found.iter_mut().zip(["order_expenses", "payables", "supplier_advances"]) {
        *slot = world.balance(account).await;
    }
    found
}

/// An order shipped on 20 January, 40,000.00 and 8,800.00 of VAT owed to its carrier since; the receipt of the goods stays out of it.
async fn owed(world: &World) -> (i64, Order) {
    let carrier = world.carrier("Грузовоз").await;
    let order = world.order("order", vec![world.service("100000")]).await;
    let order = world.ship(&order, "2026-01-20").await.unwrap();
    let freight = AddExpense {
        order_id: order.order_id,
        article_id: world.article("freight").await,
        party_id: carrier,
        effective_on: day("2026-01-20"),
        net: d("40000"),
        vat: d("8800"),
    };
    add(world.db(), &ctx("freight"), &freight).await.unwrap();
    (carrier, order)
}

async fn raised(world: &World, carrier: i64, order: &Order, amount: &str) -> CarrierClaim {
    let input = Raise {
        order_id: order.order_id,
        carrier_id: Some(carrier),
        amount: d(amount),
        reason: "Погнуты две сваи".to_owned(),
        raised_on: day("2026-01-25"),
    };
    raise(world.db(), &ctx(&format!("raise {amount}")), &input).await.unwrap().value
}

fn accepted(claim: &CarrierClaim, on: &str) -> Decide {
    let answer = "Согласны".to_owned();
    Decide { carrier_claim_id: claim.carrier_claim_id, accepted: true, on: day(on), answer }
}

#[tokio::test]
async fn an_accepted_claim_lowers_what_the_carrier_is_owed() {
    let world = World::new().await;
    let (carrier, order) = owed(&world).await;
    assert_eq!(books(&world).await, ["40000", "-48800", "0"].map(d));
    // Given a claim of 10,000.00: while it is only raised, the books know nothing of it.
    let claim = raised(&world, carrier, &order, "10000").await;
    assert_eq!((claim.state, books(&world).await), (State::Raised, ["40000", "-48800", "0"].map(d)));
    // When the carrier accepts it, the way costs 30,000.00 and he is owed 38,800.00.
    let claim = decide(world.db(), &ctx("accept"), &accepted(&claim, "2026-02-05")).await.unwrap().value;
    assert_eq!(claim.state, State::Accepted);
    assert_eq!(books(&world).await, ["30000", "-38800", "0"].map(d));
    world.check_books().await;
    // By posting in February, by shipment in January, for the deal of the order and its customer.
    let entry: (chrono::NaiveDate, chrono::NaiveDate, i64, i64, Decimal) = sqlx::query_as(
        "select e.effective_on, e.origin_on, e.order_id, e.party_id, e.amount from ledger_entry e join articles a using (article_id)
         where a.code = 'carrier_claims'",
    )
    .fetch_one(world.db())
    .await
    .unwrap();
    assert_eq!(entry, (day("2026-02-05"), day("2026-01-20"), order.order_id, world.customer_id, d("-10000")));
    // Taken back, everything is what it was.
    let back = Reverse { carrier_claim_id: claim.carrier_claim_id, on: day("2026-02-10") };
    let claim = reverse(world.db(), &ctx("reverse"), &back).await.unwrap().value;
    assert_eq!((claim.state, claim.reversed_on), (State::Reversed, Some(day("2026-02-10"))));
    assert_eq!(books(&world).await, ["40000", "-48800", "0"].map(d));
    world.check_books().await;
    assert_eq!(code(reverse(world.db(), &ctx("twice"), &back).await), Code::ClaimStatus);
}

#[tokio::test]
async fn a_claim_on_a_paid_carrier_is_paid_back() {
    let world = World::new().await;
    let (carrier, order) = owed(&world).await;
    world.paid("sale", Target::Order(order.order_id), "2026-01-21", "100000").await;
    let pay_carrier = Pay {
        direction: Direction::Out,
        article_id: world.article("freight").await,
        party_id: carrier,
        ..world.payment(Target::Order(order.order_id), "2026-01-22", "48800").await
    };
    pay(world.db(), &ctx("pay"), &pay_carrier).await.unwrap();
    let claim = raised(&world, carrier, &order, "10000").await;
    let claim = decide(world.db(), &ctx("accept"), &accepted(&claim, "2026-02-05")).await.unwrap().value;
    // Nothing is owed to him: he owes us.
    assert_eq!(books(&world).await, ["30000", "0", "10000"].map(d));
    let refund = Pay {
        direction: Direction::In,
        article_id: world.article("carrier_claims").await,
        paid_on: day("2026-02-12"),
        amount: d("10000"),
        ..pay_carrier
    };
    pay(world.db(), &ctx("refund"), &refund).await.unwrap();
    assert_eq!(books(&world).await, ["30000", "0", "0"].map(d));
    assert_eq!(world.balance("cash").await, d("61200"));
    world.check_books().await;
    // A court says he was right: what he paid is owed to him.
    let back = Reverse { carrier_claim_id: claim.carrier_claim_id, on: day("2026-02-20") };
    reverse(world.db(), &ctx("reverse"), &back).await.unwrap();
    assert_eq!(books(&world).await, ["40000", "-10000", "0"].map(d));
    world.check_books().await;
}

#[tokio::test]
async fn a_claim_is_refused_that_cannot_be() {
    let world = World::new().await;
    let (carrier, order) = owed(&world).await;
    let waiting = world.order("waiting", vec![world.service("1")]).await;
    let good = Raise {
        order_id: order.order_id,
        carrier_id: Some(carrier),
        amount: d("10000"),
        reason: "Погнуты две сваи".to_owned(),
        raised_on: day("2026-01-25"),
    };
    for (key, input, expected) in [
        ("not shipped", Raise { order_id: waiting.order_id, ..good.clone() }, Code::OrderStatus),
        ("no truck", Raise { carrier_id: None, ..good.clone() }, Code::TruckRequired),
        ("a customer", Raise { carrier_id: Some(world.customer_id), ..good.clone() }, Code::InvalidInput),
        ("nothing", Raise { amount: d("0"), ..good.clone() }, Code::AmountNotPositive),
        ("no reason", Raise { reason: " ".to_owned(), ..good.clone() }, Code::InvalidInput),
        ("before it left", Raise { raised_on: day("2026-01-19"), ..good.clone() }, Code::DateTooEarly),
        ("tomorrow", Raise { raised_on: day("2026-03-03"), ..good.clone() }, Code::DateInFuture),
    ] {
        assert_eq!(code(raise(world.db(), &ctx(key), &input).await), expected, "{key}");
    }
    assert_eq!(code(raise(world.db(), &manager("raise"), &good).await), Code::NotFound);
    let claim = raised(&world, carrier, &order, "10000").await;
    assert_eq!(code(decide(world.db(), &ctx("early"), &accepted(&claim, "2026-01-24")).await), Code::DateTooEarly);
    assert_eq!(code(decide(world.db(), &manager("decide"), &accepted(&claim, "2026-01-26")).await), Code::NotFound);
    let back = Reverse { carrier_claim_id: claim.carrier_claim_id, on: day("2026-02-20") };
    assert_eq!(code(reverse(world.db(), &ctx("not accepted"), &back).await), Code::ClaimStatus);
    let rejected = Decide { accepted: false, ..accepted(&claim, "2026-01-26") };
    assert_eq!(decide(world.db(), &ctx("reject"), &rejected).await.unwrap().value.state, State::Rejected);
    assert_eq!(books(&world).await, ["40000", "-48800", "0"].map(d));
    assert_eq!(code(decide(world.db(), &ctx("after all"), &accepted(&claim, "2026-01-27")).await), Code::ClaimStatus);
    let stranger = Actor { user_id: 9, employee_id: 9, role: Role::Manager, within: None, colleagues: Vec::new() }.scope();
    assert!(read::list_of_orders(world.db(), &stranger, &[order.order_id]).await.unwrap().is_empty());
    assert_eq!(read::list_of_orders(world.db(), &Scope::All, &[order.order_id]).await.unwrap().len(), 1);
    world.check_books().await;
}
