//! The built binary, driven as a person would: `shpunt up` on a directory, signals, a look at what it left behind.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use hyper::StatusCode;
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
use serde::Deserialize;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use super::graphql::GraphQl;
use super::processes::{self, Process};

/// The first start makes a year of business.
const START: Duration = Duration::from_mins(10);
/// An orderly stop of both engines.
const STOP: Duration = Duration::from_mins(1);

/// What `shpunt up --json` says when it serves.
#[derive(Debug, Clone, Deserialize)]
struct Ready {
    url: String,
    login: Option<String>,
    password: Option<String>,
}

/// A running `shpunt up`.
pub struct Shpunt {
    child: Child,
    // Kept open: it goes on saying things.
    _said: Lines<BufReader<ChildStdout>>,
    ready: Ready,
    data_dir: PathBuf,
    /// From its start until `/health/ready` said yes.
    pub took: Duration,
}

impl Shpunt {
    /// Starts `program` on `data_dir` and any free port, and waits until it is ready.
    ///
    /// # Errors
    /// It ends, or is not ready in time; what it said on standard error is on ours.
    pub async fn up(program: &Path, data_dir: &Path, arguments: &[&str]) -> Result<Self> {
        let begun = Instant::now();
        let mut child = Command::new(program)
            .args(["up", "--json", "--port", "0"])
            // One machine asks here for many.
            .args(["--requests-per-second", "0", "--sign-ins-per-minute", "0", "--cost-per-minute", "0"])
            .args(arguments)
            .arg("--data-dir")
            .arg(data_dir)
            .env_remove("DATABASE_URL")
            .env_remove("CLICKHOUSE_URL")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let mut said = BufReader::new(child.stdout.take().context("its output is not piped")?).lines();
        let ready = tokio::time::timeout(START, ready(&mut said)).await.context("it is not ready in time")??;
        let mut own = Self { child, _said: said, ready, data_dir: data_dir.to_owned(), took: Duration::ZERO };
        let mut client = own.client();
        while client.status("/health/ready").await? != StatusCode::OK {
            ensure!(begun.elapsed() < START, "/health/ready does not say yes");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        own.took = begun.elapsed();
        Ok(own)
    }

    /// Speaks to its API as nobody.
    pub fn client(&self) -> GraphQl {
        GraphQl::new(self.ready.url.trim_start_matches("http://").trim_end_matches('/'))
    }

    /// Speaks to its API as the director.
    ///
    /// # Errors
    /// The login is refused.
    pub async fn director(&self) -> Result<GraphQl> {
        let (login, password) = self.ready.login.as_deref().zip(self.ready.password.as_deref()).context("no login was made")?;
        let mut client = self.client();
        client.log_in(login, password).await?;
        Ok(client)
    }

    /// The address of its PostgreSQL.
    ///
    /// # Errors
    /// It is not running.
    pub fn postgres_url(&self) -> Result<String> {
        let file = self.data_dir.join("running.json");
        let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let running: Value = serde_json::from_str(&text)?;
        Ok(running["postgres_url"].as_str().context("running.json names no PostgreSQL")?.to_owned())
    }

    /// All its processes.
    pub fn tree(&self) -> Vec<Process> {
        self.child.id().map(processes::tree).unwrap_or_default()
    }

    /// Processor seconds of all of them so far.
    pub fn cpu_seconds(&self) -> f64 {
        self.child.id().map_or(0.0, processes::cpu_seconds)
    }

    /// The process of its that runs `verb` (`cdc`, `clickhouse`) now.
    pub fn process(&self, verb: &str) -> Option<Process> {
        self.tree().into_iter().find(|process| process.arguments.get(1).is_some_and(|argument| argument == verb))
    }

    /// kill -9 of the process that runs `verb`, and waits until another one runs in its place.
    ///
    /// # Errors
    /// It is not running, or is not started again within a minute.
    pub async fn kill(&self, verb: &str) -> Result<Duration> {
        let killed = self.process(verb).with_context(|| format!("no process runs {verb}"))?;
        let begun = Instant::now();
        kill_9(killed.pid);
        while self.process(verb).is_none_or(|process| process.pid == killed.pid) {
            ensure!(begun.elapsed() < Duration::from_mins(1), "{verb} is not started again");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(begun.elapsed())
    }

    /// kill -9 of every process of it.
    ///
    /// # Errors
    /// Something of it is still alive after ten seconds.
    pub async fn kill_all(mut self) -> Result<()> {
        let tree = self.tree();
        // The parent first: it would start its children again.
        for process in &tree {
            kill_9(process.pid);
        }
        self.child.wait().await?;
        self.gone(&tree, Duration::from_secs(10)).await
    }

    /// Ends it by SIGTERM, as a service manager does.
    ///
    /// # Errors
    /// It does not end, ends with a failure, or leaves something running.
    pub async fn stop(mut self) -> Result<Duration> {
        let tree = self.tree();
        let begun = Instant::now();
        let pid = i32::try_from(self.child.id().context("it ended by itself")?)?;
        signal::kill(Pid::from_raw(pid), Signal::SIGTERM)?;
        let status = tokio::time::timeout(STOP, self.child.wait()).await.context("it does not stop")??;
        ensure!(status.success(), "it stopped with {status}");
        self.gone(&tree, Duration::ZERO).await?;
        Ok(begun.elapsed())
    }

    /// Fails when anything of `tree`, or anything that works on the directory, is still alive after `patience`.
    async fn gone(&self, tree: &[Process], patience: Duration) -> Result<()> {
        let deadline = Instant::now() + patience;
        let dir = self.data_dir.to_string_lossy();
        let above = processes::ancestry(std::process::id());
        loop {
            let mut left = processes::all();
            left.retain(|process| {
                let known = tree.iter().any(|known| known.pid == process.pid && known.arguments == process.arguments);
                // Those who started this program may name the directory too.
                !above.contains(&process.pid)
                    && processes::is_alive(process.pid)
                    && (known || process.arguments.iter().any(|word| word.contains(&*dir)))
            });
            if left.is_empty() {
                return Ok(());
            }
            if Instant::now() >= deadline {
                let shown: Vec<String> =
                    left.iter().map(|process| format!("{} {}", process.pid, process.arguments.join(" "))).collect();
                bail!("still running: {}", shown.join("; "));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Shpunt {
    fn drop(&mut self) {
        // Only after a failure is anything left to end.
        for process in self.tree() {
            kill_9(process.pid);
        }
    }
}

fn kill_9(pid: u32) {
    if let Ok(pid) = i32::try_from(pid) {
        // It may be gone already.
        let _ = signal::kill(Pid::from_raw(pid), Signal::SIGKILL);
    }
}

async fn ready(said: &mut Lines<BufReader<ChildStdout>>) -> Result<Ready> {
    while let Some(line) = said.next_line().await? {
        let event: Value = serde_json::from_str(&line).with_context(|| format!("not an event: {line}"))?;
        match event["event"].as_str() {
            Some("ready") => return Ok(serde_json::from_value(event)?),
            Some("step") => eprintln!("   shpunt: {}", event["text"].as_str().unwrap_or_default()),
            _ => {}
        }
    }
    bail!("it ended before it was ready")
}
