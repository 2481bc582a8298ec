//! What the worker tells about itself, for `/health` and `/metrics`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::verify::Repaired;
use crate::Lsn;

/// What the worker is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Connecting and checking.
    #[default]
    Starting,
    /// Another worker is active.
    StandBy,
    /// Loading everything from a snapshot.
    Loading,
    /// Verifying what an earlier attempt wrote.
    Recovering,
    /// Carrying changes as they are committed.
    Streaming,
    /// Something failed; trying again soon.
    Retrying,
    /// Stopped until somebody acts.
    Failed,
    /// Shut down.
    Stopped,
}

impl Phase {
    /// One word for logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::StandBy => "stand_by",
            Self::Loading => "loading",
            Self::Recovering => "recovering",
            Self::Streaming => "streaming",
            Self::Retrying => "retrying",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }
}

/// A snapshot of the worker; counters since it was started.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Status {
    /// What it is doing.
    pub phase: Phase,
    /// Standing still while both sides are compared; it ends by itself.
    pub paused: bool,
    /// Number of the epoch.
    pub epoch: i64,
    /// Everything committed before it can be seen.
    pub frontier: Lsn,
    /// The moment that is complete for.
    pub committed_at: Option<DateTime<Utc>>,
    /// The furthest position heard of from the server.
    pub heard: Lsn,
    /// Bytes of log between the two.
    pub lag_bytes: u64,
    /// Age of the oldest commit that is not visible, milliseconds; 0 when everything heard of is.
    pub lag_ms: u64,
    /// Rows written.
    pub rows: u64,
    /// Batches written.
    pub batches: u64,
    /// Sessions begun; every one after the first follows a failure.
    pub sessions: u64,
    /// What was found missing and mended.
    pub repaired: Repaired,
    /// State of the slot: `reserved`, `extended`, `unreserved`, `lost`.
    pub slot_status: String,
    /// Bytes of log the server keeps for the slot.
    pub slot_kept_bytes: i64,
    /// Bytes that may be written before the slot is in danger, if limited.
    pub slot_safe_bytes: Option<i64>,
    /// The last failure, until the stream works again.
    pub last_error: Option<String>,
}
