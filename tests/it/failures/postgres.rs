//! PostgreSQL stopped, killed and full under a running pool.

use std::io::Read as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use shpunt_domain::access::Scope;
use shpunt_domain::deals::store::Filter;
use shpunt_domain::treasury::Target;
use shpunt_domain::treasury::commands::{Pay, pay};
use shpunt_domain::{Code, Db, Error, db as postgres, deals};
use shpunt_engines::postgres::{Options, Postgres};
use shpunt_tests::ctx;

use super::small_disk::SmallDisk;
use crate::engines::{Scratch, have_postgres};
use crate::money::World;

/// A command, or anything else, must have its answer within this time.
const BOUND: Duration = Duration::from_secs(20);

async fn world_on(server: &Postgres) -> World {
    let db = postgres::connect(&server.url(), 4).await.unwrap();
    postgres::migrate(&db).await.unwrap();
    World::in_database(db).await
}

async fn start(dir: &Path, port: Option<u16>) -> Postgres {
    Postgres::start(Options { port, ..Options::new(dir) }).await.unwrap()
}

async fn payment(world: &World) -> Pay {
    world.payment(Target::Deal(world.deal_id), "2026-02-01", "12.34").await
}

/// Pays under a key; whether it had been done before.
async fn send(db: &Db, key: &str, payment: &Pay) -> Result<bool, Error> {
    Ok(pay(db, &ctx(key).with_key(Some(key.to_owned())), payment).await?.replayed)
}

async fn count(world: &World) -> (i64, i64, i64) {
    sqlx::query_as(
        "select (select count(*) from payments), (select count(*) from ledger_entry), (select count(*) from command_log)",
    )
    .fetch_one(world.db())
    .await
    .unwrap()
}

