//! Direct expenses through the API: planned, accrued, billed, told in the margin of the order and at completion of the deal.

use serde_json::{Value, json};
use shpunt_domain::access::Role;

use super::refusal;
use super::world::World;

impl World {
    async fn direct_bill(&self, bears: Value, net: &str) -> Value {
        json!({
            "companyId": self.company, "partyId": self.carrier, "articleId": self.article("freight").await, "number": "Т-9",
            "issuedOn": "2026-02-20", "net": net, "vat": "0.00", "targets": [{ "bears": bears }]
        })
    }
}

#[tokio::test]
async fn freight_is_planned_accrued_billed_and_told() {
    let world = World::new().await;
    let api = &world.api;
    let batch = world.batch("С-1").await;
    let deal = world.deal("Причал", None).await;
    let order = world.order(&deal, vec![world.goods_line(&batch, 2, "75000.00", false)]).await;

    // Two piles for 120,000: what they are sold for is expected, less freight of 3,000 that is planned.
    let plan = json!({ "orderId": order, "articleId": world.article("freight").await, "net": "3000.00", "vat": "0.00", "note": "шаланда" });
    let planned = api
        .done("plannedExpenseAdd", plan, "plannedExpense", "id status expense { amount } accruedOn note party { name } version")
        .await;
    let id = planned["id"].clone();
    assert_eq!(
        (&planned["status"], &planned["expense"]["amount"], &planned["note"]),
        (&json!("PLANNED"), &json!("3000.00"), &json!("шаланда"))
    );
    let change = json!({
        "plannedExpenseId": id, "expectedVersion": 1, "partyId": world.carrier, "net": "3100.00", "vat": "0.00"
    });
    let changed = api.done("plannedExpenseChange", change, "plannedExpense", "net { amount } party { name }").await;
    assert_eq!(changed, json!({ "net": { "amount": "3100.00" }, "party": { "name": "Грузовоз" } }));
    let completion = format!(
        "{{ dealCompletion(dealId: {deal}) {{ waiting earned {{ contribution }} expected {{ revenue cogs directExpenses contribution }}
             orders {{ order {{ id }} total {{ contribution }} }} }} }}"
    );
    let expected = api.get(&api.director, &completion).await["dealCompletion"].clone();
    assert_eq!(expected["earned"]["contribution"], "0.00");
    assert_eq!(
        (&expected["expected"]["cogs"], &expected["expected"]["directExpenses"]),
        (&json!("120000.00"), &json!("3100.00"))
    );
    assert_eq!(
        expected["orders"],
        json!([{ "order": { "id": order }, "total": { "contribution": expected["expected"]["contribution"] } }])
    );

    api.done("orderShip", json!({ "orderId": order, "shippedOn": "2026-02-10" }), "order", "id").await;
    let bill = world.direct_bill(json!({ "plannedExpenseId": id }), "3500.00").await;
    let selection = "id basis number effectiveOn expense { amount } reversedOn article { code } party { name } document { kind gross { amount } }
        shares { target amount { amount } waiting { amount } order { id } deal { id } plannedExpense { status } }
        parts { target amount { amount } effectiveOn order { id } }";
    let posted = api.done("directExpensePost", bill, "directExpense", selection).await;
    assert_eq!(
        posted["shares"],
        json!([{ "target": 1, "amount": { "amount": "3500.00" }, "waiting": { "amount": "0.00" }, "order": { "id": order },
                 "deal": { "id": deal }, "plannedExpense": { "status": "BILLED" } }])
    );
    let difference =
        json!([{ "target": 1, "amount": { "amount": "400.00" }, "effectiveOn": "2026-02-20", "order": { "id": order } }]);
    assert_eq!(posted["parts"], difference, "only what the plan did not foresee");
    let margin = format!(
        "{{ order(id: {order}) {{ plannedExpenses {{ status directExpense {{ id }} }}
             margin {{ cogs directExpenses contribution perPiece lines {{ margin {{ directExpenses contribution }} }} }} }} }}"
    );
    let seen = api.get(&api.director, &margin).await["order"].clone();
    assert_eq!(seen["plannedExpenses"], json!([{ "status": "BILLED", "directExpense": { "id": posted["id"] } }]));
    assert_eq!((&seen["margin"]["cogs"], &seen["margin"]["directExpenses"]), (&json!("120000.00"), &json!("3500.00")));
    assert_eq!(seen["margin"]["lines"][0]["margin"]["contribution"], seen["margin"]["contribution"]);
    let drift = format!(
        "{{ marginDrift(dealId: {deal}) {{ before {{ contribution }} now {{ contribution }} changes {{ text contribution order {{ id }} }} }} }}"
    );
    let drift = api.get(&api.director, &drift).await["marginDrift"].clone();
    let told: Vec<&str> =
        drift["changes"].as_array().unwrap().iter().map(|change| change["contribution"].as_str().unwrap()).collect();
    assert_eq!(told, ["-3000.00", "-100.00", "-400.00"], "{drift}");
    assert_eq!(drift["now"]["contribution"], seen["margin"]["contribution"]);

    let list = format!("{{ directExpenses(filter: {{ dealId: {deal} }}) {{ nodes {{ id number }} }} }}");
    assert_eq!(api.get(&api.director, &list).await["directExpenses"]["nodes"], json!([{ "id": posted["id"], "number": "Т-9" }]));
    let back = json!({ "directExpenseId": posted["id"], "on": "2026-02-25" });
    let undone = api.done("directExpenseReverse", back.clone(), "directExpense", "reversedOn reversalDocument { kind }").await;
    assert_eq!(undone, json!({ "reversedOn": "2026-02-25", "reversalDocument": { "kind": "STORNO" } }));
    assert_eq!(refusal(&api.mutate(&api.director, "directExpenseReverse", back, "__typename").await), "ALREADY_REVERSED");
    let drop = json!({ "plannedExpenseId": id, "on": "2026-02-26" });
    assert_eq!(api.done("plannedExpenseDrop", drop, "plannedExpense", "status").await["status"], "DROPPED");
}

