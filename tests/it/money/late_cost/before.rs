//! Costs dated before the goods left, entered after: given, when, then. They are in stock until the goods leave.

use rust_decimal::Decimal;
use shpunt_domain::batches::expenses::{Basis, Kind};
use shpunt_domain::batches::returns::Landed;

use crate::money::returns::{bring, pieces_back};
use crate::money::{World, d, day};

/// Inventory, the cost of goods shipped, COGS and write-offs at the end of a day.
async fn costs_on(world: &World, on: &str) -> [Decimal; 4] {
    let mut costs = [Decimal::ZERO; 4];
    for (cost, account) in costs.iter_mut().zip(["inventory", "goods_shipped", "cogs", "write_offs"]) {
        let sum = "select coalesce(sum(amount), 0) from ledger_entry where account = $1 and effective_on <= $2 and batch_id > 0";
        *cost = sqlx::query_scalar(sum).bind(account).bind(day(on)).fetch_one(world.db()).await.unwrap();
    }
    costs
}

#[tokio::test]
async fn a_month_has_no_cost_of_what_the_next_one_sells() {
    let world = World::new().await;
    // Given ten piles for 1,000 of which four were sold on 10 February for their 400.
    let batch = world.receive("С-1", "2026-01-10", 10, "1000", "0").await;
    world.sold(batch, 4, "2026-02-10").await;
    // When freight of 50, dated 25 January, is entered only then,
    let freight = world.billed("2026-01-25", "50", Basis::Pieces, &[batch]).await;
    // then January's stock is worth 1,050 and nothing was sold; on 10 February 420 were.
    assert_eq!(costs_on(&world, "2026-01-31").await, ["1050", "0", "0", "0"].map(d));
    assert_eq!(costs_on(&world, "2026-02-10").await, ["630", "0", "420", "0"].map(d));
    world.check_books().await;
    // When it is taken back as of 31 January, then it is as if it had been in stock for six days.
    world.taken_back(&freight, "2026-01-31").await.unwrap();
    assert_eq!(costs_on(&world, "2026-01-30").await, ["1050", "0", "0", "0"].map(d));
    assert_eq!(costs_on(&world, "2026-01-31").await, ["1000", "0", "0", "0"].map(d));
    assert_eq!(costs_on(&world, "2026-02-10").await, ["600", "0", "400", "0"].map(d));
    world.check_books().await;
}

#[tokio::test]
async fn a_storno_dated_before_a_sale_takes_it_from_the_stock_until_then() {
    let world = World::new().await;
    // Given freight that was there before all ten piles were sold.
    let batch = world.receive("С-1", "2026-01-10", 10, "1000", "0").await;
    let freight = world.billed("2026-01-15", "50", Basis::Pieces, &[batch]).await;
    world.sold(batch, 10, "2026-02-10").await;
    assert_eq!(costs_on(&world, "2026-02-10").await, ["0", "0", "1050", "0"].map(d));
    world.taken_back(&freight, "2026-01-26").await.unwrap();
    assert_eq!(costs_on(&world, "2026-01-26").await, ["1000", "0", "0", "0"].map(d));
    assert_eq!(costs_on(&world, "2026-02-10").await, ["0", "0", "1000", "0"].map(d));
    world.check_books().await;
}

#[tokio::test]
async fn goods_at_our_risk_take_it_when_they_leave_and_sell_it_when_they_arrive() {
    let world = World::new().await;
    world.at_our_risk().await;
    // Given freight of 50 of 15 January; four piles of ten left on 5 February and arrived on the tenth.
    let batch = world.receive("С-1", "2026-01-10", 10, "1000", "0").await;
    let freight = world.billed("2026-01-15", "50", Basis::Pieces, &[batch]).await;
    let order = world.order("order", vec![world.goods(batch, 4, "1000")]).await;
    let order = world.ship(&order, "2026-02-05").await.unwrap();
    world.delivered(&order, "2026-02-10").await.unwrap();
    // When unloading of 100 is entered, dated 20 January, and a bonus of 30 of the supplier, dated 25 January,
    world.billed("2026-01-20", "100", Basis::Pieces, &[batch]).await;
    let mut bonus = world.bill("2026-01-25", "30", Basis::Pieces, &[batch]).await;
    bonus.kind = Kind::Credit;
    world.posted(&bonus).await.unwrap();
    // then each is where the goods were.
    assert_eq!(costs_on(&world, "2026-01-20").await, ["1150", "0", "0", "0"].map(d));
    assert_eq!(costs_on(&world, "2026-01-25").await, ["1120", "0", "0", "0"].map(d));
    assert_eq!(costs_on(&world, "2026-02-05").await, ["672", "448", "0", "0"].map(d));
    assert_eq!(costs_on(&world, "2026-02-10").await, ["672", "0", "448", "0"].map(d));
    world.check_books().await;
    // When the first freight is taken back as of 26 January, then it was never on the way.
    world.taken_back(&freight, "2026-01-26").await.unwrap();
    assert_eq!(costs_on(&world, "2026-01-26").await, ["1070", "0", "0", "0"].map(d));
    assert_eq!(costs_on(&world, "2026-02-05").await, ["642", "428", "0", "0"].map(d));
    assert_eq!(costs_on(&world, "2026-02-10").await, ["642", "0", "428", "0"].map(d));
    world.check_books().await;
}

