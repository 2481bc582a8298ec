//! Whether the sessions of open connections still hold: asked for all of them together, in one statement each time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use shpunt_domain::Db;
use shpunt_domain::access::{User, sessions};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::graphql::Clock;

/// How a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// As when the connection was opened.
    Good,
    /// It ran out, or was ended.
    Ended,
    /// Its user may do something else now.
    Changed,
}

/// Hears how one session stands.
#[derive(Debug)]
pub(super) struct Watch(watch::Receiver<Standing>);

impl Watch {
    /// Waits until the session is not what it was.
    pub(super) async fn over(&mut self) -> Standing {
        let told = self.0.wait_for(|standing| *standing != Standing::Good).await.map(|standing| *standing);
        match told {
            Ok(standing) => standing,
            // The server ends.
            Err(_) => std::future::pending().await,
        }
    }
}

#[derive(Debug)]
struct Watched {
    user: User,
    tell: watch::Sender<Standing>,
}

type Kept = Mutex<HashMap<String, Watched>>;

/// The sessions of open connections, by token.
#[derive(Debug)]
pub(super) struct Sessions {
    kept: Arc<Kept>,
    checking: JoinHandle<()>,
}

impl Drop for Sessions {
    fn drop(&mut self) {
        self.checking.abort();
    }
}

impl Sessions {
    pub(super) fn start(db: Db, clock: Clock, every: Duration) -> Self {
        let kept = Arc::<Kept>::default();
        let checking = tokio::spawn(check(db, clock, every, Arc::clone(&kept)));
        Self { kept, checking }
    }

    /// Watches a session that belongs to `user` now.
    pub(super) fn watch(&self, token: &str, user: &User) -> Watch {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(watched) = kept.get(token).filter(|watched| watched.user == *user) {
            return Watch(watched.tell.subscribe());
        }
        let (tell, told) = watch::channel(Standing::Good);
        if let Some(old) = kept.insert(token.to_owned(), Watched { user: user.clone(), tell }) {
            old.tell.send_replace(Standing::Changed);
        }
        Watch(told)
    }
}

async fn check(db: Db, clock: Clock, every: Duration, kept: Arc<Kept>) {
    loop {
        tokio::time::sleep(every).await;
        let tokens = tokens(&kept);
        if tokens.is_empty() {
            continue;
        }
        match sessions::users(&db, &tokens, clock()).await {
            Ok(found) => settle(&kept, &tokens, &found),
            // Nothing is known, so nothing is ended: whatever they ask is refused meanwhile.
            Err(error) => tracing::warn!(%error, "the sessions of open connections cannot be checked"),
        }
    }
}

/// Of connections that are open; the others are forgotten.
fn tokens(kept: &Kept) -> Vec<String> {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    kept.retain(|_, watched| watched.tell.receiver_count() > 0);
    kept.keys().cloned().collect()
}

fn settle(kept: &Kept, asked: &[String], found: &HashMap<String, User>) {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    for token in asked {
        let standing = match (found.get(token), kept.get(token)) {
            (Some(user), Some(watched)) if *user == watched.user => continue,
            (Some(_), _) => Standing::Changed,
            (None, _) => Standing::Ended,
        };
        if let Some(watched) = kept.remove(token) {
            watched.tell.send_replace(standing);
        }
    }
}
