//! The second factor: codes that count once, recovery codes, roles that ask for it.

use serde_json::{Value, json};
use shpunt_domain::Code;
use shpunt_domain::access::second_factor::{self, Entropy};
use shpunt_domain::access::sessions::{self, SignIn};
use shpunt_domain::access::{Role, User, Vault, store};
use shpunt_tests::now;
use totp_rs::Totp;

use super::sessions::{as_session, come_in};
use super::{Answer, Api, PASSWORD, refusal};

const ENROL: &str = "mutation($input: TotpEnrolInput!) { totpEnrol(input: $input) { secret uri userErrors { code } } }";
const CONFIRM: &str = "mutation($input: TotpConfirmInput!) { totpConfirm(input: $input) { recoveryCodes userErrors { code } } }";
const REMOVE: &str = "mutation($input: TotpRemoveInput!) { totpRemove(input: $input) { userErrors { code } } }";

/// What the application shows so many seconds from now.
fn shows(uri: &str, seconds: i64) -> String {
    Totp::from_url(uri).unwrap().generate(u64::try_from(now().timestamp() + seconds).unwrap()).to_string()
}

async fn with_code(api: &Api, login: &str, password: &str, code: &str) -> Answer {
    let create =
        "mutation($input: SessionCreateInput!) { sessionCreate(input: $input) { viewer { login } userErrors { code } } }";
    api.send(None, create, json!({ "input": { "login": login, "password": password, "code": code } })).await
}

/// The codes of the user errors of the only field.
fn codes(answer: &Answer) -> Vec<&str> {
    let (_, payload) = answer.data().as_object().unwrap().iter().next().unwrap();
    payload["userErrors"].as_array().unwrap().iter().map(|error| error["code"].as_str().unwrap()).collect()
}

/// A login with a second factor: its application and its recovery codes. The code of this moment is used.
async fn enrolled(api: &Api, login: &str) -> (String, Vec<String>) {
    let session = come_in(api, login, PASSWORD).await.cookie.unwrap();
    let made = as_session(api, &session, ENROL, json!({ "password": PASSWORD })).await;
    let uri = made.data()["totpEnrol"]["uri"].as_str().unwrap().to_owned();
    let done = as_session(api, &session, CONFIRM, json!({ "code": shows(&uri, 0) })).await;
    let recovery: Vec<String> = serde_json::from_value(done.data()["totpConfirm"]["recoveryCodes"].clone()).unwrap();
    assert_eq!(recovery.len(), 10, "{}", done.json);
    (uri, recovery)
}

