//! The HTTP side: authenticates, hands the body to the engine's thread, sends the answer back.
//!
//! Invariants: everything but `/ping` needs a password; a client that goes away stops its
//! statement; an answer that fails after it began carries the exception under the tag promised in
//! its header and then breaks the connection, so no client can mistake it for a complete one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::{Body as HttpBody, BodyDataStream};
use axum::extract::{Request as HttpRequest, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::StreamExt as _;
use tokio::sync::{mpsc, oneshot};

use super::answer::Answer;
use super::block;
use super::body::{Body, Piece};
use super::exception::Exception;
use super::execute::{self, Replies};
use super::format::content_type;
use super::request::{Request, url_params};
use super::server::Server;
use crate::secret::random_hex;

/// How long a request waits for its turn before it is refused.
const TURN: Duration = Duration::from_secs(10);
/// Most bytes of a body read away after its request has already failed, so that the client gets
/// to read the answer.
const READ_AWAY: usize = 64 << 20;

/// Every request arrives here.
pub(super) async fn handle(State(server): State<Arc<Server>>, request: HttpRequest) -> Response {
    let (parts, body) = request.into_parts();
    let url = url_params(&parts.uri);
    let path = parts.uri.path();
    let asks = parts.method != Method::GET || url.iter().any(|(name, _)| name == "query");
    if path == "/ping" || path == "/replicas_status" || (path == "/" && !asks) {
        return "Ok.\n".into_response();
    }
    let user = match server.users.authenticate(&parts.headers, &url) {
        Ok(user) => user,
        Err(exception) => return refuse(&exception, "", false),
    };
    if path == "/journal" {
        return ([("content-type", "application/json")], server.journal.to_json()).into_response();
    }
    if path != "/" || !matches!(parts.method, Method::GET | Method::POST | Method::PUT) {
        return (StatusCode::NOT_FOUND, "There is no such handler. Use / with POST, or /ping.\n").into_response();
    }
    let parsed = random_hex(16)
        .map_err(|error| Exception::new(1001, "STD_EXCEPTION", error))
        .and_then(|id| Request::parse(user, &parts.method, &parts.headers, url, uuid(&id)));
    match parsed {
        Ok(request) => run(server, request, body).await,
        Err(exception) => {
            read_away(body.into_data_stream()).await;
            refuse(&exception, "", false)
        }
    }
}

fn uuid(hex: &str) -> String {
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

async fn run(server: Arc<Server>, request: Request, body: HttpBody) -> Response {
    let permits = Arc::clone(&server.permits);
    let Ok(Ok(permit)) = tokio::time::timeout(TURN, permits.acquire_owned()).await else {
        let busy = Exception::new(202, "TOO_MANY_SIMULTANEOUS_QUERIES", "Too many simultaneous queries");
        return refuse(&busy, &request.query_id, request.compress);
    };
    let (pieces, receiver) = mpsc::channel(8);
    let (head, answer) = oneshot::channel();
    let (tail, rest) = mpsc::channel(4);
    let query_id = request.query_id.clone();
    let compress = request.compress;
    let guard = KillOnDrop { server: Arc::clone(&server), query_id: query_id.clone(), over: Arc::default() };
    let decoded = Body::new(receiver, request.packing, server.limits.body);
    let (worker, over) = (Arc::clone(&server), OverOnDrop(Arc::clone(&guard.over)));
    tokio::task::spawn_blocking(move || {
        execute::execute(&worker, request, decoded, Replies { head, tail });
        drop((over, permit));
    });
    let answer = feed(body.into_data_stream(), pieces, answer).await;
    if answer.as_ref().map_or(true, |answer| answer.whole) {
        guard.over.store(true, Ordering::Release);
    }
    match answer {
        Ok(answer) => respond(answer, rest, guard, compress),
        Err(exception) => refuse(&exception, &query_id, compress),
    }
}

/// Hands the body over until the answer begins.
async fn feed(
    mut body: BodyDataStream,
    pieces: mpsc::Sender<Piece>,
    mut answer: oneshot::Receiver<Result<Answer, Exception>>,
) -> Result<Answer, Exception> {
    let gone = || Exception::new(1001, "STD_EXCEPTION", "the statement's thread ended without an answer");
    loop {
        tokio::select! {
            biased;
            // Early: the statement failed, or needs no more of the body.
            early = &mut answer => {
                drop(pieces);
                read_away(body).await;
                return early.unwrap_or_else(|_| Err(gone()));
            }
            next = body.next() => {
                let piece = match next {
                    Some(Ok(data)) => Piece::Data(data),
                    None => Piece::End,
                    // Dropping the sender without `End` is what cancels an INSERT.
                    Some(Err(_)) => break,
                };
                let last = matches!(piece, Piece::End);
                // A closed channel means that the answer is about to come.
                if pieces.send(piece).await.is_err() || last {
                    break;
                }
            }
        }
    }
    drop(pieces);
    let answer = answer.await.unwrap_or_else(|_| Err(gone()));
    read_away(body).await;
    answer
}

async fn read_away(mut body: BodyDataStream) {
    let mut left = READ_AWAY;
    while let Some(Ok(data)) = body.next().await {
        match left.checked_sub(data.len()) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

/// Stops the statement when the client goes away before it is over.
struct KillOnDrop {
    server: Arc<Server>,
    query_id: String,
    over: Arc<AtomicBool>,
}

/// Marks a statement as over however its thread ends.
struct OverOnDrop(Arc<AtomicBool>);

impl Drop for OverOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        if self.over.load(Ordering::Acquire) {
            return;
        }
        let (server, over, query_id) = (Arc::clone(&self.server), Arc::clone(&self.over), std::mem::take(&mut self.query_id));
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(stop_statement(server, query_id, over));
        }
    }
}

/// Asks until the statement is over: one that has only just arrived is not yet known to the engine.
async fn stop_statement(server: Arc<Server>, query_id: String, over: Arc<AtomicBool>) {
    let mut pause = Duration::from_millis(50);
    while !over.load(Ordering::Acquire) {
        let (worker, id) = (Arc::clone(&server), query_id.clone());
        if let Ok(Err(error)) = tokio::task::spawn_blocking(move || worker.kill(&id)).await {
            tracing::warn!(query_id, error = %error.text, "cannot stop the statement of a client that is gone");
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(2));
    }
}

fn respond(answer: Answer, rest: mpsc::Receiver<Result<Bytes, Exception>>, guard: KillOnDrop, compress: bool) -> Response {
    let tag = random_hex(8).unwrap_or_else(|_| "0000000000000000".to_owned());
    let c = answer.counts;
    let summary = format!(
        r#"{{"read_rows":"{}","read_bytes":"{}","written_rows":"{}","written_bytes":"{}","total_rows_to_read":"0","result_rows":"{}","result_bytes":"{}"}}"#,
        c.read_rows,
        c.read_bytes,
        c.written_rows,
        c.written_bytes,
        c.result_rows,
        answer.first.len()
    );
    let mut headers = common_headers(&guard.query_id);
    let mut add = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    add("content-type", content_type(&answer.format));
    add("x-clickhouse-format", &answer.format);
    add("x-clickhouse-timezone", &guard.server.timezone);
    add("x-clickhouse-summary", &summary);
    add("x-clickhouse-exception-tag", &tag);
    if answer.whole {
        return (headers, answer.first).into_response();
    }
    let stream =
        futures::stream::unfold(Tail { first: Some(answer.first), rest, guard, tag, compress, failed: false }, Tail::next);
    (headers, HttpBody::from_stream(stream)).into_response()
}

/// What is left to send of an answer.
struct Tail {
    first: Option<Bytes>,
    rest: mpsc::Receiver<Result<Bytes, Exception>>,
    guard: KillOnDrop,
    tag: String,
    compress: bool,
    failed: bool,
}

impl Tail {
    async fn next(mut self) -> Option<(Result<Bytes, std::io::Error>, Self)> {
        if let Some(first) = self.first.take() {
            return Some((Ok(first), self));
        }
        if self.failed {
            // The exception must have left before the connection breaks; a client that missed
            // the tag then still sees a broken answer, never a complete one.
            tokio::time::sleep(Duration::from_millis(20)).await;
            self.guard.over.store(true, Ordering::Release);
            return Some((Err(std::io::Error::other("the statement failed after its answer began")), self));
        }
        match self.rest.recv().await {
            None => {
                self.guard.over.store(true, Ordering::Release);
                None
            }
            Some(Ok(piece)) => Some((Ok(piece), self)),
            Some(Err(exception)) => {
                self.failed = true;
                let block = exception.mid_stream(&self.tag);
                let block = if self.compress { block::write(&block) } else { block };
                Some((Ok(block.into()), self))
            }
        }
    }
}

fn common_headers(query_id: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("x-clickhouse-server-display-name", HeaderValue::from_static("shpunt"));
    if let Ok(query_id) = HeaderValue::from_str(query_id) {
        headers.insert("x-clickhouse-query-id", query_id);
    }
    headers
}

fn refuse(exception: &Exception, query_id: &str, compress: bool) -> Response {
    let mut headers = common_headers(query_id);
    headers.insert("x-clickhouse-exception-code", exception.code.into());
    headers.insert("content-type", HeaderValue::from_static("text/plain; charset=UTF-8"));
    let text = format!("{}\n", exception.text.trim_end());
    let body = if compress { block::write(text.as_bytes()) } else { text.into_bytes() };
    (exception.status(), headers, body).into_response()
}

/// The service for `axum::serve`.
pub(super) fn router(server: Arc<Server>) -> axum::Router<()> {
    axum::Router::new().fallback(handle).with_state(server)
}
