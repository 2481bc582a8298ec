//! Nobody who sees the own deals only gets at another's, on any path: ids, lists, what hangs on them, reports and the entries behind them.

use serde_json::{Value, json};
use shpunt_domain::access::{Role, User, store};
use shpunt_tests::db::TestDb;

use super::office::reports;
use crate::api::Api;
use crate::api::world::World;
use crate::cdc::rig::{Rig, Work};

/// Two managers with a deal each; everything of the other's carries marks that nothing else has.
struct Crossing {
    rig: Rig,
    work: Work,
    world: World,
    own: User,
    other: User,
    head: User,
    deal: Value,
    their_deal: Value,
    their_order: Value,
    batch: Value,
    /// What hangs on the other's deal.
    ids: Vec<String>,
    /// Ids in quotes, names and amounts of the other's deal.
    marks: Vec<String>,
}

impl Crossing {
    /// None where there is no ClickHouse to run.
    async fn new() -> Option<Self> {
        if !crate::engines::have_clickhouse() {
            return None;
        }
        let test = TestDb::for_changes().await;
        let rig = Rig::beside("crossing", &test, 0).await;
        let work = rig.work();
        rig.caught_up().await;
        let world = World::in_api(Api::over(test, reports(&rig)).await).await;
        let (own, other) = (world.api.manager("own").await, world.api.manager("other").await);
        let head = world.api.user("head", Role::HeadOfSales).await;
        let batch = world.batch("С-1").await;
        let (deal, _) = world.shipped_deal(&own, "Свой причал", &batch, "75000.00", "1000.00").await;
        let (their_deal, their_order) = world.shipped_deal(&other, "Чужой причал", &batch, "77777.77", "2345.67").await;
        let query = format!(
            "{{ deal(id: {their_deal}) {{ id number payments {{ id document {{ id number }} }} settlements {{ id }}
                 orders {{ id number net {{ amount }} gross {{ amount }} document {{ id number }} settlements {{ id }}
                     expenses {{ id document {{ id number }} }} }} }} }}"
        );
        let theirs = world.api.get(&world.api.director, &query).await;
        let (mut ids, mut marks) = (Vec::new(), vec!["Чужой".to_owned(), "2345.67".to_owned()]);
        collect(&theirs, &mut ids, &mut marks);
        marks.push(format!("\"employee_{}\"", other.employee_id));
        Some(Self { rig, work, world, own, other, head, deal, their_deal, their_order, batch, ids, marks })
    }

    fn tells(&self, answer: &Value) -> bool {
        let answer = answer.to_string();
        self.marks.iter().any(|mark| answer.contains(mark))
    }

    /// Every way to ask for the other's deal that shows it to those who see all deals.
    fn attempts(&self) -> Vec<String> {
        let (deal, order) = (&self.their_deal, &self.their_order);
        let (customer, carrier, batch) = (&self.world.customer, &self.world.carrier, &self.batch);
        let manager = format!("\"employee_{}\"", self.other.employee_id);
        let period = "period: { from: \"2026-01-01\", to: \"2026-03-31\" }";
        let of_deal = "id title orders { id number gross { amount } lines { id } expenses { id document { id } order { id } } document { id } }
            payments { id amount { amount } order { id } document { number } } settlements { id amount { amount } order { id } } stageLog { to }";
        let subject = "id number subject { __typename ... on Order { id deal { id title } } ... on Payment { id deal { title } }
            ... on SettlementItem { id deal { title } } }";
        let mut attempts = vec![
            format!("deal(id: {deal}) {{ {of_deal} }}"),
            format!("order(id: {order}) {{ id number deal {{ {of_deal} }} }}"),
            format!("deals {{ nodes {{ {of_deal} }} }}"),
            "deals(first: 100) { edges { cursor node { id title } } }".to_owned(),
            "deals(filter: { search: \"причал\" }) { nodes { id title } }".to_owned(),
            format!("deals(filter: {{ managerId: {manager} }}) {{ nodes {{ id title manager {{ id }} }} }}"),
            format!("deals(filter: {{ customerId: {customer} }}) {{ nodes {{ id title }} }}"),
            format!("orders {{ nodes {{ id number deal {{ {of_deal} }} }} }}"),
            format!("orders(filter: {{ dealId: {deal} }}) {{ nodes {{ id number }} }}"),
            format!("orders(filter: {{ customerId: {customer} }}) {{ edges {{ node {{ id settlements {{ deal {{ title }} }} }} }} }}"),
            "orders { nodes { payments { deal { title } } expenses { order { deal { title } } } document { id } } }".to_owned(),
            format!("payments {{ nodes {{ id amount {{ amount }} deal {{ title }} document {{ {subject} }} }} }}"),
            format!("payments(filter: {{ partyId: {customer} }}) {{ nodes {{ id amount {{ amount }} }} }}"),
            "settlementItems(filter: { closed: true }) { nodes { id amount { amount } deal { id title } order { id number } } }".to_owned(),
            format!("settlementItems(filter: {{ partyId: {carrier}, closed: true }}) {{ nodes {{ id order {{ id }} }} }}"),
            format!("documents(first: 100) {{ nodes {{ {subject} }} }}"),
            format!("documents(filter: {{ partyId: {carrier} }}) {{ nodes {{ {subject} }} }}"),
            "activeDealsReport { rows { dealId title orders { orderId number amount } paidAmount } total { deals orderedAmount } }".to_owned(),
            format!("activeDealsReport(filter: {{ managerId: {manager} }}) {{ rows {{ dealId title manager }} }}"),
            format!("funnelReport({period}, groupBy: MANAGER) {{ leads groups {{ key label leads }} }}"),
            format!("funnelReport({period}, groupBy: MANAGER, filter: {{ managerId: {manager} }}) {{ groups {{ key label leads }} }}"),
        ];
        for filter in [
            String::new(),
            period.to_owned(),
            format!("{period}, basis: SHIPPED"),
            "accounts: [\"revenue\"]".to_owned(),
            "accounts: [\"receivables\", \"customer_advances\"]".to_owned(),
            format!("dealId: {deal}"),
            format!("orderId: {order}"),
            format!("employeeId: {manager}"),
            format!("partyId: {customer}"),
            format!("batchId: {batch}"),
        ] {
            attempts.push(format!(
                "ledgerEntries(filter: {{ {filter} }}, first: 100) {{ nodes {{ id amount document {{ {subject} }} }} edges {{ cursor node {{ vat }} }} }}"
            ));
        }
        for id in &self.ids {
            attempts.push(format!("node(id: \"{id}\") {{ id }} nodes(ids: [\"{id}\"]) {{ id }}"));
        }
        attempts.into_iter().map(|attempt| format!("{{ {attempt} }}")).collect()
    }

    /// What is not for managers at all, so that no scope is needed.
    fn closed(&self) -> Vec<String> {
        let period = "period: { from: \"2026-01-01\", to: \"2026-03-31\" }";
        let mut closed: Vec<_> = ["DEAL", "ORDER", "BATCH", "PRODUCT", "CUSTOMER", "MANAGER", "MONTH"]
            .map(|group| format!("{{ grossProfitReport({period}, groupBy: {group}) {{ rows {{ key revenue }} }} }}"))
            .into();
        closed.push(format!("{{ cashFlowReport({period}) {{ rows {{ received }} }} }}"));
        closed.push(format!("{{ incomeExpenseReport({period}) {{ rows {{ amount }} }} }}"));
        closed.push("{ balanceReport(at: \"2026-03-31\") { rows { amount } } }".to_owned());
        closed.push("{ activeDealsReport { rows { marginEarned } } }".to_owned());
        for filter in
            ["accounts: [\"cogs\"]".to_owned(), format!("accounts: [\"revenue\", \"inventory\"], dealId: {}", self.deal)]
        {
            closed.push(format!("{{ ledgerEntries(filter: {{ {filter} }}) {{ nodes {{ amount }} }} }}"));
        }
        closed
    }

    /// Until the reports show the change of this token.
    async fn seen(&self, token: &str) {
        let query = format!("{{ activeDealsReport(after: \"{token}\") {{ total {{ deals }} }} }}");
        self.world.api.get(&self.world.api.director, &query).await;
    }
}

