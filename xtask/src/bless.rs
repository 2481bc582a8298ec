//! `cargo xtask bless`: regenerates what is committed but made.

use anyhow::Result;

use crate::step::Steps;
use crate::test_engines::TestEngines;
use crate::{check, node, sqlx_data, tools, workspace};

/// The verb. Afterwards `git diff` shows what changed.
pub(crate) fn run() -> Result<()> {
    let mut steps = Steps::new("bless");
    node::fetch_engines(&mut steps)?;
    tools::nextest(&mut steps)?;
    // Without its default features the tests crate needs no domain, which may not compile before its
    // query data is made.
    let mut build = workspace::cargo(&["build", "--package", "shpunt-tests", "--no-default-features", "--bin", "engines"]);
    steps.run("build engines", &mut build)?;
    let engines = steps.measure("start engines", "a migrated database", TestEngines::start)?;
    sqlx_data::generate(&mut steps, &engines)?;
    check::build(&mut steps)?;
    steps.measure("GraphQL schema", "shpunt schema > api/schema.graphql", check::bless_schema)?;
    node::derive_operations(&mut steps)?;
    let mut snapshots = workspace::cargo(&["nextest", "run", "--workspace", "--no-tests", "pass", "-E", "test(/snapshot/)"]);
    snapshots.env("SHPUNT_BLESS", "1");
    engines.pass_to(workspace::without_user_databases(&mut snapshots));
    steps.run("snapshots", &mut snapshots)?;
    drop(engines);
    steps.finish();
    Ok(())
}
