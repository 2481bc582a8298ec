//! What is bought: batches that come shortly before the trucks that need them, and which truck takes what from which batch.
//!
//! Goods leave in the order they came, so a batch is sold out before the next is begun; invariant: no batch gives more than it holds.

use std::collections::VecDeque;

use chrono::{Duration, NaiveDateTime};
use rust_decimal::Decimal;

use super::cast::{SUPPLIERS, supplier};
use super::treasury::Flow;
use super::trucks::{Sale, Truck};
use super::vat::VatBook;
use crate::demo::Options;
use crate::demo::calendar::{at, moment, plus, workday, workday_before};
use crate::demo::dice::Dice;
use crate::demo::market::{GOODS, Goods, IDLE, MAIN, tax, vat_on};
use crate::demo::script::{Act, Aim, Receipt, Script};
use shpunt_domain::batches::measure;
use shpunt_domain::money;
use shpunt_domain::treasury::Direction;

/// A batch to be bought.
#[derive(Debug, Clone)]
struct Lot {
    goods: usize,
    received: NaiveDateTime,
    pieces: i64,
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
    receipts(options, &lots, script)
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

fn receipts(options: &Options, lots: &[Lot], script: &mut Script) -> (Vec<Flow>, VatBook) {
    let (mut flows, mut vat) = (Vec::new(), VatBook::default());
    let mut order: Vec<usize> = (0..lots.len()).collect();
    order.sort_by_key(|batch| lots[*batch].received);
    for (rank, batch) in order.into_iter().enumerate() {
        let mut dice = Dice::of(options.seed, "receipt", batch);
        let lot = &lots[batch];
        let what = GOODS[lot.goods];
        let day = lot.received.date();
        let measured = measure(lot.pieces, what.length.into(), what.kg());
        let net = money::round(measured.tonnes * cost(&mut dice, what, day));
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
            pieces: lot.pieces,
            weighed,
            net,
            vat: charged,
        };
        if what.company == MAIN {
            vat.add(what.company, day, -charged);
        }
        flows.extend(payments(&mut dice, options, &receipt, lot.received));
        script.push(lot.received, Act::Receive(receipt));
    }
    (flows, vat)
}

/// Roubles a tonne without VAT: the market's price less the trader's margin.
fn cost(dice: &mut Dice, what: Goods, day: chrono::NaiveDate) -> Decimal {
    let percent = tax(what.company, day).percent;
    let market = Decimal::from(what.price_on(day)) * Decimal::ONE_HUNDRED / (Decimal::ONE_HUNDRED + percent);
    let margin = if what.company == MAIN { dice.between(84, 138) } else { dice.between(110, 175) };
    (market * Decimal::new(1000 - margin, 3) / Decimal::TEN).round_dp(0) * Decimal::TEN
}

/// Some batches are paid before they come, whole or by half; the rest when the contract says, now and then a little later.
fn payments(dice: &mut Dice, options: &Options, receipt: &Receipt, received: NaiveDateTime) -> Vec<Flow> {
    let gross = receipt.net + receipt.vat;
    let ahead = match dice.weighted([28, 20, 52].into_iter()) {
        0 => gross,
        1 => money::round(gross / Decimal::TWO),
        _ => Decimal::ZERO,
    };
    let early =
        workday_before(received.date() - Duration::days(dice.between(2, 9))).max(workday(options.from() + Duration::days(1)));
    let late = if dice.chance(200) { dice.between(3, 12) } else { 0 };
    let due = plus(received.date(), i64::from(SUPPLIERS[receipt.contract].2) + late);
    let mut flow = |day, amount| Flow {
        at: moment(dice, day, 13, 17),
        company: receipt.company,
        direction: Direction::Out,
        article: "supplier_payment",
        party: Some(receipt.party),
        aim: Aim::Contract(receipt.contract),
        amount,
        purpose: format!("Оплата за шпунт, партия {}", receipt.number),
        by_cash: false,
    };
    [flow(early, ahead), flow(due, gross - ahead)].into_iter().filter(|flow| flow.amount > Decimal::ZERO).collect()
}
