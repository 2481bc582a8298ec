//! Exactly once, wherever ClickHouse dies: it is killed before one file operation of an insert after another, and while it recovers.
//!
//! A sample that surely holds the holes in tokens (before the rename of each part). Every operation, in a quarter of an hour:
//! `SHPUNT_SWEEP=full cargo test -p shpunt-tests --test it cdc::sweep`.

use std::path::Path;
use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use shpunt_analytics::cdc;
use shpunt_analytics::reconcile::{Options as Comparison, reconcile};
use shpunt_engines::clickhouse::{Options, Sidecar};

use super::rig::{Rig, Work, eventually, token};

/// A batch of the test is so many parts: a table that changes, two of facts, two marts.
const PARTS: usize = 5;

/// A sidecar that can be told where to die, and that nobody starts again but the test.
fn options(dir: &Path) -> Options {
    let program = env!("CARGO_BIN_EXE_killer");
    Options { restart: false, max_memory: 1 << 30, ..Options::new(program, &[env!("CARGO_BIN_EXE_sidecar")], dir) }
}

/// Where to die: before the `number`-th operation whose line contains the words of `text`.
#[derive(Debug, Clone, Copy)]
struct Point {
    number: usize,
    text: &'static str,
    /// And again, before so many operations of the start that follows.
    again: Option<usize>,
}

/// Gives the order; false where a program may not trace its child.
async fn order(rig: &Rig, number: usize, text: &str) -> bool {
    let (draft, tracing) = (rig.dir().join("kill.draft"), rig.dir().join("tracing"));
    let _ = std::fs::remove_file(&tracing);
    std::fs::write(&draft, format!("{number} {text}")).unwrap();
    std::fs::rename(&draft, rig.dir().join("kill")).unwrap();
    eventually("the engine is traced", async || tracing.exists()).await;
    let refused = std::fs::read_to_string(&tracing).unwrap();
    if !refused.is_empty() {
        eprintln!("SKIPPED: {refused}");
    }
    refused.is_empty()
}

