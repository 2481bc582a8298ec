//! Every integration test, linked once.
#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod api;
mod cdc;
mod demo;
mod engines;
mod failures;
mod leads;
mod ledger;
mod money;
mod notifications;
mod purchasing;
mod reports;
mod server;
mod tidy;
