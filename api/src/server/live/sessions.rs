//! Whether the sessions and tokens of open connections still hold: asked for all of them together, in one statement each time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use shpunt_domain::Db;
use shpunt_domain::access::{sessions, tokens};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::graphql::Clock;
use crate::server::call::{Credential, Identity, Sender};

/// How a session or a token stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// As when the connection was opened.
    Good,
    /// It ran out, or was ended.
    Ended,
    /// Its user may do something else now.
    Changed,
}

/// Hears how one of them stands.
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

/// What a connection was opened with.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    /// The token of a session.
    Session(String),
    /// The id of a token, whose secret was right.
    Token(i64),
}

struct Watched {
    identity: Identity,
    tell: watch::Sender<Standing>,
}

type Kept = Mutex<HashMap<Key, Watched>>;

/// The sessions and tokens of open connections.
pub(super) struct Sessions {
    kept: Arc<Kept>,
    checking: JoinHandle<()>,
}

impl std::fmt::Debug for Sessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sessions").finish_non_exhaustive()
    }
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

    /// Watches what `sender` showed, which stands for `identity` now; `None` when nothing was shown.
    pub(super) fn watch(&self, sender: &Sender, identity: &Identity) -> Option<Watch> {
        let key = match &sender.credential {
            Credential::None => return None,
            Credential::Session(token) => Key::Session(token.clone()),
            Credential::Token(bearer) => Key::Token(bearer.token_id),
        };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(watched) = kept.get(&key).filter(|watched| watched.identity == *identity) {
            return Some(Watch(watched.tell.subscribe()));
        }
        let (tell, told) = watch::channel(Standing::Good);
        if let Some(old) = kept.insert(key, Watched { identity: identity.clone(), tell }) {
            old.tell.send_replace(Standing::Changed);
        }
        Some(Watch(told))
    }
}

async fn check(db: Db, clock: Clock, every: Duration, kept: Arc<Kept>) {
    loop {
        tokio::time::sleep(every).await;
        let keys = keys(&kept);
        if keys.is_empty() {
            continue;
        }
        match find(&db, &keys, clock()).await {
            Ok(found) => settle(&kept, &keys, &found),
            // Nothing is known, so nothing is ended: whatever they ask is refused meanwhile.
            Err(error) => tracing::warn!(%error, "the sessions of open connections cannot be checked"),
        }
    }
}

/// Of connections that are open; the others are forgotten.
fn keys(kept: &Kept) -> Vec<Key> {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    kept.retain(|_, watched| watched.tell.receiver_count() > 0);
    kept.keys().cloned().collect()
}

/// Whom those that hold stand for: one statement for all sessions, one for all tokens.
async fn find(db: &Db, keys: &[Key], now: DateTime<Utc>) -> shpunt_domain::Result<HashMap<Key, Identity>> {
    let (mut of_sessions, mut of_tokens) = (Vec::new(), Vec::new());
    for key in keys {
        match key {
            Key::Session(token) => of_sessions.push(token.clone()),
            Key::Token(token_id) => of_tokens.push(*token_id),
        }
    }
    let mut found = HashMap::new();
    if !of_sessions.is_empty() {
        let users = sessions::users(db, &of_sessions, now).await?;
        found.extend(users.into_iter().map(|(token, user)| (Key::Session(token), user.into())));
    }
    if !of_tokens.is_empty() {
        let holders = tokens::holders(db, &of_tokens, now).await?;
        found.extend(holders.into_iter().map(|(token_id, holder)| (Key::Token(token_id), holder.into())));
    }
    Ok(found)
}

fn settle(kept: &Kept, asked: &[Key], found: &HashMap<Key, Identity>) {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    for key in asked {
        let standing = match (found.get(key), kept.get(key)) {
            (Some(identity), Some(watched)) if *identity == watched.identity => continue,
            (Some(_), _) => Standing::Changed,
            (None, _) => Standing::Ended,
        };
        if let Some(watched) = kept.remove(key) {
            watched.tell.send_replace(standing);
        }
    }
}
