//! The query data in `.sqlx`: how it is made, and how to tell without a database that it is current.
//!
//! A query's data depends on its text and on the schema. A file is named by the hash of the text, and an
//! offline build fails when a query has no file; so the data is current exactly when the build passes and
//! the migrations are those it was made from, which `.sqlx/migrations.txt` records.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::step::Steps;
use crate::test_engines::TestEngines;
use crate::workspace;

/// The crates with checked queries.
const CRATES: [&str; 2] = ["domain", "analytics"];
const RECORD: &str = "migrations.txt";

/// Fails when `.sqlx` was made from other migrations than those in the tree.
pub(crate) fn check() -> Result<()> {
    let made_from = fs::read_to_string(folder().join(RECORD)).unwrap_or_default();
    if made_from != migrations()? {
        bail!(".sqlx was not made from the present migrations; run `cargo xtask bless` and commit .sqlx");
    }
    Ok(())
}

/// Makes `.sqlx` anew: compiles the crates with checked queries against a migrated database.
pub(crate) fn generate(steps: &mut Steps, engines: &TestEngines) -> Result<()> {
    let fresh = workspace::target()?.join("sqlx-data");
    if fresh.exists() {
        fs::remove_dir_all(&fresh).context("cannot remove the previous query data")?;
    }
    fs::create_dir_all(&fresh).context("cannot make a directory for query data")?;
    for name in CRATES {
        // The macros run when the compiler does, and it runs when a file is newer than its output.
        touch(&workspace::root().join(name).join("src/lib.rs"))?;
    }
    let mut command = workspace::cargo(&["check", "--quiet", "--all-targets"]);
    for name in CRATES {
        command.args(["--package", &format!("shpunt-{name}")]);
    }
    command
        .env("SQLX_OFFLINE", "false")
        .env("SQLX_OFFLINE_DIR", &fresh)
        .env("DATABASE_URL", engines.get("SHPUNT_TEST_TEMPLATE")?);
    steps.run("query data", &mut command)?;
    fs::write(fresh.join(RECORD), migrations()?).context("cannot record the migrations")?;
    swap(&fresh, &folder())
}

fn folder() -> PathBuf {
    workspace::root().join(".sqlx")
}

/// One line per migration: its name and a hash of its text.
fn migrations() -> Result<String> {
    let mut lines = Vec::new();
    for entry in fs::read_dir(workspace::root().join("migrations")).context("cannot list migrations")? {
        let entry = entry?;
        let mut hasher = DefaultHasher::new();
        fs::read_to_string(entry.path())?.hash(&mut hasher);
        lines.push(format!("{} {:016x}\n", entry.file_name().to_string_lossy(), hasher.finish()));
    }
    lines.sort();
    Ok(lines.concat())
}

fn touch(file: &Path) -> Result<()> {
    let opened = fs::File::options().append(true).open(file);
    opened
        .and_then(|file| file.set_modified(std::time::SystemTime::now()))
        .with_context(|| format!("cannot touch {}", file.display()))
}

/// Puts the content of `from` in place of `to`, writing only what differs.
fn swap(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(to)? {
        let entry = entry?;
        if !from.join(entry.file_name()).exists() {
            fs::remove_file(entry.path())?;
        }
    }
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (new, place) = (fs::read(entry.path())?, to.join(entry.file_name()));
        if fs::read(&place).ok().as_ref() != Some(&new) {
            fs::write(&place, new)?;
        }
    }
    Ok(())
}
