//! A migrated database that tests clone, made once per server and set of migrations.
//!
//! Its name holds the checksums of the migrations, so an old one is never mistaken for the present one; it is made under another
//! name and renamed at the end, so one that exists is complete.

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations");

/// Two processes do not make the same template at once.
const LOCK: i64 = 0x7368_7075_6e74_7470;

/// The name of the template on `server`, which is made when missing.
pub async fn ensure(server: &PgConnectOptions) -> sqlx::Result<String> {
    let name = name();
    let mut admin = server.clone().connect().await?;
    if !exists(&mut admin, &name).await? {
        sqlx::query("select pg_advisory_lock($1)").bind(LOCK).execute(&mut admin).await?;
        if !exists(&mut admin, &name).await? {
            make(server, &mut admin, &name).await?;
        }
    }
    // Closing the session also releases the lock.
    admin.close().await?;
    Ok(name)
}

async fn exists(admin: &mut PgConnection, name: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar("select exists (select from pg_database where datname = $1)").bind(name).fetch_one(admin).await
}

async fn make(server: &PgConnectOptions, admin: &mut PgConnection, name: &str) -> sqlx::Result<()> {
    let draft = format!("{name}_draft");
    sqlx::query(AssertSqlSafe(format!(r#"drop database if exists "{draft}""#))).execute(&mut *admin).await?;
    sqlx::query(AssertSqlSafe(format!(r#"create database "{draft}""#))).execute(&mut *admin).await?;
    let mut connection = server.clone().database(&draft).connect().await?;
    MIGRATIONS.run(&mut connection).await.map_err(|error| sqlx::Error::Migrate(Box::new(error)))?;
    // A template with a session cannot be cloned.
    connection.close().await?;
    sqlx::query(AssertSqlSafe(format!(r#"alter database "{draft}" rename to "{name}""#))).execute(&mut *admin).await?;
    Ok(())
}

fn name() -> String {
    let checksums = MIGRATIONS.iter().flat_map(|migration| migration.checksum.iter());
    // FNV-1a: a name, not a secret.
    let hash = checksums.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    format!("shpunt_template_{hash:016x}")
}
