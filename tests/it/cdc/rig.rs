//! A database, a sidecar and a worker that can be killed; business written by plain SQL; the comparison of both sides.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use shpunt_analytics::cdc::{self, Phase, Status, Worker};
use shpunt_analytics::frontier::{AsOf, Frontier};
use shpunt_analytics::{Client, Config};
use shpunt_domain::Db;
use shpunt_engines::clickhouse::{Options, Sidecar};
use shpunt_tests::db::TestDb;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::engines::{Scratch, have_clickhouse, options};

/// Long enough for a busy machine, short enough to notice a hang.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// Both engines of one test.
pub(crate) struct Rig {
    pub(crate) db: Db,
    pub(crate) url: String,
    pub(crate) sidecar: Sidecar,
    pub(crate) client: Client,
    pub(crate) frontier: Arc<Frontier>,
    pub(crate) company: i64,
    dir: Scratch,
    _test_db: Option<TestDb>,
}

impl Rig {
    /// None where there is no ClickHouse to run.
    pub(crate) async fn new(name: &str) -> Option<Self> {
        Self::with_sidecar(name, options).await
    }

    /// The same with a sidecar of another kind.
    pub(crate) async fn with_sidecar(name: &str, options: impl Fn(&Path) -> Options) -> Option<Self> {
        if !have_clickhouse() {
            return None;
        }
        let test_db = TestDb::for_changes().await;
        let company = sqlx::query_scalar(
            "insert into companies (name, inn, first_day) values ('ООО «Шпунт»', '7701000001', '2024-01-01') returning company_id",
        )
        .fetch_one(&test_db.db)
        .await
        .unwrap();
        let rig = Self::run(name, &test_db, company, options).await;
        Some(Self { _test_db: Some(test_db), ..rig })
    }

    /// The same for a database with a business in it.
    pub(crate) async fn beside(name: &str, test_db: &TestDb, company: i64) -> Self {
        Self::run(name, test_db, company, options).await
    }

