//! Closing and reopening a month through the graph, and who may.

use rust_decimal::Decimal;
use serde_json::{Value, json};
use shpunt_domain::access::Role;

use super::world::World;

const PERIOD: &str = "month state closes { number reason closedBy { login } reopenedBy { login }
    totals { account { code } debit credit closing } } changes { account { code } closed now difference debit credit }";

async fn errors(world: &World, field: &str, input: Value) -> Value {
    let done = world.api.mutate(&world.api.director, field, input, "userErrors { code message path } period { month }").await;
    assert_eq!(done["period"], Value::Null, "{done}");
    done["userErrors"][0].clone()
}

#[tokio::test]
async fn a_month_is_closed_reopened_and_shows_what_changed() {
    let world = World::new().await;
    let january = json!({ "companyId": world.company, "month": "2025-01-01" });
    let closed = world.api.done("periodClose", january.clone(), "period", PERIOD).await;
    assert_eq!((&closed["state"], &closed["closes"][0]["closedBy"]["login"]), (&json!("CLOSED"), &json!("director")));
    let mut receipt = world.receipt("С-1");
    receipt["receivedOn"] = json!("2025-01-20");
    let refused = world.api.mutate(&world.api.director, "batchReceive", receipt.clone(), "userErrors { code message }").await;
    assert_eq!(refused["userErrors"][0]["code"], "PERIOD_CLOSED", "{refused}");
    assert_eq!(errors(&world, "periodClose", january.clone()).await["code"], "PERIOD_CLOSED");
    let april = json!({ "companyId": world.company, "month": "2025-04-01" });
    assert_eq!(errors(&world, "periodClose", april).await["code"], "PERIOD_ORDER");
    let mut reopen = json!({ "companyId": world.company, "month": "2025-01-01", "reason": "" });
    let unsaid = errors(&world, "periodReopen", reopen.clone()).await;
    assert_eq!((&unsaid["code"], &unsaid["path"]), (&json!("INVALID_INPUT"), &json!(["input", "reason"])));
    reopen["reason"] = json!("Забыли накладную");
    world.api.done("periodReopen", reopen, "period", "state").await;
    world.api.done("batchReceive", receipt, "batch", "id").await;

    let query = format!("{{ periods(companyId: {}) {{ {} }} }}", world.company, PERIOD);
    let periods = world.api.get(&world.api.director, &query).await["periods"].clone();
    let months = periods.as_array().unwrap();
    assert_eq!((months.len(), &months[0]["month"], &months[13]["state"]), (15, &json!("2026-03-01"), &json!("OPEN")));
    let january = &months[14];
    assert_eq!((&january["state"], &january["closes"][0]["reason"]), (&json!("REOPENED"), &json!("Забыли накладную")));
    let changes: Vec<_> = january["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| (change["account"]["code"].as_str().unwrap(), change["difference"].as_str().unwrap()))
        .collect();
    assert_eq!(changes, [("inventory", "1200000.00"), ("vat_input", "264000.00"), ("payables", "-1464000.00")]);
    let sum: Decimal = changes.iter().map(|(_, difference)| difference.parse::<Decimal>().unwrap()).sum();
    assert_eq!(sum, Decimal::ZERO);
}

#[tokio::test]
async fn the_checklist_leads_to_what_is_wrong() {
    let world = World::new().await;
    let deal = world.deal("Причал", None).await;
    let order = world.order(&deal, vec![world.service_line("1000.00")]).await;
    let query = format!(
        "{{ periodChecklist(companyId: {}, month: \"2026-02-01\") {{ code severity count examples {{ subjectId label on }} }} }}",
        world.company
    );
    let checks = world.api.get(&world.api.director, &query).await["periodChecklist"].clone();
    let open: Vec<_> = checks.as_array().unwrap().iter().filter(|check| check["count"] != 0).collect();
    assert_eq!(
        open,
        [&json!({ "code": "ORDER_NOT_SHIPPED", "severity": "WARNING", "count": 1,
            "examples": [{ "subjectId": order, "label": "З-000001", "on": "2026-02-10" }] })]
    );
    let found = format!("{{ node(id: {order}) {{ ... on Order {{ status }} }} }}");
    assert_eq!(world.api.get(&world.api.director, &found).await["node"]["status"], "CONFIRMED");
    let accountant = world.api.user("accountant", Role::Accountant).await;
    world.api.get(&accountant, &query).await;
    for role in [Role::HeadOfSales, Role::Treasurer, Role::Manager, Role::Administrator] {
        let user = world.api.user(&format!("{}_2", role.as_str()), role).await;
        assert_eq!(world.api.ask(&user, &query).await.codes(), ["FORBIDDEN"], "{}", role.as_str());
        let close = json!({ "companyId": world.company, "month": "2025-01-01" });
        let answer = world.api.try_mutate(&user, "periodClose", close, "period { month }").await;
        assert_eq!(answer.codes(), ["FORBIDDEN"], "{}", role.as_str());
    }
}
