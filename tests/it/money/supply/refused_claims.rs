//! Claims a supplier refused, whose cause goes away later: given, when, then.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use shpunt_domain::batches::expenses::AdditionalExpense;
use shpunt_domain::batches::expenses::Basis;
use shpunt_domain::batches::returns::Landed;
use shpunt_domain::treasury::claims::{SettleClaim, settle};
use shpunt_tests::ctx;

use super::super::races::waiting;
use super::{World, d, day};

const ACCOUNTS: [&str; 4] = ["supplier_advances", "claims", "write_offs", "payables"];

/// Ten piles, paid; four went back on 20 January, and 24,000 of another's freight for them are claimed.
async fn claimed(world: &World) -> AdditionalExpense {
    let batch = world.receive("С-1", "2026-01-10", 10, "1200000", "264000").await;
    world.paid_supplier("2026-01-12", "1464000").await;
    let mut freight = world.bill("2026-01-15", "60000", Basis::Pieces, &[batch]).await;
    freight.party_id = world.customer_id;
    let freight = world.posted(&freight).await.unwrap();
    world.gone_back(Landed::Claim, &[(batch, 4)], "2026-01-20").await.unwrap();
    assert_eq!(world.balances(ACCOUNTS).await, [d("585600"), d("24000"), d("0"), d("-60000")]);
    freight
}

#[tokio::test]
async fn what_was_given_up_is_no_loss_any_more_and_only_what_he_acknowledged_is_owed_back() {
    let world = World::new().await;
    let freight = claimed(&world).await;
    // Given a supplier who acknowledged 9,000 of the 24,000; the other 15,000 were given up.
    world.claim_settled("9000", None, "2026-02-05").await.unwrap();
    world.claim_settled("10000", Some("claim_refused"), "2026-02-06").await.unwrap();
    world.claim_settled("5000", Some("supplier_return"), "2026-02-07").await.unwrap();
    assert_eq!(world.balances(ACCOUNTS).await, [d("594600"), d("0"), d("15000"), d("-60000")]);
    world.check_books().await;
    // When the freight turns out never to have been: its bill is taken back.
    world.taken_back(&freight, "2026-02-10").await.unwrap();
    // Then nothing was lost, and 9,000 of what he credited are his again.
    assert_eq!(world.balances(ACCOUNTS).await, [d("585600"), d("0"), d("0"), d("0")]);
    let losses: Vec<(String, Decimal)> = sqlx::query_as(
        "select a.code, sum(e.amount) from ledger_entry e join articles a using (article_id) where e.account = 'write_offs' group by 1",
    )
    .fetch_all(world.db())
    .await
    .unwrap();
    assert!(losses.iter().all(|(_, sum)| sum.is_zero()) && losses.len() == 2, "each article has its own back: {losses:?}");
    world.check_books().await;
}

#[tokio::test]
async fn a_loss_taken_back_in_part_is_not_taken_back_twice() {
    let world = World::new().await;
    claimed(&world).await;
    world.claim_settled("20000", None, "2026-02-05").await.unwrap();
    world.claim_settled("4000", Some("claim_refused"), "2026-02-06").await.unwrap();
    let batch: i64 = sqlx::query_scalar("select batch_id from batches").fetch_one(world.db()).await.unwrap();
    // Three credits of the carrier, 2,000 of each for what went back: the first two take the loss, the third is owed to the supplier.
    for (number, losses, advances) in [("1", "2000", "605600"), ("2", "0", "605600"), ("3", "0", "603600")] {
        let mut credit = world.bill("2026-02-10", "5000", Basis::Pieces, &[batch]).await;
        credit.kind = shpunt_domain::batches::expenses::Kind::Credit;
        (credit.party_id, credit.number) = (world.customer_id, number.to_owned());
        world.posted(&credit).await.unwrap();
        assert_eq!(world.balances(["write_offs", "supplier_advances"]).await, [d(losses), d(advances)], "credit {number}");
        world.check_books().await;
    }
}

#[tokio::test]
async fn a_loss_is_taken_back_on_no_day_before_it_was() {
    let world = World::new().await;
    let freight = claimed(&world).await;
    world.claim_settled("24000", Some("claim_refused"), "2026-02-06").await.unwrap();
    // The storno is of the first of February, entered later: the claim was open then.
    world.taken_back(&freight, "2026-02-01").await.unwrap();
    let days = "select effective_on, account, sum(amount) from ledger_entry where account in ('claims', 'write_offs')
        group by 1, 2 having sum(amount) <> 0 order by 1, 2";
    let days: Vec<(NaiveDate, String, Decimal)> = sqlx::query_as(days).fetch_all(world.db()).await.unwrap();
    assert_eq!(
        days,
        [(day("2026-01-20"), "claims".to_owned(), d("24000")), (day("2026-02-01"), "claims".to_owned(), d("-24000"))]
    );
    assert_eq!(world.balances(ACCOUNTS).await, [d("585600"), d("0"), d("0"), d("0")]);
    world.check_books().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_is_locked_after_its_party() {
    let world = World::new().await;
    claimed(&world).await;
    let claim = "select item_id from settlement_items where account = 'claims'";
    let claim_id: i64 = sqlx::query_scalar(claim).fetch_one(world.db()).await.unwrap();
    // Whoever holds the supplier and comes to the claim, as a late cost does, must not find it held by somebody who waits for the supplier.
    let mut held = world.db().begin().await.unwrap();
    sqlx::query("select from parties where party_id = $1 for no key update")
        .bind(world.supplier_id)
        .execute(&mut *held)
        .await
        .unwrap();
    let (db, input) = (world.db().clone(), SettleClaim { claim_id, on: day("2026-02-05"), amount: d("24000"), article_id: None });
    let settling = tokio::spawn(async move { settle(&db, &ctx("settle"), &input).await });
    waiting(&world, 1).await;
    sqlx::query("select from settlement_items where item_id = $1 for update nowait")
        .bind(claim_id)
        .execute(&mut *held)
        .await
        .expect("the claim is free");
    held.rollback().await.unwrap();
    settling.await.unwrap().unwrap();
    assert_eq!(world.balance("claims").await, d("0"));
    world.check_books().await;
}
