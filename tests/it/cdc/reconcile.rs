//! The comparison of both sides: equal when they are, also under load; every planted difference is found and named.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use shpunt_analytics::cdc::{self, Phase};
use shpunt_analytics::reconcile::{Error, Options, Outcome, reconcile};
use shpunt_analytics::{Client, Config};
use shpunt_tests::db::TestDb;
use sqlx::AssertSqlSafe;

use super::rig::{PATIENCE, Rig, Work, eventually, post};
use crate::engines::have_clickhouse;
use crate::money::World;
use crate::money::random::live;

/// A business with a random history on both engines.
async fn business(name: &str) -> Option<(World, Rig)> {
    if !have_clickhouse() {
        return None;
    }
    let world = World::on(TestDb::for_changes().await).await;
    live(&world, 1).await;
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
                        "update deals set stage = case stage when 'offer_sent' then 'contract' else 'offer_sent' end",
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

/// A statement that spoils one side, and what must be said about it.
struct Planted {
    spoil: &'static str,
    /// Parts of the comparison that must name it: what, key, PostgreSQL's words, ClickHouse's words.
    said: &'static [(&'static str, &'static str, &'static str, &'static str)],
}

async fn plant(rig: &Rig, planted: &Planted, tell: impl AsyncFnOnce(&str)) {
    tell(planted.spoil).await;
    let outcome = compare(rig).await;
    for (what, key, postgres, clickhouse) in planted.said {
        let found = outcome.differences.iter().any(|difference| {
            let words = |said: &str, expected: &str| if expected.is_empty() { said.is_empty() } else { said.contains(expected) };
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

const IN_CLICKHOUSE: [Planted; 7] = [
    Planted {
        spoil: "alter table raw_ledger_entry delete where entry_id = 1 settings mutations_sync = 1",
        said: &[
            ("ledger_entry", "entry_id=1", "entry_id=1 transaction_id=1 line=1 account=inventory", "nothing"),
            ("ledger by company and account", "company_id=1 account=inventory", "entries=", "entries="),
            ("inventory by batch", "batch_id=1", "pieces=4", "nothing"),
            ("mart_turnover_day", "account=inventory", "", "; ledger: "),
            ("mart_margin_month", "batch_id=1", "", "mart: amount="),
        ],
    },
    Planted {
        spoil: "alter table raw_ledger_entry update amount = amount + 0.01
            where entry_id = (select min(entry_id) from raw_ledger_entry where account = 'cogs') settings mutations_sync = 1",
        said: &[
            ("ledger_entry", "entry_id=", "amount=", "amount="),
            ("ledger by company and account", "account=cogs", "amount=", "amount="),
            ("ledger by order", "order_id=", "cogs=", "cogs="),
            ("ledger by deal", "deal_id=1", "cogs=", "cogs="),
            ("mart_turnover_day", "account=cogs", "", "amount="),
            ("mart_margin_month", "account=cogs", "", "amount="),
        ],
    },
    Planted {
        // No sum of money shows it.
        spoil: "alter table raw_ledger_entry update department_id = 7, currency = 'EUR', booked_at = booked_at + toIntervalMicrosecond(1)
            where entry_id = 2 settings mutations_sync = 1",
        said: &[
            ("ledger_entry", "entry_id=2", "department_id=0 currency=RUB", "department_id=7 currency=EUR"),
            ("mart_turnover_day", "department_id=0", "", "; ledger: nothing"),
            ("mart_turnover_day", "department_id=7", "", "mart: nothing"),
        ],
    },
    Planted {
        spoil: "insert into raw_ledger_entry select * from raw_ledger_entry where entry_id = 3",
        said: &[
            ("ledger_entry", "entry_id=3", "nothing", "entry_id=3"),
            ("ledger by company and account", "company_id=1", "entries=", "entries="),
        ],
    },
    Planted {
        spoil: "alter table mart_margin_month delete where account = 'revenue' settings mutations_sync = 1",
        said: &[("mart_margin_month", "account=revenue", "", "mart: nothing; ledger: amount=")],
    },
    Planted {
        spoil: "insert into raw_deals select * replace (_version + 1 as _version, 'Чужое' as title, toDateTime64('2026-01-02', 6, 'UTC') as closed_at)
            from raw_deals final where deal_id = 1",
        said: &[("deals", "deal_id=1", "title=Шпунт на набережную closed_at=", "title=Чужое closed_at=1767312000000000")],
    },
    Planted {
        spoil: "insert into raw_orders select * replace (_version + 1 as _version, 1 as _deleted) from raw_orders final where order_id = 2",
        said: &[("orders", "order_id=2", "order_id=2 company_id=1 deal_id=1", "nothing")],
    },
];

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

const IN_POSTGRES: [Planted; 4] = [
    Planted {
        spoil: "update batch_balances set value = value + 0.01, pieces = pieces + 1 where batch_id = 2",
        said: &[("batch_balances against the ledger", "batch_id=2", "batch_balances: value=", "")],
    },
    Planted {
        spoil: "update settlement_items set open = open - 0.01 where item_id = (select min(item_id) from settlement_items where open > 1)",
        said: &[
            ("batch_balances against the ledger", "batch_id=2", "ledger: value=", ""),
            ("settlement_items against the ledger", "party_id=", "settlement_items: open=", ""),
        ],
    },
    Planted {
        spoil: "alter table ledger_transaction disable trigger user;
            insert into ledger_transaction (company_id, kind, document_id, effective_on, booked_at, command_id, entries)
            values (1, 'test', 1, '2026-01-01', now(), gen_random_uuid(), 2)",
        said: &[
            ("batch_balances against the ledger", "batch_id=2", "; ledger: value=", ""),
            ("settlement_items against the ledger", "party_id=", "ledger: amount=", ""),
            ("ledger_transaction against its entries", "transaction_id=", "header: entries=2 company_id=1", ""),
        ],
    },
    Planted {
        spoil: "alter table ledger_entry disable trigger user;
            insert into ledger_entry (transaction_id, line, account, amount, effective_on, origin_on, booked_at, company_id)
            select transaction_id, 99, 'rounding', 0.01, effective_on, effective_on, now(), company_id from ledger_transaction
            where transaction_id = 1",
        said: &[
            ("batch_balances against the ledger", "batch_id=2", "batch_balances: value=", ""),
            ("settlement_items against the ledger", "party_id=", "ledger: amount=", ""),
            ("ledger_transaction against its entries", "transaction_id=1", "amount=0.01", ""),
        ],
    },
];

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
