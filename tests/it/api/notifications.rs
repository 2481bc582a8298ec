//! One's own notifications: heard as they come, listed, read; and the catalogue of what is told to whom.

use std::time::Duration;

use async_graphql::Request;
use futures::stream::{BoxStream, StreamExt as _};
use futures::{FutureExt as _, future};
use serde_json::{Value, json};
use shpunt_analytics::reports::Language;
use shpunt_api::graphql::{self, Caller};
use shpunt_domain::access::{Permission, Role, User};
use shpunt_domain::notifications::commands::tell;
use shpunt_domain::notifications::{DATABASES_DIFFER, Fact, Facts, IMPORT_REJECTED, Subject};
use shpunt_tests::now;

use super::nested::Statements;
use super::world::World;
use super::{Answer, Api, refusal};

const ADDED: &str =
    "subscription { notificationAdded { notification { id kind { code title } text subject { __typename id } readAt } } }";

const LIST: &str = "{ notifications { nodes { id kind { code } text subject { id } createdAt readAt } } notificationsUnread }";

/// Begins to listen; a listener is silent until something is told.
fn listen(api: &Api, user: &User) -> BoxStream<'static, Answer> {
    listen_to(api, user, ADDED)
}

fn listen_to(api: &Api, user: &User, query: &str) -> BoxStream<'static, Answer> {
    let mut heard = api.listen(user, query);
    if let Some(answer) = heard.next().now_or_never() {
        panic!("{:?}", answer.map(|answer| answer.json));
    }
    heard
}

/// The next notification; null when something was missed.
async fn next(heard: &mut BoxStream<'static, Answer>) -> Value {
    let answer = tokio::time::timeout(Duration::from_secs(30), heard.next()).await.expect("something is heard").unwrap();
    assert!(answer.codes().is_empty(), "{}", answer.json);
    answer.json["data"]["notificationAdded"]["notification"].clone()
}

/// Tells directors and administrators, another occasion for each episode.
async fn say(api: &Api, episode: &str) {
    let facts = Facts { count: 3, ..Facts::default() };
    let fact = Fact { subject: Subject::Nothing, deal_id: 0, employee_id: 0, but_user_id: 0, episode: episode.to_owned(), facts };
    assert_eq!(tell(&api.test.db, DATABASES_DIFFER, fact, now()).await.unwrap(), 1);
}

/// A business whose listeners hear what is told; the director has read everything.
async fn begin() -> World {
    let world = World::new().await;
    let mut heard = world.api.listen(&world.api.director, ADDED);
    for n in 0.. {
        say(&world.api, &format!("begin {n}")).await;
        // The first may come before the server listens, which says then that something was missed.
        let first = tokio::time::timeout(Duration::from_millis(100), heard.next()).await;
        if first.is_ok_and(|answer| !answer.unwrap().data()["notificationAdded"]["notification"].is_null()) {
            break;
        }
    }
    sqlx::query("delete from notifications").execute(&world.test().db).await.unwrap();
    world
}

/// A deal of a manager, made by the manager, so that nobody is told of it.
async fn deal_of(world: &World, manager: &User, title: &str) -> Value {
    let input = json!({ "companyId": world.company, "title": title, "channelId": world.channel, "customerId": world.customer });
    let done = world.api.mutate(manager, "dealCreate", input, "deal { id }").await;
    done["deal"]["id"].clone()
}

async fn hand_over(world: &World, deal: &Value, to: &User) {
    let input = json!({ "dealId": deal, "managerId": format!("employee_{}", to.employee_id) });
    world.api.done("dealHandOver", input, "deal", "id").await;
}

