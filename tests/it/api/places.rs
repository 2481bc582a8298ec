//! Where an error lies, told in the words of the input that was sent; and what is refused before it is done.

use serde_json::{Value, json};
use shpunt_domain::access::Role;

use super::refusal;
use super::world::World;

async fn place(world: &World, mutation: &str, input: Value, selection: &str) -> (String, Value) {
    let payload = world.api.mutate(&world.api.director, mutation, input, selection).await;
    (refusal(&payload).to_owned(), payload["userErrors"][0]["path"].clone())
}

#[tokio::test]
async fn a_path_leads_to_the_field_that_is_wrong() {
    let world = World::new().await;
    let contract = |company: &Value, party: &Value| json!({ "companyId": company, "partyId": party, "kind": "SALE", "number": "П-9", "signedOn": "2026-01-15" });
    let nobody = json!("party_404");
    let (code, at) = place(&world, "contractCreate", contract(&world.company, &nobody), "contract { id }").await;
    assert_eq!((code.as_str(), at), ("NOT_FOUND", json!(["input", "partyId"])));
    let nothing = json!("company_404");
    let (code, at) = place(&world, "contractCreate", contract(&nothing, &world.customer), "contract { id }").await;
    assert_eq!((code.as_str(), at), ("NOT_FOUND", json!(["input", "companyId"])));
    let goods = json!({ "product": { "goods": { "profile": "Л5", "lengthM": "-1", "condition": "NEW" } } });
    let (_, at) = place(&world, "productCreate", goods, "product { id }").await;
    assert_eq!(at, json!(["input", "product", "goods", "lengthM"]));
    let mut later = world.receipt("В-1");
    later["receivedOn"] = json!("2027-01-01");
    let (code, at) = place(&world, "batchReceive", later, "batch { id }").await;
    assert_eq!((code.as_str(), at), ("DATE_IN_FUTURE", json!(["input", "receivedOn"])));
    let dark = json!({ "name": "Мост\u{0}строй", "isCustomer": true });
    let (code, at) = place(&world, "partyCreate", dark, "party { id }").await;
    assert_eq!((code.as_str(), at), ("INVALID_INPUT", json!(["input", "name"])));
    // The same when the input is written in the document, and not in variables.
    let query =
        "mutation { done: contractCreate(input: { companyId: \"company_404\", partyId: \"party_404\", kind: SALE, number: \"1\",
        signedOn: \"2026-01-15\" }) { userErrors { code path } } }";
    let answer = world.api.get(&world.api.director, query).await;
    assert_eq!(answer["done"]["userErrors"][0]["path"], json!(["input", "companyId"]));
}

#[tokio::test]
async fn goods_are_not_moved_to_where_goods_on_their_way_lie() {
    let world = World::new().await;
    let batch = world.batch("В-1").await;
    let mut coming = world.receipt("В-2");
    coming.as_object_mut().unwrap().remove("warehouseId");
    coming["expectedOn"] = json!("2026-03-01");
    world.api.done("batchReceiveInTransit", coming, "batch", "id").await;
    let transit: i64 = sqlx::query_scalar("select warehouse_id from warehouses where kind = 'transit'")
        .fetch_one(&world.test().db)
        .await
        .unwrap();
    let rows = world.rows().await;
    let input = json!({ "batchId": batch, "warehouseId": format!("warehouse_{transit}"), "pieces": 1, "on": "2026-02-10" });
    let (code, at) = place(&world, "batchTransfer", input, "batch { id }").await;
    assert_eq!((code.as_str(), at), ("INVALID_INPUT", json!(["input", "warehouseId"])));
    assert_eq!(world.rows().await, rows, "nothing was done");
}

#[tokio::test]
async fn a_mutation_selected_twice_is_not_done_twice() {
    let world = World::new().await;
    let twice = "mutation($i: PartyCreateInput!) { ...f ...g }
        fragment f on Mutation { partyCreate(input: $i) { party { id } } } fragment g on Mutation { partyCreate(input: $i) { party { name } } }";
    let variables = json!({ "i": { "name": "Дважды", "isCustomer": true } });
    let rows = world.rows().await;
    let answer = world.api.send(Some(&world.api.director), twice, variables.clone()).await;
    assert_eq!(answer.codes(), ["GRAPHQL_VALIDATION_FAILED"]);
    assert_eq!(world.rows().await, rows, "nothing was done");
    let two = "mutation($i: PartyCreateInput!) { partyCreate(input: $i) { party { id } } again: partyCreate(input: $i) { party { id } } }";
    let answer = world.api.send(Some(&world.api.director), two, variables).await;
    assert!(answer.codes().is_empty(), "two names are two mutations: {}", answer.json);
}

#[tokio::test]
async fn nobody_gives_himself_a_role_and_a_password_of_others_is_changed_first() {
    let world = World::new().await;
    let api = &world.api;
    let administrator = api.user("administrator", Role::Administrator).await;
    let promote = json!({ "userId": format!("user_{}", administrator.user_id), "expectedVersion": 1, "role": "ACCOUNTANT" });
    let refused = api.mutate(&administrator, "userUpdate", promote, "user { role }").await;
    assert_eq!((refusal(&refused), &refused["userErrors"][0]["path"]), ("INVALID_INPUT", &json!(["input", "userId"])));
    let add = json!({ "login": "second", "name": "Второй", "role": "HEAD_OF_SALES", "password": "correct horse" });
    let made = api.mutate(&administrator, "userAdd", add, "user { id mustChangePassword }").await;
    assert_eq!(made["user"]["mustChangePassword"], true);
    // The directors are told who got which role.
    let told = api.get(&api.director, "{ notifications { nodes { text kind { code } } } }").await;
    let texts: Vec<&str> =
        told["notifications"]["nodes"].as_array().unwrap().iter().filter_map(|one| one["text"].as_str()).collect();
    assert!(texts.iter().any(|text| text.contains("second") && text.contains("head_of_sales")), "{texts:?}");
    // The only director stays one.
    let director = json!({ "userId": format!("user_{}", api.director.user_id), "expectedVersion": 1, "role": "EMPLOYEE" });
    assert_eq!(refusal(&api.mutate(&api.director, "userUpdate", director, "user { id }").await), "INVALID_INPUT");
}
