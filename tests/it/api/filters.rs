//! What lists can be narrowed by: each filter finds its rows and no others.

use serde_json::{Value, json};
use shpunt_domain::access::Role;

use super::world::World;

/// What of a list a filter leaves, by one field, sorted.
async fn kept(world: &World, list: &str, arguments: &str, field: &str) -> Vec<String> {
    let query = format!("{{ list: {list}({arguments}) {{ nodes {{ {field} }} }} }}");
    let data = world.api.get(&world.api.director, &query).await;
    let mut found: Vec<_> =
        data["list"]["nodes"].as_array().unwrap().iter().map(|node| node[field].as_str().unwrap().to_owned()).collect();
    found.sort();
    found
}

async fn run(world: &World, statement: &str) {
    sqlx::query(sqlx::AssertSqlSafe(statement.to_owned())).execute(&world.test().db).await.unwrap();
}

/// A warehouse more, without `Электросталь`.
async fn yard(world: &World) -> Value {
    world.api.done("warehouseCreate", json!({ "name": "Тула" }), "warehouse", "id").await["id"].clone()
}

#[tokio::test]
async fn orders_by_statuses_warehouse_and_carrier() {
    let world = World::new().await;
    let batch = world.batch("С-1").await;
    let deal = world.deal("Причал", None).await;
    let goods = world.draft(&deal, vec![world.goods_line(&batch, 1, "1000", true)]).await;
    let truck = world.order(&deal, vec![world.service_line("1.00")]).await;
    let plain = world.draft(&deal, vec![world.service_line("1.00")]).await;
    let tula = yard(&world).await;
    run(
        &world,
        &format!(
            "insert into order_trucks (order_id, carrier_id, warehouse_id)
             select {}, {}, {}",
            number(&truck),
            number(&world.carrier),
            number(&tula)
        ),
    )
    .await;
    let sorted = |ids: &[&Value]| {
        let mut ids: Vec<_> = ids.iter().map(|id| id.as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    };
    for (filter, expected) in [
        ("statuses: [DRAFT, CONFIRMED]".to_owned(), sorted(&[&goods, &truck, &plain])),
        ("statuses: [CONFIRMED]".to_owned(), sorted(&[&truck])),
        ("statuses: [CONFIRMED, SHIPPED], status: SHIPPED".to_owned(), vec![]),
        ("statuses: [DRAFT, CONFIRMED], status: DRAFT".to_owned(), sorted(&[&goods, &plain])),
        ("statuses: []".to_owned(), vec![]),
        (format!("warehouseId: {}", world.warehouse), sorted(&[&goods])),
        (format!("warehouseId: {tula}"), sorted(&[&truck])),
        (format!("carrierId: {}", world.carrier), sorted(&[&truck])),
        (format!("carrierId: {}", world.customer), vec![]),
    ] {
        for sort in ["NEWEST", "STATUS"] {
            let found = kept(&world, "orders", &format!("sort: {sort}, filter: {{ {filter} }}"), "id").await;
            assert_eq!(found, expected, "{sort} {filter}");
        }
    }
}

/// The number of an id.
fn number(id: &Value) -> i64 {
    id.as_str().unwrap().rsplit_once('_').unwrap().1.parse().unwrap()
}

#[tokio::test]
async fn offers_by_customer_manager_day_and_number() {
    let world = World::new().await;
    let manager = world.api.manager("anna").await;
    let of = json!(format!("employee_{}", manager.employee_id));
    let (own, other) = (world.deal("Своя", Some(&of)).await, world.deal("Ничья", None).await);
    for (deal, party, name, on) in [
        (&own, &world.customer, "КП-1", "2026-02-01"),
        (&other, &world.customer, "КП-2", "2026-02-05"),
        (&own, &world.carrier, "П-12", "2026-02-09"),
    ] {
        run(
            &world,
            &format!(
                "insert into offers (company_id, deal_id, party_id, number, state, issued_on, planned_on, valid_until, author_id,
                     needs_approval, net, vat, gross, cost, expenses, commission, created_at)
                 select 1, {}, {}, '{name}', 'draft', '{on}', '{on}', '{on}', 1, false, 0, 0, 0, 0, 0, 0, now()",
                number(deal),
                number(party)
            ),
        )
        .await;
    }
    for (filter, expected) in [
        (String::new(), &["КП-1", "КП-2", "П-12"][..]),
        (format!("customerId: {}", world.customer), &["КП-1", "КП-2"]),
        (format!("managerId: {of}"), &["КП-1", "П-12"]),
        (r#"from: "2026-02-05""#.to_owned(), &["КП-2", "П-12"]),
        (r#"to: "2026-02-05""#.to_owned(), &["КП-1", "КП-2"]),
        (r#"search: "кп""#.to_owned(), &["КП-1", "КП-2"]),
        (r#"search: "12""#.to_owned(), &["П-12"]),
    ] {
        assert_eq!(kept(&world, "offers", &format!("filter: {{ {filter} }}"), "number").await, expected, "{filter}");
    }
}

#[tokio::test]
async fn calls_by_person_direction_and_phone() {
    let world = World::new().await;
    let manager = world.api.manager("anna").await;
    run(
        &world,
        &format!(
            "insert into calls (source, external_id, direction, phone, line, employee_id, started_at, talk_seconds, created_at)
             values ('t', '1', 'incoming', '+7 (921) 555-01-01', '', {0}, now(), 5, now()),
                 ('t', '2', 'outgoing', '89215550102', '', {0}, now(), 5, now()), ('t', '3', 'incoming', '', '', 0, now(), 0, now())",
            manager.employee_id
        ),
    )
    .await;
    for (filter, expected) in [
        (format!("employeeId: \"employee_{}\"", manager.employee_id), &["1", "2"][..]),
        ("direction: INCOMING".to_owned(), &["1", "3"]),
        ("direction: OUTGOING".to_owned(), &["2"]),
        (r#"phone: "8 921 555-01-01""#.to_owned(), &["1"]),
        (r#"phone: "5550""#.to_owned(), &["1", "2"]),
        (r#"phone: " ""#.to_owned(), &["1", "2", "3"]),
    ] {
        assert_eq!(kept(&world, "calls", &format!("filter: {{ {filter} }}"), "externalId").await, expected, "{filter}");
    }
    let refused = world.api.ask(&world.api.director, r#"{ calls(filter: { phone: "55" }) { nodes { id } } }"#).await;
    assert_eq!(refused.codes(), ["BAD_USER_INPUT"]);
}

#[tokio::test]
async fn debts_and_documents_of_a_deal_and_of_an_order() {
    let world = World::new().await;
    let batch = world.batch("С-1").await;
    let manager = world.api.manager("anna").await;
    let (first, order) = world.shipped_deal(&manager, "Первая", &batch, "100000", "1000.00").await;
    let (second, _) = world.shipped_deal(&manager, "Вторая", &batch, "100000", "2000.00").await;
    let items = async |filter: &str| {
        let query = format!(
            "{{ settlementItems(filter: {{ closed: true, {filter} }}) {{ nodes {{ id dueOn deal {{ id }} order {{ id }} }} }} }}"
        );
        world.api.get(&world.api.director, &query).await["settlementItems"]["nodes"].as_array().unwrap().clone()
    };
    let all = items("").await;
    let of = |field: &str, id: &Value| all.iter().filter(|item| item[field]["id"] == *id).count();
    for deal in [&first, &second] {
        let found = items(&format!("dealId: {deal}")).await;
        assert!(found.len() == of("deal", deal) && !found.is_empty() && found.len() < all.len());
    }
    let found = items(&format!("orderId: {order}")).await;
    assert!(found.len() == of("order", &order) && !found.is_empty() && found.len() < all.len());
    assert_eq!(items(&format!("orderId: {order}, dealId: {second}")).await, Vec::<Value>::new());
    let due = all.last().unwrap()["dueOn"].clone();
    let on_day = items(&format!("dueFrom: {due}, dueTo: {due}")).await;
    assert!(!on_day.is_empty() && on_day.iter().all(|item| item["dueOn"] == due));
    assert_eq!(items(&format!("dueFrom: {due}")).await.len() + items(&format!("dueBefore: {due}")).await.len(), all.len());
    let day = json!("2000-01-01");
    assert_eq!(items(&format!("dueTo: {day}")).await, Vec::<Value>::new());

    let documents = async |filter: String| kept(&world, "documents", &format!("first: 100, filter: {{ {filter} }}"), "id").await;
    let (all, of_first, of_second) = (
        documents(String::new()).await,
        documents(format!("dealId: {first}")).await,
        documents(format!("dealId: {second}")).await,
    );
    let of_order = documents(format!("orderId: {order}")).await;
    // A payment, an accrued freight or a shipment is of one deal; the receipt of the batch is of none.
    assert!(of_first.len() >= 2 && of_first.len() == of_second.len() && of_first.iter().all(|id| !of_second.contains(id)));
    assert!(of_first.len() + of_second.len() < all.len());
    assert!(!of_order.is_empty() && of_order.iter().all(|id| of_first.contains(id)), "{of_order:?} of {of_first:?}");
    assert_eq!(documents(format!("orderId: {order}, dealId: {second}")).await, Vec::<String>::new());
}

#[tokio::test]
async fn supplier_orders_and_batches() {
    let world = World::new().await;
    let tula = yard(&world).await;
    for (name, warehouse) in [("ЗП-000001", &world.warehouse), ("ЗП-000012", &tula)] {
        run(
            &world,
            &format!(
                "insert into supplier_orders (company_id, party_id, warehouse_id, number, state, ordered_on, expected_on, author_id, net,
                     vat, gross, created_at)
                 select 1, {}, {}, '{name}', 'draft', '2026-02-01', '2026-02-10', 1, 0, 0, 0, now()",
                number(&world.supplier),
                number(warehouse)
            ),
        )
        .await;
    }
    for (filter, expected) in [
        (r#"search: "зп-0000""#.to_owned(), &["ЗП-000001", "ЗП-000012"][..]),
        (r#"search: "12""#.to_owned(), &["ЗП-000012"]),
        (format!("warehouseId: {tula}"), &["ЗП-000012"]),
        (format!("warehouseId: {}", world.warehouse), &["ЗП-000001"]),
    ] {
        assert_eq!(kept(&world, "supplierOrders", &format!("filter: {{ {filter} }}"), "number").await, expected, "{filter}");
    }
    let mut bought = world.receipt("С-12");
    bought["supplierId"] = world.carrier.clone();
    world
        .api
        .done(
            "partyUpdate",
            json!({ "partyId": world.carrier, "expectedVersion": 1, "name": "Грузовоз", "isCarrier": true, "isSupplier": true }),
            "party",
            "id",
        )
        .await;
    world.api.done("batchReceive", bought, "batch", "id").await;
    world.batch("С-1").await;
    for (filter, expected) in [
        (format!("supplierId: {}", world.supplier), &["С-1"][..]),
        (format!("supplierId: {}", world.carrier), &["С-12"]),
        (r#"number: " с-1""#.to_owned(), &["С-1"]),
        (r#"number: "С""#.to_owned(), &[]),
        (r#"search: "с-1""#.to_owned(), &["С-1", "С-12"]),
    ] {
        assert_eq!(kept(&world, "batches", &format!("filter: {{ {filter} }}"), "number").await, expected, "{filter}");
    }
}

#[tokio::test]
async fn vehicles_and_drivers_of_all_carriers() {
    let world = World::new().await;
    run(
        &world,
        &format!(
            "with v as (insert into vehicles (carrier_id, plate, capacity_t, body_length_m) values ({0}, 'А1', 20, 12), ({1}, 'Б2', 20, 12))
             insert into drivers (carrier_id, name) values ({0}, 'Пётр'), ({1}, 'Иван')",
            number(&world.carrier),
            number(&world.supplier)
        ),
    )
    .await;
    let one = format!("(carrierId: {})", world.carrier);
    let query = format!(
        "{{ all: vehicles {{ plate }} own: vehicles{one} {{ plate }} people: drivers {{ name }} mine: drivers{one} {{ name }} }}"
    );
    let data = world.api.get(&world.api.director, &query).await;
    assert_eq!(
        data,
        json!({
            "all": [{ "plate": "А1" }, { "plate": "Б2" }], "own": [{ "plate": "А1" }],
            "people": [{ "name": "Пётр" }, { "name": "Иван" }], "mine": [{ "name": "Пётр" }]
        })
    );
}

#[tokio::test]
async fn rates_and_goods_on_their_way_go_on_behind_a_row() {
    let world = World::new().await;
    let api = &world.api;
    run(
        &world,
        "insert into exchange_rates (currency, rated_on, nominal, rate, source)
         select c, '2026-02-01'::date + n, 1, 10, '' from generate_series(0, 2) n, unnest(array['CNY', 'USD', 'EUR']) c",
    )
    .await;
    let all = api.get(&api.director, "{ exchangeRates { currency ratedOn } }").await["exchangeRates"].as_array().unwrap().clone();
    let (mut walked, mut after) = (Vec::new(), String::new());
    while let Some(last) = {
        let data = api.get(&api.director, &format!("{{ exchangeRates(first: 2{after}) {{ currency ratedOn }} }}")).await;
        let rows = data["exchangeRates"].as_array().unwrap().clone();
        walked.extend(rows.iter().cloned());
        rows.last().cloned()
    } {
        after = format!(", after: {{ currency: {}, ratedOn: {} }}", last["currency"], last["ratedOn"]);
    }
    assert_eq!((walked.len(), &walked), (9, &all));

    let buyer = api.user("buyer", Role::Purchasing).await;
    for (name, on) in [("П-1", "2026-02-20"), ("П-2", "2026-02-15"), ("П-3", "2026-02-15")] {
        let gate = json!({
            "companyId": world.company, "supplierId": world.supplier, "productId": world.goods, "number": name, "receivedOn": "2026-02-01",
            "expectedOn": on, "pieces": 10, "net": "1000.00", "vat": "220.00"
        });
        api.mutate(&buyer, "batchReceiveInTransit", gate, "batch { id }").await;
    }
    let (mut walked, mut after) = (Vec::new(), String::new());
    while let Some(last) = {
        let data = api.get(&api.director, &format!("{{ batchesInTransit(first: 1{after}) {{ id number }} }}")).await;
        let rows = data["batchesInTransit"].as_array().unwrap().clone();
        walked.extend(rows.iter().map(|row| row["number"].clone()));
        rows.last().cloned()
    } {
        after = format!(", after: {}", last["id"]);
    }
    assert_eq!(walked, ["П-2", "П-3", "П-1"]);
    let batch = world.batch("С-1").await;
    let refused = api.ask(&api.director, &format!("{{ batchesInTransit(after: {batch}) {{ id }} }}")).await;
    assert_eq!(refused.codes(), ["BAD_USER_INPUT"]);
}
