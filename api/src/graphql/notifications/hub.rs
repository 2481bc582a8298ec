//! Who is told something, for those who listen in this process: heard once, read once, passed on to each person's own listeners.
//!
//! Invariants: who only listens costs no statement; what is passed on is read under the permissions and deals its recipient has at that
//! moment; a listener that is slow misses notifications, is told that it did, and holds nothing up.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::stream::{self, Stream};
use shpunt_domain::notifications::listen::{Heard, Listener};
use shpunt_domain::notifications::{Notification, read};
use shpunt_domain::{Db, Error};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;

/// Notifications kept for a listener that has not come to them yet.
const KEPT: usize = 16;

/// Before listening again where it broke off.
const PAUSE: Duration = Duration::from_millis(250);

/// A notification; `None` = something was missed, ask for what is unread.
type Told = Option<Arc<Notification>>;

/// The listeners of each user.
type People = Mutex<HashMap<i64, broadcast::Sender<Told>>>;

/// Passes on what people are told; it ends with the schema.
pub(in crate::graphql) struct Hub {
    people: Arc<People>,
    relay: JoinHandle<()>,
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.relay.abort();
    }
}

impl Hub {
    /// Begins to listen (one connection of the pool for good).
    pub(in crate::graphql) fn start(db: Db) -> Self {
        let people = Arc::<People>::default();
        let relay = tokio::spawn(relay(db, Arc::clone(&people)));
        Self { people, relay }
    }

    /// What the user is told from now on.
    pub(super) fn listen(&self, user_id: i64) -> impl Stream<Item = Told> + Send + use<> {
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        let told = people.entry(user_id).or_insert_with(|| broadcast::Sender::new(KEPT)).subscribe();
        stream::unfold(told, |mut told| async move {
            match told.recv().await {
                Ok(one) => Some((one, told)),
                Err(RecvError::Lagged(_)) => Some((None, told)),
                Err(RecvError::Closed) => None,
            }
        })
    }
}

async fn relay(db: Db, people: Arc<People>) {
    loop {
        if let Err(error) = hear(&db, &people).await {
            tracing::debug!(%error, "listening for notifications again");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Passes on what is heard, until the connection cannot be had.
async fn hear(db: &Db, people: &People) -> Result<(), Error> {
    let mut listener = Listener::open(db).await?;
    // Something may have been told while nobody listened for it.
    tell_gap(people);
    loop {
        match listener.hear().await? {
            Heard::Gap => tell_gap(people),
            Heard::Told(pairs) => pass_on(db, people, &pairs).await,
        }
    }
}

async fn pass_on(db: &Db, people: &People, pairs: &[(i64, i64)]) {
    let heard: HashMap<i64, broadcast::Sender<Told>> = {
        let mut people = people.lock().unwrap_or_else(PoisonError::into_inner);
        people.retain(|_, tell| tell.receiver_count() > 0);
        pairs.iter().filter_map(|(user_id, _)| Some((*user_id, people.get(user_id)?.clone()))).collect()
    };
    let wanted: Vec<i64> = pairs.iter().filter(|(user_id, _)| heard.contains_key(user_id)).map(|(_, id)| *id).collect();
    if wanted.is_empty() {
        return;
    }
    match read::list_by_ids(db, &wanted).await {
        Ok(rows) => {
            for row in rows {
                if let Some(tell) = heard.get(&row.user_id) {
                    // An error means that nobody listens any more.
                    let _ = tell.send(Some(Arc::new(row)));
                }
            }
        }
        Err(error) => {
            tracing::warn!(%error, "notifications cannot be read; their listeners are told that they missed something");
            for tell in heard.values() {
                let _ = tell.send(None);
            }
        }
    }
}

fn tell_gap(people: &People) {
    let people = people.lock().unwrap_or_else(PoisonError::into_inner);
    for tell in people.values() {
        // An error means that nobody listens any more.
        let _ = tell.send(None);
    }
}
