//! The sidecar's HTTP interface, spoken by hand: authentication, framing, what must be refused.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use shpunt_engines::clickhouse::Sidecar;

use super::{Scratch, have_clickhouse, options};

/// One request on a connection of its own; the whole answer as text.
struct Http {
    port: u16,
    user: String,
    password: String,
}

impl Http {
    fn send(&self, head: &str, body: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let auth = format!("X-ClickHouse-User: {}\r\nX-ClickHouse-Key: {}\r\n", self.user, self.password);
        let head = format!("{head}\r\nHost: localhost\r\nConnection: close\r\n{auth}");
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        stream
    }

    fn ask(&self, head: &str, body: &[u8]) -> String {
        let mut text = Vec::new();
        let length = format!("Content-Length: {}\r\n\r\n", body.len());
        let mut stream = self.send(head, &[length.as_bytes(), body].concat());
        stream.read_to_end(&mut text).unwrap();
        String::from_utf8_lossy(&text).into_owned()
    }

    fn post(&self, query: &str) -> String {
        self.ask("POST / HTTP/1.0", query.as_bytes())
    }
}

fn status(answer: &str) -> &str {
    answer.get(9..12).unwrap_or_default()
}

fn has_code(answer: &str, code: u32) -> bool {
    answer.to_ascii_lowercase().contains(&format!("x-clickhouse-exception-code: {code}\r\n"))
}

