//! `cargo xtask conformance`: the published conformance suites, and our own where there is none, against the built server, on engines of
//! its own.
//!
//! A suite is a script in `tests/conformance` that prints one JSON line, `{"ok":…,"total":…,"failed":[names]}`, and ends well
//! whatever it found; here they are added up. The rules of graphql-eslint are held against the schema first.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use crate::shpunt::{Shpunt, UNLIMITED};
use crate::step::Steps;
use crate::{node, workspace};

/// Name and script.
const SUITES: [(&str, &str); 3] = [("graphql-http", "http.mjs"), ("graphql-transport-ws", "ws.mjs"), ("graphql-sse", "sse.mjs")];

/// The verb. Prints one JSON line for all suites together; fails when a check did.
pub(crate) fn run() -> Result<()> {
    let mut steps = Steps::new("conformance");
    node::fetch_engines(&mut steps)?;
    node::fetch_conformance(&mut steps)?;
    steps.run("lint the schema", Command::new("node").arg("lint.mjs").current_dir(scripts()))?;
    node::build_dashboards(&mut steps)?;
    steps.run("build shpunt", &mut workspace::cargo(&["build", "--workspace", "--bin", "shpunt"]))?;
    let arguments = ["--no-demo"].into_iter().chain(UNLIMITED).collect::<Vec<_>>();
    let shpunt = Shpunt::start(&mut steps, "conformance-data", &arguments)?;
    let (mut ok, mut total, mut failed) = (0, 0, Vec::new());
    for (name, script) in SUITES {
        let found = steps.measure(name, &format!("node {script}"), || suite(&shpunt, script))?;
        let number = |field: &str| found[field].as_u64().with_context(|| format!("{script} names no {field}"));
        ok += number("ok")?;
        total += number("total")?;
        failed.extend(found["failed"].as_array().context("no list of what failed")?.iter().cloned());
    }
    shpunt.stop(&mut steps)?;
    println!("{{\"ok\":{ok},\"total\":{total},\"failed\":{}}}", Value::Array(failed.clone()));
    ensure!(ok == total && failed.is_empty(), "{} of {total} checks failed", total - ok);
    steps.finish();
    Ok(())
}

fn scripts() -> PathBuf {
    workspace::root().join("tests/conformance")
}

fn suite(shpunt: &Shpunt, script: &str) -> Result<Value> {
    let mut command = Command::new("node");
    command.arg(script).current_dir(scripts()).stderr(Stdio::inherit());
    let output = shpunt.tell(&mut command).output().context("cannot start node")?;
    if !output.status.success() {
        bail!("`node {script}` failed ({})", output.status);
    }
    let found: Value = serde_json::from_slice(&output.stdout).with_context(|| format!("{script} did not print one JSON line"))?;
    ensure!(found["total"].as_u64().is_some_and(|total| total > 0), "{script} checked nothing");
    Ok(found)
}
