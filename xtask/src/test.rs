//! `cargo xtask test`: `check`, then every test on engines of its own, then the page in a browser.

use anyhow::Result;

use crate::step::Steps;
use crate::test_engines::TestEngines;
use crate::{browser, check, node, tools, workspace};

/// Runs `check`, then every test, the page in a browser last.
#[derive(clap::Args)]
pub(crate) struct Test {
    /// Only the tests, without `check`
    #[arg(long)]
    skip_check: bool,
    /// Without the page in a browser
    #[arg(long)]
    skip_browser: bool,
    /// Passed to `cargo nextest run`, for example `-- -E 'test(/orders/)'`
    #[arg(last = true)]
    nextest: Vec<String>,
}

impl Test {
    pub(crate) fn run(&self) -> Result<()> {
        let mut steps = Steps::new("test");
        node::fetch_engines(&mut steps)?;
        tools::nextest(&mut steps)?;
        if self.skip_check {
            check::build(&mut steps)?;
        } else {
            check::steps_of(&mut steps)?;
        }
        run_tests(&mut steps, &self.nextest)?;
        // Somebody who picks tests does not ask for the page.
        if !self.skip_browser && self.nextest.is_empty() {
            browser::test(&mut steps)?;
        }
        steps.finish();
        Ok(())
    }
}

fn run_tests(steps: &mut Steps, arguments: &[String]) -> Result<()> {
    let engines = steps.measure("start engines", "PostgreSQL for all tests", TestEngines::start)?;
    let mut command = workspace::cargo(&["nextest", "run", "--workspace"]);
    command.args(arguments);
    engines.pass_to(workspace::without_user_databases(&mut command));
    steps.run("tests", &mut command)
}
