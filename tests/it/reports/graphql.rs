//! The reports through GraphQL, by the page's own documents: a mutation's token in, its numbers and their entries out.

use std::time::{Duration, Instant};

use rust_decimal::Decimal;
use serde_json::{Value, json};
use shpunt_domain::access::User;
use shpunt_tests::db::TestDb;

use super::office::{d, reports};
use crate::api::world::World;
use crate::api::{Answer, Api};
use crate::cdc::rig::{Rig, Work};

/// A business in GraphQL, with the change stream behind it.
struct Live {
    rig: Rig,
    work: Work,
    world: World,
    deal: Value,
    order: Value,
    batch: Value,
    manager: User,
    /// Of the last mutation.
    token: String,
}

impl Live {
    /// None where there is no ClickHouse to run.
    async fn new(name: &str) -> Option<Self> {
        if !crate::engines::have_clickhouse() {
            return None;
        }
        let test = TestDb::for_changes().await;
        let rig = Rig::beside(name, &test, 0).await;
        let work = rig.work();
        rig.caught_up().await;
        let world = World::in_api(Api::over(test, reports(&rig)).await).await;
        let manager = world.api.manager("anna").await;
        let batch = world.batch("С-1").await;
        let deal = world.deal("Причал", Some(&json!(format!("employee_{}", manager.employee_id)))).await;
        let advance = world.payment(json!({ "dealId": deal }), "2026-02-05", "100000.00").await;
        world.api.done("paymentRecord", advance, "payment", "id").await;
        // 6 t at 75,000 with VAT: 368,852.46 without; its cost is a quarter of 1,200,000.
        let order = world.order(&deal, vec![world.goods_line(&batch, 5, "75000.00", true)]).await;
        world.api.done("orderShip", json!({ "orderId": order, "shippedOn": "2026-02-10" }), "order", "id").await;
        let freight = world.freight(&order, "2026-02-11", "40000.00", "8800.00").await;
        let last = world.api.mutate(&world.api.director, "orderExpenseAdd", freight, "orderExpense { id }").await;
        let token = last["consistencyToken"].as_str().unwrap().to_owned();
        Some(Self { rig, work, world, deal, order, batch, manager, token })
    }

    async fn stop(self) {
        self.work.stop().await;
        self.rig.stop().await;
    }

    /// A document of the page, as it is.
    async fn page(&self, user: &User, panel: &str, variables: Value) -> Answer {
        let path = format!("{}/../dashboards/src/panels/{panel}.graphql", env!("CARGO_MANIFEST_DIR"));
        self.world.api.send(Some(user), &std::fs::read_to_string(path).unwrap(), variables).await
    }

    /// What the director's page shows.
    async fn report(&self, panel: &str, variables: Value) -> Value {
        let answer = self.page(&self.world.api.director, panel, variables).await;
        assert!(answer.codes().is_empty(), "{panel}: {}", answer.json);
        answer.data()["report"].clone()
    }

    /// Gross profit by deal, not before the change of `token` is in it.
    async fn profit_after(&self, token: &str) -> Answer {
        let query = format!(
            "{{ report: grossProfitReport(period: {{ from: \"2026-01-01\", to: \"2026-03-31\" }}, groupBy: DEAL, after: \"{token}\") {{
                 total {{ revenue cogs directExpenses }} asOf {{ lsn committedAt lagMs }} }} }}"
        );
        self.world.api.ask(&self.world.api.director, &query).await
    }
}

fn period() -> Value {
    json!({ "from": "2026-01-01", "to": "2026-03-31" })
}

