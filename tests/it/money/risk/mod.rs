//! Delivery at our risk, as an accountant checks it by hand: given, when, then.
//!
//! A pile is 12 m and 1.2 t, VAT is 22 %. Between shipment and unloading the goods are ours: *goods shipped* holds their cost and the VAT.

mod back;
mod late;
mod refused;

use rust_decimal::Decimal;
use shpunt_domain::access::Scope;
use shpunt_domain::direct::completion::{self, Margin};
use shpunt_domain::direct::plans::{AddPlan, add};
use shpunt_domain::ledger::periods::{Check, Subject, read};
use shpunt_domain::orders::deliver::{Deliver, deliver};
use shpunt_domain::orders::{Order, Status};
use shpunt_domain::parties::commands::{ContractCreate, ContractUpdate, contract_create, contract_update};
use shpunt_domain::parties::{Contract, ContractKind};
use shpunt_domain::treasury::Target;
use shpunt_domain::{Code, Result};
use shpunt_tests::ctx;

use super::returns::balances;
use super::{World, d, day};

impl World {
    /// The deal under a contract whose title passes at unloading; ten days to pay.
    pub(super) async fn at_our_risk(&self) -> Contract {
        let create = ContractCreate {
            company_id: self.company_id,
            party_id: self.customer_id,
            kind: ContractKind::Sale,
            number: "45/2026".to_owned(),
            signed_on: day("2026-01-01"),
            payment_days: 10,
            title_on_delivery: true,
        };
        let contract = contract_create(self.db(), &ctx("contract"), create).await.unwrap().value;
        sqlx::query("update deals set contract_id = $1 where deal_id = $2")
            .bind(contract.contract_id)
            .bind(self.deal_id)
            .execute(self.db())
            .await
            .unwrap();
        contract
    }

    pub(super) async fn delivered(&self, order: &Order, on: &str) -> Result<Order> {
        let input = Deliver::plain(order.order_id, Some(day(on)));
        Ok(deliver(self.db(), &ctx(&format!("deliver {} {on}", order.order_id)), &input).await?.value)
    }

    /// Inventory, goods shipped, COGS, revenue, output VAT, receivables.
    async fn on_the_way(&self) -> [Decimal; 6] {
        balances(self, ["inventory", "goods_shipped", "cogs", "revenue", "vat_output", "receivables"]).await
    }

    /// The balance of an account at the end of a day.
    async fn balance_on(&self, account: &str, on: &str) -> Decimal {
        sqlx::query_scalar("select coalesce(sum(amount), 0) from ledger_entry where account = $1 and effective_on <= $2")
            .bind(account)
            .bind(day(on))
            .fetch_one(self.db())
            .await
            .unwrap()
    }
}

/// Ten piles for 600,000; four of them, 4.8 t at 122,000 with VAT, on their way since 30 January.
async fn sent(world: &World) -> (i64, Order) {
    world.at_our_risk().await;
    let batch = world.receive("С-1", "2026-01-10", 10, "600000", "132000").await;
    let order = world.order("order", vec![world.goods(batch, 4, "122000")]).await;
    (batch, world.ship(&order, "2026-01-30").await.unwrap())
}

