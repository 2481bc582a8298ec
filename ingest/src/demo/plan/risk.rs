//! Delivery at our risk: which customers agreed that title passes at unloading, and how long their trucks take.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;

use super::trucks::{Delivery, Sale};
use crate::demo::Options;
use crate::demo::calendar::at;
use crate::demo::dice::Dice;

/// Own company and customer of the contracts that say so.
pub(super) type Contracts = BTreeSet<(usize, usize)>;

/// Chooses the contracts. The customer of the last truck that leaves is among them, and that one is still on its way on the last day.
pub(super) fn choose(options: &Options, sales: &mut [Sale]) -> Contracts {
    // One contract, one agreement: everything under it is brought by us, and it shows nothing else.
    let mut fit: BTreeMap<(usize, usize), bool> = BTreeMap::new();
    for sale in &*sales {
        *fit.entry(sale.sides()).or_insert(true) &= sale.special.is_none() && sale.delivery != Delivery::Fetched;
    }
    let left =
        sales.iter().filter(|sale| fit[&sale.sides()]).flat_map(|sale| sale.kept().map(move |truck| (truck, sale.sides())));
    let last =
        left.filter(|(truck, _)| truck.shipped.date() <= options.until).max_by_key(|(truck, _)| (truck.shipped, truck.order));
    let last = last.map(|(truck, sides)| (truck.order, sides));
    let agreed = |sides: &(usize, usize)| Dice::of(options.seed, "risk", sides.0 * 10_000 + sides.1).chance(220);
    let mut chosen: Contracts = fit.into_iter().filter(|(sides, fit)| *fit && agreed(sides)).map(|(sides, _)| sides).collect();
    chosen.extend(last.map(|(_, sides)| sides));
    for sale in sales.iter_mut().filter(|sale| chosen.contains(&sale.sides())) {
        sale.at_risk = true;
        let mut dice = Dice::of(options.seed, "far", sale.deal);
        for truck in &mut sale.trucks {
            truck.delivered += Duration::days(dice.between(2, 5));
            if last.is_some_and(|(order, _)| order == truck.order) {
                truck.delivered = truck.delivered.max(at(options.until + Duration::days(2), 11, 0));
            }
        }
    }
    chosen
}
