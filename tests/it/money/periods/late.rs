//! Late documents, and postings that meet the closing of their month.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use shpunt_domain::batches::commands::receive;
use shpunt_domain::ledger::Account;
use shpunt_domain::ledger::periods::commands::{Close, close};
use shpunt_domain::orders::expenses::{AddExpense, add};
use shpunt_domain::treasury::Target;
use shpunt_domain::treasury::commands::pay;
use shpunt_domain::{Code, Result, orders};
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

/// Closes February.
fn closing(world: &World) -> impl Future<Output = Result<()>> + use<> {
    let month = Close { company_id: world.company_id, month: day("2026-02-01"), acknowledge_warnings: true };
    let db = world.db().clone();
    async move { close(&db, &ctx("close"), &month).await.map(|_| ()) }
}

/// Cash at the end of February as it was closed.
async fn closed_cash(world: &World) -> Decimal {
    let totals = world.totals("2026-02-01", 1).await;
    totals.into_iter().find(|total| total.account == Account::Cash).unwrap().closing
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
async fn a_close_counts_what_was_under_way() {
    let world = World::beginning("2026-02-01").await;
    let payment = world.payment(Target::Deal(world.deal_id), "2026-02-28", "1000").await;
    let held = hold_counters(&world).await;
    let (db, first) = (world.db().clone(), payment.clone());
    let paying = tokio::spawn(async move { pay(&db, &ctx("under way"), &first).await });
    waiting(&world, 1).await;
    let closing = tokio::spawn(closing(&world));
    waiting(&world, 2).await;
    held.rollback().await.unwrap();
    paying.await.unwrap().unwrap();
    closing.await.unwrap().unwrap();
    assert_eq!(closed_cash(&world).await, d("1000"));
    assert_eq!(world.changes("2026-02-01").await, []);
    assert_eq!(pay(world.db(), &ctx("too late"), &payment).await.unwrap_err().code(), Code::PeriodClosed);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_close_finds_the_month_closed() {
    let world = World::beginning("2026-02-01").await;
    let order = world.order("order", vec![world.service("1220")]).await;
    world.ship(&order, "2026-02-03").await.unwrap();
    let payment = world.payment(Target::Deal(world.deal_id), "2026-02-28", "1000").await;
    let late = freight(&world, order.order_id, "2026-02-20").await;
    // The close stops just before it keeps its totals.
    let mut held = world.db().begin().await.unwrap();
    sqlx::query("lock table period_closes in exclusive mode").execute(&mut *held).await.unwrap();
    let closing = tokio::spawn(closing(&world));
    waiting(&world, 1).await;
    let db = world.db().clone();
    let billing = tokio::spawn(async move { add(&db, &ctx("bill"), &late).await });
    waiting(&world, 2).await;
    let db = world.db().clone();
    let paying = tokio::spawn(async move { pay(&db, &ctx("pay"), &payment).await });
    waiting(&world, 3).await;
    held.rollback().await.unwrap();
    closing.await.unwrap().unwrap();
    // A bill goes to the next month, a payment was made on its day.
    let document_id = billing.await.unwrap().unwrap().value.document_id;
    assert_eq!(days_of(&world, document_id).await.2, day("2026-03-01"));
    assert_eq!(paying.await.unwrap().unwrap_err().code(), Code::PeriodClosed);
    assert_eq!(world.changes("2026-02-01").await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_slips_into_a_month_that_many_post_to_while_it_closes() {
    let world = World::beginning("2026-02-01").await;
    let payment = world.payment(Target::Deal(world.deal_id), "2026-02-15", "1").await;
    let hands: Vec<_> = (0..6)
        .map(|hand| {
            let (db, payment) = (world.db().clone(), payment.clone());
            tokio::spawn(async move {
                let mut done = 0;
                for turn in 0..20 {
                    match pay(&db, &ctx(&format!("{hand} {turn}")), &payment).await {
                        Ok(_) => done += 1,
                        Err(error) => assert_eq!(error.code(), Code::PeriodClosed, "{error}"),
                    }
                }
                done
            })
        })
        .collect();
    loop {
        let posted: i64 = sqlx::query_scalar("select count(*) from payments").fetch_one(world.db()).await.unwrap();
        if posted >= 10 {
            break;
        }
        tokio::task::yield_now().await;
    }
    world.close("2026-02-01").await;
    let mut paid = 0;
    for hand in hands {
        paid += hand.await.unwrap();
    }
    assert!(paid >= 10, "{paid}");
    assert_eq!((closed_cash(&world).await, world.balance("cash").await), (paid.into(), paid.into()));
    assert_eq!(world.changes("2026-02-01").await, []);
    assert_eq!(pay(world.db(), &ctx("too late"), &payment).await.unwrap_err().code(), Code::PeriodClosed);
    world.check_books().await;
}
