//! Tokens of programs: who makes them, of what, and that their secret is nowhere but in one answer.

use async_graphql::{Request, Variables};
use serde_json::{Value, json};
use shpunt_analytics::reports::Language;
use shpunt_api::graphql::{Caller, execute};
use shpunt_domain::Code;
use shpunt_domain::access::tokens::{self, TokenAdd, TokenRevoke};
use shpunt_domain::access::{Actor, Permission, Permissions, Role, User, commands};
use shpunt_domain::command::Ctx;
use shpunt_tests::{ctx, now};

use super::world::World;
use super::{Answer, Api, refusal};

const CREATED: &str =
    "apiToken { id name permissions expiresAt createdAt lastUsedAt revokedAt user { login } createdBy { login } } secret";

/// Asks as a program that acts for `user` within some permissions.
async fn ask(api: &Api, user: &User, within: Permissions, query: &str) -> Answer {
    let caller = Caller { within: Some(within), ..Caller::new(Some(user.clone()), Language::Ru, "request-1") };
    Answer::of(&execute(&api.schema, Request::new(query).variables(Variables::default()), caller).await)
}

fn of(permissions: &[Permission]) -> Permissions {
    permissions.iter().copied().collect()
}

async fn tokens_made(api: &Api) -> i64 {
    sqlx::query_scalar("select count(*) from api_tokens").fetch_one(&api.test.db).await.unwrap()
}

#[tokio::test]
async fn a_token_is_made_listed_and_ended() {
    let api = Api::new().await;
    let program = api.user("bitrix", Role::Integration).await;
    let input = json!({ "name": " Битрикс ", "userId": format!("user_{}", program.user_id), "permissions": ["EDIT_DEALS", "SEE_DEALS", "SEE_DEALS"] });
    let made = api.mutate(&api.director, "apiTokenCreate", input, CREATED).await;
    let director = json!({ "login": "director" });
    let token = json!({
        "id": "api_token_1", "name": "Битрикс", "permissions": ["SEE_DEALS", "EDIT_DEALS"], "expiresAt": "2026-05-31T09:00:00Z",
        "createdAt": "2026-03-02T09:00:00Z", "lastUsedAt": null, "revokedAt": null, "user": { "login": "bitrix" }, "createdBy": director
    });
    assert_eq!((&made["apiToken"], &made["userErrors"]), (&token, &json!([])));
    let secret = made["secret"].as_str().unwrap().strip_prefix("api_token_1.").unwrap();
    let holder = tokens::find(&api.test.db, 1, secret, now()).await.unwrap();
    assert_eq!((holder.user.login.as_str(), holder.within), ("bitrix", of(&[Permission::SeeDeals, Permission::EditDeals])));
    // Neither the secret nor its hash is anywhere a person looks.
    let (log, row): (String, String) = sqlx::query_as(
        "select (select string_agg(command_log::text, ' ') from command_log), string_agg(api_tokens::text, ' ') from api_tokens",
    )
    .fetch_one(&api.test.db)
    .await
    .unwrap();
    let hash = row.split("\\\\x").nth(1).unwrap().get(..64).unwrap();
    assert!(!log.contains(secret) && !row.contains(secret) && !log.contains(hash), "{log}");
    assert!(log.contains("access.token_create"));

    let list = "{ apiTokens { id } all: apiTokens(alsoOver: true) { id revokedAt } }";
    let ended = api.done("apiTokenRevoke", json!({ "apiTokenId": "api_token_1" }), "apiToken", "revokedAt").await;
    assert_eq!(ended, json!({ "revokedAt": "2026-03-02T09:00:00Z" }));
    assert_eq!(api.done("apiTokenRevoke", json!({ "apiTokenId": "api_token_1" }), "apiToken", "revokedAt").await, ended);
    assert_eq!(
        api.get(&api.director, list).await,
        json!({ "apiTokens": [], "all": [{ "id": "api_token_1", "revokedAt": "2026-03-02T09:00:00Z" }] })
    );
    let error = tokens::find(&api.test.db, 1, secret, now()).await.unwrap_err();
    assert_eq!(error.code(), Code::Unauthenticated);
    let nowhere = api.mutate(&api.director, "apiTokenRevoke", json!({ "apiTokenId": "api_token_404" }), "apiToken { id }").await;
    assert_eq!(refusal(&nowhere), "NOT_FOUND");
}

#[tokio::test]
async fn a_key_used_again_makes_no_second_token_and_shows_no_secret() {
    let api = Api::new().await;
    let key = "0b8f1f0c-7a52-4a0e-9f43-6d0f3c1f2a77";
    let input = |name: &str| json!({ "name": name, "permissions": ["SEE_DEALS"], "idempotencyKey": key });
    let first = api.mutate(&api.director, "apiTokenCreate", input("1C"), CREATED).await;
    assert!(first["secret"].is_string());
    let again = api.mutate(&api.director, "apiTokenCreate", input("1C"), CREATED).await;
    assert_eq!((&again["apiToken"], &again["secret"]), (&first["apiToken"], &Value::Null));
    let other = api.mutate(&api.director, "apiTokenCreate", input("2C"), CREATED).await;
    assert_eq!(refusal(&other), "IDEMPOTENCY_CONFLICT");
    assert_eq!(tokens_made(&api).await, 1);
}

