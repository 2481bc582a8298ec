//! Late documents, and postings that meet the closing of their month.

use chrono::NaiveDate;
use shpunt_domain::batches::commands::receive;
use shpunt_domain::ledger::periods::commands::{Close, close};
use shpunt_domain::orders::expenses::{AddExpense, add};
use shpunt_domain::treasury::Target;
use shpunt_domain::treasury::commands::pay;
use shpunt_domain::{Code, orders};
use shpunt_tests::ctx;

use super::super::races::{hold_counters, waiting};
use super::super::{World, d, day};

/// Freight of an order, of a carrier who is the supplier.
async fn freight(world: &World, order_id: i64, on: &str) -> AddExpense {
    AddExpense {
        order_id,
        article_id: world.article("freight").await,
        party_id: world.supplier_id,
        effective_on: day(on),
        net: d("1000"),
        vat: d("220"),
    }
}

/// Days of an expense: of its document, of its row, of its entries, of their shipment.
async fn days_of(world: &World, document_id: i64) -> (NaiveDate, NaiveDate, NaiveDate, NaiveDate) {
    sqlx::query_as(
        "select d.issued_on, x.effective_on, e.effective_on, e.origin_on
         from documents d join order_expenses x using (document_id) join ledger_entry e using (document_id)
         where document_id = $1 and e.account = 'order_expenses'",
    )
    .bind(document_id)
    .fetch_one(world.db())
    .await
    .unwrap()
}

#[tokio::test]
async fn a_late_bill_keeps_its_date_and_belongs_to_the_first_open_day() {
    let world = World::beginning("2026-01-01").await;
    let batch = world.receive("С-1", "2026-01-12", 10, "600000", "132000").await;
    let order = world.order("order", vec![world.goods(batch, 4, "122000")]).await;
    world.ship(&order, "2026-01-20").await.unwrap();
    let next = world.order("next", vec![world.service("1220")]).await;
    let add = async |key: &str| {
        let late = freight(&world, order.order_id, "2026-01-25").await;
        add(world.db(), &ctx(key), &late).await.unwrap().value.document_id
    };
    let shipped = day("2026-01-20");
    let in_time = add("in time").await;
    assert_eq!(days_of(&world, in_time).await, (day("2026-01-25"), day("2026-01-25"), day("2026-01-25"), shipped));
    world.close("2026-01-01").await;
    let late = add("late").await;
    assert_eq!(days_of(&world, late).await, (day("2026-01-25"), day("2026-02-01"), day("2026-02-01"), shipped));
    world.close("2026-02-01").await;
    let later = add("later").await;
    assert_eq!(days_of(&world, later).await, (day("2026-01-25"), day("2026-03-01"), day("2026-03-01"), shipped));
    assert_eq!(world.changes("2026-01-01").await, []);
    // What happened on a day cannot have happened on another.
    let refused = world.ship(&next, "2026-01-21").await.unwrap_err();
    assert_eq!(refused.code(), Code::PeriodClosed);
    assert!(refused.to_string().contains("use a date in an open month, or reopen the month"), "{refused}");
    let receipt = world.receipt("С-2", "2026-02-28", 1, "1000", "0");
    assert_eq!(receive(world.db(), &ctx("С-2"), &receipt).await.unwrap_err().code(), Code::PeriodClosed);
    let early = freight(&world, order.order_id, "2025-12-31").await;
    assert_eq!(orders::expenses::add(world.db(), &ctx("early"), &early).await.unwrap_err().code(), Code::DateBeforeFirstDay);
    world.check_books().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_close_counts_what_was_under_way_and_what_waits_for_it_goes_to_the_next_month() {
    let world = World::beginning("2026-02-01").await;
    let order = world.order("order", vec![world.service("1220")]).await;
    world.ship(&order, "2026-02-03").await.unwrap();
    let payment = world.payment(Target::Deal(world.deal_id), "2026-02-28", "1000").await;
    let late = freight(&world, order.order_id, "2026-02-20").await;
    let held = hold_counters(&world).await;
    let (db, first) = (world.db().clone(), payment.clone());
    let paying = tokio::spawn(async move { pay(&db, &ctx("under way"), &first).await });
    waiting(&world, 1).await;
    let month = Close { company_id: world.company_id, month: day("2026-02-01"), acknowledge_warnings: true };
    let db = world.db().clone();
    let closing = tokio::spawn(async move { close(&db, &ctx("close"), &month).await });
    waiting(&world, 2).await;
    let db = world.db().clone();
    let billing = tokio::spawn(async move { add(&db, &ctx("bill"), &late).await });
    waiting(&world, 3).await;
    held.rollback().await.unwrap();
    paying.await.unwrap().unwrap();
    closing.await.unwrap().unwrap();
    let document_id = billing.await.unwrap().unwrap().value.document_id;
    assert_eq!(days_of(&world, document_id).await.2, day("2026-03-01"));
    let cash = world.totals("2026-02-01", 1).await.into_iter().find(|total| total.account.as_str() == "cash").unwrap();
    assert_eq!(cash.closing, d("1000"), "the payment under way is in the totals");
    assert_eq!(world.changes("2026-02-01").await, []);
    assert_eq!(pay(world.db(), &ctx("too late"), &payment).await.unwrap_err().code(), Code::PeriodClosed);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_slips_into_a_month_that_many_post_to_while_it_closes() {
    let world = World::beginning("2026-02-01").await;
    let payment = world.payment(Target::Deal(world.deal_id), "2026-02-15", "1").await;
    let hands: Vec<_> = (0..6)
        .map(|hand| {
            let (db, payment) = (world.db().clone(), payment.clone());
            tokio::spawn(async move {
                for done in 0.. {
                    match pay(&db, &ctx(&format!("{hand} {done}")), &payment).await {
                        Ok(_) => {}
                        Err(error) => {
                            assert_eq!(error.code(), Code::PeriodClosed, "{error}");
                            return done;
                        }
                    }
                }
                0
            })
        })
        .collect();
    loop {
        let posted: i64 = sqlx::query_scalar("select count(*) from payments").fetch_one(world.db()).await.unwrap();
        if posted >= 20 {
            break;
        }
        tokio::task::yield_now().await;
    }
    world.close("2026-02-01").await;
    let mut paid = 0;
    for hand in hands {
        paid += hand.await.unwrap();
    }
    let cash = world.totals("2026-02-01", 1).await.into_iter().find(|total| total.account.as_str() == "cash").unwrap();
    assert_eq!((cash.closing, world.balance("cash").await), (paid.into(), paid.into()));
    assert_eq!(world.changes("2026-02-01").await, []);
    world.check_books().await;
}
