//! The data directory as the server's user sees it.
//!
//! Started as root with a data directory below a closed home (`/root`), the unprivileged user
//! cannot walk to it by name. The parent can, so the child is given the opened directory and
//! reaches it as `/proc/self/fd/N`, which is inherited by every process of the server.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};

use super::account::{Account, reaches};
use crate::{Error, Result};

/// A directory and its name for the children.
pub(super) struct Place {
    real: PathBuf,
    seen: PathBuf,
    opened: Option<File>,
}

impl Place {
    pub(super) fn new(dir: &Path, account: Option<Account>) -> Result<Self> {
        let real = dir.canonicalize().map_err(Error::file("cannot open", dir))?;
        match account {
            Some(account) if !reaches(account, &real) => {
                if !cfg!(target_os = "linux") {
                    return Err(Error::postgres(format!(
                        "the unprivileged user PostgreSQL runs as cannot reach {}; choose another data directory",
                        real.display()
                    )));
                }
                let opened = File::open(&real).map_err(Error::file("cannot open", &real))?;
                let seen = PathBuf::from(format!("/proc/self/fd/{}", opened.as_raw_fd()));
                Ok(Self { real, seen, opened: Some(opened) })
            }
            _ => Ok(Self { seen: real.clone(), real, opened: None }),
        }
    }

    /// The directory's real path.
    pub(super) fn real(&self) -> &Path {
        &self.real
    }

    /// Path of an entry as the children see it.
    pub(super) fn seen(&self, entry: &str) -> PathBuf {
        self.seen.join(entry)
    }

    /// Lets children started from now on inherit the opened directory, or not.
    pub(super) fn share(&self, on: bool) -> Result<()> {
        let Some(opened) = &self.opened else { return Ok(()) };
        let flags = if on { FdFlag::empty() } else { FdFlag::FD_CLOEXEC };
        fcntl(opened, FcntlArg::F_SETFD(flags)).map(drop).map_err(|errno| Error::File {
            what: "cannot hand over",
            path: self.real.clone(),
            source: errno.into(),
        })
    }
}
