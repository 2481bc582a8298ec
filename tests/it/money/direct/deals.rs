//! Expenses of a deal: shipped orders bear their share, the rest waits.

use rust_decimal::Decimal;
use shpunt_domain::access::Scope;
use shpunt_domain::direct::bills::{Bears, Target};
use shpunt_domain::direct::{Basis, read};
use shpunt_domain::orders::Order;
use shpunt_domain::treasury::commands::{Pay, pay};
use shpunt_domain::treasury::{Direction, Target as Paid};
use shpunt_tests::ctx;

use super::super::{World, d, day};

/// Trucks of 1.2 t a piece.
async fn truck(world: &World, key: &str, pieces: i64) -> Order {
    let batch = world.receive(&format!("С-{key}"), "2026-01-10", 100, "6000000", "1320000").await;
    world.order(key, vec![world.goods(batch, pieces, "100000")]).await
}

async fn waiting(world: &World) -> Decimal {
    world.balance("deferred_costs").await
}

#[tokio::test]
async fn the_share_of_trucks_to_come_waits_for_them() {
    let world = World::new().await;
    // Given a deal of 20 pieces shipped and 20 to come …
    let (first, second) = (truck(&world, "first", 20).await, truck(&world, "second", 20).await);
    world.ship(&first, "2026-01-20").await.unwrap();
    // … when the agent bills 100,000.01 for the whole deal …
    let bill = world.direct_bill("agent_bonus", "2026-01-25", "100000.01", Bears::Deal(world.deal_id)).await;
    let billed = world.direct_billed("bill", &bill).await;
    // … then half is the first truck's, told by its shipment, and half waits (the odd kopeck goes to the earlier order).
    assert_eq!(world.borne_by(&first).await, d("50000.01"));
    assert_eq!(waiting(&world).await, d("50000.00"));
    world.check_books().await;
    // A third truck of 30 pieces: what waits is now for 20 and 30, and nothing is posted.
    let third = truck(&world, "third", 30).await;
    assert_eq!((world.borne_by(&first).await, waiting(&world).await), (d("50000.01"), d("50000.00")));
    world.ship(&second, "2026-02-02").await.unwrap();
    assert_eq!((world.borne_by(&second).await, waiting(&world).await), (d("20000.00"), d("30000.00")));
    world.check_books().await;
    // The third is cancelled: its share stays, until another truck takes it.
    world.order_cancelled(&third).await;
    assert_eq!(waiting(&world).await, d("30000.00"));
    let fourth = truck(&world, "fourth", 1).await;
    world.ship(&fourth, "2026-02-05").await.unwrap();
    assert_eq!((world.borne_by(&fourth).await, waiting(&world).await), (d("30000.00"), d("0")));
    world.check_books().await;
    let parts = read::list_parts(world.db(), &[billed.direct_expense_id]).await.unwrap();
    assert_eq!(parts.iter().map(|part| part.amount).sum::<Decimal>(), d("100000.01"));
    // The storno takes all of it back, from whoever bore it.
    world.direct_storno(&billed, "2026-02-05").await.unwrap();
    for order in [&first, &second, &fourth] {
        assert_eq!(world.borne_by(order).await, d("0"));
    }
    assert_eq!(waiting(&world).await, d("0"));
    world.check_books().await;
}

#[tokio::test]
async fn what_waits_when_the_deal_is_won_goes_to_the_trucks_it_had() {
    let world = World::new().await;
    let (first, second) = (truck(&world, "first", 10).await, truck(&world, "second", 30).await);
    let bill = world.direct_bill("crane", "2026-01-15", "40000", Bears::Deal(world.deal_id)).await;
    world.direct_billed("bill", &bill).await;
    assert_eq!(waiting(&world).await, d("40000"), "nothing is shipped yet");
    world.ship(&first, "2026-01-20").await.unwrap();
    assert_eq!((world.borne_by(&first).await, waiting(&world).await), (d("10000"), d("30000")));
    world.order_cancelled(&second).await;
    world.deal_closed("won").await;
    assert_eq!((world.borne_by(&first).await, waiting(&world).await), (d("40000"), d("0")));
    // A bill that comes after the end is borne at once.
    let late = world.direct_bill("crane", "2026-02-10", "500", Bears::Deal(world.deal_id)).await;
    world.direct_billed("late", &late).await;
    assert_eq!((world.borne_by(&first).await, waiting(&world).await), (d("40500"), d("0")));
    world.check_books().await;
}

