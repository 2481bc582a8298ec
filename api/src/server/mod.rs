//! The HTTP server: GraphQL, the page, health and metrics.
//!
//! Invariants: every answer carries a request id; no panic and no internal text reaches a client; a request ends in
//! [`observe::REQUEST`] at most; only `POST /graphql` with a JSON body and `POST /files` with a picture or a PDF can change
//! anything, or a socket opened by our own page or by a program with a token; by GET somebody comes in only whom a provider sends back to the browser that went there.

mod accept;
mod answer;
mod bearer;
mod call;
mod cookie;
mod files;
mod graphiql;
mod health;
mod listen;
mod live;
mod metrics;
mod observe;
mod oidc;
mod origin;
mod page;
mod parse;
mod patience;
mod persisted;
mod rates;
mod refusal;
mod worker;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::HeaderValue;
use axum::http::header::STRICT_TRANSPORT_SECURITY;
use axum::response::Response;
use axum::routing::get;
use shpunt_analytics::Client;
use shpunt_analytics::frontier::Frontier;
use shpunt_analytics::reports::Reports;
use shpunt_domain::Db;
use shpunt_ingest::oidc::Provider;
use tower_http::compression::CompressionLayer;

pub use health::{Health, Part};
pub use listen::{Listening, bind};
pub use live::socket::MESSAGE;
pub use live::{Limits, Live};
pub use worker::worker;

use crate::config::Http;
use crate::graphql::{self, Clock, CookiePolicy, Costs, Schema, Services};
use crate::up::child::Watched;
use metrics::Metrics;
use observe::RequestId;
use persisted::Documents;
use rates::Rates;
use refusal::Refusal;

/// Largest body of a request, bytes.
pub const BODY: usize = 1 << 20;

/// The process id of one process of ours now; 0 while it is being started again.
pub type PidWatch = Box<dyn Fn() -> u32 + Send + Sync>;

/// What requests are answered with.
pub struct App {
    /// The GraphQL schema with its services.
    pub schema: Schema,
    /// PostgreSQL.
    pub db: Db,
    /// How far ClickHouse is.
    pub frontier: Arc<Frontier>,
    /// ClickHouse, as the user that only reads.
    pub clickhouse: Client,
    /// The clock.
    pub clock: Clock,
    /// How the session is kept in the browser.
    pub cookies: CookiePolicy,
    /// The change stream, where it is a child of this process.
    pub cdc: Option<Watched>,
    /// Further processes of ours, by name.
    pub processes: Vec<(&'static str, PidWatch)>,
    /// Where people may sign in besides.
    pub provider: Option<Arc<Provider>>,
    /// The address of the page where a proxy hides it: `https://crm.example.com`.
    pub origin: Option<String>,
    /// Documents that stand for their hashes.
    pub documents: Documents,
    /// Whether GraphiQL is served.
    pub dev: bool,
    /// Requests counted.
    pub requests: Metrics,
    /// Connections that stay open.
    pub live: Live,
    /// How many requests are answered.
    pub rates: Rates,
    /// What requests cost, and the budgets they are paid from.
    pub costs: Arc<Costs>,
}

impl App {
    /// Puts together what answers requests; no change stream and no further processes are watched.
    pub fn new(db: Db, clickhouse: Client, clock: Clock, http: &Http) -> Self {
        Self::with_limits(db, clickhouse, clock, http, Limits::default())
    }

    /// The same, with other limits of open connections.
    pub fn with_limits(db: Db, clickhouse: Client, clock: Clock, http: &Http, limits: Limits) -> Self {
        let frontier = Arc::new(Frontier::start(db.clone()));
        let reports = Reports::new(clickhouse.clone(), Arc::clone(&frontier));
        let cookies = CookiePolicy { secure: http.secure_cookies };
        let provider = http.provider().map(Arc::new);
        let services = Services {
            db: db.clone(),
            reports,
            clock: Arc::clone(&clock),
            cookies,
            vault: Arc::new(http.vault()),
            provider: provider.clone(),
        };
        Self {
            schema: graphql::schema(services),
            live: Live::start(db.clone(), Arc::clone(&clock), limits),
            db,
            frontier,
            clickhouse,
            clock,
            cookies,
            cdc: None,
            provider,
            processes: Vec::new(),
            origin: http.origin.clone(),
            dev: http.dev,
            documents: Documents::new(http.trusted_documents_only),
            requests: Metrics::default(),
            rates: Rates::new(http),
            costs: Arc::new(Costs::new(http.cost_per_minute)),
        }
    }
}

/// Everything that is served.
fn router(app: Arc<App>) -> Router {
    let is_secure = app.cookies.secure;
    let developing = if app.dev {
        Router::new().route("/graphiql", get(graphiql::serve)).route("/graphiql/{*file}", get(graphiql::serve))
    } else {
        Router::new()
    };
    developing
        .route("/graphql", get(answer::answer).post(answer::answer).fallback(other_method).layer(DefaultBodyLimit::max(BODY)))
        .merge(files::routes())
        .route(oidc::THERE, get(oidc::there))
        .route(oidc::BACK, get(oidc::back))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/metrics", get(metrics::show))
        .fallback(page::serve)
        .layer(CompressionLayer::new())
        .layer(axum::middleware::map_response(move |mut response: Response| async move {
            if is_secure {
                // Browsers that came once come by HTTPS from then on.
                let year = HeaderValue::from_static("max-age=31536000");
                response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, year);
            }
            response
        }))
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&app), observe::observe))
        .with_state(app)
}

/// Serves until `shutdown` completes; then connections that stay open are closed, and requests under way finish.
pub async fn serve(app: Arc<App>, listening: Listening, shutdown: impl Future<Output = ()>) {
    let closing = async {
        shutdown.await;
        app.live.close();
    };
    listening.serve(router(Arc::clone(&app)), app.live.limits.write, closing).await;
    app.live.gone().await;
}

/// OPTIONS too: a preflight that is never answered keeps the pages of others out.
async fn other_method(RequestId(id): RequestId) -> Response {
    Refusal::method("GET, HEAD, POST", "send GraphQL as POST with a JSON body, or a query by GET").respond(&id)
}
