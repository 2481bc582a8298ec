//! Answers as a stream of events (`text/event-stream`), for clients behind proxies that know no sockets: each operation on a connection of
//! its own, `next` for every answer and `complete` at the end.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, StreamExt as _};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Interval};

use super::operation::answers;
use super::room::{Seat, room};
use super::sessions::Standing;
use crate::graphql;
use crate::server::App;
use crate::server::accept::EVENTS;
use crate::server::call::{Call, Identity, Sender};
use crate::server::refusal::Refusal;

/// Proxies that gather answers before they pass them on leave this one alone.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Streams what comes of a call.
pub(crate) fn open(
    app: &Arc<App>,
    call: Call,
    sender: &Sender,
    identity: Option<Identity>,
    request_id: String,
) -> Result<Response, Refusal> {
    let seat = app.live.seats.take(sender.who(identity.as_ref()))?;
    let room = room(&app.live.streams)?;
    let session = identity.as_ref().and_then(|identity| app.live.sessions.watch(sender, identity));
    let over = {
        let (app, request_id) = (Arc::clone(app), request_id.clone());
        let over = async move {
            let Some(mut session) = session else {
                app.live.closed().await;
                return None;
            };
            tokio::select! {
                standing = session.over() => Some(ended(standing).into_answer(&request_id)),
                () = app.live.closed() => None,
            }
        };
        Box::pin(over)
    };
    let ping = app.live.limits.ping;
    let alive = tokio::time::interval_at(Instant::now() + ping, ping);
    let answers = answers(app, call, sender, identity, request_id);
    let stream = Stream { answers, over, alive, is_complete: false, _room: (room, seat) };
    let events = stream::unfold(stream, async |stream| stream.next().await);
    let mut response = Response::new(Body::from_stream(events.map(Ok::<_, Infallible>)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(EVENTS));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(BUFFERING, HeaderValue::from_static("no"));
    Ok(response)
}

struct Stream {
    answers: BoxStream<'static, async_graphql::Response>,
    /// The last answer when the session ends; none when the server does, and the client is to come again.
    over: BoxFuture<'static, Option<async_graphql::Response>>,
    alive: Interval,
    is_complete: bool,
    _room: (OwnedSemaphorePermit, Seat),
}

impl Stream {
    /// The next event, as its lines. One that carries nothing has a line of data all the same, or browsers pass over it.
    async fn next(mut self) -> Option<(Vec<u8>, Self)> {
        if self.is_complete {
            return None;
        }
        let answer = tokio::select! {
            answer = self.answers.next() => answer,
            last = &mut self.over => {
                let last = last?;
                (self.answers, self.over) = (stream::empty().boxed(), Box::pin(std::future::pending()));
                Some(last)
            }
            // A comment: proxies hang up where nothing moves, and a peer that is gone is noticed.
            _ = self.alive.tick() => return Some((b":\n\n".to_vec(), self)),
        };
        let event = match answer.map(|answer| graphql::json(&answer)) {
            Some(Ok(json)) => [b"event: next\ndata: ", &*json, b"\n\n"].concat(),
            Some(Err(error)) => {
                tracing::error!(%error, "an answer cannot be written");
                return None;
            }
            None => {
                self.is_complete = true;
                b"event: complete\ndata:\n\n".to_vec()
            }
        };
        Some((event, self))
    }
}

fn ended(standing: Standing) -> Refusal {
    let message = match standing {
        Standing::Changed => "your rights have changed; ask again",
        Standing::Ended | Standing::Good => "the session or the token has ended; sign in again, or send another token",
    };
    Refusal::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", message)
}
