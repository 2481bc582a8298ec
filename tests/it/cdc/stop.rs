//! What cannot be carried stops the worker: nothing is passed over, nothing is made anew in silence.

use shpunt_analytics::cdc::{self, Error};
use sqlx::AssertSqlSafe;

use super::rig::{Rig, token};

async fn run(rig: &Rig, sql: &str) {
    sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&rig.db).await.unwrap();
}

async fn slots(rig: &Rig) -> Vec<String> {
    sqlx::query_scalar("select slot_name::text from pg_replication_slots where database = current_database()")
        .fetch_all(&rig.db)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undecodable_change_stops_the_worker_at_the_last_good_commit() {
    let Some(rig) = Rig::new("undecodable").await else { return };
    let work = rig.work();
    rig.caught_up().await;
    run(&rig, "alter table products drop constraint products_shippable").await;
    rig.post(4).await;
    let good = token(&rig.db).await;
    run(&rig, "insert into products (kind, sku, name) values ('service', 'S', 'Доставка')").await;
    let mut tx = rig.db.begin().await.unwrap();
    for sql in [
        "insert into channels (code, name) values ('x', 'Х')",
        "update products set kg_per_m = 'NaN', kind = 'goods', profile = 'Л5', condition = 'new', length_m = 12",
    ] {
        sqlx::query(sql).execute(&mut *tx).await.unwrap();
    }
    tx.commit().await.unwrap();
    rig.post(4).await;
    let error = work.failure().await;
    assert!(matches!(&error, Error::Undecodable { table, .. } if table == "products"), "{error}");
    assert!(error.to_string().contains("kg_per_m"), "{error}");
    // What came before it is there, its own transaction and what follows is not; the slot waits.
    rig.frontier.wait_for(&good).await.unwrap();
    let seen: (u64, u64, u64) = rig
        .ask(
            "select countIf(source = 'l'), countIf(source = 'p'), countIf(source = 'c') from (
                select 'l' as source from raw_ledger_entry union all select 'p' from cur_products union all select 'c' from cur_channels)",
        )
        .await;
    assert_eq!(seen, (4, 1, 1));
    assert_eq!(slots(&rig).await.len(), 1);
    let (reason, _) = cdc::failure(&rig.db).await.unwrap().unwrap();
    assert!(reason.contains("products"), "{reason}");
    // Started again it stops again, at the same place.
    let again = rig.work().failure().await;
    assert_eq!(again.to_string(), error.to_string());
    let seen: u64 = rig.ask("select count() from raw_ledger_entry").await;
    assert_eq!(seen, 4);
    // The way out: mend the row, load anew.
    run(&rig, "update products set kg_per_m = 100").await;
    let before = slots(&rig).await;
    cdc::reset(&rig.db).await.unwrap();
    assert_eq!(cdc::failure(&rig.db).await.unwrap(), None);
    let work = rig.work();
    rig.caught_up().await;
    rig.assert_equal().await;
    assert_ne!(slots(&rig).await, before, "the old slot is gone, a new one is there");
    work.stop().await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_was_not_sent_is_fatal() {
    let Some(rig) = Rig::new("toast").await else { return };
    let work = rig.work();
    run(&rig, "alter table parties drop constraint parties_name_length, alter column name set storage external").await;
    run(&rig, "insert into parties (name, created_at) values (repeat('длинное имя ', 2000), now())").await;
    rig.caught_up().await;
    run(&rig, "update parties set is_customer = true").await;
    let error = work.failure().await;
    assert!(error.is_fatal() && error.to_string().contains("unchanged TOAST"), "{error}");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_that_facts_cannot_have_are_fatal() {
    let Some(rig) = Rig::new("facts").await else { return };
    let work = rig.work();
    rig.post(2).await;
    rig.caught_up().await;
    run(&rig, "alter table ledger_entry disable trigger ledger_entry_append_only").await;
    run(&rig, "delete from ledger_entry").await;
    let error = work.failure().await;
    assert!(error.to_string().contains("delete of an append-only table"), "{error}");
    cdc::reset(&rig.db).await.unwrap();
    let work = rig.work();
    rig.caught_up().await;
    rig.assert_equal().await;
    run(&rig, "truncate articles cascade").await;
    let error = work.failure().await;
    assert!(error.to_string().contains("truncated"), "{error}");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_slot_is_not_made_anew_in_silence() {
    let Some(rig) = Rig::new("slot").await else { return };
    let work = rig.work();
    rig.caught_up().await;
    work.stop().await;
    // The server frees the slot when the connection is gone.
    for _ in 0..200 {
        let dropped = sqlx::query(
            "select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = current_database()",
        )
        .execute(&rig.db)
        .await;
        if dropped.is_ok() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    rig.post(2).await;
    let error = rig.work().failure().await;
    assert!(matches!(error, Error::SlotMissing(_)), "{error}");
    assert!(slots(&rig).await.is_empty());
    cdc::reset(&rig.db).await.unwrap();
    let work = rig.work();
    rig.caught_up().await;
    rig.assert_equal().await;
    work.stop().await;
    rig.stop().await;
}
