//! A price that is preliminary and the document that makes it final: the difference goes where the goods are, exactly and once.

use rust_decimal::Decimal;
use shpunt_domain::Code;
use shpunt_domain::batches::expenses::{ReverseExpense, reverse_expense};
use shpunt_domain::purchasing::receipts::Receipt;
use shpunt_domain::purchasing::receipts::commands::{Finalise, ReceiveOrdered, finalise, receive};
use shpunt_domain::treasury::{Direction, Target};
use shpunt_tests::ctx;

use super::{World, d, day};

/// What a batch is worth, and what each order line it was sold with cost.
async fn costs(world: &World, batch_id: i64) -> (Decimal, Vec<Decimal>) {
    let stock = sqlx::query_scalar("select value from batch_balances where batch_id = $1").bind(batch_id).fetch_one(world.db());
    let lines = sqlx::query_scalar(
        "select sum(amount) from ledger_entry where account = 'cogs' and batch_id = $1 group by order_line_id order by min(entry_id)",
    );
    (stock.await.unwrap(), lines.bind(batch_id).fetch_all(world.db()).await.unwrap())
}

/// A hundred piles for 9,000,000 and VAT of 1,980,000, preliminary; 40 and 20 are sold.
async fn sold(world: &World) -> i64 {
    let goods = world.receipt("С-1", "2026-01-10", 100, "9000000", "1980000");
    let coming = ReceiveOrdered { goods, supplier_order_line_id: 0, preliminary: true };
    let batch_id = receive(world.db(), &ctx("receive"), &coming).await.unwrap().value.batch_id;
    for (pieces, on) in [(40, "2026-01-20"), (20, "2026-01-25")] {
        let order = world.order(&format!("order {pieces}"), vec![world.goods(batch_id, pieces, "100000")]).await;
        world.ship(&order, on).await.unwrap();
    }
    batch_id
}

async fn paper(world: &World, batch_id: i64, on: &str, net: &str, vat: &str) -> Result<Receipt, shpunt_domain::Error> {
    let paper =
        Finalise { batch_id, number: "УПД-15".to_owned(), issued_on: day(on), effective_on: None, net: d(net), vat: d(vat) };
    Ok(finalise(world.db(), &ctx(&format!("{paper:?}")), &paper).await?.value)
}

#[tokio::test]
async fn a_higher_final_price_reaches_what_was_sold_and_what_is_owed() {
    let world = World::new().await;
    // Given 60 of 100 piles sold at a preliminary price of 90,000 a pile.
    let batch = sold(&world).await;
    assert_eq!(costs(&world, batch).await, (d("3600000"), vec![d("3600000"), d("1800000")]));
    // When the supplier's document of February says 91,000.01 a pile: 100,001.00 more, and 22,000.22 of VAT.
    let receipt = paper(&world, batch, "2026-02-10", "9100001", "2002000.22").await.unwrap();
    assert_eq!((receipt.is_preliminary(), receipt.finalised_on), (false, Some(day("2026-02-10"))));
    // Then stock and both lines cost so much more, to the kopeck, and so does the debt with its VAT.
    assert_eq!(costs(&world, batch).await, (d("3640000.40"), vec![d("3640000.40"), d("1820000.20")]));
    assert_eq!((world.balance("payables").await, world.balance("vat_input").await), (d("-11102001.22"), d("2002000.22")));
    // A second document is refused: the difference is posted once.
    let again = paper(&world, batch, "2026-02-11", "9200000", "2024000").await;
    assert_eq!(again.unwrap_err().code(), Code::PriceFinal);
    world.check_books().await;
}

#[tokio::test]
async fn a_lower_final_price_comes_back_also_when_it_was_paid() {
    let world = World::new().await;
    // Given the same, paid in full.
    let batch = sold(&world).await;
    world.pay_supplier(Direction::Out, Target::Party, "2026-02-01", "10980000").await.unwrap();
    // When the document says 8,900,000: 100,000 less and 22,000 of VAT.
    paper(&world, batch, "2026-02-10", "8900000", "1958000").await.unwrap();
    // Then the goods cost less everywhere, and 122,000 is an advance with the supplier.
    assert_eq!(costs(&world, batch).await, (d("3560000"), vec![d("3560000"), d("1780000")]));
    assert_eq!((world.balance("payables").await, world.balance("supplier_advances").await), (Decimal::ZERO, d("122000")));
    world.check_books().await;
}

#[tokio::test]
async fn a_correction_that_was_taken_back_leaves_the_price_preliminary() {
    let world = World::new().await;
    let batch = sold(&world).await;
    let wrong = paper(&world, batch, "2026-02-10", "9500000", "2090000").await.unwrap();
    let storno = ReverseExpense { additional_expense_id: wrong.additional_expense_id, on: day("2026-02-12") };
    reverse_expense(world.db(), &ctx("storno"), &storno).await.unwrap();
    assert_eq!(costs(&world, batch).await, (d("3600000"), vec![d("3600000"), d("1800000")]));
    // The right document counts from the preliminary price again; one that says the same changes nothing but is final.
    let right = paper(&world, batch, "2026-02-13", "9000000", "1980000").await.unwrap();
    assert_eq!((right.additional_expense_id, right.is_preliminary()), (0, false));
    assert_eq!(world.balance("payables").await, d("-10980000"));
    assert_eq!(paper(&world, batch, "2026-02-14", "9000001", "1980000").await.unwrap_err().code(), Code::PriceFinal);
    world.check_books().await;
}

#[tokio::test]
async fn a_correction_of_an_ordered_receipt_is_settled_with_its_order() {
    let world = World::new().await;
    // Given an order of 10 piles, prepaid with 1,000,000; they came at a preliminary 878,400 with VAT, so 121,600 is left.
    let order = world.ordered("order", 10).await;
    world.pay_supplier(Direction::Out, Target::SupplierOrder(order.supplier_order_id), "2026-02-03", "1000000").await.unwrap();
    let coming = ReceiveOrdered { preliminary: true, ..world.coming(&order, "С-1", "2026-02-10", 10) };
    let batch = receive(world.db(), &ctx("receive"), &coming).await.unwrap().value.batch_id;
    assert_eq!(world.tied(&order).await, (d("121600"), Decimal::ZERO));
    // When the document says 100,000 more, and VAT of 22,000.
    paper(&world, batch, "2026-02-15", "820000", "180400").await.unwrap();
    // Then the order's advance pays for that, and 400 is owed.
    assert_eq!(world.tied(&order).await, (Decimal::ZERO, d("400")));
    assert_eq!(world.balance("payables").await, d("-400"));
    world.check_books().await;
}
