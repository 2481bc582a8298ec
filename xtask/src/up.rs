//! `cargo xtask up`: from a clone to a running Shpunt.

use std::process::Command;

use anyhow::{Context, Result};

use crate::step::{Steps, say};
use crate::{node, workspace};

/// Builds everything and runs `shpunt up`.
#[derive(clap::Args)]
pub(crate) struct Up {
    /// Passed to `shpunt up`, for example `-- --port 8090 --data-dir /srv/shpunt`
    #[arg(last = true)]
    arguments: Vec<String>,
}

impl Up {
    pub(crate) fn run(&self) -> Result<()> {
        let mut steps = Steps::new("up");
        if self.arguments.iter().any(|argument| argument == "--dev") {
            node::build_graphiql(&mut steps)?;
        }
        prepare(&mut steps)?;
        let program = workspace::program("release", "shpunt")?;
        steps.finish();
        say("── shpunt up: Ctrl-C stops it and its engines");
        let mut command = Command::new(&program);
        command.arg("up").args(&self.arguments).current_dir(workspace::root());
        become_program(command).with_context(|| format!("cannot run {}", program.display()))
    }
}

/// Fetches the engines, builds the page and then the optimized binary that embeds it.
pub(crate) fn prepare(steps: &mut Steps) -> Result<()> {
    node::fetch_engines(steps)?;
    node::build_dashboards(steps)?;
    steps.run("build shpunt", &mut workspace::cargo(&["build", "--release", "--package", "shpunt-api", "--bin", "shpunt"]))
}

/// Replaces this process, so that Ctrl-C and the exit code are the program's own.
#[cfg(unix)]
fn become_program(mut command: Command) -> Result<()> {
    use std::os::unix::process::CommandExt as _;
    Err(command.exec().into())
}

#[cfg(not(unix))]
fn become_program(mut command: Command) -> Result<()> {
    let status = command.status()?;
    anyhow::ensure!(status.success(), "shpunt up ended with {status}");
    Ok(())
}
