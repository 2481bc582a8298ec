//! What is the same for every mutation and list: keys, versions, many at once, looking for things.

use serde_json::{Value, json};

use super::refusal;
use super::world::World;

const KEY: &str = "0b8f1f0c-7a52-4a0e-9f43-6d0f3c1f2a77";

#[tokio::test]
async fn a_step_repeated_under_its_key_is_done_once() {
    let world = World::new().await;
    let api = &world.api;
    let deal = world.deal("Причал", None).await;
    let lines = json!({ "dealId": deal, "plannedOn": "2026-02-10", "lines": [world.service_line("1000.00")] });
    let order = api.done("orderCreate", lines, "order", "id").await["id"].clone();
    let steps = [
        ("orderRevise", json!({ "orderId": order, "expectedVersion": 1, "lines": [world.service_line("2000.00")] })),
        ("orderConfirm", json!({ "orderId": order })),
        ("orderShip", json!({ "orderId": order, "shippedOn": "2026-02-10" })),
        ("orderDeliver", json!({ "orderId": order, "deliveredOn": "2026-02-11" })),
    ];
    for (step, mut input) in steps {
        input["idempotencyKey"] = json!(KEY);
        let first = api.done(step, input.clone(), "order", "status version").await;
        let rows = world.rows().await;
        assert_eq!(api.done(step, input.clone(), "order", "status version").await, first, "{step}");
        assert_eq!(world.rows().await, rows, "{step} was done twice");
        // Without the key the order has gone on.
        input.as_object_mut().unwrap().remove("idempotencyKey");
        let again = api.mutate(&api.director, step, input, "order { id }").await;
        assert!(["ORDER_STATUS", "VERSION_CONFLICT"].contains(&refusal(&again)), "{step}: {again}");
    }
}

#[tokio::test]
async fn a_stale_version_comes_with_the_present_row() {
    let world = World::new().await;
    let api = &world.api;
    let deal = world.deal("Причал", None).await;
    let title = |title: &str| json!({ "dealId": deal, "expectedVersion": 1, "title": title });
    api.done("dealUpdate", title("Набережная"), "deal", "version").await;
    let current = "deal { id } details: userErrors { ... on VersionConflictError { current { ... on Deal { title version } } } }";
    let refused = api.mutate(&api.director, "dealUpdate", title("Мост"), current).await;
    assert_eq!(refusal(&refused), "VERSION_CONFLICT");
    assert_eq!(refused["userErrors"][0]["path"], json!(["input", "expectedVersion"]));
    assert_eq!(refused["details"], json!([{ "current": { "title": "Набережная", "version": 2 } }]));
}

#[tokio::test]
async fn many_deals_move_each_by_itself() {
    let world = World::new().await;
    let api = &world.api;
    let manager = api.manager("new").await;
    let (first, second) = (world.deal("Первая", None).await, world.deal("Вторая", None).await);
    api.done("dealStageMove", json!({ "dealId": second, "stage": "LOST", "lostReason": "цена" }), "deal", "id").await;
    let results = "results { deal { title stage manager { name } } userErrors { code } }";
    let ask = async |field: &'static str, input: Value| -> Value {
        let (head, rest) = field.split_at(1);
        let query = format!(
            "mutation($input: {}{rest}Input!) {{ done: {field}(input: $input) {{ {results} userErrors {{ code path }} }} }}",
            head.to_uppercase()
        );
        api.send(Some(&api.director), &query, json!({ "input": input })).await.json["data"]["done"].clone()
    };
    let moved =
        ask("dealsStageMove", json!({ "dealIds": [first, second, "deal_404"], "stage": "QUALIFIED", "idempotencyKey": KEY }))
            .await;
    let results: Vec<_> =
        moved["results"].as_array().unwrap().iter().map(|one| (&one["deal"]["stage"], &one["userErrors"])).collect();
    assert_eq!(
        results,
        [
            (&json!("QUALIFIED"), &json!([])),
            (&json!(null), &json!([{ "code": "DEAL_CLOSED" }])),
            (&json!(null), &json!([{ "code": "NOT_FOUND" }]))
        ]
    );
    let to = json!(format!("employee_{}", manager.employee_id));
    let handed = ask("dealsHandOver", json!({ "dealIds": [first, second], "managerId": to })).await;
    for one in handed["results"].as_array().unwrap() {
        assert_eq!(one["deal"]["manager"]["name"], json!("new"), "{handed}");
    }
    let many: Vec<_> = (0..101).map(|_| first.clone()).collect();
    let refused = ask("dealsHandOver", json!({ "dealIds": many, "managerId": to })).await;
    assert_eq!(refused, json!({ "results": [], "userErrors": [{ "code": "INVALID_INPUT", "path": ["input", "dealIds"] }] }));
}

/// What a search finds: the type and the id of each.
async fn found(world: &World, user: &shpunt_domain::access::User, text: &str) -> Vec<(String, String)> {
    let query = format!("{{ search(text: {}) {{ __typename id }} }}", json!(text));
    let answer = world.api.get(user, &query).await;
    let word = |one: &Value, field: &str| one[field].as_str().unwrap().to_owned();
    answer["search"].as_array().unwrap().iter().map(|one| (word(one, "__typename"), word(one, "id"))).collect()
}

