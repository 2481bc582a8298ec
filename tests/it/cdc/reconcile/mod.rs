//! The comparison of both sides: equal when they are, also under load; every planted difference is found and named.

mod planted;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use shpunt_analytics::cdc::{self, Phase};
use shpunt_analytics::reconcile::{Error, Options, Outcome, reconcile};
use shpunt_analytics::{Client, Config};
use shpunt_tests::db::TestDb;
use sqlx::AssertSqlSafe;

use planted::{IN_CLICKHOUSE, IN_POSTGRES, Planted};

use super::rig::{PATIENCE, Rig, Work, eventually, post};
use crate::engines::have_clickhouse;
use crate::money::random::live;
use crate::money::{World, history};

/// A business with a random history and a truck that was shipped for certain, on both engines.
async fn business(name: &str) -> Option<(World, Rig)> {
    if !have_clickhouse() {
        return None;
    }
    let world = World::on(TestDb::for_changes().await).await;
    live(&world, 1).await;
    let batch_id = world.receive("П-отгружена", "2026-01-12", 20, "1500000", "330000").await;
    let order = world.order("shipped", vec![world.goods(batch_id, 12, "98000")]).await;
    world.ship(&order, "2026-02-10").await.unwrap();
    let rig = Rig::beside(name, world.test(), world.company_id).await;
    Some((world, rig))
}

fn impatient() -> Options {
    Options { patience: Duration::from_secs(2), ..Options::default() }
}

async fn compare(rig: &Rig) -> Outcome {
    let outcome = reconcile(&rig.url, rig.client.clone(), Options::default()).await.unwrap();
    eprintln!("{} compared, {} ms of pause", outcome.compared, outcome.paused_ms);
    outcome
}

