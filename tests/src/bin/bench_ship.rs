//! `cargo xtask bench ship`: how many orders of five lines a second are placed, confirmed and shipped at the API, and how many deadlocks that takes.
//!
//! All clients take from the same five batches, each in an order of its own, so that they meet on every balance; each has its own deal. In
//! the end every batch must hold what the shipped orders left of it. Goals: ≥ 100 a second with 8 clients, no deadlock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use serde::Serialize;
use serde_json::{Value, json};
use shpunt_domain::Db;
use shpunt_tests::bench::figures::{self, median, rounded};
use shpunt_tests::bench::graphql::GraphQl;
use shpunt_tests::bench::served::Served;
use shpunt_tests::bench::storm::storm;
use shpunt_tests::bench::trade::Trade;
use uuid::Uuid;

/// Lines of an order, each of another batch.
const LINES: usize = 5;
/// Deals of a client: each shall have as many orders as deals have, not thousands.
const DEALS: usize = 100;

#[derive(Parser)]
struct Arguments {
    /// Clients that ship at the same time
    #[arg(long, default_value_t = 8)]
    clients: usize,
    /// Rounds
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds a round takes
    #[arg(long, default_value_t = 4)]
    seconds: u64,
}

#[derive(Serialize)]
struct Line {
    bench: &'static str,
    /// Orders a second, the median of the rounds.
    per_s: f64,
    /// As PostgreSQL counted them.
    deadlocks: i64,
    orders: i64,
    clients: usize,
    load: [f64; 2],
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let load = figures::load();
    let served = Served::start("bench-ship").await?;
    let mut director = served.director().await?;
    let desks = desks(&mut director, arguments.clients).await?;
    let (time, mut rates) = (Duration::from_secs(arguments.seconds), Vec::new());
    // The first round fills caches and is not counted.
    for round in 0..=arguments.rounds {
        let rate = storm(&desks, time, |desk, stop| ship(director.another(), desk, stop)).await?;
        eprintln!("round {round}: {rate:.0} a second");
        if round > 0 {
            rates.push(rate);
        }
    }
    let orders = shipped(&served.db).await?;
    let deadlocks = deadlocks(&served.db).await?;
    served.stop().await?;
    figures::print(&Line {
        bench: "ship",
        per_s: rounded(median(&rates), 0),
        deadlocks,
        orders,
        clients: arguments.clients,
        load: [load, figures::load()],
    })
}

/// What one client orders.
#[derive(Clone)]
struct Desk {
    deals: Vec<Value>,
    lines: Vec<Value>,
    today: String,
}

/// Deals for each client, and batches that all of them take from.
async fn desks(director: &mut GraphQl, clients: usize) -> Result<Vec<Desk>> {
    let trade = Trade::begin(director, "Ship", "9900000003").await?;
    let mut lanes = Vec::new();
    for number in 0..clients.max(LINES) {
        lanes.push(trade.lane(director, number).await?);
    }
    let lines: Vec<Value> = lanes.iter().take(LINES).map(|lane| lane.line().clone()).collect();
    let mut desks = Vec::with_capacity(clients);
    for (client, lane) in lanes.iter_mut().enumerate().take(clients) {
        let mut lines = lines.clone();
        lines.rotate_left(client % LINES);
        if client % 2 == 1 {
            lines.reverse();
        }
        for line in &mut lines {
            line["pieces"] = 1.into();
        }
        desks.push(Desk { deals: lane.deals(DEALS).await?, lines, today: trade.today().to_owned() });
    }
    Ok(desks)
}

const CREATE: &str = "mutation($input: OrderCreateInput!) {
    orderCreate(input: $input) { order { id number lines { id } } userErrors { code message } consistencyToken } }";
const CONFIRM: &str = "mutation($input: OrderConfirmInput!) {
    orderConfirm(input: $input) { order { id status } userErrors { code message } consistencyToken } }";
const SHIP: &str = "mutation($input: OrderShipInput!) {
    orderShip(input: $input) { order { id status gross { amount } } userErrors { code message } consistencyToken } }";

/// One truck after another.
async fn ship(mut client: GraphQl, desk: Desk, stop: Arc<AtomicBool>) -> Result<usize> {
    let mut orders = 0;
    let key = || Uuid::from_u128(rand::random()).to_string();
    while !stop.load(Ordering::Relaxed) {
        let deal = &desk.deals[orders % DEALS];
        let input = json!({ "dealId": deal, "plannedOn": desk.today, "lines": desk.lines, "idempotencyKey": key() });
        let order = client.change("orderCreate", CREATE, input).await?["order"]["id"].take();
        client.change("orderConfirm", CONFIRM, json!({ "orderId": order })).await?;
        let input = json!({ "orderId": order, "shippedOn": desk.today, "idempotencyKey": key() });
        let shipped = client.change("orderShip", SHIP, input).await?;
        ensure!(shipped["order"]["status"] == "SHIPPED", "{shipped}");
        orders += 1;
    }
    Ok(orders)
}

/// How many orders were shipped. Errors: a batch holds, or is worth, something else than they left of it.
async fn shipped(db: &Db) -> Result<i64> {
    let (orders, short): (i64, i64) = sqlx::query_as(
        "select (select count(*) from orders where status = 'shipped'),
            (select count(*) from batch_balances s join batches b using (batch_id)
             where (s.pieces, s.value) is distinct from (
                    b.pieces - (select coalesce(sum(l.pieces), 0)::bigint from order_lines l join orders o using (order_id)
                                where l.batch_id = s.batch_id and o.status = 'shipped'),
                    (select sum(amount) from ledger_entry e where e.account = 'inventory' and e.batch_id = s.batch_id)))",
    )
    .fetch_one(db)
    .await?;
    ensure!(orders > 0 && short == 0, "{short} batches hold something else than {orders} orders left of them");
    Ok(orders)
}

/// Since PostgreSQL was made: what a command repeats is counted too. A backend tells its counts within a second.
async fn deadlocks(db: &Db) -> Result<i64> {
    tokio::time::sleep(Duration::from_secs(2)).await;
    let counted = "select deadlocks from pg_stat_database where datname = current_database()";
    sqlx::query_scalar(counted).fetch_one(db).await.context("PostgreSQL does not count deadlocks")
}
