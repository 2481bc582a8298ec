//! Needs, requests for prices, scores and transit in the graph: who asks, who sees.

use serde_json::json;
use shpunt_domain::access::Role;

use crate::api::refusal;
use crate::api::world::World;

#[tokio::test]
async fn a_buyer_asks_compares_and_orders() {
    let world = World::new().await;
    let api = &world.api;
    let buyer = api.user("buyer", Role::Purchasing).await;
    let far = json!({ "name": "Дальний завод", "isSupplier": true });
    let far = api.done("partyCreate", far, "party", "id").await["id"].clone();
    let ask = json!({
        "companyId": world.company, "neededOn": "2026-03-20", "base": "Электросталь", "supplierIds": [world.supplier, far],
        "lines": [{ "productId": world.goods, "pieces": 10 }]
    });
    let made = "purchaseRequest { id number state suppliers { name } lines { id tonnes answers { id } } }";
    let request = api.mutate(&buyer, "purchaseRequestCreate", ask, made).await["purchaseRequest"].clone();
    assert_eq!((&request["number"], &request["lines"][0]["answers"]), (&json!("ЗЦ-000001"), &json!([])));
    let line = request["lines"][0]["id"].clone();
    let answer = |supplier: &serde_json::Value, price: &str, includes_vat: bool, freight: &str| {
        json!({
            "purchaseRequestLineId": line, "supplierId": supplier, "vatPercent": "22", "freight": freight,
            "price": { "unit": "TONNE", "price": price, "includesVat": includes_vat }, "deliversOn": "2026-03-18",
            "validUntil": "2026-03-05"
        })
    };
    let compared =
        "purchaseRequest { lines { answers { id supplier { name } deliveredPerTonne { amount } freightPerTonne { amount } } } }";
    api.mutate(&buyer, "supplierAnswerAdd", answer(&world.supplier, "73200.00", true, "0"), compared).await;
    let told = api.mutate(&buyer, "supplierAnswerAdd", answer(&far, "53000.00", false, "6000.00"), compared).await;
    let answers = told["purchaseRequest"]["lines"][0]["answers"].clone();
    let brief: Vec<_> = answers
        .as_array()
        .unwrap()
        .iter()
        .map(|one| json!([one["supplier"]["name"], one["deliveredPerTonne"]["amount"], one["freightPerTonne"]["amount"]]))
        .collect();
    assert_eq!(json!(brief), json!([["Дальний завод", "59000.00", "6000.00"], ["Металлург", "60000.00", "0.00"]]));
    let choose = json!({ "answerIds": [answers[0]["id"]], "warehouseId": world.warehouse });
    let order = api.mutate(&buyer, "supplierAnswersChoose", choose.clone(), "supplierOrder { state net { amount } note }").await;
    assert_eq!(order["supplierOrder"], json!({ "state": "DRAFT", "net": { "amount": "636000.00" }, "note": "ЗЦ-000001" }));
    assert_eq!(
        refusal(&api.mutate(&buyer, "supplierAnswersChoose", choose, "supplierOrder { id }").await),
        "PURCHASE_REQUEST_STATUS"
    );
    let prices = format!(
        "{{ supplierPrices(filter: {{ productId: {} }}) {{ nodes {{ source number perTonne {{ amount }} supplier {{ name }} }} }} }}",
        world.goods
    );
    let prices = api.get(&buyer, &prices).await["supplierPrices"]["nodes"].clone();
    assert_eq!(
        prices[0],
        json!({ "source": "ANSWER", "number": "ЗЦ-000001", "perTonne": { "amount": "53000.00" }, "supplier": { "name": "Дальний завод" } })
    );
    let scores = format!(
        "{{ supplierScores(supplierIds: [{}, {far}]) {{ supplier {{ name }} deliveries onTimePercent }} }}",
        world.supplier
    );
    assert_eq!(
        api.get(&buyer, &scores).await["supplierScores"],
        json!([
            { "supplier": { "name": "Металлург" }, "deliveries": 0, "onTimePercent": null },
            { "supplier": { "name": "Дальний завод" }, "deliveries": 0, "onTimePercent": null }
        ])
    );
}

