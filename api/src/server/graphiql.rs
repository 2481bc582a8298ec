//! GraphiQL for developers, from inside the binary; with `--dev` only.

use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use rust_embed::RustEmbed;

use super::observe::RequestId;
use super::page::{safe, show};
use super::refusal::Refusal;

/// What `npm run build` made in `dashboards/graphiql/`; empty in a binary that was not built for developers.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../dashboards/graphiql/dist"]
struct Dist;

const INDEX: &str = "index.html";
/// The editor styles what it draws and works in workers; nothing comes from anywhere but here.
const POLICY: &str = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Serves GraphiQL or one of its files.
pub(super) async fn serve(RequestId(id): RequestId, request: Request) -> Response {
    let path = request.uri().path().trim_start_matches("/graphiql").trim_start_matches('/');
    let path = if path.is_empty() { INDEX } else { path };
    let response = match Dist::get(path) {
        Some(file) => show(path, file, request.headers()),
        None if path == INDEX => {
            let message = "this binary was built without GraphiQL; `cargo xtask up -- --dev` builds it";
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "NOT_BUILT", message).respond(&id)
        }
        None => Refusal::new(StatusCode::NOT_FOUND, "NOT_FOUND", "there is no such file; reload GraphiQL").respond(&id),
    };
    safe(POLICY, response).into_response()
}
