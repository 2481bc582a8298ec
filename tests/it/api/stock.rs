//! Stock operations through the API: moved, cut, regraded, written off, found, counted, and told both ways.

use serde_json::{Value, json};
use shpunt_domain::access::Role;

use super::refusal;
use super::world::World;

impl World {
    async fn piles(&self, length: &str, condition: &str) -> Value {
        let goods = json!({ "product": { "goods": { "profile": "Л5", "lengthM": length, "condition": condition } } });
        self.api.done("productCreate", goods, "product", "id").await["id"].clone()
    }

    async fn yard(&self) -> Value {
        self.api.done("warehouseCreate", json!({ "name": "Тверь" }), "warehouse", "id").await["id"].clone()
    }
}

#[tokio::test]
async fn a_batch_is_moved_cut_and_regraded_and_tells_where_it_came_from() {
    let world = World::new().await;
    let api = &world.api;
    let (batch, yard) = (world.batch("С-1").await, world.yard().await);
    let (seven, four, used) =
        (world.piles("7.5", "NEW").await, world.piles("4.4", "NEW").await, world.piles("7.5", "USED").await);
    // A warehouse keeper does it, and sees no cost.
    let keeper = api.user("keeper", Role::Warehouse).await;
    let moved = json!({ "batchId": batch, "pieces": 5, "warehouseId": yard, "on": "2026-02-10" });
    let moved = api
        .mutate(
            &keeper,
            "batchTransfer",
            moved,
            "batch { id number pieces warehouse { name } document { kind number } parent { number } }",
        )
        .await["batch"]
        .clone();
    assert_eq!(
        moved,
        json!({ "id": moved["id"], "number": "С-1/1", "pieces": 5, "warehouse": { "name": "Тверь" },
                "document": { "kind": "BATCH_TRANSFER", "number": "ПМ-26-00001" }, "parent": { "number": "С-1" } })
    );
    let cut = json!({
        "batchId": moved["id"], "pieces": 2, "on": "2026-02-11", "scrapMetres": "0.2",
        "parts": [{ "productId": seven, "pieces": 2 }, { "productId": four, "pieces": 2, "number": "ОСТ-1" }]
    });
    let cut = api
        .done(
            "batchCut",
            cut,
            "batchCut",
            "scrapMetres parent { id } children { id number metres cost { amount } } document { kind }",
        )
        .await;
    assert_eq!(
        cut,
        json!({ "scrapMetres": "0.200", "parent": { "id": moved["id"] }, "document": { "kind": "BATCH_CUT" }, "children": [
            { "id": cut["children"][0]["id"], "number": "С-1/1/1", "metres": "15.000", "cost": { "amount": "75630.25" } },
            { "id": cut["children"][1]["id"], "number": "ОСТ-1", "metres": "8.800", "cost": { "amount": "44369.75" } }
        ] })
    );
    let regraded = json!({ "batchId": cut["children"][0]["id"], "pieces": 1, "productId": used, "on": "2026-02-12" });
    let regraded =
        api.done("batchConvert", regraded, "batch", "id number origin { number document { kind } } product { condition }").await;
    assert_eq!(
        regraded,
        json!({ "id": regraded["id"], "number": "С-1/1/1/1", "product": { "condition": "USED" },
                "origin": { "number": "С-1", "document": { "kind": "RECEIPT" } } })
    );
    // Freight of the receipt reaches all of them: a quarter of the piles was moved.
    let freight = json!({
        "companyId": world.company, "partyId": world.carrier, "articleId": world.article("freight_in").await,
        "issuedOn": "2026-02-20", "net": "10000.00", "vat": "0.00", "basis": "METRES", "targets": [{ "batchId": batch }]
    });
    let shares =
        "shares { batch { number } amount { amount } inheritedAmount { amount } stockAmount { amount } goneAmount { amount } }";
    let bill = api.done("additionalExpensePost", freight, "additionalExpense", shares).await;
    let share = |number: &str, own: &str, inherited: &str, stock: &str, gone: &str| {
        let money = |amount: &str| json!({ "amount": amount });
        json!({ "batch": { "number": number }, "amount": money(own), "inheritedAmount": money(inherited),
                "stockAmount": money(stock), "goneAmount": money(gone) })
    };
    assert_eq!(
        bill["shares"],
        json!([
            share("С-1", "10000.00", "0.00", "7500.00", "2500.00"),
            share("С-1/1", "0.00", "2500.00", "1500.00", "1000.00"),
            share("С-1/1/1", "0.00", "630.25", "315.13", "315.12"),
            share("ОСТ-1", "0.00", "369.75", "369.75", "0.00"),
            share("С-1/1/1/1", "0.00", "315.12", "315.12", "0.00"),
        ])
    );
    // Down and up again.
    let tree = "number children { number children { number parent { id } origin { id } children { number } } }";
    let tree = api.get(&api.director, &format!("{{ batch(id: {batch}) {{ {tree} parent {{ id }} origin {{ id }} }} }}")).await;
    let leaf = |number: &str, children: Value| json!({ "number": number, "parent": { "id": moved["id"] }, "origin": { "id": batch }, "children": children });
    assert_eq!(
        tree["batch"],
        json!({ "number": "С-1", "parent": null, "origin": { "id": batch }, "children": [{ "number": "С-1/1", "children": [
            leaf("С-1/1/1", json!([{ "number": "С-1/1/1/1" }])), leaf("ОСТ-1", json!([]))
        ] }] })
    );
    let documents =
        "{ documents(filter: { kind: BATCH_CUT }) { nodes { subject { ... on Batch { number } } gross { amount } } } }";
    let documents = api.get(&api.director, documents).await;
    let whole = json!([{ "subject": { "number": "С-1/1" }, "gross": { "amount": "0.00" } }]);
    assert_eq!(documents["documents"]["nodes"], whole);
}

