//! From the supplier's gate to the customer in one step; what comes later finds the goods as anywhere else.

use rust_decimal::Decimal;
use shpunt_domain::access::Actor;
use shpunt_domain::batches::expenses::Basis;
use shpunt_domain::batches::expenses::commands::{PostExpense, Target, post_expense};
use shpunt_domain::command::Ctx;
use shpunt_domain::orders::{Price, Status, Unit};
use shpunt_domain::purchasing::transit::{Through, TransitShip, ship};
use shpunt_domain::{Code, batches};
use shpunt_tests::ctx;

use super::{World, d, day};

impl World {
    async fn transit_place(&self) -> i64 {
        sqlx::query_scalar("insert into warehouses (name, is_transit) values ('Транзит', true) returning warehouse_id")
            .fetch_one(self.db())
            .await
            .unwrap()
    }

    /// Ten piles bought at 720,000 and VAT of 158,400, sold at 100,000 a tonne with VAT.
    fn through(&self, warehouse_id: i64, number: &str) -> TransitShip {
        let goods = Through {
            product_id: self.product_id,
            pieces: 10,
            number: number.to_owned(),
            tonnes_weighed: Some(d("11.9")),
            net: d("720000"),
            vat: d("158400"),
            supplier_order_line_id: 0,
            preliminary: false,
            price: Price { unit: Unit::Tonne, price: d("100000"), includes_vat: true },
        };
        TransitShip {
            deal_id: self.deal_id,
            party_id: self.supplier_id,
            contract_id: 0,
            warehouse_id,
            on: day("2026-02-10"),
            vehicle: "А123ВС77".to_owned(),
            goods: vec![goods],
            services: vec![self.service("12200")],
        }
    }

    async fn counts(&self) -> Vec<i64> {
        sqlx::query_scalar(
            "select count(*) from ledger_entry union all select count(*) from documents union all select count(*) from batches
             union all select count(*) from orders union all select count(*) from command_log",
        )
        .fetch_all(self.db())
        .await
        .unwrap()
    }
}

#[tokio::test]
async fn a_truck_goes_from_the_gate_to_the_customer_and_nothing_stays() {
    let world = World::new().await;
    let place = world.transit_place().await;
    // Given an order to the supplier for the ten piles.
    let ordered = world.ordered("ordered", 10).await;
    let mut truck = world.through(place, "Т-1");
    truck.goods[0].supplier_order_line_id = ordered.lines[0].supplier_order_line_id;
    // When they are shipped in transit.
    let order = ship(world.db(), &ctx("transit"), &truck).await.unwrap().value;
    // Then the customer owes 1,212,200, the supplier is owed 878,400, and the place is empty.
    assert_eq!((order.status, order.gross, order.lines[0].tonnes_weighed), (Status::Shipped, d("1212200"), d("11.9")));
    assert_eq!((world.balance("receivables").await, world.balance("payables").await), (d("1212200"), d("-878400")));
    assert_eq!((world.balance("inventory").await, world.balance("cogs").await), (Decimal::ZERO, d("720000")));
    let left: (i64, Decimal, Decimal) =
        sqlx::query_as("select sum(s.pieces)::bigint, sum(s.value), sum(s.tonnes_weighed) from batch_balances s join batches using (batch_id) where warehouse_id = $1")
            .bind(place)
            .fetch_one(world.db())
            .await
            .unwrap();
    assert_eq!(left, (0, Decimal::ZERO, Decimal::ZERO));
    assert_eq!(world.received(&ordered).await.pieces, 10);
    // When freight of 24,000 for the batch is billed in March, then all of it is a cost of the order, told by its day.
    let freight = PostExpense {
        company_id: world.company_id,
        party_id: world.supplier_id,
        contract_id: 0,
        article_id: world.article("freight_in").await,
        kind: batches::expenses::Kind::Expense,
        number: String::new(),
        issued_on: day("2026-03-01"),
        effective_on: None,
        net: d("24000"),
        vat: Decimal::ZERO,
        basis: Basis::Tonnes,
        targets: vec![Target { batch_id: order.lines[0].batch_id, share: None }],
    };
    post_expense(world.db(), &ctx("freight"), &freight).await.unwrap();
    let late: Decimal = sqlx::query_scalar(
        "select sum(amount) from ledger_entry where account = 'cogs' and effective_on = '2026-03-01' and origin_on = '2026-02-10'",
    )
    .fetch_one(world.db())
    .await
    .unwrap();
    assert_eq!((late, world.balance("inventory").await), (d("24000"), Decimal::ZERO));
    world.check_books().await;
}

#[tokio::test]
async fn a_transit_that_is_refused_leaves_nothing_of_any_of_its_steps() {
    let world = World::new().await;
    let place = world.transit_place().await;
    world.receive("Б-1", "2026-01-10", 1, "72000", "15840").await;
    let before = world.counts().await;
    let with = |change: fn(&mut TransitShip, &World)| {
        let mut truck = world.through(place, "Т-1");
        change(&mut truck, &world);
        truck
    };
    for (why, truck, wanted) in [
        ("where goods stay", with(|truck, world| truck.warehouse_id = world.warehouse_id), Code::InvalidInput),
        ("nowhere", with(|truck, _| truck.warehouse_id = 404), Code::NotFound),
        ("nothing", with(|truck, _| truck.goods.clear()), Code::InvalidInput),
        ("the number is taken", with(|truck, _| truck.goods[0].number = "Б-1".to_owned()), Code::AlreadyExists),
        ("no price", with(|truck, _| truck.goods[0].price.price = d("-1")), Code::AmountNotPositive),
        ("in the future", with(|truck, _| truck.on = day("2026-03-03")), Code::DateInFuture),
        ("another batch", with(|truck, world| truck.services = vec![world.goods(1, 1, "1")]), Code::InvalidInput),
        ("no deal", with(|truck, _| truck.deal_id = 404), Code::NotFound),
    ] {
        assert_eq!(ship(world.db(), &ctx(why), &truck).await.unwrap_err().code(), wanted, "{why}");
    }
    // Where a person may not confirm and ship the same order, the steps are taken one by one.
    sqlx::query(
        "insert into duty_conflicts (first_command, second_command, active) values ('orders.confirm', 'orders.ship', true)
                 on conflict (first_command, second_command) do update set active = true",
    )
    .execute(world.db())
    .await
    .unwrap();
    let person = Ctx { actor: Actor { user_id: 77, ..Actor::system() }, ..ctx("person") };
    let refused = ship(world.db(), &person, &world.through(place, "Т-1")).await;
    assert_eq!(refused.unwrap_err().code(), Code::FourEyes);
    assert_eq!(world.counts().await, before);
}
