//! Bad input: each gives its code, says what to do, and changes nothing.

use serde_json::{Value, json};

use super::refusal;
use super::world::World;

/// `input` with one field changed.
fn with(input: &Value, field: &str, value: Value) -> Value {
    let mut input = input.clone();
    input[field] = value;
    input
}

/// Where in the input the first error lies.
fn place(payload: &Value) -> Option<String> {
    let path = payload["userErrors"][0]["path"].as_array()?;
    Some(path[1..].iter().map(|part| part.as_str().unwrap()).collect::<Vec<_>>().join("/"))
}

#[tokio::test]
async fn refusals_of_the_business() {
    let world = World::new().await;
    let api = &world.api;
    let batch = world.batch("С-1").await;
    let deal = world.deal("Сделка", None).await;
    let ready = world.order(&deal, vec![world.goods_line(&batch, 20, "75000.00", true)]).await;
    let too_much = world.draft(&deal, vec![world.goods_line(&batch, 21, "75000.00", true)]).await;
    let stranger = json!({ "name": "Чужой", "isCustomer": true });
    let stranger = api.done("partyCreate", stranger, "party", "id").await["id"].clone();
    let payment = world.payment(json!({ "orderId": ready }), "2026-02-20", "100.00").await;
    let order = json!({ "dealId": deal, "plannedOn": "2026-02-10", "lines": [world.service_line("1.00")] });
    let ship = json!({ "orderId": ready, "shippedOn": "2026-02-10" });
    let receipt = world.receipt("С-2");
    let regime = |from: &str| json!({ "companyId": world.company, "validFrom": from, "regime": "USN_5" });
    let of_the_database: Vec<String> = sqlx::query_scalar(
        "select conname::text from pg_constraint union select relname::text from pg_class where relkind = 'i'",
    )
    .fetch_all(&world.test().db)
    .await
    .unwrap();
    let before = world.rows().await;
    let mut elsewhere = Vec::new();
    for (field, input, code, path) in [
        ("orderConfirm", json!({ "orderId": too_much }), "BATCH_SHORT", None),
        ("orderShip", with(&ship, "shippedOn", json!("2026-03-03")), "DATE_IN_FUTURE", Some("shippedOn")),
        ("orderShip", with(&ship, "shippedOn", json!("2024-12-31")), "DATE_BEFORE_FIRST_DAY", Some("shippedOn")),
        ("orderShip", with(&ship, "shippedOn", json!("2026-01-31")), "BATCH_SHORT", None),
        ("orderShip", with(&ship, "orderId", json!("order_404")), "NOT_FOUND", Some("orderId")),
        ("orderDeliver", json!({ "orderId": ready }), "ORDER_STATUS", Some("orderId")),
        ("paymentRecord", with(&payment, "partyId", stranger), "PARTY_MISMATCH", Some("partyId")),
        ("paymentRecord", with(&payment, "amount", json!("-100.00")), "AMOUNT_NOT_POSITIVE", Some("amount")),
        ("paymentRecord", with(&payment, "amount", json!("0.005")), "INVALID_INPUT", Some("amount")),
        ("paymentRecord", with(&payment, "paidOn", json!("2026-03-03")), "DATE_IN_FUTURE", Some("paidOn")),
        ("paymentRecord", with(&payment, "target", json!({ "orderId": "order_404" })), "NOT_FOUND", Some("target/orderId")),
        ("paymentRecord", with(&payment, "target", json!(null)), "ARTICLE_MISMATCH", Some("articleId")),
        (
            "paymentRecord",
            with(&payment, "target", json!({ "partyId": world.supplier })),
            "INVALID_INPUT",
            Some("target/partyId"),
        ),
        ("orderCreate", with(&order, "dealId", json!("deal_404")), "NOT_FOUND", Some("dealId")),
        ("orderCreate", with(&order, "plannedOn", json!("9999-12-31")), "INVALID_INPUT", Some("plannedOn")),
        ("orderCreate", with(&order, "lines", json!([])), "INVALID_INPUT", Some("lines")),
        (
            "orderCreate",
            with(&order, "lines", json!([world.service_line("1.00"), world.goods_line(&batch, -1, "1.00", true)])),
            "AMOUNT_NOT_POSITIVE",
            Some("lines/1/pieces"),
        ),
        ("batchReceive", with(&receipt, "number", json!("С-1")), "ALREADY_EXISTS", Some("number")),
        ("batchReceive", with(&receipt, "net", json!("0.00")), "AMOUNT_NOT_POSITIVE", Some("net")),
        ("batchReceive", with(&receipt, "productId", world.service.clone()), "NOT_FOUND", Some("productId")),
        ("batchReceive", with(&receipt, "warehouseId", json!("warehouse_404")), "NOT_FOUND", Some("warehouseId")),
        ("batchReceive", with(&receipt, "supplierId", world.customer.clone()), "PARTY_MISMATCH", Some("supplierId")),
        ("batchReceive", with(&receipt, "vat", json!("1200000.01")), "INVALID_INPUT", Some("vat")),
        ("batchReceive", with(&receipt, "tonnesWeighed", json!("0.0000001")), "INVALID_INPUT", Some("tonnesWeighed")),
        ("batchReceive", with(&receipt, "receivedOn", json!("2026-03-03")), "DATE_IN_FUTURE", Some("receivedOn")),
        ("dealStageMove", json!({ "dealId": deal, "stage": "NEW_LEAD" }), "STAGE_UNKNOWN", Some("stage")),
        ("dealStageMove", json!({ "dealId": deal, "stage": "LOST" }), "LOST_REASON_REQUIRED", None),
        ("partyCreate", json!({ "name": "Никто" }), "INVALID_INPUT", Some("isCustomer")),
        ("partyCreate", json!({ "name": "\u{200b}", "isCustomer": true }), "INVALID_INPUT", Some("name")),
        ("partyCreate", json!({ "name": "Кто", "isCustomer": true, "inn": "12" }), "INVALID_INPUT", Some("inn")),
        (
            "productCreate",
            json!({ "product": { "goods": { "profile": "Л99", "lengthM": "12", "condition": "NEW" } } }),
            "NOT_FOUND",
            Some("product/goods/profile"),
        ),
        ("companyRegimeAdd", regime("2025-01-01"), "ALREADY_EXISTS", None),
        ("companyRegimeAdd", regime("2024-12-31"), "DATE_BEFORE_FIRST_DAY", None),
        ("companyRegimeAdd", regime("0001-01-01"), "INVALID_INPUT", Some("validFrom")),
        ("companyRegimeAdd", regime("2149-01-01"), "INVALID_INPUT", Some("validFrom")),
        (
            "companyCreate",
            json!({ "name": "Старая", "inn": "7701000009", "firstDay": "1999-12-31", "regime": "OSNO" }),
            "INVALID_INPUT",
            Some("firstDay"),
        ),
        ("warehouseCreate", json!({ "name": "Электросталь" }), "ALREADY_EXISTS", Some("name")),
        (
            "userAdd",
            json!({ "login": "director", "name": "Д", "role": "MANAGER", "password": "correct horse" }),
            "ALREADY_EXISTS",
            None,
        ),
    ] {
        let payload = api.mutate(&api.director, field, input.clone(), "__typename").await;
        assert_eq!(refusal(&payload), code, "{field} {input}");
        // A name out of the database says nothing to whoever is to mend it.
        let message = payload["userErrors"][0]["message"].as_str().unwrap();
        assert!(!of_the_database.iter().any(|name| message.contains(name)), "{field} {input}: {message}");
        let at = place(&payload);
        elsewhere.extend((at != path.map(str::to_owned)).then(|| format!("{field} {input}: {at:?}, not {path:?}")));
    }
    assert!(elsewhere.is_empty(), "{}", elsewhere.join("\n"));
    // What follows from several fields is too large, so no one of them is at fault.
    let much = json!("9000000000000000.00");
    let large = with(&with(&receipt, "net", much.clone()), "vat", much);
    let large = api.mutate(&api.director, "batchReceive", large, "__typename").await;
    assert_eq!((refusal(&large), &large["userErrors"][0]["path"]), ("INVALID_INPUT", &json!(["input"])));
    assert!(large["userErrors"][0]["message"].as_str().unwrap().contains("look for a price or quantity with too many digits"));
    assert_eq!(world.rows().await, before);
}

