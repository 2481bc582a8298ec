//! Notifications over a socket, from the command to the person.

use std::time::Duration;

use serde_json::{Value, json};
use shpunt_domain::notifications::commands::tell;
use shpunt_domain::notifications::{DATABASES_DIFFER, Fact, Facts, Subject};
use shpunt_tests::db::TestDb;
use shpunt_tests::now;
use shpunt_tests::socket::{Heard, Socket};

use super::logged_in;

const ADDED: &str = "subscription { notificationAdded { notification { kind { code } text } } }";

/// Tells until somebody hears; the first may come before the server listens, and then it says that something was missed.
async fn heard(test: &TestDb, socket: &mut Socket) -> Value {
    for episode in 0.. {
        let facts = Facts { count: 7, ..Facts::default() };
        let fact = Fact {
            subject: Subject::Nothing,
            deal_id: 0,
            employee_id: 0,
            but_user_id: 0,
            episode: format!("socket {episode}"),
            facts,
        };
        tell(&test.db, DATABASES_DIFFER, fact, now()).await.unwrap();
        let Ok(said) = tokio::time::timeout(Duration::from_millis(100), socket.message()).await else { continue };
        let said = said.unwrap();
        if !said["payload"]["data"]["notificationAdded"]["notification"].is_null() {
            return said;
        }
    }
    unreachable!("it is told without end")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_notification_comes_over_a_socket() {
    let test = TestDb::new().await;
    let served = logged_in(&test, &[]).await;
    let cookie = served.http.cookie.clone().unwrap_or_default();
    let mut socket = Socket::open(served.http.address(), &cookie).await.unwrap();
    socket.begin().await.unwrap();
    socket.subscribe("1", ADDED).await.unwrap();
    let notification =
        json!({ "kind": { "code": DATABASES_DIFFER }, "text": "Сверка PostgreSQL и ClickHouse нашла расхождений: 7" });
    let payload = json!({ "data": { "notificationAdded": { "notification": notification } } });
    assert_eq!(heard(&test, &mut socket).await, json!({ "type": "next", "id": "1", "payload": payload }));
    // In English for who asks for English.
    let address = served.http.address();
    let headers = [("sec-websocket-protocol", "graphql-transport-ws"), ("cookie", cookie.as_str()), ("accept-language", "en")];
    let mut english = Socket::try_open(address, &headers).await.unwrap();
    english.begin().await.unwrap();
    english.subscribe("1", ADDED).await.unwrap();
    let said = heard(&test, &mut english).await;
    let text = &said["payload"]["data"]["notificationAdded"]["notification"]["text"];
    assert_eq!(text, "Comparing PostgreSQL with ClickHouse found 7 differences");
    // Whose session has ended is told nothing more.
    sqlx::query("delete from sessions").execute(&test.db).await.unwrap();
    loop {
        match english.hear().await.unwrap() {
            Heard::Message(_) => {}
            Heard::Closed(code) => {
                assert_eq!(code, 4401);
                break;
            }
        }
    }
}
