//! Corrections of shipments: the difference alone is posted, at the rate and with the date of the shipment.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use shpunt_domain::access::Scope;
use shpunt_domain::orders::Order;
use shpunt_domain::orders::corrections::commands::{Correct, Corrected, correct};
use shpunt_domain::orders::corrections::{OrderCorrection, read};
use shpunt_domain::treasury::Target;
use shpunt_domain::{Code, Error, Result};
use shpunt_tests::ctx;

use super::returns::{balances, bring, pieces_back, shipped};
use super::{World, d, day};

fn line(order: &Order, line: usize, price: Option<&str>, tonnes: Option<&str>) -> Corrected {
    Corrected { order_line_id: order.lines[line].order_line_id, price: price.map(d), tonnes: tonnes.map(d) }
}

fn correction(order: &Order, on: &str, lines: Vec<Corrected>) -> Correct {
    Correct { order_id: order.order_id, corrected_on: day(on), lines, reason: "Скидка за срок".to_owned() }
}

async fn corrected(world: &World, key: &str, input: &Correct) -> Result<OrderCorrection> {
    Ok(correct(world.db(), &ctx(key), input).await?.value)
}

/// Revenue, output VAT and receivables.
async fn books(world: &World) -> [Decimal; 3] {
    balances(world, ["revenue", "vat_output", "receivables"]).await
}

#[tokio::test]
async fn a_price_goes_down_and_up() {
    let world = World::new().await;
    let (_, order) = shipped(&world).await;
    let cost = balances(&world, ["cogs", "inventory"]).await;
    assert_eq!(books(&world).await, ["-403442.62", "-88757.38", "492200"].map(d));
    // 4.8 t at 90,000 instead of 100,000: 432,000, of which VAT is 77,901.64.
    let down =
        corrected(&world, "down", &correction(&order, "2026-02-03", vec![line(&order, 0, Some("90000"), None)])).await.unwrap();
    assert_eq!([down.net, down.vat, down.gross], ["-39344.26", "-8655.74", "-48000"].map(d));
    assert_eq!(books(&world).await, ["-364098.36", "-80101.64", "444200"].map(d));
    world.check_books().await;
    let up =
        corrected(&world, "up", &correction(&order, "2026-02-05", vec![line(&order, 0, Some("110000"), None)])).await.unwrap();
    assert_eq!(up.gross, d("96000"), "from what it was corrected to");
    assert_eq!(books(&world).await, ["-442786.89", "-97413.11", "540200"].map(d));
    assert_eq!(balances(&world, ["cogs", "inventory"]).await, cost, "cost and stock do not move");
    let dates: Vec<(NaiveDate, NaiveDate)> = sqlx::query_as(
        "select distinct e.effective_on, e.origin_on from ledger_entry e join ledger_transaction t using (transaction_id)
         where t.kind = 'order_correction' and e.account in ('revenue', 'vat_output') order by 1",
    )
    .fetch_all(world.db())
    .await
    .unwrap();
    assert_eq!(dates, ["2026-02-03", "2026-02-05"].map(|on| (day(on), day("2026-01-20"))));
    assert_eq!(read::list_of_orders(world.db(), &Scope::All, &[order.order_id]).await.unwrap(), [down, up]);
    world.check_books().await;
}

#[tokio::test]
async fn the_scales_of_the_customer() {
    let world = World::new().await;
    let (_, order) = shipped(&world).await;
    // 4.74 t instead of 4.8 t.
    let lighter =
        corrected(&world, "lighter", &correction(&order, "2026-02-03", vec![line(&order, 0, None, Some("4.74"))])).await.unwrap();
    assert_eq!((lighter.gross, lighter.lines[0].terms.quantity), (d("-6000"), d("4.74")));
    let weighed: Decimal = sqlx::query_scalar("select -sum(tonnes_weighed) from ledger_entry where account = 'revenue'")
        .fetch_one(world.db())
        .await
        .unwrap();
    assert_eq!(weighed, d("4.74"));
    // One of the four comes back at what it costs now: a quarter of 474,000.
    let back = bring(&world, "back", &pieces_back(&order, 0, 1, "2026-02-05")).await.unwrap();
    assert_eq!((back.gross, back.lines[0].tonnes_weighed), (d("118500"), d("1.185")));
    // The price of the three that are left: 4.74 t × ¾ × 1,000.
    let cheaper = corrected(&world, "cheaper", &correction(&order, "2026-02-06", vec![line(&order, 0, Some("99000"), None)]))
        .await
        .unwrap();
    assert_eq!(cheaper.gross, d("-3555"));
    bring(&world, "rest", &pieces_back(&order, 0, 3, "2026-02-07")).await.unwrap();
    assert_eq!(books(&world).await, ["-10000", "-2200", "12200"].map(d), "the delivery is left");
    world.check_books().await;
}

