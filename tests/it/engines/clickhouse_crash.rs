//! The sidecar as a process: killed, started twice, stopped, outlived.

use std::time::Duration;

use shpunt_engines::clickhouse::{Options, Sidecar};

use super::{Scratch, have_clickhouse, options, until, within, writer};

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_rows_survive_kill_9_and_the_sidecar_comes_back() {
    if !have_clickhouse() {
        return;
    }
    let dir = Scratch::new("crash");
    let sidecar = Sidecar::start(options(dir.path())).await.unwrap();
    let client = writer(&sidecar);
    client.query("create table log (batch UInt64, n UInt64) engine = MergeTree order by batch").execute().await.unwrap();
    let mut acknowledged = Vec::new();
    let mut batch = 0_u64;
    for round in 0..3 {
        let pid = serving(&sidecar).await;
        // Somewhere inside an insert, after two that were answered.
        let (answered, mut seen) = tokio::sync::watch::channel(0);
        let killer = tokio::spawn(async move {
            seen.wait_for(|count| *count >= 2).await.unwrap();
            tokio::time::sleep(Duration::from_millis(3 + 7 * round)).await;
            kill_9(pid);
        });
        // Killed between two inserts it fails none of them: the next one waits until the new process serves.
        within("two inserts are answered and the sidecar is killed", async {
            while !killer.is_finished() {
                batch += 1;
                let body: Vec<u8> = (0..20_000_u64).flat_map(|n| [batch.to_le_bytes(), n.to_le_bytes()].concat()).collect();
                let mut insert = client.insert_formatted_with("insert into log format RowBinary");
                let done = async {
                    insert.send(body.into()).await?;
                    insert.end().await
                };
                if done.await.is_ok() {
                    acknowledged.push(batch);
                    answered.send_modify(|count| *count += 1);
                }
            }
        })
        .await;
        killer.await.unwrap();
        until("another process serves", async || sidecar.pid() != pid && client.query("select 1").execute().await.is_ok()).await;
    }
    let kept = client.query("select batch, count() from log group by batch order by batch").fetch_all::<(u64, u64)>();
    let kept = within("the rows are counted", kept).await.unwrap();
    assert!(!acknowledged.is_empty());
    assert!(kept.iter().all(|(_, rows)| *rows == 20_000), "a batch is there in part: {kept:?}");
    for batch in &acknowledged {
        assert!(kept.iter().any(|(kept, _)| kept == batch), "acknowledged batch {batch} is lost");
    }
    eprintln!("{} batches acknowledged, {} kept", acknowledged.len(), kept.len());
    sidecar.stop().await.unwrap();
}

/// The process that serves; there is none for a moment after it was killed.
async fn serving(sidecar: &Sidecar) -> u32 {
    until("the sidecar has a process", async || sidecar.pid() != 0).await;
    sidecar.pid()
}

fn kill_9(pid: u32) {
    let status = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap();
    assert!(status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_has_one_sidecar_and_keeps_its_passwords() {
    if !have_clickhouse() {
        return;
    }
    let dir = Scratch::new("single");
    let sidecar = Sidecar::start(options(dir.path())).await.unwrap();
    let refused = Sidecar::start(options(dir.path())).await.unwrap_err().to_string();
    assert!(refused.contains(&format!("already in use by process {}", std::process::id())), "{refused}");
    // Another port in use is said as such.
    let other = Scratch::new("port");
    let taken = Options { port: Some(sidecar.port()), ..options(other.path()) };
    let refused = Sidecar::start(taken).await.unwrap_err().to_string();
    assert!(refused.contains("cannot listen on 127.0.0.1"), "{refused}");
    let (pid, before) = (sidecar.pid(), (sidecar.writer().1.to_owned(), sidecar.reader().1.to_owned()));
    sidecar.stop().await.unwrap();
    assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
    let again = Sidecar::start(options(dir.path())).await.unwrap();
    assert_eq!((again.writer().1, again.reader().1), (before.0.as_str(), before.1.as_str()));
    for name in ["writer.password", "reader.password"] {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(dir.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // Dropped without stop, it ends as well: its standard input closes. A new one may be started
    // at once, it waits for the old.
    let pid = again.pid();
    drop(again);
    let third = started_soon(dir.path()).await;
    assert_ne!(third.pid(), pid);
    third.stop().await.unwrap();
    until("the sidecar ends with its parent", async || !std::path::Path::new(&format!("/proc/{pid}")).exists()).await;
}

/// The dropped handle's task still holds the parent's lock for a moment.
async fn started_soon(dir: &std::path::Path) -> Sidecar {
    let mut started = None;
    until("the directory is free again", async || {
        started = Sidecar::start(options(dir)).await.inspect_err(|error| eprintln!("{error}")).ok();
        started.is_some()
    })
    .await;
    started.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_does_not_wait_for_a_start_that_hangs() {
    if !have_clickhouse() {
        return;
    }
    let dir = Scratch::new("hanging");
    // The second time it never says anything, as an engine that hangs while it loads its parts.
    let script = r#"cd "$SHPUNT_CLICKHOUSE_DIR"; test -e hang && touch hanging && exec cat; exec "$0""#;
    let program =
        Options { max_memory: 1 << 30, ..Options::new("/bin/sh", &["-c", script, env!("CARGO_BIN_EXE_sidecar")], dir.path()) };
    let sidecar = Sidecar::start(program).await.unwrap();
    std::fs::write(dir.path().join("hang"), "").unwrap();
    kill_9(serving(&sidecar).await);
    until("it is started again", async || dir.path().join("hanging").exists()).await;
    within("it stops", sidecar.stop()).await.unwrap();
}

#[tokio::test]
async fn a_missing_engine_says_what_to_run() {
    let missing = shpunt_engines::Error::Missing { what: "@chdb/x".into(), looked_in: "engines/node_modules".into() };
    assert!(missing.to_string().contains("npm ci --prefix engines --ignore-scripts"), "{missing}");
}
