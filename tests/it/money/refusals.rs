//! Bad input: each refusal has its code, says what to do, and changes nothing.

use rust_decimal::Decimal;
use shpunt_domain::batches::commands::receive;
use shpunt_domain::orders::cancel::cancel;
use shpunt_domain::orders::commands::{self as orders, Create, Move, Revise, Ship, Weighed};
use shpunt_domain::orders::expenses::{AddExpense, add};
use shpunt_domain::treasury::Target;
use shpunt_domain::treasury::commands::{Transfer, pay, transfer};
use shpunt_domain::{Code, Error};
use shpunt_tests::ctx;

use super::{World, d, day};

/// How many rows the books hold, to see that nothing changed.
async fn rows(world: &World) -> (i64, i64, i64, i64) {
    sqlx::query_as(
        "select (select count(*) from ledger_entry), (select count(*) from documents), (select count(*) from payments),
            (select count(*) from settlement_items)",
    )
    .fetch_one(world.db())
    .await
    .unwrap()
}

fn code<T: std::fmt::Debug>(result: Result<T, Error>) -> Code {
    let error = result.unwrap_err();
    assert!(error.to_string().len() > 10, "{error}");
    error.code()
}

#[tokio::test]
async fn shipping_more_than_a_batch_holds_or_before_it_came() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2026-01-15", 10, "600000", "120000").await;
    let late = world.order("late", vec![world.goods(batch, 5, "100000")]).await;
    let big = vec![world.goods(batch, 6, "100000"), world.goods(batch, 5, "100000")];
    assert_eq!(code(world.try_order("big", big).await), Code::BatchShort);
    let six = vec![world.goods(batch, 2, "100000"), world.goods(batch, 4, "100000")];
    assert_eq!(code(world.try_order("six", six).await), Code::BatchReserved);
    let before = rows(&world).await;
    assert_eq!(code(world.ship(&late, "2026-01-14").await), Code::BatchShort);
    assert_eq!(code(world.ship(&late, "2026-03-03").await), Code::DateInFuture);
    assert_eq!(code(world.ship(&late, "2023-12-31").await), Code::DateBeforeFirstDay);
    assert_eq!(rows(&world).await, before);
    let line = late.lines[0].order_line_id;
    let weighed = |tonnes: &[&str]| tonnes.iter().map(|tonnes| Weighed { order_line_id: line, tonnes: d(tonnes) }).collect();
    for (key, tonnes, at) in [
        ("twice", &["5.9", "6.1"][..], "weighed.1.orderLineId"),
        ("nothing", &["0.0000001"], "weighed.0.tonnes"),
        ("less", &["-1"], "weighed.0.tonnes"),
        ("too much", &["1000000000000"], "weighed.0.tonnes"),
    ] {
        let ship = Ship { order_id: late.order_id, shipped_on: day("2026-01-20"), weighed: weighed(tonnes) };
        let error = orders::ship(world.db(), &ctx(key), &ship).await.unwrap_err();
        assert!(matches!(&error, Error::Invalid { path, .. } if path == at), "{key}: {error:?}");
    }
    assert_eq!(rows(&world).await, before);
    world.ship(&late, "2026-01-20").await.unwrap();
    assert_eq!(code(world.ship(&late, "2026-01-21").await), Code::OrderStatus);
    world.check_books().await;
}

