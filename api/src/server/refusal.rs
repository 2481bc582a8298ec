//! An answer that says no, in the shape of GraphQL errors whatever was asked, so that clients read one format.

use async_graphql::ServerError;
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS};
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
    /// Seconds after which it may be asked again.
    retry_after: Option<u64>,
    /// The request is well formed and GraphQL says no: under `application/json` that is an answer like any other.
    of_graphql: bool,
}

impl Refusal {
    /// `code` is stable; `message` says what to do next.
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), allow: None, retry_after: None, of_graphql: false }
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

    /// So many in a time are not answered; `more` says of what there were too many, `retry_after` after how many seconds there may be more.
    pub(super) fn limited(more: impl std::fmt::Display, retry_after: Option<u64>) -> Self {
        let message = match retry_after {
            Some(seconds) => format!("{more}; nothing was done, wait {seconds} s and send it again"),
            None => format!("{more}; nothing was done, and so many at once never are: ask for less at a time"),
        };
        Self { retry_after, ..Self::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", message) }
    }

    /// A database does not answer.
    pub(super) fn unavailable() -> Self {
        let message = "the database does not answer; nothing was done, try again in a moment";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", message)
    }

    /// Whether whoever asks is not known, or not any more.
    pub(super) fn is_unauthorized(&self) -> bool {
        self.status == StatusCode::UNAUTHORIZED
    }

    /// Whether too much was asked in a time.
    pub(super) fn is_limited(&self) -> bool {
        self.status == StatusCode::TOO_MANY_REQUESTS
    }

    /// As an answer of GraphQL of which nothing was executed, where there is no status to say it.
    pub(super) fn into_answer(self, request_id: &str) -> async_graphql::Response {
        let mut error = ServerError::new(self.message, None);
        let extensions = error.extensions.get_or_insert_default();
        extensions.set("code", self.code);
        if let Some(seconds) = self.retry_after {
            extensions.set("retryAfter", seconds);
        }
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
        let mut extensions = json!({ "code": self.code, "requestId": request_id });
        if let Some(seconds) = self.retry_after {
            extensions["retryAfter"] = seconds.into();
        }
        let error = json!({ "message": self.message, "extensions": extensions });
        let mut response = (status, json!({ "errors": [error] }).to_string()).into_response();
        label(&mut response, media);
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        retry_after(&mut response, self.retry_after);
        if let Some(allow) = self.allow {
            response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
        }
        response
    }
}

/// Says in HTTP when to come again.
pub(super) fn retry_after(response: &mut Response, seconds: Option<u64>) {
    if let Some(seconds) = seconds {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
}

/// What every answer of the API bears: it is data for whoever asked, now, and nothing else.
pub(super) fn label(response: &mut Response, media: Media) {
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media.content_type()));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}
