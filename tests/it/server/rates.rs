//! How often one may ask, and how dearly: what is refused, with what advice, and to whom it makes no difference.

use axum::http::StatusCode;
use serde_json::{Value, json};
use shpunt_tests::db::TestDb;
use shpunt_tests::http::{Answer, Http};
use shpunt_tests::socket::Socket;

use super::{PASSWORD, director, logged_in, raw, refused, serve};

const VIEWER: &str = "{ viewer { login } }";
/// 20 points: a list of settings counts as twenty rows.
const COMPANIES: &str = "query Companies { companies { id } }";
const SIGN_IN: &str = "sessionCreate(input: { login: \"director\", password: \"wrong horse\" }) { userErrors { code } }";

/// Longer than any allowance of these tests lasts, however slow the machine.
const MANY: usize = 1_000;

/// Asks until it is refused; how often it was answered before that, and the refusal.
async fn exhaust(http: &Http, query: &str, headers: &[(&str, &str)]) -> (usize, Answer) {
    let headers: Vec<_> = [("content-type", "application/json")].into_iter().chain(headers.iter().copied()).collect();
    for answered in 0..MANY {
        let answer = raw(http, &headers, json!({ "query": query }).to_string()).await;
        if answer.status != StatusCode::OK {
            return (answered, answer);
        }
    }
    panic!("never refused");
}

