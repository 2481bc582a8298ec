//! Returns and corrections as a client sends and sees them.

use serde_json::{Value, json};

use super::refusal;
use super::world::World;

/// An order of 2 pieces at 75,000 a tonne with VAT, paid 1,000.00 of, and its line.
async fn shipped(world: &World) -> (Value, Value) {
    let batch = world.batch("С-1").await;
    let manager = world.api.manager("own").await;
    let (_, order) = world.shipped_deal(&manager, "Причал", &batch, "75000.00", "1000.00").await;
    let seen = world.api.get(&world.api.director, &format!("{{ order(id: {order}) {{ lines {{ id }} }} }}")).await;
    (order, seen["order"]["lines"][0]["id"].clone())
}

fn back(order: &Value, line: &Value, pieces: i32) -> Value {
    json!({ "orderId": order, "returnedOn": "2026-02-20", "reason": "Лишние", "lines": [{ "orderLineId": line, "pieces": pieces }] })
}

fn cheaper(order: &Value, line: &Value, price: &str) -> Value {
    json!({ "orderId": order, "correctedOn": "2026-02-15", "reason": "Скидка", "lines": [{ "orderLineId": line, "price": price }] })
}

#[tokio::test]
async fn an_order_shows_what_came_back_and_what_was_corrected() {
    let world = World::new().await;
    let api = &world.api;
    let (order, line) = shipped(&world).await;
    let correction = api
        .done(
            "orderCorrect",
            cheaper(&order, &line, "70000.00"),
            "orderCorrection",
            "id gross { amount } lines { price { amount } line { id } }",
        )
        .await;
    // Two pieces of 12 m and 1.2 t or so at 5,000 less a tonne.
    assert_eq!(correction["lines"], json!([{ "price": { "amount": "70000.00" }, "line": { "id": line } }]));
    let returned = api
        .done(
            "orderReturn",
            back(&order, &line, 1),
            "orderReturn",
            "id gross { amount } lines { pieces cost { amount } line { line } }",
        )
        .await;
    assert_eq!(returned["lines"], json!([{ "pieces": 1, "cost": { "amount": "60000.00" }, "line": { "line": 1 } }]));
    let query = format!(
        "{{ order(id: {order}) {{ lines {{ pieces returnedPieces }}
             returns {{ id reason returnedOn document {{ number kind subject {{ ... on Order {{ id }} }} }} order {{ id }} }}
             corrections {{ id correctedOn document {{ number kind }} order {{ id }} }} }} }}"
    );
    let seen = api.get(&api.director, &query).await["order"].clone();
    assert_eq!(seen["lines"], json!([{ "pieces": 2, "returnedPieces": 1 }]));
    assert_eq!(
        seen["returns"],
        json!([{ "id": returned["id"], "reason": "Лишние", "returnedOn": "2026-02-20", "order": { "id": order },
            "document": { "number": "ВЗ-26-00001", "kind": "ORDER_RETURN", "subject": { "id": order } } }])
    );
    assert_eq!(
        seen["corrections"],
        json!([{ "id": correction["id"], "correctedOn": "2026-02-15", "order": { "id": order },
            "document": { "number": "УКД-26-00001", "kind": "ORDER_CORRECTION" } }])
    );
    for (id, name) in [(&returned["id"], "OrderReturn"), (&correction["id"], "OrderCorrection")] {
        let node = api.get(&api.director, &format!("{{ node(id: {id}) {{ __typename id }} }}")).await;
        assert_eq!(node["node"], json!({ "__typename": name, "id": id }));
    }
}

#[tokio::test]
async fn refusals_say_where_and_why() {
    let world = World::new().await;
    let api = &world.api;
    let (order, line) = shipped(&world).await;
    let deal = world.deal("Сделка", None).await;
    let waiting = world.order(&deal, vec![world.service_line("1.00")]).await;
    let before = world.rows().await;
    for (field, input, code) in [
        ("orderReturn", back(&order, &line, 3), "RETURN_EXCEEDED"),
        ("orderReturn", back(&order, &line, 0), "AMOUNT_NOT_POSITIVE"),
        ("orderReturn", back(&order, &json!("order_line_404"), 1), "NOT_FOUND"),
        ("orderReturn", back(&waiting, &line, 1), "ORDER_STATUS"),
        ("orderReturn", back(&json!("order_404"), &line, 1), "NOT_FOUND"),
        ("orderCorrect", cheaper(&order, &line, "75000.00"), "NOTHING_TO_CORRECT"),
        ("orderCorrect", cheaper(&order, &line, "-1.00"), "AMOUNT_NOT_POSITIVE"),
        ("orderCorrect", cheaper(&waiting, &line, "1.00"), "ORDER_STATUS"),
    ] {
        let payload = api.mutate(&api.director, field, input.clone(), "__typename").await;
        assert_eq!(refusal(&payload), code, "{field} {input}");
    }
    assert_eq!(world.rows().await, before);
}
