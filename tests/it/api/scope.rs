//! A manager sees and does what belongs to the own deals, whichever way leads there.

use serde_json::{Value, json};

use super::refusal;
use super::world::World;

/// Two managers, each with a deal that has an order, money, an expense and a document.
struct Two {
    world: World,
    own: shpunt_domain::access::User,
    theirs: Value,
    their_order: Value,
}

impl Two {
    async fn new() -> Self {
        let world = World::new().await;
        let (own, other) = (world.api.manager("own").await, world.api.manager("other").await);
        let batch = world.batch("С-1").await;
        world.shipped_deal(&own, "Свой причал", &batch, "75000.00", "1000.00").await;
        let (theirs, their_order) = world.shipped_deal(&other, "Чужой причал", &batch, "75000.00", "1000.00").await;
        Self { world, own, theirs, their_order }
    }
}

#[tokio::test]
async fn nothing_of_anothers_deal_is_seen() {
    let two = Two::new().await;
    let api = &two.world.api;
    let whole = "deals { nodes { title orders { number expenses { order { deal { title } } } } payments { deal { title } } settlements { deal { title } } stageLog { to } } }
        search: deals(filter: { search: \"причал\" }) { nodes { title } }
        orders { nodes { number deal { title } document { number subject { __typename } } } }
        documents(first: 100) { nodes { id kind subject { ... on Order { deal { title } } ... on Payment { deal { title } } ... on SettlementItem { deal { title } } } } }
        settlementItems(filter: { closed: true }) { nodes { deal { title } } }
        parties { nodes { name } } batches { nodes { number } }";
    let seen = api.get(&two.own, &format!("{{ {whole} }}")).await.to_string();
    assert!(seen.contains("Свой причал") && !seen.contains("Чужой причал"), "{seen}");
    let everything = api.get(&api.director, &format!("{{ {whole} }}")).await.to_string();
    assert!(everything.contains("Чужой причал"), "the query would show it to the director");
    // A receipt tells the cost of goods that everybody sells.
    let receipts = "{ batches { nodes { document { id } } } documents(filter: { kind: RECEIPT }) { nodes { id } } }";
    let hidden = json!({ "batches": { "nodes": [{ "document": null }] }, "documents": { "nodes": [] } });
    assert_eq!(api.get(&two.own, receipts).await, hidden);
    assert_ne!(api.get(&api.director, receipts).await, hidden);
    // The manager of both filters: other's employee id opens nothing.
    let others = "{ employees { id name } }";
    let others = api.get(&two.own, others).await["employees"].as_array().unwrap().iter().find(|e| e["name"] == "other").unwrap()
        ["id"]
        .clone();
    let filtered = api.get(&two.own, &format!("{{ deals(filter: {{ managerId: {others} }}) {{ nodes {{ id }} }} orders(filter: {{ dealId: {} }}) {{ nodes {{ id }} }} }}", two.theirs)).await;
    assert_eq!(filtered, json!({ "deals": { "nodes": [] }, "orders": { "nodes": [] } }));
}

#[tokio::test]
async fn no_id_opens_anothers_deal() {
    let two = Two::new().await;
    let api = &two.world.api;
    let line = format!("{{ order(id: {}) {{ lines {{ id }} }} }}", two.their_order);
    let line = api.get(&api.director, &line).await["order"]["lines"][0]["id"].clone();
    let changed =
        |day: &str, line: Value| json!({ "orderId": two.their_order, day: "2026-02-20", "reason": "Брак", "lines": [line] });
    let back = changed("returnedOn", json!({ "orderLineId": line, "pieces": 1 }));
    api.done("orderReturn", back, "orderReturn", "id").await;
    let cheaper = changed("correctedOn", json!({ "orderLineId": line, "price": "1.00" }));
    api.done("orderCorrect", cheaper, "orderCorrection", "id").await;
    // Every id that hangs on the other's deal, taken from the director's view.
    let query = format!(
        "{{ deal(id: {}) {{ id payments {{ id document {{ id }} }} settlements {{ id }}
             orders {{ id document {{ id }} returns {{ id document {{ id }} }} corrections {{ id document {{ id }} }} expenses {{ id document {{ id }} }} settlements {{ id }} }} }} }}",
        two.theirs
    );
    let theirs = api.get(&api.director, &query).await;
    let mut ids = Vec::new();
    collect(&theirs, &mut ids);
    assert!(ids.len() >= 13, "{ids:?}");
    for id in &ids {
        let answer = api.get(&two.own, &format!("{{ node(id: \"{id}\") {{ id }} nodes(ids: [\"{id}\"]) {{ id }} }}")).await;
        assert_eq!(answer, json!({ "node": null, "nodes": [null] }), "{id}");
        let answer = api.get(&api.director, &format!("{{ node(id: \"{id}\") {{ __typename id }} }}")).await;
        assert_eq!(answer["node"]["id"], json!(id));
    }
    let direct =
        api.get(&two.own, &format!("{{ deal(id: {}) {{ id }} order(id: {}) {{ id }} }}", two.theirs, two.their_order)).await;
    assert_eq!(direct, json!({ "deal": null, "order": null }));
    let document = ids.iter().find(|id| id.starts_with("document_")).unwrap();
    assert_eq!(api.get(&two.own, &format!("{{ document(id: \"{document}\") {{ id }} }}")).await["document"], json!(null));
    for id in ["cash_account_1", "user_1"] {
        assert_eq!(api.ask(&two.own, &format!("{{ node(id: \"{id}\") {{ id }} }}")).await.codes(), ["FORBIDDEN"]);
    }
}

