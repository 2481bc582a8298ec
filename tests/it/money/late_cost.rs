//! Additional expenses, as an accountant checks them by hand: given, when, then.
//!
//! A pile is 12 m and 1.2 t. Sums are without VAT unless they say otherwise.

use rust_decimal::Decimal;
use shpunt_domain::batches::expenses::commands::{PostExpense, Target, post_expense};
use shpunt_domain::batches::expenses::{AdditionalExpense, Basis, Kind, ReverseExpense, reverse_expense};
use shpunt_domain::{Code, Result};
use shpunt_tests::ctx;

use super::{World, d, day};

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

    async fn posted(&self, bill: &PostExpense) -> Result<AdditionalExpense> {
        Ok(post_expense(self.db(), &ctx(&format!("{bill:?}")), bill).await?.value)
    }

    async fn taken_back(&self, expense: &AdditionalExpense, on: &str) -> Result<AdditionalExpense> {
        let reverse = ReverseExpense { additional_expense_id: expense.additional_expense_id, on: day(on) };
        Ok(reverse_expense(self.db(), &ctx(&format!("{reverse:?}")), &reverse).await?.value)
    }

    /// An order of one line of so many piles, shipped.
    async fn sold(&self, batch_id: i64, pieces: i64, on: &str) {
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
    type Row = (String, Decimal, String, chrono::NaiveDate, chrono::NaiveDate, i64, i64, Decimal);
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
async fn a_storno_after_more_sales_follows_the_goods() {
    let world = World::new().await;
    // Given ten piles for 1,000, two sold; freight of 100 found 20 for them and 80 for the eight on hand; then four more were sold at 110.
    let batch = world.receive("С-1", "2026-01-10", 10, "1000", "0").await;
    world.sold(batch, 2, "2026-01-20").await;
    let expense = world.billed("2026-02-01", "100", Basis::Pieces, &[batch]).await;
    world.sold(batch, 4, "2026-02-10").await;
    assert_eq!(costs(&world, batch).await, (d("440"), vec![d("220"), d("440")]));
    // When the freight is taken back, then every pile costs 100 again, wherever it is.
    let back = world.taken_back(&expense, "2026-02-20").await.unwrap();
    assert_eq!(costs(&world, batch).await, (d("400"), vec![d("200"), d("400")]));
    assert_eq!(back.reversed_on, Some(day("2026-02-20")));
    // The first transaction of the storno is the exact negative; the second moves 40 from the stock to the line sold since.
    let negated: bool = sqlx::query_scalar(
        "select bool_and(s.amount = -e.amount and s.account = e.account and s.origin_on = e.origin_on and s.order_line_id = e.order_line_id)
         from ledger_transaction t join ledger_entry s using (transaction_id)
         join ledger_entry e on e.transaction_id = t.reverses and e.line = s.line where t.reverses = $1",
    )
    .bind(expense.transaction_id)
    .fetch_one(world.db())
    .await
    .unwrap();
    assert!(negated);
    let moved: Vec<(String, Decimal)> = sqlx::query_as(
        "select account, amount from ledger_entry join ledger_transaction t using (transaction_id)
         where t.kind = 'storno' and t.reverses is null order by line",
    )
    .fetch_all(world.db())
    .await
    .unwrap();
    assert_eq!(moved, [("inventory".to_owned(), d("40")), ("cogs".to_owned(), d("-40"))]);
    assert_eq!(world.balance("payables").await, d("-1000"));
    world.check_books().await;
    // Sold out it is worth nothing.
    world.sold(batch, 4, "2026-02-25").await;
    assert_eq!(costs(&world, batch).await, (d("0"), vec![d("200"), d("400"), d("400")]));
    let again = world.taken_back(&expense, "2026-02-21").await.unwrap_err();
    assert_eq!(again.code(), Code::AlreadyReversed);
    world.check_books().await;
}

#[tokio::test]
async fn a_storno_of_a_batch_sold_out_since_takes_nothing_from_the_stock() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2026-01-10", 7, "1000", "220").await;
    let mut bill = world.bill("2026-02-01", "100.01", Basis::Pieces, &[batch]).await;
    bill.vat = d("22.01");
    let expense = world.posted(&bill).await.unwrap();
    for (pieces, on) in [(2, "2026-02-02"), (2, "2026-02-03"), (3, "2026-02-04")] {
        world.sold(batch, pieces, on).await;
    }
    world.taken_back(&expense, "2026-02-20").await.unwrap();
    let (stock, lines) = costs(&world, batch).await;
    assert_eq!((stock, lines.iter().copied().sum()), (d("0"), d("1000")), "{lines:?}");
    world.check_books().await;
}

