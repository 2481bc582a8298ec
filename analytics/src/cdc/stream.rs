//! The streaming loop: reads ahead while a batch is being written, decides what is written next, and follows an idle server.
//!
//! One job runs at a time and owns the writer, so batches, frontier and acknowledgement can never overtake one another.

use std::collections::VecDeque;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::FutureExt;
use pgwire_replication::{Lsn as WireLsn, ReplicationClient, ReplicationEvent};
use tokio::sync::watch;
use tokio::task::{JoinSet, unconstrained};
use tokio::time::Instant;

use super::apply::Applier;
use super::batch::{Assembler, Batch};
use super::error::Error;
use super::hold::Hold;
use super::journal::{Range, Slot};
use super::pace::Waiting;
use super::pg::{Heard, Listener};
use super::session::ours;
use super::status::{Phase, Status};
use super::verify::Repaired;
use super::worker::{Config, note_repairs};
use crate::Lsn;

/// Messages read in one go before other things get their turn.
const BURST: usize = 4_096;
const TICK: Duration = Duration::from_millis(200);
const WATCH_SLOT: Duration = Duration::from_secs(5);

/// What has to be written again, and proved, before anything new.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Recorded batches, in order.
    pub(crate) ranges: VecDeque<Range>,
    /// Until this mark is recorded, everything unacknowledged counts as unproved.
    pub(crate) boot: Option<String>,
}

/// What a job did.
enum Done {
    Written { rows: usize },
    Replayed(Repaired),
    Recovered(Repaired),
    Told { own: Lsn },
    Acknowledged { own: Lsn },
    Watched(Option<Slot>),
    Probed { alive: bool },
}

pub(crate) struct Stream<'a> {
    config: &'a Config,
    status: watch::Sender<Status>,
    assembler: Assembler,
    plan: Plan,
    /// Here unless a job has it.
    applier: Option<Applier>,
    jobs: JoinSet<(Applier, Result<Done, Error>)>,
    drained: bool,
    began: Option<Instant>,
    /// The last thing heard from a server with nothing more to send.
    quiet: Option<(Lsn, DateTime<Utc>)>,
    heard: Lsn,
    /// What the log was moved to by our own bookkeeping: not worth telling again.
    own: Lsn,
    wanted: Lsn,
    told_at: Instant,
    watched_at: Option<Instant>,
    /// Frontiers by age, to be acknowledged.
    history: VecDeque<(Instant, Lsn)>,
    acked: Lsn,
    frontier: Lsn,
    undecodable: Option<Error>,
    /// The oldest commit of the batch under way.
    writing: Option<DateTime<Utc>>,
    hold: Hold,
}

impl<'a> Stream<'a> {
    pub(crate) fn new(
        config: &'a Config,
        status: watch::Sender<Status>,
        applier: Applier,
        assembler: Assembler,
        plan: Plan,
    ) -> Self {
        let (acked, frontier) = (applier.epoch.acked, applier.frontier.lsn);
        Self {
            config,
            status,
            assembler,
            plan,
            applier: Some(applier),
            jobs: JoinSet::new(),
            drained: false,
            began: None,
            quiet: None,
            heard: frontier,
            own: frontier,
            wanted: Lsn(0),
            told_at: Instant::now(),
            watched_at: None,
            history: VecDeque::new(),
            acked,
            frontier,
            undecodable: None,
            writing: None,
            hold: Hold::free(),
        }
    }

