//! ClickHouse away or full: commands do not notice, the worker tries again, and nothing is lost.

use std::time::{Duration, Instant};

use shpunt_analytics::cdc::Phase;
use shpunt_engines::clickhouse::{Options, Sidecar};

use super::rig::{Rig, Work, client, eventually};
use crate::engines::options;
use crate::failures::small_disk::SmallDisk;

/// Business that goes on: every posting is done, however ClickHouse is.
async fn business(rig: &Rig, postings: usize) {
    for _ in 0..postings {
        let began = Instant::now();
        rig.post(40).await;
        assert!(began.elapsed() < Duration::from_secs(10), "a posting waited for ClickHouse");
    }
}

/// Until the worker says that it fails, and that it will try again.
async fn retrying(work: &mut Work) -> String {
    work.wait("it tries again", |status| status.phase == Phase::Retrying).await;
    work.status.borrow().last_error.clone().expect("it says why")
}

#[tokio::test(flavor = "multi_thread")]
async fn clickhouse_that_is_away_is_caught_up_with_when_it_is_back() {
    let Some(mut rig) = Rig::new("away").await else { return };
    let mut work = rig.work();
    business(&rig, 5).await;
    rig.caught_up().await;
    // On the same directory and port, so that it is the same one when it is back.
    let again = Options { port: Some(rig.sidecar.port()), ..options(rig.dir()) };
    let elsewhere = rig.sidecar_elsewhere().await;
    std::mem::replace(&mut rig.sidecar, elsewhere).stop().await.unwrap();
    business(&rig, 20).await;
    let why = retrying(&mut work).await;
    assert!(why.contains("ClickHouse"), "{why}");
    business(&rig, 20).await;
    let back = Sidecar::start(again).await.unwrap();
    std::mem::replace(&mut rig.sidecar, back).stop().await.unwrap();
    rig.caught_up().await;
    rig.assert_equal().await;
    assert!(work.status.borrow().sessions > 1);
    work.stop().await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_of_clickhouse_holds_the_stream_up_until_there_is_space() {
    let Some(mut rig) = Rig::new("no-space").await else { return };
    let Some(disk) = SmallDisk::mount(&rig.dir().join("elsewhere"), 600) else { return rig.stop().await };
    let small = rig.sidecar_elsewhere().await;
    rig.client = client(&small);
    std::mem::replace(&mut rig.sidecar, small).stop().await.unwrap();
    let mut work = rig.work();
    business(&rig, 5).await;
    rig.caught_up().await;
    let frontier = rig.frontier.as_of().await.unwrap();
    disk.fill();
    // Parts written before may be merged away and give some space back.
    eventually("the worker meets the full disk", async || {
        business(&rig, 5).await;
        disk.fill();
        work.status.borrow().phase == Phase::Retrying
    })
    .await;
    let why = retrying(&mut work).await;
    assert!(why.contains("space"), "{why}");
    business(&rig, 20).await;
    assert!(rig.frontier.as_of().await.unwrap().lsn >= frontier.lsn);
    disk.free();
    rig.caught_up().await;
    rig.assert_equal().await;
    work.stop().await;
    rig.stop().await;
    drop(disk);
}