#[tokio::test]
async fn a_bonus_of_the_supplier_lowers_cost_and_debt() {
    let world = World::new().await;
    // Given ten piles for 1,000 and 220 of VAT, owed; four sold.
    let batch = world.receive("С-1", "2026-01-10", 10, "1000", "220").await;
    world.sold(batch, 4, "2026-01-20").await;
    // When the supplier corrects the price by 100 and 22 of VAT.
    let mut credit = world.bill("2026-02-10", "100", Basis::Amount, &[batch]).await;
    (credit.kind, credit.vat, credit.article_id) = (Kind::Credit, d("22"), world.article("supplier_price").await);
    let posted = world.posted(&credit).await.unwrap();
    assert_eq!(posted.cost, d("-100"));
    // Then a pile costs 90, the VAT input falls, and 1,098 are owed.
    assert_eq!(costs(&world, batch).await, (d("540"), vec![d("360")]));
    assert_eq!((world.balance("vat_input").await, world.balance("payables").await), (d("198"), d("-1098")));
    assert_eq!(world.balance("supplier_advances").await, Decimal::ZERO);
    world.check_books().await;
    // More than the goods cost cannot be credited.
    credit.net = d("900.01");
    assert_eq!(world.posted(&credit).await.unwrap_err().code(), Code::BatchValueShort);
    // Taken back, everything is as it was.
    world.taken_back(&posted, "2026-02-11").await.unwrap();
    assert_eq!(costs(&world, batch).await, (d("600"), vec![d("400")]));
    assert_eq!((world.balance("vat_input").await, world.balance("payables").await), (d("220"), d("-1220")));
    world.check_books().await;
}

