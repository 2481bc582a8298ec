//! `shpunt up`: everything on this machine, in one supervised tree of processes.

use std::process::ExitCode;

use anyhow::Result;

use crate::config::{Http, Place};
use crate::up::{self, Options};

/// Starts everything on this machine: embedded PostgreSQL and ClickHouse (or yours), the change stream, the page
///
/// The first start makes a director's login with a generated password, and fills a year of demo business. Ctrl-C stops everything;
/// the next start goes on with the same data. Nothing is lost by `kill -9`.
#[derive(clap::Args)]
pub(super) struct Up {
    #[command(flatten)]
    http: Http,

    #[command(flatten)]
    place: Place,

    /// Leave an empty directory empty
    #[arg(long)]
    no_demo: bool,

    /// The demo business is made up anew from this number, the same each time
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,

    /// Tell what happens as one JSON object a line on standard output
    #[arg(long)]
    json: bool,
}

impl Up {
    pub(super) async fn run(self) -> Result<ExitCode> {
        let demo = (!self.no_demo).then_some(self.seed);
        up::run(Options { http: self.http, place: self.place, demo, json: self.json }, super::clock()).await?;
        Ok(ExitCode::SUCCESS)
    }
}
