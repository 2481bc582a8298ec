//! Estimates: accrued when goods come, settled by difference when they are billed.

use rust_decimal::Decimal;
use shpunt_domain::batches::expenses::commands::{PostExpense, Target};
use shpunt_domain::batches::expenses::estimates::{SettleEstimate, estimate, settle};
use shpunt_domain::batches::expenses::{AdditionalExpense, Basis, Kind, ReverseExpense, reverse_expense};
use shpunt_domain::{Code, Result};
use shpunt_tests::ctx;

use super::super::{World, d, day};

impl World {
    async fn estimated(&self, on: &str, net: &str, batches: &[i64]) -> AdditionalExpense {
        let input = self.bill(on, net, Basis::Tonnes, batches).await;
        estimate(self.db(), &ctx(&format!("estimate {input:?}")), &input).await.unwrap().value
    }

    async fn settled(&self, of: &AdditionalExpense, bill: PostExpense) -> Result<AdditionalExpense> {
        let input = SettleEstimate { estimate_id: of.additional_expense_id, bill };
        Ok(settle(self.db(), &ctx(&format!("settle {input:?}")), &input).await?.value)
    }

    /// Inventory, COGS, accrued costs and payables.
    async fn estimate_books(&self) -> [Decimal; 4] {
        super::super::returns::balances(self, ["inventory", "cogs", "accrued_costs", "payables"]).await
    }
}

#[tokio::test]
async fn freight_is_estimated_when_goods_come_and_the_bill_brings_the_difference() {
    let world = World::new().await;
    // Given ten piles for 600,000 with freight estimated at 10,000, four of them sold …
    let batch = world.receive("С-1", "2026-01-10", 10, "600000", "132000").await;
    let guess = world.estimated("2026-01-10", "10000", &[batch]).await;
    assert!(guess.estimate);
    world.sold(batch, 4, "2026-01-20").await;
    // … the margin is right on the day of the sale: 244,000 of 610,000.
    assert_eq!(world.estimate_books().await, ["366000", "244000", "-10000", "-732000"].map(d));
    world.check_books().await;
    // When the carrier bills 12,000.01, then 2,000.01 more is split over stock and the sold line, and the accrual is a debt.
    let bill = PostExpense { vat: d("2640"), ..world.bill("2026-02-01", "12000.01", Basis::Tonnes, &[batch]).await };
    let billed = world.settled(&guess, bill.clone()).await.unwrap();
    assert_eq!((billed.cost, billed.settles_id), (d("2000.01"), guess.additional_expense_id));
    assert_eq!(world.estimate_books().await, ["367200.01", "244800.00", "0", "-746640.01"].map(d));
    world.check_books().await;
    // An estimate with a bill stands until the bill is taken back; then it is as it was, to the kopeck.
    assert_eq!(world.taken_back(&guess, "2026-02-02").await.unwrap_err().code(), Code::StillInUse);
    assert_eq!(
        world.settled(&guess, PostExpense { number: "Б-2".to_owned(), ..bill.clone() }).await.unwrap_err().code(),
        Code::StillInUse
    );
    world.taken_back(&billed, "2026-02-03").await.unwrap();
    assert_eq!(world.estimate_books().await, ["366000", "244000", "-10000", "-732000"].map(d));
    world.check_books().await;
    // A cheaper bill lowers what was sold and what is there; one of exactly the estimate changes no cost.
    let cheaper = PostExpense { net: d("9000"), vat: d("0"), ..bill.clone() };
    let cheaper = world.settled(&guess, cheaper).await.unwrap();
    assert_eq!(world.estimate_books().await, ["365400", "243600", "0", "-741000"].map(d));
    world.taken_back(&cheaper, "2026-02-04").await.unwrap();
    let same = world.settled(&guess, PostExpense { net: d("10000"), vat: d("0"), ..bill }).await.unwrap();
    assert_eq!(same.cost, d("0"));
    assert_eq!(world.estimate_books().await, ["366000", "244000", "0", "-742000"].map(d));
    world.check_books().await;
}

#[tokio::test]
async fn a_bill_may_name_other_batches_than_its_estimate() {
    let world = World::new().await;
    let first = world.receive("С-1", "2026-01-10", 10, "600000", "0").await;
    let second = world.receive("С-2", "2026-01-12", 10, "600000", "0").await;
    world.sold(first, 10, "2026-01-20").await;
    // The estimate came for the first alone, which is sold out: all of it is cost of sales.
    let guess = world.estimated("2026-01-21", "10000", &[first]).await;
    assert_eq!(world.estimate_books().await, ["600000", "610000", "-10000", "-1200000"].map(d));
    // The bill is for both: 6,000 each. The first gives 4,000 back.
    let bill = world.bill("2026-02-01", "12000", Basis::Pieces, &[first, second]).await;
    world.settled(&guess, bill).await.unwrap();
    assert_eq!(world.estimate_books().await, ["606000", "606000", "0", "-1212000"].map(d));
    world.check_books().await;
    // Of another: the second only.
    let guess = world.estimated("2026-02-02", "500", &[first]).await;
    world.settled(&guess, world.bill("2026-02-03", "700", Basis::Pieces, &[second]).await).await.unwrap();
    assert_eq!(world.estimate_books().await, ["606700", "606000", "0", "-1212700"].map(d));
    world.check_books().await;
}

#[tokio::test]
async fn an_estimate_that_cannot_be_is_refused() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2026-01-10", 10, "600000", "0").await;
    let credit = PostExpense { kind: Kind::Credit, ..world.bill("2026-01-10", "100", Basis::Tonnes, &[batch]).await };
    assert_eq!(estimate(world.db(), &ctx("credit"), &credit).await.unwrap_err().code(), Code::InvalidInput);
    let guess = world.estimated("2026-01-15", "10000", &[batch]).await;
    let bill = world.bill("2026-01-12", "12000", Basis::Tonnes, &[batch]).await;
    let refused = [
        ("before it", PostExpense { effective_on: Some(day("2026-01-14")), ..bill.clone() }, Code::InvalidInput),
        ("another article", PostExpense { article_id: world.article("customs").await, ..bill.clone() }, Code::ArticleMismatch),
        ("a credit", credit, Code::InvalidInput),
        ("no batch", PostExpense { targets: Vec::<Target>::new(), ..bill.clone() }, Code::InvalidInput),
    ];
    for (what, bill, code) in refused {
        assert_eq!(world.settled(&guess, bill).await.unwrap_err().code(), code, "{what}");
    }
    // The bill's date is that of the estimate when its paper is older.
    let billed = world.settled(&guess, bill.clone()).await.unwrap();
    assert_eq!(billed.effective_on, day("2026-01-15"));
    let of_a_bill = SettleEstimate { estimate_id: billed.additional_expense_id, bill };
    assert_eq!(settle(world.db(), &ctx("of a bill"), &of_a_bill).await.unwrap_err().code(), Code::InvalidInput);
    world.taken_back(&billed, "2026-01-16").await.unwrap();
    let reverse = ReverseExpense { additional_expense_id: guess.additional_expense_id, on: day("2026-01-17") };
    reverse_expense(world.db(), &ctx("guess"), &reverse).await.unwrap();
    assert_eq!(world.estimate_books().await, ["600000", "0", "0", "-600000"].map(d));
    world.check_books().await;
}
