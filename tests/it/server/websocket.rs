//! graphql-transport-ws in this process: who is let in, what is closed with which code, and what is bounded.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use shpunt_api::server::{Limits, MESSAGE};
use shpunt_tests::db::TestDb;
use shpunt_tests::http::Http;
use shpunt_tests::socket::{Heard, PROTOCOL, Socket, refused};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::{Served, logged_in, logged_in_within};

const VIEWER: &str = "{ viewer { login } }";
const LISTEN: &str = "subscription { reportChanged(report: BALANCE) { report consistencyToken } }";

/// Impatient where nothing else would end the test soon.
fn impatient() -> Limits {
    let soon = Duration::from_millis(200);
    Limits { init: soon, ping: soon, check: soon, write: soon }
}

async fn opened(served: &Served) -> Socket {
    Socket::open(served.http.address(), served.http.cookie.as_deref().unwrap_or_default()).await.unwrap()
}

async fn begun(served: &Served) -> Socket {
    let mut socket = opened(served).await;
    socket.begin().await.unwrap();
    socket
}

/// Tells that entries of the ledger changed.
async fn tell(test: &TestDb) {
    let told = json!({
        "lsn": "0/10", "committedAt": "2026-02-10T09:00:00Z", "deals": [], "orders": [], "companies": [1], "tables": ["ledger_entry"]
    });
    sqlx::query("select pg_notify('cdc_changes', $1)").bind(told.to_string()).execute(&test.db).await.unwrap();
}

