//! Tokens of programs over HTTP, sockets and streams: whom they stand for, what they open, and how they end.

use std::time::Duration;

use axum::body::Body;
use serde_json::{Value, json};
use shpunt_api::server::Limits;
use shpunt_tests::db::TestDb;
use shpunt_tests::http::{Answer, Http};
use shpunt_tests::socket::{Heard, PROTOCOL, Socket};

use super::{Served, logged_in, logged_in_within, raw, refused};

const VIEWER: &str = "{ viewer { login permissions } }";
const COMPANIES: &str = "{ companies { id } }";
const LISTEN: &str = "subscription { dealChanged { consistencyToken } }";
const CREATE: &str = "mutation($input: ApiTokenCreateInput!) {
    apiTokenCreate(input: $input) { apiToken { id } secret userErrors { code message } } }";
const REVOKE: &str = "mutation($input: ApiTokenRevokeInput!) {
    apiTokenRevoke(input: $input) { apiToken { revokedAt } userErrors { code } } }";

/// The id of a new token of the director, and what a program sends.
async fn made(served: &Served, permissions: &[&str]) -> (Value, String) {
    let input = json!({ "input": { "name": "1C", "permissions": permissions } });
    let made = served.http.ask(CREATE, input).await["apiTokenCreate"].clone();
    assert_eq!(made["userErrors"], json!([]), "{made}");
    (made["apiToken"]["id"].clone(), format!("Bearer {}", made["secret"].as_str().unwrap()))
}

/// Asks as a program, with these headers besides.
async fn ask_with(http: &Http, token: &str, headers: &[(&str, &str)], query: &str) -> Answer {
    let own = [("content-type", "application/json"), ("authorization", token)];
    let headers: Vec<_> = own.into_iter().chain(headers.iter().copied()).collect();
    raw(&http.stranger(), &headers, json!({ "query": query }).to_string()).await
}

