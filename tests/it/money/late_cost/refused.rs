//! Bills that are refused, and bills that meet trucks.

use rust_decimal::Decimal;
use shpunt_domain::Code;
use shpunt_domain::batches::expenses::commands::{PostExpense, Target, post_expense};
use shpunt_domain::batches::expenses::{Basis, Kind, ReverseExpense, reverse_expense};
use shpunt_tests::ctx;

use super::costs;
use crate::money::{World, d, day};

/// Rows of whatever a bill writes.
async fn written(world: &World) -> Vec<i64> {
    let mut counts = Vec::new();
    for table in
        ["command_log", "ledger_entry", "documents", "settlement_items", "additional_expenses", "additional_expense_shares"]
    {
        let count = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        counts.push(sqlx::query_scalar(count).fetch_one(world.db()).await.unwrap());
    }
    counts
}

#[tokio::test]
async fn what_is_refused_leaves_nothing() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2026-01-10", 10, "1000", "0").await;
    world.sold(batch, 10, "2026-01-20").await;
    let other: i64 = sqlx::query_scalar("select max(company_id) from companies").fetch_one(world.db()).await.unwrap();
    let (rent, bill) = (world.article("rent").await, world.bill("2026-02-10", "100", Basis::Pieces, &[batch]).await);
    let target = |batch_id, share: Option<&str>| Target { batch_id, share: share.map(d) };
    let shares = |shares: &[Option<&str>]| PostExpense {
        basis: Basis::Manual,
        targets: shares.iter().map(|share| target(batch, *share)).collect(),
        ..bill.clone()
    };
    let before = (written(&world).await, costs(&world, batch).await);
    for (what, refused, code) in [
        ("no amount", PostExpense { net: d("0"), ..bill.clone() }, Code::AmountNotPositive),
        ("a negative amount", PostExpense { net: d("-1"), ..bill.clone() }, Code::AmountNotPositive),
        ("a negative VAT", PostExpense { vat: d("-1"), ..bill.clone() }, Code::AmountNotPositive),
        ("a part of a kopeck", PostExpense { net: d("0.001"), ..bill.clone() }, Code::InvalidInput),
        ("no batch", PostExpense { targets: vec![], ..bill.clone() }, Code::InvalidInput),
        ("a batch twice", PostExpense { targets: vec![target(batch, None); 2], ..bill.clone() }, Code::InvalidInput),
        ("a batch that is none", PostExpense { targets: vec![target(404, None)], ..bill.clone() }, Code::NotFound),
        ("a foreign batch", PostExpense { company_id: other, ..bill.clone() }, Code::CompanyMismatch),
        ("no share", shares(&[None]), Code::InvalidInput),
        ("a negative share", shares(&[Some("-1")]), Code::InvalidInput),
        ("shares of nothing", shares(&[Some("0")]), Code::NothingToAllocate),
        ("an article of something else", PostExpense { article_id: rent, ..bill.clone() }, Code::ArticleMismatch),
        ("an article that is none", PostExpense { article_id: 404, ..bill.clone() }, Code::NotFound),
        ("a party that is none", PostExpense { party_id: 404, ..bill.clone() }, Code::NotFound),
        ("a contract that is none", PostExpense { contract_id: 404, ..bill.clone() }, Code::NotFound),
        ("before the goods came", PostExpense { issued_on: day("2026-01-09"), ..bill.clone() }, Code::DateBeforeReceipt),
        ("tomorrow", PostExpense { issued_on: day("2026-03-03"), ..bill.clone() }, Code::DateInFuture),
        ("before its own date", PostExpense { effective_on: Some(day("2026-02-09")), ..bill.clone() }, Code::InvalidInput),
        (
            "a credit of more than they cost",
            PostExpense { kind: Kind::Credit, net: d("1000.01"), ..bill.clone() },
            Code::BatchValueShort,
        ),
    ] {
        assert_eq!(world.posted(&refused).await.expect_err(what).code(), code, "{what}");
    }
    let none = ReverseExpense { additional_expense_id: 404, on: day("2026-02-10") };
    assert_eq!(reverse_expense(world.db(), &ctx("none"), &none).await.unwrap_err().code(), Code::NotFound);
    assert_eq!((written(&world).await, costs(&world, batch).await), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn bills_and_trucks_that_meet_give_the_same_totals() {
    let world = World::new().await;
    let one = world.receive("С-1", "2026-01-10", 30, "1000000.01", "0").await;
    let two = world.receive("С-2", "2026-01-10", 30, "777777.77", "0").await;
    let mut trucks = Vec::new();
    for number in 0..12 {
        let lines = vec![world.goods(one, 2, "100000"), world.goods(two, 2, "100000")];
        trucks.push(world.order(&format!("truck {number}"), lines).await);
    }
    let mut bills = Vec::new();
    for number in 1..=8 {
        // Named in either order, locked in one.
        let batches = if number % 2 == 0 { [one, two] } else { [two, one] };
        bills.push(world.bill("2026-02-10", &format!("{number}000.0{number}"), Basis::Tonnes, &batches).await);
    }
    // They wait for each other's batches: no more at once than there are connections to spare.
    let hands = std::sync::Arc::new(tokio::sync::Semaphore::new(5));
    let mut tasks = Vec::new();
    for truck in trucks {
        let (db, hands) = (world.db().clone(), hands.clone());
        let ship =
            shpunt_domain::orders::commands::Ship { order_id: truck.order_id, shipped_on: day("2026-02-15"), weighed: vec![] };
        tasks.push(tokio::spawn(async move {
            let _hand = hands.acquire().await.unwrap();
            shpunt_domain::orders::commands::ship(&db, &ctx(&format!("{ship:?}")), &ship).await.map(|_| ())
        }));
    }
    for (number, bill) in bills.into_iter().enumerate() {
        let (db, hands) = (world.db().clone(), hands.clone());
        tasks.push(tokio::spawn(async move {
            let _hand = hands.acquire().await.unwrap();
            let expense = post_expense(&db, &ctx(&format!("bill {number}")), &bill).await?.value;
            if number < 3 {
                let back = ReverseExpense { additional_expense_id: expense.additional_expense_id, on: day("2026-02-20") };
                reverse_expense(&db, &ctx(&format!("back {number}")), &back).await?;
            }
            Ok(())
        }));
    }
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let mut total = Decimal::ZERO;
    for batch in [one, two] {
        let (stock, lines) = costs(&world, batch).await;
        assert_eq!(lines.len(), 12);
        total += stock + lines.into_iter().sum::<Decimal>();
    }
    // 1,777,777.78 and the bills of 4,000.04 to 8,000.08 that stand.
    assert_eq!(total, d("1807778.08"));
    world.check_books().await;
}
