//! A small file system of its own, to be filled and freed.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A mounted directory; unmounted when dropped.
pub(crate) struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Mounts `megabytes` of memory at `dir`; says so loudly where that is not allowed.
    pub(crate) fn mount(dir: &Path, megabytes: u32) -> Option<Self> {
        std::fs::create_dir_all(dir).unwrap();
        let size = format!("size={megabytes}m,mode=0755");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "shpunt-test"]).arg(dir).output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self(dir.to_owned())),
            Ok(output) => skip(String::from_utf8_lossy(&output.stderr).trim()),
            Err(error) => skip(&error.to_string()),
        }
    }

    /// Takes all the space that is left.
    pub(crate) fn fill(&self) {
        let mut ballast = std::fs::OpenOptions::new().create(true).append(true).open(self.ballast()).unwrap();
        // Large pieces first, then small ones into what remains.
        for piece in [1 << 20, 4 << 10, 1] {
            let piece = vec![0; piece];
            while ballast.write_all(&piece).is_ok() {}
        }
    }

    /// Gives it back.
    pub(crate) fn free(&self) {
        std::fs::remove_file(self.ballast()).unwrap();
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: an engine may still be ending.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

fn skip(why: &str) -> Option<SmallDisk> {
    eprintln!("SKIPPED: no small disk can be mounted here ({why}); run the tests as root with mount allowed");
    None
}
