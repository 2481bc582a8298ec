//! Trucks as a client sends and sees them.

use serde_json::{Value, json};
use shpunt_domain::access::Role;

use super::refusal;
use super::world::World;

/// A vehicle for 20 t with a body of 11 m, and its driver.
async fn vehicle(world: &World) -> (Value, Value) {
    let api = &world.api;
    let vehicle = json!({ "carrierId": world.carrier, "plate": "а123вс77", "trailerPlate": "АВ1234", "capacityT": "20",
        "bodyLengthM": "11" });
    let vehicle = api.done("vehicleCreate", vehicle, "vehicle", "id").await["id"].clone();
    let driver = json!({ "carrierId": world.carrier, "name": "Иванов", "phone": "+7 900 000-00-00" });
    let driver = api.done("driverCreate", driver, "driver", "id").await["id"].clone();
    (vehicle, driver)
}

/// A confirmed order of ten piles of 12 m.
async fn order(world: &World) -> Value {
    let batch = world.batch("С-1").await;
    let deal = world.deal("Причал", None).await;
    world.order(&deal, vec![world.goods_line(&batch, 10, "75000.00", true)]).await
}

#[tokio::test]
async fn an_order_shows_its_truck_from_the_rate_to_the_claim() {
    let world = World::new().await;
    let api = &world.api;
    let (vehicle, driver) = vehicle(&world).await;
    let order = order(&world).await;
    let ask = json!({ "orderId": order, "warehouseId": world.warehouse, "address": "Тверь, Причальная, 1",
        "region": "Тверская область", "neededOn": "2026-03-05", "carrierIds": [world.carrier] });
    let request = api.done("freightRequestCreate", ask, "freightRequest", "id quotes { quotedAt carrier { name } }").await;
    assert_eq!(request["quotes"], json!([{ "quotedAt": null, "carrier": { "name": "Грузовоз" } }]));
    let quote = json!({ "freightRequestId": request["id"], "carrierId": world.carrier, "net": "40000.00", "vat": "8800.00" });
    api.done("freightQuoteRecord", quote, "freightRequest", "id").await;
    let choose = json!({ "freightRequestId": request["id"], "carrierId": world.carrier });
    api.done("freightQuoteChoose", choose, "order", "id").await;
    let assign = json!({ "orderId": order, "vehicleId": vehicle, "driverId": driver, "warehouseId": world.warehouse, "dock": "2",
        "slot": { "from": "2026-02-10T06:00:00Z", "to": "2026-02-10T08:00:00Z" } });
    let assigned = api.done("orderTruckAssign", assign, "order", "vehicle lines { id }").await;
    assert_eq!(assigned["vehicle"], "А123ВС77 / АВ1234");
    let line = assigned["lines"][0]["id"].clone();
    let load = json!({ "orderId": order, "lines": [{ "orderLineId": line, "pieces": 10 }], "grossKg": 27000, "tareKg": 15000,
        "loadedAt": "2026-02-10T08:00:00Z" });
    api.done("orderLoad", load, "order", "id").await;
    let seen = api
        .get(
            &api.director,
            &format!(
                "{{ order(id: {order}) {{ truck {{ plate trailerPlate capacityT bodyLengthM longestM isOversize overloadT dock slotFrom
                     slotTo loadedAt grossKg tareKg netT freightNet {{ amount }} freightVat {{ amount }} carrier {{ name }}
                     vehicle {{ id }} driver {{ name phone }} warehouse {{ name }} freightRequest {{ id }}
                     loads {{ pieces tonnesWeighed line {{ line }} }} }} }} }}"
            ),
        )
        .await["order"]["truck"]
        .clone();
    assert_eq!(
        seen,
        json!({ "plate": "А123ВС77", "trailerPlate": "АВ1234", "capacityT": "20.000", "bodyLengthM": "11.000", "longestM": "12.000",
            "isOversize": true, "overloadT": null, "dock": "2", "slotFrom": "2026-02-10T06:00:00Z", "slotTo": "2026-02-10T08:00:00Z",
            "loadedAt": "2026-02-10T08:00:00Z", "grossKg": 27000, "tareKg": 15000, "netT": "12.000000",
            "freightNet": { "amount": "40000.00" }, "freightVat": { "amount": "8800.00" }, "carrier": { "name": "Грузовоз" },
            "vehicle": { "id": vehicle }, "driver": { "name": "Иванов", "phone": "+7 900 000-00-00" },
            "warehouse": { "name": "Электросталь" }, "freightRequest": { "id": request["id"] },
            "loads": [{ "pieces": 10, "tonnesWeighed": "12.000000", "line": { "line": 1 } }] })
    );
    let shipped =
        api.done("orderShip", json!({ "orderId": order, "shippedOn": "2026-02-10" }), "order", "lines { tonnesWeighed }").await;
    assert_eq!(shipped["lines"], json!([{ "tonnesWeighed": "12.000000" }]));
    let deliver = json!({ "orderId": order, "deliveredAt": "2026-02-11T12:00:00Z", "receiver": "Сидоров",
        "unloaded": [{ "orderLineId": line, "pieces": 9 }] });
    let arrival = "deliveredOn delivery { deliveredAt receiver isCounted proof { id } shortages { arrivedPieces missingPieces line { line } } }";
    let arrived = api.done("orderDeliver", deliver, "order", arrival).await;
    assert_eq!(
        arrived,
        json!({ "deliveredOn": "2026-02-11", "delivery": { "deliveredAt": "2026-02-11T12:00:00Z", "receiver": "Сидоров",
            "isCounted": true, "proof": null, "shortages": [{ "arrivedPieces": 9, "missingPieces": 1, "line": { "line": 1 } }] } })
    );
    let claim = json!({ "orderId": order, "amount": "60000.00", "reason": "Не довезли сваю", "raisedOn": "2026-02-12" });
    let claim = api.done("carrierClaimRaise", claim, "carrierClaim", "id state carrier { name }").await;
    assert_eq!((&claim["state"], &claim["carrier"]["name"]), (&json!("RAISED"), &json!("Грузовоз")));
    let decide = json!({ "carrierClaimId": claim["id"], "isAccepted": true, "on": "2026-02-20" });
    let decided = api.done("carrierClaimDecide", decide, "carrierClaim", "state document { kind gross { amount } }").await;
    assert_eq!(
        decided,
        json!({ "state": "ACCEPTED", "document": { "kind": "ORDER_EXPENSE", "gross": { "amount": "-60000.00" } } })
    );
    let claims =
        format!("{{ order(id: {order}) {{ carrierClaims {{ id reason answer }} freightRequests {{ id }} files {{ id }} }} }}");
    let claims = api.get(&api.director, &claims).await["order"].clone();
    assert_eq!(
        claims,
        json!({ "carrierClaims": [{ "id": claim["id"], "reason": "Не довезли сваю", "answer": null }],
            "freightRequests": [{ "id": request["id"] }], "files": [] })
    );
    let reverse = json!({ "carrierClaimId": claim["id"], "on": "2026-02-21" });
    let reversed = api.done("carrierClaimReverse", reverse, "carrierClaim", "state reversedOn").await;
    assert_eq!(reversed, json!({ "state": "REVERSED", "reversedOn": "2026-02-21" }));
    for (id, name) in
        [(&vehicle, "Vehicle"), (&driver, "Driver"), (&request["id"], "FreightRequest"), (&claim["id"], "CarrierClaim")]
    {
        let node = api.get(&api.director, &format!("{{ node(id: {id}) {{ __typename id }} }}")).await;
        assert_eq!(node["node"], json!({ "__typename": name, "id": id }));
    }
}

