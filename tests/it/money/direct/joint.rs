//! One bill for goods and for orders: given, when, then. A pile is 12 m and 1.2 t.

use shpunt_domain::batches::expenses::commands::Target as Batch;
use shpunt_domain::batches::expenses::{self, ReverseExpense, reverse_expense};
use shpunt_domain::direct::bills::{Bears, Target};
use shpunt_domain::direct::joint::JointBill;
use shpunt_domain::direct::joint::commands::{ForGoods, ForOrders, PostJoint, ReverseJoint, post, reverse};
use shpunt_domain::direct::reverse::{ReverseDirect, reverse_direct};
use shpunt_domain::direct::{Basis, read};
use shpunt_domain::treasury::commands::{self as treasury, Pay};
use shpunt_domain::treasury::{Direction, Target as For};
use shpunt_domain::{Code, Result};
use shpunt_tests::ctx;

use crate::money::late_cost::costs;
use crate::money::{World, d, day};

impl World {
    /// The supplier's bill of 20 February: freight of a batch for 10,000 and of orders for 3,000.01, VAT 22 % of both.
    async fn joint(&self, batches: &[i64], bears: &[Bears]) -> PostJoint {
        PostJoint {
            company_id: self.company_id,
            party_id: self.supplier_id,
            contract_id: 0,
            number: "Т-9".to_owned(),
            issued_on: day("2026-02-20"),
            effective_on: None,
            goods: ForGoods {
                article_id: self.article("freight_in").await,
                net: d("10000"),
                vat: d("2200"),
                basis: expenses::Basis::Pieces,
                targets: batches.iter().map(|batch_id| Batch { batch_id: *batch_id, share: None }).collect(),
            },
            orders: ForOrders {
                article_id: self.article("freight").await,
                net: d("3000.01"),
                vat: d("660"),
                basis: Basis::Tonnes,
                targets: bears.iter().map(|bears| Target { bears: *bears, share: None }).collect(),
            },
        }
    }

    async fn joint_storno(&self, bill: &JointBill, on: &str) -> Result<JointBill> {
        let input = ReverseJoint { joint_bill_id: bill.joint_bill_id, on: day(on) };
        Ok(reverse(self.db(), &ctx(&format!("{input:?}")), &input).await?.value)
    }
}

#[tokio::test]
async fn one_bill_reaches_goods_and_orders_by_two_allocations_and_is_one_debt() {
    let world = World::new().await;
    // Given ten piles for 1,000,000, four and two of them in shipped orders.
    let batch = world.receive("С-1", "2026-01-10", 10, "1000000", "0").await;
    let mut orders = Vec::new();
    for pieces in [4, 2] {
        let order = world.order(&format!("order {pieces}"), vec![world.goods(batch, pieces, "200000")]).await;
        orders.push(world.ship(&order, "2026-01-20").await.unwrap());
    }
    let owed = world.balance("payables").await;
    // When one paper bills 10,000 of freight to the yard and 3,000.01 of freight to the customers.
    let bears = [Bears::Order(orders[0].order_id), Bears::Order(orders[1].order_id)];
    let input = world.joint(&[batch], &bears).await;
    let bill = post(world.db(), &ctx("joint"), &input).await.unwrap().value;
    assert_eq!((bill.net, bill.vat, bill.effective_on), (d("13000.01"), d("2860"), day("2026-02-20")));
    // Then the goods bear 1,000 a pile, four on hand, six with their lines; the orders 2,000.01 and 1,000 by their tonnes.
    assert_eq!(costs(&world, batch).await, (d("404000"), vec![d("404000"), d("202000")]));
    assert_eq!((world.borne_by(&orders[0]).await, world.borne_by(&orders[1]).await), (d("2000.01"), d("1000")));
    // One document, one debt of 15,860.01.
    assert_eq!(world.balance("payables").await, owed - d("15860.01"));
    let debts: Vec<rust_decimal::Decimal> = sqlx::query_scalar("select amount from settlement_items where document_id = $1")
        .bind(bill.document_id)
        .fetch_all(world.db())
        .await
        .unwrap();
    assert_eq!(debts, [d("15860.01")]);
    let paper: (String, String, rust_decimal::Decimal, i64) =
        sqlx::query_as("select kind, number, gross, subject_id from documents where document_id = $1")
            .bind(bill.document_id)
            .fetch_one(world.db())
            .await
            .unwrap();
    assert_eq!(paper, ("joint_bill".to_owned(), "ОБ-26-00001".to_owned(), d("15860.01"), bill.joint_bill_id));
    world.check_books().await;
    // A part is not taken back alone.
    let goods = ReverseExpense { additional_expense_id: bill.additional_expense_id, on: day("2026-02-25") };
    assert_eq!(reverse_expense(world.db(), &ctx("goods"), &goods).await.unwrap_err().code(), Code::StillInUse);
    let direct = ReverseDirect { direct_expense_id: bill.direct_expense_id, on: day("2026-02-25") };
    assert_eq!(reverse_direct(world.db(), &ctx("orders"), &direct).await.unwrap_err().code(), Code::StillInUse);
    // The whole is, to the kopeck: what was paid of it, after the goods, stays with the carrier.
    let pay = Pay {
        direction: Direction::Out,
        party_id: world.supplier_id,
        article_id: world.article("supplier_payment").await,
        ..world.payment(For::Party, "2026-02-22", "1005000").await
    };
    treasury::pay(world.db(), &ctx("pay"), &pay).await.unwrap();
    assert_eq!((owed, world.balance("payables").await), (d("-1000000"), d("-10860.01")));
    let undone = world.joint_storno(&bill, "2026-02-25").await.unwrap();
    assert_eq!(undone.reversed_on, Some(day("2026-02-25")));
    assert_eq!(costs(&world, batch).await, (d("400000"), vec![d("400000"), d("200000")]));
    assert_eq!((world.borne_by(&orders[0]).await, world.borne_by(&orders[1]).await), (d("0"), d("0")));
    assert_eq!((world.balance("payables").await, world.balance("supplier_advances").await), (d("0"), d("5000")));
    let stornos: Vec<rust_decimal::Decimal> =
        sqlx::query_scalar("select gross from documents where kind = 'storno'").fetch_all(world.db()).await.unwrap();
    assert_eq!(stornos, [d("-15860.01")]);
    assert_eq!(world.joint_storno(&bill, "2026-02-26").await.unwrap_err().code(), Code::AlreadyReversed);
    world.check_books().await;
}

