//! The unmodified `clickhouse` crate against the sidecar.

use clickhouse::{Client, Compression, Row};
use serde::{Deserialize, Serialize};
use shpunt_engines::clickhouse::Sidecar;

use super::{Scratch, have_clickhouse, options, reader, within, writer};

#[derive(Clone, Debug, PartialEq, Row, Serialize, Deserialize)]
struct Fact {
    id: u64,
    name: String,
    note: Option<String>,
    kopecks: i128,
}

fn facts(count: u64) -> Vec<Fact> {
    let fact = |id| Fact {
        id,
        name: format!("шпунт {id}\n\n"),
        note: (id % 3 == 0).then(|| "a'b\\c".repeat(3)),
        kopecks: i128::from(id) * -7,
    };
    (0..count).map(fact).collect()
}

async fn create(client: &Client, table: &str) {
    let ddl = "create table ? (id UInt64, name String, note Nullable(String), kopecks Int128) engine = MergeTree order by id \
               settings non_replicated_deduplication_window = 100";
    client.query(ddl).bind(clickhouse::sql::Identifier(table)).execute().await.unwrap();
}

async fn insert(client: &Client, table: &str, rows: &[Fact]) -> clickhouse::error::Result<()> {
    let mut insert = client.insert::<Fact>(table).await?;
    for row in rows {
        insert.write(row).await?;
    }
    insert.end().await
}

