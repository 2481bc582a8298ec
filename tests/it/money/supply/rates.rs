//! Yuan that come back, go back, or are revalued twice: given, when, then.

use shpunt_domain::batches::expenses::Basis;
use shpunt_domain::batches::expenses::Kind;
use shpunt_domain::batches::returns::reverse::{ReverseReturn, reverse_return};
use shpunt_domain::treasury::Direction;
use shpunt_domain::treasury::currency::{PayInCurrency, Revalue, pay, revalue};
use shpunt_domain::treasury::unrevalue::{ReverseRevaluation, reverse};
use shpunt_domain::{Code, Result};
use shpunt_tests::ctx;

use super::super::races::{hold_counters, waiting};
use super::{World, d, day, written};

impl World {
    async fn yuan_back(&self, on: &str, yuan: &str, roubles: &str) -> Result<()> {
        let mut payment = self.to_supplier(on, roubles).await;
        payment.direction = Direction::In;
        let input = PayInCurrency { payment, currency: "CNY".to_owned(), currency_amount: d(yuan) };
        pay(self.db(), &ctx(&format!("{input:?}")), &input).await.map(|_| ())
    }

    async fn unrevalued(&self, revalued_on: &str, on: &str) -> Result<()> {
        let (company_id, currency) = (self.company_id, "CNY".to_owned());
        let input = ReverseRevaluation { company_id, currency, revalued_on: day(revalued_on), on: day(on) };
        let key = format!("{input:?} {:?}", written(self).await);
        reverse(self.db(), &ctx(&key), &input).await.map(|_| ())
    }
}

#[tokio::test]
async fn an_advance_in_yuan_is_paid_back_at_the_rate_of_the_day() {
    let world = World::new().await;
    // Given 100 yuan paid at 11 and 100 at 12.
    world.paid_yuan("2026-01-05", "100", "1100").await.unwrap();
    world.paid_yuan("2026-01-10", "100", "1200").await.unwrap();
    // When 150 come back at 13: 100 are carried at 1,100, 50 at 600.
    world.yuan_back("2026-02-10", "150", "1950").await.unwrap();
    // Then 250 are gained, and 50 yuan stay at 600.
    assert_eq!(world.differences().await, [(day("2026-02-10"), d("-250"))]);
    assert_eq!(world.balances(["supplier_advances", "cash", "payables"]).await, [d("600"), d("-350"), d("0")]);
    world.check_books().await;
    // No more than is there, and nothing before it was paid.
    let rows = written(&world).await;
    for (on, yuan) in [("2026-02-10", "50.01"), ("2026-01-04", "0.01"), ("2026-01-09", "1")] {
        assert_eq!(world.yuan_back(on, yuan, "650").await.unwrap_err().code(), Code::NothingToOffset, "{on}");
    }
    assert_eq!(written(&world).await, rows);
    // The last of it ends at zero in both; at 9 that loses 150.
    world.yuan_back("2026-02-11", "50", "450").await.unwrap();
    assert_eq!(world.differences().await, [(day("2026-02-10"), d("-250")), (day("2026-02-11"), d("150"))]);
    assert_eq!(world.balances(["supplier_advances", "cash"]).await, [d("0"), d("100")]);
    let open = "select count(*) from settlement_items where open <> 0 or open_currency <> 0";
    assert_eq!(sqlx::query_scalar::<_, i64>(open).fetch_one(world.db()).await.unwrap(), 0);
    world.check_books().await;
}

#[tokio::test]
async fn a_bonus_in_roubles_goes_with_the_goods_it_was_for() {
    let world = World::new().await;
    // Given ten piles for 100,000 yuan (1,094,000), 30,000 of them paid, and a bonus of the supplier of 10,000 roubles.
    let batch = world.import().await;
    let mut bonus = world.bill("2026-01-15", "10000", Basis::Pieces, &[batch]).await;
    (bonus.kind, bonus.article_id) = (Kind::Credit, world.article("supplier_price").await);
    world.posted(&bonus).await.unwrap();
    assert_eq!(world.balance("supplier_advances").await, d("10000"));
    // When two go back, then 20,000 yuan of the debt go, and 2,000 of the bonus; a pile is credited at 108,400.
    let two = world.gone_back(world.to_loss().await, &[(batch, 2)], "2026-01-20").await.unwrap();
    assert_eq!((two.cost, two.landed), (d("216800"), d("0")));
    assert_eq!((world.owed().await, world.balance("supplier_advances").await), ((d("550000"), d("50000")), d("8000")));
    assert_eq!(world.differences().await, [(day("2026-01-20"), d("-1200"))]);
    world.check_books().await;
    // When the others go back, nothing is owed, nothing of the bonus is left, and what was paid is an advance of 30,000 yuan.
    world.gone_back(world.to_loss().await, &[(batch, 8)], "2026-01-21").await.unwrap();
    let left: Vec<(rust_decimal::Decimal, rust_decimal::Decimal)> =
        sqlx::query_as("select open, open_currency from settlement_items where open > 0").fetch_all(world.db()).await.unwrap();
    assert_eq!(left, [(d("328200"), d("30000"))]);
    let accounts = ["supplier_advances", "payables", "inventory", "write_offs"];
    assert_eq!(world.balances(accounts).await, [d("328200"), d("0"), d("0"), d("0")]);
    world.check_books().await;
}

