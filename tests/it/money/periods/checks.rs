//! What stands in the way of closing a month.

use shpunt_domain::Code;
use shpunt_domain::ledger::periods::{Check, Finding, Severity, Subject, read};
use shpunt_domain::purchasing::receipts::commands::{Finalise, ReceiveOrdered, finalise, receive};
use shpunt_domain::treasury::commands::{OpenAccount, open_account, pay};
use shpunt_domain::treasury::{Direction, Target};
use shpunt_tests::ctx;

use super::super::{World, day};

/// An entry no command would make: an amount of an account on a day, against write-offs.
async fn plant(world: &World, on: &str, amount: i64, of: &str) {
    let mut tx = world.db().begin().await.unwrap();
    let transaction: i64 = sqlx::query_scalar(
        "insert into ledger_transaction (company_id, kind, document_id, effective_on, booked_at, command_id, entries)
         values ($1, 'opening', 0, $2, now(), gen_random_uuid(), 2) returning transaction_id",
    )
    .bind(world.company_id)
    .bind(day(on))
    .fetch_one(&mut *tx)
    .await
    .unwrap();
    let insert = format!(
        "insert into ledger_entry (transaction_id, line, account, amount, effective_on, origin_on, booked_at, company_id,
             batch_id, product_id, warehouse_id, cash_account_id, article_id, pieces, metres)
         select $1::bigint, 1, t.account, $3::numeric, $2::date, $2::date, now(), $4::bigint, t.batch, t.product, t.warehouse, t.desk, t.article, t.pieces, t.pieces * 12
         from (values {of}) as t (account, batch, product, warehouse, desk, article, pieces)
         union all
         select $1::bigint, 2, 'write_offs', -$3::numeric, $2::date, $2::date, now(), $4::bigint, 0, 0, 0, 0, 0, 0, 0"
    );
    sqlx::query(sqlx::AssertSqlSafe(insert))
        .bind(transaction)
        .bind(day(on))
        .bind(rust_decimal::Decimal::from(amount))
        .bind(world.company_id)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn findings(world: &World, month: &str) -> Vec<Finding> {
    read::checklist(world.db(), world.company_id, day(month)).await.unwrap()
}

/// Check, subject and day of everything found.
fn found(findings: &[Finding]) -> Vec<(Check, Subject, String)> {
    let examples = |finding: &Finding| {
        let check = finding.check;
        finding.examples.iter().map(move |example| (check, example.subject, example.on.to_string())).collect::<Vec<_>>()
    };
    findings.iter().flat_map(examples).collect()
}

#[tokio::test]
async fn every_check_finds_what_it_looks_for_and_a_blocker_closes_nothing() {
    let world = World::beginning("2026-01-01").await;
    assert!(findings(&world, "2026-01-01").await.iter().all(|finding| finding.count == 0));
    // A kopeck for three piles: one that leaves costs nothing, two that leave take it all.
    let gone = world.receive("Даром", "2026-01-05", 3, "0.01", "0").await;
    let left = world.receive("Остаток", "2026-01-05", 3, "0.01", "0").await;
    let free = world.order("free", vec![world.goods(gone, 1, "1000")]).await;
    world.ship(&free, "2026-01-09").await.unwrap();
    let two = world.order("two", vec![world.goods(left, 2, "1000")]).await;
    world.ship(&two, "2026-01-09").await.unwrap();
    // Below zero for a few days only, and mended before the end of the month.
    let short = world.receive("Минус", "2026-01-10", 5, "5000", "0").await;
    let stock = |pieces: i64| format!("('inventory', {short}, {}, {}, 0, 0, {pieces})", world.product_id, world.warehouse_id);
    plant(&world, "2026-01-20", -1, &stock(-6)).await;
    plant(&world, "2026-01-22", 1, &stock(6)).await;
    plant(&world, "2026-01-24", -5001, &stock(0)).await;
    plant(&world, "2026-01-26", 5001, &stock(0)).await;
    let desk = OpenAccount { company_id: world.company_id, is_bank: false, name: "Касса".to_owned() };
    let desk = open_account(world.db(), &ctx("desk"), &desk).await.unwrap().value.cash_account_id;
    let article = world.article("drawings").await;
    plant(&world, "2026-01-28", -10, &format!("('cash', 0, 0, 0, {desk}, {article}, 0)")).await;
    let mut lent = world.payment(Target::None, "2026-01-30", "500").await;
    (lent.direction, lent.article_id, lent.party_id) = (Direction::Out, article, 0);
    pay(world.db(), &ctx("lent"), &lent).await.unwrap();
    let waiting = world.order("waiting", vec![world.service("100")]).await;

    let january = findings(&world, "2026-01-01").await;
    assert_eq!(
        found(&january),
        [
            (Check::StockWithoutCost, Subject::Batch(left), "2026-01-31".to_owned()),
            (Check::StockNegative, Subject::Batch(short), "2026-01-20".to_owned()),
            (Check::StockValueNegative, Subject::Batch(short), "2026-01-24".to_owned()),
            (Check::CashNegative, Subject::CashAccount(desk), "2026-01-28".to_owned()),
            (Check::ShippedWithoutCost, Subject::Order(free.order_id), "2026-01-09".to_owned()),
            (Check::BankNegative, Subject::CashAccount(world.cash_account_id), "2026-01-30".to_owned()),
            (Check::OrderNotShipped, Subject::Order(waiting.order_id), "2026-01-20".to_owned()),
        ]
    );
    assert_eq!(january.iter().map(|finding| finding.count).collect::<Vec<_>>(), [1, 1, 1, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0]);
    assert_eq!((&*january[0].examples[0].label, &*january[5].examples[0].label), ("Остаток", "Расчётный счёт"));

    let refused = world.try_close("2026-01-01", true).await.unwrap_err();
    assert_eq!(refused.code(), Code::PeriodChecksOpen);
    for check in Check::ALL {
        let blocks = check.severity() == Severity::Blocker;
        assert_eq!(refused.to_string().contains(check.as_str()), blocks, "{refused}");
    }
    assert_eq!(world.closes().await, (0, 0));
    world.paid("still open", Target::Deal(world.deal_id), "2026-01-31", "1").await;
    // What a month inherits below zero is wrong on its first day; what was below zero and is no more is not.
    assert_eq!(
        found(&findings(&world, "2026-02-01").await),
        [
            (Check::StockWithoutCost, Subject::Batch(left), "2026-02-28".to_owned()),
            (Check::CashNegative, Subject::CashAccount(desk), "2026-02-01".to_owned()),
            (Check::BankNegative, Subject::CashAccount(world.cash_account_id), "2026-02-01".to_owned()),
        ]
    );
}

