//! One story through the API, from the order to the supplier to the late bill and why the margin is what it is: every number can be checked
//! by hand, and it is the walkthrough *From a supplier order to the margin* of ARCHITECTURE.md.

use serde_json::{Value, json};
use shpunt_domain::access::{Role, User};
use shpunt_tests::db::TestDb;

use super::office::reports;
use crate::api::Api;
use crate::api::world::World;
use crate::cdc::rig::Rig;

/// What the director's report says of the order after each step.
struct Story {
    world: World,
    order: Value,
    told: Vec<(String, [String; 4])>,
}

impl Story {
    /// Does something as somebody; returns what it made and the token.
    async fn act(&self, user: &User, field: &str, input: Value, entity: &str, selection: &str) -> (Value, Value) {
        let done = self.world.api.mutate(user, field, input, &format!("{entity} {{ {selection} }}")).await;
        assert_eq!(done["userErrors"], json!([]), "{field}");
        (done[entity].clone(), done["consistencyToken"].clone())
    }

    fn print(&self) {
        println!("{:<55} {:>12} {:>12} {:>12} {:>12}", "", "revenue", "COGS", "direct", "left");
        for (step, [revenue, cogs, direct, left]) in &self.told {
            println!("{step:<55} {revenue:>12} {cogs:>12} {direct:>12} {left:>12}");
        }
    }

