//! Health and metrics of a `shpunt cdc` that runs by itself.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use shpunt_analytics::cdc::{Phase, Status};
use tokio::sync::watch;

use super::metrics::Text;
use super::{health, metrics};

/// `/health/live`, `/health/ready` (it streams, or stands by for the one that does) and `/metrics`.
pub fn worker(status: watch::Receiver<Status>) -> Router {
    let told = status.clone();
    let ready = async move || {
        let phase = told.borrow().phase;
        let ready = matches!(phase, Phase::Streaming | Phase::StandBy);
        let code = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        (code, Json(json!({ "ready": ready, "phase": phase })))
    };
    let show = async move || {
        let mut text = Text::default();
        metrics::change_stream(&mut text, &status.borrow());
        ([(CONTENT_TYPE, metrics::FORMAT)], text.into_inner())
    };
    Router::new().route("/health/live", get(health::live)).route("/health/ready", get(ready)).route("/metrics", get(show))
}
