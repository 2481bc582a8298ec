//! What is bought: batches that come shortly before the trucks that need them, and which truck takes what from which batch.
//!
//! Goods leave in the order they came, so a batch is sold out before the next is begun; invariant: no batch gives more than it holds.

use std::collections::{BTreeMap, VecDeque};

use chrono::{Duration, NaiveDate, NaiveDateTime};
use rust_decimal::Decimal;

use super::cast::{SUPPLIERS, supplier};
use super::costs::Ledger;
use super::fates::{self, Afar, Less};
use super::treasury::Flow;
use super::trucks::{Delivery, Sale, Truck};
use super::vat::VatBook;
use crate::demo::Options;
use crate::demo::calendar::{at, moment, plus, workday, workday_before};
use crate::demo::dice::Dice;
use crate::demo::market::{GOODS, Goods, IDLE, MAIN, per_mille, tax, vat_on};
use crate::demo::script::{Act, Aim, Receipt, Script};
use shpunt_domain::batches::measure;
use shpunt_domain::money;
use shpunt_domain::treasury::Direction;

/// A batch to be bought.
#[derive(Debug, Clone)]
pub(super) struct Lot {
    pub(super) goods: usize,
    pub(super) received: NaiveDateTime,
    /// As many as are sold, and a few that are left.
    pub(super) pieces: i64,
}

/// Days that one purchase may look ahead.
const HORIZON: i64 = 35;

/// Plans the batches, gives every truck its goods and writes the receipts.
pub(super) fn supply(options: &Options, sales: &mut [Sale], script: &mut Script) -> (Vec<Flow>, VatBook) {
    let wanted = usize::try_from(options.deals).unwrap_or_default() * 3 / 10;
    let count = |lots: &[Lot]| lots.iter().filter(|lot| lot.received.date() <= options.until).count();
    // Trucks per batch in tenths; the idle batch comes on top.
    let tenths =
        (10..400).step_by(4).min_by_key(|tenths| count(&bought(options, &mut sales.to_vec(), *tenths)).abs_diff(wanted - 1));
    let mut lots = bought(options, sales, tenths.unwrap_or(120));
    lots.push(Lot { goods: IDLE, received: at(plus(options.from(), 95), 8, 40), pieces: 32 });
    let fates = fates::choose(options, &lots);
    brought(options, sales, &lots, &fates);
    let (mut flows, mut vat) = (Vec::new(), VatBook::default());
    receipts(options, &lots, &fates, &mut Ledger { script, flows: &mut flows, vat: &mut vat });
    (flows, vat)
}

/// Days between a batch and a truck that one carrier's paper may name.
const TOGETHER: i64 = 14;

/// Some batches, the first that can be among them, are brought by the carrier who then takes a truck of them away.
fn brought(options: &Options, sales: &mut [Sale], lots: &[Lot], fates: &[Option<Afar>]) {
    let mut by_lot: BTreeMap<usize, &mut Truck> = BTreeMap::new();
    for sale in sales.iter_mut().filter(|sale| sale.delivery != Delivery::Fetched) {
        for truck in sale.trucks.iter_mut().filter(|truck| !truck.cancelled) {
            let first = truck.takes.first().map_or(0, |take| take.0);
            let near = truck.shipped - lots[first].received <= Duration::days(TOGETHER);
            if near && fates[first].is_none() && by_lot.get(&first).is_none_or(|other| truck.shipped < other.shipped) {
                by_lot.insert(first, truck);
            }
        }
    }
    let first = by_lot.iter().min_by_key(|(_, truck)| truck.shipped).map(|(lot, _)| *lot);
    for (lot, truck) in by_lot {
        if first == Some(lot) || Dice::of(options.seed, "brought", lot).chance(180) {
            truck.brought = Some(lot);
        }
    }
}

/// The batches, when each is enough for about so many trucks; fills in what the trucks take.
fn bought(options: &Options, sales: &mut [Sale], tenths: i64) -> Vec<Lot> {
    let mut lots = Vec::new();
    for goods in 0..GOODS.len() {
        let mut trucks: Vec<&mut Truck> =
            sales.iter_mut().filter(|sale| sale.goods == goods).flat_map(|sale| &mut sale.trucks).collect();
        trucks.sort_by_key(|truck| truck.created);
        let mut stock: VecDeque<(usize, i64)> = VecDeque::new();
        for place in 0..trucks.len() {
            let held: i64 = stock.iter().map(|(_, pieces)| pieces).sum();
            if held < trucks[place].pieces {
                let lot = lot(options, goods, &trucks[place..], held, tenths, lots.len());
                stock.push_back((lots.len(), lot.pieces));
                lots.push(lot);
            }
            let truck = &mut *trucks[place];
            truck.takes = take(&mut stock, truck.pieces, truck.cancelled);
        }
    }
    lots
}

/// Takes from the oldest batches; a cancelled truck names them and takes nothing.
fn take(stock: &mut VecDeque<(usize, i64)>, pieces: i64, cancelled: bool) -> Vec<(usize, i64)> {
    let before = stock.clone();
    let mut left = pieces;
    let mut takes = Vec::new();
    while let Some((lot, held)) = stock.front_mut() {
        let taken = left.min(*held);
        takes.push((*lot, taken));
        left -= taken;
        *held -= taken;
        if *held == 0 {
            stock.pop_front();
        }
        if left == 0 {
            break;
        }
    }
    if cancelled {
        *stock = before;
    }
    takes
}

