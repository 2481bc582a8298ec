//! The embedded engines, as real processes on directories of their own.
//!
//! Without engine files every test here says so in one line and passes: the pure parts of
//! `engines` have their own unit tests.

mod clickhouse_client;
mod clickhouse_crash;
mod clickhouse_http;
mod postgres;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use shpunt_engines::clickhouse::{Options, Sidecar};
use shpunt_engines::files;

/// A directory that goes away with the test.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("shpunt-{name}-{}-{n}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Long enough for a busy machine, and less than the limit of the test runner, which does not say what was waited for.
const PATIENCE: Duration = Duration::from_mins(1);

/// Waits for `future`, but not for ever.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("waited {PATIENCE:?} in vain: {what}"))
}

/// Waits for a condition, but not for ever.
pub(crate) async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    within(what, async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

/// Whether libchdb is here; says what to run when it is not.
pub(crate) fn have_clickhouse() -> bool {
    files::libchdb().inspect_err(|error| eprintln!("SKIPPED: {error}")).is_ok()
}

/// Whether the files of PostgreSQL are here; says what to run when they are not.
pub(crate) fn have_postgres() -> bool {
    files::postgres().inspect_err(|error| eprintln!("SKIPPED: {error}")).is_ok()
}

/// How tests start a sidecar.
pub(crate) fn options(dir: &Path) -> Options {
    Options { max_memory: 1 << 30, ..Options::new(env!("CARGO_BIN_EXE_sidecar"), &[], dir) }
}

/// A client of the unmodified crate, as the writer.
pub(crate) fn writer(sidecar: &Sidecar) -> clickhouse::Client {
    client(sidecar, sidecar.writer())
}

/// The same as the read-only user.
pub(crate) fn reader(sidecar: &Sidecar) -> clickhouse::Client {
    client(sidecar, sidecar.reader())
}

fn client(sidecar: &Sidecar, (user, password): (&str, &str)) -> clickhouse::Client {
    clickhouse::Client::default()
        .with_url(sidecar.url())
        .with_database(sidecar.database())
        .with_user(user)
        .with_password(password)
}
