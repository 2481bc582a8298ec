//! Stock operations, as a warehouse keeper and an accountant check them by hand: given, when, then.
//!
//! A pile is 12 m and 1.2 t. Sums are without VAT.

mod random;
mod refused;
mod scrap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use shpunt_domain::Result;
use shpunt_domain::batches::Batch;
use shpunt_domain::batches::expenses::Basis;
use shpunt_domain::batches::stock::counts::{Count, CountLine, count};
use shpunt_domain::batches::stock::losses::{Surplus, WriteOff, surplus, write_off};
use shpunt_domain::batches::stock::moves::{Convert, CutBatch, CutPart, Transfer, convert, cut, transfer};
use shpunt_domain::batches::stock::scrap::{CutScrap, Worth};
use shpunt_domain::batches::stock::{Cut, StockCount, read};
use shpunt_domain::orders::commands::NewLine;
use shpunt_tests::ctx;

use super::late_cost::costs;
use super::{World, d, day};

impl World {
    /// A product of the profile of all piles.
    pub(super) async fn length(&self, metres: &str, condition: &str) -> i64 {
        sqlx::query_scalar(
            "insert into products (kind, sku, name, profile, condition, length_m, kg_per_m)
             values ('goods', 'L5-' || $1 || $2, 'Л5', 'Л5', $2, $1::numeric, 100)
             on conflict (sku) do update set name = 'Л5' returning product_id",
        )
        .bind(metres)
        .bind(condition)
        .fetch_one(self.db())
        .await
        .unwrap()
    }

    pub(super) async fn yard(&self, name: &str) -> i64 {
        sqlx::query_scalar("insert into warehouses (name) values ($1) returning warehouse_id")
            .bind(name)
            .fetch_one(self.db())
            .await
            .unwrap()
    }

    pub(super) async fn moved(&self, batch_id: i64, pieces: i64, warehouse_id: i64, on: &str) -> Result<Batch> {
        let input = Transfer { batch_id, pieces, warehouse_id, on: day(on), number: None };
        Ok(transfer(self.db(), &ctx(&format!("{input:?}")), &input).await?.value)
    }

    pub(super) async fn cut(&self, batch_id: i64, pieces: i64, parts: &[(i64, i64)], scrap: &str, on: &str) -> Result<Cut> {
        let part = |(product_id, pieces): &(i64, i64)| CutPart { product_id: *product_id, pieces: *pieces, number: None };
        let parts = parts.iter().map(part).collect();
        let input = CutBatch { batch_id, pieces, on: day(on), parts, scrap_metres: d(scrap), scrap: None };
        Ok(cut(self.db(), &ctx(&format!("{input:?}")), &input).await?.value)
    }

    /// The same, of whose scrap so many pieces of `product_id` are kept at a value.
    pub(super) async fn cut_keeping(
        &self,
        (batch_id, pieces): (i64, i64),
        (parts, left): (&[(i64, i64)], &str),
        (product_id, kept, worth): (i64, i64, Worth),
        on: &str,
    ) -> Result<Cut> {
        let part = |(product_id, pieces): &(i64, i64)| CutPart { product_id: *product_id, pieces: *pieces, number: None };
        let scrap = CutScrap { product_id, pieces: kept, tonnes_weighed: None, worth, number: None };
        let parts = parts.iter().map(part).collect();
        let input = CutBatch { batch_id, pieces, on: day(on), parts, scrap_metres: d(left), scrap: Some(scrap) };
        Ok(cut(self.db(), &ctx(&format!("{input:?}")), &input).await?.value)
    }

    pub(super) async fn regraded(&self, batch_id: i64, pieces: i64, product_id: i64, on: &str) -> Result<Batch> {
        let input = Convert { batch_id, pieces, product_id, on: day(on), number: None };
        Ok(convert(self.db(), &ctx(&format!("{input:?}")), &input).await?.value)
    }

    pub(super) async fn written_off(&self, batch_id: i64, pieces: i64, article: &str, on: &str) -> Result<Batch> {
        let article_id = self.article(article).await;
        let input = WriteOff { batch_id, pieces, article_id, on: day(on), reason: "Погнуты краном".to_owned() };
        Ok(write_off(self.db(), &ctx(&format!("{input:?}")), &input).await?.value)
    }

    pub(super) async fn found(&self, batch_id: i64, pieces: i64, cost: Option<&str>, on: &str) -> Result<Batch> {
        let input = Surplus { batch_id, pieces, on: day(on), cost: cost.map(d), reason: "Найдены".to_owned() };
        Ok(surplus(self.db(), &ctx(&format!("{input:?}")), &input).await?.value)
    }

