//! A new epoch: a slot, everything as it was when the slot was made, and the exchange of tables.
//!
//! Slot and snapshot come from one gated session: what the snapshot holds and what the slot streams meet without gap or
//! overlap. The load goes into a database of its own; reports answer from the old tables until all are exchanged.

use bytes::{Buf, BytesMut};
use futures::StreamExt;
use pgwire_replication::ReplicationClient;

use super::address::replication;
use super::error::Error;
use super::journal::{Epoch, Position, Shipped, Tables};
use super::native::{Field, Rows};
use super::pg::{Journal, SnapshotReader};
use super::sink::Sink;
use super::tables::{Kind, LEDGER, MARTS, TABLES, Table};
use crate::{Client, Lsn, schema};

/// Rows of one insert of the load.
const ROWS: usize = 250_000;
/// The binary COPY format begins with this, then flags and the length of an extension.
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";

fn loading(client: &Client) -> Client {
    client.in_database(&format!("{}_loading", client.database()))
}

/// Loads everything beside the tables in use. A failure leaves the epoch `loading`, which the next session discards.
pub(crate) async fn load(journal: &mut Journal, url: &str, client: &Client, mut epoch: Epoch) -> Result<(), Error> {
    schema::apply(client).await?;
    let shadow = loading(client);
    client.inner().query_raw(&format!("drop database if exists {} sync", shadow.database())).execute().await?;
    schema::apply_tables(&shadow, &schema::Layout::SingleNode).await?;
    journal.drop_old_slots().await?;
    epoch.slot = journal.begin_load(epoch.epoch).await?;
    let before = journal.clock().await?;

    let mut session = ReplicationClient::connect_gated(replication(url, &epoch.slot)?).await?;
    let system = session.identify_system().await?;
    let made =
        session.simple_query(&format!("CREATE_REPLICATION_SLOT {} LOGICAL pgoutput (SNAPSHOT 'export')", epoch.slot)).await?;
    let (start, snapshot) =
        answer(&made).ok_or_else(|| Error::Misconfigured("CREATE_REPLICATION_SLOT answered no snapshot".into()))?;
    epoch.system_id = system.system_id;
    epoch.timeline = i64::from(system.timeline);
    epoch.start = start;
    journal.loading(&epoch).await?;
    tracing::info!(epoch = epoch.epoch, slot = epoch.slot, %start, "loading everything from a snapshot");

    let mut reader = SnapshotReader::open(url, &snapshot).await?;
    let sink = Sink::new(shadow);
    for table in &TABLES {
        let rows = copy(&mut reader, &sink, table).await?;
        let stored = sink.number(&format!("select count() from {}", table.raw())).await?;
        if stored != rows {
            return Err(Error::Missing { table: table.raw(), expected: rows, found: stored });
        }
        tracing::info!(table = table.name, rows, "loaded");
    }
    drop(reader);
    drop(session);
    let entries = sink.number(&format!("select count() from {}", TABLES[LEDGER].raw())).await?;
    for mart in MARTS {
        let found = sink.number(&format!("select sum(entries) from {mart}")).await?;
        if found != entries {
            return Err(Error::Missing { table: mart.to_owned(), expected: entries, found });
        }
    }
    for name in names() {
        sink.execute(&format!("alter table {name} modify comment '{}'", epoch.identity())).await?;
    }
    journal.swapping(epoch.epoch, before).await
}

/// Exchanges the tables that are not exchanged yet and makes the epoch live. Can be repeated.
pub(crate) async fn swap(journal: &mut Journal, client: &Client, epoch: &Epoch) -> Result<(), Error> {
    let (sink, shadow) = (Sink::new(client.clone()), loading(client));
    let identity = epoch.identity();
    let of_epoch = |comments: Vec<(String, String)>| -> Vec<String> {
        comments.into_iter().filter(|(_, comment)| *comment == identity).map(|(name, _)| name).collect()
    };
    let (ours, theirs) = (of_epoch(sink.comments().await?), of_epoch(Sink::new(shadow.clone()).comments().await?));
    let left: Vec<String> = names().into_iter().filter(|name| !ours.contains(name)).collect();
    if let Some(gone) = left.iter().find(|name| !theirs.contains(name)) {
        return Err(Error::Foreign(format!("the loaded table {gone} is gone")));
    }
    if !left.is_empty() {
        let pairs: Vec<String> =
            left.iter().map(|name| format!("{}.{name} and {}.{name}", client.database(), shadow.database())).collect();
        sink.execute(&format!("exchange tables {}", pairs.join(", "))).await?;
    }
    let mut tables = Tables::new();
    for table in TABLES.iter().filter(|table| table.kind == Kind::Append) {
        let rows = sink.number(&format!("select count() from {}", table.raw())).await?;
        tables.insert(table.name.to_owned(), Shipped { rows, last_lsn: 0 });
    }
    let boot = sink.mark_boot().await?;
    journal.go_live(epoch, &boot, &tables).await?;
    journal.drop_old_slots().await?;
    sink.execute(&format!("drop database if exists {} sync", shadow.database())).await?;
    tracing::info!(epoch = epoch.epoch, "the new epoch is live");
    Ok(())
}

