//! Who did and who read what: what is recorded, who may see it, and that nobody can change it.

use futures::StreamExt as _;
use serde_json::{Value, json};
use shpunt_domain::access::{Role, User};

use super::sessions::{as_session, come_in};
use super::world::World;
use super::{Api, PASSWORD};

/// Kind and name of the records of a filter, the newest first.
async fn log(api: &Api, user: &User, filter: Value) -> Vec<String> {
    let query = "query($filter: AuditFilter!) { auditLog(filter: $filter, first: 100) { nodes { kind name } } }";
    let answer = api.send(Some(user), query, json!({ "filter": filter })).await;
    assert!(answer.codes().is_empty(), "{}", answer.json);
    let nodes = answer.data()["auditLog"]["nodes"].as_array().unwrap();
    nodes.iter().map(|one| format!("{} {}", one["kind"].as_str().unwrap(), one["name"].as_str().unwrap())).collect()
}

/// What a user was recorded to read, the oldest first.
async fn reads(api: &Api, user: &User) -> Vec<(String, Value)> {
    sqlx::query_as("select name, input from access_log where actor_id = $1 and kind = 'read' order by access_id")
        .bind(user.user_id)
        .fetch_all(&api.test.db)
        .await
        .unwrap()
}

#[tokio::test]
async fn what_tells_of_cost_and_of_people_is_recorded_before_it_is_told() {
    let world = World::new().await;
    let api = &world.api;
    world.batch("В-1").await;
    let reader = api.user("head", Role::HeadOfSales).await;
    let costs = "query($number: Int!) { batches(first: $number) { nodes { number cost { amount } } } deals { nodes { id } } }";
    for first in [5, 5, 6] {
        let answer = api.send(Some(&reader), costs, json!({ "number": first })).await;
        assert_eq!(answer.data()["batches"]["nodes"][0]["cost"]["amount"], "1200000.00");
    }
    api.get(&reader, "{ batches { nodes { number } } parties { nodes { name } } }").await;
    api.get(&reader, "{ parties(first: 3) { nodes { contacts { phone } } } }").await;
    let read = |name: &str, of: &str, first: i32| (name.to_owned(), json!({ "of": [of], "arguments": { "first": first } }));
    assert_eq!(
        reads(api, &reader).await,
        [read("batches", "see_cost", 5), read("batches", "see_cost", 6), read("parties", "Contact", 3)],
        "the same question is recorded once in a while"
    );
    // Somebody else's question is another.
    let other = api.user("other", Role::HeadOfSales).await;
    api.send(Some(&other), costs, json!({ "number": 5 })).await;
    assert_eq!(reads(api, &other).await, [read("batches", "see_cost", 5)]);
    // By a socket as well.
    let by_socket = "{ batches(first: 7) { nodes { cost { amount } } } }";
    let answer = api.listen(&other, by_socket).next().await.unwrap();
    assert_eq!(answer.data()["batches"]["nodes"][0]["cost"]["amount"], "1200000.00");
    assert_eq!(reads(api, &other).await, [read("batches", "see_cost", 5), read("batches", "see_cost", 7)]);
    // What is refused is not read.
    let manager = api.manager("anna").await;
    assert_eq!(api.send(Some(&manager), costs, json!({ "number": 5 })).await.codes(), ["FORBIDDEN"]);
    assert_eq!(reads(api, &manager).await, []);
}

#[tokio::test]
async fn what_cannot_be_recorded_is_not_told() {
    let world = World::new().await;
    let api = &world.api;
    world.batch("В-1").await;
    sqlx::query("alter table access_log rename to elsewhere").execute(&api.test.db).await.unwrap();
    let answer = api.ask(&api.director, "{ batches { nodes { cost { amount } } } }").await;
    assert_eq!((answer.codes(), answer.data()), (vec!["INTERNAL_SERVER_ERROR"], &Value::Null));
    assert!(!answer.json.to_string().contains("1200000"));
    let answer = api.listen(&api.director, "{ batches { nodes { cost { amount } } } }").next().await.unwrap();
    assert_eq!((answer.codes(), answer.data()), (vec!["INTERNAL_SERVER_ERROR"], &Value::Null));
    api.get(&api.director, "{ batches { nodes { number } } }").await;
}

