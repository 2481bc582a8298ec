//! Around every request: its id, its span in the log, its time, and what happens when it takes too long or panics.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use futures::FutureExt as _;
use shpunt_domain::access::User;
use tracing::Instrument as _;

use super::App;
use super::oidc::{BACK, THERE};
use super::refusal::Refusal;

/// A request takes this long at most.
pub(super) const REQUEST: Duration = Duration::from_secs(30);
const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The id of a request: the client's own when it looks like one, else made up here.
#[derive(Clone, Debug)]
pub(super) struct RequestId(pub(super) String);

impl RequestId {
    fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(HEADER).and_then(|value| value.to_str().ok()).filter(|id| {
            (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        });
        Self(given.map_or_else(|| format!("{:016x}", rand::random::<u64>()), str::to_owned))
    }
}

impl<S: Sync> FromRequestParts<S> for RequestId {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.get().cloned().unwrap_or_else(|| Self::of(&parts.headers)))
    }
}

/// What a GraphQL request calls itself, for the log and for metrics.
#[derive(Clone, Debug)]
pub(super) struct Operation(pub(super) String);

impl Operation {
    /// Names are chosen by clients, so those of strangers are not told apart and long ones are cut.
    pub(super) fn of(user: Option<&User>, name: Option<&str>) -> Self {
        let name = match (user, name) {
            (None, _) => "anonymous",
            (Some(_), None) => "unnamed",
            (Some(_), Some(name)) => name,
        };
        Self(name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(64).collect())
    }
}

/// The middleware.
pub(super) async fn observe(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let id = RequestId::of(request.headers());
    request.extensions_mut().insert(id.clone());
    let route = route(request.uri().path());
    let span = tracing::info_span!(
        "request",
        id = id.0,
        method = %request.method(),
        route,
        operation = tracing::field::Empty,
        actor = tracing::field::Empty
    );
    let started = Instant::now();
    let in_flight = app.requests.begin();
    let mut response = guarded(next.run(request), &id, REQUEST).instrument(span.clone()).await;
    drop(in_flight);
    let (status, took) = (response.status(), started.elapsed());
    let operation = response.extensions().get::<Operation>().map(|operation| operation.0.clone()).unwrap_or_default();
    app.requests.note(route, operation, status.as_u16(), took);
    span.in_scope(|| {
        let (status, took_us) = (status.as_u16(), u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        if route == "/graphql" {
            tracing::info!(status, took_us, "answered");
        } else {
            tracing::debug!(status, took_us, "answered");
        }
    });
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

/// The answer, or a refusal when it takes too long or panics.
async fn guarded(answer: impl Future<Output = Response>, RequestId(id): &RequestId, limit: Duration) -> Response {
    match tokio::time::timeout(limit, AssertUnwindSafe(answer).catch_unwind()).await {
        Ok(Ok(response)) => response,
        // The panic itself is in the log.
        Ok(Err(_)) => Refusal::internal().respond(id),
        Err(_) => Refusal::late().respond(id),
    }
}

/// The path as one of a few, so that a stranger cannot make up series.
fn route(path: &str) -> &'static str {
    ["/graphql", "/health/live", "/health/ready", "/metrics", THERE, BACK]
        .into_iter()
        .find(|known| *known == path)
        .unwrap_or("page")
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;

    async fn guard(answer: impl Future<Output = Response>) -> (StatusCode, String) {
        let answer = guarded(answer, &RequestId("r-1".to_owned()), Duration::from_millis(20)).await;
        let status = answer.status();
        let body = axum::body::to_bytes(answer.into_body(), 1000).await.unwrap();
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    #[tokio::test]
    async fn a_panic_or_a_late_answer_becomes_a_plain_refusal() {
        let (status, body) = guard(async { panic!("the password is 123") }).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(body.contains("INTERNAL_SERVER_ERROR") && body.contains("r-1") && !body.contains("123"), "{body}");
        let (status, body) = guard(std::future::pending()).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(body.contains("\"TIMEOUT\"") && body.contains("r-1"), "{body}");
    }

    #[test]
    fn a_strange_request_id_is_not_taken_over() {
        let of = |text: &'static str| {
            let headers = [(HEADER, HeaderValue::from_static(text))].into_iter().collect();
            RequestId::of(&headers).0
        };
        assert_eq!(of("abc-1.2_3"), "abc-1.2_3");
        for strange in ["", "a b", "a\"b", "0123456789012345678901234567890123456789012345678901234567890123456789"] {
            let made = of(strange);
            assert!(made != strange && made.len() == 16, "{made}");
        }
    }
}
