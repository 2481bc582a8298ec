//! The change stream on real engines: a database of its own in PostgreSQL, a sidecar of its own.
//!
//! Without engine files every test here says so in one line and passes.

mod carry;
mod crash;
mod epochs;
mod hole;
mod layout;
mod reconcile;
pub(crate) mod rig;
mod stop;
mod sweep;
mod told;
mod trouble;
mod visible;
