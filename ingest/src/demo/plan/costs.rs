//! Expenses: of orders (freight, crane, cutting, an agent's bonus) and of months (rent, advertising, people).

use chrono::{Datelike as _, Duration, Months, NaiveDate, NaiveDateTime};
use rust_decimal::Decimal;
use shpunt_domain::treasury::Direction;

use super::cast::{AGENT, CRANES, CUTTERS, LANDLORD, MEDIA, OFFICE, YARD, carrier};
use super::treasury::Flow;
use super::trucks::{Delivery, Sale, Truck};
use super::vat::VatBook;
use crate::demo::Options;
use crate::demo::calendar::{at, moment, month_end, months, plus, season, workday, workday_before};
use crate::demo::dice::Dice;
use crate::demo::market::{CHANNELS, MAIN, SMALL, per_mille, vat_on};
use crate::demo::script::{Accrual, Act, Aim, OrderBill, Script};

/// What is written while expenses are planned.
pub(super) struct Ledger<'a> {
    pub(super) script: &'a mut Script,
    pub(super) flows: &'a mut Vec<Flow>,
    pub(super) vat: &'a mut VatBook,
}

/// A bill for an order.
#[derive(Clone, Copy)]
struct Bill {
    article: &'static str,
    party: usize,
    net: i64,
    charges_vat: bool,
    purpose: &'static str,
}

/// The direct expenses of a deal's orders. Bills come days after the truck and are dated by it.
pub(super) fn of_orders(seed: u64, sale: &Sale, to: &mut Ledger<'_>) {
    let mut dice = Dice::of(seed, "bills", sale.deal);
    // Of some deals the freight is planned with each order.
    let planned = Dice::of(seed, "planned", sale.deal).chance(400);
    for truck in sale.kept() {
        let mut bills = Vec::new();
        if sale.delivery != Delivery::Fetched {
            let (party, charges_vat) = carrier(&mut dice);
            let net = sale.freight * dice.between(94, 108) / 100 / 500 * 500;
            // An entrepreneur without VAT asks nearly as much as others with it.
            let net = if charges_vat { net } else { net * 112 / 100 / 500 * 500 };
            let bill = Bill { article: "freight", party, net, charges_vat, purpose: "Перевозка" };
            if planned && truck.brought.is_none() {
                plan(sale, truck, &bill, to);
            }
            bills.push(bill);
        }
        if sale.crane {
            bills.push(Bill {
                article: "crane",
                party: CRANES,
                net: dice.between(14, 24) * 1000,
                charges_vat: true,
                purpose: "Услуги крана",
            });
        }
        if sale.cutting > 0 {
            let net = sale.cutting * 64 / 100 / 100 * 100;
            bills.push(Bill { article: "cutting", party: CUTTERS, net, charges_vat: true, purpose: "Резка шпунта" });
        }
        for bill in bills {
            let (comes, waits) = (dice.between(1, 5), dice.between(4, 18));
            let booked = moment(&mut dice, plus(truck.delivered.date(), comes), 10, 18);
            let is_freight = bill.article == "freight";
            let paper = Paper { order: truck.order, on: sale.sold(truck).date(), booked, waits };
            match truck.brought.filter(|_| is_freight) {
                Some(batch) => joint_bill(&mut dice, sale, paper, &bill, batch, to),
                None => order_bill(&mut dice, sale, paper, &bill, planned && is_freight, to),
            }
        }
    }
    if let (true, Some(last)) = (sale.agent, sale.kept().last()) {
        let net: Decimal = sale.kept().map(|truck| sale.sum(truck, truck.shipped.date()).net).sum();
        let net = i64::try_from((per_mille(net, 10) / Decimal::ONE_HUNDRED).trunc()).unwrap_or_default() * 100;
        let bill = Bill {
            article: "agent_bonus", party: AGENT, net, charges_vat: false, purpose: "Агентское вознаграждение"
        };
        let booked = moment(&mut dice, plus(last.delivered.date(), 6), 10, 18);
        let paper = Paper { order: last.order, on: booked.date(), booked, waits: 10 };
        order_bill(&mut dice, sale, paper, &bill, false, to);
    }
}

