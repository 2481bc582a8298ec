//! Coming in and going out.

use async_graphql::{Request, Variables};
use serde_json::{Value, json};
use shpunt_analytics::reports::Language;
use shpunt_api::graphql::{Caller, execute};
use shpunt_domain::Code;
use shpunt_domain::access::commands::{UserUpdate, user_update};
use shpunt_domain::access::sessions::{self, SignIn};
use shpunt_domain::access::{Role, Vault};
use shpunt_tests::{ctx, now};

use super::{Answer, Api, PASSWORD};

const CREATE: &str = "mutation($input: SessionCreateInput!) { sessionCreate(input: $input) {
    viewer { login role employee { name active } } userErrors { message code } } }";

pub(super) async fn come_in(api: &Api, login: &str, password: &str) -> Answer {
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
    let user = sessions::find(&api.test.db, token, now()).await.unwrap().unwrap();
    assert_eq!(user, api.director);

    let caller = Caller { token: Some(token.to_owned()), ..Caller::new(Some(user), Language::En, "request-1") };
    let request = Request::new("mutation { sessionDelete { userErrors { code } } }").variables(Variables::default());
    let answer = Answer::of(&execute(&api.schema, request, caller).await);
    assert_eq!(answer.data()["sessionDelete"]["userErrors"], json!([]));
    assert!(answer.cookie.unwrap().starts_with("shpunt_session=; "));
    assert_eq!(sessions::find(&api.test.db, token, now()).await.unwrap(), None);
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

/// Asks as the session of `cookie`.
pub(super) async fn as_session(api: &Api, cookie: &str, query: &str, input: Value) -> Answer {
    let (token, _) = cookie.strip_prefix("shpunt_session=").unwrap().split_once("; ").unwrap();
    let user = sessions::find(&api.test.db, token, now()).await.unwrap();
    let caller = Caller { token: Some(token.to_owned()), ..Caller::new(user, Language::En, "request-1") };
    let request = Request::new(query).variables(Variables::from_json(json!({ "input": input })));
    Answer::of(&execute(&api.schema, request, caller).await)
}

#[tokio::test]
async fn one_sees_and_ends_the_own_sessions_only() {
    let api = Api::new().await;
    let here = come_in(&api, "director", PASSWORD).await.cookie.unwrap();
    let phone = come_in(&api, "director", PASSWORD).await.cookie.unwrap();
    api.manager("other").await;
    let other = come_in(&api, "other", PASSWORD).await.cookie.unwrap();
    let list = "{ sessions { id current } }";
    let seen = as_session(&api, &here, list, json!({})).await.data()["sessions"].clone();
    let mut current: Vec<_> = seen.as_array().unwrap().iter().map(|one| one["current"].as_bool().unwrap()).collect();
    current.sort_unstable();
    assert_eq!(current, [false, true], "{seen}");
    let lost = seen.as_array().unwrap().iter().find(|one| one["current"] == false).unwrap()["id"].clone();
    let revoke = "mutation($input: SessionRevokeInput!) { sessionRevoke(input: $input) { userErrors { code } } }";
    let theirs = as_session(&api, &other, revoke, json!({ "sessionId": lost })).await;
    assert_eq!(theirs.data()["sessionRevoke"]["userErrors"][0]["code"], "NOT_FOUND");
    let done = as_session(&api, &here, revoke, json!({ "sessionId": lost })).await;
    assert_eq!(done.data()["sessionRevoke"]["userErrors"], json!([]));
    assert_eq!(as_session(&api, &phone, list, json!({})).await.codes(), ["UNAUTHENTICATED"]);
    assert_eq!(as_session(&api, &here, list, json!({})).await.data()["sessions"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn another_password_ends_every_session_but_the_new_one() {
    let api = Api::new().await;
    let here = come_in(&api, "director", PASSWORD).await.cookie.unwrap();
    let elsewhere = come_in(&api, "director", PASSWORD).await.cookie.unwrap();
    let change =
        "mutation($input: PasswordChangeInput!) { passwordChange(input: $input) { viewer { login } userErrors { code } } }";
    for (present, new, code) in [("incorrect horse", "battery staple", "CREDENTIALS_WRONG"), (PASSWORD, "short", "INVALID_INPUT")]
    {
        let refused = as_session(&api, &here, change, json!({ "present": present, "new": new })).await;
        assert_eq!(refused.data()["passwordChange"]["userErrors"][0]["code"], code);
        assert_eq!(refused.cookie, None);
    }
    let done = as_session(&api, &here, change, json!({ "present": PASSWORD, "new": "battery staple" })).await;
    assert_eq!(done.data()["passwordChange"]["viewer"]["login"], "director");
    for old in [&here, &elsewhere] {
        assert_eq!(as_session(&api, old, "{ sessions { id } }", json!({})).await.codes(), ["UNAUTHENTICATED"]);
    }
    let seen = as_session(&api, &done.cookie.unwrap(), "{ sessions { current } }", json!({})).await;
    assert_eq!(seen.data()["sessions"], json!([{ "current": true }]));
    assert_eq!(come_in(&api, "director", PASSWORD).await.cookie, None);
    assert!(come_in(&api, "director", "battery staple").await.cookie.is_some());
}

#[tokio::test]
async fn a_closed_login_is_out_at_once_and_somebody_is_left_to_manage_people() {
    let api = Api::new().await;
    let manager = api.manager("manager").await;
    let session = come_in(&api, "manager", PASSWORD).await.cookie.unwrap();
    let id = json!(format!("user_{}", manager.user_id));
    let close = json!({ "userId": id, "expectedVersion": 1, "active": false });
    let closed = api.done("userUpdate", close.clone(), "user", "active role version").await;
    assert_eq!(closed, json!({ "active": false, "role": "MANAGER", "version": 2 }));
    assert_eq!(super::refusal(&api.mutate(&api.director, "userUpdate", close, "user { id }").await), "VERSION_CONFLICT");
    assert_eq!(as_session(&api, &session, "{ sessions { id } }", json!({})).await.codes(), ["UNAUTHENTICATED"]);
    assert_eq!(come_in(&api, "manager", PASSWORD).await.cookie, None);
    let last = json!(format!("user_{}", api.director.user_id));
    for change in [json!({ "active": false }), json!({ "role": "MANAGER" })] {
        let mut input = json!({ "userId": last, "expectedVersion": 1 });
        input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let refused = api.mutate(&api.director, "userUpdate", input, "user { id }").await;
        assert_eq!(super::refusal(&refused), "INVALID_INPUT", "the own login is for somebody else to change");
    }
    for (role, active) in [(Role::Director, false), (Role::Administrator, true)] {
        let update = UserUpdate { user_id: api.director.user_id, expected_version: 1, role, active };
        let refused = user_update(&api.test.db, &ctx("last director"), update).await.unwrap_err();
        assert_eq!(refused.code(), Code::StillInUse);
    }
    let open = json!({ "userId": id, "expectedVersion": 2, "active": true, "role": "WAREHOUSE" });
    api.done("userUpdate", open, "user", "id").await;
    assert!(come_in(&api, "manager", PASSWORD).await.cookie.is_some());
}

#[tokio::test]
async fn guesses_wait_longer_and_longer_even_when_they_come_at_once() {
    let api = Api::new().await;
    let vault = Vault::default();
    let come = async |login: &str, password: &str, at| {
        let shown = SignIn { login, password, code: None };
        sessions::create(&api.test.db, &vault, shown, [7; 32], at).await.map(|_| ()).map_err(|error| error.code())
    };
    let guess = async |seconds: i64, password: &str| {
        let at = now() + chrono::Duration::seconds(seconds);
        come("director", password, at).await
    };
    let at_once = futures::future::join_all((0..20).map(|_| guess(0, "incorrect horse"))).await;
    let looked_at = at_once.iter().filter(|result| **result == Err(Code::CredentialsWrong)).count();
    assert_eq!(looked_at, 10, "{at_once:?}");
    // Whose clock is a moment behind that of another is not late for it.
    assert_eq!(come("other", PASSWORD, now()).await, Err(Code::CredentialsWrong));
    let behind = now() - chrono::Duration::milliseconds(5);
    assert_eq!(come("other", PASSWORD, behind).await, Err(Code::CredentialsWrong));
    // The right password waits as well, or the wait would tell.
    assert_eq!(guess(29, PASSWORD).await, Err(Code::TooManyAttempts));
    assert_eq!(guess(30, "incorrect horse").await, Err(Code::CredentialsWrong));
    assert_eq!(guess(89, PASSWORD).await, Err(Code::TooManyAttempts));
    assert_eq!(guess(90, PASSWORD).await, Ok(()));
    assert_eq!(guess(91, "incorrect horse").await, Err(Code::CredentialsWrong), "a right password clears the misses");
    for _ in 0..10 {
        come_in(&api, "nobody", PASSWORD).await;
    }
    let nobody = come_in(&api, "nobody", PASSWORD).await;
    let error = &nobody.data()["sessionCreate"]["userErrors"][0];
    assert_eq!(error["code"], "TOO_MANY_ATTEMPTS");
    assert!(error["message"].as_str().unwrap().contains("wait 30"), "{error}");
}
