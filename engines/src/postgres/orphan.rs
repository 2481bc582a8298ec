//! Is a server still running here, and whose is it?
//!
//! A parent that was killed leaves its server running for a moment, and for good when the shell that
//! watches over it was killed as well. The next parent knows the server by the pid it wrote down, confirms it by `postmaster.pid`, and stops it cleanly. A server somebody else
//! started on the same cluster is never touched.

use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::Options;
use crate::{Error, Result};

/// Holds the pid of the server we started.
pub(super) const CHILD: &str = "postgres.child";

/// Notes the server we started.
pub(super) fn remember(dir: &Path, pid: u32) -> Result<()> {
    let path = dir.join(CHILD);
    std::fs::write(&path, pid.to_string()).map_err(Error::file("cannot write", path))
}

/// What `postmaster.pid` says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Postmaster {
    pub(super) pid: i32,
    pub(super) port: u16,
    pub(super) ready: bool,
}

/// Reads `postmaster.pid` of a cluster; `None` when there is no (complete) one.
pub(super) fn read(cluster: &Path) -> Option<Postmaster> {
    parse(&std::fs::read_to_string(cluster.join("postmaster.pid")).ok()?)
}

/// Lines: pid, data directory, start time, port, socket directory, address, shared memory, status.
fn parse(text: &str) -> Option<Postmaster> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    Some(Postmaster {
        pid: lines.first()?.parse().ok()?,
        port: lines.get(3).and_then(|port| port.parse().ok()).unwrap_or(0),
        ready: lines.get(7).is_some_and(|status| *status == "ready"),
    })
}

/// Stops a server that a killed parent left behind; refuses when somebody else's runs here.
pub(super) async fn clean(dir: &Path, cluster: &Path, options: &Options) -> Result<()> {
    let Some(found) = read(cluster).filter(|found| found.pid > 1 && is_postgres_in(found.pid, cluster)) else {
        return Ok(());
    };
    let ours = std::fs::read_to_string(dir.join(CHILD)).ok().and_then(|text| text.trim().parse::<i32>().ok());
    if ours != Some(found.pid) {
        return Err(Error::InUse { path: dir.to_owned(), pid: u32::try_from(found.pid).ok() });
    }
    options.tell("stopping the PostgreSQL that an earlier run left behind");
    tracing::info!(pid = found.pid, port = found.port, "stopping an orphaned PostgreSQL");
    let pid = Pid::from_raw(found.pid);
    // Fast, then immediate (like a crash: replayed from the log), then not asked any more.
    for (signal, seconds) in [(Signal::SIGINT, 20), (Signal::SIGQUIT, 5), (Signal::SIGKILL, 5)] {
        let _ = kill(pid, signal);
        let end = Instant::now() + Duration::from_secs(seconds);
        while Instant::now() < end {
            if !is_postgres_in(found.pid, cluster) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    Err(Error::postgres(format!("process {} of an earlier run does not end; stop it by hand", found.pid)))
}

/// Whether the process lives and serves this cluster, not merely has a pid that was used again.
fn is_postgres_in(pid: i32, cluster: &Path) -> bool {
    if kill(Pid::from_raw(pid), None) == Err(nix::errno::Errno::ESRCH) {
        return false;
    }
    let process = Path::new("/proc").join(pid.to_string());
    if !process.exists() {
        // No /proc on this system (macOS): the pid file of a living process has to do.
        return !Path::new("/proc/self").exists();
    }
    // A finished child of somebody else (zombie) has no working directory any more.
    match (std::fs::read_link(process.join("cwd")), cluster.canonicalize()) {
        (Ok(cwd), Ok(cluster)) => cwd == cluster,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pid_file_is_read_in_every_stage() {
        let full = "123\n/d\n1700000000\n5433\n\n127.0.0.1\n  1 2\nready   \n";
        assert_eq!(parse(full), Some(Postmaster { pid: 123, port: 5433, ready: true }));
        assert_eq!(parse("123\n/d\n1\n5433\n"), Some(Postmaster { pid: 123, port: 5433, ready: false }));
        assert_eq!(parse(""), None);
    }
}
