//! Additional expenses, as an accountant checks them by hand: given, when, then.
//!
//! A pile is 12 m and 1.2 t. Sums are without VAT unless they say otherwise.

mod before;
mod estimated;
mod refused;
mod storno;

use rust_decimal::Decimal;
use shpunt_domain::batches::expenses::commands::{PostExpense, Target, post_expense};
use shpunt_domain::batches::expenses::{AdditionalExpense, Basis, Kind, ReverseExpense, reverse_expense};
use shpunt_domain::{Code, Result};
use shpunt_tests::ctx;

use super::{World, d, day};

/// Account, amount, cost element, business date, day of the shipment, order line, channel, metres.
type Row = (String, Decimal, String, chrono::NaiveDate, chrono::NaiveDate, i64, i64, Decimal);

/// What a batch is worth, and what each order line it was sold with cost, in the order they were shipped.
pub(super) async fn costs(world: &World, batch_id: i64) -> (Decimal, Vec<Decimal>) {
    let stock = sqlx::query_scalar("select value from batch_balances where batch_id = $1").bind(batch_id).fetch_one(world.db());
    let lines = sqlx::query_scalar(
        "select sum(amount) from ledger_entry where account = 'cogs' and batch_id = $1 group by order_line_id order by min(entry_id)",
    );
    (stock.await.unwrap(), lines.bind(batch_id).fetch_all(world.db()).await.unwrap())
}

impl World {
    /// A bill of the supplier for freight to the warehouse, without VAT.
    pub(super) async fn bill(&self, on: &str, net: &str, basis: Basis, batches: &[i64]) -> PostExpense {
        PostExpense {
            company_id: self.company_id,
            party_id: self.supplier_id,
            contract_id: 0,
            article_id: self.article("freight_in").await,
            kind: Kind::Expense,
            number: "А-77".to_owned(),
            issued_on: day(on),
            effective_on: None,
            net: d(net),
            vat: Decimal::ZERO,
            basis,
            targets: batches.iter().map(|batch_id| Target { batch_id: *batch_id, share: None }).collect(),
        }
    }

    pub(super) async fn billed(&self, on: &str, net: &str, basis: Basis, batches: &[i64]) -> AdditionalExpense {
        let bill = self.bill(on, net, basis, batches).await;
        self.posted(&bill).await.unwrap()
    }

    pub(super) async fn posted(&self, bill: &PostExpense) -> Result<AdditionalExpense> {
        Ok(post_expense(self.db(), &ctx(&format!("{bill:?}")), bill).await?.value)
    }

    pub(super) async fn taken_back(&self, expense: &AdditionalExpense, on: &str) -> Result<AdditionalExpense> {
        let reverse = ReverseExpense { additional_expense_id: expense.additional_expense_id, on: day(on) };
        Ok(reverse_expense(self.db(), &ctx(&format!("{reverse:?}")), &reverse).await?.value)
    }

    /// An order of one line of so many piles, shipped.
    pub(super) async fn sold(&self, batch_id: i64, pieces: i64, on: &str) {
        let key = format!("order of {pieces} on {on}");
        let order = self.order(&key, vec![self.goods(batch_id, pieces, "100000")]).await;
        self.ship(&order, on).await.unwrap();
    }
}

