//! The running server: start, wait until it accepts connections, restart when it dies, stop.

use std::fs::File;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::account::{self, Account, become_account, give};
use super::cluster::{self, CLUSTER};
use super::place::Place;
use super::{DATABASE, Options, USER, distribution, orphan};
use crate::backoff::Backoff;
use crate::lock::DirLock;
use crate::{Error, Result, files, port, secret};

/// How long a start may take; replaying the log after a crash is part of it.
const START: Duration = Duration::from_mins(5);
/// How long a start is tried again: after `kill -9` the old backends need a moment to notice.
const RETRY: Duration = Duration::from_secs(10);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(100);
/// How long a fast shutdown may take before an immediate one is asked for.
const FAST: Duration = Duration::from_secs(30);
const IMMEDIATE: Duration = Duration::from_secs(5);
/// The log is put aside at a start when it is larger (bytes).
const LOG: u64 = 16 << 20;

/// A running PostgreSQL. Dropped, it is told to stop but not waited for.
pub struct Postgres {
    port: u16,
    password: String,
    log: PathBuf,
    pid: Arc<AtomicU32>,
    stop: mpsc::Sender<oneshot::Sender<()>>,
    supervisor: JoinHandle<()>,
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postgres").field("port", &self.port).field("pid", &self.pid).finish_non_exhaustive()
    }
}

/// Everything a (re)start needs.
struct Host {
    options: Options,
    place: Place,
    bin: PathBuf,
    account: Option<Account>,
    log: PathBuf,
    _lock: DirLock,
}

/// A server that may not accept connections yet.
struct Launched {
    child: Child,
    /// Where its messages begin in the log.
    from: u64,
    /// Ends the server when this process is killed.
    _watcher: Option<Child>,
}

impl Postgres {
    /// Starts the server, making its cluster first when there is none, and waits until it accepts
    /// connections.
    ///
    /// # Errors
    /// [`Error::Missing`] before `npm ci`, [`Error::InUse`] when the data directory is served
    /// already, [`Error::Engine`] with PostgreSQL's own words otherwise.
    pub async fn start(options: Options) -> Result<Self> {
        let native = files::postgres()?;
        let dir = &options.data_dir;
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(Error::file("cannot create", dir))?;
        let dir = dir.canonicalize().map_err(Error::file("cannot open", dir))?;
        let lock = DirLock::take(&dir, "postgres.lock")?;
        let account = account::choose(&dir.join(CLUSTER))?;
        give(&dir, account)?;
        let password = secret::load_or_create(&dir.join("superuser.password"))?;
        let bin = distribution::prepare(&native, &dir, account, &options).await?;
        orphan::clean(&dir, &dir.join(CLUSTER), &options).await?;
        let place = Place::new(&dir, account)?;
        cluster::ensure(&place, &bin, account, &password, &options).await?;
        let log = dir.join("server.log");
        if std::fs::metadata(&log).is_ok_and(|meta| meta.len() > LOG) {
            std::fs::rename(&log, log.with_extension("log.old")).map_err(Error::file("cannot put aside", &log))?;
        }
        options.tell("starting PostgreSQL");
        // So that the same user can start it again without root.
        for name in ["postgres.lock", "superuser.password", "server.log", orphan::CHILD] {
            if dir.join(name).exists() {
                give(&dir.join(name), account)?;
            }
        }
        let host = Host { options, place, bin, account, log: log.clone(), _lock: lock };
        let (server, port) = host.launch_patiently().await?;
        let pid = Arc::new(AtomicU32::new(server.child.id().unwrap_or(0)));
        let (stop, asked) = mpsc::channel(1);
        let supervisor = tokio::spawn(supervise(host, server, port, Arc::clone(&pid), asked));
        Ok(Self { port, password, log, pid, stop, supervisor })
    }

    /// `postgres://user:password@127.0.0.1:<port>/shpunt`, as superuser.
    pub fn url(&self) -> String {
        self.url_of(DATABASE)
    }