#[tokio::test]
async fn goods_are_written_off_found_and_counted() {
    let world = World::new().await;
    let api = &world.api;
    let batch = world.batch("С-1").await;
    let pieces = "batch { balance { pieces value { amount } } }";
    let lost = json!({
        "batchId": batch, "pieces": 1, "articleId": world.article("goods_damaged").await, "on": "2026-02-10", "reason": "Погнута"
    });
    // A buyer may, a warehouse keeper may not change what goods are worth.
    let (buyer, keeper) = (api.user("buyer", Role::Purchasing).await, api.user("keeper", Role::Warehouse).await);
    assert_eq!(api.try_mutate(&keeper, "batchWriteOff", lost.clone(), "__typename").await.codes(), ["FORBIDDEN"]);
    let left = api.mutate(&buyer, "batchWriteOff", lost, pieces).await;
    assert_eq!(left["batch"]["balance"], json!({ "pieces": 19, "value": { "amount": "1140000.00" } }));
    let found = json!({ "batchId": batch, "pieces": 2, "on": "2026-02-11", "cost": "1000.00", "reason": "За забором" });
    let left = api.mutate(&buyer, "batchSurplus", found, pieces).await;
    assert_eq!(left["batch"]["balance"], json!({ "pieces": 21, "value": { "amount": "1141000.00" } }));
    let count = json!({
        "companyId": world.company, "warehouseId": world.warehouse, "countedOn": "2026-02-12", "note": "Февраль",
        "lines": [{ "batchId": batch, "pieces": 20 }]
    });
    let selection =
        "id countedOn note warehouse { name } company { name } document { kind subject { ... on StockCount { note } } }
        lines { bookPieces countedPieces metres cost { amount } batch { number } }";
    let counted = api.done("stockCountRecord", count.clone(), "stockCount", selection).await;
    assert_eq!(
        counted,
        json!({
            "id": "stock_count_1", "countedOn": "2026-02-12", "note": "Февраль", "warehouse": { "name": "Электросталь" },
            "company": { "name": "ООО «Шпунт»" }, "document": { "kind": "STOCK_COUNT", "subject": { "note": "Февраль" } },
            "lines": [{ "bookPieces": 21, "countedPieces": 20, "metres": "-12.000", "cost": { "amount": "-54333.33" },
                        "batch": { "number": "С-1" } }]
        })
    );
    let seen = format!(
        "{{ node(id: {}) {{ ... on StockCount {{ countedOn }} }} stockCounts(warehouseId: {}) {{ nodes {{ id }} }} }}",
        counted["id"], world.warehouse
    );
    let seen = api.get(&keeper, &seen).await;
    assert_eq!(seen, json!({ "node": { "countedOn": "2026-02-12" }, "stockCounts": { "nodes": [{ "id": "stock_count_1" }] } }));
    let cost = "{ stockCounts { nodes { lines { cost { amount } } } } }";
    assert_eq!(api.ask(&keeper, cost).await.codes(), ["FORBIDDEN"]);
}