    pub(super) async fn counted(&self, lines: &[(i64, i64)], on: &str) -> Result<StockCount> {
        let line = |(batch_id, pieces): &(i64, i64)| CountLine { batch_id: *batch_id, pieces: *pieces, cost: None };
        let input = Count {
            company_id: self.company_id,
            warehouse_id: self.warehouse_id,
            counted_on: day(on),
            note: String::new(),
            lines: lines.iter().map(line).collect(),
        };
        Ok(count(self.db(), &ctx(&format!("{input:?}")), &input).await?.value)
    }

    /// So many pieces of another length than a pile's, shipped.
    async fn sold_of(&self, product_id: i64, batch_id: i64, pieces: i64, on: &str) {
        let line = NewLine { product_id, ..self.goods(batch_id, pieces, "100000") };
        let order = self.order(&format!("{batch_id} {pieces} {on}"), vec![line]).await;
        self.ship(&order, on).await.unwrap();
    }
}

#[tokio::test]
async fn late_freight_of_a_cut_batch_reaches_a_line_sold_from_its_grandchild() {
    let world = World::new().await;
    let (eight, offcut) = (world.length("8", "new").await, world.length("3.9", "new").await);
    let far = world.yard("Тверь").await;
    // Given ten piles for 1,200,000; four were cut into four of 8 m, four offcuts of 3.9 m and 0.4 m of kerf.
    let batch = world.receive("С-1", "2026-01-10", 10, "1200000", "0").await;
    let cut = world.cut(batch, 4, &[(eight, 4), (offcut, 4)], "0.4", "2026-01-15").await.unwrap();
    let [long, short] = cut.children.as_slice() else { panic!("two batches") };
    // The kerf costs nothing: 480,000 go by 32 and 15.6 m.
    assert_eq!((long.cost, short.cost), (d("322689.08"), d("157310.92")));
    assert_eq!((long.number.as_str(), long.metres, short.number.as_str()), ("С-1/1", d("32"), "С-1/2"));
    assert_eq!((long.party_id, long.received_on), (world.supplier_id, day("2026-01-15")));
    // Three of 8 m were brought to Тверь, two of these were sold.
    let there = world.moved(long.batch_id, 3, far, "2026-01-20").await.unwrap();
    assert_eq!((there.cost, there.number.as_str(), there.warehouse_id), (d("242016.81"), "С-1/1/1", far));
    world.sold_of(eight, there.batch_id, 2, "2026-01-25").await;
    assert_eq!(costs(&world, there.batch_id).await, (d("80672.27"), vec![d("161344.54")]));
    world.check_books().await;
    // When freight of 120,000 for the ten piles is billed in February.
    let bill = world.billed("2026-02-10", "120000", Basis::Metres, &[batch]).await;
    // Then 72,000 stay with the six piles, the offcuts get 15,731.09, and of the 32,268.91 of 8 m each pile gets 8,067.23: 16,134.45 went to
    // the customer.
    assert_eq!(costs(&world, batch).await, (d("792000"), vec![]));
    assert_eq!(costs(&world, short.batch_id).await.0, d("173042.01"));
    assert_eq!(costs(&world, long.batch_id).await.0, d("88739.50"));
    assert_eq!(costs(&world, there.batch_id).await, (d("88739.50"), vec![d("177478.99")]));
    // It is one posting: one net entry for each batch, one for the line.
    let entries: Vec<(String, i64, Decimal, NaiveDate)> =
        sqlx::query_as("select account, batch_id, amount, origin_on from ledger_entry where transaction_id = $1 order by line")
            .bind(bill.transaction_id)
            .fetch_all(world.db())
            .await
            .unwrap();
    let (on, inventory) = (day("2026-02-10"), "inventory".to_owned());
    assert_eq!(
        entries,
        [
            (inventory.clone(), batch, d("72000"), on),
            (inventory.clone(), long.batch_id, d("8067.23"), on),
            (inventory.clone(), short.batch_id, d("15731.09"), on),
            (inventory, there.batch_id, d("8067.23"), on),
            ("cogs".to_owned(), there.batch_id, d("16134.45"), day("2026-01-25")),
            ("payables".to_owned(), 0, d("-120000"), on),
        ]
    );
    world.check_books().await;
    // Taken back, everything is as it was.
    world.taken_back(&bill, "2026-02-20").await.unwrap();
    assert_eq!(costs(&world, batch).await.0, d("720000"));
    assert_eq!(costs(&world, there.batch_id).await, (d("80672.27"), vec![d("161344.54")]));
    world.check_books().await;
    // The lineage is told both ways.
    let ids = [batch, long.batch_id, short.batch_id, there.batch_id];
    let mut origins = read::list_origins(world.db(), &ids).await.unwrap();
    origins.sort_unstable();
    assert_eq!(origins, ids.map(|id| (id, batch)));
    let children: Vec<_> = read::list_children(world.db(), &ids)
        .await
        .unwrap()
        .into_iter()
        .map(|line| (line.parent_batch_id, line.child_batch_id, line.pieces, line.metres.normalize()))
        .collect();
    assert_eq!(
        children,
        [
            (batch, long.batch_id, 4, d("32.268908")),
            (batch, short.batch_id, 4, d("15.731092")),
            (long.batch_id, there.batch_id, 3, d("24"))
        ]
    );
}

