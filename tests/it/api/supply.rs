//! Supply through the API: goods sent back and claimed for, bought in yuan, on their way.

use serde_json::{Value, json};
use shpunt_domain::access::Role;

use super::refusal;
use super::world::World;

impl World {
    async fn send_back(&self, batch: &Value, pieces: i32, article: Option<&str>) -> Value {
        let article = match article {
            Some(code) => self.article(code).await,
            None => Value::Null,
        };
        json!({
            "companyId": self.company, "supplierId": self.supplier, "returnedOn": "2026-02-20", "number": "В-5", "reason": "Трещины",
            "articleId": article, "lines": [{ "batchId": batch, "pieces": pieces }]
        })
    }
}

#[tokio::test]
async fn goods_are_sent_back_and_their_freight_is_claimed() {
    let world = World::new().await;
    let api = &world.api;
    // Twenty piles for 1,200,000 and 264,000, with 20,000 of freight.
    let batch = world.batch("С-1").await;
    let freight = json!({
        "companyId": world.company, "partyId": world.carrier, "articleId": world.article("freight_in").await,
        "issuedOn": "2026-02-10", "net": "20000", "vat": "0", "basis": "PIECES", "targets": [{ "batchId": batch }]
    });
    api.done("additionalExpensePost", freight, "additionalExpense", "id").await;
    let selection = "id returnedOn number reason claimed cost { amount } vat { amount } gross { amount } landed { amount }
        company { name } supplier { name } contract { id } article { code } document { kind number subject { ... on SupplierReturn { number } } }
        lines { pieces metres cost { amount } landed { amount } batch { number } origin { document { kind } } }";
    let input = world.send_back(&batch, 5, None).await;
    let done = api.done("supplierReturnRecord", input, "supplierReturn", selection).await;
    assert_eq!(
        done,
        json!({
            "id": "supplier_return_1", "returnedOn": "2026-02-20", "number": "В-5", "reason": "Трещины", "claimed": true,
            "cost": { "amount": "300000.00" }, "vat": { "amount": "66000.00" }, "gross": { "amount": "366000.00" },
            "landed": { "amount": "5000.00" }, "company": { "name": "ООО «Шпунт»" }, "supplier": { "name": "Металлург" },
            "contract": null, "article": null,
            "document": { "kind": "SUPPLIER_RETURN", "number": "ВП-26-00001", "subject": { "number": "В-5" } },
            "lines": [{ "pieces": 5, "metres": "60.000", "cost": { "amount": "300000.00" }, "landed": { "amount": "5000.00" },
                        "batch": { "number": "С-1" }, "origin": { "document": { "kind": "RECEIPT" } } }]
        })
    );
    let seen = api
        .get(
            &api.director,
            "{ node(id: \"supplier_return_1\") { id } supplierReturns { nodes { id } }
            settlementItems(filter: { kind: CLAIM }) { nodes { id kind side open { amount } currency } } }",
        )
        .await;
    let claim = seen["settlementItems"]["nodes"][0]["id"].clone();
    assert_eq!(
        seen,
        json!({ "node": { "id": "supplier_return_1" }, "supplierReturns": { "nodes": [{ "id": "supplier_return_1" }] },
                "settlementItems": { "nodes": [{ "id": claim, "kind": "CLAIM", "side": "SUPPLIER", "open": { "amount": "5000.00" },
                    "currency": null }] } })
    );
    // Taken back and sent again.
    let reverse = json!({ "supplierReturnId": done["id"], "on": "2026-02-22" });
    let undone =
        api.done("supplierReturnReverse", reverse.clone(), "supplierReturn", "reversedOn reversal { kind number }").await;
    assert_eq!(undone, json!({ "reversedOn": "2026-02-22", "reversal": { "kind": "STORNO", "number": "СТ-26-00001" } }));
    let again = api.mutate(&api.director, "supplierReturnReverse", reverse.clone(), "__typename").await;
    assert_eq!(refusal(&again), "ALREADY_REVERSED");
    let keeper = api.user("keeper", Role::Warehouse).await;
    assert_eq!(api.try_mutate(&keeper, "supplierReturnReverse", reverse, "__typename").await.codes(), ["FORBIDDEN"]);
    let input = world.send_back(&batch, 5, None).await;
    let once_more = api.done("supplierReturnRecord", input, "supplierReturn", "id reversedOn reversal { id }").await;
    assert_eq!(once_more, json!({ "id": "supplier_return_2", "reversedOn": null, "reversal": null }));
    let claims = "{ settlementItems(filter: { kind: CLAIM }) { nodes { id } } }";
    let claim = api.get(&api.director, claims).await["settlementItems"]["nodes"][0]["id"].clone();
    let settle = json!({ "claimId": claim, "on": "2026-02-25", "amount": "5000" });
    let document = api.done("claimSettle", settle.clone(), "document", "kind number subject { __typename }").await;
    assert_eq!(document, json!({ "kind": "CLAIM", "number": "ПРТ-26-00001", "subject": { "__typename": "SettlementItem" } }));
    let again = api.mutate(&api.director, "claimSettle", settle, "__typename").await;
    assert_eq!(refusal(&again), "NOTHING_TO_OFFSET");
    let more = world.send_back(&batch, 16, Some("supplier_return")).await;
    let more = api.mutate(&api.director, "supplierReturnRecord", more, "__typename").await;
    assert_eq!(refusal(&more), "BATCH_SHORT");
    // What goods cost is nothing for a manager, neither is sending them back.
    let manager = api.manager("seller").await;
    assert_eq!(api.ask(&manager, "{ supplierReturns { nodes { id } } }").await.codes(), ["FORBIDDEN"]);
    let input = world.send_back(&batch, 1, Some("supplier_return")).await;
    assert_eq!(api.try_mutate(&manager, "supplierReturnRecord", input, "__typename").await.codes(), ["FORBIDDEN"]);
}

