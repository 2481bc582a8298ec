//! Commands that meet: a payment and a shipment, two shipments, a posting and the closing of its month, everything at once.

use std::time::{Duration, Instant};

use rust_decimal::Decimal;
use shpunt_domain::Code;
use shpunt_domain::treasury::Target;
use shpunt_domain::treasury::commands::pay;
use shpunt_tests::ctx;
use sqlx::{Postgres, Transaction};

use super::random::{Command, history};
use super::{World, d};

/// Holds the counters of documents: whoever needs a number stops just before its commit.
pub(super) async fn hold_counters(world: &World) -> Transaction<'static, Postgres> {
    sqlx::query(
        "insert into document_counters (company_id, kind, year, last)
         select $1, kind, 2026, 0 from unnest(array['shipment', 'payment_in', 'receipt', 'payment_out']) as kinds (kind)
         on conflict do nothing",
    )
    .bind(world.company_id)
    .execute(world.db())
    .await
    .unwrap();
    // Open already: the first posting of a month lets others wait for it.
    sqlx::query("insert into periods (company_id, month) values ($1, '2026-02-01') on conflict do nothing")
        .bind(world.company_id)
        .execute(world.db())
        .await
        .unwrap();
    let mut held = world.db().begin().await.unwrap();
    sqlx::query("select from document_counters for update").execute(&mut *held).await.unwrap();
    held
}

