//! What the worker tells listeners: only what can be read, and all of it in the end.

use shpunt_analytics::cdc::{Config, Pace};
use shpunt_analytics::changes::Changes;
use tokio::sync::broadcast::Receiver;

use super::rig::{PATIENCE, Rig, Work};

/// Cuts every transaction into many pieces.
fn small(rig: &Rig) -> Config {
    Config { pace: Pace { rows: 50, transaction_rows: 50, ..Pace::default() }, ..rig.config() }
}

/// The next change of the ledger that is told, and the rows that can be read by then.
async fn next(rig: &Rig, told: &mut Receiver<Changes>) -> u64 {
    loop {
        let changes = tokio::time::timeout(PATIENCE, told.recv()).await.expect("it is told").unwrap();
        if changes.tables.contains("ledger_entry") {
            return rig.ask(&format!("select count() from raw_ledger_entry where _lsn < {}", changes.lsn.0)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_is_cut_is_told_when_it_is_whole() {
    let Some(rig) = Rig::new("told").await else { return };
    let work = Work::start(small(&rig));
    rig.caught_up().await;
    let mut told = rig.frontier.changes();
    rig.post(1_000).await;
    let mut seen = next(&rig, &mut told).await;
    // What the load told may still be on its way.
    if seen == 0 {
        seen = next(&rig, &mut told).await;
    }
    assert_eq!(seen, 1_000);
    work.stop().await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_and_not_told_is_told_by_the_next_worker() {
    let Some(rig) = Rig::new("untold").await else { return };
    let mut work = Work::start(small(&rig));
    rig.caught_up().await;
    let mut told = rig.frontier.changes();
    let before = work.status.borrow().rows;
    rig.post(5_000).await;
    work.wait("a part is written", |status| status.rows > before).await;
    work.kill().await;
    let work = Work::start(small(&rig));
    while next(&rig, &mut told).await < 5_000 {}
    work.stop().await;
    rig.stop().await;
}
