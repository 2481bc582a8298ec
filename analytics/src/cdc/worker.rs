//! The worker: session after session, with a pause between, until it is shut down or must not go on.

use std::convert::Infallible;
use std::time::Duration;

use tokio::sync::watch;

use super::error::Error;
use super::pace::Pace;
use super::pg::{self, Journal, Pool};
use super::status::{Phase, Status};
use super::{session, verify};
use crate::Client;

/// How the change stream is run.
#[derive(Clone)]
pub struct Config {
    /// Address of PostgreSQL; the user must be allowed to replicate.
    pub postgres_url: String,
    /// Where to write.
    pub clickhouse: Client,
    /// When batches are sent.
    pub pace: Pace,
    /// The slot forgets this long after ClickHouse answered, because an answer is not durable at once.
    pub acknowledge_after: Duration,
    /// Or sooner, when so many bytes of log are kept.
    pub acknowledge_bytes: u64,
    /// The frontier follows an idle server at most this often.
    pub heartbeat: Duration,
    /// The longest pause between sessions.
    pub retry_at_most: Duration,
}

impl Config {
    /// The usual limits.
    pub fn new(postgres_url: impl Into<String>, clickhouse: Client) -> Self {
        Self {
            postgres_url: postgres_url.into(),
            clickhouse,
            pace: Pace::default(),
            acknowledge_after: Duration::from_mins(1),
            acknowledge_bytes: 1 << 30,
            heartbeat: Duration::from_secs(1),
            retry_at_most: Duration::from_secs(10),
        }
    }
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config").field("clickhouse", &self.clickhouse).field("pace", &self.pace).finish_non_exhaustive()
    }
}

/// Carries changes until shut down. At most one is active for a database; others stand by.
#[derive(Debug)]
pub struct Worker {
    config: Config,
    status: watch::Sender<Status>,
}

impl Worker {
    /// Makes a worker; nothing happens until it runs.
    pub fn new(config: Config) -> Self {
        Self { config, status: watch::Sender::default() }
    }

    /// What it tells about itself; may be taken before it runs and read at any time.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.subscribe()
    }

    /// Runs until `shutdown` completes. Failures of PostgreSQL or ClickHouse are waited out and recovered from.
    ///
    /// # Errors
    /// What must not be passed over until somebody acts ([`Error::is_fatal`]): the slot is kept, the reason is recorded in
    /// PostgreSQL and logged.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) -> Result<(), Error> {
        let (tell_stop, stop) = watch::channel(false);
        // Told to stop, the session ends by itself, in order.
        let tell = async {
            shutdown.await;
            tell_stop.send_replace(true);
            std::future::pending::<Infallible>().await
        };
        tokio::select! {
            outcome = self.sessions(stop) => outcome,
            never = tell => match never {},
        }
    }

    async fn sessions(&self, stop: watch::Receiver<bool>) -> Result<(), Error> {
        let mut pause = Duration::from_millis(100);
        loop {
            self.status.send_modify(|status| status.sessions += 1);
            let batches = self.status.borrow().batches;
            let Err(error) = session::run(&self.config, &self.status, stop.clone()).await else {
                self.status.send_modify(|status| status.phase = Phase::Stopped);
                return Ok(());
            };
            self.status.send_modify(|status| status.last_error = Some(error.to_string()));
            if error.is_fatal() {
                return Err(self.fail(error).await);
            }
            if let Error::Foreign(reason) = &error {
                self.ask_for_epoch(reason).await;
            }
            let quiet = matches!(error, Error::StandBy);
            let phase = if quiet { Phase::StandBy } else { Phase::Retrying };
            self.status.send_modify(|status| status.phase = phase);
            if quiet {
                tracing::debug!("another worker is active");
            } else {
                tracing::warn!(%error, pause_ms = pause.as_millis(), "the change stream broke off; trying again");
            }
            // A session that wrote something starts the count anew.
            if self.status.borrow().batches > batches {
                pause = Duration::from_millis(100);
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = wait_stop(stop.clone()) => {}
            }
            if *stop.borrow() {
                self.status.send_modify(|status| status.phase = Phase::Stopped);
                return Ok(());
            }
            pause = (pause * 2).min(self.config.retry_at_most);
        }
    }

    async fn fail(&self, error: Error) -> Error {
        self.status.send_modify(|status| status.phase = Phase::Failed);
        tracing::error!(%error, alarm = true, "the change stream stopped: it will not pass over what it cannot carry");
        if let Err(record) = pg::record_failure(&self.config.postgres_url, &error.to_string()).await {
            tracing::error!(%record, "the failure could not be recorded");
        }
        error
    }

    async fn ask_for_epoch(&self, reason: &str) {
        let outcome = async {
            let mut journal = Journal::open(&self.config.postgres_url).await?;
            let epoch = journal.epoch().await?;
            journal.discard(epoch.epoch, reason).await
        };
        if let Err(error) = outcome.await {
            tracing::warn!(%error, "a new epoch could not be asked for yet");
        }
    }
}

async fn wait_stop(mut stop: watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Asks for everything to be loaded anew (`shpunt cdc reset`); reports go on answering from the old tables meanwhile. Returns the
/// number of the new epoch.
///
/// # Errors
/// PostgreSQL could not be reached.
pub async fn reset(pool: &Pool) -> Result<i64, Error> {
    let epoch = pg::request_epoch(pool, "asked for by the operator").await?;
    pg::want(pool, None).await?;
    Ok(epoch)
}

/// Why and when the worker stopped for good, for `/health`; none while it works.
///
/// # Errors
/// PostgreSQL could not be reached.
pub async fn failure(pool: &Pool) -> Result<Option<(String, chrono::DateTime<chrono::Utc>)>, Error> {
    pg::find_failure(pool).await
}

/// What recovery mended, summed.
pub(crate) fn note_repairs(status: &watch::Sender<Status>, repaired: verify::Repaired) {
    if repaired != verify::Repaired::default() {
        status.send_modify(|status| status.repaired.add(repaired));
    }
}
