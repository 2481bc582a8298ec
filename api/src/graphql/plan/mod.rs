//! Lists answered by a plan: what an operation selects is compiled once, read level by level, and written as JSON at once.
//!
//! The library resolves every leaf of every row as a future of its own and builds a tree of values, which costs more than the database.
//! A plan knows only what [`Steps`] lists, of types without guards (whether a field may be asked is decided at the gate, before). Whatever
//! it does not know, and whatever fails on the way, is left to the ordinary resolvers, which give the same answer or say why not: a
//! plan can be taken away without changing any answer, and a test compares both.

mod json;
mod root;
mod selection;

use std::collections::HashMap;

use async_graphql::OutputType;
use futures::future::BoxFuture;
use shpunt_domain::{Error, Result};

use super::loaders::{Fetch, Reading};
pub(super) use json::Word;
use json::{Json, array, object};
pub(super) use root::Planned;
pub(super) use selection::Field;
use selection::Selection;

/// A type that plans can answer.
pub(super) trait Steps: OutputType + Sized + 'static {
    /// How a field of it is answered; `None` leaves the whole list to the ordinary resolvers.
    fn step(field: &Field<'_>) -> Option<Step<Self>>;
}

/// What is selected of a type, in the order of the document, with the rows read for it.
pub(super) struct Plan<T> {
    /// Each with the key before it, `"number":`.
    steps: Vec<(String, Step<T>)>,
}

/// Appends something of a row.
type Write<T> = dyn Fn(&T, &mut Vec<u8>) + Send + Sync;

/// How a field is answered.
pub(super) enum Step<T> {
    /// From the row alone.
    Leaf(Box<Write<T>>),
    /// By what is inside the row or by other rows.
    Branch(Box<dyn Branch<T>>),
}

/// Objects behind a field.
pub(super) trait Branch<T>: Send + Sync {
    /// Reads what it needs for all rows of its level.
    fn read<'a>(&'a mut self, rows: &'a [&'a T], reading: &'a Reading) -> BoxFuture<'a, Result<()>>;

    /// Writes what belongs to one of these rows.
    fn write(&self, row: &T, out: &mut Vec<u8>);
}

impl<T: Steps> Plan<T> {
    fn of(selection: &Selection<'_>) -> Option<Self> {
        let steps = selection.fields(&T::type_name())?.into_iter().map(|field| {
            let step = if field.name == "__typename" { field.value(|_: &T| T::type_name()) } else { T::step(&field) };
            Some((format!("\"{}\":", field.key), step?))
        });
        Some(Self { steps: steps.collect::<Option<_>>()? })
    }

    async fn read(&mut self, rows: &[&T], reading: &Reading) -> Result<()> {
        for (_, step) in &mut self.steps {
            if let Step::Branch(branch) = step {
                branch.read(rows, reading).await?;
            }
        }
        Ok(())
    }

    fn write(&self, row: &T, out: &mut Vec<u8>) {
        object(&self.steps, out, |(key, step), out| {
            out.extend_from_slice(key.as_bytes());
            match step {
                Step::Leaf(write) => write(row, out),
                Step::Branch(branch) => branch.write(row, out),
            }
        });
    }
}

