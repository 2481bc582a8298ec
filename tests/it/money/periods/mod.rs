//! Closing a month: in which order, what stands in the way, what it keeps, and that nothing slips into it.

mod checks;
mod late;

use shpunt_domain::ledger::Account;
use shpunt_domain::ledger::periods::commands::{Close, Reopen, close, reopen};
use shpunt_domain::ledger::periods::{Change, Period, Total, read};
use shpunt_domain::treasury::Target;
use shpunt_domain::treasury::commands::pay;
use shpunt_domain::{Code, Result};
use shpunt_tests::{ctx, now};

use super::{World, d, day};

impl World {
    /// A world whose books begin on a day.
    pub(super) async fn beginning(first_day: &str) -> Self {
        let world = Self::new().await;
        sqlx::query("update companies set first_day = $1").bind(day(first_day)).execute(world.db()).await.unwrap();
        world
    }

    pub(super) async fn try_close(&self, month: &str, acknowledge_warnings: bool) -> Result<()> {
        let input = Close { company_id: self.company_id, month: day(month), acknowledge_warnings };
        let key = format!("close {month} {acknowledge_warnings} {:?}", self.closes().await);
        close(self.db(), &ctx(&key), &input).await.map(|_| ())
    }

    async fn close(&self, month: &str) {
        self.try_close(month, true).await.unwrap();
    }

    pub(super) async fn reopen(&self, month: &str, reason: &str) -> Result<()> {
        let input = Reopen { company_id: self.company_id, month: day(month), reason: reason.to_owned() };
        let key = format!("reopen {month} {reason} {:?}", self.closes().await);
        reopen(self.db(), &ctx(&key), &input).await.map(|_| ())
    }

    async fn period(&self, month: &str) -> Period {
        read::get(self.db(), self.company_id, day(month), now()).await.unwrap()
    }

    /// What is kept of the last close of a month.
    async fn totals(&self, month: &str, number: usize) -> Vec<Total> {
        let close = self.period(month).await.closes[number - 1].period_close_id;
        let mut totals = read::list_totals(self.db(), &[close]).await.unwrap();
        totals.sort_by_key(|total| total.account);
        totals
    }

    async fn changes(&self, month: &str) -> Vec<Change> {
        let close = self.period(month).await.closes.last().unwrap().period_close_id;
        let mut changes = read::list_changes(self.db(), &[close]).await.unwrap();
        changes.sort_by_key(|change| change.account);
        changes
    }

    /// How many closes there are, and how many of them hold.
    async fn closes(&self) -> (i64, i64) {
        sqlx::query_as("select count(*), count(*) filter (where reopened_at is null) from period_closes")
            .fetch_one(self.db())
            .await
            .unwrap()
    }
}

fn code(done: Result<()>) -> Code {
    done.map_err(|error| error.code()).unwrap_err()
}

