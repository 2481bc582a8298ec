//! Who hears of a change reads it in the report at once.

use std::time::Duration;

use futures::stream::BoxStream;
use futures::{FutureExt as _, StreamExt as _};
use serde_json::{Value, json};
use shpunt_analytics::Lsn;
use shpunt_tests::db::TestDb;

use super::office::reports;
use crate::api::world::World;
use crate::api::{Answer, Api};
use crate::cdc::rig::Rig;

/// The first change that lies behind a position.
async fn told_after(before: Lsn, changes: &mut BoxStream<'static, Answer>, field: &str) -> Value {
    loop {
        let change = changes.next().await.unwrap().data()[field].clone();
        if change["consistencyToken"].as_str().unwrap().parse::<Lsn>().unwrap() > before {
            return change;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_heard_of_can_be_read() {
    if !crate::engines::have_clickhouse() {
        return;
    }
    let test = TestDb::for_changes().await;
    let rig = Rig::beside("listening", &test, 0).await;
    let work = rig.work();
    rig.caught_up().await;
    let world = World::in_api(Api::over(test, reports(&rig)).await).await;
    let (api, director) = (&world.api, &world.api.director);
    let batch = world.batch("С-1").await;
    let deal = world.deal("Причал", None).await;
    let order = world.order(&deal, vec![world.goods_line(&batch, 5, "75000.00", true)]).await;
    rig.caught_up().await;

    let listen = format!("subscription {{ dealChanged(id: {deal}) {{ deal {{ orders {{ status }} }} consistencyToken }} }}");
    let mut deals = api.listen(director, &listen);
    let mut profit = api.listen(director, "subscription { reportChanged(report: GROSS_PROFIT) { consistencyToken } }");
    // A listener begins when it is first asked; what may be told of the order's making is passed over.
    let _ = (deals.next().now_or_never(), profit.next().now_or_never());
    // What is told of the order's making lies before, though its row may show the truck shipped already.
    let before: Lsn = sqlx::query_scalar::<_, String>("select pg_current_wal_insert_lsn()::text")
        .fetch_one(&world.test().db)
        .await
        .unwrap()
        .parse()
        .unwrap();
    let shipping = api.done("orderShip", json!({ "orderId": order, "shippedOn": "2026-02-10" }), "order", "id");
    let hearing = async {
        let change = told_after(before, &mut deals, "dealChanged").await;
        assert_eq!(change["deal"]["orders"][0]["status"], "SHIPPED");
        told_after(before, &mut profit, "reportChanged").await;
        change["consistencyToken"].as_str().unwrap().to_owned()
    };
    let both = async { futures::join!(hearing, shipping) };
    let (token, _) = tokio::time::timeout(Duration::from_secs(30), both).await.expect("it is told");
    // The worker is gone, so nothing that is not there yet can come.
    work.stop().await;
    let query = format!(
        "{{ grossProfitReport(period: {{ from: \"2026-01-01\", to: \"2026-03-31\" }}, groupBy: DEAL, after: \"{token}\") {{ total {{ revenue }} }} }}"
    );
    assert_eq!(api.get(director, &query).await["grossProfitReport"]["total"]["revenue"], "368852.46");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_tells_that_anything_may_have_changed() {
    if !crate::engines::have_clickhouse() {
        return;
    }
    let test = TestDb::for_changes().await;
    let rig = Rig::beside("loaded", &test, 0).await;
    let mut told = rig.frontier.changes();
    let work = rig.work();
    let changes = tokio::time::timeout(Duration::from_mins(1), told.recv()).await.expect("it is told").unwrap();
    assert!(changes.deals.told().is_none() && changes.tables.contains("ledger_entry"), "{changes:?}");
    work.stop().await;
    rig.stop().await;
}
