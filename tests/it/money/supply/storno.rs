//! Returns to suppliers and shortages taken back: given, when, then.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use rust_decimal::Decimal;
use shpunt_domain::batches::expenses::Basis;
use shpunt_domain::batches::returns::commands::return_to_supplier;
use shpunt_domain::batches::returns::reverse::{ReverseReturn, reverse_return};
use shpunt_domain::batches::returns::{Landed, SupplierReturn};
use shpunt_domain::batches::transit::reverse::{ReverseMiss, reverse_miss};
use shpunt_domain::treasury::Direction;
use shpunt_domain::treasury::commands::pay;
use shpunt_domain::{Code, Result};
use shpunt_tests::ctx;

use super::{World, d, day, written};

const ACCOUNTS: [&str; 6] = ["inventory", "payables", "supplier_advances", "vat_input", "claims", "write_offs"];

impl World {
    pub(in crate::money) async fn return_undone(&self, of: &SupplierReturn, on: &str) -> Result<SupplierReturn> {
        let input = ReverseReturn { supplier_return_id: of.supplier_return_id, on: day(on) };
        let key = format!("{input:?} {:?}", written(self).await);
        Ok(reverse_return(self.db(), &ctx(&key), &input).await?.value)
    }

    pub(in crate::money) async fn miss_undone(&self, nth: i64, on: &str) -> Result<()> {
        let shortage = sqlx::query_scalar("select document_id from batch_shortages order by 1 offset $1 limit 1");
        let input = ReverseMiss { document_id: shortage.bind(nth).fetch_one(self.db()).await.unwrap(), on: day(on) };
        let key = format!("{input:?} {:?}", written(self).await);
        reverse_miss(self.db(), &ctx(&key), &input).await.map(|_| ())
    }
}

#[tokio::test]
async fn a_return_taken_back_leaves_the_goods_with_all_they_cost() {
    let world = World::new().await;
    // Given ten piles for 1,200,000 and 264,000 of VAT, 60,000 of freight of another, not paid.
    let batch = world.receive("С-1", "2026-01-10", 10, "1200000", "264000").await;
    let mut freight = world.bill("2026-01-15", "60000", Basis::Pieces, &[batch]).await;
    freight.party_id = world.customer_id;
    world.posted(&freight).await.unwrap();
    let before = world.balances(ACCOUNTS).await;
    // Four went back, 24,000 were claimed; a late bill of 10,000 raised the claim by 4,000.
    let done = world.gone_back(Landed::Claim, &[(batch, 4)], "2026-01-20").await.unwrap();
    let mut late = world.bill("2026-02-01", "10000", Basis::Pieces, &[batch]).await;
    late.party_id = world.customer_id;
    let late = world.posted(&late).await.unwrap();
    assert_eq!(world.balances(ACCOUNTS).await, [d("762000"), d("-948400"), d("0"), d("158400"), d("28000"), d("0")]);
    // The late bill cannot come home before it is there.
    assert_eq!(world.return_undone(&done, "2026-01-25").await.unwrap_err().code(), Code::DateTooEarly);
    // When the return is taken back: the supplier did not take them.
    let undone = world.return_undone(&done, "2026-02-10").await.unwrap();
    assert_eq!((undone.reversed_on, undone.reversal_document_id > 0), (Some(day("2026-02-10")), true));
    // Then ten piles are here with both bills, he is owed the whole, nothing is claimed, and all VAT is deducted.
    assert_eq!(world.worth(batch).await, d("1270000"));
    assert_eq!(world.balances(ACCOUNTS).await, [d("1270000"), d("-1534000"), d("0"), d("264000"), d("0"), d("0")]);
    world.check_books().await;
    assert_eq!(world.return_undone(&done, "2026-02-11").await.unwrap_err().code(), Code::AlreadyReversed);
    // What is taken back of the late bill now comes from the goods alone.
    world.taken_back(&late, "2026-02-12").await.unwrap();
    assert_eq!(world.balances(ACCOUNTS).await, before);
    world.check_books().await;
    // All ten can go back again, at his whole price.
    let all = world.gone_back(world.to_loss().await, &[(batch, 10)], "2026-02-20").await.unwrap();
    assert_eq!((all.cost, all.vat, all.landed), (d("1200000"), d("264000"), d("60000")));
    world.check_books().await;
}

#[tokio::test]
async fn a_credit_that_was_paid_out_or_paid_something_off_is_owed_again() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2026-01-10", 10, "1000", "220").await;
    world.paid_supplier("2026-01-12", "1220").await;
    let done = world.gone_back(world.to_loss().await, &[(batch, 5)], "2026-01-20").await.unwrap();
    // Of 610 he paid 210 back, and 400 paid for other goods.
    let mut back = world.to_supplier("2026-01-25", "210").await;
    back.direction = Direction::In;
    pay(world.db(), &ctx("back"), &back).await.unwrap();
    world.receive("С-2", "2026-01-27", 1, "400", "0").await;
    assert_eq!(world.balances(["payables", "supplier_advances"]).await, [d("0"), d("0")]);
    // Dated before that: the debt is there from the day its last part was used.
    world.return_undone(&done, "2026-01-22").await.unwrap();
    assert_eq!(world.balances(["payables", "supplier_advances", "vat_input"]).await, [d("-610"), d("0"), d("220")]);
    world.check_books().await;
}

