//! What those who manage people may do to the logins of others.

use serde_json::{Value, json};
use shpunt_domain::access::{Role, User};

use super::sessions::{as_session, come_in};
use super::{Api, PASSWORD, refusal};

fn id(user: &User) -> Value {
    json!(format!("user_{}", user.user_id))
}

/// The hash of a login's password.
async fn hash(api: &Api, user: &User) -> String {
    let hash = "select password_hash from users where user_id = $1";
    sqlx::query_scalar(hash).bind(user.user_id).fetch_one(&api.test.db).await.unwrap()
}

#[tokio::test]
async fn a_password_given_by_another_opens_only_its_change() {
    let api = Api::new().await;
    let manager = api.manager("anna").await;
    let before = come_in(&api, "anna", PASSWORD).await.cookie.unwrap();
    let add = "insert into api_tokens (name, user_id, secret_hash, permissions, expires_at, created_at, created_by)
        values ('Отчёт', $1, sha256('x'), '{see_deals}', '2026-06-01', '2026-03-01', $1)";
    sqlx::query(add).bind(manager.user_id).execute(&api.test.db).await.unwrap();
    for _ in 0..10 {
        come_in(&api, "anna", "incorrect horse").await;
    }
    let input = json!({ "userId": id(&manager) });
    let select = "user { login version mustChangePassword } password";
    let reset = api.mutate(&api.director, "userPasswordReset", input.clone(), select).await;
    assert_eq!(reset["user"], json!({ "login": "anna", "version": 2, "mustChangePassword": true }));
    let given = reset["password"].as_str().unwrap();
    assert_eq!(given.len(), 19, "{given}");
    let again = api.mutate(&api.director, "userPasswordReset", input, select).await;
    assert_ne!(again["password"], reset["password"]);
    let given = again["password"].as_str().unwrap();
    // Neither the password nor its hash is in the log.
    let logged: String =
        sqlx::query_scalar("select string_agg(command_log::text, '') from command_log where name like 'access.%'")
            .fetch_one(&api.test.db)
            .await
            .unwrap();
    let hash = hash(&api, &manager).await;
    assert!(!logged.contains(given) && !logged.contains(hash.rsplit('$').next().unwrap()) && logged.contains("password_reset"));

    assert_eq!(as_session(&api, &before, "{ sessions { id } }", json!({})).await.codes(), ["UNAUTHENTICATED"]);
    let ended = api.get(&api.director, "{ apiTokens(alsoOver: true) { name revokedAt } }").await;
    assert_eq!(ended["apiTokens"], json!([{ "name": "Отчёт", "revokedAt": "2026-03-02T09:00:00Z" }]));
    assert_eq!(come_in(&api, "anna", PASSWORD).await.cookie, None);
    let session = come_in(&api, "anna", given).await.cookie.expect("the misses of before are forgotten");
    for closed in ["{ sessions { id } }", "{ deals { nodes { id } } }", "{ viewer { login } node(id: \"deal_1\") { id } }"] {
        assert_eq!(as_session(&api, &session, closed, json!({})).await.codes(), ["PASSWORD_CHANGE_NEEDED"], "{closed}");
    }
    let viewer = as_session(&api, &session, "{ viewer { login mustChangePassword } }", json!({})).await;
    assert_eq!(viewer.data()["viewer"], json!({ "login": "anna", "mustChangePassword": true }));
    let change = "mutation($input: PasswordChangeInput!) { passwordChange(input: $input) {
        viewer { mustChangePassword } userErrors { code path } } }";
    let same = as_session(&api, &session, change, json!({ "present": given, "new": given })).await;
    let error = json!([{ "code": "INVALID_INPUT", "path": ["input", "new"] }]);
    assert_eq!(same.data()["passwordChange"], json!({ "viewer": null, "userErrors": error }));
    let done = as_session(&api, &session, change, json!({ "present": given, "new": "battery staple" })).await;
    assert_eq!(done.data()["passwordChange"], json!({ "viewer": { "mustChangePassword": false }, "userErrors": [] }));
    let seen = as_session(&api, &done.cookie.unwrap(), "{ deals { nodes { id } } }", json!({})).await;
    assert!(seen.codes().is_empty(), "{}", seen.json);
}

#[tokio::test]
async fn nobody_takes_over_a_login_that_may_do_more() {
    let api = Api::new().await;
    let administrator = api.user("admin", Role::Administrator).await;
    let other = api.user("admin2", Role::Administrator).await;
    let accountant = api.user("accountant", Role::Accountant).await;
    let new = "battery staple";
    let before = hash(&api, &api.director).await;
    let input = json!({ "userId": id(&api.director), "newPassword": new });
    let refused = api.mutate(&administrator, "userPasswordReset", input, "user { id } password").await;
    assert_eq!((refusal(&refused), &refused["password"]), ("ROLE_ABOVE_OWN", &Value::Null));
    assert_eq!(hash(&api, &api.director).await, before);
    for whose in [&other, &accountant] {
        let input = json!({ "userId": id(whose), "newPassword": new });
        let done = api.mutate(&administrator, "userPasswordReset", input, "user { id } password").await;
        assert_eq!((&done["userErrors"], &done["password"]), (&json!([]), &Value::Null), "{}", whose.login);
        assert!(come_in(&api, &whose.login, new).await.cookie.is_some());
    }
    // Nor makes a login of that role, oneself included.
    let add = json!({ "login": "boris", "name": "Борис", "role": "DIRECTOR", "password": PASSWORD });
    assert_eq!(refusal(&api.mutate(&administrator, "userAdd", add, "user { id }").await), "ROLE_ABOVE_OWN");
    for (whose, version, change) in [
        (&administrator, 1, json!({ "role": "DIRECTOR" })),
        (&accountant, 2, json!({ "role": "DIRECTOR" })),
        (&api.director, 1, json!({ "active": false })),
        (&api.director, 1, json!({ "role": "EMPLOYEE" })),
    ] {
        let mut input = json!({ "userId": id(whose), "expectedVersion": version });
        input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let refused = api.mutate(&administrator, "userUpdate", input, "user { id }").await;
        assert_eq!(refusal(&refused), "ROLE_ABOVE_OWN", "{}: {change}", whose.login);
    }
    let wrong = [
        (json!({ "userId": id(&administrator), "newPassword": new }), "INVALID_INPUT", json!(["input", "userId"])),
        (json!({ "userId": "user_404", "newPassword": new }), "NOT_FOUND", json!(["input", "userId"])),
        (json!({ "userId": id(&accountant), "newPassword": "short" }), "INVALID_INPUT", json!(["input", "newPassword"])),
    ];
    for (input, code, path) in wrong {
        let refused = api.mutate(&administrator, "userPasswordReset", input, "user { id }").await;
        assert_eq!((refusal(&refused), &refused["userErrors"][0]["path"]), (code, &path));
    }
    let manager = api.manager("manager").await;
    let answer = api.try_mutate(&manager, "userPasswordReset", json!({ "userId": id(&accountant) }), "user { id }").await;
    assert_eq!(answer.codes(), ["FORBIDDEN"]);
}
