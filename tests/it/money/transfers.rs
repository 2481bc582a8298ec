//! Money between own accounts: on one day, or sent on one and received on another.

use rust_decimal::Decimal;
use shpunt_domain::Code;
use shpunt_domain::treasury::commands::{OpenAccount, Pay, Transfer, open_account, pay, transfer};
use shpunt_domain::treasury::{Direction, Target};
use shpunt_tests::ctx;

use super::{World, d, day};

async fn world() -> (World, Transfer) {
    let world = World::new().await;
    let second = OpenAccount { company_id: world.company_id, is_bank: false, name: "Касса".to_owned() };
    let to_account_id = open_account(world.db(), &ctx("second"), &second).await.unwrap().value.cash_account_id;
    let transfer = Transfer {
        from_account_id: world.cash_account_id,
        to_account_id,
        on: day("2026-01-31"),
        received_on: None,
        amount: d("1000.50"),
    };
    (world, transfer)
}

/// Balances of both accounts and of what is under way, at the end of a day.
async fn at(world: &World, on: &str) -> (Decimal, Decimal, Decimal) {
    sqlx::query_as(
        "select coalesce(sum(amount) filter (where cash_account_id = 1 and account = 'cash'), 0),
            coalesce(sum(amount) filter (where cash_account_id = 2 and account = 'cash'), 0),
            coalesce(sum(amount) filter (where account = 'cash_in_transit'), 0)
         from ledger_entry where effective_on <= $1",
    )
    .bind(day(on))
    .fetch_one(world.db())
    .await
    .unwrap()
}

#[tokio::test]
async fn on_one_day() {
    let (world, mut input) = world().await;
    transfer(world.db(), &ctx("t1"), &input).await.unwrap();
    input.received_on = Some(input.on);
    transfer(world.db(), &ctx("t2"), &input).await.unwrap();
    assert_eq!(at(&world, "2026-01-31").await, (d("-2001"), d("2001"), Decimal::ZERO));
    world.check_books().await;
}

#[tokio::test]
async fn sent_on_one_day_and_received_on_another_month() {
    let (world, mut input) = world().await;
    input.received_on = Some(day("2026-02-02"));
    let document = transfer(world.db(), &ctx("t"), &input).await.unwrap().value;
    assert_eq!(at(&world, "2026-01-31").await, (d("-1000.50"), Decimal::ZERO, d("1000.50")));
    assert_eq!(at(&world, "2026-02-02").await, (d("-1000.50"), d("1000.50"), Decimal::ZERO));
    let posted: (i64, i64) =
        sqlx::query_as("select count(*), count(distinct document_id) from ledger_transaction where document_id = $1")
            .bind(document)
            .fetch_one(world.db())
            .await
            .unwrap();
    assert_eq!(posted, (2, 1), "one document, a posting for each day");
    world.check_books().await;
}

#[tokio::test]
async fn both_days_must_be_open_and_in_order() {
    let (world, good) = world().await;
    sqlx::query("insert into periods values (1, '2025-12-01', now())").execute(world.db()).await.unwrap();
    for (on, received_on, code) in [
        ("2026-01-31", "2026-01-30", Code::InvalidInput),
        ("2026-02-28", "2026-03-03", Code::DateInFuture),
        ("2025-12-31", "2026-01-09", Code::PeriodClosed),
    ] {
        let input = Transfer { on: day(on), received_on: Some(day(received_on)), ..good.clone() };
        assert_eq!(transfer(world.db(), &ctx(on), &input).await.unwrap_err().code(), code, "{on}");
    }
    let posted: i64 = sqlx::query_scalar("select count(*) from ledger_entry").fetch_one(world.db()).await.unwrap();
    assert_eq!(posted, 0);
}

/// Money taken out of the cash desk by its owners.
async fn drawn(world: &World, desk: i64, on: &str, amount: &str) -> Pay {
    Pay {
        direction: Direction::Out,
        cash_account_id: desk,
        article_id: world.article("drawings").await,
        party_id: 0,
        target: Target::None,
        paid_on: day(on),
        amount: d(amount),
        purpose: String::new(),
        payment_request_id: 0,
    }
}

#[tokio::test]
async fn a_cash_desk_never_holds_less_than_nothing() {
    let (world, fill) = world().await;
    let (bank, desk) = (fill.from_account_id, fill.to_account_id);
    transfer(world.db(), &ctx("fill"), &fill).await.unwrap();
    let short = async |key: &str, on: &str, amount: &str| {
        let error = pay(world.db(), &ctx(key), &drawn(&world, desk, on, amount).await).await.unwrap_err();
        assert_eq!(error.code(), Code::CashShort, "{key}");
        error.to_string()
    };
    let said = short("too much", "2026-01-31", "1000.51").await;
    assert!(said.contains("Касса holds 1000.50 on 2026-01-31, and 1000.51 shall leave it"), "{said}");
    short("before it came", "2026-01-30", "0.01").await;
    pay(world.db(), &ctx("later"), &drawn(&world, desk, "2026-02-10", "1000.00").await).await.unwrap();
    // There was enough on the day, but what left later was counted on.
    let said = short("counted on", "2026-02-01", "0.51").await;
    assert!(said.contains("holds 0.50 on 2026-02-10"), "{said}");
    let back =
        Transfer { from_account_id: desk, to_account_id: bank, on: day("2026-02-10"), received_on: None, amount: d("0.51") };
    assert_eq!(transfer(world.db(), &ctx("back"), &back).await.unwrap_err().code(), Code::CashShort);
    transfer(world.db(), &ctx("rest"), &Transfer { amount: d("0.50"), ..back }).await.unwrap();
    // The bank may be overdrawn.
    pay(world.db(), &ctx("bank"), &drawn(&world, bank, "2026-02-10", "5000").await).await.unwrap();
    world.check_books().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_payments_at_once_only_those_the_desk_can_pay_pass() {
    let (world, fill) = world().await;
    transfer(world.db(), &ctx("fill"), &fill).await.unwrap();
    let mut payments = Vec::new();
    for n in 0..6 {
        let (db, input) = (world.db().clone(), drawn(&world, fill.to_account_id, "2026-02-10", "400").await);
        payments.push(tokio::spawn(async move { pay(&db, &ctx(&format!("at once {n}")), &input).await }));
    }
    let mut passed = 0;
    for payment in payments {
        match payment.await.unwrap() {
            Ok(_) => passed += 1,
            Err(error) => assert_eq!(error.code(), Code::CashShort),
        }
    }
    assert_eq!((passed, at(&world, "2026-02-10").await.1), (2, d("200.50")));
}
