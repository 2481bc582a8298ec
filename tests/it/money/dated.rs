//! Debts and advances that meet on a later day than the document at hand: a balance of any past day holds.

use rust_decimal::Decimal;
use shpunt_domain::Code;
use shpunt_domain::treasury::commands::{Offset, Pay, offset, pay};
use shpunt_domain::treasury::{Direction, Target};
use shpunt_tests::ctx;

use super::{World, d, day};

/// The balance of an account at the end of a day.
async fn balance_on(world: &World, account: &str, on: &str) -> Decimal {
    sqlx::query_scalar("select coalesce(sum(amount), 0) from ledger_entry where account = $1 and effective_on <= $2")
        .bind(account)
        .bind(day(on))
        .fetch_one(world.db())
        .await
        .unwrap()
}

/// The balances of receivables, customer advances, VAT on them and output VAT at the end of a day.
async fn customer_on(world: &World, on: &str) -> [Decimal; 4] {
    let mut found = [Decimal::ZERO; 4];
    for (slot, account) in found.iter_mut().zip(["receivables", "customer_advances", "vat_on_customer_advances", "vat_output"]) {
        *slot = balance_on(world, account, on).await;
    }
    found
}

async fn item(world: &World, account: &str) -> i64 {
    sqlx::query_scalar("select item_id from settlement_items where account = $1 order by item_id")
        .bind(account)
        .fetch_one(world.db())
        .await
        .unwrap()
}

#[tokio::test]
async fn money_entered_late_was_an_advance_until_the_truck_left() {
    let world = World::new().await;
    let order = world.order("order", vec![world.service("122000")]).await;
    world.ship(&order, "2026-02-05").await.unwrap();
    // The bank's statement of January is entered after the shipment of February.
    world.paid("late", Target::Order(order.order_id), "2026-01-30", "150000").await;
    assert_eq!(customer_on(&world, "2026-01-30").await, [d("0"), d("-150000"), d("27049.18"), d("-27049.18")]);
    // On the day of the truck 122,000 of it are used, with 22,000 of its VAT, and the sale's own 22,000 appear.
    assert_eq!(customer_on(&world, "2026-02-05").await, [d("0"), d("-28000"), d("5049.18"), d("-27049.18")]);
    world.check_books().await;
}

#[tokio::test]
async fn a_shipment_entered_late_owed_until_the_money_came() {
    let world = World::new().await;
    let order = world.order("order", vec![world.service("122000")]).await;
    world.paid("advance", Target::Deal(world.deal_id), "2026-02-05", "61000").await;
    world.paid("another", Target::Order(order.order_id), "2026-02-07", "122000").await;
    world.ship(&order, "2026-01-30").await.unwrap();
    assert_eq!(customer_on(&world, "2026-01-30").await, [d("122000"), d("0"), d("0"), d("-22000")]);
    // The order's own money goes first, though it came two days after the deal's.
    assert_eq!(customer_on(&world, "2026-02-06").await, [d("122000"), d("-61000"), d("11000"), d("-33000")]);
    assert_eq!(customer_on(&world, "2026-02-07").await, [d("0"), d("-61000"), d("11000"), d("-33000")]);
    world.check_books().await;
}

#[tokio::test]
async fn a_suppliers_bill_entered_late_meets_the_prepayment_on_its_day() {
    let world = World::new().await;
    let paid = Pay {
        direction: Direction::Out,
        article_id: world.article("supplier_payment").await,
        party_id: world.supplier_id,
        ..world.payment(Target::Party, "2026-02-05", "720000").await
    };
    pay(world.db(), &ctx("out"), &paid).await.unwrap();
    world.receive("С-1", "2026-01-15", 10, "600000", "120000").await;
    assert_eq!(balance_on(&world, "payables", "2026-02-04").await, d("-720000"));
    assert_eq!(balance_on(&world, "supplier_advances", "2026-02-04").await, Decimal::ZERO);
    assert_eq!(balance_on(&world, "payables", "2026-02-05").await, Decimal::ZERO);
    assert_eq!(balance_on(&world, "supplier_advances", "2026-02-05").await, Decimal::ZERO);
    world.check_books().await;
}

#[tokio::test]
async fn nothing_is_offset_or_given_back_before_it_was_there() {
    let world = World::new().await;
    let order = world.order("order", vec![world.service("1000")]).await;
    world.ship(&order, "2026-01-20").await.unwrap();
    let other = world.another_deal("Д-000002").await;
    world.paid("advance", Target::Deal(other), "2026-02-10", "500").await;
    let early = Offset {
        direction: Direction::In,
        advance_id: item(&world, "customer_advances").await,
        debt_id: item(&world, "receivables").await,
        on: day("2026-02-09"),
        amount: d("500"),
    };
    let refused = offset(world.db(), &ctx("early"), &early).await.unwrap_err();
    assert_eq!(refused.code(), Code::NothingToOffset);
    assert!(refused.to_string().contains("2026-02-10"), "it says from when on: {refused}");
    let back = Pay { direction: Direction::Out, ..world.payment(Target::Deal(other), "2026-02-09", "100").await };
    assert_eq!(pay(world.db(), &ctx("back early"), &back).await.unwrap_err().code(), Code::NothingToOffset);
    offset(world.db(), &ctx("in time"), &Offset { on: day("2026-02-10"), amount: d("400"), ..early }).await.unwrap();
    pay(world.db(), &ctx("back"), &Pay { paid_on: day("2026-02-10"), ..back }).await.unwrap();
    assert_eq!(world.balance("customer_advances").await, Decimal::ZERO);
    world.check_books().await;
}