#[tokio::test]
async fn the_worked_check_of_the_reference() {
    let world = World::new().await;
    // Given 100 piles for 9,000,000, of which 40 and 20 are sold.
    let batch = world.receive("С-1", "2026-01-10", 100, "9000000", "0").await;
    world.sold(batch, 40, "2026-01-20").await;
    world.sold(batch, 20, "2026-01-25").await;
    assert_eq!(costs(&world, batch).await, (d("3600000"), vec![d("3600000"), d("1800000")]));
    // When freight of 100,001.00 is billed in February.
    let expense = world.billed("2026-02-10", "100001", Basis::Metres, &[batch]).await;
    // Then the stock bears 40,000.40 and the lines 40,000.40 and 20,000.20: 91,000.01 a pile everywhere.
    assert_eq!(costs(&world, batch).await, (d("3640000.40"), vec![d("3640000.40"), d("1820000.20")]));
    // One net entry for the batch, one for each sold line with the dimensions of its sale, and the debt.
    let rows: Vec<Row> = sqlx::query_as(
        "select account, amount, cost_element, effective_on, origin_on, order_line_id, channel_id, metres from ledger_entry
         where transaction_id = $1 order by line",
    )
    .bind(expense.transaction_id)
    .fetch_all(world.db())
    .await
    .unwrap();
    let (on, zero) = (day("2026-02-10"), Decimal::ZERO);
    assert_eq!(
        rows,
        [
            ("inventory".to_owned(), d("40000.40"), "freight_in".to_owned(), on, on, 0, 0, zero),
            ("cogs".to_owned(), d("40000.40"), "late".to_owned(), on, day("2026-01-20"), 1, 1, zero),
            ("cogs".to_owned(), d("20000.20"), "late".to_owned(), on, day("2026-01-25"), 2, 1, zero),
            ("payables".to_owned(), d("-100001"), String::new(), on, on, 0, 0, zero),
        ]
    );
    // By posting it is a cost of February, by shipment of January; over all time the two are equal.
    let cogs = async |column: &str, month: &str| -> Decimal {
        let sum = format!(
            "select coalesce(sum(amount), 0) from ledger_entry where account = 'cogs' and to_char({column}, 'YYYY-MM') like '{month}'"
        );
        sqlx::query_scalar(sqlx::AssertSqlSafe(sum)).fetch_one(world.db()).await.unwrap()
    };
    assert_eq!((cogs("effective_on", "2026-01").await, cogs("effective_on", "2026-02").await), (d("5400000"), d("60000.60")));
    assert_eq!((cogs("origin_on", "2026-01").await, cogs("origin_on", "2026-02").await), (d("5460000.60"), zero));
    assert_eq!(cogs("effective_on", "%").await, cogs("origin_on", "%").await);
    world.check_books().await;
}

#[tokio::test]
async fn a_sold_out_batch_gives_everything_to_its_lines() {
    let world = World::new().await;
    // Given three piles for 100.00, sold one by one: 33.33, 33.34 and 33.33.
    let batch = world.receive("С-1", "2026-01-10", 3, "100", "0").await;
    for on in ["2026-01-11", "2026-01-12", "2026-01-13"] {
        world.sold(batch, 1, on).await;
    }
    // When 0.02 comes late: two kopecks for three equal lines, the earlier ones take them.
    world.billed("2026-02-10", "0.02", Basis::Tonnes, &[batch]).await;
    // Then nothing stays.
    assert_eq!(costs(&world, batch).await, (d("0"), vec![d("33.34"), d("33.35"), d("33.33")]));
    world.check_books().await;
}

#[tokio::test]
async fn one_bill_over_several_batches_by_each_basis() {
    let world = World::new().await;
    // Given ten piles for 600,000 and twenty for 400,000.
    let one = world.receive("С-1", "2026-01-10", 10, "600000", "0").await;
    let two = world.receive("С-2", "2026-01-10", 20, "400000", "0").await;
    let added = async |basis: Basis, net: &str, shares: Option<[&str; 2]>| {
        let before = (costs(&world, one).await.0, costs(&world, two).await.0);
        let mut bill = world.bill("2026-02-10", net, basis, &[two, one]).await;
        if let Some(shares) = shares {
            for (target, share) in bill.targets.iter_mut().zip(shares) {
                target.share = Some(d(share));
            }
        }
        world.posted(&bill).await.unwrap();
        [costs(&world, one).await.0 - before.0, costs(&world, two).await.0 - before.1]
    };
    // Then 30,000 is divided as 10 : 20 by what is counted or weighed, as 6 : 4 by what they cost …
    for basis in [Basis::Tonnes, Basis::Pieces, Basis::Metres] {
        assert_eq!(added(basis, "30000", None).await, ["10000", "20000"].map(d), "{basis:?}");
    }
    assert_eq!(added(Basis::Amount, "30000", None).await, ["18000", "12000"].map(d));
    // … as 648,000 : 472,000 by what they cost by now, and as it is said: 1 for the second batch, 3 for the first.
    assert_eq!(added(Basis::CurrentCost, "1120", None).await, ["648", "472"].map(d));
    assert_eq!(added(Basis::Manual, "100", Some(["1", "3"])).await, ["75", "25"].map(d));
    assert_eq!(added(Basis::Manual, "100", Some(["0", "3"])).await, ["100", "0"].map(d));
    world.check_books().await;
}

