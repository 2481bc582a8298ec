//! Runs the sidecar and kills it before a chosen file operation: `killer SIDECAR`, started as a sidecar is.
//!
//! A file `kill` in the data directory arms it: a number N and words. From then on operations that change files of the engine are
//! counted, only those with all the words in their line, and before the N-th the engine is killed as by `kill -9`. Every operation
//! counted is written to the file `operations`, one a line; the file `tracing` appears when counting begins, with the reason in it
//! when it cannot.

use std::process::ExitCode;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod traced {
    use std::ffi::OsStr;
    use std::fs::{self, File};
    use std::io::Write as _;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::FileExt as _;
    use std::path::{Path, PathBuf};
    use std::process::{Child, Command, ExitCode};
    use std::time::Duration;

    use anyhow::{Context as _, Result};
    use nix::libc::{self, c_long, user_regs_struct};
    use nix::sys::ptrace::{self, Options};
    use nix::sys::signal::Signal;
    use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
    use nix::unistd::Pid;
    use shpunt_engines::clickhouse::DIR_VARIABLE;

    /// Where what is killed and why is agreed on.
    struct Orders {
        dir: PathBuf,
    }

    impl Orders {
        /// Takes the order to kill, once.
        fn take(&self) -> Option<(u64, String)> {
            let path = self.dir.join("kill");
            let order = fs::read_to_string(&path).ok()?;
            fs::remove_file(path).ok()?;
            let (number, text) = order.trim_end().split_once(' ').unwrap_or((order.trim_end(), ""));
            Some((number.parse().ok()?, text.to_owned()))
        }
    }

    pub(super) fn run() -> Result<ExitCode> {
        let program = std::env::args_os().nth(1).context("usage: killer SIDECAR")?;
        let dir = PathBuf::from(std::env::var_os(DIR_VARIABLE).context("the data directory is not named")?).canonicalize();
        let orders = Orders { dir: dir.context("the data directory does not exist")? };
        let mut child = Command::new(program).spawn().context("the sidecar cannot be started")?;
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)));
            }
            if let Some((number, text)) = orders.take() {
                return trace(&child, &orders.dir, number, &text);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn trace(child: &Child, dir: &Path, number: u64, text: &str) -> Result<ExitCode> {
        let pid = Pid::from_raw(i32::try_from(child.id())?);
        let outcome = seize(pid);
        fs::write(dir.join("tracing"), outcome.as_ref().err().map_or_else(String::new, |error| format!("{error:#}")))?;
        outcome?;
        let mut log = File::create(dir.join("operations"))?;
        let store = dir.join("store");
        let mut seen = 0;
        loop {
            let (thread, signal) = match waitpid(None, Some(WaitPidFlag::__WALL))? {
                WaitStatus::PtraceSyscall(thread) => {
                    let line = ptrace::getregs(thread).ok().and_then(|registers| operation(pid, &store, &registers));
                    if let Some(line) = line.filter(|line| text.split(' ').all(|word| line.contains(word))) {
                        seen += 1;
                        writeln!(log, "{line}")?;
                        if seen == number {
                            // The thread stands before its call, which is never made.
                            nix::sys::signal::kill(pid, Signal::SIGKILL)?;
                            return Ok(ExitCode::FAILURE);
                        }
                    }
                    (thread, None)
                }
                WaitStatus::Stopped(thread, signal) => (thread, Some(signal)),
                WaitStatus::PtraceEvent(thread, ..) => (thread, None),
                WaitStatus::Exited(ended, _) | WaitStatus::Signaled(ended, ..) if ended == pid => return Ok(ExitCode::FAILURE),
                _ => continue,
            };
            // A thread that is gone by now is told of by the next wait.
            let _ = ptrace::syscall(thread, signal);
        }
    }

    /// Traces every thread; those to come are traced from their start.
    fn seize(pid: Pid) -> Result<()> {
        let mut known = Vec::new();
        loop {
            let threads: Vec<i32> = fs::read_dir(format!("/proc/{pid}/task"))?
                .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
                .filter(|thread| !known.contains(thread))
                .collect();
            if threads.is_empty() {
                return Ok(());
            }
            for thread in threads {
                known.push(thread);
                let thread = Pid::from_raw(thread);
                let options = Options::PTRACE_O_TRACESYSGOOD | Options::PTRACE_O_TRACECLONE | Options::PTRACE_O_EXITKILL;
                // Traced already, or gone again: created while the others were looked at.
                match ptrace::seize(thread, options) {
                    Ok(()) => ptrace::interrupt(thread)?,
                    Err(nix::errno::Errno::ESRCH) => {}
                    Err(nix::errno::Errno::EPERM) if thread != pid => {}
                    Err(error) => return Err(error).context("this machine does not let a program trace its child"),
                }
            }
        }
    }

    /// The call a thread is about to make, if it changes a file of the engine.
    fn operation(pid: Pid, store: &Path, registers: &user_regs_struct) -> Option<String> {
        // On the way in the result is not there yet.
        if registers.rax.cast_signed() != -i64::from(libc::ENOSYS) {
            return None;
        }
        let (first, second, third, fourth) = (registers.rdi, registers.rsi, registers.rdx, registers.r10);
        let path = |address: u64| text_at(pid, address);
        let file = |fd: u64| fs::read_link(format!("/proc/{pid}/fd/{fd}")).ok();
        let call: c_long = registers.orig_rax.cast_signed();
        let (name, path, to) = match call {
            libc::SYS_rename => ("rename", path(first)?, path(second)),
            libc::SYS_renameat | libc::SYS_renameat2 => ("rename", path(second)?, path(fourth)),
            libc::SYS_link => ("link", path(first)?, path(second)),
            libc::SYS_linkat => ("link", path(second)?, path(fourth)),
            libc::SYS_unlink => ("unlink", path(first)?, None),
            libc::SYS_unlinkat => ("unlink", path(second)?, None),
            libc::SYS_mkdir => ("mkdir", path(first)?, None),
            libc::SYS_mkdirat => ("mkdir", path(second)?, None),
            libc::SYS_rmdir => ("rmdir", path(first)?, None),
            libc::SYS_open if creates(second) => ("create", path(first)?, None),
            libc::SYS_openat if creates(third) => ("create", path(second)?, None),
            libc::SYS_write | libc::SYS_pwrite64 | libc::SYS_writev | libc::SYS_pwritev => ("write", file(first)?, None),
            libc::SYS_ftruncate => ("truncate", file(first)?, None),
            libc::SYS_fsync | libc::SYS_fdatasync => ("sync", file(first)?, None),
            _ => return None,
        };
        let inside = |path: &Path| Some(path.strip_prefix(store).ok()?.display().to_string());
        let line = format!("{name} {}", inside(&path)?);
        Some(to.and_then(|to| inside(&to)).map_or(line.clone(), |to| format!("{line} -> {to}")))
    }

    fn creates(flags: u64) -> bool {
        flags.cast_signed() & i64::from(libc::O_CREAT | libc::O_WRONLY | libc::O_RDWR | libc::O_TRUNC) != 0
    }

    /// A path in the memory of the engine.
    fn text_at(pid: Pid, address: u64) -> Option<PathBuf> {
        let memory = File::open(format!("/proc/{pid}/mem")).ok()?;
        let mut bytes = vec![0; 4096];
        // A read ends early where the next page does not exist.
        let length = memory.read_at(&mut bytes, address).ok()?;
        let end = bytes[..length].iter().position(|byte| *byte == 0)?;
        Some(PathBuf::from(OsStr::from_bytes(&bytes[..end])))
    }
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn main() -> anyhow::Result<ExitCode> {
    traced::run()
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn main() -> ExitCode {
    // There is no embedded ClickHouse either.
    ExitCode::FAILURE
}
