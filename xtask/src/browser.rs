//! The director's page in a browser: the built binary on an empty directory with the demo business, and `tests/e2e` against it.

use std::process::Command;

use anyhow::Result;

use crate::shpunt::Shpunt;
use crate::step::Steps;
use crate::{node, workspace};

/// Starts Shpunt, looks at every panel, stops it.
pub(crate) fn test(steps: &mut Steps) -> Result<()> {
    node::fetch_browser(steps)?;
    let shpunt = Shpunt::start(steps, "browser-data", &[])?;
    let mut browser = Command::new("node");
    browser.arg("run.mjs").current_dir(workspace::root().join("tests/e2e"));
    steps.run("browser", shpunt.tell(&mut browser))?;
    shpunt.stop(steps)
}