#[tokio::test]
async fn what_was_paid_too_much_is_an_advance_and_a_dearer_line_uses_it() {
    let world = World::new().await;
    let (_, order) = shipped(&world).await;
    world.paid("paid", Target::Order(order.order_id), "2026-01-25", "492200").await;
    // The delivery was for nothing.
    let free = correction(&order, "2026-02-03", vec![line(&order, 1, Some("0"), None)]);
    corrected(&world, "free", &free).await.unwrap();
    assert_eq!(books(&world).await, ["-393442.62", "-88757.38", "0"].map(d), "2,200 of the shipment became 2,200 of the advance");
    assert_eq!(balances(&world, ["customer_advances", "vat_on_customer_advances"]).await, ["-12200", "2200"].map(d));
    // Both at once: 4.8 t dearer by 5,000, delivery for 6,100.
    let both = vec![line(&order, 0, Some("105000"), None), line(&order, 1, Some("6100"), None)];
    let dearer = corrected(&world, "both", &correction(&order, "2026-02-10", both)).await.unwrap();
    assert_eq!(dearer.gross, d("30100"));
    assert_eq!(world.balance("receivables").await, d("17900"));
    assert_eq!(balances(&world, ["customer_advances", "vat_on_customer_advances"]).await, ["0", "0"].map(d));
    world.check_books().await;
}

#[tokio::test]
async fn the_rate_of_the_year_before() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2025-12-01", 10, "600000", "120000").await;
    let order = world.order("order", vec![world.goods(batch, 10, "100000")]).await;
    let order = world.ship(&order, "2025-12-20").await.unwrap();
    let input = correction(&order, "2026-02-10", vec![line(&order, 0, Some("97000"), None)]);
    let done = corrected(&world, "down", &input).await.unwrap();
    assert_eq!([done.net, done.vat, done.gross], ["-30000", "-6000", "-36000"].map(d));
    world.check_books().await;
}

#[tokio::test]
async fn a_correction_that_cannot_be_is_refused_and_nothing_changes() {
    let world = World::new().await;
    let (batch, order) = shipped(&world).await;
    let waiting = world.order("waiting", vec![world.goods(batch, 1, "100000")]).await;
    let cheaper = || line(&order, 0, Some("90000"), None);
    let of = |lines| correction(&order, "2026-02-10", lines);
    corrected(&world, "first", &correction(&order, "2026-02-05", vec![line(&order, 0, Some("99000"), None)])).await.unwrap();
    let before = books(&world).await;
    let refused: [(&str, Correct, Code, &str); 13] = [
        ("the same", of(vec![line(&order, 0, Some("99000"), None)]), Code::NothingToCorrect, ""),
        ("the same weight", of(vec![line(&order, 0, None, Some("4.8"))]), Code::NothingToCorrect, ""),
        ("neither", of(vec![line(&order, 0, None, None)]), Code::InvalidInput, "lines.0.price"),
        ("below zero", of(vec![line(&order, 0, Some("-0.01"), None)]), Code::AmountNotPositive, "lines.0.price"),
        ("no weight", of(vec![line(&order, 0, None, Some("0"))]), Code::AmountNotPositive, "lines.0.tonnes"),
        ("a service weighed", of(vec![line(&order, 1, None, Some("1"))]), Code::InvalidInput, "lines.0.tonnes"),
        ("twice", of(vec![cheaper(), cheaper()]), Code::InvalidInput, "lines.1.orderLineId"),
        ("nothing", of(vec![]), Code::InvalidInput, "lines"),
        ("another's", of(vec![line(&waiting, 0, Some("1"), None)]), Code::NotFound, ""),
        ("not shipped", correction(&waiting, "2026-02-10", vec![line(&waiting, 0, Some("1"), None)]), Code::OrderStatus, ""),
        ("before", correction(&order, "2026-01-19", vec![cheaper()]), Code::DateTooEarly, ""),
        ("before the first", correction(&order, "2026-02-04", vec![cheaper()]), Code::DateTooEarly, ""),
        ("future", correction(&order, "2026-12-31", vec![cheaper()]), Code::DateInFuture, ""),
    ];
    for (key, input, code, wrong) in refused {
        let error = corrected(&world, key, &input).await.unwrap_err();
        assert_eq!(error.code(), code, "{key}: {error}");
        if let Error::Invalid { path, .. } = &error {
            assert_eq!(path, wrong, "{key}");
        }
    }
    assert_eq!(books(&world).await, before);
    // What came back whole has no price any more.
    bring(&world, "back", &pieces_back(&order, 0, 4, "2026-02-08")).await.unwrap();
    let gone = corrected(&world, "gone", &of(vec![cheaper()])).await.unwrap_err();
    assert_eq!(gone.code(), Code::NothingToCorrect);
    assert!(gone.to_string().contains("orderReturn"), "{gone}");
    world.check_books().await;
}
