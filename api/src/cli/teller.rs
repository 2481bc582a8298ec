//! What `shpunt up` says: to a person, or with `--json` to a program, one object a line on standard output.
//!
//! Events: `step {text}`, `ready {…}` once, `stopped` last. The password is in `ready` only because a program asked for it; a
//! person is told it once and afterwards where it lies.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::server::Health;
use crate::up::director::{Director, LOGIN};

/// Says what happens.
pub(crate) struct Teller {
    json: bool,
    bar: Option<ProgressBar>,
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
    pub(crate) fn new(json: bool) -> Self {
        let bar = (!json && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Self { json, bar }
    }

    /// A slow step begins.
    pub(crate) fn step(&self, text: &str) {
        match &self.bar {
            _ if self.json => event(&json!({ "event": "step", "text": text })),
            Some(bar) if !bar.is_finished() => bar.set_message(text.to_owned()),
            _ => eprintln!("shpunt: {text} …"),
        }
    }

    /// It serves.
    pub(crate) fn ready(&self, ready: &Ready<'_>) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        if self.json { event(&ready.event()) } else { println!("{}", ready.text()) }
    }

    /// Everything is stopped.
    pub(crate) fn stopped(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        if self.json {
            event(&json!({ "event": "stopped" }));
        }
    }
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
