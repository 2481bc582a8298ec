//! What listeners hear of what the change stream tells, each under its scope; it is told here as the worker tells it.

use std::time::Duration;

use futures::stream::{BoxStream, StreamExt as _};
use futures::{FutureExt as _, future};
use serde_json::{Value, json};
use shpunt_domain::access::User;

use super::nested::Statements;
use super::world::World;
use super::{Answer, Api};

const DEALS: &str = "subscription { dealChanged { deal { id title } consistencyToken } }";

/// Begins to listen; a listener is silent until something changes.
fn listen(api: &Api, user: &User, query: &str) -> BoxStream<'static, Answer> {
    let mut heard = api.listen(user, query);
    if let Some(answer) = heard.next().now_or_never() {
        panic!("{query}: {:?}", answer.map(|answer| answer.json));
    }
    heard
}

/// The next thing heard.
async fn next(heard: &mut BoxStream<'static, Answer>) -> Value {
    let answer = tokio::time::timeout(Duration::from_secs(30), heard.next()).await.expect("something is heard").unwrap();
    assert!(answer.codes().is_empty(), "{}", answer.json);
    answer.json["data"].clone()
}

/// Tells what changed, as a worker does once it can be seen.
async fn tell(world: &World, lsn: u64, deals: Value, orders: Value, tables: &[&str]) {
    let told = json!({
        "lsn": format!("0/{lsn:X}"), "committedAt": "2026-02-10T09:00:00Z", "deals": deals, "orders": orders, "companies": [1],
        "tables": tables
    });
    sqlx::query("select pg_notify('cdc_changes', $1)").bind(told.to_string()).execute(&world.test().db).await.unwrap();
}

/// Waits until what is told is heard.
async fn begin() -> World {
    let world = World::new().await;
    let mut heard = listen(&world.api, &world.api.director, "subscription { reportChanged(report: BALANCE) { report } }");
    loop {
        tell(&world, 1, json!([]), json!([]), &["ledger_entry"]).await;
        if let Ok(heard) = tokio::time::timeout(Duration::from_millis(100), heard.next()).await {
            assert_eq!(heard.unwrap().data()["reportChanged"]["report"], "BALANCE");
            return world;
        }
    }
}

/// The number of an id.
fn number(id: &Value) -> i64 {
    id.as_str().unwrap().rsplit_once('_').unwrap().1.parse().unwrap()
}

/// A deal of a manager with an order.
async fn deal(world: &World, manager: &User, title: &str) -> (Value, Value) {
    let deal = world.deal(title, Some(&json!(format!("employee_{}", manager.employee_id)))).await;
    let order = world.order(&deal, vec![world.service_line("1.00")]).await;
    (deal, order)
}

#[tokio::test]
async fn a_manager_hears_of_the_own_deals_only() {
    let world = begin().await;
    let api = &world.api;
    let (own, other) = (api.manager("own").await, api.manager("other").await);
    let (mine, my_order) = deal(&world, &own, "Свой причал").await;
    let (theirs, their_order) = deal(&world, &other, "Чужой причал").await;
    let mut all = listen(api, &api.director, DEALS);
    let mut deals = listen(api, &own, DEALS);
    let mut orders = listen(api, &own, "subscription { orderChanged { order { id deal { title } } consistencyToken } }");
    let mut funnel = listen(api, &own, "subscription { reportChanged(report: FUNNEL) { consistencyToken } }");
    let guess = format!("subscription {{ dealChanged(id: {theirs}) {{ deal {{ title }} }} }}");
    let mut guessed = listen(api, &own, &guess);

    let tables = ["deals", "orders", "stage_transitions"];
    tell(&world, 16, json!([number(&theirs)]), json!([number(&their_order)]), &tables).await;
    assert_eq!(next(&mut all).await["dealChanged"]["deal"]["id"], theirs);
    tell(&world, 32, json!([number(&mine)]), json!([number(&my_order)]), &tables).await;
    assert_eq!(next(&mut all).await["dealChanged"]["deal"]["id"], mine);
    // The first thing the manager hears is the second that happened.
    let expected = json!({ "dealChanged": { "deal": { "id": mine, "title": "Свой причал" }, "consistencyToken": "0/20" } });
    assert_eq!(next(&mut deals).await, expected);
    let order = json!({ "id": my_order, "deal": { "title": "Свой причал" } });
    assert_eq!(next(&mut orders).await, json!({ "orderChanged": { "order": order, "consistencyToken": "0/20" } }));
    assert_eq!(next(&mut funnel).await, json!({ "reportChanged": { "consistencyToken": "0/20" } }));
    // Handed over, it is heard of by whom it belongs to now.
    let hand_over = json!({ "dealId": theirs, "managerId": format!("employee_{}", own.employee_id) });
    api.done("dealHandOver", hand_over, "deal", "id").await;
    tell(&world, 48, json!([number(&theirs)]), json!([]), &["deals"]).await;
    assert_eq!(next(&mut deals).await["dealChanged"]["deal"]["title"], "Чужой причал");
    assert_eq!(next(&mut guessed).await["dealChanged"]["deal"]["title"], "Чужой причал");
}

