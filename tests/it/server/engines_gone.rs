//! Health and answers while an engine is gone: named, in time, without internal text.

use axum::http::StatusCode;
use serde_json::json;
use shpunt_engines::postgres::{Options, Postgres};
use shpunt_tests::db::TestDb;
use shpunt_tests::scratch::Scratch;

use super::serve;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_clickhouse_is_named() {
    let test = TestDb::new().await;
    let served = serve(&test.db, &[]).await;
    let live = served.http.get("/health/live").await;
    assert_eq!((live.status, live.json()), (StatusCode::OK, json!({ "alive": true })));
    let ready = served.http.get("/health/ready").await;
    assert_eq!((ready.status, ready.header("cache-control")), (StatusCode::SERVICE_UNAVAILABLE, "no-store"));
    let parts = ready.json();
    assert_eq!((&parts["ready"], &parts["postgres"]), (&json!(false), &json!({ "ready": true })));
    assert_eq!(parts["clickhouse"], json!({ "ready": false, "detail": "it does not answer; check that the server runs" }));
    assert_eq!(parts["cdc"]["detail"], "nothing was carried over yet; start `shpunt cdc` if it does not run");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_stream_that_stopped_for_good_is_named() {
    let test = TestDb::new().await;
    let served = serve(&test.db, &[]).await;
    sqlx::query("update cdc_epoch set failure = 'a secret reason', failed_at = '2026-03-01T10:00:00Z'")
        .execute(&test.db)
        .await
        .unwrap();
    let ready = served.http.get("/health/ready").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    let detail = ready.json()["cdc"]["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("2026-03-01 10:00:00 UTC") && detail.contains("`shpunt cdc reset`"), "{detail}");
    assert!(!ready.text().contains("secret"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_stream_that_hangs_is_named_and_a_quiet_one_is_ready() {
    let test = TestDb::new().await;
    let served = serve(&test.db, &[]).await;
    let at = async |lsn: &str, age: &str| {
        sqlx::query(
            "insert into cdc_frontier (epoch, lsn, committed_at, tables)
             select epoch, $1::pg_lsn, clock_timestamp() - $2::interval, '{}' from cdc_epoch
             on conflict (only_row) do update set lsn = excluded.lsn, committed_at = excluded.committed_at",
        )
        .bind(lsn)
        .bind(age)
        .execute(&test.db)
        .await
        .unwrap();
        served.http.get("/health/ready").await.json()["cdc"].clone()
    };
    let hangs = at("0/1", "100 seconds").await;
    assert_eq!(hangs["ready"], false, "{hangs}");
    let detail = hangs["detail"].as_str().unwrap();
    assert!(detail.contains("reports are 10") && detail.contains("start `shpunt cdc` if it does not run"), "{detail}");
    // A little behind is usual, and so is an old last change when there is nothing more to carry.
    assert_eq!(at("0/1", "30 seconds").await["ready"], true);
    assert_eq!(at("FFFFFFFF/0", "3 days").await["ready"], true);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_that_went_away_is_named_and_answers_come_in_time() {
    let dir = Scratch::new("gone").unwrap();
    let postgres = Postgres::start(Options::new(dir.path())).await.unwrap();
    let db = shpunt_domain::db::connect(&postgres.url(), 4).await.unwrap();
    shpunt_domain::db::migrate(&db).await.unwrap();
    let mut served = serve(&db, &[]).await;
    assert_eq!(served.http.get("/health/ready").await.json()["postgres"], json!({ "ready": true }));
    postgres.stop().await.unwrap();
    let ready = served.http.get("/health/ready").await;
    assert_eq!((ready.status, &ready.json()["postgres"]["ready"]), (StatusCode::SERVICE_UNAVAILABLE, &json!(false)));
    assert_eq!(served.http.get("/health/live").await.status, StatusCode::OK);
    assert_eq!(served.http.get("/metrics").await.status, StatusCode::OK);

    served.http.cookie = Some("shpunt_session=token".to_owned());
    let answer = served.http.post(&json!({ "query": "{ viewer { login } }" })).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"), "{}", answer.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_does_not_fit_is_refused_with_what_to_do() {
    let test = TestDb::new().await;
    shpunt_domain::db::check(&test.db).await.unwrap();
    let refused = async |sql: &'static str, says: &str| {
        sqlx::query(sql).execute(&test.db).await.unwrap();
        let error = shpunt_domain::db::check(&test.db).await.unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    };
    refused("insert into _sqlx_migrations values (9999, 'x', now(), true, '', 0)", "a newer shpunt").await;
    refused("delete from _sqlx_migrations where version > 11", "migration 12 is not applied; run `shpunt migrate`").await;
    refused("drop table _sqlx_migrations", "run `shpunt migrate`").await;
}
