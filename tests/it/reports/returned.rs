//! Goods that came back: what active deals and gross profit say afterwards.

use rust_decimal::Decimal;
use shpunt_analytics::reports::Filter;
use shpunt_analytics::reports::active_deals::Row;
use shpunt_analytics::reports::gross_profit::{Basis, Group};
use shpunt_domain::access::{Actor, Scope};
use shpunt_domain::command::Ctx;
use shpunt_domain::orders::returns::commands::{Pieces, ReturnGoods, return_goods};
use uuid::Uuid;

use super::office::{Office, booked, d, day, period};

async fn embankment(office: &Office) -> Row {
    let report = office.reports.active_deals(&office.ask().await, &Filter::ALL, booked()).await.unwrap().data;
    report.rows.into_iter().find(|row| row.deal_id == office.embankment).unwrap()
}

/// Revenue and cost of February by one basis.
async fn february(office: &Office, basis: Basis) -> (Decimal, Decimal) {
    let of = period("2026-02-01", "2026-02-28");
    let total = office.reports.gross_profit(&office.ask().await, &Filter::ALL, of, Group::Deal, basis).await.unwrap().data.total;
    (total.revenue, total.cogs)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_back_is_shipped_and_owed_no_more() {
    let Some(office) = Office::new("returned").await else { return };
    let before = embankment(&office).await;
    let (posted, shipped) = (february(&office, Basis::Posted).await, february(&office, Basis::Shipped).await);
    // Two of five pieces shipped on 5 February for 600,000 come back in March: 240,000 with 43,278.69 of VAT, which cost 120,000.
    let db = &office.rig.db;
    let order = shpunt_domain::orders::store::get(db, &Scope::All, office.order_second).await.unwrap();
    let back = ReturnGoods {
        order_id: order.order_id,
        returned_on: day("2026-03-01"),
        lines: vec![Pieces { order_line_id: order.lines[0].order_line_id, pieces: 2 }],
        reason: "Лишние".to_owned(),
    };
    let ctx = Ctx { booked_at: Some(booked()), ..Ctx::new(Actor::system(), booked(), Uuid::from_u128(1)) };
    return_goods(db, &ctx, &back).await.unwrap();
    let after = embankment(&office).await;
    assert_eq!(after.shipped_amount, before.shipped_amount - d("240000"));
    assert_eq!(after.shipped_tonnes, before.shipped_tonnes - d("2.4"));
    assert_eq!(after.margin_earned, before.margin_earned - d("76721.31"));
    assert_eq!((before.debt, after.debt, after.advance), (d("260000"), d("20000"), Decimal::ZERO));
    assert_eq!(after.paid_amount, before.paid_amount, "no money moved");
    assert_eq!(
        (after.ordered_amount, after.ordered_tonnes),
        (before.ordered_amount, before.ordered_tonnes),
        "orders stay as shipped"
    );
    // February as it was posted stays; restated by shipment it is without what came back.
    assert_eq!(february(&office, Basis::Posted).await, posted);
    let restated = (shipped.0 - d("196721.31"), shipped.1 - d("120000"));
    assert_eq!(february(&office, Basis::Shipped).await, restated);
    office.stop().await;
}
