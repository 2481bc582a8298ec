//! Every integration test, linked once.
#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod cdc;
mod demo;
mod engines;
mod ledger;
mod money;
mod tidy;
