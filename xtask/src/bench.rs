//! `cargo xtask bench NAME`: one benchmark, optimized, on engines of its own.

use std::process::Command;

use anyhow::Result;

use crate::step::Steps;
use crate::{node, up, workspace};

/// Runs one benchmark; it prints one JSON line.
#[derive(clap::Args)]
pub(crate) struct Bench {
    /// What to measure
    #[arg(value_enum)]
    name: Name,
    /// Passed to the benchmark
    #[arg(last = true)]
    arguments: Vec<String>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Name {
    /// Draining 1M ledger entries into ClickHouse, over the bare drain of the slot
    Cdc,
    /// From commit to visible in a report, with 200 order commands per second running
    Freshness,
    /// A nested and a flat list at the API, over a handler written by hand
    Graphql,
    /// One freight bill over thirty batches and all that was sold of them
    LateCost,
    /// The six reports on the demo business, at the API
    Reports,
    /// Placing, confirming and shipping orders of five lines at the API, on batches that all take from
    Ship,
    /// Placing orders of five lines at the API, over the same statements without it
    Write,
    /// 2,000 idle listeners: their memory, and how soon a change reaches them all
    Subscribers,
}

impl Bench {
    pub(crate) fn run(&self) -> Result<()> {
        let program = match self.name {
            Name::Cdc => "bench_cdc",
            Name::Freshness => "bench_freshness",
            Name::Graphql => "bench_graphql",
            Name::LateCost => "bench_late_cost",
            Name::Reports => "bench_reports",
            Name::Ship => "bench_ship",
            Name::Write => "bench_write",
            Name::Subscribers => "bench_subscribers",
        };
        run_program("bench", program, &self.arguments)
    }
}

/// Builds `shpunt` and one program of the tests crate, optimized, and runs the latter.
pub(crate) fn run_program(verb: &'static str, name: &str, arguments: &[String]) -> Result<()> {
    let mut steps = Steps::new(verb);
    node::fetch_engines(&mut steps)?;
    up::prepare(&mut steps)?;
    steps.run("build the driver", &mut workspace::cargo(&["build", "--release", "--package", "shpunt-tests", "--bins"]))?;
    let mut command = Command::new(workspace::program("release", name)?);
    command.args(arguments).current_dir(workspace::root());
    steps.run(name, workspace::without_user_databases(&mut command))?;
    steps.finish();
    Ok(())
}
