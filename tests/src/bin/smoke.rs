//! `cargo xtask smoke`: the built binary as a person uses it, through everything that may happen to it.
//!
//! From an empty directory: up with the demo business, mutations by GraphQL with the time until a report shows each, then more of
//! them while the change stream and ClickHouse are killed with -9, the whole tree killed with -9 in the middle of it, a second
//! start, the comparison of both databases, down. Prints one JSON line. Fails, and says why, when an answered mutation is lost or
//! an unanswered one took effect twice, when the databases differ, or when something is left running. Times are reported only.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use serde::Serialize;
use serde_json::Value;
use shpunt_tests::bench::figures::{self, count, percentile, rounded};
use shpunt_tests::bench::processes;
use shpunt_tests::bench::shpunt::Shpunt;
use shpunt_tests::bench::trade::{Done, Lane, Trade, number_of};
use shpunt_tests::scratch::Scratch;
use shpunt_tests::server;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};
use tokio::process::Command;
use tokio::task::JoinSet;

/// Caches settle and merges end before memory is read.
const IDLE: Duration = Duration::from_secs(20);
/// Mutations go on this long before and after each kill.
const STREAM: Duration = Duration::from_secs(3);
/// Connections that send them.
const LANES: usize = 4;

#[derive(Parser)]
struct Arguments {
    /// Mutations whose freshness is measured
    #[arg(long, default_value_t = 200)]
    mutations: usize,
    /// Where Shpunt keeps its data; a temporary directory unless given, which must be empty
    #[arg(long)]
    data_dir: Option<PathBuf>,
}

#[derive(Default, Serialize)]
struct Line {
    smoke: &'static str,
    ready_s: f64,
    deals: i64,
    orders: i64,
    ledger_entries: i64,
    freshness_ms_p50: f64,
    freshness_ms_p99: f64,
    reconcile_differences: usize,
    rss_mib: f64,
    /// The same by process.
    rss_mib_of: BTreeMap<String, f64>,
    /// The first start, with the demo business.
    first_start_s: f64,
    mutations: usize,
    /// Sent and answered while processes were killed.
    mutations_amid_kills: usize,
    /// From the kill until another process runs in its place.
    cdc_again_s: f64,
    clickhouse_again_s: f64,
    /// Rows, sums and balances.
    reconcile_compared: u64,
    stop_s: f64,
    load: [f64; 2],
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut line = Line { smoke: "ok", mutations: arguments.mutations, ..Line::default() };
    line.load[0] = figures::load();
    let scratch = Scratch::new("smoke")?;
    let data_dir = arguments.data_dir.clone().unwrap_or_else(|| scratch.path().join("data"));
    run(&arguments, &data_dir, &mut line).await?;
    line.load[1] = figures::load();
    figures::print(&line)
}

async fn run(arguments: &Arguments, data_dir: &Path, line: &mut Line) -> Result<()> {
    let program = server::program("shpunt");
    say("up on an empty directory");
    let shpunt = Shpunt::up(&program, data_dir, &[]).await?;
    line.first_start_s = seconds(shpunt.took);
    count_business(&shpunt, line).await?;
    tokio::time::sleep(IDLE).await;
    weigh(&shpunt, line);

    say("mutations, each looked for in a report");
    let mut director = shpunt.director().await?;
    let trade = Trade::begin(&mut director, "Smoke", "9900000002").await?;
    let mut log = Vec::new();
    let mut first = trade.lane(&director, 0).await?;
    let mut visible = Vec::new();
    for _ in 0..arguments.mutations {
        let done = first.step().await?;
        let answered = Instant::now();
        first.see(&done).await?;
        visible.push(figures::ms(answered.elapsed()));
        log.push(done);
    }
    line.freshness_ms_p50 = rounded(percentile(&visible, 0.5), 1);
    line.freshness_ms_p99 = rounded(percentile(&visible, 0.99), 1);

    let killing = Arc::new(AtomicBool::new(false));
    let mut tasks = JoinSet::new();
    for number in 1..=LANES {
        tasks.spawn(keep_coming(trade.lane(&director, number).await?, Arc::clone(&killing)));
    }
    tokio::time::sleep(STREAM).await;
    say("kill -9 of the change stream");
    line.cdc_again_s = seconds(shpunt.kill("cdc").await?);
    tokio::time::sleep(STREAM).await;
    say("kill -9 of ClickHouse");
    line.clickhouse_again_s = seconds(shpunt.kill("clickhouse").await?);
    tokio::time::sleep(STREAM).await;
    say("kill -9 of the whole tree");
    killing.store(true, Ordering::Release);
    shpunt.kill_all().await?;
    let mut lanes = vec![(first, Vec::new())];
    while let Some(ended) = tasks.join_next().await {
        lanes.push(ended??);
    }

    say("up again");
    let shpunt = Shpunt::up(&program, data_dir, &[]).await?;
    line.ready_s = seconds(shpunt.took);
    let director = shpunt.director().await?;
    for (mut lane, mut done) in lanes {
        lane.speak_through(director.another());
        // What was not answered is sent again, under the same key.
        let last = lane.step().await?;
        lane.see(&last).await.context("after the second start")?;
        done.push(last);
        line.mutations_amid_kills += done.len();
        log.extend(done);
    }
    check_orders(&shpunt, &trade, &log).await?;
    say("reconcile");
    reconcile(&program, data_dir, line).await?;
    say("down");
    line.stop_s = seconds(shpunt.stop().await?);
    Ok(())
}

