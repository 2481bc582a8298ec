//! Goods come, from near and from afar, and are handled in the yard.

use rand::RngExt as _;
use rust_decimal::Decimal;
use shpunt_domain::Result;
use shpunt_domain::batches::commands::receive;
use shpunt_domain::batches::returns::Landed;
use shpunt_domain::batches::stock::scrap::Worth;
use shpunt_domain::purchasing::receipts::afar::{ReceiveInTransit, receive_in_transit};
use shpunt_tests::ctx;

use super::super::{d, day};
use super::History;

impl History<'_> {
    pub(super) async fn supply(&mut self, event: &str) -> Result<()> {
        let (world, on, key) = (self.world, self.day(), self.key());
        let (batch, _, held) = self.batch(true).await;
        let pieces = self.rng.random_range(1..=held.max(1));
        match event {
            "receive" | "expect" => {
                let net = self.kopecks(100_000_000);
                let vat = (net * d("0.22")).round_dp(2).to_string();
                let receipt = world.receipt(&key, &on, self.rng.random_range(1..=30), &net.to_string(), &vat);
                if event == "receive" {
                    let done = receive(world.db(), &ctx(&key), &receipt).await;
                    return done.map(|_| ());
                }
                let expected_on = day(&on);
                let input = ReceiveInTransit { receipt, expected_on, supplier_order_line_id: 0, preliminary: false };
                receive_in_transit(world.db(), &ctx(&key), &input).await.map(|_| ())
            }
            "arrive" => world.arrived(batch, pieces, &on).await.map(|_| ()),
            "miss" => {
                let to = if self.rng.random_bool(0.5) { Landed::Claim } else { world.to_loss().await };
                world.missed(batch, pieces.min(2), to, &on).await.map(|_| ())
            }
            _ => {
                let missed = "select count(*) from batch_shortages";
                let missed: i64 = sqlx::query_scalar(missed).fetch_one(world.db()).await.unwrap();
                if missed == 0 {
                    self.idle = true;
                    return Ok(());
                }
                world.miss_undone(self.rng.random_range(0..missed), &on).await
            }
        }
    }

    pub(super) async fn handle(&mut self, event: &str) -> Result<()> {
        let (world, on) = (self.world, self.day());
        let (batch, product, held) = self.batch(false).await;
        let pieces = self.rng.random_range(1..=held.max(1));
        match event {
            "move" => {
                let to = self.one(&self.yards.clone()).unwrap();
                world.moved(batch, pieces, to, &on).await.map(|_| ())
            }
            "cut" => {
                let pieces = pieces.min(5);
                // 12 = 7.5 + 4.4 + 0.1; 7.5 = 4.4 + 3.1.
                let (parts, left) = if product == self.products[0] {
                    (vec![(self.products[1], pieces), (self.products[2], pieces)], Decimal::new(pieces, 1))
                } else {
                    (vec![(self.products[2], pieces)], Decimal::new(31 * pieces, 1))
                };
                let left = left.to_string();
                if self.rng.random_bool(0.7) {
                    return world.cut(batch, pieces, &parts, &left, &on).await.map(|_| ());
                }
                let kept = (self.products[4], pieces, Worth::Whole(self.kopecks(2_000)));
                world.cut_keeping((batch, pieces), (&parts, &left), kept, &on).await.map(|_| ())
            }
            "regrade" => world.regraded(batch, pieces, self.products[3], &on).await.map(|_| ()),
            "write off" => world.written_off(batch, pieces.min(3), "goods_damaged", &on).await.map(|_| ()),
            "find" => world.found(batch, 1, None, &on).await.map(|_| ()),
            _ => {
                let counted = (held + self.rng.random_range(-2..=2)).max(0);
                world.counted(&[(batch, counted)], &on).await.map(|_| ())
            }
        }
    }
}
