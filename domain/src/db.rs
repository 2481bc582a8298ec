//! The connection to PostgreSQL, its migrations, and what its failures mean to whoever sent a command.
//!
//! Invariant: a server that is away, full or busy is `UNAVAILABLE` within a bounded time, with the advice what to do; the command may be
//! repeated under its key.

use std::str::FromStr;
use std::time::Duration;

use sqlx::Connection as _;
use sqlx::error::DatabaseError;
use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::constraints;
use crate::error::{Code, Error, Result};

/// A pool of connections.
pub type Db = sqlx::PgPool;

/// One transaction; functions that take it end in `_in_tx`.
pub type Tx<'a> = sqlx::Transaction<'a, sqlx::Postgres>;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../migrations");

/// Longest wait for a connection: until then a server that restarts is waited for.
const ACQUIRE_MAX: Duration = Duration::from_secs(5);

/// A connection that was idle no longer than this is not asked whether it lives. No server restarts in so short a time, so none of those it
/// left dead is ever used.
const TRUSTED: Duration = Duration::from_millis(100);

/// Opens a pool of at most `connections` to `url`.
///
/// Every session runs in UTC with `synchronous_commit = on`: without it the consistency token could run ahead of the commit.
pub async fn connect(url: &str, connections: u32) -> Result<Db> {
    let options = PgConnectOptions::from_str(url)?
        .options([("timezone", "UTC"), ("synchronous_commit", "on"), ("lock_timeout", "10s"), ("statement_timeout", "60s")])
        .application_name("shpunt");
    let pool = PgPoolOptions::new().max_connections(connections).acquire_timeout(ACQUIRE_MAX);
    // A question before every use costs as much as a short statement; one that was used just now lives.
    let pool = pool.test_before_acquire(false).before_acquire(|connection, meta| {
        Box::pin(async move {
            if meta.idle_for > TRUSTED {
                connection.ping().await?;
            }
            Ok(true)
        })
    });
    Ok(pool.connect_with(options).await?)
}

/// Applies the migrations that are not applied yet.
pub async fn migrate(db: &Db) -> Result<()> {
    MIGRATIONS.run(db).await.map_err(|error| match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) if unavailable(&error).is_some() => error.into(),
        error => Error::Internal {
            code: Code::Internal,
            context: "a migration failed; restore the database or mend the migration, then run `shpunt migrate` again",
            source: Some(Box::new(error)),
        },
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

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if let Some(invalid) = error.as_database_error().and_then(constraints::refused) {
            return invalid;
        }
        match unavailable(&error) {
            Some(advice) => Self::unavailable(advice, Some(Box::new(error))),
            None => Self::Internal { code: Code::Internal, context: "PostgreSQL failed", source: Some(Box::new(error)) },
        }
    }
}

impl Error {
    /// 40001 serialization failure, 40P01 deadlock: the same command may succeed when repeated.
    pub(crate) fn is_retryable(&self) -> bool {
        let Self::Internal { source: Some(source), .. } = self else { return false };
        source
            .downcast_ref::<sqlx::Error>()
            .and_then(sqlx::Error::as_database_error)
            .and_then(DatabaseError::code)
            .is_some_and(|code| code == "40001" || code == "40P01")
    }
}

/// What to do about a server that is away, full or busy; `None` for anything else.
fn unavailable(error: &sqlx::Error) -> Option<&'static str> {
    const AWAY: &str =
        "PostgreSQL does not answer; check that it runs and can be reached, then repeat the command under the same key";
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed | sqlx::Error::PoolClosed => Some(AWAY),
        // A server that goes away as a connection begins answers nothing, which sqlx takes for a zero.
        sqlx::Error::Protocol(what) if what.starts_with("unexpected response from SSLRequest") => Some(AWAY),
        sqlx::Error::PoolTimedOut => {
            Some("no connection to PostgreSQL came free; check that it runs and is not overloaded, then repeat the command")
        }
        sqlx::Error::Database(db) => of_state(db.code()?.as_ref()),
        _ => None,
    }
}

/// The same by SQLSTATE (PostgreSQL, appendix A).
fn of_state(state: &str) -> Option<&'static str> {
    Some(match state {
        "53100" => "the disk of PostgreSQL is full; free some space there, then repeat the command",
        "53200" => "PostgreSQL is out of memory; give it more or lower its load, then repeat the command",
        "53300" => "PostgreSQL has no connection left; raise max_connections or stop other programs, then repeat the command",
        "55P03" => "another command holds what this one needs; repeat it in a moment",
        "57014" => "the statement took too long and was undone; repeat the command when the server is less busy",
        "40001" | "40P01" => "the command met others again and again; repeat it",
        "25006" => "this PostgreSQL only reads (a standby?); connect to the primary, then repeat the command",
        "58030" => "PostgreSQL cannot read or write its files; look into its log and at its disk, then repeat the command",
        _ if state.starts_with("53") => "PostgreSQL has used up a resource; look into its log, then repeat the command",
        _ if state.starts_with("08") || state.starts_with("57P") => {
            "PostgreSQL is starting, stopping or was cut off; check that it runs, then repeat the command under the same key"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_in_trouble_says_is_told_with_advice() {
        for state in
            ["53100", "53200", "53300", "53400", "55P03", "57014", "57P01", "57P03", "08006", "08P01", "40P01", "25006", "58030"]
        {
            let advice = of_state(state).unwrap_or_else(|| panic!("{state} is no trouble of the server"));
            assert!(advice.contains("repeat"), "{state}: {advice}");
        }
        for state in ["23505", "42601", "XX000", "22012"] {
            assert_eq!(of_state(state), None, "{state} is our fault, not the server's");
        }
    }
}
