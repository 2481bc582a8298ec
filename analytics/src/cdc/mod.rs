//! The change stream: what PostgreSQL commits appears in ClickHouse, every row exactly once, in the order of commits.

mod address;
mod error;
pub mod journal;
pub(crate) mod pg;

pub use error::Error;
pub use pg::Pool;