#[tokio::test]
async fn one_hears_and_lists_what_one_was_told_and_nobody_else_does() {
    let world = begin().await;
    let api = &world.api;
    let (one, two) = (api.manager("one").await, api.manager("two").await);
    let deal = deal_of(&world, &one, "Причал").await;
    let mut heard = listen(api, &two);
    let mut others: Vec<_> = [&api.director, &one].iter().map(|user| listen(api, user)).collect();
    hand_over(&world, &deal, &two).await;
    let told = next(&mut heard).await;
    let id = told["id"].clone();
    let number = api.get(&two, &format!("{{ deal(id: {deal}) {{ number }} }}")).await["deal"]["number"].clone();
    let text = format!("Сделка {} «Причал» теперь ваша", number.as_str().unwrap());
    let kind = json!({ "code": "deal_handed_over", "title": "Вам передана сделка" });
    let subject = json!({ "__typename": "Deal", "id": deal });
    assert_eq!(told, json!({ "id": id, "kind": kind, "text": text, "subject": subject, "readAt": null }));
    say(api, "now").await;
    assert_eq!(next(&mut others[0]).await["text"], "Сверка PostgreSQL и ClickHouse нашла расхождений: 3");
    assert!(others[1].next().now_or_never().is_none(), "the one who lost the deal hears nothing");

    let listed = api.get(&two, LIST).await;
    let expected = json!({
        "id": id, "kind": { "code": "deal_handed_over" }, "text": text, "subject": { "id": deal },
        "createdAt": "2026-03-02T09:00:00Z", "readAt": null
    });
    assert_eq!(listed, json!({ "notifications": { "nodes": [expected] }, "notificationsUnread": 1 }));
    let empty = json!({ "notifications": { "nodes": [] }, "notificationsUnread": 0 });
    assert_eq!(api.get(&one, LIST).await, empty);
    let node = format!("{{ node(id: {id}) {{ id }} nodes(ids: [{id}]) {{ __typename }} }}");
    assert_eq!(api.get(&two, &node).await, json!({ "node": { "id": id }, "nodes": [{ "__typename": "Notification" }] }));
    for user in [&one, &api.director] {
        assert_eq!(api.get(user, &node).await, json!({ "node": null, "nodes": [null] }), "{}", user.login);
    }
    // Taken away again, the deal and what was told of it are out of sight, whichever way leads there.
    hand_over(&world, &deal, &one).await;
    assert_eq!(api.get(&two, LIST).await, empty);
    assert_eq!(api.get(&two, &node).await, json!({ "node": null, "nodes": [null] }));
    assert_eq!(api.get(&one, LIST).await["notificationsUnread"], 1);
}

#[tokio::test]
async fn what_ones_role_does_not_show_any_more_is_out_of_sight() {
    let world = World::new().await;
    let api = &world.api;
    let head = api.user("head", Role::HeadOfSales).await;
    let batch = world.batch("С-1").await;
    let deal = world.deal("Причал", None).await;
    let order = world.order(&deal, vec![world.goods_line(&batch, 2, "1000.00", true)]).await;
    api.done("orderShip", json!({ "orderId": order, "shippedOn": "2026-02-10" }), "order", "id").await;
    let listed = api.get(&head, LIST).await;
    let text = listed["notifications"]["nodes"][0]["text"].as_str().unwrap();
    assert!(text.contains("(Мостострой) отгружен с маржой -6"), "{text}");
    assert_eq!(listed["notifications"]["nodes"][0]["subject"]["id"], order);
    // The same login as a logistician: orders are still to be seen, margins are not.
    let change = json!({ "userId": format!("user_{}", head.user_id), "expectedVersion": 1, "role": "LOGISTICS" });
    api.done("userUpdate", change, "user", "id").await;
    let logistician = User { role: Role::Logistics, ..head.clone() };
    let id = &listed["notifications"]["nodes"][0]["id"];
    let all = format!("{{ notifications {{ nodes {{ id }} }} notificationsUnread node(id: {id}) {{ id }} }}");
    assert_eq!(
        api.get(&logistician, &all).await,
        json!({ "notifications": { "nodes": [] }, "notificationsUnread": 0, "node": null })
    );
}

