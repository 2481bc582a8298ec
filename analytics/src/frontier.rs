//! How far ClickHouse is, for those who read it: what an answer is complete for, waiting for one's own change, and hearing of those of
//! others.
//!
//! Read the frontier *before* asking ClickHouse: the data may then be newer than it says, never older.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;

use crate::Lsn;
use crate::cdc::{self, pg};
use crate::changes::Changes;

/// A report waits this long for a change at most.
pub const WAIT: Duration = Duration::from_secs(2);
/// Older than this, the worker is asked whether anything happened at all.
const STALE: i64 = 1_000;
/// The answer to that usually takes a few milliseconds.
const FRESHEN: Duration = Duration::from_millis(100);
/// Changes kept for a reader that has not come to them yet.
const KEPT: usize = 64;

/// What an answer is complete for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsOf {
    /// Everything committed before this position is in the answer; rows of `raw_*` with `_lsn` below it are.
    pub lsn: Lsn,
    /// The moment of the last commit in it, or a later one at which there was nothing more.
    pub committed_at: DateTime<Utc>,
    /// How old that moment is, in milliseconds.
    pub lag_ms: i64,
}

/// Why the frontier cannot be told or waited for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The first load is not complete.
    #[error("nothing has been carried to ClickHouse yet")]
    NotReady,
    /// The token is not one of ours.
    #[error(transparent)]
    BadToken(#[from] crate::lsn::NotAnLsn),
    /// The change did not arrive in time (NOT_YET_VISIBLE): ask again.
    #[error("the change at {wanted} is not visible yet: ClickHouse is at {frontier}")]
    NotYetVisible {
        /// The position waited for.
        wanted: Lsn,
        /// The position reached.
        frontier: Lsn,
    },
    /// PostgreSQL could not be asked.
    #[error(transparent)]
    Unavailable(#[from] cdc::Error),
}

/// Reads the frontier and waits for it; one per process, cheap to share behind an `Arc`.
#[derive(Debug)]
pub struct Frontier {
    pool: pg::Pool,
    told: watch::Receiver<Lsn>,
    changes: broadcast::Sender<Changes>,
    started: Instant,
    asked_ms: AtomicU64,
    listener: JoinHandle<()>,
}

impl Drop for Frontier {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

impl Frontier {
    /// Starts listening for moves of the frontier (one connection of the pool for good).
    pub fn start(pool: pg::Pool) -> Self {
        let (tell, told) = watch::channel(Lsn(0));
        let changes = broadcast::Sender::new(KEPT);
        let listener = tokio::spawn(listen(pool.clone(), tell, changes.clone()));
        Self { pool, told, changes, started: Instant::now(), asked_ms: AtomicU64::new(0), listener }
    }

    /// Hears what becomes visible from now on. Whoever is too slow is told how much it missed.
    pub fn changes(&self) -> broadcast::Receiver<Changes> {
        self.changes.subscribe()
    }

    /// The frontier as it is now. When it looks old, the worker is asked first whether anything happened since:
    /// on a quiet system the answer is a moment ago, on a stuck one the truth.
    ///
    /// # Errors
    /// [`Error::NotReady`], [`Error::Unavailable`].
    pub async fn as_of(&self) -> Result<AsOf, Error> {
        let now = self.read().await?;
        if now.lag_ms <= STALE || !self.may_ask() {
            return Ok(now);
        }
        let mut told = self.told.clone();
        told.mark_unchanged();
        pg::want(&self.pool, None).await?;
        let _ = tokio::time::timeout(FRESHEN, told.changed()).await;
        self.read().await
    }

    /// Waits until the change a command returned `token` for can be seen, at most [`WAIT`].
    ///
    /// # Errors
    /// [`Error::NotYetVisible`] after that time; [`Error::BadToken`], [`Error::NotReady`], [`Error::Unavailable`].
    pub async fn wait_for(&self, token: &str) -> Result<AsOf, Error> {
        self.wait_at_most(token, WAIT).await
    }

    /// [`Self::wait_for`] with another limit.
    ///
    /// # Errors
    /// The same.
    pub async fn wait_at_most(&self, token: &str, limit: Duration) -> Result<AsOf, Error> {
        let wanted: Lsn = token.parse()?;
        let deadline = Instant::now() + limit;
        let mut told = self.told.clone();
        let mut silent = true;
        loop {
            told.mark_unchanged();
            let now = self.read().await?;
            if now.lsn >= wanted {
                return Ok(now);
            }
            if Instant::now() >= deadline {
                return Err(Error::NotYetVisible { wanted, frontier: now.lsn });
            }
            if silent {
                pg::want(&self.pool, Some(wanted)).await?;
            }
            // A lost notification, to us or to a worker that was just starting, costs a quarter of a second, not the answer.
            let pause = deadline.saturating_duration_since(Instant::now()).min(Duration::from_millis(250));
            silent = tokio::time::timeout(pause, told.changed()).await.is_err();
        }
    }

    /// Whether the worker still comes to the end of the log as it is now, waiting for it at most `limit`: on a quiet system it does at once.
    ///
    /// # Errors
    /// [`Error::NotReady`], [`Error::Unavailable`].
    pub async fn reaches_the_end(&self, limit: Duration) -> Result<bool, Error> {
        let end = pg::flushed(&self.pool).await?;
        match self.wait_at_most(&end.to_string(), limit).await {
            Ok(_) => Ok(true),
            Err(Error::NotYetVisible { .. }) => Ok(false),
            Err(other) => Err(other),
        }
    }

    async fn read(&self) -> Result<AsOf, Error> {
        let (lsn, committed_at, lag_ms) = pg::find_frontier(&self.pool).await?.ok_or(Error::NotReady)?;
        Ok(AsOf { lsn, committed_at, lag_ms })
    }

    /// At most one question a second, however many readers.
    fn may_ask(&self) -> bool {
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1_000);
        let last = self.asked_ms.load(Ordering::Relaxed);
        now >= last + 1_000 && self.asked_ms.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

async fn listen(pool: pg::Pool, tell: watch::Sender<Lsn>, changes: broadcast::Sender<Changes>) {
    loop {
        if let Err(error) = hear(&pool, &tell, &changes).await {
            tracing::debug!(%error, "listening for the frontier again");
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

/// Passes on what is told, until the connection cannot be had.
async fn hear(pool: &pg::Pool, tell: &watch::Sender<Lsn>, changes: &broadcast::Sender<Changes>) -> Result<(), cdc::Error> {
    let mut listener = pg::Listener::open_for_readers(pool).await?;
    let mut told = pg::Told::Gap;
    loop {
        match told {
            pg::Told::Frontier(lsn) => {
                tell.send_replace(lsn);
            }
            // An error means that nobody listens.
            pg::Told::Changes(told) => drop(changes.send(told)),
            pg::Told::Gap => {
                if let Some((lsn, committed_at, _)) = pg::find_frontier(pool).await? {
                    tell.send_replace(lsn);
                    drop(changes.send(Changes::anything(lsn, committed_at)));
                }
            }
        }
        told = listener.told().await?;
    }
}
