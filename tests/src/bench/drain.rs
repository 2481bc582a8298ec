//! The other side of the ratio: reading a replication slot and throwing everything away.

use std::process::Stdio;
use std::str::FromStr as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use futures::FutureExt as _;
use pgwire_replication::{ReplicationClient, ReplicationConfig, ReplicationEvent, TlsConfig};
use shpunt_analytics::Lsn;
use shpunt_domain::Db;
use sqlx::postgres::PgConnectOptions;
use tokio::process::Command;
use tokio::task::unconstrained;

const PUBLICATION: &str = "shpunt";

/// The slot of the worker.
///
/// # Errors
/// There is none, or more than one.
pub async fn slot(db: &Db) -> Result<String> {
    let names = "select slot_name::text from pg_replication_slots where database = current_database()";
    let names: Vec<String> = sqlx::query_scalar(names).fetch_all(db).await?;
    let [name] = names.as_slice() else { bail!("one slot was expected, not {names:?}") };
    Ok(name.clone())
}

/// A copy of a slot that stands where it does.
///
/// # Errors
/// The slot is in use.
pub async fn copy_slot(db: &Db, of: &str, name: &str) -> Result<()> {
    sqlx::query("select pg_copy_logical_replication_slot($1::name, $2::name)").bind(of).bind(name).execute(db).await?;
    Ok(())
}

/// Forgets a slot; the server may need a moment to see that nobody reads it.
///
/// # Errors
/// It is still in use after ten seconds.
pub async fn drop_slot(db: &Db, name: &str) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        match sqlx::query("select pg_drop_replication_slot($1::name)").bind(name).execute(db).await {
            Ok(_) => return Ok(()),
            Err(error) if Instant::now() > deadline => return Err(error).with_context(|| format!("slot {name} stays")),
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

/// Reads a slot up to `end` by the same transport as the worker, and throws the rows away.
///
/// # Errors
/// The stream breaks off.
pub async fn bare(url: &str, slot: &str, end: Lsn) -> Result<Duration> {
    let begun = Instant::now();
    let from = PgConnectOptions::from_str(url)?;
    let database = from.get_database().context("an address without a database")?;
    let password = url.split_once('@').and_then(|(who, _)| who.rsplit_once(':')).context("an address without a password")?.1;
    let config = ReplicationConfig::new(from.get_host(), from.get_username(), password, database, slot, PUBLICATION)
        .with_port(from.get_port())
        .with_tls(TlsConfig::disabled())
        .with_binary(true)
        .with_buffer_size(16_384);
    let mut stream = ReplicationClient::connect(config).await?;
    loop {
        // What has arrived is taken without asking the scheduler for each message.
        let event = match unconstrained(stream.recv()).now_or_never() {
            Some(event) => event,
            None => stream.recv().await,
        };
        let reached = match event?.context("the server ended the stream")? {
            ReplicationEvent::Commit { end_lsn, .. } => end_lsn,
            ReplicationEvent::KeepAlive { wal_end, .. } => wal_end,
            _ => continue,
        };
        if reached.as_u64() >= end.0 {
            let took = begun.elapsed();
            stream.shutdown().await?;
            return Ok(took);
        }
    }
}

/// The same by PostgreSQL's own program; none where it is not installed.
///
/// # Errors
/// It fails.
pub async fn recvlogical(url: &str, slot: &str, end: Lsn) -> Result<Option<Duration>> {
    let begun = Instant::now();
    let mut command = Command::new("pg_recvlogical");
    command
        .args(["--dbname", url, "--slot", slot, "--start", "--no-loop", "--file", "/dev/null", "--endpos", &end.to_string()])
        .args(["-o", "proto_version=1", "-o", "binary=true", "-o", "publication_names=shpunt"])
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    match command.status().await {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).context("pg_recvlogical cannot be run"),
        Ok(status) => {
            ensure!(status.success(), "pg_recvlogical failed ({status})");
            Ok(Some(begun.elapsed()))
        }
    }
}
