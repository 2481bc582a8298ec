//! Prepayments: whose debt they close, and what VAT comes back.

use rust_decimal::Decimal;
use shpunt_domain::treasury::Direction;
use shpunt_domain::treasury::Target;
use shpunt_domain::treasury::commands::{Offset, offset};
use shpunt_tests::ctx;

use super::{World, d};

#[tokio::test]
async fn an_advance_of_december_shipped_in_january_gives_back_the_vat_that_was_stored() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2025-12-01", 10, "600000", "120000").await;
    // The deal is prepaid before its trucks exist, at 20/120.
    world.paid("advance", Target::Deal(world.deal_id), "2025-12-15", "1200000").await;
    assert_eq!(world.balance("customer_advances").await, d("-1200000"));
    assert_eq!(world.balance("vat_on_customer_advances").await, d("200000"));
    // 10 pieces of 12 m at 100 kg/m are 12 t; 100,000 a tonne with VAT makes 1,200,000, now at 22 %.
    let order = world.order("order", vec![world.goods(batch, 10, "100000")]).await;
    let shipped = world.ship(&order, "2026-01-20").await.unwrap();
    assert_eq!((shipped.gross, shipped.vat), (d("1200000"), d("216393.44")));
    assert_eq!(world.balance("receivables").await, Decimal::ZERO);
    assert_eq!(world.balance("customer_advances").await, Decimal::ZERO);
    assert_eq!(world.balance("vat_on_customer_advances").await, Decimal::ZERO);
    assert_eq!(world.balance("vat_output").await, d("-216393.44"));
    assert_eq!(-world.balance("revenue").await - world.balance("cogs").await, d("983606.56") - d("600000"));
    let stage: String = sqlx::query_scalar("select stage from deals").fetch_one(world.db()).await.unwrap();
    assert_eq!(stage, "in_supply", "a shipment never moves the deal");
    world.check_books().await;
}

#[tokio::test]
async fn the_orders_own_advance_goes_first_then_the_deals_and_the_rest_stays_a_debt() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2025-12-01", 30, "1800000", "360000").await;
    let first = world.order("first", vec![world.goods(batch, 10, "100000"), world.service("60000")]).await;
    let second = world.order("second", vec![world.goods(batch, 10, "100000")]).await;
    world.paid("deal", Target::Deal(world.deal_id), "2026-01-10", "500000").await;
    world.paid("own", Target::Order(first.order_id), "2026-01-12", "1000000").await;
    world.ship(&first, "2026-01-20").await.unwrap();
    // 1,260,000 = its own 1,000,000 and 260,000 of the deal's.
    let open: Vec<(String, i64, Decimal)> =
        sqlx::query_as("select account, order_id, open from settlement_items where open > 0 and account <> 'payables'")
            .fetch_all(world.db())
            .await
            .unwrap();
    assert_eq!(open, [("customer_advances".to_owned(), 0, d("240000"))]);
    world.ship(&second, "2026-01-21").await.unwrap();
    assert_eq!(world.balance("receivables").await, d("960000"));
    // Money for the deal now pays the oldest debt and leaves the rest as an advance.
    world.paid("last", Target::Deal(world.deal_id), "2026-02-01", "1000000").await;
    assert_eq!(world.balance("receivables").await, Decimal::ZERO);
    assert_eq!(world.balance("customer_advances").await, d("-40000"));
    world.check_books().await;
}

#[tokio::test]
async fn another_deals_advance_is_moved_only_by_a_document() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2025-12-01", 10, "600000", "120000").await;
    let other: i64 = sqlx::query_scalar(
        "insert into deals (company_id, number, title, party_id, channel_id, stage, stage_entered_at, opened_at)
         select company_id, 'Д-000002', title, party_id, channel_id, stage, stage_entered_at, opened_at from deals returning deal_id",
    )
    .fetch_one(world.db())
    .await
    .unwrap();
    world.paid("advance", Target::Deal(other), "2026-01-10", "300000").await;
    let order = world.order("order", vec![world.goods(batch, 1, "100000")]).await;
    world.ship(&order, "2026-01-20").await.unwrap();
    assert_eq!(world.balance("receivables").await, d("120000"));
    let item = async |account: &'static str| -> i64 {
        sqlx::query_scalar("select item_id from settlement_items where account = $1")
            .bind(account)
            .fetch_one(world.db())
            .await
            .unwrap()
    };
    let mut document = Offset {
        direction: Direction::In,
        advance_id: item("customer_advances").await,
        debt_id: item("receivables").await,
        on: super::day("2026-01-25"),
        amount: d("120000.01"),
    };
    let too_much = offset(world.db(), &ctx("too much"), &document).await.unwrap_err();
    assert_eq!(too_much.code(), shpunt_domain::Code::NothingToOffset);
    document.amount = d("120000");
    offset(world.db(), &ctx("offset"), &document).await.unwrap();
    assert_eq!(world.balance("receivables").await, Decimal::ZERO);
    assert_eq!(world.balance("customer_advances").await, d("-180000"));
    world.check_books().await;
}