/// A batch for the next trucks, received a few days before the first of them is ordered.
fn lot(options: &Options, goods: usize, trucks: &[&mut Truck], held: i64, tenths: i64, index: usize) -> Lot {
    let mut dice = Dice::of(options.seed, "lot", goods * 1000 + index);
    let first = trucks[0].created;
    let most = usize::try_from((tenths * dice.between(60, 140) / 1000).max(1)).unwrap_or(1);
    let served = trucks.iter().filter(|truck| !truck.cancelled || truck.created == first).take(most);
    let near = served.take_while(|truck| truck.created - first <= Duration::days(HORIZON));
    let need: i64 = near.map(|truck| truck.pieces).sum::<i64>().max(trucks[0].pieces) - held;
    let spare = if dice.chance(400) { dice.between(0, need / 25 + 1) } else { 0 };
    let earliest = workday(options.from() + Duration::days(2));
    let day = workday_before(first.date() - Duration::days(dice.between(1, 11))).max(earliest).min(first.date());
    Lot { goods, received: at(day, 8, dice.between(0, 55)), pieces: need + spare }
}

fn receipts(options: &Options, lots: &[Lot], fates: &[Option<Afar>], to: &mut Ledger<'_>) {
    let mut order: Vec<usize> = (0..lots.len()).collect();
    order.sort_by_key(|batch| lots[*batch].received);
    for (rank, batch) in order.into_iter().enumerate() {
        let mut dice = Dice::of(options.seed, "receipt", batch);
        let (lot, afar) = (&lots[batch], fates[batch]);
        let what = GOODS[lot.goods];
        let at = afar.map_or(lot.received, |afar| afar.bought);
        let day = at.date();
        let pieces = lot.pieces + afar.map_or(0, Afar::spoilt);
        let measured = measure(pieces, what.length.into(), what.kg());
        // Whoever pays the freight pays less for the goods.
        let cost = per_mille(cost(&mut dice, what, day), if afar.is_some() { 970 } else { 1000 });
        let net = money::round(measured.tonnes * cost);
        let charged = if what.company == MAIN { vat_on(net, day) } else { Decimal::ZERO };
        let party = supplier(&mut dice, what.company);
        let weighed = dice.chance(700).then(|| (measured.tonnes * Decimal::new(dice.between(985, 1011), 3)).round_dp(2));
        let receipt = Receipt {
            batch,
            company: what.company,
            party,
            contract: party,
            warehouse: dice.below(3),
            goods: lot.goods,
            number: format!("С-{:03}", rank + 1),
            pieces,
            weighed,
            net,
            vat: charged,
        };
        if what.company == MAIN {
            to.vat.add(what.company, day, -charged);
        }
        let owed = Payable::of(&receipt, at);
        let less = if let Some(afar) = afar {
            fates::journey(options, receipt, afar, lot.received, to)
        } else {
            to.script.push(at, Act::Receive(receipt));
            None
        };
        to.flows.extend(payments(&mut dice, options, &owed, less));
    }
}

/// Roubles a tonne without VAT: the market's price less the trader's margin.
fn cost(dice: &mut Dice, what: Goods, day: chrono::NaiveDate) -> Decimal {
    let percent = tax(what.company, day).percent;
    let market = Decimal::from(what.price_on(day)) * Decimal::ONE_HUNDRED / (Decimal::ONE_HUNDRED + percent);
    let margin = if what.company == MAIN { dice.between(84, 138) } else { dice.between(110, 175) };
    (market * Decimal::new(1000 - margin, 3) / Decimal::TEN).round_dp(0) * Decimal::TEN
}

/// What a supplier is to be paid for a batch.
struct Payable {
    company: usize,
    /// The place of its contract, too.
    party: usize,
    number: String,
    gross: Decimal,
    since: NaiveDate,
}

impl Payable {
    fn of(receipt: &Receipt, at: NaiveDateTime) -> Self {
        let Receipt { company, party, net, vat, .. } = *receipt;
        Self { company, party, number: receipt.number.clone(), gross: net + vat, since: at.date() }
    }
}

/// Some batches are paid before they are ours, whole or by half; the rest when the contract says, now and then a little later. What the
/// supplier takes back or acknowledges is kept from the last payment, which waits for it.
fn payments(dice: &mut Dice, options: &Options, to: &Payable, less: Option<Less>) -> Vec<Flow> {
    let Payable { gross, since, .. } = *to;
    let half = money::round(gross / Decimal::TWO);
    let ahead = match dice.weighted([28, 20, 52].into_iter()) {
        0 if less.is_none() => gross,
        0 | 1 => half,
        _ => Decimal::ZERO,
    };
    let early = workday_before(since - Duration::days(dice.between(2, 9))).max(workday(options.from() + Duration::days(1)));
    let late = if dice.chance(200) { dice.between(3, 12) } else { 0 };
    let due = plus(since, i64::from(SUPPLIERS[to.party].2) + late);
    let due = less.map_or(due, |less| due.max(less.since));
    let rest = gross - ahead - less.map_or(Decimal::ZERO, |less| less.amount);
    let mut flow = |day, amount| Flow {
        at: moment(dice, day, 13, 17),
        company: to.company,
        direction: Direction::Out,
        article: "supplier_payment",
        party: Some(to.party),
        aim: Aim::Contract(to.party),
        amount,
        purpose: format!("Оплата за шпунт, партия {}", to.number),
        by_cash: false,
    };
    [flow(early, ahead), flow(due, rest)].into_iter().filter(|flow| flow.amount > Decimal::ZERO).collect()
}