fn collect(value: &Value, ids: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str() {
                    Some(id) if name == "id" => ids.push(id.to_owned()),
                    _ => collect(value, ids),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, ids)),
        _ => {}
    }
}

#[tokio::test]
async fn nothing_is_done_to_anothers_deal() {
    let two = Two::new().await;
    let (world, api) = (&two.world, &two.world.api);
    let (theirs, order) = (&two.theirs, &two.their_order);
    let line = api.get(&api.director, &format!("{{ order(id: {order}) {{ lines {{ id }} }} }}")).await["order"]["lines"][0]["id"]
        .clone();
    let back = json!({ "orderId": order, "returnedOn": "2026-02-20", "reason": "Брак", "lines": [{ "orderLineId": line, "pieces": 1 }] });
    let draft = json!({ "dealId": theirs, "plannedOn": "2026-02-10", "lines": [world.service_line("1.00")] });
    let draft = api.done("orderCreate", draft, "order", "id").await["id"].clone();
    let confirmed = world.order(theirs, vec![world.service_line("1.00")]).await;
    let before = world.rows().await;
    for (field, input) in [
        ("dealUpdate", json!({ "dealId": theirs, "expectedVersion": 1, "title": "Мой" })),
        ("dealStageMove", json!({ "dealId": theirs, "stage": "LOST", "lostReason": "цена" })),
        ("dealTaskAdd", json!({ "dealId": theirs, "title": "Моя", "dueAt": "2026-03-03T09:00:00Z" })),
        ("dealHandOver", json!({ "dealId": theirs, "managerId": format!("employee_{}", two.own.employee_id) })),
        ("orderCreate", json!({ "dealId": theirs, "plannedOn": "2026-02-10", "lines": [world.service_line("1.00")] })),
        ("orderRevise", json!({ "orderId": draft, "expectedVersion": 1, "lines": [world.service_line("2.00")] })),
        ("orderConfirm", json!({ "orderId": draft })),
        ("orderCancel", json!({ "orderId": draft })),
        ("orderShip", json!({ "orderId": confirmed, "shippedOn": "2026-02-10" })),
        ("orderDeliver", json!({ "orderId": order })),
        ("orderExpenseAdd", world.freight(order, "2026-02-11", "1.00", "0.00").await),
        ("orderReturn", back),
        ("orderTruckAssign", json!({ "orderId": draft, "vehicleId": "vehicle_1" })),
        ("orderLoad", json!({ "orderId": confirmed, "lines": [] })),
        ("carrierClaimRaise", json!({ "orderId": order, "amount": "1.00", "reason": "Бой", "raisedOn": "2026-02-20" })),
        (
            "freightRequestCreate",
            json!({ "orderId": draft, "warehouseId": world.warehouse, "address": "Тверь", "neededOn": "2026-02-20",
                "carrierIds": [world.carrier] }),
        ),
    ] {
        let payload = api.mutate(&two.own, field, input, "__typename").await;
        assert_eq!(refusal(&payload), "NOT_FOUND", "{field}");
    }
    let payment = world.payment(json!({ "orderId": order }), "2026-02-20", "1.00").await;
    let cheaper = json!({ "orderId": order, "correctedOn": "2026-02-20", "reason": "Скидка", "lines": [{ "orderLineId": line, "price": "1.00" }] });
    for (field, input) in [
        ("orderCorrect", cheaper),
        ("paymentRecord", payment),
        ("batchReceive", world.receipt("С-2")),
        ("channelCreate", json!({ "code": "x", "name": "X" })),
        ("userAdd", json!({ "login": "me", "name": "Я", "role": "DIRECTOR", "password": "correct horse" })),
    ] {
        let answer = api.try_mutate(&two.own, field, input, "__typename").await;
        assert_eq!(answer.codes(), ["FORBIDDEN"], "{field}");
    }
    assert_eq!(world.rows().await, before);
}

#[tokio::test]
async fn the_own_deal_goes_its_whole_way() {
    let world = World::new().await;
    let api = &world.api;
    let own = api.manager("own").await;
    let done = async |field: &str, input: Value, entity: &str, selection: &str| {
        let payload = api.mutate(&own, field, input, &format!("{entity} {{ {selection} }}")).await;
        assert_eq!(payload["userErrors"], json!([]), "{field}");
        payload[entity].clone()
    };
    let batch = world.batch("С-1").await;
    let deal = json!({ "companyId": world.company, "title": "Моя", "channelId": world.channel, "customerId": world.customer });
    let deal = done("dealCreate", deal, "deal", "id manager { name }").await;
    assert_eq!(deal["manager"]["name"], "own");
    let order =
        json!({ "dealId": deal["id"], "plannedOn": "2026-02-10", "lines": [world.goods_line(&batch, 2, "75000.00", true)] });
    let order = done("orderCreate", order, "order", "id version").await;
    done("orderConfirm", json!({ "orderId": order["id"] }), "order", "id").await;
    done("orderShip", json!({ "orderId": order["id"], "shippedOn": "2026-02-10" }), "order", "id").await;
    let expense = world.freight(&order["id"], "2026-02-11", "1.00", "0.00").await;
    let line =
        api.get(&own, &format!("{{ order(id: {}) {{ lines {{ id }} }} }}", order["id"])).await["order"]["lines"][0]["id"].clone();
    let back = json!({ "orderId": order["id"], "returnedOn": "2026-02-20", "reason": "Брак", "lines": [{ "orderLineId": line, "pieces": 1 }] });
    done("orderReturn", back, "orderReturn", "order { number } document { number }").await;
    done("orderExpenseAdd", expense, "orderExpense", "order { number } document { number }").await;
}
