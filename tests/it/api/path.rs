//! From a lead to money by mutations only, with the numbers checked.

use serde_json::{Value, json};

use super::refusal;
use super::world::World;

async fn balance(world: &World, account: &str) -> String {
    sqlx::query_scalar::<_, String>("select coalesce(sum(amount), 0)::text from ledger_entry where account = $1")
        .bind(account)
        .fetch_one(&world.test().db)
        .await
        .unwrap()
}

/// A call becomes a deal with a customer and a contract.
async fn contracted(world: &World) -> Value {
    let api = &world.api;
    // A call: neither customer nor contract is known.
    let lead = json!({ "companyId": world.company, "title": "Шпунт на причал", "channelId": world.channel, "contactPhone": "+7 900 000-00-00" });
    let lead = api.done("dealCreate", lead, "deal", "id stage version customer { id } contactPhone").await;
    assert_eq!((&lead["stage"], &lead["customer"]), (&json!("NEW_LEAD"), &json!(null)));
    let deal = lead["id"].clone();
    let early = json!({ "dealId": deal, "stage": "CONTRACT" });
    let refused = api.mutate(&api.director, "dealStageMove", early.clone(), "deal { id }").await;
    assert_eq!((refusal(&refused), &refused["deal"]), ("PARTY_REQUIRED", &json!(null)));
    let known = json!({
        "dealId": deal, "expectedVersion": 1, "customerId": world.customer, "contractId": world.contract,
        "needTonnes": "18", "needAmount": "1390000.00", "plannedMargin": "200000.00"
    });
    let known = api
        .done(
            "dealUpdate",
            known,
            "deal",
            "version customer { name } contactPhone title needTonnes needAmount { amount currency }",
        )
        .await;
    assert_eq!(
        known,
        json!({
            "version": 2, "customer": { "name": "Мостострой" }, "contactPhone": "+7 900 000-00-00", "title": "Шпунт на причал",
            "needTonnes": "18.000000", "needAmount": { "amount": "1390000.00", "currency": "RUB" }
        })
    );
    api.done("dealStageMove", early, "deal", "stage").await;
    deal
}

/// A batch, and two trucks of a deal that was prepaid: the first pays itself off from the advance, the second partly.
async fn shipped(world: &World, deal: &Value) -> (Value, Value, Value) {
    let api = &world.api;
    let batch = world.batch("С-1").await;
    let fixed = vec![world.goods_line(&batch, 5, "75000.00", true), world.service_line("30000.00")];
    let first = world.order(deal, fixed).await;
    let second = world.order(deal, vec![world.goods_line(&batch, 10, "62000.00", false)]).await;
    let advance = world.payment(json!({ "dealId": deal }), "2026-02-05", "500000.00").await;
    api.done("paymentRecord", advance, "payment", "id").await;
    let held = api
        .get(
            &api.director,
            &format!("{{ deal(id: {deal}) {{ settlements {{ kind side open {{ amount }} openVat {{ amount }} }} }} }}"),
        )
        .await;
    assert_eq!(
        held["deal"]["settlements"],
        json!([{ "kind": "ADVANCE", "side": "CUSTOMER", "open": { "amount": "500000.00" }, "openVat": { "amount": "90163.93" } }])
    );

    let shipped = "status shippedOn net { amount } vat { amount } gross { amount } document { number kind }
        lines { line tonnesTheoretical quantity net { amount } product { name } batch { number } }";
    let ship = json!({ "orderId": first, "shippedOn": "2026-02-10" });
    let ship = api.done("orderShip", ship, "order", shipped).await;
    assert_eq!(
        ship,
        json!({
            "status": "SHIPPED", "shippedOn": "2026-02-10", "net": { "amount": "393442.62" }, "vat": { "amount": "86557.38" },
            "gross": { "amount": "480000.00" }, "document": { "number": "УПД-26-00001", "kind": "SHIPMENT" },
            "lines": [
                { "line": 1, "tonnesTheoretical": "6.000000", "quantity": "6.000000", "net": { "amount": "368852.46" },
                  "product": { "name": "Шпунт Л5, 12 м, новый" }, "batch": { "number": "С-1" } },
                { "line": 2, "tonnesTheoretical": null, "quantity": "1.000000", "net": { "amount": "24590.16" },
                  "product": { "name": "Доставка" }, "batch": null }
            ]
        })
    );
    let ship = json!({ "orderId": second, "shippedOn": "2026-02-12" });
    assert_eq!(api.done("orderShip", ship, "order", "gross { amount }").await["gross"]["amount"], "907680.00");
    api.done("orderDeliver", json!({ "orderId": first, "deliveredOn": "2026-02-11" }), "order", "deliveredOn").await;
    (batch, first, second)
}

