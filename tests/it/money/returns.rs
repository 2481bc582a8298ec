//! Goods that customers bring back: every kopeck of the line, of its VAT and of its cost goes back the way it came.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use shpunt_domain::access::Scope;
use shpunt_domain::batches::expenses::Basis;
use shpunt_domain::batches::read::list_balances;
use shpunt_domain::orders::Order;
use shpunt_domain::orders::commands::{self as orders, Ship, Weighed};
use shpunt_domain::orders::returns::commands::{Pieces, ReturnGoods, return_goods};
use shpunt_domain::orders::returns::{OrderReturn, read};
use shpunt_domain::treasury::commands::{Pay, pay};
use shpunt_domain::treasury::{Direction, Target};
use shpunt_domain::{Code, Error, Result};
use shpunt_tests::ctx;

use super::{World, d, day};

pub(super) fn pieces_back(order: &Order, line: usize, pieces: i64, on: &str) -> ReturnGoods {
    ReturnGoods {
        order_id: order.order_id,
        returned_on: day(on),
        lines: vec![Pieces { order_line_id: order.lines[line].order_line_id, pieces }],
        reason: "Не подошёл профиль".to_owned(),
    }
}

pub(super) async fn bring(world: &World, key: &str, input: &ReturnGoods) -> Result<OrderReturn> {
    Ok(return_goods(world.db(), &ctx(key), input).await?.value)
}

/// Ten pieces for 600,000; four of them, 4.8 t at 100,000 with VAT, shipped with delivery for 12,200 on 20 January.
pub(super) async fn shipped(world: &World) -> (i64, Order) {
    let batch = world.receive("С-1", "2026-01-10", 10, "600000", "132000").await;
    let order = world.order("order", vec![world.goods(batch, 4, "100000"), world.service("12200")]).await;
    (batch, world.ship(&order, "2026-01-20").await.unwrap())
}

/// Balances of accounts, debit positive.
pub(super) async fn balances<const N: usize>(world: &World, accounts: [&str; N]) -> [Decimal; N] {
    let mut found = [Decimal::ZERO; N];
    for (slot, account) in found.iter_mut().zip(accounts) {
        *slot = world.balance(account).await;
    }
    found
}

/// Revenue, output VAT, receivables, COGS and inventory.
async fn books(world: &World) -> [Decimal; 5] {
    balances(world, ["revenue", "vat_output", "receivables", "cogs", "inventory"]).await
}

/// The advances of customers and the VAT charged on them.
async fn advances(world: &World) -> [Decimal; 2] {
    balances(world, ["customer_advances", "vat_on_customer_advances"]).await
}

#[tokio::test]
async fn a_part_lowers_the_debt_and_goes_back_into_its_batch() {
    let world = World::new().await;
    let (batch, order) = shipped(&world).await;
    assert_eq!(books(&world).await, ["-403442.62", "-88757.38", "492200", "240000", "360000"].map(d));
    let back = bring(&world, "back", &pieces_back(&order, 0, 1, "2026-02-10")).await.unwrap();
    // A quarter of 480,000.00 with 86,557.38 of VAT in it.
    assert_eq!([back.net, back.vat, back.gross], ["98360.65", "21639.35", "120000"].map(d));
    let line = &back.lines[0];
    assert_eq!((line.pieces, line.metres, line.tonnes_theoretical, line.cost), (1, d("12"), d("1.2"), d("60000")));
    assert_eq!(books(&world).await, ["-305081.97", "-67118.03", "372200", "180000", "420000"].map(d));
    let balance = list_balances(world.db(), &[batch]).await.unwrap()[0];
    assert_eq!((balance.pieces, balance.metres, balance.tonnes_theoretical), (7, d("84"), d("8.4")));
    // Posted in the month of the return, restated in that of the shipment.
    let dates: Vec<(String, NaiveDate, NaiveDate, i64)> = sqlx::query_as(
        "select e.account, e.effective_on, e.origin_on, e.pieces from ledger_entry e join ledger_transaction t using (transaction_id)
         where t.kind = 'order_return' and e.account in ('revenue', 'cogs', 'inventory') order by e.line",
    )
    .fetch_all(world.db())
    .await
    .unwrap();
    let (on, origin) = (day("2026-02-10"), day("2026-01-20"));
    let expected = [("revenue", 1), ("cogs", -1), ("inventory", 1)];
    assert_eq!(dates, expected.map(|(account, pieces)| (account.to_owned(), on, origin, pieces)));
    assert_eq!(read::list_of_orders(world.db(), &Scope::All, &[order.order_id]).await.unwrap(), [back]);
    // The order stays as it was shipped.
    let kept = shpunt_domain::orders::store::get(world.db(), &Scope::All, order.order_id).await.unwrap();
    assert_eq!((kept.gross, kept.lines, kept.version), (order.gross, order.lines, order.version + 1));
    world.check_books().await;
}