#[tokio::test]
async fn what_cannot_be_given_is_refused() {
    let api = Api::new().await;
    let administrator = api.user("admin", Role::Administrator).await;
    let manager = api.manager("manager").await;
    let closed = api.manager("closed").await;
    let close = json!({ "userId": format!("user_{}", closed.user_id), "expectedVersion": 1, "active": false });
    api.done("userUpdate", close, "user", "id").await;
    let user = |user: &User| json!(format!("user_{}", user.user_id));
    for (maker, input, code, path) in [
        (&api.director, json!({ "name": " ", "permissions": ["SEE_DEALS"] }), "INVALID_INPUT", "name"),
        (&api.director, json!({ "name": "1".repeat(201), "permissions": ["SEE_DEALS"] }), "INVALID_INPUT", "name"),
        (&api.director, json!({ "name": "1C", "permissions": [] }), "INVALID_INPUT", "permissions"),
        (
            &api.director,
            json!({ "name": "1C", "permissions": ["SEE_DEALS"], "userId": user(&manager) }),
            "INVALID_INPUT",
            "userId",
        ),
        (
            &api.director,
            json!({ "name": "1C", "permissions": ["SEE_DEALS"], "userId": user(&closed) }),
            "INVALID_INPUT",
            "userId",
        ),
        (&api.director, json!({ "name": "1C", "permissions": ["SEE_DEALS"], "userId": "user_404" }), "NOT_FOUND", ""),
        (&administrator, json!({ "name": "1C", "permissions": ["SEE_DEALS"] }), "INVALID_INPUT", "permissions"),
        (
            &administrator,
            json!({ "name": "1C", "permissions": ["SEE_USERS"], "userId": user(&api.director) }),
            "INVALID_INPUT",
            "userId",
        ),
        (&api.director, json!({ "name": "1C", "permissions": ["SEE_AUDIT", "SEE_COST"] }), "INVALID_INPUT", "permissions"),
        (&api.director, json!({ "name": "1C", "permissions": ["SEE_DOCUMENTS", "SEE_PRICES"] }), "INVALID_INPUT", "permissions"),
        (
            &api.director,
            json!({ "name": "1C", "permissions": ["SEE_DEALS"], "expiresAt": "2026-03-02T09:00:00Z" }),
            "INVALID_INPUT",
            "expiresAt",
        ),
        (
            &api.director,
            json!({ "name": "1C", "permissions": ["SEE_DEALS"], "expiresAt": "2027-03-04T09:00:00Z" }),
            "INVALID_INPUT",
            "expiresAt",
        ),
    ] {
        let refused = api.mutate(maker, "apiTokenCreate", input.clone(), "apiToken { id } secret").await;
        assert_eq!(refusal(&refused), code, "{input}");
        assert!(refused["apiToken"].is_null() && refused["secret"].is_null(), "{refused}");
        if !path.is_empty() {
            assert_eq!(refused["userErrors"][0]["path"], json!(["input", path]), "{input}");
        }
    }
    let forbidden =
        api.try_mutate(&manager, "apiTokenCreate", json!({ "name": "1C", "permissions": ["SEE_DEALS"] }), "secret").await;
    assert_eq!(forbidden.codes(), ["FORBIDDEN"]);
    assert_eq!(tokens_made(&api).await, 0);
    let own = json!({ "name": "1C", "permissions": ["SEE_USERS"], "expiresAt": "2027-03-03T09:00:00Z" });
    let made = api.mutate(&administrator, "apiTokenCreate", own, "apiToken { user { login } }").await;
    assert_eq!(made["apiToken"]["user"]["login"], "admin");
}

#[tokio::test]
async fn a_token_narrows_what_only_the_row_or_an_argument_decides() {
    let world = World::new().await;
    let api = &world.api;
    let deal = world.deal("Причал", None).await;
    let few = of(&[Permission::SeeReference, Permission::SeeParties, Permission::SeeEntries]);
    let node = |id: &str| format!("{{ node(id: \"{id}\") {{ id }} }}");
    assert_eq!(ask(api, &api.director, few, &node(deal.as_str().unwrap())).await.codes(), ["FORBIDDEN"]);
    assert_eq!(ask(api, &api.director, few, &node(world.customer.as_str().unwrap())).await.codes(), [""; 0]);
    let found = ask(api, &api.director, few, "{ search(text: \"Причал\") { __typename } }").await;
    assert_eq!(found.json["data"]["search"], json!([]), "{}", found.json);
    let everything: Permissions = Permission::ALL.into_iter().collect();
    let found = ask(api, &api.director, everything, "{ search(text: \"Причал\") { __typename } }").await;
    assert_eq!(found.json["data"]["search"], json!([{ "__typename": "Deal" }]));
    let entries = "{ ledgerEntries(filter: { accounts: [\"cogs\"] }) { nodes { amount } } }";
    assert!(ask(api, &api.director, few, entries).await.message().contains("SEE_COST"));
}

