//! `cargo xtask fuzz`: questions made by schemathesis (from PyPI) out of the schema, to the built server on engines of its own.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::shpunt::{Shpunt, UNLIMITED};
use crate::step::Steps;
use crate::{node, workspace};

/// Asks whatever the schema allows; fails when something inside does.
#[derive(clap::Args)]
pub(crate) struct Fuzz {
    /// Questions for each field of the roots
    #[arg(long, default_value_t = 60)]
    examples: u32,
}

impl Fuzz {
    /// The verb. Prints one JSON line.
    pub(crate) fn run(&self) -> Result<()> {
        let mut steps = Steps::new("fuzz");
        node::fetch_engines(&mut steps)?;
        node::build_dashboards(&mut steps)?;
        let python = python(&mut steps)?;
        steps.run("build shpunt", &mut workspace::cargo(&["build", "--workspace", "--bin", "shpunt"]))?;
        let shpunt = Shpunt::start(&mut steps, "fuzz-data", &UNLIMITED)?;
        let mut command = Command::new(python);
        command.arg("fuzz.py").current_dir(scripts()).env("SHPUNT_EXAMPLES", self.examples.to_string());
        steps.run("schemathesis", shpunt.tell(&mut command))?;
        shpunt.stop(&mut steps)?;
        steps.finish();
        Ok(())
    }
}

fn scripts() -> PathBuf {
    workspace::root().join("tests/conformance")
}

/// Python with what the script needs, in a directory of its own.
fn python(steps: &mut Steps) -> Result<PathBuf> {
    let own = workspace::target()?.join("fuzz-python");
    let python = own.join("bin/python");
    if !python.exists() {
        let made = Command::new("python3").args(["-m", "venv"]).arg(&own).status();
        made.context("python3 is needed for this one check; install it (3.10 or newer, with venv)")?;
    }
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", "requirements.txt"]);
    steps.run("fetch schemathesis from PyPI", install.current_dir(scripts()))?;
    Ok(python)
}
