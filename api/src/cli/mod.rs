//! The command line: one file per verb. Answers go to standard output, everything else to standard error.
//!
//! Exit codes: 0 done, 1 not done (the message says what to do), 2 wrong usage, 3 a change stream that stopped for good.

mod cdc;
mod clickhouse;
mod demo;
mod import;
mod migrate;
mod reconcile;
mod schema;
mod serve;
pub(crate) mod teller;
mod up;
mod user;
mod work;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use chrono::{DateTime, Utc};
use clap::Parser as _;
use shpunt_domain::access::Actor;
use shpunt_domain::command::Ctx;
use uuid::Uuid;

use crate::config::Logging;
use crate::graphql::Clock;
use crate::logging;

const EXAMPLES: &str = "\
Examples:
  shpunt up                             everything on this machine, data in ./data
  shpunt up --port 0 --no-demo          empty books, any free port
  shpunt import leads leads.csv --map leads.toml
  shpunt import profiles profiles.csv
  shpunt reconcile                      proves both databases equal
  shpunt user add anna --name 'Anna' --role manager
  DATABASE_URL=… CLICKHOUSE_URL=… shpunt migrate && shpunt serve

Exit codes: 0 done, 1 not done, 2 wrong usage, 3 the change stream stopped for good";

/// Connections are waited for by tasks, so few threads are enough.
const THREADS_MAX: usize = 8;

/// Trade and CRM backend: one ledger in PostgreSQL, reports from ClickHouse
#[derive(clap::Parser)]
#[command(name = "shpunt", version, after_help = EXAMPLES, disable_help_subcommand = false)]
struct Cli {
    #[command(flatten)]
    logging: Logging,

    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    Up(up::Up),
    Serve(serve::Serve),
    Cdc(cdc::Cdc),
    Work(work::Work),
    Clickhouse(clickhouse::Clickhouse),
    Migrate(migrate::Migrate),
    Demo(demo::Demo),
    Import(import::Import),
    Reconcile(reconcile::Reconcile),
    User(user::User),
    Schema(schema::Schema),
}

/// The program: reads the command line, starts logging, runs the verb, says what went wrong.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let threads = std::thread::available_parallelism().map_or(2, usize::from).clamp(2, THREADS_MAX);
    let outcome = logging::start(&cli.logging, cli.verb.is_server()).and_then(|()| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?;
        let outcome = runtime.block_on(cli.run());
        runtime.shutdown_timeout(Duration::from_secs(1));
        outcome
    });
    outcome.unwrap_or_else(|error| {
        say(&format!("shpunt: {error:#}"));
        ExitCode::FAILURE
    })
}

impl Verb {
    /// Runs until it is told to end.
    fn is_server(&self) -> bool {
        matches!(self, Self::Up(_) | Self::Serve(_) | Self::Cdc(_) | Self::Work(_) | Self::Clickhouse(_))
    }
}

impl Cli {
    async fn run(self) -> Result<ExitCode> {
        match self.verb {
            Verb::Up(verb) => verb.run().await,
            Verb::Serve(verb) => verb.run().await,
            Verb::Cdc(verb) => verb.run().await,
            Verb::Work(verb) => verb.run().await,
            Verb::Clickhouse(verb) => verb.run().await,
            Verb::Migrate(verb) => verb.run().await,
            Verb::Demo(verb) => verb.run().await,
            Verb::Import(verb) => verb.run().await,
            Verb::Reconcile(verb) => verb.run().await,
            Verb::User(verb) => verb.run().await,
            Verb::Schema(verb) => verb.run(),
        }
    }
}

/// Says a line to the person watching; standard output is for answers.
fn say(text: &str) {
    eprintln!("{text}");
}

/// The clock of the real world; everything inside is given it.
#[expect(clippy::disallowed_methods, reason = "the edge of the program, where time comes from")]
fn now() -> DateTime<Utc> {
    Utc::now()
}

/// The same as a value.
pub(crate) fn clock() -> Clock {
    Arc::new(now)
}

/// A command of the person at the command line, who acts as the system itself.
pub(crate) fn system_ctx() -> Ctx {
    Ctx::new(Actor::system(), now(), Uuid::from_u128(rand::random()))
}
