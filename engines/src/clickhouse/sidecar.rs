//! The parent's side of the sidecar: start, wait until it serves, restart when it dies, stop.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::serve::{Announcement, DIR_VARIABLE, MEMORY_VARIABLE, PARENT_LOCK, PORT_VARIABLE, SUPERVISED_VARIABLE, own_dir};
use super::users::{READER, Users, WRITER};
use super::{DATABASE, DEFAULT_MEMORY};
use crate::backoff::Backoff;
use crate::lock::DirLock;
use crate::{Error, Progress, Result};

/// How long a start may take; loading parts of a large data directory is part of it.
const START: Duration = Duration::from_mins(2);
/// How long a process that closed its standard output may take to end.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// How long a stop may take before the process is killed.
const STOP: Duration = Duration::from_secs(25);

/// How to start a sidecar.
#[derive(Clone)]
pub struct Options {
    /// The program that calls [`super::serve`] with [`super::ServeOptions::from_env`].
    pub program: PathBuf,
    /// Its arguments, for instance `clickhouse`.
    pub args: Vec<String>,
    /// Everything of this engine lives here; created when absent.
    pub data_dir: PathBuf,
    /// Port on 127.0.0.1; `None` or 0: any free one. A restart keeps the port.
    pub port: Option<u16>,
    /// Cap of the engine's memory in bytes.
    pub max_memory: u64,
    /// Start it again when it dies, with growing pauses.
    pub restart: bool,
    /// Told about slow steps.
    pub progress: Option<Progress>,
}

impl Options {
    /// Defaults: any port, 1.5 GiB, restarted when it dies.
    pub fn new(program: impl Into<PathBuf>, args: &[&str], data_dir: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            data_dir: data_dir.into(),
            port: None,
            max_memory: DEFAULT_MEMORY,
            restart: true,
            progress: None,
        }
    }
}

/// A running sidecar. Dropped, it is told to end but not waited for.
pub struct Sidecar {
    users: Users,
    port: u16,
    version: String,
    pid: Arc<AtomicU32>,
    stop: mpsc::Sender<oneshot::Sender<()>>,
    supervisor: JoinHandle<()>,
}

impl std::fmt::Debug for Sidecar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sidecar").field("port", &self.port).field("pid", &self.pid).finish_non_exhaustive()
    }
}

impl Sidecar {
    /// Starts the program and waits until it serves.
    ///
    /// # Errors
    /// [`Error::InUse`] when another process has the data directory, [`Error::Engine`] with the
    /// sidecar's own words otherwise.
    pub async fn start(options: Options) -> Result<Self> {
        if let Some(progress) = &options.progress {
            progress("starting ClickHouse");
        }
        let lock = DirLock::take(&own_dir(&options.data_dir)?, PARENT_LOCK)?;
        let mut running = launch_after_orphan(&options).await?;
        // The child made the passwords before it announced itself.
        let users = match Users::load_or_create(&options.data_dir) {
            Ok(users) => users,
            Err(error) => {
                end(&mut running).await;
                return Err(error);
            }
        };
        let pid = Arc::new(AtomicU32::new(running.child.id().unwrap_or(0)));
        let (port, version) = (running.port, running.version.clone());
        let (stop, asked) = mpsc::channel(1);
        let supervisor = tokio::spawn(supervise((options, lock), running, Arc::clone(&pid), asked));
        Ok(Self { users, port, version, pid, stop, supervisor })
    }

    /// `http://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The port it serves on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The database requests use unless they name another.
    pub fn database(&self) -> &'static str {
        DATABASE
    }

    /// Name and password of the user that may do everything.
    pub fn writer(&self) -> (&str, &str) {
        (WRITER, &self.users.writer)
    }

    /// Name and password of the read-only user.
    pub fn reader(&self) -> (&str, &str) {
        (READER, &self.users.reader)
    }

    /// The engine's version, for instance `26.7.2.1`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Process id of the sidecar now; 0 while it is being started again.
    pub fn pid(&self) -> u32 {
        self.pid.load(Ordering::Acquire)
    }

    /// The same for later, for metrics.
    pub fn pid_watch(&self) -> impl Fn() -> u32 + Send + Sync + 'static {
        let pid = Arc::clone(&self.pid);
        move || pid.load(Ordering::Acquire)
    }

    /// Lets running statements finish (five seconds), then ends the process and waits for it.
    ///
    /// # Errors
    /// The supervising task was lost.
    pub async fn stop(self) -> Result<()> {
        let (done, ended) = oneshot::channel();
        if self.stop.send(done).await.is_ok() {
            let _ = ended.await;
        }
        self.supervisor.await.map_err(|error| Error::clickhouse(format!("supervision ended badly: {error}")))
    }
}

/// A child that serves.
struct Running {
    child: Child,
    /// Closing it ends the child.
    stdin: Option<ChildStdin>,
    port: u16,
    version: String,
}

/// The sidecar of a parent that was killed ends by itself, but not at once.
async fn launch_after_orphan(options: &Options) -> Result<Running> {
    let end = Instant::now() + STOP;
    loop {
        match launch(options, options.port.unwrap_or(0)).await {
            Err(Error::InUse { .. }) if Instant::now() < end => tokio::time::sleep(Duration::from_millis(100)).await,
            launched => return launched,
        }
    }
}

