//! A contract whose title passes at unloading, as a client makes it and sees what follows.

use serde_json::{Value, json};

use super::refusal;
use super::world::World;

async fn order_seen(world: &World, order: &Value) -> Value {
    let query = format!(
        "{{ order(id: {order}) {{ status titleOnDelivery returns {{ undelivered }} margin {{ revenue cogs }} contract {{ titleOnDelivery paymentDays }} }} }}"
    );
    world.api.get(&world.api.director, &query).await["order"].clone()
}

#[tokio::test]
async fn a_contract_says_when_title_passes_and_the_order_keeps_it() {
    let world = World::new().await;
    let api = &world.api;
    // The contract of the world was made without saying anything.
    let read = format!("{{ contract(id: {}) {{ titleOnDelivery version }} }}", world.contract);
    assert_eq!(api.get(&api.director, &read).await["contract"], json!({ "titleOnDelivery": false, "version": 1 }));
    let update = json!({ "contractId": world.contract, "expectedVersion": 1, "titleOnDelivery": true });
    let changed = api.done("contractUpdate", update, "contract", "titleOnDelivery paymentDays version").await;
    assert_eq!(changed, json!({ "titleOnDelivery": true, "paymentDays": 10, "version": 2 }));

    let batch = world.batch("С-1").await;
    let deal = world.deal("Причал", None).await;
    // Two pieces at 60,000 without VAT, which cost 60,000 each.
    let mut line = world.goods_line(&batch, 2, "73200.00", true);
    line["unit"] = json!("PIECE");
    let order = world.order(&deal, vec![line]).await;
    let ship = json!({ "orderId": order, "shippedOn": "2026-02-10" });
    assert_eq!(api.done("orderShip", ship, "order", "titleOnDelivery").await["titleOnDelivery"], true);
    // A later edit changes nothing of it.
    let update = json!({ "contractId": world.contract, "expectedVersion": 2, "titleOnDelivery": false, "paymentDays": 30 });
    api.done("contractUpdate", update, "contract", "version").await;
    let line = api.get(&api.director, &format!("{{ order(id: {order}) {{ lines {{ id }} }} }}")).await;
    let line = line["order"]["lines"][0]["id"].clone();
    let cheaper = json!({
        "orderId": order, "correctedOn": "2026-02-15", "reason": "Скидка", "lines": [{ "orderLineId": line, "price": "60000.00" }]
    });
    let refused = api.mutate(&api.director, "orderCorrect", cheaper, "__typename").await;
    assert_eq!(refusal(&refused), "TITLE_NOT_PASSED");
    let back = json!({ "orderId": order, "returnedOn": "2026-02-11", "reason": "Брак", "lines": [{ "orderLineId": line, "pieces": 1 }] });
    let back = api.done("orderReturn", back, "orderReturn", "undelivered gross { amount }").await;
    assert_eq!(back["undelivered"], true);
    let on_the_way = order_seen(&world, &order).await;
    assert_eq!(on_the_way["status"], "SHIPPED");
    assert_eq!(on_the_way["margin"], json!({ "revenue": "0.00", "cogs": "0.00" }));
    api.done("orderDeliver", json!({ "orderId": order, "deliveredOn": "2026-02-12" }), "order", "status").await;
    assert_eq!(
        order_seen(&world, &order).await,
        json!({
            "status": "DELIVERED", "titleOnDelivery": true, "returns": [{ "undelivered": true }],
            "margin": { "revenue": "60000.00", "cogs": "60000.00" }, "contract": { "titleOnDelivery": false, "paymentDays": 30 }
        })
    );
}
