//! What worker and readers tell one another: positions of the frontier, wishes, and calls to pause.

use chrono::{DateTime, Utc};
use sqlx::postgres::PgListener;

use super::{CHANGES_CHANNEL, FRONTIER_CHANNEL, HELD_CHANNEL, HOLD_CHANNEL, Pool, WANTED_CHANNEL, lsn};
use crate::Lsn;
use crate::cdc::error::Error;
use crate::cdc::hold::Call;
use crate::changes::Changes;

/// What is said to the worker, or by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// A position: the frontier is there, or somebody waits for it.
    Position(Lsn),
    /// Somebody compares both sides.
    Call(Call),
}

/// What the worker tells readers.
#[derive(Debug)]
pub(crate) enum Told {
    /// The frontier is there.
    Frontier(Lsn),
    /// This became visible.
    Changes(Changes),
    /// The connection was lost, and with it perhaps something that was told.
    Gap,
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

    /// Listens for what readers are told, on a connection of the pool.
    pub(crate) async fn open_for_readers(pool: &Pool) -> Result<Self, Error> {
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen_all([FRONTIER_CHANNEL, CHANGES_CHANNEL]).await?;
        Ok(Self(listener))
    }

    /// The next thing told to readers; what cannot be read is passed over.
    pub(crate) async fn told(&mut self) -> Result<Told, Error> {
        loop {
            let Some(said) = self.0.try_recv().await? else { return Ok(Told::Gap) };
            let told = match said.channel() {
                CHANGES_CHANNEL => serde_json::from_str(said.payload()).ok().map(Told::Changes),
                _ => said.payload().parse().ok().map(Told::Frontier),
            };
            if let Some(told) = told {
                return Ok(told);
            }
        }
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
