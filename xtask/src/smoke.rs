//! `cargo xtask smoke`: drives the built binary as a user would, through two kinds of `kill -9`.

use anyhow::Result;

use crate::bench;

/// From an empty directory to reconciled books; prints one JSON line.
#[derive(clap::Args)]
pub(crate) struct Smoke {
    /// Passed to the program
    #[arg(last = true)]
    arguments: Vec<String>,
}

impl Smoke {
    pub(crate) fn run(&self) -> Result<()> {
        bench::run_program("smoke", "smoke", &self.arguments)
    }
}