/// What the engine did since the order, one operation a line.
fn operations(rig: &Rig) -> Vec<String> {
    let text = std::fs::read_to_string(rig.dir().join("operations")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// One commit that makes one batch of a table that changes, two of facts, and both marts.
async fn commit(rig: &Rig) {
    let mut tx = rig.db.begin().await.unwrap();
    for sql in [
        "update channels set name = 'Канал ' || pg_current_wal_insert_lsn() where channel_id = 1",
        "insert into stage_transitions (deal_id, from_stage, to_stage, at, actor_id) values (1, 'new_lead', 'qualified', now(), 0)",
        "with head as (
            insert into ledger_transaction (company_id, kind, document_id, effective_on, booked_at, command_id, entries)
            values (1, 'test', 1, '2026-03-02', now(), gen_random_uuid(), 4) returning transaction_id)
         insert into ledger_entry (transaction_id, line, account, amount, effective_on, origin_on, booked_at, company_id, deal_id,
            document_id, article_id, cash_account_id)
         select transaction_id, i, case when i % 2 = 0 then 'cash' else 'capital' end, case when i % 2 = 0 then 10.01 else -10.01 end,
            '2026-03-02', '2026-02-27', now(), 1, 1, 1, 1, 1 from head, generate_series(1, 4) i",
    ] {
        sqlx::query(sql).execute(&mut *tx).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// Whether its supervisor has not noticed that it was killed.
fn is_alive(rig: &Rig) -> bool {
    rig.sidecar.pid() != 0
}

/// Waits until it dies, or until what was committed is visible because it did not come to the point.
async fn dies(rig: &Rig, wanted: &str) -> bool {
    let visible = async || rig.frontier.wait_at_most(wanted, Duration::from_millis(20)).await.is_ok();
    eventually("it dies or carries on", async || !is_alive(rig) || visible().await).await;
    !is_alive(rig)
}

/// Starts the engine again where it was; false when it dies before it serves.
async fn revive(rig: &mut Rig) -> bool {
    let again = Options { port: Some(rig.sidecar.port()), ..options(rig.dir()) };
    let started = Sidecar::start(again).await;
    started.map(|sidecar| rig.sidecar = sidecar).is_ok()
}

/// Dies at the point and comes back; returns what it was about to do, each time. None where nothing can be traced.
async fn die(rig: &mut Rig, point: Point) -> Option<Vec<String>> {
    if !order(rig, point.number, point.text).await {
        return None;
    }
    commit(rig).await;
    let wanted = token(&rig.db).await;
    let mut before = Vec::new();
    if dies(rig, &wanted).await {
        before.extend(operations(rig).pop());
        if let Some(number) = point.again {
            // Taken by the next one as soon as it starts.
            std::fs::write(rig.dir().join("kill"), number.to_string()).unwrap();
            if !revive(rig).await || dies(rig, &wanted).await {
                before.extend(operations(rig).pop());
            }
        }
    }
    kill(rig).await;
    assert!(revive(rig).await, "it does not start again after {before:?}");
    Some(before)
}

/// An engine takes one order in its life.
async fn kill(rig: &Rig) {
    rig.kill_sidecar();
    eventually("it is dead", async || !is_alive(rig)).await;
}

fn is_full() -> bool {
    std::env::var("SHPUNT_SWEEP").is_ok_and(|sweep| sweep == "full")
}

fn points(total: usize) -> Vec<Point> {
    // Each part is renamed once: a token is remembered, its rows are not there yet.
    let hole = |number, again| Point { number, text: "rename tmp_insert", again };
    let anywhere = |number, again| Point { number, text: "", again };
    let holes = (1..=PARTS).map(|number| hole(number, None));
    if is_full() {
        let once = (1..=total).map(|number| anywhere(number, None));
        let while_it_mends = (1..=PARTS).flat_map(|number| (1..=total).step_by(3).map(move |again| hole(number, Some(again))));
        return holes.chain(once).chain(while_it_mends).collect();
    }
    let mut random = StdRng::seed_from_u64(31);
    let mut sample: Vec<Point> = holes.collect();
    for number in 3..=PARTS {
        sample.push(hole(number, Some(random.random_range(1..total))));
        sample.push(anywhere(random.random_range(1..=total), None));
        sample.push(anywhere(random.random_range(1..=total), None));
    }
    sample
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_wherever_clickhouse_is_killed() {
    let Some(mut rig) = Rig::with_sidecar("sweep", options).await else { return };
    // What is not acknowledged is written again at every start: after hundreds of them that would be most of the work.
    let acknowledge_after = if is_full() { Duration::ZERO } else { Duration::from_mins(1) };
    let config = cdc::Config { retry_at_most: Duration::from_millis(100), acknowledge_after, ..rig.config() };
    let mut work = Work::start(config);
    sqlx::query(
        "insert into deals (company_id, number, title, channel_id, stage, stage_entered_at, opened_at)
         values (1, 'Д-1', 'Шпунт', 1, 'qualified', now(), now())",
    )
    .execute(&rig.db)
    .await
    .unwrap();
    commit(&rig).await;
    rig.caught_up().await;
    // Once to the end, to know how many operations there are.
    if !order(&rig, usize::MAX, "").await {
        return;
    }
    commit(&rig).await;
    rig.caught_up().await;
    // Merges come and go by themselves.
    let total = operations(&rig).iter().filter(|line| !line.contains("tmp_merge")).count();
    assert!(total > 80, "{total} operations");
    kill(&rig).await;
    assert!(revive(&mut rig).await);
    let mut kills = 0;
    for point in points(total) {
        let Some(before) = die(&mut rig, point).await else { return };
        eprintln!("{point:?}: killed before {before:?}");
        kills += before.len();
        rig.caught_up().await;
        rig.assert_equal().await;
    }
    let repaired = work.status.borrow().repaired;
    eprintln!("{total} operations, {kills} kills, repaired {repaired:?}");
    assert!(kills >= points(total).len(), "{kills} kills");
    assert!(repaired.facts > 0 && repaired.marts > 0, "no hole was hit: {repaired:?}");
    let outcome = reconcile(&rig.url, rig.client.clone(), Comparison::default()).await.unwrap();
    assert!(outcome.differences.is_empty(), "{outcome:#?}");
    work.wait("it is well", |status| status.last_error.is_none()).await;
    work.stop().await;
    rig.stop().await;
}
