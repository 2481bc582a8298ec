//! The history of prices, and how a supplier delivers, from stored facts.

use shpunt_domain::purchasing::orders::commands;
use shpunt_domain::purchasing::prices::{Filter, Score, Source, list, list_scores};
use shpunt_domain::purchasing::receipts::commands::{ReceiveOrdered, receive};
use shpunt_tests::ctx;

use super::{World, d, day, step};

#[tokio::test]
async fn prices_are_those_of_orders_and_receipts_per_tonne_without_vat() {
    let world = World::new().await;
    let of_us = Filter { product_id: Some(world.product_id), party_id: Some(world.supplier_id) };
    // Given a receipt without an order: 12 t for 600,000; an order at 60,000 a tonne, and a draft that tells nothing.
    world.receive("Б-1", "2026-01-20", 10, "600000", "132000").await;
    let order = world.ordered("order", 10).await;
    commands::create(world.db(), &ctx("draft"), &world.wanted(1)).await.unwrap();
    // When five of its piles come at a preliminary price, 6 t for 360,000.
    world.came(&order, "С-1", "2026-02-10", 5).await;
    let seen = async |after| -> Vec<_> {
        let rows = list(world.db(), &of_us, after, 10).await.unwrap();
        rows.into_iter().map(|row| (row.source, row.number, row.per_tonne)).collect()
    };
    let all = [
        (Source::Receipt, "С-1".to_owned(), d("60000")),
        (Source::Order, "ЗП-000001".to_owned(), d("60000")),
        (Source::Receipt, "Б-1".to_owned(), d("50000")),
    ];
    assert_eq!(seen(None).await, all);
    let first = &list(world.db(), &of_us, None, 1).await.unwrap()[0];
    assert_eq!(seen(Some((first.on, first.rank, first.id))).await, all[1..], "the next page begins behind it");
    let nobody = Filter { party_id: Some(world.customer_id), ..Filter::default() };
    assert_eq!(list(world.db(), &nobody, None, 10).await.unwrap(), []);
}

#[tokio::test]
async fn under_usn_the_price_is_told_without_the_vat_that_belongs_to_the_cost() {
    let world = World::new().await.taxed("usn_5").await;
    world.receive("Б-1", "2026-01-20", 10, "600000", "132000").await;
    assert_eq!(world.balance("inventory").await, d("732000"));
    assert_eq!(list(world.db(), &Filter::default(), None, 10).await.unwrap()[0].per_tonne, d("50000"));
}

#[tokio::test]
async fn a_supplier_is_scored_by_what_came_when_and_how_heavy() {
    let world = World::new().await;
    let score = async || list_scores(world.db(), &[world.supplier_id], day("2026-03-02")).await.unwrap().remove(0);
    let nothing = Score {
        party_id: world.supplier_id,
        deliveries: 0,
        on_time_percent: None,
        mean_delay_days: None,
        weight_deviation_percent: None,
        weighings: 0,
        under_deliveries: 0,
        overdue: 0,
    };
    assert_eq!(score().await, nothing);
    // Given an order for 16 February: ten piles in time, weighing 11.76 t instead of 12; ten more five days late; closed ten short.
    let order = world.ordered("order", 30).await;
    let mut weighed = world.coming(&order, "С-1", "2026-02-16", 10);
    weighed.goods.tonnes_weighed = Some(d("11.76"));
    receive(world.db(), &ctx("weighed"), &weighed).await.unwrap();
    world.came(&order, "С-2", "2026-02-21", 10).await;
    let now = world.as_it_is(&order).await;
    // Before it is closed, its line is overdue.
    assert_eq!((score().await.overdue, score().await.under_deliveries), (1, 0));
    commands::close(world.db(), &ctx("close"), &step(&now)).await.unwrap();
    // And goods without an order, which count for nothing here.
    receive(
        world.db(),
        &ctx("plain"),
        &ReceiveOrdered { goods: world.receipt("Б-1", "2026-02-22", 5, "1", "0"), supplier_order_line_id: 0, preliminary: true },
    )
    .await
    .unwrap();
    // Then half came in time, 2.5 days late on average, two percent too light, one line short.
    let expected = Score {
        deliveries: 2,
        on_time_percent: Some(d("50.00")),
        mean_delay_days: Some(d("2.50")),
        weight_deviation_percent: Some(d("-2.00")),
        weighings: 1,
        under_deliveries: 1,
        ..nothing
    };
    assert_eq!(score().await, expected);
}