    async fn run(name: &str, test_db: &TestDb, company: i64, options: impl Fn(&Path) -> Options) -> Self {
        let _ = tracing_subscriber::fmt()
            .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
            .with_test_writer()
            .try_init();
        let (db, url) = (test_db.db.clone(), test_db.url.clone());
        let dir = Scratch::new(name);
        let sidecar = Sidecar::start(options(dir.path())).await.unwrap();
        let client = client(&sidecar);
        let frontier = Arc::new(Frontier::start(db.clone()));
        Self { db, url, sidecar, client, frontier, company, dir, _test_db: None }
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The usual limits, but impatient between sessions.
    pub(crate) fn config(&self) -> cdc::Config {
        cdc::Config { retry_at_most: Duration::from_millis(500), ..cdc::Config::new(&self.url, self.client.clone()) }
    }

    pub(crate) fn work(&self) -> Work {
        Work::start(self.config())
    }

    /// One posting of `lines` entries (even), balanced.
    pub(crate) async fn post(&self, lines: i32) {
        post(&self.db, self.company, lines).await;
    }

    /// Everything committed so far can be seen.
    pub(crate) async fn caught_up(&self) -> AsOf {
        caught_up(&self.db, &self.frontier).await
    }

    /// Facts, marts and every mutable table are the same on both sides.
    pub(crate) async fn assert_equal(&self) {
        let ours: (i64, String, i64, i64) = sqlx::query_as(
            "select count(*), coalesce(sum(amount * document_id), 0)::text, coalesce(sum(entry_id), 0)::bigint,
                    count(distinct entry_id) from ledger_entry",
        )
        .fetch_one(&self.db)
        .await
        .unwrap();
        let theirs: (i64, String, i64, i64) = self
            .ask(
                "select toInt64(count()), toString(sum(toDecimal128(amount * document_id, 2))), toInt64(sum(entry_id)),
                        toInt64(uniqExact(entry_id)) from raw_ledger_entry",
            )
            .await;
        assert_eq!(ours.0, theirs.0, "rows of the ledger");
        assert_eq!((ours.2, ours.3), (theirs.2, theirs.3), "ids of the ledger");
        let number = |text: &str| text.parse::<rust_decimal::Decimal>().unwrap();
        assert_eq!(number(&ours.1), number(&theirs.1), "amounts of the ledger");
        for mart in ["mart_turnover_day", "mart_margin_month"] {
            let mart_sum: (i64, i64, String, String) = self
                .ask(&format!("select toInt64(sum(entries)), toInt64(countIf(amount <> 0)), toString(sum(abs(amount))), toString(sum(vat)) from
                    (select account, sum(entries) as entries, sum(amount) as amount, sum(vat) as vat from {mart} group by account)"))
                .await;
            let raw_sum: (i64, i64, String, String) = self
                .ask("select toInt64(sum(entries)), toInt64(countIf(amount <> 0)), toString(sum(abs(amount))), toString(sum(vat)) from
                    (select account, count() as entries, sum(amount) as amount, sum(vat) as vat from raw_ledger_entry group by account)")
                .await;
            assert_eq!(mart_sum, raw_sum, "{mart}");
            assert_eq!(mart_sum.0, ours.0, "entries of {mart}");
        }
        for (table, key) in
            [("companies", "company_id"), ("parties", "party_id"), ("channels", "channel_id"), ("articles", "article_id")]
        {
            let live = if table == "parties" { "where deleted_at is null" } else { "" };
            let sql = format!("select count(*), coalesce(sum({key}), 0)::bigint from {table} {live}");
            let ours: (i64, i64) = sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_one(&self.db).await.unwrap();
            let theirs: (i64, i64) = self.ask(&format!("select toInt64(count()), toInt64(sum({key})) from cur_{table}")).await;
            assert_eq!(ours, theirs, "{table}");
        }
    }

    /// One row from ClickHouse.
    pub(crate) async fn ask<T>(&self, query: &str) -> T
    where
        T: clickhouse::RowOwned + clickhouse::RowRead,
    {
        self.client.inner().query_raw(query).fetch_one::<T>().await.unwrap()
    }

    pub(crate) async fn tell(&self, statement: &str) {
        self.client.inner().query_raw(statement).execute().await.unwrap();
    }

    /// kill -9; the supervisor starts it again.
    pub(crate) fn kill_sidecar(&self) {
        let pid = self.sidecar.pid();
        if pid != 0 {
            let _ = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status();
        }
    }

    /// Another sidecar, on a directory of its own: a stand-in while this one's is stopped.
    pub(crate) async fn sidecar_elsewhere(&self) -> Sidecar {
        Sidecar::start(options(&self.dir().join("elsewhere"))).await.unwrap()
    }

    pub(crate) async fn stop(self) {
        self.sidecar.stop().await.unwrap();
    }
}

/// Waits for a condition.
pub(crate) async fn eventually(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition().await {
        assert!(Instant::now() < deadline, "{what}: not within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

pub(crate) fn client(sidecar: &Sidecar) -> Client {
    let (user, password) = sidecar.writer();
    Client::new(&Config {
        url: sidecar.url(),
        database: sidecar.database().to_owned(),
        user: user.to_owned(),
        password: password.to_owned(),
    })
}

/// One balanced posting: money in and out of cash account 1, half of the lines each.
pub(crate) async fn post(db: &Db, company: i64, lines: i32) {
    sqlx::query(
        "with head as (
            insert into ledger_transaction (company_id, kind, document_id, effective_on, booked_at, command_id, entries)
            values ($1, 'test', 1, '2026-03-02', now(), gen_random_uuid(), $2) returning transaction_id)
         insert into ledger_entry (transaction_id, line, account, amount, effective_on, origin_on, booked_at, company_id,
            document_id, deal_id, article_id, cash_account_id, party_id, vat, metres, tonnes_theoretical, pieces)
         select transaction_id, i, case when i % 2 = 0 then 'cash' else 'capital' end, case when i % 2 = 0 then 1 else -1 end * 1000.01,
            '2026-03-02', '2026-02-27', now(), $1, 1 + transaction_id % 97, i % 5, 1, 1, 0, -0.17, 12.345, -0.000001, -3
         from head, generate_series(1, $2) i",
    )
    .bind(company)
    .bind(lines)
    .execute(db)
    .await
    .unwrap();
}

pub(crate) async fn token(db: &Db) -> String {
    sqlx::query_scalar("select pg_current_wal_flush_lsn()::text").fetch_one(db).await.unwrap()
}

pub(crate) async fn caught_up(db: &Db, frontier: &Frontier) -> AsOf {
    let token = token(db).await;
    let deadline = Instant::now() + PATIENCE;
    loop {
        match frontier.wait_for(&token).await {
            Ok(as_of) => return as_of,
            Err(error) => assert!(Instant::now() < deadline, "not caught up with {token}: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A running worker.
pub(crate) struct Work {
    pub(crate) status: watch::Receiver<Status>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), cdc::Error>>,
}

impl Work {
    pub(crate) fn start(config: cdc::Config) -> Self {
        let worker = Worker::new(config);
        let status = worker.status();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(worker.run(async {
            let _ = stopped.await;
        }));
        Self { status, stop, task }
    }

    /// Shut down in order.
    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        tokio::time::timeout(PATIENCE, self.task).await.expect("it stops").unwrap().unwrap();
    }

    /// Shut down as soon as the first load is over.
    pub(crate) async fn stop_when_streaming(mut self) {
        self.wait("it streams", |status| status.phase == Phase::Streaming).await;
        self.stop().await;
    }

    /// Gone in the middle of whatever it was doing.
    pub(crate) async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }

    /// Waits for the failure it must stop with.
    pub(crate) async fn failure(self) -> cdc::Error {
        let _keep = self.stop;
        tokio::time::timeout(PATIENCE, self.task).await.expect("it stops by itself").unwrap().unwrap_err()
    }

    pub(crate) async fn wait(&mut self, what: &str, condition: impl FnMut(&Status) -> bool) {
        tokio::time::timeout(PATIENCE, self.status.wait_for(condition)).await.unwrap_or_else(|_| panic!("{what}")).unwrap();
    }
}
