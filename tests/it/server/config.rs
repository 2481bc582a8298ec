//! Bad flags, missing addresses, wrong passwords: the exit code is right and the message says what to do.

use std::net::TcpListener;
use std::process::{Command, Output};

use shpunt_tests::db::TestDb;
use shpunt_tests::scratch::Scratch;

/// The program with nothing configured.
fn shpunt(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shpunt_itself"));
    command.args(arguments);
    for name in ["DATABASE_URL", "CLICKHOUSE_URL", "CLICKHOUSE_READER_URL", "RUST_LOG", "SHPUNT_PASSWORD", "SHPUNT_DATA_DIR"] {
        command.env_remove(name);
    }
    command
}

fn says(output: &Output, code: i32, text: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(text), "{text:?} is not in: {said}");
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn wrong_usage_ends_with_code_2() {
    for (arguments, text) in [
        (&["up", "--port", "70000"][..], "70000"),
        (&["up", "--host", "somewhere"], "somewhere"),
        (&["up", "--colour"], "--colour"),
        (&["up", "--seed", "x"], "--seed"),
        (&["serve", "--origin", "crm.example.com"], "such as https://crm.example.com"),
        (&["serve", "--connections", "1"], "4..=1000"),
        (&["user", "add", "anna", "--name", "Anna", "--role", "king"], "possible values: director, head-of-sales, manager"),
        (&["user", "add"], "--name"),
        (&["user", "password"], "<LOGIN>"),
        (&["user", "link", "anna", "--oidc-issuer", "https://id.example.com"], "<--email <EMAIL>|--subject <SUBJECT>>"),
        (&["serve", "--oidc-issuer", "http://id.example.com"], "expected https://"),
        (&["serve", "--oidc-issuer", "https://id.example.com", "--oidc-client-id", "shpunt"], "--origin <ORIGIN>"),
        (&["serve", "--secret-key", "short"], "a key has 32 random characters or more"),
        (&["work"], "--database-url"),
        (&["import", "leads", "x.csv"], "--map"),
        (&["reconcile", "--named", "0"], "--named"),
        (&["fly"], "unrecognized subcommand"),
        (&[], "Usage: "),
    ] {
        says(&shpunt(arguments).output().unwrap(), 2, text);
    }
}

#[test]
fn every_verb_explains_itself() {
    for verb in ["up", "serve", "cdc", "work", "clickhouse", "migrate", "import", "reconcile", "user", "schema"] {
        let output = shpunt(&[verb, "--help"]).output().unwrap();
        assert!(output.status.success() && output.stdout.len() > 200, "{verb}");
    }
    let output = shpunt(&["schema"]).output().unwrap();
    let schema = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && schema.contains("type Mutation {"), "{schema}");
}

#[test]
fn what_is_missing_or_does_not_answer_is_named() {
    let scratch = Scratch::new("config").unwrap();
    let dir = scratch.path().join("data");
    says(&shpunt(&["serve", "--port", "0"]).output().unwrap(), 1, "DATABASE_URL is not set");
    let url = "postgres://shpunt:hidden-word@127.0.0.1:9/shpunt";
    let half = shpunt(&["serve", "--port", "0"]).env("DATABASE_URL", url).output().unwrap();
    says(&half, 1, "CLICKHOUSE_URL is not set");
    let dead = shpunt(&["migrate"]).env("DATABASE_URL", url).output().unwrap();
    says(&dead, 1, "PostgreSQL does not answer; check DATABASE_URL");
    assert!(!String::from_utf8_lossy(&dead.stderr).contains("hidden-word"));
    says(&shpunt(&["schema", "--log", "a=b=c"]).output().unwrap(), 1, "is not a filter");
    says(&shpunt(&["import", "leads", "x.csv", "--map", "gone.toml"]).output().unwrap(), 1, "the map cannot be used: gone.toml");
    says(&shpunt(&["clickhouse"]).output().unwrap(), 1, "SHPUNT_CLICKHOUSE_DIR");

    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let up = shpunt(&["up", "--port", &port, "--data-dir"]).arg(&dir).output().unwrap();
    says(&up, 1, "is in use by another program; stop it, or choose another port");
    assert!(!dir.join("postgres").exists(), "nothing was started");
}

