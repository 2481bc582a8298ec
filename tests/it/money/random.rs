//! Random sequences of commands: whatever happens, the books hold, and a replay changes nothing.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use rust_decimal::Decimal;
use shpunt_domain::batches::commands::{Receive, receive};
use shpunt_domain::batches::expenses::commands::{PostExpense, Target as Bearer, post_expense};
use shpunt_domain::batches::expenses::{Basis, Kind, ReverseExpense, reverse_expense};
use shpunt_domain::batches::returns::Landed;
use shpunt_domain::batches::returns::commands::{ReturnToSupplier, return_to_supplier};
use shpunt_domain::command::{Ctx, Outcome};
use shpunt_domain::orders::cancel::cancel;
use shpunt_domain::orders::commands::{self as orders, Create, Move, Revise, Ship};
use shpunt_domain::orders::corrections::commands::{Correct, Corrected, correct};
use shpunt_domain::orders::deliver::{Deliver, deliver};
use shpunt_domain::orders::expenses::{AddExpense, add};
use shpunt_domain::orders::returns::commands::{Pieces, ReturnGoods, return_goods};
use shpunt_domain::treasury::commands::{Offset, OpenAccount, Pay, Transfer, offset, open_account, pay, transfer};
use shpunt_domain::treasury::expenses::{Accrue, accrue};
use shpunt_domain::treasury::{Direction, Target};
use shpunt_domain::{Db, Result};
use shpunt_tests::ctx;

use super::{World, d, day};

/// What somebody wants done.
#[derive(Debug, Clone)]
enum Wish {
    Receive(Receive),
    Create(Create),
    Confirm(Move),
    Revise(Revise),
    Cancel(Move),
    Deliver(Move),
    Ship(Ship),
    /// Of the order's line of this number.
    Return(ReturnGoods, i32),
    /// Of the order's line of this number.
    Correct(Correct, i32),
    Pay(Pay),
    Transfer(Transfer),
    Offset(Offset),
    Expense(AddExpense),
    Accrue(Accrue),
    Spread(PostExpense),
    TakeBack(ReverseExpense),
    SendBack(ReturnToSupplier),
}

/// A wish under its idempotency key.
#[derive(Debug, Clone)]
pub(crate) struct Command {
    pub(crate) key: String,
    wish: Wish,
}

impl Command {
    /// Does it; returns whether it had been done before. A refusal is as good as a success.
    pub(crate) async fn send(&self, db: &Db) -> Result<bool> {
        #[expect(clippy::needless_pass_by_value, reason = "what `map` gives")]
        fn replayed<T>(outcome: Outcome<T>) -> bool {
            outcome.replayed
        }
        let ctx: Ctx = ctx(&self.key).with_key(Some(self.key.clone()));
        match &self.wish {
            Wish::Receive(input) => receive(db, &ctx, input).await.map(replayed),
            Wish::Create(input) => orders::create(db, &ctx, input).await.map(replayed),
            Wish::Confirm(input) => orders::confirm(db, &ctx, input).await.map(replayed),
            Wish::Revise(input) => orders::revise(db, &ctx, input).await.map(replayed),
            Wish::Cancel(input) => cancel(db, &ctx, input).await.map(replayed),
            Wish::Deliver(input) => deliver(db, &ctx, &Deliver::plain(input.order_id, input.on)).await.map(replayed),
            Wish::Ship(input) => orders::ship(db, &ctx, input).await.map(replayed),
            Wish::Return(input, line) => {
                let lines =
                    vec![Pieces { order_line_id: line_id(db, input.order_id, *line).await, pieces: input.lines[0].pieces }];
                return_goods(db, &ctx, &ReturnGoods { lines, ..input.clone() }).await.map(replayed)
            }
            Wish::Correct(input, line) => {
                let order_line_id = line_id(db, input.order_id, *line).await;
                let lines = vec![Corrected { order_line_id, ..input.lines[0].clone() }];
                correct(db, &ctx, &Correct { lines, ..input.clone() }).await.map(replayed)
            }
            Wish::Pay(input) => pay(db, &ctx, input).await.map(replayed),
            Wish::Transfer(input) => transfer(db, &ctx, input).await.map(replayed),
            Wish::Offset(input) => offset(db, &ctx, input).await.map(replayed),
            Wish::Expense(input) => add(db, &ctx, input).await.map(replayed),
            Wish::Accrue(input) => accrue(db, &ctx, input).await.map(replayed),
            Wish::Spread(input) => post_expense(db, &ctx, input).await.map(replayed),
            Wish::TakeBack(input) => reverse_expense(db, &ctx, input).await.map(replayed),
            Wish::SendBack(input) => return_to_supplier(db, &ctx, input).await.map(replayed),
        }
    }
}