fn collect(value: &Value, ids: &mut Vec<String>, marks: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str() {
                    Some(id) if name == "id" => {
                        ids.push(id.to_owned());
                        marks.push(format!("\"{id}\""));
                    }
                    Some(text) => marks.push(text.to_owned()),
                    None => collect(value, ids, marks),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, ids, marks)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_path_leads_to_anothers_deal() {
    let Some(crossing) = Crossing::new().await else { return };
    let api = &crossing.world.api;
    assert!(crossing.ids.len() >= 9, "{:?}", crossing.ids);
    let last = json!({ "name": "Последний", "isCustomer": true });
    let last = api.mutate(&api.director, "partyCreate", last, "party { id }").await;
    crossing.seen(last["consistencyToken"].as_str().unwrap()).await;

    let (mut attempts, mut leaks) = (0, Vec::new());
    for query in crossing.attempts() {
        for all in [&api.director, &crossing.head] {
            let answer = api.ask(all, &query).await;
            assert!(answer.codes().is_empty() && crossing.tells(&answer.json), "{query} shows nothing to leak: {}", answer.json);
        }
        let answer = api.ask(&crossing.own, &query).await;
        assert!(answer.codes().is_empty(), "{query}: {}", answer.json);
        attempts += 1;
        if crossing.tells(&answer.json) {
            leaks.push(format!("{query}\n{}", answer.json));
        }
    }
    for query in crossing.closed() {
        let answer = api.ask(&api.director, &query).await;
        assert!(answer.codes().is_empty(), "{query}: {}", answer.json);
        let answer = api.ask(&crossing.own, &query).await;
        attempts += 1;
        if answer.codes() != ["FORBIDDEN"] || !answer.data().is_null() && answer.data().to_string().contains("amount") {
            leaks.push(format!("{query}\n{}", answer.json));
        }
    }
    println!("cross-scope attempts {attempts}, leaks {}", leaks.len());
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    let funnel =
        "{ funnelReport(period: { from: \"2026-01-01\", to: \"2026-03-31\" }, groupBy: MANAGER) { leads groups { label } } }";
    let funnel = api.get(&crossing.own, funnel).await["funnelReport"].clone();
    assert_eq!(funnel, json!({ "leads": 1, "groups": [{ "label": "own" }] }));
    crossing.work.stop().await;
    crossing.rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deal_handed_over_is_gone_from_both_databases() {
    let Some(crossing) = Crossing::new().await else { return };
    let api = &crossing.world.api;
    let mine = "{ deals { nodes { title } } orders { nodes { number } } payments { nodes { id } } documents { nodes { id } }
        settlementItems(filter: { closed: true }) { nodes { id } } activeDealsReport { rows { title } }
        ledgerEntries(filter: {}, first: 100) { nodes { id } } }";
    let counts = async |user: &User| -> Vec<usize> {
        let answer = api.get(user, mine).await;
        ["deals", "orders", "payments", "documents", "settlementItems", "activeDealsReport", "ledgerEntries"]
            .map(|field| {
                let rows = if field == "activeDealsReport" { &answer[field]["rows"] } else { &answer[field]["nodes"] };
                rows.as_array().unwrap().len()
            })
            .into()
    };
    let last = json!({ "name": "Последний", "isCustomer": true });
    let last = api.mutate(&api.director, "partyCreate", last, "party { id }").await;
    crossing.seen(last["consistencyToken"].as_str().unwrap()).await;
    let (own, other) = (counts(&crossing.own).await, counts(&crossing.other).await);
    assert!(own.iter().all(|count| *count > 0), "{own:?}");
    assert_eq!(own, other);
    // Managers may give the own deals away, and lose them with that.
    let to = json!({ "dealId": crossing.deal, "managerId": format!("employee_{}", crossing.other.employee_id) });
    let given = api.mutate(&crossing.own, "dealHandOver", to, "userErrors { code }").await;
    assert_eq!(given["userErrors"], json!([]));
    crossing.seen(given["consistencyToken"].as_str().unwrap()).await;
    assert_eq!(counts(&crossing.own).await, [0; 7]);
    let doubled: Vec<_> = other.iter().map(|count| count * 2).collect();
    assert_eq!(counts(&crossing.other).await, doubled);
    crossing.work.stop().await;
    crossing.rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_sees_the_deals_of_the_team_in_both_databases() {
    let Some(crossing) = Crossing::new().await else { return };
    let api = &crossing.world.api;
    let third = api.manager("third").await;
    crossing.world.shipped_deal(&third, "Третий причал", &crossing.batch, "76666.66", "999.00").await;
    let member = |user: &User, reach: &str| json!({ "employeeId": format!("employee_{}", user.employee_id), "reach": reach });
    let members = json!([member(&crossing.own, "TEAM"), member(&crossing.other, "OWN")]);
    let team = api.mutate(&api.director, "teamCreate", json!({ "name": "Север", "members": members }), "team { id }").await;
    let last = json!({ "name": "Последний", "isCustomer": true });
    let last = api.mutate(&api.director, "partyCreate", last, "party { id }").await;
    assert_eq!(team["userErrors"], json!([]));
    crossing.seen(last["consistencyToken"].as_str().unwrap()).await;
    let now = async |user: &User| store::list_users_by_ids(&api.test.db, &[user.user_id]).await.unwrap().pop().unwrap();
    let (lead, other) = (now(&crossing.own).await, now(&crossing.other).await);
    for query in crossing.attempts() {
        let answer = api.ask(&lead, &query).await;
        assert!(answer.codes().is_empty() && crossing.tells(&answer.json), "{query} shows nothing of the team: {}", answer.json);
        assert!(!answer.json.to_string().contains("Третий"), "{query}: {}", answer.json);
    }
    let funnel =
        "{ funnelReport(period: { from: \"2026-01-01\", to: \"2026-03-31\" }, groupBy: MANAGER) { leads groups { label } } }";
    assert_eq!(api.get(&lead, funnel).await["funnelReport"]["leads"], 2);
    assert_eq!(api.get(&other, funnel).await["funnelReport"], json!({ "leads": 1, "groups": [{ "label": "other" }] }));
    for query in crossing.closed() {
        assert_eq!(api.ask(&lead, &query).await.codes(), ["FORBIDDEN"], "{query}");
    }
    crossing.work.stop().await;
    crossing.rig.stop().await;
}