#[tokio::test]
async fn months_close_in_order_and_reopen_backwards() {
    // The first month of the books is one of them from its tenth day on.
    let world = World::beginning("2026-01-10").await;
    for (month, refused) in [
        ("2026-02-01", Code::PeriodOrder),
        ("2026-03-01", Code::DateInFuture),
        ("2025-12-01", Code::DateBeforeFirstDay),
        ("2026-01-15", Code::InvalidInput),
    ] {
        assert_eq!(code(world.try_close(month, true).await), refused, "{month}");
    }
    assert_eq!(code(world.reopen("2026-01-01", "ничего не закрыто").await), Code::PeriodOrder);
    world.close("2026-01-01").await;
    assert_eq!(code(world.try_close("2026-01-01", true).await), Code::PeriodClosed);
    world.close("2026-02-01").await;
    assert_eq!(code(world.reopen("2026-01-01", "рано").await), Code::PeriodOrder);
    assert_eq!(code(world.reopen("2026-02-01", " ").await), Code::InvalidInput);
    world.reopen("2026-02-01", "забыли счёт").await.unwrap();
    assert_eq!(code(world.reopen("2026-02-01", "ещё раз").await), Code::PeriodOrder);
    world.reopen("2026-01-01", "и январь").await.unwrap();
    assert_eq!(code(world.try_close("2026-02-01", true).await), Code::PeriodOrder);
    world.close("2026-01-01").await;
    let months = read::list(world.db(), world.company_id, now()).await.unwrap();
    let shown: Vec<_> = months.iter().map(|period| (period.month, period.closed_at.is_some(), period.closes.len())).collect();
    assert_eq!(shown, [(day("2026-03-01"), false, 0), (day("2026-02-01"), false, 1), (day("2026-01-01"), true, 2)]);
    let first = &months[2].closes[0];
    assert_eq!((first.number, first.reason.as_str(), first.reopened_at), (1, "и январь", Some(now())));
    assert_eq!((months[2].closes[1].number, months[2].closes[1].reopened_at), (2, None));
    assert_eq!(code(world.try_close("2024-01-01", true).await), Code::DateBeforeFirstDay);
    let nobody = Close { company_id: 99, month: day("2026-01-01"), acknowledge_warnings: true };
    assert_eq!(close(world.db(), &ctx("nobody"), &nobody).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn a_close_keeps_what_was_reported_and_a_reopened_month_shows_what_changed() {
    let world = World::beginning("2026-01-01").await;
    let batch = world.receive("С-1", "2026-01-12", 10, "600000", "132000").await;
    let order = world.order("order", vec![world.goods(batch, 4, "122000")]).await;
    world.ship(&order, "2026-01-20").await.unwrap();
    world.close("2026-01-01").await;
    // 4 pieces of 1.2 t at 122,000 with VAT: 480,000 net; their cost is four tenths of 600,000.
    let totals = world.totals("2026-01-01", 1).await;
    let total = |account: Account| totals.iter().find(|total| total.account == account).unwrap();
    let inventory = total(Account::Inventory);
    assert_eq!((inventory.debit, inventory.credit, inventory.closing), (d("600000"), d("240000"), d("360000")));
    assert_eq!((total(Account::Revenue).closing, total(Account::Cogs).closing), (d("-480000"), d("240000")));
    assert_eq!(totals.iter().map(|total| total.closing).sum::<rust_decimal::Decimal>(), d("0"));

    let payment = world.payment(Target::Order(order.order_id), "2026-01-25", "85600").await;
    let refused = pay(world.db(), &ctx("late"), &payment).await.unwrap_err();
    assert_eq!(refused.code(), Code::PeriodClosed);
    assert!(refused.to_string().contains("reopen"), "{refused}");
    assert_eq!(world.changes("2026-01-01").await, []);

    world.reopen("2026-01-01", "платёж от 25 января").await.unwrap();
    assert_eq!(world.changes("2026-01-01").await, [], "nothing was posted yet");
    pay(world.db(), &ctx("late"), &payment).await.unwrap();
    // A later month is not a change of this one.
    world.paid("february", Target::Deal(world.deal_id), "2026-02-10", "77").await;
    let changes = world.changes("2026-01-01").await;
    let told: Vec<_> = changes.iter().map(|change| (change.account, change.closed, change.now, change.difference())).collect();
    assert_eq!(
        told,
        [(Account::Cash, d("0"), d("85600"), d("85600")), (Account::Receivables, d("585600"), d("500000"), d("-85600")),]
    );
    assert_eq!((changes[0].debit, changes[1].credit), (d("85600"), d("85600")));
    world.close("2026-01-01").await;
    assert_eq!(world.changes("2026-01-01").await, []);
    assert_eq!(world.totals("2026-01-01", 1).await, totals, "what was reported stays");
    for change in ["update period_totals set closing = 0", "delete from period_totals", "truncate period_totals"] {
        let refused = sqlx::query(change).execute(world.db()).await.unwrap_err();
        assert!(refused.to_string().contains("kept as they were reported"), "{change}: {refused}");
    }
    // February carries the balances on and counts its own turnover only.
    world.close("2026-02-01").await;
    let february = world.totals("2026-02-01", 1).await;
    let cash = february.iter().find(|total| total.account == Account::Cash).unwrap();
    assert_eq!((cash.debit, cash.credit, cash.closing), (d("77"), d("0"), d("85677")));
}