#[tokio::test]
async fn a_second_factor_is_asked_for_from_its_first_code_on() {
    let api = Api::new().await;
    let here = come_in(&api, "director", PASSWORD).await.cookie.unwrap();
    let elsewhere = come_in(&api, "director", PASSWORD).await.cookie.unwrap();
    let early = as_session(&api, &here, CONFIRM, json!({ "code": "000000" })).await;
    assert_eq!(codes(&early), ["NOT_FOUND"]);
    let wrong = as_session(&api, &here, ENROL, json!({ "password": "incorrect horse" })).await;
    assert_eq!((codes(&wrong), &wrong.data()["totpEnrol"]["secret"]), (vec!["CREDENTIALS_WRONG"], &Value::Null));
    let lost = as_session(&api, &here, ENROL, json!({ "password": PASSWORD })).await;
    let made = as_session(&api, &here, ENROL, json!({ "password": PASSWORD })).await;
    assert_ne!(made.data()["totpEnrol"]["secret"], lost.data()["totpEnrol"]["secret"]);
    let (secret, uri) = (made.data()["totpEnrol"]["secret"].as_str().unwrap(), made.data()["totpEnrol"]["uri"].as_str().unwrap());
    assert_eq!(Totp::from_url(uri).unwrap().secret().to_base32(), secret);
    assert!(come_in(&api, "director", PASSWORD).await.cookie.is_some(), "nothing is asked for until it is confirmed");
    let other = shows(lost.data()["totpEnrol"]["uri"].as_str().unwrap(), 0);
    assert_eq!(codes(&as_session(&api, &here, CONFIRM, json!({ "code": other })).await), ["SECOND_FACTOR_WRONG"]);

    let done = as_session(&api, &here, CONFIRM, json!({ "code": shows(uri, 0) })).await;
    assert_eq!(done.data()["totpConfirm"]["recoveryCodes"].as_array().unwrap().len(), 10);
    let viewer = as_session(&api, &here, "{ viewer { secondFactor } }", json!({})).await;
    assert_eq!(viewer.data()["viewer"]["secondFactor"], "ON");
    assert_eq!(as_session(&api, &elsewhere, "{ sessions { id } }", json!({})).await.codes(), ["UNAUTHENTICATED"]);
    assert_eq!(codes(&as_session(&api, &here, ENROL, json!({ "password": PASSWORD })).await), ["ALREADY_EXISTS"]);
    assert_eq!(codes(&as_session(&api, &here, CONFIRM, json!({ "code": shows(uri, 30) })).await), ["ALREADY_EXISTS"]);

    let asked = come_in(&api, "director", PASSWORD).await;
    assert_eq!((codes(&asked), &asked.cookie), (vec!["SECOND_FACTOR_NEEDED"], &None));
    assert_eq!(codes(&with_code(&api, "director", PASSWORD, " ").await), ["SECOND_FACTOR_NEEDED"]);
    assert_eq!(codes(&with_code(&api, "director", "incorrect horse", &shows(uri, 30)).await), ["CREDENTIALS_WRONG"]);
    for (code, why) in [(shows(uri, 0), "used"), (shows(uri, -30), "older than the one used"), (shows(uri, 60), "not yet")] {
        let refused = with_code(&api, "director", PASSWORD, &code).await;
        assert_eq!((codes(&refused), &refused.cookie), (vec!["SECOND_FACTOR_WRONG"], &None), "{why}");
    }
    assert!(with_code(&api, "director", PASSWORD, &shows(uri, 30)).await.cookie.is_some(), "one step early");
    assert_eq!(codes(&with_code(&api, "director", PASSWORD, &shows(uri, 30)).await), ["SECOND_FACTOR_WRONG"], "once");
    // A login without one may send a code all the same.
    api.manager("anna").await;
    assert!(with_code(&api, "anna", PASSWORD, "123456").await.cookie.is_some());
}

#[tokio::test]
async fn a_recovery_code_opens_once() {
    let api = Api::new().await;
    let (_, recovery) = enrolled(&api, "director").await;
    let kept: String = sqlx::query_scalar("select string_agg(encode(code_hash, 'escape'), ' ') from recovery_codes")
        .fetch_one(&api.test.db)
        .await
        .unwrap();
    assert!(!recovery.iter().any(|code| kept.contains(code.as_str()) || kept.contains(&code.replace('-', ""))));
    let typed = recovery[3].to_uppercase().replace('-', " ");
    assert!(with_code(&api, "director", PASSWORD, &typed).await.cookie.is_some());
    assert_eq!(codes(&with_code(&api, "director", PASSWORD, &recovery[3]).await), ["SECOND_FACTOR_WRONG"]);
    assert!(with_code(&api, "director", PASSWORD, &recovery[9]).await.cookie.is_some());
    api.manager("anna").await;
    enrolled(&api, "anna").await;
    assert_eq!(codes(&with_code(&api, "anna", PASSWORD, &recovery[0]).await), ["SECOND_FACTOR_WRONG"], "somebody else's");
}

/// Signs in at a moment.
async fn come(api: &Api, vault: &Vault, code: Option<&str>, seconds: i64) -> Result<(), Code> {
    let at = now() + chrono::Duration::seconds(seconds);
    let shown = SignIn { login: "director", password: PASSWORD, code };
    sessions::create(&api.test.db, vault, shown, rand::random(), at).await.map(|_| ()).map_err(|error| error.code())
}

