//! `GET /graphql`: queries and nothing else, so that no link can change anything in somebody's name.

use axum::body::Body;
use axum::http::StatusCode;
use serde_json::json;
use shpunt_tests::db::TestDb;
use shpunt_tests::http::{Answer, Http};

use super::{logged_in, refused, serve};

/// The address of a request; everything is percent-encoded.
pub(super) fn address(parameters: &[(&str, &str)]) -> String {
    let encode = |text: &str| text.bytes().fold(String::new(), |text, byte| format!("{text}%{byte:02X}"));
    let pairs: Vec<_> = parameters.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    format!("/graphql?{}", pairs.join("&"))
}

async fn get(http: &Http, parameters: &[(&str, &str)]) -> Answer {
    http.get(&address(parameters)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_may_come_in_the_address() {
    let test = TestDb::new().await;
    let served = logged_in(&test, &[]).await;
    let http = &served.http;
    let answer = get(http, &[("query", "{ viewer { login } }")]).await;
    assert_eq!(answer.json(), json!({ "data": { "viewer": { "login": "director" } } }));
    assert_eq!(answer.header("cache-control"), "no-store");

    let two = "query a { viewer { login } } query b($with: Boolean!) { viewer { role @include(if: $with) __typename } }";
    let answer = get(http, &[("query", two), ("operationName", "b"), ("variables", r#"{"with":true}"#)]).await;
    assert_eq!(answer.json(), json!({ "data": { "viewer": { "role": "DIRECTOR", "__typename": "User" } } }));
    let answer = get(http, &[("query", two), ("operationName", "a"), ("variables", ""), ("extensions", "{}")]).await;
    assert_eq!(answer.json(), json!({ "data": { "viewer": { "login": "director" } } }));
    assert_eq!(get(http, &[("query", two)]).await.code(), "GRAPHQL_VALIDATION_FAILED", "which of the two is not said");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mutation_may_not() {
    let test = TestDb::new().await;
    let served = logged_in(&test, &[]).await;
    let http = &served.http;
    let end = "mutation End { sessionDelete { userErrors { code } } }";
    let hidden = format!("query Look {{ viewer {{ login }} }} {end}");
    for parameters in [&[("query", end)][..], &[("query", &hidden), ("operationName", "End")]] {
        let answer = get(http, parameters).await;
        refused(&answer, 405, "METHOD_NOT_ALLOWED");
        assert_eq!(answer.header("allow"), "POST");
    }
    let head = http.request("HEAD", &address(&[("query", end)])).body(Body::empty()).unwrap();
    assert_eq!(http.send(head).await.status, StatusCode::METHOD_NOT_ALLOWED);
    // What POST would do, a GET with a body cannot either.
    let body = json!({ "query": end }).to_string();
    let smuggled = http.request("GET", "/graphql").header("content-type", "application/json").body(Body::from(body)).unwrap();
    refused(&http.send(smuggled).await, 400, "BAD_REQUEST");
    // Nor does POST look into the address.
    let posted = http.request("POST", &address(&[("query", end)])).header("content-type", "application/json");
    refused(&http.send(posted.body(Body::empty()).unwrap()).await, 400, "BAD_REQUEST");
    assert_eq!(http.ask("{ viewer { login } }", json!({})).await["viewer"]["login"], "director", "the session lives");
    let answer = get(http, &[("query", &hidden), ("operationName", "Look")]).await;
    assert_eq!(answer.json()["data"]["viewer"]["login"], "director");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_malformed_is_refused() {
    let test = TestDb::new().await;
    let served = serve(&test.db, &[]).await;
    let query = ("query", "{ viewer { login } }");
    for wrong in [
        &[][..],
        &[("query", "")],
        &[("Query", "{ viewer { login } }")],
        &[query, query],
        &[query, ("variables", "[1]")],
        &[query, ("variables", "{")],
        &[query, ("extensions", "1")],
        &[("documentId", "1")],
    ] {
        refused(&get(&served.http, wrong).await, 400, "BAD_REQUEST");
    }
    let long = format!("{{ viewer {{ login }} }} # {}", "x".repeat(8 << 10));
    refused(&get(&served.http, &[("query", &long)]).await, 414, "URI_TOO_LONG");
    let html = served.http.request("GET", &address(&[query])).header("accept", "text/html").body(Body::empty()).unwrap();
    refused(&served.http.send(html).await, 406, "NOT_ACCEPTABLE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cookie_counts_from_our_own_page_or_the_address_bar_only() {
    let test = TestDb::new().await;
    let served = logged_in(&test, &[]).await;
    let send = async |name: &str, value: &str| {
        let request = served.http.request("GET", &address(&[("query", "{ viewer { login } }")])).header(name, value);
        served.http.send(request.body(Body::empty()).unwrap()).await
    };
    for site in ["same-origin", "none"] {
        assert_eq!(send("sec-fetch-site", site).await.json()["data"]["viewer"]["login"], "director");
    }
    for (name, value) in [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "http://evil.example")] {
        refused(&send(name, value).await, 403, "FORBIDDEN");
    }
}