#[tokio::test]
async fn vat_goes_where_the_regime_says() {
    // Given a bill of 10,000 and 2,200 of VAT, half of the goods sold.
    for (regime, stock, line, vat_input) in [("osno", "505000", "505000", "2200"), ("usn_5", "506100", "506100", "0")] {
        let world = World::new().await.taxed(regime).await;
        let batch = world.receive("С-1", "2026-01-10", 10, "1000000", "0").await;
        world.sold(batch, 5, "2026-01-20").await;
        let mut bill = world.bill("2026-02-10", "10000", Basis::Pieces, &[batch]).await;
        bill.vat = d("2200");
        // When it is posted, then a payer of VAT deducts it and keeps it as a memo of both halves; for another it is a part of the cost.
        world.posted(&bill).await.unwrap();
        assert_eq!(costs(&world, batch).await, (d(stock), vec![d(line)]), "{regime}");
        assert_eq!(world.balance("vat_input").await, d(vat_input));
        let memo: Decimal =
            sqlx::query_scalar("select sum(vat) from ledger_entry where account = 'cogs'").fetch_one(world.db()).await.unwrap();
        assert_eq!(memo, d(vat_input) / d("2"), "{regime}");
        assert_eq!(world.balance("payables").await, d("-1012200"));
        world.check_books().await;
    }
}

#[tokio::test]
async fn a_bill_of_a_closed_month_counts_from_the_first_open_day() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2025-12-10", 10, "1000", "0").await;
    world.sold(batch, 5, "2025-12-20").await;
    sqlx::query("insert into periods (company_id, month) values ($1, '2026-01-01')")
        .bind(world.company_id)
        .execute(world.db())
        .await
        .unwrap();
    sqlx::query("update periods set closed_at = now() where month <= '2026-01-01'").execute(world.db()).await.unwrap();
    // When a bill of 28 December comes and January is closed too, then it counts from 1 February, for the shipment of December.
    let expense = world.billed("2025-12-28", "100", Basis::Pieces, &[batch]).await;
    assert_eq!((expense.issued_on, expense.effective_on), (day("2025-12-28"), day("2026-02-01")));
    let origin: chrono::NaiveDate =
        sqlx::query_scalar("select origin_on from ledger_entry where transaction_id = $1 and account = 'cogs'")
            .bind(expense.transaction_id)
            .fetch_one(world.db())
            .await
            .unwrap();
    assert_eq!(origin, day("2025-12-20"));
    // A closed day that is asked for is refused.
    let mut closed = world.bill("2025-12-28", "101", Basis::Pieces, &[batch]).await;
    closed.effective_on = Some(day("2026-01-31"));
    assert_eq!(world.posted(&closed).await.unwrap_err().code(), Code::PeriodClosed);
    assert_eq!(world.taken_back(&expense, "2026-01-31").await.unwrap_err().code(), Code::InvalidInput);
    world.check_books().await;
}

#[tokio::test]
async fn a_truck_entered_late_takes_a_later_cost_on_its_day() {
    let world = World::new().await;
    // Given ten piles for 1,000, and freight of 500 from 20 February on.
    let batch = world.receive("С-1", "2026-01-10", 10, "1000", "0").await;
    world.billed("2026-02-20", "500", Basis::Pieces, &[batch]).await;
    // When a truck of 1 February with all of them is entered, then it cost 1,000 that day and 500 more on the 20th, for its shipment.
    world.sold(batch, 10, "2026-02-01").await;
    let rows: Vec<(chrono::NaiveDate, chrono::NaiveDate, Decimal)> =
        sqlx::query_as("select effective_on, origin_on, amount from ledger_entry where account = 'cogs' order by effective_on")
            .fetch_all(world.db())
            .await
            .unwrap();
    let shipped = day("2026-02-01");
    assert_eq!(rows, [(shipped, shipped, d("1000")), (day("2026-02-20"), shipped, d("500"))]);
    world.check_books().await;
}

#[tokio::test]
async fn the_card_of_a_batch_tells_every_movement() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2026-01-10", 10, "1000", "0").await;
    world.sold(batch, 4, "2026-01-20").await;
    world.billed("2026-02-01", "100", Basis::Pieces, &[batch]).await;
    world.sold(batch, 6, "2026-02-10").await;
    let card = shpunt_domain::batches::read::card;
    let movements = card(world.db(), batch, None, 100).await.unwrap();
    let told: Vec<_> = movements
        .iter()
        .map(|row| (row.pieces, row.value, row.cost_element.as_str(), row.pieces_after, row.value_after))
        .collect();
    let row = |pieces, value: &str, element, after, worth: &str| (pieces, d(value), element, after, d(worth));
    assert_eq!(
        told,
        [
            row(10, "1000", "purchase", 10, "1000"),
            row(-4, "-400", "purchase", 6, "600"),
            row(0, "60", "freight_in", 6, "660"),
            row(-6, "-660", "purchase", 0, "0"),
        ]
    );
    let after = Some((movements[1].effective_on, movements[1].entry_id));
    assert_eq!(card(world.db(), batch, after, 1).await.unwrap(), movements[2..3]);
}
