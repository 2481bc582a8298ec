//! One moment on both sides while writes go on: a snapshot of PostgreSQL, and ClickHouse carried exactly that far.
//!
//! The worker stops reading; then a temporary slot gives a position and a snapshot that meet without gap or overlap; then the worker
//! carries on to that position and stands still. Whether it really did is read from its own books, before and after.

use std::time::{Duration, Instant};

use pgwire_replication::ReplicationClient;

use super::error::Error;
use super::pg::{Carried, Reader, Session};
use crate::Lsn;
use crate::cdc::address::replication;
use crate::cdc::{self, snapshot};

/// A worker that restarts holds no lock for a while; one that is gone for longer is not running.
const ABSENT: Duration = Duration::from_secs(12);
/// How often a worker that is starting is asked again.
const ASK: Duration = Duration::from_millis(300);
const LOOK: Duration = Duration::from_millis(20);

/// Both sides at one moment.
pub(crate) struct Cut {
    pub(crate) lsn: Lsn,
    pub(crate) postgres: Reader,
    session: Session,
    carried: Carried,
    since: Instant,
}

impl Cut {
    /// Brings both sides to one moment; none when the worker was restarted meanwhile and went past it.
    pub(crate) async fn take(url: &str, patience: Duration) -> Result<Option<Self>, Error> {
        let mut session = Session::open(url).await?;
        session.carried().await?.ok_or(Error::NotReady)?;
        pause(&mut session, patience).await?;
        let since = Instant::now();
        let (lsn, postgres) = snapshot(url, &mut session, patience).await?;
        session.call(Some(lsn)).await?;
        let carried = arrive(&mut session, lsn, patience).await?;
        Ok(carried.map(|carried| Self { lsn, postgres, session, carried, since }))
    }

    /// Whether nothing was written to ClickHouse since both sides stood at the same moment.
    pub(crate) async fn stands(&mut self) -> Result<bool, Error> {
        let now = self.session.carried().await?;
        Ok(now.is_some_and(|now| {
            now.is_at(self.lsn) && (now.epoch, now.tables) == (self.carried.epoch, self.carried.tables.clone())
        }))
    }

    /// Lets the worker go on; how long it stood still. What was committed before the cut can be read on.
    pub(crate) async fn let_go(&mut self) -> Result<Duration, Error> {
        self.session.let_go().await?;
        Ok(self.since.elapsed())
    }

    /// Whether the tables of ClickHouse are still those of the cut: a new epoch exchanges them.
    pub(crate) async fn is_same_epoch(&mut self) -> Result<bool, Error> {
        Ok(self.session.carried().await?.is_some_and(|now| now.epoch == self.carried.epoch))
    }

    pub(crate) async fn close(self) -> Result<(), Error> {
        self.session.close().await
    }
}

/// Asks the worker to stop reading until it says so.
async fn pause(session: &mut Session, patience: Duration) -> Result<(), Error> {
    let begun = Instant::now();
    let mut seen = begun;
    loop {
        let absent = session.worker().await?.err();
        if absent.is_none() {
            seen = Instant::now();
        }
        session.call(None).await?;
        if session.is_told(ASK).await? {
            return Ok(());
        }
        match absent {
            // One that failed for good does not come back by itself.
            Some(failure) if !failure.is_empty() || seen.elapsed() >= ABSENT.min(patience) => {
                return Err(Error::NotRunning { failure });
            }
            None if begun.elapsed() >= patience => return Err(Error::NotAnswering { what: "pause", waited: patience }),
            _ => {}
        }
    }
}

/// Position and snapshot of one moment, from a slot that goes away with its session.
async fn snapshot(url: &str, session: &mut Session, patience: Duration) -> Result<(Lsn, Reader), Error> {
    let slot = format!("shpunt_reconcile_{}", session.pid());
    let mut temporary = ReplicationClient::connect_gated(replication(url, &slot)?).await.map_err(cdc::Error::from)?;
    let make = format!("CREATE_REPLICATION_SLOT {slot} TEMPORARY LOGICAL pgoutput (SNAPSHOT 'export')");
    let Ok(made) = tokio::time::timeout(patience, temporary.simple_query(&make)).await else {
        return Err(Error::Blocked { waited: patience, oldest: session.oldest_transaction().await? });
    };
    let made = made.map_err(cdc::Error::from)?;
    let (lsn, name) = snapshot::answer(&made)
        .ok_or_else(|| cdc::Error::Misconfigured("CREATE_REPLICATION_SLOT answered no snapshot".to_owned()))?;
    Ok((lsn, Reader::open(url, &name).await?))
}

/// Waits until the worker stands at the cut; none when it went past it.
async fn arrive(session: &mut Session, lsn: Lsn, patience: Duration) -> Result<Option<Carried>, Error> {
    let (mut moved, mut last) = (Instant::now(), None);
    loop {
        let now = session.carried().await?.ok_or(Error::NotReady)?;
        if now.is_beyond(lsn) {
            return Ok(None);
        }
        if now.is_at(lsn) {
            return Ok(Some(now));
        }
        // A long way is no standstill.
        let here = Some((now.frontier, now.open));
        if here != last {
            (moved, last) = (Instant::now(), here);
        } else if moved.elapsed() >= patience {
            return match session.worker().await? {
                Ok(()) => Err(Error::NotAnswering { what: "reach the moment of the snapshot", waited: patience }),
                Err(failure) => Err(Error::NotRunning { failure }),
            };
        }
        tokio::time::sleep(LOOK).await;
    }
}
