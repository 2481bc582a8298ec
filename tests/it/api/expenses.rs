//! Additional expenses through the API: posted, seen by those who may see cost, taken back.

use serde_json::{Value, json};
use shpunt_domain::access::Role;

use super::refusal;
use super::world::World;

impl World {
    /// Freight of a carrier to the warehouse for one batch.
    async fn freight_in(&self, batch: &Value, net: &str, vat: &str) -> Value {
        json!({
            "companyId": self.company, "partyId": self.carrier, "articleId": self.article("freight_in").await, "number": "А-77",
            "issuedOn": "2026-02-20", "net": net, "vat": vat, "basis": "TONNES", "targets": [{ "batchId": batch }]
        })
    }
}

#[tokio::test]
async fn a_bill_is_posted_seen_and_taken_back() {
    let world = World::new().await;
    let api = &world.api;
    let manager = api.manager("seller").await;
    let batch = world.batch("С-1").await;
    let (_, order) = world.shipped_deal(&manager, "Причал", &batch, "75000.00", "1000.00").await;

    // Twenty piles for 1,200,000, two of them sold: freight of 10,000 is 1,000 for those.
    let freight = world.freight_in(&batch, "10000.00", "2200.00").await;
    let selection = "id kind basis number issuedOn effectiveOn net { amount } vat { amount } cost { amount } reversedOn
        company { name } party { name } contract { number } article { code name } document { kind number gross { amount } }
        shares { base amount { amount } stockAmount { amount } goneAmount { amount } batch { number } }";
    let posted = api.done("additionalExpensePost", freight.clone(), "additionalExpense", selection).await;
    let id = posted["id"].clone();
    assert_eq!(
        posted,
        json!({
            "id": "additional_expense_1", "kind": "EXPENSE", "basis": "TONNES", "number": "А-77", "issuedOn": "2026-02-20",
            "effectiveOn": "2026-02-20", "net": { "amount": "10000.00" }, "vat": { "amount": "2200.00" },
            "cost": { "amount": "10000.00" }, "reversedOn": null, "company": { "name": "ООО «Шпунт»" },
            "party": { "name": "Грузовоз" }, "contract": null,
            "article": { "code": "freight_in", "name": "Доставка на склад" },
            "document": { "kind": "ADDITIONAL_EXPENSE", "number": "ДР-26-00001", "gross": { "amount": "12200.00" } },
            "shares": [{ "base": posted["shares"][0]["base"], "amount": { "amount": "10000.00" }, "stockAmount": { "amount": "9000.00" },
                         "goneAmount": { "amount": "1000.00" }, "batch": { "number": "С-1" } }]
        })
    );
    assert_eq!(
        api.get(&api.director, &format!("{{ node(id: {id}) {{ ... on AdditionalExpense {{ number }} }} }}")).await["node"]["number"],
        "А-77"
    );

    // The card: what came, what left, what it cost later.
    let card = "card(first: 2) { nodes { effectiveOn pieces value { amount } costElement piecesAfter valueAfter { amount }
        document { kind } order { id } } pageInfo { endCursor hasNextPage } }";
    let seen = api
        .get(
            &api.director,
            &format!("{{ batch(id: {batch}) {{ {card} additionalExpenses {{ amount {{ amount }} additionalExpense {{ number }} }} balance {{ value {{ amount }} }} }} }}"),
        )
        .await["batch"]
        .clone();
    assert_eq!(
        seen["card"]["nodes"],
        json!([
            { "effectiveOn": "2026-02-01", "pieces": 20, "value": { "amount": "1200000.00" }, "costElement": "purchase",
              "piecesAfter": 20, "valueAfter": { "amount": "1200000.00" }, "document": { "kind": "RECEIPT" }, "order": null },
            { "effectiveOn": "2026-02-10", "pieces": -2, "value": { "amount": "-120000.00" }, "costElement": "purchase",
              "piecesAfter": 18, "valueAfter": { "amount": "1080000.00" }, "document": { "kind": "SHIPMENT" }, "order": { "id": order } }
        ])
    );
    assert_eq!(
        seen["additionalExpenses"],
        json!([{ "amount": { "amount": "10000.00" }, "additionalExpense": { "number": "А-77" } }])
    );
    assert_eq!(seen["balance"]["value"]["amount"], "1089000.00");
    let after = &seen["card"]["pageInfo"]["endCursor"];
    let rest = api
        .get(
            &api.director,
            &format!(
                "{{ batch(id: {batch}) {{ card(after: {after}) {{ nodes {{ pieces value {{ amount }} costElement }} }} }} }}"
            ),
        )
        .await;
    let late = json!([{ "pieces": 0, "value": { "amount": "9000.00" }, "costElement": "freight_in" }]);
    assert_eq!(rest["batch"]["card"]["nodes"], late);

    // A list finds it by batch, party and day.
    for (filter, found) in [
        (format!("batchId: {batch}, from: \"2026-02-20\", to: \"2026-02-20\""), 1),
        (format!("partyId: {}, companyId: {}", world.carrier, world.company), 1),
        (format!("partyId: {}", world.supplier), 0),
        ("from: \"2026-02-21\"".to_owned(), 0),
        ("to: \"2026-02-19\"".to_owned(), 0),
    ] {
        let list = format!("{{ additionalExpenses(filter: {{ {filter} }}) {{ nodes {{ id }} }} }}");
        let rows = api.get(&api.director, &list).await["additionalExpenses"]["nodes"].as_array().unwrap().len();
        assert_eq!(rows, found, "{filter}");
    }

    let back = json!({ "additionalExpenseId": id, "on": "2026-02-25" });
    let undone = api
        .done("additionalExpenseReverse", back.clone(), "additionalExpense", "reversedOn reversalDocument { kind number }")
        .await;
    assert_eq!(undone, json!({ "reversedOn": "2026-02-25", "reversalDocument": { "kind": "STORNO", "number": "СТ-26-00001" } }));
    let again = api.mutate(&api.director, "additionalExpenseReverse", back, "__typename").await;
    assert_eq!(refusal(&again), "ALREADY_REVERSED");
    let value = api.get(&api.director, &format!("{{ batch(id: {batch}) {{ balance {{ value {{ amount }} }} }} }}")).await;
    assert_eq!(value["batch"]["balance"]["value"]["amount"], "1080000.00");
}