    /// Streams until asked to stop; the batch under way is finished and told.
    pub(crate) async fn run(
        mut self,
        mut replication: ReplicationClient,
        mut listener: Listener,
        mut stop: watch::Receiver<bool>,
    ) -> Result<(), Error> {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let stopping = *stop.borrow();
            self.start_job(stopping);
            if self.applier.is_some() && stopping {
                replication.stop();
                return Ok(());
            }
            if self.applier.is_some()
                && (self.assembler.rows() == 0 || !self.plan.ranges.is_empty())
                && let Some(error) = self.undecodable.take()
            {
                return Err(error);
            }
            let reading = self.is_reading() && !stopping;
            let due_at = self.due_at();
            tokio::select! {
                biased;
                _ = stop.changed(), if !stopping => {}
                Some(job) = self.jobs.join_next() => {
                    let (applier, outcome) = job.map_err(|error| Error::Postgres(Box::new(error)))?;
                    self.finish_job(applier, outcome?, &replication)?;
                }
                heard = listener.hear() => match heard? {
                    Heard::Position(wanted) => self.wanted = self.wanted.max(wanted),
                    Heard::Call(call) => self.hold.hear(call),
                },
                _ = tick.tick() => self.report(),
                () = tokio::time::sleep_until(due_at) => {}
                event = replication.recv(), if reading => {
                    self.hear(event?.ok_or_else(ended)?);
                    self.drain(&mut replication)?;
                }
            }
        }
    }

    /// Reads what has already arrived.
    fn drain(&mut self, replication: &mut ReplicationClient) -> Result<(), Error> {
        for _ in 0..BURST {
            if !self.is_reading() {
                self.drained = false;
                return Ok(());
            }
            // Not counted against the task's budget: an exhausted budget would look like an empty channel.
            let Some(event) = unconstrained(replication.recv()).now_or_never() else {
                self.drained = true;
                return Ok(());
            };
            self.hear(event?.ok_or_else(ended)?);
        }
        self.drained = false;
        Ok(())
    }

    fn is_reading(&self) -> bool {
        self.undecodable.is_none()
            && match self.plan.ranges.front() {
                Some(range) => !self.is_cut(range),
                // Nothing new before what was written is proved.
                None if self.plan.boot.is_some() => false,
                None => {
                    self.config.pace.has_room(self.assembler.rows(), self.assembler.is_inside())
                        && self.hold.may_read(&self.assembler, self.quiet_at())
                }
            }
    }

    /// Whether the batch gathered ends where the recorded one does.
    fn is_cut(&self, range: &Range) -> bool {
        let ends_with_commit = range.end > range.to.lsn;
        let to = self.assembler.to();
        to > range.to || (to == range.to && (!ends_with_commit || !self.assembler.is_inside()))
    }

    /// How far the server had nothing more to send.
    fn quiet_at(&self) -> Option<Lsn> {
        self.quiet.map(|(lsn, _)| lsn)
    }

    fn hear(&mut self, event: ReplicationEvent) {
        match event {
            ReplicationEvent::Begin { final_lsn, commit_time_micros, .. } => {
                self.assembler.begin(ours(final_lsn), time(commit_time_micros));
            }
            ReplicationEvent::Commit { end_lsn, .. } => {
                self.assembler.commit(ours(end_lsn));
                self.heard = self.heard.max(ours(end_lsn));
            }
            ReplicationEvent::XLogData { data, .. } => {
                if let Err(error) = self.assembler.change(&data) {
                    self.undecodable = Some(error);
                }
            }
            ReplicationEvent::KeepAlive { wal_end, server_time_micros, .. } => {
                self.heard = self.heard.max(ours(wal_end));
                if self.assembler.is_between() {
                    self.quiet = Some((ours(wal_end), time(server_time_micros)));
                }
            }
            _ => {}
        }
    }

    fn waiting(&self) -> Waiting {
        Waiting {
            rows: self.assembler.rows(),
            inside: self.assembler.is_inside(),
            drained: self.drained,
            since_previous: self.began.map_or(Duration::MAX, |began| began.elapsed()),
        }
    }

    /// When to look again at a batch that waits for its time.
    fn due_at(&self) -> Instant {
        let idle = Instant::now() + Duration::from_secs(1);
        match self.began {
            Some(began) if self.applier.is_some() && self.assembler.rows() > 0 => {
                let interval = self.config.pace.interval;
                let due = began + if self.drained { interval } else { interval * 2 };
                // Past due: it is inside a transaction, and only reading on helps.
                if due > Instant::now() { due } else { idle }
            }
            _ => idle,
        }
    }

    /// Starts what is most urgent, if the writer is here.
    fn start_job(&mut self, stopping: bool) {
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

    fn start_batch(&mut self, mut applier: Applier) {
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
    fn start_probing(&mut self, mut applier: Applier, by: i32, tell: bool) {
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

    fn start_telling(&mut self, mut applier: Applier, moved: Option<(Lsn, DateTime<Utc>)>) {
        self.told_at = Instant::now();
        self.jobs.spawn(async move {
            let outcome = applier.publish(moved).await.map(|own| Done::Told { own });
            (applier, outcome)
        });
    }

    /// A frontier worth telling although nothing was written: the server is quiet, and somebody waits or something moved.
    fn to_tell(&self) -> Option<(Lsn, DateTime<Utc>)> {
        let (lsn, at) = self.quiet?;
        let lsn = lsn.max(self.assembler.reached());
        let idle = self.assembler.rows() == 0 && self.assembler.is_between() && lsn > self.frontier;
        let asked = self.wanted > self.frontier && lsn >= self.wanted;
        let moved = lsn > self.own && self.told_at.elapsed() >= self.config.heartbeat;
        (idle && (asked || moved)).then_some((lsn, at))
    }

    /// The position that was answered long enough ago, or that too much log is kept for.
    fn to_acknowledge(&self) -> Option<Lsn> {
        let old =
            self.history.iter().take_while(|(at, _)| at.elapsed() >= self.config.acknowledge_after).last().map(|(_, lsn)| *lsn);
        let too_much = self.frontier.0.saturating_sub(self.acked.0) > self.config.acknowledge_bytes;
        old.max(too_much.then_some(self.frontier)).filter(|lsn| *lsn > self.acked)
    }

    fn finish_job(&mut self, applier: Applier, done: Done, replication: &ReplicationClient) -> Result<(), Error> {
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

    fn watch(&self, slot: Option<Slot>, name: &str) -> Result<(), Error> {
        let slot = slot.ok_or_else(|| Error::SlotMissing(name.to_owned()))?;
        match slot.wal_status.as_str() {
            "lost" => return Err(Error::SlotLost(name.to_owned())),
            "unreserved" => {
                tracing::error!(
                    slot = name,
                    kept_bytes = slot.kept_bytes,
                    alarm = true,
                    "the slot is about to be lost: raise max_slot_wal_keep_size"
                );
            }
            _ => {}
        }
        self.status.send_modify(|status| {
            status.slot_status = slot.wal_status;
            status.slot_kept_bytes = slot.kept_bytes;
            status.slot_safe_bytes = slot.safe_bytes;
        });
        Ok(())
    }

    fn report(&self) {
        let recovering = self.plan.boot.is_some();
        self.status.send_modify(|status| {
            status.phase = if recovering { Phase::Recovering } else { Phase::Streaming };
            if !recovering {
                status.last_error = None;
            }
            status.paused = self.hold.is_on();
            status.frontier = self.frontier;
            status.heard = self.heard;
            status.lag_bytes = self.heard.0.saturating_sub(self.frontier.0);
            status.lag_ms = self.writing.or(self.assembler.first_committed_at()).map_or(0, age_ms);
        });
    }
}

/// The server's clock counts microseconds from 2000.
fn time(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros.saturating_add(946_684_800_000_000)).unwrap_or_default()
}

fn age_ms(since: DateTime<Utc>) -> u64 {
    let now = DateTime::<Utc>::from(std::time::SystemTime::now());
    u64::try_from((now - since).num_milliseconds()).unwrap_or_default()
}

fn ended() -> Error {
    Error::Replication(pgwire_replication::PgWireError::Task("the server ended the stream".to_owned()))
}
