//! Money paid for a supplier order pays for that order first, and for nothing else while it is open.

use rust_decimal::Decimal;
use shpunt_domain::Code;
use shpunt_domain::purchasing::orders::State;
use shpunt_domain::purchasing::orders::commands;
use shpunt_domain::treasury::{Direction, Target};
use shpunt_tests::ctx;

use super::{World, d, step};

#[tokio::test]
async fn a_receipt_takes_the_advance_of_its_own_order_first() {
    let world = World::new().await;
    let order = world.ordered("order", 100).await;
    // Given 1,000,000 paid to the supplier for nothing in particular, then the prepayment of the order.
    world.pay_supplier(Direction::Out, Target::Party, "2026-02-01", "1000000").await.unwrap();
    world.pay_supplier(Direction::Out, Target::SupplierOrder(order.supplier_order_id), "2026-02-03", "2635200").await.unwrap();
    // When 20 piles of it come for 1,440,000 and VAT of 316,800.
    world.came(&order, "С-1", "2026-02-10", 20).await;
    // Then they are paid by its own advance, of which 878,400 is left; the older million is untouched.
    assert_eq!(world.tied(&order).await, (d("878400"), Decimal::ZERO));
    assert_eq!((world.balance("payables").await, world.balance("supplier_advances").await), (Decimal::ZERO, d("1878400")));
    // When goods come without an order for 1,220,000 with VAT.
    world.receive("Б-1", "2026-02-11", 10, "1000000", "220000").await;
    // Then only the million pays for them.
    assert_eq!((world.balance("payables").await, world.tied(&order).await.0), (d("-220000"), d("878400")));
    // When the rest comes, ten piles more than ordered: 7,905,600 with VAT.
    world.came(&order, "С-2", "2026-02-12", 90).await;
    assert_eq!(world.tied(&order).await, (Decimal::ZERO, d("7027200")));
    // Then money for the order pays its own debts, not the older one without an order, and what is over is its advance.
    world.pay_supplier(Direction::Out, Target::SupplierOrder(order.supplier_order_id), "2026-02-20", "7100000").await.unwrap();
    assert_eq!(world.tied(&order).await, (d("72800"), Decimal::ZERO));
    assert_eq!(world.balance("payables").await, d("-220000"));
    // Back comes only what is open of the order.
    let back = Target::SupplierOrder(order.supplier_order_id);
    let refused = world.pay_supplier(Direction::In, back, "2026-02-21", "72800.01").await;
    assert_eq!(refused.unwrap_err().code(), Code::NothingToOffset);
    world.pay_supplier(Direction::In, back, "2026-02-21", "72000").await.unwrap();
    assert_eq!(world.tied(&order).await.0, d("800"));
    world.check_books().await;
}

#[tokio::test]
async fn what_an_order_leaves_when_it_is_closed_pays_what_else_is_owed() {
    let world = World::new().await;
    let order = world.ordered("order", 100).await;
    // Given an order of which 20 piles came, with 878,400 of its prepayment left, and another debt of 1,220,000.
    world.pay_supplier(Direction::Out, Target::SupplierOrder(order.supplier_order_id), "2026-02-03", "2635200").await.unwrap();
    world.came(&order, "С-1", "2026-02-10", 20).await;
    world.receive("Б-1", "2026-02-11", 10, "1000000", "220000").await;
    assert_eq!((world.balance("payables").await, world.tied(&order).await.0), (d("-1220000"), d("878400")));
    // When it is closed with an undelivered rest of 80 piles.
    let now = world.as_it_is(&order).await;
    let closed = commands::close(world.db(), &ctx("close"), &step(&now)).await.unwrap().value;
    // Then the rest of the prepayment pays the other debt, by a document of that day.
    assert_eq!((closed.state, world.tied(&order).await), (State::Closed, (Decimal::ZERO, Decimal::ZERO)));
    assert_eq!((world.balance("payables").await, world.balance("supplier_advances").await), (d("-341600"), Decimal::ZERO));
    let offsets: i64 = sqlx::query_scalar("select count(*) from documents where kind = 'offset' and note = 'ЗП-000001'")
        .fetch_one(world.db())
        .await
        .unwrap();
    assert_eq!(offsets, 1);
    world.check_books().await;
}

#[tokio::test]
async fn an_order_that_is_cancelled_gives_its_money_back_to_the_contract() {
    let world = World::new().await;
    let order = world.ordered("order", 10).await;
    world.pay_supplier(Direction::Out, Target::SupplierOrder(order.supplier_order_id), "2026-02-03", "100000").await.unwrap();
    commands::cancel(world.db(), &ctx("cancel"), &step(&order)).await.unwrap();
    // Nothing was owed, so nothing was posted; the next receipt takes it.
    world.receive("Б-1", "2026-02-11", 10, "1000000", "220000").await;
    assert_eq!(world.balance("payables").await, d("-1120000"));
    let again = world.pay_supplier(Direction::Out, Target::SupplierOrder(order.supplier_order_id), "2026-02-12", "1").await;
    assert_eq!(again.unwrap_err().code(), Code::SupplierOrderStatus);
    world.check_books().await;
}
