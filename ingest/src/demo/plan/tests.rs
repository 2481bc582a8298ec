//! What a plan promises before any database sees it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike as _, NaiveDate};
use rust_decimal::Decimal;
use shpunt_domain::treasury::Direction;

use super::script;
use crate::demo::calendar::is_workday;
use crate::demo::market::CHANNELS;
use crate::demo::script::{Act, Line, Payment, Script};
use crate::demo::{DEALS, Options};

fn options(seed: u64, deals: u32) -> Options {
    Options { seed, deals, until: NaiveDate::from_ymd_opt(2026, 11, 23).unwrap() }
}

fn count(script: &Script, wanted: fn(&Act) -> bool) -> usize {
    script.steps.iter().filter(|step| wanted(&step.act)).count()
}

#[test]
fn a_full_business_has_its_size() {
    for seed in [1, 7, 42] {
        let script = script(&options(seed, DEALS));
        let within = |found: usize, wanted: usize| found.abs_diff(wanted) * 20 <= wanted;
        let deals = count(&script, |act| matches!(act, Act::DealCreate { .. }));
        let orders = count(&script, |act| matches!(act, Act::OrderCreate { .. }));
        // In the yards: one from afar is a batch on its way before.
        let batches = count(&script, |act| matches!(act, Act::Receive(_) | Act::Arrive { .. }));
        assert!(within(deals, 400) && within(orders, 1500) && within(batches, 120), "{deals} {orders} {batches}");
        assert_eq!(CHANNELS.len(), 8);
        assert_eq!(count(&script, |act| matches!(act, Act::Employee { .. })), 9);
        assert!(script.steps.len() < 15_000, "{} commands take too long", script.steps.len());
    }
}

#[test]
fn the_same_seed_and_end_make_the_same_script() {
    let text = |seed| format!("{:?}", script(&options(seed, 40)).steps);
    assert_eq!(text(5), text(5));
    assert_ne!(text(5), text(6));
}

#[test]
fn a_script_stays_within_its_days_and_in_order() {
    for until in ["2026-11-23", "2026-12-31", "2027-01-15", "2027-02-28"] {
        let options = Options { until: until.parse().unwrap(), ..options(3, 60) };
        let script = script(&options);
        assert!(script.steps.is_sorted_by_key(|step| step.at));
        let (first, last) = (script.steps.first().unwrap().at.date(), script.steps.last().unwrap().at.date());
        assert!(first == options.from() && last <= options.until && (options.until - last).num_days() < 4, "{first} {last}");
        let turn = NaiveDate::from_ymd_opt(options.from().year() + 1, 1, 1).unwrap();
        assert!((turn - options.from()).num_days() >= 30 && (options.until - turn).num_days() >= 30, "{until}");
        assert!((360..415).contains(&(options.until - options.from()).num_days()), "{until}");
    }
}

#[test]
fn no_account_and_no_batch_is_ever_below_zero() {
    for (seed, deals) in [(1, 20), (2, 30), (42, DEALS), (7, DEALS), (8, 1000)] {
        let script = script(&options(seed, deals));
        let mut held: BTreeMap<usize, Decimal> = BTreeMap::new();
        let (mut stock, mut afar) = (BTreeMap::<usize, i64>::new(), BTreeMap::<usize, i64>::new());
        let mut loads: BTreeMap<usize, Vec<(usize, i64)>> = BTreeMap::new();
        for step in &script.steps {
            match &step.act {
                Act::Receive(receipt) => drop(stock.insert(receipt.batch, receipt.pieces)),
                Act::ReceiveAfar { receipt, .. } => drop(afar.insert(receipt.batch, receipt.pieces)),
                Act::Miss { claim, pieces } => *afar.get_mut(&claim.batch).unwrap() -= pieces,
                Act::Arrive { batch, pieces, .. } => {
                    assert_eq!(afar[batch], *pieces, "seed {seed}: something is left on its way");
                    stock.insert(*batch, *pieces);
                }
                Act::SendBack { claim, pieces } => *stock.get_mut(&claim.batch).unwrap() -= pieces,
                Act::OrderCreate { order, lines, .. } => {
                    let goods = lines.iter().filter_map(|line| match line {
                        Line::Goods { batch, pieces, .. } => Some((*batch, *pieces)),
                        Line::Service { .. } => None,
                    });
                    loads.insert(*order, goods.collect());
                    assert!(loads[order].iter().all(|(batch, _)| stock.contains_key(batch)), "an order of goods not there yet");
                }
                Act::OrderShip { order, .. } => {
                    for (batch, pieces) in &loads[order] {
                        *stock.get_mut(batch).unwrap() -= pieces;
                        assert!(stock[batch] >= 0, "seed {seed}: batch {batch} on {}", step.at);
                    }
                }
                Act::Pay(Payment { direction, account, amount, .. }) => {
                    *held.entry(*account).or_default() += if *direction == Direction::In { *amount } else { -*amount };
                }
                Act::Transfer { from, to, amount } => {
                    *held.entry(*from).or_default() -= amount;
                    *held.entry(*to).or_default() += amount;
                }
                _ => {}
            }
            assert!(held.values().all(|held| *held >= Decimal::ZERO), "seed {seed}, {deals} deals: {held:?} on {}", step.at);
        }
        assert!(stock.values().any(|left| *left == 0) && stock.values().any(|left| *left > 0));
    }
}