/// `length` random wishes about ten orders of two deals, a few batches, two accounts and three parties.
pub(crate) async fn history(world: &World, seed: u64, length: usize) -> Vec<Command> {
    let desk = Desk::new(world, seed).await;
    let mut rng = StdRng::seed_from_u64(seed);
    (0..length)
        .map(|index| {
            let key = format!("wish {seed} {index}");
            Command { wish: desk.wish(&mut rng, index, &key), key }
        })
        .collect()
}

/// Does a hundred and twenty-six random wishes; what is refused stays undone.
pub(crate) async fn live(world: &World, seed: u64) {
    for command in history(world, seed, 126).await {
        // A refusal is as good as a success.
        let _ = command.send(world.db()).await;
    }
}

/// The ids a wish may name.
struct Desk<'a> {
    world: &'a World,
    deals: [i64; 2],
    accounts: [i64; 2],
    customer_payment: i64,
    supplier_payment: i64,
    freight: i64,
    rent: i64,
    freight_in: i64,
    returned: i64,
}

impl<'a> Desk<'a> {
    async fn new(world: &'a World, seed: u64) -> Self {
        let second = OpenAccount { company_id: world.company_id, is_bank: false, name: "Касса".to_owned() };
        let second = open_account(world.db(), &ctx("second account"), &second).await.unwrap().value.cash_account_id;
        let at_our_risk = world.another_deal_at_our_risk(&format!("Д-9{seed:05}")).await;
        Self {
            world,
            deals: [world.deal_id, at_our_risk],
            accounts: [world.cash_account_id, second],
            customer_payment: world.article("customer_payment").await,
            supplier_payment: world.article("supplier_payment").await,
            freight: world.article("freight").await,
            rent: world.article("rent").await,
            freight_in: world.article("freight_in").await,
            returned: world.article("supplier_return").await,
        }
    }

