//! The sidecar process: boots the engine on a data directory and serves HTTP until told to stop.
//!
//! Invariants: loopback only; one process per data directory; started by a parent it ends when
//! its standard input closes, so it never outlives that parent, however the parent died.

use std::ffi::CString;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt as _;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::ffi::{Connection, Engine};
use super::journal::{Journal, drained};
use super::server::{Limits, Server, ask, identifier, run};
use super::session::Sessions;
use super::users::Users;
use super::{config, http};
use crate::lock::DirLock;
use crate::{Error, Result, files, port};

/// Data directory of a sidecar started by hand.
pub const DIR_VARIABLE: &str = "SHPUNT_CLICKHOUSE_DIR";
/// Port of a sidecar started by hand; 0 or absent: any free one.
pub const PORT_VARIABLE: &str = "SHPUNT_CLICKHOUSE_PORT";
/// Memory cap in bytes of a sidecar started by hand.
pub const MEMORY_VARIABLE: &str = "SHPUNT_CLICKHOUSE_MEMORY";
/// Set to 1 by a parent that speaks the start protocol.
pub(super) const SUPERVISED_VARIABLE: &str = "SHPUNT_CLICKHOUSE_SUPERVISED";
/// Memory cap unless another is given: 1.5 GiB.
pub const DEFAULT_MEMORY: u64 = 1536 << 20;
/// Lock file of whoever is responsible for the sidecar.
pub(super) const PARENT_LOCK: &str = "parent.lock";
/// How long running statements may finish after a stop was asked for.
const GRACE: Duration = Duration::from_secs(5);

/// How to serve.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// Everything of this engine lives here; created when absent.
    pub data_dir: PathBuf,
    /// Port on 127.0.0.1; 0 = any free one.
    pub port: u16,
    /// Cap of the engine's memory in bytes (`max_server_memory_usage`).
    pub max_memory: u64,
    /// Statements running at once; more wait up to ten seconds.
    pub concurrency: usize,
    /// Largest request body in bytes, as sent.
    pub max_body: u64,
    /// Seconds a statement of the read-only user may run.
    pub reader_seconds: u64,
    /// Seconds a statement of the writer may run unless it asks for another limit.
    pub writer_seconds: u64,
    /// Database a request without one uses; created at start.
    pub database: String,
    /// `libchdb.so`; `None`: the one of the npm package.
    pub library: Option<PathBuf>,
    /// Announce on standard output, end when standard input closes.
    pub supervised: bool,
}

impl ServeOptions {
    /// Defaults for a data directory.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            port: 0,
            max_memory: DEFAULT_MEMORY,
            concurrency: 32,
            max_body: 4 << 30,
            reader_seconds: 300,
            writer_seconds: 3600,
            database: super::DATABASE.to_owned(),
            library: None,
            supervised: false,
        }
    }

    /// What [`super::Sidecar`] set for its child, or a person for a sidecar started by hand:
    /// `SHPUNT_CLICKHOUSE_DIR`, `SHPUNT_CLICKHOUSE_PORT`, `SHPUNT_CLICKHOUSE_MEMORY`.
    ///
    /// # Errors
    /// A variable is missing or not a number.
    pub fn from_env() -> Result<Self> {
        let dir = std::env::var_os(DIR_VARIABLE)
            .ok_or_else(|| Error::clickhouse(format!("set {DIR_VARIABLE} to the data directory")))?;
        let mut options = Self::new(PathBuf::from(dir));
        if let Some(port) = number(PORT_VARIABLE)? {
            options.port = u16::try_from(port).map_err(|_| Error::clickhouse(format!("{PORT_VARIABLE} is not a port")))?;
        }
        if let Some(memory) = number(MEMORY_VARIABLE)? {
            options.max_memory = memory;
        }
        options.supervised = std::env::var_os(SUPERVISED_VARIABLE).is_some_and(|value| value == "1");
        Ok(options)
    }
}

fn number(variable: &str) -> Result<Option<u64>> {
    match std::env::var(variable) {
        Ok(text) if !text.is_empty() => {
            text.parse().map(Some).map_err(|_| Error::clickhouse(format!("{variable} is not a number")))
        }
        _ => Ok(None),
    }
}

