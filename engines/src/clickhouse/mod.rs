//! ClickHouse for one machine: libchdb in a sidecar process behind ClickHouse's HTTP interface.
//!
//! Which question it answers: how does the unmodified `clickhouse` crate talk to an engine that is
//! only a library? [`serve`] is the sidecar itself (the process that loads the library),
//! [`Sidecar`] is its parent's handle. In production the same client points at a real server: only
//! the URL changes, so the sidecar keeps to a server's behaviour or refuses with a clear exception.
//!
//! Layers, outside in: `http` (async, one request) → `execute` (blocking: body, session) → `answer`
//! (one statement) → `ffi` (the library). Pure parts: `request`, `sql`, `format`, `block`, `exception`.

mod answer;
mod block;
mod body;
mod config;
mod exception;
mod execute;
mod ffi;
mod format;
mod http;
mod journal;
mod request;
mod serve;
mod server;
mod session;
mod sidecar;
mod sql;
mod users;

pub use serve::{DEFAULT_MEMORY, DIR_VARIABLE, MEMORY_VARIABLE, PORT_VARIABLE, ServeOptions, serve};
pub use sidecar::{Options, Sidecar};

/// Database the sidecar creates and uses for requests that name none.
pub const DATABASE: &str = "shpunt";
