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

/// Joins neighbours that were answered, up to `rows` rows together: to prove and repeat many small batches costs a statement for
/// each table of each. A transaction that was cut in two stays cut, because a mart tells its batches by `_lsn` alone.
pub fn join(ranges: impl IntoIterator<Item = Range>, rows: u64) -> Vec<Range> {
    let sum = |range: &Range| range.tables.values().map(|shipped| shipped.rows).sum::<u64>();
    let mut joined: Vec<Range> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if last.done && range.done && last.end > last.to.lsn && sum(last) + sum(&range) <= rows => {
                add(&mut last.tables, &range.tables);
                (last.seq, last.to, last.end) = (range.seq, range.to, range.end);
            }
            _ => joined.push(range),
        }
    }
    joined
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

#[cfg(test)]
mod tests {
    use super::*;

    fn range(seq: i64, done: bool, cut: bool, rows: u64) -> Range {
        let lsn = u64::try_from(seq).unwrap() * 100;
        let position = |lsn, ordinal| Position { lsn: Lsn(lsn), ordinal };
        let tables = Tables::from([("ledger_entry".to_owned(), Shipped { rows, last_lsn: lsn })]);
        let end = Lsn(if cut { lsn } else { lsn + 50 });
        Range { seq, done, from: position(lsn - 100, 7), to: position(lsn, 7), end, tables }
    }

    #[test]
    fn answered_neighbours_are_joined() {
        let joined = join((1..=3).map(|seq| range(seq, true, false, 10)), 30);
        let expected = Range { from: range(1, true, false, 0).from, ..range(3, true, false, 30) };
        assert_eq!(joined, [expected]);
    }

    #[test]
    fn not_beyond_the_limit_nor_what_is_open_nor_inside_a_transaction() {
        let apart = |ranges: Vec<Range>| assert_eq!(join(ranges.clone(), 20), ranges);
        apart(vec![range(1, true, false, 10), range(2, true, false, 11)]);
        apart(vec![range(1, true, false, 1), range(2, false, false, 1)]);
        apart(vec![range(1, true, true, 1), range(2, true, false, 1)]);
    }
}
