//! A demo that is killed, run again, or met by another business.

use shpunt_domain::{Code, Db};
use shpunt_ingest::demo::{Options, State, run, state};
use shpunt_tests::db::TestDb;
use tokio::sync::Notify;

use super::{made, number, options};

/// Everything a business is, without the ids that a rolled back command leaves out.
async fn fingerprint(db: &Db) -> Vec<String> {
    let mut found = Vec::new();
    for statement in [
        "select md5(string_agg(concat_ws('|', t.kind, d.number, e.effective_on, e.origin_on, e.booked_at, e.line, e.account, e.amount, e.vat,
            e.pieces, e.metres, e.tonnes_weighed), ';' order by e.company_id, t.kind, d.number, e.effective_on,
            e.line, e.account, e.amount, e.vat))
         from ledger_entry e join ledger_transaction t using (transaction_id) join documents d on d.document_id = e.document_id",
        "select md5(string_agg(concat_ws('|', d.title, d.opened_at, d.closed_at, d.lost_reason, d.need_gross, d.version, t.to_stage, t.at), ';'
            order by d.opened_at, t.transition_id)) from deals d join stage_transitions t using (deal_id)",
        "select md5(string_agg(concat_ws('|', o.status, o.shipped_on, o.delivered_on, o.vehicle, l.line, l.pieces, l.price, l.gross), ';'
            order by o.created_at, o.gross, l.line)) from orders o join order_lines l using (order_id)",
        "select md5(string_agg(concat_ws('|', account, opened_on, due_on, amount, open, vat, open_vat), ';'
            order by account, opened_on, due_on, amount, open)) from settlement_items",
        "select md5(string_agg(concat_ws('|', name, inn, phone), ';' order by name)) from parties",
    ] {
        found.push(sqlx::query_scalar(statement).fetch_one(db).await.unwrap());
    }
    found
}

/// Drops the running demo in the middle of the command after `steps`.
async fn killed_after(db: &Db, options: &Options, steps: usize) {
    let reached = Notify::new();
    let stop = |step: shpunt_ingest::demo::Step| {
        if step.done == steps {
            reached.notify_one();
        }
    };
    tokio::select! {
        biased;
        () = reached.notified() => {}
        done = run(db, options, &stop) => panic!("the demo came to its end: {done:?}"),
    }
}

#[tokio::test]
async fn a_killed_demo_goes_on_to_the_same_business() {
    let (whole, killed) = (TestDb::new().await, TestDb::new().await);
    let expected = made(&whole.db, 3).await;
    for steps in [1, 57, 400, 401, 900] {
        killed_after(&killed.db, &options(3), steps).await;
        assert_eq!(state(&killed.db).await.unwrap(), State::Unfinished);
    }
    // A day later it still becomes the business that was begun.
    let later = Options { until: options(3).until + chrono::Duration::days(1), ..options(3) };
    assert_eq!(run(&killed.db, &later, &|_| {}).await.unwrap(), expected);
    assert_eq!(fingerprint(&killed.db).await, fingerprint(&whole.db).await);
    assert_eq!(state(&killed.db).await.unwrap(), State::Complete);
}

#[tokio::test]
async fn a_finished_demo_changes_nothing_and_no_other_is_put_over_it() {
    let test = TestDb::new().await;
    let db = &test.db;
    let first = made(db, 4).await;
    let (books, commands) = (fingerprint(db).await, number(db, "select count(*) from command_log").await);
    let again = run(db, &options(4), &|step| panic!("{step:?} was done again")).await.unwrap();
    assert_eq!(again, first);
    for other in [Options { seed: 5, ..options(4) }, Options { deals: 31, ..options(4) }] {
        assert_eq!(run(db, &other, &|_| {}).await.unwrap_err().code(), Code::IdempotencyConflict);
    }
    assert_eq!((fingerprint(db).await, number(db, "select count(*) from command_log").await), (books, commands));
}

#[tokio::test]
async fn another_business_is_left_alone() {
    let test = TestDb::new().await;
    test.companies().await;
    assert_eq!(state(&test.db).await.unwrap(), State::Foreign);
    assert_eq!(run(&test.db, &options(1), &|_| {}).await.unwrap_err().code(), Code::AlreadyExists);
    let few = Options { deals: 19, ..options(1) };
    assert_eq!(run(&test.db, &few, &|_| {}).await.unwrap_err().code(), Code::InvalidInput);
    assert_eq!(number(&test.db, "select count(*) from command_log").await, 0);
}
