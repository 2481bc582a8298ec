//! The two database engines a single-machine installation starts by itself.
//!
//! Which question it answers: how does a fresh clone get a PostgreSQL and a ClickHouse without
//! installing either? [`postgres`] runs the server of an npm package as a child process;
//! [`clickhouse`] loads `libchdb` in a sidecar process that speaks ClickHouse's HTTP interface.
//!
//! Invariants: nothing else in the workspace knows where the engines come from (the rest of the
//! program sees URLs, users and passwords); nothing here downloads anything; one process per data
//! directory, proved by a lock the kernel releases when that process dies.

mod backoff;
pub mod clickhouse;
mod error;
pub mod files;
mod lock;
mod port;
pub mod postgres;
mod secret;

pub use backoff::Backoff;
pub use error::{Error, Result};
pub use lock::DirLock;

/// Called with a short English sentence when a slow step begins ("unpacking PostgreSQL").
pub type Progress = std::sync::Arc<dyn Fn(&str) + Send + Sync>;