#[test]
fn a_data_directory_that_is_something_else_is_told_with_what_to_do() {
    let scratch = Scratch::new("in_the_way").unwrap();
    let file = scratch.path().join("file");
    std::fs::write(&file, "mine").unwrap();
    let stray = scratch.path().join("stray");
    std::fs::create_dir(&stray).unwrap();
    std::fs::write(stray.join("postgres"), "mine").unwrap();
    for dir in [file.clone(), file.join("below"), stray] {
        let up = shpunt(&["up", "--port", "0", "--data-dir"]).arg(&dir).output().unwrap();
        says(&up, 1, "move it away, or choose another data directory");
    }
    assert_eq!(std::fs::read_to_string(file).unwrap(), "mine");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_of_which_nothing_was_taken_did_not_succeed() {
    let test = TestDb::new().await;
    test.companies().await;
    let scratch = Scratch::new("import").unwrap();
    let (map, file) = (scratch.path().join("map.toml"), scratch.path().join("leads.csv"));
    std::fs::write(&map, "kind = 'lead'\ndates = ['%d.%m.%Y']\n[columns]\nid = 'id'\nat = 'at'\nchannel = 'channel'\n").unwrap();
    let import = || {
        let mut command = shpunt(&["import", "leads"]);
        command.arg(&file).arg("--map").arg(&map).env("DATABASE_URL", &test.url);
        command.output().unwrap()
    };
    let missing = import();
    says(&missing, 1, "check the path and its permissions");
    assert_eq!(String::from_utf8_lossy(&missing.stderr).matches("No such file").count(), 1);
    std::fs::write(&file, "id,at,channel\n1,01.01.1900,a\n2,,a\n").unwrap();
    let refused = import();
    says(&refused, 1, "none of the 2 rows was taken");
    assert!(String::from_utf8_lossy(&refused.stdout).contains("lies too far back; choose a day between 2000-01-01"));
    std::fs::write(&file, "id,at,channel\n1,01.01.1900,a\n2,01.02.2026,a\n").unwrap();
    assert_eq!(import().status.code(), Some(0));
    assert_eq!(import().status.code(), Some(0), "what is known already is no failure");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_is_added_with_a_password_that_is_no_argument() {
    let test = TestDb::new().await;
    let add = |login: &str| {
        let mut command = shpunt(&["user", "add", login, "--name", "Анна", "--role", "manager"]);
        command.env("DATABASE_URL", &test.url).stdin(std::process::Stdio::null());
        command
    };
    says(&add("anna").output().unwrap(), 1, "no password on standard input");
    says(&add("anna").env("SHPUNT_PASSWORD", "short").output().unwrap(), 1, "8 to 200 characters");
    let added = add("Anna").env("SHPUNT_PASSWORD", "long enough").output().unwrap();
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    assert_eq!(String::from_utf8_lossy(&added.stdout), "Анна can log in as anna (manager)\n");
    says(&add("anna").env("SHPUNT_PASSWORD", "long enough").output().unwrap(), 1, "this login is taken; choose another");

    let mut served = super::serve(&test.db, &[]).await;
    assert!(served.http.log_in("anna", "long enough").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_nobody_can_help_gets_a_password_from_the_machine() {
    let test = TestDb::new().await;
    super::director(&test).await;
    let password = |login: &str| {
        let mut command = shpunt(&["user", "password", login, "--without-second-factor"]);
        command.env("DATABASE_URL", &test.url).env("SHPUNT_PASSWORD", "another long one");
        command.output().unwrap()
    };
    says(&password("nobody"), 1, "there is no login nobody");
    let done = password("Director");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(String::from_utf8_lossy(&done.stdout), "Директор can log in as director and must then choose another password\n");
    let mut served = super::serve(&test.db, &[]).await;
    assert!(!served.http.log_in("director", super::PASSWORD).await);
    assert!(served.http.log_in("director", "another long one").await);
    let answer = served.http.post(&serde_json::json!({ "query": "{ deals { nodes { id } } }" })).await;
    assert_eq!(answer.code(), "PASSWORD_CHANGE_NEEDED");
}
