//! Runs the embedded PostgreSQL until its standard input closes, for tests that kill the parent
//! or start it as another user: `postgres_host DIRECTORY` prints `URL PID` when it is ready.

use std::io::{Read as _, Write as _};

use anyhow::Context as _;
use shpunt_engines::postgres::{Options, Postgres};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let dir = std::env::args().nth(1).context("usage: postgres_host DIRECTORY")?;
    let server = Postgres::start(Options::new(dir)).await?;
    let mut out = std::io::stdout();
    writeln!(out, "{} {}", server.url(), server.pid())?;
    out.flush()?;
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    server.stop().await?;
    Ok(())
}
