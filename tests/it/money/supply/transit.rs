//! Goods that are ours since the supplier's gate: given, when, then.

use shpunt_domain::batches::Batch;
use shpunt_domain::batches::expenses::Basis;
use shpunt_domain::batches::returns::Landed;
use shpunt_domain::batches::stock::moves::{Transfer, transfer};
use shpunt_domain::batches::transit::commands::{Arrive, Expect, Miss, arrive, expect, miss};
use shpunt_domain::batches::transit::read;
use shpunt_domain::purchasing::receipts::afar::{ReceiveInTransit, receive_in_transit};
use shpunt_domain::{Code, Result};
use shpunt_tests::ctx;

use super::super::late_cost::costs;
use super::{World, d, day, written};

impl World {
    /// Bought at the gate, expected in February.
    pub(super) async fn on_its_way(&self, number: &str, on: &str, pieces: i64, net: &str, vat: &str) -> Batch {
        let receipt = self.receipt(number, on, pieces, net, vat);
        let input = ReceiveInTransit { receipt, expected_on: day("2026-02-01"), supplier_order_line_id: 0, preliminary: false };
        receive_in_transit(self.db(), &ctx(number), &input).await.unwrap().value
    }

    pub(in crate::money) async fn arrived(&self, batch_id: i64, pieces: i64, on: &str) -> Result<Batch> {
        let input = Arrive { batch_id, pieces, warehouse_id: self.warehouse_id, on: day(on), number: None };
        Ok(arrive(self.db(), &ctx(&format!("{input:?}")), &input).await?.value)
    }

    pub(in crate::money) async fn missed(&self, batch_id: i64, pieces: i64, to: Landed, on: &str) -> Result<Batch> {
        let input = Miss { batch_id, pieces, on: day(on), to, reason: "Недовоз".to_owned() };
        Ok(miss(self.db(), &ctx(&format!("{input:?}")), &input).await?.value)
    }
}

#[tokio::test]
async fn goods_arrive_in_parts_and_what_is_missing_is_claimed() {
    let world = World::new().await;
    // Given ten piles for 1,000,000 with 220,000 of VAT, ours from the gate; freight of 10,000 while they are on their way.
    let batch = world.on_its_way("С-1", "2026-01-10", 10, "1000000", "220000").await.batch_id;
    let accounts = ["goods_in_transit", "inventory", "payables", "claims", "vat_input"];
    assert_eq!(world.balances(accounts).await, [d("1000000"), d("0"), d("-1220000"), d("0"), d("220000")]);
    world.billed("2026-01-20", "10000", Basis::Pieces, &[batch]).await;
    assert_eq!(world.balance("goods_in_transit").await, d("1010000"));
    world.check_books().await;
    // When six arrive on the 1st and one is missing.
    let here = world.arrived(batch, 6, "2026-02-01").await.unwrap();
    assert_eq!((here.number.as_str(), here.cost, here.warehouse_id), ("С-1/1", d("606000"), world.warehouse_id));
    world.missed(batch, 1, Landed::Claim, "2026-02-01").await.unwrap();
    // Then three are on their way, and 101,000 with 22,000 of VAT are claimed.
    assert_eq!(world.balances(accounts).await, [d("303000"), d("606000"), d("-1230000"), d("123000"), d("198000")]);
    world.check_books().await;
    // A late bill of 5,000 finds all: 3,000 here, of which one pile is sold, 500 with the claim, 1,500 on their way.
    world.sold(here.batch_id, 1, "2026-02-05").await;
    let late = world.billed("2026-02-10", "5000", Basis::Pieces, &[batch]).await;
    assert_eq!(costs(&world, here.batch_id).await, (d("507500"), vec![d("101500")]));
    assert_eq!(world.balances(["goods_in_transit", "claims"]).await, [d("304500"), d("123500")]);
    world.check_books().await;
    world.taken_back(&late, "2026-02-12").await.unwrap();
    assert_eq!(costs(&world, here.batch_id).await, (d("505000"), vec![d("101000")]));
    assert_eq!(world.balances(["goods_in_transit", "claims"]).await, [d("303000"), d("123000")]);
    // The last three arrive; one of them goes back to the supplier at his price.
    let rest = world.arrived(batch, 3, "2026-02-15").await.unwrap();
    let back = world.gone_back(world.to_loss().await, &[(rest.batch_id, 1)], "2026-02-20").await.unwrap();
    assert_eq!((back.cost, back.vat, back.landed), (d("100000"), d("22000"), d("1000")));
    assert_eq!(world.balances(["goods_in_transit", "inventory"]).await, [d("0"), d("707000")]);
    assert_eq!(read::list(world.db(), None, None, 10).await.unwrap(), []);
    world.check_books().await;
}