#[test]
fn people_work_on_working_days() {
    let script = script(&options(9, 100));
    let worked = |act: &Act| matches!(act, Act::DealMove { .. } | Act::OrderShip { .. } | Act::Pay(_));
    let at: BTreeSet<_> = script.steps.iter().filter(|step| worked(&step.act)).map(|step| step.at.date()).collect();
    // The founders pay in on the first day, whatever it is.
    let odd: Vec<_> = at.into_iter().skip(1).filter(|day| !is_workday(*day)).collect();
    assert!(odd.is_empty(), "{odd:?}");
}

#[test]
fn a_claim_is_settled_whole_and_not_before_it_is_raised() {
    let script = script(&Options { until: NaiveDate::from_ymd_opt(2026, 11, 30).unwrap(), ..options(4, DEALS) });
    let mut open: BTreeMap<usize, Decimal> = BTreeMap::new();
    let mut ends = [0; 2];
    for step in &script.steps {
        match &step.act {
            Act::Miss { claim, .. } | Act::SendBack { claim, .. } => {
                assert!(claim.amount > Decimal::ZERO && open.insert(claim.batch, claim.amount).is_none(), "{claim:?}");
            }
            Act::SettleClaim { batch, amount, given_up } => {
                assert!(*amount > Decimal::ZERO, "batch {batch} on {}", step.at);
                let left = open.get_mut(batch).unwrap();
                *left -= amount;
                assert!(if *given_up { left.is_zero() } else { *left > Decimal::ZERO }, "batch {batch}: {left}");
                ends[usize::from(*given_up)] += 1;
            }
            _ => {}
        }
    }
    assert!(ends[0] > 4 && ends[1] > 4 && ends[0] - ends[1] < 3, "{ends:?}");
}

#[test]
fn goods_from_afar_come_with_a_bill_on_their_way() {
    let script = script(&options(6, DEALS));
    let mut way: BTreeMap<usize, (NaiveDate, bool)> = BTreeMap::new();
    let mut came = 0;
    for step in &script.steps {
        match &step.act {
            Act::ReceiveAfar { receipt, expected_on } => {
                assert!(*expected_on > step.at.date());
                way.insert(receipt.batch, (*expected_on, false));
            }
            Act::GoodsBill { batch, .. } => way.get_mut(batch).unwrap().1 = true,
            Act::Arrive { batch, .. } => {
                assert_eq!(way.remove(batch), Some((step.at.date(), true)), "batch {batch}");
                came += 1;
            }
            _ => {}
        }
    }
    assert!(came > 10, "{came}");
}

#[test]
fn title_passes_days_after_the_truck_left_and_one_is_on_its_way_at_the_end() {
    for (seed, deals) in [(1, 20), (2, 30), (3, DEALS)] {
        let script = script(&options(seed, deals));
        let (mut contract, mut of_deal) = (BTreeSet::new(), BTreeSet::new());
        let (mut orders, mut away, mut days) = (BTreeSet::new(), BTreeMap::new(), Vec::new());
        for step in &script.steps {
            match &step.act {
                Act::Contract { contract: place, title_on_delivery: true, .. } => drop(contract.insert(*place)),
                Act::DealUpdate { deal, fields } if fields.contract.is_some_and(|place| contract.contains(&place)) => {
                    of_deal.insert(*deal);
                }
                Act::OrderCreate { order, deal, .. } if of_deal.contains(deal) => drop(orders.insert(*order)),
                Act::OrderShip { order, .. } if orders.contains(order) => drop(away.insert(*order, step.at.date())),
                Act::OrderDeliver { order } => days.extend(away.remove(order).map(|left| (step.at.date() - left).num_days())),
                _ => {}
            }
        }
        assert!(!away.is_empty(), "seed {seed}: nothing is on its way");
        assert!(days.iter().all(|days| (3..=8).contains(days)), "seed {seed}: {days:?}");
    }
}
