//! Writes batches: the journal first, then every table, then the frontier. One batch at a time, in order.
//!
//! Nothing is retried here. Whatever fails leaves the batch open in the journal, and the next attempt sends it again under the
//! same tokens and verifies it: one way to recover, whether the worker, PostgreSQL or ClickHouse went away.

use chrono::{DateTime, Utc};
use futures::future::try_join_all;

use super::batch::Batch;
use super::error::Error;
use super::journal::{self, Epoch, Frontier, Range};
use super::native::Rows;
use super::pg::Journal;
use super::sink::Sink;
use super::tables::{Kind, LEDGER};
use super::verify::{self, Repaired};
use crate::Lsn;
use crate::changes::Changes;

/// How sure it is that a batch was never sent before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sending {
    /// Never.
    First,
    /// It may have been: it was open when an earlier attempt ended.
    Again,
    /// It was answered, by a server that was restarted since: write only what is missing.
    Verify,
}

/// The one writer: it owns the journal and goes into the task that writes a batch and back.
#[derive(Debug)]
pub(crate) struct Applier {
    pub(crate) journal: Journal,
    pub(crate) sink: Sink,
    pub(crate) epoch: Epoch,
    /// What is answered, published or not.
    pub(crate) frontier: Frontier,
    /// Whether the frontier moved, or a batch was answered, since it was last published.
    pub(crate) unpublished: bool,
    /// What was answered and is not told yet.
    pub(crate) changes: Changes,
    /// The last row of it; until the frontier is beyond, not even a part is told.
    pub(crate) changed_to: Lsn,
    pub(crate) next_seq: i64,
}

impl Applier {
    /// Records the batch as open, telling the frontier of the one before, and writes it.
    pub(crate) async fn write(&mut self, batch: Batch) -> Result<(), Error> {
        let range = batch.range(self.next_seq);
        self.tell(Some(&range)).await?;
        self.next_seq += 1;
        self.send(&batch, &range, Sending::First).await?;
        self.answered(&batch, &range);
        Ok(())
    }

    /// Writes a recorded batch again, and proves it.
    pub(crate) async fn replay(&mut self, batch: Batch, range: &Range) -> Result<Repaired, Error> {
        let differs = |reason: String| Error::ReplayDiffers { seq: range.seq, reason };
        // The end of a part of a giant transaction is where the frontier stood: it may have moved since.
        let ends_with_commit = range.end > range.to.lsn;
        if batch.to != range.to || (ends_with_commit && batch.end != range.end) {
            return Err(differs(format!("it ends at {:?}, recorded {:?}", batch.to, range.to)));
        }
        if batch.shipped() != range.tables {
            return Err(differs(format!("it holds {:?}, recorded {:?}", batch.shipped(), range.tables)));
        }
        let sending = if range.done { Sending::Verify } else { Sending::Again };
        let repaired = self.send(&batch, range, sending).await?;
        if !range.done {
            self.answered(&batch, range);
        }
        Ok(repaired)
    }

    fn answered(&mut self, batch: &Batch, range: &Range) {
        self.frontier.lsn = self.frontier.lsn.max(range.end);
        self.frontier.committed_at = self.frontier.committed_at.max(batch.committed_at.unwrap_or(self.frontier.committed_at));
        journal::add(&mut self.frontier.tables, &range.tables);
        self.unpublished = true;
        self.changes.add_batch(batch);
        self.changed_to = self.changed_to.max(range.to.lsn);
    }

    /// Publishes the frontier with what became visible by it, and records the next batch.
    async fn tell(&mut self, next: Option<&Range>) -> Result<(), Error> {
        // Rows of a transaction that is not whole lie behind the frontier: who hears of them now could not read them.
        let visible = self.frontier.lsn > self.changed_to && !self.changes.is_empty();
        let changes = visible.then(|| {
            (self.changes.lsn, self.changes.committed_at) = (self.frontier.lsn, self.frontier.committed_at);
            &self.changes
        });
        self.journal.publish(self.epoch.epoch, &self.frontier, changes, next).await?;
        self.unpublished = false;
        if visible {
            self.changes = Changes::default();
        }
        Ok(())
    }

    /// Tells the frontier. Returns the end of the log after that, which contains this very write.
    pub(crate) async fn publish(&mut self, moved: Option<(Lsn, DateTime<Utc>)>) -> Result<Lsn, Error> {
        if let Some((lsn, at)) = moved {
            self.frontier.lsn = self.frontier.lsn.max(lsn);
            self.frontier.committed_at = self.frontier.committed_at.max(at);
        }
        self.tell(None).await?;
        self.journal.flushed().await
    }

    /// Lets the slot forget what was answered long enough ago by the server that is still running.
    pub(crate) async fn acknowledge(&mut self, acked: Lsn) -> Result<Lsn, Error> {
        if self.sink.boot().await? != self.epoch.boot {
            return Err(Error::Restarted);
        }
        self.journal.acknowledge(self.epoch.epoch, acked).await?;
        self.epoch.acked = acked;
        self.journal.flushed().await
    }

    /// The last step of recovery: marts equal the ledger, and this run of ClickHouse holds everything.
    pub(crate) async fn finish_recovery(&mut self, boot: &str) -> Result<Repaired, Error> {
        let repaired = verify::whole_marts(&self.sink, &self.epoch.identity()).await?;
        if self.sink.boot().await? != boot {
            return Err(Error::Restarted);
        }
        self.journal.verified(self.epoch.epoch, boot).await?;
        boot.clone_into(&mut self.epoch.boot);
        Ok(repaired)
    }

    /// One insert for each table: what changes and the stages together, the ledger last.
    async fn send(&self, batch: &Batch, range: &Range, sending: Sending) -> Result<Repaired, Error> {
        let (ledger, others) = batch.tables.split_at(LEDGER + 1);
        let others = others.iter().filter(|rows| !rows.is_empty());
        let mut repaired = Repaired::default();
        for done in try_join_all(others.map(|rows| self.send_table(rows, range, sending))).await? {
            repaired.add(done);
        }
        for rows in ledger.iter().filter(|rows| !rows.is_empty()) {
            repaired.add(self.send_table(rows, range, sending).await?);
            if sending != Sending::First {
                repaired.add(verify::marts(&self.sink, range, rows.last_lsn()).await?);
            }
        }
        Ok(repaired)
    }

    async fn send_table(&self, rows: &Rows, range: &Range, sending: Sending) -> Result<Repaired, Error> {
        let (raw, columns, body) = (rows.table().raw(), rows.column_list(), rows.body());
        let is_fact = rows.table().kind == Kind::Append;
        let token = self.token(&raw, range);
        match (sending, is_fact) {
            // A repetition of a version is the same version: no token, so that none can be remembered in vain.
            (Sending::Again | Sending::Verify, false) => self.sink.insert(&raw, &columns, body, None).await?,
            (Sending::First | Sending::Again, _) => self.sink.insert(&raw, &columns, body, Some(&token)).await?,
            (Sending::Verify, true) => {}
        }
        if is_fact && sending != Sending::First {
            return verify::facts(&self.sink, &raw, &columns, range, rows.len() as u64, rows.body()).await;
        }
        Ok(Repaired::default())
    }

    fn token(&self, raw: &str, range: &Range) -> String {
        let (from, to) = (range.from, range.to);
        format!("{}/{raw}/{}.{}-{}.{}", self.epoch.identity(), from.lsn, from.ordinal, to.lsn, to.ordinal)
    }
}
