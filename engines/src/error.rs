//! What can go wrong with an engine, told so that the reader knows what to do next.

use std::path::PathBuf;

/// Result of everything in this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why an engine could not be found, started or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The engine's files are not on this machine.
    #[error(
        "{what} is not installed (looked in {}); run: npm ci --prefix {} --ignore-scripts",
        looked_in.display(),
        looked_in.parent().unwrap_or(looked_in).display()
    )]
    Missing {
        /// The file or package that was looked for.
        what: String,
        /// The `node_modules` folder that was looked in.
        looked_in: PathBuf,
    },
    /// No engine is published for this operating system and processor.
    #[error("there is no embedded {engine} for this platform; point shpunt at your own server with {variable}")]
    Platform {
        /// `PostgreSQL` or `ClickHouse`.
        engine: &'static str,
        /// The environment variable that replaces the embedded engine.
        variable: &'static str,
    },
    /// Another process serves this data directory.
    #[error("{} is already in use by process {}; stop it first, or choose another data directory", path.display(), holder(*pid))]
    InUse {
        /// The data directory.
        path: PathBuf,
        /// The process that holds it, where it could be read.
        pid: Option<u32>,
    },
    /// A file operation failed.
    #[error("{what} {}{}", path.display(), advice(source))]
    File {
        /// The step, as a verb: `cannot create`.
        what: &'static str,
        /// What it was about.
        path: PathBuf,
        /// The operating system's word.
        source: std::io::Error,
    },
    /// An address could not be bound.
    #[error("cannot listen on 127.0.0.1:{port}; choose another port, or 0 for any free one")]
    Bind {
        /// The port that was asked for.
        port: u16,
        /// The operating system's word.
        source: std::io::Error,
    },
    /// A child process could not be started.
    #[error("cannot start {}", program.display())]
    Spawn {
        /// The program.
        program: PathBuf,
        /// The operating system's word.
        source: std::io::Error,
    },
    /// The engine started and said no.
    #[error("{engine}: {message}")]
    Engine {
        /// `PostgreSQL` or `ClickHouse`.
        engine: &'static str,
        /// Its own words, or what was expected of it.
        message: String,
    },
}

impl Error {
    pub(crate) fn file(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { what, path, source }
    }

    pub(crate) fn clickhouse(message: impl Into<String>) -> Self {
        Self::Engine { engine: "ClickHouse", message: message.into() }
    }

    pub(crate) fn postgres(message: impl Into<String>) -> Self {
        Self::Engine { engine: "PostgreSQL", message: message.into() }
    }
}

/// What to do where the operating system's word is not enough.
fn advice(source: &std::io::Error) -> &'static str {
    use std::io::ErrorKind as Kind;
    match source.kind() {
        Kind::AlreadyExists | Kind::NotADirectory | Kind::IsADirectory | Kind::DirectoryNotEmpty => {
            " (something that is not ours is in its place: move it away, or choose another data directory)"
        }
        Kind::PermissionDenied => " (give this user the right to it, or choose another data directory)",
        Kind::StorageFull | Kind::QuotaExceeded => " (free some space, or choose another data directory)",
        _ => "",
    }
}

fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(|| "(unknown)".to_owned(), |pid| pid.to_string())
}
