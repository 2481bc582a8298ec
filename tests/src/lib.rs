//! What tests stand on: a database of their own, a fixed clock, made-up ids.
//!
//! `cargo xtask test` starts embedded PostgreSQL once and passes its address; a bare `cargo nextest run` starts one per process. Every
//! test clones a migrated template. Without the feature `slices` only what starts and migrates PostgreSQL is built: the query data of
//! the domain is made with it, before the domain can compile.
#![expect(clippy::missing_panics_doc, reason = "a test that cannot set up must fail at once")]

#[cfg(feature = "slices")]
pub mod bench;
#[cfg(feature = "slices")]
pub mod command;
#[cfg(feature = "slices")]
pub mod db;
pub mod http;
pub mod scratch;
pub mod server;
pub mod socket;
pub mod template;

#[cfg(feature = "slices")]
pub use command::{ctx, now};
