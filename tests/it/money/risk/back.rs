//! Goods at our risk that come back before they are unloaded.

use shpunt_domain::batches::read::list_balances;
use shpunt_domain::orders::Status;
use shpunt_domain::orders::cancel::cancel;
use shpunt_domain::orders::commands::Move;
use shpunt_domain::treasury::Target;
use shpunt_tests::ctx;

use super::sent;
use crate::money::returns::{balances, bring, pieces_back};
use crate::money::{World, d};

#[tokio::test]
async fn a_pile_that_comes_back_undelivered_is_not_sold() {
    let world = World::new().await;
    // Given four piles on their way: 240,000 of cost, 105,600 of VAT.
    let (batch, order) = sent(&world).await;
    assert_eq!(world.on_the_way().await, ["360000", "345600", "0", "0", "-105600", "0"].map(d));
    // When one comes back on 1 February, then its 60,000 are in the batch and its 26,400 of VAT are not due; no revenue was there to take.
    let back = bring(&world, "back", &pieces_back(&order, 0, 1, "2026-02-01")).await.unwrap();
    assert_eq!((back.undelivered, back.net, back.vat, back.lines[0].cost), (true, d("120000"), d("26400"), d("60000")));
    assert_eq!(world.on_the_way().await, ["420000", "259200", "0", "0", "-79200", "0"].map(d));
    assert_eq!(list_balances(world.db(), &[batch]).await.unwrap()[0].pieces, 7);
    world.check_books().await;
    // When the other three are unloaded, then three are sold for 439,200.
    let delivered = world.delivered(&order, "2026-02-02").await.unwrap();
    assert_eq!(world.on_the_way().await, ["420000", "0", "180000", "-360000", "-79200", "439200"].map(d));
    world.check_books().await;
    // One of those that comes back now is an ordinary return.
    let back = bring(&world, "another", &pieces_back(&delivered, 0, 1, "2026-02-03")).await.unwrap();
    assert!(!back.undelivered);
    assert_eq!(world.on_the_way().await, ["480000", "0", "120000", "-240000", "-52800", "292800"].map(d));
    world.check_books().await;
}

#[tokio::test]
async fn an_order_that_came_back_whole_is_cancelled_with_nothing_left() {
    let world = World::new().await;
    world.at_our_risk().await;
    // Given four piles and their delivery for 12,200 on the way, with 107,800 of VAT, and 100,000 prepaid.
    let batch = world.receive("С-1", "2026-01-10", 10, "600000", "132000").await;
    let order = world.order("order", vec![world.goods(batch, 4, "122000"), world.service("12200")]).await;
    world.paid("prepaid", Target::Order(order.order_id), "2026-01-15", "100000").await;
    let order = world.ship(&order, "2026-01-30").await.unwrap();
    assert_eq!(balances(&world, ["goods_shipped", "vat_output"]).await, ["347800", "-125832.79"].map(d));
    // When all four come back and the order is cancelled,
    bring(&world, "back", &pieces_back(&order, 0, 4, "2026-02-01")).await.unwrap();
    let input = Move { order_id: order.order_id, on: None };
    let cancelled = cancel(world.db(), &ctx("cancel"), &input).await.unwrap().value;
    assert_eq!((cancelled.status, cancelled.shipped_on), (Status::Cancelled, None));
    // then the stock is whole, only the VAT of the advance is due, and the advance is the deal's.
    assert_eq!(world.on_the_way().await, ["600000", "0", "0", "0", "-18032.79", "0"].map(d));
    let advance: (i64, rust_decimal::Decimal) =
        sqlx::query_as("select order_id, open from settlement_items where open > 0 and account = 'customer_advances'")
            .fetch_one(world.db())
            .await
            .unwrap();
    assert_eq!(advance, (0, d("100000")));
    world.check_books().await;
}
