//! What worker and readers tell one another: positions of the frontier, wishes, and calls to pause.

use chrono::{DateTime, Utc};
use sqlx::postgres::PgListener;

use super::{HELD_CHANNEL, HOLD_CHANNEL, Pool, WANTED_CHANNEL, lsn};
use crate::Lsn;
use crate::cdc::error::Error;
use crate::cdc::hold::Call;

/// What is said to the worker, or by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// A position: the frontier is there, or somebody waits for it.
    Position(Lsn),
    /// Somebody compares both sides.
    Call(Call),
}

/// Hears of frontier moves, or of those who wait for one.
pub(crate) struct Listener(PgListener);

impl Listener {
    /// Listens on a connection of its own.
    pub(crate) async fn open(url: &str, channels: &[&str]) -> Result<Self, Error> {
        let mut listener = PgListener::connect(url).await?;
        listener.listen_all(channels.iter().copied()).await?;
        Ok(Self(listener))
    }

    /// Listens on a connection of the pool.
    pub(crate) async fn open_with(pool: &Pool, channel: &str) -> Result<Self, Error> {
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen(channel).await?;
        Ok(Self(listener))
    }

    /// The next thing said; what cannot be read is passed over.
    pub(crate) async fn hear(&mut self) -> Result<Heard, Error> {
        loop {
            let said = self.0.recv().await?;
            let heard = match said.channel() {
                HOLD_CHANNEL | HELD_CHANNEL => Call::parse(said.payload()).map(Heard::Call),
                _ => said.payload().parse().ok().map(Heard::Position),
            };
            if let Some(heard) = heard {
                return Ok(heard);
            }
        }
    }

    /// The next position told.
    pub(crate) async fn next(&mut self) -> Result<Lsn, Error> {
        loop {
            if let Heard::Position(position) = self.hear().await? {
                return Ok(position);
            }
        }
    }
}

/// What readers need of the frontier: position, the moment it is complete for, and its age in milliseconds.
pub(crate) async fn find_frontier(pool: &Pool) -> Result<Option<(Lsn, DateTime<Utc>, i64)>, Error> {
    let row = sqlx::query!(
        r#"select lsn::text as "lsn!", committed_at,
                  greatest(0, extract(epoch from clock_timestamp() - committed_at) * 1000)::bigint as "age_ms!"
           from cdc_frontier"#
    )
    .fetch_optional(pool)
    .await?;
    row.map(|row| Ok((lsn(&row.lsn)?, row.committed_at, row.age_ms))).transpose()
}

/// The end of the log as far as it is on disk.
pub(crate) async fn flushed(pool: &Pool) -> Result<Lsn, Error> {
    lsn(&sqlx::query_scalar!(r#"select pg_current_wal_flush_lsn()::text as "lsn!""#).fetch_one(pool).await?)
}

/// Tells the worker that somebody waits for `position`, or for everything flushed so far.
pub(crate) async fn want(pool: &Pool, position: Option<Lsn>) -> Result<(), Error> {
    sqlx::query!(
        "select pg_notify($1, coalesce($2, pg_current_wal_flush_lsn()::text))",
        WANTED_CHANNEL,
        position.map(|lsn| lsn.to_string())
    )
    .execute(pool)
    .await?;
    Ok(())
}