impl Field<'_> {
    /// A scalar of the row.
    pub(super) fn leaf<T: 'static, J: Json + ?Sized + 'static>(&self, get: fn(&T) -> &J) -> Option<Step<T>> {
        self.scalar(move |row, out| get(row).write(out))
    }

    /// A scalar made of the row.
    pub(super) fn value<T: 'static, J: Json + 'static>(&self, get: fn(&T) -> J) -> Option<Step<T>> {
        self.scalar(move |row, out| get(row).write(out))
    }

    /// Nothing can be selected of a scalar.
    fn scalar<T>(&self, write: impl Fn(&T, &mut Vec<u8>) + Send + Sync + 'static) -> Option<Step<T>> {
        self.selection.is_empty().then(|| Step::Leaf(Box::new(write)))
    }

    /// An object inside the row.
    pub(super) fn inside<T: 'static, C: Steps>(&self, get: fn(&T) -> &C) -> Option<Step<T>> {
        let plan = Plan::of(&self.selection)?;
        Some(Step::Branch(Box::new(Inside { get, plan })))
    }

    /// A list of objects inside the row.
    pub(super) fn list<T: 'static, C: Steps>(&self, get: fn(&T) -> Vec<&C>) -> Option<Step<T>> {
        let plan = Plan::of(&self.selection)?;
        Some(Step::Branch(Box::new(List { get, plan })))
    }

    /// The row of an id, null where there is none for the caller.
    pub(super) fn one<T: 'static, C: Steps>(&self, id: fn(&T) -> i64, fetch: Fetch<C>) -> Option<Step<T>> {
        self.related(id, fetch, std::slice::from_ref, Kind::One)
    }

    /// The row of an id, which exists.
    pub(super) fn existing<T: 'static, C: Steps>(&self, id: fn(&T) -> i64, fetch: Fetch<C>) -> Option<Step<T>> {
        self.related(id, fetch, std::slice::from_ref, Kind::Existing)
    }

    /// The rows that belong to an id.
    pub(super) fn many<T: 'static, C: Steps>(&self, id: fn(&T) -> i64, fetch: Fetch<Vec<C>>) -> Option<Step<T>> {
        self.related(id, fetch, Vec::as_slice, Kind::Many)
    }

    fn related<T: 'static, R: Send + Sync + 'static, C: Steps>(
        &self,
        id: fn(&T) -> i64,
        fetch: Fetch<R>,
        rows: fn(&R) -> &[C],
        kind: Kind,
    ) -> Option<Step<T>> {
        let plan = Plan::of(&self.selection)?;
        Some(Step::Branch(Box::new(Related { id, fetch, rows, kind, found: HashMap::new(), plan })))
    }
}

/// An object that is part of the row.
struct Inside<T, C> {
    get: fn(&T) -> &C,
    plan: Plan<C>,
}

impl<T, C: Steps> Branch<T> for Inside<T, C> {
    fn read<'a>(&'a mut self, rows: &'a [&'a T], reading: &'a Reading) -> BoxFuture<'a, Result<()>> {
        let parts: Vec<&C> = rows.iter().map(|row| (self.get)(row)).collect();
        Box::pin(async move { self.plan.read(&parts, reading).await })
    }

    fn write(&self, row: &T, out: &mut Vec<u8>) {
        self.plan.write((self.get)(row), out);
    }
}

/// Objects that are part of the row.
struct List<T, C> {
    get: fn(&T) -> Vec<&C>,
    plan: Plan<C>,
}

impl<T, C: Steps> Branch<T> for List<T, C> {
    fn read<'a>(&'a mut self, rows: &'a [&'a T], reading: &'a Reading) -> BoxFuture<'a, Result<()>> {
        let parts: Vec<&C> = rows.iter().flat_map(|row| (self.get)(row)).collect();
        Box::pin(async move { self.plan.read(&parts, reading).await })
    }

    fn write(&self, row: &T, out: &mut Vec<u8>) {
        array((self.get)(row), out, |part, out| self.plan.write(part, out));
    }
}

/// How many rows there are behind an id.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    One,
    Existing,
    Many,
}

/// Rows of other tables, which one statement reads for a whole level.
struct Related<T, R, C> {
    id: fn(&T) -> i64,
    fetch: Fetch<R>,
    rows: fn(&R) -> &[C],
    kind: Kind,
    found: HashMap<i64, R>,
    plan: Plan<C>,
}

impl<T, R: Send + Sync, C: Steps> Branch<T> for Related<T, R, C> {
    fn read<'a>(&'a mut self, rows: &'a [&'a T], reading: &'a Reading) -> BoxFuture<'a, Result<()>> {
        // 0 is no row.
        let mut ids: Vec<i64> = rows.iter().map(|row| (self.id)(row)).filter(|id| *id != 0).collect();
        ids.sort_unstable();
        ids.dedup();
        Box::pin(async move {
            if !ids.is_empty() {
                self.found = reading.fetch(self.fetch, ids.clone()).await?;
            }
            if self.kind == Kind::Existing && ids.iter().any(|id| !self.found.contains_key(id)) {
                return Err(Error::internal("a row refers to one that does not exist"));
            }
            let below: Vec<&C> = self.found.values().flat_map(self.rows).collect();
            self.plan.read(&below, reading).await
        })
    }

    fn write(&self, row: &T, out: &mut Vec<u8>) {
        let rows = self.found.get(&(self.id)(row)).map(self.rows).unwrap_or_default();
        match (self.kind, rows) {
            (Kind::Many, _) => array(rows, out, |row, out| self.plan.write(row, out)),
            (_, [only, ..]) => self.plan.write(only, out),
            (_, []) => None::<bool>.write(out),
        }
    }
}
