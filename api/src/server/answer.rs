//! `POST /graphql`: who asks, may they, what do they ask, and the answer.

use std::sync::Arc;

use async_graphql::Value;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use shpunt_analytics::reports::Language;
use shpunt_domain::access::{User, store};

use super::observe::{Operation, RequestId};
use super::parse::{self, Media};
use super::refusal::Refusal;
use super::{App, BODY, cookie, origin};
use crate::graphql::{self, Caller};

/// Answers one request.
pub(super) async fn answer(
    State(app): State<Arc<App>>,
    RequestId(id): RequestId,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    answer_or_refuse(&app, &id, &headers, body).await.unwrap_or_else(|refusal| refusal.respond(&id))
}

async fn answer_or_refuse(
    app: &App,
    id: &str,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Refusal> {
    let media = Media::accepted(headers)?;
    parse::require_json(headers)?;
    let body = body.map_err(|rejection| unreadable(&rejection))?;
    let request = parse::request(&body)?;
    let token = cookie::session(headers, app.cookies);
    if token.is_some() && !origin::may_use_cookie(headers, app.origin.as_deref()) {
        let message = "this session may be used from its own page only; set --origin if a proxy serves the page";
        return Err(Refusal::new(StatusCode::FORBIDDEN, "FORBIDDEN", message));
    }
    let user = match token {
        Some(token) => find_user(app, token).await?,
        None => None,
    };
    let operation = Operation::of(user.as_ref(), request.operation_name.as_deref());
    tracing::Span::current().record("operation", &operation.0);
    if let Some(user) = &user {
        tracing::Span::current().record("actor", user.user_id);
    }
    let caller = Caller { user, token: token.map(str::to_owned), language: language(headers), request_id: id.to_owned() };
    let answer = graphql::execute(&app.schema, request, caller).await;
    let mut response = respond(answer, media, id);
    response.extensions_mut().insert(operation);
    Ok(response)
}

fn unreadable(rejection: &BytesRejection) -> Refusal {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let message = format!("the body is larger than {} KiB; send less at a time", BODY >> 10);
        return Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", message);
    }
    Refusal::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", "the body broke off; send it again")
}

async fn find_user(app: &App, token: &str) -> Result<Option<User>, Refusal> {
    store::session_find(&app.db, token, (app.clock)()).await.map_err(|error| {
        tracing::error!(error = %error, cause = ?std::error::Error::source(&error), "a session cannot be looked up");
        Refusal::unavailable()
    })
}

/// Russian unless the first language asked for is English.
fn language(headers: &HeaderMap) -> Language {
    let first = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default().trim_start();
    if first.get(..2).is_some_and(|tag| tag.eq_ignore_ascii_case("en")) { Language::En } else { Language::Ru }
}

fn respond(answer: async_graphql::Response, media: Media, id: &str) -> Response {
    // Nothing was executed: the document could not be parsed or is not valid.
    let nothing = answer.data == Value::Null && !answer.errors.is_empty() && answer.errors.iter().all(|e| e.path.is_empty());
    let status = if nothing && media == Media::GraphqlResponse { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    let Ok(body) = serde_json::to_vec(&answer) else { return Refusal::internal().respond(id) };
    let mut response = (status, body).into_response();
    // Cookies of a new or ended session, and nothing that this layer decides itself.
    response.headers_mut().extend(answer.http_headers);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media.name()));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
