//! Makes a cluster and writes its settings.
//!
//! Invariant: a cluster is made under another name and renamed when it is complete with its
//! database, so a start that was killed half-way begins anew instead of meeting ruins.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::account::{Account, become_account, give};
use super::place::Place;
use super::{DATABASE, Options, USER};
use crate::{Error, Result};

/// Name of PGDATA inside the data directory.
pub(super) const CLUSTER: &str = "cluster";
const DRAFT: &str = "cluster.new";

/// Makes the cluster when there is none.
pub(super) async fn ensure(place: &Place, bin: &Path, account: Option<Account>, password: &str, options: &Options) -> Result<()> {
    let dir = place.real();
    if dir.join(CLUSTER).join("PG_VERSION").is_file() {
        return Ok(());
    }
    options.tell("creating the PostgreSQL cluster");
    let draft = dir.join(DRAFT);
    match std::fs::remove_dir_all(&draft) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            return Err(Error::File { what: "cannot remove", path: draft, source });
        }
        _ => {}
    }
    let secret = dir.join("initdb.password");
    write_secret(&secret, password, account)?;
    let made = init(place, bin, account).await;
    std::fs::remove_file(&secret).map_err(Error::file("cannot remove", &secret))?;
    made?;
    let config = draft.join("postgresql.conf");
    let mut text = std::fs::read_to_string(&config).map_err(Error::file("cannot read", &config))?;
    text.push_str("\n# Written at every start; use ALTER SYSTEM for settings of your own.\ninclude = 'shpunt.conf'\n");
    std::fs::write(&config, text).map_err(Error::file("cannot write", &config))?;
    let included = draft.join("shpunt.conf");
    std::fs::write(&included, "").map_err(Error::file("cannot write", &included))?;
    give(&included, account)?;
    create_database(place, bin, account).await?;
    let cluster = dir.join(CLUSTER);
    std::fs::rename(&draft, &cluster).map_err(Error::file("cannot create", cluster))
}

fn write_secret(path: &Path, password: &str, account: Option<Account>) -> Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = std::fs::OpenOptions::new();
    let mut file =
        options.write(true).create(true).truncate(true).mode(0o600).open(path).map_err(Error::file("cannot create", path))?;
    file.write_all(password.as_bytes()).map_err(Error::file("cannot write", path))?;
    give(path, account)
}

async fn init(place: &Place, bin: &Path, account: Option<Account>) -> Result<()> {
    let mut command = Command::new(bin.join("initdb"));
    command
        .arg("--pgdata")
        .arg(place.seen(DRAFT))
        .arg("--pwfile")
        .arg(place.seen("initdb.password"))
        .args(["--username", USER, "--auth", "scram-sha-256", "--encoding", "UTF8", "--no-instructions"])
        .args(["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"])
        .stdin(Stdio::null());
    run(command, place, account, None).await
}

/// There is no client among the programs, so the database is made in single-user mode.
async fn create_database(place: &Place, bin: &Path, account: Option<Account>) -> Result<()> {
    let mut command = Command::new(bin.join("postgres"));
    command.arg("--single").arg("-D").arg(place.seen(DRAFT)).arg("postgres").stdin(Stdio::piped());
    run(command, place, account, Some(&format!("create database {DATABASE}\n"))).await
}

async fn run(mut command: Command, place: &Place, account: Option<Account>, input: Option<&str>) -> Result<()> {
    become_account(&mut command, account);
    command.current_dir("/").env_clear().env("PATH", "/usr/bin:/bin").env("TZ", "UTC").env("LC_ALL", "C");
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let program = command.as_std().get_program().into();
    place.share(true)?;
    let spawned = command.spawn();
    place.share(false)?;
    let mut child = spawned.map_err(|source| Error::Spawn { program, source })?;
    if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
        // A program that ended early says why on its standard error.
        let _ = stdin.write_all(input.as_bytes()).await;
    }
    let output = child.wait_with_output().await.map_err(Error::file("cannot wait in", place.real()))?;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    // Single-user mode ends with success even when its statement failed.
    if output.status.success() && !said.contains("ERROR:") && !said.contains("FATAL:") {
        return Ok(());
    }
    Err(Error::postgres(format!("the cluster cannot be created ({}): {}", output.status, said.trim())))
}

/// Settings for one machine shared with ClickHouse and the application (idle all together below
/// 900 MiB) and for change data capture. `shpunt.conf` is rewritten at every start.
pub(super) fn configure(dir: &Path, account: Option<Account>, port: u16, options: &Options) -> Result<()> {
    let own = [
        ("listen_addresses", "127.0.0.1"),
        ("unix_socket_directories", ""),
        ("password_encryption", "scram-sha-256"),
        ("max_connections", "100"),
        ("shared_buffers", "128MB"),
        ("work_mem", "16MB"),
        ("maintenance_work_mem", "64MB"),
        ("effective_cache_size", "1GB"),
        ("jit", "off"),
        ("max_parallel_workers", "2"),
        ("max_parallel_workers_per_gather", "1"),
        ("max_logical_replication_workers", "0"),
        ("io_workers", "2"),
        // A token handed to a client must survive a crash.
        ("synchronous_commit", "on"),
        ("wal_level", "logical"),
        ("max_wal_senders", "10"),
        ("max_replication_slots", "10"),
        // A dead reader of the slot is noticed soon, so that a standby can take over.
        ("wal_sender_timeout", "10s"),
        // A forgotten slot must not fill the disk.
        ("max_slot_wal_keep_size", "4GB"),
        ("logical_decoding_work_mem", "256MB"),
        ("min_wal_size", "128MB"),
        ("max_wal_size", "2GB"),
        ("checkpoint_timeout", "15min"),
        ("timezone", "UTC"),
        ("log_timezone", "UTC"),
        ("log_line_prefix", "%m [%p] %q%u@%d "),
        ("log_checkpoints", "off"),
        ("logging_collector", "off"),
    ];
    let own = own.iter().map(|(name, value)| (*name, *value));
    let given = options.settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let mut text = format!("# Written at every start; use ALTER SYSTEM for settings of your own.\nport = {port}\n");
    for (name, value) in own.chain(given) {
        writeln!(text, "{name} = '{}'", value.replace('\'', "''")).expect("writing to a string cannot fail");
    }
    let path = dir.join(CLUSTER).join("shpunt.conf");
    std::fs::write(&path, text).map_err(Error::file("cannot write", &path))?;
    give(&path, account)
}