#[tokio::test]
async fn from_a_lead_to_money() {
    let world = World::new().await;
    let api = &world.api;
    let deal = contracted(&world).await;
    let (batch, first, second) = shipped(&world, &deal).await;
    let freight = world.freight(&first, "2026-02-11", "40000.00", "8800.00").await;
    let freight = api
        .done(
            "orderExpenseAdd",
            freight,
            "orderExpense",
            "net { amount } article { code name } party { name } order { number } document { kind gross { amount } }",
        )
        .await;
    assert_eq!(
        freight,
        json!({
            "net": { "amount": "40000.00" }, "article": { "code": "freight", "name": "Доставка до покупателя" },
            "party": { "name": "Грузовоз" }, "order": { "number": "З-000001" },
            "document": { "kind": "ORDER_EXPENSE", "gross": { "amount": "48800.00" } }
        })
    );
    let rest = world.payment(json!({ "orderId": second }), "2026-02-20", "887680.00").await;
    let rest = api.done("paymentRecord", rest, "payment", "amount { amount } direction deal { number } order { number } cashAccount { name } document { subject { __typename } }").await;
    assert_eq!(rest["order"]["number"], "З-000002");
    assert_eq!(rest["document"]["subject"]["__typename"], "Payment");

    let whole = api.get(&api.director, &format!(
        "{{ deal(id: {deal}) {{
             stage orders {{ number status expenses {{ net {{ amount }} }} payments {{ amount {{ amount }} }} settlements {{ open {{ amount }} }} }}
             payments {{ paidOn amount {{ amount }} }}
             settlements {{ side kind open {{ amount }} party {{ name }} order {{ number }} }}
             stageLog {{ from to actor {{ login employee {{ name }} }} }} }}
           batch(id: {batch}) {{ balance {{ pieces metres value {{ amount }} }} supplier {{ name }} }} }}"
    )).await;
    assert_eq!(
        whole["deal"]["orders"],
        json!([
            { "number": "З-000001", "status": "DELIVERED", "expenses": [{ "net": { "amount": "40000.00" } }], "payments": [],
              "settlements": [{ "open": { "amount": "48800.00" } }] },
            { "number": "З-000002", "status": "SHIPPED", "expenses": [], "payments": [{ "amount": { "amount": "887680.00" } }], "settlements": [] }
        ])
    );
    assert_eq!(
        whole["deal"]["payments"],
        json!([
            { "paidOn": "2026-02-05", "amount": { "amount": "500000.00" } },
            { "paidOn": "2026-02-20", "amount": { "amount": "887680.00" } }
        ])
    );
    assert_eq!(
        whole["deal"]["settlements"],
        json!([{ "side": "SUPPLIER", "kind": "DEBT", "open": { "amount": "48800.00" }, "party": { "name": "Грузовоз" }, "order": { "number": "З-000001" } }])
    );
    let director = json!({ "login": "director", "employee": { "name": "director" } });
    assert_eq!(
        whole["deal"]["stageLog"],
        json!([{ "from": null, "to": "NEW_LEAD", "actor": director }, { "from": "NEW_LEAD", "to": "CONTRACT", "actor": director }])
    );
    assert_eq!(
        whole["batch"],
        json!({ "balance": { "pieces": 5, "metres": "60.000", "value": { "amount": "300000.00" } }, "supplier": { "name": "Металлург" } })
    );
    for (account, sum) in [
        ("revenue", "-1137442.62"),
        ("cogs", "900000.00"),
        ("order_expenses", "40000.00"),
        ("receivables", "0.00"),
        ("customer_advances", "0.00"),
        ("vat_on_customer_advances", "0.00"),
        ("cash", "1387680.00"),
        ("inventory", "300000.00"),
    ] {
        assert_eq!(balance(&world, account).await, sum, "{account}");
    }
}

