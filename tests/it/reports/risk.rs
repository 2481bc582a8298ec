//! Goods on their way at our risk: what the balance, gross profit and active deals say before and after they are unloaded.

use rust_decimal::Decimal;
use shpunt_analytics::reports::Filter;
use shpunt_analytics::reports::gross_profit::{Basis, Group};
use shpunt_domain::access::Actor;
use shpunt_domain::command::Ctx;
use shpunt_domain::orders::commands::{self as orders, Create, Move, NewLine, Ship};
use shpunt_domain::orders::deliver::{Deliver, deliver};
use shpunt_domain::orders::{Price, Unit};
use uuid::Uuid;

use super::office::{Office, booked, d, day, period};

fn ctx(number: u128) -> Ctx {
    Ctx { booked_at: Some(booked()), ..Ctx::new(Actor::system(), booked(), Uuid::from_u128(number)) }
}

/// Revenue, cost and pieces of the first quarter by posting; goods shipped in the balance; shipped roubles, margin and debt of the deal.
async fn seen(office: &Office) -> [Decimal; 7] {
    let ask = office.ask().await;
    let of = period("2026-01-01", "2026-03-31");
    let total = office.reports.gross_profit(&ask, &Filter::ALL, of, Group::Deal, Basis::Posted).await.unwrap().data.total;
    let balance = office.reports.balance(&ask, &Filter::ALL, day("2026-03-31")).await.unwrap().data;
    let on_the_way = balance.rows.iter().find(|row| row.account == "goods_shipped").map_or(Decimal::ZERO, |row| row.amount);
    let stock = balance.rows.iter().find(|row| row.account == "inventory").map_or(Decimal::ZERO, |row| row.amount);
    let deals = office.reports.active_deals(&ask, &Filter::ALL, booked()).await.unwrap().data;
    let deal = deals.rows.into_iter().find(|row| row.deal_id == office.embankment).unwrap();
    [total.revenue, total.cogs, on_the_way, stock, deal.shipped_amount, deal.margin_earned, deal.debt]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_its_way_is_an_asset_and_no_sale() {
    let Some(office) = Office::new("risk").await else { return };
    let db = &office.rig.db;
    let before = seen(&office).await;
    // Given five light piles, 4 t at 90,000 without VAT, which cost 200,000, under a contract whose title passes at unloading.
    sqlx::query(
        "with contract as (
            insert into contracts (company_id, party_id, kind, number, signed_on, title_on_delivery)
            values ($1, $2, 'sale', '45/2026', '2026-01-01', true) returning contract_id)
         update deals set contract_id = contract.contract_id from contract where deal_id = $3",
    )
    .bind(office.a)
    .bind(office.bridge)
    .bind(office.embankment)
    .execute(db)
    .await
    .unwrap();
    let price = Price { unit: Unit::Tonne, price: d("90000"), includes_vat: false };
    let line = NewLine { product_id: office.light, batch_id: Some(office.batch_a2), pieces: 5, quantity: Decimal::ZERO, price };
    let create = Create { deal_id: office.embankment, planned_on: day("2026-02-27"), vehicle: String::new(), lines: vec![line] };
    let order_id = orders::create(db, &ctx(1), &create).await.unwrap().value.order_id;
    orders::confirm(db, &ctx(2), &Move { order_id, on: None }).await.unwrap();
    // When it leaves, then only the stock became goods on their way, with 79,200 of VAT.
    orders::ship(db, &ctx(3), &Ship { order_id, shipped_on: day("2026-02-27"), weighed: vec![] }).await.unwrap();
    let [revenue, cogs, on_the_way, stock, shipped, margin, debt] = before;
    assert_eq!(seen(&office).await, [revenue, cogs, on_the_way + d("279200"), stock - d("200000"), shipped, margin, debt]);
    // When it is unloaded, then 360,000 are sold, 439,200 owed and 160,000 earned, once.
    deliver(db, &ctx(4), &Deliver::plain(order_id, Some(day("2026-03-01")))).await.unwrap();
    assert_eq!(
        seen(&office).await,
        [
            revenue + d("360000"),
            cogs + d("200000"),
            on_the_way,
            stock - d("200000"),
            shipped + d("439200"),
            margin + d("160000"),
            debt + d("439200")
        ]
    );
    office.stop().await;
}
