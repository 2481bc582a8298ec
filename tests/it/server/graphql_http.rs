//! `POST /graphql` and what is refused around it: one JSON object by POST, a cookie only from our own page, ids in every answer.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::StatusCode;
use serde_json::json;
use shpunt_api::server::BODY;
use shpunt_tests::db::TestDb;

use super::{PASSWORD, director, logged_in, raw, refused, serve};

const VIEWER: &str = "query Me { viewer { login } }";
const JSON: &str = "application/json; charset=utf-8";
const GRAPHQL: &str = "application/graphql-response+json; charset=utf-8";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_one_json_object_by_post_is_a_request() {
    let test = TestDb::new().await;
    let served = serve(&test.db, &[]).await;
    let json = ("content-type", "application/json");
    let question = json!({ "query": VIEWER }).to_string();

    let answer = raw(&served.http, &[("content-type", "application/json; charset=utf-8")], question.clone()).await;
    assert_eq!(answer.json(), json!({ "data": { "viewer": null } }));

    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""] {
        refused(&raw(&served.http, &[("content-type", kind)], question.clone()).await, 415, "UNSUPPORTED_MEDIA_TYPE");
    }
    let foreign = raw(&served.http, &[("content-type", "application/json; charset=windows-1251")], question.clone()).await;
    refused(&foreign, 415, "UNSUPPORTED_MEDIA_TYPE");
    for body in ["", "{", "null", "[]", r#"{"query":1}"#, r#"{"query":"{viewer{login}}","variables":[1]}"#] {
        refused(&raw(&served.http, &[json], body).await, 400, "BAD_REQUEST");
    }
    for (parameter, wrong) in [("operationName", "1"), ("variables", "\"x\""), ("extensions", "[]"), ("documentId", "\"1\"")] {
        let body = format!(r#"{{"query":"{{viewer{{login}}}}","{parameter}":{wrong}}}"#);
        let answer = raw(&served.http, &[json], body).await;
        refused(&answer, 400, "BAD_REQUEST");
        assert!(answer.text().contains(parameter), "{}", answer.text());
    }
    let batch = json!([{ "query": VIEWER }, { "query": VIEWER }]).to_string();
    refused(&raw(&served.http, &[json], batch).await, 400, "BAD_REQUEST");
    refused(&raw(&served.http, &[json], vec![b' '; BODY + 1]).await, 413, "PAYLOAD_TOO_LARGE");
    refused(&raw(&served.http, &[json, ("accept", "text/html")], question.clone()).await, 406, "NOT_ACCEPTABLE");
    for method in ["PUT", "DELETE", "OPTIONS", "PATCH"] {
        let request = served.http.request(method, "/graphql?query=%7Bviewer%7Blogin%7D%7D").body(Body::empty()).unwrap();
        let answer = served.http.send(request).await;
        refused(&answer, 405, "METHOD_NOT_ALLOWED");
        assert_eq!(answer.header("allow"), "GET, HEAD, POST");
        assert_eq!(answer.header("access-control-allow-origin"), "", "no page of others is let in");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_status_follows_what_the_client_accepts() {
    let test = TestDb::new().await;
    let served = logged_in(&test, &[]).await;
    let json = ("content-type", "application/json");
    let modern = ("accept", "application/graphql-response+json, application/json;q=0.9");
    let ask = async |query: &str, headers: &[(&str, &str)]| {
        let headers: Vec<_> = [json].into_iter().chain(headers.iter().copied()).collect();
        let stranger = query.contains("deals");
        let http = if stranger { served.http.stranger() } else { served.http.clone() };
        raw(&http, &headers, json!({ "query": query, "variables": { "n": null } }).to_string()).await
    };
    for (query, status, code) in [
        ("{ viewer", 400, "GRAPHQL_PARSE_FAILED"),
        ("{ nowhere }", 400, "GRAPHQL_VALIDATION_FAILED"),
        ("query($n: Int) { viewer { login } }", 400, "GRAPHQL_VALIDATION_FAILED"),
        ("query($n: Boolean!) { viewer { login @include(if: $n) } }", 400, "BAD_USER_INPUT"),
        ("query a { viewer { login } } query b { viewer { login } }", 400, "GRAPHQL_VALIDATION_FAILED"),
        ("{ deals { nodes { id } } }", 401, "UNAUTHENTICATED"),
    ] {
        let old = ask(query, &[]).await;
        assert_eq!((old.status, old.header("content-type")), (StatusCode::OK, JSON), "{query}");
        assert_eq!(old.code(), code, "{}", old.text());
        let new = ask(query, &[modern]).await;
        assert_eq!((new.status.as_u16(), new.header("content-type")), (status, GRAPHQL), "{query}");
        assert_eq!(new.header("www-authenticate"), if status == 401 { "Session" } else { "" });
        for answer in [old, new] {
            let keys: BTreeSet<String> = answer.json().as_object().unwrap().keys().cloned().collect();
            assert_eq!(keys, BTreeSet::from(["errors".to_owned()]), "nothing was executed, so there is no data");
            assert!(answer.json()["errors"][0]["extensions"]["requestId"].is_string());
        }
    }
    // A malformed request is refused alike, labelled as was asked.
    let malformed = raw(&served.http, &[json, modern], "{").await;
    assert_eq!((malformed.status, malformed.header("content-type")), (StatusCode::BAD_REQUEST, GRAPHQL));
    let right = ask(VIEWER, &[modern]).await;
    assert_eq!((right.status, right.header("content-type")), (StatusCode::OK, GRAPHQL));
    assert_eq!((right.header("cache-control"), right.header("x-content-type-options")), ("no-store", "nosniff"));
    assert_eq!(right.json(), json!({ "data": { "viewer": { "login": "director" } } }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_of_a_document_are_few_and_short() {
    let test = TestDb::new().await;
    let served = logged_in(&test, &[]).await;
    let fields: Vec<_> = (0..200).map(|n| format!("f{n}")).collect();
    let many = served.http.post(&json!({ "query": format!("{{ viewer {{ {} }} }}", fields.join(" ")) })).await;
    assert_eq!(many.json()["errors"].as_array().unwrap().len(), 20);
    let long = served.http.post(&json!({ "query": format!("{{ {} }}", "ы".repeat(10_000)) })).await;
    let wide = served.http.post(&json!({ "query": format!("{{ {} }}", "y".repeat(10_000)) })).await;
    assert_eq!((long.code().as_str(), wide.code().as_str()), ("GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"));
    for answer in [long, wide] {
        assert!(answer.body.len() < 1000, "{}", answer.text());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_is_a_cookie_that_ends() {
    let test = TestDb::new().await;
    director(&test).await;
    let served = serve(&test.db, &[]).await;
    let mut http = served.http.clone();
    assert!(!http.log_in("director", "wrong horse").await);
    assert!(http.log_in("director", PASSWORD).await);
    assert_eq!(http.ask(VIEWER, json!({})).await, json!({ "viewer": { "login": "director" } }));
    let session = http.cookie.clone();
    http.ask("mutation { sessionDelete { userErrors { code } } }", json!({})).await;
    http.cookie = session;
    assert_eq!(http.ask(VIEWER, json!({})).await, json!({ "viewer": null }), "the token is worth nothing any more");
    http.cookie = Some("shpunt_session=made-up".to_owned());
    assert_eq!(http.ask(VIEWER, json!({})).await, json!({ "viewer": null }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cookie_counts_only_from_our_own_page() {
    let test = TestDb::new().await;
    let served = logged_in(&test, &[]).await;
    let json = ("content-type", "application/json");
    let question = json!({ "query": VIEWER }).to_string();
    let own = served.http.request("GET", "/").body(Body::empty()).unwrap().headers()["host"].to_str().unwrap().to_owned();
    let own = format!("http://{own}");
    for header in [("origin", own.as_str()), ("sec-fetch-site", "same-origin")] {
        let answer = raw(&served.http, &[json, header], question.clone()).await;
        assert_eq!(answer.json()["data"]["viewer"]["login"], "director");
    }
    for header in
        [("origin", "http://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site")]
    {
        refused(&raw(&served.http, &[json, header], question.clone()).await, 403, "FORBIDDEN");
    }
    let stranger = served.http.stranger();
    let answer = raw(&stranger, &[json, ("origin", "http://evil.example")], question).await;
    assert_eq!(answer.json(), json!({ "data": { "viewer": null } }), "without a cookie there is nothing to protect");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_proxy_the_page_is_known_by_its_origin_and_the_cookie_is_secure() {
    let test = TestDb::new().await;
    let served = logged_in(&test, &["--secure-cookies", "--origin", "https://crm.example.com"]).await;
    assert!(served.http.cookie.as_deref().unwrap_or_default().starts_with("__Host-shpunt_session="));
    let json = ("content-type", "application/json");
    let question = json!({ "query": VIEWER }).to_string();
    let answer = raw(&served.http, &[json, ("origin", "https://crm.example.com")], question.clone()).await;
    assert_eq!(answer.json()["data"]["viewer"]["login"], "director");
    refused(&raw(&served.http, &[json, ("origin", "https://other.example.com")], question).await, 403, "FORBIDDEN");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_keeps_its_id_and_is_counted() {
    let test = TestDb::new().await;
    let served = logged_in(&test, &[]).await;
    let question = json!({ "query": VIEWER, "operationName": "Me" }).to_string();
    let headers = [("content-type", "application/json"), ("x-request-id", "order-17")];
    assert_eq!(raw(&served.http, &headers, question).await.header("x-request-id"), "order-17");
    let wrong = raw(&served.http, &headers, json!({ "query": "{" }).to_string()).await;
    assert_eq!(wrong.json()["errors"][0]["extensions"]["requestId"], "order-17");

    let metrics = served.http.get("/metrics").await.text();
    let count = |labels: &str| {
        let series = format!("shpunt_http_request_duration_seconds_count{{{labels}}} ");
        metrics.lines().find_map(|line| line.strip_prefix(&series)).map(str::to_owned)
    };
    assert_eq!(count(r#"route="/graphql",operation="Me",status="200""#).as_deref(), Some("1"), "{metrics}");
    assert_eq!(count(r#"route="/graphql",operation="anonymous",status="200""#).as_deref(), Some("1"), "the login");
    for series in
        ["shpunt_postgres_connections{state=\"idle\"}", "process_resident_memory_bytes", "shpunt_process_id{process=\"shpunt\"}"]
    {
        assert!(metrics.lines().any(|line| line.starts_with(series)), "{series} in {metrics}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_take_the_stack_or_the_memory_of_the_server_is_refused_to_strangers() {
    let test = TestDb::new().await;
    let served = serve(&test.db, &[]).await;
    let json = ("content-type", "application/json");
    let modern = ("accept", "application/graphql-response+json");
    let nested = |open: &str, levels: usize, close: &str| format!("{}{}", open.repeat(levels), close.repeat(levels));
    let chain: Vec<_> = (0..2_000).map(|n| format!("fragment f{n} on User{{...f{}}}", n + 1)).collect();
    let bomb: Vec<_> = (0..31).map(|n| format!("fragment f{n} on User{{...f{m} ...f{m}}}", m = n + 1)).collect();
    let (chain, bomb) = (chain.concat(), bomb.concat());
    let last = |n: usize| format!("fragment f{n} on User{{login}}");
    for document in [
        format!("{{node(id:{}){{id}}}}", nested("[", 2_000, "]")),
        nested("{a", 2_000, "}"),
        format!("query($a:[ID]={}){{viewer{{login}}}}", nested("[", 20_000, "]")),
        format!("query A{{viewer{{...f0}}}}{chain}{}", last(2_000)),
        format!("query A{{viewer{{login}}}}query B{{viewer{{...f0}}}}{bomb}{}", last(31)),
        "{__type(name:\"Node\"){possibleTypes{interfaces{possibleTypes{interfaces{possibleTypes{name}}}}}}}".to_owned(),
        format!("{{viewer{{{}}}}}", "login ".repeat(100_000)),
    ] {
        for operation in [json!("A"), json!(null)] {
            let body = json!({ "query": document, "operationName": operation }).to_string();
            let answer = raw(&served.http, &[json, modern], body).await;
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (StatusCode::BAD_REQUEST, "QUERY_TOO_LARGE"),
                "{}",
                answer.text()
            );
        }
    }
    let by_link = format!("/graphql?query=%7Bnode(id:{})%7Bid%7D%7D", nested("[", 1_500, "]"));
    assert_eq!(served.http.get(&by_link).await.code(), "QUERY_TOO_LARGE");
    let many = json!({ "query": VIEWER, "variables": { "x": vec![json!({ "a": 1 }); 50_000] } }).to_string();
    refused(&raw(&served.http, &[json], many).await, 413, "PAYLOAD_TOO_LARGE");
    let packed = raw(&served.http, &[json, ("content-encoding", "gzip")], json!({ "query": VIEWER }).to_string()).await;
    refused(&packed, 415, "UNSUPPORTED_MEDIA_TYPE");
    assert_eq!(
        raw(&served.http, &[json], json!({ "query": VIEWER }).to_string()).await.json(),
        json!({ "data": { "viewer": null } })
    );
}
