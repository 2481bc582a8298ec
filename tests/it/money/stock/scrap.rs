//! Scrap with a value: given, when, then. A pile is 12 m and 1.2 t.

use rust_decimal::Decimal;
use shpunt_domain::Code;
use shpunt_domain::batches::expenses::Basis;
use shpunt_domain::batches::stock::scrap::Worth;

use crate::money::late_cost::costs;
use crate::money::{World, d};

#[tokio::test]
async fn scrap_takes_its_price_once_is_sold_and_bears_no_late_cost() {
    let world = World::new().await;
    let (eleven, scrap) = (world.length("11", "new").await, world.length("0.1", "scrap").await);
    // Given ten piles for 1,000,000. When four are cut to 11 m, and of the 4 m that are left 3.6 m are kept as scrap: 0.36 t at 20,000.
    let batch = world.receive("С-1", "2026-01-10", 10, "1000000", "220000").await;
    let cut =
        world.cut_keeping((batch, 4), (&[(eleven, 4)], "4"), (scrap, 36, Worth::Tonne(d("20000"))), "2026-01-15").await.unwrap();
    let ([long], Some(kept)) = (cut.children.as_slice(), &cut.scrap) else { panic!("a part and scrap") };
    // Then the scrap holds 7,200 and the parts what is left of 400,000; nothing is lost.
    assert_eq!((kept.cost, kept.metres, kept.tonnes_theoretical), (d("7200"), d("3.6"), d("0.36")));
    assert_eq!((long.cost, cut.scrap_metres), (d("392800"), d("4")));
    assert_eq!(world.balance("inventory").await, d("1000000"));
    world.check_books().await;
    // Freight of 10,000 that comes late is borne by six piles on hand and four parts: the scrap keeps its price.
    let freight = world.billed("2026-02-01", "10000", Basis::Pieces, &[batch]).await;
    assert_eq!(costs(&world, batch).await.0, d("606000"));
    assert_eq!((costs(&world, long.batch_id).await.0, costs(&world, kept.batch_id).await.0), (d("396800"), d("7200")));
    world.check_books().await;
    // It is goods: half of it is sold, and what a bill says of the scrap itself goes half to its sale.
    world.sold_of(scrap, kept.batch_id, 18, "2026-02-05").await;
    assert_eq!(costs(&world, kept.batch_id).await, (d("3600"), vec![d("3600")]));
    world.billed("2026-02-06", "100", Basis::Pieces, &[kept.batch_id]).await;
    assert_eq!(costs(&world, kept.batch_id).await, (d("3650"), vec![d("3650")]));
    // The storno of the freight takes it from where it went, and not from the scrap.
    world.taken_back(&freight, "2026-02-10").await.unwrap();
    assert_eq!((costs(&world, batch).await.0, costs(&world, long.batch_id).await.0), (d("600000"), d("392800")));
    assert_eq!(costs(&world, kept.batch_id).await.0, d("3650"));
    world.check_books().await;
}

#[tokio::test]
async fn a_cost_taken_back_after_the_cut_comes_from_the_parts() {
    let world = World::new().await;
    let (eleven, scrap) = (world.length("11", "new").await, world.length("1", "scrap").await);
    // Given three piles for 100 and freight of 0.02, all cut, with the scrap at 10.01 together.
    let batch = world.receive("С-1", "2026-01-10", 3, "100", "0").await;
    let freight = world.billed("2026-01-11", "0.02", Basis::Pieces, &[batch]).await;
    let cut =
        world.cut_keeping((batch, 3), (&[(eleven, 3)], "3"), (scrap, 3, Worth::Whole(d("10.01"))), "2026-01-15").await.unwrap();
    let kept = cut.scrap.unwrap().batch_id;
    assert_eq!((cut.children[0].cost, costs(&world, batch).await.0), (d("90.01"), d("0")));
    world.taken_back(&freight, "2026-02-01").await.unwrap();
    assert_eq!((costs(&world, cut.children[0].batch_id).await.0, costs(&world, kept).await.0), (d("89.99"), d("10.01")));
    world.check_books().await;
}

#[tokio::test]
async fn scrap_that_cannot_be_is_refused() {
    let world = World::new().await;
    let (eleven, scrap, used) =
        (world.length("11", "new").await, world.length("1", "scrap").await, world.length("1", "used").await);
    let batch = world.receive("С-1", "2026-01-10", 10, "1000", "0").await;
    let cut = async |product, pieces, worth: Worth| {
        let parts = [(eleven, 1)];
        world.cut_keeping((batch, 1), (&parts, "1"), (product, pieces, worth), "2026-01-15").await.map_err(|error| error.code())
    };
    let whole = |sum: &str| Worth::Whole(d(sum));
    assert_eq!(cut(scrap, 1, whole("100.01")).await.unwrap_err(), Code::BatchValueShort, "a pile costs 100");
    assert_eq!(cut(scrap, 2, whole("1")).await.unwrap_err(), Code::LengthMismatch);
    assert_eq!(cut(used, 1, whole("1")).await.unwrap_err(), Code::ProductMismatch);
    assert_eq!(cut(scrap, 1, whole("0")).await.unwrap_err(), Code::AmountNotPositive);
    assert_eq!(cut(scrap, 1, Worth::Tonne(d("-5"))).await.unwrap_err(), Code::AmountNotPositive);
    assert_eq!(cut(scrap, 0, whole("1")).await.unwrap_err(), Code::AmountNotPositive);
    assert_eq!(cut(404, 1, whole("1")).await.unwrap_err(), Code::NotFound);
    let made: i64 = sqlx::query_scalar("select count(*) from batches").fetch_one(world.db()).await.unwrap();
    assert_eq!((made, costs(&world, batch).await.0), (1, d("1000")));
    // All the cost may be the scrap's.
    let all = cut(scrap, 1, whole("100")).await.unwrap();
    assert_eq!((all.children[0].cost, all.scrap.map(|kept| kept.cost)), (Decimal::ZERO, Some(d("100"))));
    world.check_books().await;
}
