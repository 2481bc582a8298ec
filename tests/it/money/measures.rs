//! Pieces, metres, tonnes and long numbers: what is stored is what was reckoned, and absurd input is refused, not stumbled over.

use rust_decimal::Decimal;
use shpunt_domain::batches::commands::receive;
use shpunt_domain::orders::commands::{self as orders, Create, NewLine, Ship, Weighed};
use shpunt_domain::orders::{Price, Unit};
use shpunt_domain::treasury::Target;
use shpunt_domain::treasury::commands::{OpenAccount, Pay, open_account, pay};
use shpunt_domain::{Code, Error};
use shpunt_tests::ctx;

use super::{World, d, day};

#[tokio::test]
async fn a_sum_does_not_change_at_shipping_when_the_rate_does_not() {
    let world = World::new().await;
    // A metre of 113.888 kg and pieces of 11.755 m make tonnes of nine places.
    sqlx::query("update products set length_m = 11.755, kg_per_m = 113.888 where kind = 'goods'")
        .execute(world.db())
        .await
        .unwrap();
    let batch = world.receive("С-1", "2026-01-10", 30, "3000000", "660000").await;
    let mut third = world.service("12345.67");
    third.quantity = Decimal::ONE / d("3");
    let lines = vec![world.goods(batch, 7, "98765.43"), world.goods(batch, 11, "101234.56"), third];
    let order = world.order("order", lines).await;
    let shipped = world.ship(&order, "2026-01-20").await.unwrap();
    assert_eq!((order.net, order.vat, order.gross), (shipped.net, shipped.vat, shipped.gross));
    let sums =
        |order: &shpunt_domain::orders::Order| order.lines.iter().map(|line| (line.quantity, line.gross)).collect::<Vec<_>>();
    assert_eq!(sums(&order), sums(&shipped));
    world.check_books().await;
}

#[tokio::test]
async fn a_net_price_keeps_its_net_and_a_gross_price_its_gross_when_the_rate_grows() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2025-12-01", 20, "1000000", "200000").await;
    let mut net = world.goods(batch, 10, "100000");
    net.price.includes_vat = false;
    let create = Create {
        deal_id: world.deal_id,
        planned_on: day("2025-12-30"),
        vehicle: String::new(),
        lines: vec![world.goods(batch, 10, "100000"), net],
    };
    let order = orders::create(world.db(), &ctx("create"), &create).await.unwrap().value;
    assert_eq!((order.net, order.gross), (d("2200000"), d("2640000")));
    orders::confirm(world.db(), &ctx("confirm"), &orders::Move { order_id: order.order_id, on: None }).await.unwrap();
    let shipped = world.ship(&order, "2026-01-10").await.unwrap();
    assert_eq!((shipped.lines[0].net, shipped.lines[0].gross), (d("983606.56"), d("1200000")));
    assert_eq!((shipped.lines[1].net, shipped.lines[1].gross), (d("1200000"), d("1464000")));
    world.check_books().await;
}

#[tokio::test]
async fn the_last_piece_takes_the_weight_that_the_scales_left_over() {
    let world = World::new().await;
    let mut receipt = world.receipt("С-1", "2026-01-10", 10, "600000", "132000");
    receipt.tonnes_weighed = Some(d("12.100"));
    let batch = receive(world.db(), &ctx("receipt"), &receipt).await.unwrap().value.batch_id;
    for (key, pieces, tonnes) in [("first", 4, Some("4.9")), ("second", 6, None)] {
        let order = world.order(key, vec![world.goods(batch, pieces, "100000")]).await;
        let weighed = tonnes.map(|tonnes| Weighed { order_line_id: order.lines[0].order_line_id, tonnes: d(tonnes) });
        let ship = Ship { order_id: order.order_id, shipped_on: day("2026-01-20"), weighed: weighed.into_iter().collect() };
        orders::ship(world.db(), &ctx(&format!("ship {key}")), &ship).await.unwrap();
    }
    let rest: (Decimal, Decimal) = sqlx::query_as(
        "select sum(tonnes_weighed), sum(amount) from ledger_entry where account = 'inventory' and cost_element = 'weight'",
    )
    .fetch_one(world.db())
    .await
    .unwrap();
    assert_eq!(rest, (d("-7.2"), Decimal::ZERO), "a difference of weight has no value");
    world.check_books().await;
}

