//! What the worker remembers in PostgreSQL: epochs, batches and the frontier, as plain data.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::Lsn;

/// Place of a row in the stream: its transaction, then its number inside it (from 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Position {
    /// Start of the commit record, `_lsn` in ClickHouse.
    pub lsn: Lsn,
    /// Rows of the transaction up to and with this one.
    pub ordinal: u64,
}

/// Rows of one table in a batch, or since the start of an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Shipped {
    /// How many.
    pub rows: u64,
    /// The highest `_lsn` among them.
    pub last_lsn: u64,
}

/// Rows by table.
pub type Tables = BTreeMap<String, Shipped>;

/// Adds a batch to the totals of an epoch.
pub fn add(totals: &mut Tables, batch: &Tables) {
    for (table, shipped) in batch {
        let total = totals.entry(table.clone()).or_default();
        total.rows += shipped.rows;
        total.last_lsn = total.last_lsn.max(shipped.last_lsn);
    }
}

/// A recorded batch: the rows after `from` up to and with `to`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// Number in its epoch.
    pub seq: i64,
    /// Answered by ClickHouse for every table.
    pub done: bool,
    /// Exclusive beginning.
    pub from: Position,
    /// Inclusive end.
    pub to: Position,
    /// The frontier once the batch is in.
    pub end: Lsn,
    /// Its rows.
    pub tables: Tables,
}

/// What the worker is to do with the newest epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Make a slot and load everything.
    New,
    /// A load was under way: discard it.
    Loading,
    /// A load was complete: finish the exchange of tables.
    Swapping,
    /// Stream from the slot.
    Live,
}

/// The newest epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epoch {
    /// Its number.
    pub epoch: i64,
    /// What to do with it.
    pub state: State,
    /// Identity of the PostgreSQL cluster.
    pub system_id: String,
    /// Its timeline.
    pub timeline: i64,
    /// Replication slot.
    pub slot: String,
    /// Where the slot starts.
    pub start: Lsn,
    /// What the slot may forget.
    pub acked: Lsn,
    /// The mark left in ClickHouse's memory.
    pub boot: String,
}

impl Epoch {
    /// Which log and which attempt a table of ClickHouse was filled from; kept as the comment of the table.
    pub fn identity(&self) -> String {
        format!("cdc {}/{}/{}", self.system_id, self.timeline, self.epoch)
    }
}

/// How far everything got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frontier {
    /// Everything committed before it can be seen.
    pub lsn: Lsn,
    /// The moment that is complete.
    pub committed_at: DateTime<Utc>,
    /// Rows since the start of the epoch.
    pub tables: Tables,
}

/// State of the replication slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// `reserved`, `extended`, `unreserved` or `lost`.
    pub wal_status: String,
    /// Bytes of WAL kept for it.
    pub kept_bytes: i64,
    /// Bytes that may still be written before it is in danger; none when unlimited.
    pub safe_bytes: Option<i64>,
}
