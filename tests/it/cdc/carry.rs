//! What is committed arrives: loaded, inserted, changed, deleted.

use super::rig::Rig;

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_and_the_stream_meet_without_gap_or_overlap() {
    let Some(rig) = Rig::new("handoff").await else { return };
    for _ in 0..20 {
        rig.post(50).await;
    }
    // Commits go on while the load is under way.
    let (db, company) = (rig.db.clone(), rig.company);
    let writer = tokio::spawn(async move {
        for _ in 0..200 {
            super::rig::post(&db, company, 6).await;
        }
    });
    let work = rig.work();
    writer.await.unwrap();
    rig.caught_up().await;
    rig.assert_equal().await;
    let (loaded, streamed): (u64, u64) = rig.ask("select countIf(_lsn = 0), countIf(_lsn > 0) from raw_ledger_entry").await;
    assert!(loaded >= 1_000 && loaded + streamed == 2_200, "{loaded} loaded, {streamed} streamed");
    work.stop().await;
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_inserted_changed_soft_deleted_and_deleted() {
    let Some(rig) = Rig::new("rows").await else { return };
    let work = rig.work();
    rig.caught_up().await;
    let run = async |sql: &'static str| sqlx::query(sql).execute(&rig.db).await.unwrap();
    run("insert into parties (name, is_customer, created_at) select 'Покупатель ' || i, true, now() from generate_series(1, 10) i").await;
    run("insert into channels (code, name) values ('site', 'Сайт'), ('gone', 'Ненужный')").await;
    rig.caught_up().await;
    rig.assert_equal().await;
    run("update parties set name = 'Переименован', version = version + 1 where name = 'Покупатель 3'").await;
    run("update parties set deleted_at = now() where name = 'Покупатель 4'").await;
    run("update parties set deleted_at = now() where name = 'Покупатель 5'").await;
    run("update parties set deleted_at = null where name = 'Покупатель 5'").await;
    run("delete from channels where code = 'gone'").await;
    run("update channels set channel_id = default where code = 'site'").await;
    rig.caught_up().await;
    rig.assert_equal().await;
    let names: (u64, u64, u64) = rig
        .ask("select countIf(name = 'Переименован'), countIf(name = 'Покупатель 3'), countIf(name = 'Покупатель 5') from cur_parties")
        .await;
    assert_eq!(names, (1, 0, 1));
    // Null and no-null of what may be either.
    run("insert into deals (company_id, number, title, channel_id, stage, stage_entered_at, opened_at)
         select company_id, 'D-1', 'Лид', 1, 'new_lead', now(), now() from companies")
    .await;
    run("insert into deals (company_id, number, title, channel_id, stage, stage_entered_at, opened_at, closed_at)
         select company_id, 'D-2', 'Сделка', 1, 'won', now(), now(), '2026-03-01 12:34:56.789012+00' from companies")
    .await;
    rig.caught_up().await;
    let closed: (u64, String) =
        rig.ask("select countIf(closed_at is null), toString(assumeNotNull(max(closed_at))) from cur_deals").await;
    assert_eq!(closed, (1, "2026-03-01 12:34:56.789012".to_owned()));
    let stages: (u64, u64) = rig.ask("select countIf(stage = 'won'), countIf(stage = 'new_lead') from cur_deals").await;
    assert_eq!(stages, (1, 1));
    work.stop().await;
    rig.stop().await;
}