#[tokio::test]
async fn a_settled_claim_taken_back_leaves_the_other_claims_of_the_supplier() {
    let world = World::new().await;
    // Given two deliveries, ten piles each with 10,000 of another's freight, and five of each claimed: 5,000 of freight of either.
    let mut returns = Vec::new();
    for (number, on) in [("С-1", "2026-01-20"), ("С-2", "2026-01-21")] {
        let batch = world.receive(number, "2026-01-10", 10, "100000", "22000").await;
        let mut freight = world.bill("2026-01-15", "10000", Basis::Pieces, &[batch]).await;
        (freight.party_id, freight.number) = (world.customer_id, number.to_owned());
        world.posted(&freight).await.unwrap();
        returns.push(world.gone_back(Landed::Claim, &[(batch, 5)], on).await.unwrap());
    }
    // Of the first he acknowledged 3,000, which pays our debt, and 2,000 were given up.
    world.claim_settled("3000", None, "2026-02-05").await.unwrap();
    world.claim_settled("2000", Some("claim_refused"), "2026-02-06").await.unwrap();
    let accounts = ["inventory", "payables", "claims", "write_offs"];
    assert_eq!(world.balances(accounts).await, [d("110000"), d("-139000"), d("5000"), d("2000")]);
    // When the first return is taken back, then the loss is none, the 3,000 are owed, and of the second 5,000 are still claimed.
    world.return_undone(&returns[0], "2026-02-10").await.unwrap();
    assert_eq!(world.balances(accounts).await, [d("165000"), d("-203000"), d("5000"), d("0")]);
    let open: Vec<Decimal> = sqlx::query_scalar("select open from settlement_items where account = 'claims' order by item_id")
        .fetch_all(world.db())
        .await
        .unwrap();
    assert_eq!(open, [d("0"), d("5000")]);
    world.check_books().await;
    // The second, of which nothing was settled, goes with its claim.
    world.return_undone(&returns[1], "2026-02-11").await.unwrap();
    assert_eq!(world.balances(accounts).await, [d("220000"), d("-264000"), d("0"), d("0")]);
    world.check_books().await;
}

#[tokio::test]
async fn the_last_return_of_a_delivery_is_taken_back_first() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2026-01-10", 3, "100", "22").await;
    let before = world.balances(ACCOUNTS).await;
    let first = world.gone_back(world.to_loss().await, &[(batch, 1)], "2026-01-20").await.unwrap();
    let second = world.gone_back(world.to_loss().await, &[(batch, 1)], "2026-01-15").await.unwrap();
    let rows = written(&world).await;
    let early = world.return_undone(&first, "2026-02-01").await.unwrap_err();
    assert_eq!(early.code(), Code::StillInUse);
    assert!(early.to_string().contains("ВП-26-00002"), "{early}");
    assert_eq!(world.return_undone(&second, "2026-01-14").await.unwrap_err().code(), Code::DateTooEarly);
    assert_eq!(world.return_undone(&second, "2026-03-03").await.unwrap_err().code(), Code::DateInFuture);
    let nothing = SupplierReturn { supplier_return_id: 404, ..second.clone() };
    assert_eq!(world.return_undone(&nothing, "2026-02-01").await.unwrap_err().code(), Code::NotFound);
    assert_eq!(written(&world).await, rows);
    world.return_undone(&second, "2026-02-01").await.unwrap();
    world.return_undone(&first, "2026-02-01").await.unwrap();
    assert_eq!(world.balances(ACCOUNTS).await, before);
    world.check_books().await;
}

#[tokio::test]
async fn a_cost_that_left_later_comes_back_not_before() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2026-01-10", 3, "300", "0").await;
    world.billed("2026-01-20", "30", Basis::Pieces, &[batch]).await;
    let done = world.gone_back(Landed::Claim, &[(batch, 3)], "2026-01-15").await.unwrap();
    assert_eq!(world.return_undone(&done, "2026-01-19").await.unwrap_err().code(), Code::DateTooEarly);
    world.return_undone(&done, "2026-01-20").await.unwrap();
    assert_eq!(world.balances(["inventory", "claims"]).await, [d("330"), d("0")]);
    world.check_books().await;
}

#[tokio::test]
async fn a_price_a_return_was_made_at_may_change_once_the_return_is_taken_back() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2026-01-10", 10, "1000", "0").await;
    let mut dearer = world.bill("2026-01-15", "100", Basis::Pieces, &[batch]).await;
    dearer.article_id = world.article("supplier_price").await;
    let dearer = world.posted(&dearer).await.unwrap();
    let done = world.gone_back(world.to_loss().await, &[(batch, 2)], "2026-01-20").await.unwrap();
    assert_eq!(world.taken_back(&dearer, "2026-01-25").await.unwrap_err().code(), Code::StillInUse);
    world.return_undone(&done, "2026-01-25").await.unwrap();
    world.taken_back(&dearer, "2026-01-25").await.unwrap();
    assert_eq!(world.balances(["inventory", "payables"]).await, [d("1000"), d("-1000")]);
    world.check_books().await;
}

