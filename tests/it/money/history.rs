//! Random histories of goods from the supplier's gate to the customer and back, entered in any order, months closed and opened between: what
//! holds of the books holds after every step.
//!
//! `SHPUNT_HISTORIES=1000` plays so many of them.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use rust_decimal::Decimal;
use shpunt_domain::batches::expenses::commands::{PostExpense, Target};
use shpunt_domain::batches::expenses::estimates::{SettleEstimate, estimate, settle};
use shpunt_domain::batches::expenses::{AdditionalExpense, Basis, Kind};
use shpunt_domain::batches::returns::{Landed, SupplierReturn};
use shpunt_domain::batches::stock::scrap::Worth;
use shpunt_domain::direct::bills::{Bears, post_direct};
use shpunt_domain::direct::plans::add;
use shpunt_domain::direct::{DirectExpense, PlannedExpense};
use shpunt_domain::orders::buy_back::{BuyBack, buy_back};
use shpunt_domain::orders::cancel::cancel;
use shpunt_domain::orders::commands::{self as orders, Create, Move, NewLine};
use shpunt_domain::orders::corrections::commands::{Correct, Corrected, correct};
use shpunt_domain::orders::returns::commands::{Pieces, ReturnGoods, return_goods};
use shpunt_domain::orders::{Order, Status};
use shpunt_domain::purchasing::receipts::afar::{ReceiveInTransit, receive_in_transit};
use shpunt_domain::{Code, Result};
use shpunt_tests::ctx;

use super::{World, d, day};

/// Steps of one history.
const STEPS: usize = 80;

/// What can happen; of each, how often it does.
const EVENTS: [(&str, u32); 24] = [
    ("receive", 6),
    ("expect", 4),
    ("arrive", 5),
    ("miss", 2),
    ("find missed", 1),
    ("ship", 12),
    ("deliver", 6),
    ("cancel", 3),
    ("return", 6),
    ("correct", 3),
    ("buy back", 2),
    ("move", 4),
    ("cut", 6),
    ("regrade", 2),
    ("write off", 3),
    ("find", 2),
    ("count", 2),
    ("bill", 10),
    ("take bill back", 5),
    ("estimate", 4),
    ("send back", 4),
    ("take return back", 2),
    ("settle claim", 4),
    ("month", 4),
];

/// A world and what happened in it so far.
struct History<'a> {
    world: &'a World,
    rng: StdRng,
    index: usize,
    /// An ordinary deal, and one that delivers at our risk.
    deals: [i64; 2],
    yards: [i64; 2],
    /// Products by length and condition: 12, 7.5 and 4.4 m new, 12 m used; and a decimetre of scrap.
    products: [i64; 5],
    orders: Vec<Order>,
    bills: Vec<AdditionalExpense>,
    estimates: Vec<AdditionalExpense>,
    sent_back: Vec<SupplierReturn>,
    plans: Vec<PlannedExpense>,
    direct: Vec<DirectExpense>,
    /// There was nothing this step could be about.
    idle: bool,
    /// Of each event how often it was done and refused.
    done: BTreeMap<&'static str, (usize, usize)>,
}