#[tokio::test]
async fn a_server_that_goes_away_as_a_connection_begins_is_unavailable() {
    let door = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("postgres://shpunt@{}/shpunt", door.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut guest in door.incoming().flatten() {
            let _ = guest.read_exact(&mut [0; 8]);
        }
    });
    let error = postgres::connect(&url, 1).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable, "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_server_is_unavailable_at_once_and_works_when_it_is_back() {
    if !have_postgres() {
        return;
    }
    let dir = Scratch::new("stopped");
    let server = start(dir.path(), None).await;
    let (port, world) = (server.port(), world_on(&server).await);
    let payment = payment(&world).await;
    send(world.db(), "before", &payment).await.unwrap();
    let before = count(&world).await;
    server.stop().await.unwrap();

    let began = Instant::now();
    let error = send(world.db(), "meanwhile", &payment).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable, "{error:?}");
    assert!(error.to_string().contains("check that it runs"), "{error}");
    let error = deals::store::list(world.db(), &Scope::All, &Filter::default(), None, 10).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable, "{error:?}");
    assert!(began.elapsed() < BOUND, "{:?}", began.elapsed());

    let server = start(dir.path(), Some(port)).await;
    assert_eq!(count(&world).await, before);
    assert!(!send(world.db(), "meanwhile", &payment).await.unwrap(), "it was not done, so it is done now");
    assert!(send(world.db(), "before", &payment).await.unwrap(), "it was done, so it is not done again");
    world.check_books().await;
    world.db().close().await;
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_repeated_through_kills_of_the_server_are_each_done_once() {
    const HANDS: usize = 4;
    const EACH: usize = 20;
    if !have_postgres() {
        return;
    }
    let dir = Scratch::new("killed");
    let server = start(dir.path(), None).await;
    let world = world_on(&server).await;
    let payment = payment(&world).await;
    let troubled = Arc::new(AtomicBool::new(false));
    let hands: Vec<_> = (0..HANDS)
        .map(|hand| {
            let (db, payment, troubled) = (world.db().clone(), payment.clone(), Arc::clone(&troubled));
            tokio::spawn(async move {
                for index in 0..EACH {
                    let (key, began) = (format!("{hand} {index}"), Instant::now());
                    while let Err(error) = send(&db, &key, &payment).await {
                        assert_eq!(error.code(), Code::Unavailable, "{error:?}");
                        assert!(began.elapsed() < Duration::from_mins(2), "{error:?}");
                        troubled.store(true, Ordering::Relaxed);
                    }
                }
            })
        })
        .collect();
    for third in 1..=2_i64 {
        let due = third * i64::try_from(HANDS * EACH / 3).unwrap();
        let end = Instant::now() + Duration::from_mins(2);
        while !sqlx::query_scalar::<_, i64>("select count(*) from payments")
            .fetch_one(world.db())
            .await
            .is_ok_and(|done| done >= due)
        {
            assert!(Instant::now() < end, "the commands do not get on");
        }
        let _ = Command::new("kill").args(["-9", &server.pid().to_string()]).status();
    }
    for hand in hands {
        hand.await.unwrap();
    }
    assert!(troubled.load(Ordering::Relaxed), "no command met a dead server");
    let done = i64::try_from(HANDS * EACH).unwrap();
    let (payments, ..) = count(&world).await;
    assert_eq!(payments, done);
    world.check_books().await;
    world.db().close().await;
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_changes_nothing_and_is_over_when_there_is_space() {
    if !have_postgres() {
        return;
    }
    let dir = Scratch::new("full");
    let Some(disk) = SmallDisk::mount(&dir.path().join("disk"), 400) else { return };
    let server = start(&dir.path().join("disk/data"), None).await;
    let world = world_on(&server).await;
    let payment = payment(&world).await;
    // A fresh piece of the log is there, so it is the tables that find no room.
    sqlx::raw_sql("checkpoint; select pg_switch_wal()").execute(world.db()).await.unwrap();
    send(world.db(), "before", &payment).await.unwrap();
    disk.fill();
    let mut before = count(&world).await;
    let mut refused = None;
    for index in 0..500 {
        let key = format!("full {index}");
        match send(world.db(), &key, &payment).await {
            Ok(_) => before = count(&world).await,
            Err(error) => {
                refused = Some((key, error));
                break;
            }
        }
    }
    let (key, error) = refused.expect("a full disk refuses some of 500 commands");
    assert_eq!(error.code(), Code::Unavailable, "{error:?}");
    assert!(error.to_string().contains("disk of PostgreSQL is full") && error.to_string().contains("free"), "{error}");
    // Nothing of it is there, and what is there can be read.
    assert_eq!(count(&world).await, before);
    world.check_books().await;
    disk.free();
    assert!(!send(world.db(), &key, &payment).await.unwrap());
    assert_eq!(count(&world).await.0, before.0 + 1);
    world.check_books().await;
    world.db().close().await;
    server.stop().await.unwrap();
}

/// The log itself finds no room: the server goes down, and comes back by itself when there is some.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_brought_down_by_a_full_disk_comes_back_when_there_is_space() {
    if !have_postgres() {
        return;
    }
    let dir = Scratch::new("down");
    let Some(disk) = SmallDisk::mount(&dir.path().join("disk"), 400) else { return };
    let server = start(&dir.path().join("disk/data"), None).await;
    let world = world_on(&server).await;
    let payment = payment(&world).await;
    send(world.db(), "before", &payment).await.unwrap();
    disk.fill();
    let end = Instant::now() + Duration::from_mins(1);
    let mut tried = 0;
    // Each call begins another piece of the log, until there is no room for one.
    while sqlx::query("select pg_switch_wal()").execute(world.db()).await.is_ok() {
        tried += 1;
        let _ = send(world.db(), &format!("full {tried}"), &payment).await;
        assert!(Instant::now() < end, "the log never ran out of space");
    }
    let began = Instant::now();
    let error = send(world.db(), "down", &payment).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable, "{error:?}");
    assert!(began.elapsed() < BOUND);
    disk.free();
    let end = Instant::now() + Duration::from_mins(2);
    while let Err(error) = send(world.db(), "down", &payment).await {
        assert_eq!(error.code(), Code::Unavailable, "{error:?}");
        assert!(Instant::now() < end, "the server does not come back: {error:?}");
    }
    assert!(send(world.db(), "before", &payment).await.unwrap());
    let commands: i64 =
        sqlx::query_scalar("select count(*) from command_log where name = 'treasury.pay'").fetch_one(world.db()).await.unwrap();
    assert_eq!(count(&world).await.0, commands);
    world.check_books().await;
    world.db().close().await;
    server.stop().await.unwrap();
}