/// The one line a supervised sidecar writes to standard output.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Announcement {
    /// It serves.
    Ready { port: u16, version: String },
    /// It cannot: another process has the data directory.
    InUse { pid: Option<u32> },
    /// It cannot.
    Failed { message: String },
}

/// Serves until SIGTERM, Ctrl-C or (supervised) the end of standard input; then lets running
/// statements finish for five seconds. Needs a multi-threaded Tokio runtime.
///
/// # Errors
/// The engine's files are missing, the data directory is in use, the port is taken, or the engine
/// does not start.
pub async fn serve(options: ServeOptions) -> Result<()> {
    let supervised = options.supervised;
    let started = start(options).await;
    let (server, listener, keep, locks) = match started {
        Ok(started) => started,
        Err(error) => {
            if supervised {
                announce(&match &error {
                    Error::InUse { pid, .. } => Announcement::InUse { pid: *pid },
                    other => Announcement::Failed { message: describe(other) },
                });
            }
            return Err(error);
        }
    };
    let port = listener.local_addr().map_err(|source| Error::Bind { port: 0, source })?.port();
    tracing::info!(port, version = %keep.version, "ClickHouse is ready");
    if supervised {
        announce(&Announcement::Ready { port, version: keep.version.clone() });
    }
    let (stop, mut stopped) = tokio::sync::watch::channel(false);
    tokio::spawn(async move {
        told_to_stop(supervised).await;
        let _ = stop.send(true);
    });
    let purge = tokio::spawn(give_memory_back(Arc::clone(&server)));
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
    });
    let mut until = stopped.clone();
    let serving = axum::serve(listener, http::router(Arc::clone(&server)))
        .with_graceful_shutdown(async move { drop(until.wait_for(|stop| *stop).await) });
    tokio::select! {
        result = serving => result.map_err(|source| Error::Bind { port, source })?,
        () = async { drop(stopped.wait_for(|stop| *stop).await); drained(&server.journal, GRACE).await; } => {}
    }
    purge.abort();
    shut(server, keep).await;
    drop(locks);
    Ok(())
}

/// Stops what still runs and closes the engine.
async fn shut(server: Arc<Server>, keep: Keep) {
    let journal = Arc::clone(&server);
    let closing = tokio::task::spawn_blocking(move || {
        for query_id in server.journal.running() {
            if let Err(error) = server.kill(&query_id) {
                tracing::warn!(query_id, error = %error.text, "cannot stop a statement");
            }
        }
        server.sessions.close();
    });
    let _ = tokio::time::timeout(GRACE, closing).await;
    if drained(&journal.journal, GRACE).await {
        // The last connection stops the engine; with one still busy the process just ends, which
        // the engine survives as well as kill -9.
        let _ = tokio::time::timeout(GRACE, tokio::task::spawn_blocking(move || drop(keep))).await;
    } else {
        std::mem::forget(keep);
    }
}

/// Held while serving: the parent's (when there is none) and the process's own.
type Locks = (Option<DirLock>, DirLock);

/// The connection that keeps the engine up between requests.
struct Keep {
    _connection: Connection,
    version: String,
}

/// Creates the data directory for its owner only; its real path.
pub(super) fn own_dir(dir: &Path) -> Result<PathBuf> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(Error::file("cannot create", dir))?;
    dir.canonicalize().map_err(Error::file("cannot open", dir))
}

