//! Is this process alive, and can it answer? `/health/live` and `/health/ready`.
//!
//! Ready = PostgreSQL answers, ClickHouse answers, everything was carried over once, the change stream has not stopped for good and
//! keeps up: it is less than [`LAG`] behind, or comes to the end of the log while it is asked, as it does on a quiet system however old the
//! last change is. A part that is not ready is named with what to do; causes are in the log.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::IntoResponse;
use serde::Serialize;
use shpunt_analytics::cdc;
use shpunt_analytics::frontier::{self, AsOf};

use super::App;

/// A part that does not answer within this time is not ready.
const PATIENCE: Duration = Duration::from_secs(2);

/// Reports older than this are told to be, a comparison of both databases that takes this long included.
const LAG: Duration = Duration::from_mins(1);

/// What is left of [`PATIENCE`] for a worker that was quiet or is slow.
const CATCH_UP: Duration = Duration::from_secs(1);

/// How one part is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Nothing is wrong with it.
    pub ready: bool,
    /// What is wrong and what to do, or how far it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Part {
    fn ready() -> Self {
        Self { ready: true, detail: None }
    }

    fn not(detail: impl Into<String>) -> Self {
        Self { ready: false, detail: Some(detail.into()) }
    }
}

/// How everything is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Health {
    /// Every part is ready.
    pub ready: bool,
    /// PostgreSQL.
    pub postgres: Part,
    /// ClickHouse.
    pub clickhouse: Part,
    /// The change stream.
    pub cdc: Part,
}

impl App {
    /// Asks every part.
    pub async fn health(&self) -> Health {
        let (postgres, clickhouse, cdc) = tokio::join!(self.postgres(), self.clickhouse(), self.cdc());
        Health { ready: postgres.ready && clickhouse.ready && cdc.ready, postgres, clickhouse, cdc }
    }

    async fn postgres(&self) -> Part {
        match tokio::time::timeout(PATIENCE, shpunt_domain::db::ping(&self.db)).await {
            Ok(Ok(())) => Part::ready(),
            _ => Part::not("it does not answer; check that the server runs"),
        }
    }

    async fn clickhouse(&self) -> Part {
        match tokio::time::timeout(PATIENCE, self.clickhouse.version()).await {
            Ok(Ok(_)) => Part::ready(),
            _ => Part::not("it does not answer; check that the server runs"),
        }
    }

    async fn cdc(&self) -> Part {
        let asked = async { (cdc::failure(&self.db).await, self.how_far().await) };
        match tokio::time::timeout(PATIENCE, asked).await {
            Ok((Ok(Some((_, at))), _)) => {
                Part::not(format!("it stopped at {at}; its log says why, `shpunt cdc reset` loads everything anew"))
            }
            Ok((Ok(None), Ok((as_of, true)))) => Part { detail: Some(format!("{} ms behind", as_of.lag_ms)), ..Part::ready() },
            Ok((Ok(None), Ok((as_of, false)))) => Part::not(format!(
                "reports are {} s behind and it does not catch up; look into its log and at shpunt_cdc_lag_bytes in /metrics, start \
                 `shpunt cdc` if it does not run, restart it if it hangs; a load after `shpunt cdc reset` ends by itself",
                as_of.lag_ms / 1_000
            )),
            Ok((Ok(None), Err(frontier::Error::NotReady))) => {
                Part::not("nothing was carried over yet; start `shpunt cdc` if it does not run")
            }
            _ => Part::not("PostgreSQL does not answer"),
        }
    }

    /// How far the change stream is, and whether it keeps up.
    async fn how_far(&self) -> Result<(AsOf, bool), frontier::Error> {
        let as_of = self.frontier.as_of().await?;
        let recent = u128::from(as_of.lag_ms.unsigned_abs()) <= LAG.as_millis();
        Ok((as_of, recent || self.frontier.reaches_the_end(CATCH_UP).await?))
    }
}

/// This process answers.
pub(super) async fn live() -> impl IntoResponse {
    ([(CACHE_CONTROL, "no-store")], Json(serde_json::json!({ "alive": true })))
}

/// This process can do its work; which part cannot otherwise.
pub(super) async fn ready(State(app): State<Arc<App>>) -> impl IntoResponse {
    let health = app.health().await;
    let status = if health.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(CACHE_CONTROL, "no-store")], Json(health))
}