#[tokio::test]
async fn a_storno_follows_goods_that_were_moved_and_sold_since() {
    let world = World::new().await;
    let far = world.yard("Тверь").await;
    // Given ten piles for 1,000 and freight of 100; then four were moved at 110, and one of these sold.
    let batch = world.receive("С-1", "2026-01-10", 10, "1000", "220").await;
    let mut bill = world.bill("2026-02-01", "100", Basis::Pieces, &[batch]).await;
    bill.vat = d("22");
    let bill = world.posted(&bill).await.unwrap();
    let there = world.moved(batch, 4, far, "2026-02-05").await.unwrap();
    world.sold(there.batch_id, 1, "2026-02-10").await;
    assert_eq!((costs(&world, batch).await, there.cost), ((d("660"), vec![]), d("440")));
    assert_eq!(costs(&world, there.batch_id).await, (d("330"), vec![d("110")]));
    // When the freight is taken back, then a pile costs 100 in both warehouses and with the customer.
    world.taken_back(&bill, "2026-02-20").await.unwrap();
    assert_eq!(costs(&world, batch).await, (d("600"), vec![]));
    assert_eq!(costs(&world, there.batch_id).await, (d("300"), vec![d("100")]));
    world.check_books().await;
    // A batch that was moved whole is worth nothing where it was.
    let bill = world.billed("2026-02-21", "0.07", Basis::Pieces, &[batch]).await;
    world.moved(batch, 6, far, "2026-02-22").await.unwrap();
    assert_eq!(costs(&world, batch).await.0, d("0"));
    world.taken_back(&bill, "2026-02-23").await.unwrap();
    assert_eq!(costs(&world, batch).await.0, d("0"));
    world.check_books().await;
}

#[tokio::test]
async fn a_later_cost_follows_goods_that_were_written_off() {
    let world = World::new().await;
    // Given ten piles for 1,000; two were damaged, one is used by ourselves.
    let batch = world.receive("С-1", "2026-01-10", 10, "1000", "0").await;
    world.written_off(batch, 2, "goods_damaged", "2026-01-20").await.unwrap();
    world.written_off(batch, 1, "goods_used", "2026-01-20").await.unwrap();
    assert_eq!((costs(&world, batch).await.0, world.balance("write_offs").await), (d("700"), d("300")));
    // When freight of 100 comes late, then 20 and 10 are lost with them, each under its article and for its day.
    let bill = world.billed("2026-02-10", "100", Basis::Tonnes, &[batch]).await;
    let lost: Vec<(String, Decimal, NaiveDate)> = sqlx::query_as(
        "select code, amount, origin_on from ledger_entry join articles using (article_id)
         where transaction_id = $1 and account = 'write_offs' order by line",
    )
    .bind(bill.transaction_id)
    .fetch_all(world.db())
    .await
    .unwrap();
    let on = day("2026-01-20");
    assert_eq!(lost, [("goods_damaged".to_owned(), d("20"), on), ("goods_used".to_owned(), d("10"), on)]);
    assert_eq!(costs(&world, batch).await.0, d("770"));
    world.check_books().await;
    world.taken_back(&bill, "2026-02-11").await.unwrap();
    assert_eq!((costs(&world, batch).await.0, world.balance("write_offs").await), (d("700"), d("300")));
    world.check_books().await;
}

