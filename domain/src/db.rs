//! The connection to PostgreSQL and its migrations.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::error::{Code, Error, Result};

/// A pool of connections.
pub type Db = sqlx::PgPool;

/// One transaction; functions that take it end in `_in_tx`.
pub type Tx<'a> = sqlx::Transaction<'a, sqlx::Postgres>;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../migrations");

/// A request that finds the server gone or the pool empty is told so after this time.
const ACQUIRE: Duration = Duration::from_secs(5);

/// Opens a pool of at most `connections` to `url`.
///
/// Every session runs in UTC with `synchronous_commit = on`: without it the consistency token could run ahead of the commit.
pub async fn connect(url: &str, connections: u32) -> Result<Db> {
    let options = PgConnectOptions::from_str(url)?
        .options([("timezone", "UTC"), ("synchronous_commit", "on"), ("lock_timeout", "10s"), ("statement_timeout", "60s")])
        .application_name("shpunt");
    Ok(PgPoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRE).connect_with(options).await?)
}

/// Applies the migrations that are not applied yet.
pub async fn migrate(db: &Db) -> Result<()> {
    MIGRATIONS.run(db).await.map_err(|error| Error::Internal {
        code: Code::Internal,
        context: "a migration failed; restore the database or mend the migration, then run `shpunt migrate` again",
        source: Some(Box::new(error)),
    })
}

/// Whether the server answers.
pub async fn ping(db: &Db) -> Result<()> {
    sqlx::query_scalar!(r#"select 1 as "one!""#).fetch_one(db).await?;
    Ok(())
}

/// Refuses a server that is too old, whose commits may not be durable or cannot be streamed, or whose tables are not those of this
/// program. The message says what to change.
pub async fn check(db: &Db) -> Result<()> {
    let server = sqlx::query!(
        r#"select current_setting('server_version_num')::integer as "version!", current_setting('wal_level') as "wal_level!",
                  current_setting('synchronous_commit') as "synchronous_commit!",
                  to_regclass('_sqlx_migrations') is not null as "migrated!""#
    )
    .fetch_one(db)
    .await?;
    let refuse = |what: String| Err(Error::Rejected { code: Code::Unavailable, message: what });
    if server.version < 150_000 {
        return refuse(format!("PostgreSQL 15 or newer is needed, this is {}; upgrade the server", server.version / 10_000));
    }
    if server.wal_level != "logical" {
        return refuse(format!(
            "wal_level is {}; run `alter system set wal_level = logical` on PostgreSQL and restart it",
            server.wal_level
        ));
    }
    // Asked for by `connect`; a pooler in between may not pass it on.
    if server.synchronous_commit == "off" {
        return refuse(
            "synchronous_commit is off; set it to on for the user of shpunt, or a token could run ahead of its commit".to_owned(),
        );
    }
    if !server.migrated {
        return refuse("the database has no tables of Shpunt; run `shpunt migrate`".to_owned());
    }
    let applied: Vec<i64> =
        sqlx::query_scalar("select version from _sqlx_migrations where success order by version").fetch_all(db).await?;
    let known: Vec<i64> = MIGRATIONS.iter().map(|migration| migration.version).collect();
    if let Some(missing) = known.iter().find(|version| !applied.contains(version)) {
        return refuse(format!("migration {missing} is not applied; run `shpunt migrate`"));
    }
    if let Some(newer) = applied.iter().find(|version| !known.contains(version)) {
        return refuse(format!("migration {newer} was applied by a newer shpunt; start that one"));
    }
    Ok(())
}
