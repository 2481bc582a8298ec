//! What waits for people: tasks, missed calls and offers to be approved; who is told, who sees them, and that nobody is told twice.

use chrono::Duration;
use serde_json::{Value, json};
use shpunt_api::work;
use shpunt_domain::access::{Role, User};
use shpunt_tests::now;

use super::world::World;
use super::{Api, refusal};

fn of(user: &User) -> Value {
    json!(format!("employee_{}", user.employee_id))
}

/// What a person has been told and not read, oldest first; reads it.
async fn told(api: &Api, user: &User) -> Vec<String> {
    let answer = api.get(user, "{ notifications(unread: true) { nodes { id text subject { __typename id } } } }").await;
    let nodes = answer["notifications"]["nodes"].as_array().unwrap().clone();
    let ids: Vec<&Value> = nodes.iter().map(|node| &node["id"]).collect();
    let read = "mutation($ids: [ID!]) { notificationsRead(input: { ids: $ids }) { unread } }";
    assert!(api.send(Some(user), read, json!({ "ids": ids })).await.codes().is_empty());
    nodes
        .iter()
        .rev()
        .map(|node| format!("{} | {}", node["subject"]["__typename"].as_str().unwrap_or("-"), node["text"].as_str().unwrap()))
        .collect()
}

async fn look(api: &Api, minutes: i64) {
    work::notify(&api.test.db, now() + Duration::minutes(minutes)).await;
}

const TASK: &str = "task { id title dueAt doneAt version employee { name } deal { number } author { login } }";

#[tokio::test]
async fn a_task_is_told_to_whoever_is_to_do_it_when_it_is_late() {
    let world = World::new().await;
    let api = &world.api;
    let (anna, boris) = (api.manager("anna").await, api.manager("boris").await);
    let deal = world.deal("Причал", Some(&of(&anna))).await;
    told(api, &anna).await;
    let key = "0e9f6d1e-6a3e-4a8e-8b1a-3b1f5a0c7d11";
    let input = json!({ "dealId": deal, "title": " Выслать КП ", "dueAt": "2026-03-02T15:00:00Z", "idempotencyKey": key });
    let made = api.mutate(&anna, "dealTaskAdd", input.clone(), TASK).await;
    let task = made["task"].clone();
    assert_eq!(
        task,
        json!({ "id": task["id"], "title": "Выслать КП", "dueAt": "2026-03-02T15:00:00Z", "doneAt": null, "version": 1,
            "employee": null, "deal": { "number": "Д-000001" }, "author": { "login": "anna" } })
    );
    assert_eq!(api.mutate(&anna, "dealTaskAdd", input, TASK).await["task"], task, "the same key, the same task");

    look(api, 60).await;
    assert_eq!(told(api, &anna).await, [""; 0], "it is due at three");
    look(api, 7 * 60).await;
    assert_eq!(told(api, &anna).await, ["DealTask | По сделке Д-000001 не сделано к 02.03.2026: Выслать КП"]);
    look(api, 8 * 60).await;
    assert_eq!(told(api, &anna).await, [""; 0], "once");

    // Put off it is late again; the deal goes to another manager and the task with it; done it is late no more.
    let change = |version: i32| json!({ "taskId": task["id"], "expectedVersion": version, "title": "Договор", "dueAt": "2026-03-03T09:00:00Z" });
    assert_eq!(refusal(&api.mutate(&boris, "dealTaskUpdate", change(1), TASK).await), "NOT_FOUND", "another's deal");
    let changed = api.mutate(&anna, "dealTaskUpdate", change(1), TASK).await["task"].clone();
    assert_eq!((&changed["title"], &changed["version"]), (&json!("Договор"), &json!(2)));
    assert_eq!(refusal(&api.mutate(&anna, "dealTaskUpdate", change(1), TASK).await), "VERSION_CONFLICT");
    api.done("dealHandOver", json!({ "dealId": deal, "managerId": of(&boris) }), "deal", "id").await;
    told(api, &boris).await;
    look(api, 3 * 24 * 60).await;
    assert_eq!(told(api, &boris).await, ["DealTask | По сделке Д-000001 не сделано к 03.03.2026: Договор"]);
    assert_eq!(told(api, &anna).await, [""; 0]);
    let finish = |done: bool| json!({ "taskId": task["id"], "done": done });
    let done = api.mutate(&boris, "dealTaskFinish", finish(true), TASK).await["task"].clone();
    assert!(done["doneAt"].is_string());
    assert_eq!(refusal(&api.mutate(&boris, "dealTaskUpdate", change(3), TASK).await), "INVALID_INPUT", "it is done");
    let tasks = async |user: &User, filter: &str| {
        let found = api.get(user, &format!("{{ dealTasks(filter: {filter}) {{ nodes {{ title }} }} }}")).await;
        found["dealTasks"]["nodes"].as_array().unwrap().len()
    };
    assert_eq!((tasks(&boris, "{ open: true }").await, tasks(&boris, "{ open: false }").await), (0, 1));
    api.mutate(&boris, "dealTaskFinish", finish(false), TASK).await;
    let of_boris = format!("{{ employeeId: {}, dueBefore: \"2026-03-04T00:00:00Z\" }}", of(&boris));
    assert_eq!((tasks(&boris, &of_boris).await, tasks(&anna, "{}").await), (1, 0), "a task is seen with its deal");
    let node = format!("{{ node(id: {}) {{ ... on DealTask {{ title }} }} }}", task["id"]);
    assert_eq!(api.get(&anna, &node).await["node"], json!(null));
    assert_eq!(api.get(&boris, &node).await["node"], json!({ "title": "Договор" }));

    // A task of somebody else is told to that one, not to the manager of the deal.
    let head = api.user("head", Role::HeadOfSales).await;
    let input = json!({ "dealId": deal, "title": "Скидка", "dueAt": "2026-03-03T09:00:00Z", "employeeId": of(&head) });
    api.mutate(&boris, "dealTaskAdd", input, TASK).await;
    look(api, 4 * 24 * 60).await;
    assert_eq!(told(api, &head).await, ["DealTask | По сделке Д-000001 не сделано к 03.03.2026: Скидка"]);
    assert_eq!(told(api, &boris).await, [""; 0]);
    let refused = json!({ "dealId": deal, "title": " ", "dueAt": "2026-03-03T09:00:00Z" });
    assert_eq!(refusal(&api.mutate(&boris, "dealTaskAdd", refused, TASK).await), "INVALID_INPUT");
    let nobody = json!({ "dealId": deal, "title": "Кто", "dueAt": "2026-03-03T09:00:00Z", "employeeId": "employee_404" });
    assert_eq!(refusal(&api.mutate(&boris, "dealTaskAdd", nobody, TASK).await), "NOT_FOUND");
}

