//! The operations of `docs/api.md`, executed as they stand there.

use serde_json::{Value, json};
use shpunt_tests::db::TestDb;

use super::office::reports;
use crate::api::Api;
use crate::api::world::World;
use crate::cdc::rig::Rig;

/// An operation of the document and its variables.
struct Shown {
    name: String,
    query: String,
    variables: Value,
}

/// The operations, in their order: each fenced block of GraphQL with the JSON that follows it.
fn shown() -> Vec<Shown> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/api.md");
    let text = std::fs::read_to_string(path).unwrap();
    let mut found = Vec::new();
    for part in text.split("```graphql\n").skip(1) {
        let (query, rest) = part.split_once("```").unwrap();
        let variables = rest
            .trim_start()
            .strip_prefix("```json\n")
            .map_or(Value::Null, |json| serde_json::from_str(json.split_once("```").unwrap().0).unwrap());
        let name = query.split([' ', '(', '{']).nth(1).unwrap().to_owned();
        found.push(Shown { name, query: query.to_owned(), variables });
    }
    found
}

/// Every list of `userErrors` in an answer.
fn user_errors<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                if name == "userErrors" { found.push(field) } else { user_errors(field, found) }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| user_errors(item, found)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_of_the_document_does_what_it_says() {
    if !crate::engines::have_clickhouse() {
        return;
    }
    let test = TestDb::for_changes().await;
    let rig = Rig::beside("documented", &test, 0).await;
    let work = rig.work();
    rig.caught_up().await;
    let world = World::in_api(Api::over(test, reports(&rig)).await).await;
    world.batch("С-1").await;
    assert_eq!(world.article("customer_payment").await, json!("article_1"), "the document names it");
    let (mut token, mut done) = (Value::Null, Vec::new());
    for Shown { name, query, mut variables } in shown() {
        if variables.get("after").is_some() {
            variables["after"] = token.clone();
        }
        let answer = world.api.send(Some(&world.api.director), &query, variables).await;
        assert!(answer.codes().is_empty(), "{name}: {}", answer.json);
        let data = answer.data().clone();
        let mut errors = Vec::new();
        user_errors(&data, &mut errors);
        assert!(errors.iter().all(|errors| **errors == json!([])), "{name}: {data}");
        match name.as_str() {
            "Deals" => assert_eq!(data["deals"]["nodes"][0]["title"], "Шпунт Л5 на набережную"),
            "Find" => assert_eq!(data["search"][0]["__typename"], "Deal", "{data}"),
            "NewOrder" => assert_eq!(data["orderCreate"]["order"]["gross"]["amount"], "480000.00"),
            "Shipped" => token = data["orderShip"]["consistencyToken"].clone(),
            // 450,000 and 30,000 at 22/122, less a quarter of 1,200,000.
            "Profit" => assert_eq!(
                data["grossProfitReport"]["total"],
                json!({ "revenue": "393442.62", "grossProfit": "93442.62", "marginPercent": "23.75" })
            ),
            _ => {}
        }
        done.push(name);
    }
    assert_eq!(done.len(), 10, "{done:?}");
    work.stop().await;
    rig.stop().await;
}
