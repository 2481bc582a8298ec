//! What ends: cancelled orders, lost deals, deleted parties, and what may still happen to them.

use rust_decimal::Decimal;
use shpunt_domain::access::{Actor, Role};
use shpunt_domain::command::Ctx;
use shpunt_domain::deals::commands::{Fields, MoveStage, Update, move_stage, update as update_deal};
use shpunt_domain::orders::Order;
use shpunt_domain::orders::cancel::cancel;
use shpunt_domain::orders::commands::{self as orders, Create, Move};
use shpunt_domain::parties::commands::{self as parties, Delete};
use shpunt_domain::treasury::commands::{Pay, pay};
use shpunt_domain::treasury::{Direction, Target};
use shpunt_domain::{Code, Error};
use shpunt_tests::{ctx, now};

use super::{World, d, day};

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> Code {
    result.unwrap_err().code()
}

fn moved(order: &Order) -> Move {
    Move { order_id: order.order_id, on: None }
}

fn lost(world: &World) -> MoveStage {
    MoveStage { deal_id: world.deal_id, stage: "lost".to_owned(), lost_reason: "цена".to_owned() }
}

#[tokio::test]
async fn money_of_a_cancelled_order_is_left_to_its_deal_with_its_vat() {
    let world = World::new().await;
    let first = world.order("first", vec![world.service("122000")]).await;
    let second = world.order("second", vec![world.service("61000")]).await;
    world.ship(&second, "2026-01-20").await.unwrap();
    // Prepaid at 20/120, cancelled in the year of 22 %.
    world.paid("advance", Target::Order(first.order_id), "2025-12-20", "120000").await;
    cancel(world.db(), &ctx("cancel"), &moved(&first)).await.unwrap();
    // 61,000 of it pay what the deal owed for the other truck; the rest lies with the deal.
    assert_eq!(world.balance("receivables").await, Decimal::ZERO);
    let open: Vec<(i64, Decimal, Decimal)> =
        sqlx::query_as("select order_id, open, open_vat from settlement_items where account = 'customer_advances' and open > 0")
            .fetch_all(world.db())
            .await
            .unwrap();
    assert_eq!(open, [(0, d("59000"), d("9833.33"))]);
    world.check_books().await;
    // No more money is taken for what will not be shipped, nor given back from there: it lies with the deal.
    for (direction, name) in [(Direction::In, "in"), (Direction::Out, "out")] {
        let payment = Pay { direction, ..world.payment(Target::Order(first.order_id), "2026-02-01", "1").await };
        assert_eq!(code(pay(world.db(), &ctx(name), &payment).await), Code::OrderStatus, "{name}");
    }
    let back = Pay { direction: Direction::Out, ..world.payment(Target::Deal(world.deal_id), "2026-03-02", "59000").await };
    pay(world.db(), &ctx("back"), &back).await.unwrap();
    assert_eq!(world.balance("vat_on_customer_advances").await, Decimal::ZERO);
    world.check_books().await;
}

#[tokio::test]
async fn an_order_without_money_is_cancelled_without_a_document() {
    let world = World::new().await;
    let order = world.order("order", vec![world.service("100")]).await;
    cancel(world.db(), &ctx("cancel"), &moved(&order)).await.unwrap();
    let documents: i64 = sqlx::query_scalar("select count(*) from documents").fetch_one(world.db()).await.unwrap();
    assert_eq!(documents, 0);
}

