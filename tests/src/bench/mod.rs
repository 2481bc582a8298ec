//! What the benchmarks and the smoke test are made of: engines of their own, a ledger to carry, figures.
//!
//! A benchmark prints one JSON line on stdout and everything else on stderr. Both sides of a ratio are measured in the same run,
//! in turn, because only their ratio survives a busy machine; the load of the machine is printed beside it.

pub mod drain;
pub mod engines;
pub mod figures;
pub mod graphql;
pub mod ledger;
pub mod panels;
pub mod processes;
pub mod served;
pub mod shpunt;
pub mod sold;
pub mod storm;
pub mod trade;
pub mod volume;
