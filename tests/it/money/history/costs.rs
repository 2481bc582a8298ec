//! Costs of goods, wherever they are: bills, estimates, claims on suppliers, and what takes them back.

use rand::RngExt as _;
use rust_decimal::Decimal;
use shpunt_domain::Result;
use shpunt_domain::batches::expenses::commands::{PostExpense, Target};
use shpunt_domain::batches::expenses::estimates::{SettleEstimate, estimate, settle};
use shpunt_domain::batches::expenses::{Basis, Kind};
use shpunt_domain::batches::returns::Landed;
use shpunt_tests::ctx;

use super::super::d;
use super::History;

impl History<'_> {
    /// A bill of freight over one to three batches, wherever their goods are.
    async fn freight(&mut self, on: &str) -> PostExpense {
        let bases = [Basis::Tonnes, Basis::Pieces, Basis::Metres, Basis::Amount, Basis::CurrentCost];
        let most = if self.rng.random_bool(0.3) { 20 } else { 10_000_000 };
        let (net, basis) = (self.kopecks(most), self.one(&bases).unwrap());
        let mut batch_ids = Vec::new();
        for _ in 0..self.rng.random_range(1..=3) {
            let on_its_way = self.rng.random_bool(0.2);
            batch_ids.push(self.batch(on_its_way).await.0);
        }
        batch_ids.sort_unstable();
        batch_ids.dedup();
        let targets = batch_ids.into_iter().map(|batch_id| Target { batch_id, share: None }).collect();
        let bill = self.world.bill(on, &net.to_string(), basis, &[]).await;
        PostExpense { number: self.key(), vat: (net * d("0.22")).round_dp(2), targets, ..bill }
    }

    pub(super) async fn cost(&mut self, event: &str) -> Result<()> {
        let (world, on) = (self.world, self.day());
        match event {
            "bill" => {
                let mut bill = self.freight(&on).await;
                if self.rng.random_bool(0.2) {
                    bill.kind = Kind::Credit;
                }
                self.bills.push(world.posted(&bill).await?);
            }
            "take bill back" => {
                let Some(bill) = self.one(&self.bills.clone()) else {
                    self.idle = true;
                    return Ok(());
                };
                world.taken_back(&bill, &on).await?;
            }
            _ => {
                let bill = self.freight(&on).await;
                let open = self.estimates.pop();
                match open {
                    Some(open) if self.rng.random_bool(0.6) => {
                        let settled = SettleEstimate { estimate_id: open.additional_expense_id, bill };
                        self.bills.push(settle(world.db(), &ctx(&self.key()), &settled).await?.value);
                    }
                    _ => self.estimates.push(estimate(world.db(), &ctx(&self.key()), &bill).await?.value),
                }
            }
        }
        Ok(())
    }

    pub(super) async fn claim(&mut self, event: &str) -> Result<()> {
        let (world, on) = (self.world, self.day());
        match event {
            "send back" => {
                let (batch, _, held) = self.batch(false).await;
                let pieces = self.rng.random_range(1..=held.clamp(1, 4));
                let to = if self.rng.random_bool(0.6) { Landed::Claim } else { world.to_loss().await };
                self.sent_back.push(world.gone_back(to, &[(batch, pieces)], &on).await?);
            }
            "take return back" => {
                let Some(done) = self.one(&self.sent_back.clone()) else {
                    self.idle = true;
                    return Ok(());
                };
                world.return_undone(&done, &on).await?;
            }
            _ => {
                let open = "select open from settlement_items where account = 'claims' and open > 0 order by item_id limit 1";
                let open: Option<Decimal> = sqlx::query_scalar(open).fetch_optional(world.db()).await.unwrap();
                let Some(open) = open else {
                    self.idle = true;
                    return Ok(());
                };
                let part = if self.rng.random_bool(0.5) { open } else { (open / d("2")).round_dp(2).max(d("0.01")) };
                let given_up = self.rng.random_bool(0.5).then_some("claim_refused");
                world.claim_settled(&part.to_string(), given_up, &on).await?;
            }
        }
        Ok(())
    }
}