    fn wish(&self, rng: &mut StdRng, index: usize, key: &str) -> Wish {
        let world = self.world;
        let on = format!("2026-0{}-{:02}", rng.random_range(1..=2), rng.random_range(1..=28));
        let order_id = rng.random_range(1..=10);
        let kopecks = Decimal::new(rng.random_range(1..=300_000_000), 2);
        let deal_id = self.deals[rng.random_range(0..2)];
        let moved = Move { order_id, on: None };
        match index % 20 {
            0 | 6 => {
                let vat = (kopecks / d("5")).round_dp(2).to_string();
                let mut receipt = world.receipt(key, &on, rng.random_range(1..=20), &kopecks.to_string(), &vat);
                receipt.tonnes_weighed = rng.random_bool(0.5).then(|| Decimal::new(rng.random_range(1..=30_000), 3));
                Wish::Receive(receipt)
            }
            1 | 7 => Wish::Create(Create { deal_id, planned_on: day(&on), vehicle: String::new(), lines: self.lines(rng) }),
            2 | 8 if rng.random_bool(0.8) => Wish::Confirm(moved),
            2 | 8 => Wish::Revise(Revise { order_id, expected_version: 1, lines: self.lines(rng) }),
            3 | 9 if rng.random_bool(if index % 20 == 3 { 0.9 } else { 0.6 }) => {
                Wish::Ship(Ship { order_id, shipped_on: day(&on), weighed: vec![] })
            }
            3 => Wish::Cancel(moved),
            9 => Wish::Deliver(Move { on: Some(day(if rng.random_bool(0.5) { &on } else { "2026-03-01" })), ..moved }),
            4 | 10 => Wish::Pay(self.payment(rng, order_id, deal_id, &on, kopecks)),
            12 | 14 | 18 | 19 => {
                let lines = vec![Pieces { order_line_id: 0, pieces: rng.random_range(1..=3) }];
                let returned_on = if rng.random_bool(0.3) { day(&on) } else { day("2026-03-01") };
                let back = ReturnGoods { order_id, returned_on, lines, reason: "Брак".to_owned() };
                Wish::Return(back, rng.random_range(1..=2))
            }
            13 => {
                let on = if rng.random_bool(0.3) { on.as_str() } else { "2026-03-01" };
                Wish::Correct(correction(rng, order_id, on), rng.random_range(1..=3))
            }
            5 if rng.random_bool(0.5) => Wish::Transfer(Transfer {
                from_account_id: self.accounts[0],
                to_account_id: self.accounts[1],
                on: day(&on),
                received_on: rng.random_bool(0.5).then(|| day("2026-03-02")),
                amount: kopecks,
            }),
            5 => Wish::Offset(Offset {
                direction: if rng.random_bool(0.5) { Direction::In } else { Direction::Out },
                advance_id: rng.random_range(1..=20),
                debt_id: rng.random_range(1..=20),
                on: day(&on),
                amount: (kopecks / d("10")).round_dp(2),
            }),
            15 | 16 => Wish::Spread(self.bill(rng, &on, kopecks)),
            17 => Wish::TakeBack(ReverseExpense { additional_expense_id: rng.random_range(1..=8), on: day("2026-02-28") }),
            11 if rng.random_bool(0.7) => {
                let landed = if rng.random_bool(0.5) { Landed::Claim } else { Landed::Loss(self.returned) };
                let line = (rng.random_range(1..=5), rng.random_range(1..=2));
                let mut back = world.going_back(landed, &[line], if rng.random_bool(0.4) { on.as_str() } else { "2026-02-27" });
                key.clone_into(&mut back.number);
                Wish::SendBack(back)
            }
            _ if rng.random_bool(0.6) => Wish::Expense(AddExpense {
                order_id,
                article_id: self.freight,
                party_id: world.supplier_id,
                effective_on: day(&on),
                net: kopecks,
                vat: d("0"),
            }),
            _ => Wish::Accrue(Accrue {
                company_id: world.company_id,
                article_id: self.rent,
                party_id: world.supplier_id,
                channel_id: 0,
                department_id: 0,
                employee_id: 0,
                effective_on: day(&on),
                net: kopecks,
                vat: d("0.01"),
            }),
        }
    }

    /// A bill of the supplier over some batches, now and then a credit.
    fn bill(&self, rng: &mut StdRng, on: &str, kopecks: Decimal) -> PostExpense {
        let kind = if rng.random_bool(0.3) { Kind::Credit } else { Kind::Expense };
        let bases = [Basis::Tonnes, Basis::Pieces, Basis::Metres, Basis::Amount, Basis::CurrentCost];
        let first = rng.random_range(1..=4);
        PostExpense {
            company_id: self.world.company_id,
            party_id: self.world.supplier_id,
            contract_id: 0,
            article_id: self.freight_in,
            kind,
            number: String::new(),
            issued_on: day(on),
            effective_on: None,
            net: (kopecks / d("20")).round_dp(2) + d("0.01"),
            vat: (kopecks / d("100")).round_dp(2),
            basis: bases[rng.random_range(0..bases.len())],
            targets: (first..first + rng.random_range(1..=2)).map(|batch_id| Bearer { batch_id, share: None }).collect(),
        }
    }

    fn lines(&self, rng: &mut StdRng) -> Vec<orders::NewLine> {
        let mut lines: Vec<_> = (0..rng.random_range(1..=2))
            .map(|_| self.world.goods(rng.random_range(1..=5), rng.random_range(1..=5), "98765.43"))
            .collect();
        lines.push(self.world.service("12345.67"));
        lines
    }

    /// Money of the customer or for the supplier, sometimes the wrong way: a refund.
    fn payment(&self, rng: &mut StdRng, order_id: i64, deal_id: i64, on: &str, amount: Decimal) -> Pay {
        let of_customer = rng.random_bool(0.7);
        let refund = rng.random_bool(0.2);
        let targets = [Target::Order(order_id), Target::Deal(deal_id), Target::Party];
        Pay {
            direction: if of_customer == refund { Direction::Out } else { Direction::In },
            cash_account_id: self.accounts[rng.random_range(0..2)],
            article_id: if of_customer { self.customer_payment } else { self.supplier_payment },
            party_id: if of_customer { self.world.customer_id } else { self.world.supplier_id },
            target: targets[rng.random_range(0..3)],
            paid_on: day(on),
            amount: if refund { (amount / d("100")).round_dp(2) + d("0.01") } else { amount },
            purpose: String::new(),
            payment_request_id: 0,
        }
    }
}