#[tokio::test]
async fn rates_of_a_route_are_compared_by_tonne() {
    let world = World::new().await;
    let api = &world.api;
    let order = order(&world).await;
    let ask = json!({ "orderId": order, "warehouseId": world.warehouse, "address": "Тверь, Причальная, 1",
        "region": "Тверская область", "neededOn": "2026-03-05", "carrierIds": [world.carrier] });
    let request = api.done("freightRequestCreate", ask, "freightRequest", "id tonnes").await;
    let quote = json!({ "freightRequestId": request["id"], "carrierId": world.carrier, "net": "40000.00", "vat": "8800.00",
        "conditions": "Оплата 5 дней" });
    api.done("freightQuoteRecord", quote, "freightRequest", "id").await;
    let rates = "nodes { net { amount } vat { amount } netPerTonne { amount } conditions isChosen address carrier { name }
        warehouse { name } freightRequest { id } } pageInfo { hasNextPage }";
    let ask = |route: &str| format!("{{ freightRates(filter: {{ route: \"{route}\" }}, first: 1) {{ {rates} }} }}");
    let seen = api.get(&api.director, &ask("тверь")).await["freightRates"].clone();
    assert_eq!(request["tonnes"], "12.000000");
    assert_eq!(
        seen,
        json!({ "nodes": [{ "net": { "amount": "40000.00" }, "vat": { "amount": "8800.00" }, "netPerTonne": { "amount": "3333.33" },
            "conditions": "Оплата 5 дней", "isChosen": false, "address": "Тверь, Причальная, 1", "carrier": { "name": "Грузовоз" },
            "warehouse": { "name": "Электросталь" }, "freightRequest": { "id": request["id"] } }],
            "pageInfo": { "hasNextPage": false } })
    );
    assert_eq!(api.get(&api.director, &ask("Калуга")).await["freightRates"]["nodes"], json!([]));
    // A manager of other deals sees none of it.
    let manager = api.manager("another").await;
    assert_eq!(api.get(&manager, &ask("")).await["freightRates"]["nodes"], json!([]));
    let node = api.get(&manager, &format!("{{ node(id: {}) {{ id }} }}", request["id"])).await;
    assert!(node["node"].is_null(), "{node}");
}

