//! One socket: the rules of graphql-transport-ws.
//!
//! One task reads and writes in turn; each operation runs in one of its own, which waits with its next answer until the last is taken. So what
//! a slow client does not take is not made, and nothing that is under way holds a connection to the database meanwhile.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_graphql::Response;
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures::stream::{AbortHandle, BoxStream, SelectAll, StreamExt as _, abortable};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use tokio::time::MissedTickBehavior;

use super::message::{self, Incoming, Outgoing};
use super::operation::{self, Step};
use super::sessions::{Standing, Watch};
use crate::graphql;
use crate::server::App;
use crate::server::bearer::Bearer;
use crate::server::call::Sender;
use crate::server::parse;
use crate::server::refusal::Refusal;

/// Operations at once on one socket; a page has about one for each thing it shows.
const OPERATIONS: usize = 64;

/// A client that is told the end has this long to say so too.
pub(super) const FAREWELL: Duration = Duration::from_secs(1);

pub(super) struct Connection {
    app: Arc<App>,
    sender: Sender,
    id: String,
    socket: WebSocket,
    /// The session, once the client was let in.
    session: Option<Watch>,
    /// How to stop each operation, by its id.
    running: HashMap<String, AbortHandle>,
    operations: SelectAll<BoxStream<'static, (String, Step)>>,
    /// Operations so far, to name the next.
    count: u64,
    /// The last sign of life.
    heard: Instant,
}

/// Why a connection ends.
enum End {
    /// The client is gone.
    Gone,
    /// We close, with a code and a reason.
    Close(u16, Cow<'static, str>),
}

/// Why it ends, if it does.
type Going = Result<(), End>;

fn close<T>(code: u16, reason: impl Into<Cow<'static, str>>) -> Result<T, End> {
    Err(End::Close(code, reason.into()))
}

impl Connection {
    pub(super) fn new(app: Arc<App>, sender: Sender, id: String, socket: WebSocket) -> Self {
        let (running, operations) = (HashMap::new(), SelectAll::new());
        Self { app, sender, id, socket, session: None, running, operations, count: 0, heard: Instant::now() }
    }

    /// Speaks until one side ends it.
    pub(super) async fn serve(mut self) {
        let end = self.speak().await;
        let Err(End::Close(code, reason)) = end else { return };
        tracing::debug!(id = self.id, code, %reason, "a socket is closed");
        // What was asked for is of no use any more.
        self.operations.clear();
        let frame = CloseFrame { code, reason: reason.into_owned().into() };
        if self.socket.send(Message::Close(Some(frame))).await.is_ok() {
            self.part().await;
        }
    }

    /// Lets both sides say farewell: dropped at once, what was sent last might be thrown away.
    async fn part(&mut self) {
        let said = async { while let Some(Ok(_)) = self.socket.recv().await {} };
        let _ = tokio::time::timeout(FAREWELL, said).await;
    }

