//! The rules of the business: slices of types, pure decisions, commands and SQL over PostgreSQL.
//!
//! Slices, lower ones first; a slice calls lower ones, never higher:
//! `access` · `notifications` · `companies` · `parties` · `catalog` · `ledger` · `documents` · `settlements` · `batches` ·
//! `marketing` · `direct` · `deals` · `orders` · `purchasing` · `pricing` · `treasury` · `communications`. Beneath all of them stand `error`,
//! `money`, `days`, `text`, `search`, `keyset`, `command` and `db` with its `constraints`.
//!
//! Invariants: only `ledger::store` writes the ledger; time and ids come from [`command::Ctx`]; money is [`rust_decimal::Decimal`],
//! never a float.
#![deny(clippy::float_arithmetic)]

pub mod access;
pub mod batches;
pub mod catalog;
pub mod command;
pub mod communications;
pub mod companies;
mod constraints;
pub mod days;
pub mod db;
pub mod deals;
pub mod direct;
pub mod documents;
pub mod error;
pub mod keyset;
pub mod ledger;
pub mod marketing;
pub mod money;
pub mod notifications;
pub mod orders;
pub mod parties;
pub mod pricing;
pub mod purchasing;
pub mod search;
pub mod settlements;
pub mod text;
pub mod treasury;

pub use db::{Db, Tx};
pub use error::{Code, Error, Result};
