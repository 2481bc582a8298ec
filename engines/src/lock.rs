//! Who owns a data directory? Whoever holds the lock of its lock file.
//!
//! Invariant: the kernel releases the lock when the owner dies, however it dies, so there are no
//! stale locks to clean; the pid inside the file is only there to be named in the error.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use crate::{Error, Result};

/// Held for as long as a data directory is served.
#[derive(Debug)]
pub struct DirLock {
    _file: File,
}

impl DirLock {
    /// Takes the lock file `name` of `dir`, or says which process has it.
    ///
    /// # Errors
    /// [`Error::InUse`] when somebody else holds it, [`Error::File`] when the file cannot be made.
    pub fn take(dir: &Path, name: &str) -> Result<Self> {
        let path = dir.join(name);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(Error::file("cannot open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let pid = file.read_to_string(&mut text).ok().and_then(|_| text.trim().parse().ok());
                return Err(Error::InUse { path: dir.to_owned(), pid });
            }
            Err(TryLockError::Error(source)) => {
                return Err(Error::File { what: "cannot lock", path, source });
            }
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(Error::file("cannot write", &path))?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_taker_is_told_who_holds_it() {
        let dir = std::env::temp_dir().join(format!("shpunt-lock-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let first = DirLock::take(&dir, "x.lock").unwrap();
        let Err(Error::InUse { pid, .. }) = DirLock::take(&dir, "x.lock") else {
            panic!("the lock was given twice");
        };
        assert_eq!(pid, Some(std::process::id()));
        drop(first);
        DirLock::take(&dir, "x.lock").unwrap();
        std::fs::remove_dir_all(&dir).unwrap();
    }
}