#[tokio::test]
async fn a_price_correction_of_the_supplier_cites_the_receipt_and_corrects_vat() {
    let world = World::new().await;
    let batch = world.batch("С-1").await;
    let credit = json!({
        "companyId": world.company, "partyId": world.supplier, "articleId": world.article("supplier_price").await, "kind": "CREDIT",
        "number": "УКД-7", "issuedOn": "2026-02-20", "net": "100000", "vat": "22000", "basis": "AMOUNT", "targets": [{ "batchId": batch }]
    });
    let selection = "kind number cost { amount } vat { amount } shares { batch { origin { document { kind number } } } }";
    let posted = world.api.done("additionalExpensePost", credit, "additionalExpense", selection).await;
    assert_eq!(
        posted,
        json!({
            "kind": "CREDIT", "number": "УКД-7", "cost": { "amount": "-100000.00" }, "vat": { "amount": "22000.00" },
            "shares": [{ "batch": { "origin": { "document": { "kind": "RECEIPT", "number": "ПТ-26-00001" } } } }]
        })
    );
    let vat: rust_decimal::Decimal = sqlx::query_scalar("select sum(amount) from ledger_entry where account = 'vat_input'")
        .fetch_one(&world.test().db)
        .await
        .unwrap();
    assert_eq!(vat.to_string(), "242000.00");
}