#[tokio::test]
async fn the_same_key_does_nothing_twice() {
    let world = World::new().await;
    let api = &world.api;
    let deal = world.deal("Повтор", None).await;
    let mut input = world.payment(json!({ "dealId": deal }), "2026-02-05", "100000.00").await;
    input["idempotencyKey"] = json!("6f1b0f2e-6d2f-4c3e-9d4a-0b7c1f1a2b3c");
    let first = api.done("paymentRecord", input.clone(), "payment", "id").await;
    let before = world.rows().await;
    assert_eq!(api.done("paymentRecord", input.clone(), "payment", "id").await, first);
    input["amount"] = json!("100000.01");
    let other = api.mutate(&api.director, "paymentRecord", input.clone(), "payment { id }").await;
    assert_eq!(refusal(&other), "IDEMPOTENCY_CONFLICT");
    assert_eq!(other["userErrors"][0]["__typename"], "ConflictError");
    assert_eq!(world.rows().await, before);
    input["idempotencyKey"] = json!("7f1b0f2e-6d2f-4c3e-9d4a-0b7c1f1a2b3c");
    assert_ne!(api.done("paymentRecord", input, "payment", "id").await, first);
}

#[tokio::test]
async fn a_stale_version_is_refused() {
    let world = World::new().await;
    let api = &world.api;
    let deal = world.deal("Версии", None).await;
    let update = |version: i32, title: &str| json!({ "dealId": deal, "expectedVersion": version, "title": title });
    assert_eq!(api.done("dealUpdate", update(1, "Первая"), "deal", "version").await["version"], 2);
    let before = world.rows().await;
    let stale = api.mutate(&api.director, "dealUpdate", update(1, "Вторая"), "deal { title }").await;
    assert_eq!((refusal(&stale), &stale["userErrors"][0]["__typename"]), ("VERSION_CONFLICT", &json!("VersionConflictError")));
    assert_eq!(world.rows().await, before);
    let now = api.get(&api.director, &format!("{{ deal(id: {deal}) {{ title version }} }}")).await;
    assert_eq!(now["deal"], json!({ "title": "Первая", "version": 2 }));
    let stale = json!({ "partyId": world.customer, "expectedVersion": 9, "phone": "1" });
    assert_eq!(refusal(&api.mutate(&api.director, "partyUpdate", stale, "party { id }").await), "VERSION_CONFLICT");
    let order = world
        .api
        .done(
            "orderCreate",
            json!({ "dealId": deal, "plannedOn": "2026-02-10", "lines": [world.service_line("100.00")] }),
            "order",
            "id",
        )
        .await;
    let stale = json!({ "orderId": order["id"], "expectedVersion": 9, "lines": [world.service_line("200.00")] });
    assert_eq!(refusal(&api.mutate(&api.director, "orderRevise", stale, "order { id }").await), "VERSION_CONFLICT");
}

#[tokio::test]
async fn a_patch_changes_what_it_names() {
    let world = World::new().await;
    let api = &world.api;
    let party = json!({ "name": "Пирс", "phone": "1", "email": "a@b", "isCustomer": true });
    let party = api.done("partyCreate", party, "party", "id").await["id"].clone();
    let update = json!({ "partyId": party, "expectedVersion": 1, "phone": null, "isSupplier": true });
    let party_now = api.done("partyUpdate", update, "party", "name phone email isCustomer isSupplier version").await;
    assert_eq!(
        party_now,
        json!({ "name": "Пирс", "phone": null, "email": "a@b", "isCustomer": true, "isSupplier": true, "version": 2 })
    );
    // A variable that was not sent is a field that was not sent, not a null.
    let query = format!(
        "mutation($phone: String, $email: String) {{ partyUpdate(input: {{ partyId: {party}, expectedVersion: 2, phone: $phone, email: $email }}) {{
             party {{ phone email }} userErrors {{ code }} }} }}"
    );
    let answer = api.send(Some(&api.director), &query, json!({ "phone": "2" })).await;
    assert_eq!(answer.data()["partyUpdate"]["party"], json!({ "phone": "2", "email": "a@b" }));
}

