//! Everything after the write-ahead log: what carries the changes of PostgreSQL to ClickHouse (`cdc`), how far it got
//! (`frontier`) and what is answered from there (`reports`). The only crate that knows ClickHouse.

pub mod cdc;
pub mod client;
pub mod frontier;
pub mod lsn;
pub mod reports;
pub mod schema;

pub use client::{Client, Config};
pub use lsn::Lsn;
