//! What is asked of ClickHouse: inserts with every setting spelled out, and the counts that prove them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use clickhouse::error::Error;

use super::journal::{Position, Range};
use crate::{Client, Lsn};

/// One block and one part for an insert, whatever its size.
const BLOCK_ROWS: &str = "2000000";
const BLOCK_BYTES: &str = "2000000000";
/// What takes longer is given up; an insert counts as *unknown* then, which the next attempt clears up.
const SEND: Duration = Duration::from_secs(20);
const ANSWER: Duration = Duration::from_mins(2);
const CHUNK: usize = 1 << 20;

/// Writes to one database of ClickHouse.
#[derive(Debug, Clone)]
pub(crate) struct Sink {
    client: Client,
}

impl Sink {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Inserts a body in Native format. With a token, a repetition is a no-op; without, it is not.
    pub(crate) async fn insert(&self, table: &str, columns: &str, body: Bytes, token: Option<&str>) -> Result<(), Error> {
        let mut insert = self
            .client
            .inner()
            .insert_formatted_with(format!("insert into {table} ({columns}) format Native"))
            .with_timeouts(Some(SEND), Some(ANSWER));
        for (name, value) in block_settings(token) {
            insert = insert.with_setting(name, value);
        }
        let mut rest = body;
        while !rest.is_empty() {
            insert.send(rest.split_to(CHUNK.min(rest.len()))).await?;
        }
        insert.end().await
    }

    /// Runs `insert … select` as one block that is never taken for a repetition.
    pub(crate) async fn insert_select(&self, statement: &str) -> Result<(), Error> {
        let mut query = self.client.inner().query_raw(statement);
        for (name, value) in block_settings(None) {
            query = query.with_setting(name, value);
        }
        query.execute().await
    }

    /// Runs a statement.
    pub(crate) async fn execute(&self, statement: &str) -> Result<(), Error> {
        in_time(self.client.inner().query_raw(statement).execute()).await
    }

    /// A single number.
    pub(crate) async fn number(&self, query: &str) -> Result<u64, Error> {
        in_time(self.client.inner().query_raw(query).fetch_one::<u64>()).await
    }

    /// Rows of a table inside a range of the stream.
    pub(crate) async fn count_range(&self, raw: &str, range: &Range) -> Result<u64, Error> {
        self.number(&format!("select count() from {raw} where {}", inside(range.from, range.to))).await
    }

    /// Rows of a table committed before a position.
    pub(crate) async fn count_before(&self, raw: &str, before: Lsn) -> Result<u64, Error> {
        self.number(&format!("select count() from {raw} where _lsn < {}", before.0)).await
    }

    /// The mark left in memory, empty after a start of the server.
    pub(crate) async fn boot(&self) -> Result<String, Error> {
        let boot = self.client.inner().query_raw("select boot from cdc_boot limit 1").fetch_optional::<String>();
        Ok(in_time(boot).await?.unwrap_or_default())
    }

    /// Leaves a new mark and returns it.
    pub(crate) async fn mark_boot(&self) -> Result<String, Error> {
        self.execute("truncate table cdc_boot").await?;
        self.execute("insert into cdc_boot select toString(generateUUIDv4())").await?;
        self.boot().await
    }

    /// Name and comment of every table of the database.
    pub(crate) async fn comments(&self) -> Result<Vec<(String, String)>, Error> {
        let query = format!("select name, comment from system.tables where database = '{}'", self.client.database());
        in_time(self.client.inner().query_raw(&query).fetch_all::<(String, String)>()).await
    }

    /// Table, name and type of every column of the raw tables, in order.
    pub(crate) async fn columns(&self) -> Result<Vec<(String, String, String)>, Error> {
        let query = format!(
            "select table, name, type from system.columns where database = '{}' and startsWith(table, 'raw_') order by table, position",
            self.client.database()
        );
        in_time(self.client.inner().query_raw(&query).fetch_all::<(String, String, String)>()).await
    }

    /// Waits until no insert of an earlier attempt is running: counting while one is would prove nothing.
    pub(crate) async fn settle(&self, limit: Duration) -> Result<bool, Error> {
        let query = format!(
            "select count() from system.processes where current_database = '{}' and (positionCaseInsensitive(query, 'insert into raw_') = 1
             or positionCaseInsensitive(query, 'insert into stage_') = 1 or positionCaseInsensitive(query, 'insert into mart_') = 1)",
            self.client.database()
        );
        let deadline = tokio::time::Instant::now() + limit;
        while self.number(&query).await? > 0 {
            if tokio::time::Instant::now() >= deadline {
                return Ok(false);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(true)
    }
}

/// A server that is reached and says nothing must not stop the stream for ever.
async fn in_time<T>(answer: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    tokio::time::timeout(ANSWER, answer).await.unwrap_or(Err(Error::TimedOut))
}

/// The condition "in this range of the stream".
pub(crate) fn inside(from: Position, to: Position) -> String {
    format!(
        "_lsn >= {0} and _lsn <= {2} and (_lsn, _ordinal) > ({0}, {1}) and (_lsn, _ordinal) <= ({2}, {3})",
        from.lsn.0, from.ordinal, to.lsn.0, to.ordinal
    )
}

fn block_settings(token: Option<&str>) -> Vec<(&'static str, String)> {
    let mut settings = vec![
        ("async_insert", "0".to_owned()),
        ("max_insert_block_size", BLOCK_ROWS.to_owned()),
        ("min_insert_block_size_rows", BLOCK_ROWS.to_owned()),
        ("min_insert_block_size_bytes", BLOCK_BYTES.to_owned()),
        ("input_format_parallel_parsing", "0".to_owned()),
        ("deduplicate_blocks_in_dependent_materialized_views", "1".to_owned()),
        ("insert_deduplicate", u8::from(token.is_some()).to_string()),
    ];
    // A token used once, because some versions compare contents where none is given.
    let token = token.map_or_else(token_used_once, str::to_owned);
    settings.push(("insert_deduplication_token", token));
    settings
}

fn token_used_once() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    format!("once {nanos} {}", COUNT.fetch_add(1, Ordering::Relaxed))
}