#[tokio::test]
async fn what_was_missing_is_on_its_way_again() {
    let world = World::new().await;
    // Given ten piles for 1,000,000 with 220,000 of VAT and 10,000 of freight, one of which is claimed and one lost.
    let batch = world.on_its_way("С-1", "2026-01-10", 10, "1000000", "220000").await.batch_id;
    world.billed("2026-01-20", "10000", Basis::Pieces, &[batch]).await;
    let accounts = ["goods_in_transit", "payables", "claims", "write_offs", "vat_input"];
    let before = world.balances(accounts).await;
    world.missed(batch, 1, Landed::Claim, "2026-02-01").await.unwrap();
    world.missed(batch, 1, world.to_loss().await, "2026-02-01").await.unwrap();
    let late = world.billed("2026-02-10", "5000", Basis::Pieces, &[batch]).await;
    assert_eq!(world.balances(accounts).await, [d("812000"), d("-1235000"), d("123500"), d("101500"), d("198000")]);
    // When both are found, the last first.
    assert_eq!(world.miss_undone(0, "2026-02-15").await.unwrap_err().code(), Code::StillInUse);
    world.miss_undone(1, "2026-02-15").await.unwrap();
    world.check_books().await;
    world.miss_undone(0, "2026-02-16").await.unwrap();
    assert_eq!(world.miss_undone(0, "2026-02-16").await.unwrap_err().code(), Code::AlreadyReversed);
    // Then all ten are on their way with what the late bill added.
    assert_eq!(world.balances(accounts).await, [d("1015000"), d("-1235000"), d("0"), d("0"), d("220000")]);
    world.taken_back(&late, "2026-02-17").await.unwrap();
    assert_eq!(world.balances(accounts).await, before);
    world.check_books().await;
    let here = world.arrived(batch, 10, "2026-02-20").await.unwrap();
    assert_eq!(here.cost, d("1010000"));
    world.check_books().await;
}

#[tokio::test]
async fn after_any_history_all_taken_back_is_as_if_nothing_had_been() {
    for seed in 1..=3 {
        let world = World::new().await;
        let mut rng = StdRng::seed_from_u64(seed);
        let batches = [
            world.receive("С-1", "2026-01-10", 17, "1000.01", "220.01").await,
            world.receive("С-2", "2026-01-11", 9, "777.77", "0").await,
        ];
        let before = world.balances(ACCOUNTS).await;
        let (mut bills, mut returns, mut undone) = (Vec::new(), Vec::new(), 0);
        let to_loss = world.to_loss().await;
        for step in 0..36 {
            let on = format!("2026-02-{:02}", rng.random_range(1..=12));
            match rng.random_range(0..6) {
                0 | 1 => {
                    let mut bill =
                        world.bill(&on, &format!("{}.{:02}", rng.random_range(1..90), step), Basis::Pieces, &batches).await;
                    (bill.party_id, bill.number) = (world.customer_id, step.to_string());
                    bills.push(world.posted(&bill).await.unwrap());
                }
                2 if !bills.is_empty() => {
                    let bill = bills.swap_remove(rng.random_range(0..bills.len()));
                    world.taken_back(&bill, "2026-02-20").await.unwrap();
                }
                3 | 4 => {
                    let landed = if rng.random_bool(0.5) { Landed::Claim } else { to_loss };
                    let batch = batches[rng.random_range(0..2)];
                    // What is not there, or was claimed before, is refused.
                    let mut input = world.going_back(landed, &[(batch, rng.random_range(1..=4))], &on);
                    input.number = step.to_string();
                    let sent = return_to_supplier(world.db(), &ctx(&format!("{input:?}")), &input).await;
                    returns.extend(sent.ok().map(|sent| sent.value));
                }
                5 if !returns.is_empty() => {
                    // Only the last of its delivery is taken back.
                    let at = rng.random_range(0..returns.len());
                    match world.return_undone(&returns[at], "2026-02-20").await {
                        Ok(_) => {
                            returns.remove(at);
                            undone += 1;
                        }
                        Err(error) => assert_eq!(error.code(), Code::StillInUse, "{error}"),
                    }
                }
                _ => {}
            }
            world.check_books().await;
        }
        assert!(undone > 0 && returns.len() + undone > 4, "seed {seed} sent too little back: {undone} and {}", returns.len());
        while let Some(last) = returns.pop() {
            world.return_undone(&last, "2026-02-25").await.unwrap();
            world.check_books().await;
        }
        for bill in bills {
            world.taken_back(&bill, "2026-02-26").await.unwrap();
        }
        assert_eq!(world.balances(ACCOUNTS).await, before, "seed {seed}");
        world.check_books().await;
    }
}
