//! What goods at our risk are refused for, and what is said to do.

use shpunt_domain::orders::buy_back::{BuyBack, buy_back};
use shpunt_domain::orders::cancel::cancel;
use shpunt_domain::orders::commands::Move;
use shpunt_domain::orders::corrections::commands::{Correct, Corrected, correct};
use shpunt_domain::orders::custody::{Keep, keep};
use shpunt_domain::orders::deliver::{Deliver, deliver};
use shpunt_domain::orders::trucks::loading::Loaded;
use shpunt_domain::{Code, Error};
use shpunt_tests::ctx;

use super::sent;
use crate::money::returns::{bring, pieces_back};
use crate::money::{World, d, day};

fn told<T: std::fmt::Debug>(result: Result<T, Error>, code: Code, advice: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.code(), code, "{error}");
    assert!(error.to_string().contains(advice), "{error}");
}

#[tokio::test]
async fn what_needs_goods_of_the_customer_waits_for_the_delivery() {
    let world = World::new().await;
    let (_, order) = sent(&world).await;
    let order_id = order.order_id;
    let not_yet = Code::TitleNotPassed;
    let line = Corrected { order_line_id: order.lines[0].order_line_id, price: Some(d("100000")), tonnes: None };
    let dearer = Correct { order_id, corrected_on: day("2026-02-01"), lines: vec![line], reason: "Скидка".to_owned() };
    told(correct(world.db(), &ctx("correct"), &dearer).await, not_yet, "orderDeliver");
    let kept = Keep { order_id, warehouse_id: world.warehouse_id };
    told(keep(world.db(), &ctx("keep"), kept).await, not_yet, "orderReturn");
    let used = BuyBack {
        order_id,
        order_line_id: order.lines[0].order_line_id,
        product_id: world.product_id,
        warehouse_id: world.warehouse_id,
        number: "Б/у".to_owned(),
        on: day("2026-02-01"),
        pieces: 1,
        net: d("1"),
        vat: d("0"),
    };
    told(buy_back(world.db(), &ctx("buy"), &used).await, not_yet, "orderReturn");
    let moved = Move { order_id, on: None };
    told(cancel(world.db(), &ctx("cancel"), &moved).await, not_yet, "orderReturn");
    // A pile is missing: it is not sold, and comes back on paper first.
    let unloaded = |pieces| vec![Loaded { order_line_id: order.lines[0].order_line_id, pieces }];
    let counted = |pieces| Deliver { unloaded: unloaded(pieces), ..Deliver::plain(order_id, Some(day("2026-02-02"))) };
    told(deliver(world.db(), &ctx("short"), &counted(3)).await, not_yet, "1 pieces of 4 are missing");
    assert_eq!(world.balance("revenue").await, d("0"));
    bring(&world, "missing", &pieces_back(&order, 0, 1, "2026-02-02")).await.unwrap();
    told(deliver(world.db(), &ctx("over"), &counted(4)).await, Code::InvalidInput, "3 pieces are on their way");
    told(world.delivered(&order, "2026-02-01").await, Code::DateTooEarly, "came back undelivered on 2026-02-02");
    deliver(world.db(), &ctx("rest"), &counted(3)).await.unwrap();
    assert_eq!(world.balance("revenue").await, d("-360000"));
    // What is sold on 2 February comes back on that day or later.
    told(bring(&world, "early", &pieces_back(&order, 0, 1, "2026-02-01")).await, Code::DateTooEarly, "delivered on 2026-02-02");
    world.check_books().await;
}

#[tokio::test]
async fn nothing_arrives_of_what_came_back_whole_and_more_cannot_come_back() {
    let world = World::new().await;
    let (_, order) = sent(&world).await;
    bring(&world, "back", &pieces_back(&order, 0, 4, "2026-02-01")).await.unwrap();
    told(bring(&world, "more", &pieces_back(&order, 0, 1, "2026-02-01")).await, Code::ReturnExceeded, "at most 0");
    told(world.delivered(&order, "2026-02-02").await, Code::TitleNotPassed, "orderCancel");
    world.check_books().await;
}

#[tokio::test]
async fn a_delivery_is_not_posted_into_a_closed_month() {
    let world = World::beginning("2026-01-01").await;
    let (_, order) = sent(&world).await;
    world.try_close("2026-01-01", true).await.unwrap();
    told(world.delivered(&order, "2026-01-31").await, Code::PeriodClosed, "2026-0");
    assert_eq!(world.balance_on("goods_shipped", "2026-01-31").await, d("345600"));
    world.delivered(&order, "2026-02-02").await.unwrap();
    world.check_books().await;
}
