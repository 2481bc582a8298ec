//! What the loop has done, one job at a time: batches written again or anew, frontier told, slot acknowledged and watched.

use std::time::Duration;

use chrono::{DateTime, Utc};
use pgwire_replication::{Lsn as WireLsn, ReplicationClient};
use tokio::time::Instant;

use super::{Done, Stream, TICK, WATCH_SLOT};
use crate::Lsn;
use crate::cdc::apply::Applier;
use crate::cdc::batch::Batch;
use crate::cdc::error::Error;
use crate::cdc::worker::note_repairs;

impl Stream<'_> {
    /// Starts what is most urgent, if the writer is here.
    pub(super) fn start_job(&mut self, stopping: bool) {
        let Some(mut applier) = self.applier.take() else { return };
        if let Some(range) = self.plan.ranges.front() {
            if !stopping && self.is_cut(range) {
                let (batch, range) = (self.assembler.take(), range.clone());
                self.began = Some(Instant::now());
                self.jobs.spawn(async move {
                    let outcome = applier.replay(batch, &range).await.map(Done::Replayed);
                    (applier, outcome)
                });
            } else {
                self.applier = Some(applier);
            }
            return;
        }
        let cut = self.hold.reached(&self.assembler, self.quiet_at());
        let last = self.undecodable.is_some() || cut.is_some();
        if let Some(boot) = self.plan.boot.clone() {
            self.jobs.spawn(async move {
                let outcome = applier.finish_recovery(&boot).await.map(Done::Recovered);
                (applier, outcome)
            });
        } else if !stopping && (self.config.pace.is_due(self.waiting()) || (last && self.assembler.rows() > 0)) {
            self.start_batch(applier);
        } else if applier.unpublished {
            self.start_telling(applier, None);
        } else if stopping {
            self.applier = Some(applier);
        } else if let Some(cut) = cut.filter(|cut| *cut > self.frontier) {
            let at = applier.frontier.committed_at;
            self.start_telling(applier, Some((cut, at)));
        } else if let Some(by) = self.hold.to_confirm() {
            self.start_probing(applier, by, true);
        } else if let Some(by) = self.hold.due_probe() {
            self.start_probing(applier, by, false);
        } else if let Some(acked) = self.to_acknowledge() {
            self.jobs.spawn(async move {
                let outcome = applier.acknowledge(acked).await.map(|own| Done::Acknowledged { own });
                (applier, outcome)
            });
        } else if let Some(moved) = self.to_tell() {
            self.start_telling(applier, Some(moved));
        } else if self.watched_at.is_none_or(|at| at.elapsed() >= WATCH_SLOT) {
            self.watched_at = Some(Instant::now());
            self.jobs.spawn(async move {
                let slot = applier.epoch.slot.clone();
                let outcome = applier.journal.slot(&slot).await.map(Done::Watched);
                (applier, outcome)
            });
        } else {
            self.applier = Some(applier);
        }
    }

    pub(super) fn start_batch(&mut self, mut applier: Applier) {
        let batch: Batch = self.assembler.take();
        self.writing = batch.first_committed_at;
        self.began = Some(Instant::now());
        self.jobs.spawn(async move {
            let rows = batch.rows;
            let outcome = applier.write(batch).await.map(|()| Done::Written { rows });
            (applier, outcome)
        });
    }

    /// Whether those who asked for a pause are still there; the first time they are told that it began.
    pub(super) fn start_probing(&mut self, mut applier: Applier, by: i32, tell: bool) {
        self.jobs.spawn(async move {
            let outcome = async {
                let alive = applier.journal.is_held(by).await?;
                if alive && tell {
                    applier.journal.tell_held(by).await?;
                }
                Ok(Done::Probed { alive })
            };
            let outcome = outcome.await;
            (applier, outcome)
        });
    }

    pub(super) fn start_telling(&mut self, mut applier: Applier, moved: Option<(Lsn, DateTime<Utc>)>) {
        self.told_at = Instant::now();
        self.jobs.spawn(async move {
            let outcome = applier.publish(moved).await.map(|own| Done::Told { own });
            (applier, outcome)
        });
    }

    /// A frontier worth telling although nothing was written: the server is quiet, and somebody waits or something moved.
    pub(super) fn to_tell(&self) -> Option<(Lsn, DateTime<Utc>)> {
        let (lsn, at) = self.quiet?;
        let lsn = lsn.max(self.assembler.reached());
        let idle = self.assembler.rows() == 0 && self.assembler.is_between() && lsn > self.frontier;
        let asked = self.wanted > self.frontier && lsn >= self.wanted;
        let moved = lsn > self.own && self.told_at.elapsed() >= self.config.heartbeat;
        (idle && (asked || moved)).then_some((lsn, at))
    }

    /// The position that was answered long enough ago, or that too much log is kept for.
    pub(super) fn to_acknowledge(&self) -> Option<Lsn> {
        let old =
            self.history.iter().take_while(|(at, _)| at.elapsed() >= self.config.acknowledge_after).last().map(|(_, lsn)| *lsn);
        let too_much = self.frontier.0.saturating_sub(self.acked.0) > self.config.acknowledge_bytes;
        old.max(too_much.then_some(self.frontier)).filter(|lsn| *lsn > self.acked)
    }

    pub(super) fn finish_job(&mut self, applier: Applier, done: Done, replication: &ReplicationClient) -> Result<(), Error> {
        self.frontier = applier.frontier.lsn;
        match done {
            Done::Written { rows } => {
                let took = self.began.map_or(Duration::ZERO, |began| began.elapsed());
                tracing::debug!(rows, took_ms = took.as_millis(), end = %self.frontier, "batch written");
                self.writing = None;
                self.status.send_modify(|status| {
                    status.rows += rows as u64;
                    status.batches += 1;
                });
            }
            Done::Replayed(repaired) => {
                self.plan.ranges.pop_front();
                note_repairs(&self.status, repaired);
            }
            Done::Recovered(repaired) => {
                self.plan.boot = None;
                note_repairs(&self.status, repaired);
            }
            Done::Told { own } => {
                tracing::debug!(frontier = %self.frontier, "told");
                self.own = own;
            }
            Done::Acknowledged { own } => {
                self.own = own;
                self.acked = applier.epoch.acked;
                while self.history.front().is_some_and(|(_, lsn)| *lsn <= self.acked) {
                    self.history.pop_front();
                }
                replication.update_applied_lsn(WireLsn::from_u64(self.acked.0));
            }
            Done::Watched(slot) => self.watch(slot, &applier.epoch.slot)?,
            Done::Probed { alive } => self.hold.probed(alive),
        }
        if self.history.back().is_none_or(|(at, lsn)| at.elapsed() >= TICK && *lsn < self.frontier) && self.frontier > self.acked
        {
            self.history.push_back((Instant::now(), self.frontier));
        }
        let committed_at = applier.frontier.committed_at;
        self.status.send_modify(|status| status.committed_at = Some(committed_at));
        self.applier = Some(applier);
        self.report();
        Ok(())
    }
}