async fn launch(options: &Options, port: u16) -> Result<Running> {
    let mut started = spawn(options, port)?;
    match started.announced(options).await {
        Ok(()) => Ok(started),
        Err(error) => {
            end(&mut started).await;
            Err(error)
        }
    }
}

fn spawn(options: &Options, port: u16) -> Result<Running> {
    let mut child = Command::new(&options.program)
        .args(&options.args)
        .env(DIR_VARIABLE, &options.data_dir)
        .env(PORT_VARIABLE, port.to_string())
        .env(MEMORY_VARIABLE, options.max_memory.to_string())
        .env(SUPERVISED_VARIABLE, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // Ctrl-C in a terminal is for the parent, which stops its engines in its own order.
        .process_group(0)
        .spawn()
        .map_err(|source| Error::Spawn { program: options.program.clone(), source })?;
    Ok(Running { stdin: child.stdin.take(), child, port: 0, version: String::new() })
}

impl Running {
    /// Waits until the child says that it serves, or why it does not.
    async fn announced(&mut self, options: &Options) -> Result<()> {
        let stdout = self.child.stdout.take().ok_or_else(|| Error::clickhouse("the sidecar has no standard output"))?;
        let mut lines = BufReader::new(stdout).lines();
        let announced = async {
            while let Ok(Some(line)) = lines.next_line().await {
                if let Ok(announcement) = serde_json::from_str(&line) {
                    return Some(announcement);
                }
            }
            None
        };
        let announced = tokio::time::timeout(START, announced).await;
        // Whatever else it prints must not fill the pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        match announced {
            Ok(Some(Announcement::Ready { port, version })) => {
                (self.port, self.version) = (port, version);
                Ok(())
            }
            Ok(Some(Announcement::InUse { pid })) => Err(Error::InUse { path: options.data_dir.clone(), pid }),
            Ok(Some(Announcement::Failed { message })) => Err(Error::clickhouse(message)),
            Ok(None) => {
                let status = match tokio::time::timeout(LAST_WORDS, self.child.wait()).await {
                    Ok(status) => shown(status),
                    Err(_) => "it runs on, silent".to_owned(),
                };
                Err(Error::clickhouse(format!("the sidecar ended before it served ({status}); its messages are above")))
            }
            Err(_) => Err(Error::clickhouse(format!("the sidecar did not serve within {} s", START.as_secs()))),
        }
    }
}

/// Closes its standard input, waits, and kills what does not end.
async fn end(running: &mut Running) {
    drop(running.stdin.take());
    if tokio::time::timeout(STOP, running.child.wait()).await.is_err() {
        tracing::warn!("ClickHouse did not stop in time and is killed");
        if let Err(error) = running.child.kill().await {
            tracing::error!(%error, "cannot kill ClickHouse");
        }
    }
}

async fn supervise(
    (options, lock): (Options, DirLock),
    mut running: Running,
    pid: Arc<AtomicU32>,
    mut stop: mpsc::Receiver<oneshot::Sender<()>>,
) {
    let mut backoff = Backoff::default();
    let mut since = Instant::now();
    let asked = loop {
        let status = tokio::select! {
            status = running.child.wait() => status,
            asked = stop.recv() => {
                end(&mut running).await;
                break asked;
            }
        };
        pid.store(0, Ordering::Release);
        tracing::warn!(status = %shown(status), restart = options.restart, "ClickHouse ended by itself");
        if !options.restart {
            return;
        }
        backoff.ran_for(since.elapsed());
        match relaunch(&options, running.port, &mut backoff, &mut stop).await {
            Ok(started) => running = started,
            Err(asked) => break asked,
        }
        since = Instant::now();
        pid.store(running.child.id().unwrap_or(0), Ordering::Release);
        tracing::info!(port = running.port, "ClickHouse serves again");
    };
    pid.store(0, Ordering::Release);
    drop(lock);
    if let Some(done) = asked {
        let _ = done.send(());
    }
}

type Asked = Option<oneshot::Sender<()>>;

/// Starts the child until it serves, unless a stop is asked for, which ends what was started.
async fn relaunch(
    options: &Options,
    port: u16,
    backoff: &mut Backoff,
    stop: &mut mpsc::Receiver<oneshot::Sender<()>>,
) -> std::result::Result<Running, Asked> {
    loop {
        tokio::select! {
            () = tokio::time::sleep(backoff.pause()) => {}
            asked = stop.recv() => return Err(asked),
        }
        let error = match spawn(options, port) {
            Ok(mut started) => {
                let announced = tokio::select! {
                    announced = started.announced(options) => announced,
                    asked = stop.recv() => {
                        end(&mut started).await;
                        return Err(asked);
                    }
                };
                match announced {
                    Ok(()) => return Ok(started),
                    Err(error) => {
                        end(&mut started).await;
                        error
                    }
                }
            }
            Err(error) => error,
        };
        tracing::error!(%error, "ClickHouse does not start again yet");
    }
}

fn shown(status: std::io::Result<ExitStatus>) -> String {
    status.map_or_else(|error| error.to_string(), |status| status.to_string())
}
