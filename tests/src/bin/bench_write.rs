//! `cargo xtask bench write`: how many orders of five lines a second the API places, over the same statements without it.
//!
//! Both sides run on one database and one pool. The peer does what `pgbench` does with a script: the statements of the command one after
//! another, prepared, in one transaction, with nothing decided in between. Their text and how often each is run are read from PostgreSQL
//! after the API ran them; a statement this script does not know fails the benchmark. Rounds alternate; the figure is the median of
//! their ratios. Goal: ≥ 0.5.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, bail};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use clap::Parser;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use shpunt_domain::Db;
use shpunt_tests::bench::figures::{self, median, rounded};
use shpunt_tests::bench::graphql::GraphQl;
use shpunt_tests::bench::served::Served;
use shpunt_tests::bench::storm::storm;
use shpunt_tests::bench::trade::{Trade, number_of};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};
use uuid::Uuid;

/// Lines of an order.
const LINES: usize = 5;
/// Deals of a client: each shall have as many orders as deals have, not thousands.
const DEALS: usize = 100;
/// Orders placed to see the statements.
const SEEN: i64 = 8;

#[derive(Parser)]
struct Arguments {
    /// Clients that place orders at the same time
    #[arg(long, default_value_t = 8)]
    clients: usize,
    /// Rounds of each side
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Seconds a round takes
    #[arg(long, default_value_t = 3)]
    seconds: u64,
}

#[derive(Serialize)]
struct Line {
    bench: &'static str,
    ratio: f64,
    /// Orders a second.
    ours: f64,
    peer: f64,
    /// Statements of one order, its transaction apart.
    statements: usize,
    clients: usize,
    load: [f64; 2],
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let load = figures::load();
    let served = Served::start("bench-write").await?;
    let mut director = served.director().await?;
    let desks = desks(&mut director, arguments.clients).await?;
    let script = Arc::new(Script::seen(&served.db, &director, &desks[0]).await?);
    let time = Duration::from_secs(arguments.seconds);
    let (mut ours, mut peer, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    // The first round fills caches and is not counted.
    for round in 0..=arguments.rounds {
        let one = storm(&desks, time, |desk, stop| api(director.another(), desk, stop)).await?;
        let other = storm(&desks, time, |desk, stop| statements(served.db.clone(), Arc::clone(&script), desk, stop)).await?;
        eprintln!("round {round}: {one:.0} and {other:.0} a second, {:.3}", one / other);
        if round > 0 {
            ours.push(one);
            peer.push(other);
            ratios.push(one / other);
        }
    }
    let statements = script.texts.len() + (LINES - 1) * EACH.len();
    served.stop().await?;
    figures::print(&Line {
        bench: "write",
        ratio: rounded(median(&ratios), 3),
        ours: rounded(median(&ours), 0),
        peer: rounded(median(&peer), 0),
        statements,
        clients: arguments.clients,
        load: [load, figures::load()],
    })
}

/// Where one client places its orders.
#[derive(Clone)]
struct Desk {
    input: Value,
    company: i64,
    deals: Vec<Value>,
    customer: i64,
    product: i64,
    batch: i64,
    on: NaiveDate,
}

/// Deals and a batch for each client, so that they do not wait for each other.
async fn desks(director: &mut GraphQl, clients: usize) -> Result<Vec<Desk>> {
    let trade = Trade::begin(director, "Bench", "9900000002").await?;
    let mut desks = Vec::new();
    for number in 0..clients {
        let mut lane = trade.lane(director, number).await?;
        let deals = lane.deals(DEALS).await?;
        let [product, batch] = [&lane.line()["productId"], &lane.line()["batchId"]];
        let lines = vec![lane.line().clone(); LINES];
        let id = |value: &Value| number_of(value.as_str().unwrap_or_default());
        desks.push(Desk {
            input: json!({ "plannedOn": trade.today(), "vehicle": "А123ВС77", "lines": lines }),
            company: trade.company_id()?,
            deals,
            customer: id(trade.customer())?,
            product: id(product)?,
            batch: id(batch)?,
            on: trade.today().parse()?,
        });
    }
    Ok(desks)
}

const PLACE: &str = "mutation Place($input: OrderCreateInput!) {
    orderCreate(input: $input) { order { id number gross { amount } lines { id } } userErrors { code message } consistencyToken } }";