/// Until so many sessions of this database wait for a lock.
pub(super) async fn waiting(world: &World, sessions: i64) {
    let end = Instant::now() + Duration::from_secs(30);
    loop {
        let now: i64 = sqlx::query_scalar(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        )
        .fetch_one(world.db())
        .await
        .unwrap();
        if now == sessions {
            return;
        }
        assert!(Instant::now() < end, "{now} sessions wait for a lock, not {sessions}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn money_and_a_truck_that_come_at_once_find_each_other() {
    // Whichever is first, no debt may stay open beside an advance of its own deal.
    for payment_first in [true, false] {
        let world = World::new().await;
        let order = world.order("order", vec![world.service("1220")]).await;
        let payment = world.payment(Target::Deal(world.deal_id), "2026-02-01", "1000").await;
        let held = hold_counters(&world).await;
        let (db, shipped) = (world.db().clone(), order.clone());
        let ship = async move {
            let ship = shpunt_domain::orders::commands::Ship {
                order_id: shipped.order_id,
                shipped_on: super::day("2026-02-01"),
                weighed: vec![],
            };
            shpunt_domain::orders::commands::ship(&db, &ctx("ship"), &ship).await.map(|_| ())
        };
        let db = world.db().clone();
        let pay = async move { pay(&db, &ctx("pay"), &payment).await.map(|_| ()) };
        let tasks = if payment_first {
            let first = tokio::spawn(pay);
            waiting(&world, 1).await;
            [first, tokio::spawn(ship)]
        } else {
            let first = tokio::spawn(ship);
            waiting(&world, 1).await;
            [first, tokio::spawn(pay)]
        };
        waiting(&world, 2).await;
        held.rollback().await.unwrap();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        assert_eq!(world.balance("receivables").await, d("220"), "payment first: {payment_first}");
        assert_eq!(world.balance("customer_advances").await, Decimal::ZERO);
        world.check_books().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supplier_prepaid_while_the_goods_come_in_is_not_owed_and_owing_at_once() {
    let world = World::new().await;
    let mut payment = world.payment(Target::Party, "2026-02-01", "500").await;
    payment.direction = shpunt_domain::treasury::Direction::Out;
    payment.article_id = world.article("supplier_payment").await;
    payment.party_id = world.supplier_id;
    let receipt = world.receipt("С-1", "2026-02-01", 1, "1000", "0");
    let held = hold_counters(&world).await;
    let (db, other) = (world.db().clone(), world.db().clone());
    let receive = tokio::spawn(async move { shpunt_domain::batches::commands::receive(&db, &ctx("in"), &receipt).await });
    waiting(&world, 1).await;
    let pay = tokio::spawn(async move { pay(&other, &ctx("out"), &payment).await });
    waiting(&world, 2).await;
    held.rollback().await.unwrap();
    receive.await.unwrap().unwrap();
    pay.await.unwrap().unwrap();
    assert_eq!((world.balance("payables").await, world.balance("supplier_advances").await), (d("-500"), Decimal::ZERO));
    world.check_books().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_a_month_waits_for_what_is_being_posted_to_it() {
    let world = World::new().await;
    world.paid("opens the month", Target::Deal(world.deal_id), "2026-02-01", "1").await;
    let payment = world.payment(Target::Deal(world.deal_id), "2026-02-01", "1000").await;
    let held = hold_counters(&world).await;
    let (db, first) = (world.db().clone(), payment.clone());
    let paying = tokio::spawn(async move { pay(&db, &ctx("in time"), &first).await });
    waiting(&world, 1).await;
    let db = world.db().clone();
    let closing = tokio::spawn(async move {
        sqlx::query("update periods set closed_at = now() where month = '2026-02-01'").execute(&db).await.unwrap();
    });
    waiting(&world, 2).await;
    held.rollback().await.unwrap();
    paying.await.unwrap().unwrap();
    closing.await.unwrap();
    let late = pay(world.db(), &ctx("too late"), &payment).await.unwrap_err();
    assert_eq!(late.code(), Code::PeriodClosed);
    assert_eq!(world.balance("cash").await, d("1001"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_used_while_its_first_run_is_in_flight() {
    let world = World::new().await;
    let payment = world.payment(Target::Deal(world.deal_id), "2026-02-01", "1000").await;
    let mut other = payment.clone();
    other.amount = d("1001");
    let held = hold_counters(&world).await;
    let key = || ctx("key").with_key(Some("key".to_owned()));
    let spawn = |payment: &shpunt_domain::treasury::commands::Pay| {
        let (db, payment, ctx) = (world.db().clone(), payment.clone(), key());
        tokio::spawn(async move { pay(&db, &ctx, &payment).await })
    };
    let first = spawn(&payment);
    waiting(&world, 1).await;
    let (same, different) = (spawn(&payment), spawn(&other));
    waiting(&world, 3).await;
    held.rollback().await.unwrap();
    let (first, same) = (first.await.unwrap().unwrap(), same.await.unwrap().unwrap());
    assert!(!first.replayed && same.replayed && first.value == same.value);
    assert_eq!(different.await.unwrap().unwrap_err().code(), Code::IdempotencyConflict);
    assert_eq!(world.balance("cash").await, d("1000"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_books_hold_when_many_do_the_same_and_conflicting_things_at_once() {
    for seed in 11..=12 {
        let world = World::new().await;
        let commands = history(&world, seed, 120).await;
        // Something to fight for is there from the beginning; each command is sent twice, by two of eight hands.
        let (first, rest) = commands.split_at(24);
        for command in first {
            command.send(world.db()).await.ok();
        }
        let hands: Vec<_> = (0..8)
            .map(|hand| {
                let (db, mine) = (world.db().clone(), hand_of(rest, hand));
                tokio::spawn(async move {
                    let mut done = Vec::new();
                    for command in mine {
                        match command.send(&db).await {
                            Ok(replayed) => done.push((command.key.clone(), replayed)),
                            Err(error) => {
                                assert!(
                                    !matches!(error.code(), Code::Internal | Code::Unavailable),
                                    "{}: {error:?}",
                                    command.key
                                );
                            }
                        }
                    }
                    done
                })
            })
            .collect();
        let mut fresh = std::collections::HashMap::new();
        for hand in hands {
            for (key, replayed) in hand.await.unwrap() {
                *fresh.entry(key).or_insert(0) += i32::from(!replayed);
            }
        }
        assert!(fresh.len() > 30, "seed {seed}: only {} commands were done", fresh.len());
        assert!(fresh.values().all(|times| *times == 1), "a command was done twice: {fresh:?}");
        world.check_books().await;
    }
}

/// Every fourth command, so that each is sent by two hands, in their own order.
fn hand_of(commands: &[Command], hand: usize) -> Vec<Command> {
    let mut mine: Vec<_> = commands.iter().skip(hand % 4).step_by(4).cloned().collect();
    if hand >= 4 {
        mine.chunks_mut(3).for_each(<[Command]>::reverse);
    }
    mine
}