async fn ask(served: &Served, token: &str, query: &str) -> Answer {
    ask_with(&served.http, token, &[], query).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_acts_as_its_user_within_its_permissions() {
    let test = TestDb::new().await;
    let served = logged_in(&test, &[]).await;
    let (id, token) = made(&served, &["SEE_REFERENCE", "EDIT_PARTIES", "SEE_PARTIES"]).await;
    assert!(token.starts_with(&format!("Bearer {}.", id.as_str().unwrap())), "{token}");
    let viewer = json!({ "login": "director", "permissions": ["SEE_REFERENCE", "SEE_PARTIES", "EDIT_PARTIES"] });
    assert_eq!(ask(&served, &token, VIEWER).await.json()["data"]["viewer"], viewer);
    // What protects cookies is not in its way.
    for header in [("origin", "https://elsewhere.example"), ("sec-fetch-site", "cross-site")] {
        assert_eq!(ask_with(&served.http, &token, &[header], COMPANIES).await.json(), json!({ "data": { "companies": [] } }));
    }
    let party = "mutation { partyCreate(input: { name: \"Мост\", isCustomer: true }) { party { name } userErrors { code } } }";
    assert_eq!(ask(&served, &token, party).await.json()["data"]["partyCreate"]["party"]["name"], "Мост");
    let closed = ask(&served, &token, "{ companies { id } deals { nodes { id } } }").await.json();
    assert_eq!(closed["errors"][0]["extensions"]["code"], "FORBIDDEN");
    let message = closed["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("SEE_DEALS, which this token was not given"), "{message}");
    let used = served.http.ask("{ apiTokens { id lastUsedAt user { login } createdBy { login } } }", json!({})).await;
    let director = json!({ "login": "director" });
    let row = json!({ "id": id, "lastUsedAt": "2026-03-02T09:00:00Z", "user": director, "createdBy": director });
    assert_eq!(used, json!({ "apiTokens": [row] }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_for_people_is_refused_to_tokens() {
    let test = TestDb::new().await;
    let served = logged_in(&test, &[]).await;
    let (id, token) = made(&served, &["MANAGE_TOKENS", "MANAGE_PEOPLE", "SEE_USERS"]).await;
    let id = id.as_str().unwrap();
    for query in [
        "{ sessions { id } }".to_owned(),
        "mutation { sessionDelete { userErrors { code } } }".to_owned(),
        "mutation { sessionRevoke(input: { sessionId: \"session_1\" }) { userErrors { code } } }".to_owned(),
        "mutation { passwordChange(input: { present: \"correct horse\", new: \"battery staple\" }) { userErrors { code } } }"
            .to_owned(),
        "mutation { apiTokenCreate(input: { name: \"x\", permissions: [SEE_USERS] }) { secret } }".to_owned(),
        format!("mutation {{ apiTokenRevoke(input: {{ apiTokenId: \"{id}\" }}) {{ userErrors {{ code }} }} }}"),
    ] {
        let answer = ask(&served, &token, &query).await;
        assert_eq!(answer.code(), "FORBIDDEN", "{query}: {}", answer.text());
        assert!(answer.text().contains("refused to tokens"), "{}", answer.text());
    }
    assert_eq!(ask(&served, &token, "{ users { login } }").await.json()["data"]["users"][0]["login"], "director");
    assert_eq!(served.http.ask("{ viewer { login } }", json!({})).await["viewer"]["login"], "director", "the session lives");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_is_not_good_is_told_so_and_nothing_else() {
    let test = TestDb::new().await;
    let served = logged_in(&test, &[]).await;
    let (_, good) = made(&served, &["SEE_REFERENCE"]).await;
    let secret = good.split_once('.').unwrap().1;
    let wrong_secret = format!("Bearer api_token_1.{}", "A".repeat(43));
    let wrong_id = format!("Bearer api_token_404.{secret}");
    let mut unknown = Vec::new();
    for token in [&wrong_secret, &wrong_id] {
        let answer = ask(&served, token, COMPANIES).await;
        refused(&answer, 401, "UNAUTHENTICATED");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        unknown.push(answer.json()["errors"][0]["message"].clone());
    }
    assert_eq!(unknown[0], unknown[1], "whether there is such a token is told to its holder only");
    for malformed in ["Bearer", "Bearer api_token_1", "Bearer  .", "Token abc", "Bearer api_token_1.short", secret] {
        let answer = ask(&served, malformed, COMPANIES).await;
        refused(&answer, 401, "UNAUTHENTICATED");
        assert!(answer.text().contains("Bearer ID.SECRET") && !answer.text().contains(secret), "{}", answer.text());
    }
    for (change, back, told) in [
        ("update users set active = false", "update users set active = true", "login of this token is closed"),
        (
            "update api_tokens set created_at = '2026-01-01', expires_at = '2026-03-02 09:00Z'",
            "update api_tokens set expires_at = '2026-03-02 09:00:01Z'",
            "ran out on 2026-03-02",
        ),
        ("update api_tokens set revoked_at = now()", "update api_tokens set revoked_at = null", "was revoked"),
    ] {
        sqlx::query(change).execute(&test.db).await.unwrap();
        let answer = ask(&served, &good, COMPANIES).await;
        refused(&answer, 401, "UNAUTHENTICATED");
        assert!(answer.text().contains(told), "{}", answer.text());
        let answer = ask(&served, &wrong_secret, COMPANIES).await;
        assert_eq!(answer.json()["errors"][0]["message"], unknown[0], "only its holder is told why");
        sqlx::query(back).execute(&test.db).await.unwrap();
        assert_eq!(ask(&served, &good, COMPANIES).await.status, 200, "{back}");
    }
    // Whoever sends both a session and a token is asked which.
    let both = [("content-type", "application/json"), ("authorization", good.as_str())];
    refused(&raw(&served.http, &both, json!({ "query": VIEWER }).to_string()).await, 400, "BAD_REQUEST");
    // What a proxy asks a password by is not ours.
    let basic = [("content-type", "application/json"), ("authorization", "Basic dXNlcjpwYXNz")];
    let answer = raw(&served.http, &basic, json!({ "query": "{ viewer { login } }" }).to_string()).await;
    assert_eq!(answer.json(), json!({ "data": { "viewer": { "login": "director" } } }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_smaller_role_narrows_its_tokens_at_once() {
    let test = TestDb::new().await;
    let served = logged_in(&test, &[]).await;
    let (_, token) = made(&served, &["SEE_REFERENCE", "SEE_COST", "SEE_RESULTS"]).await;
    sqlx::query("update users set role = 'warehouse'").execute(&test.db).await.unwrap();
    assert_eq!(ask(&served, &token, VIEWER).await.json()["data"]["viewer"]["permissions"], json!(["SEE_REFERENCE"]));
    let answer = ask(&served, &token, "{ balanceReport(on: \"2026-03-01\") { rows { amount } } }").await;
    assert!(answer.text().contains("role WAREHOUSE does not give"), "{}", answer.text());
}

async fn opened(served: &Served, headers: &[(&str, &str)]) -> Socket {
    let headers: Vec<_> = [("sec-websocket-protocol", PROTOCOL)].into_iter().chain(headers.iter().copied()).collect();
    Socket::try_open(served.http.address(), &headers).await.unwrap()
}

fn init(token: &str) -> Value {
    json!({ "type": "connection_init", "payload": { "Authorization": token } })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_is_opened_by_a_token_in_the_header_or_in_the_first_message() {
    let test = TestDb::new().await;
    let served = logged_in_within(&test, &[], Limits { check: Duration::from_millis(50), ..Limits::default() }).await;
    let (id, token) = made(&served, &["SEE_REFERENCE", "SEE_DEALS"]).await;
    let mut by_header = opened(&served, &[("authorization", &token), ("origin", "https://elsewhere.example")]).await;
    by_header.begin().await.unwrap();
    let mut by_message = opened(&served, &[]).await;
    by_message.say(&init(&token)).await.unwrap();
    assert_eq!(by_message.message().await.unwrap()["type"], "connection_ack");
    for socket in [&mut by_header, &mut by_message] {
        socket.subscribe("1", COMPANIES).await.unwrap();
        assert_eq!(socket.message().await.unwrap()["payload"], json!({ "data": { "companies": [] } }));
        assert_eq!(socket.message().await.unwrap()["type"], "complete");
        socket.subscribe("2", "subscription { orderChanged { consistencyToken } }").await.unwrap();
        let refused = socket.message().await.unwrap();
        assert_eq!((&refused["type"], &refused["payload"][0]["extensions"]["code"]), (&json!("error"), &json!("FORBIDDEN")));
        socket.subscribe("3", LISTEN).await.unwrap();
    }
    let cookie = served.http.cookie.clone().unwrap();
    let unknown = format!("Bearer api_token_404.{}", "A".repeat(43));
    for (headers, first) in [
        (&[][..], init("Bearer nothing")),
        (&[], init(&unknown)),
        (&[("authorization", unknown.as_str())], json!({ "type": "connection_init" })),
        (&[("authorization", token.as_str())], init(&token)),
        (&[("cookie", cookie.as_str())], init(&token)),
    ] {
        let mut socket = opened(&served, headers).await;
        socket.say(&first).await.unwrap();
        assert_eq!(socket.hear().await.unwrap(), Heard::Closed(4403), "{headers:?} {first}");
    }
    let status = |headers: Vec<(&'static str, String)>| {
        let address = served.http.address();
        async move {
            let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            shpunt_tests::socket::refused(address, &headers).await.unwrap().as_u16()
        }
    };
    let protocol = ("sec-websocket-protocol", PROTOCOL.to_owned());
    assert_eq!(status(vec![protocol.clone(), ("authorization", "Bearer nothing".to_owned())]).await, 401);
    assert_eq!(status(vec![protocol, ("authorization", token.clone()), ("cookie", cookie)]).await, 400);
    // Ended while they listen.
    let done = served.http.ask(REVOKE, json!({ "input": { "apiTokenId": id } })).await;
    assert_eq!(done["apiTokenRevoke"]["userErrors"], json!([]));
    for socket in [&mut by_header, &mut by_message] {
        assert_eq!(socket.hear().await.unwrap(), Heard::Closed(4401));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_that_changes_closes_the_sockets_of_its_tokens() {
    let test = TestDb::new().await;
    let served = logged_in_within(&test, &[], Limits { check: Duration::from_millis(50), ..Limits::default() }).await;
    let (_, token) = made(&served, &["SEE_REFERENCE"]).await;
    let mut socket = opened(&served, &[("authorization", &token)]).await;
    socket.begin().await.unwrap();
    sqlx::query("update users set role = 'accountant'").execute(&test.db).await.unwrap();
    assert_eq!(socket.hear().await.unwrap(), Heard::Closed(4403));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_team_that_changes_closes_the_sockets_of_its_members() {
    let test = TestDb::new().await;
    let served = logged_in_within(&test, &[], Limits { check: Duration::from_millis(50), ..Limits::default() }).await;
    let (_, token) = made(&served, &["SEE_REFERENCE"]).await;
    let mut socket = opened(&served, &[("authorization", &token)]).await;
    socket.begin().await.unwrap();
    sqlx::raw_sql(
        "insert into employees (name) values ('Коллега'); insert into teams (name) values ('Север');
         insert into team_members select 1, employee_id, 'team' from employees",
    )
    .execute(&test.db)
    .await
    .unwrap();
    assert_eq!(socket.hear().await.unwrap(), Heard::Closed(4403));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_of_events_ends_with_its_token() {
    let test = TestDb::new().await;
    let served = logged_in_within(&test, &[], Limits { check: Duration::from_millis(50), ..Limits::default() }).await;
    let (_, token) = made(&served, &["SEE_DEALS"]).await;
    let request = served.http.stranger().request("POST", "/graphql").header("content-type", "application/json");
    let request = request.header("accept", "text/event-stream").header("authorization", &token);
    let mut stream = served.http.open(request.body(Body::from(json!({ "query": LISTEN }).to_string())).unwrap()).await.unwrap();
    assert_eq!(stream.status, 200);
    sqlx::query("update api_tokens set revoked_at = created_at").execute(&test.db).await.unwrap();
    let last = tokio::time::timeout(Duration::from_secs(30), stream.next()).await.unwrap().unwrap();
    assert!(last.starts_with("event: next") && last.contains("UNAUTHENTICATED") && last.contains("token has ended"), "{last}");
    assert!(tokio::time::timeout(Duration::from_secs(30), stream.next()).await.unwrap().unwrap().starts_with("event: complete"));
}