/// Through the API.
async fn api(mut client: GraphQl, desk: Desk, stop: Arc<AtomicBool>) -> Result<usize> {
    let mut placed = 0;
    while !stop.load(Ordering::Relaxed) {
        client.change("orderCreate", PLACE, keyed(&desk)).await?;
        placed += 1;
    }
    Ok(placed)
}

/// The order under a key of its own.
fn keyed(desk: &Desk) -> Value {
    let mut input = desk.input.clone();
    input["dealId"] = desk.deals[rand::random_range(0..DEALS)].clone();
    input["idempotencyKey"] = Uuid::from_u128(rand::random()).to_string().into();
    input
}

/// Statements run once for an order, in their order, by a part of their text.
const ONCE: [&str; 12] = [
    "from sessions s join users",
    "insert into command_log",
    "select company_id, party_id, contract_id, stage, number from deals",
    "from company_tax_regimes",
    "insert into orders",
    "select pg_advisory_xact_lock",
    "select distinct on (component, order_id, batch_id, article_id)",
    "from planned_expenses p join orders",
    "join batch_balances w on",
    "insert into margin_changes",
    "update command_log",
    "pg_current_wal_flush_lsn",
];

/// Statements run for each line.
const EACH: [&str; 2] = ["from products", "from batches"];

/// Writes all lines.
const ROWS: &str = "insert into order_lines";

/// The statements of an order as the API sent them, and what it logged.
struct Script {
    texts: BTreeMap<&'static str, String>,
    token: Vec<u8>,
    logged: (Value, Value),
}

impl Script {
    /// Places some orders through the API and asks PostgreSQL what was run. Errors: the API ran something this script does not know, or
    /// another number of times.
    async fn seen(db: &Db, director: &GraphQl, desk: &Desk) -> Result<Self> {
        let mut client = director.another();
        // What is made at the first use is made before.
        client.change("orderCreate", PLACE, keyed(desk)).await?;
        let before = executed(db).await?;
        for _ in 0..SEEN {
            client.change("orderCreate", PLACE, keyed(desk)).await?;
        }
        let mut texts = BTreeMap::new();
        for (text, times) in executed(db).await? {
            let times = times - before.get(&text).copied().unwrap_or_default();
            if times == 0 {
                continue;
            }
            let known = ONCE.map(|part| (part, 1)).into_iter().chain([(ROWS, 1)]).chain(EACH.map(|part| (part, 5)));
            let Some((part, expected)) = known.into_iter().find(|(part, _)| text.contains(part)) else {
                bail!("the API runs a statement this benchmark does not: {text}");
            };
            if times != expected * SEEN || texts.insert(part, text.clone()).is_some() {
                bail!("the API runs this {times} times for {SEEN} orders, the benchmark {expected} times for one: {text}");
            }
        }
        let missing: Vec<_> = ONCE.iter().chain(&EACH).chain([&ROWS]).filter(|part| !texts.contains_key(**part)).collect();
        if !missing.is_empty() {
            bail!("the API does not run what this benchmark does: {missing:?}");
        }
        let (_, token) = director.cookie().split_once('=').context("a cookie")?;
        let logged =
            sqlx::query_as("select input, result from command_log where name = 'orders.create' limit 1").fetch_one(db).await?;
        Ok(Self { texts, token: Sha256::digest(token.as_bytes()).to_vec(), logged })
    }