    /// Writes down revenue, cost of goods, direct expenses and what is left, as the report tells them after the token.
    async fn tell(&mut self, step: &str, token: &Value) {
        let ask = format!(
            "{{ grossProfitReport(period: {{ from: \"2026-01-01\", to: \"2026-03-02\" }}, groupBy: ORDER, after: {token}) {{
                 rows {{ key revenue cogs directExpenses contribution }} }} }}"
        );
        let rows = self.world.api.get(&self.world.api.director, &ask).await["grossProfitReport"]["rows"].clone();
        let row = rows.as_array().unwrap().iter().find(|row| row["key"] == self.order).unwrap().clone();
        let of = |name: &str| row[name].as_str().unwrap().to_owned();
        self.told.push((step.to_owned(), [of("revenue"), of("cogs"), of("directExpenses"), of("contribution")]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_supplier_order_to_the_margin() {
    if !crate::engines::have_clickhouse() {
        return;
    }
    let test = TestDb::for_changes().await;
    let rig = Rig::beside("story", &test, 0).await;
    let work = rig.work();
    rig.caught_up().await;
    let world = World::in_api(Api::over(test, reports(&rig)).await).await;
    let (buyer, head) = (world.api.user("buyer", Role::Purchasing).await, world.api.user("head", Role::HeadOfSales).await);
    let mut story = Story { world, order: Value::Null, told: Vec::new() };

    // Given twenty piles of 1.2 t ordered at 50,000 a tonne without VAT, approved by somebody else, 30 % paid in advance.
    let world = &story.world;
    let wanted = json!({
        "companyId": world.company, "supplierId": world.supplier, "terms": {
            "warehouseId": world.warehouse, "orderedOn": "2026-01-20", "expectedOn": "2026-02-01", "prepaymentPercent": "30",
            "lines": [{ "productId": world.goods, "pieces": 20, "vat": "264000.00",
                        "price": { "unit": "TONNE", "price": "50000.00", "includesVat": false } }]
        }
    });
    let (ordered, _) = story.act(&buyer, "supplierOrderCreate", wanted, "supplierOrder", "id lines { id }").await;
    for (user, field, version) in [(&head, "supplierOrderApprove", 1), (&buyer, "supplierOrderSend", 2)] {
        let step = json!({ "supplierOrderId": ordered["id"], "expectedVersion": version });
        story.act(user, field, step, "supplierOrder", "state").await;
    }
    let advance = json!({
        "direction": "OUT", "cashAccountId": world.cash_account, "articleId": world.article("supplier_payment").await,
        "partyId": world.supplier, "target": { "supplierOrderId": ordered["id"] }, "paidOn": "2026-01-21", "amount": "439200.00"
    });
    world.api.done("paymentRecord", advance, "payment", "id").await;
    // They come on 1 February at a preliminary price, and eight are sold at 75,000 a tonne without VAT, with freight planned at 30,000.
    let mut receipt = world.receipt("С-1");
    receipt["supplierOrderLineId"] = ordered["lines"][0]["id"].clone();
    receipt["preliminary"] = json!(true);
    let (batch, _) = story.act(&buyer, "batchReceive", receipt, "batch", "id").await;
    let batch = batch["id"].clone();
    let deal = world.deal("Набережная", None).await;
    let order = world.order(&deal, vec![world.goods_line(&batch, 8, "75000.00", false)]).await;
    let plan = json!({
        "orderId": order, "articleId": world.article("freight").await, "partyId": world.carrier, "net": "30000.00", "vat": "6600.00"
    });
    let plan = world.api.done("plannedExpenseAdd", plan, "plannedExpense", "id").await["id"].clone();
    let director = world.api.director.clone();
    // When the truck leaves, the freight is accrued: nobody has billed it yet.
    let ship = json!({ "orderId": order, "shippedOn": "2026-02-10" });
    let (_, token) = story.act(&director, "orderShip", ship, "order", "id").await;
    story.order = order.clone();
    story.tell("shipped on 10 February, freight of 30,000 accrued", &token).await;
    // The carrier bills 3,000 more than planned.
    let world = &story.world;
    let bill = json!({
        "companyId": world.company, "partyId": world.carrier, "articleId": world.article("freight").await, "number": "Т-9",
        "issuedOn": "2026-02-18", "net": "33000.00", "vat": "7260.00", "targets": [{ "bears": { "plannedExpenseId": plan } }]
    });
    let (_, token) = story.act(&director, "directExpensePost", bill, "directExpense", "id").await;
    story.tell("the carrier bills 33,000 on 18 February", &token).await;
    // The supplier's document makes the batch 12,000 dearer: eight of twenty piles are sold.
    let paper =
        json!({ "batchId": batch, "number": "УПД-15", "issuedOn": "2026-02-20", "net": "1212000.00", "vat": "266640.00" });
    let (_, token) = story.act(&buyer, "batchPriceFinalise", paper, "supply", "isPreliminary").await;
    story.tell("the supplier's document of 20 February: 12,000 more", &token).await;
    // The freight of the batch comes last: 24,000, of which eight twentieths are sold.
    let world = &story.world;
    let late = json!({
        "companyId": world.company, "partyId": world.carrier, "articleId": world.article("freight_in").await, "number": "А-77",
        "issuedOn": "2026-02-25", "net": "24000.00", "vat": "5280.00", "basis": "TONNES", "targets": [{ "batchId": batch }]
    });
    let (_, token) = story.act(&buyer, "additionalExpensePost", late, "additionalExpense", "id").await;
    story.tell("freight of the batch billed on 25 February: 24,000", &token).await;

    story.print();
    let sums: Vec<[&str; 4]> = story.told.iter().map(|(_, sums)| sums.each_ref().map(String::as_str)).collect();
    assert_eq!(
        sums,
        [
            ["720000.00", "480000.00", "30000.00", "210000.00"],
            ["720000.00", "480000.00", "33000.00", "207000.00"],
            ["720000.00", "484800.00", "33000.00", "202200.00"],
            ["720000.00", "494400.00", "33000.00", "192600.00"],
        ]
    );
    // Then the director asks why, and is told by entries in words; together they are what is left.
    let why = format!(
        "{{ marginChanges(of: {{ orderId: {order} }}, since: \"2020-01-01T00:00:00Z\", after: {token}) {{
             before {{ contribution }} after {{ contribution }} changes {{ text contribution document {{ number }} }} }} }}"
    );
    let api = &story.world.api;
    let why = api.get(&api.director, &why).await["marginChanges"].clone();
    let changes = why["changes"].as_array().unwrap();
    for change in changes {
        println!("{:>12}  {}", change["contribution"].as_str().unwrap(), change["text"].as_str().unwrap());
    }
    assert_eq!((&why["before"]["contribution"], &why["after"]["contribution"]), (&json!("0.00"), &json!("192600.00")));
    // What stayed: twelve piles at 50,000 + 600 + 1,000 a piece more, exactly; and the supplier is owed what the advance left.
    let ask = format!(
        "{{ batch(id: {batch}) {{ balance {{ pieces value {{ amount }} }} supply {{ finalNet {{ amount }} }} }}
            supplierOrder(id: {}) {{ state advance {{ amount }} debt {{ amount }} }} }}",
        ordered["id"]
    );
    let seen = api.get(&api.director, &ask).await;
    assert_eq!(seen["batch"]["balance"], json!({ "pieces": 12, "value": { "amount": "741600.00" } }));
    assert_eq!(seen["batch"]["supply"]["finalNet"]["amount"], "1212000.00");
    // 1,478,640 with VAT less 439,200.
    assert_eq!(
        seen["supplierOrder"],
        json!({ "state": "RECEIVED", "advance": { "amount": "0.00" }, "debt": { "amount": "1039440.00" } })
    );
    work.stop().await;
    rig.stop().await;
}
