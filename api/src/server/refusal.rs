//! An answer that says no, in the shape of GraphQL errors whatever was asked, so that clients read one format.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

/// Why a request is not answered.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Refusal {
    /// `code` is stable; `message` says what to do next.
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// Something went wrong inside; the log has it under the request id.
    pub(super) fn internal() -> Self {
        let message = "something went wrong inside; the log has it under this request id";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR", message)
    }

    /// A database does not answer.
    pub(super) fn unavailable() -> Self {
        let message = "the database does not answer; nothing was done, try again in a moment";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", message)
    }

    /// The answer.
    pub(super) fn respond(self, request_id: &str) -> Response {
        let error = json!({ "message": self.message, "extensions": { "code": self.code, "requestId": request_id } });
        (self.status, Json(json!({ "errors": [error] }))).into_response()
    }
}
