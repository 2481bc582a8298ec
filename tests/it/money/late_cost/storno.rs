//! What is taken back, and what a supplier gives back.

use rust_decimal::Decimal;
use shpunt_domain::Code;
use shpunt_domain::batches::expenses::{Basis, Kind};
use shpunt_tests::ctx;

use super::costs;
use crate::money::{World, d, day};

#[tokio::test]
async fn a_storno_after_more_sales_follows_the_goods() {
    let world = World::new().await;
    // Given ten piles for 1,000, two sold; freight of 100 found 20 for them and 80 for the eight on hand; then four more were sold at 110.
    let batch = world.receive("С-1", "2026-01-10", 10, "1000", "0").await;
    world.sold(batch, 2, "2026-01-20").await;
    let expense = world.billed("2026-02-01", "100", Basis::Pieces, &[batch]).await;
    world.sold(batch, 4, "2026-02-10").await;
    assert_eq!(costs(&world, batch).await, (d("440"), vec![d("220"), d("440")]));
    // When the freight is taken back, then every pile costs 100 again, wherever it is.
    let back = world.taken_back(&expense, "2026-02-20").await.unwrap();
    assert_eq!(costs(&world, batch).await, (d("400"), vec![d("200"), d("400")]));
    assert_eq!(back.reversed_on, Some(day("2026-02-20")));
    // The first transaction of the storno is the exact negative; the second moves 40 from the stock to the line sold since.
    let negated: bool = sqlx::query_scalar(
        "select bool_and(s.amount = -e.amount and s.account = e.account and s.origin_on = e.origin_on and s.order_line_id = e.order_line_id)
         from ledger_transaction t join ledger_entry s using (transaction_id)
         join ledger_entry e on e.transaction_id = t.reverses and e.line = s.line where t.reverses = $1",
    )
    .bind(expense.transaction_id)
    .fetch_one(world.db())
    .await
    .unwrap();
    assert!(negated);
    let moved: Vec<(String, Decimal)> = sqlx::query_as(
        "select account, amount from ledger_entry join ledger_transaction t using (transaction_id)
         where t.kind = 'storno' and t.reverses is null order by line",
    )
    .fetch_all(world.db())
    .await
    .unwrap();
    assert_eq!(moved, [("inventory".to_owned(), d("40")), ("cogs".to_owned(), d("-40"))]);
    assert_eq!(world.balance("payables").await, d("-1000"));
    world.check_books().await;
    // Sold out it is worth nothing.
    world.sold(batch, 4, "2026-02-25").await;
    assert_eq!(costs(&world, batch).await, (d("0"), vec![d("200"), d("400"), d("400")]));
    let again = world.taken_back(&expense, "2026-02-21").await.unwrap_err();
    assert_eq!(again.code(), Code::AlreadyReversed);
    world.check_books().await;
}

#[tokio::test]
async fn a_storno_of_a_batch_sold_out_since_takes_nothing_from_the_stock() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2026-01-10", 7, "1000", "220").await;
    let mut bill = world.bill("2026-02-01", "100.01", Basis::Pieces, &[batch]).await;
    bill.vat = d("22.01");
    let expense = world.posted(&bill).await.unwrap();
    for (pieces, on) in [(2, "2026-02-02"), (2, "2026-02-03"), (3, "2026-02-04")] {
        world.sold(batch, pieces, on).await;
    }
    world.taken_back(&expense, "2026-02-20").await.unwrap();
    let (stock, lines) = costs(&world, batch).await;
    assert_eq!((stock, lines.iter().copied().sum()), (d("0"), d("1000")), "{lines:?}");
    world.check_books().await;
}

#[tokio::test]
async fn a_bonus_of_the_supplier_lowers_cost_and_debt() {
    let world = World::new().await;
    // Given ten piles for 1,000 and 220 of VAT, owed; four sold.
    let batch = world.receive("С-1", "2026-01-10", 10, "1000", "220").await;
    world.sold(batch, 4, "2026-01-20").await;
    // When the supplier corrects the price by 100 and 22 of VAT.
    let mut credit = world.bill("2026-02-10", "100", Basis::Amount, &[batch]).await;
    (credit.kind, credit.vat, credit.article_id) = (Kind::Credit, d("22"), world.article("supplier_price").await);
    let posted = world.posted(&credit).await.unwrap();
    assert_eq!(posted.cost, d("-100"));
    // Then a pile costs 90, the VAT input falls, and 1,098 are owed.
    assert_eq!(costs(&world, batch).await, (d("540"), vec![d("360")]));
    assert_eq!((world.balance("vat_input").await, world.balance("payables").await), (d("198"), d("-1098")));
    assert_eq!(world.balance("supplier_advances").await, Decimal::ZERO);
    world.check_books().await;
    // More than the goods cost cannot be credited.
    credit.net = d("900.01");
    assert_eq!(world.posted(&credit).await.unwrap_err().code(), Code::BatchValueShort);
    // Taken back, everything is as it was.
    world.taken_back(&posted, "2026-02-11").await.unwrap();
    assert_eq!(costs(&world, batch).await, (d("600"), vec![d("400")]));
    assert_eq!((world.balance("vat_input").await, world.balance("payables").await), (d("220"), d("-1220")));
    world.check_books().await;
}

#[tokio::test]
async fn what_was_paid_of_a_bill_that_is_taken_back_stays_an_advance() {
    use shpunt_domain::treasury::commands::{Pay, pay};
    use shpunt_domain::treasury::{Direction, Target};

    let world = World::new().await;
    let batch = world.receive("С-1", "2026-01-10", 10, "1000", "0").await;
    let mut bill = world.bill("2026-02-01", "100", Basis::Pieces, &[batch]).await;
    bill.party_id = world.stranger_id;
    let expense = world.posted(&bill).await.unwrap();
    // Given 60 of 100 paid on the 20th, under the article of the expense.
    let paid = Pay {
        direction: Direction::Out,
        article_id: world.article("freight_in").await,
        party_id: world.stranger_id,
        ..world.payment(Target::Party, "2026-02-20", "60").await
    };
    pay(world.db(), &ctx("paid"), &paid).await.unwrap();
    // When the bill is taken back as of the 10th, then until the 20th nothing is owed, and from then on 60 are advanced.
    world.taken_back(&expense, "2026-02-10").await.unwrap();
    let on = async |account: &str, until: &str| -> Decimal {
        sqlx::query_scalar(
            "select coalesce(sum(amount), 0) from ledger_entry where account = $1 and party_id = $2 and effective_on <= $3",
        )
        .bind(account)
        .bind(world.stranger_id)
        .bind(day(until))
        .fetch_one(world.db())
        .await
        .unwrap()
    };
    assert_eq!((on("payables", "2026-02-19").await, on("supplier_advances", "2026-02-19").await), (d("0"), d("0")));
    assert_eq!((on("payables", "2026-02-20").await, on("supplier_advances", "2026-02-20").await), (d("0"), d("60")));
    world.check_books().await;
    // The right bill takes it.
    bill.net = d("90");
    world.posted(&bill).await.unwrap();
    assert_eq!((on("payables", "2026-02-20").await, on("supplier_advances", "2026-02-20").await), (d("-30"), d("0")));
    world.check_books().await;
}
