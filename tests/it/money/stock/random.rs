//! Random histories of receipts, sales, operations of every kind, late costs and stornos: the books hold after every step.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use rust_decimal::Decimal;
use shpunt_domain::Result;
use shpunt_domain::batches::expenses::commands::Target;
use shpunt_domain::batches::expenses::{AdditionalExpense, Basis, Kind};
use shpunt_domain::batches::stock::scrap::Worth;
use shpunt_domain::orders::commands::NewLine;

use crate::money::{World, day};

/// Commands of one history.
const STEPS: usize = 90;

/// What one history did.
#[derive(Debug, Default)]
struct Done {
    moves: usize,
    scraps: usize,
    losses: usize,
    costs: usize,
    stornos: usize,
    refused: usize,
}

/// The books of a world whose batches are all of one family or another.
struct History<'a> {
    world: &'a World,
    rng: StdRng,
    yards: [i64; 2],
    /// Products by length and condition: 12, 7.5 and 4.4 m new, 12 m used.
    products: [i64; 4],
    /// A decimetre of scrap.
    scrap: i64,
    costs: Vec<AdditionalExpense>,
    done: Done,
}

impl History<'_> {
    fn kopecks(&mut self, max: i64) -> String {
        Decimal::new(self.rng.random_range(1..=max), 2).to_string()
    }

    /// A day of February: later with every step, but now and then what was forgotten is entered.
    fn day(&mut self, index: usize) -> String {
        let today = 2 + index * 23 / STEPS;
        let day = if self.rng.random_bool(0.2) { self.rng.random_range(1..=today) } else { today };
        format!("2026-02-{day:02}")
    }

    /// A batch, mostly one that holds something, its product and how many pieces.
    async fn batch(&mut self) -> (i64, i64, i64) {
        let all: Vec<(i64, i64, i64)> = sqlx::query_as(
            "select batch_id, product_id, s.pieces from batches join batch_balances s using (batch_id) order by 1",
        )
        .fetch_all(self.world.db())
        .await
        .unwrap();
        let held: Vec<_> = all.iter().copied().filter(|(.., pieces)| *pieces > 0).collect();
        let from = if held.is_empty() || self.rng.random_bool(0.1) { all } else { held };
        from[self.rng.random_range(0..from.len())]
    }

    async fn step(&mut self, index: usize) {
        let world = self.world;
        let (batch, product, held) = self.batch().await;
        let pieces = self.rng.random_range(1..=held.max(1));
        let on = self.day(index);
        let kind = self.rng.random_range(0..14);
        let result: Result<()> = match kind {
            0 => {
                let (pieces, net) = (self.rng.random_range(1..=30), self.kopecks(100_000_000));
                world.receive(&format!("П-{index}"), "2026-02-01", pieces, &net, "0").await;
                Ok(())
            }
            1..=3 => {
                let pieces = pieces.min(4);
                let line = NewLine { product_id: product, ..world.goods(batch, pieces, "100000") };
                match world.try_order(&format!("order {index}"), vec![line]).await {
                    Ok(order) => world.ship(&order, &on).await.map(|_| ()),
                    Err(error) => Err(error),
                }
            }
            4 | 5 => {
                let to = self.yards[self.rng.random_range(0..2)];
                world.moved(batch, pieces, to, &on).await.map(|_| self.done.moves += 1)
            }
            6 | 7 => {
                let pieces = pieces.min(5);
                // 12 = 7.5 + 4.4 + 0.1; 7.5 = 4.4 + 3.1.
                let (parts, scrap) = if product == self.products[0] {
                    (vec![(self.products[1], pieces), (self.products[2], pieces)], Decimal::new(pieces, 1))
                } else {
                    (vec![(self.products[2], pieces)], Decimal::new(31 * pieces, 1))
                };
                let left = scrap.to_string();
                if self.rng.random_bool(0.5) {
                    let worth = Worth::Whole(Decimal::new(self.rng.random_range(1..=2_000), 2));
                    let kept = (self.scrap, pieces, worth);
                    let cut = world.cut_keeping((batch, pieces), (&parts, &left), kept, &on).await;
                    cut.map(|_| self.done.scraps += 1)
                } else {
                    world.cut(batch, pieces, &parts, &left, &on).await.map(|_| self.done.moves += 1)
                }
            }
            8 => world.regraded(batch, pieces, self.products[3], &on).await.map(|_| self.done.moves += 1),
            9 => world.written_off(batch, pieces.min(3), "goods_damaged", &on).await.map(|_| self.done.losses += 1),
            10 if self.rng.random_bool(0.5) => world.found(batch, 1, None, &on).await.map(|_| self.done.losses += 1),
            10 => {
                let counted = (held + self.rng.random_range(-2..=2)).max(0);
                world.counted(&[(batch, counted)], "2026-02-26").await.map(|_| self.done.losses += 1)
            }
            11 | 12 => {
                let other = self.batch().await.0;
                let most = if self.rng.random_bool(0.3) { 20 } else { 1_000_000 };
                let net = self.kopecks(most);
                let mut bill = world.bill(&on, &net, Basis::Metres, &[batch]).await;
                if other != batch {
                    bill.targets.push(Target { batch_id: other, share: None });
                }
                if self.rng.random_bool(0.2) {
                    bill.kind = Kind::Credit;
                }
                if let Some(due) = self.rng.random_bool(0.5).then(|| day("2026-02-26")) {
                    bill.effective_on = Some(due);
                }
                bill.number = index.to_string();
                world.posted(&bill).await.map(|expense| {
                    self.costs.push(expense);
                    self.done.costs += 1;
                })
            }
            _ if self.costs.is_empty() => Ok(()),
            _ => {
                let expense = self.costs[self.rng.random_range(0..self.costs.len())].clone();
                world.taken_back(&expense, "2026-02-27").await.map(|_| self.done.stornos += 1)
            }
        };
        self.done.refused += usize::from(result.is_err());
    }
}

#[tokio::test]
async fn the_books_hold_after_every_step_of_any_history() {
    let mut scraps = 0;
    for seed in 1..=4 {
        let world = World::new().await;
        let products = [
            world.product_id,
            world.length("7.5", "new").await,
            world.length("4.4", "new").await,
            world.length("12", "used").await,
        ];
        let scrap = world.length("0.1", "scrap").await;
        let yards = [world.warehouse_id, world.yard("Тверь").await];
        let rng = StdRng::seed_from_u64(seed);
        let mut history = History { world: &world, rng, yards, products, scrap, costs: Vec::new(), done: Done::default() };
        for number in 1..=2 {
            world.receive(&format!("С-{number}"), "2026-02-01", 20, &format!("{}", 12_345 * number), "0").await;
        }
        for index in 0..STEPS {
            history.step(index).await;
            world.check_books().await;
        }
        let done = history.done;
        println!("seed {seed}: {done:?}");
        let enough =
            done.moves + done.scraps >= 8 && done.losses >= 5 && done.costs >= 5 && done.stornos >= 1 && done.refused < 50;
        assert!(enough, "seed {seed} did too little: {done:?}");
        scraps += done.scraps;
    }
    assert!(scraps >= 5, "scrap was kept {scraps} times");
}