fn call(id: &str, phone: &str, talked: i32) -> Value {
    json!({
        "source": "mango", "externalId": id, "direction": "INCOMING", "phone": phone, "line": "74951234567",
        "startedAt": "2026-03-02T08:55:00Z", "talkSeconds": talked
    })
}

const CALL: &str = "call { id missed talkSeconds deal { title } party { name } employee { name } }";

#[tokio::test]
async fn a_missed_call_finds_its_deal_and_is_told_once() {
    let world = World::new().await;
    let api = &world.api;
    let machine = api.user("telephony", Role::Integration).await;
    let (anna, boris, head) = (api.manager("anna").await, api.manager("boris").await, api.user("head", Role::HeadOfSales).await);
    let deal = async |title: &str, manager: &User, phone: &str| {
        let input = json!({
            "companyId": world.company, "title": title, "channelId": world.channel, "managerId": of(manager), "contactPhone": phone
        });
        api.done("dealCreate", input, "deal", "id").await["id"].clone()
    };
    deal("Причал", &anna, "+7 (921) 555-01-01").await;
    let contact = json!({ "partyId": world.customer, "name": "Пётр", "phone": "8 (912) 000-11-22" });
    api.done("contactAdd", contact, "contact", "id").await;
    let of_customer = json!({
        "companyId": world.company, "title": "Котлован", "channelId": world.channel, "managerId": of(&boris), "customerId": world.customer
    });
    api.done("dealCreate", of_customer, "deal", "id").await;
    for user in [&anna, &boris, &head] {
        told(api, user).await;
    }

    // By the number of the deal, however it is written; told again it is the same call.
    let missed = api.mutate(&machine, "callRecord", call("1", "79215550101", 0), CALL).await["call"].clone();
    assert_eq!((&missed["missed"], &missed["deal"]), (&json!(true), &json!({ "title": "Причал" })));
    let again = api.mutate(&machine, "callRecord", call("1", "79215550101", 0), CALL).await["call"].clone();
    assert_eq!(again, missed);
    let text = "Call | Пропущен звонок с номера 79215550101 (—)";
    assert_eq!(
        (told(api, &anna).await, told(api, &head).await, told(api, &boris).await),
        (vec![text.to_owned()], vec![text.to_owned()], vec![])
    );

    // By a person of the customer.
    let missed = api.mutate(&machine, "callRecord", call("2", "+79120001122", 0), CALL).await["call"].clone();
    assert_eq!((&missed["deal"], &missed["party"]), (&json!({ "title": "Котлован" }), &json!({ "name": "Мостострой" })));
    assert_eq!(told(api, &boris).await, ["Call | Пропущен звонок с номера +79120001122 (Мостострой)"]);
    told(api, &head).await;

    // Nobody's number, a hidden one: only those who see all deals.
    for (id, phone) in [("3", "79990000000"), ("4", "")] {
        let missed = api.mutate(&machine, "callRecord", call(id, phone, 0), CALL).await["call"].clone();
        assert_eq!(missed["deal"], json!(null));
    }
    assert_eq!(
        told(api, &head).await,
        ["Call | Пропущен звонок с номера 79990000000 (—)", "Call | Пропущен звонок с номера — (—)"]
    );

    // Talked in, and what we called ourselves: nobody is told. What is told later of it counts.
    let mut own = call("5", "79215550101", 0);
    own["direction"] = json!("OUTGOING");
    assert_eq!(api.mutate(&machine, "callRecord", own, CALL).await["call"]["missed"], json!(false));
    let mut talked = call("6", "79215550101", 61);
    talked["employeeId"] = of(&anna);
    api.mutate(&machine, "callRecord", talked, CALL).await;
    let after = api.mutate(&machine, "callRecord", call("6", "79215550101", 0), CALL).await["call"].clone();
    assert_eq!((&after["talkSeconds"], &after["employee"]), (&json!(61), &json!({ "name": "anna" })));
    assert_eq!((told(api, &anna).await, told(api, &head).await), (vec![], vec![]));

    // A manager sees the calls of the own deals, the head all of them.
    let seen = async |user: &User, filter: &str| {
        let found = api.get(user, &format!("{{ calls(filter: {filter}) {{ nodes {{ externalId }} }} }}")).await;
        let nodes = found["calls"]["nodes"].as_array().unwrap().clone();
        let mut ids: Vec<String> = nodes.iter().map(|node| node["externalId"].as_str().unwrap().to_owned()).collect();
        ids.sort_unstable();
        ids.join("")
    };
    assert_eq!(
        (seen(&anna, "{}").await, seen(&boris, "{}").await, seen(&head, "{}").await),
        ("156".into(), "2".into(), "123456".into())
    );
    assert_eq!(seen(&head, "{ missed: true }").await, "1234");
    assert_eq!(api.get(&boris, &format!("{{ node(id: {}) {{ id }} }}", after["id"])).await["node"], json!(null));
    // Nobody takes a call of others by telling of it again.
    let mut stolen = call("2", "+79120001122", 90);
    stolen["employeeId"] = of(&anna);
    assert_eq!(refusal(&api.mutate(&anna, "callRecord", stolen, CALL).await), "NOT_FOUND");
    let own = api.mutate(&anna, "callRecord", call("8", "79990000000", 5), CALL).await["call"].clone();
    assert_eq!((&own["employee"], &own["deal"]), (&json!({ "name": "anna" }), &json!(null)));
    for (change, path) in [
        (json!({ "talkSeconds": -1 }), "talkSeconds"),
        (json!({ "startedAt": "2026-03-02T12:00:00Z" }), "startedAt"),
        (json!({ "source": "" }), "source"),
    ] {
        let mut input = call("7", "79215550101", 0);
        input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let refused = api.mutate(&machine, "callRecord", input, CALL).await;
        assert_eq!((refusal(&refused), &refused["userErrors"][0]["path"]), ("INVALID_INPUT", &json!(["input", path])));
    }
}