#[tokio::test]
async fn one_hears_of_what_one_asked_for_as_it_is_now() {
    let world = begin().await;
    let api = &world.api;
    let manager = api.manager("manager").await;
    let ((first, first_order), (second, second_order)) =
        (deal(&world, &manager, "Первая").await, deal(&world, &manager, "Вторая").await);
    let director = &api.director;
    let of = |field: &str, selection: &str| format!("subscription {{ heard: {field} {{ {selection} }} }}");
    let selection = "deal { title orders { number } }";
    let mut one = listen(api, director, &of(&format!("dealChanged(id: {second})"), selection));
    let mut order = listen(api, director, &of(&format!("orderChanged(id: {second_order})"), "order { id }"));
    let mut of_deal = listen(api, director, &of(&format!("orderChanged(dealId: {second})"), "order { id }"));
    let mut company = listen(api, director, &of("reportChanged(report: BALANCE, companyId: \"company_2\")", "consistencyToken"));
    for (lsn, deal, order) in [(16, &first, &first_order), (32, &second, &second_order)] {
        tell(&world, lsn, json!([number(deal)]), json!([number(order)]), &["deals", "orders", "ledger_entry"]).await;
    }
    let heard = next(&mut one).await;
    assert_eq!(
        (&heard["heard"]["deal"]["title"], heard["heard"]["deal"]["orders"].as_array().unwrap().len()),
        (&json!("Вторая"), 1)
    );
    assert_eq!(next(&mut order).await["heard"]["order"]["id"], second_order);
    assert_eq!(next(&mut of_deal).await["heard"]["order"]["id"], second_order);
    // What hangs on it is read anew for every change.
    world.order(&second, vec![world.service_line("2.00")]).await;
    let rename = json!({ "dealId": second, "expectedVersion": 1, "title": "Другая" });
    api.done("dealUpdate", rename, "deal", "id").await;
    tell(&world, 48, json!([number(&second)]), json!([]), &["deals"]).await;
    let heard = next(&mut one).await;
    assert_eq!(
        (&heard["heard"]["deal"]["title"], heard["heard"]["deal"]["orders"].as_array().unwrap().len()),
        (&json!("Другая"), 2)
    );
    // The entries were of another company, many rows may be of any.
    tell(&world, 64, Value::Null, Value::Null, &["deals", "orders"]).await;
    for heard in [&mut one, &mut order, &mut of_deal] {
        let heard = next(heard).await;
        assert!(heard["heard"]["deal"].is_null() && heard["heard"]["order"].is_null(), "{heard}");
    }
    assert!(company.next().now_or_never().is_none());
}

#[tokio::test]
async fn a_change_is_read_once_for_each_scope_and_waiting_costs_nothing() {
    let statements = Statements::default();
    let _counting = statements.listen();
    let world = begin().await;
    let api = &world.api;
    let (one, two) = (api.manager("one").await, api.manager("two").await);
    let (deal, _) = deal(&world, &one, "Причал").await;
    statements.take();
    let users = [&api.director, &one, &two];
    let mut heard: Vec<_> = (0..60).map(|n| listen(api, users[n % 3], DEALS)).collect();
    let mut profit = listen(api, &api.director, "subscription { reportChanged(report: GROSS_PROFIT) { report } }");
    assert_eq!(statements.take(), 0, "to begin");
    tell(&world, 16, json!([]), json!([]), &["products"]).await;
    next(&mut profit).await;
    assert!(future::join_all(heard.iter_mut().map(|heard| heard.next())).now_or_never().is_none());
    assert_eq!(statements.take(), 1, "the telling itself");
    tell(&world, 32, json!([number(&deal)]), json!([]), &["deals"]).await;
    let told = heard.iter_mut().enumerate().filter(|(n, _)| n % 3 != 2).map(|(_, heard)| next(heard));
    for told in future::join_all(told).await {
        assert_eq!(told["dealChanged"]["deal"]["id"], deal);
    }
    let unheard = heard.iter_mut().skip(2).step_by(3).map(|heard| heard.next());
    assert!(future::join_all(unheard).now_or_never().is_none());
    let count = statements.take();
    assert!(count <= 4, "the telling, and a reading for everybody, for one and for two: {count}");
}

#[tokio::test]
async fn who_is_slow_is_told_that_something_was_missed() {
    let world = begin().await;
    let api = &world.api;
    let manager = api.manager("manager").await;
    let (deal, _) = deal(&world, &manager, "Причал").await;
    let mut slow = listen(api, &manager, DEALS);
    let mut quick = listen(api, &api.director, DEALS);
    for lsn in 1..=70 {
        tell(&world, lsn, json!([number(&deal)]), json!([]), &["deals"]).await;
        next(&mut quick).await;
    }
    let first = next(&mut slow).await;
    assert!(first["dealChanged"]["deal"].is_null(), "{first}");
    let second = next(&mut slow).await;
    assert_eq!(second["dealChanged"]["deal"]["id"], deal);
}

#[tokio::test]
async fn what_one_may_not_ask_one_may_not_listen_to() {
    let world = World::new().await;
    let api = &world.api;
    let manager = api.manager("manager").await;
    for query in [
        "subscription { dealChanged { deal { plannedMargin { amount } } } }",
        "subscription { reportChanged(report: GROSS_PROFIT) { report } }",
        "subscription { reportChanged(report: BALANCE) { report } }",
    ] {
        let mut heard = api.listen(&manager, query);
        let refused = heard.next().await.unwrap();
        assert_eq!((refused.codes(), refused.data()), (vec!["FORBIDDEN"], &Value::Null), "{query}");
        assert!(refused.json["errors"][0]["path"].is_null(), "nothing was executed: {}", refused.json);
        assert!(heard.next().await.is_none(), "{query}");
    }
    let answer = api.ask(&api.director, DEALS).await;
    assert_eq!(answer.codes(), ["GRAPHQL_VALIDATION_FAILED"], "one answer is not what a subscription asks for");
}
