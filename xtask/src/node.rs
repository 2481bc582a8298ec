//! What comes from npm: the database engines, the dashboards and a browser to look at them.
//!
//! `npm ci` runs only when the lockfile changed since the last time, and the dashboards are built only
//! when one of their sources did. The stamps lie in `node_modules`, so removing that redoes everything.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::step::Steps;
use crate::workspace;

const LOWEST_NODE: [u32; 2] = [20, 19];

/// Fetches embedded PostgreSQL and ClickHouse. No script of a package runs.
pub(crate) fn fetch_engines(steps: &mut Steps) -> Result<()> {
    fetch(steps, "engines", "fetch engines (PostgreSQL and ClickHouse, about 170 MB)")
}

/// Fetches what the dashboards are built with.
pub(crate) fn fetch_dashboards(steps: &mut Steps) -> Result<()> {
    fetch(steps, "dashboards", "fetch packages of the dashboards")
}

/// Fetches the browser that looks at the page: a packed Chromium, used where none is on PATH, and what drives it.
pub(crate) fn fetch_browser(steps: &mut Steps) -> Result<()> {
    fetch(steps, "tests/e2e", "fetch a browser (about 90 MB)")
}

/// Fetches the conformance suites.
pub(crate) fn fetch_conformance(steps: &mut Steps) -> Result<()> {
    fetch(steps, "tests/conformance", "fetch conformance suites")
}

/// Builds `dashboards/dist`, which cargo embeds into the binary.
pub(crate) fn build_dashboards(steps: &mut Steps) -> Result<()> {
    fetch_dashboards(steps)?;
    build(steps, "dashboards", "build dashboards")
}

/// Builds `dashboards/graphiql/dist`, which cargo embeds into the binary; few need it, so it is built for those who ask.
pub(crate) fn build_graphiql(steps: &mut Steps) -> Result<()> {
    fetch(steps, "dashboards/graphiql", "fetch packages of GraphiQL (about 240 MB unpacked)")?;
    build(steps, "dashboards/graphiql", "build GraphiQL")
}

fn build(steps: &mut Steps, folder: &str, name: &str) -> Result<()> {
    let folder = workspace::root().join(folder);
    let stamp = folder.join("node_modules/.shpunt-built");
    let sources = fingerprint(&folder)?;
    if folder.join("dist/index.html").exists() && fs::read_to_string(&stamp).is_ok_and(|built| built == sources) {
        return Ok(());
    }
    steps.run(name, npm().args(["run", "build"]).current_dir(&folder))?;
    fs::write(&stamp, sources).with_context(|| format!("cannot write {}", stamp.display()))
}

/// Derives from the page's documents their types and the list of trusted documents.
pub(crate) fn derive_operations(steps: &mut Steps) -> Result<()> {
    fetch_dashboards(steps)?;
    steps.run("operations of the page", npm().args(["run", "codegen"]).current_dir(workspace::root().join("dashboards")))
}

/// Checks the types of the dashboards.
pub(crate) fn check_dashboards(steps: &mut Steps) -> Result<()> {
    fetch_dashboards(steps)?;
    steps.run("dashboards", npm().args(["run", "check"]).current_dir(workspace::root().join("dashboards")))
}

fn fetch(steps: &mut Steps, folder: &str, name: &str) -> Result<()> {
    let folder = workspace::root().join(folder);
    let lockfile = folder.join("package-lock.json");
    let stamp = folder.join("node_modules/.shpunt-lock");
    let wanted = fs::read(&lockfile).with_context(|| format!("cannot read {}", lockfile.display()))?;
    if fs::read(&stamp).is_ok_and(|fetched| fetched == wanted) {
        return Ok(());
    }
    require_node()?;
    let mut command = npm();
    command.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder);
    steps.run(name, &mut command)?;
    fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}

fn require_node() -> Result<()> {
    let [major, minor] = LOWEST_NODE;
    let output = Command::new("node").arg("--version").output();
    let Ok(output) = output else {
        bail!("Node.js is not on PATH; install version {major}.{minor} or newer (https://nodejs.org)");
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let mut numbers = text.trim().trim_start_matches('v').split('.').map_while(|part| part.parse::<u32>().ok());
    if [numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)] < LOWEST_NODE {
        bail!("Node.js {} is too old; install version {major}.{minor} or newer", text.trim());
    }
    Ok(())
}

fn npm() -> Command {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    // What a build says is no result of ours.
    command.stdout(std::io::stderr());
    command
}

/// A number that changes when any source of the dashboards, or the API schema they are typed by, does.
fn fingerprint(folder: &Path) -> Result<String> {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    files.push(workspace::root().join("api/schema.graphql"));
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files.iter().filter(|file| file.exists()) {
        file.hash(&mut hasher);
        fs::read(file).with_context(|| format!("cannot read {}", file.display()))?.hash(&mut hasher);
    }
    Ok(format!("{:016x}\n", hasher.finish()))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let entry = entry?;
        let made = ["node_modules", "dist"].iter().any(|name| entry.file_name() == *name);
        if made {
            continue;
        }
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}
