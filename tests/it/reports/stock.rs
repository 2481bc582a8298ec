//! Stock at a day: what PostgreSQL says of every batch, at any day, and as known then.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use shpunt_analytics::reports::stock::{Filter, Group, Report, Stock};
use shpunt_analytics::reports::{Ask, Error};
use shpunt_domain::access::Scope;
use shpunt_domain::batches::commands::{Receive, receive};
use shpunt_domain::command::Ctx;
use shpunt_domain::purchasing::receipts::afar::{ReceiveInTransit, receive_in_transit};
use shpunt_tests::ctx;

use super::office::{Office, d, day, noon};

type Measures = (i64, Decimal, Decimal, Decimal, Decimal);

fn measures(stock: &Stock) -> Measures {
    (stock.pieces, stock.metres, stock.tonnes, stock.tonnes_weighed, stock.value)
}

fn by_id(report: &Report) -> BTreeMap<i64, Measures> {
    report.rows.iter().map(|row| (row.id, measures(&row.stock))).collect()
}

/// The same in PostgreSQL: key, pieces, metres, tonnes, weighed tonnes, value.
async fn books(office: &Office, statement: &str) -> BTreeMap<i64, Measures> {
    let rows: Vec<(i64, i64, Decimal, Decimal, Decimal, Decimal)> =
        sqlx::query_as(sqlx::AssertSqlSafe(statement)).fetch_all(&office.rig.db).await.unwrap();
    rows.into_iter().map(|(id, pieces, metres, tonnes, weighed, value)| (id, (pieces, metres, tonnes, weighed, value))).collect()
}

/// The inventory account at the end of a day by a dimension.
async fn inventory(office: &Office, key: &str, at: &str) -> BTreeMap<i64, Measures> {
    let statement = format!(
        "select {key}, sum(pieces)::bigint, sum(metres), sum(tonnes_theoretical), sum(tonnes_weighed), sum(amount)
         from ledger_entry where account = 'inventory' and effective_on <= '{at}' group by {key} having sum(pieces) <> 0"
    );
    books(office, &statement).await
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_is_the_balance_of_every_batch_then_and_now() {
    let Some(office) = Office::new("stock").await else { return };
    let ask = office.ask().await;
    let stock =
        async |ask: &Ask, at: &str, group: Group| office.reports.stock(ask, &Filter::ALL, day(at), group).await.unwrap().data;
    let now = stock(&ask, "2026-12-31", Group::Batch).await;
    let balances =
        "select batch_id, pieces, metres, tonnes_theoretical, tonnes_weighed, value from batch_balances where pieces > 0";
    assert_eq!(by_id(&now), books(&office, balances).await);
    // Five of twenty at 60,000, thirty of fifty at 40,000, six of ten at 73,200.
    assert_eq!(by_id(&now)[&office.batch_a1], (5, d("60"), d("6"), d("0"), d("300000")));
    assert_eq!((now.total.pieces, now.total.value), (41, d("1939200")));
    assert_eq!(now.rows.iter().map(|row| row.stock.value).sum::<Decimal>(), now.total.value);
    assert_eq!((&*now.rows[0].label, now.rows[0].id), ("А-2 Шпунт PU", office.batch_a2));
    for at in ["2025-11-30", "2025-12-01", "2026-01-20", "2026-02-05", "2026-02-10", "2026-02-15"] {
        for (group, key) in [(Group::Batch, "batch_id"), (Group::Product, "product_id"), (Group::Warehouse, "warehouse_id")] {
            assert_eq!(by_id(&stock(&ask, at, group).await), inventory(&office, key, at).await, "{at} {group:?}");
        }
    }
    // One company, one product.
    let of = Filter { company_id: Some(office.b), ..Filter::ALL };
    let of_b = office.reports.stock(&ask, &of, day("2026-12-31"), Group::Product).await.unwrap().data;
    assert_eq!((of_b.total.pieces, of_b.total.value), (6, d("439200")));
    let light = Filter { product_id: Some(office.light), ..Filter::ALL };
    let light = office.reports.stock(&ask, &light, day("2026-12-31"), Group::Warehouse).await.unwrap().data;
    assert_eq!((light.rows.len(), light.total.value, &*light.rows[0].label), (1, d("1200000"), "Электросталь"));

    // A receipt of February that was entered in April was not known in March.
    let late = Receive {
        company_id: office.a,
        party_id: office.supplier,
        contract_id: 0,
        warehouse_id: light.rows[0].id,
        product_id: office.heavy,
        number: "А-3".to_owned(),
        received_on: day("2026-02-20"),
        pieces: 1,
        tonnes_weighed: None,
        net: d("70000"),
        vat: d("15400"),
    };
    let learnt = Ctx { booked_at: Some(noon("2026-04-15")), ..ctx("late receipt") };
    let batch_id = receive(&office.rig.db, &learnt, &late).await.unwrap().value.batch_id;
    let ask = office.ask().await;
    let known = Ask { known_at: Some(noon("2026-04-01")), ..ask.clone() };
    assert_eq!(stock(&known, "2026-12-31", Group::Batch).await, now);
    let then = stock(&Ask { known_at: Some(noon("2026-04-15")), ..ask.clone() }, "2026-12-31", Group::Batch).await;
    assert_eq!(then, stock(&ask, "2026-12-31", Group::Batch).await);
    assert_eq!((by_id(&then)[&batch_id].4, then.total.value), (d("70000"), d("2009200")));
    // Goods on their way are stock of a warehouse of their own.
    let receipt = Receive { number: "А-4".to_owned(), ..late };
    let way = ReceiveInTransit { receipt, expected_on: day("2026-05-01"), supplier_order_line_id: 0, preliminary: false };
    let learnt = Ctx { booked_at: Some(noon("2026-04-16")), ..ctx("on its way") };
    receive_in_transit(&office.rig.db, &learnt, &way).await.unwrap();
    let ask = office.ask().await;
    let places = stock(&ask, "2026-12-31", Group::Warehouse).await;
    let on_way = places.rows.iter().find(|row| &*row.label == "Товары в пути").unwrap();
    assert_eq!((measures(&on_way.stock).0, on_way.stock.value, places.total.value), (1, d("70000"), d("2079200")));
    let own = Filter { scope: Scope::of(office.ivan, &[]), ..Filter::ALL };
    let refused = office.reports.stock(&ask, &own, day("2026-12-31"), Group::Batch).await;
    assert!(matches!(refused, Err(Error::Forbidden)), "{refused:?}");
    office.stop().await;
}