impl<'a> History<'a> {
    async fn new(world: &'a World, seed: u64) -> Self {
        let at_our_risk = world.another_deal(&format!("Д-8{seed:05}")).await;
        sqlx::query(
            "with contract as (
                insert into contracts (company_id, party_id, kind, number, signed_on, title_on_delivery)
                select company_id, party_id, 'sale', number, date '2025-12-01', true from deals where deal_id = $1 returning contract_id)
             update deals set contract_id = contract.contract_id from contract where deal_id = $1",
        )
        .bind(at_our_risk)
        .execute(world.db())
        .await
        .unwrap();
        // He sells back what he did not need.
        sqlx::query("update parties set is_supplier = true where party_id = $1")
            .bind(world.customer_id)
            .execute(world.db())
            .await
            .unwrap();
        let products = [
            world.product_id,
            world.length("7.5", "new").await,
            world.length("4.4", "new").await,
            world.length("12", "used").await,
            world.length("0.1", "scrap").await,
        ];
        Self {
            world,
            rng: StdRng::seed_from_u64(seed),
            index: 0,
            deals: [world.deal_id, at_our_risk],
            yards: [world.warehouse_id, world.yard("Тверь").await],
            products,
            orders: Vec::new(),
            bills: Vec::new(),
            estimates: Vec::new(),
            sent_back: Vec::new(),
            plans: Vec::new(),
            direct: Vec::new(),
            idle: false,
            done: BTreeMap::new(),
        }
    }

    fn kopecks(&mut self, max: i64) -> Decimal {
        Decimal::new(self.rng.random_range(1..=max), 2)
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        if of.is_empty() { None } else { Some(of[self.rng.random_range(0..of.len())].clone()) }
    }

    /// A day of January or February: later with every step, but now and then what was forgotten is entered.
    fn day(&mut self) -> String {
        let today = i64::try_from(4 + self.index * 55 / STEPS).unwrap();
        let back = if self.rng.random_bool(0.25) { self.rng.random_range(0..=today) } else { 0 };
        (day("2026-01-01") + chrono::Duration::days(today - back)).to_string()
    }

    fn nothing(&mut self) -> Result<()> {
        self.idle = true;
        Ok(())
    }

    /// The key of a command of this step.
    fn key(&self) -> String {
        format!("step {}", self.index)
    }

    /// A batch, mostly one that holds something, its product and how many pieces; on its way, or in a yard.
    async fn batch(&mut self, on_its_way: bool) -> (i64, i64, i64) {
        let all: Vec<(i64, i64, i64)> = sqlx::query_as(
            "select batch_id, product_id, s.pieces from batches b join batch_balances s using (batch_id)
             where exists (select from batches_in_transit t where t.batch_id = b.batch_id) = $1 order by 1",
        )
        .bind(on_its_way)
        .fetch_all(self.world.db())
        .await
        .unwrap();
        let held: Vec<_> = all.iter().copied().filter(|(.., pieces)| *pieces > 0).collect();
        let from = if held.is_empty() || self.rng.random_bool(0.1) { all } else { held };
        self.one(&from).unwrap_or((404, self.world.product_id, 1))
    }

    async fn step(&mut self, index: usize) {
        self.index = index;
        self.idle = false;
        let mut at = self.rng.random_range(0..EVENTS.iter().map(|(_, weight)| weight).sum::<u32>());
        let event = EVENTS.iter().find(|(_, weight)| {
            let here = at < *weight;
            at = at.saturating_sub(*weight);
            here
        });
        let event = event.unwrap().0;
        let result = match event {
            "receive" | "expect" | "arrive" | "miss" | "find missed" => self.supply(event).await,
            "ship" | "deliver" | "cancel" | "return" | "correct" | "buy back" => self.sell(event).await,
            "move" | "cut" | "regrade" | "write off" | "find" | "count" => self.handle(event).await,
            "bill" | "take bill back" | "estimate" => self.cost(event).await,
            "send back" | "take return back" | "settle claim" => self.claim(event).await,
            _ => self.month().await,
        };
        let (done, refused) = self.done.entry(event).or_default();
        match result {
            Ok(()) => *done += usize::from(!self.idle),
            Err(error) => {
                assert!(error.code() != Code::Internal, "step {index}, {event}: {error:?}");
                println!("{event}: {error}");
                *refused += 1;
            }
        }
    }

    async fn supply(&mut self, event: &str) -> Result<()> {
        let (world, on, key) = (self.world, self.day(), self.key());
        let (batch, _, held) = self.batch(true).await;
        let pieces = self.rng.random_range(1..=held.max(1));
        match event {
            "receive" | "expect" => {
                let net = self.kopecks(100_000_000);
                let vat = (net * d("0.22")).round_dp(2).to_string();
                let receipt = world.receipt(&key, &on, self.rng.random_range(1..=30), &net.to_string(), &vat);
                if event == "receive" {
                    let done = shpunt_domain::batches::commands::receive(world.db(), &ctx(&key), &receipt).await;
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
                    return self.nothing();
                }
                world.miss_undone(self.rng.random_range(0..missed), &on).await
            }
        }
    }

    async fn sell(&mut self, event: &str) -> Result<()> {
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
        let Some(order) = self.one(&orders) else { return self.nothing() };
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

    async fn handle(&mut self, event: &str) -> Result<()> {
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

    async fn cost(&mut self, event: &str) -> Result<()> {
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
                let Some(bill) = self.one(&self.bills.clone()) else { return self.nothing() };
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

    async fn claim(&mut self, event: &str) -> Result<()> {
        let (world, on) = (self.world, self.day());
        match event {
            "send back" => {
                let (batch, _, held) = self.batch(false).await;
                let pieces = self.rng.random_range(1..=held.clamp(1, 4));
                let to = if self.rng.random_bool(0.6) { Landed::Claim } else { world.to_loss().await };
                self.sent_back.push(world.gone_back(to, &[(batch, pieces)], &on).await?);
            }
            "take return back" => {
                let Some(done) = self.one(&self.sent_back.clone()) else { return self.nothing() };
                world.return_undone(&done, &on).await?;
            }
            _ => {
                let open = "select open from settlement_items where account = 'claims' and open > 0 order by item_id limit 1";
                let open: Option<Decimal> = sqlx::query_scalar(open).fetch_optional(world.db()).await.unwrap();
                let Some(open) = open else { return self.nothing() };
                let part = if self.rng.random_bool(0.5) { open } else { (open / d("2")).round_dp(2).max(d("0.01")) };
                let given_up = self.rng.random_bool(0.5).then_some("claim_refused");
                world.claim_settled(&part.to_string(), given_up, &on).await?;
            }
        }
        Ok(())
    }

    /// Closes the next month that is over, or opens the last one.
    async fn month(&mut self) -> Result<()> {
        let world = self.world;
        let closed = "select max(month) from period_closes where reopened_at is null";
        let closed: Option<NaiveDate> = sqlx::query_scalar(closed).fetch_one(world.db()).await.unwrap();
        match closed {
            Some(month) if self.rng.random_bool(0.6) => world.reopen(&month.to_string(), "Поздний документ").await,
            Some(_) if self.index > STEPS * 4 / 5 => world.try_close("2026-02-01", true).await,
            None if self.index < STEPS / 2 => self.nothing(),
            Some(_) => self.nothing(),
            None => world.try_close("2026-01-01", true).await,
        }
    }
}

/// Plays a history and returns of each event how often it was done and refused.
pub(crate) async fn play(world: &World, seed: u64) -> BTreeMap<&'static str, (usize, usize)> {
    let mut history = History::new(world, seed).await;
    for number in 1..=2 {
        world.receive(&format!("С-{number}"), "2026-01-02", 20, &format!("{}", 1_234_567 * number), "0").await;
    }
    for index in 0..STEPS {
        history.step(index).await;
        world.check_books().await;
    }
    history.done
}

#[tokio::test]
async fn no_history_of_goods_loses_a_kopeck() {
    let histories = std::env::var("SHPUNT_HISTORIES").map_or(8, |count| count.parse().expect("a number of histories"));
    let mut all: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for seed in 1..=histories {
        println!("history {seed}");
        let world = World::beginning("2026-01-01").await;
        for (event, (done, refused)) in play(&world, seed).await {
            let sum = all.entry(event).or_default();
            *sum = (sum.0 + done, sum.1 + refused);
        }
    }
    println!("{histories} histories of {STEPS} steps, done and refused: {all:?}");
    for (event, _) in EVENTS {
        assert!(all.get(event).is_some_and(|(done, _)| *done > 0), "{event} never happened: {all:?}");
    }
    let (done, refused) = all.values().fold((0, 0), |sum, of| (sum.0 + of.0, sum.1 + of.1));
    assert!(done > refused, "{done} steps were done, {refused} refused: {all:?}");
}
