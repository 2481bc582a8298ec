//! Who at a provider opens which login: who may say so, and of whom.

use serde_json::{Value, json};
use shpunt_domain::access::identities::{self, Entry, Proven};
use shpunt_domain::access::sessions;
use shpunt_domain::access::{Role, User};
use shpunt_tests::now;

use super::sessions::come_in;
use super::{Api, PASSWORD, refusal};

const ISSUER: &str = "https://id.example.com";
const LINK: &str = "userIdentity { id user { login } issuer subject email createdAt usedAt }";

fn of(user: &User, person: &Value) -> Value {
    let mut input = json!({ "userId": format!("user_{}", user.user_id), "issuer": ISSUER });
    input.as_object_mut().unwrap().extend(person.as_object().unwrap().clone());
    input
}

async fn enter(api: &Api, subject: &str, email: Option<&str>) -> Entry {
    let proven = Proven { issuer: ISSUER.to_owned(), subject: subject.to_owned(), email: email.map(str::to_owned) };
    identities::enter(&api.test.db, &proven, rand::random(), now()).await.unwrap()
}

#[tokio::test]
async fn a_link_is_made_listed_and_removed() {
    let api = Api::new().await;
    let anna = api.manager("anna").await;
    let made = api.mutate(&api.director, "userIdentityAdd", of(&anna, &json!({ "email": " Anna@Example.com " })), LINK).await;
    let link = json!({
        "id": "user_identity_1", "user": { "login": "anna" }, "issuer": ISSUER, "subject": null, "email": "anna@example.com",
        "createdAt": "2026-03-02T09:00:00Z", "usedAt": null,
    });
    assert_eq!((&made["userIdentity"], &made["userErrors"]), (&link, &json!([])));
    assert_eq!(
        api.get(&api.director, "{ userIdentities { id email } }").await["userIdentities"],
        json!([{ "id": "user_identity_1", "email": "anna@example.com" }])
    );
    let cookie = come_in(&api, "anna", PASSWORD).await.cookie.unwrap();
    let by_password = cookie.strip_prefix("shpunt_session=").unwrap().split(';').next().unwrap();
    let Entry::In(session) = enter(&api, "1001", Some("ANNA@example.com")).await else { panic!("not let in") };
    assert_eq!(session.user.login, "anna");
    let removed = api.done("userIdentityRemove", json!({ "userIdentityId": "user_identity_1" }), "userIdentity", "subject").await;
    assert_eq!(removed, json!({ "subject": "1001" }));
    for token in [by_password, &session.token] {
        assert_eq!(sessions::find(&api.test.db, token, now()).await.unwrap(), None);
    }
    assert!(matches!(enter(&api, "1001", Some("anna@example.com")).await, Entry::Unknown));
    let again = api
        .mutate(&api.director, "userIdentityRemove", json!({ "userIdentityId": "user_identity_1" }), "userIdentity { id }")
        .await;
    assert_eq!(refusal(&again), "NOT_FOUND");
}

#[tokio::test]
async fn one_person_opens_one_login() {
    let api = Api::new().await;
    let (anna, boris) = (api.manager("anna").await, api.manager("boris").await);
    for person in [json!({ "email": "anna@example.com" }), json!({ "subject": "1001" })] {
        api.done("userIdentityAdd", of(&anna, &person), "userIdentity", "id").await;
        let again = api.mutate(&api.director, "userIdentityAdd", of(&boris, &person), "userIdentity { id }").await;
        assert_eq!(refusal(&again), "ALREADY_EXISTS");
    }
    // At another provider it is somebody else.
    let mut elsewhere = of(&boris, &json!({ "subject": "1001" }));
    elsewhere["issuer"] = json!("https://other.example.com");
    api.done("userIdentityAdd", elsewhere, "userIdentity", "id").await;
    let Entry::In(session) = enter(&api, "1001", None).await else { panic!("not let in") };
    assert_eq!(session.user.login, "anna");
    // Linked by the id already: the address recorded for the same login waits for another account of hers.
    let Entry::In(_) = enter(&api, "1002", Some("anna@example.com")).await else { panic!("not let in") };
    assert!(matches!(enter(&api, "1003", Some("anna@example.com")).await, Entry::Unknown), "an address counts once");
}

#[tokio::test]
async fn a_link_names_somebody_in_one_way() {
    let api = Api::new().await;
    let anna = api.manager("anna").await;
    for (person, path) in [
        (json!({}), "email"),
        (json!({ "email": "anna@example.com", "subject": "1001" }), "email"),
        (json!({ "email": "anna" }), "email"),
        (json!({ "subject": " 1001" }), "subject"),
        (json!({ "subject": "" }), "subject"),
        (json!({ "subject": "1".repeat(256) }), "subject"),
        (json!({ "subject": "1001", "issuer": null }), "issuer"),
        (json!({ "subject": "1001", "issuer": "" }), "issuer"),
    ] {
        let refused = api.mutate(&api.director, "userIdentityAdd", of(&anna, &person), "userIdentity { id }").await;
        assert_eq!(refused["userErrors"][0]["path"], json!(["input", path]), "{person}: {refused}");
    }
    let nobody = json!({ "userId": "user_404", "issuer": ISSUER, "subject": "1001" });
    assert_eq!(refusal(&api.mutate(&api.director, "userIdentityAdd", nobody, "userIdentity { id }").await), "NOT_FOUND");
}

#[tokio::test]
async fn nobody_opens_a_login_that_may_do_more() {
    let api = Api::new().await;
    let (keeper, anna) = (api.user("keeper", Role::Administrator).await, api.manager("anna").await);
    let above =
        api.mutate(&keeper, "userIdentityAdd", of(&api.director, &json!({ "subject": "1" })), "userIdentity { id }").await;
    assert_eq!(refusal(&above), "ROLE_ABOVE_OWN");
    let below = api.mutate(&keeper, "userIdentityAdd", of(&anna, &json!({ "subject": "1" })), "userIdentity { id }").await;
    assert_eq!(below["userErrors"], json!([]));
    api.done("userIdentityAdd", of(&api.director, &json!({ "subject": "2" })), "userIdentity", "id").await;
    let remove = json!({ "userIdentityId": "user_identity_2" });
    let above = api.mutate(&keeper, "userIdentityRemove", remove.clone(), "userIdentity { id }").await;
    assert_eq!(refusal(&above), "ROLE_ABOVE_OWN", "{above}");
    let Entry::In(session) = enter(&api, "2", None).await else { panic!("the link is not there any more") };
    assert_eq!(session.user, api.director);
    for (field, input) in [("userIdentityAdd", of(&anna, &json!({ "subject": "3" }))), ("userIdentityRemove", remove)] {
        let answer = api.try_mutate(&anna, field, input, "userIdentity { id }").await;
        assert_eq!(answer.codes(), ["FORBIDDEN"], "{field}");
    }
    assert_eq!(api.ask(&anna, "{ userIdentities { id } }").await.codes(), ["FORBIDDEN"]);
}