#[tokio::test]
async fn pages_go_from_the_newest_back() {
    let world = begin().await;
    let api = &world.api;
    for n in 0..5 {
        let facts = Facts { name: "лиды.csv".to_owned(), count: n, ..Facts::default() };
        let fact = Fact { subject: Subject::Nothing, deal_id: 0, employee_id: 0, but_user_id: 0, episode: n.to_string(), facts };
        let at = now() + chrono::Duration::seconds(n / 2);
        assert_eq!(tell(&api.test.db, IMPORT_REJECTED, fact, at).await.unwrap(), 1);
    }
    let mut texts = Vec::new();
    let mut after = Value::Null;
    loop {
        let page = api
            .send(
                Some(&api.director),
                "query($after: String) { notifications(unread: true, first: 2, after: $after) { nodes { text } pageInfo { hasNextPage endCursor } } }",
                json!({ "after": after }),
            )
            .await;
        let page = &page.data()["notifications"];
        texts.extend(page["nodes"].as_array().unwrap().iter().map(|node| node["text"].as_str().unwrap().to_owned()));
        if page["pageInfo"]["hasNextPage"] != true {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    let expected: Vec<_> = (0..5).rev().map(|n| format!("Из файла лиды.csv не загружено строк: {n}")).collect();
    assert_eq!(texts, expected);
    // In the language of the request.
    let caller = Caller { language: Language::En, ..Api::caller(Some(&api.director)) };
    let request = Request::new("{ notifications(first: 1) { nodes { text kind { title } } } }");
    let answer = Answer::of(&graphql::execute(&api.schema, request, caller).await);
    let node = json!({ "text": "4 rows of the file лиды.csv were not taken", "kind": { "title": "Some rows of a file were not taken" } });
    assert_eq!(answer.data()["notifications"]["nodes"], json!([node]));
}

#[tokio::test]
async fn one_marks_the_own_ones_as_read() {
    let world = begin().await;
    let api = &world.api;
    let manager = api.manager("manager").await;
    let deal = world.deal("Причал", None).await;
    hand_over(&world, &deal, &manager).await;
    for n in 0..3 {
        say(api, &n.to_string()).await;
    }
    let read = async |user: &User, input: Value| -> Value {
        let query = "mutation($input: NotificationsReadInput!) { done: notificationsRead(input: $input) { unread userErrors { code path } } }";
        api.send(Some(user), query, json!({ "input": input })).await.data()["done"].clone()
    };
    let ids = |listed: &Value| -> Vec<Value> {
        listed["notifications"]["nodes"].as_array().unwrap().iter().map(|node| node["id"].clone()).collect()
    };
    let own = ids(&api.get(&api.director, LIST).await);
    let theirs = ids(&api.get(&manager, LIST).await);
    assert_eq!((own.len(), theirs.len()), (3, 1));
    // One that is another's, or nobody's, among them: nothing is marked.
    for odd in [&theirs[0], &json!("notification_404000")] {
        let refused = read(&api.director, json!({ "ids": [own[0], odd] })).await;
        assert_eq!(refused, json!({ "unread": 3, "userErrors": [{ "code": "NOT_FOUND", "path": ["input", "ids", "1"] }] }));
    }
    let many: Vec<_> = (0..101).map(|_| own[0].clone()).collect();
    for (input, field) in [(json!({ "ids": many }), "ids"), (json!({ "all": false }), "all")] {
        let refused = read(&api.director, input).await;
        assert_eq!(refused, json!({ "unread": 3, "userErrors": [{ "code": "INVALID_INPUT", "path": ["input", field] }] }));
    }
    assert_eq!(read(&api.director, json!({ "ids": [own[0], own[0]] })).await, json!({ "unread": 2, "userErrors": [] }));
    let marked = "{ notifications { nodes { readAt } } unread: notifications(unread: true) { nodes { id } } }";
    let marked = api.get(&api.director, marked).await;
    assert_eq!(marked["notifications"]["nodes"][0]["readAt"], "2026-03-02T09:00:00Z");
    assert_eq!(marked["unread"]["nodes"], json!([{ "id": own[1] }, { "id": own[2] }]));
    assert_eq!(read(&api.director, json!({ "all": true })).await["unread"], 0);
    assert_eq!(api.get(&manager, LIST).await["notificationsUnread"], 1, "others are not touched");
    for wrong in [json!({}), json!({ "all": true, "ids": [] }), json!({ "ids": ["deal_1"] })] {
        let query = "mutation($input: NotificationsReadInput!) { notificationsRead(input: $input) { unread } }";
        let answer = api.send(Some(&manager), query, json!({ "input": wrong })).await;
        assert_eq!(answer.codes().len(), 1, "{wrong}: {}", answer.json);
    }
}

#[tokio::test]
async fn waiting_costs_no_statement_and_telling_one_reading() {
    let statements = Statements::default();
    let _counting = statements.listen();
    let world = begin().await;
    let api = &world.api;
    tracing::callsite::rebuild_interest_cache();
    let (one, two) = (api.manager("one").await, api.manager("two").await);
    let deal = deal_of(&world, &one, "Причал").await;
    statements.take();
    let users = [&api.director, &one, &two];
    let query = "subscription { notificationAdded { notification { id } } }";
    let mut heard: Vec<_> = (0..60).map(|n| listen_to(api, users[n % 3], query)).collect();
    assert_eq!(statements.take(), 0, "to begin");
    hand_over(&world, &deal, &two).await;
    let command = statements.take();
    for heard in heard.iter_mut().skip(2).step_by(3) {
        assert!(next(heard).await["id"].is_string());
    }
    assert!(statements.take() <= 1, "one reading for all of them, besides the command's {command}");
    let unheard = heard.iter_mut().enumerate().filter(|(n, _)| n % 3 != 2).map(|(_, heard)| heard.next());
    assert!(future::join_all(unheard).now_or_never().is_none());
}

#[tokio::test]
async fn who_is_slow_is_told_that_something_was_missed() {
    let world = begin().await;
    let api = &world.api;
    let mut slow = listen(api, &api.director);
    let mut quick = listen(api, &api.director);
    for n in 0..20 {
        say(api, &n.to_string()).await;
        assert!(next(&mut quick).await["id"].is_string());
    }
    assert!(next(&mut slow).await.is_null());
    assert!(next(&mut slow).await["id"].is_string(), "and goes on");
    assert_eq!(api.get(&api.director, LIST).await["notificationsUnread"], 20, "what was missed is listed");
}

#[tokio::test]
async fn a_connection_that_breaks_is_told_to_all_who_listen() {
    let world = begin().await;
    let api = &world.api;
    let mut heard = listen(api, &api.director);
    let broken = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query ilike 'listen%notifications%'";
    let broken: Vec<bool> = sqlx::query_scalar(broken).fetch_all(&api.test.db).await.unwrap();
    assert_eq!(broken, [true]);
    assert!(next(&mut heard).await.is_null(), "something may have been missed");
    say(api, "after").await;
    assert!(next(&mut heard).await["id"].is_string(), "and it is heard again");
}

#[tokio::test]
async fn programs_of_a_person_are_not_told_what_the_person_is() {
    let world = begin().await;
    let api = &world.api;
    say(api, "now").await;
    let id = api.get(&api.director, LIST).await["notifications"]["nodes"][0]["id"].clone();
    let program = || Caller { within: Some(Permission::ALL.into_iter().collect()), ..Api::caller(Some(&api.director)) };
    let node = format!("{{ node(id: {id}) {{ id }} }}");
    for query in ["{ notificationsUnread }", "{ notifications { nodes { id } } }", &node] {
        let answer = Answer::of(&graphql::execute(&api.schema, Request::new(query), program()).await);
        assert_eq!(answer.codes(), ["FORBIDDEN"], "{query}: {}", answer.json);
    }
    let heard = graphql::execute_stream(&api.schema, Request::new(ADDED), program()).next().await.unwrap();
    assert_eq!(Answer::of(&heard).codes(), ["FORBIDDEN"]);
}

#[tokio::test]
async fn the_catalogue_is_changed_by_who_may() {
    let world = begin().await;
    let api = &world.api;
    let fields = "id code title toManager toRoles toPermissions needs threshold unit active version";
    let kinds = api.get(&api.director, &format!("{{ notificationKinds {{ {fields} }} }}")).await;
    let kinds = kinds["notificationKinds"].as_array().unwrap().clone();
    let of = |code: &str| kinds.iter().find(|kind| kind["code"] == code).unwrap().clone();
    let margin = of("order_margin_low");
    let expected = json!({
        "id": margin["id"], "code": "order_margin_low", "title": "Маржа заказа ниже порога", "toManager": false,
        "toRoles": ["DIRECTOR", "HEAD_OF_SALES"], "toPermissions": [], "needs": ["SEE_ORDERS", "SEE_MARGIN"], "threshold": "5",
        "unit": "PERCENT", "active": true, "version": 1
    });
    assert_eq!(margin, expected);
    let handed = of("deal_handed_over");
    assert_eq!((&handed["threshold"], &handed["unit"]), (&Value::Null, &Value::Null));
    let update = |kind: &Value, version: i32, change: Value| {
        let mut input = json!({ "notificationKindId": kind["id"], "expectedVersion": version });
        input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        input
    };
    let field = "notificationKindUpdate";
    for (kind, change, path) in [
        (&handed, json!({ "threshold": "1" }), "threshold"),
        (&handed, json!({ "toManager": false }), "toRoles"),
        (&margin, json!({ "threshold": "100.01" }), "threshold"),
        (&margin, json!({ "toRoles": [], "toPermissions": [] }), "toRoles"),
        (&margin, json!({ "toRoles": ["MANAGER"] }), "toRoles"),
        (&of("cash_gap"), json!({ "toManager": true }), "toManager"),
        (&of("order_late"), json!({ "threshold": "-1" }), "threshold"),
    ] {
        let refused = api.mutate(&api.director, field, update(kind, 1, change), "notificationKind { id }").await;
        assert_eq!((refusal(&refused), &refused["userErrors"][0]["path"]), ("INVALID_INPUT", &json!(["input", path])));
    }
    let missing = json!({ "id": "notification_kind_404" });
    let refused = api.mutate(&api.director, field, update(&missing, 1, json!({})), "notificationKind { id }").await;
    assert_eq!(refusal(&refused), "NOT_FOUND");
    let change = json!({ "toRoles": ["ACCOUNTANT", "ACCOUNTANT"], "toPermissions": ["SEE_RESULTS"], "threshold": "7.50" });
    let changed = api.done(field, update(&margin, 1, change), "notificationKind", fields).await;
    assert_eq!(
        (&changed["toRoles"], &changed["toPermissions"], &changed["threshold"], &changed["version"]),
        (&json!(["ACCOUNTANT"]), &json!(["SEE_RESULTS"]), &json!("7.5"), &json!(2))
    );
    let current = "notificationKind { id } details: userErrors { ... on VersionConflictError { current { ... on NotificationKind { version threshold } } } }";
    let stale = api.mutate(&api.director, field, update(&margin, 1, json!({ "active": false })), current).await;
    assert_eq!(refusal(&stale), "VERSION_CONFLICT");
    assert_eq!(stale["details"], json!([{ "current": { "version": 2, "threshold": "7.5" } }]));
    for role in [Role::Manager, Role::HeadOfSales, Role::Accountant] {
        let user = api.user(role.as_str(), role).await;
        let answer = api.try_mutate(&user, field, update(&margin, 2, json!({ "active": false })), "__typename").await;
        assert_eq!(answer.codes(), ["FORBIDDEN"]);
        let node = format!("{{ node(id: {}) {{ id }} }}", margin["id"]);
        assert_eq!(api.ask(&user, &node).await.codes(), ["FORBIDDEN"]);
    }
    // Switched off, it is told to nobody.
    let manager = api.manager("manager").await;
    api.done(field, update(&handed, 1, json!({ "active": false })), "notificationKind", "active").await;
    let deal = world.deal("Причал", None).await;
    hand_over(&world, &deal, &manager).await;
    assert_eq!(api.get(&manager, LIST).await["notificationsUnread"], 0);
}
