//! `GET /metrics`: what Prometheus reads, written by hand in its text format.
//!
//! Invariant: the number of series is bounded, whatever clients send.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use shpunt_analytics::cdc::{Phase, Status};

use super::App;

/// The content type of the text format.
pub(super) const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";
/// Upper bounds of the buckets of a latency, seconds.
const BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
/// More kinds of requests than this are counted as one.
const SERIES: usize = 200;

/// Requests by route, operation and status.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: Mutex<BTreeMap<(&'static str, String, u16), Latency>>,
    in_flight: AtomicI64,
}

#[derive(Clone, Debug, Default)]
struct Latency {
    buckets: [u64; BUCKETS.len()],
    count: u64,
    sum: Duration,
}

/// A request under way.
pub(super) struct InFlight<'a>(&'a AtomicI64);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    pub(super) fn begin(&self) -> InFlight<'_> {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(&self.in_flight)
    }

    pub(super) fn note(&self, route: &'static str, operation: String, status: u16, took: Duration) {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let mut key = (route, operation, status);
        if requests.len() >= SERIES && !requests.contains_key(&key) {
            key.1 = String::from("other");
        }
        let latency = requests.entry(key).or_default();
        if let Some(bucket) = BUCKETS.iter().position(|bound| took.as_secs_f64() <= *bound) {
            latency.buckets[bucket] += 1;
        }
        latency.count += 1;
        latency.sum += took;
    }

    fn write(&self, text: &mut Text) {
        text.gauge("shpunt_http_requests_in_flight", "Requests being answered.", self.in_flight.load(Ordering::Relaxed));
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let name = "shpunt_http_request_duration_seconds";
        text.head(name, "histogram", "Requests by route, operation and status.");
        for ((route, operation, status), latency) in requests {
            let labels = format!("route=\"{route}\",operation=\"{operation}\",status=\"{status}\"");
            let mut below = 0;
            for (bound, count) in BUCKETS.iter().zip(latency.buckets) {
                below += count;
                text.line(&format!("{name}_bucket{{{labels},le=\"{bound}\"}}"), below);
            }
            text.line(&format!("{name}_bucket{{{labels},le=\"+Inf\"}}"), latency.count);
            text.line(&format!("{name}_sum{{{labels}}}"), latency.sum.as_secs_f64());
            text.line(&format!("{name}_count{{{labels}}}"), latency.count);
        }
    }
}

/// The text format.
#[derive(Default)]
pub(super) struct Text(String);

impl Text {
    pub(super) fn into_inner(self) -> String {
        self.0
    }

    fn head(&mut self, name: &str, kind: &str, help: &str) {
        writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}").expect("writing to a string cannot fail");
    }

    fn line(&mut self, series: &str, value: impl std::fmt::Display) {
        writeln!(self.0, "{series} {value}").expect("writing to a string cannot fail");
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl std::fmt::Display) {
        self.head(name, "gauge", help);
        self.line(name, value);
    }

    fn counter(&mut self, name: &str, help: &str, value: impl std::fmt::Display) {
        self.head(name, "counter", help);
        self.line(name, value);
    }
}

/// Answers with everything.
pub(super) async fn show(State(app): State<Arc<App>>) -> impl IntoResponse {
    let mut text = Text::default();
    app.requests.write(&mut text);
    text.gauge("shpunt_live_connections", "Sockets and streams of events that are open.", app.live.open());
    let (open, idle) = (app.db.size(), app.db.num_idle());
    text.head("shpunt_postgres_connections", "gauge", "Connections of the pool by state.");
    text.line("shpunt_postgres_connections{state=\"idle\"}", idle);
    text.line("shpunt_postgres_connections{state=\"used\"}", (open as usize).saturating_sub(idle));
    text.gauge("shpunt_postgres_connections_max", "Most connections of the pool.", app.db.options().get_max_connections());
    // Read, not asked for: a scrape must not wake an idle system.
    if let Ok(Ok(as_of)) = tokio::time::timeout(Duration::from_secs(2), app.frontier.as_of()).await {
        let help = "Age of what reports are complete for.";
        text.gauge("shpunt_frontier_age_seconds", help, Duration::from_millis(as_of.lag_ms.unsigned_abs()).as_secs_f64());
    }
    if let Some(cdc) = &app.cdc {
        text.counter("shpunt_cdc_restarts_total", "Times the change stream was started again.", cdc.restarts());
        if let Some(status) = &*cdc.status.borrow() {
            change_stream(&mut text, status);
        }
    }
    processes(&mut text, &app);
    ([(CONTENT_TYPE, FORMAT)], text.into_inner())
}