fn sum(rows: &Value, field: &str) -> Decimal {
    rows.as_array().unwrap().iter().map(|row| d(row[field].as_str().unwrap())).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mutation_is_in_the_reports_of_the_page() {
    let Some(live) = Live::new("page").await else { return };
    let fresh = live.profit_after(&live.token).await;
    assert_eq!(
        fresh.data()["report"]["total"],
        json!({ "revenue": "368852.46", "cogs": "300000.00", "directExpenses": "40000.00" }),
        "{}",
        fresh.json
    );
    assert!(fresh.data()["report"]["asOf"]["lsn"].as_str().unwrap().contains('/'));

    for (group, key) in [("DEAL", &live.deal), ("ORDER", &live.order), ("BATCH", &live.batch), ("CUSTOMER", &live.world.customer)]
    {
        let report = live.report("gross-profit", json!({ "period": period(), "groupBy": group, "basis": "POSTED" })).await;
        let rows = report["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["key"] == *key).unwrap_or_else(|| panic!("{group}: {report}"));
        assert_eq!((&row["revenue"], &row["marginPercent"]), (&json!("368852.46"), &json!("18.67")), "{group}");
        assert_eq!(report["total"]["contribution"], "28852.46", "{group}");
    }
    let bridge = "{ grossProfitReport(period: { from: \"2026-01-01\", to: \"2026-03-31\" }, groupBy: MONTH) { bridge {
        posted { ...part } ofOtherPeriods { ...part } inOtherPeriods { ...part } shipped { ...part } } } }
        fragment part on GrossProfitPart { revenue cogs directExpenses grossProfit contribution }";
    let bridge = live.world.api.get(&live.world.api.director, bridge).await["grossProfitReport"]["bridge"].clone();
    assert_eq!((&bridge["posted"], &bridge["ofOtherPeriods"]), (&bridge["shipped"], &bridge["inOtherPeriods"]));
    assert_eq!((&bridge["shipped"]["contribution"], &bridge["inOtherPeriods"]["cogs"]), (&json!("28852.46"), &json!("0.00")));
    let deals = live.report("active-deals", json!({})).await;
    let deal = &deals["rows"][0];
    assert_eq!((&deal["dealId"], &deal["orders"][0]["orderId"]), (&live.deal, &live.order));
    assert_eq!(
        (&deal["shippedAmount"], &deal["paidAmount"], &deal["debt"]),
        (&json!("450000.00"), &json!("100000.00"), &json!("350000.00"))
    );
    let funnel = live.report("funnel", json!({ "period": period(), "groupBy": "CHANNEL" })).await;
    assert_eq!((&funnel["leads"], &funnel["groups"][0]["key"]), (&json!(1), &live.world.channel));
    let cash = live.report("cash-flow", json!({ "period": period() })).await;
    assert_eq!(
        (&cash["accounts"][0]["cashAccountId"], &cash["accounts"][0]["closing"]),
        (&live.world.cash_account, &json!("100000.00"))
    );
    assert_eq!(cash["rows"][0]["articleId"], live.world.article("customer_payment").await);
    let result = live.report("income-expense", json!({ "period": period() })).await;
    assert_eq!(result["months"][0]["profit"], "28852.46");
    assert!(result["rows"].as_array().unwrap().iter().any(|row| row["account"] == "revenue" && row["articleId"].is_null()));
    let balance = live.report("balance", json!({ "at": "2026-03-01" })).await;
    assert_eq!((&balance["check"], &balance["equity"]), (&json!("0.00"), &json!("28852.46")));
    let frontier = live.world.api.get(&live.world.api.director, "{ frontier { lsn committedAt lagMs } }").await;
    assert!(frontier["frontier"]["lagMs"].is_i64(), "{frontier}");
    live.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_entries_behind_a_number_sum_to_it() {
    let Some(live) = Live::new("entries").await else { return };
    live.profit_after(&live.token).await;
    // An id of a report is an id of the filter.
    let filter = json!({ "period": period(), "accounts": ["revenue", "cogs", "order_expenses"], "dealId": live.deal });
    let entries = live.report("ledger-entries", json!({ "filter": filter, "first": 100 })).await;
    assert_eq!(-sum(&entries["nodes"], "amount"), d("28852.46"));
    let kinds: Vec<_> =
        entries["nodes"].as_array().unwrap().iter().map(|entry| entry["document"]["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["ORDER_EXPENSE", "SHIPMENT", "SHIPMENT"]);
    // Page by page the same entries.
    let (mut seen, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = live.report("ledger-entries", json!({ "filter": filter, "first": 2, "after": after })).await;
        seen.extend(page["nodes"].as_array().unwrap().iter().map(|entry| entry["id"].clone()));
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    let all: Vec<_> = entries["nodes"].as_array().unwrap().iter().map(|entry| entry["id"].clone()).collect();
    assert_eq!(seen, all);
    let edges = format!(
        "{{ ledgerEntries(filter: {{ orderId: {} }}, first: 1, consistencyToken: \"{}\") {{
             edges {{ cursor node {{ document {{ subject {{ ... on Order {{ number }} }} }} }} }} pageInfo {{ endCursor }} asOf {{ lsn }} }} }}",
        live.order, live.token
    );
    let edges = live.world.api.get(&live.world.api.director, &edges).await["ledgerEntries"].clone();
    assert_eq!(edges["edges"][0]["cursor"], edges["pageInfo"]["endCursor"]);
    assert_eq!(edges["edges"][0]["node"]["document"]["subject"]["number"], "З-000001");
    live.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_sees_the_own_figures_only() {
    let Some(live) = Live::new("figures").await else { return };
    let other = live.world.api.manager("boris").await;
    live.profit_after(&live.token).await;
    for (user, seen) in [(&live.manager, 1), (&other, 0)] {
        let entries = live.page(user, "ledger-entries", json!({ "filter": {}, "first": 100 })).await;
        let entries = entries.data()["report"]["nodes"].as_array().unwrap().clone();
        assert_eq!(entries.iter().filter(|entry| entry["account"] == "revenue").count(), seen, "{entries:?}");
        // What the goods cost is not among them.
        assert!(entries.iter().all(|entry| entry["account"] != "cogs" && entry["account"] != "inventory"), "{entries:?}");
        let deals = live.page(user, "active-deals", json!({ "margin": false })).await;
        assert_eq!(deals.data()["report"]["rows"].as_array().unwrap().len(), seen, "{}", deals.json);
    }
    let profit = json!({ "period": period(), "groupBy": "DEAL", "basis": "POSTED" });
    for (panel, variables) in [
        ("gross-profit", profit),
        ("active-deals", json!({})),
        ("cash-flow", json!({ "period": period() })),
        ("income-expense", json!({ "period": period() })),
        ("balance", json!({ "at": "2026-03-01" })),
    ] {
        let answer = live.page(&live.manager, panel, variables).await;
        assert_eq!((answer.codes(), &answer.data()["report"]), (vec!["FORBIDDEN"], &Value::Null), "{panel}");
    }
    live.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_and_the_reasons_of_a_margin_are_asked_through_the_graph() {
    let Some(live) = Live::new("reasons").await else { return };
    let stock = format!(
        "{{ report: stockReport(at: \"2026-03-01\", groupBy: WAREHOUSE, after: \"{}\") {{
             at rows {{ key label stock {{ pieces metres tonnes tonnesWeighed value }} }} total {{ value }} asOf {{ lsn }} }} }}",
        live.token
    );
    let report = live.world.api.get(&live.world.api.director, &stock).await["report"].clone();
    assert_eq!(
        report["rows"],
        json!([{ "key": live.world.warehouse, "label": "Электросталь", "stock": {
            "pieces": 15, "metres": "180.000", "tonnes": "18.000000", "tonnesWeighed": "0.000000", "value": "900000.00" } }])
    );
    assert_eq!(report["total"]["value"], "900000.00");
    let why = |of: &str| {
        format!(
            "{{ report: marginChanges(of: {{ {of} }}, since: \"2020-01-01T00:00:00Z\", after: \"{}\") {{
                 before {{ contribution }} after {{ revenue cogs grossProfit directExpenses contribution }}
                 changes {{ entryId text account accountLabel amount grossProfit contribution effectiveOn originOn bookedAt
                     document {{ kind }} }} more moreEffect {{ contribution }} asOf {{ lsn }} }} }}",
            live.token
        )
    };
    for of in [format!("dealId: {}", live.deal), format!("orderId: {}", live.order)] {
        let report = live.world.api.get(&live.world.api.director, &why(&of)).await["report"].clone();
        assert_eq!((&report["before"]["contribution"], &report["after"]["contribution"]), (&json!("0.00"), &json!("28852.46")));
        assert_eq!(sum(&report["changes"], "contribution"), d("28852.46"));
        assert_eq!(sum(&report["changes"], "grossProfit"), d("68852.46"));
        let kinds: Vec<_> = report["changes"].as_array().unwrap().iter().map(|change| &change["document"]["kind"]).collect();
        assert_eq!(kinds, ["SHIPMENT", "SHIPMENT", "ORDER_EXPENSE"]);
        assert!(report["changes"][2]["text"].as_str().unwrap().contains("«Доставка до покупателя»"), "{report}");
        let refused = live.world.api.ask(&live.manager, &why(&of)).await;
        assert_eq!((refused.codes(), &refused.data()["report"]), (vec!["FORBIDDEN"], &Value::Null));
    }
    let both = format!("dealId: {}, orderId: {}", live.deal, live.order);
    assert!(!live.world.api.ask(&live.world.api.director, &why(&both)).await.codes().is_empty());
    assert_eq!(live.world.api.ask(&live.manager, &stock).await.codes(), ["FORBIDDEN"]);
    live.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_nobody_carries_is_said_to_be_on_its_way() {
    let Some(live) = Live::new("on-its-way").await else { return };
    live.profit_after(&live.token).await;
    let Live { rig, work, world, .. } = live;
    work.stop().await;
    let input = json!({ "name": "Поздний", "isCustomer": true });
    let late = world.api.mutate(&world.api.director, "partyCreate", input, "party { id }").await;
    let query = |token: &str| format!("{{ activeDealsReport(after: \"{token}\") {{ total {{ deals }} }} viewer {{ login }} }}");
    let begun = Instant::now();
    let answer = world.api.ask(&world.api.director, &query(late["consistencyToken"].as_str().unwrap())).await;
    assert_eq!((answer.codes(), &answer.data()["viewer"]["login"]), (vec!["NOT_YET_VISIBLE"], &json!("director")));
    assert!(begun.elapsed() >= Duration::from_secs(2));
    let answer = world.api.ask(&world.api.director, &query("soon")).await;
    assert_eq!(answer.codes(), ["BAD_USER_INPUT"]);
    let backwards = "{ incomeExpenseReport(period: { from: \"2026-02-01\", to: \"2026-01-01\" }) { months { profit } } }";
    let answer = world.api.ask(&world.api.director, backwards).await;
    assert_eq!(answer.codes(), ["BAD_USER_INPUT"], "{}", answer.json);
    rig.stop().await;
}
