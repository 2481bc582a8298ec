//! The engines that tests share: one process that starts them, says where they are, and stops with us.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::workspace;

/// A running `engines` program of the tests crate. Dropping it closes its stdin, at which it stops
/// everything it started.
pub(crate) struct TestEngines {
    child: Child,
    stdin: Option<ChildStdin>,
    environment: Vec<(String, String)>,
}

impl TestEngines {
    /// Starts the built program and waits until it has told every address.
    pub(crate) fn start() -> Result<Self> {
        let program = workspace::program("debug", "engines")?;
        let mut command = Command::new(&program);
        command.arg("--cdc-apart").current_dir(workspace::root()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("cannot start {}", program.display()))?;
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().context("the engines program has no stdout")?;
        let (mut environment, mut said) = (Vec::new(), Vec::new());
        for line in BufReader::new(stdout).lines() {
            let line = line?;
            if line == "ready" {
                return Ok(Self { child, stdin, environment });
            }
            if let Some((name, value)) = line.split_once('=') {
                environment.push((name.to_owned(), value.to_owned()));
            }
            said.push(line);
        }
        bail!("the test engines did not start ({}): {}", child.wait()?, said.join("\n"))
    }

    /// Gives a command the addresses of the engines.
    pub(crate) fn pass_to(&self, command: &mut Command) {
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
    }

    /// One address by its variable.
    pub(crate) fn get(&self, name: &str) -> Result<&str> {
        let found = self.environment.iter().find(|(key, _)| key == name);
        Ok(&found.with_context(|| format!("the test engines did not say {name}"))?.1)
    }
}

impl Drop for TestEngines {
    fn drop(&mut self) {
        drop(self.stdin.take());
        // Waiting lets it remove its data directory; there is nobody to tell if it cannot.
        let _ = self.child.wait();
    }
}
