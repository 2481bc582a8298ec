//! Quotes, requests and offers in the graph: who sees cost, who approves, whose offers one reaches.

use serde_json::{Value, json};
use shpunt_domain::access::{Role, User};

use super::refusal;
use super::world::World;

fn offer(world: &World, deal: &Value, price: &str) -> Value {
    json!({
        "dealId": deal, "plannedOn": "2026-03-10", "validUntil": "2026-03-12", "deliveryAddress": "Тверь",
        "lines": [{ "productId": world.goods, "pieces": 10, "price": { "unit": "TONNE", "price": price, "includesVat": true } }]
    })
}

const MADE: &str = "offer { id number state needsApproval gross { amount } lines { floor { amount } underFloor overLimit } }";

async fn step(world: &World, user: &User, field: &str, offer: &Value) -> Value {
    world.api.mutate(user, field, json!({ "offerId": offer }), "offer { state decidedBy { login } }").await
}

fn of(user: &User) -> Value {
    json!(format!("employee_{}", user.employee_id))
}

#[tokio::test]
async fn a_manager_quotes_without_seeing_cost() {
    let world = World::new().await;
    let (api, manager) = (&world.api, world.api.manager("anna").await);
    world.batch("С-1").await;
    let quote = |more: &str, selection: &str| {
        format!(
            "{{ priceQuote(input: {{ companyId: {}, productId: {}, quantity: {{ tonnes: \"11\" }}, on: \"2026-03-10\", basis: OLDEST,
                 price: {{ unit: TONNE, price: \"64800.00\", includesVat: true }} {more} }}) {{ {selection} }} }}",
            world.company, world.goods
        )
    };
    let open =
        "pieces tonnes wallM2 vatPercent prices { unit gross { amount } floor { amount } } served { batch { number } pieces }
        typed { underFloor needsApproval gross { amount } } listPrice { validFrom }";
    let seen = api.get(&manager, &quote("", open)).await["priceQuote"].clone();
    // Ten pieces, 12 t: 600,000 / 0.94 / 12 · 1.22 = 64,893.62 is the floor, 600,000 / 0.84 the way to the price.
    assert_eq!((&seen["pieces"], &seen["tonnes"], &seen["wallM2"]), (&json!(10), &json!("12.000000"), &json!("50.400000")));
    let tonne = json!({ "unit": "TONNE", "gross": { "amount": "72700.00" }, "floor": { "amount": "64900.00" } });
    assert_eq!(seen["prices"][0], tonne);
    assert_eq!(seen["served"], json!([{ "batch": { "number": "С-1" }, "pieces": 10 }]));
    assert_eq!(seen["typed"], json!({ "underFloor": true, "needsApproval": true, "gross": { "amount": "777600.00" } }));
    for closed in [
        "goodsCost { amount }",
        "served { cost { amount } }",
        "typed { result { marginPercent } }",
        "reached { result { contribution { amount } } }",
    ] {
        assert_eq!(api.ask(&manager, &quote("", closed)).await.codes(), ["FORBIDDEN"], "{closed}");
    }
    for own in ["target: { marginPercent: \"0\" }", "target: { markupPercent: \"0\" }", "commissionPercent: \"0\""] {
        assert_eq!(api.ask(&manager, &quote(own, "pieces")).await.codes(), ["FORBIDDEN"], "{own}");
    }
    for closed in ["{ priceSettings { commissionPercent } }", "{ marginMinimums { percent } }"] {
        assert_eq!(api.ask(&manager, closed).await.codes(), ["FORBIDDEN"], "{closed}");
    }
    let whole =
        "goodsCost { amount } typed { result { grossProfit { amount } marginPercent markupPercent contributionPercent } }";
    let all = api.get(&api.director, &quote("target: { marginPercent: \"20\" }", whole)).await["priceQuote"].clone();
    // 777,600 with VAT are 637,377.05 without.
    let result = json!({
        "grossProfit": { "amount": "37377.05" }, "marginPercent": "5.86", "markupPercent": "6.23", "contributionPercent": "4.86"
    });
    assert_eq!(all, json!({ "goodsCost": { "amount": "600000.00" }, "typed": { "result": result } }));
}

#[tokio::test]
async fn a_quantity_is_converted_by_the_profile() {
    let world = World::new().await;
    let keeper = world.api.user("keeper", Role::Warehouse).await;
    let units = "pieces metres tonnes wallM2 kgPerM2";
    for quantity in ["tonnes: \"40\"", "metres: \"397\"", "pieces: 34", "wallM2: \"170\""] {
        let ask = format!("{{ quantityConvert(productId: {}, quantity: {{ {quantity} }}) {{ {units} }} }}", world.goods);
        let same = json!({
            "pieces": 34, "metres": "408.000", "tonnes": "40.800000", "wallM2": "171.360000", "kgPerM2": "238.10"
        });
        assert_eq!(world.api.get(&keeper, &ask).await["quantityConvert"], same, "{quantity}");
    }
    let service = format!("{{ quantityConvert(productId: {}, quantity: {{ pieces: 1 }}) {{ pieces }} }}", world.service);
    assert_eq!(world.api.ask(&keeper, &service).await.codes(), ["BAD_USER_INPUT"]);
}

#[tokio::test]
async fn an_offer_under_the_floor_is_sent_only_when_somebody_else_approved_it() {
    let world = World::new().await;
    let api = &world.api;
    let (anna, boris) = (api.manager("anna").await, api.manager("boris").await);
    let head = api.user("head", Role::HeadOfSales).await;
    world.batch("С-1").await;
    let deal = world.deal("Причал", Some(&of(&anna))).await;
    let made = api.mutate(&anna, "offerCreate", offer(&world, &deal, "60000.00"), MADE).await["offer"].clone();
    assert_eq!(
        (&made["state"], &made["needsApproval"], &made["gross"]["amount"]),
        (&json!("DRAFT"), &json!(true), &json!("720000.00"))
    );
    assert_eq!(made["lines"], json!([{ "floor": { "amount": "64900.00" }, "underFloor": true, "overLimit": false }]));
    let id = made["id"].clone();
    assert_eq!(refusal(&step(&world, &anna, "offerSend", &id).await), "APPROVAL_REQUIRED");
    assert_eq!(refusal(&step(&world, &head, "offerApprove", &id).await), "OFFER_STATUS", "nobody asked yet");
    assert_eq!(step(&world, &anna, "offerSubmit", &id).await["offer"]["state"], "APPROVAL");
    let own = api.try_mutate(&anna, "offerApprove", json!({ "offerId": id }), "offer { id }").await;
    assert_eq!(own.codes(), ["FORBIDDEN"]);
    let approved = step(&world, &head, "offerApprove", &id).await;
    assert_eq!(approved["offer"], json!({ "state": "APPROVED", "decidedBy": { "login": "head" } }));
    assert_eq!(step(&world, &anna, "offerSend", &id).await["offer"]["state"], "SENT");
    // The director may approve, but not what the director made.
    let low = api.done("offerCreate", offer(&world, &deal, "10000.00"), "offer", "id").await["id"].clone();
    step(&world, &api.director, "offerSubmit", &low).await;
    assert_eq!(refusal(&step(&world, &api.director, "offerApprove", &low).await), "FOUR_EYES");
    assert_eq!(step(&world, &head, "offerRefuse", &low).await["offer"]["state"], "REFUSED");
    assert_eq!(refusal(&step(&world, &anna, "offerSend", &low).await), "OFFER_STATUS");
    // Above the floor nobody is asked.
    let good = api.mutate(&anna, "offerCreate", offer(&world, &deal, "70000.00"), MADE).await["offer"]["id"].clone();
    assert_eq!(step(&world, &anna, "offerSend", &good).await["offer"]["state"], "SENT");

    // What another manager may not see does not exist for that one.
    let shown = format!("{{ offer(offerId: {id}) {{ number }} offers {{ nodes {{ number }} }} }}");
    assert_eq!(api.get(&boris, &shown).await, json!({ "offer": null, "offers": { "nodes": [] } }));
    assert_eq!(refusal(&step(&world, &boris, "offerSend", &good).await), "NOT_FOUND");
    let foreign = api.mutate(&boris, "offerCreate", offer(&world, &deal, "70000.00"), MADE).await;
    assert_eq!(refusal(&foreign), "NOT_FOUND");
    assert_eq!(api.get(&anna, &shown).await["offers"]["nodes"].as_array().unwrap().len(), 3);
    for closed in
        ["cost { amount }", "contribution { amount }", "lines { cost { amount } }", "lines { served { cost { amount } } }"]
    {
        let asked = format!("{{ offer(offerId: {id}) {{ {closed} }} }}");
        assert_eq!(api.ask(&anna, &asked).await.codes(), ["FORBIDDEN"], "{closed}");
    }
}

#[tokio::test]
async fn an_offer_keeps_what_its_goods_cost() {
    let world = World::new().await;
    let api = &world.api;
    world.batch("С-1").await;
    let deal = world.deal("Причал", None).await;
    let mut input = offer(&world, &deal, "70000.00");
    input["expenses"] = json!("30000.00");
    // The same goods twice: the second line takes what the first left, and what is missing is to be bought.
    input["lines"] = json!([input["lines"][0], input["lines"][0], input["lines"][0]]);
    let id = api.done("offerCreate", input.clone(), "offer", "id").await["id"].clone();
    let kept = format!(
        "{{ offer(offerId: {id}) {{ cost {{ amount }} expenses {{ amount }} commission {{ amount }} contribution {{ amount }}
             net {{ amount }} lines {{ cost {{ amount }} served {{ pieces batch {{ number }} }} }} }} }}"
    );
    let before = api.get(&api.director, &kept).await["offer"].clone();
    assert_eq!((&before["cost"]["amount"], &before["expenses"]["amount"]), (&json!("1800000.00"), &json!("30000.00")));
    // Three times 840,000 with VAT, 688,524.59 without, less goods, freight and 1 %.
    assert_eq!(before["contribution"]["amount"], json!("214918.02"));
    assert_eq!(before["lines"][1]["served"], json!([{ "pieces": 10, "batch": { "number": "С-1" } }]));
    assert_eq!(before["lines"][2]["served"], json!([{ "pieces": 10, "batch": null }]));
    // Cheaper goods come, some leave: the offer stays as it was.
    let mut cheap = world.receipt("С-2");
    cheap["net"] = json!("100.00");
    cheap["vat"] = json!("22.00");
    cheap["receivedOn"] = json!("2026-01-15");
    api.done("batchReceive", cheap, "batch", "id").await;
    assert_eq!(api.get(&api.director, &kept).await["offer"], before);
    let newer = api.done("offerCreate", input, "offer", "cost { amount }").await;
    assert_ne!(newer["cost"], before["cost"]);
    for (field, value, code) in [
        ("lines", json!([]), "INVALID_INPUT"),
        ("validUntil", json!("2026-03-01"), "INVALID_INPUT"),
        ("dealId", json!("deal_404"), "NOT_FOUND"),
        ("plannedOn", json!("2025-06-01"), "BATCH_SHORT"),
        ("expenses", json!("-1.00"), "AMOUNT_NOT_POSITIVE"),
    ] {
        let mut wrong = offer(&world, &deal, "70000.00");
        wrong[field] = value;
        assert_eq!(refusal(&api.mutate(&api.director, "offerCreate", wrong, "offer { id }").await), code, "{field}");
    }
}

