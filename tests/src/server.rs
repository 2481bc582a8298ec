//! The PostgreSQL servers of the tests: those named by the environment, else a private one of this process.
//!
//! A private one is run by the `engines` program beside the test, which stops it when this process ends, however it ends.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use sqlx::postgres::PgConnectOptions;

/// Address of the server most tests share, with the rights to create databases.
pub const SHARED: &str = "SHPUNT_TEST_POSTGRES";

/// Address of the server of the change-stream tests: creating a slot waits for every open transaction of its server.
pub const CHANGES: &str = "SHPUNT_TEST_POSTGRES_CDC";

/// Address of the migrated template on the shared server.
pub const TEMPLATE: &str = "SHPUNT_TEST_TEMPLATE";

/// The server most tests share.
pub fn shared() -> PgConnectOptions {
    parse(&std::env::var(SHARED).unwrap_or_else(|_| private().to_owned()))
}

/// The server of the change-stream tests.
pub fn for_changes() -> PgConnectOptions {
    std::env::var(CHANGES).map_or_else(|_| shared(), |url| parse(&url))
}

fn parse(url: &str) -> PgConnectOptions {
    url.parse().unwrap_or_else(|error| panic!("the address of the test server is not one of PostgreSQL: {error}"))
}

/// A server for this process alone, started at the first use.
fn private() -> &'static str {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| {
        let program = program("engines");
        // Without a stderr of ours: a test is over when nobody holds its output open.
        let child = Command::new(&program).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut child = child.unwrap_or_else(|error| {
            panic!("{}: {error}; `cargo build -p shpunt-tests --bins` builds it, `cargo xtask test` does all", program.display())
        });
        let stdout = child.stdout.take().expect("its stdout is piped");
        let said: Vec<_> = BufReader::new(stdout).lines().map_while(Result::ok).take_while(|line| line != "ready").collect();
        // Its stdin stays open as long as this process lives.
        std::mem::forget(child);
        let url = said.iter().find_map(|line| line.strip_prefix(SHARED)?.strip_prefix('='));
        url.unwrap_or_else(|| panic!("the test engines do not start: {}", said.join("\n"))).to_owned()
    })
}

/// A program of this crate, built beside the running one.
pub fn program(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("a running program has a path");
    let folder = own.ancestors().skip(1).find(|folder| !folder.ends_with("deps")).expect("a program lies in a folder");
    folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}
