//! Deals in supply and their trucks: when each is ordered, leaves and arrives, and what it carries at what price.

use chrono::{NaiveDate, NaiveDateTime};
use rust_decimal::Decimal;
use shpunt_domain::batches::{Measured, measure};
use shpunt_domain::deals::Stage;
use shpunt_domain::money::Taxed;
use shpunt_domain::orders::{Price, Unit};

use super::leads::{Lead, Special};
use crate::demo::Options;
use crate::demo::calendar::{moment, plus, workday_before};
use crate::demo::dice::Dice;
use crate::demo::market::{GOODS, Goods, tax};

/// Who brings the goods, and who pays for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    /// The customer fetches them.
    Fetched,
    /// In the price of the goods.
    Included,
    /// A line of its own.
    Charged,
}

/// A deal in supply.
#[derive(Debug, Clone)]
pub(super) struct Sale {
    pub(super) deal: usize,
    pub(super) special: Option<Special>,
    pub(super) company: usize,
    pub(super) goods: usize,
    pub(super) party: usize,
    pub(super) supply_at: NaiveDateTime,
    pub(super) price: Price,
    pub(super) delivery: Delivery,
    /// Freight of a truck, roubles without VAT, about.
    pub(super) freight: i64,
    /// Cutting of a truck, roubles with VAT; 0 = none.
    pub(super) cutting: i64,
    pub(super) crane: bool,
    pub(super) agent: bool,
    /// Title passes at unloading.
    pub(super) at_risk: bool,
    pub(super) trucks: Vec<Truck>,
}

/// One truck of it: an order.
#[derive(Debug, Clone)]
pub(super) struct Truck {
    /// Its place among all orders.
    pub(super) order: usize,
    pub(super) created: NaiveDateTime,
    pub(super) shipped: NaiveDateTime,
    pub(super) delivered: NaiveDateTime,
    pub(super) cancelled: bool,
    pub(super) pieces: i64,
    /// Batches and pieces of each.
    pub(super) takes: Vec<(usize, i64)>,
    /// The batch its carrier brought before, billed on the same paper.
    pub(super) brought: Option<usize>,
}

impl Sale {
    /// The goods.
    pub(super) fn what(&self) -> Goods {
        GOODS[self.goods]
    }

    /// The sides of its contract: own company and customer.
    pub(super) const fn sides(&self) -> (usize, usize) {
        (self.company, self.party)
    }

    /// When the goods of a truck become the customer's.
    pub(super) const fn sold(&self, truck: &Truck) -> NaiveDateTime {
        if self.at_risk { truck.delivered } else { truck.shipped }
    }

    /// So many pieces measured.
    pub(super) fn measured(&self, pieces: i64) -> Measured {
        measure(pieces, self.what().length.into(), self.what().kg())
    }

    /// Trucks that are not cancelled.
    pub(super) fn kept(&self) -> impl Iterator<Item = &Truck> {
        self.trucks.iter().filter(|truck| !truck.cancelled)
    }

    /// Price of the delivery of a truck on the invoice.
    pub(super) fn delivery_price(&self) -> Option<Price> {
        let gross = Decimal::from(self.freight * 132 / 100 / 500 * 500);
        (self.delivery == Delivery::Charged).then_some(Price { unit: Unit::Service, price: gross, includes_vat: true })
    }

    /// Price of the cutting of a truck on the invoice.
    pub(super) fn cutting_price(&self) -> Option<Price> {
        (self.cutting > 0).then_some(Price { unit: Unit::Service, price: Decimal::from(self.cutting), includes_vat: true })
    }

    /// What a truck costs the customer when it leaves on a day; line by line, as the order computes it.
    pub(super) fn sum(&self, truck: &Truck, on: NaiveDate) -> Taxed {
        let tax = tax(self.company, on);
        let whole = [(truck.takes.first().map_or(0, |take| take.0), truck.pieces)];
        let takes = if truck.takes.is_empty() { &whole[..] } else { &truck.takes[..] };
        let goods = takes.iter().map(|(_, pieces)| self.price.sum(self.price.unit.quantity(self.measured(*pieces)), tax));
        let services = self.delivery_price().into_iter().chain(self.cutting_price()).map(|price| price.sum(Decimal::ONE, tax));
        let nothing = Taxed { net: Decimal::ZERO, vat: Decimal::ZERO, gross: Decimal::ZERO };
        goods.chain(services).fold(nothing, |sum, line| Taxed {
            net: sum.net + line.net,
            vat: sum.vat + line.vat,
            gross: sum.gross + line.gross,
        })
    }
}

/// All deals in supply, with so many trucks that the year has the orders it should have; cancelled ones count.
pub(super) fn sales(options: &Options, leads: &[Lead]) -> Vec<Sale> {
    let wanted = usize::try_from(options.deals).unwrap_or_default() * 15 / 4;
    let ordered =
        |sales: &[Sale]| sales.iter().flat_map(|sale| &sale.trucks).filter(|truck| truck.created.date() <= options.until).count();
    // More scale, more trucks: the smallest scale that gives enough.
    let (mut low, mut high) = (50, 20_000);
    while low < high {
        let middle = i64::midpoint(low, high);
        if ordered(&scaled(options, leads, middle)) < wanted { low = middle + 1 } else { high = middle }
    }
    let mut sales = scaled(options, leads, low);
    let mut trucks: Vec<&mut Truck> = sales.iter_mut().flat_map(|sale| &mut sale.trucks).collect();
    trucks.sort_by_key(|truck| truck.created);
    trucks.into_iter().enumerate().for_each(|(order, truck)| truck.order = order);
    sales
}

