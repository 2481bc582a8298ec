//! PostgreSQL for tests, until standard input closes.
//!
//! Prints `VARIABLE=address` lines and then `ready`, or why it cannot. Servers named by the environment are used as they are. With `--cdc-apart` the
//! change-stream tests get a server of their own. Everything lies in a temporary directory and is written without fsync.

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use shpunt_engines::postgres::{Options, Postgres};
use shpunt_tests::scratch::Scratch;
use shpunt_tests::{server, template};
use sqlx::ConnectOptions as _;
use sqlx::postgres::PgConnectOptions;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // To stdout, which whoever started this reads.
            println!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let scratch = Scratch::new("engines").context("no temporary directory")?;
    let mut started = Vec::new();
    let mut lines = Vec::new();

    let shared = address(server::SHARED, &scratch, &mut started).await?;
    let options: PgConnectOptions = shared.parse()?;
    let template = template::ensure(&options).await.context("the template database could not be made")?;
    lines.push(format!("{}={}", server::TEMPLATE, options.database(&template).to_url_lossy()));
    lines.push(format!("{}={shared}", server::SHARED));
    if std::env::args().any(|argument| argument == "--cdc-apart") {
        let changes = address(server::CHANGES, &scratch, &mut started).await?;
        lines.push(format!("{}={changes}", server::CHANGES));
    }
    lines.push("ready\n".to_owned());
    let mut out = std::io::stdout();
    out.write_all(lines.join("\n").as_bytes())?;
    out.flush()?;

    // A Ctrl-C in the terminal is for whoever started this: when that ends, so does the pipe.
    tokio::spawn(async { while tokio::signal::ctrl_c().await.is_ok() {} });
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    for postgres in started {
        postgres.stop().await?;
    }
    Ok(())
}

/// The server of `variable`: named by the environment, else started here.
async fn address(variable: &str, scratch: &Scratch, started: &mut Vec<Postgres>) -> Result<String> {
    if let Ok(url) = std::env::var(variable) {
        return Ok(url);
    }
    let mut options = Options::new(scratch.path().join(variable.to_lowercase()));
    let settings = [
        ("fsync", "off"),
        ("full_page_writes", "off"),
        ("max_connections", "300"),
        // A test that ended while it was connecting must not keep its database from being dropped for a minute.
        ("authentication_timeout", "5s"),
        ("max_replication_slots", "40"),
        ("max_wal_senders", "40"),
    ];
    options.settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let postgres = Postgres::start(options).await.context("PostgreSQL does not start")?;
    let url = postgres.url();
    started.push(postgres);
    Ok(url)
}