/// The next message while changes are told, because the first may come before the server listens.
pub(super) async fn told(test: &TestDb, message: impl Future<Output = Value>) -> Value {
    let mut message = std::pin::pin!(message);
    loop {
        tell(test).await;
        if let Ok(message) = tokio::time::timeout(Duration::from_millis(100), message.as_mut()).await {
            return message;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_is_opened_by_our_own_page_in_our_protocol() {
    let test = TestDb::new().await;
    let served = logged_in(&test, &[]).await;
    let (address, cookie) = (served.http.address(), served.http.cookie.clone().unwrap());
    let own = format!("http://{address}");
    let protocol = ("sec-websocket-protocol", PROTOCOL);
    for headers in [&[][..], &[("sec-websocket-protocol", "graphql-ws")], &[protocol, ("sec-websocket-version", "12")]] {
        assert_eq!(refused(address, headers).await.unwrap(), 400, "{headers:?}");
    }
    for page in ["http://evil.example", "null"] {
        assert_eq!(refused(address, &[protocol, ("origin", page), ("cookie", &cookie)]).await.unwrap(), 403, "{page}");
        assert_eq!(refused(address, &[protocol, ("origin", page)]).await.unwrap(), 403, "{page} without a session");
    }
    for headers in [&[protocol][..], &[("sec-websocket-protocol", "soap, graphql-transport-ws"), ("origin", &own)]] {
        let headers: Vec<_> = headers.iter().copied().chain([("cookie", cookie.as_str())]).collect();
        Socket::try_open(address, &headers).await.unwrap().begin().await.unwrap();
    }
    let mut stranger = Socket::open(address, "shpunt_session=guess").await.unwrap();
    stranger.say(&json!({ "type": "connection_init" })).await.unwrap();
    assert_eq!(stranger.hear().await.unwrap(), Heard::Closed(4403));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_breaks_a_rule_closes_the_socket_with_its_code() {
    let test = TestDb::new().await;
    let served = logged_in(&test, &[]).await;
    let subscribe = |id: &str| json!({ "type": "subscribe", "id": id, "payload": { "query": LISTEN } }).to_string();
    let init = json!({ "type": "connection_init" }).to_string();
    let large = json!({ "type": "ping", "payload": { "x": "x".repeat(MESSAGE) } }).to_string();
    for (before, said, code) in [
        (false, Message::text(subscribe("1")), 4401),
        (true, Message::text(init.clone()), 4429),
        (true, Message::text("{"), 4400),
        (true, Message::text("{}"), 4400),
        (true, Message::text(r#"{"type":"start","id":"1","payload":{}}"#), 4400),
        (true, Message::text(r#"{"type":"subscribe","id":"1","payload":{"query":1}}"#), 4400),
        (false, Message::binary(init.into_bytes()), 4400),
        (true, Message::text(large), 4400),
    ] {
        let mut socket = if before { begun(&served).await } else { opened(&served).await };
        let shown: String = format!("{said:?}").chars().take(100).collect();
        socket.send(said).await.unwrap();
        assert_eq!(socket.hear().await.unwrap(), Heard::Closed(code), "{shown}");
    }
    let mut socket = begun(&served).await;
    for _ in 0..2 {
        socket.subscribe(&"и".repeat(100), LISTEN).await.unwrap();
    }
    assert_eq!(socket.hear().await.unwrap(), Heard::Closed(4409));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operation_is_answered_as_by_http() {
    let test = TestDb::new().await;
    let served = logged_in(&test, &[]).await;
    let mut socket = begun(&served).await;
    for id in ["1", "1"] {
        socket.subscribe(id, VIEWER).await.unwrap();
        let answer = json!({ "type": "next", "id": id, "payload": { "data": { "viewer": { "login": "director" } } } });
        assert_eq!(socket.message().await.unwrap(), answer);
        assert_eq!(socket.message().await.unwrap(), json!({ "type": "complete", "id": id }));
    }
    let input = "mutation { channelCreate(input: { code: \"site\", name: \"Сайт\" }) { channel { code } userErrors { code } } }";
    socket.subscribe("m", input).await.unwrap();
    assert_eq!(socket.message().await.unwrap()["payload"]["data"]["channelCreate"]["channel"]["code"], "site");
    assert_eq!(socket.message().await.unwrap()["type"], "complete");
    for (query, code) in [
        ("{ viewer", "GRAPHQL_PARSE_FAILED"),
        ("{ nowhere }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { dealChanged { consistencyToken } orderChanged { consistencyToken } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ deals(first: 1000) { nodes { id } } ", "GRAPHQL_PARSE_FAILED"),
    ] {
        socket.subscribe("e", query).await.unwrap();
        let error = socket.message().await.unwrap();
        assert_eq!((&error["type"], &error["id"]), (&json!("error"), &json!("e")), "{error}");
        let extensions = &error["payload"][0]["extensions"];
        assert!(extensions["code"] == code && extensions["requestId"].as_str().unwrap().contains('-'), "{error}");
    }
    // Where a field failed after something was executed, that is an answer.
    socket.subscribe("f", "{ viewer { login } activeDealsReport { total { deals } } }").await.unwrap();
    let answer = socket.message().await.unwrap();
    assert_eq!(
        (&answer["type"], &answer["payload"]["data"]["viewer"]["login"]),
        (&json!("next"), &json!("director")),
        "{answer}"
    );
    assert_eq!(socket.message().await.unwrap()["type"], "complete");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_trusted_documents_where_only_those_are_served() {
    let test = TestDb::new().await;
    let served = logged_in(&test, &[]).await;
    let mut socket = begun(&served).await;
    let hash = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
    socket.say(&json!({ "type": "subscribe", "id": "1", "payload": { "documentId": hash } })).await.unwrap();
    assert_eq!(socket.message().await.unwrap()["payload"][0]["extensions"]["code"], "PERSISTED_QUERY_NOT_FOUND");
    let mut served_strictly = super::serve(&test.db, &["--trusted-documents-only"]).await;
    served_strictly.http.cookie.clone_from(&served.http.cookie);
    let mut socket = begun(&served_strictly).await;
    socket.subscribe("1", VIEWER).await.unwrap();
    assert_eq!(socket.message().await.unwrap()["payload"][0]["extensions"]["code"], "DOCUMENT_NOT_TRUSTED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_come_until_they_are_no_longer_wanted() {
    let test = TestDb::new().await;
    let served = logged_in(&test, &[]).await;
    let mut socket = begun(&served).await;
    socket.subscribe("1", LISTEN).await.unwrap();
    let first = told(&test, async { socket.message().await.unwrap() }).await;
    let change = json!({ "report": "BALANCE", "consistencyToken": "0/10" });
    assert_eq!(first, json!({ "type": "next", "id": "1", "payload": { "data": { "reportChanged": change } } }));
    socket.say(&json!({ "type": "complete", "id": "1" })).await.unwrap();
    // What was on its way may still come, and then only what is asked for later.
    socket.subscribe("2", VIEWER).await.unwrap();
    let mut message = socket.message().await.unwrap();
    while message["id"] == "1" {
        message = socket.message().await.unwrap();
    }
    assert_eq!((&message["type"], &message["id"]), (&json!("next"), &json!("2")));
    assert_eq!(socket.message().await.unwrap()["type"], "complete");
    tell(&test).await;
    socket.say(&json!({ "type": "ping", "payload": { "n": 1 } })).await.unwrap();
    assert_eq!(socket.message().await.unwrap(), json!({ "type": "pong", "payload": { "n": 1 } }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operations_at_once_are_bounded() {
    let test = TestDb::new().await;
    let served = logged_in(&test, &[]).await;
    let mut socket = begun(&served).await;
    for n in 0..=64 {
        socket.subscribe(&n.to_string(), LISTEN).await.unwrap();
    }
    let refused = socket.message().await.unwrap();
    assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!("64")));
    assert_eq!(refused["payload"][0]["extensions"]["code"], "TOO_MANY");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_ends_or_changes_closes_its_sockets() {
    let test = TestDb::new().await;
    let served = logged_in_within(&test, &[], Limits { check: Duration::from_millis(100), ..Limits::default() }).await;
    let (mut idle, mut listening) = (begun(&served).await, begun(&served).await);
    listening.subscribe("1", LISTEN).await.unwrap();
    sqlx::query("update users set role = 'accountant'").execute(&test.db).await.unwrap();
    for socket in [&mut idle, &mut listening] {
        assert_eq!(socket.hear().await.unwrap(), Heard::Closed(4403));
    }
    let (mut idle, mut listening) = (begun(&served).await, begun(&served).await);
    listening.subscribe("1", LISTEN).await.unwrap();
    sqlx::query("delete from sessions").execute(&test.db).await.unwrap();
    for socket in [&mut idle, &mut listening] {
        assert_eq!(socket.hear().await.unwrap(), Heard::Closed(4401));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operation_of_an_ended_session_is_not_run() {
    let test = TestDb::new().await;
    let served = logged_in_within(&test, &[], Limits { check: Duration::from_hours(1), ..Limits::default() }).await;
    let mut socket = begun(&served).await;
    sqlx::query("delete from sessions").execute(&test.db).await.unwrap();
    socket.subscribe("1", VIEWER).await.unwrap();
    assert_eq!(socket.hear().await.unwrap(), Heard::Closed(4401));
}

/// Waits until no connection is open any more.
async fn all_closed(http: &Http) {
    let begun = Instant::now();
    while !http.get("/metrics").await.text().contains("shpunt_live_connections 0\n") {
        assert!(begun.elapsed() < Duration::from_secs(30), "a connection stays open");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_begin_or_gives_no_sign_of_life_is_cut_off() {
    let test = TestDb::new().await;
    let served = logged_in_within(&test, &[], impatient()).await;
    let mut socket = opened(&served).await;
    assert_eq!(socket.hear().await.unwrap(), Heard::Closed(4408));
    let silent = begun(&served).await;
    all_closed(&served.http).await;
    drop(silent);
    // Who answers pings, as reading does, stays for longer than that.
    let mut alive = begun(&served).await;
    let reading = tokio::time::timeout(impatient().ping * 5, alive.hear()).await;
    assert!(reading.is_err(), "{reading:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_never_reads_is_cut_off() {
    let test = TestDb::new().await;
    let limits = Limits { write: Duration::from_millis(200), ..Limits::default() };
    let served = logged_in_within(&test, &[], limits).await;
    let mut socket = begun(&served).await;
    // Answers of many kilobytes, more than the network keeps.
    let query = "{ __schema { types { name description fields { name description args { name description } } } } }";
    for n in 0.. {
        if socket.subscribe(&n.to_string(), query).await.is_err() {
            break;
        }
        tokio::task::yield_now().await;
        if n % 8 == 7 && served.http.get("/metrics").await.text().contains("shpunt_live_connections 0\n") {
            break;
        }
        assert!(n < 100_000);
    }
    all_closed(&served.http).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_never_reads_holds_up_nobody_else() {
    let test = TestDb::new().await;
    let served = logged_in(&test, &[]).await;
    let mut socket = begun(&served).await;
    // Each reads from the database, several times, and answers with more than the network keeps.
    let lists: Vec<_> = (0..20).map(|n| format!("a{n}: articles {{ id code name }} ")).collect();
    let lists = lists.concat();
    for n in 0..60 {
        socket.subscribe(&n.to_string(), &format!("{{ {lists} }}")).await.unwrap();
    }
    for _ in 0..20 {
        let answer = served.http.post(&json!({ "query": "{ companies { id } employees { id } }" })).await;
        assert_eq!(answer.json()["errors"], Value::Null, "{}", answer.text());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_says_so() {
    let test = TestDb::new().await;
    let served = logged_in(&test, &[]).await;
    let mut socket = begun(&served).await;
    drop(served);
    assert_eq!(socket.hear().await.unwrap(), Heard::Closed(1001));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_farewell_is_answered() {
    let test = TestDb::new().await;
    let served = logged_in(&test, &[]).await;
    let mut socket = begun(&served).await;
    let frame = CloseFrame { code: CloseCode::Normal, reason: "".into() };
    socket.send(Message::Close(Some(frame))).await.unwrap();
    assert_eq!(socket.hear().await.unwrap(), Heard::Closed(1000));
}
