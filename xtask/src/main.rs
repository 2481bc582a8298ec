//! `cargo xtask VERB`: everything a developer or a CI machine runs, one file per verb.
//!
//! Depends on no crate of the workspace, so it still works while they do not compile.

mod bench;
mod bless;
mod browser;
mod check;
mod conformance;
mod fuzz;
mod node;
mod shpunt;
mod smoke;
mod sqlx_data;
mod step;
mod test;
mod test_engines;
mod tools;
mod up;
mod workspace;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "Builds, runs and checks Shpunt. What is missing is fetched by npm and cargo; each step says so."
)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Builds everything and starts Shpunt on embedded engines (or on DATABASE_URL and CLICKHOUSE_URL)
    Up(up::Up),
    /// Runs `check`, then every test, the page in a browser last
    Test(test::Test),
    /// Format, lints, licences, query data, GraphQL schema, types of the dashboards
    Check,
    /// Regenerates what is committed but made: .sqlx, api/schema.graphql, the page's operations, snapshots
    Bless,
    /// Runs one benchmark; it prints one JSON line
    Bench(bench::Bench),
    /// From an empty directory to reconciled books, with kill -9 on the way; prints one JSON line
    Smoke(smoke::Smoke),
    /// The conformance suites of GraphQL over HTTP against the built server; prints one JSON line
    Conformance,
    /// Questions made out of the schema by schemathesis, to the built server; prints one JSON line
    Fuzz(fuzz::Fuzz),
}

fn main() -> Result<()> {
    match Arguments::parse().verb {
        Verb::Up(up) => up.run(),
        Verb::Test(test) => test.run(),
        Verb::Check => check::run(),
        Verb::Bless => bless::run(),
        Verb::Bench(bench) => bench.run(),
        Verb::Smoke(smoke) => smoke.run(),
        Verb::Conformance => conformance::run(),
        Verb::Fuzz(fuzz) => fuzz.run(),
    }
}
