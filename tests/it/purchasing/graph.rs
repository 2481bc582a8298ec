//! Orders to suppliers in the graph: who makes, approves and sees them, and whose.

use serde_json::{Value, json};
use shpunt_domain::access::{Role, User};

use crate::api::refusal;
use crate::api::world::World;

/// Ten piles, 12 t at 60,000 a tonne without VAT.
fn order(world: &World, deal: &Value) -> Value {
    json!({
        "companyId": world.company, "supplierId": world.supplier, "dealId": deal, "terms": {
            "warehouseId": world.warehouse, "orderedOn": "2026-02-02", "expectedOn": "2026-02-16", "prepaymentPercent": "30",
            "lines": [{
                "productId": world.goods, "pieces": 10, "vat": "158400.00",
                "price": { "unit": "TONNE", "price": "60000.00", "includesVat": false }
            }]
        }
    })
}

async fn take(world: &World, user: &User, field: &str, id: &Value, version: i32) -> Value {
    let input = json!({ "supplierOrderId": id, "expectedVersion": version });
    world.api.mutate(user, field, input, "supplierOrder { state version decidedBy { login } }").await
}

#[tokio::test]
async fn an_order_is_made_approved_and_received_by_different_people() {
    let world = World::new().await;
    let api = &world.api;
    let (buyer, head) = (api.user("buyer", Role::Purchasing).await, api.user("head", Role::HeadOfSales).await);
    let made = api
        .mutate(
            &buyer,
            "supplierOrderCreate",
            order(&world, &Value::Null),
            "supplierOrder { id number state gross { amount } prepayment { amount } lines { id tonnes delivery { leftPieces } } }",
        )
        .await["supplierOrder"]
        .clone();
    assert_eq!(
        (&made["number"], &made["state"], &made["gross"]["amount"], &made["prepayment"]["amount"]),
        (&json!("ЗП-000001"), &json!("DRAFT"), &json!("878400.00"), &json!("263520.00"))
    );
    let id = made["id"].clone();
    let own = api.try_mutate(
        &buyer,
        "supplierOrderApprove",
        json!({ "supplierOrderId": id, "expectedVersion": 1 }),
        "supplierOrder { id }",
    );
    assert_eq!(own.await.codes(), ["FORBIDDEN"]);
    let approved = take(&world, &head, "supplierOrderApprove", &id, 1).await;
    assert_eq!(approved["supplierOrder"], json!({ "state": "APPROVED", "version": 2, "decidedBy": { "login": "head" } }));
    assert_eq!(refusal(&take(&world, &buyer, "supplierOrderSend", &id, 1).await), "VERSION_CONFLICT");
    assert_eq!(take(&world, &buyer, "supplierOrderSend", &id, 2).await["supplierOrder"]["state"], "SENT");
    // What the director makes, the director does not approve.
    let own = api.done("supplierOrderCreate", order(&world, &Value::Null), "supplierOrder", "id").await["id"].clone();
    assert_eq!(refusal(&take(&world, &api.director, "supplierOrderApprove", &own, 1).await), "FOUR_EYES");
    // A prepayment, then eight of the ten piles, weighed.
    let pay = json!({
        "direction": "OUT", "cashAccountId": world.cash_account, "articleId": world.article("supplier_payment").await,
        "partyId": world.supplier, "target": { "supplierOrderId": id }, "paidOn": "2026-02-03", "amount": "263520.00"
    });
    api.done("paymentRecord", pay, "payment", "id").await;
    let mut receipt = world.receipt("С-1");
    receipt["receivedOn"] = json!("2026-02-10");
    receipt["pieces"] = json!(8);
    receipt["net"] = json!("576000.00");
    receipt["vat"] = json!("126720.00");
    receipt["tonnesWeighed"] = json!("9.7");
    receipt["preliminary"] = json!(true);
    receipt["supplierOrderLineId"] = made["lines"][0]["id"].clone();
    let supply = "id supply { isPreliminary supplierOrder { number } net { amount } }";
    let batch = api.mutate(&buyer, "batchReceive", receipt, &format!("batch {{ {supply} }}")).await["batch"].clone();
    assert_eq!(
        batch["supply"],
        json!({ "isPreliminary": true, "supplierOrder": { "number": "ЗП-000001" }, "net": { "amount": "576000.00" } })
    );
    let ask = format!(
        "{{ supplierOrder(id: {id}) {{ state advance {{ amount }} debt {{ amount }} lines {{ batches {{ number }}
            delivery {{ receipts pieces tonnes tonnesWeighed leftPieces leftTonnes overPieces net {{ amount }} }} }} }} }}"
    );
    let seen = api.get(&buyer, &ask).await["supplierOrder"].clone();
    assert_eq!(
        (&seen["state"], &seen["advance"]["amount"], &seen["debt"]["amount"]),
        (&json!("PARTLY_RECEIVED"), &json!("0.00"), &json!("439200.00"))
    );
    assert_eq!(seen["lines"][0]["batches"], json!([{ "number": "С-1" }]));
    assert_eq!(
        seen["lines"][0]["delivery"],
        json!({
            "receipts": 1, "pieces": 8, "tonnes": "9.600000", "tonnesWeighed": "9.700000", "leftPieces": 2, "leftTonnes": "2.400000",
            "overPieces": 0, "net": { "amount": "576000.00" }
        })
    );
    // The document of the supplier makes it a thousand dearer.
    let paper = json!({
        "batchId": batch["id"], "number": "УПД-15", "issuedOn": "2026-02-20", "net": "577000.00", "vat": "126940.00"
    });
    let done = "supply { isPreliminary finalisedOn finalNet { amount } correction { kind net { amount } } }";
    let last = api.mutate(&buyer, "batchPriceFinalise", paper.clone(), done).await;
    assert_eq!(
        last["supply"],
        json!({
            "isPreliminary": false, "finalisedOn": "2026-02-20", "finalNet": { "amount": "577000.00" },
            "correction": { "kind": "EXPENSE", "net": { "amount": "1000.00" } }
        })
    );
    assert_eq!(refusal(&api.mutate(&buyer, "batchPriceFinalise", paper, done).await), "PRICE_FINAL");
}