/// Sends commands until the tree is killed; until then none may fail, whatever else is killed.
async fn keep_coming(mut lane: Lane, killing: Arc<AtomicBool>) -> Result<(Lane, Vec<Done>)> {
    let mut log = Vec::new();
    loop {
        match lane.step().await {
            Ok(done) => log.push(done),
            Err(_) if killing.load(Ordering::Acquire) => return Ok((lane, log)),
            Err(error) => return Err(error.context("a mutation failed while only ClickHouse or its feeding was away")),
        }
    }
}

/// Every order is where the last answered command left it, and there are no others.
async fn check_orders(shpunt: &Shpunt, trade: &Trade, log: &[Done]) -> Result<()> {
    let mut answered = BTreeMap::new();
    for done in log {
        answered.insert(number_of(&done.order)?, done.step.status().to_owned());
    }
    let mut db = connect(shpunt).await?;
    let found: Vec<(i64, String)> = sqlx::query_as("select order_id, status from orders where company_id = $1")
        .bind(trade.company_id()?)
        .fetch_all(&mut db)
        .await?;
    db.close().await?;
    let found: BTreeMap<i64, String> = found.into_iter().collect();
    let differs = answered.iter().find(|(order, status)| found.get(order) != Some(status));
    ensure!(differs.is_none(), "a mutation was answered and is lost: {differs:?}");
    ensure!(
        found.len() == answered.len(),
        "{} orders where {} were made: a mutation took effect twice",
        found.len(),
        answered.len()
    );
    Ok(())
}

async fn count_business(shpunt: &Shpunt, line: &mut Line) -> Result<()> {
    let mut db = connect(shpunt).await?;
    let counts = "select (select count(*) from deals), (select count(*) from orders), (select count(*) from ledger_entry)";
    (line.deals, line.orders, line.ledger_entries) = sqlx::query_as(counts).fetch_one(&mut db).await?;
    db.close().await?;
    Ok(())
}

async fn connect(shpunt: &Shpunt) -> Result<PgConnection> {
    Ok(shpunt.postgres_url()?.parse::<sqlx::postgres::PgConnectOptions>()?.connect().await?)
}

/// Memory of all processes with shared pages divided among those who share them.
fn weigh(shpunt: &Shpunt, line: &mut Line) {
    for process in shpunt.tree() {
        let mib = count(usize::try_from(processes::pss_kib(std::slice::from_ref(&process))).unwrap_or_default()) / 1024.0;
        line.rss_mib = rounded(line.rss_mib + mib, 1);
        let name = process.arguments.first().map(|program| program.rsplit('/').next().unwrap_or(program).to_owned());
        let name = match (name.unwrap_or_default(), process.arguments.get(1)) {
            (name, Some(verb)) if name == "shpunt" => verb.clone(),
            (name, _) => name.split(':').next().unwrap_or_default().to_owned(),
        };
        let sum = line.rss_mib_of.entry(name).or_default();
        *sum = rounded(*sum + mib, 1);
    }
}

async fn reconcile(program: &Path, data_dir: &Path, line: &mut Line) -> Result<()> {
    let mut command = Command::new(program);
    command.args(["reconcile", "--json", "--data-dir"]).arg(data_dir).stderr(std::process::Stdio::inherit());
    let output = command.env_remove("DATABASE_URL").env_remove("CLICKHOUSE_URL").output().await?;
    let outcome: Value = serde_json::from_slice(&output.stdout).context("`shpunt reconcile --json` printed no outcome")?;
    let differences = outcome["differences"].as_array().context("an outcome without differences")?;
    line.reconcile_differences = differences.len();
    line.reconcile_compared = outcome["compared"].as_u64().unwrap_or_default();
    ensure!(differences.is_empty() && output.status.success(), "PostgreSQL and ClickHouse differ: {outcome}");
    ensure!(line.reconcile_compared > 0, "nothing was compared");
    Ok(())
}

fn seconds(duration: Duration) -> f64 {
    rounded(duration.as_secs_f64(), 2)
}

/// Progress, for the person watching.
fn say(what: &str) {
    eprintln!("── smoke: {what}");
}