#[tokio::test]
async fn needs_name_the_deals_behind_them() {
    let world = World::new().await;
    let api = &world.api;
    let buyer = api.user("buyer", Role::Purchasing).await;
    let batch = world.batch("С-1").await;
    let deal = world.deal("Причал", None).await;
    let lines = json!([world.goods_line(&batch, 15, "70000.00", true), world.goods_line(&batch, 12, "70000.00", true)]);
    let draft = json!({ "dealId": deal, "plannedOn": "2026-03-10", "lines": lines });
    api.done("orderCreate", draft, "order", "id").await;
    let needs = |until: &str, more: &str| {
        format!(
            "{{ purchaseNeeds(companyId: {}, until: \"{until}\") {{ product {{ sku }} demand inStock onOrder toBuy shortOn
                demands {{ orderNumber dealNumber pieces {more} }} }} }}",
            world.company
        )
    };
    let seen = api.get(&buyer, &needs("2026-03-31", "")).await["purchaseNeeds"].clone();
    assert_eq!(
        (&seen[0]["demand"], &seen[0]["inStock"], &seen[0]["toBuy"], &seen[0]["shortOn"]),
        (&json!(27), &json!(20), &json!(7), &json!("2026-03-10"))
    );
    assert_eq!(seen[0]["demands"], json!([{ "orderNumber": "З-000001", "dealNumber": "Д-000001", "pieces": 27 }]));
    assert_eq!(api.get(&buyer, &needs("2026-03-09", "")).await["purchaseNeeds"], json!([]));
    // The deal itself asks for the permission of deals.
    assert_eq!(api.ask(&buyer, &needs("2026-03-31", "deal { title }")).await.codes(), ["FORBIDDEN"]);
    let all = api.get(&api.director, &needs("2026-03-31", "deal { title }")).await["purchaseNeeds"].clone();
    assert_eq!(all[0]["demands"][0]["deal"]["title"], "Причал");
    let manager = api.manager("anna").await;
    assert_eq!(api.ask(&manager, &needs("2026-03-31", "")).await.codes(), ["FORBIDDEN"]);
}

#[tokio::test]
async fn a_transit_is_one_mutation_of_who_may() {
    let world = World::new().await;
    let api = &world.api;
    let place = json!({ "name": "Транзит", "isTransit": true });
    let place = api.done("warehouseCreate", place, "warehouse", "id isTransit").await;
    assert_eq!(place["isTransit"], true);
    let deal = world.deal("Причал", None).await;
    let truck = |warehouse: &serde_json::Value| {
        json!({
            "dealId": deal, "supplierId": world.supplier, "warehouseId": warehouse, "shippedOn": "2026-02-10",
            "goods": [{
                "productId": world.goods, "pieces": 10, "number": "Т-1", "net": "600000.00", "vat": "132000.00",
                "price": { "unit": "TONNE", "price": "70000.00", "includesVat": true }
            }],
            "services": [{ "productId": world.service, "quantity": "1", "price": "12200.00", "priceIncludesVat": true }]
        })
    };
    let rows = world.rows().await;
    let refused = api.mutate(&api.director, "transitShip", truck(&world.warehouse), "order { id }").await;
    assert_eq!(refusal(&refused), "INVALID_INPUT");
    assert_eq!(world.rows().await, rows);
    let manager = api.manager("anna").await;
    assert_eq!(api.try_mutate(&manager, "transitShip", truck(&place["id"]), "order { id }").await.codes(), ["FORBIDDEN"]);
    let shipped = "status gross { amount } lines { batch { number warehouse { name } balance { pieces } } }";
    let order = api.done("transitShip", truck(&place["id"]), "order", shipped).await;
    assert_eq!((&order["status"], &order["gross"]["amount"]), (&json!("SHIPPED"), &json!("852200.00")));
    assert_eq!(
        order["lines"][0]["batch"],
        json!({ "number": "Т-1", "warehouse": { "name": "Транзит" }, "balance": { "pieces": 0 } })
    );
}
