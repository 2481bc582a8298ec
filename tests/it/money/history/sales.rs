//! Goods are sold, delivered, come back, are bought back; and what selling them costs.

use rand::RngExt as _;
use shpunt_domain::Result;
use shpunt_domain::direct::bills::{Bears, post_direct};
use shpunt_domain::direct::plans::add;
use shpunt_domain::orders::buy_back::{BuyBack, buy_back};
use shpunt_domain::orders::cancel::cancel;
use shpunt_domain::orders::commands::{self as orders, Create, Move, NewLine};
use shpunt_domain::orders::corrections::commands::{Correct, Corrected, correct};
use shpunt_domain::orders::returns::commands::{Pieces, ReturnGoods, return_goods};
use shpunt_domain::orders::{Order, Status};
use shpunt_tests::ctx;

use super::super::{d, day};
use super::History;

impl History<'_> {
    pub(super) async fn sell(&mut self, event: &str) -> Result<()> {
        let (world, on, key) = (self.world, self.day(), self.key());
        if event == "ship" {
            return self.ship(&on, &key).await;
        }
        let wanted = |order: &&Order| match event {
            "deliver" => order.status == Status::Shipped,
            "cancel" => order.status == Status::Confirmed || order.title_on_delivery,
            _ => order.shipped_on.is_some(),
        };
        let orders: Vec<Order> = self.orders.iter().filter(wanted).cloned().collect();
        let Some(order) = self.one(&orders) else {
            self.idle = true;
            return Ok(());
        };
        let line = self.one(&order.lines).unwrap();
        let pieces = self.rng.random_range(1..=2);
        let order_id = order.order_id;
        let changed = match event {
            "deliver" => Some(world.delivered(&order, &on).await?),
            "cancel" => Some(cancel(world.db(), &ctx(&key), &Move { order_id, on: None }).await?.value),
            "return" => {
                let lines = vec![Pieces { order_line_id: line.order_line_id, pieces }];
                let input = ReturnGoods { order_id, returned_on: day(&on), lines, reason: "Брак".to_owned() };
                return_goods(world.db(), &ctx(&key), &input).await?;
                None
            }
            "correct" => {
                let price = Some(self.kopecks(12_000_000));
                let lines = vec![Corrected { order_line_id: line.order_line_id, price, tonnes: None }];
                let input = Correct { order_id, corrected_on: day(&on), lines, reason: "Скидка".to_owned() };
                correct(world.db(), &ctx(&key), &input).await?;
                None
            }
            _ => {
                let input = BuyBack {
                    order_id,
                    order_line_id: line.order_line_id,
                    product_id: self.products[3],
                    warehouse_id: self.yards[0],
                    number: key.clone(),
                    on: day(&on),
                    pieces,
                    net: self.kopecks(5_000_000),
                    vat: d("0"),
                };
                buy_back(world.db(), &ctx(&key), &input).await?;
                None
            }
        };
        if let Some(changed) = changed {
            self.orders.retain(|order| order.order_id != changed.order_id);
            self.orders.push(changed);
        }
        Ok(())
    }

    /// An order of one or two lines, with expenses that are planned, accrued by its shipment and billed, or billed of the deal.
    async fn ship(&mut self, on: &str, key: &str) -> Result<()> {
        let world = self.world;
        let mut lines = Vec::new();
        for _ in 0..self.rng.random_range(1..=2) {
            let (batch, product_id, held) = self.batch(false).await;
            let pieces = self.rng.random_range(1..=held.clamp(1, 5));
            lines.push(NewLine { product_id, ..world.goods(batch, pieces, "100000") });
        }
        let deal_id = self.one(&self.deals.clone()).unwrap();
        let create = Create { deal_id, planned_on: day(on), vehicle: String::new(), lines };
        let order = orders::create(world.db(), &ctx(key), &create).await?.value;
        let confirm = Move { order_id: order.order_id, on: None };
        let order = orders::confirm(world.db(), &ctx(&format!("{key} confirm")), &confirm).await?.value;
        self.orders.push(order.clone());
        if self.rng.random_bool(0.3) {
            let plan = world.plan(&order, "freight", &self.kopecks(1_000_000).to_string()).await;
            self.plans.push(add(world.db(), &ctx(&format!("{key} plan")), &plan).await?.value);
        }
        if self.rng.random_bool(0.9) {
            let shipped = world.ship(&order, on).await?;
            self.orders.pop();
            self.orders.push(shipped);
        }
        if self.rng.random_bool(0.5) {
            let plan = self.one(&self.plans.clone()).map_or(0, |plan| plan.planned_expense_id);
            let bears = self.one(&[Bears::Order(order.order_id), Bears::Deal(deal_id), Bears::Plan(plan)]).unwrap();
            let net = self.kopecks(1_000_000).to_string();
            let bill = world.direct_bill("freight", on, &net, bears).await;
            self.direct.push(post_direct(world.db(), &ctx(&format!("{key} bill")), &bill).await?.value);
        }
        if self.rng.random_bool(0.1)
            && let Some(bill) = self.one(&self.direct.clone())
        {
            world.direct_storno(&bill, on).await?;
        }
        Ok(())
    }
}