#[tokio::test]
async fn a_revised_offer_keeps_the_old_one_and_is_approved_anew() {
    let world = World::new().await;
    let api = &world.api;
    let (anna, boris) = (api.manager("anna").await, api.manager("boris").await);
    let head = api.user("head", Role::HeadOfSales).await;
    world.batch("С-1").await;
    let deal = world.deal("Причал", Some(&of(&anna))).await;
    // Given an offer under the floor that was approved and sent, at goods for 600,000.
    let first = api.mutate(&anna, "offerCreate", offer(&world, &deal, "60000.00"), "offer { id number }").await["offer"].clone();
    step(&world, &anna, "offerSubmit", &first["id"]).await;
    let waiting =
        api.get(&anna, &format!("{{ offer(offerId: {}) {{ version }} }}", first["id"])).await["offer"]["version"].clone();
    let revised = |of: &Value, version: &Value, price: &str| {
        let mut input = offer(&world, &deal, price);
        input.as_object_mut().unwrap().remove("dealId");
        input["offerId"] = of.clone();
        input["expectedVersion"] = version.clone();
        input
    };
    let early = api.mutate(&anna, "offerRevise", revised(&first["id"], &waiting, "61000.00"), "offer { id }").await;
    assert_eq!(refusal(&early), "OFFER_STATUS", "somebody is to decide on it");
    step(&world, &head, "offerApprove", &first["id"]).await;
    step(&world, &anna, "offerSend", &first["id"]).await;
    // Goods become cheaper: a part comes for next to nothing.
    let mut cheap = world.receipt("С-0");
    cheap["net"] = json!("100.00");
    cheap["vat"] = json!("22.00");
    cheap["receivedOn"] = json!("2026-01-15");
    api.done("batchReceive", cheap, "batch", "id").await;
    let before = format!(
        "{{ offer(offerId: {}) {{ state revision version cost {{ amount }} gross {{ amount }} supersedes {{ id }}
             lines {{ cost {{ amount }} served {{ batch {{ number }} }} }} }} }}",
        first["id"]
    );
    let kept = api.get(&api.director, &before).await["offer"].clone();
    assert_eq!((&kept["state"], &kept["revision"], &kept["supersedes"]), (&json!("SENT"), &json!(1), &json!(null)));
    let stale = revised(&first["id"], &waiting, "50000.00");
    assert_eq!(refusal(&api.mutate(&anna, "offerRevise", stale, "offer { id }").await), "VERSION_CONFLICT");
    let foreign = revised(&first["id"], &kept["version"], "50000.00");
    assert_eq!(refusal(&api.mutate(&boris, "offerRevise", foreign, "offer { id }").await), "NOT_FOUND");
    // When it is revised to another price, it is a draft of today's cost that must be approved again.
    let selection = "offer { id number state revision needsApproval decidedBy { login } supersedes { id number state } }";
    let second =
        api.mutate(&anna, "offerRevise", revised(&first["id"], &kept["version"], "5.00"), selection).await["offer"].clone();
    let number = format!("{}/2", first["number"].as_str().unwrap());
    assert_eq!(
        second,
        json!({ "id": second["id"], "number": number, "state": "DRAFT", "revision": 2, "needsApproval": true, "decidedBy": null,
                "supersedes": { "id": first["id"], "number": first["number"], "state": "SENT" } })
    );
    assert_eq!(refusal(&step(&world, &anna, "offerSend", &second["id"]).await), "APPROVAL_REQUIRED");
    let costs = format!("{{ offer(offerId: {}) {{ cost {{ amount }} }} }}", second["id"]);
    let now = api.get(&api.director, &costs).await["offer"]["cost"]["amount"].clone();
    assert_eq!((&kept["cost"]["amount"], &now), (&json!("600000.00"), &json!("50.00")), "each keeps its own cost");
    // The old one is as it was, but takes no more steps and no other version.
    let after = api.get(&api.director, &before).await["offer"].clone();
    assert_eq!((&after["state"], &after["lines"], &after["cost"]), (&kept["state"], &kept["lines"], &kept["cost"]));
    for (field, refused) in [("offerSubmit", "OFFER_STATUS"), ("offerSend", "OFFER_STATUS")] {
        assert_eq!(refusal(&step(&world, &anna, field, &first["id"]).await), refused, "{field}");
    }
    let again = revised(&first["id"], &after["version"], "70000.00");
    assert_eq!(refusal(&api.mutate(&anna, "offerRevise", again, "offer { id }").await), "OFFER_STATUS");
    let third = api.mutate(&anna, "offerRevise", revised(&second["id"], &json!(1), "70000.00"), selection).await["offer"].clone();
    assert_eq!((&third["revision"], &third["needsApproval"]), (&json!(3), &json!(false)));
    assert_eq!(third["number"], format!("{}/3", first["number"].as_str().unwrap()));
    assert_eq!(step(&world, &anna, "offerSend", &third["id"]).await["offer"]["state"], "SENT");
    let list = |superseded: bool| format!("{{ offers(superseded: {superseded}) {{ nodes {{ id supersededBy {{ id }} }} }} }}");
    assert_eq!(api.get(&anna, &list(false)).await["offers"]["nodes"], json!([{ "id": third["id"], "supersededBy": null }]));
    assert_eq!(
        api.get(&anna, &list(true)).await["offers"]["nodes"],
        json!([{ "id": second["id"], "supersededBy": { "id": third["id"] } }, { "id": first["id"], "supersededBy": { "id": second["id"] } }])
    );
}

