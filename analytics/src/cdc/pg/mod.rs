//! Everything the change stream asks of PostgreSQL: lock, epochs, journal, frontier, slot, snapshot.
//!
//! The journal is written on the connection that holds the worker's lock, so a worker that lost the lock cannot write.

mod listen;
mod snapshot;

use std::str::FromStr;

use chrono::{DateTime, Utc};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::types::Json;
use sqlx::{ConnectOptions, Connection};

use super::error::Error;
use super::journal::{Epoch, Frontier, Position, Range, Slot, State, Tables};
use crate::Lsn;
use crate::changes::Changes;

pub(crate) use listen::{Heard, Listener, Told, find_frontier, flushed, want};
pub(crate) use snapshot::SnapshotReader;

/// The publication made by the migration.
pub(crate) const PUBLICATION: &str = "shpunt";
/// Told with the new position each time the frontier moves.
pub(crate) const FRONTIER_CHANNEL: &str = "cdc_frontier";
/// Told with what became visible by that, as JSON ([`Changes`]).
pub(crate) const CHANGES_CHANNEL: &str = "cdc_changes";
/// Told with a position by those who wait for it.
pub(crate) const WANTED_CHANNEL: &str = "cdc_wanted";
/// Told by those who compare both sides that the worker is to pause (`hold`).
pub(crate) const HOLD_CHANNEL: &str = "cdc_hold";
/// Told with their process id once it does.
pub(crate) const HELD_CHANNEL: &str = "cdc_held";
/// Key of the advisory lock of whoever compares.
pub(crate) const HOLD_LOCK: i64 = 0x5348_5055_4e54_0002;
/// Key of the advisory lock "the active worker of this database".
pub(crate) const LOCK: i64 = 0x5348_5055_4e54_0001;

/// A pool of connections to PostgreSQL.
pub type Pool = sqlx::PgPool;
/// How an address asks for TLS.
pub(crate) use sqlx::postgres::PgSslMode;

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Postgres(Box::new(error))
    }
}

fn lsn(text: &str) -> Result<Lsn, Error> {
    Lsn::from_str(text).map_err(|error| Error::Postgres(Box::new(error)))
}

fn text(changes: &Changes) -> Result<String, Error> {
    serde_json::to_string(changes).map_err(|error| Error::Postgres(Box::new(error)))
}

pub(crate) fn options(url: &str) -> Result<PgConnectOptions, Error> {
    Ok(PgConnectOptions::from_str(url)?
        .application_name("shpunt cdc")
        .options([("timezone", "UTC"), ("synchronous_commit", "on")])
        // The server must soon notice that a machine is gone, or the locks held from there last.
        .options([("tcp_keepalives_idle", "5"), ("tcp_keepalives_interval", "5"), ("tcp_keepalives_count", "3")])
        .disable_statement_logging())
}

/// The worker's connection: it holds the lock and writes the journal.
#[derive(Debug)]
pub(crate) struct Journal {
    connection: PgConnection,
}

