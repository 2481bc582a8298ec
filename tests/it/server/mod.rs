//! The HTTP server in this process, and the whole program as a user runs it.
//!
//! These tests run on two threads: a database is dropped while the server of the test still holds connections to it, which only a
//! running task can give up.

mod config;
mod engines_gone;
mod files;
mod graphql_get;
mod graphql_http;
mod notifications;
mod oidc;
mod page;
mod persisted;
mod rates;
mod sse;
mod tokens;
mod up;
mod websocket;

use std::sync::Arc;

use axum::body::Body;
use clap::Parser as _;
use shpunt_analytics::Client;
use shpunt_api::config::Http as Options;
use shpunt_api::server::{self, App, Limits};
use shpunt_domain::Db;
use shpunt_domain::access::Role;
use shpunt_domain::access::commands::{UserAdd, user_add};
use shpunt_tests::db::TestDb;
use shpunt_tests::http::{Answer, Http};
use shpunt_tests::{ctx, now};
use tokio::sync::oneshot;

const PASSWORD: &str = "correct horse";

/// A served router over a database of its own, without ClickHouse; it ends with the test.
struct Served {
    http: Http,
    _stop: oneshot::Sender<()>,
}

#[derive(clap::Parser)]
struct Arguments {
    #[command(flatten)]
    http: Options,
}

/// Options as the command line would give them; nothing is limited that a test does not ask for.
fn options(arguments: &[&str]) -> Options {
    let limits = ["--requests-per-second", "--sign-ins-per-minute", "--cost-per-minute"];
    let unlimited = limits.into_iter().filter(|name| !arguments.contains(name)).flat_map(|name| [name, "0"]);
    let given = ["test", "--port", "0"].into_iter().chain(unlimited).chain(arguments.iter().copied());
    Arguments::parse_from(given).http
}

/// A ClickHouse that nobody serves.
fn nowhere() -> Client {
    Client::new(&"http://127.0.0.1:9".parse().unwrap())
}

async fn serve(db: &Db, arguments: &[&str]) -> Served {
    serve_over(db, nowhere(), arguments).await
}

async fn serve_over(db: &Db, clickhouse: Client, arguments: &[&str]) -> Served {
    serve_within(db, clickhouse, arguments, Limits::default()).await
}

async fn serve_within(db: &Db, clickhouse: Client, arguments: &[&str], limits: Limits) -> Served {
    let options = options(arguments);
    let app = Arc::new(App::with_limits(db.clone(), clickhouse, Arc::new(now), &options, limits));
    let listening = server::bind(options.host, options.port).await.unwrap();
    let http = Http::to(&listening.url());
    let (stop, stopped) = oneshot::channel::<()>();
    tokio::spawn(server::serve(app, listening, async move { drop(stopped.await) }));
    Served { http, _stop: stop }
}

/// A director who can log in with [`PASSWORD`].
async fn director(test: &TestDb) {
    let input = UserAdd {
        login: "director".to_owned(),
        name: "Директор".to_owned(),
        role: Role::Director,
        password: PASSWORD.to_owned(),
    };
    user_add(&test.db, &ctx("director"), input).await.unwrap();
}

/// A served router and a client that is logged in.
async fn logged_in(test: &TestDb, arguments: &[&str]) -> Served {
    director(test).await;
    let mut served = serve(&test.db, arguments).await;
    assert!(served.http.log_in("director", PASSWORD).await);
    served
}

/// The same with limits of its own for connections that stay open.
async fn logged_in_within(test: &TestDb, arguments: &[&str], limits: Limits) -> Served {
    director(test).await;
    let mut served = serve_within(&test.db, nowhere(), arguments, limits).await;
    assert!(served.http.log_in("director", PASSWORD).await);
    served
}

/// POSTs a body to `/graphql` with these headers.
async fn raw(http: &Http, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
    let request = headers.iter().fold(http.request("POST", "/graphql"), |request, (name, value)| request.header(*name, *value));
    http.send(request.body(body.into()).unwrap()).await
}

/// A refusal with its code and the id of the request.
#[track_caller]
fn refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
    let id = answer.header("x-request-id").to_owned();
    assert!(!id.is_empty() && answer.json()["errors"][0]["extensions"]["requestId"] == id, "{}", answer.text());
}
