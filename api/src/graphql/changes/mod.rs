//! What became visible in the reports, for those who listen: one source for the whole process, whatever their number.
//!
//! Invariants: who only listens costs no statement; the rows of a change are read once for each scope among the listeners, under that
//! scope, so nobody hears of a row that a list would not show; a listener that is slow misses changes, is told that it did, and holds
//! nothing up.

mod subscription;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use shpunt_analytics::changes::{Changes, Ids};
use shpunt_domain::access::Scope;
use shpunt_domain::{Db, Error};
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{OnceCell, broadcast};
use tokio::task::JoinHandle;

use super::deals::{self, Deal};
use super::orders::{self, Order};
pub(crate) use subscription::ChangesSubscription;

/// Changes follow one another this far apart at least, so that a flood of them wakes every listener seldom.
const PACE: Duration = Duration::from_millis(50);

/// Changes kept for a listener that has not come to them yet.
const KEPT: usize = 64;

/// Passes on what the change stream tells; it ends with the schema.
pub(super) struct Hub {
    tell: broadcast::Sender<Arc<Event>>,
    relay: JoinHandle<()>,
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.relay.abort();
    }
}

impl Hub {
    pub(super) fn start(db: Db, told: broadcast::Receiver<Changes>) -> Self {
        let tell = broadcast::Sender::new(KEPT);
        let relay = tokio::spawn(relay(db, told, tell.clone()));
        Self { tell, relay }
    }

    fn listen(&self) -> Listener {
        Listener(self.tell.subscribe())
    }
}

async fn relay(db: Db, mut told: broadcast::Receiver<Changes>, tell: broadcast::Sender<Arc<Event>>) {
    let mut missed = false;
    loop {
        let mut changes = match told.recv().await {
            Ok(changes) => changes,
            Err(RecvError::Lagged(_)) => {
                missed = true;
                continue;
            }
            Err(RecvError::Closed) => return,
        };
        loop {
            match told.try_recv() {
                Ok(later) => changes.merge(later),
                Err(TryRecvError::Lagged(_)) => missed = true,
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        if std::mem::take(&mut missed) {
            changes = Changes::anything(changes.lsn, changes.committed_at);
        }
        // An error means that nobody listens.
        let _ = tell.send(Arc::new(Event::new(db.clone(), changes)));
        tokio::time::sleep(PACE).await;
    }
}

/// Hears of changes from its making on.
struct Listener(broadcast::Receiver<Arc<Event>>);

impl Listener {
    /// The next change, and whether some before it were missed; `None` when the server ends.
    async fn next(&mut self) -> Option<(Arc<Event>, bool)> {
        let mut missed = false;
        loop {
            match self.0.recv().await {
                Ok(event) => return Some((event, missed)),
                Err(RecvError::Lagged(_)) => missed = true,
                Err(RecvError::Closed) => return None,
            }
        }
    }
}

/// A change with its rows, which are read when the first listener asks.
struct Event {
    db: Db,
    changes: Changes,
    deals: Rows<Deal>,
    orders: Rows<Order>,
}

impl Event {
    fn new(db: Db, changes: Changes) -> Self {
        Self { db, changes, deals: Rows::default(), orders: Rows::default() }
    }

    /// The changed deals that `scope` may see; `None` when they are too many to tell.
    async fn deals(&self, scope: &Scope) -> Result<Option<Arc<HashMap<i64, Deal>>>, Error> {
        self.deals.of(scope, &self.changes.deals, |ids| deals::by_ids(self.db.clone(), scope.clone(), ids)).await
    }

    /// The changed orders that `scope` may see; `None` when they are too many to tell.
    async fn orders(&self, scope: &Scope) -> Result<Option<Arc<HashMap<i64, Order>>>, Error> {
        self.orders.of(scope, &self.changes.orders, |ids| orders::by_ids(self.db.clone(), scope.clone(), ids)).await
    }
}

/// The rows of one reading, by their number.
type Read<T> = Arc<HashMap<i64, T>>;

/// The changed rows of one kind, by the scope they were read under.
struct Rows<T>(Mutex<HashMap<Scope, Arc<OnceCell<Read<T>>>>>);

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Rows<T> {
    async fn of(
        &self,
        scope: &Scope,
        ids: &Ids,
        read: impl FnOnce(Vec<i64>) -> BoxFuture<'static, Result<HashMap<i64, T>, Error>>,
    ) -> Result<Option<Read<T>>, Error> {
        let Some(ids) = ids.told() else { return Ok(None) };
        if ids.is_empty() {
            return Ok(Some(Read::default()));
        }
        let cell = Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(scope.clone()).or_default());
        let rows = cell.get_or_try_init(async || Ok::<_, Error>(Arc::new(read(ids.iter().copied().collect()).await?))).await?;
        Ok(Some(Arc::clone(rows)))
    }
}
