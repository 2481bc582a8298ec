//! `cargo xtask bench freshness`: how soon a change is in a report, while order commands keep coming.
//!
//! The built binary runs as `shpunt up` does. Lanes of trucks send commands by GraphQL at a fixed rate, whatever the answers take;
//! beside them probes run a command each and ask a report of ClickHouse for it, after its token. The clock runs from the answer to
//! the command, which comes right after its commit, to the answer of the report that contains the change. Goal: p99 below 1 s.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Parser;
use serde::Serialize;
use shpunt_tests::bench::figures::{self, count, percentile, rounded};
use shpunt_tests::bench::shpunt::Shpunt;
use shpunt_tests::bench::trade::{Lane, Trade};
use shpunt_tests::scratch::Scratch;
use shpunt_tests::server;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

/// Before it is measured.
const WARM: Duration = Duration::from_secs(5);
/// Probes at a time, each with a channel of its own so that its reports stay small.
const PROBES: usize = 2;

#[derive(Parser)]
struct Arguments {
    /// Order commands per second
    #[arg(long, default_value_t = 200)]
    rate: u32,
    /// Connections that send them
    #[arg(long, default_value_t = 16)]
    lanes: u32,
    /// Seconds measured
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

#[derive(Serialize)]
struct Line {
    bench: &'static str,
    /// From the commit to a report that contains it.
    p50_ms: f64,
    p99_ms: f64,
    max_ms: f64,
    probes: usize,
    /// Order commands answered per second, those of the probes included.
    per_s: f64,
    wanted_per_s: u32,
    /// What a command itself took.
    command_ms_p50: f64,
    command_ms_p99: f64,
    cpu_s: f64,
    seconds: f64,
    load: [f64; 2],
}

/// What one task saw while it was measured.
#[derive(Default)]
struct Seen {
    commands: Vec<f64>,
    visible: Vec<f64>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let load = figures::load();
    let dir = Scratch::new("bench-freshness")?;
    let line = measure(&arguments, &dir.path().join("data"), load).await?;
    figures::print(&line)
}

async fn measure(arguments: &Arguments, data_dir: &Path, load: f64) -> Result<Line> {
    let shpunt = Shpunt::up(&server::program("shpunt"), data_dir, &[]).await?;
    let mut director = shpunt.director().await?;
    let trade = Trade::begin(&mut director, "Bench", "9900000001").await?;
    let run = Arc::new(Run::default());
    let mut tasks = JoinSet::new();
    let pause = Duration::from_secs(u64::from(arguments.lanes)) / arguments.rate;
    for number in 0..arguments.lanes {
        let lane = trade.lane(&director, usize::try_from(number)?).await?;
        // Spread over the interval, so that commands come evenly.
        tasks.spawn(keep_coming(lane, pause, pause * number / arguments.lanes, Arc::clone(&run)));
    }
    for number in 0..PROBES {
        tasks.spawn(probe(trade.lane(&director, 1_000 + number).await?, Arc::clone(&run)));
    }
    tokio::time::sleep(WARM).await;
    let cpu = shpunt.cpu_seconds();
    let begun = Instant::now();
    run.measured.store(true, Ordering::Release);
    tokio::time::sleep(Duration::from_secs(arguments.seconds)).await;
    let seconds = begun.elapsed().as_secs_f64();
    run.stopped.store(true, Ordering::Release);
    let cpu = shpunt.cpu_seconds() - cpu;
    let (mut commands, mut visible) = (Vec::new(), Vec::new());
    while let Some(seen) = tasks.join_next().await {
        let seen = seen??;
        commands.extend(seen.commands);
        visible.extend(seen.visible);
    }
    shpunt.stop().await?;
    Ok(Line {
        bench: "freshness",
        p50_ms: rounded(percentile(&visible, 0.5), 1),
        p99_ms: rounded(percentile(&visible, 0.99), 1),
        max_ms: rounded(percentile(&visible, 1.0), 1),
        probes: visible.len(),
        per_s: rounded(count(commands.len()) / seconds, 1),
        wanted_per_s: arguments.rate,
        command_ms_p50: rounded(percentile(&commands, 0.5), 1),
        command_ms_p99: rounded(percentile(&commands, 0.99), 1),
        cpu_s: rounded(cpu, 1),
        seconds: rounded(seconds, 1),
        load: [load, figures::load()],
    })
}

/// What the tasks are told.
#[derive(Default)]
struct Run {
    measured: AtomicBool,
    stopped: AtomicBool,
}

/// Sends a command each `pause`; one that is late does not put off the next.
async fn keep_coming(mut lane: Lane, pause: Duration, first: Duration, run: Arc<Run>) -> Result<Seen> {
    let mut seen = Seen::default();
    let mut tick = tokio::time::interval_at(tokio::time::Instant::now() + first, pause);
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    while !run.stopped.load(Ordering::Acquire) {
        tick.tick().await;
        let begun = Instant::now();
        lane.step().await?;
        if run.measured.load(Ordering::Acquire) {
            seen.commands.push(figures::ms(begun.elapsed()));
        }
    }
    Ok(seen)
}

/// Runs a command, waits until a report shows it, and again.
async fn probe(mut lane: Lane, run: Arc<Run>) -> Result<Seen> {
    let mut seen = Seen::default();
    while !run.stopped.load(Ordering::Acquire) {
        let begun = Instant::now();
        let done = lane.step().await?;
        let answered = Instant::now();
        lane.see(&done).await?;
        if run.measured.load(Ordering::Acquire) {
            seen.commands.push(figures::ms(answered - begun));
            seen.visible.push(figures::ms(answered.elapsed()));
        }
        // Not in step with the batches of the change stream.
        tokio::time::sleep(Duration::from_millis(rand::random_range(20..120))).await;
    }
    Ok(seen)
}
