//! Directories changed and retired: what was read is what is changed, and new documents do not name what is no longer in use.

use serde_json::{Value, json};
use shpunt_domain::access::Role;

use super::refusal;
use super::world::World;

/// Changes a row at a version; the payload as it is.
async fn change(world: &World, mutation: &str, input: Value) -> Value {
    world.api.mutate(&world.api.director, mutation, input, "consistencyToken").await
}

/// Retires a fresh row.
async fn retire(world: &World, mutation: &str, id: &str, of: &Value) {
    let payload = change(world, mutation, json!({ id: of, "expectedVersion": 1, "isActive": false })).await;
    assert_eq!(payload["userErrors"], json!([]), "{mutation}");
}

/// The code of the only error and where it is.
async fn refused(world: &World, mutation: &str, input: Value) -> (String, Value) {
    let errors = "consistencyToken";
    let payload = world.api.mutate(&world.api.director, mutation, input, errors).await;
    (refusal(&payload).to_owned(), payload["userErrors"][0]["path"].clone())
}

#[tokio::test]
async fn whoever_read_an_old_row_is_shown_the_new_one() {
    let world = World::new().await;
    let api = &world.api;
    let contact = json!({ "partyId": world.customer, "name": "Иван" });
    let contact = api.done("contactAdd", contact, "contact", "id").await["id"].clone();
    let group = api.done("customerGroupCreate", json!({ "name": "Опт" }), "customerGroup", "id").await["id"].clone();
    let person = api.done("employeeAdd", json!({ "name": "Пётр" }), "employee", "id").await["id"].clone();
    let rows = [
        ("companyUpdate", "companyId", "Company", &world.company),
        ("productUpdate", "productId", "Product", &world.service),
        ("channelUpdate", "channelId", "Channel", &world.channel),
        ("warehouseUpdate", "warehouseId", "Warehouse", &world.warehouse),
        ("cashAccountUpdate", "cashAccountId", "CashAccount", &world.cash_account),
        ("contactUpdate", "contactId", "Contact", &contact),
        ("customerGroupUpdate", "customerGroupId", "CustomerGroup", &group),
        ("employeeUpdate", "employeeId", "Employee", &person),
    ];
    for (mutation, key, kind, id) in rows {
        let named = json!({ key: id, "expectedVersion": 1, "name": "Новое имя" });
        assert_eq!(change(&world, mutation, named.clone()).await["userErrors"], json!([]), "{mutation}");
        let (first, rest) = mutation.split_at(1);
        let query = format!(
            "mutation($input: {}{rest}Input!) {{ done: {mutation}(input: $input) {{ userErrors {{ code
             ... on VersionConflictError {{ current {{ __typename ... on {kind} {{ name version }} }} }} }} }} }}",
            first.to_uppercase()
        );
        let answer = api.send(Some(&api.director), &query, json!({ "input": named })).await;
        let error = &answer.data()["done"]["userErrors"][0];
        assert_eq!(error["code"], "VERSION_CONFLICT", "{mutation}: {}", answer.json);
        assert_eq!(error["current"], json!({ "__typename": kind, "name": "Новое имя", "version": 2 }), "{mutation}");
    }
    let gone = json!({ "contactId": contact, "expectedVersion": 2 });
    let left = api.done("contactDelete", gone, "party", "contacts { name }").await;
    assert_eq!(left["contacts"], json!([]));
}

#[tokio::test]
async fn new_documents_do_not_name_what_is_retired() {
    let world = World::new().await;
    let api = &world.api;
    let batch = world.batch("В-1").await;
    let deal = world.deal("Мост", None).await;
    let order = world.draft(&deal, vec![world.goods_line(&batch, 1, "75000.00", true)]).await;
    let payment = world.payment(json!({ "dealId": deal }), "2026-02-05", "100.00").await;
    let person = api.done("employeeAdd", json!({ "name": "Пётр" }), "employee", "id").await["id"].clone();
    for (mutation, key, id) in [
        ("productUpdate", "productId", &world.goods),
        ("channelUpdate", "channelId", &world.channel),
        ("cashAccountUpdate", "cashAccountId", &world.cash_account),
        ("employeeUpdate", "employeeId", &person),
    ] {
        retire(&world, mutation, key, id).await;
    }
    let code = |at: &[&str]| ("NOT_ACTIVE".to_owned(), json!(at));
    let line = world.goods_line(&batch, 1, "75000.00", true);
    let new = json!({ "dealId": deal, "plannedOn": "2026-02-10", "lines": [line.clone()] });
    assert_eq!(refused(&world, "orderCreate", new).await, code(&["input", "lines", "0", "productId"]));
    assert_eq!(refused(&world, "batchReceive", world.receipt("В-2")).await, code(&["input", "productId"]));
    assert_eq!(refused(&world, "paymentRecord", payment).await, code(&["input", "cashAccountId"]));
    let lead = json!({ "companyId": world.company, "title": "Лид", "channelId": world.channel });
    assert_eq!(refused(&world, "dealCreate", lead).await, code(&["input", "channelId"]));
    let over = json!({ "dealId": deal, "managerId": person });
    assert_eq!(refused(&world, "dealHandOver", over).await, code(&["input", "managerId"]));
    // What named it before goes on: the draft is revised and confirmed, the deal keeps its channel.
    let revise = json!({ "orderId": order, "expectedVersion": 1, "lines": [line] });
    api.done("orderRevise", revise, "order", "lines { product { name isActive } }").await;
    api.done("orderConfirm", json!({ "orderId": order }), "order", "id").await;
    let kept = json!({ "dealId": deal, "expectedVersion": 1, "title": "Мост 2" });
    api.done("dealUpdate", kept, "deal", "channel { name isActive }").await;
    // The goods are in use again, the yard is not.
    let again = json!({ "productId": world.goods, "expectedVersion": 2, "isActive": true });
    assert_eq!(change(&world, "productUpdate", again).await["userErrors"], json!([]));
    retire(&world, "warehouseUpdate", "warehouseId", &world.warehouse).await;
    assert_eq!(refused(&world, "batchReceive", world.receipt("В-2")).await, code(&["input", "warehouseId"]));
    let lists = "{ all: warehouses { id } used: warehouses(isActive: true) { id } gone: warehouses(isActive: false) { id }
        channels(isActive: false) { id } cashAccounts(isActive: true) { id } employees(isActive: false) { name }
        products(isActive: false) { nodes { id } } }";
    let seen = api.get(&api.director, lists).await;
    let (gone, none) = (json!([{ "id": world.warehouse }]), json!([]));
    assert_eq!((&seen["all"], &seen["used"], &seen["gone"]), (&gone, &none, &gone));
    assert_eq!((&seen["channels"], &seen["cashAccounts"]), (&json!([{ "id": world.channel }]), &none));
    assert_eq!((&seen["employees"], &seen["products"]["nodes"]), (&json!([{ "name": "Пётр" }]), &none));
}

