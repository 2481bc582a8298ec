//! Everything after the write-ahead log: what carries the changes of PostgreSQL to ClickHouse.
//! The only crate that knows ClickHouse.

pub mod client;
pub mod lsn;
pub mod schema;

pub use client::{Client, Config};
pub use lsn::Lsn;
