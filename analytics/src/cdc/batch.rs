//! From messages to batches: which rows are taken, which were already written, where a batch ends. Pure.

use chrono::{DateTime, Utc};

use super::decode::{self, Message, Shape, Shapes, Tuple};
use super::error::Error;
use super::journal::{Position, Range, Shipped, Tables};
use super::native::{Field, Rows};
use super::tables::{Kind, TABLES};
use crate::Lsn;

/// Rows of whole transactions (or of a part of a giant one), by table.
#[derive(Debug)]
pub struct Batch {
    /// In the order of [`TABLES`]; empty ones included.
    pub tables: Vec<Rows>,
    /// Their sum.
    pub rows: usize,
    /// After this row.
    pub from: Position,
    /// Up to and with this one.
    pub to: Position,
    /// The frontier once it is written.
    pub end: Lsn,
    /// When its first whole transaction was committed.
    pub first_committed_at: Option<DateTime<Utc>>,
    /// When its last one was.
    pub committed_at: Option<DateTime<Utc>>,
}

impl Batch {
    fn new(from: Position, end: Lsn) -> Self {
        let tables = TABLES.iter().map(Rows::new).collect();
        Self { tables, rows: 0, from, to: from, end, first_committed_at: None, committed_at: None }
    }

    /// Its rows by table, for the journal.
    pub fn shipped(&self) -> Tables {
        let filled = self.tables.iter().filter(|rows| !rows.is_empty());
        filled
            .map(|rows| (rows.table().name.to_owned(), Shipped { rows: rows.len() as u64, last_lsn: rows.last_lsn() }))
            .collect()
    }

    /// Its place in the stream, as the journal records it.
    pub fn range(&self, seq: i64) -> Range {
        Range { seq, done: false, from: self.from, to: self.to, end: self.end, tables: self.shipped() }
    }
}

#[derive(Debug)]
struct Transaction {
    at: Position,
    committed_at: DateTime<Utc>,
    /// Committed before the beginning: already written, whole.
    skipped: bool,
    /// Rows of it in the batch.
    rows: usize,
    /// The last row of the batch before them.
    before: Position,
}

/// Gathers the next batch.
#[derive(Debug)]
pub struct Assembler {
    shapes: Shapes,
    batch: Batch,
    transaction: Option<Transaction>,
    /// Transactions whose commit record starts before it are already written.
    floor: Lsn,
    /// So are rows up to and with this one.
    after: Position,
    /// End of the last whole transaction, taken or not.
    reached: Lsn,
}

impl Assembler {
    /// Begins after `after`, leaving out transactions committed before `floor`.
    pub fn new(after: Position, floor: Lsn) -> Self {
        Self { shapes: Shapes::new(), batch: Batch::new(after, floor), transaction: None, floor, after, reached: floor }
    }

    /// Rows gathered.
    pub fn rows(&self) -> usize {
        self.batch.rows
    }

    /// Whether rows of a transaction that is not whole are among them.
    pub fn is_inside(&self) -> bool {
        self.transaction.as_ref().is_some_and(|transaction| transaction.rows > 0)
    }

    /// Whether no transaction is begun at all.
    pub fn is_between(&self) -> bool {
        self.transaction.is_none()
    }

    /// Where the commit record of the transaction begun starts.
    pub fn begun(&self) -> Option<Lsn> {
        self.transaction.as_ref().map(|transaction| transaction.at.lsn)
    }

    /// The last row gathered.
    pub fn to(&self) -> Position {
        self.batch.to
    }

    /// The end of the last whole transaction seen.
    pub fn reached(&self) -> Lsn {
        self.reached
    }

    /// When the first whole transaction of the batch was committed.
    pub fn first_committed_at(&self) -> Option<DateTime<Utc>> {
        self.batch.first_committed_at
    }

    /// Takes the batch; the next begins where it ends.
    pub fn take(&mut self) -> Batch {
        if let Some(transaction) = &mut self.transaction {
            (transaction.rows, transaction.before) = (0, self.batch.to);
        }
        let next = Batch::new(self.batch.to, self.batch.end);
        std::mem::replace(&mut self.batch, next)
    }

