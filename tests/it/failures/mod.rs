//! Engines in trouble: gone, killed, out of space. A command gets a typed error that says what to do, changes nothing, and works again
//! when the engine does.
//!
//! ClickHouse in trouble is a matter of the change stream: `cdc::trouble`.

mod postgres;
pub(crate) mod small_disk;