async fn count(client: &Client, table: &str) -> u64 {
    client.query("select count() from ?").bind(clickhouse::sql::Identifier(table)).fetch_one().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_crate_works_unmodified() {
    if !have_clickhouse() {
        return;
    }
    let dir = Scratch::new("client");
    let sidecar = Sidecar::start(options(dir.path())).await.unwrap();
    let client = writer(&sidecar);
    within("typed inserts and selects", typed_inserts_and_selects(&client)).await;
    within("native inserts", native_inserts(&client)).await;
    within("parameters", parameters(&client)).await;
    within("a long cursor", a_long_cursor(&client)).await;
    within("errors surface", errors_surface(&client)).await;
    within("tokens deduplicate", tokens_deduplicate(&client)).await;
    within("the reader only reads", the_reader_only_reads(&reader(&sidecar))).await;
    sidecar.stop().await.unwrap();
}

async fn typed_inserts_and_selects(client: &Client) {
    for (table, compression) in [("plain", Compression::None), ("packed", Compression::Lz4)] {
        let client = client.clone().with_compression(compression);
        create(&client, table).await;
        let rows = facts(5000);
        insert(&client, table, &rows).await.unwrap();
        let query = format!("select ?fields from {table} order by id");
        let back: Vec<Fact> = client.query(&query).fetch_all().await.unwrap();
        assert!(back == rows, "{table}: rows came back changed");
        let none: Option<Fact> =
            client.query(&format!("select ?fields from {table} where id = 1000000")).fetch_optional().await.unwrap();
        assert_eq!(none, None);
    }
    insert(client, "plain", &[]).await.unwrap();
    assert_eq!(count(client, "plain").await, 5000);
}

async fn native_inserts(client: &Client) {
    client.query("create table nat (a UInt32, b String) engine = MergeTree order by a").execute().await.unwrap();
    // One block: column count and row count, then each column's name, type and values.
    let mut block = vec![2, 2];
    for (name, kind, values) in [("a", "UInt32", &[7_u8, 0, 0, 0, 9, 0, 0, 0][..]), ("b", "String", &[1, b'x', 2, b'\n', b'\n'])]
    {
        for text in [name, kind] {
            block.push(u8::try_from(text.len()).unwrap());
            block.extend_from_slice(text.as_bytes());
        }
        block.extend_from_slice(values);
    }
    for compression in [Compression::None, Compression::Lz4] {
        let client = client.clone().with_compression(compression);
        let mut insert = client.insert_formatted_with("insert into nat format Native");
        insert.send(block.clone().into()).await.unwrap();
        insert.end().await.unwrap();
    }
    let rows: Vec<(u32, String)> = client.query("select a, b from nat order by a").fetch_all().await.unwrap();
    let expected: Vec<(u32, String)> = [(7, "x"), (7, "x"), (9, "\n\n"), (9, "\n\n")].map(|(a, b)| (a, b.into())).into();
    assert_eq!(rows, expected);
}

async fn parameters(client: &Client) {
    let nasty = "it's \\ a\ttab\nand 'шпунт'; drop table plain";
    let (text, number, list): (String, i64, String) = client
        .query("select {s:String}, {n:Int64}, toString({l:Array(UInt64)})")
        .param("s", nasty)
        .param("n", -5)
        .param("l", vec![1_u64, 2])
        .fetch_one()
        .await
        .unwrap();
    assert_eq!((text.as_str(), number, list.as_str()), (nasty, -5, "[1,2]"));
    client.query("insert into nat values ({a:UInt32}, {b:String})").param("a", 11).param("b", nasty).execute().await.unwrap();
    let back: String = client.query("select b from nat where a = 11").fetch_one().await.unwrap();
    assert_eq!(back, nasty);
}

async fn a_long_cursor(client: &Client) {
    let mut cursor = client
        .query("select number as id, toString(number) as name, null::Nullable(String) as note, number::Int128 as kopecks from numbers(1000000)")
        .fetch::<Fact>()
        .unwrap();
    let (mut rows, mut sum) = (0_u64, 0_u64);
    while let Some(row) = cursor.next().await.unwrap() {
        assert_eq!(row.name, row.id.to_string());
        rows += 1;
        sum += row.id;
    }
    assert_eq!((rows, sum), (1_000_000, 499_999_500_000));
}

async fn errors_surface(client: &Client) {
    let message = |error: clickhouse::error::Error| error.to_string();
    let unknown = client.query("select * from nowhere").execute().await.map_err(message).unwrap_err();
    assert!(unknown.contains("Code: 60"), "{unknown}");
    let syntax = client.query("selec 1").execute().await.map_err(message).unwrap_err();
    assert!(syntax.contains("Code: 62"), "{syntax}");
    let setting =
        client.clone().with_setting("no_such_thing", "1").query("select 1").execute().await.map_err(message).unwrap_err();
    assert!(setting.contains("Code: 115"), "{setting}");
    // The answer has begun: HTTP 200 is out, and still the caller must learn of the failure.
    let mut cursor = client.query("select throwIf(number = 900000), number from numbers(1000000)").fetch::<(u8, u64)>().unwrap();
    let mut rows = 0;
    let error = loop {
        match cursor.next().await {
            Ok(Some(_)) => rows += 1,
            Ok(None) => panic!("a failed answer looked complete after {rows} rows"),
            Err(error) => break error.to_string(),
        }
    };
    assert!(rows > 0 && error.contains("Code: 395"), "{rows} rows, then {error}");
    let slow = client.clone().with_setting("max_execution_time", "1");
    let late = slow
        .query("select count() from numbers(100000000000) where sipHash64(number) = 1")
        .execute()
        .await
        .map_err(message)
        .unwrap_err();
    assert!(late.contains("Code: 159"), "{late}");
}

async fn tokens_deduplicate(client: &Client) {
    create(client, "once").await;
    let client = client.clone().with_setting("async_insert", "0").with_setting("insert_deduplication_token", "batch-1");
    for _ in 0..2 {
        insert(&client, "once", &facts(100)).await.unwrap();
    }
    assert_eq!(count(&client, "once").await, 100);
}

async fn the_reader_only_reads(client: &Client) {
    assert_eq!(count(client, "plain").await, 5000);
    for refused in [
        "insert into plain (id) values (1)",
        "create table other (a Int8) engine = Memory",
        "drop table plain",
        "select * from file('/etc/hostname', 'LineAsString')",
        "select * from `default`.`/etc/hostname`",
        "select * from url('http://127.0.0.1:1/', 'TSV', 'a Int8')",
        "set readonly = 0",
        "system flush logs",
        "kill query where 1",
        "select count() from plain settings readonly = 0",
    ] {
        let error = client.query(refused).execute().await.unwrap_err().to_string();
        assert!(error.contains("Code: 164"), "{refused}: {error}");
    }
    let outfile = client.query("select 1 into outfile '/tmp/shpunt-never'").execute().await.unwrap_err().to_string();
    assert!(outfile.contains("Code: 48"), "{outfile}");
    let error = insert(client, "plain", &facts(1)).await.unwrap_err().to_string();
    assert!(error.contains("Code: 164"), "{error}");
    let error = client.clone().with_setting("readonly", "0").query("drop table plain").execute().await.unwrap_err().to_string();
    assert!(error.contains("Code: 164"), "{error}");
}