#[tokio::test]
async fn a_code_that_comes_several_times_at_once_is_taken_once() {
    let api = Api::new().await;
    let (uri, recovery) = enrolled(&api, "director").await;
    let vault = Vault::default();
    for code in [shows(&uri, 60), recovery[0].clone()] {
        let all = futures::future::join_all((0..5).map(|_| come(&api, &vault, Some(&code), 60))).await;
        assert_eq!(all.iter().filter(|result| result.is_ok()).count(), 1, "{all:?}");
        assert!(all.iter().all(|result| matches!(result, Ok(()) | Err(Code::SecondFactorWrong))), "{all:?}");
    }
}

#[tokio::test]
async fn guessed_codes_wait_though_the_password_is_right() {
    let api = Api::new().await;
    let (uri, _) = enrolled(&api, "director").await;
    let vault = Vault::default();
    for _ in 0..10 {
        assert_eq!(come(&api, &vault, Some("000000"), 60).await, Err(Code::SecondFactorWrong));
        // The right password alone clears no wrong codes.
        assert_eq!(come(&api, &vault, None, 60).await, Err(Code::SecondFactorNeeded));
    }
    assert_eq!(come(&api, &vault, Some(&shows(&uri, 60)), 60).await, Err(Code::TooManyAttempts));
    assert_eq!(come(&api, &vault, Some(&shows(&uri, 89)), 89).await, Err(Code::TooManyAttempts));
    assert_eq!(come(&api, &vault, Some(&shows(&uri, 90)), 90).await, Ok(()));
    assert_eq!(come(&api, &vault, Some("000000"), 91).await, Err(Code::SecondFactorWrong), "a right code clears the misses");
    assert_eq!(come(&api, &vault, Some("000000"), 91).await, Err(Code::SecondFactorWrong));
}

#[tokio::test]
async fn a_second_factor_is_removed_by_password_and_code_or_by_who_may() {
    let api = Api::new().await;
    let administrator = api.user("admin", Role::Administrator).await;
    let anna = api.manager("anna").await;
    let id = |user: &User| json!({ "userId": format!("user_{}", user.user_id) });
    let (uri, recovery) = enrolled(&api, "anna").await;
    let session = with_code(&api, "anna", PASSWORD, &shows(&uri, 30)).await.cookie.unwrap();
    for (password, code, refused) in [
        ("incorrect horse", recovery[0].as_str(), "CREDENTIALS_WRONG"),
        (PASSWORD, "000000", "SECOND_FACTOR_WRONG"),
        (PASSWORD, "", "SECOND_FACTOR_NEEDED"),
    ] {
        let answer = as_session(&api, &session, REMOVE, json!({ "password": password, "code": code })).await;
        assert_eq!(codes(&answer), [refused]);
    }
    let done = as_session(&api, &session, REMOVE, json!({ "password": PASSWORD, "code": recovery[0] })).await;
    assert_eq!(codes(&done), [""; 0]);
    assert_eq!(codes(&as_session(&api, &session, REMOVE, json!({ "password": PASSWORD, "code": "1" })).await), ["NOT_FOUND"]);
    assert!(come_in(&api, "anna", PASSWORD).await.cookie.is_some());

    enrolled(&api, "anna").await;
    enrolled(&api, "director").await;
    let select = "user { secondFactor }";
    for (whose, code) in [(&api.director, "ROLE_ABOVE_OWN"), (&administrator, "INVALID_INPUT")] {
        assert_eq!(refusal(&api.mutate(&administrator, "userTotpRemove", id(whose), select).await), code);
    }
    let still = store::list_users_by_ids(&api.test.db, &[api.director.user_id]).await.unwrap();
    assert_eq!(still[0].second_factor, shpunt_domain::access::SecondFactor::On);
    let removed = api.mutate(&administrator, "userTotpRemove", id(&anna), select).await;
    assert_eq!(removed["user"], json!({ "secondFactor": "OFF" }));
    assert_eq!(refusal(&api.mutate(&administrator, "userTotpRemove", id(&anna), select).await), "NOT_FOUND");
    assert!(come_in(&api, "anna", PASSWORD).await.cookie.is_some());
    let answer = api.try_mutate(&anna, "userTotpRemove", id(&api.director), select).await;
    assert_eq!(answer.codes(), ["FORBIDDEN"]);
}

