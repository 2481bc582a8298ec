//! Random sequences of commands: whatever happens, the books hold, and a replay changes nothing.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use shpunt_domain::batches::commands::receive;
use shpunt_domain::orders::commands::{self as orders, Create, Ship};
use shpunt_domain::orders::expenses::{AddExpense, add};
use shpunt_domain::treasury::commands::pay;
use shpunt_domain::treasury::{Direction, Target};
use shpunt_tests::ctx;

use super::{World, d, day};

/// One step of a random history; a refusal is as good as a success.
async fn step(world: &World, rng: &mut StdRng, index: usize, key: &str) {
    let ctx = ctx(key).with_key(Some(key.to_owned()));
    let on = format!("2026-0{}-{:02}", rng.random_range(1..=2), rng.random_range(1..=28));
    let order_id = rng.random_range(1..=8);
    let kopecks = rust_decimal::Decimal::new(rng.random_range(1..=300_000_000), 2);
    match index % 6 {
        0 => {
            let net = kopecks.to_string();
            let receipt = world.receipt(key, &on, rng.random_range(1..=20), &net, &(kopecks / d("5")).round_dp(2).to_string());
            drop(receive(world.db(), &ctx, &receipt).await);
        }
        1 => {
            let pieces = rng.random_range(1..=7);
            let lines = vec![world.goods(rng.random_range(1..=4), pieces, "98765.43"), world.service("12345.67")];
            let create = Create { deal_id: world.deal_id, planned_on: day(&on), vehicle: String::new(), lines };
            if let Ok(order) = orders::create(world.db(), &ctx, &create).await {
                let confirm = orders::Move { order_id: order.value.order_id, on: None };
                drop(orders::confirm(world.db(), &shpunt_tests::ctx(&format!("{key} confirm")), &confirm).await);
            }
        }
        2 | 3 => {
            let ship = Ship { order_id, shipped_on: day(&on), weighed: vec![] };
            drop(orders::ship(world.db(), &ctx, &ship).await);
        }
        4 => {
            let targets = [Target::Order(order_id), Target::Deal(world.deal_id), Target::Party];
            let mut payment = world.payment(targets[rng.random_range(0..3)], &on, &kopecks.to_string()).await;
            if rng.random_bool(0.4) {
                payment.direction = Direction::Out;
                payment.article_id = world.article("supplier_payment").await;
                payment.party_id = world.supplier_id;
                payment.target = Target::Party;
            }
            drop(pay(world.db(), &ctx, &payment).await);
        }
        _ => {
            let expense = AddExpense {
                order_id,
                article_id: world.article("freight").await,
                party_id: world.supplier_id,
                effective_on: day(&on),
                net: kopecks,
                vat: d("0"),
            };
            drop(add(world.db(), &ctx, &expense).await);
        }
    }
}

/// Ninety steps.
pub(crate) async fn history(world: &World, seed: u64) {
    let mut rng = StdRng::seed_from_u64(seed);
    for index in 0..90 {
        step(world, &mut rng, index, &format!("step {seed} {index}")).await;
    }
}

async fn fingerprint(world: &World) -> (i64, i64, String) {
    sqlx::query_as(
        "select count(*), count(distinct account), md5(string_agg(account || amount || order_id || batch_id, ',' order by entry_id))
         from ledger_entry",
    )
    .fetch_one(world.db())
    .await
    .unwrap()
}

#[tokio::test]
async fn the_books_hold_after_any_history_and_a_replay_changes_nothing() {
    for seed in 1..=3 {
        let world = World::new().await;
        history(&world, seed).await;
        world.check_books().await;
        let first = fingerprint(&world).await;
        assert!(first.0 > 90 && first.1 >= 9, "seed {seed} did too little: {first:?}");
        let log: i64 = sqlx::query_scalar("select count(*) from command_log").fetch_one(world.db()).await.unwrap();
        // Refused commands may succeed the second time (a batch has come since), so the replay repeats the successes only.
        let commands: Vec<(uuid::Uuid,)> =
            sqlx::query_as("select command_id from command_log").fetch_all(world.db()).await.unwrap();
        assert_eq!(i64::try_from(commands.len()).unwrap(), log);
        replay_receipts(&world, seed).await;
        assert_eq!(fingerprint(&world).await, first, "a replay posted something");
        world.check_books().await;
    }
}

/// Repeats every receipt of the history that succeeded, under its key.
async fn replay_receipts(world: &World, seed: u64) {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut replayed = 0;
    for index in 0..90 {
        let key = format!("step {seed} {index}");
        let on = format!("2026-0{}-{:02}", rng.random_range(1..=2), rng.random_range(1..=28));
        let _order_id: i64 = rng.random_range(1..=8);
        let kopecks = rust_decimal::Decimal::new(rng.random_range(1..=300_000_000), 2);
        match index % 6 {
            0 => {
                let vat = (kopecks / d("5")).round_dp(2).to_string();
                let receipt = world.receipt(&key, &on, rng.random_range(1..=20), &kopecks.to_string(), &vat);
                let ctx = ctx(&key).with_key(Some(key.clone()));
                if let Ok(outcome) = receive(world.db(), &ctx, &receipt).await {
                    replayed += u32::from(outcome.replayed);
                    assert!(outcome.replayed, "{key}");
                }
            }
            1 => drop((rng.random_range(1..=7_i64), rng.random_range(1..=4_i64))),
            4 => drop((rng.random_range(0..3_usize), rng.random_bool(0.4))),
            _ => {}
        }
    }
    assert!(replayed >= 5, "only {replayed} receipts were replayed");
}
