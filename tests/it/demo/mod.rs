//! The demo business on a real database: whole, within the rules of the books, and the same however often it is killed.

mod books;
mod resumed;

use chrono::NaiveDate;
use shpunt_domain::Db;
use shpunt_ingest::demo::{Options, Summary, run};

/// A business small enough to be made in seconds and large enough to show everything.
pub(crate) fn options(seed: u64) -> Options {
    Options { seed, deals: 30, until: NaiveDate::from_ymd_opt(2026, 11, 23).unwrap() }
}

pub(crate) async fn made(db: &Db, seed: u64) -> Summary {
    run(db, &options(seed), &|_| {}).await.unwrap()
}

pub(crate) async fn number(db: &Db, statement: &'static str) -> i64 {
    sqlx::query_scalar(statement).fetch_one(db).await.unwrap()
}