#[tokio::test]
async fn values_that_are_none() {
    let world = World::new().await;
    let api = &world.api;
    let deal = world.deal("Сделка", None).await;
    let payment = world.payment(json!({ "dealId": deal }), "2026-02-20", "100.00").await;
    let before = world.rows().await;
    for (field, input, hint) in [
        ("paymentRecord", with(&payment, "amount", json!(100)), "such as \"1250.00\""),
        ("paymentRecord", with(&payment, "amount", json!(100.5)), "such as \"1250.00\""),
        ("paymentRecord", with(&payment, "amount", json!("1e3")), "such as \"1250.00\""),
        ("paymentRecord", with(&payment, "amount", json!("1 000,00")), "such as \"1250.00\""),
        ("paymentRecord", with(&payment, "paidOn", json!("20.02.2026")), "such as \"2026-03-02\""),
        ("paymentRecord", with(&payment, "idempotencyKey", json!("again")), "such as \"6f1b0f2e"),
        ("paymentRecord", with(&payment, "cashAccountId", json!("7")), "not the id of a cash account"),
        ("paymentRecord", with(&payment, "cashAccountId", deal.clone()), "not the id of a cash account"),
        ("paymentRecord", with(&payment, "target", json!({ "dealId": deal, "orderId": "order_1" })), ""),
        ("paymentRecord", with(&payment, "direction", json!("SIDEWAYS")), "PaymentDirection"),
        ("dealStageMove", json!({ "dealId": deal, "stage": "DREAMING" }), "DealStage"),
        ("orderShip", json!({ "orderId": "order_1" }), "shippedOn"),
        ("dealStageMove", json!({ "dealId": deal, "stage": "WON", "why": "x" }), "why"),
    ] {
        let answer = api.try_mutate(&api.director, field, input.clone(), "__typename").await;
        assert_eq!(answer.codes(), ["BAD_USER_INPUT"], "{field} {input}: {}", answer.json);
        assert!(answer.message().contains(hint), "{field} {input}: {}", answer.message());
    }
    assert_eq!(world.rows().await, before);
}