#[tokio::test]
async fn a_correction_above_his_price_comes_back_in_roubles() {
    let world = World::new().await;
    let batch = world.import().await;
    let mut dearer = world.bill("2026-01-15", "10000", Basis::Pieces, &[batch]).await;
    dearer.article_id = world.article("supplier_price").await;
    world.posted(&dearer).await.unwrap();
    assert_eq!(world.balance("payables").await, d("-780000"));
    world.gone_back(world.to_loss().await, &[(batch, 10)], "2026-01-20").await.unwrap();
    assert_eq!(world.balances(["supplier_advances", "payables", "inventory"]).await, [d("328200"), d("0"), d("0")]);
    world.check_books().await;
}

#[tokio::test]
async fn a_return_in_yuan_taken_back_is_owed_in_yuan() {
    let world = World::new().await;
    let batch = world.import().await;
    let mut bonus = world.bill("2026-01-15", "10000", Basis::Pieces, &[batch]).await;
    (bonus.kind, bonus.article_id) = (Kind::Credit, world.article("supplier_price").await);
    world.posted(&bonus).await.unwrap();
    let done = world.gone_back(world.to_loss().await, &[(batch, 2)], "2026-01-20").await.unwrap();
    let input = ReverseReturn { supplier_return_id: done.supplier_return_id, on: day("2026-01-25") };
    reverse_return(world.db(), &ctx("back"), &input).await.unwrap();
    // 50,000 yuan at 11, and again the 20,000 that the credit of 218,800 had paid off; the bonus is whole.
    assert_eq!(world.owed().await, (d("768800"), d("70000")));
    let accounts = ["payables", "supplier_advances", "inventory", "exchange_differences"];
    assert_eq!(world.balances(accounts).await, [d("-768800"), d("10000"), d("1084000"), d("-1200")]);
    world.check_books().await;
    // At the end of the month all of it is carried at 11.50.
    assert_eq!(world.revalued("2026-01-31").await.unwrap().difference, d("36200"));
    assert_eq!(world.owed().await, (d("805000"), d("70000")));
    world.check_books().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_comes_while_debts_are_revalued_is_seen() {
    let world = World::new().await;
    world.import().await;
    // Given a payment of all 70,000 yuan on 5 February that is about to commit.
    let payment = world.to_supplier("2026-02-05", "819000").await;
    let paid = PayInCurrency { payment, currency: "CNY".to_owned(), currency_amount: d("70000") };
    let held = hold_counters(&world).await;
    let (db, other) = (world.db().clone(), world.db().clone());
    let paying = tokio::spawn(async move { pay(&db, &ctx("pay"), &paid).await });
    waiting(&world, 1).await;
    // When January is revalued meanwhile.
    let january = Revalue { company_id: world.company_id, currency: "CNY".to_owned(), on: day("2026-01-31") };
    let revaluing = tokio::spawn(async move { revalue(&other, &ctx("revalue"), &january).await });
    waiting(&world, 2).await;
    held.rollback().await.unwrap();
    paying.await.unwrap().unwrap();
    // Then the 35,000 of January are found, and February has the rest of the 49,000.
    assert_eq!(revaluing.await.unwrap().unwrap().value.difference, d("35000"));
    assert_eq!(world.differences().await, [(day("2026-01-31"), d("35000")), (day("2026-02-05"), d("14000"))]);
    world.check_books().await;
}

#[tokio::test]
async fn a_revaluation_at_a_wrong_rate_is_taken_back_and_made_again() {
    let world = World::new().await;
    world.import().await;
    // Given January revalued at 11.50 instead of 12, with a payment of February among it.
    world.paid_yuan("2026-02-05", "40000", "468000").await.unwrap();
    world.revalued("2026-01-31").await.unwrap();
    assert_eq!(world.differences().await, [(day("2026-01-31"), d("35000")), (day("2026-02-05"), d("8000"))]);
    assert_eq!(world.unrevalued("2026-01-31", "2026-01-30").await.unwrap_err().code(), Code::DateTooEarly);
    assert_eq!(world.unrevalued("2026-02-28", "2026-02-28").await.unwrap_err().code(), Code::NotFound);
    // When it is taken back, then nothing of it is left.
    world.unrevalued("2026-01-31", "2026-01-31").await.unwrap();
    assert_eq!(world.differences().await, [(day("2026-02-05"), d("28000"))]);
    assert_eq!(world.owed().await, (d("330000"), d("30000")));
    world.check_books().await;
    assert_eq!(world.unrevalued("2026-01-31", "2026-01-31").await.unwrap_err().code(), Code::NotFound);
    // And made again it is 70,000, of which 40,000 were paid off.
    world.rated("2026-01-31", "12").await;
    assert_eq!(world.revalued("2026-01-31").await.unwrap().difference, d("70000"));
    assert_eq!(world.differences().await, [(day("2026-01-31"), d("70000")), (day("2026-02-05"), d("-12000"))]);
    assert_eq!(world.owed().await, (d("360000"), d("30000")));
    world.check_books().await;
    // The last one first, and not once something was paid at its rate.
    world.rated("2026-02-28", "12.5").await;
    world.revalued("2026-02-28").await.unwrap();
    assert_eq!(world.unrevalued("2026-01-31", "2026-02-28").await.unwrap_err().code(), Code::StillInUse);
    world.unrevalued("2026-02-28", "2026-03-01").await.unwrap();
    // Until 1 March the first one counts: a second of February would count twice.
    assert_eq!(world.revalued("2026-02-28").await.unwrap_err().code(), Code::DateTooEarly);
    assert_eq!(world.owed().await, (d("360000"), d("30000")));
    world.paid_yuan("2026-02-20", "10000", "121000").await.unwrap();
    assert_eq!(world.unrevalued("2026-01-31", "2026-03-01").await.unwrap_err().code(), Code::StillInUse);
    world.check_books().await;
}