#[tokio::test]
async fn a_number_is_not_cut_when_the_id_outgrows_it() {
    let world = World::new().await;
    sqlx::query("alter sequence orders_order_id_seq restart with 1234567").execute(world.db()).await.unwrap();
    let (first, second) = (world.order("a", vec![world.service("1")]).await, world.order("b", vec![world.service("1")]).await);
    assert_eq!((first.number.as_str(), second.number.as_str()), ("З-1234567", "З-1234568"));
}

fn refused<T: std::fmt::Debug>(result: Result<T, Error>, path: &str) {
    match result.unwrap_err() {
        Error::Invalid { path: found, message, .. } => {
            assert_eq!(found, path);
            assert!(message.contains("shorten") || message.contains("remove") || message.contains("at most"), "{message}");
        }
        other => panic!("{path}: {other:?}"),
    }
}

#[tokio::test]
async fn absurd_input_is_refused_and_named() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2026-01-10", 10, "600000", "132000").await;
    let receipt = |number: &str, pieces| world.receipt(number, "2026-01-10", pieces, "1", "0");
    refused(receive(world.db(), &ctx("pieces"), &receipt("С-2", i64::MAX)).await, "pieces");
    refused(receive(world.db(), &ctx("number"), &receipt(&"я".repeat(61), 1)).await, "number");
    refused(receive(world.db(), &ctx("bell"), &receipt("С\u{7}2", 1)).await, "number");
    // The log of commands comes first, and holds no zero bytes.
    refused(receive(world.db(), &ctx("zero"), &receipt("С\u{0}2", 1)).await, "input");
    let create = |vehicle: &str, lines| Create {
        deal_id: world.deal_id,
        planned_on: day("2026-02-01"),
        vehicle: vehicle.to_owned(),
        lines,
    };
    let order = async |key: &str, input: Create| orders::create(world.db(), &ctx(key), &input).await;
    refused(order("vehicle", create(&"А".repeat(61), vec![world.service("1")])).await, "vehicle");
    refused(order("huge", create("", vec![world.goods(batch, i64::MAX, "9999999999999999.99")])).await, "lines.0.pieces");
    let many = NewLine { quantity: d("79228162514264337593543950335"), ..world.service("9999999999999999.99") };
    refused(order("many", create("", vec![many])).await, "lines.0.quantity");
    let dear = NewLine {
        price: Price { unit: Unit::Service, price: d("9999999999999999.99"), includes_vat: false },
        quantity: d("1000000"),
        ..world.service("1")
    };
    let error = order("dear", create("", vec![dear])).await.unwrap_err();
    assert!(matches!(&error, Error::Invalid { path, .. } if path == "lines.0.price"), "{error:?}");
    let purpose = Pay { purpose: "\u{7}".to_owned(), ..world.payment(Target::Deal(world.deal_id), "2026-02-01", "1").await };
    refused(pay(world.db(), &ctx("purpose"), &purpose).await, "purpose");
    let account = OpenAccount { company_id: world.company_id, is_bank: true, name: "я".repeat(121) };
    refused(open_account(world.db(), &ctx("long name"), &account).await, "name");
    // Dates no calendar of the books holds, and a sum of days that would overflow one.
    let mut late = receipt("С-3", 1);
    late.received_on = chrono::NaiveDate::MAX;
    assert_eq!(receive(world.db(), &ctx("late"), &late).await.unwrap_err().code(), Code::DateInFuture);
    let mut early = receipt("С-3", 1);
    early.received_on = chrono::NaiveDate::MIN;
    assert_eq!(receive(world.db(), &ctx("early"), &early).await.unwrap_err().code(), Code::DateBeforeFirstDay);
    world.check_books().await;
}