#[tokio::test]
async fn what_left_in_january_and_was_unloaded_in_february_is_sold_in_february() {
    let world = World::new().await;
    world.at_our_risk().await;
    // Given ten piles for 600,000, four of them ordered for 585,600 with 105,600 of VAT; 122,000 are prepaid, 22,000 of VAT in it; freight
    // is planned at 30,000.
    let batch = world.receive("С-1", "2026-01-10", 10, "600000", "132000").await;
    let order = world.order("order", vec![world.goods(batch, 4, "122000")]).await;
    world.paid("prepaid", Target::Order(order.order_id), "2026-01-15", "122000").await;
    let article_id = world.article("freight").await;
    let freight =
        AddPlan { order_id: order.order_id, article_id, party_id: 0, net: d("30000"), vat: d("0"), note: String::new() };
    add(world.db(), &ctx("plan"), &freight).await.unwrap();
    // When it leaves on 30 January at our risk,
    let shipped = world.ship(&order, "2026-01-30").await.unwrap();
    assert!(shipped.title_on_delivery);
    // then six piles are in stock, 240,000 of cost and 105,600 of VAT wait, the VAT is due beside that of the advance, and nothing is sold.
    assert_eq!(world.on_the_way().await, ["360000", "345600", "0", "0", "-127600", "0"].map(d));
    assert_eq!(balances(&world, ["customer_advances", "order_expenses"]).await, ["-122000", "0"].map(d));
    world.check_books().await;
    // All of it is expected, nothing earned.
    let (whole, _) = completion::get(world.db(), &Scope::All, world.deal_id).await.unwrap();
    let margin = Margin { revenue: d("480000"), cost: d("240000"), expenses: d("30000") };
    assert_eq!((whole.earned, whole.expected), (Margin::default(), margin));
    // January tells of it when it is closed, and closes.
    let january = read::checklist(world.db(), world.company_id, day("2026-01-01")).await.unwrap();
    let found = january.iter().find(|finding| finding.check == Check::GoodsNotDelivered).unwrap();
    assert_eq!((found.count, found.examples[0].subject), (1, Subject::Order(order.order_id)));
    assert!(january.iter().all(|finding| finding.check == Check::GoodsNotDelivered || finding.count == 0), "{january:?}");

    // When it is unloaded on 2 February,
    let delivered = world.delivered(&order, "2026-02-02").await.unwrap();
    assert_eq!((delivered.status, delivered.gross), (Status::Delivered, d("585600")));
    // then 480,000 are sold that cost 240,000, the advance has paid 122,000 of it and its VAT is taken back, and the freight is accrued.
    assert_eq!(world.on_the_way().await, ["360000", "0", "240000", "-480000", "-105600", "463600"].map(d));
    assert_eq!(balances(&world, ["customer_advances", "order_expenses"]).await, ["0", "30000"].map(d));
    // January has neither revenue nor cost nor freight, by posting or by shipment; it ended with the goods on their way.
    for account in ["revenue", "cogs", "order_expenses", "receivables"] {
        assert_eq!(world.balance_on(account, "2026-02-01").await, d("0"), "{account}");
    }
    assert_eq!(world.balance_on("goods_shipped", "2026-01-31").await, d("345600"));
    let origins: Vec<(String, chrono::NaiveDate)> = sqlx::query_as(
        "select distinct account, origin_on from ledger_entry where account in ('revenue', 'cogs', 'order_expenses') order by 1",
    )
    .fetch_all(world.db())
    .await
    .unwrap();
    assert_eq!(origins, ["cogs", "order_expenses", "revenue"].map(|account| (account.to_owned(), day("2026-02-02"))));
    // It is due ten days after the delivery.
    let due: (chrono::NaiveDate, chrono::NaiveDate, Decimal) =
        sqlx::query_as("select opened_on, due_on, open from settlement_items where account = 'receivables'")
            .fetch_one(world.db())
            .await
            .unwrap();
    assert_eq!(due, (day("2026-02-02"), day("2026-02-12"), d("463600")));
    let (whole, _) = completion::get(world.db(), &Scope::All, world.deal_id).await.unwrap();
    assert_eq!((whole.earned, whole.expected), (margin, Margin::default()));
    let drift = completion::drift(world.db(), &Scope::All, world.deal_id, None).await.unwrap();
    assert_eq!(drift.now, margin, "delivery moved it from expected to earned and changed nothing");
    world.check_books().await;
}

#[tokio::test]
async fn an_order_keeps_what_its_contract_said_when_it_left() {
    let world = World::new().await;
    let contract = world.at_our_risk().await;
    let batch = world.receive("С-1", "2026-01-10", 10, "600000", "132000").await;
    let first = world.order("first", vec![world.goods(batch, 4, "122000")]).await;
    let second = world.order("second", vec![world.goods(batch, 2, "122000")]).await;
    let service = world.order("service", vec![world.service("12200")]).await;
    world.ship(&first, "2026-01-20").await.unwrap();
    // A service is on no truck: it is sold at once whatever the contract says.
    assert!(!world.ship(&service, "2026-01-20").await.unwrap().title_on_delivery);
    assert_eq!(world.balance("revenue").await, d("-10000"));
    let update = ContractUpdate {
        contract_id: contract.contract_id,
        expected_version: contract.version,
        payment_days: None,
        title_on_delivery: Some(false),
    };
    let changed = contract_update(world.db(), &ctx("update"), update.clone()).await.unwrap().value;
    assert_eq!((changed.title_on_delivery, changed.payment_days, changed.version), (false, 10, contract.version + 1));
    assert_eq!(contract_update(world.db(), &ctx("stale"), update).await.unwrap_err().code(), Code::VersionConflict);
    // The second leaves as the contract says now, the first arrives as it left.
    assert!(!world.ship(&second, "2026-01-21").await.unwrap().title_on_delivery);
    assert_eq!(balances(&world, ["revenue", "cogs"]).await, ["-250000", "120000"].map(d));
    assert!(world.delivered(&first, "2026-01-22").await.unwrap().title_on_delivery);
    world.delivered(&second, "2026-01-22").await.unwrap();
    assert_eq!(balances(&world, ["revenue", "cogs", "goods_shipped"]).await, ["-730000", "360000", "0"].map(d));
    world.check_books().await;
}