    /// A transaction begins; `lsn` is where its commit record starts.
    pub fn begin(&mut self, lsn: Lsn, committed_at: DateTime<Utc>) {
        let skipped = lsn < self.floor;
        let (at, before) = (Position { lsn, ordinal: 0 }, self.batch.to);
        self.transaction = Some(Transaction { at, committed_at, skipped, rows: 0, before });
    }

    /// The transaction is whole; `end` is where its commit record ends.
    pub fn commit(&mut self, end: Lsn) {
        if let Some(transaction) = self.transaction.take()
            && !transaction.skipped
        {
            self.batch.to = self.batch.to.max(transaction.at);
            self.batch.end = self.batch.end.max(end);
            if self.batch.rows > 0 {
                self.batch.first_committed_at.get_or_insert(transaction.committed_at);
            }
            self.batch.committed_at = Some(transaction.committed_at);
        }
        self.reached = self.reached.max(end);
    }

    /// A message between Begin and Commit.
    ///
    /// # Errors
    /// [`Error::Undecodable`]; the rows of its transaction are taken back, those of earlier ones stay.
    pub fn change(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let mut table = "message".to_owned();
        let outcome = self.apply(bytes, &mut table);
        outcome.map_err(|reason| {
            let lsn = self.transaction.take().map_or(self.reached, |transaction| {
                self.batch.tables.iter_mut().for_each(|rows| rows.roll_back(transaction.at.lsn.0));
                self.batch.rows -= transaction.rows;
                // Or the journal would say that they were written, and a program that can read them would pass them over.
                self.batch.to = transaction.before;
                transaction.at.lsn
            });
            Error::Undecodable { lsn, table, reason }
        })
    }

    fn apply(&mut self, bytes: &[u8], table: &mut String) -> Result<(), String> {
        match decode::message(bytes)? {
            Message::Relation(relation) => {
                table.clone_from(&relation.name);
                let shape = decode::shape(&relation)?;
                self.shapes.insert(relation.id, shape);
                Ok(())
            }
            Message::Insert { relation, new } => {
                let shape = self.shape(relation, table)?;
                self.put(&shape, new)
            }
            Message::Update { relation, old, new } => {
                let shape = self.mutable(relation, table, "update")?;
                if let Some(old) = old {
                    let (before, after) = (key(&shape, old)?, key(&shape, new)?);
                    if before != after {
                        self.put_deleted(&shape, before)?;
                    }
                }
                self.put(&shape, new)
            }
            Message::Delete { relation, old } => {
                let shape = self.mutable(relation, table, "delete")?;
                let key = key(&shape, old)?;
                self.put_deleted(&shape, key)
            }
            Message::Truncate => Err("a shipped table was truncated".to_owned()),
            Message::Other => Ok(()),
        }
    }

    fn shape(&self, relation: u32, table: &mut String) -> Result<Shape, String> {
        let shape = self.shapes.get(&relation).ok_or_else(|| format!("change of relation {relation}, never described"))?;
        TABLES[shape.table].name.clone_into(table);
        Ok(shape.clone())
    }

    fn mutable(&self, relation: u32, table: &mut String, what: &str) -> Result<Shape, String> {
        let shape = self.shape(relation, table)?;
        match TABLES[shape.table].kind {
            Kind::Mutable => Ok(shape),
            Kind::Append => Err(format!("{what} of an append-only table")),
        }
    }

