//! `/graphql`: what is asked, by whom, may they, and the answer. By POST anything, by GET what only reads; a GET may ask for a socket.

use std::sync::Arc;

use async_graphql::{ServerError, Value};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{Extension, RawQuery, State};
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::accept::{Accepted, Media};
use super::call::{Call, Sender};
use super::listen::Peer;
use super::live::{events, socket};
use super::observe::RequestId;
use super::parse::{self, Asked};
use super::refusal::{self, Refusal, label};
use super::{App, BODY};
use crate::graphql::{self, FaultCode, OperationType};

/// Answers one request.
pub(super) async fn answer(
    State(app): State<Arc<App>>,
    (RequestId(id), Extension(peer)): (RequestId, Extension<Peer>),
    method: Method,
    socket: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    RawQuery(address): RawQuery,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    if socket::is_asked(&headers) {
        let opened = socket::open(&app, id.clone(), &headers, peer, socket);
        return opened.unwrap_or_else(|refusal| refusal.respond(&id));
    }
    let accepted = match Accepted::of(&headers) {
        Ok(accepted) => accepted,
        Err(refusal) => return refusal.respond(&id),
    };
    let given = if method == Method::POST { read(&headers, body) } else { Ok(Given::Address(address.unwrap_or_default())) };
    let answer = match given.and_then(|given| Ok((given, Sender::of(&app, &headers, peer)?))) {
        Ok((given, sender)) => execute(&app, &id, &method, sender, accepted, given).await,
        Err(refusal) => Err(refusal),
    };
    answer.unwrap_or_else(|refusal| refusal.respond_as(accepted.media(), &id))
}

/// A request as it came. It is read when it is known whose it is and that there are not too many: what is read takes much more memory.
enum Given {
    /// By POST.
    Body(Bytes),
    /// By GET.
    Address(String),
}

impl Given {
    fn read(self) -> Result<Asked, Refusal> {
        match self {
            Self::Body(body) => parse::body(&body),
            Self::Address(address) => parse::address(&address),
        }
    }
}

fn read(headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<Given, Refusal> {
    parse::require_json(headers)?;
    Ok(Given::Body(body.map_err(|rejection| unreadable(&rejection))?))
}

async fn execute(
    app: &Arc<App>,
    id: &str,
    method: &Method,
    sender: Sender,
    accepted: Accepted,
    given: Given,
) -> Result<Response, Refusal> {
    let identity = sender.identify(app).await?;
    let mut call = Call::of(app, given.read()?)?;
    // A link must not be able to change anything in somebody's name.
    if *method != Method::POST && call.kind == Some(OperationType::Mutation) {
        return Err(Refusal::method("POST", "send a mutation by POST; GET is for what only reads"));
    }
    call.count_passwords(app, &sender)?;
    let is_subscription = call.kind == Some(OperationType::Subscription);
    if accepted.as_events(is_subscription) && *method != Method::HEAD {
        return events::open(app, call, &sender, identity, id.to_owned());
    }
    if is_subscription {
        let message = "a subscription needs a socket, or a stream of events (Accept: text/event-stream)";
        return Err(Refusal::of_graphql(StatusCode::NOT_ACCEPTABLE, "NOT_ACCEPTABLE", message));
    }
    if let Some(identity) = &identity {
        tracing::Span::current().record("actor", identity.user.user_id);
    }
    let (request, caller, operation) = call.by(app, &sender, identity, id);
    tracing::Span::current().record("operation", &operation.0);
    let answer = graphql::execute(&app.schema, request, caller).await;
    let mut response = respond(answer, accepted.media())?;
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

fn respond(answer: async_graphql::Response, media: Media) -> Result<Response, Refusal> {
    let refused = graphql::is_refused(&answer).then(|| status(&answer.errors[0]));
    // That there were too many has a status of its own in HTTP, whatever was asked.
    let status = refused.filter(|status| media == Media::GraphqlResponse || *status == StatusCode::TOO_MANY_REQUESTS);
    let status = status.unwrap_or(StatusCode::OK);
    let retry_after = answer.errors.first().and_then(retry_after).filter(|_| status == StatusCode::TOO_MANY_REQUESTS);
    let mut response = (status, graphql::json(&answer).map_err(|_| Refusal::internal())?).into_response();
    // Cookies of a new or ended session, and nothing that this layer decides itself.
    response.headers_mut().extend(answer.http_headers);
    label(&mut response, media);
    refusal::retry_after(&mut response, retry_after);
    if status == StatusCode::UNAUTHORIZED {
        // HTTP wants a scheme named; one that no browser knows makes none ask for a password.
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Session"));
    }
    Ok(response)
}

/// After how many seconds there is more to spend.
fn retry_after(error: &ServerError) -> Option<u64> {
    match error.extensions.as_ref()?.get("retryAfter")? {
        Value::Number(seconds) => seconds.as_u64(),
        _ => None,
    }
}

/// The status of an answer of which nothing was executed.
fn status(error: &ServerError) -> StatusCode {
    let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
    let known = FaultCode::ALL.into_iter().find(|known| code == Some(&Value::from(known.as_str())));
    match known {
        Some(FaultCode::Unauthenticated) => StatusCode::UNAUTHORIZED,
        Some(FaultCode::Forbidden | FaultCode::PasswordChangeNeeded | FaultCode::SecondFactorEnrolmentNeeded) => {
            StatusCode::FORBIDDEN
        }
        Some(FaultCode::CostExceeded) => StatusCode::TOO_MANY_REQUESTS,
        // What was read could not be recorded, so it is not told.
        Some(FaultCode::Unavailable) => StatusCode::SERVICE_UNAVAILABLE,
        Some(FaultCode::Internal) => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    }
}
