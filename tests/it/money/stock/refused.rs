//! Operations that are refused, and operations that meet trucks and bills.

use rust_decimal::Decimal;
use shpunt_domain::batches::expenses::Basis;
use shpunt_domain::batches::expenses::commands::post_expense;
use shpunt_domain::batches::expenses::{ReverseExpense, reverse_expense};
use shpunt_domain::batches::stock::moves::{CutBatch, CutPart, Transfer, cut, transfer};
use shpunt_domain::{Code, Result};
use shpunt_tests::ctx;

use crate::money::late_cost::costs;
use crate::money::{World, d, day};

/// Rows of whatever an operation writes.
async fn written(world: &World) -> Vec<i64> {
    let mut counts = Vec::new();
    for table in [
        "command_log",
        "ledger_entry",
        "documents",
        "batches",
        "batch_balances",
        "batch_moves",
        "stock_counts",
        "stock_count_lines",
        "document_counters",
    ] {
        let count = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        counts.push(sqlx::query_scalar(count).fetch_one(world.db()).await.unwrap());
    }
    counts
}

#[tokio::test]
async fn what_is_refused_leaves_nothing() {
    let world = World::new().await;
    let (far, home) = (world.yard("Тверь").await, world.warehouse_id);
    let (eight, used, used_eight) =
        (world.length("8", "new").await, world.length("12", "used").await, world.length("8", "used").await);
    let (new, service) = (world.product_id, world.service_id);
    let batch = world.receive("С-1", "2026-01-10", 10, "1000", "0").await;
    world.receive("С-1/1", "2026-01-10", 1, "1000", "0").await;
    world.sold(batch, 6, "2026-02-15").await;
    let closed = "insert into periods (company_id, month, closed_at) values ($1, '2026-01-01', now())
        on conflict (company_id, month) do update set closed_at = now()";
    sqlx::query(closed).bind(world.company_id).execute(world.db()).await.unwrap();
    let before = (written(&world).await, costs(&world, batch).await);
    let code = |result: Result<()>| result.map_err(|error| error.code());
    let on = "2026-02-10";
    let moved =
        async |batch_id, pieces, warehouse_id, on| code(world.moved(batch_id, pieces, warehouse_id, on).await.map(|_| ()));
    assert_eq!(moved(batch, 0, far, on).await, Err(Code::AmountNotPositive));
    assert_eq!(moved(404, 1, far, on).await, Err(Code::NotFound));
    assert_eq!(moved(batch, 1, home, on).await, Err(Code::InvalidInput));
    let nowhere = Transfer { batch_id: batch, pieces: 2, warehouse_id: 404, on: day(on), number: Some("Н-1".to_owned()) };
    assert_eq!(transfer(world.db(), &ctx("nowhere"), &nowhere).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(moved(batch, 5, far, on).await, Err(Code::BatchShort), "six leave on the 15th");
    assert_eq!(moved(batch, 1, far, "2026-03-03").await, Err(Code::DateInFuture));
    assert_eq!(moved(batch, 1, far, "2026-01-31").await, Err(Code::PeriodClosed));
    assert_eq!(moved(batch, 1, far, on).await, Err(Code::AlreadyExists), "another batch has the number");
    let cut = async |pieces, parts: &[(i64, i64)], scrap| code(world.cut(batch, pieces, parts, scrap, on).await.map(|_| ()));
    assert_eq!(cut(1, &[], "12").await, Err(Code::InvalidInput));
    assert_eq!(cut(1, &[(eight, 1)], "-1").await, Err(Code::InvalidInput));
    assert_eq!(cut(1, &[(eight, 0)], "4").await, Err(Code::AmountNotPositive));
    assert_eq!(cut(1, &[(eight, 1)], "3.999").await, Err(Code::LengthMismatch));
    assert_eq!(cut(1, &[(eight, 2)], "0").await, Err(Code::LengthMismatch), "more length than there is");
    assert_eq!(cut(2, &[(eight, 3)], "0").await, Err(Code::LengthMismatch), "nobody welds");
    assert_eq!(cut(1, &[(new, 1)], "0").await, Err(Code::LengthMismatch));
    assert_eq!(cut(1, &[(used_eight, 1)], "4").await, Err(Code::ProductMismatch));
    assert_eq!(cut(1, &[(service, 1)], "4").await, Err(Code::NotFound));
    assert_eq!(cut(5, &[(eight, 5)], "20").await, Err(Code::BatchShort));
    let regraded = async |pieces, product| code(world.regraded(batch, pieces, product, on).await.map(|_| ()));
    assert_eq!(regraded(1, new).await, Err(Code::ProductMismatch));
    assert_eq!(regraded(1, used_eight).await, Err(Code::ProductMismatch));
    assert_eq!(regraded(5, used).await, Err(Code::BatchShort));
    let lost = async |pieces, article: &str, on| code(world.written_off(batch, pieces, article, on).await.map(|_| ()));
    assert_eq!(lost(0, "goods_damaged", on).await, Err(Code::AmountNotPositive));
    assert_eq!(lost(1, "rent", on).await, Err(Code::ArticleMismatch));
    assert_eq!(lost(5, "goods_damaged", on).await, Err(Code::BatchShort));
    assert_eq!(lost(1, "goods_damaged", "2026-01-31").await, Err(Code::PeriodClosed));
    let found = async |pieces, cost, on| code(world.found(batch, pieces, cost, on).await.map(|_| ()));
    assert_eq!(found(0, None, on).await, Err(Code::AmountNotPositive));
    assert_eq!(found(1, Some("-1"), on).await, Err(Code::AmountNotPositive));
    assert_eq!(found(1, Some("0.001"), on).await, Err(Code::InvalidInput));
    assert_eq!(found(1, None, "2025-12-31").await, Err(Code::DateBeforeReceipt));
    let counted = async |lines: &[(i64, i64)], on| code(world.counted(lines, on).await.map(|_| ()));
    assert_eq!(counted(&[], on).await, Err(Code::InvalidInput));
    assert_eq!(counted(&[(batch, 1), (batch, 2)], on).await, Err(Code::InvalidInput));
    assert_eq!(counted(&[(batch, -1)], on).await, Err(Code::InvalidInput));
    assert_eq!(counted(&[(404, 1)], on).await, Err(Code::NotFound));
    assert_eq!(counted(&[(batch, 3)], on).await, Err(Code::BatchShort), "six left since");
    assert_eq!(counted(&[(batch, 10)], "2026-03-03").await, Err(Code::DateInFuture));
    assert_eq!((written(&world).await, costs(&world, batch).await), before);
    // What lies elsewhere is counted there.
    sqlx::query("delete from periods").execute(world.db()).await.unwrap();
    sqlx::query("update batches set number = 'С-9' where number = 'С-1/1'").execute(world.db()).await.unwrap();
    let there = world.moved(batch, 1, far, on).await.unwrap();
    assert_eq!(counted(&[(there.batch_id, 1)], on).await, Err(Code::BatchMismatch));
    world.check_books().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_trucks_and_bills_that_meet_give_the_same_totals() {
    let world = World::new().await;
    let (far, eight) = (world.yard("Тверь").await, world.length("8", "new").await);
    let one = world.receive("С-1", "2026-01-10", 40, "1000000.01", "0").await;
    let two = world.receive("С-2", "2026-01-10", 40, "777777.77", "0").await;
    let mut trucks = Vec::new();
    for number in 0..6 {
        let lines = vec![world.goods(one, 2, "100000"), world.goods(two, 2, "100000")];
        trucks.push(world.order(&format!("truck {number}"), lines).await);
    }
    let mut tasks = Vec::new();
    for number in 1..=6 {
        // Named in either order, locked in one.
        let batches = if number % 2 == 0 { [one, two] } else { [two, one] };
        let bill = world.bill("2026-02-10", &format!("{number}000.0{number}"), Basis::Tonnes, &batches).await;
        let db = world.db().clone();
        tasks.push(tokio::spawn(async move {
            let expense = post_expense(&db, &ctx(&format!("bill {number}")), &bill).await?.value;
            if number <= 2 {
                let back = ReverseExpense { additional_expense_id: expense.additional_expense_id, on: day("2026-02-20") };
                reverse_expense(&db, &ctx(&format!("back {number}")), &back).await?;
            }
            Ok(())
        }));
    }
    for truck in trucks {
        let db = world.db().clone();
        let ship =
            shpunt_domain::orders::commands::Ship { order_id: truck.order_id, shipped_on: day("2026-02-15"), weighed: vec![] };
        tasks.push(tokio::spawn(async move {
            shpunt_domain::orders::commands::ship(&db, &ctx(&format!("{ship:?}")), &ship).await.map(|_| ())
        }));
    }
    for number in 0..6 {
        let (db, batch_id) = (world.db().clone(), if number % 2 == 0 { one } else { two });
        let moved = Transfer { batch_id, pieces: 3, warehouse_id: far, on: day("2026-02-05"), number: None };
        let parts = vec![CutPart { product_id: eight, pieces: 1, number: None }];
        let on = day("2026-02-06");
        tasks.push(tokio::spawn(async move {
            let there = transfer(&db, &ctx(&format!("move {number}")), &moved).await?.value;
            let halves = CutBatch { batch_id: there.batch_id, pieces: 1, on, parts, scrap_metres: d("4"), scrap: None };
            cut(&db, &ctx(&format!("cut {number}")), &halves).await.map(|_| ())
        }));
    }
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let total: Decimal = sqlx::query_scalar("select sum(amount) from ledger_entry where account in ('inventory', 'cogs')")
        .fetch_one(world.db())
        .await
        .unwrap();
    // 1,777,777.78 and the bills of 3,000.03 to 6,000.06 that stand.
    assert_eq!(total, d("1795777.96"));
    world.check_books().await;
}
