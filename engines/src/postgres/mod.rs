//! PostgreSQL for one machine: the server of an npm package as a supervised child process.
//!
//! Which question it answers: how does a fresh clone get a PostgreSQL with logical replication
//! without installing one? Layout of a data directory: `cluster/` (PGDATA), `postgres.lock`,
//! `postgres.child` (pid of the server we started), `superuser.password` (0600), `server.log`.
//!
//! Invariants: PostgreSQL never runs as root (it refuses); a cluster is either complete or absent
//! (made aside, then renamed); one parent per data directory; a server ends soon after a parent that
//! was killed, and one left behind nevertheless is stopped cleanly before a new one starts.

mod account;
mod cluster;
mod distribution;
mod orphan;
mod place;
mod server;

use std::path::PathBuf;

pub use server::Postgres;

use crate::Progress;

/// Database made with the cluster.
pub const DATABASE: &str = "shpunt";
/// Superuser made with the cluster.
pub const USER: &str = "shpunt";

/// How to start PostgreSQL.
#[derive(Clone)]
pub struct Options {
    /// Everything of this engine lives here; created when absent.
    pub data_dir: PathBuf,
    /// Port on 127.0.0.1; `None` or 0: any free one. A restart keeps the port.
    pub port: Option<u16>,
    /// Start it again when it dies, with growing pauses.
    pub restart: bool,
    /// Further settings, for instance `("fsync", "off")` in tests; they win over the built-in ones.
    pub settings: Vec<(String, String)>,
    /// Told about slow steps.
    pub progress: Option<Progress>,
}

impl Options {
    /// Defaults: any port, restarted when it dies.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self { data_dir: data_dir.into(), port: None, restart: true, settings: Vec::new(), progress: None }
    }

    fn tell(&self, what: &str) {
        if let Some(progress) = &self.progress {
            progress(what);
        }
    }
}
