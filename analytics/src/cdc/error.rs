//! Why the change stream stopped, and whether trying again can help.

use crate::Lsn;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// A failure of the worker.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// PostgreSQL could not be reached or refused a statement.
    #[error("PostgreSQL: {0}")]
    Postgres(#[source] Source),
    /// The replication connection broke or was refused.
    #[error("replication: {0}")]
    Replication(#[from] pgwire_replication::PgWireError),
    /// ClickHouse could not be reached or refused a statement.
    #[error("ClickHouse: {0}")]
    ClickHouse(#[from] clickhouse::error::Error),
    /// Another worker holds the lock; this one stands by.
    #[error("another worker is active")]
    StandBy,
    /// A newer epoch was asked for while this one was streaming.
    #[error("epoch {0} is no longer the newest")]
    EpochChanged(i64),
    /// ClickHouse was restarted: what it answered since the last acknowledgement is to be verified.
    #[error("ClickHouse was restarted")]
    Restarted,
    /// An insert of an earlier attempt is still running in ClickHouse: what it wrote cannot be counted yet.
    #[error("an insert of an earlier attempt does not end")]
    Unsettled,
    /// ClickHouse does not hold what this epoch wrote: wiped, restored from a backup, or data were lost for good.
    #[error("ClickHouse does not hold this epoch: {0}")]
    Foreign(String),
    /// Something written is missing and was not repaired yet; the next attempt verifies again.
    #[error("rows of {table} are missing in ClickHouse: {found} of {expected}")]
    Missing {
        /// The table or mart.
        table: String,
        /// Rows there should be.
        expected: u64,
        /// Rows there are.
        found: u64,
    },
    /// A change that cannot be read. Never skipped: the worker stops at the last good commit and the slot keeps the rest.
    #[error("undecodable change of {table} in the transaction at {lsn}: {reason}")]
    Undecodable {
        /// Start of the commit record of the transaction.
        lsn: Lsn,
        /// The shipped table, or what the message was.
        table: String,
        /// What was wrong with it.
        reason: String,
    },
    /// The stream did not repeat what the journal recorded.
    #[error("the stream does not repeat batch {seq}: {reason}")]
    ReplayDiffers {
        /// Number of the batch in its epoch.
        seq: i64,
        /// What differed.
        reason: String,
    },
    /// The slot is gone. Everything since is lost to the stream: `shpunt cdc reset` loads anew.
    #[error("replication slot {0} does not exist; `shpunt cdc reset` loads everything anew")]
    SlotMissing(String),
    /// The slot was invalidated because it kept too much WAL. `shpunt cdc reset` loads anew.
    #[error("replication slot {0} was invalidated by the server; `shpunt cdc reset` loads everything anew")]
    SlotLost(String),
    /// The tables of ClickHouse or the publication are not those this program ships.
    #[error("{0}")]
    SchemaMismatch(String),
    /// The settings of PostgreSQL do not allow logical replication.
    #[error("{0}")]
    Misconfigured(String),
}

impl Error {
    /// Whether trying again cannot help until somebody acts.
    pub fn is_fatal(&self) -> bool {
        matches!(
            self,
            Self::Undecodable { .. }
                | Self::ReplayDiffers { .. }
                | Self::SlotMissing(_)
                | Self::SlotLost(_)
                | Self::SchemaMismatch(_)
                | Self::Misconfigured(_)
        )
    }
}