#[tokio::test]
async fn who_may_not_see_cost_sees_no_expense() {
    let world = World::new().await;
    let api = &world.api;
    let batch = world.batch("С-1").await;
    let freight = world.freight_in(&batch, "10000.00", "2200.00").await;
    let buyer = api.user("buyer", Role::Purchasing).await;
    let posted = api.mutate(&buyer, "additionalExpensePost", freight.clone(), "additionalExpense { id }").await;
    let id = posted["additionalExpense"]["id"].clone();
    let manager = api.manager("seller").await;
    for query in [
        "{ additionalExpenses { nodes { id } } }".to_owned(),
        format!("{{ node(id: {id}) {{ id }} }}"),
        format!("{{ batch(id: {batch}) {{ additionalExpenses {{ base }} }} }}"),
        format!("{{ batch(id: {batch}) {{ card {{ nodes {{ value {{ amount }} }} }} }} }}"),
        format!("{{ batch(id: {batch}) {{ card {{ nodes {{ costElement }} }} }} }}"),
    ] {
        assert_eq!(api.ask(&manager, &query).await.codes(), ["FORBIDDEN"], "{query}");
        assert!(api.ask(&buyer, &query).await.codes().is_empty(), "{query}");
    }
    // Pieces are for everybody who sees stock.
    let pieces = api.get(&manager, &format!("{{ batch(id: {batch}) {{ card {{ nodes {{ pieces piecesAfter }} }} }} }}")).await;
    assert_eq!(pieces["batch"]["card"]["nodes"][0], json!({ "pieces": 20, "piecesAfter": 20 }));
    for (field, input) in [
        ("additionalExpensePost", freight),
        ("additionalExpenseReverse", json!({ "additionalExpenseId": id, "on": "2026-02-25" })),
    ] {
        assert_eq!(api.try_mutate(&manager, field, input, "__typename").await.codes(), ["FORBIDDEN"], "{field}");
    }
}

#[tokio::test]
async fn a_bad_bill_is_refused_with_its_field() {
    let world = World::new().await;
    let api = &world.api;
    let batch = world.batch("С-1").await;
    let good = world.freight_in(&batch, "10000.00", "2200.00").await;
    let with = |field: &str, value: Value| {
        let mut input = good.clone();
        input[field] = value;
        input
    };
    let manual = |shares: Value| {
        let mut input = with("basis", json!("MANUAL"));
        input["targets"] = shares;
        input
    };
    let mut credit = with("kind", json!("CREDIT"));
    credit["net"] = json!("1200000.01");
    let before = world.rows().await;
    let mut elsewhere = Vec::new();
    for (input, code, path) in [
        (with("net", json!("0.00")), "AMOUNT_NOT_POSITIVE", Some("net")),
        (with("vat", json!("10000.01")), "INVALID_INPUT", Some("vat")),
        (with("targets", json!([])), "INVALID_INPUT", Some("targets")),
        (with("targets", json!([{ "batchId": batch }, { "batchId": batch }])), "INVALID_INPUT", Some("targets/1/batchId")),
        (with("targets", json!([{ "batchId": "batch_404" }])), "NOT_FOUND", Some("targets/0/batchId")),
        (with("effectiveOn", json!("2026-02-19")), "INVALID_INPUT", Some("effectiveOn")),
        (with("issuedOn", json!("2026-01-31")), "DATE_BEFORE_RECEIPT", None),
        (with("issuedOn", json!("2026-03-03")), "DATE_IN_FUTURE", Some("issuedOn")),
        (with("articleId", world.article("rent").await), "ARTICLE_MISMATCH", Some("articleId")),
        (with("contractId", world.contract.clone()), "PARTY_MISMATCH", Some("partyId")),
        (manual(json!([{ "batchId": batch }])), "INVALID_INPUT", Some("targets/0/share")),
        (manual(json!([{ "batchId": batch, "share": "-1" }])), "INVALID_INPUT", Some("targets/0/share")),
        (manual(json!([{ "batchId": batch, "share": "0" }])), "NOTHING_TO_ALLOCATE", None),
        (credit, "BATCH_VALUE_SHORT", None),
    ] {
        let payload = api.mutate(&api.director, "additionalExpensePost", input.clone(), "__typename").await;
        assert_eq!(refusal(&payload), code, "{input}");
        let at = payload["userErrors"][0]["path"]
            .as_array()
            .map(|path| path.iter().map(|part| part.as_str().unwrap()).collect::<Vec<_>>().join("/"));
        if at != path.map(|path| format!("input/{path}")) {
            elsewhere.push(format!("{input}: {at:?}, not {path:?}"));
        }
    }
    assert!(elsewhere.is_empty(), "{}", elsewhere.join("\n"));
    assert_eq!(world.rows().await, before);
}
