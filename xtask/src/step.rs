//! Steps: each is announced, timed and listed at the end, so that a slow or failed one is plain to see.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// The steps of one verb, with their times. Everything is said on stderr: stdout belongs to results.
pub(crate) struct Steps {
    verb: &'static str,
    started: Instant,
    done: Vec<(String, Duration)>,
}

impl Steps {
    pub(crate) fn new(verb: &'static str) -> Self {
        Self { verb, started: Instant::now(), done: Vec::new() }
    }

    /// Runs a command to its end; fails when it does.
    pub(crate) fn run(&mut self, name: &str, command: &mut Command) -> Result<()> {
        let line = command_line(command);
        self.measure(name, &line, || {
            let status = command.status().with_context(|| format!("cannot start `{line}`"))?;
            if !status.success() {
                bail!("`{line}` failed ({status})");
            }
            Ok(())
        })
    }

    /// Runs a piece of work of our own.
    pub(crate) fn measure<T>(&mut self, name: &str, what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        say(&format!("── {name}: {what}"));
        let started = Instant::now();
        let result = work().with_context(|| format!("cargo xtask {}: step \"{name}\" failed", self.verb))?;
        self.done.push((name.to_owned(), started.elapsed()));
        Ok(result)
    }

    /// Prints the list of steps with their times.
    pub(crate) fn finish(self) {
        let mut summary = String::new();
        for (name, time) in &self.done {
            let _ = writeln!(summary, "   {:>7.1} s  {name}", time.as_secs_f64());
        }
        let _ = write!(summary, "   {:>7.1} s  cargo xtask {} is green", self.started.elapsed().as_secs_f64(), self.verb);
        say(&summary);
    }
}

/// Says a line to the person watching.
pub(crate) fn say(text: &str) {
    // A closed terminal must not stop the work.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

fn command_line(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let mut line = program.file_name().unwrap_or(command.get_program()).to_string_lossy().into_owned();
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line
}
