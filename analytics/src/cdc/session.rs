//! One attempt: connect, find out what the last attempt left behind, recover it, stream until something breaks.

use std::collections::VecDeque;
use std::time::Duration;

use pgwire_replication::{Lsn as WireLsn, ReplicationClient};
use tokio::sync::watch;

use super::address::replication;
use super::apply::Applier;
use super::batch::Assembler;
use super::error::Error;
use super::journal::{self, Epoch, Position, Range, State};
use super::pg::{self, Journal, Listener};
use super::sink::Sink;
use super::snapshot;
use super::status::{Phase, Status};
use super::stream::{Plan, Stream};
use super::tables::{Kind, TABLES};
use super::worker::Config;
use crate::changes::Changes;
use crate::{Client, Lsn};

/// Runs until shut down (`Ok`) or broken (`Err`).
pub(crate) async fn run(config: &Config, status: &watch::Sender<Status>, mut stop: watch::Receiver<bool>) -> Result<(), Error> {
    let prepared = tokio::select! {
        prepared = prepare(config, status) => prepared?,
        _ = stop.wait_for(|stop| *stop) => return Ok(()),
    };
    let (stream, replication, listener) = prepared;
    stream.run(replication, listener, stop).await
}

async fn prepare<'a>(
    config: &'a Config,
    status: &watch::Sender<Status>,
) -> Result<(Stream<'a>, ReplicationClient, Listener), Error> {
    let mut journal = Journal::open(&config.postgres_url).await?;
    journal.check_settings().await?;
    journal.drop_old_slots().await?;
    let sink = Sink::new(config.clickhouse.clone());
    let epoch = live_epoch(config, status, &mut journal, &sink).await?;
    status.send_modify(|status| {
        status.epoch = epoch.epoch;
        status.phase = Phase::Recovering;
    });
    check_columns(&sink).await?;
    check_slot(&mut journal, &epoch).await?;
    let frontier = journal.frontier(epoch.epoch).await?;
    let batches = journal.batches(epoch.epoch).await?;
    let mark = sink.boot().await?;
    let restarted = mark.is_empty() || mark != epoch.boot;
    if restarted {
        check_totals(&sink, &epoch, &frontier.tables, &batches).await?;
        tracing::info!(acked = %epoch.acked, batches = batches.len(), "ClickHouse was restarted: verifying what was not acknowledged");
    }
    let boot = if restarted { sink.mark_boot().await? } else { mark };

    let listener = Listener::open(&config.postgres_url, &[pg::WANTED_CHANNEL, pg::HOLD_CHANNEL]).await?;
    let start = if restarted { epoch.acked } else { frontier.lsn };
    let wire = replication(&config.postgres_url, &epoch.slot)?
        .with_start_lsn(WireLsn::from_u64(start.0))
        .with_ack_lsn(WireLsn::from_u64(epoch.acked.0));
    let mut replication = ReplicationClient::connect(wire).await?;
    replication.wait_started().await?;

    let next_seq = batches.last().map_or(1, |range| range.seq + 1);
    let written = batches.iter().rev().find(|range| range.done).map(|range| range.to).unwrap_or_default();
    let ranges = batches.into_iter().filter(|range| restarted || !range.done);
    let ranges = VecDeque::from(journal::join(ranges, config.pace.rows as u64));
    // A batch must not seem to begin before what was written and forgotten: its rows could not be counted.
    let after = ranges.front().map_or(written, |range| range.from).max(Position { lsn: start, ordinal: 0 });
    let needed = restarted || !ranges.is_empty();
    let plan = Plan { ranges, boot: needed.then_some(boot) };
    // Behind the frontier there is a part of a transaction whose ids went with the last attempt.
    let partly = written.lsn >= frontier.lsn;
    let changes = if partly { Changes::anything(frontier.lsn, frontier.committed_at) } else { Changes::default() };
    let (unpublished, changed_to) = (false, written.lsn);
    let applier = Applier { journal, sink, epoch, frontier, unpublished, changes, changed_to, next_seq };
    let stream = Stream::new(config, status.clone(), applier, Assembler::new(after, start), plan);
    Ok((stream, replication, listener))
}

