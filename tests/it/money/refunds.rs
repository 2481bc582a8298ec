//! Money given back: an advance is lowered with its VAT, under the same article; never a new debt, never an expense.

use rust_decimal::Decimal;
use shpunt_domain::Code;
use shpunt_domain::treasury::commands::{Pay, pay};
use shpunt_domain::treasury::{Direction, Target};
use shpunt_tests::ctx;

use super::{World, d};

async fn refund(world: &World, target: Target, on: &str, amount: &str) -> Pay {
    Pay { direction: Direction::Out, ..world.payment(target, on, amount).await }
}

#[tokio::test]
async fn a_customers_advance_is_given_back_with_the_vat_that_was_stored() {
    let world = World::new().await;
    world.paid("advance", Target::Deal(world.deal_id), "2025-12-15", "1200000").await;
    // Half of it in the year of another rate: half of the stored 200,000.00 comes back.
    let half = refund(&world, Target::Deal(world.deal_id), "2026-01-20", "600000").await;
    pay(world.db(), &ctx("half"), &half).await.unwrap();
    assert_eq!(world.balance("customer_advances").await, d("-600000"));
    assert_eq!(world.balance("vat_on_customer_advances").await, d("100000"));
    assert_eq!(world.balance("vat_output").await, d("-100000"));
    assert_eq!(world.balance("cash").await, d("600000"));
    assert_eq!(world.balance("supplier_advances").await, Decimal::ZERO);
    let flow: Decimal = sqlx::query_scalar(
        "select sum(amount) from ledger_entry join articles using (article_id) where account = 'cash' and code = 'customer_payment'",
    )
    .fetch_one(world.db())
    .await
    .unwrap();
    assert_eq!(flow, d("600000"), "a refund is a negative of the same article");
    let rest = refund(&world, Target::Deal(world.deal_id), "2026-01-21", "600000").await;
    pay(world.db(), &ctx("rest"), &rest).await.unwrap();
    assert_eq!(world.balance("vat_on_customer_advances").await, Decimal::ZERO);
    world.check_books().await;
}

#[tokio::test]
async fn no_more_is_given_back_than_was_paid_there() {
    let world = World::new().await;
    let order = world.order("order", vec![world.service("100")]).await;
    world.paid("advance", Target::Order(order.order_id), "2026-01-15", "500").await;
    for (name, target, amount, on) in [
        ("more", Target::Order(order.order_id), "500.01", "2026-01-20"),
        ("elsewhere", Target::Deal(world.deal_id), "1", "2026-01-20"),
    ] {
        let error = pay(world.db(), &ctx(name), &refund(&world, target, on, amount).await).await.unwrap_err();
        assert_eq!(error.code(), Code::NothingToOffset, "{name}");
        assert!(error.to_string().contains("is open"), "{error}");
    }
    assert_eq!(world.balance("cash").await, d("500"));
    world.check_books().await;
}

#[tokio::test]
async fn a_supplier_gives_an_advance_back() {
    let world = World::new().await;
    let paid = Pay {
        direction: Direction::Out,
        article_id: world.article("supplier_payment").await,
        party_id: world.supplier_id,
        ..world.payment(Target::Party, "2026-01-15", "1000").await
    };
    pay(world.db(), &ctx("out"), &paid).await.unwrap();
    let back = Pay { direction: Direction::In, amount: d("400"), ..paid };
    pay(world.db(), &ctx("back"), &back).await.unwrap();
    assert_eq!(world.balance("supplier_advances").await, d("600"));
    assert_eq!(world.balance("customer_advances").await, Decimal::ZERO);
    assert_eq!(world.balance("vat_output").await, Decimal::ZERO);
    world.check_books().await;
}
