//! Runs one request on the engine, on a thread that may block.
//!
//! Invariants: exactly one statement per request; data of an INSERT goes through the engine's
//! insert stream, never into SQL text; an INSERT is committed only after its whole body was read.

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use super::answer::{self, Answer, Target};
use super::body::Body;
use super::exception::Exception;
use super::ffi::Connection;
use super::request::Request;
use super::server::{Server, run};
use super::sql::{self, Shape};
use super::users::User;

/// Longest statement without data (bytes).
const LONGEST_TEXT: usize = 16 << 20;
/// Longest head of an INSERT (bytes).
const LONGEST_HEAD: usize = 1 << 20;
/// Bytes read from a body at a time.
pub(super) const PIECE: usize = 256 << 10;

/// Where the answer goes: first its head, then what follows.
pub(super) struct Replies {
    pub(super) head: oneshot::Sender<Result<Answer, Exception>>,
    /// What follows the first piece. Closed without an exception means: complete.
    pub(super) tail: mpsc::Sender<Result<Bytes, Exception>>,
}

/// The statement of a request, with the data that came along.
pub(super) struct Statement {
    pub(super) text: Vec<u8>,
    /// For an INSERT with data: end of the statement, its format, where the data begins in `text`.
    pub(super) insert: Option<(usize, String, usize)>,
}

impl Statement {
    /// The SQL alone.
    pub(super) fn sql(&self) -> &[u8] {
        self.insert.as_ref().map_or(&self.text, |(head, ..)| &self.text[..*head])
    }
}

/// Runs the request and answers it.
pub(super) fn execute(server: &Server, mut request: Request, mut body: Body, replies: Replies) {
    if let Err(exception) = server.journal.begin(&request.query_id, request.user.name()) {
        let _ = replies.head.send(Err(exception));
        return;
    }
    let statement = read(&mut request, &mut body);
    let mut target = Target { head: Some(replies.head), tail: replies.tail, compress: request.compress, broken: false };
    let outcome = statement.as_ref().map_err(Clone::clone).and_then(|statement| {
        with_connection(server, &request, |connection| {
            let result = answer::run(server, connection, &request, statement, &mut body, &mut target);
            (result, !target.broken)
        })
    });
    // The journal first: who has the answer may send the same query id again.
    let text = statement.as_ref().map(Statement::sql).unwrap_or_default();
    let counts = outcome.as_ref().map(|done| done.counts).unwrap_or_default();
    server.journal.finish(&request.query_id, text, counts, outcome.as_ref().err());
    target.end(outcome);
}

/// Reads as much of the body as is SQL.
fn read(request: &mut Request, body: &mut Body) -> Result<Statement, Exception> {
    let mut complete = false;
    if request.boundary.is_some() {
        let mut form = Vec::new();
        read_all(body, &mut form)?;
        request.add_form(&form)?;
        complete = true;
    }
    let mut text = std::mem::take(&mut request.query).into_bytes();
    if !text.is_empty() && !complete && !request.read_only {
        text.push(b'\n');
    }
    loop {
        match sql::shape(&text, complete) {
            Shape::Incomplete if text.len() > LONGEST_HEAD => {
                return Err(Exception::syntax("the INSERT statement before its data is longer than 1 MiB"));
            }
            Shape::Incomplete => complete = body.read_more(&mut text, PIECE)? == 0,
            Shape::Insert { head, format, data } => {
                // The engine reads values up to a semicolon and would ignore what follows.
                if format.eq_ignore_ascii_case("values") {
                    if !complete {
                        read_all(body, &mut text)?;
                    }
                    if sql::goes_on_after_semicolon(&text[data..]) {
                        return Err(Exception::syntax("Multi-statements are not allowed"));
                    }
                }
                return Ok(Statement { text, insert: Some((head, format, data)) });
            }
            Shape::Statement => {
                if !complete {
                    read_all(body, &mut text)?;
                }
                return Ok(Statement { text, insert: None });
            }
        }
    }
}

fn read_all(body: &mut Body, text: &mut Vec<u8>) -> Result<(), Exception> {
    while body.read_more(text, PIECE)? > 0 {
        if text.len() > LONGEST_TEXT {
            return Err(Exception::new(307, "TOO_MANY_BYTES", "the statement is longer than 16 MiB"));
        }
    }
    Ok(())
}

/// Runs `work` on a connection of its own or on that of the session; `work` also says whether the
/// connection may be used again.
fn with_connection<T>(
    server: &Server,
    request: &Request,
    work: impl FnOnce(&mut Connection) -> (Result<T, Exception>, bool),
) -> Result<T, Exception> {
    let session = request.session.as_ref().filter(|_| request.user == User::Writer && !request.read_only);
    let kept = match session {
        Some(session) => server.sessions.take(session)?,
        None => None,
    };
    let fresh = kept.is_none();
    let mut keep = None;
    let result = kept.map_or_else(|| server.open(), Ok).and_then(|mut connection| {
        server.prepare(&mut connection, request, fresh)?;
        let (result, reusable) = work(&mut connection);
        keep = reusable.then_some(connection);
        result
    });
    if let Some(session) = session {
        // Settings of the URL belong to the request, not to the session.
        let keep = keep.and_then(|mut connection| reset(&mut connection, request).ok().map(|()| connection));
        server.sessions.put(session, keep);
    }
    result
}

fn reset(connection: &mut Connection, request: &Request) -> Result<(), Exception> {
    let defaults: Vec<String> = request.settings.iter().map(|(name, _)| format!("{name} = DEFAULT")).collect();
    if defaults.is_empty() { Ok(()) } else { run(connection, &format!("SET {}", defaults.join(", "))) }
}