async fn assert_equal(rig: &Rig) -> Outcome {
    let outcome = compare(rig).await;
    assert!(outcome.differences.is_empty() && !outcome.more, "{outcome:#?}");
    outcome
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_are_equal_after_a_random_history() {
    let Some((world, rig)) = business("equal").await else { return };
    let work = rig.work();
    rig.caught_up().await;
    let loaded = assert_equal(&rig).await;
    live(&world, 2).await;
    history::play(&world, 2).await;
    // Without waiting for anything: the comparison brings the worker to its own moment.
    let streamed = assert_equal(&rig).await;
    assert!(streamed.compared > loaded.compared + 100 && streamed.lsn > loaded.lsn, "{loaded:?} {streamed:?}");
    // A user that may only read is enough.
    let (user, password) = rig.sidecar.reader();
    let reader = Client::new(&Config {
        url: rig.sidecar.url(),
        database: rig.sidecar.database().to_owned(),
        user: user.to_owned(),
        password: password.to_owned(),
    });
    let read = reconcile(&rig.url, reader, Options::default()).await.unwrap();
    assert!(read.differences.is_empty() && read.compared == streamed.compared, "{read:?}");
    work.stop().await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_are_equal_while_commands_run() {
    let Some((world, rig)) = business("under-load").await else { return };
    let mut work = rig.work();
    work.wait("it streams", |status| status.phase == Phase::Streaming).await;
    let running = Arc::new(AtomicBool::new(true));
    let writers: Vec<_> = (0..3)
        .map(|_| {
            let (db, company, running) = (rig.db.clone(), rig.company, Arc::clone(&running));
            tokio::spawn(async move {
                while running.load(Ordering::Relaxed) {
                    post(&db, company, 4).await;
                    for sql in [
                        "update channels set name = 'Канал ' || random() where channel_id = 1",
                        "update deals set stage = case stage when 'offer_sent' then 'contract' else 'offer_sent' end where deal_id = 1",
                        "insert into parties (name, is_customer, created_at) values ('Покупатель', true, now())",
                        "update parties set deleted_at = now() where party_id % 7 = 3 and deleted_at is null",
                    ] {
                        sqlx::query(sql).execute(&db).await.unwrap();
                    }
                }
            })
        })
        .collect();
    let commands = async {
        for seed in 2.. {
            if !running.load(Ordering::Relaxed) {
                break;
            }
            live(&world, seed).await;
        }
    };
    let comparisons = async {
        let mut outcomes = Vec::new();
        for _ in 0..4 {
            outcomes.push(assert_equal(&rig).await);
        }
        running.store(false, Ordering::Relaxed);
        outcomes
    };
    let ((), outcomes) = tokio::join!(commands, comparisons);
    for writer in writers {
        writer.await.unwrap();
    }
    assert!(outcomes.is_sorted_by(|a, b| a.compared + 50 < b.compared), "nothing happened meanwhile: {outcomes:?}");
    assert_eq!(work.status.borrow().sessions, 1, "the pauses broke the stream off");
    rig.caught_up().await;
    assert_equal(&rig).await;
    work.stop().await;
    rig.stop().await;
}

async fn plant(rig: &Rig, planted: &Planted, tell: impl AsyncFnOnce(&str)) {
    tell(planted.spoil).await;
    let outcome = compare(rig).await;
    for (what, key, postgres, clickhouse) in planted.said {
        let found = outcome.differences.iter().any(|difference| {
            let words = |said: &str, expected: &str| match expected {
                "" => said.is_empty(),
                "*" => true,
                words => said.contains(words),
            };
            difference.what == *what
                && difference.key.contains(key)
                && words(&difference.postgres, postgres)
                && words(&difference.clickhouse, clickhouse)
        });
        assert!(found, "{}: {what}, {key} is not named among\n{}", planted.spoil, shown(&outcome));
    }
    let known: Vec<&str> = planted.said.iter().map(|(what, ..)| *what).collect();
    assert!(
        outcome.differences.iter().all(|difference| known.contains(&difference.what.as_str())),
        "{}: also named\n{}",
        planted.spoil,
        shown(&outcome)
    );
}

fn shown(outcome: &Outcome) -> String {
    let lines: Vec<String> = outcome.differences.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_in_clickhouse_is_named() {
    let Some((_world, rig)) = business("spoilt").await else { return };
    let mut work = rig.work();
    work.wait("it streams", |status| status.phase == Phase::Streaming).await;
    for planted in &IN_CLICKHOUSE {
        plant(&rig, planted, async |sql| rig.tell(sql).await).await;
        let epoch = cdc::reset(&rig.db).await.unwrap();
        work.wait("it is loaded anew", |status| status.epoch == epoch && status.phase == Phase::Streaming).await;
    }
    assert_equal(&rig).await;
    // A difference in every row: the first are named, and that there are more is said.
    rig.tell("alter table raw_ledger_entry update vat = vat + 1 where 1 settings mutations_sync = 1").await;
    let outcome = compare(&rig).await;
    let named = outcome.differences.iter().filter(|difference| difference.what == "ledger_entry").count();
    assert!(outcome.more && named == Options::default().named, "{}", shown(&outcome));
    work.stop().await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_inside_postgres_is_named() {
    let Some((_world, rig)) = business("witness").await else { return };
    let work = rig.work();
    rig.caught_up().await;
    for planted in &IN_POSTGRES {
        let tell = async |sql: &str| {
            sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&rig.db).await.unwrap();
        };
        plant(&rig, planted, tell).await;
    }
    work.stop().await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_compared_says_why() {
    let Some(rig) = Rig::new("refused").await else { return };
    let refused = async || reconcile(&rig.url, rig.client.clone(), impatient()).await.unwrap_err();
    assert!(matches!(refused().await, Error::NotReady));
    let work = rig.work();
    rig.post(4).await;
    rig.caught_up().await;
    // A second comparison is refused, a transaction that stays open is named.
    let mut open = rig.db.begin().await.unwrap();
    sqlx::query("update channels set name = 'Открыто' where channel_id = 1").execute(&mut *open).await.unwrap();
    let (url, client) = (rig.url.clone(), rig.client.clone());
    let options = Options { patience: Duration::from_secs(6), ..Options::default() };
    let first = tokio::spawn(async move { reconcile(&url, client, options).await });
    eventually("the stream stands still", async || work.status.borrow().paused).await;
    assert!(matches!(refused().await, Error::InUse(pid) if pid > 0));
    let error = first.await.unwrap().unwrap_err();
    assert!(matches!(&error, Error::Blocked { oldest, .. } if oldest.contains("process ")), "{error}");
    open.rollback().await.unwrap();
    assert_equal(&rig).await;
    // Nobody carries changes.
    work.stop().await;
    let begun = Instant::now();
    let error = refused().await;
    assert!(matches!(&error, Error::NotRunning { failure } if failure.is_empty()), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    // Nor can they: the reason is passed on.
    sqlx::raw_sql(
        "alter table products drop constraint products_shippable;
         insert into products (kind, sku, name, profile, condition, length_m, kg_per_m) values ('goods', 's', 's', 'Л5', 'new', 12, 'NaN')",
    )
    .execute(&rig.db)
    .await
    .unwrap();
    rig.work().failure().await;
    let error = refused().await;
    assert!(matches!(&error, Error::NotRunning { failure } if failure.contains("kg_per_m")), "{error}");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_clickhouse_is_said() {
    let Some(rig) = Rig::new("unreachable").await else { return };
    let work = rig.work();
    rig.caught_up().await;
    work.stop().await;
    let (url, client) = (rig.url.clone(), rig.client.clone());
    rig.sidecar.stop().await.unwrap();
    let error = reconcile(&url, client, impatient()).await.unwrap_err();
    assert!(matches!(&error, Error::ClickHouse(_)) && error.to_string().starts_with("ClickHouse: "), "{error}");
}

/// Runs a comparison until it is in the middle of what it reads while the stream stands still.
async fn in_the_middle(rig: &Rig, then: impl AsyncFnOnce()) -> tokio::task::JoinHandle<Result<Outcome, Error>> {
    let (reached, mut seen) = tokio::sync::watch::channel(false);
    let (go, gone) = std::sync::mpsc::channel::<()>();
    let gone = std::sync::Mutex::new(Some(gone));
    let options = Options {
        progress: Some(Arc::new(move |step| {
            if step.what == "orders"
                && let Some(gone) = gone.lock().unwrap().take()
            {
                reached.send_replace(true);
                // Blocks a thread of the runtime, which has others.
                let _ = gone.recv_timeout(PATIENCE);
            }
        })),
        ..Options::default()
    };
    let (url, client) = (rig.url.clone(), rig.client.clone());
    let task = tokio::spawn(async move { reconcile(&url, client, options).await });
    tokio::time::timeout(PATIENCE, seen.wait_for(|seen| *seen)).await.unwrap().unwrap();
    then().await;
    drop(go);
    task
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_pause_ends_with_whoever_asked_for_it() {
    let Some(rig) = Rig::new("pause").await else { return };
    let work = rig.work();
    rig.post(4).await;
    rig.caught_up().await;
    let task = in_the_middle(&rig, async || {
        assert!(work.status.borrow().paused);
        // The stream stands still, however much is committed meanwhile.
        let before: u64 = rig.ask("select count() from raw_ledger_entry").await;
        for _ in 0..20 {
            rig.post(600).await;
        }
        // Time enough for many batches.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let after: u64 = rig.ask("select count() from raw_ledger_entry").await;
        assert_eq!(before, after);
    })
    .await;
    // Dropped in the middle, as by Ctrl-C.
    task.abort();
    drop(task.await);
    rig.caught_up().await;
    eventually("it carries on", async || !work.status.borrow().paused).await;
    assert_equal(&rig).await;
    work.stop().await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_worker_that_dies_in_the_pause_does_not_spoil_the_comparison() {
    let Some(rig) = Rig::new("restart").await else { return };
    let work = rig.work();
    rig.post(4).await;
    rig.caught_up().await;
    let mut next = None;
    let task = in_the_middle(&rig, async || {
        work.kill().await;
        // The next one knows nothing of the pause and goes past the moment that is compared.
        next = Some(Work::start(rig.config()));
        sqlx::query("update channels set name = 'Потом' where channel_id = 1").execute(&rig.db).await.unwrap();
        rig.post(4).await;
        rig.caught_up().await;
    })
    .await;
    let outcome = task.await.unwrap().unwrap();
    assert!(outcome.differences.is_empty(), "{}", shown(&outcome));
    next.unwrap().stop().await;
    rig.stop().await;
}
