//! `cargo xtask bench late-cost`: one freight bill over thirty batches, posted to all that was sold of them in one command.
//!
//! The command is called as the API calls it, on an embedded PostgreSQL: it locks the batches, reads where their goods went, splits the
//! bill exactly and commits one entry for each sold line and one for each batch. Every run has batches of its own. Goals: 15,000 lines in
//! less than 0.8 s, 150,000 in less than 8 s, time that grows no faster than the lines to the power of 1.1.

use std::time::Instant;

use anyhow::{Result, ensure};
use clap::Parser;
use rust_decimal::Decimal;
use serde::Serialize;
use shpunt_domain::Db;
use shpunt_domain::batches::expenses::commands::{PostExpense, Target, post_expense};
use shpunt_domain::batches::expenses::{Basis, Kind, ReverseExpense, reverse_expense};
use shpunt_engines::postgres::{Options, Postgres};
use shpunt_tests::bench::figures::{self, median, rounded};
use shpunt_tests::bench::sold::Seller;
use shpunt_tests::ctx;
use shpunt_tests::scratch::Scratch;

/// Batches of a bill.
const BATCHES: i64 = 30;

#[derive(Parser)]
struct Arguments {
    /// Sold lines of each run, the one to report first
    #[arg(long, value_delimiter = ',', default_value = "15000,1500,150000")]
    lines: Vec<u32>,
    /// Bills of each run; the median counts
    #[arg(long, default_value_t = 3)]
    bills: u32,
}

#[derive(Serialize)]
struct Line {
    bench: &'static str,
    /// Of the first run.
    seconds: f64,
    entries: i64,
    /// Kopecks that are in the bill and not in the books, or the other way round; of all runs.
    difference: Decimal,
    /// The slope of time over lines, both as logarithms.
    exponent: f64,
    runs: Vec<Run>,
    load: [f64; 2],
}

#[derive(Serialize)]
struct Run {
    lines: u32,
    seconds: f64,
    /// Entries of one bill: sold lines, batches, VAT, debt.
    entries: i64,
    difference: Decimal,
    /// Taking the last bill back.
    storno_seconds: f64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let load = figures::load();
    let dir = Scratch::new("bench-late-cost")?;
    let postgres = Postgres::start(Options::new(dir.path().join("postgres"))).await?;
    let db = shpunt_domain::db::connect(&postgres.url(), 4).await?;
    shpunt_domain::db::migrate(&db).await?;
    let seller = Seller::new(&db).await?;
    // The first use of every statement is not counted.
    run(&db, seller, 500, 1, 0).await?;
    let mut runs = Vec::new();
    for (index, lines) in (1_i64..).zip(&arguments.lines) {
        let run = run(&db, seller, *lines, arguments.bills, index * 1_000_000).await?;
        eprintln!("{} lines: {} s, {} entries, storno {} s", run.lines, run.seconds, run.entries, run.storno_seconds);
        runs.push(run);
    }
    db.close().await;
    postgres.stop().await?;
    let Some(first) = runs.first() else { anyhow::bail!("name at least one number of lines") };
    figures::print(&Line {
        bench: "late-cost",
        seconds: first.seconds,
        entries: first.entries,
        difference: runs.iter().map(|run| run.difference).sum(),
        exponent: rounded(slope(&runs), 2),
        load: [load, figures::load()],
        runs,
    })
}

async fn run(db: &Db, seller: Seller, lines: u32, bills: u32, first: i64) -> Result<Run> {
    let batches = seller.sold(db, BATCHES, i64::from(lines), first).await?;
    let article: i64 = sqlx::query_scalar("select article_id from articles where code = 'freight_in'").fetch_one(db).await?;
    let (mut times, mut difference, mut entries, mut last) = (Vec::new(), Decimal::ZERO, 0, 0);
    for bill in 0..bills {
        let net = Decimal::new(123_456_789 + i64::from(bill), 2);
        let post = PostExpense {
            company_id: seller.company_id,
            party_id: seller.supplier_id,
            contract_id: 0,
            article_id: article,
            kind: Kind::Expense,
            number: format!("{first}/{bill}"),
            issued_on: "2026-02-25".parse()?,
            effective_on: None,
            net,
            vat: (net * Decimal::new(22, 2)).round_dp(2),
            basis: Basis::Tonnes,
            targets: batches.iter().map(|batch_id| Target { batch_id: *batch_id, share: None }).collect(),
        };
        let begun = Instant::now();
        let posted = post_expense(db, &ctx(&post.number), &post).await?.value;
        times.push(begun.elapsed().as_secs_f64());
        last = posted.additional_expense_id;
        // Counted in the books, not taken from the answer.
        let (cogs, stock, of_goods, all): (i64, i64, Option<Decimal>, i64) = sqlx::query_as(
            "select count(distinct order_line_id) filter (where account = 'cogs'), count(distinct batch_id) filter (where account = 'inventory'),
                sum(amount) filter (where account in ('cogs', 'inventory')), count(*)
             from ledger_entry where transaction_id = $1",
        )
        .bind(posted.transaction_id)
        .fetch_one(db)
        .await?;
        ensure!(cogs == i64::from(lines) && stock == BATCHES, "{cogs} lines and {stock} batches were reached");
        ensure!(all == cogs + stock + 2, "{all} entries are not one for each line and batch, the VAT and the debt");
        difference += (of_goods.unwrap_or_default() - net).abs();
        entries = all;
    }
    let begun = Instant::now();
    let back = ReverseExpense { additional_expense_id: last, on: "2026-02-26".parse()? };
    reverse_expense(db, &ctx(&format!("{first} back")), &back).await?;
    let storno = begun.elapsed().as_secs_f64();
    let apart: i64 = sqlx::query_scalar(
        "select count(*) from batch_balances b join (
            select batch_id, sum(amount) as value, sum(vat) as vat from ledger_entry where account = 'inventory' group by batch_id) l
         using (batch_id) where (b.value, b.vat) is distinct from (l.value, l.vat)",
    )
    .fetch_one(db)
    .await?;
    ensure!(apart == 0, "{apart} balances are not the inventory account");
    Ok(Run { lines, seconds: rounded(median(&times), 3), entries, difference, storno_seconds: rounded(storno, 3) })
}

/// Least squares of the logarithms.
fn slope(runs: &[Run]) -> f64 {
    let points: Vec<(f64, f64)> = runs.iter().map(|run| (f64::from(run.lines).ln(), run.seconds.max(0.001).ln())).collect();
    let number = figures::count(points.len());
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0 / number, y + point.1 / number));
    let up: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    let along: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    if along > 0.0 { up / along } else { 0.0 }
}
