//! `shpunt up` as a user runs it: from an empty directory, killed in every way, and back.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};
use shpunt_tests::http::Http;
use shpunt_tests::scratch::Scratch;

use crate::cdc::rig::eventually;
use crate::engines::have_clickhouse;

const READY: Duration = Duration::from_secs(5);

/// What is said of logging reaches the children.
const LOGGING: [&str; 2] = ["--log=warn,sqlx_core::pool=error", "--log-format=text"];

/// A running `shpunt up` that said it is ready.
struct Up {
    child: Child,
    out: BufReader<ChildStdout>,
    ready: Value,
}

fn command(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shpunt_itself"));
    command.args(LOGGING).args(["up", "--json", "--no-demo", "--port", "0", "--data-dir"]).arg(dir);
    command.env_remove("DATABASE_URL").env_remove("CLICKHOUSE_URL").env_remove("CLICKHOUSE_READER_URL");
    command
}

impl Up {
    fn start(dir: &Path) -> Self {
        let mut child = command(dir).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let ready = read_until(&mut out, "ready").expect("it becomes ready");
        assert_eq!(ready["health"]["ready"], true, "{ready:#}");
        Self { child, out, ready }
    }

    fn http(&self) -> Http {
        Http::to(self.ready["url"].as_str().unwrap())
    }

    fn pid(&self, name: &str) -> i32 {
        i32::try_from(self.ready["pids"][name].as_i64().unwrap()).unwrap()
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }
}

/// `shpunt serve` and `shpunt cdc` on the databases of a running `shpunt up`.
struct Beside {
    children: [Child; 2],
    ports: [u16; 2],
}

impl Beside {
    fn start(dir: &Path) -> Self {
        let running: Value = serde_json::from_slice(&std::fs::read(dir.join("running.json")).unwrap()).unwrap();
        let ports = [free_port(), free_port()];
        let arguments = [
            ["serve", "--port", &ports[0].to_string()].map(str::to_owned),
            ["cdc", "--listen", &format!("127.0.0.1:{}", ports[1])].map(str::to_owned),
        ];
        let children = arguments.map(|arguments| {
            Command::new(env!("CARGO_BIN_EXE_shpunt_itself"))
                .args(arguments)
                .env("DATABASE_URL", running["postgres_url"].as_str().unwrap())
                .env("CLICKHOUSE_URL", running["clickhouse_url"].as_str().unwrap())
                .env("CLICKHOUSE_READER_URL", running["clickhouse_reader_url"].as_str().unwrap())
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        });
        Self { children, ports }
    }

    async fn is_ready(&self, which: usize) -> bool {
        let http = Http::new(([127, 0, 0, 1], self.ports[which]).into());
        let request = http.request("GET", "/health/ready").body(axum::body::Body::empty()).unwrap();
        http.try_send(request).await.is_ok_and(|answer| answer.status == StatusCode::OK)
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGTERM);
            assert!(child.wait().unwrap().success());
        }
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// The next event of that name; none when the program ended.
fn read_until(out: &mut BufReader<ChildStdout>, name: &str) -> Option<Value> {
    out.lines()
        .map_while(Result::ok)
        .map(|line| serde_json::from_str::<Value>(&line).unwrap())
        .find(|event| event["event"] == name)
}

fn lives(pid: i32) -> bool {
    // A zombie has no command line any more.
    std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty())
}

/// The process id of a part as `/metrics` says it.
async fn pid_now(http: &Http, name: &str) -> i32 {
    let metrics = http.get("/metrics").await.text();
    let series = format!("shpunt_process_id{{process=\"{name}\"}} ");
    metrics.lines().find_map(|line| line.strip_prefix(&series)).and_then(|pid| pid.parse().ok()).unwrap_or(0)
}

/// Runs a verb on the databases of the `up` that works on `dir`.
fn beside(dir: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_shpunt_itself"))
        .args(arguments)
        .arg("--data-dir")
        .arg(dir)
        .env("SHPUNT_PASSWORD", "long enough")
        .env_remove("DATABASE_URL")
        .env_remove("CLICKHOUSE_URL")
        .output()
        .unwrap()
}

