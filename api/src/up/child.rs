//! The change stream as a child process: `shpunt cdc --supervised`, started again when it dies.
//!
//! It is a process of its own so that its memory and its crashes are its own. It gets the addresses by environment, tells its
//! status as lines of JSON on its standard output, and ends when its standard input closes: so it never outlives this process.

use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use shpunt_analytics::cdc::{Phase, Status};
use shpunt_engines::Backoff;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::databases::Urls;
use crate::logging;

/// Exit code of a worker that stopped for good: starting it again helps only after somebody acted.
pub const STOPPED_FOR_GOOD: u8 = 3;
/// Pause before a worker that stopped for good is tried again.
const FOR_GOOD: Duration = Duration::from_secs(15);
/// How long an orderly end may take.
const STOP: Duration = Duration::from_secs(15);

/// What can be seen of the child.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Its last word; none before the first.
    pub status: watch::Receiver<Option<Status>>,
    pid: Arc<AtomicU32>,
    restarts: Arc<AtomicU64>,
}

impl Watched {
    /// Its process id; 0 while it is being started again.
    pub fn pid(&self) -> u32 {
        self.pid.load(Ordering::Acquire)
    }

    /// It carries changes as they are committed.
    pub fn is_streaming(&self) -> bool {
        self.status.borrow().as_ref().is_some_and(|status| status.phase == Phase::Streaming)
    }

    /// It stopped for good: somebody must act.
    pub fn has_failed(&self) -> bool {
        self.status.borrow().as_ref().is_some_and(|status| status.phase == Phase::Failed)
    }

    /// How often it was started again.
    pub fn restarts(&self) -> u64 {
        self.restarts.load(Ordering::Relaxed)
    }
}

/// The supervised child.
pub struct CdcChild {
    watched: Watched,
    stop: oneshot::Sender<()>,
    supervisor: JoinHandle<()>,
}

impl CdcChild {
    /// Starts it.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn start(urls: Urls) -> Result<Self> {
        let (tell, status) = watch::channel(None);
        let running = launch(&urls, &tell)?;
        let watched = Watched { status, pid: Arc::default(), restarts: Arc::default() };
        watched.pid.store(running.child.id().unwrap_or(0), Ordering::Release);
        let (stop, asked) = oneshot::channel();
        let supervisor = tokio::spawn(supervise(urls, running, watched.clone(), tell, asked));
        Ok(Self { watched, stop, supervisor })
    }

    /// What can be seen of it.
    pub fn watched(&self) -> Watched {
        self.watched.clone()
    }

    /// Ends it and waits for it.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        if let Err(error) = self.supervisor.await {
            tracing::error!(%error, "supervision of the change stream ended badly");
        }
    }
}

/// A running child; closing its standard input ends it, and waiting for a child would close it unless it was taken out.
struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
}

fn launch(urls: &Urls, tell: &watch::Sender<Option<Status>>) -> Result<Running> {
    let program = std::env::current_exe().context("this program cannot find itself")?;
    let mut child = Command::new(&program)
        .args(["cdc", "--supervised"])
        .args(logging::arguments())
        .env("DATABASE_URL", urls.postgres.expose())
        .env("CLICKHOUSE_URL", urls.clickhouse.expose())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // Ctrl-C in a terminal is for the parent, which stops its children in its own order.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    if let Some(stdout) = child.stdout.take() {
        let tell = tell.clone();
        tokio::spawn(async move {
            let mut lines = BufReader::new(stdout).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                match serde_json::from_str(&line) {
                    Ok(status) => drop(tell.send_replace(Some(status))),
                    Err(error) => tracing::debug!(%error, "the change stream said something else"),
                }
            }
        });
    }
    Ok(Running { stdin: child.stdin.take(), child })
}

async fn supervise(
    urls: Urls,
    mut running: Running,
    watched: Watched,
    tell: watch::Sender<Option<Status>>,
    mut asked: oneshot::Receiver<()>,
) {
    let mut backoff = Backoff::default();
    loop {
        let since = Instant::now();
        let status = tokio::select! {
            status = running.child.wait() => status,
            _ = &mut asked => return end(running).await,
        };
        watched.pid.store(0, Ordering::Release);
        backoff.ran_for(since.elapsed());
        let for_good = status.as_ref().is_ok_and(|status| status.code() == Some(i32::from(STOPPED_FOR_GOOD)));
        let pause = if for_good { FOR_GOOD } else { backoff.pause() };
        tracing::warn!(status = %shown(status), ?pause, "the change stream ended by itself");
        running = loop {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = &mut asked => return,
            }
            match launch(&urls, &tell) {
                Ok(running) => break running,
                Err(error) => tracing::error!(error = format!("{error:#}"), "the change stream does not start again yet"),
            }
        };
        watched.restarts.fetch_add(1, Ordering::Relaxed);
        watched.pid.store(running.child.id().unwrap_or(0), Ordering::Release);
    }
}

/// Closes its standard input, waits, and kills what does not end.
async fn end(mut running: Running) {
    drop(running.stdin.take());
    if tokio::time::timeout(STOP, running.child.wait()).await.is_err() {
        tracing::warn!("the change stream did not stop in time and is killed");
        if let Err(error) = running.child.kill().await {
            tracing::error!(%error, "cannot kill the change stream");
        }
    }
}

fn shown(status: std::io::Result<ExitStatus>) -> String {
    status.map_or_else(|error| error.to_string(), |status| status.to_string())
}
