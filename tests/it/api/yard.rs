//! The yard: what batches are known by, which pieces are promised, what lies where although it is another's, and what is bought back.

use serde_json::{Value, json};
use shpunt_domain::access::Role;

use super::refusal;
use super::world::World;

const PASSPORT: &str = "passport { heatNumber certificate stack tag version }";

fn describe(batch: &Value, version: i32, tag: &str) -> Value {
    json!({
        "batchId": batch, "expectedVersion": version, "heatNumber": "П-77142", "certificate": "№ 1180/26", "stack": "Ряд 3",
        "tag": tag
    })
}

#[tokio::test]
async fn a_batch_is_found_by_its_heat_and_gives_it_to_what_is_made_of_it() {
    let world = World::new().await;
    let api = &world.api;
    let keeper = api.user("keeper", Role::Warehouse).await;
    let batch = world.batch("С-1").await;
    let other = world.batch("С-2").await;
    let passport =
        json!({ "heatNumber": "П-77142", "certificate": "№ 1180/26", "stack": "Ряд 3", "tag": "Б-0001", "version": 1 });
    let done = api.mutate(&keeper, "batchDescribe", describe(&batch, 0, "Б-0001"), PASSPORT).await;
    assert_eq!(done["passport"], passport);
    let taken = api.mutate(&keeper, "batchDescribe", describe(&other, 0, "Б-0001"), PASSPORT).await;
    assert_eq!(refusal(&taken), "ALREADY_EXISTS", "a tag hangs on one batch");
    let stale = api.mutate(&keeper, "batchDescribe", describe(&batch, 0, "Б-0001"), PASSPORT).await;
    assert_eq!(refusal(&stale), "VERSION_CONFLICT");
    let unknown = api.mutate(&keeper, "batchDescribe", describe(&json!("batch_404"), 0, ""), PASSPORT).await;
    assert_eq!(refusal(&unknown), "NOT_FOUND");
    let manager = api.manager("anna").await;
    assert_eq!(api.try_mutate(&manager, "batchDescribe", describe(&batch, 1, ""), PASSPORT).await.codes(), ["FORBIDDEN"]);

    // Heat and certificate go along to another yard, the place and the tag do not.
    let yard = json!({ "name": "Переработчик", "keeperId": world.carrier });
    let yard = api.done("warehouseCreate", yard, "warehouse", "id keeper { name }").await;
    assert_eq!(yard["keeper"], json!({ "name": "Грузовоз" }), "our goods at another's place");
    let moved = json!({ "batchId": batch, "pieces": 5, "warehouseId": yard["id"], "on": "2026-02-10" });
    let moved = api.done("batchTransfer", moved, "batch", &format!("id {PASSPORT}")).await;
    assert_eq!(
        moved["passport"],
        json!({ "heatNumber": "П-77142", "certificate": "№ 1180/26", "stack": null, "tag": null, "version": 1 })
    );
    let found = async |search: &str| {
        let rows = api.get(&keeper, &format!("{{ batches(filter: {{ search: \"{search}\" }}) {{ nodes {{ number }} }} }}")).await;
        let rows = rows["batches"]["nodes"].as_array().unwrap().clone();
        rows.iter().map(|row| row["number"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found("п-77142").await, ["С-1/1", "С-1"]);
    assert_eq!(found("б-0001").await, ["С-1"]);
    assert_eq!(found("с-2").await, ["С-2"]);
    let tag = api.get(&keeper, &format!("{{ batch(id: {batch}) {{ passport {{ qrSvg }} }} }}")).await;
    let svg = tag["batch"]["passport"]["qrSvg"].as_str().unwrap();
    assert!(svg.contains("<svg") && svg.contains("</svg>"), "{svg}");
}

#[tokio::test]
async fn a_confirmed_order_reserves_its_pieces() {
    let world = World::new().await;
    let api = &world.api;
    let batch = world.batch("С-1").await;
    let deal = world.deal("Причал", None).await;
    let draft = async |pieces: i32| world.draft(&deal, vec![world.goods_line(&batch, pieces, "75000.00", true)]).await;
    let free = async || {
        let seen = api
            .get(
                &api.director,
                &format!(
                    "{{ batch(id: {batch}) {{ freePieces balance {{ pieces }} reservations {{ pieces order {{ number }} }} }} }}"
                ),
            )
            .await;
        let seen = seen["batch"].clone();
        (seen["balance"]["pieces"].as_i64().unwrap(), seen["freePieces"].as_i64().unwrap(), seen["reservations"].clone())
    };
    // Given twenty pieces, twelve are promised: a draft promises nothing.
    let (first, second) = (draft(12).await, draft(9).await);
    assert_eq!(free().await, (20, 20, json!([])));
    api.done("orderConfirm", json!({ "orderId": first }), "order", "id").await;
    assert_eq!(free().await, (20, 8, json!([{ "pieces": 12, "order": { "number": "З-000001" } }])));
    // Then nine are not free for another order, and not for the saw, though there are twenty.
    let confirm = |order: &Value| json!({ "orderId": order });
    let refused = api.mutate(&api.director, "orderConfirm", confirm(&second), "order { id }").await;
    assert_eq!(refusal(&refused), "BATCH_RESERVED");
    let said = refused["userErrors"][0]["message"].as_str().unwrap();
    assert!(said.contains("З-000001") && said.contains("12 are reserved"), "{said}");
    let yard = api.done("warehouseCreate", json!({ "name": "Тверь" }), "warehouse", "id").await["id"].clone();
    let moved = |pieces: i32| json!({ "batchId": batch, "pieces": pieces, "warehouseId": yard, "on": "2026-02-10" });
    assert_eq!(refusal(&api.mutate(&api.director, "batchTransfer", moved(9), "batch { id }").await), "BATCH_RESERVED");
    assert_eq!(refusal(&api.mutate(&api.director, "batchTransfer", moved(21), "batch { id }").await), "BATCH_SHORT");
    assert_eq!(free().await.1, 8, "nothing was done");
    // A loss is recorded all the same: then orders are short, and one sees by how many.
    let lost = json!({ "batchId": batch, "pieces": 10, "articleId": world.article("goods_damaged").await, "on": "2026-02-09", "reason": "Упали" });
    api.done("batchWriteOff", lost, "batch", "id").await;
    assert_eq!((free().await.0, free().await.1), (10, -2));
    assert_eq!(
        refusal(
            &api.mutate(&api.director, "orderShip", json!({ "orderId": first, "shippedOn": "2026-02-10" }), "order { id }").await
        ),
        "BATCH_SHORT"
    );
    // What is cancelled is free again; what is shipped is no longer reserved.
    api.done("orderCancel", confirm(&first), "order", "id").await;
    assert_eq!((free().await.0, free().await.1), (10, 10));
    api.done("orderConfirm", confirm(&second), "order", "id").await;
    api.done("orderShip", json!({ "orderId": second, "shippedOn": "2026-02-10" }), "order", "id").await;
    assert_eq!(free().await, (1, 1, json!([])));
}

#[tokio::test]
async fn two_orders_never_reserve_the_same_piece() {
    let world = World::new().await;
    let api = &world.api;
    let batch = world.batch("С-1").await;
    let deal = world.deal("Причал", None).await;
    let mut orders = Vec::new();
    for _ in 0..8 {
        orders.push(world.draft(&deal, vec![world.goods_line(&batch, 6, "75000.00", true)]).await);
    }
    let confirms =
        orders.iter().map(|order| api.mutate(&api.director, "orderConfirm", json!({ "orderId": order }), "order { id }"));
    let answers = futures::future::join_all(confirms).await;
    let done = answers.iter().filter(|answer| answer["userErrors"] == json!([])).count();
    assert_eq!(done, 3, "twenty pieces are three orders of six");
    for answer in answers.iter().filter(|answer| answer["userErrors"] != json!([])) {
        assert_eq!(refusal(answer), "BATCH_RESERVED");
    }
}

#[tokio::test]
async fn sold_goods_may_stay_and_used_ones_come_back_by_a_purchase() {
    let world = World::new().await;
    let api = &world.api;
    let (anna, boris) = (api.manager("anna").await, api.manager("boris").await);
    let batch = world.batch("С-1").await;
    let (_, order) = world.shipped_deal(&anna, "Причал", &batch, "75000.00", "1000.00").await;
    // Given two piles sold and shipped on 10 February that stay in our yard.
    let keep = json!({ "orderId": order, "warehouseId": world.warehouse });
    assert_eq!(
        refusal(&api.mutate(&boris, "orderKeep", keep.clone(), "custody { keptFrom }").await),
        "NOT_FOUND",
        "another's deal"
    );
    let kept = api.mutate(&anna, "orderKeep", keep.clone(), "custody { keptFrom warehouse { name } }").await["custody"].clone();
    assert_eq!(kept, json!({ "keptFrom": "2026-02-10", "warehouse": { "name": "Электросталь" } }));
    let list = "{ keptGoods { nodes { keptFrom order { number custody { keptFrom } } warehouse { name } } } }";
    assert_eq!(api.get(&anna, list).await["keptGoods"]["nodes"].as_array().unwrap().len(), 1);
    assert_eq!(api.get(&boris, list).await["keptGoods"]["nodes"], json!([]));
    let stock = api.get(&api.director, &format!("{{ batch(id: {batch}) {{ balance {{ pieces }} }} }}")).await;
    assert_eq!(stock["batch"]["balance"]["pieces"], 18, "they are not ours");
    // Then the customer takes them.
    api.done("orderDeliver", json!({ "orderId": order, "deliveredOn": "2026-02-20" }), "order", "custody { keptFrom }").await;
    assert_eq!(api.get(&api.director, list).await["keptGoods"]["nodes"], json!([]));
    assert_eq!(refusal(&api.mutate(&anna, "orderKeep", keep, "custody { keptFrom }").await), "ORDER_STATUS");

    // Bought back used: 40,000 for one of the two, nothing of the sale is undone.
    let used = json!({ "product": { "goods": { "profile": "Л5", "lengthM": "11.5", "condition": "USED" } } });
    let used = api.done("productCreate", used, "product", "id").await["id"].clone();
    let line = api.get(&api.director, &format!("{{ order(id: {order}) {{ lines {{ id }} }} }}")).await["order"]["lines"][0]["id"]
        .clone();
    let buy = |change: Value| {
        let mut input = json!({
            "orderId": order, "orderLineId": line, "productId": used, "warehouseId": world.warehouse, "number": "БУ-1",
            "on": "2026-03-01", "pieces": 1, "net": "40000.00", "vat": "8800.00"
        });
        input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        input
    };
    let try_buy = async |change: Value| {
        let payload = api.mutate(&api.director, "orderBuyBack", buy(change), "batch { id }").await;
        refusal(&payload).to_owned()
    };
    assert_eq!(try_buy(json!({})).await, "PARTY_MISMATCH", "the customer is no supplier yet");
    let customer =
        api.get(&api.director, &format!("{{ party(id: {}) {{ version }} }}", world.customer)).await["party"]["version"].clone();
    api.done("partyUpdate", json!({ "partyId": world.customer, "expectedVersion": customer, "isSupplier": true }), "party", "id")
        .await;
    for (change, code) in [
        (json!({ "pieces": 3 }), "RETURN_EXCEEDED"),
        (json!({ "pieces": 0 }), "AMOUNT_NOT_POSITIVE"),
        (json!({ "productId": world.goods }), "PRODUCT_MISMATCH"),
        (json!({ "on": "2026-02-09" }), "DATE_TOO_EARLY"),
        (json!({ "orderLineId": "order_line_404" }), "NOT_FOUND"),
    ] {
        assert_eq!(try_buy(change.clone()).await, code, "{change}");
    }
    let selection = "pieces cost { amount } supplier { name } parent { number } boughtBackOf { pieces order { number } soldBatch { number } }";
    let bought = api.done("orderBuyBack", buy(json!({})), "batch", selection).await;
    assert_eq!(
        bought,
        json!({ "pieces": 1, "cost": { "amount": "40000.00" }, "supplier": { "name": "Мостострой" }, "parent": null,
            "boughtBackOf": { "pieces": 1, "order": { "number": "З-000001" }, "soldBatch": { "number": "С-1" } } })
    );
    // One is left with the customer: it may be bought back or returned, not both pieces.
    assert_eq!(try_buy(json!({ "number": "БУ-2", "pieces": 2 })).await, "RETURN_EXCEEDED");
    let back = |pieces: i32| json!({ "orderId": order, "returnedOn": "2026-03-02", "reason": "Брак", "lines": [{ "orderLineId": line, "pieces": pieces }] });
    assert_eq!(refusal(&api.mutate(&api.director, "orderReturn", back(2), "orderReturn { id }").await), "RETURN_EXCEEDED");
    api.done("orderReturn", back(1), "orderReturn", "id").await;
    assert_eq!(try_buy(json!({ "number": "БУ-2" })).await, "RETURN_EXCEEDED", "the customer has none left");
}
