//! Money that goes out only as it was asked for and approved: who asks, who approves, who pays.

use serde_json::{Value, json};
use shpunt_domain::access::{Role, User};

use super::four_eyes::{bill, payment, switch};
use super::refusal;
use super::world::World;

const REQUEST: &str = "paymentRequest { id number state version amount { amount } paid { amount } }";

/// What `bill` would pay, as a request.
async fn asked(world: &World, amount: &str) -> Value {
    json!({
        "companyId": world.company, "articleId": world.article("supplier_payment").await, "target": { "partyId": world.supplier },
        "amount": amount, "dueOn": "2026-02-12", "purpose": "Счёт 17 за шпунт"
    })
}

async fn ask(world: &World, user: &User, amount: &str) -> Value {
    let made = world.api.mutate(user, "paymentRequestCreate", asked(world, amount).await, REQUEST).await;
    assert_eq!(made["userErrors"], json!([]));
    made["paymentRequest"].clone()
}

async fn step(world: &World, user: &User, mutation: &str, request: &Value) -> Value {
    let input = json!({ "paymentRequestId": request["id"], "expectedVersion": request["version"] });
    world.api.mutate(user, mutation, input, REQUEST).await
}

async fn approve(world: &World, user: &User, request: &Value) -> Value {
    step(world, user, "paymentRequestApprove", request).await
}

async fn pay(world: &World, user: &User, amount: &str, request: &Value) -> Value {
    let mut input = bill(world, amount).await;
    input["paymentRequestId"] = request["id"].clone();
    payment(world, user, input).await
}

async fn rule(world: &World, from: Option<&str>) {
    let input = json!({ "companyId": world.company, "requestsFrom": from });
    world.api.done("paymentRuleSet", input, "paymentRule", "requestsFrom { amount }").await;
}

#[tokio::test]
async fn one_asks_another_approves_and_a_third_pays_in_parts() {
    let world = World::new().await;
    let api = &world.api;
    let buyer = api.user("buyer", Role::Purchasing).await;
    let accountant = api.user("accountant", Role::Accountant).await;
    let treasurer = api.user("treasurer", Role::Treasurer).await;
    world.batch("В-1").await;
    rule(&world, Some("500.00")).await;
    // Small sums are paid as before, greater ones only by a request.
    assert_eq!(payment(&world, &treasurer, bill(&world, "499.99").await).await["userErrors"], json!([]));
    let rows = world.rows().await;
    assert_eq!(refusal(&payment(&world, &treasurer, bill(&world, "500.00").await).await), "PAYMENT_REQUEST_NEEDED");
    assert_eq!(world.rows().await, rows, "nothing was done");
    let request = ask(&world, &buyer, "1000.00").await;
    assert_eq!((&request["number"], &request["state"]), (&json!("ЗО-000001"), &json!("WAITING")));
    assert_eq!(refusal(&pay(&world, &treasurer, "600.00", &request).await), "PAYMENT_REQUEST_STATUS", "nobody approved it");
    let approved = approve(&world, &accountant, &request).await["paymentRequest"].clone();
    assert_eq!(approved["state"], "APPROVED");
    assert_eq!(pay(&world, &treasurer, "600.00", &request).await["userErrors"], json!([]));
    assert_eq!(refusal(&pay(&world, &treasurer, "400.01", &request).await), "PAYMENT_REQUEST_MISMATCH", "400.00 is left");
    assert_eq!(pay(&world, &treasurer, "400.00", &request).await["userErrors"], json!([]));
    assert_eq!(refusal(&pay(&world, &treasurer, "500.00", &request).await), "PAYMENT_REQUEST_STATUS", "it is paid");
    let shown = api
        .get(
            &accountant,
            "{ paymentRequests(filter: { states: [PAID] }) { nodes { state amount { amount } paid { amount } party { name } order { id }
                author { employee { name } } decidedBy { employee { name } } payments { amount { amount } request { number } } } } }",
        )
        .await["paymentRequests"]["nodes"]
        .clone();
    let part = |amount: &str| json!({ "amount": { "amount": amount }, "request": { "number": "ЗО-000001" } });
    let whole = json!([{
        "state": "PAID", "amount": { "amount": "1000.00" }, "paid": { "amount": "1000.00" }, "party": { "name": "Металлург" },
        "order": null, "author": { "employee": { "name": "buyer" } }, "decidedBy": { "employee": { "name": "accountant" } },
        "payments": [part("600.00"), part("400.00")]
    }]);
    assert_eq!(shown, whole);
    // Lifted, the rule asks for nothing.
    rule(&world, None).await;
    assert_eq!(payment(&world, &treasurer, bill(&world, "500.00").await).await["userErrors"], json!([]));
}

