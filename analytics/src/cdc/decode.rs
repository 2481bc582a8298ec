//! The messages of PostgreSQL's `pgoutput` plugin, protocol version 1, with values in binary form.
//!
//! Begin and Commit are read by the transport; what is left are the shapes of tables and the changes of rows.

use std::collections::HashMap;

use super::native::Field;
use super::tables::{TABLES, Table, Type};

/// A message, its rows not decoded yet.
#[derive(Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// The shape of a table, sent before its first change.
    Relation(Relation),
    /// A new row.
    Insert {
        /// Object id of the table.
        relation: u32,
        /// The row.
        new: Tuple<'a>,
    },
    /// A changed row.
    Update {
        /// Object id of the table.
        relation: u32,
        /// The row before, when its key changed.
        old: Option<Tuple<'a>>,
        /// The row after.
        new: Tuple<'a>,
    },
    /// A deleted row.
    Delete {
        /// Object id of the table.
        relation: u32,
        /// Its key; other columns are null.
        old: Tuple<'a>,
    },
    /// Tables emptied at once.
    Truncate,
    /// Nothing that concerns rows: a type, an origin.
    Other,
}

/// A table as the server describes it.
#[derive(Debug, PartialEq, Eq)]
pub struct Relation {
    /// Object id.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// Name and type of each column sent.
    pub columns: Vec<(String, u32)>,
}

/// The fields of a row, still packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tuple<'a> {
    count: u16,
    bytes: &'a [u8],
}

impl<'a> Tuple<'a> {
    /// Its fields in the order of the relation.
    pub fn fields(self) -> Fields<'a> {
        Fields { left: self.count, rest: Reader(self.bytes) }
    }
}

/// Iterator over the fields of a row; each at most once, the first error is the last item.
#[derive(Debug)]
pub struct Fields<'a> {
    left: u16,
    rest: Reader<'a>,
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, String>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let field = self.rest.field();
        if field.is_err() {
            self.left = 0;
        }
        Some(field)
    }
}

#[derive(Debug, Clone, Copy)]
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or("message is cut short")?;
        self.0 = rest;
        Ok(taken)
    }

    fn u8(&mut self) -> Result<u8, String> {
        Ok(self.take(1)?[0])
    }

    fn u16(&mut self) -> Result<u16, String> {
        let bytes = self.take(2)?;
        Ok(u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    fn u32(&mut self) -> Result<u32, String> {
        let bytes = self.take(4)?;
        Ok(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn text(&mut self) -> Result<String, String> {
        let end = self.0.iter().position(|byte| *byte == 0).ok_or("text without an end")?;
        let text = String::from_utf8(self.take(end)?.to_vec()).map_err(|_| "name is not UTF-8")?;
        self.take(1)?;
        Ok(text)
    }

    fn field(&mut self) -> Result<Field<'a>, String> {
        let kind = self.u8()?;
        match kind {
            b'n' => Ok(Field::Null),
            b'u' => Ok(Field::Unchanged),
            b't' | b'b' => {
                let length = self.u32()? as usize;
                let bytes = self.take(length)?;
                Ok(if kind == b'b' { Field::Binary(bytes) } else { Field::Text(bytes) })
            }
            other => Err(format!("field of kind {other}")),
        }
    }

    /// A row; what follows it stays to be read.
    fn tuple(&mut self) -> Result<Tuple<'a>, String> {
        let count = self.u16()?;
        let whole = self.0;
        for _ in 0..count {
            self.field()?;
        }
        Ok(Tuple { count, bytes: &whole[..whole.len() - self.0.len()] })
    }

    /// The last row of a message: checked while its fields are read.
    fn last_tuple(&mut self) -> Result<Tuple<'a>, String> {
        Ok(Tuple { count: self.u16()?, bytes: self.0 })
    }
}

/// Reads one message.
///
/// # Errors
/// A text that says what is wrong with it.
pub fn message(bytes: &[u8]) -> Result<Message<'_>, String> {
    let mut reader = Reader(bytes);
    match reader.u8()? {
        b'R' => relation(&mut reader).map(Message::Relation),
        b'I' => {
            let relation = reader.u32()?;
            match reader.u8()? {
                b'N' => Ok(Message::Insert { relation, new: reader.last_tuple()? }),
                other => Err(format!("insert with a tuple of kind {other}")),
            }
        }
        b'U' => {
            let relation = reader.u32()?;
            let mut kind = reader.u8()?;
            let mut old = None;
            if matches!(kind, b'K' | b'O') {
                old = Some(reader.tuple()?);
                kind = reader.u8()?;
            }
            match kind {
                b'N' => Ok(Message::Update { relation, old, new: reader.last_tuple()? }),
                other => Err(format!("update with a tuple of kind {other}")),
            }
        }
        b'D' => {
            let relation = reader.u32()?;
            match reader.u8()? {
                b'K' | b'O' => Ok(Message::Delete { relation, old: reader.last_tuple()? }),
                other => Err(format!("delete with a tuple of kind {other}")),
            }
        }
        b'T' => Ok(Message::Truncate),
        b'Y' | b'O' | b'M' => Ok(Message::Other),
        other => Err(format!("message of kind {other}")),
    }
}

fn relation(reader: &mut Reader<'_>) -> Result<Relation, String> {
    let id = reader.u32()?;
    let _schema = reader.text()?;
    let name = reader.text()?;
    let _replica_identity = reader.u8()?;
    let count = reader.u16()?;
    let mut columns = Vec::with_capacity(count.into());
    for _ in 0..count {
        let _is_key = reader.u8()?;
        let column = reader.text()?;
        columns.push((column, reader.u32()?));
        let _type_modifier = reader.u32()?;
    }
    Ok(Relation { id, name, columns })
}

/// Which shipped table a relation is, and where its columns go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    /// Index into [`TABLES`].
    pub table: usize,
    /// Place in the stream → place in the table.
    pub map: Vec<usize>,
    /// Place of the primary key in the stream.
    pub key: usize,
}

/// Shapes by the object id of their table.
pub type Shapes = HashMap<u32, Shape>;

/// Compares what the server describes with what this program ships: the same columns, of the same types.
///
/// # Errors
/// A text that names the first difference.
pub fn shape(relation: &Relation) -> Result<Shape, String> {
    let table = TABLES.iter().position(|table| table.name == relation.name).ok_or("the table is not shipped")?;
    let ours: &Table = &TABLES[table];
    let mut map = Vec::with_capacity(relation.columns.len());
    for (name, oid) in &relation.columns {
        let place = ours.columns.iter().position(|(column, _)| column == name);
        let place = place.ok_or_else(|| format!("column {name} is not shipped"))?;
        let kind: Type = ours.columns[place].1;
        if kind.oid() != *oid {
            return Err(format!("column {name} is of type {oid}, not {}", kind.oid()));
        }
        map.push(place);
    }
    if let Some((missing, _)) = ours.columns.iter().enumerate().find(|(place, _)| !map.contains(place)) {
        return Err(format!("column {} is not published", ours.columns[missing].0));
    }
    let key = map.iter().position(|place| *place == 0).ok_or("the primary key is not published")?;
    Ok(Shape { table, map, key })
}