#[tokio::test]
async fn what_was_done_and_read_is_one_list() {
    let world = World::new().await;
    let api = &world.api;
    let batch = world.batch("В-1").await;
    let deal = world.deal("Причал", None).await;
    let order = world.order(&deal, vec![world.goods_line(&batch, 2, "75000.00", true)]).await;
    let administrator = api.user("admin", Role::Administrator).await;
    let head = api.user("head", Role::HeadOfSales).await;
    api.get(&head, &format!("{{ order(id: {order}) {{ lines {{ batch {{ cost {{ amount }} }} }} }} }}")).await;

    let director = json!(format!("user_{}", api.director.user_id));
    let all = log(api, &administrator, json!({ "actorId": director })).await;
    assert!(all.len() > 10 && all.iter().all(|one| one.starts_with("COMMAND ")), "{all:?}");
    let mut about = log(api, &administrator, json!({ "subject": order, "actorId": director })).await;
    about.sort();
    assert_eq!(about, ["COMMAND orders.confirm", "COMMAND orders.create"]);
    let by_head = json!({ "subject": order, "actorId": format!("user_{}", head.user_id) });
    assert_eq!(log(api, &administrator, by_head).await, ["READ order"]);
    assert_eq!(log(api, &administrator, json!({ "subject": batch, "name": "orders.create" })).await, ["COMMAND orders.create"]);
    assert_eq!(log(api, &administrator, json!({ "subject": world.supplier, "name": "batches.receive" })).await.len(), 1);
    // Without a name it may find itself, recorded while it is answered.
    assert_eq!(log(api, &administrator, json!({ "subject": "deal_404", "name": "orders.create" })).await, [""; 0]);
    let (past, future) = (json!("2026-01-01T00:00:00Z"), json!("2027-01-01T00:00:00Z"));
    assert_eq!(log(api, &administrator, json!({ "to": past })).await, [""; 0]);
    assert_eq!(log(api, &administrator, json!({ "from": future })).await, [""; 0]);
    let within = log(api, &administrator, json!({ "from": past, "to": future, "actorId": director })).await;
    assert_eq!(within, all);
    // To read the log is recorded too.
    assert!(log(api, &api.director, json!({ "name": "auditLog" })).await.len() > 3);
    for wrong in [json!({ "subject": "x" }), json!({ "subject": "" }), json!({ "actorId": "deal_1" })] {
        let query = "query($filter: AuditFilter!) { auditLog(filter: $filter) { nodes { id } } }";
        assert_eq!(
            api.send(Some(&administrator), query, json!({ "filter": wrong })).await.codes(),
            ["BAD_USER_INPUT"],
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn pages_neither_skip_nor_repeat_though_all_was_done_at_one_moment() {
    let world = World::new().await;
    let api = &world.api;
    world.batch("В-1").await;
    api.get(&api.director, "{ batches { nodes { cost { amount } } } }").await;
    // Read by somebody else, or each page would be a record of its own.
    let administrator = api.user("admin", Role::Administrator).await;
    let of = json!({ "actorId": format!("user_{}", api.director.user_id) });
    let page =
        "query($filter: AuditFilter!, $first: Int!, $after: String) { auditLog(filter: $filter, first: $first, after: $after) {
        nodes { id at name actor { login } subjects } pageInfo { hasNextPage endCursor } } }";
    let ask = async |first: i32, after: Value| {
        let answer = api.send(Some(&administrator), page, json!({ "filter": of, "first": first, "after": after })).await;
        assert!(answer.codes().is_empty(), "{}", answer.json);
        answer.data()["auditLog"].clone()
    };
    let whole = ask(100, Value::Null).await["nodes"].as_array().unwrap().clone();
    assert!(whole.iter().all(|one| one["actor"]["login"] == "director"));
    let received = whole.iter().find(|one| one["name"] == "batches.receive").unwrap();
    assert!(received["subjects"].as_array().unwrap().contains(&world.supplier), "{received}");
    let (mut pieces, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = ask(3, after).await;
        pieces.extend(page["nodes"].as_array().unwrap().clone());
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    assert_eq!(pieces, whole);
}

#[tokio::test]
async fn the_log_is_for_few_and_what_was_asked_for_those_who_see_cost() {
    let world = World::new().await;
    let api = &world.api;
    world.batch("В-1").await;
    let administrator = api.user("admin", Role::Administrator).await;
    let asked = "{ auditLog(filter: { name: \"batches.receive\" }) { nodes { input result } } }";
    assert_eq!(api.ask(&administrator, asked).await.codes(), ["FORBIDDEN"]);
    let seen = api.get(&api.director, asked).await["auditLog"]["nodes"][0].clone();
    let input: Value = serde_json::from_str(seen["input"].as_str().unwrap()).unwrap();
    assert_eq!(input["net"], "1200000.00");
    assert!(seen["result"].as_str().unwrap().contains("batch_id"));
    for role in [Role::Manager, Role::HeadOfSales, Role::Accountant] {
        let user = api.user(&format!("a_{}", role.as_str()), role).await;
        assert_eq!(api.ask(&user, "{ auditLog { nodes { id } } }").await.codes(), ["FORBIDDEN"], "{}", role.as_str());
    }
}

#[tokio::test]
async fn nothing_that_was_recorded_can_be_changed() {
    let world = World::new().await;
    let db = &world.test().db;
    world.batch("В-1").await;
    world.api.get(&world.api.director, "{ batches { nodes { cost { amount } } } }").await;
    let logged = "select (select string_agg(access_log::text, ' ') from access_log) || (select string_agg(command_log::text, ' ') from command_log)";
    let before: String = sqlx::query_scalar(logged).fetch_one(db).await.unwrap();
    for change in [
        "update access_log set name = 'x'",
        "update access_log set at = at where false",
        "delete from access_log",
        "truncate access_log",
        "update command_log set result = 'null'",
        "update command_log set result = result",
        "update command_log set actor_id = 0",
        "delete from command_log where name = 'batches.receive'",
        "truncate command_log",
    ] {
        let refused = sqlx::query(change).execute(db).await.expect_err(change).to_string();
        assert!(refused.contains("append-only"), "{change}: {refused}");
    }
    assert_eq!(sqlx::query_scalar::<_, String>(logged).fetch_one(db).await.unwrap(), before);
}

#[tokio::test]
async fn what_happens_at_the_door_is_recorded() {
    let api = Api::new().await;
    for _ in 0..10 {
        come_in(&api, "director", "incorrect horse").await;
        come_in(&api, "nobody", PASSWORD).await;
    }
    come_in(&api, "director", PASSWORD).await;
    sqlx::query("delete from login_attempts").execute(&api.test.db).await.unwrap();
    let session = come_in(&api, "Director", PASSWORD).await.cookie.unwrap();
    let change = "mutation($input: PasswordChangeInput!) { passwordChange(input: $input) { userErrors { code } } }";
    as_session(&api, &session, change, json!({ "present": PASSWORD, "new": "battery staple" })).await;
    let kinds: Vec<(String, i64, String)> =
        sqlx::query_as("select kind, actor_id, name from access_log order by access_id").fetch_all(&api.test.db).await.unwrap();
    let at_the_door = |kind: &str| (kind.to_owned(), api.director.user_id, "director".to_owned());
    let mut expected = vec![at_the_door("sign_in_failed"); 9];
    expected.extend(["locked_out", "signed_in", "password_changed"].map(at_the_door));
    assert_eq!(kinds, expected, "and nothing of a login that does not exist");
    assert_eq!(log(&api, &api.director, json!({ "name": "director" })).await.len(), 12);
}

#[tokio::test]
async fn whose_margin_a_refused_change_shows_is_recorded() {
    let world = World::new().await;
    let api = &world.api;
    let (first, second) = (world.deal("Причал", None).await, world.deal("Мост", None).await);
    let reader = api.user("reader", Role::Director).await;
    for deal in [&first, &second, &first] {
        let stale = json!({ "dealId": deal, "expectedVersion": 7, "title": "x" });
        let margin = "deal { id } details: userErrors { ... on VersionConflictError { current { ... on Deal { plannedMargin { amount } } } } }";
        let refused = api.mutate(&reader, "dealUpdate", stale, margin).await;
        assert_eq!(refused["details"][0]["current"]["plannedMargin"]["amount"], "0.00");
    }
    let read = |deal: &Value| ("dealUpdate".to_owned(), json!({ "of": ["see_margin"], "arguments": { "ids": [deal] } }));
    assert_eq!(reads(api, &reader).await, [read(&first), read(&second)]);
}