/// Goes through the states of the newest epoch until it is live and ClickHouse holds it.
async fn live_epoch(config: &Config, status: &watch::Sender<Status>, journal: &mut Journal, sink: &Sink) -> Result<Epoch, Error> {
    loop {
        let epoch = journal.epoch().await?;
        match epoch.state {
            State::New => {
                status.send_modify(|status| status.phase = Phase::Loading);
                snapshot::load(journal, &config.postgres_url, &config.clickhouse, epoch).await?;
            }
            State::Loading => journal.discard(epoch.epoch, "the load was interrupted").await?,
            State::Swapping => match snapshot::swap(journal, &config.clickhouse, &epoch).await {
                Err(Error::Foreign(reason)) => journal.discard(epoch.epoch, &reason).await?,
                other => other?,
            },
            State::Live => {
                if !sink.settle(Duration::from_mins(1)).await? {
                    return Err(Error::Unsettled);
                }
                match foreign(&config.clickhouse, journal, &config.postgres_url, &epoch).await? {
                    None => return Ok(epoch),
                    Some(reason) => {
                        tracing::error!(epoch = epoch.epoch, reason, "a new epoch is needed: everything is loaded anew");
                        journal.discard(epoch.epoch, &reason).await?;
                    }
                }
            }
        }
    }
}

/// Why ClickHouse, or PostgreSQL, is not the one this epoch was written from and to.
async fn foreign(client: &Client, journal: &mut Journal, url: &str, epoch: &Epoch) -> Result<Option<String>, Error> {
    let comments = Sink::new(client.clone()).comments().await?;
    let identity = epoch.identity();
    for name in snapshot::names() {
        match comments.iter().find(|(table, _)| *table == name) {
            None => return Ok(Some(format!("{name} does not exist in ClickHouse"))),
            Some((_, comment)) if *comment != identity => {
                return Ok(Some(format!("{name} in ClickHouse belongs to {comment:?}, not {identity:?}")));
            }
            Some(_) => {}
        }
    }
    let mut session = ReplicationClient::connect_gated(replication(url, &epoch.slot)?).await?;
    let system = session.identify_system().await?;
    if (system.system_id.as_str(), i64::from(system.timeline)) != (epoch.system_id.as_str(), epoch.timeline) {
        return Ok(Some(format!("PostgreSQL is {}/{}, the epoch began on another", system.system_id, system.timeline)));
    }
    if journal.flushed().await? < epoch.acked {
        return Ok(Some("PostgreSQL is behind what was acknowledged".to_owned()));
    }
    Ok(None)
}

/// The tables of ClickHouse must be those this program writes.
async fn check_columns(sink: &Sink) -> Result<(), Error> {
    let columns = sink.columns().await?;
    for table in &TABLES {
        let raw = table.raw();
        let found = columns.iter().filter(|(table, ..)| *table == raw).map(|(_, name, kind)| (name.as_str(), kind.clone()));
        let (found, expected): (Vec<(&str, String)>, _) = (found.collect(), table.stored());
        if found != expected {
            let differs = expected.iter().zip(&found).find(|(expected, found)| expected != found);
            return Err(Error::SchemaMismatch(format!("{raw} is not what this version writes: {differs:?}")));
        }
    }
    Ok(())
}

async fn check_slot(journal: &mut Journal, epoch: &Epoch) -> Result<(), Error> {
    match journal.slot(&epoch.slot).await? {
        None => Err(Error::SlotMissing(epoch.slot.clone())),
        Some(slot) if slot.wal_status == "lost" => Err(Error::SlotLost(epoch.slot.clone())),
        Some(_) => Ok(()),
    }
}

/// After a restart of ClickHouse: what was acknowledged can be proved but not sent again, so if it is not all there, load anew.
async fn check_totals(sink: &Sink, epoch: &Epoch, totals: &journal::Tables, batches: &[Range]) -> Result<(), Error> {
    for table in TABLES.iter().filter(|table| table.kind == Kind::Append) {
        let rows = |tables: &journal::Tables| tables.get(table.name).map_or(0, |shipped| shipped.rows);
        let unacknowledged: u64 =
            batches.iter().filter(|range| range.done && range.to.lsn >= epoch.acked).map(|range| rows(&range.tables)).sum();
        let expected = rows(totals).saturating_sub(unacknowledged);
        let found = sink.count_before(&table.raw(), epoch.acked).await?;
        if found != expected {
            return Err(Error::Foreign(format!("{} holds {found} acknowledged rows of {expected}", table.raw())));
        }
    }
    Ok(())
}

/// The positions of the transport are ours.
pub(crate) fn ours(lsn: WireLsn) -> Lsn {
    Lsn(lsn.as_u64())
}