#[tokio::test]
async fn warnings_close_once_they_are_acknowledged() {
    let world = World::beginning("2026-01-01").await;
    for number in 0..7 {
        world.order(&format!("order {number}"), vec![world.service("100")]).await;
    }
    let waiting = findings(&world, "2026-01-01").await.into_iter().find(|finding| finding.check == Check::OrderNotShipped);
    let waiting = waiting.unwrap();
    assert_eq!((waiting.count, waiting.examples.len()), (7, 5));
    let refused = world.try_close("2026-01-01", false).await.unwrap_err();
    assert_eq!(refused.code(), Code::PeriodChecksOpen);
    assert!(refused.to_string().contains("ORDER_NOT_SHIPPED (7)"), "{refused}");
    world.try_close("2026-01-01", true).await.unwrap();
    // The other company has its own months.
    let other: i64 = sqlx::query_scalar("select max(company_id) from companies").fetch_one(world.db()).await.unwrap();
    assert!(read::checklist(world.db(), other, day("2026-01-01")).await.unwrap().iter().all(|finding| finding.count == 0));
    assert_eq!(read::checklist(world.db(), 99, day("2026-01-01")).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn a_debt_in_yuan_that_was_not_revalued_is_a_warning() {
    let world = World::beginning("2026-01-01").await;
    // Given 70,000 yuan owed since 10 January.
    world.import().await;
    let missing = |month: &str| (Check::RevaluationMissing, Subject::Party(world.supplier_id), month.to_owned());
    let january = findings(&world, "2026-01-01").await;
    assert!(found(&january).contains(&missing("2026-01-31")));
    let label = january.iter().find(|finding| finding.check == Check::RevaluationMissing).unwrap().examples[0].label.clone();
    assert_eq!(label, "Завод, CNY");
    let refused = world.try_close("2026-01-01", false).await.unwrap_err();
    assert!(refused.to_string().contains("REVALUATION_MISSING (1)"), "{refused}");
    // When they are revalued, January is well; February waits for its own, and the months before have nothing.
    world.revalued("2026-01-31").await.unwrap();
    assert!(!found(&findings(&world, "2026-01-01").await).contains(&missing("2026-01-31")));
    assert!(found(&findings(&world, "2026-02-01").await).contains(&missing("2026-02-28")));
    assert!(
        findings(&world, "2025-12-01")
            .await
            .iter()
            .all(|finding| finding.check != Check::RevaluationMissing || finding.count == 0)
    );
}

#[tokio::test]
async fn a_preliminary_price_of_the_month_is_a_warning_until_it_is_final() {
    let world = World::beginning("2026-01-01").await;
    let goods = world.receipt("С-1", "2026-01-10", 10, "1000", "220");
    let input = ReceiveOrdered { goods, supplier_order_line_id: 0, preliminary: true };
    let batch = receive(world.db(), &ctx("preliminary"), &input).await.unwrap().value.batch_id;
    world.receive("С-2", "2026-01-10", 10, "1000", "220").await;
    let preliminary = [(Check::PricePreliminary, Subject::Batch(batch), "2026-01-10".to_owned())];
    assert_eq!(found(&findings(&world, "2026-01-01").await), preliminary);
    assert_eq!(found(&findings(&world, "2026-02-01").await), []);
    let refused = world.try_close("2026-01-01", false).await.unwrap_err();
    assert!(refused.to_string().contains("PRICE_PRELIMINARY (1)"), "{refused}");
    let paper = Finalise {
        batch_id: batch,
        number: "УПД-15".to_owned(),
        issued_on: day("2026-02-10"),
        effective_on: None,
        net: rust_decimal::Decimal::from(1100),
        vat: rust_decimal::Decimal::from(242),
    };
    finalise(world.db(), &ctx("final"), &paper).await.unwrap();
    assert_eq!(found(&findings(&world, "2026-01-01").await), []);
    world.try_close("2026-01-01", false).await.unwrap();
}
