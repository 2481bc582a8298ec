//! What is running and what ran lately? The engine keeps no query log of its own, so the sidecar
//! does: a bounded ring in memory, shown at `GET /journal`, and the table of running requests.
//!
//! Invariant: a query id runs at most once at a time (as on a server: exception 216).

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::exception::Exception;
use super::ffi::Counts;

/// Finished requests kept.
const RING: usize = 512;
/// Characters of a statement kept.
const TEXT: usize = 512;

/// One finished request.
#[derive(Clone, Debug, Serialize)]
struct Entry {
    query_id: String,
    user: &'static str,
    /// Milliseconds since 1970.
    started_ms: u64,
    elapsed_us: u64,
    query: String,
    read_rows: u64,
    written_rows: u64,
    exception_code: u32,
    exception: Option<String>,
}

struct Running {
    user: &'static str,
    started: Instant,
}

/// A running request as shown.
#[derive(Serialize)]
struct RunningEntry {
    query_id: String,
    user: &'static str,
    elapsed_us: u64,
}

#[derive(Serialize)]
struct Shown {
    running: Vec<RunningEntry>,
    /// Newest first.
    finished: Vec<Entry>,
}

#[derive(Default)]
struct State {
    running: HashMap<String, Running>,
    ring: VecDeque<Entry>,
    finished: u64,
}

/// The journal of one sidecar.
#[derive(Default)]
pub(super) struct Journal(Mutex<State>);

impl Journal {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // Entries are plain values: a panic elsewhere cannot leave them half-changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a request begins.
    pub(super) fn begin(&self, query_id: &str, user: &'static str) -> Result<(), Exception> {
        let mut state = self.state();
        if state.running.contains_key(query_id) {
            return Err(Exception::new(
                216,
                "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING",
                format!("Query with id = {query_id} is already running"),
            ));
        }
        state.running.insert(query_id.to_owned(), Running { user, started: Instant::now() });
        Ok(())
    }

    /// Notes how it ended.
    pub(super) fn finish(&self, query_id: &str, query: &[u8], counts: Counts, exception: Option<&Exception>) {
        let mut state = self.state();
        let Some(running) = state.running.remove(query_id) else { return };
        state.finished += 1;
        let elapsed = running.started.elapsed();
        let started = SystemTime::now().checked_sub(elapsed).and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let query: String = String::from_utf8_lossy(&query[..query.len().min(4 * TEXT)]).chars().take(TEXT).collect();
        let entry = Entry {
            query_id: query_id.to_owned(),
            user: running.user,
            started_ms: started.map_or(0, |at| whole(at.as_millis())),
            elapsed_us: whole(elapsed.as_micros()),
            query,
            read_rows: counts.read_rows,
            written_rows: counts.written_rows,
            exception_code: exception.map_or(0, |e| e.code),
            exception: exception.map(|e| e.text.chars().take(TEXT).collect()),
        };
        tracing::debug!(
            query_id,
            user = entry.user,
            elapsed_us = entry.elapsed_us,
            exception_code = entry.exception_code,
            query = %entry.query,
            "statement finished"
        );
        if state.ring.len() == RING {
            state.ring.pop_back();
        }
        state.ring.push_front(entry);
    }

    /// Ids of what is running now.
    pub(super) fn running(&self) -> Vec<String> {
        self.state().running.keys().cloned().collect()
    }

    /// How many requests have finished so far, and how many run.
    pub(super) fn activity(&self) -> (u64, usize) {
        let state = self.state();
        (state.finished, state.running.len())
    }

    /// Everything, as JSON.
    pub(super) fn to_json(&self) -> String {
        let state = self.state();
        let running = state.running.iter().map(|(id, r)| RunningEntry {
            query_id: id.clone(),
            user: r.user,
            elapsed_us: whole(r.started.elapsed().as_micros()),
        });
        let shown = Shown { running: running.collect(), finished: state.ring.iter().cloned().collect() };
        serde_json::to_string(&shown).expect("numbers and strings always serialise")
    }
}

fn whole(n: u128) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// Waits at most `limit` for everything to finish; false when something still runs.
pub(super) async fn drained(journal: &Journal, limit: Duration) -> bool {
    let end = Instant::now() + limit;
    while journal.activity().1 > 0 {
        if Instant::now() >= end {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    true
}