#[tokio::test]
async fn a_plan_it_settles_is_accrued_again_and_a_deal_waits_for_its_orders() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2026-01-10", 10, "1000000", "0").await;
    let order = world.order("order", vec![world.goods(batch, 4, "200000")]).await;
    let plan = world.planned("plan", &order, "freight", "1000").await;
    world.ship(&order, "2026-01-20").await.unwrap();
    let open = world.order("open", vec![world.goods(batch, 4, "200000")]).await;
    // Half of 3,000.01 settles the plan of 1,000, half is of the deal: of that the shipped order takes its half, the other waits.
    let bears = [Bears::Plan(plan.planned_expense_id), Bears::Deal(world.deal_id)];
    let mut input = world.joint(&[batch], &bears).await;
    input.orders.basis = Basis::Manual;
    for target in &mut input.orders.targets {
        target.share = Some(d("1"));
    }
    let bill = post(world.db(), &ctx("joint"), &input).await.unwrap().value;
    let [borne, accrued, deferred, _] = world.direct_books().await;
    assert_eq!((accrued, borne + deferred), (d("0"), d("3000.01")));
    assert_eq!(deferred, d("750"), "{borne}");
    world.check_books().await;
    world.ship(&open, "2026-02-24").await.unwrap();
    assert_eq!(world.direct_books().await[2], d("0"));
    world.joint_storno(&bill, "2026-02-25").await.unwrap();
    assert_eq!(&world.direct_books().await[..3], [d("1000"), d("-1000"), d("0")]);
    world.check_books().await;
}

#[tokio::test]
async fn what_either_part_refuses_leaves_nothing_of_the_other() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2026-01-10", 10, "1000000", "0").await;
    let order = world.order("order", vec![world.goods(batch, 4, "200000")]).await;
    let bears = [Bears::Order(order.order_id)];
    let written = async || -> Vec<i64> {
        let mut counts = Vec::new();
        for table in ["documents", "ledger_entry", "additional_expenses", "direct_expenses", "joint_bills", "settlement_items"] {
            let count = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
            counts.push(sqlx::query_scalar(count).fetch_one(world.db()).await.unwrap());
        }
        counts
    };
    let before = written().await;
    let good = world.joint(&[batch], &bears).await;
    let with = |change: &dyn Fn(&mut PostJoint)| {
        let mut input = good.clone();
        change(&mut input);
        input
    };
    let (wrong_goods, wrong_orders) = (good.orders.article_id, good.goods.article_id);
    let cases = [
        ("no batch", with(&|input| input.goods.targets[0].batch_id = 404), Code::NotFound),
        ("no goods", with(&|input| input.goods.targets.clear()), Code::InvalidInput),
        ("no order", with(&|input| input.orders.targets[0].bears = Bears::Order(404)), Code::NotFound),
        ("nobody", with(&|input| input.orders.targets.clear()), Code::InvalidInput),
        ("article of goods", with(&|input| input.goods.article_id = wrong_goods), Code::ArticleMismatch),
        ("article of orders", with(&|input| input.orders.article_id = wrong_orders), Code::ArticleMismatch),
        ("no sum of goods", with(&|input| input.goods.net = d("0")), Code::AmountNotPositive),
        ("no sum of orders", with(&|input| input.orders.net = d("0")), Code::AmountNotPositive),
        ("too much VAT", with(&|input| input.goods.vat = d("10001")), Code::InvalidInput),
        ("no party", with(&|input| input.party_id = 404), Code::NotFound),
    ];
    for (key, input, code) in cases {
        assert_eq!(post(world.db(), &ctx(key), &input).await.unwrap_err().code(), code, "{key}");
    }
    assert_eq!(written().await, before);
    let all = shpunt_domain::access::Scope::All;
    assert_eq!(read::list(world.db(), &all, &read::Filter::default(), None, 10).await.unwrap(), []);
}