async fn start(options: ServeOptions) -> Result<(Arc<Server>, TcpListener, Keep, Locks)> {
    let library = options.library.clone().map_or_else(files::libchdb, Ok)?;
    let dir = &options.data_dir;
    let dir = own_dir(dir)?;
    // A parent holds the first lock itself, so that a second parent is refused at once while the
    // child of a parent that was killed is merely waited for.
    let parent = if options.supervised { None } else { Some(DirLock::take(&dir, PARENT_LOCK)?) };
    let locks = (parent, DirLock::take(&dir, "sidecar.lock")?);
    let users = Users::load_or_create(&dir)?;
    let config = dir.join("config.xml");
    config::write(&config, options.max_memory)?;
    let listener = port::listen(options.port)
        .and_then(|listener| {
            listener.set_nonblocking(true)?;
            TcpListener::from_std(listener)
        })
        .map_err(|source| Error::Bind { port: options.port, source })?;
    let arguments = [format!("--path={}", dir.join("store").display()), format!("--config-file={}", config.display())];
    let connect: Vec<CString> = arguments
        .into_iter()
        .map(|argument| CString::new(argument).map_err(|_| Error::clickhouse("the data directory's name contains a zero byte")))
        .collect::<Result<_>>()?;
    let booted = tokio::task::spawn_blocking(move || {
        boot(&library, &connect, &options.database, options.max_memory).map(|booted| (booted, connect, options))
    });
    let ((engine, keep, timezone), connect, options) =
        booted.await.map_err(|error| Error::clickhouse(format!("the engine's start was interrupted: {error}")))??;
    let server = Server {
        engine,
        connect,
        users,
        database: options.database,
        timezone,
        limits: Limits {
            body: options.max_body,
            reader_seconds: options.reader_seconds,
            writer_seconds: options.writer_seconds,
            memory: options.max_memory / 4 * 3,
        },
        permits: Arc::new(Semaphore::new(options.concurrency)),
        journal: Journal::default(),
        sessions: Sessions::default(),
    };
    Ok((Arc::new(server), listener, keep, locks))
}

fn boot(library: &Path, connect: &[CString], database: &str, max_memory: u64) -> Result<(Engine, Keep, String)> {
    let engine = Engine::load(library)?;
    let mut connection = engine
        .connect(connect)
        .ok_or_else(|| Error::clickhouse("the engine does not start on this data directory; see its messages above"))?;
    let of_engine = |exception: super::exception::Exception| Error::clickhouse(exception.text);
    run(&mut connection, &format!("CREATE DATABASE IF NOT EXISTS {}", identifier(database))).map_err(of_engine)?;
    let mut query = |sql| ask(&mut connection, sql).map_err(of_engine);
    let (version, timezone) = (query("SELECT version()")?, query("SELECT timezone()")?);
    let cap = query("SELECT value FROM system.server_settings WHERE name = 'max_server_memory_usage'")?;
    if cap != max_memory.to_string() {
        return Err(Error::clickhouse(format!("the memory cap was not taken over: {cap} instead of {max_memory}")));
    }
    Ok((engine, Keep { _connection: connection, version }, timezone))
}

/// Returns freed memory to the system when work has paused.
async fn give_memory_back(server: Arc<Server>) {
    let mut seen = u64::MAX;
    loop {
        tokio::time::sleep(Duration::from_secs(10)).await;
        server.sessions.expire();
        let (finished, running) = server.journal.activity();
        if running > 0 || finished == seen {
            continue;
        }
        seen = finished;
        let server = Arc::clone(&server);
        let purged = tokio::task::spawn_blocking(move || {
            server.open().and_then(|mut connection| run(&mut connection, "SYSTEM JEMALLOC PURGE"))
        });
        if let Ok(Err(error)) = purged.await {
            tracing::debug!(error = %error.text, "memory was not given back");
        }
    }
}

async fn told_to_stop(supervised: bool) {
    use tokio::signal::unix::{SignalKind, signal};
    let (closed, mut on_close) = tokio::sync::mpsc::channel::<()>(1);
    if supervised {
        // A thread of its own: it must notice even when the runtime is stuck.
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
            drop(closed);
            std::thread::sleep(GRACE * 4);
            std::process::exit(1);
        });
    } else {
        std::mem::forget(closed);
    }
    let signalled = async {
        match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
            (Ok(mut terminate), Ok(mut interrupt)) => {
                tokio::select! { _ = terminate.recv() => {} _ = interrupt.recv() => {} }
            }
            _ => std::future::pending().await,
        }
    };
    tokio::select! { () = signalled => {} _ = on_close.recv() => {} }
}

fn announce(what: &Announcement) {
    use std::io::Write as _;
    let line = serde_json::to_string(what).expect("numbers and strings always serialise");
    let mut out = std::io::stdout().lock();
    // A parent that no longer listens is about to close standard input as well.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// The error with its causes in one line.
fn describe(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