fn scaled(options: &Options, leads: &[Lead], per_mille: i64) -> Vec<Sale> {
    let sales = leads.iter().enumerate().filter_map(|(deal, lead)| {
        let supply_at = lead.entered(Stage::InSupply)?;
        Some(sale(options, deal, lead, supply_at, per_mille))
    });
    sales.collect()
}

fn sale(options: &Options, deal: usize, lead: &Lead, supply_at: NaiveDateTime, per_mille: i64) -> Sale {
    let mut dice = Dice::of(options.seed, "sale", deal);
    let what = GOODS[lead.goods];
    let count = if lead.special.is_some() { lead.size / 100 } else { (lead.size * per_mille / 100_000).max(1) };
    let delivery = [Delivery::Included, Delivery::Charged, Delivery::Fetched][dice.weighted([52, 27, 21].into_iter())];
    // 60 to 150 thousand a truck with VAT.
    let freight = if dice.chance(700) { dice.between(51, 84) * 1000 } else { dice.between(84, 122) * 1000 };
    let price = price(&mut dice, lead, supply_at.date(), delivery, freight, count);
    let kilograms = dice.between(19_600, 20_600);
    let mut sale = Sale {
        deal,
        special: lead.special,
        company: what.company,
        goods: lead.goods,
        party: lead.party.unwrap_or_default(),
        supply_at,
        price,
        delivery,
        freight,
        cutting: if dice.chance(90) { dice.between(22, 44) * 1000 } else { 0 },
        crane: dice.chance(120),
        agent: dice.chance(110),
        at_risk: false,
        trucks: Vec::new(),
    };
    sale.trucks = trucks(&mut dice, &sale, count, what.pieces(kilograms));
    sale
}

/// The agreed price: the market's on the day, less for many trucks, more when it includes the delivery.
fn price(dice: &mut Dice, lead: &Lead, day: NaiveDate, delivery: Delivery, freight: i64, count: i64) -> Price {
    let what = GOODS[lead.goods];
    let discount = match count {
        ..=2 => 0,
        3..=8 => 8,
        9..=25 => 16,
        _ => 24,
    };
    let mut per_tonne = what.price_on(day) * (1000 - discount + dice.between(-18, 22)) / 1000;
    let given_away = lead.special == Some(Special::Loss);
    if delivery == Delivery::Included && !given_away {
        per_tonne += freight * 122 / 100 / 20 * 9 / 10;
    }
    if given_away {
        per_tonne = per_tonne * 800 / 1000;
    }
    let per_tonne = Decimal::from(per_tonne / 50 * 50);
    let metre = what.kg() / Decimal::ONE_THOUSAND;
    let (unit, price) = match dice.weighted([78, 12, 10].into_iter()) {
        0 => (Unit::Tonne, per_tonne),
        1 => (Unit::Metre, (per_tonne * metre).round_dp(0)),
        _ => (Unit::Piece, (per_tonne * metre * Decimal::from(what.length)).round_dp(0)),
    };
    let includes_vat = lead.special.is_some() || dice.chance(880);
    if includes_vat {
        return Price { unit, price, includes_vat };
    }
    let percent = tax(what.company, day).percent;
    let net = price * Decimal::ONE_HUNDRED / (Decimal::ONE_HUNDRED + percent);
    Price { unit, price: net.round_dp(0), includes_vat }
}

/// The trucks leave one by one; many of them several a day.
fn trucks(dice: &mut Dice, sale: &Sale, count: i64, pieces: i64) -> Vec<Truck> {
    let first = match sale.special {
        Some(Special::Prepaid) => plus(sale.supply_at.date(), 42),
        Some(Special::YearEnd) => plus(sale.supply_at.date(), 26),
        _ => plus(sale.supply_at.date(), dice.between(3, 12)),
    };
    let gap = match count {
        ..=3 => (1, 5),
        4..=12 => (1, 3),
        13..=30 => (0, 3),
        _ => (0, 2),
    };
    let mut day = first;
    let mut trucks = Vec::new();
    for index in 0..count {
        if index > 0 {
            day = plus(day, dice.between(gap.0, gap.1));
        }
        let ahead = dice.between(1, 4);
        let created = workday_before(day - chrono::Duration::days(ahead)).max(plus(sale.supply_at.date(), 1));
        let cancelled = index > 0 && sale.special.is_none() && dice.chance(22);
        let carried = if index + 1 == count && count > 1 { (pieces * dice.between(40, 100) / 100).max(1) } else { pieces };
        let shipped = moment(dice, day, 11, 18);
        let on_the_road = dice.between(1, 3);
        trucks.push(Truck {
            order: 0,
            created: moment(dice, created, 9, 11),
            shipped,
            delivered: moment(dice, day + chrono::Duration::days(on_the_road), 8, 20),
            cancelled,
            pieces: carried,
            takes: Vec::new(),
            brought: None,
        });
    }
    trucks
}
