//! Money of customers: advances, what trucks leave open, and when it is paid, if it is.
//!
//! Advances are taken by trucks exactly as the domain does it, so the plan knows to the kopeck what stays open and what VAT is charged.

use std::collections::BTreeMap;

use chrono::{Duration, NaiveDateTime};
use rust_decimal::Decimal;
use shpunt_domain::ledger::Settlement;
use shpunt_domain::money;
use shpunt_domain::settlements::{Item, take};
use shpunt_domain::treasury::Direction;

use super::leads::Special;
use super::treasury::Flow;
use super::trucks::Sale;
use super::vat::VatBook;
use crate::demo::calendar::{moment, plus, workday_before};
use crate::demo::dice::Dice;
use crate::demo::market::{per_mille, tax};
use crate::demo::script::Aim;

/// How a customer pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Terms {
    /// Before the trucks, a few at a time.
    Prepaid,
    /// So many thousandths at once, the rest truck by truck.
    Part(i64),
    /// After the truck.
    Deferred,
}

/// What a customer agreed to, and how he keeps it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Habit {
    pub(super) terms: Terms,
    /// Days of payment in the contract.
    pub(super) days: i32,
    late: (i64, i64),
}

/// The habit of a customer; that of a special deal is the deal's.
pub(super) fn habit(seed: u64, party: usize, special: Option<Special>) -> Habit {
    let mut dice = Dice::of(seed, "habit", party);
    let late = [(-1, 2), (4, 16), (22, 48)][dice.weighted([66, 26, 8].into_iter())];
    let terms = match special {
        Some(Special::YearEnd | Special::Prepaid) => return Habit { terms: Terms::Prepaid, days: 0, late: (0, 2) },
        Some(Special::Unpaid) => return Habit { terms: Terms::Deferred, days: 14, late },
        _ => dice.weighted([36, 29, 35].into_iter()),
    };
    match terms {
        0 => Habit { terms: Terms::Prepaid, days: 0, late: (1, 5) },
        1 => Habit { terms: Terms::Part(*dice.pick(&[300, 300, 500, 500, 700])), days: *dice.pick(&[5, 5, 7, 10]), late },
        _ => Habit { terms: Terms::Deferred, days: *dice.pick(&[14, 14, 21, 21, 30, 40]), late },
    }
}

/// Money or a truck of one deal.
#[derive(Debug, Clone)]
enum Event {
    /// VAT is due.
    Ship(usize),
    /// Advances are used up, a debt is left.
    Sell(usize),
    Pay(Aim, Decimal, String),
}

/// The books of one deal.
struct Books<'a> {
    sale: &'a Sale,
    habit: Habit,
    /// Names the deal on his payments, not the truck. A deal has one way: money for the deal closes any of its trucks.
    by_deal: bool,
    dice: Dice,
    events: BTreeMap<(NaiveDateTime, usize), Event>,
    advances: Vec<(Aim, Item)>,
    debts: Vec<(usize, Decimal)>,
    flows: Vec<Flow>,
}

/// All money of one deal, and the VAT of its advances and trucks.
pub(super) fn payments(seed: u64, sale: &Sale, vat: &mut VatBook) -> Vec<Flow> {
    let habit = habit(seed, sale.party, sale.special);
    let mut dice = Dice::of(seed, "payments", sale.deal);
    let mut books = Books {
        sale,
        habit,
        by_deal: habit.terms == Terms::Prepaid || dice.chance(350),
        dice,
        events: BTreeMap::new(),
        advances: Vec::new(),
        debts: Vec::new(),
        flows: Vec::new(),
    };
    for (index, truck) in sale.trucks.iter().enumerate() {
        if !truck.cancelled {
            books.add(truck.shipped, Event::Ship(index));
            books.add(sale.sold(truck), Event::Sell(index));
        }
    }
    books.plan_advances();
    while let Some(((at, _), event)) = books.events.pop_first() {
        match event {
            Event::Ship(index) => vat.add(sale.company, at.date(), sale.sum(&sale.trucks[index], at.date()).vat),
            Event::Sell(index) => books.sell(at, index, vat),
            Event::Pay(aim, amount, purpose) => books.pay(at, aim, amount, purpose, vat),
        }
    }
    books.flows
}