impl Journal {
    /// Connects and takes the lock.
    pub(crate) async fn open(url: &str) -> Result<Self, Error> {
        let mut connection = options(url)?.connect().await?;
        let locked =
            sqlx::query_scalar!(r#"select pg_try_advisory_lock($1) as "locked!""#, LOCK).fetch_one(&mut connection).await?;
        if locked { Ok(Self { connection }) } else { Err(Error::StandBy) }
    }

    /// Refuses a server that cannot stream or whose commits may not be durable.
    pub(crate) async fn check_settings(&mut self) -> Result<(), Error> {
        let row = sqlx::query!(
            r#"select current_setting('wal_level') as "wal_level!", current_setting('server_version_num')::integer as "version!",
                      exists (select from pg_publication where pubname = $1) as "published!""#,
            PUBLICATION
        )
        .fetch_one(&mut self.connection)
        .await?;
        if row.version < 150_000 {
            return Err(Error::Misconfigured(format!("PostgreSQL 15 or later is needed, this is {}", row.version)));
        }
        if row.wal_level != "logical" {
            return Err(Error::Misconfigured(format!("wal_level is {}, it must be logical", row.wal_level)));
        }
        if !row.published {
            return Err(Error::Misconfigured(format!("publication {PUBLICATION} does not exist: run `shpunt migrate`")));
        }
        Ok(())
    }

    /// The newest epoch.
    pub(crate) async fn epoch(&mut self) -> Result<Epoch, Error> {
        let row = sqlx::query!(
            r#"select epoch, state, system_id, timeline, slot, start_lsn::text as "start!", acked_lsn::text as "acked!", boot
               from cdc_epoch where state <> 'discarded' order by epoch desc limit 1"#
        )
        .fetch_one(&mut self.connection)
        .await?;
        let state = match row.state.as_str() {
            "new" => State::New,
            "loading" => State::Loading,
            "swapping" => State::Swapping,
            "live" => State::Live,
            other => return Err(Error::Misconfigured(format!("epoch {} is in state {other}", row.epoch))),
        };
        Ok(Epoch {
            epoch: row.epoch,
            state,
            system_id: row.system_id,
            timeline: row.timeline,
            slot: row.slot,
            start: lsn(&row.start)?,
            acked: lsn(&row.acked)?,
            boot: row.boot,
        })
    }

    /// Gives up a load under way and asks for a new one.
    pub(crate) async fn discard(&mut self, epoch: i64, reason: &str) -> Result<(), Error> {
        let mut tx = self.connection.begin().await?;
        sqlx::query!(
            "update cdc_epoch set state = 'discarded' where epoch = $1 and state in ('new', 'loading', 'swapping')",
            epoch
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!("insert into cdc_epoch (state, reason) values ('new', $1)", reason).execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// Records the slot before it is made, so that a crash in between leaves its name; returns the name.
    pub(crate) async fn begin_load(&mut self, epoch: i64) -> Result<String, Error> {
        Ok(sqlx::query_scalar!(
            r#"update cdc_epoch set state = 'loading', slot = format('shpunt_%s_%s', d.oid, epoch)
               from pg_database d where d.datname = current_database() and epoch = $1 returning slot as "slot!""#,
            epoch
        )
        .fetch_one(&mut self.connection)
        .await?)
    }

    /// The server's clock.
    pub(crate) async fn clock(&mut self) -> Result<DateTime<Utc>, Error> {
        Ok(sqlx::query_scalar!(r#"select clock_timestamp() as "now!""#).fetch_one(&mut self.connection).await?)
    }

    /// Records what the slot answered when it was made.
    pub(crate) async fn loading(&mut self, epoch: &Epoch) -> Result<(), Error> {
        sqlx::query!(
            "update cdc_epoch set system_id = $2, timeline = $3, start_lsn = $4::text::pg_lsn, acked_lsn = $4::text::pg_lsn
             where epoch = $1",
            epoch.epoch,
            epoch.system_id,
            epoch.timeline,
            epoch.start.to_string()
        )
        .execute(&mut self.connection)
        .await?;
        Ok(())
    }

    /// The load is complete; from here on only the exchange of tables is left. `created_at` becomes the moment of the snapshot.
    pub(crate) async fn swapping(&mut self, epoch: i64, snapshot_at: DateTime<Utc>) -> Result<(), Error> {
        sqlx::query!("update cdc_epoch set state = 'swapping', created_at = $2 where epoch = $1", epoch, snapshot_at)
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// The tables are exchanged: this epoch answers from now on, the one before is retired.
    pub(crate) async fn go_live(&mut self, epoch: &Epoch, boot: &str, tables: &Tables) -> Result<(), Error> {
        let mut tx = self.connection.begin().await?;
        sqlx::query!("update cdc_epoch set state = 'retired' where state = 'live' and epoch <> $1", epoch.epoch)
            .execute(&mut *tx)
            .await?;
        sqlx::query!("delete from cdc_batch where epoch <> $1", epoch.epoch).execute(&mut *tx).await?;
        let committed_at = sqlx::query_scalar!(
            "with live as (
                update cdc_epoch set state = 'live', live_at = clock_timestamp(), boot = $2, failure = '', failed_at = null
                where epoch = $1 returning epoch, start_lsn, created_at)
             insert into cdc_frontier (epoch, lsn, committed_at, tables)
             select epoch, start_lsn, created_at, $3 from live
             on conflict (only_row) do update set epoch = excluded.epoch, lsn = excluded.lsn,
                committed_at = excluded.committed_at, tables = excluded.tables, published_at = clock_timestamp()
             returning committed_at",
            epoch.epoch,
            boot,
            Json(tables) as _
        )
        .fetch_one(&mut *tx)
        .await?;
        let changes = text(&Changes::anything(epoch.start, committed_at))?;
        let (start, told) = (epoch.start.to_string(), [FRONTIER_CHANNEL, CHANGES_CHANNEL]);
        sqlx::query!("select pg_notify($1, $2), pg_notify($3, $4)", told[0], start, told[1], changes).execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// Drops the slots of epochs that are over.
    pub(crate) async fn drop_old_slots(&mut self) -> Result<(), Error> {
        sqlx::query!(
            "select pg_drop_replication_slot(s.slot_name) from pg_replication_slots s
             join cdc_epoch e on e.slot = s.slot_name and e.state in ('discarded', 'retired')
             where s.database = current_database() and not s.active"
        )
        .execute(&mut self.connection)
        .await?;
        Ok(())
    }

    /// The frontier of an epoch.
    pub(crate) async fn frontier(&mut self, epoch: i64) -> Result<Frontier, Error> {
        let row = sqlx::query!(
            r#"select lsn::text as "lsn!", committed_at, tables as "tables: Json<Tables>" from cdc_frontier where epoch = $1"#,
            epoch
        )
        .fetch_one(&mut self.connection)
        .await?;
        Ok(Frontier { lsn: lsn(&row.lsn)?, committed_at: row.committed_at, tables: row.tables.0 })
    }

    /// Batches not yet acknowledged, in order; the last may be open.
    pub(crate) async fn batches(&mut self, epoch: i64) -> Result<Vec<Range>, Error> {
        let rows = sqlx::query!(
            r#"select seq, state = 'done' as "done!", from_lsn::text as "from_lsn!", from_ordinal, to_lsn::text as "to_lsn!",
                      to_ordinal, end_lsn::text as "end_lsn!", tables as "tables: Json<Tables>"
               from cdc_batch where epoch = $1 order by seq"#,
            epoch
        )
        .fetch_all(&mut self.connection)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(Range {
                    seq: row.seq,
                    done: row.done,
                    from: Position { lsn: lsn(&row.from_lsn)?, ordinal: row.from_ordinal.cast_unsigned() },
                    to: Position { lsn: lsn(&row.to_lsn)?, ordinal: row.to_ordinal.cast_unsigned() },
                    end: lsn(&row.end_lsn)?,
                    tables: row.tables.0,
                })
            })
            .collect()
    }

    /// One statement, one transaction: the open batch is done, the frontier moves and is told with what became visible, the next batch
    /// is open.
    pub(crate) async fn publish(
        &mut self,
        epoch: i64,
        frontier: &Frontier,
        changes: Option<&Changes>,
        next: Option<&Range>,
    ) -> Result<(), Error> {
        let changes = changes.map(text).transpose()?;
        let empty =
            Range { seq: 0, done: false, from: Position::default(), to: Position::default(), end: Lsn(0), tables: Tables::new() };
        let range = next.unwrap_or(&empty);
        let published = sqlx::query_scalar!(
            r#"with published as (
                   update cdc_frontier set lsn = $2::text::pg_lsn, committed_at = $3, tables = $4, published_at = clock_timestamp()
                   where epoch = $1 and not exists (select from cdc_epoch n where n.epoch > $1 and n.state = 'new')
                   returning 1),
               closed as (
                   update cdc_batch set state = 'done' where epoch = $1 and state = 'open' and exists (select from published) returning 1),
               opened as (
                   insert into cdc_batch (epoch, seq, state, from_lsn, from_ordinal, to_lsn, to_ordinal, end_lsn, tables)
                   select $1, $5, 'open', $6::text::pg_lsn, $7, $8::text::pg_lsn, $9, $10::text::pg_lsn, $11
                   from (select count(*) from closed) c, published where $12)
               select count(pg_notify(channel, payload)) as "published!"
               from published, (values ($13, $2), ($14, $15)) told (channel, payload) where payload is not null"#,
            epoch,
            frontier.lsn.to_string(),
            frontier.committed_at,
            Json(&frontier.tables) as _,
            range.seq,
            range.from.lsn.to_string(),
            range.from.ordinal.cast_signed(),
            range.to.lsn.to_string(),
            range.to.ordinal.cast_signed(),
            range.end.to_string(),
            Json(&range.tables) as _,
            next.is_some(),
            FRONTIER_CHANNEL,
            CHANGES_CHANNEL,
            changes
        )
        .fetch_one(&mut self.connection)
        .await?;
        if published > 0 { Ok(()) } else { Err(Error::EpochChanged(epoch)) }
    }

    /// What is durable in ClickHouse: the slot may forget it, the journal does. A piece of a transaction that is not whole yet ends
    /// where the frontier stood, but its rows lie behind it.
    pub(crate) async fn acknowledge(&mut self, epoch: i64, acked: Lsn) -> Result<(), Error> {
        sqlx::query!(
            "with kept as (update cdc_epoch set acked_lsn = $2::text::pg_lsn where epoch = $1)
             delete from cdc_batch where epoch = $1 and state = 'done' and end_lsn <= $2::text::pg_lsn and to_lsn < $2::text::pg_lsn",
            epoch,
            acked.to_string()
        )
        .execute(&mut self.connection)
        .await?;
        Ok(())
    }

    /// Everything since the last acknowledgement was verified against this run of ClickHouse.
    pub(crate) async fn verified(&mut self, epoch: i64, boot: &str) -> Result<(), Error> {
        sqlx::query!("update cdc_epoch set boot = $2, failure = '', failed_at = null where epoch = $1", epoch, boot)
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    /// The end of the log as far as it is on disk.
    pub(crate) async fn flushed(&mut self) -> Result<Lsn, Error> {
        let text =
            sqlx::query_scalar!(r#"select pg_current_wal_flush_lsn()::text as "lsn!""#).fetch_one(&mut self.connection).await?;
        lsn(&text)
    }

    /// Whether process `by` still holds the lock of those who compare.
    pub(crate) async fn is_held(&mut self, by: i32) -> Result<bool, Error> {
        let held = sqlx::query_scalar!(
            r#"select exists (select from pg_locks where locktype = 'advisory' and granted and pid = $1 and objsubid = 1
                  and (classid::bigint << 32 | objid::bigint) = $2) as "held!""#,
            by,
            HOLD_LOCK
        );
        Ok(held.fetch_one(&mut self.connection).await?)
    }

    /// Tells process `by` that nothing is read any more.
    pub(crate) async fn tell_held(&mut self, by: i32) -> Result<(), Error> {
        sqlx::query!("select pg_notify($1, $2)", HELD_CHANNEL, by.to_string()).execute(&mut self.connection).await?;
        Ok(())
    }

    /// The slot, if it exists.
    pub(crate) async fn slot(&mut self, name: &str) -> Result<Option<Slot>, Error> {
        Ok(sqlx::query_as!(
            Slot,
            r#"select coalesce(wal_status, 'lost') as "wal_status!", safe_wal_size as safe_bytes,
                      (pg_current_wal_lsn() - coalesce(restart_lsn, pg_current_wal_lsn()))::bigint as "kept_bytes!"
               from pg_replication_slots where slot_name = $1 and database = current_database()"#,
            name
        )
        .fetch_optional(&mut self.connection)
        .await?)
    }
}

/// Asks for a new epoch: everything is loaded anew while reports go on answering from the old tables. Returns its number.
pub(crate) async fn request_epoch(pool: &Pool, reason: &str) -> Result<i64, Error> {
    Ok(sqlx::query_scalar!("insert into cdc_epoch (state, reason) values ('new', $1) returning epoch", reason)
        .fetch_one(pool)
        .await?)
}

/// Records why the worker stopped for good, for /health. Best effort on a connection of its own.
pub(crate) async fn record_failure(url: &str, failure: &str) -> Result<(), Error> {
    let mut connection = options(url)?.connect().await?;
    sqlx::query!(
        "update cdc_epoch set failure = $1, failed_at = clock_timestamp()
         where epoch = (select max(epoch) from cdc_epoch where state <> 'discarded')",
        failure
    )
    .execute(&mut connection)
    .await?;
    Ok(())
}

/// Why the worker stopped for good, if it did, and when.
pub(crate) async fn find_failure(pool: &Pool) -> Result<Option<(String, DateTime<Utc>)>, Error> {
    let row = sqlx::query!(
        r#"select failure, failed_at as "failed_at!" from cdc_epoch
           where failure <> '' and epoch = (select max(epoch) from cdc_epoch where state <> 'discarded')"#
    )
    .fetch_optional(pool)
    .await?;
    Ok(row.map(|row| (row.failure, row.failed_at)))
}