#[tokio::test]
async fn the_warehouse_loads_and_sees_no_rates() {
    let world = World::new().await;
    let api = &world.api;
    let (vehicle, _) = vehicle(&world).await;
    let order = order(&world).await;
    let keeper = api.user("keeper", Role::Warehouse).await;
    let assign = json!({ "orderId": order, "vehicleId": vehicle });
    let done = api.mutate(&keeper, "orderTruckAssign", assign, "order { truck { plate } }").await;
    assert_eq!(done["order"]["truck"]["plate"], "А123ВС77", "{done}");
    for query in [
        format!("{{ order(id: {order}) {{ truck {{ freightNet {{ amount }} }} }} }}"),
        format!("{{ order(id: {order}) {{ truck {{ freightRequest {{ id }} }} }} }}"),
        format!("{{ order(id: {order}) {{ carrierClaims {{ id }} }} }}"),
        "{ freightRates { nodes { net { amount } } } }".to_owned(),
    ] {
        assert_eq!(api.ask(&keeper, &query).await.codes(), ["FORBIDDEN"], "{query}");
    }
    let claim = json!({ "orderId": order, "amount": "1.00", "reason": "Бой", "raisedOn": "2026-02-12" });
    let refused = api.try_mutate(&keeper, "carrierClaimRaise", claim, "carrierClaim { id }").await;
    assert_eq!(refused.codes(), ["FORBIDDEN"]);
}

#[tokio::test]
async fn refusals_say_where_and_why() {
    let world = World::new().await;
    let api = &world.api;
    let (vehicle, _) = vehicle(&world).await;
    let order = order(&world).await;
    let small = json!({ "carrierId": world.carrier, "plate": "М001ММ77", "capacityT": "10", "bodyLengthM": "13.6" });
    let small = api.done("vehicleCreate", small, "vehicle", "id").await["id"].clone();
    let before = world.rows().await;
    for (field, input, code) in [
        ("orderTruckAssign", json!({ "orderId": order, "vehicleId": small }), "OVERLOADED"),
        ("orderTruckAssign", json!({ "orderId": order, "vehicleId": "vehicle_404" }), "NOT_FOUND"),
        ("orderTruckAssign", json!({ "orderId": order, "vehicleId": vehicle, "dock": "2" }), "INVALID_INPUT"),
        ("orderLoad", json!({ "orderId": order, "lines": [] }), "TRUCK_REQUIRED"),
        (
            "vehicleCreate",
            json!({ "carrierId": world.carrier, "plate": "м001мм77", "capacityT": "1", "bodyLengthM": "1" }),
            "ALREADY_EXISTS",
        ),
        (
            "vehicleCreate",
            json!({ "carrierId": world.customer, "plate": "Х", "capacityT": "1", "bodyLengthM": "1" }),
            "INVALID_INPUT",
        ),
        (
            "vehicleUpdate",
            json!({ "vehicleId": vehicle, "expectedVersion": 7, "plate": "Х", "capacityT": "1", "bodyLengthM": "1" }),
            "VERSION_CONFLICT",
        ),
        (
            "carrierClaimRaise",
            json!({ "orderId": order, "amount": "1.00", "reason": "Бой", "raisedOn": "2026-02-12" }),
            "ORDER_STATUS",
        ),
        (
            "carrierClaimDecide",
            json!({ "carrierClaimId": "carrier_claim_404", "isAccepted": true, "on": "2026-02-12" }),
            "NOT_FOUND",
        ),
    ] {
        let payload = api.mutate(&api.director, field, input.clone(), "__typename").await;
        assert_eq!(refusal(&payload), code, "{field} {input}");
    }
    assert_eq!(world.rows().await, before);
}
