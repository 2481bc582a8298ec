//! Connections that stay open: sockets ([`socket`]) and streams of events ([`events`]), and what both are bounded by.
//!
//! Invariants: an operation passes the same documents, gate, permissions and errors as one by HTTP; a connection holds one message at a
//! time, so a client that does not read costs no more memory and is cut off; a session that ends closes what was opened with it.

mod connection;
pub(super) mod events;
mod message;
mod operation;
mod room;
mod sessions;
pub(super) mod socket;

use std::sync::Arc;
use std::time::Duration;

use shpunt_domain::Db;
use tokio::sync::{Semaphore, watch};

use crate::graphql::Clock;
use room::{Seats, room};
use sessions::Sessions;

/// Sockets at once; more are refused.
const SOCKETS: u32 = 8_192;
/// Streams of events at once: half of the connections, the other half is for requests.
const STREAMS: usize = 512;

/// How long things may take on a connection that stays open.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// From the opening of a socket to its `connection_init`.
    pub init: Duration,
    /// From one sign of life asked for to the next; a peer that gave none for two of them is cut off.
    pub ping: Duration,
    /// From one check of the sessions to the next.
    pub check: Duration,
    /// A client may take nothing for so long.
    pub write: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        let (init, check) = (Duration::from_secs(5), Duration::from_secs(5));
        Self { init, ping: Duration::from_secs(20), check, write: Duration::from_secs(30) }
    }
}

/// What open connections share.
#[derive(Debug)]
pub struct Live {
    pub(super) limits: Limits,
    sessions: Sessions,
    sockets: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    seats: Arc<Seats>,
    closing: watch::Sender<bool>,
}

impl Live {
    pub(super) fn start(db: Db, clock: Clock, limits: Limits) -> Self {
        Self {
            limits,
            sessions: Sessions::start(db, clock, limits.check),
            sockets: Arc::new(Semaphore::new(SOCKETS as usize)),
            streams: Arc::new(Semaphore::new(STREAMS)),
            seats: Arc::default(),
            closing: watch::Sender::new(false),
        }
    }

    /// Ends every open connection.
    pub(super) fn close(&self) {
        self.closing.send_replace(true);
    }

    /// Waits until the server ends.
    async fn closed(&self) {
        // An error means the same.
        let _ = self.closing.subscribe().wait_for(|closing| *closing).await;
    }

    /// Waits until every socket has said its farewell.
    pub(super) async fn gone(&self) {
        let all = self.sockets.acquire_many(SOCKETS);
        if tokio::time::timeout(connection::FAREWELL * 2, all).await.is_err() {
            tracing::debug!("some sockets do not answer and are cut off");
        }
    }

    /// Connections open now.
    pub(super) fn open(&self) -> usize {
        SOCKETS as usize - self.sockets.available_permits() + STREAMS - self.streams.available_permits()
    }
}
