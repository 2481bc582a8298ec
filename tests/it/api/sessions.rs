//! Coming in and going out.

use async_graphql::{Request, Variables};
use serde_json::{Value, json};
use shpunt_analytics::reports::Language;
use shpunt_api::graphql::{Caller, execute};
use shpunt_domain::access::store;
use shpunt_tests::now;

use super::{Answer, Api, PASSWORD};

const CREATE: &str = "mutation($input: SessionCreateInput!) { sessionCreate(input: $input) {
    viewer { login role employee { name active } } userErrors { message code } } }";

async fn come_in(api: &Api, login: &str, password: &str) -> Answer {
    api.send(None, CREATE, json!({ "input": { "login": login, "password": password } })).await
}

#[tokio::test]
async fn in_and_out() {
    let api = Api::new().await;
    let answer = come_in(&api, " Director ", PASSWORD).await;
    assert_eq!(
        answer.data()["sessionCreate"],
        json!({ "viewer": { "login": "director", "role": "DIRECTOR", "employee": { "name": "director", "active": true } }, "userErrors": [] })
    );
    let cookie = answer.cookie.unwrap();
    let (token, rest) = cookie.strip_prefix("shpunt_session=").unwrap().split_once("; ").unwrap();
    assert_eq!(rest, "Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000");
    let user = store::session_find(&api.test.db, token, now()).await.unwrap().unwrap();
    assert_eq!(user, api.director);

    let caller =
        Caller { user: Some(user), token: Some(token.to_owned()), language: Language::En, request_id: "request-1".to_owned() };
    let request = Request::new("mutation { sessionDelete { userErrors { code } } }").variables(Variables::default());
    let answer = Answer::of(&execute(&api.schema, request, caller).await);
    assert_eq!(answer.data()["sessionDelete"]["userErrors"], json!([]));
    assert!(answer.cookie.unwrap().starts_with("shpunt_session=; "));
    assert_eq!(store::session_find(&api.test.db, token, now()).await.unwrap(), None);
}

#[tokio::test]
async fn a_wrong_password_and_a_wrong_login_look_the_same() {
    let api = Api::new().await;
    let wrong = come_in(&api, "director", "incorrect horse").await;
    let nobody = come_in(&api, "nobody", PASSWORD).await;
    assert_eq!(wrong.json, nobody.json);
    assert_eq!(wrong.data()["sessionCreate"]["viewer"], Value::Null);
    assert_eq!(wrong.data()["sessionCreate"]["userErrors"][0]["code"], "CREDENTIALS_WRONG");
    assert_eq!(wrong.cookie, None);
    assert_eq!(api.stranger("{ viewer { login } }").await.data()["viewer"], Value::Null);
}

#[tokio::test]
async fn a_key_used_again_with_another_password_is_a_conflict() {
    let api = Api::new().await;
    let key = "6f1b0f2e-6d2f-4c3e-9d4a-0b7c1f1a2b3c";
    let input = |password: &str| json!({ "login": "anna", "name": "Анна", "role": "MANAGER", "password": password, "idempotencyKey": key });
    let first = api.done("userAdd", input(PASSWORD), "user", "id").await;
    assert_eq!(api.done("userAdd", input(PASSWORD), "user", "id").await, first);
    let other = api.mutate(&api.director, "userAdd", input("another horse"), "user { id }").await;
    assert_eq!(super::refusal(&other), "IDEMPOTENCY_CONFLICT");
    assert!(come_in(&api, "anna", PASSWORD).await.cookie.is_some());
    // Neither the password nor its hash is in the log.
    let (logged, hash): (String, String) = sqlx::query_as(
        "select command_log::text, password_hash from command_log, users where name = 'access.user_add' and actor_id <> 0 and login = 'anna'",
    )
    .fetch_one(&api.test.db)
    .await
    .unwrap();
    assert!(!logged.contains("argon2") && !logged.contains(hash.rsplit('$').next().unwrap()), "{logged}");
}

#[tokio::test]
async fn people_are_added() {
    let api = Api::new().await;
    let input = json!({ "login": "Anna", "name": "Анна", "role": "MANAGER", "password": PASSWORD });
    let user = api.done("userAdd", input.clone(), "user", "login role employee { name }").await;
    assert_eq!(user, json!({ "login": "anna", "role": "MANAGER", "employee": { "name": "Анна" } }));
    assert!(come_in(&api, "anna", PASSWORD).await.cookie.is_some());
    let again = api.mutate(&api.director, "userAdd", input, "user { id }").await;
    assert_eq!(super::refusal(&again), "ALREADY_EXISTS");
    let short = json!({ "login": "boris", "name": "Борис", "role": "MANAGER", "password": "short" });
    let short = api.mutate(&api.director, "userAdd", short, "user { id }").await;
    assert_eq!(short["userErrors"][0]["path"], json!(["input", "password"]));
    for login in ["v", "ve\u{200b}ra", "ve\u{202e}ra", "ve\u{ad}ra", "ve\u{3164}ra", "ve\u{7}ra", "и\u{306}ван"] {
        let input = json!({ "login": login, "name": "Вера", "role": "MANAGER", "password": PASSWORD });
        let refused = api.mutate(&api.director, "userAdd", input, "user { id }").await;
        assert_eq!(refused["userErrors"][0]["path"], json!(["input", "login"]), "{login:?}");
    }
    api.done("employeeAdd", json!({ "name": "Вера" }), "employee", "id").await;
    let people = api.get(&api.director, "{ employees { name } users { login } }").await;
    assert_eq!(people["employees"], json!([{ "name": "director" }, { "name": "Анна" }, { "name": "Вера" }]));
    assert_eq!(people["users"], json!([{ "login": "director" }, { "login": "anna" }]));
    let secrets: i64 = sqlx::query_scalar("select count(*) from command_log where input::text like '%correct horse%'")
        .fetch_one(&api.test.db)
        .await
        .unwrap();
    assert_eq!(secrets, 0);
}
