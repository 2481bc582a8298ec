//! Both embedded engines with the settings of `shpunt up`, migrated, and the worker between them.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use shpunt_analytics::cdc::{self, Status, Worker};
use shpunt_analytics::frontier::Frontier;
use shpunt_analytics::{Client, Config, Lsn};
use shpunt_domain::Db;
use shpunt_engines::clickhouse::{self, Sidecar};
use shpunt_engines::postgres::{self, Postgres};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::scratch::Scratch;
use crate::server;

/// Carrying a million rows takes seconds; a minute more means that it hangs.
const PATIENCE: Duration = Duration::from_mins(5);

/// Two engines in a temporary directory.
pub struct Engines {
    /// PostgreSQL.
    pub postgres: Postgres,
    /// ClickHouse.
    pub sidecar: Sidecar,
    /// A pool of connections to PostgreSQL.
    pub db: Db,
    /// Speaks to ClickHouse as the writer.
    pub client: Client,
    /// How far ClickHouse is.
    pub frontier: Arc<Frontier>,
    // Removed last: fields are dropped in their order.
    _dir: Scratch,
}

impl Engines {
    /// Starts and migrates both.
    ///
    /// # Errors
    /// An engine does not start: it says why.
    pub async fn start(name: &str) -> Result<Self> {
        let dir = Scratch::new(name)?;
        let postgres = Postgres::start(postgres::Options::new(dir.path().join("postgres"))).await?;
        let options = clickhouse::Options::new(server::program("sidecar"), &[], dir.path().join("clickhouse"));
        let sidecar = Sidecar::start(options).await?;
        let db = shpunt_domain::db::connect(&postgres.url(), 8).await?;
        shpunt_domain::db::migrate(&db).await?;
        let (user, password) = sidecar.writer();
        let client = Client::new(&Config {
            url: sidecar.url(),
            database: sidecar.database().to_owned(),
            user: user.to_owned(),
            password: password.to_owned(),
        });
        let frontier = Arc::new(Frontier::start(db.clone()));
        Ok(Self { postgres, sidecar, db, client, frontier, _dir: dir })
    }

    /// Starts the worker with the usual limits, changed by `adjust`.
    pub fn work(&self, adjust: impl FnOnce(&mut cdc::Config)) -> Work {
        let mut config = cdc::Config::new(self.postgres.url(), self.client.clone());
        adjust(&mut config);
        let (stop, stopped) = oneshot::channel();
        let worker = Worker::new(config);
        let status = worker.status();
        let task = tokio::spawn(worker.run(async {
            let _ = stopped.await;
        }));
        Work { status, stop, task }
    }

    /// The end of the log of PostgreSQL.
    ///
    /// # Errors
    /// PostgreSQL does not answer.
    pub async fn end_of_log(&self) -> Result<Lsn> {
        let text: String = sqlx::query_scalar("select pg_current_wal_flush_lsn()::text").fetch_one(&self.db).await?;
        Ok(text.parse()?)
    }

    /// Waits until everything before `end` can be seen in ClickHouse.
    ///
    /// # Errors
    /// It takes too long.
    pub async fn reached(&self, end: Lsn) -> Result<()> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while let Err(error) = self.frontier.wait_at_most(&end.to_string(), PATIENCE).await {
            ensure!(tokio::time::Instant::now() < deadline, "{end} is not reached: {error}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    /// A number from ClickHouse.
    ///
    /// # Errors
    /// What ClickHouse answered.
    pub async fn number(&self, query: &str) -> Result<u64> {
        self.client.inner().query_raw(query).fetch_one::<u64>().await.with_context(|| query.to_owned())
    }

    /// Stops both in order.
    ///
    /// # Errors
    /// An engine had to be killed.
    pub async fn stop(self) -> Result<()> {
        drop(self.frontier);
        self.db.close().await;
        self.sidecar.stop().await?;
        self.postgres.stop().await?;
        Ok(())
    }
}

/// A running worker.
pub struct Work {
    status: watch::Receiver<Status>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), cdc::Error>>,
}

impl Work {
    /// What it tells about itself.
    pub fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    /// Shuts it down in order.
    ///
    /// # Errors
    /// What stopped it before.
    pub async fn stop(self) -> Result<()> {
        // It may have ended by itself, with an error that is told below.
        let _ = self.stop.send(());
        Ok(self.task.await??)
    }
}
