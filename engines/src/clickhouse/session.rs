//! Sessions: connections that survive a request, named by `session_id`, so that temporary tables
//! and SET work across requests.
//!
//! Invariants: a session runs one request at a time (exception 373 otherwise); only the writer
//! has real ones, because `readonly` can never be lifted from a connection and a reader keeps no
//! state anyway; a connection whose statement was cut short is never reused (pieces of the old
//! answer would leak into the next).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::exception::Exception;
use super::ffi::Connection;
use super::request::Session;

/// Sessions kept at once.
const MOST: usize = 64;

enum Slot {
    Busy,
    Idle { connection: Connection, until: Instant },
}

/// All sessions of a sidecar.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<String, Slot>>);

impl Sessions {
    fn slots(&self) -> std::sync::MutexGuard<'_, HashMap<String, Slot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the connection of a session for one request. `None`: the session is new and now
    /// reserved, the caller opens its connection.
    pub(super) fn take(&self, session: &Session) -> Result<Option<Connection>, Exception> {
        self.expire();
        let mut slots = self.slots();
        let new = !slots.contains_key(&session.id);
        if new && session.must_exist {
            return Err(Exception::new(372, "SESSION_NOT_FOUND", format!("Session {} not found", session.id)));
        }
        if new && slots.len() >= MOST {
            return Err(Exception::new(202, "TOO_MANY_SIMULTANEOUS_QUERIES", "Too many open sessions"));
        }
        match slots.insert(session.id.clone(), Slot::Busy) {
            None => Ok(None),
            Some(Slot::Idle { connection, .. }) => Ok(Some(connection)),
            Some(Slot::Busy) => {
                Err(Exception::new(373, "SESSION_IS_LOCKED", format!("Session {} is locked by a concurrent client", session.id)))
            }
        }
    }

    /// Gives the connection back; `None` ends the session.
    pub(super) fn put(&self, session: &Session, connection: Option<Connection>) {
        let mut slots = self.slots();
        match connection {
            Some(connection) => {
                let until = Instant::now() + Duration::from_secs(session.timeout);
                slots.insert(session.id.clone(), Slot::Idle { connection, until });
            }
            None => {
                slots.remove(&session.id);
            }
        }
    }

    /// Closes what has outlived its timeout.
    pub(super) fn expire(&self) {
        let now = Instant::now();
        self.slots().retain(|_, slot| !matches!(slot, Slot::Idle { until, .. } if *until < now));
    }

    /// Closes every idle session.
    pub(super) fn close(&self) {
        self.slots().clear();
    }
}