#[tokio::test]
async fn payments_of_others_and_of_nothing() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2026-01-15", 10, "600000", "120000").await;
    let order = world.order("order", vec![world.goods(batch, 5, "100000")]).await;
    let before = rows(&world).await;
    let good = world.payment(Target::Order(order.order_id), "2026-02-01", "100").await;
    let mut cases = Vec::new();
    let mut case = |name, expected, change: &dyn Fn(&mut shpunt_domain::treasury::commands::Pay)| {
        let mut input = good.clone();
        change(&mut input);
        cases.push((name, expected, input));
    };
    let stranger = world.stranger_id;
    case("another customer's order", Code::PartyMismatch, &|pay| pay.party_id = stranger);
    case("a negative amount", Code::AmountNotPositive, &|pay| pay.amount = d("-5"));
    case("nothing", Code::AmountNotPositive, &|pay| pay.amount = Decimal::ZERO);
    case("half a kopeck", Code::InvalidInput, &|pay| pay.amount = d("0.005"));
    case("more than the column", Code::InvalidInput, &|pay| pay.amount = d("99999999999999999"));
    case("an unknown order", Code::NotFound, &|pay| pay.target = Target::Order(404));
    case("an unknown account", Code::NotFound, &|pay| pay.cash_account_id = 404);
    case("no party", Code::InvalidInput, &|pay| pay.party_id = 0);
    case("no target", Code::ArticleMismatch, &|pay| pay.target = Target::None);
    case("tomorrow", Code::DateInFuture, &|pay| pay.paid_on = day("2026-03-03"));
    for (name, expected, input) in cases {
        assert_eq!(code(pay(world.db(), &ctx(name), &input).await), expected, "{name}");
    }
    let same = Transfer { from_account_id: 1, to_account_id: 1, on: day("2026-02-01"), received_on: None, amount: d("1") };
    assert_eq!(code(transfer(world.db(), &ctx("same"), &same).await), Code::InvalidInput);
    assert_eq!(rows(&world).await, before);
}

#[tokio::test]
async fn receipts_and_orders_that_make_no_sense() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2026-01-15", 10, "600000", "120000").await;
    let before = rows(&world).await;
    let receipt = world.receipt("С-2", "2026-01-15", 0, "1", "0");
    assert_eq!(code(receive(world.db(), &ctx("r1"), &receipt).await), Code::AmountNotPositive);
    let receipt = world.receipt("С-1", "2026-01-15", 1, "1", "0");
    assert_eq!(code(receive(world.db(), &ctx("r2"), &receipt).await), Code::AlreadyExists);
    let mut receipt = world.receipt("С-3", "2026-01-15", 1, "1", "0");
    receipt.product_id = world.service_id;
    assert_eq!(code(receive(world.db(), &ctx("r3"), &receipt).await), Code::NotFound);
    let create = |lines| Create { deal_id: world.deal_id, planned_on: day("2026-02-01"), vehicle: String::new(), lines };
    assert_eq!(code(orders::create(world.db(), &ctx("o1"), &create(vec![])).await), Code::InvalidInput);
    let negative = orders::create(world.db(), &ctx("o2"), &create(vec![world.goods(batch, -1, "100")])).await.unwrap_err();
    assert!(matches!(&negative, Error::Invalid { path, .. } if path == "lines.0.pieces"), "{negative:?}");
    let unknown = create(vec![world.goods(404, 1, "100")]);
    assert_eq!(code(orders::create(world.db(), &ctx("o3"), &unknown).await), Code::NotFound);
    assert_eq!(rows(&world).await, before);
    let order = world.order("order", vec![world.service("100")]).await;
    let revise = Revise { order_id: order.order_id, expected_version: 1, lines: vec![world.service("5")] };
    assert_eq!(code(orders::revise(world.db(), &ctx("o4"), &revise).await), Code::VersionConflict);
    let revise = Revise { expected_version: order.version, ..revise };
    assert_eq!(code(orders::revise(world.db(), &ctx("o5"), &revise).await), Code::OrderStatus);
    sqlx::query("update deals set stage = 'won', closed_at = now()").execute(world.db()).await.unwrap();
    assert_eq!(code(orders::create(world.db(), &ctx("o6"), &create(vec![world.service("1")])).await), Code::DealClosed);
    cancel(world.db(), &ctx("cancel"), &Move { order_id: order.order_id, on: None }).await.unwrap();
    let again = orders::confirm(world.db(), &ctx("again"), &Move { order_id: order.order_id, on: None }).await.unwrap_err();
    assert!(again.to_string().ends_with("cannot become confirmed; that is its end; create another order"), "{again}");
    let expense = AddExpense {
        order_id: order.order_id,
        article_id: world.article("freight").await,
        party_id: world.supplier_id,
        effective_on: day("2026-02-01"),
        net: d("100"),
        vat: d("22"),
    };
    assert_eq!(code(add(world.db(), &ctx("e1"), &expense).await), Code::OrderStatus);
}
