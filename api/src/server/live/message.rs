//! The messages of graphql-transport-ws: text to data and back.

use async_graphql::ServerError;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::server::parse;

/// An id longer than this is not one a client makes.
const ID: usize = 256;

/// What a client says.
#[derive(Debug, PartialEq)]
pub(super) enum Incoming {
    /// May I begin? With the field `authorization` of the payload, if it has one.
    Init(Option<String>),
    /// Are you there?
    Ping(Option<Value>),
    /// I am.
    Pong,
    /// Run this operation; answers carry the id.
    Subscribe(String, Map<String, Value>),
    /// I want no more answers of this id.
    Complete(String),
}

#[derive(Deserialize)]
struct Raw {
    #[serde(rename = "type")]
    kind: String,
    id: Option<String>,
    payload: Option<Value>,
}

/// Reads a message; `None` when it is none of the protocol.
pub(super) fn read(text: &str) -> Option<Incoming> {
    if !parse::is_small(text.as_bytes()) {
        return None;
    }
    let Raw { kind, id, payload } = serde_json::from_str(text).ok()?;
    let id = id.filter(|id| !id.is_empty() && id.len() <= ID);
    let of_object = matches!(payload, None | Some(Value::Object(_)));
    match (kind.as_str(), id, payload) {
        ("connection_init", None, payload) if of_object => init(payload.as_ref()),
        ("ping", None, payload) if of_object => Some(Incoming::Ping(payload)),
        ("pong", None, _) if of_object => Some(Incoming::Pong),
        ("subscribe", Some(id), Some(Value::Object(fields))) => Some(Incoming::Subscribe(id, fields)),
        ("complete", Some(id), None) => Some(Incoming::Complete(id)),
        _ => None,
    }
}

/// The name of the field is that of a header, so either case is right.
fn init(payload: Option<&Value>) -> Option<Incoming> {
    let mut fields = payload.and_then(Value::as_object).into_iter().flatten();
    match fields.find(|(name, _)| name.eq_ignore_ascii_case("authorization")) {
        None | Some((_, Value::Null)) => Some(Incoming::Init(None)),
        Some((_, Value::String(text))) => Some(Incoming::Init(Some(text.clone()))),
        Some(_) => None,
    }
}

/// What we say.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Outgoing<'a> {
    /// Begin.
    ConnectionAck,
    /// I am there.
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Value>,
    },
    /// An answer.
    Next { id: &'a str, payload: &'a RawValue },
    /// Nothing was executed, and no answer will come.
    Error { id: &'a str, payload: &'a [ServerError] },
    /// No further answer will come.
    Complete { id: &'a str },
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_token_may_come_with_the_first_message() {
        let read = |payload: Value| read(&json!({ "type": "connection_init", "payload": payload }).to_string());
        let token = Some(Incoming::Init(Some("Bearer x".to_owned())));
        assert_eq!(read(json!({ "authorization": "Bearer x" })), token);
        assert_eq!(read(json!({ "Authorization": "Bearer x", "other": 1 })), token);
        assert_eq!(read(json!({ "authorization": null })), Some(Incoming::Init(None)));
        assert_eq!(read(json!({ "authorization": 1 })), None);
    }

    #[test]
    fn only_messages_of_the_protocol_are_read() {
        let read = |message: Value| read(&message.to_string());
        assert_eq!(read(json!({ "type": "connection_init" })), Some(Incoming::Init(None)));
        assert_eq!(read(json!({ "type": "connection_init", "payload": {} })), Some(Incoming::Init(None)));
        assert_eq!(read(json!({ "type": "ping", "payload": { "a": 1 } })), Some(Incoming::Ping(Some(json!({ "a": 1 })))));
        assert_eq!(read(json!({ "type": "complete", "id": "1" })), Some(Incoming::Complete("1".to_owned())));
        let query = json!({ "query": "{ a }" });
        let subscribe = json!({ "type": "subscribe", "id": "1", "payload": query });
        assert_eq!(read(subscribe), Some(Incoming::Subscribe("1".to_owned(), query.as_object().unwrap().clone())));
        for wrong in [
            json!({}),
            json!([]),
            json!("ping"),
            json!({ "type": "hello" }),
            json!({ "type": "connection_ack" }),
            json!({ "type": "next", "id": "1", "payload": {} }),
            json!({ "type": "connection_init", "payload": "token" }),
            json!({ "type": "subscribe", "payload": {} }),
            json!({ "type": "subscribe", "id": "", "payload": {} }),
            json!({ "type": "subscribe", "id": 1, "payload": {} }),
            json!({ "type": "subscribe", "id": "1" }),
            json!({ "type": "subscribe", "id": "i".repeat(ID + 1), "payload": {} }),
            json!({ "type": "complete" }),
        ] {
            assert_eq!(read(wrong.clone()), None, "{wrong}");
        }
        assert_eq!(super::read("{"), None);
    }

    #[test]
    fn what_we_say_is_of_the_protocol() {
        let said = |message: Outgoing<'_>| serde_json::to_value(message).unwrap();
        assert_eq!(said(Outgoing::ConnectionAck), json!({ "type": "connection_ack" }));
        assert_eq!(said(Outgoing::Pong { payload: None }), json!({ "type": "pong" }));
        assert_eq!(said(Outgoing::Complete { id: "1" }), json!({ "type": "complete", "id": "1" }));
        let errors = [ServerError::new("no", None)];
        let error = json!({ "type": "error", "id": "1", "payload": [{ "message": "no" }] });
        assert_eq!(said(Outgoing::Error { id: "1", payload: &errors }), error);
    }
}
