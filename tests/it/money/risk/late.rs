//! Costs learnt while goods are on their way, and after.

use rust_decimal::Decimal;
use shpunt_domain::batches::expenses::Basis;

use crate::money::{World, d, day};

/// Inventory, the cost of goods shipped, COGS.
async fn costs(world: &World) -> [Decimal; 3] {
    let on_the_way = "select coalesce(sum(amount), 0) from ledger_entry where account = 'goods_shipped' and batch_id > 0";
    let on_the_way = sqlx::query_scalar(on_the_way).fetch_one(world.db()).await.unwrap();
    [world.balance("inventory").await, on_the_way, world.balance("cogs").await]
}

#[tokio::test]
async fn a_late_cost_goes_where_the_goods_are_and_its_storno_follows_them() {
    let world = World::new().await;
    world.at_our_risk().await;
    // Given ten piles for 1,000, four of them on their way since 20 January.
    let batch = world.receive("С-1", "2026-01-10", 10, "1000", "0").await;
    let order = world.order("order", vec![world.goods(batch, 4, "1000")]).await;
    let order = world.ship(&order, "2026-01-20").await.unwrap();
    assert_eq!(costs(&world).await, ["600", "400", "0"].map(d));
    // When freight of 50 is billed, then five more a pile: 30 in stock, 20 on their way.
    let first = world.billed("2026-01-25", "50", Basis::Pieces, &[batch]).await;
    assert_eq!(costs(&world).await, ["630", "420", "0"].map(d));
    world.check_books().await;
    // When they are unloaded, then they are sold at what they cost by then …
    world.delivered(&order, "2026-01-28").await.unwrap();
    assert_eq!(costs(&world).await, ["630", "0", "420"].map(d));
    // … and freight of 10 that is billed later is a cost of the sale, of the day it was delivered.
    world.billed("2026-02-01", "10", Basis::Pieces, &[batch]).await;
    assert_eq!(costs(&world).await, ["636", "0", "424"].map(d));
    let origin: Vec<chrono::NaiveDate> = sqlx::query_scalar("select distinct origin_on from ledger_entry where account = 'cogs'")
        .fetch_all(world.db())
        .await
        .unwrap();
    assert_eq!(origin, [day("2026-01-28")]);
    // When the first freight is taken back, then 20 of it come from the sale: they went there from goods shipped.
    world.taken_back(&first, "2026-02-10").await.unwrap();
    assert_eq!(costs(&world).await, ["606", "0", "404"].map(d));
    world.check_books().await;
}

#[tokio::test]
async fn a_storno_before_the_delivery_takes_it_from_what_is_on_its_way() {
    let world = World::new().await;
    world.at_our_risk().await;
    let batch = world.receive("С-1", "2026-01-10", 10, "1000", "0").await;
    let order = world.order("order", vec![world.goods(batch, 4, "1000")]).await;
    let order = world.ship(&order, "2026-01-20").await.unwrap();
    let freight = world.billed("2026-01-25", "50", Basis::Pieces, &[batch]).await;
    world.taken_back(&freight, "2026-01-26").await.unwrap();
    assert_eq!(costs(&world).await, ["600", "400", "0"].map(d));
    world.delivered(&order, "2026-01-27").await.unwrap();
    assert_eq!(costs(&world).await, ["600", "0", "400"].map(d));
    world.check_books().await;
}

