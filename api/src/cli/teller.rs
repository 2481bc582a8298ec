//! What is told while something takes long: a moving line to a person, plain lines to a file, objects to a program.
//!
//! With `--json`, one object a line on standard output: `step {text}`, `progress {text, done, of}`, `ready {…}` once, `stopped` last.
//! The password is in `ready` only because a program asked for it; a person is told it once and afterwards where it lies.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::server::Health;
use crate::up::director::{Director, LOGIN};

/// Where nothing moves, progress is told this often.
const EVERY: Duration = Duration::from_secs(5);

/// Says what happens. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Teller {
    json: bool,
    bar: Option<ProgressBar>,
    told: Arc<Mutex<Option<Instant>>>,
}

/// What can be said once it serves.
pub(crate) struct Ready<'a> {
    pub(crate) url: &'a str,
    pub(crate) director: Option<&'a Director>,
    pub(crate) health: &'a Health,
    pub(crate) took: Duration,
    pub(crate) pids: BTreeMap<&'static str, u32>,
    pub(crate) data_dir: &'a Path,
}

impl Teller {
    /// To a person, or to a program that reads JSON.
    pub(crate) fn new(json: bool) -> Self {
        let bar = (!json && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new_spinner();
            bar.set_style(style("{spinner} {msg}"));
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Self { json, bar, told: Arc::default() }
    }

    /// For the engines, which tell their slow steps.
    pub(crate) fn progress_of_engines(&self) -> shpunt_engines::Progress {
        let teller = self.clone();
        Arc::new(move |step| teller.step(step))
    }

    /// A slow step begins.
    pub(crate) fn step(&self, text: &str) {
        match &self.bar {
            _ if self.json => event(&json!({ "event": "step", "text": text })),
            Some(bar) if !bar.is_finished() => {
                bar.set_style(style("{spinner} {msg}"));
                bar.set_message(text.to_owned());
            }
            _ => eprintln!("shpunt: {text} …"),
        }
    }

    /// A long step is so far.
    pub(crate) fn progress(&self, text: &str, done: u64, of: u64) {
        if let Some(bar) = self.bar.as_ref().filter(|bar| !bar.is_finished()) {
            bar.set_style(style("{msg} {wide_bar} {pos}/{len} {eta}"));
            bar.set_message(text.to_owned());
            bar.set_length(of);
            bar.set_position(done);
            return;
        }
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if done == of || told.is_none_or(|at| at.elapsed() >= EVERY) {
            *told = Some(Instant::now());
            if self.json {
                event(&json!({ "event": "progress", "text": text, "done": done, "of": of }));
            } else {
                eprintln!("shpunt: {text}, {done} of {of}");
            }
        }
    }

    /// Nothing moves any more; what is printed next stands alone.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// It serves.
    pub(crate) fn ready(&self, ready: &Ready<'_>) {
        self.finish();
        if self.json { event(&ready.event()) } else { println!("{}", ready.text()) }
    }

    /// Everything is stopped.
    pub(crate) fn stopped(&self) {
        self.finish();
        if self.json {
            event(&json!({ "event": "stopped" }));
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn event(event: &Value) {
    let mut out = std::io::stdout().lock();
    // A driver that no longer listens has its reasons.
    let _ = writeln!(out, "{event}").and_then(|()| out.flush());
}

impl Ready<'_> {
    fn event(&self) -> Value {
        json!({
            "event": "ready",
            "url": self.url,
            "login": self.director.map(|_| LOGIN),
            "password": self.director.map(|director| director.password.expose()),
            "password_file": self.director.map(|director| director.file.display().to_string()),
            "data_dir": self.data_dir.display().to_string(),
            "ready_ms": u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX),
            "health": self.health,
            "pids": self.pids,
        })
    }

    fn text(&self) -> String {
        let mut lines = vec![format!("\n  Shpunt    {}", self.url)];
        match self.director {
            Some(director) if director.fresh => {
                lines.push(format!("  login     {LOGIN}"));
                lines.push(format!("  password  {}   (kept in {})", director.password.expose(), director.file.display()));
            }
            Some(director) => {
                lines.push(format!("  login     {LOGIN}"));
                lines.push(format!("  password  in {}", director.file.display()));
            }
            None => lines.push("  login     your own; `shpunt user add` makes another one".to_owned()),
        }
        let parts = [
            ("PostgreSQL", &self.health.postgres),
            ("ClickHouse", &self.health.clickhouse),
            ("the change stream", &self.health.cdc),
        ];
        for (name, part) in parts.into_iter().filter(|(_, part)| !part.ready) {
            lines.push(format!("  not ready {name}: {}", part.detail.as_deref().unwrap_or("unknown")));
        }
        lines.push(format!("\n  Ctrl-C stops everything; the data lie in {}\n", self.data_dir.display()));
        lines.join("\n")
    }
}
