//! Proof that a batch is whole in ClickHouse, and its repair.
//!
//! A remembered token is no proof: a server killed between its log of tokens and the rename of a part answers 200 to the
//! repetition and stores nothing. So after an outcome that is not known, rows are counted. Facts that are missing are put
//! into a stage table and attached (which fires no view); a mart that is behind gets the batch by the SELECT of its view.

use bytes::Bytes;

use super::error::Error;
use super::journal::Range;
use super::sink::{Sink, inside};
use super::tables::{LEDGER, MARTS, TABLES};
use crate::schema;

/// What was found missing and mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Repaired {
    /// Batches of a fact table.
    pub facts: u64,
    /// Batches of a mart.
    pub marts: u64,
    /// Marts filled anew from the whole ledger.
    pub rebuilt: u64,
}

impl Repaired {
    pub(crate) fn add(&mut self, other: Self) {
        self.facts += other.facts;
        self.marts += other.marts;
        self.rebuilt += other.rebuilt;
    }
}

/// Counts the rows of a batch in a fact table and attaches those that are missing.
pub(crate) async fn facts(
    sink: &Sink,
    raw: &str,
    columns: &str,
    range: &Range,
    expected: u64,
    body: Bytes,
) -> Result<Repaired, Error> {
    let found = sink.count_range(raw, range).await?;
    if found == expected {
        return Ok(Repaired::default());
    }
    if found > expected {
        return Err(Error::Foreign(format!("{raw} holds {found} rows of a batch of {expected}")));
    }
    tracing::warn!(raw, found, expected, seq = range.seq, "rows of a batch are missing: attaching them");
    let stage = format!("stage_{raw}");
    sink.execute(&format!("drop table if exists {stage} sync")).await?;
    sink.execute(&format!("create table {stage} as {raw}")).await?;
    sink.insert(&stage, columns, body, None).await?;
    if found > 0 {
        let here = inside(range.from, range.to);
        let others = format!("delete from {stage} where (_lsn, _ordinal) in (select _lsn, _ordinal from {raw} where {here})");
        sink.execute(&others).await?;
    }
    sink.execute(&format!("alter table {raw} attach partition tuple() from {stage}")).await?;
    sink.execute(&format!("drop table {stage} sync")).await?;
    let found = sink.count_range(raw, range).await?;
    if found == expected { Ok(Repaired { facts: 1, ..Repaired::default() }) } else { Err(missing(raw, expected, found)) }
}

/// Gives a batch of the ledger to the marts that are behind it. Batches come strictly in order and each is one part of a mart,
/// so the highest position of a mart tells which it has, also of several batches proved as one.
pub(crate) async fn marts(sink: &Sink, range: &Range, last_lsn: u64) -> Result<Repaired, Error> {
    let mut repaired = Repaired::default();
    for mart in MARTS {
        let has = sink.number(&format!("select max(_lsn) from {mart}")).await?;
        if has >= last_lsn {
            continue;
        }
        tracing::warn!(mart, seq = range.seq, "a mart is behind the ledger: filling it from the batch");
        let source = format!("(select * from {} where {} and _lsn > {has})", TABLES[LEDGER].raw(), inside(range.from, range.to));
        fill(sink, mart, mart, &source).await?;
        repaired.marts += 1;
    }
    Ok(repaired)
}

/// Compares every mart with the ledger it was filled from, and fills anew one that differs.
pub(crate) async fn whole_marts(sink: &Sink, identity: &str) -> Result<Repaired, Error> {
    let mut repaired = Repaired::default();
    for mart in MARTS {
        let (expected, found) = entries(sink, mart).await?;
        if expected == found {
            continue;
        }
        tracing::error!(mart, expected, found, "a mart does not equal the ledger: filling it anew");
        rebuild(sink, mart, identity).await?;
        let (expected, found) = entries(sink, mart).await?;
        if expected != found {
            return Err(missing(mart, expected, found));
        }
        repaired.rebuilt += 1;
    }
    Ok(repaired)
}

async fn entries(sink: &Sink, mart: &str) -> Result<(u64, u64), Error> {
    let expected = sink.number(&format!("select count() from {}", TABLES[LEDGER].raw())).await?;
    Ok((expected, sink.number(&format!("select sum(entries) from {mart}")).await?))
}

async fn rebuild(sink: &Sink, mart: &str, identity: &str) -> Result<(), Error> {
    let ledger = TABLES[LEDGER].raw();
    let fresh = format!("stage_{mart}");
    sink.execute(&format!("drop table if exists {fresh} sync")).await?;
    sink.execute(&format!("create table {fresh} as {mart}")).await?;
    sink.execute(&format!("alter table {fresh} modify comment '{identity}'")).await?;
    let accounts = format!("select distinct toString(account) from {ledger}");
    // Account by account (the sort key begins with it), so that memory is bounded.
    for account in sink.client().inner().query_raw(&accounts).fetch_all::<String>().await? {
        fill(sink, mart, &fresh, &format!("(select * from {ledger} where account = '{account}')")).await?;
    }
    sink.execute(&format!("exchange tables {fresh} and {mart}")).await?;
    sink.execute(&format!("drop table {fresh} sync")).await?;
    Ok(())
}

async fn fill(sink: &Sink, mart: &str, into: &str, source: &str) -> Result<(), Error> {
    let select = schema::mart_select(mart, source).ok_or_else(|| Error::SchemaMismatch(format!("{mart} has no view")))?;
    Ok(sink.insert_select(&format!("insert into {into} {select}")).await?)
}

fn missing(table: &str, expected: u64, found: u64) -> Error {
    Error::Missing { table: table.to_owned(), expected, found }
}