#[tokio::test]
async fn piece_by_piece_everything_comes_back() {
    let world = World::new().await;
    // Seven pieces for 100,000.00, three of them sold for 100,000.00 with VAT: nothing divides.
    let batch = world.receive("С-1", "2026-01-10", 7, "100000", "22000").await;
    let order = world.order("order", vec![world.goods(batch, 3, "27777.78")]).await;
    let order = world.ship(&order, "2026-01-20").await.unwrap();
    assert_eq!((order.gross, order.vat), (d("100000.01"), d("18032.79")));
    let mut grosses = Vec::new();
    for (index, on) in ["2026-02-01", "2026-02-05", "2026-02-03"].into_iter().enumerate() {
        let back = bring(&world, &format!("back {index}"), &pieces_back(&order, 0, 1, on)).await.unwrap();
        grosses.push((back.gross.to_string(), back.vat.to_string(), back.lines[0].cost.to_string()));
        world.check_books().await;
    }
    let told = |gross: &str, vat: &str, cost: &str| (gross.to_owned(), vat.to_owned(), cost.to_owned());
    assert_eq!(
        grosses,
        [
            told("33333.34", "6010.93", "14285.71"),
            told("33333.34", "6010.93", "14285.72"),
            told("33333.33", "6010.93", "14285.71")
        ]
    );
    assert_eq!(books(&world).await, ["0", "0", "0", "0", "100000"].map(d));
    let more = bring(&world, "more", &pieces_back(&order, 0, 1, "2026-02-06")).await.unwrap_err();
    assert_eq!(more.code(), Code::ReturnExceeded);
    assert!(more.to_string().contains("3 pieces were shipped and 0 are with the customer"), "{more}");
}

#[tokio::test]
async fn what_was_paid_becomes_an_advance_that_is_given_back() {
    let world = World::new().await;
    let (_, order) = shipped(&world).await;
    world.paid("paid", Target::Order(order.order_id), "2026-01-25", "400000").await;
    // 92,200 are still owed: of 240,000 they are the first, 147,800 were paid.
    bring(&world, "back", &pieces_back(&order, 0, 2, "2026-02-10")).await.unwrap();
    assert_eq!(world.balance("receivables").await, Decimal::ZERO);
    assert_eq!(advances(&world).await, ["-147800", "26652.46"].map(d));
    // 88,757.38 of the shipment − 43,278.69 of the return + 26,652.46 of the advance.
    assert_eq!(world.balance("vat_output").await, d("-72131.15"));
    world.check_books().await;
    let target = Target::Deal(world.deal_id);
    let refund = Pay { direction: Direction::Out, ..world.payment(target, "2026-02-11", "147800").await };
    pay(world.db(), &ctx("refund"), &refund).await.unwrap();
    assert_eq!(advances(&world).await, ["0", "0"].map(d));
    assert_eq!(balances(&world, ["cash", "vat_output"]).await, ["252200", "-45478.69"].map(d));
    let again = pay(world.db(), &ctx("again"), &Pay { amount: d("0.01"), ..refund }).await.unwrap_err();
    assert_eq!(again.code(), Code::NothingToOffset);
    world.check_books().await;
}

#[tokio::test]
async fn what_was_paid_pays_for_what_is_taken_instead() {
    let world = World::new().await;
    let (batch, order) = shipped(&world).await;
    world.paid("paid", Target::Order(order.order_id), "2026-01-25", "492200").await;
    bring(&world, "back", &pieces_back(&order, 0, 4, "2026-02-10")).await.unwrap();
    assert_eq!(advances(&world).await, ["-480000", "86557.38"].map(d));
    // The customer takes ten others in the same deal: the goods that came back are sold again at what they cost.
    let instead = world.order("instead", vec![world.goods(batch, 10, "50000")]).await;
    world.ship(&instead, "2026-02-12").await.unwrap();
    assert_eq!(advances(&world).await, ["0", "0"].map(d));
    // 12 t at 50,000 are 600,000, of which the advance pays 480,000.
    assert_eq!(world.balance("receivables").await, d("120000"));
    assert_eq!(balances(&world, ["cogs", "inventory"]).await, ["600000", "0"].map(d));
    let balance = list_balances(world.db(), &[batch]).await.unwrap()[0];
    assert_eq!((balance.pieces, balance.value, balance.tonnes_theoretical), (0, d("0"), d("0")));
    world.check_books().await;
}