/// Tables and marts that carry the identity of the epoch.
pub(crate) fn names() -> Vec<String> {
    TABLES.iter().map(Table::raw).chain(MARTS.iter().map(|mart| (*mart).to_owned())).collect()
}

/// Consistent point and name of the snapshot.
pub(crate) fn answer(rows: &[pgwire_replication::client::QueryRow]) -> Option<(Lsn, String)> {
    let row = rows.first()?;
    let text = |at: usize| std::str::from_utf8(row.get(at)?.as_ref()?).ok();
    Some((text(1)?.parse().ok()?, text(2)?.to_owned()))
}

async fn copy(reader: &mut SnapshotReader, sink: &Sink, table: &'static Table) -> Result<u64, Error> {
    let columns: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
    let map: Vec<usize> = (0..columns.len()).collect();
    let mut stream = reader.copy(table.name, &columns.join(", ")).await?;
    let (mut rows, mut buffer, mut begun, mut total) = (Rows::new(table), BytesMut::new(), false, 0);
    while let Some(chunk) = stream.next().await {
        buffer.extend_from_slice(&chunk?);
        if !begun {
            begun = header(&mut buffer).map_err(|reason| undecodable(table, reason))?;
        }
        while begun && let Some(length) = row_length(&buffer).map_err(|reason| undecodable(table, reason))? {
            let row = buffer.split_to(length);
            rows.push(Position::default(), &map, fields(&row[2..])).map_err(|reason| undecodable(table, reason))?;
            if rows.len() >= ROWS {
                total += send(sink, std::mem::replace(&mut rows, Rows::new(table))).await?;
            }
        }
    }
    Ok(total + send(sink, rows).await?)
}

async fn send(sink: &Sink, rows: Rows) -> Result<u64, Error> {
    if !rows.is_empty() {
        sink.insert(&rows.table().raw(), &rows.column_list(), rows.body(), None).await?;
    }
    Ok(rows.len() as u64)
}

fn undecodable(table: &Table, reason: String) -> Error {
    Error::Undecodable { lsn: Lsn(0), table: table.name.to_owned(), reason }
}

/// Takes the header off once it is there.
fn header(buffer: &mut BytesMut) -> Result<bool, String> {
    let Some(fixed) = buffer.get(..SIGNATURE.len() + 8) else { return Ok(false) };
    if !fixed.starts_with(SIGNATURE) {
        return Err("not the binary COPY format".to_owned());
    }
    let extension = u32::from_be_bytes([fixed[15], fixed[16], fixed[17], fixed[18]]) as usize;
    if buffer.len() < fixed.len() + extension {
        return Ok(false);
    }
    buffer.advance(SIGNATURE.len() + 8 + extension);
    Ok(true)
}

/// Bytes of the first row, once it is there; none at the trailer.
fn row_length(buffer: &[u8]) -> Result<Option<usize>, String> {
    let Some(count) = buffer.get(..2) else { return Ok(None) };
    let count = i16::from_be_bytes([count[0], count[1]]);
    let mut length = 2;
    for _ in 0..count.max(0) {
        let Some(size) = buffer.get(length..length + 4) else { return Ok(None) };
        let size = i32::from_be_bytes([size[0], size[1], size[2], size[3]]);
        length += 4 + usize::try_from(size.max(0)).map_err(|_| "row is too long")?;
    }
    Ok((count >= 0 && buffer.len() >= length).then_some(length))
}

fn fields(row: &[u8]) -> impl Iterator<Item = Result<Field<'_>, String>> {
    let mut rest = row;
    std::iter::from_fn(move || {
        let size = rest.get(..4)?;
        let size = i32::from_be_bytes([size[0], size[1], size[2], size[3]]);
        rest = &rest[4..];
        let Ok(size) = usize::try_from(size) else { return Some(Ok(Field::Null)) };
        let value = rest.get(..size)?;
        rest = &rest[size..];
        Some(Ok(Field::Binary(value)))
    })
}
