//! `cargo xtask bench cdc`: how fast a backlog of the ledger gets into ClickHouse, marts included, over how fast it can be read at
//! all.
//!
//! In every round a million entries are committed while nobody reads. Then they are carried by the worker, and read from copies
//! of the same slot by a bare drain and by `pg_recvlogical`, in an order that turns from round to round. Each time counts from
//! the start of the reader to the last commit; the worker's until a report may show it.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::Parser;
use serde::Serialize;
use shpunt_analytics::Lsn;
use shpunt_tests::bench::engines::Engines;
use shpunt_tests::bench::figures::{self, median, rounded};
use shpunt_tests::bench::{drain, ledger, processes};

#[derive(Parser)]
struct Arguments {
    /// Rounds; the figure is the median
    #[arg(long, default_value_t = 5)]
    runs: u32,
    /// Transactions of a round
    #[arg(long, default_value_t = 1_000)]
    transactions: u32,
    /// Entries of a transaction, a multiple of ten
    #[arg(long, default_value_t = 1_000)]
    entries: u32,
}

#[derive(Serialize)]
struct Line {
    bench: &'static str,
    /// Of each round, ours over the bare drain; the median of them.
    ratio: f64,
    /// Entries per second.
    ours: f64,
    peer: f64,
    ratio_recvlogical: Option<f64>,
    recvlogical: Option<f64>,
    ratios: Vec<f64>,
    entries: u32,
    runs: u32,
    batches: f64,
    cpu_s: Cpu,
    load: [f64; 2],
}

/// Processor seconds of a round of ours, medians.
#[derive(Serialize)]
struct Cpu {
    worker: f64,
    clickhouse: f64,
    postgres: f64,
}

/// What one carrying took.
#[derive(Debug, Clone, Copy)]
struct Ours {
    took: Duration,
    worker: f64,
    clickhouse: f64,
    postgres: f64,
    batches: f64,
}

#[derive(Debug, Default)]
struct Round {
    ours: Option<Ours>,
    bare: Option<Duration>,
    recvlogical: Option<Duration>,
}

#[tokio::main]
async fn main() -> Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let arguments = Arguments::parse();
    let load = figures::load();
    let engines = Engines::start("bench-cdc").await?;
    let company = ledger::company(&engines.db).await?;
    settle(&engines, engines.end_of_log().await?).await?;
    let mut rounds = Vec::new();
    for run in 0..arguments.runs {
        let first = run * arguments.transactions;
        ledger::post(&engines.db, company, first, arguments.transactions, arguments.entries).await?;
        let end = engines.end_of_log().await?;
        let rows = u64::from((run + 1) * arguments.transactions * arguments.entries);
        rounds.push(round(&engines, run, end, rows).await?);
        settle(&engines, end).await?;
    }
    engines.stop().await?;
    figures::print(&line(&arguments, &rounds, load))
}

/// Every side once, each on its own copy of the slot but ours, which reads the slot itself.
async fn round(engines: &Engines, run: u32, end: Lsn, rows: u64) -> Result<Round> {
    let (db, url) = (&engines.db, engines.postgres.url());
    // Housekeeping of the server after so many inserts happens now, not in the middle of somebody's turn.
    sqlx::query("vacuum (analyze) ledger_entry, ledger_transaction").execute(db).await?;
    sqlx::query("checkpoint").execute(db).await?;
    let slot = drain::slot(db).await?;
    for copy in ["bench_bare", "bench_recvlogical"] {
        drain::copy_slot(db, &slot, copy).await?;
    }
    let mut round = Round::default();
    for turn in 0..3 {
        match (run + turn) % 3 {
            0 => round.bare = Some(drain::bare(&url, "bench_bare", end).await?),
            1 => round.ours = Some(ours(engines, end, rows).await?),
            _ => round.recvlogical = drain::recvlogical(&url, "bench_recvlogical", end).await?,
        }
    }
    for copy in ["bench_bare", "bench_recvlogical"] {
        drain::drop_slot(db, copy).await?;
    }
    eprintln!("round {run}: {round:?}");
    Ok(round)
}