#[tokio::test]
async fn a_manager_sees_what_is_bought_for_the_own_deals_without_money() {
    let world = World::new().await;
    let api = &world.api;
    let (anna, boris) = (api.manager("anna").await, api.manager("boris").await);
    let deal = world.deal("Причал", Some(&json!(format!("employee_{}", anna.employee_id)))).await;
    let for_deal = api.done("supplierOrderCreate", order(&world, &deal), "supplierOrder", "id").await["id"].clone();
    api.done("supplierOrderCreate", order(&world, &Value::Null), "supplierOrder", "id").await;
    let list = "{ supplierOrders { nodes { id deal { title } expectedOn lines { pieces delivery { leftPieces } } } } }";
    let seen = api.get(&anna, list).await;
    assert_eq!(
        seen["supplierOrders"]["nodes"],
        json!([{
            "id": for_deal, "deal": { "title": "Причал" }, "expectedOn": "2026-02-16",
            "lines": [{ "pieces": 10, "delivery": { "leftPieces": 10 } }]
        }])
    );
    assert_eq!(api.get(&boris, list).await["supplierOrders"]["nodes"], json!([]));
    let by_id = format!("{{ supplierOrder(id: {for_deal}) {{ id }} node(id: {for_deal}) {{ id }} }}");
    assert_eq!(api.get(&boris, &by_id).await, json!({ "supplierOrder": null, "node": null }));
    for money in ["net", "gross", "advance", "prepayment"] {
        let ask = format!("{{ supplierOrders {{ nodes {{ {money} {{ amount }} }} }} }}");
        assert_eq!(api.ask(&anna, &ask).await.codes(), ["FORBIDDEN"], "{money}");
    }
    let price = "{ supplierOrders { nodes { lines { price { amount } } } } }";
    assert_eq!(api.ask(&anna, price).await.codes(), ["FORBIDDEN"]);
    let create = api.try_mutate(&anna, "supplierOrderCreate", order(&world, &deal), "supplierOrder { id }").await;
    assert_eq!(create.codes(), ["FORBIDDEN"]);
}

#[tokio::test]
async fn a_list_is_filtered_and_read_page_by_page() {
    let world = World::new().await;
    let api = &world.api;
    for day in ["2026-02-02", "2026-02-05", "2026-02-05"] {
        let mut input = order(&world, &Value::Null);
        input["terms"]["orderedOn"] = json!(day);
        api.done("supplierOrderCreate", input, "supplierOrder", "id").await;
    }
    let numbers = async |arguments: &str| {
        let ask = format!("{{ supplierOrders({arguments}) {{ nodes {{ number }} pageInfo {{ endCursor hasNextPage }} }} }}");
        let page = api.get(&api.director, &ask).await["supplierOrders"].clone();
        let numbers: Vec<_> = page["nodes"].as_array().unwrap().iter().map(|one| one["number"].clone()).collect();
        (json!(numbers), page["pageInfo"].clone())
    };
    let (first, page) = numbers("first: 2").await;
    assert_eq!((first, &page["hasNextPage"]), (json!(["ЗП-000003", "ЗП-000002"]), &json!(true)));
    let (rest, page) = numbers(&format!("first: 2, after: {}", page["endCursor"])).await;
    assert_eq!((rest, &page["hasNextPage"]), (json!(["ЗП-000001"]), &json!(false)));
    assert_eq!(numbers("filter: { from: \"2026-02-03\", state: DRAFT }").await.0, json!(["ЗП-000003", "ЗП-000002"]));
    assert_eq!(numbers("filter: { to: \"2026-02-02\" }").await.0, json!(["ЗП-000001"]));
    assert_eq!(numbers("filter: { state: SENT }").await.0, json!([]));
    assert_eq!(numbers(&format!("filter: {{ supplierId: {} }}", world.carrier)).await.0, json!([]));
}
