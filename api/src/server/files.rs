//! Files of orders: sent by `POST /files?order=ID&kind=photo&name=NAME` as they are, fetched by `GET /files/ID`.
//!
//! Invariants: who may send and who may see is decided by the same permissions and scope as the order in the graph; the body is read only
//! after it is known who sends it, and no further than a file may be large; a file is never shown as a page of ours, whatever is inside.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Extension, Path, RawQuery, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use serde_json::json;
use shpunt_domain::access::{Actor, Permission};
use shpunt_domain::command::Ctx;
use shpunt_domain::orders::files::{self, BYTES_MAX, Kind, OrderFile, Upload};
use shpunt_domain::{Code, Error};

use super::App;
use super::call::{Identity, Sender};
use super::listen::Peer;
use super::observe::RequestId;
use super::refusal::Refusal;
use crate::graphql::{self, Caller};

/// What a body may call itself: none of these can be sent by the page of another site without asking us first.
const SENT: [&str; 5] = ["image/jpeg", "image/png", "image/webp", "application/pdf", "application/octet-stream"];

/// The two routes.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/files", post(send).layer(DefaultBodyLimit::disable())).route("/files/{id}", get(fetch))
}

/// Keeps a file of an order.
async fn send(
    State(app): State<Arc<App>>,
    (RequestId(id), Extension(peer)): (RequestId, Extension<Peer>),
    RawQuery(address): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let kept = keep(&app, &id, &headers, peer, &address.unwrap_or_default(), body).await;
    let file = match kept {
        Ok(file) => file,
        Err(refusal) => return refusal.respond(&id),
    };
    let id = graphql::order_file_id(file.order_file_id);
    let answer = json!({ "id": id, "url": format!("/files/{id}"), "name": file.name, "contentType": file.content_type, "size": file.size });
    let mut response = (StatusCode::CREATED, answer.to_string()).into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    guard(&mut response);
    response
}

async fn keep(app: &App, id: &str, headers: &HeaderMap, peer: Peer, address: &str, body: Body) -> Result<OrderFile, Refusal> {
    let sent_as = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !SENT.contains(&sent_as.to_ascii_lowercase().as_str()) {
        let message = format!("send the file itself as the body, with a Content-Type of {}", SENT.join(", "));
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message));
    }
    let actor = enter(app, id, headers, peer, Permission::ShipOrders).await?;
    let asked = Asked::of(address)?;
    let bytes = axum::body::to_bytes(body, BYTES_MAX).await.map_err(|_| {
        let message = format!("a file has at most {} MiB, and arrives whole; make it smaller, or send it again", BYTES_MAX >> 20);
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", message)
    })?;
    let upload = Upload::try_new(asked.order_id, asked.kind, &asked.name, bytes.into()).map_err(|error| refused(&error))?;
    let ctx = Ctx::new(actor, (app.clock)(), graphql::fresh_id());
    Ok(files::upload(&app.db, &ctx, &upload).await.map_err(|error| refused(&error))?.value)
}

/// What is sent, and of what.
struct Asked {
    order_id: i64,
    kind: Kind,
    name: String,
}

impl Asked {
    fn of(address: &str) -> Result<Self, Refusal> {
        let (mut order, mut kind, mut name) = (None, None, None);
        for (parameter, value) in form_urlencoded::parse(address.as_bytes()) {
            let place = match parameter.as_ref() {
                "order" => &mut order,
                "kind" => &mut kind,
                "name" => &mut name,
                _ => return Err(Refusal::bad("the address takes order, kind and name, and nothing else")),
            };
            if place.replace(value.into_owned()).is_some() {
                return Err(Refusal::bad("a parameter is given twice; give each once"));
            }
        }
        let order_id = order.as_deref().and_then(graphql::order_number);
        let order_id = order_id.ok_or_else(|| Refusal::bad("name the order: ?order=order_42, an id as the API gave it"))?;
        let kind = kind.as_deref().map_or(Some(Kind::Other), Kind::parse);
        let kind = kind.ok_or_else(|| Refusal::bad("kind is photo, proof or other"))?;
        let name = name.ok_or_else(|| Refusal::bad("name the file: &name=waybill.pdf"))?;
        Ok(Self { order_id, kind, name })
    }
}