#[tokio::test]
async fn a_bill_of_their_way_entered_after_the_delivery_waits_for_it_too() {
    let world = World::new().await;
    world.at_our_risk().await;
    // Given four piles of ten that left on 20 January and were unloaded on 10 February, for 400.
    let batch = world.receive("С-1", "2026-01-10", 10, "1000", "0").await;
    let order = world.order("order", vec![world.goods(batch, 4, "1000")]).await;
    let order = world.ship(&order, "2026-01-20").await.unwrap();
    world.delivered(&order, "2026-02-10").await.unwrap();
    // When freight of 50, dated 25 January, is entered only then,
    let freight = world.billed("2026-01-25", "50", Basis::Pieces, &[batch]).await;
    // then 20 of it were on their way until they were sold: January has no cost without its revenue.
    let cost_on = async |on: &str| (world.balance_on("cogs", on).await, world.balance_on("goods_shipped", on).await);
    let way = world.balance_on("goods_shipped", "2026-01-24").await;
    assert_eq!(cost_on("2026-01-25").await, (d("0"), way + d("20")));
    assert_eq!(cost_on("2026-02-09").await, (d("0"), way + d("20")));
    assert_eq!(cost_on("2026-02-10").await, (d("420"), d("0")));
    assert_eq!(world.balance("inventory").await, d("630"));
    world.check_books().await;
    // When it is taken back as of 1 February, then it leaves the way on that day, and the sale on the day of the delivery.
    world.taken_back(&freight, "2026-02-01").await.unwrap();
    assert_eq!(cost_on("2026-01-31").await, (d("0"), way + d("20")));
    assert_eq!(cost_on("2026-02-01").await, (d("0"), way));
    assert_eq!(cost_on("2026-02-10").await, (d("400"), d("0")));
    assert_eq!(world.balance("inventory").await, d("600"));
    world.check_books().await;
}

#[tokio::test]
async fn a_storno_between_reaches_what_was_billed_before_the_delivery() {
    let world = World::new().await;
    world.at_our_risk().await;
    // Given ten piles that bear 50 of freight before four of them leave, and 10 more on their way.
    let batch = world.receive("С-1", "2026-01-10", 10, "1000", "0").await;
    let before = world.billed("2026-01-15", "50", Basis::Pieces, &[batch]).await;
    let order = world.order("order", vec![world.goods(batch, 4, "1000")]).await;
    let order = world.ship(&order, "2026-01-20").await.unwrap();
    let between = world.billed("2026-01-25", "10", Basis::Pieces, &[batch]).await;
    world.delivered(&order, "2026-02-10").await.unwrap();
    assert_eq!(costs(&world).await, ["636", "0", "424"].map(d));
    // When both are taken back after the delivery, dated before it, then on every day goods shipped and sold cost what they should.
    world.taken_back(&between, "2026-01-26").await.unwrap();
    world.taken_back(&before, "2026-02-01").await.unwrap();
    let cost_on = async |on: &str| (world.balance_on("cogs", on).await, world.balance_on("inventory", on).await);
    assert_eq!(cost_on("2026-01-31").await, (d("0"), d("630")));
    assert_eq!(cost_on("2026-02-01").await, (d("0"), d("600")));
    assert_eq!(cost_on("2026-02-10").await, (d("400"), d("600")));
    assert_eq!(costs(&world).await, ["600", "0", "400"].map(d));
    world.check_books().await;
}

#[tokio::test]
async fn a_delivery_entered_late_takes_each_cost_on_its_own_day() {
    let world = World::new().await;
    world.at_our_risk().await;
    // Given four piles of ten on their way since 20 January, which became 20 dearer on 10 February.
    let batch = world.receive("С-1", "2026-01-10", 10, "1000", "0").await;
    let order = world.order("order", vec![world.goods(batch, 4, "1000")]).await;
    let order = world.ship(&order, "2026-01-20").await.unwrap();
    world.billed("2026-02-10", "50", Basis::Pieces, &[batch]).await;
    // When somebody says only then that they were unloaded on 22 January,
    world.delivered(&order, "2026-01-22").await.unwrap();
    // then they cost 400 that day and 20 more on 10 February, and nothing of them is on its way on any day between.
    let cost_on = async |on: &str| (world.balance_on("cogs", on).await, world.balance_on("goods_shipped", on).await);
    assert_eq!(cost_on("2026-01-22").await, (d("400"), d("0")));
    assert_eq!(cost_on("2026-02-09").await, (d("400"), d("0")));
    assert_eq!(cost_on("2026-02-10").await, (d("420"), d("0")));
    world.check_books().await;
}
