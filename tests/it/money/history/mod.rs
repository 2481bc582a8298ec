//! Random histories of goods from the supplier's gate to the customer and back, entered in any order, months closed and opened between: what
//! holds of the books holds after every step.
//!
//! `SHPUNT_HISTORIES=1000` plays so many of them.

mod costs;
mod goods;
mod sales;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use rust_decimal::Decimal;
use shpunt_domain::batches::expenses::AdditionalExpense;
use shpunt_domain::batches::returns::SupplierReturn;
use shpunt_domain::direct::{DirectExpense, PlannedExpense};
use shpunt_domain::orders::Order;
use shpunt_domain::{Code, Result};

use super::{World, day};

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
        let at_our_risk = world.another_deal_at_our_risk(&format!("Д-8{seed:05}")).await;
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

    /// Closes the next month that is over, or opens the last one.
    async fn month(&mut self) -> Result<()> {
        let world = self.world;
        let closed = "select max(month) from period_closes where reopened_at is null";
        let closed: Option<NaiveDate> = sqlx::query_scalar(closed).fetch_one(world.db()).await.unwrap();
        match closed {
            Some(month) if self.rng.random_bool(0.6) => world.reopen(&month.to_string(), "Поздний документ").await,
            Some(_) if self.index > STEPS * 4 / 5 => world.try_close("2026-02-01", true).await,
            None if self.index >= STEPS / 2 => world.try_close("2026-01-01", true).await,
            _ => {
                self.idle = true;
                Ok(())
            }
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
