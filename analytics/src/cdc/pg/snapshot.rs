//! Reading tables as they were when the slot was made.

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use sqlx::postgres::PgConnection;
use sqlx::{ConnectOptions, Executor};

use super::options;
use crate::cdc::error::Error;

/// A connection that reads tables as they were when the slot was made.
pub(crate) struct SnapshotReader {
    connection: PgConnection,
}

impl SnapshotReader {
    /// Takes over an exported snapshot (its name comes from the server).
    pub(crate) async fn open(url: &str, snapshot: &str) -> Result<Self, Error> {
        let mut connection = options(url)?.connect().await?;
        connection.execute("begin transaction isolation level repeatable read read only").await?;
        let set = format!("set transaction snapshot '{}'", snapshot.replace('\'', "''"));
        connection.execute(sqlx::AssertSqlSafe(set)).await?;
        Ok(Self { connection })
    }

    /// The connection, for other questions.
    pub(crate) fn into_connection(self) -> PgConnection {
        self.connection
    }

    /// The rows of a table in the binary COPY format.
    pub(crate) async fn copy(&mut self, table: &str, columns: &str) -> Result<BoxStream<'_, Result<Bytes, Error>>, Error> {
        let statement = format!("copy (select {columns} from {table}) to stdout (format binary)");
        let stream = self.connection.copy_out_raw(&statement).await?;
        Ok(stream.map(|chunk| Ok(chunk?)).boxed())
    }
}