#[tokio::test]
async fn a_manager_sees_and_bills_the_own_deals_only() {
    let world = World::new().await;
    let api = &world.api;
    let (anna, boris) = (api.manager("anna").await, api.manager("boris").await);
    let batch = world.batch("С-1").await;
    let deal = world.deal("Анны", Some(&json!(format!("employee_{}", anna.employee_id)))).await;
    let order = world.order(&deal, vec![world.goods_line(&batch, 2, "75000.00", false)]).await;
    let bill = world.direct_bill(json!({ "dealId": deal }), "1000.00").await;
    assert_eq!(refusal(&api.mutate(&boris, "directExpensePost", bill.clone(), "__typename").await), "NOT_FOUND");
    let posted = api.mutate(&anna, "directExpensePost", bill, "directExpense { id shares { waiting { amount } } }").await;
    assert_eq!(posted["directExpense"]["shares"][0]["waiting"]["amount"], "1000.00");
    let back = json!({ "directExpenseId": posted["directExpense"]["id"], "on": "2026-02-25" });
    assert_eq!(refusal(&api.mutate(&boris, "directExpenseReverse", back, "__typename").await), "NOT_FOUND");
    let plan = json!({ "orderId": order, "articleId": world.article("freight").await, "net": "1.00", "vat": "0.00" });
    assert_eq!(refusal(&api.mutate(&boris, "plannedExpenseAdd", plan, "__typename").await), "NOT_FOUND");
    let list = "{ directExpenses { nodes { id } } }";
    assert_eq!(api.get(&boris, list).await["directExpenses"]["nodes"], json!([]));
    assert_eq!(api.get(&anna, list).await["directExpenses"]["nodes"].as_array().unwrap().len(), 1);
    let margin = format!("{{ order(id: {order}) {{ margin {{ contribution }} }} }}");
    let warehouse = api.user("keeper", Role::Warehouse).await;
    assert!(!api.ask(&warehouse, &margin).await.codes().is_empty(), "who may not see margin sees none of an order");
}