#[tokio::test]
async fn pages_that_are_too_long_and_cursors_of_others() {
    let world = World::new().await;
    let api = &world.api;
    for (query, says) in [
        ("{ deals(first: 101) { nodes { id } } }", "1 to 100"),
        ("{ deals(first: 0) { nodes { id } } }", "1 to 100"),
        ("{ orders(first: -1) { nodes { id } } }", "1 to 100"),
        ("{ ledgerEntries(filter: {}, first: 500) { nodes { id } } }", "1 to 100"),
        ("{ deals(after: \"x\") { nodes { id } } }", "not a cursor"),
        ("{ node(id: \"42\") { id } }", "not an id"),
        ("{ node(id: \"dream_42\") { id } }", "not an id"),
        ("{ ledgerEntries(filter: { accounts: [\"gold\"] }) { nodes { id } } }", "no account `gold`"),
    ] {
        let answer = api.ask(&api.director, query).await;
        assert_eq!(answer.codes(), ["BAD_USER_INPUT"], "{query}: {}", answer.json);
        assert!(answer.message().contains(says), "{query}: {}", answer.message());
    }
    // A page walks to the end, each row once.
    for number in 0..5 {
        world.deal(&format!("Сделка {number}"), None).await;
    }
    let (mut seen, mut after) = (Vec::new(), json!(null));
    loop {
        let query = format!(
            "{{ deals(first: 2, after: {after}) {{ nodes {{ title }} edges {{ cursor }} pageInfo {{ hasNextPage hasPreviousPage endCursor }} }} }}"
        );
        let page = api.get(&api.director, &query).await["deals"].clone();
        assert_eq!(page["pageInfo"]["hasPreviousPage"], !after.is_null());
        seen.extend(page["nodes"].as_array().unwrap().iter().map(|node| node["title"].as_str().unwrap().to_owned()));
        assert_eq!(page["edges"].as_array().unwrap().last().unwrap()["cursor"], page["pageInfo"]["endCursor"]);
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    let other = format!("{{ orders(after: {after}) {{ nodes {{ id }} }} }}");
    let answer = api.ask(&api.director, &other).await;
    assert_eq!(answer.codes(), ["BAD_USER_INPUT"]);
    assert!(answer.message().contains("not a cursor of this list; take it from its pageInfo.endCursor"), "{}", answer.message());
    // Variables that are not sent leave the defaults of the arguments.
    let query = "query($first: Int, $after: String, $filter: DealFilter) { deals(first: $first, after: $after, filter: $filter) { nodes { id } } }";
    assert_eq!(api.get(&api.director, query).await["deals"]["nodes"].as_array().unwrap().len(), 5);
    assert_eq!(seen, ["Сделка 4", "Сделка 3", "Сделка 2", "Сделка 1", "Сделка 0"]);
}

#[tokio::test]
async fn number_0_is_no_row() {
    let world = World::new().await;
    let api = &world.api;
    for query in [
        "{ deals(filter: { managerId: \"employee_0\" }) { nodes { id } } }",
        "{ orders(filter: { customerId: \"party_0\" }) { nodes { id } } }",
        "{ batches(filter: { warehouseId: \"warehouse_0\" }) { nodes { id } } }",
        "{ deal(id: \"deal_0\") { id } }",
    ] {
        let answer = api.ask(&api.director, query).await;
        assert_eq!(answer.codes(), ["BAD_USER_INPUT"], "{query}");
        assert!(answer.message().contains("pass an id as the API gave it, such as"), "{}", answer.message());
    }
    let input = json!({ "companyId": world.company, "title": "Причал", "channelId": world.channel, "managerId": "employee_0" });
    let query = "mutation($input: DealCreateInput!) { dealCreate(input: $input) { deal { id } } }";
    assert_eq!(api.send(Some(&api.director), query, json!({ "input": input })).await.codes(), ["BAD_USER_INPUT"]);
    // Where reports give such keys themselves, they take them back: only the reports are not there.
    for query in [
        "{ ledgerEntries(filter: { dealId: \"deal_0\", channelId: \"channel_0\" }) { nodes { id } } }",
        "{ funnelReport(groupBy: MANAGER, period: { from: \"2026-01-01\", to: \"2026-01-31\" }, filter: { managerId: \"employee_0\" }) { __typename } }",
    ] {
        let answer = api.ask(&api.director, query).await;
        assert!(!answer.codes().contains(&"BAD_USER_INPUT"), "{query}: {}", answer.message());
    }
}
