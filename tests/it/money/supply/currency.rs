//! Goods bought in yuan: given, when, then.

use chrono::NaiveDate;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use rust_decimal::Decimal;
use shpunt_domain::batches::commands::Receive;
use shpunt_domain::companies::rates::commands::{SetRate, set};
use shpunt_domain::purchasing::receipts::afar::{ReceiveInCurrency, receive_in_currency};
use shpunt_domain::treasury::currency::{PayInCurrency, Revaluation, Revalue, pay, revalue};
use shpunt_domain::treasury::{Direction, Target};
use shpunt_domain::{Code, Result};
use shpunt_tests::ctx;

use super::{World, d, day, written};

impl World {
    pub(crate) async fn rated(&self, on: &str, rate: &str) {
        let input =
            SetRate { currency: "CNY".to_owned(), rated_on: day(on), nominal: 1, rate: d(rate), source: "ЦБ РФ".to_owned() };
        set(self.db(), &ctx(&format!("{input:?}")), &input).await.unwrap();
    }

    pub(super) async fn bought(&self, number: &str, on: &str, yuan: &str) -> Result<i64> {
        let receipt: Receive = self.receipt(number, on, 10, yuan, "0");
        let input = ReceiveInCurrency {
            receipt,
            currency: "CNY".to_owned(),
            expected_on: None,
            supplier_order_line_id: 0,
            preliminary: false,
        };
        Ok(receive_in_currency(self.db(), &ctx(number), &input).await?.value.batch_id)
    }

    pub(super) async fn paid_yuan(&self, on: &str, yuan: &str, roubles: &str) -> Result<()> {
        let payment = self.to_supplier(on, roubles).await;
        let input = PayInCurrency { payment, currency: "CNY".to_owned(), currency_amount: d(yuan) };
        pay(self.db(), &ctx(&format!("{input:?}")), &input).await.map(|_| ())
    }

    pub(crate) async fn revalued(&self, on: &str) -> Result<Revaluation> {
        let input = Revalue { company_id: self.company_id, currency: "CNY".to_owned(), on: day(on) };
        let key = format!("{on} {:?}", written(self).await);
        Ok(revalue(self.db(), &ctx(&key), &input).await?.value)
    }

    /// Exchange differences by day.
    pub(super) async fn differences(&self) -> Vec<(NaiveDate, Decimal)> {
        sqlx::query_as(
            "select effective_on, sum(amount) from ledger_entry where account = 'exchange_differences'
             group by 1 having sum(amount) <> 0 order by 1",
        )
        .fetch_all(self.db())
        .await
        .unwrap()
    }

    /// Open roubles and yuan of debts to the supplier.
    pub(super) async fn owed(&self) -> (Decimal, Decimal) {
        sqlx::query_as(
            "select coalesce(sum(open), 0), coalesce(sum(open_currency), 0) from settlement_items where account = 'payables'",
        )
        .fetch_one(self.db())
        .await
        .unwrap()
    }

    /// Of 100,000 yuan 30,000 were paid at 10.80, the rest is owed at 11.00.
    pub(crate) async fn import(&self) -> i64 {
        self.rated("2026-01-10", "11").await;
        self.rated("2026-01-31", "11.5").await;
        self.paid_yuan("2026-01-05", "30000", "324000").await.unwrap();
        self.bought("С-1", "2026-01-10", "100000").await.unwrap()
    }
}

