//! Beginning anew: after a wiped ClickHouse by itself, or when asked to.

use std::time::Duration;

use shpunt_analytics::cdc::{self, Phase};

use super::rig::Rig;

#[tokio::test(flavor = "multi_thread")]
async fn a_wiped_clickhouse_is_filled_anew() {
    let Some(rig) = Rig::new("wiped").await else { return };
    let work = rig.work();
    rig.post(10).await;
    rig.caught_up().await;
    let before = work.status.borrow().epoch;
    work.stop().await;
    rig.tell("drop database shpunt sync").await;
    rig.client.in_database("default").inner().query("create database shpunt").execute().await.unwrap();
    rig.post(10).await;
    let mut work = rig.work();
    // The frontier of the new epoch is told before the worker says that it streams.
    work.wait("a new epoch", |status| status.epoch > before).await;
    rig.caught_up().await;
    rig.assert_equal().await;
    work.stop().await;
    // One table from somewhere else is enough.
    rig.tell("alter table raw_orders modify comment 'restored from a backup'").await;
    let mut work = rig.work();
    work.wait("another epoch", |status| status.epoch > before + 1).await;
    rig.post(2).await;
    rig.caught_up().await;
    rig.assert_equal().await;
    work.stop().await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_facts_that_are_gone_cannot_be_sent_again_and_are_loaded_anew() {
    let Some(rig) = Rig::new("gone").await else { return };
    let mut work = super::rig::Work::start(cdc::Config { acknowledge_after: Duration::from_millis(300), ..rig.config() });
    work.wait("it streams", |status| status.phase == Phase::Streaming).await;
    let first = work.status.borrow().epoch;
    rig.post(10).await;
    rig.caught_up().await;
    super::rig::eventually("the batch is acknowledged", async || {
        sqlx::query_scalar::<_, bool>("select not exists (select from cdc_batch where state = 'done')")
            .fetch_one(&rig.db)
            .await
            .unwrap()
    })
    .await;
    rig.tell("alter table raw_ledger_entry delete where 1 settings mutations_sync = 1").await;
    rig.kill_sidecar();
    super::rig::eventually("a new epoch", async || work.status.borrow().epoch > first).await;
    rig.caught_up().await;
    rig.assert_equal().await;
    work.stop().await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_loads_anew_while_reports_go_on() {
    let Some(rig) = Rig::new("reset").await else { return };
    let mut work = rig.work();
    for _ in 0..10 {
        rig.post(100).await;
    }
    rig.caught_up().await;
    let epoch = cdc::reset(&rig.db).await.unwrap();
    // Until the exchange the old tables answer, whole; after it the new ones do.
    let mut answers = 0;
    while work.status.borrow().epoch != epoch || work.status.borrow().phase != Phase::Streaming {
        let count: u64 = rig.ask("select count() from raw_ledger_entry").await;
        assert_eq!(count, 1_000);
        rig.frontier.as_of().await.unwrap();
        answers += 1;
    }
    assert!(answers > 0);
    work.wait("it streams", |status| status.phase == Phase::Streaming).await;
    rig.post(10).await;
    rig.caught_up().await;
    rig.assert_equal().await;
    let slots: i64 = sqlx::query_scalar("select count(*) from pg_replication_slots where database = current_database()")
        .fetch_one(&rig.db)
        .await
        .unwrap();
    assert_eq!(slots, 1, "the slot of the old epoch is gone");
    work.stop().await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_was_interrupted_is_begun_again() {
    let Some(rig) = Rig::new("interrupted").await else { return };
    for _ in 0..20 {
        rig.post(1_000).await;
    }
    for pause in [30, 120, 250, 400, 600, 900] {
        let work = rig.work();
        tokio::time::sleep(Duration::from_millis(pause)).await;
        work.kill().await;
    }
    let work = rig.work();
    rig.caught_up().await;
    rig.assert_equal().await;
    work.stop().await;
    let slots: i64 = sqlx::query_scalar("select count(*) from pg_replication_slots where database = current_database()")
        .fetch_one(&rig.db)
        .await
        .unwrap();
    assert_eq!(slots, 1, "slots of discarded loads are gone");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_worker_stands_by_and_takes_over() {
    let Some(rig) = Rig::new("standby").await else { return };
    let mut first = rig.work();
    first.wait("the first streams", |status| status.phase == Phase::Streaming).await;
    let mut second = rig.work();
    second.wait("the second stands by", |status| status.phase == Phase::StandBy).await;
    rig.post(4).await;
    rig.caught_up().await;
    first.kill().await;
    second.wait("the second takes over", |status| status.phase == Phase::Streaming).await;
    rig.post(4).await;
    rig.caught_up().await;
    rig.assert_equal().await;
    second.stop().await;
    rig.stop().await;
}
