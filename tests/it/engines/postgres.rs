//! The embedded PostgreSQL: started, stopped, killed, left behind, as root and as somebody else.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use shpunt_engines::files;
use shpunt_engines::postgres::{Options, Postgres};
use sqlx::{Connection as _, PgConnection};

use super::{Scratch, have_postgres, until, within};

async fn ask(url: &str, sql: &'static str) -> String {
    within(sql, async {
        let mut connection = PgConnection::connect(url).await.unwrap();
        let answer: String = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        answer
    })
    .await
}

async fn run(url: &str, sql: &'static str) {
    within(sql, async {
        let mut connection = PgConnection::connect(url).await.unwrap();
        sqlx::query(sql).execute(&mut connection).await.unwrap();
    })
    .await;
}

fn kill_9(pid: u32) {
    assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_starts_stops_and_comes_back_after_kill_9() {
    if !have_postgres() {
        return;
    }
    let dir = Scratch::new("postgres");
    let told = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&told);
    let progress: shpunt_engines::Progress = Arc::new(move |what: &str| listener.lock().unwrap().push(what.to_owned()));
    let server = Postgres::start(Options { progress: Some(progress), ..Options::new(dir.path()) }).await.unwrap();
    assert!(told.lock().unwrap().iter().any(|what| what.contains("creating")));
    let url = server.url();
    assert_eq!(ask(&url, "show wal_level").await, "logical");
    assert_eq!(
        ask(&url, "select datlocprovider::text || datlocale from pg_database where datname = current_database()").await,
        "bC.UTF-8"
    );
    assert_eq!(ask(&url, "select 'ъ' collate \"ru-x-icu\"").await, "ъ");
    run(&url, "create table kept as select 42 as n").await;
    // Strangers are refused, and a second start names the holder.
    assert!(PgConnection::connect(&url.replace("shpunt:", "shpunt:x")).await.is_err());
    let refused = Postgres::start(Options::new(dir.path())).await.unwrap_err().to_string();
    assert!(refused.contains(&format!("already in use by process {}", std::process::id())), "{refused}");
    let taken = Scratch::new("taken");
    let refused = Postgres::start(Options { port: Some(server.port()), ..Options::new(taken.path()) }).await.unwrap_err();
    assert!(refused.to_string().contains("cannot listen on 127.0.0.1"), "{refused}");
    // Killed, it is started again on the same port.
    let killed = server.pid();
    kill_9(killed);
    until("PostgreSQL comes back", async || server.pid() != killed && PgConnection::connect(&url).await.is_ok()).await;
    assert_eq!(ask(&url, "select n::text from kept").await, "42");
    let log = std::fs::read_to_string(server.log()).unwrap();
    assert!(log.contains("automatic recovery in progress"), "{log}");
    // Stopped, it is gone; started again, password and data are the same.
    let pid = server.pid();
    server.stop().await.unwrap();
    assert!(!Path::new(&format!("/proc/{pid}")).exists());
    let began = Instant::now();
    let server = Postgres::start(Options::new(dir.path())).await.unwrap();
    eprintln!("second start: {} ms", began.elapsed().as_millis());
    assert_eq!(ask(&server.url(), "select n::text from kept").await, "42");
    server.stop().await.unwrap();
}

/// A parent process of its own.
struct Host {
    child: Child,
    url: String,
    postmaster: u32,
}

impl Host {
    fn start(command: &mut Command, dir: &Path) -> Self {
        let mut child = command.arg(dir).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (url, postmaster) = line.trim().split_once(' ').unwrap_or_else(|| panic!("the host said {line:?}"));
        Self { url: url.to_owned(), postmaster: postmaster.parse().unwrap(), child }
    }

