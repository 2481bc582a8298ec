//! Nobody enters and pays the same thing, where that is switched on.

use serde_json::{Value, json};
use shpunt_domain::access::{Role, User};

use super::refusal;
use super::world::World;

/// Switches a pair on or off.
pub(super) async fn switch(world: &World, first: &str, second: &str, active: bool) {
    let pairs = "{ dutyConflicts { id firstCommand secondCommand active } }";
    let pairs = world.api.get(&world.api.director, pairs).await["dutyConflicts"].clone();
    let pair = pairs.as_array().unwrap().iter().find(|one| one["firstCommand"] == first && one["secondCommand"] == second);
    let pair = pair.unwrap_or_else(|| panic!("{first} and {second} are a pair: {pairs}"));
    let input = json!({ "dutyConflictId": pair["id"], "active": active });
    let done = world.api.done("dutyConflictUpdate", input, "dutyConflict", "active").await;
    assert_eq!(done["active"], active);
}

/// Money to the supplier for what is owed without a contract.
pub(super) async fn bill(world: &World, amount: &str) -> Value {
    json!({
        "direction": "OUT", "cashAccountId": world.cash_account, "articleId": world.article("supplier_payment").await,
        "partyId": world.supplier, "target": { "partyId": world.supplier }, "paidOn": "2026-02-10", "amount": amount
    })
}

pub(super) async fn payment(world: &World, user: &User, input: Value) -> Value {
    world.api.mutate(user, "paymentRecord", input, "payment { id }").await
}

#[tokio::test]
async fn whoever_received_the_goods_does_not_pay_for_them() {
    let world = World::new().await;
    let api = &world.api;
    let treasurer = api.user("treasurer", Role::Treasurer).await;
    world.batch("В-1").await;
    let paid = payment(&world, &api.director, bill(&world, "1000.00").await).await;
    assert_eq!(paid["userErrors"], json!([]), "all pairs are off at first");
    switch(&world, "batches.receive", "treasury.pay", true).await;
    let rows = world.rows().await;
    let refused = payment(&world, &api.director, bill(&world, "1000.00").await).await;
    assert_eq!(refusal(&refused), "FOUR_EYES");
    let message = refused["userErrors"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("director did `batches.receive` on ПТ") && message.contains("treasury.pay"), "{message}");
    assert_eq!(world.rows().await, rows, "nothing was done");
    assert_eq!(payment(&world, &treasurer, bill(&world, "1000.00").await).await["userErrors"], json!([]));
    switch(&world, "batches.receive", "treasury.pay", false).await;
    assert_eq!(payment(&world, &api.director, bill(&world, "1000.00").await).await["userErrors"], json!([]));
}

#[tokio::test]
async fn whoever_paid_in_advance_does_not_enter_the_bill() {
    let world = World::new().await;
    let api = &world.api;
    let accountant = api.user("accountant", Role::Accountant).await;
    switch(&world, "treasury.accrue", "treasury.pay", true).await;
    assert_eq!(payment(&world, &api.director, bill(&world, "6000.00").await).await["userErrors"], json!([]));
    let rent = json!({
        "companyId": world.company, "articleId": world.article("rent").await, "partyId": world.supplier,
        "effectiveOn": "2026-02-11", "net": "3000.00", "vat": "0.00"
    });
    let rows = world.rows().await;
    let accrue = async |user: &User| api.mutate(user, "expenseAccrue", rent.clone(), "document { id }").await;
    assert_eq!(refusal(&accrue(&api.director).await), "FOUR_EYES");
    assert_eq!(world.rows().await, rows);
    assert_eq!(accrue(&accountant).await["userErrors"], json!([]));
    // What meets nothing of the own is free.
    assert_eq!(payment(&world, &api.director, bill(&world, "100.00").await).await["userErrors"], json!([]));
}

#[tokio::test]
async fn every_command_that_makes_something_owed_is_kept_apart_from_its_payment() {
    let world = World::new().await;
    let pairs = "{ dutyConflicts { firstCommand secondCommand active } }";
    let pairs = world.api.get(&world.api.director, pairs).await["dutyConflicts"].clone();
    let entered = [
        "batches.receive",
        "batches.receive_in_transit",
        "batches.post_expense",
        "batches.settle_estimate",
        "purchasing.price_finalise",
        "orders.buy_back",
        "direct.post",
        "direct.post_joint",
        "orders.add_expense",
        "orders.ship",
        "orders.deliver",
        "treasury.accrue",
    ];
    let paid = entered.iter().flat_map(|command| [(*command, "treasury.pay"), (*command, "treasury.request_approve")]);
    let others = [
        ("batches.receive_in_currency", "treasury.pay_in_currency"),
        ("purchasing.supplier_order_approve", "treasury.pay"),
        ("treasury.request_create", "treasury.pay"),
        ("treasury.request_approve", "treasury.pay"),
    ];
    for (first, second) in paid.chain(others) {
        let pair = json!({ "firstCommand": first, "secondCommand": second, "active": false });
        assert!(pairs.as_array().unwrap().contains(&pair), "{first} and {second} are a pair, off at first: {pairs}");
    }
}

