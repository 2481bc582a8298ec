//! Everything after the write-ahead log: what carries the changes of PostgreSQL to ClickHouse (`cdc`), how far it got
//! (`frontier`) and what became visible (`changes`), what is answered from there (`reports`) and the proof that nothing was lost on the way (`reconcile`). The only crate
//! that knows ClickHouse.

pub mod cdc;
pub mod changes;
pub mod client;
pub mod frontier;
pub mod lsn;
pub mod reconcile;
pub mod reports;
pub mod schema;

pub use client::{Client, Config};
pub use lsn::Lsn;