/// Another price or weight of a line.
fn correction(rng: &mut StdRng, order_id: i64, on: &str) -> Correct {
    let price = rng.random_bool(0.7).then(|| Decimal::new(rng.random_range(0..=20_000_000), 2));
    let tonnes = rng.random_bool(0.4).then(|| Decimal::new(rng.random_range(1..=6_000), 3));
    let line = Corrected { order_line_id: 0, price, tonnes };
    Correct { order_id, corrected_on: day(on), lines: vec![line], reason: "Недовес".to_owned() }
}

/// The line of an order, as far as there is one: 0 otherwise.
async fn line_id(db: &Db, order_id: i64, line: i32) -> i64 {
    let lines = "select order_line_id from order_lines where order_id = $1 and line = $2 and deleted_at is null";
    sqlx::query_scalar(lines).bind(order_id).bind(line).fetch_optional(db).await.unwrap().unwrap_or_default()
}

/// Everything the books hold, as one value.
async fn fingerprint(world: &World) -> (i64, i64, String, String) {
    sqlx::query_as(
        "select count(*), count(distinct account), md5(string_agg(concat_ws(' ', account, amount, vat, order_id, batch_id, pieces), ',' order by entry_id)),
            (select md5(string_agg(concat_ws(' ', item_id, open, open_vat, version), ',' order by item_id)) from settlement_items)
         from ledger_entry",
    )
    .fetch_one(world.db())
    .await
    .unwrap()
}

#[tokio::test]
async fn the_books_hold_after_any_history_and_a_replay_changes_nothing() {
    let (mut came_back, mut sent_back, mut spread, mut taken_back) = (0, 0, 0, 0);
    // Orders at our risk: shipped, what of them came back undelivered, and costs that met them on their way.
    let mut at_our_risk = [0; 3];
    for seed in 1..=4 {
        let world = World::new().await;
        let commands = history(&world, seed, 320).await;
        let mut done = Vec::new();
        for command in commands {
            if command.send(world.db()).await.is_ok() {
                done.push(command);
            }
        }
        world.check_books().await;
        let first = fingerprint(&world).await;
        assert!(done.len() > 60 && first.0 > 150 && first.1 >= 11, "seed {seed} did too little: {} {first:?}", done.len());
        let late: (i64, i64) =
            sqlx::query_as("select count(*), count(reversed_on) from additional_expenses").fetch_one(world.db()).await.unwrap();
        (spread, taken_back) = (spread + late.0, taken_back + late.1);
        // Refused commands may succeed the second time (a batch has come since), so only successes are sent again.
        for command in &done {
            assert!(command.send(world.db()).await.unwrap(), "{} was done again", command.key);
        }
        assert_eq!(fingerprint(&world).await, first, "a replay changed something");
        let after = "select count(*) from ledger_transaction where kind in ('order_return', 'order_correction')";
        came_back += sqlx::query_scalar::<_, i64>(after).fetch_one(world.db()).await.unwrap();
        let sent = "select count(*) from supplier_returns";
        sent_back += sqlx::query_scalar::<_, i64>(sent).fetch_one(world.db()).await.unwrap();
        let risky: (i64, i64, i64) = sqlx::query_as(
            "select count(*) filter (where shipped_on is not null),
                (select count(*) from order_returns where undelivered),
                (select count(*) from ledger_entry where account = 'goods_shipped' and cost_element = 'late' and amount > 0)
             from orders where title_on_delivery",
        )
        .fetch_one(world.db())
        .await
        .unwrap();
        for (sum, found) in at_our_risk.iter_mut().zip([risky.0, risky.1, risky.2]) {
            *sum += found;
        }
    }
    assert!(spread >= 15 && taken_back >= 3, "spread {spread} bills and took {taken_back} back");
    assert!(at_our_risk.iter().all(|found| *found > 0), "at our risk: {at_our_risk:?}");
    assert!(came_back > 3, "only {came_back} returns and corrections");
    assert!(sent_back > 3, "only {sent_back} returns to the supplier");
}
