//! `/graphql`: what is asked, by whom, may they, and the answer. By POST anything, by GET queries.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_graphql::{Request, ServerError, Value, Variables};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{RawQuery, State};
use axum::http::header::{ACCEPT_LANGUAGE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use shpunt_analytics::reports::Language;
use shpunt_domain::access::{User, sessions};

use super::accept::Media;
use super::observe::{Operation, RequestId};
use super::parse::{self, Asked};
use super::refusal::{Refusal, label};
use super::{App, BODY, cookie, origin};
use crate::graphql::{self, Caller, FaultCode};

/// Answers one request.
pub(super) async fn answer(
    State(app): State<Arc<App>>,
    RequestId(id): RequestId,
    method: Method,
    RawQuery(address): RawQuery,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let media = match Media::accepted(&headers) {
        Ok(media) => media,
        Err(refusal) => return refusal.respond(&id),
    };
    let asked = if method == Method::POST { read(&headers, body) } else { parse::address(&address.unwrap_or_default()) };
    let answer = match asked {
        Ok(asked) => execute(&app, &id, &method, &headers, asked).await,
        Err(refusal) => Err(refusal),
    };
    match answer {
        Ok((operation, answer)) => {
            let mut response = respond(answer, media).unwrap_or_else(|refusal| refusal.respond_as(media, &id));
            response.extensions_mut().insert(operation);
            response
        }
        Err(refusal) => refusal.respond_as(media, &id),
    }
}

fn read(headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<Asked, Refusal> {
    parse::require_json(headers)?;
    parse::body(&body.map_err(|rejection| unreadable(&rejection))?)
}

async fn execute(
    app: &App,
    id: &str,
    method: &Method,
    headers: &HeaderMap,
    asked: Asked,
) -> Result<(Operation, async_graphql::Response), Refusal> {
    let document = app.documents.find(asked.query, asked.hash)?;
    let mut request = Request::new(document).variables(Variables::from_json(asked.variables.into()));
    request.operation_name = asked.operation_name;
    // A link must not be able to change anything in somebody's name.
    if *method != Method::POST && !graphql::only_reads(&mut request) {
        return Err(Refusal::method("POST", "send a mutation by POST; GET is for queries"));
    }
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
        if let Some(hash) = asked.hash.filter(|_| request.parsed_query().is_ok()) {
            app.documents.keep(hash, &request.query);
        }
    }
    let caller = Caller { user, token: token.map(str::to_owned), language: language(headers), request_id: id.to_owned() };
    Ok((operation, graphql::execute(&app.schema, request, caller).await))
}

fn unreadable(rejection: &BytesRejection) -> Refusal {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let message = format!("the body is larger than {} KiB; send less at a time", BODY >> 10);
        return Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", message);
    }
    Refusal::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", "the body broke off; send it again")
}

async fn find_user(app: &App, token: &str) -> Result<Option<User>, Refusal> {
    sessions::find(&app.db, token, (app.clock)()).await.map_err(|error| {
        tracing::error!(error = %error, cause = ?std::error::Error::source(&error), "a session cannot be looked up");
        Refusal::unavailable()
    })
}

/// Russian unless the first language asked for is English.
fn language(headers: &HeaderMap) -> Language {
    let first = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default().trim_start();
    if first.get(..2).is_some_and(|tag| tag.eq_ignore_ascii_case("en")) { Language::En } else { Language::Ru }
}

/// An answer without `data`.
#[derive(Serialize)]
struct Nothing {
    errors: Vec<ServerError>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    extensions: BTreeMap<String, Value>,
}

fn respond(answer: async_graphql::Response, media: Media) -> Result<Response, Refusal> {
    // Nothing was executed: the document could not be parsed or is not valid, or the caller may not ask.
    let nothing = answer.data == Value::Null && !answer.errors.is_empty() && answer.errors.iter().all(|e| e.path.is_empty());
    let (status, body) = if nothing {
        let status = if media == Media::GraphqlResponse { status(&answer.errors[0]) } else { StatusCode::OK };
        (status, serde_json::to_vec(&Nothing { errors: answer.errors, extensions: answer.extensions }))
    } else {
        (StatusCode::OK, serde_json::to_vec(&answer))
    };
    let mut response = (status, body.map_err(|_| Refusal::internal())?).into_response();
    // Cookies of a new or ended session, and nothing that this layer decides itself.
    response.headers_mut().extend(answer.http_headers);
    label(&mut response, media);
    if status == StatusCode::UNAUTHORIZED {
        // HTTP wants a scheme named; one that no browser knows makes none ask for a password.
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Session"));
    }
    Ok(response)
}

/// The status of an answer of which nothing was executed.
fn status(error: &ServerError) -> StatusCode {
    let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
    let is = |known: FaultCode| code == Some(&Value::from(known.as_str()));
    if is(FaultCode::Unauthenticated) {
        StatusCode::UNAUTHORIZED
    } else if is(FaultCode::Forbidden) {
        StatusCode::FORBIDDEN
    } else if is(FaultCode::Internal) {
        StatusCode::INTERNAL_SERVER_ERROR
    } else {
        StatusCode::BAD_REQUEST
    }
}