#[tokio::test]
async fn a_missing_pile_may_be_a_loss() {
    let world = World::new().await;
    let batch = world.on_its_way("С-1", "2026-01-10", 3, "100", "22").await.batch_id;
    world.missed(batch, 1, world.to_loss().await, "2026-02-01").await.unwrap();
    assert_eq!(world.balances(["write_offs", "goods_in_transit", "vat_input"]).await, [d("33.33"), d("66.67"), d("22")]);
    world.check_books().await;
}

#[tokio::test]
async fn what_is_on_its_way_is_expected_and_cannot_be_sold_yet() {
    let world = World::new().await;
    let batch = world.on_its_way("С-1", "2026-01-10", 10, "1000", "0").await.batch_id;
    let expected = Expect { batch_id: batch, expected_on: day("2026-02-07") };
    expect(world.db(), &ctx("later"), &expected).await.unwrap();
    let seen = read::list_expected(world.db(), &[batch]).await.unwrap();
    assert_eq!(seen.iter().map(|row| row.expected_on).collect::<Vec<_>>(), [day("2026-02-07")]);
    let order = world.try_order("order", vec![world.goods(batch, 1, "100000")]).await;
    assert_eq!(order.unwrap_err().code(), Code::BatchInTransit);
    let here = world.receive("С-2", "2026-01-10", 1, "100", "0").await;
    let transit: i64 =
        sqlx::query_scalar("select warehouse_id from warehouses where kind = 'transit'").fetch_one(world.db()).await.unwrap();
    let moved = Transfer { batch_id: batch, pieces: 1, warehouse_id: world.warehouse_id, on: day("2026-02-01"), number: None };
    let before = written(&world).await;
    assert_eq!(transfer(world.db(), &ctx("moved"), &moved).await.unwrap_err().code(), Code::BatchInTransit);
    let back = world.gone_back(world.to_loss().await, &[(batch, 1)], "2026-02-01").await;
    assert_eq!(back.unwrap_err().code(), Code::BatchInTransit);
    assert_eq!(world.arrived(here, 1, "2026-02-01").await.unwrap_err().code(), Code::BatchMismatch);
    assert_eq!(world.arrived(batch, 11, "2026-02-01").await.unwrap_err().code(), Code::BatchShort);
    assert_eq!(world.arrived(batch, 1, "2026-01-09").await.unwrap_err().code(), Code::BatchShort);
    let there = Arrive { batch_id: batch, pieces: 1, warehouse_id: transit, on: day("2026-02-01"), number: None };
    assert_eq!(arrive(world.db(), &ctx("there"), &there).await.unwrap_err().code(), Code::InvalidInput);
    let receipt = world.receipt("С-3", "2026-02-02", 1, "100", "0");
    let early = ReceiveInTransit { receipt, expected_on: day("2026-02-01"), supplier_order_line_id: 0, preliminary: false };
    assert_eq!(receive_in_transit(world.db(), &ctx("early"), &early).await.unwrap_err().code(), Code::InvalidInput);
    assert_eq!(written(&world).await, before);
    world.check_books().await;
}
