//! Where leads come from: channels (каналы).
//!
//! Invariant: the channel `unknown` always exists; an import without an origin uses it.

pub mod commands;
pub mod store;

use serde::{Deserialize, Serialize};

/// Code of the channel of leads without a known origin.
pub const UNKNOWN: &str = "unknown";

/// A channel of leads (канал).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// Its id.
    pub channel_id: i64,
    /// Stable code, unique.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Optimistic lock.
    pub version: i32,
    /// New documents may name it.
    #[serde(default = "crate::command::in_use")]
    pub active: bool,
}