#[tokio::test]
async fn an_order_that_has_not_left_is_put_off() {
    let world = World::new().await;
    let api = &world.api;
    let batch = world.batch("В-1").await;
    let deal = world.deal("Мост", None).await;
    let order = world.order(&deal, vec![world.goods_line(&batch, 1, "75000.00", true)]).await;
    let to = json!({ "orderId": order, "expectedVersion": 2, "plannedOn": "2026-02-20", "vehicle": "В456ОР77" });
    let put_off = api.done("orderReschedule", to.clone(), "order", "plannedOn vehicle version status").await;
    assert_eq!(put_off, json!({ "plannedOn": "2026-02-20", "vehicle": "В456ОР77", "version": 3, "status": "CONFIRMED" }));
    assert_eq!(refused(&world, "orderReschedule", to).await.0, "VERSION_CONFLICT");
    // A step at an older version is refused, one that names none is as before.
    let stale = json!({ "orderId": order, "shippedOn": "2026-02-10", "expectedVersion": 2 });
    assert_eq!(refused(&world, "orderShip", stale).await.0, "VERSION_CONFLICT");
    let key = "0d8a4a2e-5a86-4b0c-9d4c-6d9d0f3a4b11";
    let ship =
        |version: i32| json!({ "orderId": order, "shippedOn": "2026-02-10", "expectedVersion": version, "idempotencyKey": key });
    let shipped = api.done("orderShip", ship(3), "order", "id version").await;
    assert_eq!(api.done("orderShip", ship(3), "order", "id version").await, shipped, "the same key and version again");
    assert_eq!(refused(&world, "orderShip", ship(2)).await.0, "IDEMPOTENCY_CONFLICT", "another version is another input");
    let late = json!({ "orderId": order, "expectedVersion": 4, "plannedOn": "2026-02-21" });
    assert_eq!(refused(&world, "orderReschedule", late).await.0, "ORDER_STATUS");
}

#[tokio::test]
async fn a_party_tells_its_group_and_a_limit_goes_as_it_came() {
    let world = World::new().await;
    let api = &world.api;
    let group = api.done("customerGroupCreate", json!({ "name": "Опт" }), "customerGroup", "id").await["id"].clone();
    let set = json!({ "customerId": world.customer, "customerGroupId": group });
    api.done("partyGroupSet", set, "partyGroup", "customerGroupId").await;
    let parties = api.get(&api.director, "{ parties { nodes { name customerGroup { name } } } }").await;
    assert_eq!(parties["parties"]["nodes"][0], json!({ "name": "Мостострой", "customerGroup": { "name": "Опт" } }));
    assert_eq!(parties["parties"]["nodes"][1]["customerGroup"], Value::Null);
    let clerk = api.user("store", Role::Warehouse).await;
    let hidden = api.ask(&clerk, "{ parties { nodes { customerGroup { name } } } }").await;
    assert_eq!(hidden.codes(), ["FORBIDDEN"]);
    let limit = json!({ "role": "LOGISTICS", "percent": "2.5" });
    let made = api.done("discountLimitSet", limit, "discountLimit", "role percent").await;
    assert_eq!(made, json!({ "role": "LOGISTICS", "percent": "2.50" }));
    let all = "{ discountLimits { role percent } }";
    assert!(api.get(&api.director, all).await["discountLimits"].as_array().unwrap().contains(&made));
    api.mutate(&api.director, "discountLimitSet", json!({ "role": "LOGISTICS" }), "discountLimit { role }").await;
    assert!(!api.get(&api.director, all).await["discountLimits"].as_array().unwrap().contains(&made));
}

#[tokio::test]
async fn nothing_is_dated_into_years_the_books_do_not_know() {
    let world = World::new().await;
    let contract = json!({
        "companyId": world.company, "partyId": world.customer, "kind": "SALE", "number": "П-2", "signedOn": "0203-01-15"
    });
    let at = |path: &str| ("INVALID_INPUT".to_owned(), json!(["input", path]));
    assert_eq!(refused(&world, "contractCreate", contract).await, at("signedOn"));
    let deal = world.deal("Мост", None).await;
    let task = json!({ "dealId": deal, "title": "Позвонить", "dueAt": "2201-01-15T10:00:00Z" });
    assert_eq!(refused(&world, "dealTaskAdd", task).await, at("dueAt"));
}