/// The freight as it is expected when the truck is ordered; the bill is another sum.
fn plan(sale: &Sale, truck: &Truck, bill: &Bill, to: &mut Ledger<'_>) {
    let expected = Bill { net: sale.freight, ..*bill };
    let paper = Paper { order: truck.order, on: truck.shipped.date(), booked: truck.created, waits: 0 };
    to.script.push(truck.created + Duration::minutes(1), Act::OrderPlan(expected.of(sale.company, paper)));
}

/// When a bill comes.
#[derive(Clone, Copy)]
struct Paper {
    order: usize,
    /// Its date.
    on: NaiveDate,
    booked: NaiveDateTime,
    /// Days until it is paid.
    waits: i64,
}

impl Bill {
    fn of(&self, company: usize, paper: Paper) -> OrderBill {
        let net = Decimal::from(self.net);
        let vat = if self.charges_vat { vat_on(net, paper.on) } else { Decimal::ZERO };
        OrderBill { company, order: paper.order, article: self.article, party: self.party, on: paper.on, net, vat }
    }
}

/// A bill of one order; `planned` = it settles the plan of its truck.
fn order_bill(dice: &mut Dice, sale: &Sale, paper: Paper, bill: &Bill, planned: bool, to: &mut Ledger<'_>) {
    let of = bill.of(sale.company, paper);
    deduct(to.vat, sale.company, paper.on, of.vat);
    let flow = paid(dice, sale, paper, bill, Aim::Order(paper.order), of.net + of.vat);
    to.flows.push(flow);
    to.script.push(paper.booked, if planned { Act::PlanBill(of) } else { Act::OrderExpense(of) });
}

/// One paper for the truck and for the batch its carrier brought before: owed to him, not for the order.
fn joint_bill(dice: &mut Dice, sale: &Sale, paper: Paper, bill: &Bill, batch: usize, to: &mut Ledger<'_>) {
    let of = bill.of(sale.company, paper);
    let goods_net = Decimal::from(dice.between(80, 160) * 500);
    let goods_vat = if bill.charges_vat { vat_on(goods_net, paper.on) } else { Decimal::ZERO };
    deduct(to.vat, sale.company, paper.on, of.vat + goods_vat);
    let flow = paid(dice, sale, paper, bill, Aim::Party, of.net + of.vat + goods_net + goods_vat);
    to.flows.push(flow);
    to.script.push(paper.booked, Act::JointBill { bill: of, batch, goods_net, goods_vat });
}

fn paid(dice: &mut Dice, sale: &Sale, paper: Paper, bill: &Bill, aim: Aim, amount: Decimal) -> Flow {
    Flow {
        at: moment(dice, plus(paper.booked.date(), paper.waits), 14, 17),
        company: sale.company,
        direction: Direction::Out,
        article: bill.article,
        party: Some(bill.party),
        aim,
        amount,
        purpose: bill.purpose.to_owned(),
        by_cash: false,
    }
}

/// Only the company under ОСНО deducts.
fn deduct(book: &mut VatBook, company: usize, on: NaiveDate, vat: Decimal) {
    if company == MAIN {
        book.add(company, on, -vat);
    }
}

/// Rent and the like: company, article, party, roubles a month without VAT.
const MONTHLY: [(usize, &str, usize, i64); 6] = [
    (MAIN, "rent", LANDLORD, 420_000),
    (MAIN, "rent", YARD, 1_150_000),
    (MAIN, "office", OFFICE, 165_000),
    (SMALL, "rent", LANDLORD, 45_000),
    (SMALL, "storage", YARD, 55_000),
    (SMALL, "office", OFFICE, 24_000),
];

/// Salaries with what is paid on top of them, by person; the last column is the own company.
const SALARIES: [(i64, usize); 9] = [
    (620_000, MAIN),
    (480_000, MAIN),
    (190_000, MAIN),
    (185_000, MAIN),
    (180_000, MAIN),
    (165_000, SMALL),
    (270_000, MAIN),
    (210_000, MAIN),
    (195_000, MAIN),
];

/// Managers' share of what their trucks brought in the month, per mille of the revenue without VAT.
const BONUS: i64 = 4;

