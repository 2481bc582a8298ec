//! The streaming loop: reads ahead while a batch is being written, decides what is written next, and follows an idle server.
//!
//! One job runs at a time and owns the writer, so batches, frontier and acknowledgement can never overtake one another.

mod jobs;

use std::collections::VecDeque;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::FutureExt;
use pgwire_replication::{ReplicationClient, ReplicationEvent};
use tokio::sync::watch;
use tokio::task::{JoinSet, unconstrained};
use tokio::time::Instant;

use crate::Lsn;
use crate::cdc::apply::Applier;
use crate::cdc::batch::Assembler;
use crate::cdc::error::Error;
use crate::cdc::hold::Hold;
use crate::cdc::journal::{Range, Slot};
use crate::cdc::pace::Waiting;
use crate::cdc::pg::{Heard, Listener};
use crate::cdc::session::ours;
use crate::cdc::status::{Phase, Status};
use crate::cdc::verify::Repaired;
use crate::cdc::worker::Config;

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
