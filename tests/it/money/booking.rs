//! When a command is booked: at one moment, soon before its commit, and only if it posts.

use shpunt_domain::access::Permission;
use shpunt_domain::command;
use shpunt_domain::ledger::{self, Account, Entry, Kind, Posting};
use shpunt_domain::{Code, Error};
use shpunt_tests::ctx;

use super::{World, d, day};

/// Two postings in one command, some time apart.
fn posting(company_id: i64) -> Posting {
    let entries = [Entry::debit(Account::Loans, d("5")), Entry::credit(Account::Capital, d("5"))];
    Posting::try_new(Kind::Opening, company_id, 1, day("2026-02-01"), entries).unwrap()
}

async fn slow(run: &mut command::Run<'_>) -> Result<(), Error> {
    sqlx::query("select pg_sleep(10.5)").execute(&mut *run.tx).await?;
    Ok(())
}

#[tokio::test]
async fn all_that_a_command_posts_becomes_known_at_one_moment() {
    let world = World::new().await;
    command::run(world.db(), &ctx("two"), "tests.two", Permission::PostBooks, &world.company_id, async |run, company_id| {
        ledger::store::post_in_tx(run, &posting(*company_id)).await?;
        sqlx::query("select pg_sleep(0.01)").execute(&mut *run.tx).await?;
        ledger::store::post_in_tx(run, &posting(*company_id)).await
    })
    .await
    .unwrap();
    let batch = world.receive("С-1", "2026-01-10", 10, "600000", "132000").await;
    let order = world.order("order", vec![world.goods(batch, 3, "100000"), world.goods(batch, 3, "100001")]).await;
    world.ship(&order, "2026-01-20").await.unwrap();
    world.check_books().await;
}

#[tokio::test]
async fn a_posting_that_waits_too_long_for_its_commit_is_undone_and_a_slow_command_without_one_is_not() {
    let world = World::new().await;
    let contexts = ["late", "early", "plain"].map(ctx);
    let (late, early, plain) = tokio::join!(
        command::run(
            world.db(),
            &contexts[0],
            "tests.late",
            Permission::PostBooks,
            &world.company_id,
            async |run, company_id| {
                ledger::store::post_in_tx(run, &posting(*company_id)).await?;
                slow(run).await
            }
        ),
        command::run(
            world.db(),
            &contexts[1],
            "tests.early",
            Permission::PostBooks,
            &world.company_id,
            async |run, company_id| {
                slow(run).await?;
                ledger::store::post_in_tx(run, &posting(*company_id)).await
            }
        ),
        command::run(world.db(), &contexts[2], "tests.plain", Permission::PostBooks, &world.company_id, async |run, _| slow(run)
            .await),
    );
    let error = late.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert!(error.to_string().contains("repeat"), "{error}");
    early.unwrap();
    plain.unwrap();
    let posted: i64 = sqlx::query_scalar("select count(*) from ledger_transaction").fetch_one(world.db()).await.unwrap();
    assert_eq!(posted, 1);
}