/// The expenses of every month. `sales` decide bonuses and how full the yard is.
pub(super) fn of_months(options: &Options, sales: &[Sale], managers: &[usize], to: &mut Ledger<'_>) {
    for (index, month) in months(options.from(), options.until).enumerate() {
        let mut dice = Dice::of(options.seed, "month", index);
        let end = workday_before(month_end(month));
        for (company, article, party, net) in MONTHLY {
            accrue(&mut dice, end, company, article, party, None, net, to);
        }
        // A full yard costs more.
        accrue(&mut dice, end, MAIN, "storage", YARD, None, 420 * season(month) / 1000 * 1000, to);
        for (channel, what) in CHANNELS.iter().enumerate().filter(|(_, what)| what.spend > 0) {
            let net = what.spend * season(month) / 1000 * dice.between(88, 112) / 100 / 100 * 100;
            accrue(&mut dice, end, MAIN, "advertising", MEDIA, Some(channel), net, to);
        }
        accrue(&mut dice, end, SMALL, "advertising", MEDIA, Some(5), 35_000 * season(month) / 1000 / 100 * 100, to);
        bank_fees(month, end, to);
        salaries(month, sales, managers, to);
    }
    let bought = plus(options.from(), 140);
    to.flows.push(nobody(at(bought, 15, 20), MAIN, "equipment", Decimal::from(2_350_000), "Автопогрузчик", false));
}

#[expect(clippy::too_many_arguments, reason = "an expense has these dimensions")]
fn accrue(
    dice: &mut Dice,
    on: NaiveDate,
    company: usize,
    article: &'static str,
    party: usize,
    channel: Option<usize>,
    net: i64,
    to: &mut Ledger<'_>,
) {
    let net = Decimal::from(net);
    let vat = vat_on(net, on);
    let accrual = Accrual { company, article, party: Some(party), channel, employee: None, net, vat };
    to.script.push(moment(dice, on, 16, 18), Act::Accrue(accrual));
    deduct(to.vat, company, on, vat);
    let days = dice.between(5, 12);
    to.flows.push(Flow {
        at: moment(dice, plus(on, days), 13, 16),
        company,
        direction: Direction::Out,
        article,
        party: Some(party),
        aim: Aim::Party,
        amount: net + vat,
        purpose: String::new(),
        by_cash: article == "office" && company == SMALL,
    });
}

fn bank_fees(month: NaiveDate, end: NaiveDate, to: &mut Ledger<'_>) {
    let busy = season(month) / 10;
    for (company, fee) in [(MAIN, 38_000 + busy * 190), (SMALL, 6_500 + busy * 25)] {
        to.flows.push(nobody(at(end, 18, 5), company, "bank_fee", Decimal::from(fee), "Комиссия банка", false));
    }
}

/// Accrued on the last day, with the managers' bonus; paid on the 10th and the 25th of the next month.
fn salaries(month: NaiveDate, sales: &[Sale], managers: &[usize], to: &mut Ledger<'_>) {
    let last = month_end(month);
    let mut owed = [Decimal::ZERO; 2];
    for (employee, (salary, company)) in SALARIES.into_iter().enumerate() {
        let shipped = sales.iter().filter(|sale| managers[sale.deal] == employee);
        let of_month = shipped.flat_map(|sale| sale.kept().map(move |truck| (sale, truck)));
        let revenue: Decimal = of_month
            .filter(|(sale, truck)| sale.sold(truck).date().with_day(1) == month.with_day(1))
            .map(|(sale, truck)| sale.sum(truck, truck.shipped.date()).net)
            .sum();
        let net = Decimal::from(salary) + (per_mille(revenue, BONUS) / Decimal::ONE_HUNDRED).trunc() * Decimal::ONE_HUNDRED;
        owed[company] += net;
        let accrual =
            Accrual { company, article: "salary", party: None, channel: None, employee: Some(employee), net, vat: Decimal::ZERO };
        to.script.push(at(last, 18, 30), Act::Accrue(accrual));
    }
    let next = month + Months::new(1);
    for (company, owed) in owed.into_iter().enumerate() {
        let first = per_mille(owed, 550);
        for (date, amount) in [(10, first), (25, owed - first)] {
            let day = workday_before(next.with_day(date).unwrap_or(next));
            to.flows.push(nobody(at(workday(day), 14, 30), company, "salary", amount, "Заработная плата", false));
        }
    }
}

/// Money out that settles no party's bill.
fn nobody(at: NaiveDateTime, company: usize, article: &'static str, amount: Decimal, purpose: &str, by_cash: bool) -> Flow {
    let (direction, aim, purpose) = (Direction::Out, Aim::Nobody, purpose.to_owned());
    Flow { at, company, direction, article, party: None, aim, amount, purpose, by_cash }
}
