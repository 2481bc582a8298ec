//! `cargo xtask bench graphql`: how many answers a second the API gives, over a handler written by hand for the one question.
//!
//! Both are served by this process on one pool of connections, look up the same session and answer byte for byte the same data. The peer is
//! a bare axum handler with one statement in which PostgreSQL makes the JSON. Rounds alternate; the figure is the median of their ratios.
//! Goals: nested ≥ 0.5, flat ≥ 0.6.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, Result, ensure};
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use clap::Parser;
use serde::Serialize;
use serde_json::{Value, json};
use shpunt_domain::Db;
use shpunt_domain::access::sessions;
use shpunt_tests::bench::figures::{self, count, median, rounded};
use shpunt_tests::bench::graphql::GraphQl;
use shpunt_tests::bench::processes;
use shpunt_tests::bench::served::Served;
use shpunt_tests::bench::volume;

#[derive(Parser)]
struct Arguments {
    /// Deals; each has five orders of five lines, and five payments
    #[arg(long, default_value_t = 20_000)]
    deals: i64,
    /// Connections that ask at the same time
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// Rounds of each side
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Seconds a round takes
    #[arg(long, default_value_t = 3)]
    seconds: u64,
}

const FLAT: &str = "query Flat { deals(first: 20) { nodes {
    id number title stage openedAt contactName contactPhone needTonnes needAmount { amount currency } } } }";

const NESTED: &str = "query Nested { deals(first: 20) { nodes {
    id number title stage openedAt contactName contactPhone needTonnes needAmount { amount currency } customer { id name phone }
    orders { id number status plannedOn vehicle gross { amount currency }
        lines { id line pieces metres price { amount } } }
    payments { id direction paidOn amount { amount } purpose } } } }";

/// `@` is replaced by what is nested.
const PEER: &str = r#"select json_build_object('data', json_build_object('deals', json_build_object('nodes', coalesce(json_agg(json_build_object(
        'id', 'deal_' || d.deal_id, 'number', d.number, 'title', d.title, 'stage', upper(d.stage),
        'openedAt', to_char(d.opened_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'contactName', nullif(d.contact_name, ''),
        'contactPhone', nullif(d.contact_phone, ''), 'needTonnes', d.need_tonnes::text,
        'needAmount', json_build_object('amount', d.need_gross::text, 'currency', 'RUB')@)
        order by d.opened_at desc, d.deal_id desc), '[]'))))::text
    from (select * from deals where deleted_at is null and ($1::bigint[] is null or employee_id = any($1))
          order by opened_at desc, deal_id desc limit 20) d"#;

const PEER_NESTED: &str = r",
        'customer', (select json_build_object('id', 'party_' || p.party_id, 'name', p.name, 'phone', nullif(p.phone, ''))
            from parties p where p.party_id = d.party_id),
        'orders', (select coalesce(json_agg(json_build_object('id', 'order_' || o.order_id, 'number', o.number, 'status', upper(o.status),
                'plannedOn', o.planned_on, 'vehicle', nullif(o.vehicle, ''),
                'gross', json_build_object('amount', o.gross::text, 'currency', 'RUB'),
                'lines', (select coalesce(json_agg(json_build_object('id', 'order_line_' || l.order_line_id, 'line', l.line, 'pieces', l.pieces,
                        'metres', l.metres::text,
                        'price', json_build_object('amount', l.price::text)) order by l.line), '[]')
                    from order_lines l where l.order_id = o.order_id and l.deleted_at is null)) order by o.order_id), '[]')
            from orders o where o.deal_id = d.deal_id and o.deleted_at is null),
        'payments', (select coalesce(json_agg(json_build_object('id', 'payment_' || p.payment_id, 'direction', upper(p.direction),
                'paidOn', p.paid_on, 'amount', json_build_object('amount', p.amount::text),
                'purpose', nullif(p.purpose, '')) order by p.payment_id), '[]')
            from payments p where p.deal_id = d.deal_id and p.deal_id > 0)";

#[derive(Serialize)]
struct Line {
    bench: &'static str,
    /// The smaller of both, over its goal.
    ratio: f64,
    nested_ratio: f64,
    flat_ratio: f64,
    /// Answers a second: ours, then the peer's.
    nested_per_s: [f64; 2],
    flat_per_s: [f64; 2],
    /// Processor time of this process, the asking included, milliseconds an answer.
    nested_cpu_ms: [f64; 2],
    flat_cpu_ms: [f64; 2],
    nested_bytes: usize,
    flat_bytes: usize,
    connections: usize,
    load: [f64; 2],
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let load = figures::load();
    let served = Served::start("bench-graphql").await?;
    let mut director = served.director().await?;
    let begun = Instant::now();
    volume::fill(&served.db, &mut director, arguments.deals).await?;
    eprintln!("{} deals made in {:.1} s", arguments.deals, begun.elapsed().as_secs_f64());
    let peer = peer(served.db.clone()).await?;
    let mut sides = Vec::new();
    for (path, query) in [("/flat", FLAT), ("/nested", NESTED)] {
        sides.push(compare(&arguments, &director, peer, path, query).await?);
    }
    served.stop().await?;
    let [flat, nested] = <[Compared; 2]>::try_from(sides).ok().context("two questions")?;
    figures::print(&Line {
        bench: "graphql",
        ratio: rounded((nested.ratio / 0.5).min(flat.ratio / 0.6), 3),
        nested_ratio: nested.ratio,
        flat_ratio: flat.ratio,
        nested_per_s: nested.per_s,
        flat_per_s: flat.per_s,
        nested_cpu_ms: nested.cpu_ms,
        flat_cpu_ms: flat.cpu_ms,
        nested_bytes: nested.bytes,
        flat_bytes: flat.bytes,
        connections: arguments.connections,
        load: [load, figures::load()],
    })
}