#[tokio::test]
async fn goods_are_bought_in_yuan_paid_and_revalued() {
    let world = World::new().await;
    let api = &world.api;
    let in_currency = json!({ "currency": "CNY", "receipt": {
        "companyId": world.company, "supplierId": world.supplier, "warehouseId": world.warehouse, "productId": world.goods,
        "number": "К-1", "receivedOn": "2026-01-20", "pieces": 10, "net": "1000.00", "vat": "0"
    } });
    let refused = api.mutate(&api.director, "batchReceiveInCurrency", in_currency.clone(), "__typename").await;
    assert_eq!(refusal(&refused), "RATE_MISSING");
    for (on, rate) in [("2026-01-20", "11"), ("2026-01-31", "11.5")] {
        let set = json!({ "currency": "CNY", "ratedOn": on, "rate": rate, "source": "ЦБ РФ" });
        api.done("exchangeRateSet", set, "exchangeRate", "currency").await;
    }
    let rates =
        api.get(&api.director, "{ exchangeRates(currency: \"CNY\", first: 1) { currency ratedOn nominal rate source } }").await;
    assert_eq!(
        rates["exchangeRates"],
        json!([{ "currency": "CNY", "ratedOn": "2026-01-31", "nominal": 1, "rate": "11.5", "source": "ЦБ РФ" }])
    );
    let batch = api.done("batchReceiveInCurrency", in_currency, "batch", "cost { amount } expectedOn").await;
    assert_eq!(batch, json!({ "cost": { "amount": "11000.00" }, "expectedOn": null }));
    let revalue = json!({ "companyId": world.company, "currency": "CNY", "on": "2026-01-31" });
    let done = api.done("currencyRevalue", revalue, "currencyRevaluation", "rate difference { amount } document { kind }").await;
    assert_eq!(done, json!({ "rate": "11.5", "difference": { "amount": "500.00" }, "document": { "kind": "REVALUATION" } }));
    let owed = "{ settlementItems(filter: { side: SUPPLIER, kind: DEBT, closed: true }) {
        nodes { open { amount } currency currencyAmount openCurrency } } }";
    let seen = api.get(&api.director, owed).await["settlementItems"]["nodes"].clone();
    assert_eq!(
        seen,
        json!([{ "open": { "amount": "11500.00" }, "currency": "CNY", "currencyAmount": "1000.00", "openCurrency": "1000.00" }])
    );
    let pay = json!({
        "cashAccountId": world.cash_account, "articleId": world.article("supplier_payment").await, "partyId": world.supplier,
        "paidOn": "2026-02-10", "currency": "CNY", "currencyAmount": "1000", "amount": "11700"
    });
    let paid = api.done("currencyPaymentRecord", pay, "payment", "amount { amount }").await;
    assert_eq!(paid, json!({ "amount": { "amount": "11700.00" } }));
    let seen = api.get(&api.director, owed).await["settlementItems"]["nodes"][0].clone();
    assert_eq!((&seen["open"]["amount"], &seen["openCurrency"]), (&json!("0.00"), &json!("0.00")));
    let reverse = json!({ "companyId": world.company, "currency": "CNY", "revaluedOn": "2026-01-31", "on": "2026-02-11" });
    let refused = api.mutate(&api.director, "currencyRevaluationReverse", reverse, "__typename").await;
    assert_eq!(refusal(&refused), "STILL_IN_USE", "it was paid at the new rate");
    // Ten yuan too much come back.
    for (direction, amount) in [("OUT", "117"), ("IN", "120")] {
        let pay = json!({
            "direction": direction, "cashAccountId": world.cash_account, "articleId": world.article("supplier_payment").await,
            "partyId": world.supplier, "paidOn": "2026-02-12", "currency": "CNY", "currencyAmount": "10", "amount": amount
        });
        let paid = api.done("currencyPaymentRecord", pay.clone(), "payment", "direction amount { amount }").await;
        assert_eq!(paid, json!({ "direction": direction, "amount": { "amount": format!("{amount}.00") } }));
        if direction == "IN" {
            let again = api.mutate(&api.director, "currencyPaymentRecord", pay, "__typename").await;
            assert_eq!(refusal(&again), "NOTHING_TO_OFFSET");
        }
    }
}