    async fn stop(mut self) {
        drop(self.child.stdin.take());
        let mut status = None;
        until("the host ends with its standard input", async || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        })
        .await;
        assert!(status.unwrap().success());
        assert!(!Path::new(&format!("/proc/{}", self.postmaster)).exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_left_by_a_killed_parent_is_stopped_and_replaced() {
    if !have_postgres() {
        return;
    }
    let dir = Scratch::new("orphan");
    let mut host = Host::start(&mut Command::new(env!("CARGO_BIN_EXE_postgres_host")), dir.path());
    run(&host.url, "create table kept as select 7 as n").await;
    // Only a server whose watcher is killed as well stays behind.
    for child in children(host.child.id()).into_iter().filter(|child| *child != host.postmaster) {
        kill_9(child);
    }
    kill_9(host.child.id());
    host.child.wait().unwrap();
    assert!(Path::new(&format!("/proc/{}", host.postmaster)).exists(), "nobody should have stopped the server");
    let server = Postgres::start(Options::new(dir.path())).await.unwrap();
    assert_ne!(server.pid(), host.postmaster);
    assert_eq!(ask(&server.url(), "select n::text from kept").await, "7");
    server.stop().await.unwrap();
    // A server somebody else started on the cluster is left alone.
    let theirs = Host::start(&mut Command::new(env!("CARGO_BIN_EXE_postgres_host")), dir.path());
    let stranger = Scratch::new("stranger");
    let link = stranger.path().join("cluster");
    std::os::unix::fs::symlink(dir.path().join("cluster"), link).unwrap();
    let refused = Postgres::start(Options::new(stranger.path())).await.unwrap_err().to_string();
    assert!(refused.contains(&format!("process {}", theirs.postmaster)), "{refused}");
    theirs.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_ends_with_its_killed_parent() {
    if !have_postgres() {
        return;
    }
    let dir = Scratch::new("watched");
    let mut host = Host::start(&mut Command::new(env!("CARGO_BIN_EXE_postgres_host")), dir.path());
    kill_9(host.child.id());
    host.child.wait().unwrap();
    let end = Instant::now() + Duration::from_mins(1);
    while Path::new(&format!("/proc/{}/cwd", host.postmaster)).exists() {
        assert!(Instant::now() < end, "PostgreSQL outlives its parent");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let log = std::fs::read_to_string(dir.path().join("server.log")).unwrap();
    assert!(log.contains("database system is shut down"), "{log}");
}

/// Processes whose parent this is.
fn children(pid: u32) -> Vec<u32> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let lists = tasks.map(|task| std::fs::read_to_string(task.unwrap().path().join("children")).unwrap());
    lists.flat_map(|list| list.split_whitespace().map(|child| child.parse().unwrap()).collect::<Vec<u32>>()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn as_root_the_server_runs_as_somebody_else_even_below_a_closed_directory() {
    if !have_postgres() {
        return;
    }
    if !is_root() {
        eprintln!("SKIPPED: needs root to drop privileges from");
        return;
    }
    let closed = Scratch::new("closed");
    std::fs::set_permissions(closed.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    let dir = closed.path().join("data");
    for _ in 0..2 {
        let server = Postgres::start(Options::new(&dir)).await.unwrap();
        let owner = std::fs::metadata(format!("/proc/{}", server.pid())).unwrap().uid();
        assert_ne!(owner, 0);
        run(&server.url(), "create table if not exists t as select 1 as n").await;
        // A crash of one backend restarts all of them from the postmaster.
        run(&server.url(), "checkpoint").await;
        assert_eq!(ask(&server.url(), "select n::text from t").await, "1");
        server.stop().await.unwrap();
    }
    assert_eq!(std::fs::metadata(closed.path()).unwrap().permissions().mode() & 0o777, 0o700);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ordinary_user_can_start_it() {
    if !have_postgres() {
        return;
    }
    if !is_root() {
        eprintln!("the other tests already run as an ordinary user");
        return;
    }
    // The program and the data must lie where `nobody` can get at them.
    let dir = Scratch::new("ordinary");
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    let program = dir.path().join("postgres_host");
    std::fs::copy(env!("CARGO_BIN_EXE_postgres_host"), &program).unwrap();
    let reachable = Command::new("setpriv")
        .args(["--reuid=nobody", "--regid=nogroup", "--clear-groups", "test", "-r"])
        .arg(files::postgres().unwrap().join("bin/postgres"))
        .status();
    if !reachable.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: `nobody` cannot read the engines, or there is no setpriv");
        return;
    }
    let data = dir.path().join("data");
    for _ in 0..2 {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups"]).arg(&program);
        command.env(files::ENGINES_DIR, files::engines_dir()).current_dir(dir.path());
        let host = Host::start(&mut command, &data);
        assert_eq!(ask(&host.url, "select current_user::text").await, "shpunt");
        host.stop().await;
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0)
}
