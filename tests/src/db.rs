//! A database per test, cloned from a migrated template.

use std::sync::atomic::{AtomicU32, Ordering};

use shpunt_domain::Db;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

/// Address of the test server, with the rights to create databases.
pub const SERVER: &str = "SHPUNT_TEST_POSTGRES";

/// Address of the migrated template on it.
pub const TEMPLATE: &str = "SHPUNT_TEST_TEMPLATE";

static COUNTER: AtomicU32 = AtomicU32::new(0);

/// A database of one test; it goes with the server at the end of the run.
#[derive(Debug)]
pub struct TestDb {
    /// The pool.
    pub db: Db,
    /// Its address.
    pub url: String,
}

impl TestDb {
    /// Clones the template; without one, migrates an empty database.
    pub async fn new() -> Self {
        let server = std::env::var(SERVER).unwrap_or_else(|_| {
            panic!(
                "{SERVER} is not set: run `cargo xtask test`, or set it to a PostgreSQL that may be filled with test databases"
            )
        });
        let template = std::env::var(TEMPLATE).ok().and_then(|url| url.rsplit('/').next().map(str::to_owned));
        let name = format!("test_{}_{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
        let options: PgConnectOptions = server.parse().expect("an address of PostgreSQL");
        let mut admin = options.clone().connect().await.expect("the test server answers");
        let create = match &template {
            Some(template) => format!(r#"create database "{name}" template "{template}""#),
            None => format!(r#"create database "{name}""#),
        };
        sqlx::query(sqlx::AssertSqlSafe(format!(r#"drop database if exists "{name}""#)))
            .execute(&mut admin)
            .await
            .expect("an old test database can go");
        sqlx::query(sqlx::AssertSqlSafe(create)).execute(&mut admin).await.expect("a test database can be made");
        admin.close().await.expect("the connection closes");
        let url = options.database(&name).to_url_lossy().to_string();
        let db = shpunt_domain::db::connect(&url, 8).await.expect("the test database answers");
        if template.is_none() {
            shpunt_domain::db::migrate(&db).await.expect("the migrations apply");
        }
        Self { db, url }
    }

    /// A company under ОСНО from 2024 and one under УСН 5 %, with their ids.
    pub async fn companies(&self) -> (i64, i64) {
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
            .fetch_one(&self.db)
            .await
            .expect("a company");
            ids.push(id);
        }
        (ids[0], ids[1])
    }
}
