//! `cargo xtask check`: everything that can be said about the tree without running its tests.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::step::Steps;
use crate::{node, sqlx_data, tools, workspace};

const SCHEMA: &str = "api/schema.graphql";

/// The verb.
pub(crate) fn run() -> Result<()> {
    let mut steps = Steps::new("check");
    steps_of(&mut steps)?;
    steps.finish();
    Ok(())
}

/// The steps, for `test` to begin with. The quick ones come first.
pub(crate) fn steps_of(steps: &mut Steps) -> Result<()> {
    steps.run("format", &mut workspace::cargo(&["fmt", "--all", "--check"]))?;
    if std::env::var_os("SQLX_OFFLINE").is_none() {
        steps.measure("query data", ".sqlx was made from the present migrations", sqlx_data::check)?;
    }
    tools::deny(steps)?;
    // cargo-deny reads every crate and may not fetch any itself.
    steps.run("crates", &mut workspace::cargo(&["fetch", "--locked"]))?;
    steps.run("dependencies", &mut workspace::cargo(&["deny", "--offline", "check", "bans", "licenses", "sources"]))?;
    node::check_dashboards(steps)?;
    // The page is embedded when cargo builds, so it comes before cargo.
    node::build_dashboards(steps)?;
    steps.run("lints", &mut workspace::cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    build(steps)?;
    steps.measure("GraphQL schema", &format!("{SCHEMA} is what the code builds"), check_schema)
}

/// Builds every program and test with the features that the whole workspace gives its dependencies, so
/// that nothing is compiled twice.
pub(crate) fn build(steps: &mut Steps) -> Result<()> {
    steps.run("build", &mut workspace::cargo(&["build", "--workspace", "--all-targets"]))
}

/// Writes the GraphQL schema that the code builds to the file that is committed.
pub(crate) fn bless_schema() -> Result<()> {
    fs::write(workspace::root().join(SCHEMA), built_schema()?).with_context(|| format!("cannot write {SCHEMA}"))
}

fn check_schema() -> Result<()> {
    let committed = fs::read_to_string(workspace::root().join(SCHEMA)).unwrap_or_default();
    if committed != built_schema()? {
        bail!("{SCHEMA} differs from the schema in the code; run `cargo xtask bless` and commit it");
    }
    Ok(())
}

fn built_schema() -> Result<String> {
    let program = workspace::program("debug", "shpunt")?;
    let output = Command::new(&program).arg("schema").output().with_context(|| format!("cannot start {}", program.display()))?;
    if !output.status.success() {
        bail!("`shpunt schema` failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    String::from_utf8(output.stdout).context("`shpunt schema` did not print text")
}