pub(super) fn change_stream(text: &mut Text, status: &Status) {
    let phases = [
        Phase::Starting,
        Phase::StandBy,
        Phase::Loading,
        Phase::Recovering,
        Phase::Streaming,
        Phase::Retrying,
        Phase::Failed,
        Phase::Stopped,
    ];
    text.head("shpunt_cdc_phase", "gauge", "1 for what the change stream is doing.");
    for phase in phases {
        text.line(&format!("shpunt_cdc_phase{{phase=\"{}\"}}", phase.as_str()), u8::from(phase == status.phase));
    }
    text.gauge("shpunt_cdc_epoch", "Number of the epoch.", status.epoch);
    text.gauge("shpunt_cdc_lag_bytes", "Bytes of log that are not visible in ClickHouse.", status.lag_bytes);
    let lag = Duration::from_millis(status.lag_ms).as_secs_f64();
    text.gauge("shpunt_cdc_lag_seconds", "Age of the oldest commit that is not visible in ClickHouse.", lag);
    text.counter("shpunt_cdc_rows_total", "Rows written to ClickHouse since the worker was started.", status.rows);
    text.counter("shpunt_cdc_batches_total", "Batches written to ClickHouse since the worker was started.", status.batches);
    text.counter("shpunt_cdc_sessions_total", "Sessions begun; every one after the first follows a failure.", status.sessions);
    text.head("shpunt_cdc_repairs_total", "counter", "Batches found missing in ClickHouse and mended.");
    for (what, count) in
        [("facts", status.repaired.facts), ("marts", status.repaired.marts), ("rebuilt", status.repaired.rebuilt)]
    {
        text.line(&format!("shpunt_cdc_repairs_total{{what=\"{what}\"}}"), count);
    }
    text.gauge("shpunt_cdc_slot_kept_bytes", "Bytes of log PostgreSQL keeps for the slot.", status.slot_kept_bytes);
    if let Some(safe) = status.slot_safe_bytes {
        text.gauge("shpunt_cdc_slot_safe_bytes", "Bytes that may be written before the slot is lost.", safe);
    }
}

/// This process by the usual names, and the ids of all of ours.
fn processes(text: &mut Text, app: &App) {
    text.head("shpunt_process_id", "gauge", "Process id; 0 while it is being started again.");
    text.line("shpunt_process_id{process=\"shpunt\"}", std::process::id());
    if let Some(cdc) = &app.cdc {
        text.line("shpunt_process_id{process=\"cdc\"}", cdc.pid());
    }
    for (name, pid) in &app.processes {
        text.line(&format!("shpunt_process_id{{process=\"{name}\"}}"), pid());
    }
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse::<u64>().ok()
        };
        if let Some(kilobytes) = number("VmRSS:") {
            text.gauge("process_resident_memory_bytes", "Resident memory of this process.", kilobytes * 1024);
        }
        if let Some(threads) = number("Threads:") {
            text.gauge("process_threads", "Threads of this process.", threads);
        }
    }
    if let Ok(files) = std::fs::read_dir("/proc/self/fd") {
        text.gauge("process_open_fds", "Open files of this process.", files.count());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_counted_cumulatively_and_series_are_bounded() {
        let metrics = Metrics::default();
        for ms in [1, 3, 3, 20_000] {
            metrics.note("/graphql", "Deals".to_owned(), 200, Duration::from_millis(ms));
        }
        for n in 0..2 * SERIES {
            metrics.note("/graphql", format!("N{n}"), 200, Duration::ZERO);
        }
        let mut text = Text::default();
        metrics.write(&mut text);
        let value = |series: &str| {
            let line = text.0.lines().find_map(|line| line.strip_prefix(series)).unwrap_or_else(|| panic!("{series}"));
            line.trim().to_owned()
        };
        let labels = "route=\"/graphql\",operation=\"Deals\",status=\"200\"";
        let bucket = |le: &str| value(&format!("shpunt_http_request_duration_seconds_bucket{{{labels},le=\"{le}\"}}"));
        assert_eq!(
            (bucket("0.001"), bucket("0.005"), bucket("10"), bucket("+Inf")),
            ("1".into(), "3".into(), "3".into(), "4".into())
        );
        assert_eq!(value(&format!("shpunt_http_request_duration_seconds_sum{{{labels}}}")), "20.007");
        let other = "route=\"/graphql\",operation=\"other\",status=\"200\"";
        assert_eq!(value(&format!("shpunt_http_request_duration_seconds_count{{{other}}}")), (SERIES + 1).to_string());
    }
}
