//! What is in `errors`: known codes, the request id, and nothing of the inside.

use serde_json::json;

use super::Api;

#[tokio::test]
async fn a_request_that_is_none() {
    let api = Api::new().await;
    for (query, code) in [
        ("{ viewer { login ", "GRAPHQL_PARSE_FAILED"),
        ("", "GRAPHQL_PARSE_FAILED"),
        ("{ viewer { secret } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ viewer }", "GRAPHQL_VALIDATION_FAILED"),
        ("query a { viewer { login } } query b { viewer { login } }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($a: Nothing) { viewer { login } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ ...a } fragment a on Query { ...a }", "QUERY_TOO_LARGE"),
        ("{ deal(id: 5) { id } }", "BAD_USER_INPUT"),
        ("query($id: ID!) { deal(id: $id) { id } }", "BAD_USER_INPUT"),
    ] {
        let answer = api.ask(&api.director, query).await;
        assert_eq!(answer.codes().first(), Some(&code), "{query}: {}", answer.json);
        assert!(answer.data().is_null() || answer.data()["deal"].is_null(), "{query}");
    }
    // Names of the schema are not given away to those who guess.
    assert!(!api.ask(&api.director, "{ deels { nodes { id } } }").await.message().contains("deals"));
}

#[tokio::test]
async fn a_request_that_asks_too_much() {
    let api = Api::new().await;
    let deep = (0..10).fold("id".to_owned(), |inner, _| format!("orders {{ deal {{ {inner} }} }}"));
    let wide = "{ deals(first: 100) { nodes { orders { lines { product { name } batch { product { name } supplier { name } } }
        expenses { party { name } order { deal { orders { number } } } } payments { party { name } } } } } }";
    for (query, limit, advice) in [
        (format!("{{ deal(id: \"deal_1\") {{ {deep} }} }}"), "nested 22 fields deep, at most 16", "by its id"),
        (wide.to_owned(), "fields (those inside a list count once for each row of a page), at most 30000", "`first` smaller"),
    ] {
        let answer = api.ask(&api.director, &query).await;
        assert_eq!(answer.codes(), ["QUERY_TOO_LARGE"], "{}", answer.json);
        assert!(answer.message().contains(limit) && answer.message().contains(advice), "{}", answer.message());
    }
    let fits = "{ deals(first: 100) { nodes { id title customer { name } manager { name } channel { name }
        orders { number status gross { amount } lines { quantity product { name } net { amount } } } payments { amount { amount } } } } }";
    assert_eq!(api.ask(&api.director, fits).await.codes(), Vec::<&str>::new());
}

#[tokio::test]
async fn the_inside_stays_inside() {
    let api = Api::new().await;
    sqlx::query("alter table channels rename to canals").execute(&api.test.db).await.unwrap();
    let answer = api.ask(&api.director, "{ channels { name } viewer { login } }").await;
    assert_eq!(answer.codes(), ["INTERNAL_SERVER_ERROR"]);
    assert!(answer.message().contains("request id") && !answer.message().contains("channels"), "{}", answer.message());
    let input = json!({ "code": "a", "name": "A" });
    let answer = api.try_mutate(&api.director, "channelCreate", input, "channel { id }").await;
    assert_eq!(answer.codes(), ["INTERNAL_SERVER_ERROR"]);
    api.test.db.close().await;
    let answer = api.ask(&api.director, "{ employees { name } }").await;
    assert_eq!(answer.codes(), ["UNAVAILABLE"]);
    assert!(answer.message().contains("repeat"), "{}", answer.message());
}

#[tokio::test]
async fn a_field_that_fails_is_null_or_what_is_around_it() {
    let world = super::world::World::new().await;
    let deal = world.deal("Сделка", None).await;
    world.order(&deal, vec![world.service_line("1.00")]).await;
    sqlx::query("alter table products rename to goods").execute(&world.test().db).await.unwrap();
    let query =
        format!("{{ deal(id: {deal}) {{ title orders {{ number lines {{ product {{ name }} }} }} }} viewer {{ login }} }}");
    let answer = world.api.ask(&world.api.director, &query).await;
    assert_eq!(answer.codes(), ["INTERNAL_SERVER_ERROR"]);
    assert_eq!(answer.json["errors"][0]["path"], json!(["deal", "orders", 0, "lines", 0, "product"]));
    assert_eq!(answer.data(), &json!({ "deal": null, "viewer": { "login": "director" } }));
}

#[tokio::test]
async fn a_report_that_fails_leaves_the_rest() {
    let api = Api::new().await;
    let query = r#"{ viewer { login } balanceReport(at: "2026-03-01") { check } articles { code } }"#;
    let answer = api.ask(&api.director, query).await;
    assert_eq!(answer.codes(), ["NOT_READY"]);
    assert_eq!(answer.json["errors"][0]["path"], json!(["balanceReport"]));
    assert_eq!(answer.data()["viewer"]["login"], "director");
    assert_eq!(answer.data().get("balanceReport"), Some(&json!(null)), "{}", answer.json);
    assert!(!answer.data()["articles"].as_array().unwrap().is_empty());
}