    fn put(&mut self, shape: &Shape, row: Tuple<'_>) -> Result<(), String> {
        match self.next_position()? {
            Some(at) => {
                self.batch.tables[shape.table].push(at, &shape.map, row.fields())?;
                self.count(at);
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn put_deleted(&mut self, shape: &Shape, key: Field<'_>) -> Result<(), String> {
        match self.next_position()? {
            Some(at) => {
                self.batch.tables[shape.table].push_deleted(at, key)?;
                self.count(at);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// The place of the next row, or none when it is already written.
    fn next_position(&mut self) -> Result<Option<Position>, String> {
        let transaction = self.transaction.as_mut().ok_or("a change outside a transaction")?;
        transaction.at.ordinal += 1;
        Ok((!transaction.skipped && transaction.at > self.after).then_some(transaction.at))
    }

    fn count(&mut self, at: Position) {
        if let Some(transaction) = &mut self.transaction {
            transaction.rows += 1;
        }
        self.batch.rows += 1;
        self.batch.to = at;
    }
}

fn key<'a>(shape: &Shape, row: Tuple<'a>) -> Result<Field<'a>, String> {
    row.fields().nth(shape.key).ok_or("row without a key")?
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANNELS: u32 = 7;

    fn position(lsn: u64, ordinal: u64) -> Position {
        Position { lsn: Lsn(lsn), ordinal }
    }

    fn relation() -> Vec<u8> {
        let mut bytes = [b"R".as_slice(), &CHANNELS.to_be_bytes(), b"public\0channels\0d", &3_u16.to_be_bytes()].concat();
        for (name, oid) in [("channel_id", 20_u32), ("code", 25), ("name", 25)] {
            bytes.push(0);
            bytes.extend_from_slice(name.as_bytes());
            bytes.push(0);
            bytes.extend_from_slice(&oid.to_be_bytes());
            bytes.extend_from_slice(&u32::MAX.to_be_bytes());
        }
        bytes
    }

    fn insert(id: i64) -> Vec<u8> {
        let mut bytes = [b"I".as_slice(), &CHANNELS.to_be_bytes(), b"N", &3_u16.to_be_bytes()].concat();
        for value in [id.to_be_bytes().as_slice(), b"code", b"name"] {
            bytes.push(b'b');
            bytes.extend_from_slice(&u32::try_from(value.len()).unwrap().to_be_bytes());
            bytes.extend_from_slice(value);
        }
        bytes
    }

    fn assembler(after: Position, floor: u64) -> Assembler {
        let mut assembler = Assembler::new(after, Lsn(floor));
        assembler.begin(Lsn(floor), DateTime::UNIX_EPOCH);
        assembler.change(&relation()).unwrap();
        assembler
    }

    #[test]
    fn rows_that_were_taken_back_are_not_recorded_as_written() {
        let mut assembler = assembler(position(100, 0), 100);
        assembler.change(&insert(1)).unwrap();
        assembler.commit(Lsn(120));
        assembler.begin(Lsn(200), DateTime::UNIX_EPOCH);
        assembler.change(&insert(2)).unwrap();
        assembler.change(&insert(-3)).unwrap_err();
        let range = assembler.take().range(1);
        assert_eq!((range.from, range.to, range.end), (position(100, 0), position(100, 1), Lsn(120)));
        assert_eq!(range.tables["channels"].rows, 1);
    }

    #[test]
    fn of_a_transaction_cut_in_pieces_only_the_last_piece_is_taken_back() {
        let mut assembler = assembler(position(100, 0), 100);
        assembler.change(&insert(1)).unwrap();
        let first = assembler.take();
        assembler.change(&insert(2)).unwrap();
        assembler.change(&insert(-3)).unwrap_err();
        let second = assembler.take();
        assert_eq!((first.to, second.from, second.to, second.rows), (position(100, 1), position(100, 1), position(100, 1), 0));
    }

    #[test]
    fn rows_already_written_are_left_out() {
        let mut assembler = assembler(position(100, 2), 100);
        for id in 1..=3 {
            assembler.change(&insert(id)).unwrap();
        }
        assembler.commit(Lsn(120));
        assembler.begin(Lsn(90), DateTime::UNIX_EPOCH);
        assembler.change(&insert(9)).unwrap();
        assembler.commit(Lsn(95));
        let batch = assembler.take();
        assert_eq!((batch.rows, batch.to, batch.end), (1, position(100, 3), Lsn(120)));
    }
}
