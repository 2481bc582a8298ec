//! `cargo xtask bench reports`: how long the six reports take at the API, on the demo business.
//!
//! The built binary on an empty directory makes the demo; then one reader goes round the reports of the director's page, over one
//! connection, with every grouping and several periods, so that no answer is the one before. Goal: p95 below 50 ms.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use serde::Serialize;
use serde_json::Value;
use shpunt_tests::bench::figures::{self, percentile, rounded};
use shpunt_tests::bench::graphql::GraphQl;
use shpunt_tests::bench::panels::{self, Panel};
use shpunt_tests::bench::shpunt::Shpunt;
use shpunt_tests::scratch::Scratch;
use shpunt_tests::server;

#[derive(Parser)]
struct Arguments {
    /// Requests of each report
    #[arg(long, default_value_t = 200)]
    requests: usize,
}

#[derive(Serialize)]
struct Line {
    bench: &'static str,
    /// Of all requests together, milliseconds.
    p50_ms: f64,
    p95_ms: f64,
    reports: BTreeMap<&'static str, Times>,
    requests: usize,
    load: [f64; 2],
}

#[derive(Serialize)]
struct Times {
    p50_ms: f64,
    p95_ms: f64,
    /// Bytes of the largest answer.
    bytes: usize,
}

/// What each request of a report took, in milliseconds.
#[derive(Default)]
struct Taken {
    times: Vec<f64>,
    bytes: usize,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let load = figures::load();
    let dir = Scratch::new("bench-reports")?;
    let shpunt = Shpunt::up(&server::program("shpunt"), &dir.path().join("data"), &[]).await?;
    let taken = measure(&mut shpunt.director().await?, arguments.requests).await?;
    shpunt.stop().await?;
    let all: Vec<f64> = taken.values().flat_map(|taken| taken.times.iter().copied()).collect();
    let part = |times: &[f64], part: f64| rounded(percentile(times, part), 1);
    figures::print(&Line {
        bench: "reports",
        p50_ms: part(&all, 0.5),
        p95_ms: part(&all, 0.95),
        reports: taken
            .iter()
            .map(|(name, taken)| {
                (*name, Times { p50_ms: part(&taken.times, 0.5), p95_ms: part(&taken.times, 0.95), bytes: taken.bytes })
            })
            .collect(),
        requests: all.len(),
        load: [load, figures::load()],
    })
}

async fn measure(client: &mut GraphQl, requests: usize) -> Result<BTreeMap<&'static str, Taken>> {
    let panels = panels::all(&[
        ("2025-01-01", "2025-12-31"),
        ("2025-10-01", "2025-12-31"),
        ("2026-03-01", "2026-03-31"),
        ("2020-01-01", "2030-12-31"),
    ]);
    let mut taken: BTreeMap<&'static str, Taken> = BTreeMap::new();
    // The first look at anything opens files and fills caches: a tenth more, not counted.
    let warm = requests / 10;
    for round in 0..warm + requests {
        for panel in &panels {
            let begun = Instant::now();
            let body = client.ask_raw(panel.body(round)).await?;
            let took = figures::ms(begun.elapsed());
            check(panel, &body)?;
            if round >= warm {
                let taken = taken.entry(panel.name).or_default();
                taken.times.push(took);
                taken.bytes = taken.bytes.max(body.len());
            }
        }
    }
    Ok(taken)
}

/// An answer without errors; only what was answered may be called fast.
fn check(panel: &Panel, body: &[u8]) -> Result<()> {
    let answer: Value = serde_json::from_slice(body).context(panel.name)?;
    ensure!(answer["errors"].is_null() && answer["data"]["report"].is_object(), "{}: {answer}", panel.name);
    Ok(())
}
