//! `cargo xtask bench subscribers`: what many idle listeners cost, and how soon a change reaches all of them.
//!
//! The built binary runs as `shpunt up` does; every listener is a socket of its own that listens for deals. Memory is that of the serving
//! process with them over that without. Then a deal gets another title again and again; the clock runs from the answer to that, which
//! comes right after its commit, until the last listener has heard of it through the change stream. Goals: below 64 MiB for 2,000, and
//! 1 s.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use clap::Parser;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::Serialize;
use serde_json::json;
use shpunt_tests::bench::figures::{self, count, percentile, rounded};
use shpunt_tests::bench::graphql::GraphQl;
use shpunt_tests::bench::processes;
use shpunt_tests::bench::shpunt::Shpunt;
use shpunt_tests::scratch::Scratch;
use shpunt_tests::server;
use shpunt_tests::socket::{Heard, Socket};
use tokio::sync::mpsc;

/// Sockets opened at a time.
const OPENING: usize = 32;
/// Nothing takes longer.
const PATIENCE: Duration = Duration::from_mins(1);

const LISTEN: &str = "subscription { dealChanged { deal { title } consistencyToken } }";

#[derive(Parser)]
struct Arguments {
    /// Listeners
    #[arg(long, default_value_t = 2_000)]
    subscribers: usize,
    /// Changes measured
    #[arg(long, default_value_t = 20)]
    changes: usize,
    /// Seconds in which nothing happens
    #[arg(long, default_value_t = 10)]
    idle: u64,
}

#[derive(Serialize)]
struct Line {
    bench: &'static str,
    subscribers: usize,
    /// Of the serving process over none, MiB.
    over_none_mib: f64,
    none_mib: f64,
    /// Until the last of all has heard of a change.
    all_p50_ms: f64,
    all_max_ms: f64,
    /// Until one has.
    p50_ms: f64,
    p99_ms: f64,
    changes: usize,
    /// Processor time of the serving process while nothing happens, percent of one, without listeners and with them.
    idle_cpu_percent: [f64; 2],
    load: [f64; 2],
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let load = figures::load();
    let dir = Scratch::new("bench-subscribers")?;
    let shpunt = Shpunt::up(&server::program("shpunt"), &dir.path().join("data"), &["--no-demo"]).await?;
    let line = measure(&arguments, &shpunt, load).await?;
    shpunt.stop().await?;
    figures::print(&line)
}

async fn measure(arguments: &Arguments, shpunt: &Shpunt, load: f64) -> Result<Line> {
    let mut director = shpunt.director().await?;
    let (address, cookie) = (director.address().parse()?, Arc::from(director.cookie()));
    let mut deal = Deal::make(&mut director).await?;
    let idle = Duration::from_secs(arguments.idle);
    // What is made at the first use is made before it is measured.
    let mut few = Listeners::open(address, &cookie, OPENING).await?;
    few.warm(&mut deal, &mut director).await?;
    drop(few);
    let cpu_without = cpu(shpunt, idle).await?;
    let none = memory(shpunt)?;
    let mut listeners = Listeners::open(address, &cookie, arguments.subscribers).await?;
    listeners.warm(&mut deal, &mut director).await?;
    let cpu_with = cpu(shpunt, idle).await?;
    let many = memory(shpunt)?;
    let (mut each, mut all) = (Vec::new(), Vec::new());
    for _ in 0..arguments.changes {
        let (title, begun) = (deal.rename(&mut director).await?, Instant::now());
        let took = listeners.all_hear(&title, begun).await?;
        all.push(percentile(&took, 1.0));
        each.extend(took);
    }
    Ok(Line {
        bench: "subscribers",
        subscribers: arguments.subscribers,
        over_none_mib: rounded(many - none, 1),
        none_mib: rounded(none, 1),
        all_p50_ms: rounded(percentile(&all, 0.5), 1),
        all_max_ms: rounded(percentile(&all, 1.0), 1),
        p50_ms: rounded(percentile(&each, 0.5), 1),
        p99_ms: rounded(percentile(&each, 0.99), 1),
        changes: arguments.changes,
        idle_cpu_percent: [rounded(cpu_without, 2), rounded(cpu_with, 2)],
        load: [load, figures::load()],
    })
}

/// Of the serving process, MiB.
fn memory(shpunt: &Shpunt) -> Result<f64> {
    let tree = shpunt.tree();
    let serving = tree.get(..1).context("it does not run")?;
    Ok(count(usize::try_from(processes::pss_kib(serving))?) / 1024.0)
}