#[tokio::test]
async fn an_estimate_is_accrued_and_settled() {
    let world = World::new().await;
    let api = &world.api;
    let batch = world.batch("С-1").await;
    let freight = async |net: &str| {
        json!({
            "companyId": world.company, "partyId": world.carrier, "articleId": world.article("freight_in").await,
            "issuedOn": "2026-02-01", "net": net, "vat": "0.00", "basis": "TONNES", "targets": [{ "batchId": batch }]
        })
    };
    let guess = api
        .done("additionalExpenseEstimate", freight("10000.00").await, "additionalExpense", "id isEstimate cost { amount }")
        .await;
    assert_eq!((&guess["isEstimate"], &guess["cost"]["amount"]), (&json!(true), &json!("10000.00")));
    let settle = json!({ "estimateId": guess["id"], "bill": freight("12000.00").await });
    let bill = api
        .done(
            "additionalExpenseSettle",
            settle.clone(),
            "additionalExpense",
            "isEstimate cost { amount } settles { id settledBy { id } } id",
        )
        .await;
    assert_eq!((&bill["cost"]["amount"], &bill["settles"]["id"]), (&json!("2000.00"), &guess["id"]));
    assert_eq!(bill["settles"]["settledBy"]["id"], bill["id"]);
    assert_eq!(refusal(&api.mutate(&api.director, "additionalExpenseSettle", settle, "__typename").await), "STILL_IN_USE");
}

#[tokio::test]
async fn one_paper_for_goods_and_orders_is_posted_and_taken_back_whole() {
    let world = World::new().await;
    let api = &world.api;
    let batch = world.batch("С-1").await;
    let deal = world.deal("Причал", None).await;
    let order = world.order(&deal, vec![world.goods_line(&batch, 2, "75000.00", false)]).await;
    let input = json!({
        "companyId": world.company, "partyId": world.carrier, "number": "Т-9", "issuedOn": "2026-02-20",
        "goods": { "articleId": world.article("freight_in").await, "net": "10000.00", "vat": "0.00", "targets": [{ "batchId": batch }] },
        "orders": { "articleId": world.article("freight").await, "net": "3000.00", "vat": "0.00", "targets": [{ "bears": { "orderId": order } }] }
    });
    let manager = api.manager("anna").await;
    assert_eq!(api.try_mutate(&manager, "jointBillPost", input.clone(), "__typename").await.codes(), ["FORBIDDEN"]);
    let selection = "id number net { amount } effectiveOn document { kind gross { amount } }
        goods { id basis cost { amount } document { number } } orders { id expense { amount } document { number } }";
    let bill = api.done("jointBillPost", input, "jointBill", selection).await;
    assert_eq!(bill["document"], json!({ "kind": "JOINT_BILL", "gross": { "amount": "13000.00" } }));
    assert_eq!((&bill["goods"]["cost"]["amount"], &bill["orders"]["expense"]["amount"]), (&json!("10000.00"), &json!("3000.00")));
    assert_eq!((&bill["goods"]["document"], &bill["goods"]["basis"]), (&bill["orders"]["document"], &json!("TONNES")));
    let list =
        format!("{{ jointBills(partyId: {}) {{ nodes {{ id }} }} node(id: {}) {{ __typename }} }}", world.carrier, bill["id"]);
    let seen = api.get(&api.director, &list).await;
    assert_eq!(
        (&seen["jointBills"]["nodes"], &seen["node"]["__typename"]),
        (&json!([{ "id": bill["id"] }]), &json!("JointBill"))
    );
    for (field, id, part) in
        [("additionalExpenseReverse", "additionalExpenseId", "goods"), ("directExpenseReverse", "directExpenseId", "orders")]
    {
        let alone = json!({ id: bill[part]["id"], "on": "2026-02-25" });
        assert_eq!(refusal(&api.mutate(&api.director, field, alone, "__typename").await), "STILL_IN_USE");
    }
    let back = json!({ "jointBillId": bill["id"], "on": "2026-02-25" });
    let undone = api
        .done(
            "jointBillReverse",
            back.clone(),
            "jointBill",
            "reversedOn reversalDocument { kind } goods { reversedOn } orders { reversedOn }",
        )
        .await;
    assert_eq!(
        undone,
        json!({ "reversedOn": "2026-02-25", "reversalDocument": { "kind": "STORNO" }, "goods": { "reversedOn": "2026-02-25" },
                "orders": { "reversedOn": "2026-02-25" } })
    );
    assert_eq!(refusal(&api.mutate(&api.director, "jointBillReverse", back, "__typename").await), "ALREADY_REVERSED");
}