#[tokio::test]
async fn money_goes_only_where_it_was_asked_for() {
    let world = World::new().await;
    let api = &world.api;
    let accountant = api.user("accountant", Role::Accountant).await;
    world.batch("В-1").await;
    let request = ask(&world, &api.director, "1000.00").await;
    approve(&world, &accountant, &request).await;
    let rows = world.rows().await;
    let mut elsewhere = bill(&world, "1000.00").await;
    elsewhere["paymentRequestId"] = request["id"].clone();
    for (field, value) in
        [("articleId", world.article("rent").await), ("partyId", world.carrier.clone()), ("direction", json!("IN"))]
    {
        let mut input = elsewhere.clone();
        input[field] = value.clone();
        if field == "partyId" {
            input["target"] = json!({ "partyId": value });
        }
        let code = if field == "direction" { "INVALID_INPUT" } else { "PAYMENT_REQUEST_MISMATCH" };
        assert_eq!(refusal(&payment(&world, &api.director, input).await), code, "{field}");
    }
    assert_eq!(world.rows().await, rows, "nothing was done");
    // What cannot be paid cannot be asked for.
    let mut wrong = asked(&world, "1000.00").await;
    wrong["articleId"] = world.article("salary").await;
    let refused = api.mutate(&api.director, "paymentRequestCreate", wrong, REQUEST).await;
    assert_eq!(refusal(&refused), "ARTICLE_MISMATCH");
    let mut empty = asked(&world, "1000.00").await;
    empty["purpose"] = json!("  ");
    let refused = api.mutate(&api.director, "paymentRequestCreate", empty, REQUEST).await;
    assert_eq!((refusal(&refused), &refused["userErrors"][0]["path"]), ("INVALID_INPUT", &json!(["input", "purpose"])));
}

#[tokio::test]
async fn nobody_approves_what_the_person_asked_for_and_a_decision_is_made_once() {
    let world = World::new().await;
    let api = &world.api;
    let buyer = api.user("buyer", Role::Purchasing).await;
    let accountant = api.user("accountant", Role::Accountant).await;
    let own = ask(&world, &accountant, "1000.00").await;
    assert_eq!(refusal(&approve(&world, &accountant, &own).await), "FOUR_EYES");
    let input = json!({ "paymentRequestId": own["id"], "expectedVersion": 1 });
    assert_eq!(api.try_mutate(&buyer, "paymentRequestApprove", input, REQUEST).await.codes(), ["FORBIDDEN"]);
    let refused = step(&world, &api.director, "paymentRequestRefuse", &own).await["paymentRequest"].clone();
    assert_eq!(refused["state"], "REFUSED");
    // Who read it before is told what it became.
    let input = json!({ "paymentRequestId": own["id"], "expectedVersion": 1 });
    let current = "userErrors { ... on VersionConflictError { code current { ... on PaymentRequest { state version } } } }";
    let stale = api.mutate(&api.director, "paymentRequestApprove", input, current).await["userErrors"][0].clone();
    assert_eq!(stale["current"], json!({ "state": "REFUSED", "version": 2 }));
    assert_eq!(refusal(&approve(&world, &api.director, &refused).await), "PAYMENT_REQUEST_STATUS");
    let taken_back = ask(&world, &buyer, "1000.00").await;
    let taken_back = step(&world, &buyer, "paymentRequestWithdraw", &taken_back).await["paymentRequest"].clone();
    assert_eq!(taken_back["state"], "WITHDRAWN");
    assert_eq!(refusal(&approve(&world, &api.director, &taken_back).await), "PAYMENT_REQUEST_STATUS");
}