/// What the serving process uses of one processor in a time without work, percent.
async fn cpu(shpunt: &Shpunt, time: Duration) -> Result<f64> {
    let pid = shpunt.tree().first().context("it does not run")?.pid;
    let before = processes::own_cpu_seconds(pid);
    tokio::time::sleep(time).await;
    Ok((processes::own_cpu_seconds(pid) - before) / time.as_secs_f64() * 100.0)
}

/// A deal that gets one title after another.
struct Deal {
    id: serde_json::Value,
    version: i32,
}

impl Deal {
    async fn make(director: &mut GraphQl) -> Result<Self> {
        let company = json!({ "name": "Bench", "inn": "9900000002", "firstDay": "2025-01-01", "regime": "OSNO" });
        let query =
            "mutation($input: CompanyCreateInput!) { companyCreate(input: $input) { company { id } userErrors { code } } }";
        let company = director.change("companyCreate", query, company).await?["company"]["id"].clone();
        let query =
            "mutation($input: ChannelCreateInput!) { channelCreate(input: $input) { channel { id } userErrors { code } } }";
        let channel = json!({ "code": "bench", "name": "Bench" });
        let channel = director.change("channelCreate", query, channel).await?["channel"]["id"].clone();
        let query =
            "mutation($input: DealCreateInput!) { dealCreate(input: $input) { deal { id version } userErrors { code } } }";
        let deal = json!({ "companyId": company, "channelId": channel, "title": "0" });
        let deal = director.change("dealCreate", query, deal).await?["deal"].clone();
        Ok(Self { id: deal["id"].clone(), version: serde_json::from_value(deal["version"].clone())? })
    }

    /// Its next title, once it is committed.
    async fn rename(&mut self, director: &mut GraphQl) -> Result<String> {
        let title = self.version.to_string();
        let input = json!({ "dealId": self.id, "expectedVersion": self.version, "title": title });
        let query = "mutation($input: DealUpdateInput!) { dealUpdate(input: $input) { deal { version } userErrors { code } } }";
        director.change("dealUpdate", query, input).await?;
        self.version += 1;
        Ok(title)
    }
}

/// Open sockets, and what they hear: the title and when.
struct Listeners {
    heard: mpsc::UnboundedReceiver<(usize, String, Instant)>,
    tasks: tokio::task::JoinSet<()>,
}

impl Listeners {
    async fn open(address: SocketAddr, cookie: &Arc<str>, count: usize) -> Result<Self> {
        let opened = stream::iter(0..count).map(async |_| {
            let mut socket = Socket::open(address, cookie).await?;
            socket.begin().await?;
            socket.subscribe("1", LISTEN).await?;
            anyhow::Ok(socket)
        });
        let sockets: Vec<Socket> = opened.buffer_unordered(OPENING).try_collect().await?;
        let (tell, heard) = mpsc::unbounded_channel();
        let mut tasks = tokio::task::JoinSet::new();
        for (number, mut socket) in sockets.into_iter().enumerate() {
            let tell = tell.clone();
            tasks.spawn(async move {
                while let Some(Heard::Message(message)) = socket.wait().await {
                    let title =
                        message["payload"]["data"]["dealChanged"]["deal"]["title"].as_str().unwrap_or_default().to_owned();
                    let _ = tell.send((number, title, Instant::now()));
                }
            });
        }
        Ok(Self { heard, tasks })
    }

    /// Changes the deal until every listener has heard of it: nothing says when a listener begins to listen.
    async fn warm(&mut self, deal: &mut Deal, director: &mut GraphQl) -> Result<()> {
        let begun = Instant::now();
        loop {
            let title = deal.rename(director).await?;
            if self.hear(&title, Instant::now(), Duration::from_secs(2)).await.is_some() {
                return Ok(());
            }
            anyhow::ensure!(begun.elapsed() < PATIENCE, "not every listener hears");
        }
    }

    /// How long it took until each had heard of a title, milliseconds.
    async fn all_hear(&mut self, title: &str, begun: Instant) -> Result<Vec<f64>> {
        self.hear(title, begun, PATIENCE).await.context("not every listener hears of a change")
    }

    async fn hear(&mut self, title: &str, begun: Instant, patience: Duration) -> Option<Vec<f64>> {
        let mut took = vec![None; self.tasks.len()];
        let mut left = took.len();
        let all = async {
            while left > 0 {
                let (number, heard, at) = self.heard.recv().await?;
                if heard == title && took[number].is_none() {
                    took[number] = Some(figures::ms(at.saturating_duration_since(begun)));
                    left -= 1;
                }
            }
            Some(())
        };
        tokio::time::timeout(patience, all).await.ok()??;
        Some(took.into_iter().flatten().collect())
    }
}