#[tokio::test]
async fn an_offer_that_waits_is_told_to_those_who_may_approve_it() {
    let world = World::new().await;
    let api = &world.api;
    let (anna, boris, head) = (api.manager("anna").await, api.manager("boris").await, api.user("head", Role::HeadOfSales).await);
    world.batch("С-1").await;
    let deal = world.deal("Причал", Some(&of(&anna))).await;
    for user in [&anna, &boris, &head, &api.director] {
        told(api, user).await;
    }
    let offer = |price: &str| {
        json!({
            "dealId": deal, "plannedOn": "2026-03-10", "validUntil": "2026-03-12", "deliveryAddress": "Тверь",
            "lines": [{ "productId": world.goods, "pieces": 10, "price": { "unit": "TONNE", "price": price, "includesVat": true } }]
        })
    };
    for (price, decide, word) in [("60000.00", "offerApprove", "согласовано"), ("50000.00", "offerRefuse", "не согласовано")]
    {
        let made = api.mutate(&anna, "offerCreate", offer(price), "offer { id number gross { amount } }").await["offer"].clone();
        assert_eq!(told(api, &head).await, [""; 0], "a draft waits for nobody");
        api.mutate(&anna, "offerSubmit", json!({ "offerId": made["id"] }), "offer { id }").await;
        let amount = if price == "60000.00" { "720 000,00" } else { "600 000,00" };
        let number = made["number"].as_str().unwrap();
        let waits = format!("Offer | Предложение {number} для Мостострой на {amount} ₽ ждёт согласования");
        let heard = told(api, &head).await;
        assert_eq!(heard.iter().map(|text| text.replace('\u{a0}', " ")).collect::<Vec<_>>(), [waits.as_str()]);
        assert_eq!(told(api, &api.director).await.len(), 1);
        assert_eq!((told(api, &anna).await, told(api, &boris).await), (vec![], vec![]));
        api.mutate(&head, decide, json!({ "offerId": made["id"] }), "offer { id }").await;
        assert_eq!(told(api, &anna).await, [format!("Offer | Предложение {number} для Мостострой {word}")]);
        assert_eq!(told(api, &boris).await, [""; 0]);
        let node = format!("{{ node(id: {}) {{ ... on Offer {{ number }} }} }}", made["id"]);
        assert_eq!(api.get(&anna, &node).await["node"], json!({ "number": number }));
        assert_eq!(api.get(&boris, &node).await["node"], json!(null), "another's deal");
    }
}