async fn ours(engines: &Engines, end: Lsn, rows: u64) -> Result<Ours> {
    let cpu = || {
        let [clickhouse, postgres] = [engines.sidecar.pid(), engines.postgres.pid()].map(processes::cpu_seconds);
        [processes::own_cpu_seconds(std::process::id()), clickhouse, postgres]
    };
    let before = cpu();
    let begun = Instant::now();
    let work = engines.work(|_| ());
    engines.reached(end).await?;
    let took = begun.elapsed();
    let batches = work.status().batches;
    work.stop().await?;
    let after = cpu();
    let [worker, clickhouse, postgres] = [0, 1, 2].map(|index| after[index] - before[index]);
    for (what, query) in [
        ("the ledger", "select count() from raw_ledger_entry"),
        ("the turnover mart", "select sum(entries) from mart_turnover_day"),
        ("the margin mart", "select sum(entries) from mart_margin_month"),
    ] {
        let found = engines.number(query).await?;
        ensure!(found == rows, "{what} holds {found} entries of {rows}");
    }
    Ok(Ours { took, worker, clickhouse, postgres, batches: figures::count(usize::try_from(batches)?) })
}

/// Lets the slot forget what was carried, so that the next round reads only its own entries.
async fn settle(engines: &Engines, end: Lsn) -> Result<()> {
    let work = engines.work(|config| config.acknowledge_after = Duration::ZERO);
    engines.reached(end).await?;
    let behind = "select count(*) from pg_replication_slots where database = current_database()
                  and (confirmed_flush_lsn < $1::text::pg_lsn or restart_lsn < $1::text::pg_lsn)";
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let behind: i64 = sqlx::query_scalar(behind).bind(end.to_string()).fetch_one(&engines.db).await?;
        if behind == 0 {
            return work.stop().await;
        }
        ensure!(Instant::now() < deadline, "the slot does not forget what was acknowledged");
        // The place a slot may start again from is such a record.
        sqlx::query("select pg_log_standby_snapshot()").execute(&engines.db).await?;
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

fn line(arguments: &Arguments, rounds: &[Round], load: f64) -> Line {
    let entries = arguments.transactions * arguments.entries;
    let rates = |took: &dyn Fn(&Round) -> Option<Duration>| -> Vec<f64> {
        rounds.iter().filter_map(|round| Some(f64::from(entries) / took(round)?.as_secs_f64())).collect()
    };
    let ours = rates(&|round| Some(round.ours?.took));
    let peer = rates(&|round| round.bare);
    let recvlogical = rates(&|round| round.recvlogical);
    let ratios = |peer: &[f64]| -> Vec<f64> { ours.iter().zip(peer).map(|(ours, peer)| rounded(ours / peer, 3)).collect() };
    let of_ours = |part: &dyn Fn(Ours) -> f64| {
        let parts: Vec<f64> = rounds.iter().filter_map(|round| round.ours.map(part)).collect();
        rounded(median(&parts), 2)
    };
    Line {
        bench: "cdc",
        ratio: median(&ratios(&peer)),
        ours: median(&ours).round(),
        peer: median(&peer).round(),
        ratio_recvlogical: (!recvlogical.is_empty()).then(|| median(&ratios(&recvlogical))),
        recvlogical: (!recvlogical.is_empty()).then(|| median(&recvlogical).round()),
        ratios: ratios(&peer),
        entries,
        runs: arguments.runs,
        batches: of_ours(&|ours| ours.batches),
        cpu_s: Cpu {
            worker: of_ours(&|ours| ours.worker),
            clickhouse: of_ours(&|ours| ours.clickhouse),
            postgres: of_ours(&|ours| ours.postgres),
        },
        load: [load, figures::load()],
    }
}