/// A file of an order, with its bytes.
async fn fetch(
    State(app): State<Arc<App>>,
    (RequestId(id), Extension(peer)): (RequestId, Extension<Peer>),
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Response {
    let found = find(&app, &id, &headers, peer, &file).await;
    found.map_or_else(|refusal| refusal.respond(&id), |(file, bytes)| show(&file, bytes))
}

async fn find(app: &App, id: &str, headers: &HeaderMap, peer: Peer, file: &str) -> Result<(OrderFile, Vec<u8>), Refusal> {
    let actor = enter(app, id, headers, peer, Permission::SeeOrders).await?;
    let number = graphql::order_file_number(file).ok_or_else(|| refused(&Error::not_found("order file", file)))?;
    files::read::get(&app.db, &actor.scope(), number).await.map_err(|error| refused(&error))
}

fn show(file: &OrderFile, bytes: Vec<u8>) -> Response {
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    let text = |text: &str| HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("attachment"));
    headers.insert(CONTENT_TYPE, text(&file.content_type));
    headers.insert(CONTENT_DISPOSITION, text(&format!("attachment; filename*=UTF-8''{}", escaped(&file.name))));
    guard(&mut response);
    response
}

/// A name as a header takes it: letters and digits, every other byte by its number.
fn escaped(name: &str) -> String {
    name.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || byte == b'.' {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

/// Nothing of it is kept by the browser, guessed at or run.
fn guard(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
}

/// Who asks, if that one may.
async fn enter(app: &App, id: &str, headers: &HeaderMap, peer: Peer, needs: Permission) -> Result<Actor, Refusal> {
    let identity = Sender::of(app, headers, peer)?.identify(app).await?;
    let Some(Identity { user, token }) = identity else {
        let message = "sign in first (sessionCreate), or send a token";
        return Err(Refusal::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", message));
    };
    tracing::Span::current().record("actor", user.user_id);
    let within = token.map(|(_, within)| within);
    let caller = Caller { within, ..Caller::new(Some(user), shpunt_analytics::reports::Language::Ru, id) };
    if caller.due().is_some() {
        let message = "change the password or set up the second factor first";
        return Err(Refusal::new(StatusCode::FORBIDDEN, "FORBIDDEN", message));
    }
    let actor = caller.actor().ok_or_else(Refusal::internal)?;
    actor.require(needs).map_err(|error| refused(&error))?;
    Ok(actor)
}

/// An error of the domain in HTTP; what went wrong inside is for the log.
fn refused(error: &Error) -> Refusal {
    let status = match error {
        Error::NotFound { .. } => StatusCode::NOT_FOUND,
        Error::Invalid { .. } => StatusCode::BAD_REQUEST,
        Error::Rejected { .. } | Error::Conflict { .. } | Error::Stale { .. } => StatusCode::CONFLICT,
        Error::Forbidden { .. } => StatusCode::FORBIDDEN,
        Error::Internal { .. } => {
            tracing::error!(error = %error, cause = ?std::error::Error::source(error), "a file cannot be kept or read");
            return if error.code() == Code::Unavailable { Refusal::unavailable() } else { Refusal::internal() };
        }
    };
    Refusal::new(status, error.code().as_str(), error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_header() {
        assert_eq!(escaped("a b\"\r\n.pdf"), "a%20b%22%0D%0A.pdf");
        assert_eq!(escaped("ТТН.jpg"), "%D0%A2%D0%A2%D0%9D.jpg");
    }

    #[test]
    fn an_address_names_order_kind_and_name() {
        let asked = Asked::of("order=order_7&kind=proof&name=%D0%A2%D0%A2%D0%9D.pdf").ok().unwrap();
        assert_eq!((asked.order_id, asked.kind, asked.name.as_str()), (7, Kind::Proof, "ТТН.pdf"));
        assert_eq!(Asked::of("order=order_7&name=a").ok().unwrap().kind, Kind::Other);
        for wrong in [
            "",
            "name=a",
            "order=order_7",
            "order=deal_7&name=a",
            "order=7&name=a",
            "order=order_7&name=a&kind=x",
            "order=order_7&order=order_8&name=a",
            "order=order_7&name=a&x=1",
        ] {
            assert!(Asked::of(wrong).is_err(), "{wrong}");
        }
    }
}
