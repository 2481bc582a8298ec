//! Exactly once, whoever dies in mid-stream.

use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use tokio::sync::watch;

use super::rig::{Rig, post};

/// Posts until told to stop; returns how many entries.
fn write_on(rig: &Rig) -> (watch::Sender<bool>, tokio::task::JoinHandle<i64>) {
    let (stop, mut stopped) = watch::channel(false);
    let (db, company) = (rig.db.clone(), rig.company);
    let writer = tokio::spawn(async move {
        let mut entries = 0;
        for n in 0.. {
            if *stopped.borrow_and_update() {
                break;
            }
            let lines = if n % 40 == 0 { 600 } else { 4 };
            post(&db, company, lines).await;
            entries += i64::from(lines);
            sqlx::query("update channels set name = $1 where channel_id = 1")
                .bind(format!("Канал {n}"))
                .execute(&db)
                .await
                .unwrap();
        }
        entries
    });
    (stop, writer)
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_when_the_worker_is_killed() {
    let Some(rig) = Rig::new("worker-kill").await else { return };
    rig.work().stop_when_streaming().await;
    let (stop, writer) = write_on(&rig);
    let mut random = StdRng::seed_from_u64(17);
    let mut batches = 0;
    for _ in 0..25 {
        let mut work = rig.work();
        // One in five dies while it is still finding out what the last one left.
        if random.random_ratio(4, 5) {
            let enough = random.random_range(1..4);
            work.wait("it writes", |status| status.batches >= enough).await;
        }
        tokio::time::sleep(Duration::from_millis(random.random_range(0..120))).await;
        batches += work.status.borrow().batches;
        work.kill().await;
    }
    stop.send_replace(true);
    let entries = writer.await.unwrap();
    let work = rig.work();
    rig.caught_up().await;
    rig.assert_equal().await;
    eprintln!("{entries} entries, {batches} batches between 25 kills, repaired {:?}", work.status.borrow().repaired);
    assert!(batches > 25, "the kills left no time to write: {batches}");
    let name: String = rig.ask("select name from cur_channels where channel_id = 1").await;
    let ours: String = sqlx::query_scalar("select name from channels where channel_id = 1").fetch_one(&rig.db).await.unwrap();
    assert_eq!(name, ours);
    work.stop().await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_when_clickhouse_is_killed() {
    let Some(rig) = Rig::new("sidecar-kill").await else { return };
    let work = rig.work();
    rig.caught_up().await;
    let (stop, writer) = write_on(&rig);
    let mut random = StdRng::seed_from_u64(23);
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(random.random_range(300..1_500))).await;
        rig.kill_sidecar();
    }
    stop.send_replace(true);
    let entries = writer.await.unwrap();
    rig.caught_up().await;
    rig.assert_equal().await;
    let status = work.status.borrow().clone();
    eprintln!("{entries} entries, {} batches, {} sessions, repaired {:?}", status.batches, status.sessions, status.repaired);
    assert!(status.sessions > 3, "the kills were not noticed: {status:?}");
    work.stop().await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_out_of_reach_is_waited_for() {
    let Some(mut rig) = Rig::new("outage").await else { return };
    let mut work = rig.work();
    rig.caught_up().await;
    let dir = rig.dir().to_owned();
    let port = rig.sidecar.port();
    // Stopped and started again by hand, on the same port, after changes were committed.
    let elsewhere = rig.sidecar_elsewhere().await;
    let gone = std::mem::replace(&mut rig.sidecar, elsewhere);
    gone.stop().await.unwrap();
    for _ in 0..30 {
        rig.post(4).await;
    }
    work.wait("it notices", |status| status.last_error.is_some()).await;
    let again = shpunt_engines::clickhouse::Options { port: Some(port), ..crate::engines::options(&dir) };
    let elsewhere = std::mem::replace(&mut rig.sidecar, shpunt_engines::clickhouse::Sidecar::start(again).await.unwrap());
    elsewhere.stop().await.unwrap();
    rig.caught_up().await;
    rig.assert_equal().await;
    work.wait("it is well again", |status| status.last_error.is_none()).await;
    work.stop().await;
    rig.stop().await;
}
