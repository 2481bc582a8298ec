//! `shpunt work`: housekeeping as a process of its own.

use std::process::ExitCode;

use anyhow::{Context as _, Result};

use crate::config::Secret;
use crate::shutdown::Shutdown;
use crate::work;

/// Does housekeeping until it is stopped; `shpunt up` does it by itself
#[derive(clap::Args)]
pub(super) struct Work {
    /// PostgreSQL: postgres://user:password@host:5432/database
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: Secret,
}

impl Work {
    pub(super) async fn run(self) -> Result<ExitCode> {
        let shutdown = Shutdown::on_signals()?;
        let connected = shpunt_domain::db::connect(self.database_url.expose(), 2).await;
        let db = connected.context("PostgreSQL does not answer; check DATABASE_URL and that the server runs")?;
        shpunt_domain::db::check(&db).await?;
        work::run(&db, &super::clock(), shutdown).await;
        db.close().await;
        Ok(ExitCode::SUCCESS)
    }
}
