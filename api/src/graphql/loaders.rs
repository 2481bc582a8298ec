//! Batches of rows by id: however many fields of one level ask, one statement answers them.
//!
//! One set of loaders per request: it remembers what it has read, so the same row is read once, and never shows it to another caller.
//! The scope of the caller is part of every batch.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::Context;
use dataloader::BatchFn;
use dataloader::cached;
use futures::future::BoxFuture;
use shpunt_domain::access::Scope;
use shpunt_domain::{Db, Error};

use super::access;
use super::error::{Fault, Result};

/// The rows of some ids, or why not.
pub(super) type Batch<T> = BoxFuture<'static, shpunt_domain::Result<HashMap<i64, T>>>;

/// Reads the rows of some ids; those it does not return do not exist for the caller.
type Fetch<T> = fn(Db, Scope, Vec<i64>) -> Batch<T>;

/// The loaders of one request.
pub(super) struct Loaders {
    pub(super) employees: Loader<access::Employee>,
}

impl Loaders {
    pub(super) fn new(db: &Db, scope: Scope) -> Self {
        Self { employees: Loader::new(db, scope, access::employees) }
    }
}

/// The loaders of this request.
pub(super) fn loaders<'a>(ctx: &Context<'a>) -> &'a Loaders {
    ctx.data_unchecked()
}

/// One kind of rows by id.
pub(super) struct Loader<T: Clone>(cached::Loader<i64, Loaded<T>, Source<T>>);

/// An error is shared by all who waited for the batch.
type Loaded<T> = Result<Option<T>, Arc<Error>>;

struct Source<T> {
    db: Db,
    scope: Scope,
    fetch: Fetch<T>,
}

impl<T: Clone> BatchFn<i64, Loaded<T>> for Source<T> {
    async fn load(&mut self, ids: &[i64]) -> HashMap<i64, Loaded<T>> {
        match (self.fetch)(self.db.clone(), self.scope, ids.to_vec()).await {
            Ok(mut found) => ids.iter().map(|id| (*id, Ok(found.remove(id)))).collect(),
            Err(error) => {
                let error = Arc::new(error);
                ids.iter().map(|id| (*id, Err(Arc::clone(&error)))).collect()
            }
        }
    }
}

impl<T: Clone> Loader<T> {
    fn new(db: &Db, scope: Scope, fetch: Fetch<T>) -> Self {
        Self(cached::Loader::new(Source { db: db.clone(), scope, fetch }))
    }

    /// The row, if it exists for the caller; 0 is no row.
    pub(super) async fn find(&self, id: i64) -> Result<Option<T>> {
        if id == 0 {
            return Ok(None);
        }
        let loaded = self.0.try_load(id).await.map_err(|_| Fault::from(Error::internal("a batch lost an id")))?;
        Ok(loaded?)
    }

    /// The row another row refers to, which therefore exists.
    pub(super) async fn existing(&self, id: i64) -> Result<T> {
        self.find(id).await?.ok_or_else(|| Error::internal("a row refers to one that does not exist").into())
    }
}

impl<T: Clone> Loader<Vec<T>> {
    /// The rows that belong to `id`; none is an empty list.
    pub(super) async fn of(&self, id: i64) -> Result<Vec<T>> {
        Ok(self.find(id).await?.unwrap_or_default())
    }
}