#[tokio::test]
async fn a_text_finds_what_people_remember() {
    let world = World::new().await;
    let api = &world.api;
    let lead = json!({
        "companyId": world.company, "title": "Шпунт Л5 на набережную", "channelId": world.channel, "customerId": world.customer,
        "contactName": "Пётр Ильич", "contactPhone": "+7 (921) 555-01-02"
    });
    let deal = api.done("dealCreate", lead, "deal", "id number").await;
    let order = world.order(&deal["id"], vec![world.service_line("1.00")]).await;
    let contact = json!({ "partyId": world.customer, "name": "Снабженец Орлов", "phone": "8 (812) 700-11-22" });
    api.done("contactAdd", contact, "contact", "id").await;
    let (deal_id, customer) = (deal["id"].as_str().unwrap(), world.customer.as_str().unwrap());
    let deal_hit = ("Deal".to_owned(), deal_id.to_owned());
    let party_hit = ("Party".to_owned(), customer.to_owned());
    let order_hit = ("Order".to_owned(), order.as_str().unwrap().to_owned());
    for (text, hit) in [
        (deal["number"].as_str().unwrap(), &deal_hit),
        ("набережная", &deal_hit),
        ("шпунд", &deal_hit),
        ("L5", &deal_hit),
        ("петр ильич", &deal_hit),
        ("8 921 555 01 02", &deal_hit),
        ("555-01", &deal_hit),
        ("Мострой", &party_hit),
        ("орлов", &party_hit),
        ("+7 812 700-11-22", &party_hit),
        ("а123вс", &order_hit),
    ] {
        let hits = found(&world, &api.director, text).await;
        assert!(hits.contains(hit), "{text:?} finds {hits:?}");
    }
    assert_eq!(found(&world, &api.director, "экскаватор").await, []);
    for odd in ["%%", "__", "' or 1=1 --", "\\\\", "((("] {
        assert_eq!(found(&world, &api.director, odd).await, [], "{odd}");
    }
    for wrong in ["ш", ""] {
        let answer = api.ask(&api.director, &format!("{{ search(text: {}) {{ id }} }}", json!(wrong))).await;
        assert_eq!(answer.codes(), ["BAD_USER_INPUT"], "{wrong}");
    }
    // A manager finds only what is of the own deals; a warehouse keeper sees no deals at all.
    let stranger = api.manager("stranger").await;
    let hits = found(&world, &stranger, "555-01").await;
    assert_eq!(hits, [], "{hits:?}");
    assert_eq!(found(&world, &stranger, "а123вс").await, []);
    let keeper = api.user("keeper", shpunt_domain::access::Role::Warehouse).await;
    assert_eq!(found(&world, &keeper, "набережная").await, []);
    assert!(found(&world, &keeper, "а123вс").await.contains(&order_hit));
}

#[tokio::test]
async fn a_number_with_its_letter_is_of_that_kind_only() {
    let world = World::new().await;
    let api = &world.api;
    for statement in [
        "insert into parties (name, phone, created_at) values ('Похожий', '+7 900 001-51-90', now())",
        "insert into deals (company_id, number, title, channel_id, stage, stage_entered_at, opened_at, contact_phone)
         values (1, 'Д-001519', 'Причал', 1, 'new_lead', now(), now(), ''),
             (1, 'Д-0015190', 'Котлован', 1, 'new_lead', now(), now(), ''), (1, 'Д-000122', 'Мост', 1, 'new_lead', now(), now(), '001519')",
        "insert into orders (company_id, deal_id, party_id, number, status, planned_on, created_at, updated_at)
         select 1, 1, 1, n, 'draft', '2026-02-10', now(), now() from unnest(array['З-001519', 'З-0015191', 'З-000122']) n",
    ] {
        sqlx::query(statement).execute(&world.test().db).await.unwrap();
    }
    for number in ["С-122", "С-122/2", "С-1519"] {
        world.batch(number).await;
    }
    let numbers = async |text: &str| {
        let query = format!(
            "{{ search(text: {}) {{ ... on Deal {{ deal: number }} ... on Order {{ order: number }} ... on Batch {{ batch: number }}
                ... on Party {{ party: name }} }} }}",
            json!(text)
        );
        let found = api.get(&api.director, &query).await["search"].as_array().unwrap().clone();
        found.iter().map(|one| one.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(numbers("З-001519").await, ["З-001519", "З-0015191"]);
    assert_eq!(numbers("з 1519").await, ["З-001519", "З-0015191"]);
    assert_eq!(numbers("Д-001519").await, ["Д-001519", "Д-0015190"]);
    assert_eq!(numbers("С-122").await, ["С-122", "С-122/2"]);
    assert_eq!(numbers("Ж-001519").await, Vec::<String>::new());
    // Without its letter it may be of anything.
    let mut anything = numbers("001519").await;
    anything.sort();
    assert_eq!(anything, ["Д-000122", "Д-001519", "Д-0015190", "З-001519", "З-0015191", "Похожий"]);
}

#[tokio::test]
async fn parties_are_found_by_phone_people_and_with_a_typing_error() {
    let world = World::new().await;
    let api = &world.api;
    let party = json!({ "name": "Невский причал", "inn": "7701234567", "phone": "8 (812) 700-11-22", "isCustomer": true });
    let party = api.done("partyCreate", party, "party", "id").await["id"].clone();
    let contact = json!({ "partyId": party, "name": "Снабженец Орлов", "phone": "+7 921 555-01-02" });
    api.done("contactAdd", contact, "contact", "id").await;
    for sort in ["OLDEST", "NAME"] {
        let found = async |text: &str| {
            let query = format!("{{ parties(sort: {sort}, filter: {{ search: {} }}) {{ nodes {{ id }} }} }}", json!(text));
            api.get(&api.director, &query).await["parties"]["nodes"].clone()
        };
        let hit = json!([{ "id": party }]);
        for text in
            ["Невский", "ский прич", "нефский причал", "7701234567", "700-11-22", "+7 812 700 11 22", "89215550102", "орлов"]
        {
            assert_eq!(found(text).await, hit, "{sort} {text}");
        }
        for text in ["экскаватор", "З-700112", "7001199"] {
            assert_eq!(found(text).await, json!([]), "{sort} {text}");
        }
    }
}