#[tokio::test]
async fn a_count_posts_what_is_missing_and_what_is_over() {
    let world = World::new().await;
    // Given three batches by the books of 31 January: 10 for 1,000, 5 for 600, 7 for 700; of the first two were sold in February.
    let one = world.receive("С-1", "2026-01-10", 10, "1000", "0").await;
    let two = world.receive("С-2", "2026-01-10", 5, "600", "0").await;
    let three = world.receive("С-3", "2026-01-10", 7, "700", "0").await;
    world.sold(one, 2, "2026-02-05").await;
    // When 9, 6 and 7 were counted that evening.
    let count = world.counted(&[(three, 7), (one, 9), (two, 6)], "2026-01-31").await.unwrap();
    // Then a pile of the first is written off at 100, one of the second is taken in at 120.
    let lines: Vec<_> = read::list_count_lines(world.db(), &[count.stock_count_id])
        .await
        .unwrap()
        .into_iter()
        .map(|line| (line.batch_id, line.book_pieces, line.counted_pieces, line.metres, line.cost))
        .collect();
    let zero = Decimal::ZERO;
    assert_eq!(lines, [(one, 10, 9, d("-12"), d("-100")), (two, 5, 6, d("12"), d("120")), (three, 7, 7, zero, zero)]);
    assert_eq!((world.balance("write_offs").await, world.balance("other_income").await), (d("100"), d("-120")));
    assert_eq!((costs(&world, one).await.0, costs(&world, two).await.0), (d("700"), d("720")));
    world.check_books().await;
    // A late cost finds both: of 100, 10 are lost; a pile found over costs as much as the others.
    world.billed("2026-02-10", "100", Basis::Pieces, &[one]).await;
    world.billed("2026-02-10", "60", Basis::Pieces, &[two]).await;
    assert_eq!((world.balance("write_offs").await, costs(&world, two).await.0), (d("110"), d("780")));
    // What was found for a given price costs that.
    world.found(two, 1, Some("0.01"), "2026-02-11").await.unwrap();
    assert_eq!(costs(&world, two).await.0, d("780.01"));
    world.check_books().await;
    // A count that finds nothing posts nothing and is kept.
    let rows =
        async || -> i64 { sqlx::query_scalar("select count(*) from ledger_transaction").fetch_one(world.db()).await.unwrap() };
    let before = rows().await;
    let none = world.counted(&[(three, 7)], "2026-02-20").await.unwrap();
    assert_eq!((rows().await, none.stock_count_id), (before, count.stock_count_id + 1));
    world.check_books().await;
}

#[tokio::test]
async fn used_piles_are_goods_of_their_own() {
    let world = World::new().await;
    let used = world.length("12", "used").await;
    let batch = world.receive("С-1", "2026-01-10", 10, "1000", "0").await;
    let back = world.regraded(batch, 3, used, "2026-01-20").await.unwrap();
    assert_eq!((back.product_id, back.cost, back.warehouse_id), (used, d("300"), world.warehouse_id));
    world.sold_of(used, back.batch_id, 3, "2026-01-25").await;
    world.billed("2026-02-10", "100", Basis::Pieces, &[batch]).await;
    assert_eq!(costs(&world, back.batch_id).await, (d("0"), vec![d("330")]));
    world.check_books().await;
}

#[tokio::test]
async fn an_operation_entered_late_takes_a_later_cost_on_its_day() {
    let world = World::new().await;
    let far = world.yard("Тверь").await;
    // Given ten piles for 1,000, and freight of 500 from 20 February on.
    let batch = world.receive("С-1", "2026-01-10", 10, "1000", "0").await;
    world.billed("2026-02-20", "500", Basis::Pieces, &[batch]).await;
    // When a transfer of eight on 1 February is entered and two are written off for that day: 1,000 of 1,500 were there then.
    let there = world.moved(batch, 8, far, "2026-02-01").await.unwrap();
    assert_eq!(there.cost, d("1200"));
    world.written_off(batch, 2, "goods_damaged", "2026-02-01").await.unwrap();
    let by_day: Vec<(i64, NaiveDate, Decimal)> = sqlx::query_as(
        "select batch_id, effective_on, sum(amount) from ledger_entry where account in ('inventory', 'write_offs') and batch_id > 0
         group by 1, 2 order by 1, 2",
    )
    .fetch_all(world.db())
    .await
    .unwrap();
    let (came, moved, billed) = (day("2026-01-10"), day("2026-02-01"), day("2026-02-20"));
    assert_eq!(
        by_day,
        [
            (batch, came, d("1000")),
            (batch, moved, d("-1000")),
            (batch, billed, d("300")),
            (there.batch_id, moved, d("1000")),
            (there.batch_id, billed, d("200"))
        ]
    );
    assert_eq!(world.balance("write_offs").await, d("300"));
    world.check_books().await;
}

#[tokio::test]
async fn weighed_tonnes_go_with_the_goods() {
    let world = World::new().await;
    let (eight, far) = (world.length("8", "new").await, world.yard("Тверь").await);
    let mut receipt = world.receipt("С-1", "2026-01-10", 10, "1000", "0");
    receipt.tonnes_weighed = Some(d("12.5"));
    let batch = shpunt_domain::batches::commands::receive(world.db(), &ctx("weighed"), &receipt).await.unwrap().value.batch_id;
    let there = world.moved(batch, 4, far, "2026-01-20").await.unwrap();
    assert_eq!((there.tonnes_weighed, there.tonnes_theoretical), (d("5"), d("4.8")));
    // Of two piles and 2.5 t a third is scrap.
    let cut = world.cut(batch, 2, &[(eight, 2)], "8", "2026-01-21").await.unwrap();
    assert_eq!(cut.children[0].tonnes_weighed, d("1.666667"));
    world.moved(batch, 4, far, "2026-01-22").await.unwrap();
    world.check_books().await;
}