#[tokio::test]
async fn a_deal_with_trucks_under_way_is_not_lost_and_a_lost_deal_sends_none() {
    let world = World::new().await;
    let db = world.db();
    let confirmed = world.order("confirmed", vec![world.service("100")]).await;
    let create =
        Create { deal_id: world.deal_id, planned_on: day("2026-02-01"), vehicle: String::new(), lines: vec![world.service("1")] };
    let draft = orders::create(db, &ctx("draft"), &create).await.unwrap().value;
    let refused = move_stage(db, &ctx("lost"), lost(&world)).await.unwrap_err();
    assert_eq!(refused.code(), Code::OrderStatus);
    assert!(refused.to_string().contains(&confirmed.number), "{refused}");
    cancel(db, &ctx("cancel"), &moved(&confirmed)).await.unwrap();
    move_stage(db, &ctx("lost"), lost(&world)).await.unwrap();
    assert_eq!(code(orders::confirm(db, &ctx("confirm"), &moved(&draft)).await), Code::DealClosed);
    // As a deal imported as lost may have one.
    sqlx::query("update orders set status = 'confirmed' where order_id = $1").bind(draft.order_id).execute(db).await.unwrap();
    assert_eq!(code(world.ship(&draft, "2026-02-01").await), Code::DealClosed);
    sqlx::query("update deals set stage = 'won'").execute(db).await.unwrap();
    world.ship(&draft, "2026-02-01").await.unwrap();
}

#[tokio::test]
async fn a_deal_keeps_the_customer_its_orders_and_money_are_of() {
    let world = World::new().await;
    let db = world.db();
    let update = |party_id: i64| Update {
        deal_id: world.deal_id,
        expected_version: 1,
        fields: Fields { title: "Шпунт".to_owned(), party_id, channel_id: 1, ..Fields::default() },
    };
    let order = world.order("order", vec![world.service("1000")]).await;
    let refused = update_deal(db, &ctx("with an order"), update(world.stranger_id)).await.unwrap_err();
    assert_eq!(refused.code(), Code::StillInUse);
    assert!(refused.to_string().contains(&order.number), "{refused}");
    world.paid("advance", Target::Order(order.order_id), "2026-02-01", "500").await;
    cancel(db, &ctx("cancel"), &moved(&order)).await.unwrap();
    assert_eq!(code(update_deal(db, &ctx("with money"), update(world.stranger_id)).await), Code::StillInUse);
    let back = Pay { direction: Direction::Out, ..world.payment(Target::Deal(world.deal_id), "2026-03-02", "500").await };
    pay(db, &ctx("back"), &back).await.unwrap();
    update_deal(db, &ctx("free"), update(world.stranger_id)).await.unwrap();
}

#[tokio::test]
async fn a_party_is_deleted_only_when_nothing_open_names_it() {
    let world = World::new().await;
    let db = world.db();
    let delete = Delete { party_id: world.customer_id, expected_version: 1 };
    let manager = Ctx::new(
        Actor { user_id: 9, employee_id: 9, role: Role::Manager, within: None, colleagues: Vec::new() },
        now(),
        ctx("manager").command_id,
    );
    assert_eq!(code(parties::delete(db, &manager, delete.clone()).await), Code::Forbidden);
    let order = world.order("order", vec![world.service("1000")]).await;
    let still = async |key: &'static str, named: &'static str| {
        let refused = parties::delete(db, &ctx(key), delete.clone()).await.unwrap_err();
        assert_eq!(refused.code(), Code::StillInUse, "{refused}");
        assert!(refused.to_string().starts_with(named), "{refused}");
    };
    still("with an order", "order ").await;
    world.ship(&order, "2026-01-20").await.unwrap();
    still("with a deal", "deal ").await;
    let won = MoveStage { stage: "won".to_owned(), lost_reason: String::new(), ..lost(&world) };
    move_stage(db, &ctx("won"), won).await.unwrap();
    still("with a debt", "a debt of 1000").await;
    world.paid("more than all", Target::Order(order.order_id), "2026-02-01", "1500").await;
    still("with an advance", "an advance of 500").await;
    let back = Pay { direction: Direction::Out, ..world.payment(Target::Order(order.order_id), "2026-02-02", "500").await };
    pay(db, &ctx("back"), &back).await.unwrap();
    parties::delete(db, &ctx("delete"), delete).await.unwrap();
    // Deleted is deleted for every command.
    let payment = world.payment(Target::Order(order.order_id), "2026-02-03", "1").await;
    assert_eq!(code(pay(db, &ctx("after"), &payment).await), Code::NotFound);
    world.check_books().await;
}
