//! The director's page in a browser: the built binary on an empty directory with the demo business, and `tests/e2e` against it.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::step::Steps;
use crate::{node, workspace};

/// Starts Shpunt, looks at every panel, stops it.
pub(crate) fn test(steps: &mut Steps) -> Result<()> {
    node::fetch_browser(steps)?;
    let data = workspace::target()?.join("browser-data");
    let _ = std::fs::remove_dir_all(&data);
    let mut command = Command::new(workspace::program("debug", "shpunt")?);
    command.args(["up", "--json", "--port", "0", "--data-dir"]).arg(&data).current_dir(workspace::root());
    workspace::without_user_databases(&mut command).env_remove("DATABASE_URL");
    let shpunt = steps.measure("start shpunt", "up with the demo business", || Shpunt::start(&mut command))?;
    let mut browser = Command::new("node");
    browser
        .arg("run.mjs")
        .current_dir(workspace::root().join("tests/e2e"))
        .env("SHPUNT_URL", &shpunt.url)
        .env("SHPUNT_LOGIN", &shpunt.login)
        .env("SHPUNT_PASSWORD", &shpunt.password);
    steps.run("browser", &mut browser)?;
    steps.measure("stop shpunt", "SIGTERM", || shpunt.stop())?;
    std::fs::remove_dir_all(&data).with_context(|| format!("cannot remove {}", data.display()))
}

/// A running `shpunt up --json`. Dropped, it is told to stop as well.
struct Shpunt {
    child: Child,
    url: String,
    login: String,
    password: String,
}

impl Shpunt {
    fn start(command: &mut Command) -> Result<Self> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("cannot start shpunt")?;
        let said = BufReader::new(child.stdout.take().context("its output is not piped")?);
        for line in said.lines() {
            let event: Value = serde_json::from_str(&line?).context("`shpunt up --json` said something else")?;
            if event["event"] == "ready" {
                let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
                return Ok(Self { child, url: text("url"), login: text("login"), password: text("password") });
            }
        }
        bail!("shpunt ended before it was ready ({})", child.wait()?)
    }

    fn stop(mut self) -> Result<()> {
        terminate(&self.child)?;
        let status = self.child.wait()?;
        if !status.success() {
            bail!("shpunt stopped with {status}");
        }
        Ok(())
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