#[tokio::test]
async fn a_revaluation_is_taken_back() {
    let world = World::new().await;
    let api = &world.api;
    for (on, rate) in [("2026-01-20", "11"), ("2026-01-31", "11.5")] {
        let set = json!({ "currency": "CNY", "ratedOn": on, "rate": rate, "source": "ЦБ РФ" });
        api.done("exchangeRateSet", set, "exchangeRate", "currency").await;
    }
    let in_currency = json!({ "currency": "CNY", "receipt": {
        "companyId": world.company, "supplierId": world.supplier, "warehouseId": world.warehouse, "productId": world.goods,
        "number": "К-1", "receivedOn": "2026-01-20", "pieces": 10, "net": "1000.00", "vat": "0"
    } });
    api.done("batchReceiveInCurrency", in_currency, "batch", "id").await;
    let revalue = json!({ "companyId": world.company, "currency": "CNY", "on": "2026-01-31" });
    let done = api.done("currencyRevalue", revalue.clone(), "currencyRevaluation", "reversedOn").await;
    assert_eq!(done, json!({ "reversedOn": null }));
    let reverse = json!({ "companyId": world.company, "currency": "CNY", "revaluedOn": "2026-01-31", "on": "2026-01-31" });
    let done = api.done("currencyRevaluationReverse", reverse.clone(), "currencyRevaluation", "reversedOn").await;
    assert_eq!(done, json!({ "reversedOn": "2026-01-31" }));
    let again = api.mutate(&api.director, "currencyRevaluationReverse", reverse, "__typename").await;
    assert_eq!(refusal(&again), "NOT_FOUND");
    let done = api.done("currencyRevalue", revalue, "currencyRevaluation", "difference { amount }").await;
    assert_eq!(done, json!({ "difference": { "amount": "500.00" } }));
}

#[tokio::test]
async fn goods_on_their_way_are_expected_arrive_and_are_missed() {
    let world = World::new().await;
    let api = &world.api;
    let keeper = api.user("buyer", Role::Purchasing).await;
    let gate = json!({
        "companyId": world.company, "supplierId": world.supplier, "productId": world.goods, "number": "П-1", "receivedOn": "2026-02-01",
        "expectedOn": "2026-02-15", "pieces": 10, "net": "1000.00", "vat": "220.00"
    });
    let batch =
        api.mutate(&keeper, "batchReceiveInTransit", gate, "batch { id expectedOn warehouse { name } }").await["batch"].clone();
    assert_eq!(batch["warehouse"]["name"], "Товары в пути");
    let id = batch["id"].clone();
    let expect = json!({ "batchId": id, "expectedOn": "2026-02-18" });
    assert_eq!(api.done("batchExpect", expect, "batch", "expectedOn").await["expectedOn"], "2026-02-18");
    let on_way = "{ batchesInTransit { id expectedOn balance { pieces } } }";
    assert_eq!(
        api.get(&keeper, on_way).await["batchesInTransit"],
        json!([{ "id": id, "expectedOn": "2026-02-18", "balance": { "pieces": 10 } }])
    );
    let arrive = json!({ "batchId": id, "pieces": 9, "warehouseId": world.warehouse, "on": "2026-02-18", "number": "П-1/склад" });
    let here =
        api.done("batchArrive", arrive, "batch", "number expectedOn parent { id } document { kind } cost { amount }").await;
    assert_eq!(
        here,
        json!({ "number": "П-1/склад", "expectedOn": null, "parent": { "id": id }, "document": { "kind": "BATCH_ARRIVAL" },
                "cost": { "amount": "900.00" } })
    );
    let miss = json!({ "batchId": id, "pieces": 1, "on": "2026-02-18", "reason": "Недовоз" });
    api.done("batchMiss", miss.clone(), "batch", "id").await;
    let again = api.mutate(&api.director, "batchMiss", miss, "__typename").await;
    assert_eq!(refusal(&again), "BATCH_SHORT");
    let claim =
        "{ settlementItems(filter: { kind: CLAIM }) { nodes { open { amount } document { kind } } } batchesInTransit { id } }";
    assert_eq!(
        api.get(&api.director, claim).await,
        json!({ "settlementItems": { "nodes": [{ "open": { "amount": "122.00" }, "document": { "kind": "BATCH_SHORTAGE" } }] },
                "batchesInTransit": [] })
    );
    let shortage = api.get(&api.director, "{ settlementItems(filter: { kind: CLAIM }) { nodes { document { id } } } }").await;
    let document = shortage["settlementItems"]["nodes"][0]["document"]["id"].clone();
    let reverse = json!({ "documentId": document, "on": "2026-02-19" });
    let back = api.done("batchMissReverse", reverse.clone(), "batch", "id balance { pieces }").await;
    assert_eq!(back, json!({ "id": id, "balance": { "pieces": 1 } }));
    let again = api.mutate(&api.director, "batchMissReverse", reverse, "__typename").await;
    assert_eq!(refusal(&again), "ALREADY_REVERSED");
}