    /// Runs the statements of one order.
    async fn run(&self, connection: &mut PgConnection, desk: &Desk) -> Result<()> {
        let statement = |part: &str| sqlx::query(AssertSqlSafe(self.texts[part].as_str()));
        let now: DateTime<Utc> = SystemTime::now().into();
        let id = Uuid::from_u128(rand::random());
        let nobody: Option<Vec<i64>> = None;
        let session = statement(ONCE[0]).bind(vec![self.token.clone()]).bind(now).bind(now - TimeDelta::hours(12));
        session.fetch_all(&mut *connection).await?;
        let mut tx = connection.begin().await?;
        let log = statement(ONCE[1]).bind(id).bind("orders.create").bind(1_i64).bind(&self.token).bind(&self.logged.0).bind(now);
        log.execute(&mut *tx).await?;
        let deal = number_of(desk.deals[rand::random_range(0..DEALS)].as_str().unwrap_or_default())?;
        statement(ONCE[2]).bind(deal).bind(nobody).fetch_all(&mut *tx).await?;
        statement(ONCE[3]).bind(desk.company).bind(desk.on).fetch_all(&mut *tx).await?;
        for _ in 0..LINES {
            statement(EACH[0]).bind(desk.product).fetch_all(&mut *tx).await?;
            statement(EACH[1]).bind(desk.batch).fetch_all(&mut *tx).await?;
        }
        let sum = |kopecks: i64| Decimal::new(kopecks, 2);
        let order = statement(ONCE[4]).bind(desk.company).bind(deal).bind(0_i64).bind(desk.customer).bind("draft").bind(desk.on);
        let order = order.bind("А123ВС77").bind(sum(50_000_000)).bind(sum(11_000_000)).bind(sum(61_000_000)).bind(now);
        let row = order.fetch_one(&mut *tx).await?;
        let order: i64 = sqlx::Row::try_get(&row, 0)?;
        let lines = statement(ROWS).bind(order).bind((1_i32..).take(LINES).collect::<Vec<_>>()).bind(vec!["goods"; LINES]);
        let lines = lines.bind(vec![desk.product; LINES]).bind(vec![desk.batch; LINES]).bind(vec![1_i64; LINES]);
        let lines = lines.bind(vec![Decimal::new(11_370, 3); LINES]).bind(vec![Decimal::new(1_137_000, 6); LINES]);
        let lines = lines.bind(vec!["шт"; LINES]).bind(vec![Decimal::ONE; LINES]).bind(vec![sum(10_000_000); LINES]);
        let lines = lines.bind(vec![false; LINES]).bind(vec![Decimal::from(22); LINES]).bind(vec![sum(10_000_000); LINES]);
        lines.bind(vec![sum(2_200_000); LINES]).bind(vec![sum(12_200_000); LINES]).fetch_all(&mut *tx).await?;
        // What it changed of the margin of its deal: revenue and what the goods cost.
        statement(ONCE[5]).bind(deal).fetch_all(&mut *tx).await?;
        statement(ONCE[6]).bind(deal).bind(None::<i64>).fetch_all(&mut *tx).await?;
        statement(ONCE[7]).bind(deal).fetch_all(&mut *tx).await?;
        statement(ONCE[8]).bind(deal).fetch_all(&mut *tx).await?;
        let change = statement(ONCE[9]).bind(deal).bind(None::<DateTime<Utc>>).bind(id).bind("orders.create");
        let change = change.bind(vec!["revenue", "cost"]).bind(vec![order, order]).bind(vec![0, desk.batch]).bind(vec![0_i64, 0]);
        change.bind(vec![sum(0), sum(0)]).bind(vec![sum(50_000_000), sum(40_000_000)]).execute(&mut *tx).await?;
        statement(ONCE[10]).bind(id).bind(&self.logged.1).execute(&mut *tx).await?;
        tx.commit().await?;
        statement(ONCE[11]).fetch_all(connection).await?;
        Ok(())
    }
}

/// By the statements alone, over a connection of the same pool.
async fn statements(db: Db, script: Arc<Script>, desk: Desk, stop: Arc<AtomicBool>) -> Result<usize> {
    let mut connection = db.acquire().await?;
    let mut placed = 0;
    while !stop.load(Ordering::Relaxed) {
        script.run(&mut connection, &desk).await?;
        placed += 1;
    }
    Ok(placed)
}

/// How often each prepared statement was run, over all connections of the pool.
async fn executed(db: &Db) -> Result<BTreeMap<String, i64>> {
    // A task of its own gives a connection back after its request was answered.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut held = Vec::new();
    while let Some(connection) = db.try_acquire() {
        held.push(connection);
    }
    let mut all = BTreeMap::new();
    for connection in &mut held {
        let rows: Vec<(String, i64)> =
            sqlx::query_as("select statement, generic_plans + custom_plans from pg_prepared_statements")
                .fetch_all(&mut **connection)
                .await?;
        for (text, times) in rows.into_iter().filter(|(text, _)| !text.contains("pg_prepared_statements")) {
            *all.entry(text).or_default() += times;
        }
    }
    Ok(all)
}
