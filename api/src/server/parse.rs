//! From bytes to the parameters of a GraphQL request, or to a reason a client can act on.
//!
//! Only what the GraphQL-over-HTTP specification calls a well-formed request: one JSON object by POST, or its fields in the address
//! by GET; no batches.

use axum::http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value};

use super::accept::{essence, foreign_charset};
use super::persisted::Hash;
use super::refusal::Refusal;

/// A document longer than this is sent by POST: proxies cut addresses.
const ADDRESS: usize = 16 << 10;

/// What a client asks, not looked into yet.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// The document, unless it is named by its hash.
    pub(super) query: Option<String>,
    /// The hash that stands for the document, or goes with it.
    pub(super) hash: Option<Hash>,
    /// Which operation of the document.
    pub(super) operation_name: Option<String>,
    /// Values of its variables.
    pub(super) variables: Map<String, Value>,
}

/// Anything but JSON is refused: a form of another site can send text, but not this.
pub(super) fn require_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let message = if essence(given) != "application/json" {
        "send the body as application/json (header Content-Type)"
    } else if foreign_charset(given) {
        "send the body in UTF-8"
    } else if headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
        "send the body as it is, without a Content-Encoding"
    } else {
        return Ok(());
    };
    Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message))
}

/// Values of a request at most, inside each other counted all: each takes many times the memory of its text.
const VALUES_MAX: usize = 10_000;

/// Whether a text of JSON has so few values that it may be read.
pub(super) fn is_small(json: &[u8]) -> bool {
    let (mut values, mut in_text, mut escaped) = (0_usize, false, false);
    for byte in json {
        match (in_text, *byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_text = !in_text,
            (false, b'{' | b'[' | b',') => values += 1,
            _ => {}
        }
    }
    values <= VALUES_MAX
}

/// Reads the body of a POST.
pub(super) fn body(body: &[u8]) -> Result<Asked, Refusal> {
    if !is_small(body) {
        let message = format!("the body has more than {VALUES_MAX} values; send fewer at a time");
        return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", message));
    }
    let value: Value = serde_json::from_slice(body).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        Refusal::bad(format!("the body is not JSON ({place}); send {{\"query\": \"…\", \"variables\": {{…}}}}"))
    })?;
    match value {
        Value::Object(fields) => asked(fields),
        Value::Array(_) => Err(Refusal::bad("batches are not served; send one request at a time")),
        _ => Err(Refusal::bad("the body must be a JSON object: {\"query\": \"…\"}")),
    }
}

/// Reads what follows the `?` of a GET.
pub(super) fn address(text: &str) -> Result<Asked, Refusal> {
    if text.len() > ADDRESS {
        let message = format!("the address is longer than {} KiB; send the request by POST", ADDRESS >> 10);
        return Err(Refusal::new(StatusCode::URI_TOO_LONG, "URI_TOO_LONG", message));
    }
    let mut fields = Map::new();
    // A form sends empty what nobody filled in.
    for (name, value) in form_urlencoded::parse(text.as_bytes()).filter(|(_, value)| !value.is_empty()) {
        let value = match name.as_ref() {
            "variables" | "extensions" => serde_json::from_str(&value)
                .map_err(|_| Refusal::bad(format!("the parameter {name} must be a JSON object, percent-encoded")))?,
            _ => Value::String(value.into_owned()),
        };
        if fields.insert(name.clone().into_owned(), value).is_some() {
            return Err(Refusal::bad("a parameter is given twice; give each once"));
        }
    }
    asked(fields)
}

/// Reads the fields of a request, wherever they came from.
pub(super) fn asked(mut fields: Map<String, Value>) -> Result<Asked, Refusal> {
    let query = text(&mut fields, "query")?.filter(|query| !query.trim().is_empty());
    let operation_name = text(&mut fields, "operationName")?;
    let variables = object(&mut fields, "variables")?.unwrap_or_default();
    let extensions = object(&mut fields, "extensions")?.unwrap_or_default();
    let by_id = text(&mut fields, "documentId")?.map(|id| Hash::of_document_id(&id)).transpose()?;
    let hash = match by_id {
        Some(hash) => Some(hash),
        None => extensions.get("persistedQuery").map(Hash::of_extension).transpose()?,
    };
    if query.is_none() && hash.is_none() {
        return Err(Refusal::bad("the field query must be a text that is not empty"));
    }
    Ok(Asked { query, hash, operation_name, variables })
}

fn text(fields: &mut Map<String, Value>, name: &str) -> Result<Option<String>, Refusal> {
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Refusal::bad(format!("the field {name} must be a text"))),
    }
}

fn object(fields: &mut Map<String, Value>, name: &str) -> Result<Option<Map<String, Value>>, Refusal> {
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(_) => Err(Refusal::bad(format!("the field {name} must be an object"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_one_object() {
        let ok = body(br#"{"query":"query Q{a}","operationName":"Q","variables":{"x":1},"extensions":{}}"#).unwrap();
        assert_eq!((ok.query.as_deref(), ok.operation_name.as_deref()), (Some("query Q{a}"), Some("Q")));
        assert_eq!(ok.variables["x"], 1);
        assert!(body(br#"{"query":"{a}","variables":null,"operationName":null,"extensions":null}"#).is_ok());
        for wrong in [
            &b""[..],
            b"{",
            b"[]",
            b"[{\"query\":\"{a}\"}]",
            b"1",
            b"{}",
            br#"{"query":""}"#,
            br#"{"query":1}"#,
            br#"{"query":"{a}","variables":[]}"#,
            br#"{"query":"{a}","operationName":1}"#,
            br#"{"query":"{a}","extensions":"x"}"#,
            br#"{"documentId":"1"}"#,
            b"{\"query\":\"\xff\"}",
        ] {
            assert!(body(wrong).is_err(), "{}", String::from_utf8_lossy(wrong));
        }
    }

    #[test]
    fn a_body_of_very_many_values_is_not_read() {
        let of = |values: usize| format!(r#"{{"query":"{{a}}","variables":{{"x":[{}1]}}}}"#, "1,".repeat(values));
        assert!(body(of(9_000).as_bytes()).is_ok());
        assert!(body(of(11_000).as_bytes()).is_err());
        let text = format!(r#"{{"query":"{{a}}","variables":{{"x":"\"{}"}}}}"#, ",[".repeat(11_000));
        assert!(body(text.as_bytes()).is_ok(), "a text is one value");
    }

    #[test]
    fn an_address_says_the_same() {
        let ok = address("query=query+Q%7Ba%7D&operationName=Q&variables=%7B%22x%22%3A1%7D&extensions=").unwrap();
        assert_eq!((ok.query.as_deref(), ok.operation_name.as_deref()), (Some("query Q{a}"), Some("Q")));
        assert_eq!(ok.variables["x"], 1);
        for wrong in
            ["", "query=", "query={a}&variables=[]", "query={a}&variables=x", "query={a}&extensions=1", "query={a}&query={b}"]
        {
            assert!(address(wrong).is_err(), "{wrong}");
        }
        assert!(address(&format!("query={}", "a".repeat(ADDRESS))).is_err());
    }
}