fn result(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_protocol_is_honest() {
    if !have_clickhouse() {
        return;
    }
    let dir = Scratch::new("http");
    let sidecar = Sidecar::start(options(dir.path())).await.unwrap();
    let (user, password) = sidecar.writer();
    let http = Http { port: sidecar.port(), user: user.into(), password: password.into() };
    let work = tokio::task::spawn_blocking(move || {
        passwords(&http);
        shapes_of_requests(&http);
        one_statement_only(&http);
        truncated_bodies(&http);
        sessions(&http);
        a_client_that_leaves_stops_its_query(&http);
        let journal = http.ask("GET /journal HTTP/1.0", b"");
        assert!(journal.contains("\"exception_code\":62") && journal.contains("\"running\":[]"), "{journal}");
    });
    work.await.unwrap();
    sidecar.stop().await.unwrap();
}

fn passwords(http: &Http) {
    assert!(http.ask("GET /ping HTTP/1.0", b"").ends_with("Ok.\n"));
    for (user, password) in [("shpunt", "wrong"), ("default", ""), ("shpunt_reader", http.password.as_str())] {
        let stranger = Http { port: http.port, user: user.into(), password: password.into() };
        let answer = stranger.post("select 1");
        assert!(status(&answer) == "403" && has_code(&answer, 516), "{answer}");
        assert_eq!(status(&stranger.ask("GET /journal HTTP/1.0", b"")), "403");
    }
}

fn shapes_of_requests(http: &Http) {
    assert_eq!(result(&http.post("select 1 format TSV")), "1\n");
    assert_eq!(result(&http.ask("GET /?query=select%201%2B1 HTTP/1.0", b"")), "2\n");
    assert!(has_code(&http.ask("GET /?query=create%20table%20g(a%20Int8)engine=Memory HTTP/1.0", b""), 164));
    assert!(result(&http.post("select 1 as a format JSON")).contains("\"rows\": 1"));
    http.post("create table t (a UInt64, b String) engine = MergeTree order by a");
    // Statement and data in one body; statement in the URL; a blank line inside the data.
    assert_eq!(status(&http.post("insert into t format TSV\n1\ta\n2\tb\n")), "200");
    let answer = http.ask("POST /?query=insert%20into%20t%20format%20TSV HTTP/1.0", b"3\tc\n");
    assert!(answer.contains("\"written_rows\":\"1\""), "{answer}");
    let poisoned = http.post("insert into t format CSV\n4,\"x\n\ndrop table t\"\n");
    assert_eq!(status(&poisoned), "200", "{poisoned}");
    assert_eq!(status(&http.post("insert into t values (5, 'v'), (6, concat('a', 'b'))")), "200");
    assert_eq!(result(&http.post("select count(), sum(a) from t")), "6\t21\n");
    let packed = http.ask("POST /?compress=1 HTTP/1.0", b"select 1");
    assert_eq!(packed.split_once("\r\n\r\n").map(|(_, b)| b.is_empty()), Some(false));
    let unknown = http.ask("POST / HTTP/1.0\r\nContent-Encoding: br", b"select 1");
    assert!(status(&unknown) == "415" && has_code(&unknown, 432), "{unknown}");
    let same = http.ask("POST /?query_id=mine HTTP/1.0", b"select 1");
    assert!(same.to_ascii_lowercase().contains("x-clickhouse-query-id: mine\r\n"), "{same}");
}

fn one_statement_only(http: &Http) {
    http.post("create table victim (a UInt8, b String) engine = MergeTree order by a");
    for text in [
        "select 1; select 2",
        "select 1; drop table victim",
        "insert into victim values (1, 'a'); drop table victim",
        "insert into victim values (1, 'a')\n\ndrop table victim",
        "insert into victim format Values (1, 'a'); drop table victim",
        "select 1; create table made (a Int8) engine = Memory; selec",
        "create table made (a Int8) engine = Memory parallel with create table made2 (a Int8) engine = Memory",
        "insert into victim select * from input('a UInt8, b String') format TSV\n1\ta\n\ndrop table victim",
    ] {
        let answer = http.post(text);
        assert_ne!(status(&answer), "200", "{text}: {answer}");
    }
    assert!(has_code(&http.post("select 1; select 2"), 62));
    assert!(has_code(&http.post(""), 62));
    assert_eq!(result(&http.post("select count() from victim")), "0\n");
    assert_eq!(result(&http.post("exists table made")), "0\n");
}

fn truncated_bodies(http: &Http) {
    http.post("create table cut (a UInt64) engine = MergeTree order by a settings non_replicated_deduplication_window = 100");
    let rows: Vec<u8> = (0..100_000_u64).flat_map(u64::to_le_bytes).collect();
    let head = "POST /?query=insert%20into%20cut%20format%20RowBinary&insert_deduplication_token=t1&async_insert=0 HTTP/1.1";
    let count = || result(&http.post("select count() from cut")).to_owned();
    // Content-Length promises more than comes.
    let mut short = http.send(head, format!("Content-Length: {}\r\n\r\n", rows.len()).as_bytes());
    short.write_all(&rows[..rows.len() / 2]).unwrap();
    short.shutdown(std::net::Shutdown::Write).unwrap();
    let _ = short.read_to_end(&mut Vec::new());
    // A chunked body without its last chunk.
    let mut chunked = http.send(head, b"Transfer-Encoding: chunked\r\n\r\n");
    chunked.write_all(format!("{:x}\r\n", rows.len()).as_bytes()).unwrap();
    chunked.write_all(&rows).unwrap();
    chunked.write_all(b"\r\n").unwrap();
    drop(chunked);
    settled(http);
    assert_eq!(count(), "0\n");
    // A bad last row refuses the whole body too.
    let bad = http.ask(head, &rows[..rows.len() - 3]);
    assert!(status(&bad) != "200", "{bad}");
    assert_eq!(count(), "0\n");
    // The token of the failed tries is free: the same body whole is taken.
    assert_eq!(status(&http.ask(head, &rows)), "200");
    assert_eq!(count(), "100000\n");
}

fn sessions(http: &Http) {
    let session = |query: &str| http.ask("POST /?session_id=s1 HTTP/1.0", query.as_bytes());
    assert_eq!(status(&session("create temporary table tmp (a UInt8)")), "200");
    assert_eq!(status(&session("insert into tmp values (7)")), "200");
    assert_eq!(result(&session("select a from tmp")), "7\n");
    let once = http.ask("POST /?session_id=s1&max_block_size=77 HTTP/1.0", b"select getSetting('max_block_size')");
    assert_eq!(result(&once), "77\n");
    assert_ne!(result(&session("select getSetting('max_block_size')")), "77\n");
    assert!(has_code(&http.post("select a from tmp"), 60));
    assert!(has_code(&http.ask("POST /?session_id=s2&session_check=1 HTTP/1.0", b"select 1"), 372));
}

fn a_client_that_leaves_stops_its_query(http: &Http) {
    let query = b"select count() from numbers(1000000000000) where sipHash64(number) = 1";
    let stream = http.send("POST /?query_id=abandoned HTTP/1.0", format!("Content-Length: {}\r\n\r\n", query.len()).as_bytes());
    (&stream).write_all(query).unwrap();
    let seen = || http.ask("GET /journal HTTP/1.0", b"");
    until("the query runs", || seen().contains("\"running\":[{\"query_id\":\"abandoned\""));
    drop(stream);
    settled(http);
    assert!(seen().contains("\"exception_code\":394"), "{}", seen());
}

fn settled(http: &Http) {
    until("nothing runs", || http.ask("GET /journal HTTP/1.0", b"").contains("\"running\":[]"));
}

fn until(what: &str, condition: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < end, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
