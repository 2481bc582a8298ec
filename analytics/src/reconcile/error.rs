//! Why both sides could not be compared; a difference is no error.

use std::time::Duration;

use crate::cdc;

/// Nothing is said about equality when one of these is returned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The first load is not complete.
    #[error("nothing has been carried to ClickHouse yet; compare again when the first load is complete")]
    NotReady,
    /// Nobody carries changes, so ClickHouse cannot be brought to the moment that is compared.
    #[error("no worker is carrying changes to ClickHouse{}; start `shpunt cdc` (or `shpunt up`) and compare again", because(.failure))]
    NotRunning {
        /// Why the last one stopped for good; empty when it did not.
        failure: String,
    },
    /// There is a worker, but it does not get to the moment that is compared.
    #[error("the worker did not {what} within {} s; see its log, and compare again", .waited.as_secs())]
    NotAnswering {
        /// What was asked of it.
        what: &'static str,
        /// How long.
        waited: Duration,
    },
    /// Only one comparison at a time.
    #[error("another comparison of this database is running (process {0} of PostgreSQL); wait for it")]
    InUse(i32),
    /// A snapshot can be made only when every transaction that was open has ended.
    #[error("PostgreSQL made no snapshot within {} s: it waits for open transactions{oldest}; end them, or compare again later", .waited.as_secs())]
    Blocked {
        /// How long it was waited for.
        waited: Duration,
        /// The oldest of them.
        oldest: String,
    },
    /// The worker was restarted, or loaded everything anew, in the middle of every attempt.
    #[error("ClickHouse did not stand still long enough in {0} attempts; compare again when it is quieter")]
    Unsettled(u32),
    /// PostgreSQL could not be reached or refused a statement.
    #[error(transparent)]
    Postgres(#[from] cdc::Error),
    /// ClickHouse could not be reached or refused a statement.
    #[error("ClickHouse: {0}")]
    ClickHouse(#[from] ::clickhouse::error::Error),
    /// A database took a statement and then said nothing.
    #[error("{who} did not answer for {} s", .waited.as_secs())]
    Silent {
        /// Which.
        who: &'static str,
        /// How long.
        waited: Duration,
    },
    /// A database sorted otherwise than asked: the comparison would be meaningless.
    #[error("{0:?} came out of order")]
    Unordered(String),
}

fn because(failure: &str) -> String {
    if failure.is_empty() { String::new() } else { format!(" (the last one stopped: {failure})") }
}