#[tokio::test]
async fn whoever_entered_a_bill_of_freight_does_not_pay_it() {
    let world = World::new().await;
    let api = &world.api;
    let treasurer = api.user("treasurer", Role::Treasurer).await;
    let batch = world.batch("В-1").await;
    switch(&world, "batches.post_expense", "treasury.pay", true).await;
    let freight = json!({
        "companyId": world.company, "partyId": world.supplier, "articleId": world.article("freight_in").await, "kind": "EXPENSE",
        "issuedOn": "2026-02-09", "net": "500.00", "vat": "0.00", "basis": "PIECES", "targets": [{ "batchId": batch }]
    });
    let done = api.mutate(&api.director, "additionalExpensePost", freight, "additionalExpense { id }").await;
    assert_eq!(done["userErrors"], json!([]));
    // The goods were received by the same person, which nobody asked about; of all that is owed, the freight is.
    let rows = world.rows().await;
    let owed: String = sqlx::query_scalar("select sum(open)::text from settlement_items where account = 'payables'")
        .fetch_one(&world.test().db)
        .await
        .unwrap();
    assert_eq!(refusal(&payment(&world, &api.director, bill(&world, &owed).await).await), "FOUR_EYES");
    assert_eq!(world.rows().await, rows, "nothing was done");
    assert_eq!(payment(&world, &treasurer, bill(&world, &owed).await).await["userErrors"], json!([]));
}

#[tokio::test]
async fn whoever_confirmed_an_order_does_not_ship_it() {
    let world = World::new().await;
    let api = &world.api;
    let keeper = api.user("keeper", Role::Warehouse).await;
    switch(&world, "orders.confirm", "orders.ship", true).await;
    let deal = world.deal("Причал", None).await;
    let order = world.order(&deal, vec![world.service_line("1000.00")]).await;
    let ship = async |user: &User| {
        let input = json!({ "orderId": order, "shippedOn": "2026-02-10" });
        api.mutate(user, "orderShip", input, "order { status }").await
    };
    let refused = ship(&api.director).await;
    assert_eq!(refusal(&refused), "FOUR_EYES");
    assert!(refused["userErrors"][0]["message"].as_str().unwrap().starts_with("director did `orders.confirm` on "));
    assert_eq!(ship(&keeper).await["order"], json!({ "status": "SHIPPED" }));
}

#[tokio::test]
async fn whoever_raised_a_carriers_claim_does_not_accept_it() {
    let world = World::new().await;
    let api = &world.api;
    let accountant = api.user("accountant", Role::Accountant).await;
    switch(&world, "orders.raise_claim", "orders.decide_claim", true).await;
    let deal = world.deal("Причал", None).await;
    let order = world.order(&deal, vec![world.service_line("1000.00")]).await;
    api.done("orderShip", json!({ "orderId": order, "shippedOn": "2026-02-10" }), "order", "id").await;
    let raise = async |amount: &str| {
        let input = json!({ "orderId": order, "carrierId": world.carrier, "amount": amount, "reason": "Погнута свая",
            "raisedOn": "2026-02-12" });
        api.done("carrierClaimRaise", input, "carrierClaim", "id").await["id"].clone()
    };
    let decide = async |user: &User, claim: &Value, accepted: bool| {
        let input = json!({ "carrierClaimId": claim, "isAccepted": accepted, "on": "2026-02-20" });
        api.mutate(user, "carrierClaimDecide", input, "carrierClaim { state }").await
    };
    let (claim, other) = (raise("600.00").await, raise("700.00").await);
    let rows = world.rows().await;
    let refused = decide(&api.director, &claim, true).await;
    assert_eq!(refusal(&refused), "FOUR_EYES");
    assert!(refused["userErrors"][0]["message"].as_str().unwrap().starts_with("director did `orders.raise_claim` on "));
    assert_eq!(world.rows().await, rows, "nothing was done");
    // Somebody else accepts it; one's own claim may be given up.
    assert_eq!(decide(&accountant, &claim, true).await["carrierClaim"], json!({ "state": "ACCEPTED" }));
    assert_eq!(decide(&api.director, &other, false).await["carrierClaim"], json!({ "state": "REJECTED" }));
}

#[tokio::test]
async fn pairs_are_switched_by_those_who_manage_people() {
    let world = World::new().await;
    let api = &world.api;
    let pairs = api.get(&api.director, "{ dutyConflicts { id active } }").await["dutyConflicts"].clone();
    assert!(
        pairs.as_array().unwrap().len() > 3 && pairs.as_array().unwrap().iter().all(|pair| pair["active"] == false),
        "{pairs}"
    );
    let input = |id: &Value| json!({ "dutyConflictId": id, "active": true });
    let select = "dutyConflict { id }";
    let nothing = api.mutate(&api.director, "dutyConflictUpdate", input(&json!("duty_conflict_404")), select).await;
    assert_eq!(refusal(&nothing), "NOT_FOUND");
    let accountant = api.user("accountant", Role::Accountant).await;
    let answer = api.try_mutate(&accountant, "dutyConflictUpdate", input(&pairs[0]["id"]), select).await;
    assert_eq!(answer.codes(), ["FORBIDDEN"]);
}
