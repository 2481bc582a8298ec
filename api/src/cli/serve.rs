//! `shpunt serve`: GraphQL and the page over your own databases; as many of these as you like.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;

use crate::config::{Addresses, Http};
use crate::databases::{Urls, check_clickhouse};
use crate::server::{self, App};
use crate::shutdown::Shutdown;

/// Serves GraphQL and the page over your own PostgreSQL and ClickHouse until it is stopped
///
/// Needs DATABASE_URL and CLICKHOUSE_URL, migrated by `shpunt migrate`; `shpunt cdc` must run somewhere.
#[derive(clap::Args)]
pub(super) struct Serve {
    #[command(flatten)]
    http: Http,

    #[command(flatten)]
    databases: Addresses,
}

impl Serve {
    pub(super) async fn run(self) -> Result<ExitCode> {
        let shutdown = Shutdown::on_signals()?;
        let urls = Urls::named(&self.databases)?;
        let listening = server::bind(self.http.host, self.http.port).await?;
        let db = urls.connect(self.http.connections).await?;
        shpunt_domain::db::check(&db).await?;
        let reader = urls.reader()?;
        check_clickhouse(&reader).await?;
        let app = Arc::new(App::new(db.clone(), reader, super::clock(), &self.http));
        println!("{}", listening.url());
        server::serve(app, listening, shutdown.asked()).await;
        db.close().await;
        Ok(ExitCode::SUCCESS)
    }
}
