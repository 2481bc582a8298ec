//! A built `shpunt up`, started on an empty directory for something that looks at it from outside.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::step::Steps;
use crate::workspace;

/// For a check that asks as fast as it can.
pub(crate) const UNLIMITED: [&str; 6] = ["--requests-per-second", "0", "--sign-ins-per-minute", "0", "--cost-per-minute", "0"];

/// A running `shpunt up --json`. Dropped, it is told to stop as well.
pub(crate) struct Shpunt {
    child: Child,
    data: PathBuf,
    url: String,
    login: String,
    password: String,
}

impl Shpunt {
    /// Starts it on an empty directory of that name in cargo's target directory.
    pub(crate) fn start(steps: &mut Steps, directory: &str, arguments: &[&str]) -> Result<Self> {
        let data = workspace::target()?.join(directory);
        let _ = std::fs::remove_dir_all(&data);
        let mut command = Command::new(workspace::program("debug", "shpunt")?);
        command.args(["up", "--json", "--port", "0"]).args(arguments).arg("--data-dir").arg(&data);
        command.current_dir(workspace::root()).stdin(Stdio::null()).stdout(Stdio::piped());
        workspace::without_user_databases(&mut command).env_remove("DATABASE_URL");
        steps.measure("start shpunt", &format!("up {}", arguments.join(" ")), || {
            let mut child = command.spawn().context("cannot start shpunt")?;
            let said = BufReader::new(child.stdout.take().context("its output is not piped")?);
            for line in said.lines() {
                let event: Value = serde_json::from_str(&line?).context("`shpunt up --json` said something else")?;
                if event["event"] == "ready" {
                    let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
                    return Ok(Self { child, data, url: text("url"), login: text("login"), password: text("password") });
                }
            }
            bail!("shpunt ended before it was ready ({})", child.wait()?)
        })
    }

    /// A command that is told where it is and how to log in.
    pub(crate) fn tell<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("SHPUNT_URL", &self.url).env("SHPUNT_LOGIN", &self.login).env("SHPUNT_PASSWORD", &self.password)
    }

    /// Stops it in order and removes its data.
    pub(crate) fn stop(mut self, steps: &mut Steps) -> Result<()> {
        steps.measure("stop shpunt", "SIGTERM", || {
            terminate(&self.child)?;
            let status = self.child.wait()?;
            if !status.success() {
                bail!("shpunt stopped with {status}");
            }
            std::fs::remove_dir_all(&self.data).with_context(|| format!("cannot remove {}", self.data.display()))
        })
    }
}

impl Drop for Shpunt {
    fn drop(&mut self) {
        // After a failed look only; whoever reads that needs no second error.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = terminate(&self.child);
            let _ = self.child.wait();
        }
    }
}

/// SIGTERM: the orderly way, in which it stops its engines.
fn terminate(child: &Child) -> Result<()> {
    let status = Command::new("kill").arg(child.id().to_string()).status().context("cannot run kill")?;
    if !status.success() {
        bail!("kill {} failed ({status})", child.id());
    }
    Ok(())
}