#[tokio::test]
async fn whoever_entered_the_bill_approves_no_payment_of_it_whichever_comes_first() {
    let world = World::new().await;
    let api = &world.api;
    let second = api.user("second", Role::Director).await;
    let treasurer = api.user("treasurer", Role::Treasurer).await;
    switch(&world, "batches.receive", "treasury.request_approve", true).await;
    // Asked for and approved while nothing is owed: an advance, which the approver's own receipt would take.
    let advance = ask(&world, &treasurer, "1000.00").await;
    approve(&world, &second, &advance).await;
    assert_eq!(pay(&world, &treasurer, "400.00", &advance).await["userErrors"], json!([]));
    let receive = async |user: &User, number: &str| api.mutate(user, "batchReceive", world.receipt(number), "batch { id }").await;
    assert_eq!(refusal(&receive(&second, "В-1").await), "FOUR_EYES");
    assert_eq!(receive(&api.director, "В-1").await["userErrors"], json!([]));
    // The director entered what is owed now, so the second one approves its payment.
    let rest = ask(&world, &treasurer, "1000.00").await;
    let refused = approve(&world, &api.director, &rest).await;
    assert_eq!(refusal(&refused), "FOUR_EYES");
    assert!(refused["userErrors"][0]["message"].as_str().unwrap().starts_with("director did `batches.receive` on ПТ"));
    approve(&world, &second, &rest).await;
    assert_eq!(pay(&world, &treasurer, "1000.00", &rest).await["userErrors"], json!([]));
}

#[tokio::test]
async fn a_bill_entered_by_the_approver_later_is_not_paid_by_that_approval() {
    let world = World::new().await;
    let api = &world.api;
    let second = api.user("second", Role::Director).await;
    let treasurer = api.user("treasurer", Role::Treasurer).await;
    switch(&world, "batches.receive", "treasury.request_approve", true).await;
    let request = ask(&world, &treasurer, "1000.00").await;
    approve(&world, &second, &request).await;
    let received = api.mutate(&second, "batchReceive", world.receipt("В-1"), "batch { id }").await;
    assert_eq!(received["userErrors"], json!([]), "nothing met yet");
    let rows = world.rows().await;
    let refused = pay(&world, &treasurer, "1000.00", &request).await;
    assert_eq!(refusal(&refused), "FOUR_EYES");
    let message = refused["userErrors"][0]["message"].as_str().unwrap();
    assert!(
        message.contains("`batches.receive` on ПТ") && message.contains("`treasury.request_approve` on ЗО-000001"),
        "{message}"
    );
    assert_eq!(world.rows().await, rows, "nothing was done");
}

#[tokio::test]
async fn whoever_asked_or_approved_does_not_pay_where_that_is_asked_for() {
    let world = World::new().await;
    let api = &world.api;
    let second = api.user("second", Role::Director).await;
    let treasurer = api.user("treasurer", Role::Treasurer).await;
    let request = ask(&world, &api.director, "1000.00").await;
    approve(&world, &second, &request).await;
    switch(&world, "treasury.request_create", "treasury.pay", true).await;
    switch(&world, "treasury.request_approve", "treasury.pay", true).await;
    for user in [&api.director, &second] {
        assert_eq!(refusal(&pay(&world, user, "1000.00", &request).await), "FOUR_EYES", "{}", user.login);
    }
    assert_eq!(pay(&world, &treasurer, "1000.00", &request).await["userErrors"], json!([]));
}

#[tokio::test]
async fn two_payments_at_once_pay_a_request_once() {
    let world = World::new().await;
    let api = &world.api;
    let accountant = api.user("accountant", Role::Accountant).await;
    let request = ask(&world, &api.director, "1000.00").await;
    approve(&world, &accountant, &request).await;
    let paid = futures::future::join_all((0..6).map(|_| pay(&world, &api.director, "400.00", &request))).await;
    let done = paid.iter().filter(|one| one["userErrors"] == json!([])).count();
    assert_eq!(done, 2, "400.00 twice is all that 1,000.00 leaves room for: {paid:?}");
    let sums = "{ paymentRequests { nodes { state paid { amount } payments { id } } } }";
    let node = api.get(&api.director, sums).await["paymentRequests"]["nodes"][0].clone();
    assert_eq!((&node["paid"]["amount"], node["payments"].as_array().unwrap().len()), (&json!("800.00"), 2));
}
