//! Rows of one table, column by column, as the body of an INSERT in ClickHouse's Native format.
//!
//! A value is decoded straight into the bytes of its column, so building the body only puts them one after another.

use std::collections::HashMap;

use bytes::{BufMut, Bytes, BytesMut};

use super::journal::Position;
use super::tables::{Kind, Table, Type};
use super::value;

/// A value as it came over the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field<'a> {
    /// SQL NULL.
    Null,
    /// A large value that was not sent because the update did not touch it.
    Unchanged,
    /// Text: a type without a binary form.
    Text(&'a [u8]),
    /// Binary form.
    Binary(&'a [u8]),
}

/// Different values of a `LowCardinality` column.
#[derive(Debug, Default)]
struct Words {
    index: HashMap<Box<[u8]>, u32>,
    keys: Vec<u8>,
}

impl Words {
    fn index_of(&mut self, word: &[u8]) -> Result<u32, String> {
        if let Some(index) = self.index.get(word) {
            return Ok(*index);
        }
        let index = u32::try_from(self.index.len()).map_err(|_| "too many different words".to_owned())?;
        self.index.insert(word.into(), index);
        put_string(&mut self.keys, word);
        Ok(index)
    }
}

#[derive(Debug)]
struct Column {
    kind: Type,
    data: Vec<u8>,
    nulls: Vec<u8>,
    words: Words,
}

impl Column {
    fn push(&mut self, field: Field<'_>) -> Result<(), String> {
        let bytes = match field {
            Field::Binary(bytes) => bytes,
            Field::Null if self.kind.is_nullable() => {
                self.nulls.push(1);
                return self.push_default();
            }
            Field::Null => return Err("null in a column that cannot be".to_owned()),
            Field::Unchanged => return Err("unchanged TOAST: the value was not sent".to_owned()),
            Field::Text(_) => return Err("sent as text where binary was asked for".to_owned()),
        };
        match self.kind {
            Type::Id => self.data.put_u64_le(value::id(bytes)?),
            Type::Int64 => self.data.put_i64_le(value::int8(bytes)?),
            Type::Int32 => self.data.put_i32_le(value::int4(bytes)?),
            Type::Bool => self.data.put_u8(value::boolean(bytes)?),
            Type::Text => put_string(&mut self.data, bytes),
            Type::Word => self.data.put_u32_le(self.words.index_of(bytes)?),
            Type::Date | Type::DateOrNull => self.data.put_u16_le(value::date(bytes)?),
            Type::Time | Type::TimeOrNull => self.data.put_i64_le(value::timestamp(bytes)?),
            Type::Decimal(places) => self.data.put_i64_le(value::numeric(bytes, places)?),
            Type::DeletedAt => {}
        }
        if self.kind.is_nullable() {
            self.nulls.push(0);
        }
        Ok(())
    }

    /// The value of a column that did not come: of a deleted row only the key does.
    fn push_default(&mut self) -> Result<(), String> {
        match self.kind {
            Type::Id | Type::Int64 | Type::Time | Type::TimeOrNull | Type::Decimal(_) => self.data.put_u64_le(0),
            Type::Int32 => self.data.put_u32_le(0),
            Type::Bool | Type::Text => self.data.put_u8(0),
            Type::Word => self.data.put_u32_le(self.words.index_of(b"")?),
            Type::Date | Type::DateOrNull => self.data.put_u16_le(0),
            Type::DeletedAt => {}
        }
        Ok(())
    }

    fn encode(&self, rows: usize, out: &mut BytesMut) {
        out.put_slice(&self.nulls);
        if self.kind == Type::Word {
            // One dictionary for the block: version 1, additional keys, indexes of four bytes.
            out.put_u64_le(1);
            out.put_u64_le(1 << 9 | 1 << 10 | 2);
            out.put_u64_le(self.words.index.len() as u64);
            out.put_slice(&self.words.keys);
            out.put_u64_le(rows as u64);
        }
        out.put_slice(&self.data);
    }
}

/// Lengths to return to when a transaction turns out to be undecodable.
#[derive(Debug, Default, Clone)]
struct Mark {
    transaction: u64,
    rows: usize,
    columns: Vec<(usize, usize)>,
}

/// Rows of one table waiting to be sent.
#[derive(Debug)]
pub struct Rows {
    table: &'static Table,
    columns: Vec<Column>,
    lsns: Vec<u64>,
    ordinals: Vec<u64>,
    deleted: Vec<u8>,
    mark: Mark,
}

impl Rows {
    /// None yet.
    pub fn new(table: &'static Table) -> Self {
        let columns = table
            .columns
            .iter()
            .map(|(_, kind)| Column { kind: *kind, data: Vec::new(), nulls: Vec::new(), words: Words::default() })
            .collect();
        Self { table, columns, lsns: Vec::new(), ordinals: Vec::new(), deleted: Vec::new(), mark: Mark::default() }
    }

    /// Their table.
    pub fn table(&self) -> &'static Table {
        self.table
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.lsns.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.lsns.is_empty()
    }

    /// The highest `_lsn`: of the last row, because they come in order.
    pub fn last_lsn(&self) -> u64 {
        self.lsns.last().copied().unwrap_or_default()
    }

    /// The values of an id column; none where the table has no such column.
    pub fn ids(&self, name: &str) -> impl Iterator<Item = i64> {
        let place = self.table.columns.iter().position(|column| *column == (name, Type::Id));
        let data = place.map_or(&[][..], |place| &self.columns[place].data);
        data.as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes))
    }

    /// Adds a row whose fields stand in the order `map` says (place in the stream → place in the table).
    pub fn push<'a>(
        &mut self,
        at: Position,
        map: &[usize],
        fields: impl Iterator<Item = Result<Field<'a>, String>>,
    ) -> Result<(), String> {
        self.remember(at);
        let mut deleted = 0;
        let mut count = 0;
        for (field, place) in fields.zip(map) {
            let (field, column) = (field?, &mut self.columns[*place]);
            let (name, kind) = self.table.columns[*place];
            if kind == Type::DeletedAt {
                deleted = u8::from(field != Field::Null);
            } else {
                column.push(field).map_err(|reason| format!("column {name}: {reason}"))?;
            }
            count += 1;
        }
        if count != map.len() {
            return Err(format!("{count} columns where {} were expected", map.len()));
        }
        self.close(at, deleted);
        Ok(())
    }

    /// Adds the tombstone of a deleted row: its key and nothing else.
    pub fn push_deleted(&mut self, at: Position, key: Field<'_>) -> Result<(), String> {
        self.remember(at);
        self.columns[0].push(key)?;
        for column in &mut self.columns[1..] {
            if column.kind.is_nullable() {
                column.nulls.push(1);
            }
            column.push_default()?;
        }
        self.close(at, 1);
        Ok(())
    }

    /// Takes back the rows of the transaction, whole or begun.
    pub fn roll_back(&mut self, transaction: u64) {
        if self.mark.columns.is_empty() || self.mark.transaction != transaction {
            return;
        }
        for (column, (data, nulls)) in self.columns.iter_mut().zip(&self.mark.columns) {
            column.data.truncate(*data);
            column.nulls.truncate(*nulls);
        }
        self.lsns.truncate(self.mark.rows);
        self.ordinals.truncate(self.mark.rows);
        self.deleted.truncate(self.mark.rows);
    }

    fn remember(&mut self, at: Position) {
        if self.mark.columns.is_empty() || self.mark.transaction != at.lsn.0 {
            let columns = self.columns.iter().map(|column| (column.data.len(), column.nulls.len())).collect();
            self.mark = Mark { transaction: at.lsn.0, rows: self.lsns.len(), columns };
        }
    }

    fn close(&mut self, at: Position, deleted: u8) {
        self.lsns.push(at.lsn.0);
        self.ordinals.push(at.ordinal);
        self.deleted.push(deleted);
    }

    /// The names of the columns of [`Self::body`], for the INSERT statement.
    pub fn column_list(&self) -> String {
        let names: Vec<&str> = self.table.stored().into_iter().map(|(name, _)| name).collect();
        names.join(", ")
    }

    /// The whole body: one block.
    pub fn body(&self) -> Bytes {
        let stored = self.table.stored();
        let size: usize = self.columns.iter().map(|c| c.data.len() + c.nulls.len() + c.words.keys.len() + 64).sum();
        let mut out = BytesMut::with_capacity(size + self.len() * 32 + 256);
        put_varint(&mut out, stored.len() as u64);
        put_varint(&mut out, self.len() as u64);
        let mut own = self.columns.iter().filter(|column| column.kind != Type::DeletedAt);
        for (name, kind) in &stored {
            put_string(&mut out, name.as_bytes());
            put_string(&mut out, kind.as_bytes());
            match (*name, self.table.kind) {
                ("_lsn", _) => self.lsns.iter().for_each(|lsn| out.put_u64_le(*lsn)),
                ("_ordinal", Kind::Append) => {
                    for ordinal in &self.ordinals {
                        out.put_u32_le(u32::try_from(*ordinal).unwrap_or(u32::MAX));
                    }
                }
                ("_version", Kind::Mutable) => {
                    for (lsn, ordinal) in self.lsns.iter().zip(&self.ordinals) {
                        out.put_u128_le(u128::from(*lsn) << 64 | u128::from(*ordinal));
                    }
                }
                ("_deleted", Kind::Mutable) => out.put_slice(&self.deleted),
                _ => {
                    if let Some(column) = own.next() {
                        column.encode(self.len(), &mut out);
                    }
                }
            }
        }
        out.freeze()
    }
}

fn put_varint(out: &mut impl BufMut, mut value: u64) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            return out.put_u8(low);
        }
        out.put_u8(low | 0x80);
    }
}

fn put_string(out: &mut impl BufMut, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.put_slice(bytes);
}