impl Books<'_> {
    fn add(&mut self, at: NaiveDateTime, event: Event) {
        let count = self.events.len() + self.flows.len() * 1000;
        self.events.insert((at, count), event);
    }

    fn plan_advances(&mut self) {
        let sale = self.sale;
        let day = sale.supply_at.date();
        let first = sale.supply_at - Duration::minutes(40);
        let all: Vec<_> = sale.kept().collect();
        let gross = |trucks: &[&super::trucks::Truck]| trucks.iter().map(|truck| sale.sum(truck, day).gross).sum::<Decimal>();
        match self.habit.terms {
            Terms::Deferred => {}
            Terms::Part(share) => {
                let thousand = Decimal::ONE_THOUSAND;
                let amount = (per_mille(gross(&all), share) / thousand).round_dp(0) * thousand;
                self.add(first, Event::Pay(Aim::Deal(sale.deal), amount, "Аванс по договору".to_owned()));
            }
            Terms::Prepaid => {
                let size = if sale.special.is_some() { all.len() } else { usize::try_from(self.dice.between(2, 6)).unwrap_or(2) };
                for (index, chunk) in all.chunks(size.max(1)).enumerate() {
                    let (aim, at) = self.advance_of(index, chunk, first);
                    self.add(at, Event::Pay(aim, gross(chunk), "Предоплата по счёту".to_owned()));
                }
            }
        }
    }

    /// For which trucks the advance is and when it comes; the first opens the supply.
    fn advance_of(&mut self, index: usize, chunk: &[&super::trucks::Truck], first: NaiveDateTime) -> (Aim, NaiveDateTime) {
        if index == 0 {
            return (Aim::Deal(self.sale.deal), first);
        }
        if chunk.len() == 1 {
            let truck = chunk[0];
            if truck.created.date() == truck.shipped.date() {
                return (Aim::Order(truck.order), truck.created + (truck.shipped - truck.created) / 2);
            }
            return (Aim::Order(truck.order), moment(&mut self.dice, truck.shipped.date(), 9, 11));
        }
        let ahead = self.dice.between(2, 5);
        let day = workday_before(chunk[0].shipped.date() - Duration::days(ahead));
        (Aim::Deal(self.sale.deal), moment(&mut self.dice, day, 9, 13).max(first + Duration::hours(1)))
    }

    /// What it costs was settled when it left, title may pass later.
    fn sell(&mut self, at: NaiveDateTime, index: usize, vat: &mut VatBook) {
        let truck = &self.sale.trucks[index];
        let sum = self.sale.sum(truck, truck.shipped.date());
        let own = Aim::Order(truck.order);
        let (mine, deals): (Vec<_>, Vec<_>) = self.advances.iter().copied().partition(|(aim, _)| *aim == own);
        let fitting: Vec<Item> = mine
            .into_iter()
            .chain(deals.into_iter().filter(|(aim, _)| matches!(aim, Aim::Deal(_))))
            .map(|(_, item)| item)
            .collect();
        let (parts, open) = take(&fitting, sum.gross);
        for part in parts {
            vat.add(self.sale.company, at.date(), -part.vat);
            let used = self.advances.iter_mut().find(|(_, item)| item.item_id == part.item.item_id);
            if let Some((_, item)) = used {
                item.open -= part.amount;
                item.open_vat -= part.vat;
            }
        }
        if open > Decimal::ZERO {
            self.debts.push((truck.order, open));
            self.promise(at, truck.order, open);
        }
    }

    /// When an open truck is paid: when due, late, or in two parts; by the customer who does not pay only a little.
    fn promise(&mut self, sold: NaiveDateTime, order: usize, open: Decimal) {
        let late = self.dice.between(self.habit.late.0, self.habit.late.1);
        let day = plus(sold.date(), (i64::from(self.habit.days) + late).max(1));
        let aim = if self.by_deal { Aim::Deal(self.sale.deal) } else { Aim::Order(order) };
        let what = "Оплата за шпунт".to_owned();
        if self.sale.special == Some(Special::Unpaid) {
            if self.debts.len() == 1 {
                let at = moment(&mut self.dice, day, 9, 13);
                self.add(at, Event::Pay(Aim::Order(order), per_mille(open, 150), "Частичная оплата".to_owned()));
            }
            return;
        }
        let at = moment(&mut self.dice, day, 9, 13);
        if !self.dice.chance(130) {
            return self.add(at, Event::Pay(aim, open, what));
        }
        let part = money::round(open * Decimal::new(6, 1));
        let days = self.dice.between(6, 25);
        let second = moment(&mut self.dice, plus(day, days), 9, 13);
        self.add(at, Event::Pay(aim, part, "Частичная оплата".to_owned()));
        self.add(second, Event::Pay(aim, open - part, what));
    }

    /// Closes the open trucks the money is for, oldest first; what is left is an advance with its VAT.
    fn pay(&mut self, at: NaiveDateTime, aim: Aim, amount: Decimal, purpose: String, vat: &mut VatBook) {
        let mut rest = amount;
        for (order, open) in &mut self.debts {
            if aim == Aim::Order(*order) || matches!(aim, Aim::Deal(_)) {
                let closed = rest.min(*open);
                *open -= closed;
                rest -= closed;
            }
        }
        if rest > Decimal::ZERO {
            let charged = tax(self.sale.company, at.date()).split(rest, true).vat;
            vat.add(self.sale.company, at.date(), charged);
            let item_id = i64::try_from(self.advances.len()).unwrap_or_default();
            self.advances
                .push((aim, Item { item_id, of: Settlement::default(), opened_on: at.date(), open: rest, open_vat: charged }));
        }
        self.flows.push(Flow {
            at,
            company: self.sale.company,
            direction: Direction::In,
            article: "customer_payment",
            party: Some(self.sale.party),
            aim,
            amount,
            purpose,
            by_cash: false,
        });
    }
}
