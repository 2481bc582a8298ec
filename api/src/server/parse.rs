//! From bytes to a GraphQL request, or to a reason a client can act on.
//!
//! Only what the GraphQL-over-HTTP specification calls a well-formed request: one JSON object, no batches.

use async_graphql::{Request, Variables};
use axum::http::StatusCode;
use axum::http::{HeaderMap, header};
use serde_json::{Map, Value};

use super::refusal::Refusal;

/// How the answer is labelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/json`: status 200 even when nothing could be executed.
    Json,
    /// `application/graphql-response+json`: 400 when nothing could be executed.
    GraphqlResponse,
}

impl Media {
    /// The content type.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::GraphqlResponse => "application/graphql-response+json",
        }
    }

    /// What the client accepts; an absent header accepts everything.
    pub(super) fn accepted(headers: &HeaderMap) -> Result<Self, Refusal> {
        let accept: Vec<&str> = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
        let accept = accept.join(",");
        let mut names = accept.split(',').map(essence).filter(|name| !name.is_empty()).peekable();
        if names.peek().is_none() {
            return Ok(Self::Json);
        }
        names
            .find_map(|name| match name.as_str() {
                "application/graphql-response+json" => Some(Self::GraphqlResponse),
                "application/json" | "application/*" | "*/*" => Some(Self::Json),
                _ => None,
            })
            .ok_or_else(|| {
                let message = "accept application/json or application/graphql-response+json";
                Refusal::new(StatusCode::NOT_ACCEPTABLE, "NOT_ACCEPTABLE", message)
            })
    }
}

/// `type/subtype` without parameters, in lower case.
fn essence(text: &str) -> String {
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Anything but JSON is refused: a form of another site can send text, but not this.
pub(super) fn require_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if essence(given) == "application/json" {
        return Ok(());
    }
    let message = "send the body as application/json (header Content-Type)";
    Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message))
}

/// Reads one request.
pub(super) fn request(body: &[u8]) -> Result<Request, Refusal> {
    let value: Value = serde_json::from_slice(body).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        bad(format!("the body is not JSON ({place}); send {{\"query\": \"…\", \"variables\": {{…}}}}"))
    })?;
    let mut fields = match value {
        Value::Object(fields) => fields,
        Value::Array(_) => return Err(bad("batches are not served; send one request at a time")),
        _ => return Err(bad("the body must be a JSON object: {\"query\": \"…\"}")),
    };
    let query = match fields.remove("query") {
        Some(Value::String(query)) if !query.trim().is_empty() => query,
        _ => return Err(bad("the field query must be a text that is not empty")),
    };
    let mut request = Request::new(query);
    match fields.remove("operationName") {
        None | Some(Value::Null) => {}
        Some(Value::String(name)) => request = request.operation_name(name),
        Some(_) => return Err(bad("the field operationName must be a text")),
    }
    if let Some(variables) = object(&mut fields, "variables")? {
        request = request.variables(Variables::from_json(Value::Object(variables)));
    }
    object(&mut fields, "extensions")?;
    Ok(request)
}

fn object(fields: &mut Map<String, Value>, name: &str) -> Result<Option<Map<String, Value>>, Refusal> {
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(_) => Err(bad(format!("the field {name} must be an object"))),
    }
}

fn bad(message: impl Into<String>) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(text: &'static str) -> Option<Media> {
        let headers = [(header::ACCEPT, axum::http::HeaderValue::from_static(text))].into_iter().collect();
        Media::accepted(&headers).ok()
    }

    #[test]
    fn the_first_acceptable_type_wins() {
        assert_eq!(Media::accepted(&HeaderMap::new()).ok(), Some(Media::Json));
        assert_eq!(accept("*/*"), Some(Media::Json));
        assert_eq!(accept("application/graphql-response+json, application/json;q=0.9"), Some(Media::GraphqlResponse));
        assert_eq!(accept("text/html, application/json"), Some(Media::Json));
        assert_eq!(accept("text/html"), None);
    }

    #[test]
    fn a_request_is_one_object() {
        let ok = request(br#"{"query":"query Q{a}","operationName":"Q","variables":{"x":1},"extensions":{}}"#).unwrap();
        assert_eq!((ok.query.as_str(), ok.operation_name.as_deref()), ("query Q{a}", Some("Q")));
        assert!(request(br#"{"query":"{a}","variables":null,"operationName":null,"extensions":null}"#).is_ok());
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
        ] {
            assert!(request(wrong).is_err(), "{}", String::from_utf8_lossy(wrong));
        }
    }
}