#[tokio::test]
async fn the_prepaid_part_keeps_its_rate_and_the_debt_ends_at_zero() {
    let world = World::new().await;
    let batch = world.import().await;
    // 324,000 + 70,000 × 11.
    assert_eq!(world.worth(batch).await, d("1094000"));
    assert_eq!((world.owed().await, world.balance("supplier_advances").await), ((d("770000"), d("70000")), d("0")));
    assert_eq!(world.differences().await, []);
    world.check_books().await;
    // At the end of January 70,000 yuan are 805,000.
    let done = world.revalued("2026-01-31").await.unwrap();
    assert_eq!((done.difference, world.owed().await), (d("35000"), (d("805000"), d("70000"))));
    world.check_books().await;
    // 40,000 at 11.70 cost 8,000 more than they are carried at, 30,000 at 11.30 6,000 less.
    world.paid_yuan("2026-02-05", "40000", "468000").await.unwrap();
    world.paid_yuan("2026-02-20", "30000", "339000").await.unwrap();
    assert_eq!(
        world.differences().await,
        [(day("2026-01-31"), d("35000")), (day("2026-02-05"), d("8000")), (day("2026-02-20"), d("-6000"))]
    );
    assert_eq!((world.owed().await, world.balance("payables").await), ((d("0"), d("0")), d("0")));
    // What goods cost does not change.
    assert_eq!(world.worth(batch).await, d("1094000"));
    world.check_books().await;
}

#[tokio::test]
async fn a_revaluation_that_is_run_late_gives_the_same_months() {
    let world = World::new().await;
    world.import().await;
    world.paid_yuan("2026-02-05", "40000", "468000").await.unwrap();
    assert_eq!(world.differences().await, [(day("2026-02-05"), d("28000"))]);
    // January is revalued on the 7th of February, after the payment: all 70,000 yuan were owed then.
    let done = world.revalued("2026-01-31").await.unwrap();
    assert_eq!(done.difference, d("35000"));
    assert_eq!(world.differences().await, [(day("2026-01-31"), d("35000")), (day("2026-02-05"), d("8000"))]);
    assert_eq!(world.owed().await, (d("345000"), d("30000")));
    world.check_books().await;
}

#[tokio::test]
async fn an_advance_is_not_revalued_and_meets_a_later_debt_at_its_own_rate() {
    let world = World::new().await;
    world.rated("2026-01-31", "12").await;
    world.rated("2026-02-10", "13").await;
    world.paid_yuan("2026-01-05", "100", "1000.01").await.unwrap();
    assert_eq!(world.revalued("2026-01-31").await.unwrap().difference, d("0"));
    assert_eq!(world.balance("supplier_advances").await, d("1000.01"));
    // A third of it pays for 33.33 yuan.
    let batch = world.bought("С-1", "2026-02-10", "33.33").await.unwrap();
    assert_eq!((world.worth(batch).await, world.balance("supplier_advances").await), (d("333.30"), d("666.71")));
    world.check_books().await;
    // Money of the 20th entered before the goods of the 10th: they are owed for ten days.
    world.paid_yuan("2026-02-20", "100", "1400").await.unwrap();
    let batch = world.bought("С-2", "2026-02-10", "166.67").await.unwrap();
    // 66.67 yuan from the first advance, 100 at 13.
    assert_eq!(world.worth(batch).await, d("666.71") + d("1300"));
    assert_eq!(world.differences().await, [(day("2026-02-20"), d("100"))]);
    assert_eq!((world.owed().await, world.balance("supplier_advances").await), ((d("0"), d("0")), d("0")));
    world.check_books().await;
}

#[tokio::test]
async fn goods_bought_in_currency_go_back_in_currency() {
    let world = World::new().await;
    let batch = world.import().await;
    // Two of ten are 20,000 yuan and 218,800 roubles; the debt they lower is carried at 11.
    world.gone_back(world.to_loss().await, &[(batch, 2)], "2026-01-20").await.unwrap();
    assert_eq!(world.owed().await, (d("550000"), d("50000")));
    assert_eq!(world.differences().await, [(day("2026-01-20"), d("-1200"))]);
    assert_eq!(world.balances(["write_offs", "supplier_advances"]).await, [d("0"), d("0")]);
    world.check_books().await;
}

