//! The director's page, from inside the binary.
//!
//! Files under `assets/` have the hash of their content in their name and may be kept for ever; everything else is asked for
//! again each time. Whatever is not a file is the page itself, which reads the address.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::observe::RequestId;
use super::refusal::Refusal;

/// What `npm run build` made in `dashboards/`; `build.rs` makes an empty folder when there is none.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../dashboards/dist"]
struct Dist;

const INDEX: &str = "index.html";
const NOT_BUILT: &str = include_str!("not_built.html");
/// Charts place their tooltips by style attributes; nothing else comes from anywhere but here.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
    font-src 'self' data:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Serves a file or the page.
pub(super) async fn serve(RequestId(id): RequestId, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Refusal::method("GET, HEAD", "GraphQL is served at /graphql").respond(&id);
    }
    let path = request.uri().path().trim_start_matches('/');
    let response = match Dist::get(path).filter(|_| !path.is_empty()) {
        Some(file) => show(path, file, request.headers()),
        // A missing file must not be answered with the page: an old tab would take it for a script.
        None if path.rsplit('/').next().is_some_and(|name| name.contains('.')) => {
            Refusal::new(StatusCode::NOT_FOUND, "NOT_FOUND", "there is no such file; reload the page").respond(&id)
        }
        None => match Dist::get(INDEX) {
            Some(index) => show(INDEX, index, request.headers()),
            None => (StatusCode::SERVICE_UNAVAILABLE, [(CONTENT_TYPE, "text/html; charset=utf-8")], NOT_BUILT).into_response(),
        },
    };
    safe(POLICY, response)
}

/// What the browser must not do with it.
pub(super) fn safe(policy: &'static str, response: Response) -> Response {
    let headers = [(CONTENT_SECURITY_POLICY, policy), (X_CONTENT_TYPE_OPTIONS, "nosniff"), (REFERRER_POLICY, "same-origin")];
    (headers, response).into_response()
}

/// Answers with a file, or that the browser has it.
pub(super) fn show(path: &str, file: EmbeddedFile, asked: &HeaderMap) -> Response {
    let hash = file.metadata.sha256_hash();
    // Weak: the same file may travel compressed.
    let tag = hash.iter().take(16).fold("W/\"".to_owned(), |tag, byte| format!("{tag}{byte:02x}")) + "\"";
    let caching = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let known = asked.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).any(|value| value.contains(&tag));
    let headers = [(CACHE_CONTROL, caching.to_owned()), (ETAG, tag)];
    if known {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let body = match file.data {
        std::borrow::Cow::Borrowed(bytes) => Body::from(bytes),
        std::borrow::Cow::Owned(bytes) => Body::from(bytes),
    };
    (headers, [(CONTENT_TYPE, content_type(path))], body).into_response()
}

/// By extension; the few that a built page consists of.
fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "json" | "webmanifest" | "map" => "application/json",
        "ttf" => "font/ttf",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
