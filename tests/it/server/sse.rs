//! The same operations as streams of events, for clients behind proxies that know no sockets.

use std::time::Duration;

use axum::body::Body;
use serde_json::{Value, json};
use shpunt_api::server::Limits;
use shpunt_tests::db::TestDb;
use shpunt_tests::http::{Http, Stream};

use super::websocket::told;
use super::{logged_in, logged_in_within};

const VIEWER: &str = "{ viewer { login } }";
const LISTEN: &str = "subscription { reportChanged(report: BALANCE) { report } }";
const EVENTS: &str = "text/event-stream";

/// POSTs a query and accepts what is said.
async fn post(http: &Http, accept: &str, query: &str) -> Stream {
    let request = http.request("POST", "/graphql").header("content-type", "application/json").header("accept", accept);
    http.open(request.body(Body::from(json!({ "query": query }).to_string())).unwrap()).await.unwrap()
}

/// The next event with its data; comments are passed over.
async fn next(stream: &mut Stream) -> (String, Value) {
    loop {
        let event = tokio::time::timeout(Duration::from_secs(30), stream.next()).await.expect("an event").expect("not the end");
        let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        if let Some(kind) = field("event:") {
            return (kind.to_owned(), serde_json::from_str(field("data:").unwrap()).unwrap_or_default());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_come_as_events() {
    let test = TestDb::new().await;
    let served = logged_in_within(&test, &[], Limits { ping: Duration::from_millis(50), ..Limits::default() }).await;
    let mut stream = post(&served.http, EVENTS, LISTEN).await;
    assert_eq!((stream.status.as_u16(), stream.header("content-type")), (200, EVENTS));
    assert_eq!((stream.header("cache-control"), stream.header("x-accel-buffering")), ("no-store", "no"));
    let comment = tokio::time::timeout(Duration::from_secs(30), stream.next()).await.unwrap().unwrap();
    assert!(comment.starts_with(':'), "it is kept alive: {comment:?}");
    let (kind, data) = {
        let heard = told(&test, async {
            let (kind, data) = next(&mut stream).await;
            json!([kind, data])
        });
        let heard = heard.await;
        (heard[0].clone(), heard[1].clone())
    };
    assert_eq!((kind, data), (json!("next"), json!({ "data": { "reportChanged": { "report": "BALANCE" } } })));
    drop(stream);
    // By GET too, as a browser's EventSource asks.
    let address = format!("/graphql?query={}", LISTEN.replace(' ', "%20").replace('{', "%7B").replace('}', "%7D"));
    let request = served.http.request("GET", &address).header("accept", EVENTS).body(Body::empty()).unwrap();
    let mut stream = served.http.open(request).await.unwrap();
    let heard = told(&test, async { next(&mut stream).await.1 }).await;
    assert_eq!(heard["data"]["reportChanged"]["report"], "BALANCE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_one_answer_ends_after_it() {
    let test = TestDb::new().await;
    let served = logged_in(&test, &[]).await;
    for (query, data) in [
        (VIEWER, json!({ "data": { "viewer": { "login": "director" } } })),
        ("{ nowhere }", json!("GRAPHQL_VALIDATION_FAILED")),
        ("subscription { __typename }", json!("GRAPHQL_VALIDATION_FAILED")),
    ] {
        let mut stream = post(&served.http, EVENTS, query).await;
        assert_eq!(stream.status, 200, "{query}");
        let (kind, answer) = next(&mut stream).await;
        let shown = if data.is_string() { &answer["errors"][0]["extensions"]["code"] } else { &answer };
        assert_eq!((kind.as_str(), shown), ("next", &data), "{query}");
        assert!(data.is_object() || answer.get("data").is_none(), "{answer}");
        assert_eq!(next(&mut stream).await.0, "complete", "{query}");
        assert!(stream.next().await.is_none(), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_is_for_those_who_accept_one() {
    let test = TestDb::new().await;
    let served = logged_in(&test, &[]).await;
    let everything = "application/graphql-response+json, application/json, text/event-stream, multipart/mixed";
    let of = async |accept: &str, query: &str| {
        let stream = post(&served.http, accept, query).await;
        (stream.status.as_u16(), stream.header("content-type").to_owned())
    };
    assert_eq!(of(everything, VIEWER).await, (200, "application/graphql-response+json; charset=utf-8".to_owned()));
    assert_eq!(of(everything, LISTEN).await, (200, EVENTS.to_owned()));
    assert_eq!(of("application/graphql-response+json", LISTEN).await.0, 406);
    assert_eq!(of("application/json", LISTEN).await, (200, "application/json; charset=utf-8".to_owned()));
    let request = served.http.request("GET", "/graphql?query=mutation%7BsessionDelete%7BuserErrors%7Bcode%7D%7D%7D");
    let answer = served.http.send(request.header("accept", EVENTS).body(Body::empty()).unwrap()).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (405, "METHOD_NOT_ALLOWED"));
    let mut stream = post(&served.http.stranger(), EVENTS, LISTEN).await;
    assert_eq!(next(&mut stream).await.1["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_ends_ends_its_streams() {
    let test = TestDb::new().await;
    let served = logged_in_within(&test, &[], Limits { check: Duration::from_millis(100), ..Limits::default() }).await;
    let mut stream = post(&served.http, EVENTS, LISTEN).await;
    sqlx::query("delete from sessions").execute(&test.db).await.unwrap();
    let (kind, answer) = next(&mut stream).await;
    assert_eq!((kind.as_str(), &answer["errors"][0]["extensions"]["code"]), ("next", &json!("UNAUTHENTICATED")));
    assert_eq!(next(&mut stream).await.0, "complete");
    assert!(stream.next().await.is_none());
}
