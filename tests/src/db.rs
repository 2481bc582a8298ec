//! A database per test, cloned from a migrated template and dropped with the test.

use std::sync::atomic::{AtomicU32, Ordering};

use shpunt_domain::Db;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};

use crate::{server, template};

static COUNTER: AtomicU32 = AtomicU32::new(0);

/// A database of one test; dropping it drops the database.
#[derive(Debug)]
pub struct TestDb {
    /// The pool.
    pub db: Db,
    /// Its address.
    pub url: String,
    server: PgConnectOptions,
    name: String,
}

impl TestDb {
    /// A clone of the template on the shared server.
    pub async fn new() -> Self {
        Self::on(server::shared()).await
    }

    /// The same on the server of the change-stream tests.
    pub async fn for_changes() -> Self {
        Self::on(server::for_changes()).await
    }

    async fn on(server: PgConnectOptions) -> Self {
        let template = template::ensure(&server).await.expect("the template can be made");
        let name = format!("test_{}_{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
        let mut admin = server.clone().connect().await.expect("the test server answers");
        // Left behind by a process of the same id that was killed.
        let drop = format!(r#"drop database if exists "{name}" with (force)"#);
        sqlx::query(AssertSqlSafe(drop)).execute(&mut admin).await.expect("an old test database can go");
        let create = format!(r#"create database "{name}" template "{template}""#);
        sqlx::query(AssertSqlSafe(create)).execute(&mut admin).await.expect("a test database can be made");
        admin.close().await.expect("the connection closes");
        let url = server.clone().database(&name).to_url_lossy().to_string();
        let db = shpunt_domain::db::connect(&url, 8).await.expect("the test database answers");
        Self { db, url, server, name }
    }

    /// The [`companies`] of this database.
    pub async fn companies(&self) -> (i64, i64) {
        companies(&self.db).await
    }
}

/// A company under ОСНО from 2024 and one under УСН 5 %, with their ids.
pub async fn companies(db: &Db) -> (i64, i64) {
    let mut ids = Vec::new();
    for (name, inn, regime) in [("ООО «Шпунт»", "7701000001", "osno"), ("ООО «Шпунт-Сервис»", "7701000002", "usn_5")]
    {
        let id: i64 = sqlx::query_scalar(
            "with company as (insert into companies (name, inn, first_day) values ($1, $2, '2024-01-01') returning company_id)
             insert into company_tax_regimes (company_id, valid_from, regime) select company_id, '2024-01-01', $3 from company
             returning company_id",
        )
        .bind(name)
        .bind(inn)
        .bind(regime)
        .fetch_one(db)
        .await
        .expect("a company");
        ids.push(id);
    }
    (ids[0], ids[1])
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), std::mem::take(&mut self.name));
        // The test's own runtime may be gone or be single-threaded.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(remove(&server, &name)).map_err(std::io::Error::other)
        });
        if !matches!(dropped.join(), Ok(Ok(()))) {
            tracing::warn!(database = self.url, "a test database stays behind");
        }
    }
}

async fn remove(server: &PgConnectOptions, name: &str) -> sqlx::Result<()> {
    let mut admin = server.clone().connect().await?;
    // A database with replication slots cannot be dropped, and one in use cannot be removed.
    sqlx::query("select pg_terminate_backend(active_pid) from pg_replication_slots where database = $1 and active")
        .bind(name)
        .execute(&mut admin)
        .await?;
    sqlx::query("select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = $1 and not active")
        .bind(name)
        .execute(&mut admin)
        .await?;
    sqlx::query(AssertSqlSafe(format!(r#"drop database if exists "{name}" with (force)"#))).execute(&mut admin).await?;
    admin.close().await
}