#[tokio::test]
async fn what_is_refused_leaves_nothing() {
    let world = World::new().await;
    world.import().await;
    world.revalued("2026-01-31").await.unwrap();
    let mut of_customer = world.to_supplier("2026-02-05", "1000").await;
    (of_customer.direction, of_customer.article_id) = (Direction::In, world.article("customer_payment").await);
    let mut for_deal = world.to_supplier("2026-02-05", "1000").await;
    for_deal.target = Target::Deal(world.deal_id);
    let before = written(&world).await;
    let code = |result: Result<i64>| result.unwrap_err().code();
    assert_eq!(code(world.bought("С-2", "2026-01-11", "100").await), Code::RateMissing);
    for (payment, currency, amount, expected) in [
        (of_customer, "CNY", "1", Code::CurrencyMismatch),
        (for_deal, "CNY", "1", Code::CurrencyMismatch),
        (world.to_supplier("2026-02-05", "1000").await, "RUB", "1", Code::InvalidInput),
        (world.to_supplier("2026-02-05", "1000").await, "yuan", "1", Code::InvalidInput),
        (world.to_supplier("2026-02-05", "1000").await, "CNY", "0", Code::AmountNotPositive),
        (world.to_supplier("2026-02-05", "0").await, "CNY", "1", Code::AmountNotPositive),
        // It was revalued on the 31st.
        (world.to_supplier("2026-01-20", "1000").await, "CNY", "1", Code::DateTooEarly),
    ] {
        let input = PayInCurrency { payment, currency: currency.to_owned(), currency_amount: d(amount) };
        let refused = pay(world.db(), &ctx(&format!("{input:?}")), &input).await.unwrap_err();
        assert_eq!(refused.code(), expected, "{input:?}");
    }
    for (on, expected) in
        [("2026-01-31", Code::DateTooEarly), ("2026-02-27", Code::InvalidInput), ("2026-02-28", Code::RateMissing)]
    {
        assert_eq!(world.revalued(on).await.unwrap_err().code(), expected, "{on}");
    }
    assert_eq!(written(&world).await, before);
    // Roubles pay nothing that is owed in yuan: they are an advance of their own.
    world.paid_supplier("2026-02-05", "1000").await;
    assert_eq!((world.owed().await.1, world.balance("supplier_advances").await), (d("70000"), d("1000")));
    world.check_books().await;
}

#[tokio::test]
async fn whatever_is_paid_in_parts_ends_at_zero_in_both() {
    for seed in 1..=4 {
        let world = World::new().await;
        let mut rng = StdRng::seed_from_u64(seed);
        for date in 1..=28 {
            world.rated(&format!("2026-01-{date:02}"), &Decimal::new(rng.random_range(90_000..=130_000), 4).to_string()).await;
        }
        world.rated("2026-01-31", "12.3457").await;
        let mut left = Decimal::ZERO;
        for number in 0..12 {
            let on = format!("2026-01-{:02}", rng.random_range(1..=28));
            let yuan = Decimal::new(rng.random_range(1..=5_000_000), 2);
            if rng.random_bool(0.5) {
                let roubles = (yuan * d("11.1")).round_dp(2).max(d("0.01"));
                world.paid_yuan(&on, &yuan.to_string(), &roubles.to_string()).await.unwrap();
                left -= yuan;
            } else {
                world.bought(&format!("С-{number}"), &on, &yuan.to_string()).await.unwrap();
                left += yuan;
            }
        }
        world.revalued("2026-01-31").await.unwrap();
        world.check_books().await;
        // What is still owed is paid in parts; what was paid too much is bought for.
        if left < Decimal::ZERO {
            world.rated("2026-02-01", "11").await;
            world.bought("С-99", "2026-02-01", &(-left).to_string()).await.unwrap();
        }
        while left > Decimal::ZERO {
            let yuan = Decimal::new(rng.random_range(1..=4_000_000), 2).min(left);
            let roubles = (yuan * Decimal::new(rng.random_range(10..=13), 0)).round_dp(2);
            let on = format!("2026-02-{:02}", rng.random_range(1..=28));
            world.paid_yuan(&on, &yuan.to_string(), &roubles.to_string()).await.unwrap();
            left -= yuan;
        }
        let open: (Decimal, Decimal) =
            sqlx::query_as("select sum(open), sum(open_currency) from settlement_items").fetch_one(world.db()).await.unwrap();
        assert_eq!((open, world.balance("payables").await), ((d("0"), d("0")), d("0")), "seed {seed}");
        world.check_books().await;
    }
}