#[tokio::test]
async fn a_bad_operation_is_refused_with_its_field() {
    let world = World::new().await;
    let api = &world.api;
    let (batch, seven, used) = (world.batch("С-1").await, world.piles("7.5", "NEW").await, world.piles("7.5", "USED").await);
    let yard = world.yard().await;
    let before = world.rows().await;
    let moved = |pieces: i32, to: &Value, on: &str| json!({ "batchId": batch, "pieces": pieces, "warehouseId": to, "on": on });
    let cut = |parts: Value, scrap: &str| json!({ "batchId": batch, "pieces": 1, "on": "2026-02-10", "parts": parts, "scrapMetres": scrap });
    let count =
        |lines: Value| json!({ "companyId": world.company, "warehouseId": yard, "countedOn": "2026-02-10", "lines": lines });
    let mut elsewhere = Vec::new();
    for (field, input, code, path) in [
        ("batchTransfer", moved(0, &yard, "2026-02-10"), "AMOUNT_NOT_POSITIVE", Some("pieces")),
        ("batchTransfer", moved(1, &world.warehouse, "2026-02-10"), "INVALID_INPUT", Some("warehouseId")),
        ("batchTransfer", moved(21, &yard, "2026-02-10"), "BATCH_SHORT", Some("pieces")),
        ("batchTransfer", moved(1, &yard, "2026-01-31"), "BATCH_SHORT", Some("pieces")),
        ("batchTransfer", moved(1, &json!("warehouse_404"), "2026-02-10"), "NOT_FOUND", Some("warehouseId")),
        ("batchCut", cut(json!([]), "12"), "INVALID_INPUT", Some("parts")),
        ("batchCut", cut(json!([{ "productId": seven, "pieces": 0 }]), "12"), "AMOUNT_NOT_POSITIVE", Some("parts/0/pieces")),
        ("batchCut", cut(json!([{ "productId": used, "pieces": 1 }]), "4.5"), "PRODUCT_MISMATCH", Some("parts/0/productId")),
        ("batchCut", cut(json!([{ "productId": seven, "pieces": 1 }]), "-4.5"), "INVALID_INPUT", Some("scrapMetres")),
        ("batchCut", cut(json!([{ "productId": seven, "pieces": 2 }]), "0"), "LENGTH_MISMATCH", Some("parts/0/productId")),
        (
            "batchConvert",
            json!({ "batchId": batch, "pieces": 1, "productId": used, "on": "2026-02-10" }),
            "PRODUCT_MISMATCH",
            Some("productId"),
        ),
        (
            "batchWriteOff",
            json!({ "batchId": batch, "pieces": 1, "articleId": world.article("rent").await, "on": "2026-02-10", "reason": "x" }),
            "ARTICLE_MISMATCH",
            Some("articleId"),
        ),
        (
            "batchSurplus",
            json!({ "batchId": batch, "pieces": 1, "on": "2026-02-10", "reason": " " }),
            "INVALID_INPUT",
            Some("reason"),
        ),
        ("stockCountRecord", count(json!([])), "INVALID_INPUT", Some("lines")),
        ("stockCountRecord", count(json!([{ "batchId": batch, "pieces": -1 }])), "INVALID_INPUT", Some("lines/0/pieces")),
        ("stockCountRecord", count(json!([{ "batchId": batch, "pieces": 1 }])), "BATCH_MISMATCH", Some("lines/0/batchId")),
    ] {
        let payload = api.mutate(&api.director, field, input.clone(), "__typename").await;
        assert_eq!(refusal(&payload), code, "{field} {input}");
        let at = payload["userErrors"][0]["path"]
            .as_array()
            .map(|path| path.iter().map(|part| part.as_str().unwrap()).collect::<Vec<_>>().join("/"));
        if at != path.map(|path| format!("input/{path}")) {
            elsewhere.push(format!("{field} {input}: {at:?}, not {path:?}"));
        }
    }
    assert!(elsewhere.is_empty(), "{}", elsewhere.join("\n"));
    assert_eq!(world.rows().await, before);
}

#[tokio::test]
async fn scrap_is_kept_at_a_value_by_whoever_may_see_cost_and_is_sold_by_weight() {
    let world = World::new().await;
    let api = &world.api;
    let batch = world.batch("С-1").await;
    let (eleven, scrap) = (world.piles("11", "NEW").await, world.piles("0.5", "SCRAP").await);
    let keeper = api.user("keeper", Role::Warehouse).await;
    // Ten metres of a pile at 60,000: 1 m of 12 is left, of which 0.5 m or 0.05 t at 20,000 a tonne.
    let cut = json!({
        "batchId": batch, "pieces": 1, "on": "2026-02-10", "scrapMetres": "1", "parts": [{ "productId": eleven, "pieces": 1 }],
        "scrap": { "productId": scrap, "pieces": 1, "worth": { "pricePerTonne": "20000" }, "number": "ЛОМ-1" }
    });
    assert_eq!(api.try_mutate(&keeper, "batchCut", cut.clone(), "batchCut { scrapMetres }").await.codes(), ["FORBIDDEN"]);
    let done = api
        .done(
            "batchCut",
            cut,
            "batchCut",
            "children { cost { amount } } scrap { id number metres cost { amount } product { condition } }",
        )
        .await;
    assert_eq!(
        done,
        json!({ "children": [{ "cost": { "amount": "59000.00" } }],
                "scrap": { "id": done["scrap"]["id"], "number": "ЛОМ-1", "metres": "0.500", "cost": { "amount": "1000.00" },
                           "product": { "condition": "SCRAP" } } })
    );
    let deal = world.deal("Лом", None).await;
    let mut line = world.goods_line(&done["scrap"]["id"], 1, "24400.00", true);
    line["productId"] = scrap;
    let order = world.order(&deal, vec![line]).await;
    api.done("orderShip", json!({ "orderId": order, "shippedOn": "2026-02-12" }), "order", "id").await;
    let margin = format!("{{ order(id: {order}) {{ margin {{ revenue cogs }} }} }}");
    assert_eq!(api.get(&api.director, &margin).await["order"]["margin"], json!({ "revenue": "1000.00", "cogs": "1000.00" }));
}