struct Compared {
    ratio: f64,
    per_s: [f64; 2],
    cpu_ms: [f64; 2],
    bytes: usize,
}

/// Both sides in turn.
async fn compare(
    arguments: &Arguments,
    director: &GraphQl,
    peer: SocketAddr,
    path: &'static str,
    query: &str,
) -> Result<Compared> {
    let body = json!({ "query": query }).to_string();
    let theirs = director.at(peer.to_string());
    let answers = [director.another().post("/graphql", body.clone()).await?, theirs.another().post(path, String::new()).await?];
    let values: Vec<Value> = answers.iter().map(|answer| serde_json::from_slice(answer)).collect::<Result<_, _>>()?;
    ensure!(values[0] == values[1], "the answers differ:\n{}\n{}", values[0], values[1]);
    let time = Duration::from_secs(arguments.seconds);
    let (mut ours, mut hand, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    // The first round fills caches and is not counted.
    for round in 0..=arguments.rounds {
        let one = storm(director, arguments.connections, "/graphql", &body, time)?;
        let other = storm(&theirs, arguments.connections, path, "", time)?;
        eprintln!("{path} round {round}: {:.0} and {:.0} a second, {:.3}", one.per_s, other.per_s, one.per_s / other.per_s);
        if round > 0 {
            ratios.push(one.per_s / other.per_s);
            ours.push(one);
            hand.push(other);
        }
    }
    let of =
        |rounds: &[Storm], get: fn(&Storm) -> f64, places| rounded(median(&rounds.iter().map(get).collect::<Vec<_>>()), places);
    Ok(Compared {
        ratio: rounded(median(&ratios), 3),
        per_s: [&ours, &hand].map(|rounds| of(rounds, |storm| storm.per_s, 0)),
        cpu_ms: [&ours, &hand].map(|rounds| of(rounds, |storm| storm.cpu_ms, 3)),
        bytes: answers[0].len(),
    })
}

struct Storm {
    per_s: f64,
    cpu_ms: f64,
}

/// Asks over so many connections for a time, on a thread of its own, so that the server keeps its own.
fn storm(client: &GraphQl, connections: usize, path: &'static str, body: &str, time: Duration) -> Result<Storm> {
    let asking = async {
        let stop = Arc::new(AtomicBool::new(false));
        let tasks: Vec<_> = (0..connections)
            .map(|_| {
                let (mut client, body, stop) = (client.another(), body.to_owned(), Arc::clone(&stop));
                tokio::spawn(async move {
                    let mut answers = 0_usize;
                    while !stop.load(Ordering::Relaxed) {
                        client.post(path, body.clone()).await?;
                        answers += 1;
                    }
                    anyhow::Ok(answers)
                })
            })
            .collect();
        let (begun, cpu) = (Instant::now(), processes::own_cpu_seconds(std::process::id()));
        tokio::time::sleep(time).await;
        stop.store(true, Ordering::Relaxed);
        let mut answers = 0;
        for task in tasks {
            answers += task.await??;
        }
        let cpu = processes::own_cpu_seconds(std::process::id()) - cpu;
        anyhow::Ok(Storm { per_s: count(answers) / begun.elapsed().as_secs_f64(), cpu_ms: cpu * 1e3 / count(answers) })
    };
    tokio::task::block_in_place(|| {
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(asking));
            thread.join().map_err(|_| anyhow::anyhow!("the asking thread panicked"))?
        })
    })
}

/// The handlers written by hand.
async fn peer(db: Db) -> Result<SocketAddr> {
    let of = |nested: &str| -> &'static str { Box::leak(PEER.replace('@', nested).into_boxed_str()) };
    let (flat, nested) = (of(""), of(PEER_NESTED));
    let router = axum::Router::new()
        .route("/flat", post(move |db: State<Db>, headers: HeaderMap| answer(db, headers, flat)))
        .route("/nested", post(move |db: State<Db>, headers: HeaderMap| answer(db, headers, nested)))
        .with_state(db);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

async fn answer(State(db): State<Db>, headers: HeaderMap, statement: &'static str) -> Response {
    let cookie = headers.get(COOKIE).and_then(|cookie| cookie.to_str().ok()?.split_once('=')).map_or("", |(_, token)| token);
    let user = match sessions::find(&db, cookie, SystemTime::now().into()).await {
        Ok(Some(user)) => user,
        Ok(None) => return StatusCode::UNAUTHORIZED.into_response(),
        Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    };
    let scope = user.actor().scope();
    match sqlx::query_scalar::<_, String>(statement).bind(scope.employees()).fetch_one(&db).await {
        Ok(json) => ([(CONTENT_TYPE, "application/json")], json).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
