//! `shpunt migrate`: brings the tables of both databases up to date.

use std::process::ExitCode;

use anyhow::Result;

use super::teller::Teller;
use crate::config::Place;
use crate::databases::{Databases, Need, Urls};

/// Creates or brings up to date the tables of PostgreSQL, and those of ClickHouse when it is named
///
/// Uses DATABASE_URL and CLICKHOUSE_URL; without them the embedded databases in the data directory.
#[derive(clap::Args)]
pub(super) struct Migrate {
    #[command(flatten)]
    place: Place,
}

impl Migrate {
    pub(super) async fn run(self) -> Result<ExitCode> {
        let only_postgres = self.place.addresses.database_url.is_some() && self.place.addresses.clickhouse_url.is_none();
        let need = if only_postgres { Need::Postgres } else { Need::Both };
        let databases = Databases::find(&self.place, need, &Teller::new(false).progress_of_engines()).await?;
        let done = both(&databases.urls, need).await;
        databases.stop().await;
        done?;
        println!("the tables are up to date");
        Ok(ExitCode::SUCCESS)
    }
}

async fn both(urls: &Urls, need: Need) -> Result<()> {
    urls.migrate_postgres(2).await?.close().await;
    if need == Need::Both { urls.migrate_clickhouse().await } else { Ok(()) }
}