#[tokio::test]
async fn what_was_moved_lost_and_claimed_takes_it_on_its_day() {
    let world = World::new().await;
    // Given ten piles for 1,000: on 1 February four were moved, of those one was broken on the third; two went back on the fifth, claimed.
    let batch = world.receive("С-1", "2026-01-10", 10, "1000", "0").await;
    let yard = world.yard("Тверь").await;
    let moved = world.moved(batch, 4, yard, "2026-02-01").await.unwrap().batch_id;
    world.written_off(moved, 1, "goods_damaged", "2026-02-03").await.unwrap();
    world.gone_back(Landed::Claim, &[(batch, 2)], "2026-02-05").await.unwrap();
    // When freight of 50 of 20 January is entered,
    let freight = world.billed("2026-01-20", "50", Basis::Pieces, &[batch]).await;
    let worth = async |batch: i64, on: &str| -> Decimal {
        sqlx::query_scalar("select coalesce(sum(amount), 0) from ledger_entry where account = 'inventory' and batch_id = $1 and effective_on <= $2")
            .bind(batch)
            .bind(day(on))
            .fetch_one(world.db())
            .await
            .unwrap()
    };
    let claimed = async |on: &str| -> Decimal {
        sqlx::query_scalar("select coalesce(sum(amount), 0) from ledger_entry where account = 'claims' and effective_on <= $1")
            .bind(day(on))
            .fetch_one(world.db())
            .await
            .unwrap()
    };
    // then it is in the batch until each part leaves it: 20 with what was moved, 5 of those broken, 10 claimed.
    assert_eq!((worth(batch, "2026-01-31").await, worth(moved, "2026-01-31").await), (d("1050"), d("0")));
    assert_eq!((worth(batch, "2026-02-01").await, worth(moved, "2026-02-01").await), (d("630"), d("420")));
    assert_eq!(costs_on(&world, "2026-02-03").await[3], d("105"));
    assert_eq!((claimed("2026-02-04").await, claimed("2026-02-05").await), (d("0"), d("10")));
    assert_eq!((worth(batch, "2026-02-05").await, worth(moved, "2026-02-05").await), (d("420"), d("315")));
    world.check_books().await;
    // When it is taken back as of 2 February, then what was moved gives its part on that day, the rest as it left.
    world.taken_back(&freight, "2026-02-02").await.unwrap();
    assert_eq!((worth(batch, "2026-02-02").await, worth(moved, "2026-02-02").await), (d("600"), d("400")));
    assert_eq!(costs_on(&world, "2026-02-05").await, ["700", "0", "0", "100"].map(d));
    assert_eq!(claimed("2026-02-05").await, d("0"));
    world.check_books().await;
}

#[tokio::test]
async fn whatever_came_back_between_a_storno_on_any_day_leaves_nothing_anywhere() {
    for storno in ["2026-01-25", "2026-01-31", "2026-02-09", "2026-02-10", "2026-02-21"] {
        let world = World::new().await;
        world.at_our_risk().await;
        // Given seven of ten piles that left on 20 January; two came back on their way, three after the delivery of 10 February.
        let batch = world.receive("С-1", "2026-01-10", 10, "1000.03", "0").await;
        let order = world.order("order", vec![world.goods(batch, 7, "1000")]).await;
        let order = world.ship(&order, "2026-01-20").await.unwrap();
        let early = world.billed("2026-01-22", "33.37", Basis::Pieces, &[batch]).await;
        bring(&world, "one", &pieces_back(&order, 0, 2, "2026-01-24")).await.unwrap();
        let order = world.delivered(&order, "2026-02-10").await.unwrap();
        let late = world.billed("2026-01-25", "50.01", Basis::Pieces, &[batch]).await;
        bring(&world, "two", &pieces_back(&order, 0, 3, "2026-02-20")).await.unwrap();
        world.check_books().await;
        // When both bills are taken back, whenever that is said to have been,
        world.taken_back(&early, storno).await.unwrap();
        world.taken_back(&late, storno).await.unwrap();
        world.check_books().await;
        // then two piles of ten are sold at what they were bought for, to the kopeck that was rounded.
        let [stock, way, cogs, _] = costs_on(&world, "2026-03-01").await;
        assert_eq!((way, stock + cogs), (d("0"), d("1000.03")), "{storno}");
        assert!((cogs - d("200.01")).abs() <= d("0.03"), "{storno}: {cogs}");
    }
}
