//! An answer that says no, in the shape of GraphQL errors whatever was asked, so that clients read one format.

use async_graphql::ServerError;
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::accept::Media;

/// Why a request is not answered.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    allow: Option<&'static str>,
    /// The request is well formed and GraphQL says no: under `application/json` that is an answer like any other.
    of_graphql: bool,
}

impl Refusal {
    /// `code` is stable; `message` says what to do next.
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), allow: None, of_graphql: false }
    }

    /// The request is malformed.
    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", message)
    }

    /// The request is well formed, and nothing of it can be executed.
    pub(super) fn of_graphql(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { of_graphql: true, ..Self::new(status, code, message) }
    }

    /// Another method would do; `allow` lists those that would.
    pub(super) fn method(allow: &'static str, message: &str) -> Self {
        Self { allow: Some(allow), ..Self::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", message) }
    }

    /// Something went wrong inside; the log has it under the request id.
    pub(super) fn internal() -> Self {
        let message = "something went wrong inside; the log has it under this request id";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR", message)
    }

    /// It was given up.
    pub(super) fn late() -> Self {
        let message = "it took too long and was given up; ask for less, or repeat it with the same idempotencyKey";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "TIMEOUT", message)
    }

    /// So many at once are not served.
    pub(super) fn too_many(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "TOO_MANY", message)
    }

    /// A database does not answer.
    pub(super) fn unavailable() -> Self {
        let message = "the database does not answer; nothing was done, try again in a moment";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", message)
    }

    /// As an answer of GraphQL of which nothing was executed, where there is no status to say it.
    pub(super) fn into_answer(self, request_id: &str) -> async_graphql::Response {
        let mut error = ServerError::new(self.message, None);
        let extensions = error.extensions.get_or_insert_default();
        extensions.set("code", self.code);
        extensions.set("requestId", request_id);
        async_graphql::Response::from_errors(vec![error])
    }

    /// The answer as plain JSON.
    pub(super) fn respond(self, request_id: &str) -> Response {
        self.respond_as(Media::Json, request_id)
    }

    /// The answer, labelled as the client accepts it.
    pub(super) fn respond_as(self, media: Media, request_id: &str) -> Response {
        let status = if self.of_graphql && media == Media::Json { StatusCode::OK } else { self.status };
        let error = json!({ "message": self.message, "extensions": { "code": self.code, "requestId": request_id } });
        let mut response = (status, json!({ "errors": [error] }).to_string()).into_response();
        label(&mut response, media);
        if let Some(allow) = self.allow {
            response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
        }
        response
    }
}

/// What every answer of the API bears: it is data for whoever asked, now, and nothing else.
pub(super) fn label(response: &mut Response, media: Media) {
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media.content_type()));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}