/// A refusal that says when to come again.
#[track_caller]
fn come_again(answer: &Answer, code: &str) {
    refused(answer, 429, code);
    let seconds = answer.json()["errors"][0]["extensions"]["retryAfter"].as_u64().unwrap();
    assert!(seconds >= 1 && answer.header("retry-after") == seconds.to_string(), "{:?} {}", answer.headers, answer.text());
    let message = answer.json()["errors"][0]["message"].as_str().unwrap().to_owned();
    assert!(message.contains(&format!("wait {seconds} s")), "{message}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_too_often_is_told_when_to_come_again() {
    let test = TestDb::new().await;
    let served = logged_in(&test, &["--requests-per-second", "1"]).await;
    let (answered, refusal) = exhaust(&served.http, VIEWER, &[]).await;
    assert!(answered >= 4, "{answered}");
    come_again(&refusal, "RATE_LIMITED");
    assert!(refusal.text().contains("more than 1 requests a second"), "{}", refusal.text());
    // What strangers ask at the same address is counted by itself, and so is what a program asks.
    let (answered, refusal) = exhaust(&served.http.stranger(), VIEWER, &[]).await;
    assert!(answered >= 1, "{answered}");
    come_again(&refusal, "RATE_LIMITED");
    let modern = [("accept", "application/graphql-response+json")];
    let (_, refusal) = exhaust(&served.http.stranger(), VIEWER, &modern).await;
    assert_eq!(
        (refusal.status.as_u16(), refusal.header("content-type")),
        (429, "application/graphql-response+json; charset=utf-8")
    );
    // A made-up session is a stranger too.
    let mut guess = served.http.stranger();
    guess.cookie = Some("shpunt_session=guess".to_owned());
    come_again(&exhaust(&guess, VIEWER, &[]).await.1, "RATE_LIMITED");
    for path in ["/health/live", "/metrics"] {
        assert_eq!(served.http.get(path).await.status, StatusCode::OK, "{path}");
    }
    let counted = served.http.get("/metrics").await.text();
    assert!(counted.contains("status=\"429\""), "{counted}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_token_has_an_allowance_of_its_own() {
    let test = TestDb::new().await;
    let served = logged_in(&test, &["--requests-per-second", "1"]).await;
    let mut tokens = Vec::new();
    for name in ["one", "two"] {
        let create = "mutation($input: ApiTokenCreateInput!) { apiTokenCreate(input: $input) { secret } }";
        let input = json!({ "input": { "name": name, "permissions": ["SEE_REFERENCE"] } });
        let made = served.http.ask(create, input).await;
        tokens.push(format!("Bearer {}", made["apiTokenCreate"]["secret"].as_str().unwrap()));
    }
    for token in &tokens {
        let (answered, refusal) = exhaust(&served.http.stranger(), VIEWER, &[("authorization", token)]).await;
        assert!(answered >= 4, "{answered}");
        come_again(&refusal, "RATE_LIMITED");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passwords_are_tried_seldom_from_one_address() {
    let test = TestDb::new().await;
    director(&test).await;
    let served = serve(&test.db, &["--sign-ins-per-minute", "2", "--proxies", "1"]).await;
    let http = served.http.stranger();
    let at = |address: &'static str| [("x-forwarded-for", address)];
    let sign_in = format!("mutation {{ {SIGN_IN} }}");
    let (answered, refusal) = exhaust(&http, &sign_in, &at("192.0.2.1")).await;
    assert!(answered >= 2, "{answered}");
    come_again(&refusal, "RATE_LIMITED");
    assert!(refusal.text().contains("too many passwords"), "{}", refusal.text());
    // In one request they are as many.
    let three = format!("mutation {{ a: {SIGN_IN} ...f }} fragment f on Mutation {{ b: {SIGN_IN} c: {SIGN_IN} }}");
    let (answered, refusal) = exhaust(&http, &three, &at("192.0.2.2")).await;
    assert_eq!((answered, refusal.code().as_str(), refusal.header("retry-after")), (0, "RATE_LIMITED", ""));
    // Nothing else at that address is refused, nor anybody elsewhere, whatever a client writes into the header.
    let viewer = json!({ "query": VIEWER }).to_string();
    for address in ["192.0.2.1", "192.0.2.3"] {
        let headers = [("content-type", "application/json"), ("x-forwarded-for", address)];
        assert_eq!(raw(&http, &headers, viewer.clone()).await.status, StatusCode::OK);
    }
    let right = sign_in.replace("wrong horse", PASSWORD);
    let headers = [("content-type", "application/json"), ("x-forwarded-for", "192.0.2.1, 192.0.2.4")];
    let answer = raw(&http, &headers, json!({ "query": right }).to_string()).await;
    assert_eq!(answer.json()["data"]["sessionCreate"]["userErrors"], json!([]));
    let headers = [("content-type", "application/json"), ("x-forwarded-for", "192.0.2.9, 192.0.2.1")];
    refused(&raw(&http, &headers, json!({ "query": right }).to_string()).await, 429, "RATE_LIMITED");
}

/// Asks on a socket until an operation is refused; the extensions of the refusal.
async fn exhaust_socket(socket: &mut Socket, query: &str) -> Value {
    for n in 0..MANY {
        socket.subscribe(&n.to_string(), query).await.unwrap();
        let message = socket.message().await.unwrap();
        if message["type"] == "error" {
            return message["payload"][0]["extensions"].clone();
        }
        assert_eq!(socket.message().await.unwrap()["type"], "complete");
    }
    panic!("never refused");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operations_on_a_socket_are_counted_too() {
    let test = TestDb::new().await;
    let served = logged_in(&test, &["--requests-per-second", "1"]).await;
    let mut socket = Socket::open(served.http.address(), served.http.cookie.as_deref().unwrap()).await.unwrap();
    socket.begin().await.unwrap();
    let refusal = exhaust_socket(&mut socket, VIEWER).await;
    assert!(refusal["code"] == "RATE_LIMITED" && refusal["retryAfter"].as_u64() >= Some(1), "{refusal}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_budget_is_spent_by_what_operations_cost() {
    let test = TestDb::new().await;
    let served = logged_in(&test, &["--cost-per-minute", "100"]).await;
    let asked = [("content-type", "application/json"), ("x-shpunt-cost", "1")];
    let companies = json!({ "query": COMPANIES }).to_string();
    let cost = raw(&served.http, &asked, companies.clone()).await.json()["extensions"]["cost"].clone();
    assert_eq!((&cost["requested"], &cost["limit"], &cost["budget"]["perMinute"]), (&json!(20), &json!(30_000), &json!(100)));
    let remaining = cost["budget"]["remaining"].as_u64().unwrap();
    assert!((78..=80).contains(&remaining), "{cost}");
    let plain = served.http.post(&json!({ "query": COMPANIES })).await.json();
    assert!(plain["extensions"].is_null(), "nobody asked: {plain}");
    let (_, refusal) = exhaust(&served.http, COMPANIES, &[]).await;
    come_again(&refusal, "COST_EXCEEDED");
    assert!(refusal.text().contains("costs 20 points"), "{}", refusal.text());
    let never = served.http.post(&json!({ "query": "{ companies { id name inn regimes { regime validFrom } } }" })).await;
    refused(&never, 429, "COST_EXCEEDED");
    assert_eq!(never.header("retry-after"), "", "no waiting helps");
    // A stranger has no budget, and what is not valid costs nothing.
    assert_eq!(served.http.stranger().post(&json!({ "query": VIEWER })).await.status, StatusCode::OK);
    assert_eq!(served.http.post(&json!({ "query": "{ nowhere }" })).await.code(), "GRAPHQL_VALIDATION_FAILED");
    let mut socket = Socket::open(served.http.address(), served.http.cookie.as_deref().unwrap()).await.unwrap();
    socket.begin().await.unwrap();
    let refusal = exhaust_socket(&mut socket, COMPANIES).await;
    assert!(refusal["code"] == "COST_EXCEEDED" && refusal["retryAfter"].as_u64() >= Some(1), "{refusal}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cost_is_told_where_nothing_is_limited_and_on_a_socket() {
    let test = TestDb::new().await;
    let served = logged_in(&test, &[]).await;
    let asked = [("content-type", "application/json"), ("x-shpunt-cost", "1")];
    let answer = raw(&served.http, &asked, json!({ "query": COMPANIES }).to_string()).await;
    let extensions = json!({ "cost": { "requested": 20, "limit": 30_000 } });
    assert_eq!(answer.json(), json!({ "data": { "companies": [] }, "extensions": extensions }));
    let cookie = served.http.cookie.clone().unwrap();
    let headers = [("sec-websocket-protocol", shpunt_tests::socket::PROTOCOL), ("cookie", &cookie), ("x-shpunt-cost", "1")];
    let mut socket = Socket::try_open(served.http.address(), &headers).await.unwrap();
    socket.begin().await.unwrap();
    socket.subscribe("1", COMPANIES).await.unwrap();
    assert_eq!(socket.message().await.unwrap()["payload"]["extensions"], extensions);
}
