//! Runs one statement on a prepared connection and shapes its answer.

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use super::block;
use super::body::Body;
use super::exception::Exception;
use super::execute::{PIECE, Statement};
use super::ffi::{Class, Connection, Counts, Stream};
use super::format::{Joining, header_length, joining};
use super::request::Request;
use super::server::{Server, run as run_own};
use super::sql::{self, Traits};
use super::users::User;

/// The beginning of a good answer.
pub(super) struct Answer {
    pub(super) format: String,
    pub(super) counts: Counts,
    pub(super) first: Bytes,
    /// The statement is over and `first` is everything.
    pub(super) whole: bool,
}

/// The client's side of a running statement.
pub(super) struct Target {
    pub(super) head: Option<oneshot::Sender<Result<Answer, Exception>>>,
    pub(super) tail: mpsc::Sender<Result<Bytes, Exception>>,
    /// Pack pieces into ClickHouse blocks.
    pub(super) compress: bool,
    /// A streamed answer was cut short: pieces of it would leak into the connection's next one.
    pub(super) broken: bool,
}

impl Target {
    fn pack(&self, piece: &[u8]) -> Bytes {
        if self.compress { block::write(piece).into() } else { Bytes::copy_from_slice(piece) }
    }

    /// Sends a piece; the first one opens the answer.
    fn send(&mut self, format: &str, counts: Counts, piece: &[u8]) -> Result<(), Exception> {
        let piece = self.pack(piece);
        let sent = match self.head.take() {
            Some(head) => head.send(Ok(Answer { format: format.to_owned(), counts, first: piece, whole: false })).is_ok(),
            None => self.tail.blocking_send(Ok(piece)).is_ok(),
        };
        if sent { Ok(()) } else { Err(Exception::new(394, "QUERY_WAS_CANCELLED", "the client is gone")) }
    }

    /// Ends the answer. A client that is gone needs no word.
    pub(super) fn end(mut self, outcome: Result<Answer, Exception>) {
        match (self.head.take(), outcome) {
            (Some(head), outcome) => drop(head.send(outcome)),
            (None, Err(exception)) => drop(self.tail.blocking_send(Err(exception))),
            (None, Ok(_)) => {}
        }
    }
}

/// Runs the statement. The answer returned is sent by the caller unless `target` was opened.
pub(super) fn run(
    server: &Server,
    connection: &mut Connection,
    request: &Request,
    statement: &Statement,
    body: &mut Body,
    target: &mut Target,
) -> Result<Answer, Exception> {
    if let Some((_, format, data)) = &statement.insert {
        let counts = insert(server, connection, request, statement, (format, *data), body)?;
        return Ok(Answer { format: format.clone(), counts, first: Bytes::new(), whole: true });
    }
    let text = statement.sql();
    let traits = sql::traits(text);
    let class = admit(server, connection, request, text, &traits)?;
    let format = traits.format.clone().or_else(|| request.format.clone()).unwrap_or_else(|| "TabSeparated".to_owned());
    let how = if streams(request, &traits, class) { joining(&format) } else { Joining::Whole };
    if how != Joining::Whole {
        match connection.stream(text, &format, &request.params) {
            Ok(stream) => return pieces(stream, &format, how, target).inspect_err(|_| target.broken = true),
            // What the engine does not stream it has not begun to run.
            Err(text) if text.contains("Streaming query is not supported") => {}
            Err(text) => return Err(Exception::of_engine(text)),
        }
    }
    let output = connection.query(text, &format, &request.params).map_err(Exception::of_engine)?;
    let first = if output.bytes().is_empty() { Bytes::new() } else { target.pack(output.bytes()) };
    Ok(Answer { format, counts: output.counts(), first, whole: true })
}