#[tokio::test]
async fn an_open_debt_of_the_deal_is_paid_by_what_comes_back_of_another_order() {
    let world = World::new().await;
    let (_, order) = shipped(&world).await;
    world.paid("paid", Target::Order(order.order_id), "2026-01-25", "492200").await;
    let other = world.order("other", vec![world.service("50000")]).await;
    world.ship(&other, "2026-02-15").await.unwrap();
    // Entered late: the advance of 10 February meets the debt on its own day.
    bring(&world, "back", &pieces_back(&order, 0, 1, "2026-02-10")).await.unwrap();
    assert_eq!(world.balance("receivables").await, Decimal::ZERO);
    assert_eq!(world.balance("customer_advances").await, d("-70000"));
    let met: NaiveDate =
        sqlx::query_scalar("select max(effective_on) from settlement_offsets").fetch_one(world.db()).await.unwrap();
    assert_eq!(met, day("2026-02-15"));
    world.check_books().await;
}

#[tokio::test]
async fn a_cost_learnt_after_the_sale_comes_back_with_its_goods() {
    let world = World::new().await;
    let (batch, order) = shipped(&world).await;
    // Of 1,000.02 for ten piles 400.01 go to the four that were sold: 240,400.01 for them.
    world.billed("2026-02-05", "1000.02", Basis::Metres, &[batch]).await;
    let early = bring(&world, "early", &pieces_back(&order, 0, 1, "2026-02-04")).await.unwrap_err();
    assert_eq!(early.code(), Code::DateTooEarly);
    assert!(early.to_string().contains("2026-02-05"), "{early}");
    let back = bring(&world, "back", &pieces_back(&order, 0, 1, "2026-02-10")).await.unwrap();
    assert_eq!(back.lines[0].cost, d("60100"));
    assert_eq!(balances(&world, ["cogs", "inventory"]).await, ["180300.01", "420700.01"].map(d));
    world.check_books().await;
    let rest = bring(&world, "rest", &pieces_back(&order, 0, 3, "2026-02-11")).await.unwrap();
    assert_eq!(rest.lines[0].cost, d("180300.01"));
    assert_eq!(balances(&world, ["cogs", "inventory"]).await, ["0", "601000.02"].map(d));
    let late: Decimal =
        sqlx::query_scalar("select sum(amount) from ledger_entry where account = 'cogs' and cost_element = 'late'")
            .fetch_one(world.db())
            .await
            .unwrap();
    assert_eq!(late, Decimal::ZERO, "each element of the cost goes back by itself");
    world.check_books().await;
}

#[tokio::test]
async fn the_rate_is_that_of_the_shipment() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2025-12-01", 10, "600000", "120000").await;
    let order = world.order("order", vec![world.goods(batch, 10, "100000")]).await;
    let order = world.ship(&order, "2025-12-20").await.unwrap();
    assert_eq!((order.net, order.vat), (d("1000000"), d("200000")));
    let back = bring(&world, "back", &pieces_back(&order, 0, 5, "2026-02-10")).await.unwrap();
    assert_eq!([back.net, back.vat, back.gross], ["500000", "100000", "600000"].map(d));
    assert_eq!(books(&world).await, ["-500000", "-100000", "600000", "300000", "300000"].map(d));
    // Paid and returned: what the customer leaves with us in 2026 is an advance of 2026.
    world.paid("paid", Target::Order(order.order_id), "2026-02-11", "600000").await;
    bring(&world, "rest", &pieces_back(&order, 0, 5, "2026-02-12")).await.unwrap();
    assert_eq!(books(&world).await, ["0", "-108196.72", "0", "0", "600000"].map(d));
    assert_eq!(advances(&world).await, ["-600000", "108196.72"].map(d));
    world.check_books().await;
}