#[tokio::test]
async fn what_was_paid_of_a_bill_that_is_taken_back_stays_an_advance() {
    use shpunt_domain::treasury::commands::{Pay, pay};
    use shpunt_domain::treasury::{Direction, Target};

    let world = World::new().await;
    let batch = world.receive("С-1", "2026-01-10", 10, "1000", "0").await;
    let mut bill = world.bill("2026-02-01", "100", Basis::Pieces, &[batch]).await;
    bill.party_id = world.stranger_id;
    let expense = world.posted(&bill).await.unwrap();
    // Given 60 of 100 paid on the 20th, under the article of the expense.
    let paid = Pay {
        direction: Direction::Out,
        article_id: world.article("freight_in").await,
        party_id: world.stranger_id,
        ..world.payment(Target::Party, "2026-02-20", "60").await
    };
    pay(world.db(), &ctx("paid"), &paid).await.unwrap();
    // When the bill is taken back as of the 10th, then until the 20th nothing is owed, and from then on 60 are advanced.
    world.taken_back(&expense, "2026-02-10").await.unwrap();
    let on = async |account: &str, until: &str| -> Decimal {
        sqlx::query_scalar(
            "select coalesce(sum(amount), 0) from ledger_entry where account = $1 and party_id = $2 and effective_on <= $3",
        )
        .bind(account)
        .bind(world.stranger_id)
        .bind(day(until))
        .fetch_one(world.db())
        .await
        .unwrap()
    };
    assert_eq!((on("payables", "2026-02-19").await, on("supplier_advances", "2026-02-19").await), (d("0"), d("0")));
    assert_eq!((on("payables", "2026-02-20").await, on("supplier_advances", "2026-02-20").await), (d("0"), d("60")));
    world.check_books().await;
    // The right bill takes it.
    bill.net = d("90");
    world.posted(&bill).await.unwrap();
    assert_eq!((on("payables", "2026-02-20").await, on("supplier_advances", "2026-02-20").await), (d("-30"), d("0")));
    world.check_books().await;
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
    let card = shpunt_domain::batches::expenses::read::card;
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

/// Rows of whatever a bill writes.
async fn written(world: &World) -> Vec<i64> {
    let mut counts = Vec::new();
    for table in
        ["command_log", "ledger_entry", "documents", "settlement_items", "additional_expenses", "additional_expense_shares"]
    {
        let count = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        counts.push(sqlx::query_scalar(count).fetch_one(world.db()).await.unwrap());
    }
    counts
}

#[tokio::test]
async fn what_is_refused_leaves_nothing() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2026-01-10", 10, "1000", "0").await;
    world.sold(batch, 10, "2026-01-20").await;
    let other: i64 = sqlx::query_scalar("select max(company_id) from companies").fetch_one(world.db()).await.unwrap();
    let (rent, bill) = (world.article("rent").await, world.bill("2026-02-10", "100", Basis::Pieces, &[batch]).await);
    let target = |batch_id, share: Option<&str>| Target { batch_id, share: share.map(d) };
    let shares = |shares: &[Option<&str>]| PostExpense {
        basis: Basis::Manual,
        targets: shares.iter().map(|share| target(batch, *share)).collect(),
        ..bill.clone()
    };
    let before = (written(&world).await, costs(&world, batch).await);
    for (what, refused, code) in [
        ("no amount", PostExpense { net: d("0"), ..bill.clone() }, Code::AmountNotPositive),
        ("a negative amount", PostExpense { net: d("-1"), ..bill.clone() }, Code::AmountNotPositive),
        ("a negative VAT", PostExpense { vat: d("-1"), ..bill.clone() }, Code::AmountNotPositive),
        ("a part of a kopeck", PostExpense { net: d("0.001"), ..bill.clone() }, Code::InvalidInput),
        ("no batch", PostExpense { targets: vec![], ..bill.clone() }, Code::InvalidInput),
        ("a batch twice", PostExpense { targets: vec![target(batch, None); 2], ..bill.clone() }, Code::InvalidInput),
        ("a batch that is none", PostExpense { targets: vec![target(404, None)], ..bill.clone() }, Code::NotFound),
        ("a foreign batch", PostExpense { company_id: other, ..bill.clone() }, Code::CompanyMismatch),
        ("no share", shares(&[None]), Code::InvalidInput),
        ("a negative share", shares(&[Some("-1")]), Code::InvalidInput),
        ("shares of nothing", shares(&[Some("0")]), Code::NothingToAllocate),
        ("an article of something else", PostExpense { article_id: rent, ..bill.clone() }, Code::ArticleMismatch),
        ("an article that is none", PostExpense { article_id: 404, ..bill.clone() }, Code::NotFound),
        ("a party that is none", PostExpense { party_id: 404, ..bill.clone() }, Code::NotFound),
        ("a contract that is none", PostExpense { contract_id: 404, ..bill.clone() }, Code::NotFound),
        ("before the goods came", PostExpense { issued_on: day("2026-01-09"), ..bill.clone() }, Code::DateBeforeReceipt),
        ("tomorrow", PostExpense { issued_on: day("2026-03-03"), ..bill.clone() }, Code::DateInFuture),
        ("before its own date", PostExpense { effective_on: Some(day("2026-02-09")), ..bill.clone() }, Code::InvalidInput),
        (
            "a credit of more than they cost",
            PostExpense { kind: Kind::Credit, net: d("1000.01"), ..bill.clone() },
            Code::BatchValueShort,
        ),
    ] {
        assert_eq!(world.posted(&refused).await.expect_err(what).code(), code, "{what}");
    }
    let none = ReverseExpense { additional_expense_id: 404, on: day("2026-02-10") };
    assert_eq!(reverse_expense(world.db(), &ctx("none"), &none).await.unwrap_err().code(), Code::NotFound);
    assert_eq!((written(&world).await, costs(&world, batch).await), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn bills_and_trucks_that_meet_give_the_same_totals() {
    let world = World::new().await;
    let one = world.receive("С-1", "2026-01-10", 30, "1000000.01", "0").await;
    let two = world.receive("С-2", "2026-01-10", 30, "777777.77", "0").await;
    let mut trucks = Vec::new();
    for number in 0..12 {
        let lines = vec![world.goods(one, 2, "100000"), world.goods(two, 2, "100000")];
        trucks.push(world.order(&format!("truck {number}"), lines).await);
    }
    let mut bills = Vec::new();
    for number in 1..=8 {
        // Named in either order, locked in one.
        let batches = if number % 2 == 0 { [one, two] } else { [two, one] };
        bills.push(world.bill("2026-02-10", &format!("{number}000.0{number}"), Basis::Tonnes, &batches).await);
    }
    let mut tasks = Vec::new();
    for truck in trucks {
        let db = world.db().clone();
        let ship =
            shpunt_domain::orders::commands::Ship { order_id: truck.order_id, shipped_on: day("2026-02-15"), weighed: vec![] };
        tasks.push(tokio::spawn(async move {
            shpunt_domain::orders::commands::ship(&db, &ctx(&format!("{ship:?}")), &ship).await.map(|_| ())
        }));
    }
    for (number, bill) in bills.into_iter().enumerate() {
        let db = world.db().clone();
        tasks.push(tokio::spawn(async move {
            let expense = post_expense(&db, &ctx(&format!("bill {number}")), &bill).await?.value;
            if number < 3 {
                let back = ReverseExpense { additional_expense_id: expense.additional_expense_id, on: day("2026-02-20") };
                reverse_expense(&db, &ctx(&format!("back {number}")), &back).await?;
            }
            Ok(())
        }));
    }
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let mut total = Decimal::ZERO;
    for batch in [one, two] {
        let (stock, lines) = costs(&world, batch).await;
        assert_eq!(lines.len(), 12);
        total += stock + lines.into_iter().sum::<Decimal>();
    }
    // 1,777,777.78 and the bills of 4,000.04 to 8,000.08 that stand.
    assert_eq!(total, d("1807778.08"));
    world.check_books().await;
}