/// May this text run as one statement of this user?
fn admit(
    server: &Server,
    connection: &mut Connection,
    request: &Request,
    text: &[u8],
    traits: &Traits,
) -> Result<Class, Exception> {
    if traits.touches_files {
        return Err(Exception::not_implemented("INTO OUTFILE and FROM INFILE are for the command-line client only"));
    }
    if traits.inline_data {
        return Err(Exception::not_implemented(
            "data after INSERT ... SELECT ... FORMAT is not supported by the embedded engine",
        ));
    }
    if traits.keyword.is_empty() {
        return Err(Exception::syntax("Empty query"));
    }
    let (count, class) = connection.classify(text);
    if count > 1 {
        return Err(Exception::syntax("Multi-statements are not allowed"));
    }
    if request.user == User::Reader && matches!(class, Class::Mutating | Class::Control) {
        return Err(Exception::read_only(format!("{}: Cannot execute query in readonly mode", request.user.name())));
    }
    if class == Class::Unknown {
        return Err(unparsed(server, text));
    }
    Ok(class)
}

/// The engine's own words about a text it cannot parse. They are asked for on a connection that
/// may only read, and never for a list of statements, whose good ones the engine would run.
fn unparsed(server: &Server, text: &[u8]) -> Exception {
    if sql::goes_on_after_semicolon(text) {
        return Exception::syntax("Multi-statements are not allowed");
    }
    let words = server.open().and_then(|mut connection| {
        run_own(&mut connection, "SET implicit_select = 0")?;
        run_own(&mut connection, "SET readonly = 1")?;
        connection.query(text, "Null", &[]).map(drop).map_err(Exception::of_engine)
    });
    words.err().unwrap_or_else(|| Exception::syntax("the statement cannot be classified and is not run"))
}

fn streams(request: &Request, traits: &Traits, class: Class) -> bool {
    class == Class::ReadOnly
        && matches!(traits.keyword.as_str(), "SELECT" | "WITH" | "FROM")
        && !request.wait_end
        && !traits.totals
        && !request.settings.iter().any(|(name, value)| name == "extremes" && value != "0")
}

/// Sends a streamed answer piece by piece.
fn pieces(mut stream: Stream<'_>, format: &str, how: Joining, target: &mut Target) -> Result<Answer, Exception> {
    let mut counts = Counts::default();
    let mut header: Option<Vec<u8>> = None;
    while let Some(piece) = stream.next().map_err(Exception::of_engine)? {
        let part = piece.counts();
        counts.result_rows += part.result_rows;
        counts.read_rows = counts.read_rows.max(part.read_rows);
        counts.read_bytes = counts.read_bytes.max(part.read_bytes);
        let mut bytes = piece.bytes();
        if let Joining::BinaryHeader { strings } = how {
            match &header {
                None => header = header_length(bytes, strings).map(|length| bytes[..length].to_vec()),
                Some(header) => {
                    bytes = bytes.strip_prefix(header.as_slice()).ok_or_else(|| {
                        Exception::new(49, "LOGICAL_ERROR", "a piece of the answer has another header than the first")
                    })?;
                }
            }
        }
        target.send(format, counts, bytes)?;
    }
    Ok(Answer { format: format.to_owned(), counts, first: Bytes::new(), whole: true })
}

/// Feeds an INSERT and commits it when, and only when, its body was complete.
fn insert(
    server: &Server,
    connection: &mut Connection,
    request: &Request,
    statement: &Statement,
    (format, data): (&str, usize),
    body: &mut Body,
) -> Result<Counts, Exception> {
    if request.user == User::Reader || request.read_only {
        return Err(Exception::read_only(format!("{}: Cannot execute query in readonly mode", request.user.name())));
    }
    let sql = statement.sql();
    let probe = [sql, b" FORMAT ", format.as_bytes()].concat();
    match connection.classify(&probe) {
        (1, Class::Mutating | Class::Control) => {}
        (0, _) => return Err(unparsed(server, &probe)),
        _ => return Err(Exception::syntax("Multi-statements are not allowed")),
    }
    let mut insert = connection.insert(sql, format, &request.params).map_err(Exception::of_engine)?;
    let mut piece = statement.text[data..].to_vec();
    loop {
        if !piece.is_empty() {
            insert.append(&piece).map_err(Exception::of_engine)?;
        }
        piece.clear();
        if body.read_more(&mut piece, PIECE)? == 0 {
            return insert.finish().map_err(Exception::of_engine);
        }
    }
}
