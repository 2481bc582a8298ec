//! The connection to PostgreSQL and its migrations.

use std::str::FromStr;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::error::{Code, Error, Result};

/// A pool of connections.
pub type Db = sqlx::PgPool;

/// One transaction; functions that take it end in `_in_tx`.
pub type Tx<'a> = sqlx::Transaction<'a, sqlx::Postgres>;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../migrations");

/// Opens a pool of at most `connections` to `url`.
///
/// Every session runs in UTC with `synchronous_commit = on`: without it the consistency token could run ahead of the commit.
pub async fn connect(url: &str, connections: u32) -> Result<Db> {
    let options = PgConnectOptions::from_str(url)?
        .options([("timezone", "UTC"), ("synchronous_commit", "on"), ("lock_timeout", "10s"), ("statement_timeout", "60s")])
        .application_name("shpunt");
    Ok(PgPoolOptions::new().max_connections(connections).connect_with(options).await?)
}

/// Applies the migrations that are not applied yet.
pub async fn migrate(db: &Db) -> Result<()> {
    MIGRATIONS.run(db).await.map_err(|error| Error::Internal {
        code: Code::Internal,
        context: "a migration failed; restore the database or mend the migration, then run `shpunt migrate` again",
        source: Some(Box::new(error)),
    })
}