    /// The same for another database.
    pub fn url_of(&self, database: &str) -> String {
        format!("postgres://{USER}:{}@127.0.0.1:{}/{database}", self.password, self.port)
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server's log.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Process id of the postmaster now; 0 while it is being started again.
    pub fn pid(&self) -> u32 {
        self.pid.load(Ordering::Acquire)
    }

    /// The same for later, for metrics.
    pub fn pid_watch(&self) -> impl Fn() -> u32 + Send + Sync + 'static {
        let pid = Arc::clone(&self.pid);
        move || pid.load(Ordering::Acquire)
    }

    /// Disconnects clients, writes a checkpoint, ends the server and waits for it.
    ///
    /// # Errors
    /// The supervising task was lost.
    pub async fn stop(self) -> Result<()> {
        let (done, ended) = oneshot::channel();
        if self.stop.send(done).await.is_ok() {
            let _ = ended.await;
        }
        self.supervisor.await.map_err(|error| Error::postgres(format!("supervision ended badly: {error}")))
    }
}

impl Host {
    /// Starts the server on the asked or any free port, again and again for a while if need be.
    async fn launch_patiently(&self) -> Result<(Launched, u16)> {
        let end = Instant::now() + RETRY;
        loop {
            // A free port may be taken by somebody else before the server gets it.
            let port = free_port(self.options.port.unwrap_or(0))?;
            let launched = async {
                let mut launched = self.launch(port)?;
                self.ready(&mut launched).await?;
                Ok(launched)
            };
            match launched.await {
                Ok(launched) => return Ok((launched, port)),
                Err(error) if Instant::now() < end && passes(&error) => tracing::debug!(%error, "PostgreSQL does not start yet"),
                Err(error) => return Err(error),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn launch(&self, port: u16) -> Result<Launched> {
        cluster::configure(self.place.real(), self.account, port, &self.options)?;
        let log = File::options().append(true).create(true).open(&self.log).map_err(Error::file("cannot open", &self.log))?;
        let from = log.metadata().map_or(0, |meta| meta.len());
        let out = log.try_clone().map_err(Error::file("cannot open", &self.log))?;
        let program = self.bin.join("postgres");
        let mut command = Command::new(&program);
        become_account(&mut command, self.account);
        command
            .arg("-D")
            .arg(self.place.seen(CLUSTER))
            .current_dir("/")
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(log)
            // Ctrl-C in a terminal is for the parent, which stops its engines in its own order.
            .process_group(0);
        self.place.share(true)?;
        let spawned = command.spawn();
        self.place.share(false)?;
        let child = spawned.map_err(|source| Error::Spawn { program, source })?;
        let pid = child.id().unwrap_or(0);
        orphan::remember(self.place.real(), pid)?;
        Ok(Launched { child, from, _watcher: watch(pid) })
    }

    /// Waits until the server accepts connections; one that does not is ended.
    async fn ready(&self, launched: &mut Launched) -> Result<()> {
        let Launched { child, from, .. } = launched;
        let pid = child.id().unwrap_or(0);
        let cluster = self.place.real().join(CLUSTER);
        let end = Instant::now() + START;
        loop {
            if let Ok(Some(status)) = child.try_wait() {
                return Err(Error::postgres(format!("it ended at its start ({status}): {}", tail(&self.log, *from))));
            }
            if orphan::read(&cluster).is_some_and(|found| u32::try_from(found.pid) == Ok(pid) && found.ready) {
                return Ok(());
            }
            if Instant::now() > end {
                end_child(child).await;
                return Err(Error::postgres(format!("it is not ready after {} s: {}", START.as_secs(), tail(&self.log, *from))));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// Ends the server soon after this process, however this process ends: a shell waits for the end of its standard input, which only
/// this process holds open. Where that cannot be started, or is killed as well, the next start stops the server.
fn watch(pid: u32) -> Option<Child> {
    Command::new("/bin/sh")
        .args(["-c", "read -r _; kill -INT \"$1\"", "shpunt-watch", &pid.to_string()])
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .inspect_err(|error| tracing::debug!(%error, "nobody watches over PostgreSQL"))
        .ok()
}

fn free_port(asked: u16) -> Result<u16> {
    port::listen(asked)
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|source| Error::Bind { port: asked, source })
}

/// Whether the same start may succeed a moment later.
fn passes(error: &Error) -> bool {
    let text = error.to_string();
    ["shared memory block", "could not bind", "lock file"].iter().any(|sign| text.contains(sign))
}

/// What the log says since `from`, its last lines.
fn tail(log: &Path, from: u64) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let since = text.get(usize::try_from(from).unwrap_or(0)..).unwrap_or_default();
    let text = String::from_utf8_lossy(since);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(8)..].join(" | ")
}

/// Fast shutdown, then immediate, then killed.
async fn end_child(child: &mut Child) {
    for (signal, patience) in [(Signal::SIGINT, FAST), (Signal::SIGQUIT, IMMEDIATE), (Signal::SIGKILL, IMMEDIATE)] {
        if let Some(pid) = child.id().and_then(|pid| i32::try_from(pid).ok())
            && let Err(error) = kill(Pid::from_raw(pid), signal)
        {
            tracing::debug!(%error, ?signal, "PostgreSQL is gone already");
        }
        if tokio::time::timeout(patience, child.wait()).await.is_ok() {
            return;
        }
        tracing::warn!(?signal, "PostgreSQL did not stop in time");
    }
}

async fn supervise(
    host: Host,
    mut server: Launched,
    port: u16,
    pid: Arc<AtomicU32>,
    mut stop: mpsc::Receiver<oneshot::Sender<()>>,
) {
    let mut backoff = Backoff::default();
    let mut since = Instant::now();
    let asked = loop {
        let status = tokio::select! {
            status = server.child.wait() => status,
            asked = stop.recv() => {
                end_child(&mut server.child).await;
                break asked;
            }
        };
        pid.store(0, Ordering::Release);
        let shown = status.map_or_else(|error| error.to_string(), |status| status.to_string());
        tracing::warn!(status = %shown, restart = host.options.restart, "PostgreSQL ended by itself");
        if !host.options.restart {
            return;
        }
        backoff.ran_for(since.elapsed());
        match relaunch(&host, port, &mut backoff, &mut stop).await {
            Ok(started) => server = started,
            Err(asked) => break asked,
        }
        since = Instant::now();
        pid.store(server.child.id().unwrap_or(0), Ordering::Release);
        tracing::info!(port, "PostgreSQL serves again");
    };
    pid.store(0, Ordering::Release);
    drop(host);
    if let Some(done) = asked {
        let _ = done.send(());
    }
}

type Asked = Option<oneshot::Sender<()>>;

/// Starts the server until it runs, unless a stop is asked for, which ends what was started.
async fn relaunch(
    host: &Host,
    port: u16,
    backoff: &mut Backoff,
    stop: &mut mpsc::Receiver<oneshot::Sender<()>>,
) -> std::result::Result<Launched, Asked> {
    loop {
        tokio::select! {
            () = tokio::time::sleep(backoff.pause()) => {}
            asked = stop.recv() => return Err(asked),
        }
        let ready = match host.launch(port) {
            Ok(mut launched) => {
                let ready = tokio::select! {
                    ready = host.ready(&mut launched) => ready,
                    asked = stop.recv() => {
                        end_child(&mut launched.child).await;
                        return Err(asked);
                    }
                };
                ready.map(|()| launched)
            }
            Err(error) => Err(error),
        };
        match ready {
            Ok(launched) => return Ok(launched),
            Err(error) => tracing::error!(%error, "PostgreSQL does not start again yet"),
        }
    }
}
