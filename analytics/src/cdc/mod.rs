//! The change stream: what PostgreSQL commits appears in ClickHouse, every row exactly once, in the order of commits.
//!
//! `worker` runs `session` after session; a session recovers what the last one left open and runs `stream`; `stream` gathers
//! batches (`decode`, `value`, `native`, `batch`, by the rule of `pace`) and has them written by `apply` and proved by
//! `verify`. `snapshot` begins a new epoch; `hold` is the pause of a comparison. All SQL of PostgreSQL is in `pg`.

pub(crate) mod address;
mod apply;
pub mod batch;
pub mod decode;
mod error;
pub(crate) mod hold;
pub mod journal;
pub mod native;
pub mod pace;
pub(crate) mod pg;
mod session;
mod sink;
pub(crate) mod snapshot;
pub mod status;
mod stream;
pub mod tables;
pub mod value;
mod verify;
mod worker;

pub use error::Error;
pub use pace::Pace;
pub use pg::Pool;
pub use status::{Phase, Status};
pub use verify::Repaired;
pub use worker::{Config, Worker, failure, reset};
