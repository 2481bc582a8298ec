//! Where things are: the workspace root, cargo's target directory, built programs.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

/// The directory of the workspace's `Cargo.toml`.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace root")
}

/// Cargo's target directory, which the user may have moved.
pub(crate) fn target() -> Result<PathBuf> {
    let output = Command::new(cargo_program())
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root())
        .output()
        .context("cannot run cargo metadata")?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).context("cargo metadata did not answer in JSON")?;
    let target = metadata["target_directory"].as_str().context("cargo metadata names no target directory")?;
    Ok(PathBuf::from(target))
}

/// A program built by cargo in `profile` (`debug` or `release`).
pub(crate) fn program(profile: &str, name: &str) -> Result<PathBuf> {
    Ok(target()?.join(profile).join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}

/// `cargo ARGS` in the workspace root. Queries are checked against the committed `.sqlx`, never against
/// whatever database DATABASE_URL happens to name; SQLX_OFFLINE=false turns that off.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new(cargo_program());
    command.args(args).current_dir(root());
    // What cargo told this program of its own package is none of the build's business: ring is built again, and all above it, when it changes.
    for (name, _) in std::env::vars_os() {
        let of_package = name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"));
        if of_package {
            command.env_remove(name);
        }
    }
    if std::env::var_os("SQLX_OFFLINE").is_none() {
        command.env("SQLX_OFFLINE", "true");
    }
    command
}

/// Takes the user's own databases out of a command's environment: tests make and drop their own.
pub(crate) fn without_user_databases(command: &mut Command) -> &mut Command {
    if std::env::var_os("SQLX_OFFLINE").is_none() {
        command.env_remove("DATABASE_URL");
    }
    command.env_remove("CLICKHOUSE_URL")
}

fn cargo_program() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}
