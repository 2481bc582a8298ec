//! The command line: one file per verb. Answers go to standard output, everything else to standard error.
//!
//! Exit codes: 0 done, 1 not done (the message says what to do), 2 wrong usage, 3 a change stream that stopped for good.

mod cdc;
mod clickhouse;
mod migrate;
mod schema;
mod serve;
pub(crate) mod teller;
mod up;
mod user;
mod work;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use chrono::{DateTime, Utc};
use shpunt_domain::access::Actor;
use shpunt_domain::command::Ctx;
use uuid::Uuid;

use crate::config::Logging;
use crate::graphql::Clock;

const EXAMPLES: &str = "\
Examples:
  shpunt up                             everything on this machine, data in ./data
  shpunt up --port 0 --no-demo          empty books, any free port
  shpunt user add anna --name 'Anna' --role manager
  DATABASE_URL=… CLICKHOUSE_URL=… shpunt migrate && shpunt serve

Exit codes: 0 done, 1 not done, 2 wrong usage, 3 the change stream stopped for good";

/// Trade and CRM backend: one ledger in PostgreSQL, reports from ClickHouse
#[derive(clap::Parser)]
#[command(name = "shpunt", version, after_help = EXAMPLES, disable_help_subcommand = false, max_term_width = 110)]
pub struct Cli {
    /// What is logged.
    #[command(flatten)]
    pub logging: Logging,

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
    User(user::User),
    Schema(schema::Schema),
}

impl Cli {
    /// Runs the verb.
    ///
    /// # Errors
    /// What went wrong, with what to do next.
    pub async fn run(self) -> Result<ExitCode> {
        match self.verb {
            Verb::Up(verb) => verb.run().await,
            Verb::Serve(verb) => verb.run().await,
            Verb::Cdc(verb) => verb.run().await,
            Verb::Work(verb) => verb.run().await,
            Verb::Clickhouse(verb) => verb.run().await,
            Verb::Migrate(verb) => verb.run().await,
            Verb::User(verb) => verb.run().await,
            Verb::Schema(verb) => verb.run(),
        }
    }
}

/// Says a line to the person watching; standard output is for answers.
fn say(text: &str) {
    eprintln!("{text}");
}

/// Says slow steps of the engines.
fn progress() -> shpunt_engines::Progress {
    Arc::new(|step| say(&format!("shpunt: {step} …")))
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