#[tokio::test]
async fn a_role_that_asks_for_one_opens_only_enrolment() {
    let api = Api::new().await;
    let administrator = api.user("admin", Role::Administrator).await;
    api.manager("anna").await;
    let before = come_in(&api, "anna", PASSWORD).await.cookie.unwrap();
    let ask = |role: &str, required: bool| json!({ "role": role, "secondFactorRequired": required });
    let select = "setting { role secondFactorRequired }";
    let refused = api.mutate(&administrator, "roleSettingUpdate", ask("DIRECTOR", true), select).await;
    assert_eq!(refusal(&refused), "ROLE_ABOVE_OWN");
    let set = api.mutate(&administrator, "roleSettingUpdate", ask("MANAGER", true), select).await;
    assert_eq!(set["setting"], ask("MANAGER", true));
    let settings = api.get(&administrator, "{ roleSettings { role secondFactorRequired } }").await;
    let required: Vec<_> =
        settings["roleSettings"].as_array().unwrap().iter().filter(|one| one["secondFactorRequired"] == true).collect();
    assert_eq!((settings["roleSettings"].as_array().unwrap().len(), required), (Role::ALL.len(), vec![&ask("MANAGER", true)]));

    for session in [before, come_in(&api, "anna", PASSWORD).await.cookie.unwrap()] {
        let closed = as_session(&api, &session, "{ deals { nodes { id } } }", json!({})).await;
        assert_eq!(closed.codes(), ["SECOND_FACTOR_ENROLMENT_NEEDED"]);
        let viewer = as_session(&api, &session, "{ viewer { secondFactor } }", json!({})).await;
        assert_eq!(viewer.data()["viewer"]["secondFactor"], "DUE");
    }
    let session = come_in(&api, "anna", PASSWORD).await.cookie.unwrap();
    let made = as_session(&api, &session, ENROL, json!({ "password": PASSWORD })).await;
    let code = shows(made.data()["totpEnrol"]["uri"].as_str().unwrap(), 0);
    assert_eq!(codes(&as_session(&api, &session, CONFIRM, json!({ "code": code })).await), [""; 0]);
    assert!(as_session(&api, &session, "{ deals { nodes { id } } }", json!({})).await.codes().is_empty());
    api.done("roleSettingUpdate", ask("MANAGER", false), "setting", "role").await;
    let stays = as_session(&api, &session, "{ viewer { secondFactor } }", json!({})).await;
    assert_eq!(stays.data()["viewer"]["secondFactor"], "ON");
}

#[tokio::test]
async fn a_key_seals_what_lies_in_the_database() {
    let api = Api::new().await;
    let (db, director) = (&api.test.db, &api.director);
    let vault = Vault::new(&"k".repeat(32)).unwrap();
    let entropy = Entropy { secret: *b"12345678901234567890", nonce: [5; 12] };
    let made = second_factor::enrol(db, &vault, director, PASSWORD, entropy, now()).await.unwrap();
    let kept: (bool, bool) = sqlx::query_as("select sealed, position('1234567890'::bytea in secret) > 0 from second_factors")
        .fetch_one(db)
        .await
        .unwrap();
    assert_eq!(kept, (true, false));
    let codes = rand::random();
    let recovery = second_factor::confirm(db, &vault, director, (&shows(&made.uri, 0), None), codes, now()).await.unwrap();
    assert_eq!(come(&api, &vault, Some(&shows(&made.uri, 30)), 30).await, Ok(()));
    let without = Vault::default();
    assert_eq!(come(&api, &without, Some(&shows(&made.uri, 60)), 60).await, Err(Code::Unavailable));
    assert_eq!(come(&api, &without, Some(&recovery[0]), 60).await, Ok(()));
}