    async fn speak(&mut self) -> Going {
        let app = Arc::clone(&self.app);
        let limits = app.live.limits;
        let mut init = std::pin::pin!(tokio::time::sleep(limits.init));
        let mut closed = std::pin::pin!(app.live.closed());
        let mut ping = tokio::time::interval_at(tokio::time::Instant::now() + limits.ping, limits.ping);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                message = self.socket.recv() => self.hear(message).await?,
                Some((id, step)) = self.operations.next(), if !self.operations.is_empty() => self.step(id, step).await?,
                standing = over(&mut self.session) => return end(standing),
                () = &mut init, if self.session.is_none() => return close(4408, "Connection initialisation timeout"),
                _ = ping.tick() => self.ping(limits.ping).await?,
                () = &mut closed => return close(1001, "The server stops"),
            }
        }
    }

    /// Something came, or nothing more will.
    async fn hear(&mut self, message: Option<Result<Message, axum::Error>>) -> Going {
        self.heard = Instant::now();
        let text = match message {
            None => return Err(End::Gone),
            Some(Ok(Message::Close(_))) => {
                self.part().await;
                return Err(End::Gone);
            }
            // Answered by the layer below.
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return Ok(()),
            Some(Ok(Message::Binary(_))) => return close(4400, "Invalid message: send text"),
            // Too large, not UTF-8, or against the rules of the layer below; when the network failed nobody hears it.
            Some(Err(_)) => return close(4400, "Invalid message: send at most 256 KiB of UTF-8"),
            Some(Ok(Message::Text(text))) => text,
        };
        match message::read(&text) {
            None => close(4400, "Invalid message"),
            Some(Incoming::Init(authorization)) => self.init(authorization).await,
            Some(Incoming::Ping(payload)) => self.say(&Outgoing::Pong { payload }).await,
            Some(Incoming::Pong) => Ok(()),
            Some(Incoming::Subscribe(id, fields)) => self.subscribe(id, fields).await,
            Some(Incoming::Complete(id)) => {
                self.forget(&id);
                Ok(())
            }
        }
    }

    async fn init(&mut self, authorization: Option<String>) -> Going {
        if self.session.is_some() {
            return close(4429, "Too many initialisation requests");
        }
        if let Some(authorization) = authorization {
            let Ok(token) = Bearer::read(&authorization) else { return close(4403, "Forbidden: this is not a token") };
            let Ok(()) = self.sender.with(token) else { return close(4403, "Forbidden: send a session or one token, not both") };
        }
        let identity = match self.sender.identify(&self.app).await {
            Ok(identity) => identity,
            Err(refusal) if refusal.is_unauthorized() => return close(4403, "Forbidden: the token is not good"),
            Err(refusal) if refusal.is_limited() => return close(1013, "Too many requests; try again later"),
            Err(_) => return close(1013, "The database does not answer; try again"),
        };
        let Some(identity) = identity else { return close(4403, "Forbidden") };
        self.session = self.app.live.sessions.watch(&self.sender, &identity);
        self.say(&Outgoing::ConnectionAck).await
    }

    async fn subscribe(&mut self, id: String, fields: Map<String, Value>) -> Going {
        if self.session.is_none() {
            return close(4401, "Unauthorized");
        }
        if self.running.contains_key(&id) {
            // A reason has 123 bytes at most.
            let shown: String = id.chars().take(20).collect();
            return close(4409, format!("Subscriber for {shown} already exists"));
        }
        let Ok(asked) = parse::asked(fields) else { return close(4400, "Invalid message: the payload is no request") };
        self.count += 1;
        let request_id = format!("{}-{}", self.id, self.count);
        if self.running.len() >= OPERATIONS {
            let message = format!("at most {OPERATIONS} operations at once on one socket; complete some, or open another");
            let refused = Refusal::too_many(message).into_answer(&request_id);
            return self.say(&Outgoing::Error { id: &id, payload: &refused.errors }).await;
        }
        let steps = operation::apart(operation::open(Arc::clone(&self.app), self.sender.clone(), request_id, asked));
        let (steps, stop) = abortable(steps);
        self.running.insert(id.clone(), stop);
        self.operations.push(steps.map(move |step| (id.clone(), step)).boxed());
        Ok(())
    }

    /// An operation went on.
    async fn step(&mut self, id: String, step: Step) -> Going {
        match step {
            Step::Answer(answer) if graphql::is_refused(&answer) => self.refuse(&id, &answer).await,
            Step::Answer(answer) => {
                match graphql::json(&answer).and_then(|json| serde_json::from_slice::<Box<RawValue>>(&json)) {
                    Ok(payload) => self.say(&Outgoing::Next { id: &id, payload: &payload }).await,
                    Err(error) => unwritten(&error),
                }
            }
            Step::Unauthorized => end(Standing::Ended),
            Step::Done => {
                self.forget(&id);
                self.say(&Outgoing::Complete { id: &id }).await
            }
        }
    }

    async fn refuse(&mut self, id: &str, answer: &Response) -> Going {
        self.forget(id);
        self.say(&Outgoing::Error { id, payload: &answer.errors }).await
    }

    /// Stops an operation, if it runs.
    fn forget(&mut self, id: &str) {
        if let Some(stop) = self.running.remove(id) {
            stop.abort();
        }
    }

    /// Asks for a sign of life; who gave none since the last time but one is gone.
    async fn ping(&mut self, every: Duration) -> Going {
        if self.heard.elapsed() > every * 2 {
            return Err(End::Gone);
        }
        self.send(Message::Ping(bytes::Bytes::new())).await
    }

    async fn say(&mut self, message: &Outgoing<'_>) -> Going {
        match serde_json::to_string(message) {
            Ok(text) => self.send(Message::Text(text.into())).await,
            Err(error) => unwritten(&error),
        }
    }

    async fn send(&mut self, message: Message) -> Going {
        self.socket.send(message).await.map_err(|_| End::Gone)
    }
}

async fn over(session: &mut Option<Watch>) -> Standing {
    match session {
        Some(session) => session.over().await,
        None => std::future::pending().await,
    }
}

fn unwritten(error: &serde_json::Error) -> Going {
    tracing::error!(%error, "a message cannot be written");
    close(1011, "Something went wrong inside")
}

/// Clients give up after 4401 and try again after 4403.
fn end(standing: Standing) -> Going {
    match standing {
        Standing::Changed => close(4403, "Forbidden: your rights have changed, connect again"),
        Standing::Ended | Standing::Good => close(4401, "Unauthorized: the session or token has ended"),
    }
}