#[tokio::test]
async fn lists_limits_and_settings_are_set_and_a_request_is_solved() {
    let world = World::new().await;
    let api = &world.api;
    let manager = api.manager("anna").await;
    world.batch("С-1").await;
    let group = api.done("customerGroupCreate", json!({ "name": "Мостовики" }), "customerGroup", "id").await["id"].clone();
    let member = json!({ "customerId": world.customer, "customerGroupId": group });
    let member = api.done("partyGroupSet", member, "partyGroup", "customerGroupId customer { name }").await;
    assert_eq!(member, json!({ "customerGroupId": group, "customer": { "name": "Мостострой" } }));
    let list = json!({ "companyId": world.company, "customerGroupId": group, "name": "Мосты" });
    let list = api.done("priceListCreate", list, "priceList", "id customerGroupId").await;
    assert_eq!(list["customerGroupId"], group);
    let price = json!({
        "productId": world.goods, "validFrom": "2026-03-01",
        "price": { "unit": "TONNE", "price": "80000.00", "includesVat": true }
    });
    let prices = json!({ "priceListId": list["id"], "prices": [price] });
    api.done("priceListPricesSet", prices.clone(), "priceList", "name").await;
    let service = json!({ "productId": world.service, "validFrom": "2026-03-01", "price": price["price"] });
    let refused = json!({ "priceListId": list["id"], "prices": [service] });
    assert_eq!(refusal(&api.mutate(&api.director, "priceListPricesSet", refused, "priceList { id }").await), "NOT_FOUND");
    let shown = format!(
        "{{ priceLists {{ name }} customerGroups {{ name }} discountLimits {{ role percent }}
            priceListPrices(priceListId: {}, on: \"2026-03-10\") {{ nodes {{ validFrom price {{ price {{ amount }} }} product {{ id }} }} }} }}",
        list["id"]
    );
    let seen = api.get(&manager, &shown).await;
    assert_eq!(seen["priceListPrices"]["nodes"][0]["price"]["price"]["amount"], json!("80000.00"));
    assert_eq!(seen["discountLimits"].as_array().unwrap().len(), 3);
    let denied = api.try_mutate(&manager, "priceListPricesSet", prices, "priceList { id }").await;
    assert_eq!(denied.codes(), ["FORBIDDEN"]);
    let limit = json!({ "role": "MANAGER", "percent": "1.00" });
    assert_eq!(api.done("discountLimitSet", limit, "discountLimit", "role percent").await["role"], "MANAGER");
    let minimum = json!({ "role": "MANAGER", "customerGroupId": group, "percent": "7.50" });
    api.done("marginMinimumSet", minimum, "marginMinimum", "percent").await;
    let settings =
        "targetMarginPercent commissionPercent stepTonne { amount } analoguePercent truckTonnes truckLengthM offcutMinM";
    let now = api.get(&api.director, &format!("{{ priceSettings {{ {settings} }} marginMinimums {{ percent }} }}")).await;
    assert_eq!(now["priceSettings"]["targetMarginPercent"], json!("15.00"), "{now}");
    assert_eq!(now["marginMinimums"].as_array().unwrap().len(), 2);
    let all = json!({
        "targetMarginPercent": "18.00", "commissionPercent": "0.00", "stepTonne": "500.00", "stepMetre": "50.00",
        "stepPiece": "500.00", "analoguePercent": "5.00", "truckTonnes": "10.000", "truckLengthM": "11.000", "offcutMinM": "3.000",
        "cuttingDays": 1, "purchaseDays": 30
    });
    api.done("priceSettingsSet", all.clone(), "priceSettings", settings).await;
    let mut wrong = all;
    wrong["stepTonne"] = json!("0.00");
    assert_eq!(
        refusal(&api.mutate(&api.director, "priceSettingsSet", wrong, "priceSettings { cuttingDays }").await),
        "AMOUNT_NOT_POSITIVE"
    );
    let ask = |selection: &str| {
        format!(
            "{{ requestSolve(input: {{ companyId: {}, productId: {}, customerId: {}, quantity: {{ tonnes: \"20\" }},
                 neededOn: \"2026-06-15\", deliveryAddress: \"Тверь\", freightPerTruck: \"30000\" }}) {{ {selection} }} }}",
            world.company, world.goods, world.customer
        )
    };
    let open = "pieces variants { way analogue late oversize earliestOn priceSource price { gross { amount } needsApproval }
        loads { trucks pieces } parts { pieces batch { number } } offcuts { count } product { sku } freight { amount } }";
    let solved = api.get(&manager, &ask(open)).await["requestSolve"].clone();
    assert_eq!(solved["pieces"], 17);
    let variant = json!({
        "way": "STOCK", "analogue": false, "late": false, "oversize": true, "earliestOn": "2026-03-02", "priceSource": "LIST",
        "price": { "gross": { "amount": "1632000.00" }, "needsApproval": false },
        "loads": [{ "trucks": 2, "pieces": 8 }, { "trucks": 1, "pieces": 1 }],
        "parts": [{ "pieces": 17, "batch": { "number": "С-1" } }], "offcuts": [], "product": { "sku": "Л5-12-Н" },
        "freight": { "amount": "90000.00" }
    });
    assert_eq!(solved["variants"], json!([variant]));
    for closed in [
        "variants { goodsCost { amount } }",
        "variants { parts { cost { amount } } }",
        "variants { offcuts { value { amount } } }",
    ] {
        assert_eq!(api.ask(&manager, &ask(closed)).await.codes(), ["FORBIDDEN"], "{closed}");
    }
    let cost = api.get(&api.director, &ask("variants { goodsCost { amount } price { result { contributionPercent } } }")).await;
    assert_eq!(cost["requestSolve"]["variants"][0]["goodsCost"]["amount"], json!("1020000.00"));
}
