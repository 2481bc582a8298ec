//! What readers are told: how far the answer goes, and when their own change is in it.

use std::time::{Duration, Instant};

use shpunt_analytics::frontier::{Error, Frontier};

use super::rig::{Rig, token};

#[tokio::test(flavor = "multi_thread")]
async fn a_change_nobody_carries_is_not_yet_visible() {
    let Some(rig) = Rig::new("invisible").await else { return };
    assert!(matches!(rig.frontier.as_of().await, Err(Error::NotReady)));
    let work = rig.work();
    rig.caught_up().await;
    work.stop().await;
    rig.post(2).await;
    let wanted = token(&rig.db).await;
    let begun = Instant::now();
    let error = rig.frontier.wait_for(&wanted).await.unwrap_err();
    assert!(matches!(&error, Error::NotYetVisible { .. }), "{error}");
    let waited = begun.elapsed();
    assert!(waited >= Duration::from_secs(2) && waited < Duration::from_secs(4), "{waited:?}");
    assert!(matches!(rig.frontier.wait_for("not a token").await, Err(Error::BadToken(_))));
    // A worker that comes while somebody waits answers them.
    let frontier = Frontier::start(rig.db.clone());
    let waiting = tokio::spawn(async move { frontier.wait_at_most(&wanted, Duration::from_secs(30)).await });
    let work = rig.work();
    waiting.await.unwrap().unwrap();
    work.stop().await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lone_commit_is_visible_soon() {
    let Some(rig) = Rig::new("lone").await else { return };
    let work = rig.work();
    rig.caught_up().await;
    let mut times = Vec::new();
    for n in 1..=20_u64 {
        tokio::time::sleep(Duration::from_millis(150)).await;
        let begun = Instant::now();
        tracing::debug!("posting");
        rig.post(4).await;
        tracing::debug!("posted");
        let as_of = rig.frontier.wait_for(&token(&rig.db).await).await.unwrap();
        let seen: u64 = rig.ask(&format!("select count() from raw_ledger_entry where _lsn < {}", as_of.lsn.0)).await;
        assert_eq!(seen, n * 4);
        tracing::debug!("asked");
        times.push(begun.elapsed());
    }
    times.sort();
    eprintln!("commit to visible: median {:?}, longest {:?}", times[10], times[19]);
    assert!(times[10] < Duration::from_secs(1), "{times:?}");
    work.stop().await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_frontier_follows_a_quiet_server_without_feeding_itself() {
    let Some(rig) = Rig::new("quiet").await else { return };
    let work = rig.work();
    rig.caught_up().await;
    // Writing that is not shipped moves the frontier too, so the slot never holds the log of an idle business.
    sqlx::query("create table unshipped (x integer)").execute(&rig.db).await.unwrap();
    sqlx::query("insert into unshipped select generate_series(1, 100000)").execute(&rig.db).await.unwrap();
    let wanted = token(&rig.db).await.parse::<shpunt_analytics::Lsn>().unwrap();
    let published = async || -> (String, i64) {
        sqlx::query_as("select lsn::text, (select n_tup_upd from pg_stat_user_tables where relname = 'cdc_frontier')::bigint from cdc_frontier")
            .fetch_one(&rig.db)
            .await
            .unwrap()
    };
    super::rig::eventually("the frontier follows", async || {
        published().await.0.parse::<shpunt_analytics::Lsn>().unwrap() >= wanted
    })
    .await;
    // Asked, it says that a moment ago there was nothing more.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    super::rig::eventually("it says so", async || rig.frontier.as_of().await.unwrap().lag_ms < 1_000).await;
    assert_eq!(work.status.borrow().lag_ms, 0);
    work.stop().await;
    rig.stop().await;
}