#[tokio::test]
async fn commands_hold_a_token_to_its_permissions_too() {
    let api = Api::new().await;
    let within = |permissions: &[Permission]| {
        let actor = Actor { within: Some(of(permissions)), ..api.director.actor() };
        Ctx::new(actor, now(), ctx("token").command_id)
    };
    let add = commands::EmployeeAdd { name: "Вера".to_owned() };
    let refused = commands::employee_add(&api.test.db, &within(&[Permission::SeeUsers]), add.clone()).await.unwrap_err();
    assert_eq!(refused.code(), Code::Forbidden);
    assert!(refused.to_string().contains("which this token was not given"), "{refused}");
    assert!(commands::employee_add(&api.test.db, &within(&[Permission::ManagePeople]), add).await.is_ok());
    let add = TokenAdd {
        name: "x".to_owned(),
        user_id: api.director.user_id,
        permissions: of(&[Permission::SeeUsers]),
        expires_at: None,
    };
    let all = within(&Permission::ALL);
    assert_eq!(tokens::create(&api.test.db, &all, add, [1; 32]).await.unwrap_err().code(), Code::Forbidden);
    let revoked = tokens::revoke(&api.test.db, &all, TokenRevoke { token_id: 1 }).await;
    assert_eq!(revoked.unwrap_err().code(), Code::Forbidden);
}

#[tokio::test]
async fn use_is_noted_every_five_minutes_and_not_by_being_asked_about() {
    let api = Api::new().await;
    let made = api.mutate(&api.director, "apiTokenCreate", json!({ "name": "1C", "permissions": ["SEE_DEALS"] }), CREATED).await;
    let secret = made["secret"].as_str().unwrap().split_once('.').unwrap().1.to_owned();
    let noted = async || {
        sqlx::query_scalar::<_, Option<chrono::DateTime<chrono::Utc>>>("select last_used_at from api_tokens")
            .fetch_one(&api.test.db)
            .await
            .unwrap()
    };
    tokens::holders(&api.test.db, &[1], now()).await.unwrap();
    assert_eq!(noted().await, None);
    for (minutes, noted_at) in [(0, 0), (4, 0), (5, 0), (6, 6), (11, 6), (12, 12)] {
        let at = |minutes| now() + chrono::Duration::minutes(minutes);
        tokens::find(&api.test.db, 1, &secret, at(minutes)).await.unwrap();
        assert_eq!(noted().await, Some(at(noted_at)), "after {minutes} minutes");
    }
}

#[tokio::test]
async fn a_token_makes_nobody_who_may_more_than_itself() {
    let api = Api::new().await;
    let other = api.user("other", Role::Director).await;
    let within = ["MANAGE_PEOPLE", "SEE_USERS"];
    let made = api.mutate(&api.director, "apiTokenCreate", json!({ "name": "1C", "permissions": within }), CREATED).await;
    assert_eq!(made["userErrors"], json!([]));
    let within = [Permission::ManagePeople, Permission::SeeUsers].into_iter().collect();
    let token = Caller { within: Some(within), ..Api::caller(Some(&api.director)) };
    let user = format!("user_{}", other.user_id);
    for change in [
        "userAdd(input: { login: \"evil\", name: \"Evil\", password: \"evil password\", role: DIRECTOR })".to_owned(),
        "userAdd(input: { login: \"evil\", name: \"Evil\", password: \"evil password\", role: MANAGER })".to_owned(),
        format!("userPasswordReset(input: {{ userId: \"{user}\" }})"),
        format!("userUpdate(input: {{ userId: \"{user}\", expectedVersion: 1, active: false }})"),
        "roleSettingUpdate(input: { role: DIRECTOR, secondFactorRequired: false })".to_owned(),
    ] {
        let query = format!("mutation {{ done: {change} {{ userErrors {{ message path code }} consistencyToken }} }}");
        let answer = Answer::of(&execute(&api.schema, Request::new(query), token.clone()).await);
        assert_eq!(refusal(&answer.data()["done"]), "ROLE_ABOVE_OWN", "{change}: {}", answer.json);
    }
    let query = "mutation { done: userAdd(input: { login: \"clerk\", name: \"Clerk\", password: \"some password\", role: EMPLOYEE }) { user { login } userErrors { message code } } }";
    let answer = Answer::of(&execute(&api.schema, Request::new(query), token).await);
    assert_eq!(answer.data()["done"]["user"]["login"], "clerk", "{}", answer.json);
}
