//! Money between own accounts: on one day, or sent on one and received on another.

use rust_decimal::Decimal;
use shpunt_domain::Code;
use shpunt_domain::treasury::commands::{OpenAccount, Transfer, open_account, transfer};
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
