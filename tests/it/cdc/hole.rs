//! The hole in tokens: a server that died between its log of tokens and the rename of a part remembers the token and has not
//! the rows. Here the part is taken away while the server is down, so the token stays; then the stream must mend it.

use std::time::{Duration, Instant};

use shpunt_analytics::cdc;

use super::rig::{PATIENCE, Rig, Work, eventually};

/// Takes away the newest part of a table behind the server's back, and lets the server start again.
async fn lose_newest_part(rig: &Rig, table: &str) {
    let path: String = rig
        .ask(&format!(
            "select path from system.parts where database = currentDatabase() and table = '{table}' and active
             order by max_block_number desc limit 1"
        ))
        .await;
    let pid = rig.sidecar.pid();
    rig.kill_sidecar();
    std::fs::remove_dir_all(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let deadline = Instant::now() + PATIENCE;
    while rig.sidecar.pid() == pid || rig.client.inner().query("select 1").execute().await.is_err() {
        assert!(Instant::now() < deadline, "the sidecar does not come back");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn stop_merges(rig: &Rig) {
    for table in ["raw_ledger_entry", "mart_turnover_day", "mart_margin_month"] {
        rig.tell(&format!("system stop merges {table}")).await;
    }
}

/// Two batches are in, parts are not merged away, the worker is stopped.
async fn two_batches(name: &str) -> Option<Rig> {
    let rig = Rig::new(name).await?;
    let work = rig.work();
    rig.caught_up().await;
    stop_merges(&rig).await;
    rig.post(10).await;
    rig.caught_up().await;
    rig.post(20).await;
    rig.caught_up().await;
    rig.assert_equal().await;
    work.stop().await;
    Some(rig)
}

/// The journal as a worker leaves it that died before it heard the answer of the last batch.
async fn reopen_last_batch(rig: &Rig) {
    sqlx::query(
        "with last as (select max(seq) as seq from cdc_batch),
              reopened as (update cdc_batch set state = 'open' where seq = (select seq from last) returning from_lsn, tables)
         update cdc_frontier set lsn = coalesce((select end_lsn from cdc_batch where seq = (select seq - 1 from last)), r.from_lsn),
            tables = jsonb_set(cdc_frontier.tables, '{ledger_entry,rows}',
                to_jsonb((cdc_frontier.tables #>> '{ledger_entry,rows}')::bigint - (r.tables #>> '{ledger_entry,rows}')::bigint))
         from reopened r",
    )
    .execute(&rig.db)
    .await
    .unwrap();
}

/// As if it were the same run of the server: only the open batch is looked at.
async fn keep_boot(rig: &Rig) {
    let boot: String = sqlx::query_scalar("select boot from cdc_epoch where state = 'live'").fetch_one(&rig.db).await.unwrap();
    rig.tell(&format!("insert into cdc_boot values ('{boot}')")).await;
}

async fn mends(rig: Rig, facts: u64, marts: u64, rebuilt: u64) {
    let work = rig.work();
    rig.post(2).await;
    rig.caught_up().await;
    rig.assert_equal().await;
    assert_eq!(work.status.borrow().epoch, 1, "mended, not loaded anew");
    let repaired = work.status.borrow().repaired;
    assert_eq!((repaired.facts, repaired.marts, repaired.rebuilt), (facts, marts, rebuilt));
    work.stop().await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remembered_token_without_its_facts_is_mended() {
    let Some(rig) = two_batches("hole-facts").await else { return };
    lose_newest_part(&rig, "raw_ledger_entry").await;
    reopen_last_batch(&rig).await;
    keep_boot(&rig).await;
    mends(rig, 1, 0, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remembered_token_without_a_mart_is_mended() {
    let Some(rig) = two_batches("hole-mart").await else { return };
    lose_newest_part(&rig, "mart_margin_month").await;
    reopen_last_batch(&rig).await;
    keep_boot(&rig).await;
    mends(rig, 0, 1, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answered_batch_that_did_not_outlive_the_server_is_sent_again() {
    let Some(rig) = two_batches("answered").await else { return };
    lose_newest_part(&rig, "raw_ledger_entry").await;
    mends(rig, 1, 0, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_batch_after_everything_was_acknowledged_is_mended_like_any_other() {
    let Some(rig) = Rig::new("first").await else { return };
    let work = Work::start(cdc::Config { acknowledge_after: Duration::from_millis(200), ..rig.config() });
    rig.caught_up().await;
    stop_merges(&rig).await;
    rig.post(10).await;
    rig.caught_up().await;
    eventually("the journal forgets the batch", async || {
        sqlx::query_scalar::<_, i64>("select count(*) from cdc_batch").fetch_one(&rig.db).await.unwrap() == 0
    })
    .await;
    work.stop().await;
    // A new worker knows of no batch before its own first one.
    let work = rig.work();
    rig.post(20).await;
    rig.caught_up().await;
    work.stop().await;
    lose_newest_part(&rig, "raw_ledger_entry").await;
    reopen_last_batch(&rig).await;
    keep_boot(&rig).await;
    mends(rig, 1, 0, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mart_with_a_gap_in_the_middle_is_filled_anew() {
    let Some(rig) = two_batches("gap").await else { return };
    let work = rig.work();
    rig.post(6).await;
    rig.caught_up().await;
    work.stop().await;
    // Not the newest part, so that its highest position tells nothing.
    let path: String = rig
        .ask(
            "select path from system.parts where database = currentDatabase() and table = 'mart_turnover_day' and active
              order by max_block_number desc limit 1, 1",
        )
        .await;
    rig.kill_sidecar();
    std::fs::remove_dir_all(&path).unwrap();
    mends(rig, 0, 0, 1).await;
}