#[tokio::test]
async fn weight_by_the_scales_comes_back_pro_rata() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2026-01-10", 10, "600000", "132000").await;
    let order = world.order("order", vec![world.goods(batch, 3, "100000")]).await;
    let weighed = vec![Weighed { order_line_id: order.lines[0].order_line_id, tonnes: d("3.7") }];
    let ship = Ship { order_id: order.order_id, shipped_on: day("2026-01-20"), weighed };
    orders::ship(world.db(), &ctx("ship"), &ship).await.unwrap();
    let mut tonnes = Vec::new();
    for index in 0..3 {
        let back = bring(&world, &format!("back {index}"), &pieces_back(&order, 0, 1, "2026-02-01")).await.unwrap();
        tonnes.push(back.lines[0].tonnes_weighed.normalize().to_string());
        world.check_books().await;
    }
    assert_eq!(tonnes, ["1.233333", "1.233334", "1.233333"]);
    assert_eq!(list_balances(world.db(), &[batch]).await.unwrap()[0].tonnes_weighed, Decimal::ZERO);
}

#[tokio::test]
async fn what_cannot_come_back_is_refused_and_nothing_changes() {
    let world = World::new().await;
    let (batch, order) = shipped(&world).await;
    let waiting = world.order("waiting", vec![world.goods(batch, 1, "100000")]).await;
    sqlx::query("insert into periods (company_id, month, closed_at) values ($1, '2026-02-01', now())")
        .bind(world.company_id)
        .execute(world.db())
        .await
        .unwrap();
    let fine = pieces_back(&order, 0, 1, "2026-01-25");
    let lines = |lines: Vec<Pieces>| ReturnGoods { lines, ..fine.clone() };
    let one = fine.lines[0].clone();
    let before = (books(&world).await, list_balances(world.db(), &[batch]).await.unwrap());
    let refused: [(&str, ReturnGoods, Code, &str); 12] = [
        ("more", pieces_back(&order, 0, 5, "2026-01-25"), Code::ReturnExceeded, ""),
        ("none", pieces_back(&order, 0, 0, "2026-01-25"), Code::AmountNotPositive, "lines.0.pieces"),
        ("absurd", pieces_back(&order, 0, i64::MAX, "2026-01-25"), Code::InvalidInput, "lines.0.pieces"),
        ("a service", pieces_back(&order, 1, 1, "2026-01-25"), Code::InvalidInput, "lines.0.orderLineId"),
        ("not shipped", pieces_back(&waiting, 0, 1, "2026-01-25"), Code::OrderStatus, ""),
        (
            "another's line",
            ReturnGoods { order_id: order.order_id, ..pieces_back(&waiting, 0, 1, "2026-01-25") },
            Code::NotFound,
            "",
        ),
        ("twice", lines(vec![one.clone(), one.clone()]), Code::InvalidInput, "lines.1.orderLineId"),
        ("nothing", lines(vec![]), Code::InvalidInput, "lines"),
        ("before", pieces_back(&order, 0, 1, "2026-01-19"), Code::DateTooEarly, ""),
        ("closed", pieces_back(&order, 0, 1, "2026-02-01"), Code::PeriodClosed, ""),
        ("future", pieces_back(&order, 0, 1, "2026-12-31"), Code::DateInFuture, ""),
        ("no reason", ReturnGoods { reason: " ".to_owned(), ..fine.clone() }, Code::InvalidInput, "reason"),
    ];
    for (key, input, code, wrong) in refused {
        let error = bring(&world, key, &input).await.unwrap_err();
        assert_eq!(error.code(), code, "{key}: {error}");
        if let Error::Invalid { path, .. } = &error {
            assert_eq!(path, wrong, "{key}");
        }
    }
    assert_eq!((books(&world).await, list_balances(world.db(), &[batch]).await.unwrap()), before);
    assert!(read::list_of_orders(world.db(), &Scope::All, &[order.order_id]).await.unwrap().is_empty());
    bring(&world, "fine", &fine).await.unwrap();
    world.check_books().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_returns_of_the_last_piece_are_one() {
    let world = World::new().await;
    let (_, order) = shipped(&world).await;
    bring(&world, "three", &pieces_back(&order, 0, 3, "2026-02-01")).await.unwrap();
    let hands: Vec<_> = (0..4)
        .map(|hand| {
            let (db, last) = (world.db().clone(), pieces_back(&order, 0, 1, "2026-02-02"));
            tokio::spawn(async move { return_goods(&db, &ctx(&format!("hand {hand}")), &last).await })
        })
        .collect();
    let mut refused = Vec::new();
    for hand in hands {
        refused.extend(hand.await.unwrap().err().map(|error| error.code()));
    }
    assert_eq!(refused, [Code::ReturnExceeded; 3]);
    assert_eq!(balances(&world, ["cogs", "inventory"]).await, ["0", "600000"].map(d));
    world.check_books().await;
}