#[tokio::test]
async fn a_mutation_sees_what_the_one_before_it_did() {
    let world = World::new().await;
    let deal = world.deal("Два заказа", None).await;
    let line = r#"{ productId: PRODUCT, quantity: "1", unit: SERVICE, price: "100.00", priceIncludesVat: true }"#;
    let line = line.replace("PRODUCT", &world.service.to_string());
    let create = |name: &str| {
        format!(
            "{name}: orderCreate(input: {{ dealId: {deal}, plannedOn: \"2026-02-10\", lines: [{line}] }}) {{
                 order {{ deal {{ orders {{ number }} }} }} }}"
        )
    };
    let both = world.api.get(&world.api.director, "{ __typename }").await;
    assert_eq!(both["__typename"], "Query");
    let both = world.api.get(&world.api.director, &format!("mutation {{ {} {} }}", create("a"), create("b"))).await;
    assert_eq!(both["a"]["order"]["deal"]["orders"].as_array().unwrap().len(), 1);
    assert_eq!(both["b"]["order"]["deal"]["orders"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn expenses_transfers_and_offsets() {
    let world = World::new().await;
    let api = &world.api;
    let cash = json!({ "companyId": world.company, "kind": "CASH", "name": "Касса" });
    let cash = api.done("cashAccountOpen", cash, "cashAccount", "id kind currency company { name }").await;
    assert_eq!((&cash["kind"], &cash["currency"]), (&json!("CASH"), &json!("RUB")));
    let (from, to) = (world.deal("Откуда", None).await, world.deal("Куда", None).await);
    let advance = world.payment(json!({ "dealId": from }), "2026-02-02", "300000.00").await;
    api.done("paymentRecord", advance, "payment", "id").await;
    let transfer = json!({
        "fromAccountId": world.cash_account, "toAccountId": cash["id"], "transferredOn": "2026-02-03", "amount": "5000.00"
    });
    let transfer = api.done("transferRecord", transfer, "document", "kind gross { amount } subject { __typename }").await;
    assert_eq!(transfer, json!({ "kind": "TRANSFER", "gross": { "amount": "5000.00" }, "subject": null }));
    let rent = json!({
        "companyId": world.company, "articleId": world.article("rent").await, "partyId": world.supplier, "effectiveOn": "2026-02-28",
        "net": "100000.00", "vat": "22000.00"
    });
    assert_eq!(api.done("expenseAccrue", rent, "document", "kind party { name }").await["party"]["name"], "Металлург");
    let bill = json!({
        "direction": "OUT", "cashAccountId": world.cash_account, "articleId": world.article("rent").await,
        "target": { "partyId": world.supplier }, "paidOn": "2026-03-01", "amount": "122000.00"
    });
    assert_eq!(api.done("paymentRecord", bill, "payment", "party { name }").await["party"]["name"], "Металлург");
    assert_eq!(balance(&world, "payables").await, "0.00");
    let order = world.order(&to, vec![world.service_line("300000.00")]).await;
    api.done("orderShip", json!({ "orderId": order, "shippedOn": "2026-02-10" }), "order", "id").await;
    let open = "{ settlementItems(filter: { side: CUSTOMER }) { nodes { id kind open { amount } deal { title } dueOn } } }";
    let items = api.get(&api.director, open).await["settlementItems"]["nodes"].clone();
    let item = |kind: &str| items.as_array().unwrap().iter().find(|item| item["kind"] == kind).unwrap().clone();
    assert_eq!(item("DEBT")["dueOn"], "2026-02-20");
    let offset = json!({
        "side": "CUSTOMER", "advanceId": item("ADVANCE")["id"], "debtId": item("DEBT")["id"], "offsetOn": "2026-02-15", "amount": "300000.00"
    });
    let offset = api
        .done("settlementOffset", offset, "document", "kind subject { ... on SettlementItem { deal { title } open { amount } } }")
        .await;
    assert_eq!(offset["subject"], json!({ "deal": { "title": "Куда" }, "open": { "amount": "0.00" } }));
    assert_eq!(api.get(&api.director, open).await["settlementItems"]["nodes"], json!([]));
    assert_eq!(balance(&world, "receivables").await, "0.00");
}
