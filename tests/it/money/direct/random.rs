//! Random histories of a deal: what was billed is what orders bear and what waits, after every command.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use rust_decimal::Decimal;
use shpunt_domain::access::Scope;
use shpunt_domain::direct::bills::{Bears, PostDirect, post_direct};
use shpunt_domain::direct::completion::{self, Margin};
use shpunt_domain::direct::plans::{DropPlan, add, drop_plan};
use shpunt_domain::direct::reverse::{ReverseDirect, reverse_direct};
use shpunt_domain::orders::cancel::cancel;
use shpunt_domain::orders::commands::{Move, Ship, ship};
use shpunt_domain::orders::deliver::{Deliver, deliver};
use shpunt_domain::{Code, Error};
use shpunt_tests::ctx;

use super::super::{World, d, day};

struct Game {
    world: World,
    batch_id: i64,
    orders: Vec<i64>,
    plans: Vec<i64>,
    bills: Vec<i64>,
    day: u32,
}

fn one(random: &mut StdRng, of: &[i64]) -> i64 {
    if of.is_empty() { 0 } else { of[random.random_range(0..of.len())] }
}

/// What may be refused because of what happened before.
fn expected(error: &Error) -> bool {
    matches!(
        error.code(),
        Code::OrderStatus | Code::TitleNotPassed | Code::NotFound | Code::AlreadyReversed | Code::InvalidInput | Code::BatchShort
    )
}

impl Game {
    async fn step(&mut self, random: &mut StdRng, key: &str) {
        let on = day(&format!("2026-01-{:02}", self.day));
        let (db, ctx) = (self.world.db(), ctx(key));
        let order_id = one(random, &self.orders);
        let amount = Decimal::new(random.random_range(1..10_000_000), 2);
        let refused = match random.random_range(0..11) {
            0 | 1 => {
                let lines = vec![
                    self.world.goods(self.batch_id, random.random_range(1..4), "100000"),
                    self.world.goods(self.batch_id, random.random_range(1..4), "100000"),
                ];
                self.orders.push(self.world.order(key, lines).await.order_id);
                None
            }
            2 => ship(db, &ctx, &Ship { order_id, shipped_on: on, weighed: vec![] }).await.err(),
            3 => cancel(db, &ctx, &Move { order_id, on: None }).await.err(),
            4 => {
                let article_id = self.world.article("freight").await;
                let plan = shpunt_domain::direct::plans::AddPlan {
                    order_id,
                    article_id,
                    party_id: 0,
                    net: amount,
                    vat: d("0"),
                    note: String::new(),
                };
                add(db, &ctx, &plan).await.map(|done| self.plans.push(done.value.planned_expense_id)).err()
            }
            5 => {
                let plan = DropPlan { planned_expense_id: one(random, &self.plans), on: Some(on) };
                drop_plan(db, &ctx, &plan).await.err()
            }
            6 | 7 => {
                let bears = match random.random_range(0..4) {
                    0 => Bears::Order(order_id),
                    1 => Bears::Plan(one(random, &self.plans)),
                    _ => Bears::Deal(self.world.deal_id),
                };
                let bill = PostDirect { net: amount, ..self.world.direct_bill("freight", &on.to_string(), "1", bears).await };
                post_direct(db, &ctx, &bill).await.map(|done| self.bills.push(done.value.direct_expense_id)).err()
            }
            8 | 9 => deliver(db, &ctx, &Deliver::plain(order_id, Some(on))).await.err(),
            _ => {
                let storno = ReverseDirect { direct_expense_id: one(random, &self.bills), on };
                reverse_direct(db, &ctx, &storno).await.err()
            }
        };
        if let Some(error) = refused {
            assert!(expected(&error), "{error}");
        }
        self.day = (self.day + random.random_range(0..2)).min(28);
    }

    async fn check(&self, key: &str) {
        let world = &self.world;
        world.check_books().await;
        let drift = completion::drift(world.db(), &Scope::All, world.deal_id, None).await.unwrap();
        let mut told: Margin = drift.before;
        for change in &drift.changes {
            told.add(change.key.what, change.became - change.was);
            assert!(change.at.is_some(), "{key}: no batch changed its cost: {change:?}");
        }
        assert_eq!(told, drift.now, "{key}");
        let [borne, accrued, deferred, _] = world.direct_books().await;
        let billed: Decimal = sqlx::query_scalar("select coalesce(sum(cost), 0) from direct_expenses where reversed_on is null")
            .fetch_one(world.db())
            .await
            .unwrap();
        assert_eq!(borne + accrued + deferred, billed, "{key}: what was billed is borne or waits, beside what is accrued");
    }
}

#[tokio::test]
async fn no_history_of_a_deal_loses_a_kopeck() {
    for seed in 0..6 {
        let world = World::new().await;
        // Every other deal delivers at our risk: its expenses wait for the delivery as its revenue does.
        if seed % 2 == 1 {
            world.at_our_risk().await;
        }
        let batch_id = world.receive("С-1", "2026-01-01", 500, "30000000", "6600000").await;
        let mut random = StdRng::seed_from_u64(seed);
        let mut game = Game { world, batch_id, orders: vec![], plans: vec![], bills: vec![], day: 2 };
        for step in 0..40 {
            let key = format!("{seed}/{step}");
            game.step(&mut random, &key).await;
            game.check(&key).await;
        }
        game.world.deal_closed("won").await;
        game.check("won").await;
        assert_eq!(game.world.balance("deferred_costs").await, d("0"), "nothing waits in a closed deal");
    }
}
