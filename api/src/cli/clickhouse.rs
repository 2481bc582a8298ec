//! `shpunt clickhouse`: the embedded ClickHouse as a process of its own.

use std::process::ExitCode;

use anyhow::Result;
use shpunt_engines::clickhouse::{ServeOptions, serve};

const ENVIRONMENT: &str = "\
Environment:
  SHPUNT_CLICKHOUSE_DIR      data directory (required); the passwords lie in it
  SHPUNT_CLICKHOUSE_PORT     port on 127.0.0.1 [default: any free one]
  SHPUNT_CLICKHOUSE_MEMORY   cap of its memory in bytes [default: 1.5 GiB]";

/// Serves the embedded ClickHouse on 127.0.0.1 until it is stopped; `shpunt up` starts it by itself
#[derive(clap::Args)]
#[command(after_help = ENVIRONMENT)]
pub(super) struct Clickhouse {}

impl Clickhouse {
    pub(super) async fn run(self) -> Result<ExitCode> {
        serve(ServeOptions::from_env()?).await?;
        Ok(ExitCode::SUCCESS)
    }
}