/// A change that shows in a report: the frontier reaches it.
async fn a_change_arrives(dir: &Path, http: &Http, login: &str) {
    let added = beside(dir, &["user", "add", login, "--name", "Анна", "--role", "manager"]);
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    let committed = Instant::now();
    eventually("the change arrives in ClickHouse", async || {
        let frontier = &http.ask("{ frontier { lagMs } }", json!({})).await["frontier"];
        frontier["lagMs"].as_u64().is_some_and(|lag| u128::from(lag) < committed.elapsed().as_millis())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_survives_kills_and_goes_on_with_the_same_data() {
    if !have_clickhouse() {
        return;
    }
    let scratch = Scratch::new("up").unwrap();
    let dir: PathBuf = scratch.path().join("data");
    let mut up = Up::start(&dir);
    let password = up.ready["password"].as_str().unwrap().to_owned();
    let file = up.ready["password_file"].as_str().unwrap();
    assert_eq!(std::fs::read_to_string(file).unwrap(), password);
    for name in ["director.password", "running.json"] {
        assert_eq!(std::fs::metadata(dir.join(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
    for part in ["cdc", "clickhouse"] {
        let line = std::fs::read_to_string(format!("/proc/{}/cmdline", up.pid(part))).unwrap();
        assert!(line.ends_with(&format!("{}\0", LOGGING.join("\0"))), "{part}: {line:?}");
    }
    let mut http = up.http();
    assert_eq!(http.get("/health/ready").await.status, StatusCode::OK);
    assert!(http.log_in("director", &password).await);
    a_change_arrives(&dir, &http, "anna").await;

    // A second one on the same directory is refused and changes nothing.
    let second = command(&dir).output().unwrap();
    let said = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(1));
    assert!(said.contains(&format!("already in use by process {}", up.child.id())), "{said}");

    // More servers and a standby worker may run on the same databases.
    let more = Beside::start(&dir);
    eventually("the second server is ready", async || more.is_ready(0).await).await;
    eventually("the standby is ready", async || more.is_ready(1).await).await;
    drop(more);

    // Each part that is killed comes back by itself.
    for part in ["cdc", "clickhouse", "postgres"] {
        let killed = up.pid(part);
        kill(Pid::from_raw(killed), Signal::SIGKILL).unwrap();
        eventually("the part comes back", async || ![0, killed].contains(&pid_now(&http, part).await)).await;
        eventually("all is ready again", async || http.get("/health/ready").await.status == StatusCode::OK).await;
    }
    a_change_arrives(&dir, &http, "boris").await;

    // The whole tree is killed: its children end with it, and the next start goes on.
    let mut children = Vec::new();
    for part in ["cdc", "clickhouse", "postgres"] {
        children.push(pid_now(&http, part).await);
    }
    up.signal(Signal::SIGKILL);
    up.child.wait().unwrap();
    eventually("the children end", async || !children.iter().any(|pid| lives(*pid))).await;
    let begun = Instant::now();
    let mut up = Up::start(&dir);
    let took = begun.elapsed();
    assert!(took < READY, "ready after {took:?}");
    assert_eq!(up.ready["password"], password.as_str());
    let mut http = up.http();
    assert!(http.log_in("director", &password).await);
    assert!(http.stranger().log_in("boris", "long enough").await);

    // Nothing was lost on the way.
    let compared = beside(&dir, &["reconcile", "--json"]);
    let outcome: Value = serde_json::from_slice(&compared.stdout).unwrap();
    assert_eq!((compared.status.code(), &outcome["differences"]), (Some(0), &json!([])), "{outcome:#}");

    // Told to end, it ends in order and leaves nothing running.
    up.signal(Signal::SIGTERM);
    assert!(read_until(&mut up.out, "stopped").is_some());
    assert!(up.child.wait().unwrap().success());
    for part in ["cdc", "clickhouse", "postgres"] {
        assert!(!lives(up.pid(part)), "{part} is still there");
    }
    assert!(!dir.join("running.json").exists());
}