#[tokio::test]
async fn a_lost_deal_without_trucks_bears_its_expense_itself() {
    let world = World::new().await;
    let bill = world.direct_bill("agent_bonus", "2026-01-15", "7000", Bears::Deal(world.deal_id)).await;
    let billed = world.direct_billed("bill", &bill).await;
    assert_eq!(world.direct_books().await, ["0", "0", "7000", "-8540"].map(d));
    world.deal_closed("lost").await;
    assert_eq!(world.direct_books().await, ["7000", "0", "0", "-8540"].map(d));
    let of_deal: Vec<(i64, i64)> = sqlx::query_as("select deal_id, order_id from ledger_entry where account = 'order_expenses'")
        .fetch_all(world.db())
        .await
        .unwrap();
    assert_eq!(of_deal, [(world.deal_id, 0)]);
    world.check_books().await;
    let today = sqlx::query_scalar::<_, chrono::NaiveDate>("select max(effective_on) from ledger_entry")
        .fetch_one(world.db())
        .await
        .unwrap();
    world.direct_storno(&billed, &today.to_string()).await.unwrap();
    assert_eq!(world.direct_books().await, ["0", "0", "0", "0"].map(d));
    world.check_books().await;
}

#[tokio::test]
async fn a_truck_sent_before_the_bill_and_recorded_after_it() {
    let world = World::new().await;
    let order = truck(&world, "order", 10).await;
    let bill = world.direct_bill("crane", "2026-01-25", "9000", Bears::Deal(world.deal_id)).await;
    world.direct_billed("bill", &bill).await;
    // It left on the 20th: what waits since the 25th cannot be released before.
    world.ship(&order, "2026-01-20").await.unwrap();
    let days: Vec<(chrono::NaiveDate, chrono::NaiveDate)> =
        sqlx::query_as("select distinct effective_on, origin_on from ledger_entry where account = 'order_expenses'")
            .fetch_all(world.db())
            .await
            .unwrap();
    assert_eq!(days, [(day("2026-01-25"), day("2026-01-20"))]);
    world.check_books().await;
}

#[tokio::test]
async fn one_bill_for_an_order_and_two_deals() {
    let world = World::new().await;
    let order = truck(&world, "order", 10).await;
    world.ship(&order, "2026-01-20").await.unwrap();
    let other = world.another_deal("Д-000002").await;
    let mut bill = world.direct_bill("crane", "2026-01-25", "100", Bears::Order(order.order_id)).await;
    bill.basis = Basis::Manual;
    let share = |bears, share: &str| Target { bears, share: Some(d(share)) };
    bill.targets =
        vec![share(Bears::Order(order.order_id), "1"), share(Bears::Deal(world.deal_id), "1"), share(Bears::Deal(other), "1")];
    let billed = world.direct_billed("bill", &bill).await;
    // 33.34 to the order itself, 33.33 through its deal, 33.33 wait for the other one.
    assert_eq!((world.borne_by(&order).await, waiting(&world).await), (d("66.67"), d("33.33")));
    let shares = read::list_shares(world.db(), &[billed.direct_expense_id]).await.unwrap();
    assert_eq!(
        shares.iter().map(|share| (share.amount, share.waiting)).collect::<Vec<_>>(),
        [(d("33.34"), d("0.00")), (d("33.33"), d("0.00")), (d("33.33"), d("33.33"))]
    );
    let of_deal = read::Filter { deal_id: Some(other), ..read::Filter::default() };
    assert_eq!(read::list(world.db(), &Scope::All, &of_deal, None, 10).await.unwrap().len(), 1);
    world.check_books().await;
}

#[tokio::test]
async fn a_bill_that_was_paid_leaves_an_advance_when_it_is_taken_back() {
    let world = World::new().await;
    let order = truck(&world, "order", 10).await;
    world.ship(&order, "2026-01-20").await.unwrap();
    let bill = world.direct_bill("freight", "2026-01-25", "10000", Bears::Order(order.order_id)).await;
    let billed = world.direct_billed("bill", &bill).await;
    let payment = Pay {
        direction: Direction::Out,
        article_id: world.article("freight").await,
        party_id: world.supplier_id,
        ..world.payment(Paid::Order(order.order_id), "2026-01-28", "5000").await
    };
    world.paid("money", Paid::Deal(world.deal_id), "2026-01-27", "1000000").await;
    pay(world.db(), &ctx("pay"), &payment).await.unwrap();
    world.direct_storno(&billed, "2026-02-01").await.unwrap();
    assert_eq!(world.borne_by(&order).await, d("0"));
    assert_eq!(world.balance("supplier_advances").await, d("5000"));
    world.check_books().await;
}
