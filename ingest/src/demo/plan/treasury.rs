//! Which account each rouble goes through, and the loans that keep every account above zero.
//!
//! Day by day: money that comes, what must be paid, a loan if that is more than there is, a part of it back when there is plenty.

use std::collections::BTreeMap;

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, Weekday};
use rust_decimal::Decimal;
use shpunt_domain::money;
use shpunt_domain::treasury::Direction;

use super::cast::{BANK, DESK, SECOND_BANK};
use crate::demo::Options;
use crate::demo::calendar::{at, is_workday, month_end, workday, workday_before};
use crate::demo::market::{COMPANIES, MAIN};
use crate::demo::script::{Act, Aim, Payment, Script};

/// Money to come or to pay, before it is known through which account.
#[derive(Debug, Clone)]
pub(super) struct Flow {
    pub(super) at: NaiveDateTime,
    pub(super) company: usize,
    pub(super) direction: Direction,
    pub(super) article: &'static str,
    pub(super) party: Option<usize>,
    pub(super) aim: Aim,
    pub(super) amount: Decimal,
    pub(super) purpose: String,
    /// Out of the cash desk.
    pub(super) by_cash: bool,
}

/// How an own company is financed, in roubles.
struct Finance {
    capital: i64,
    /// The loan of the first days.
    loan: i64,
    /// Loans are taken and given back in these steps.
    step: i64,
    /// The account keeps so much.
    floor: i64,
    /// Above this, loans are given back.
    plenty: i64,
    /// To the owners each quarter at most: half of what there is above plenty.
    drawings: i64,
    /// For the cash desk each month.
    desk: i64,
}

const FINANCES: [Finance; 2] = [
    Finance {
        capital: 90_000_000,
        loan: 30_000_000,
        step: 10_000_000,
        floor: 3_000_000,
        plenty: 20_000_000,
        drawings: 24_000_000,
        desk: 90_000,
    },
    Finance {
        capital: 14_000_000,
        loan: 0,
        step: 1_000_000,
        floor: 500_000,
        plenty: 3_500_000,
        drawings: 1_000_000,
        desk: 60_000,
    },
];

/// Interest a year, per mille.
fn rate(day: NaiveDate) -> i64 {
    if day.year() < 2026 { 205 } else { 182 }
}

/// Plans the accounts of both companies and writes all payments and transfers.
pub(super) fn balance(options: &Options, flows: Vec<Flow>, script: &mut Script) {
    let mut days: Vec<BTreeMap<NaiveDate, Vec<Flow>>> = vec![BTreeMap::new(); COMPANIES.len()];
    for flow in flows.into_iter().filter(|flow| flow.at.date() <= options.until) {
        days[flow.company].entry(flow.at.date()).or_default().push(flow);
    }
    for (company, mut days) in days.into_iter().enumerate() {
        let mut till = Till {
            company,
            finance: &FINANCES[company],
            held: BTreeMap::new(),
            loan: Decimal::ZERO,
            interest: Decimal::ZERO,
            script,
        };
        for day in options.from().iter_days().take_while(|day| *day <= options.until) {
            till.day(options.from(), day, days.remove(&day).unwrap_or_default());
        }
    }
}

struct Till<'a> {
    company: usize,
    finance: &'a Finance,
    /// What each account holds.
    held: BTreeMap<usize, Decimal>,
    loan: Decimal,
    /// Interest of the month so far.
    interest: Decimal,
    script: &'a mut Script,
}

impl Till<'_> {
    fn bank(&self) -> usize {
        BANK[self.company]
    }

    fn held(&self, account: usize) -> Decimal {
        self.held.get(&account).copied().unwrap_or_default()
    }

    fn pay(&mut self, account: usize, flow: Flow) {
        let signed = if flow.direction == Direction::In { flow.amount } else { -flow.amount };
        *self.held.entry(account).or_default() += signed;
        let Flow { at, direction, article, party, aim, amount, purpose, .. } = flow;
        self.script.push(at, Act::Pay(Payment { direction, account, article, party, aim, amount, purpose }));
    }

    fn own(&mut self, at: NaiveDateTime, direction: Direction, article: &'static str, amount: Decimal, purpose: &str) {
        let (company, party, aim, purpose, by_cash) = (self.company, None, Aim::Nobody, purpose.to_owned(), false);
        let flow = Flow { at, company, direction, article, party, aim, amount, purpose, by_cash };
        self.pay(self.bank(), flow);
    }

    fn transfer(&mut self, at: NaiveDateTime, from: usize, to: usize, amount: Decimal) {
        *self.held.entry(from).or_default() -= amount;
        *self.held.entry(to).or_default() += amount;
        self.script.push(at, Act::Transfer { from, to, amount });
    }

    fn day(&mut self, from: NaiveDate, day: NaiveDate, flows: Vec<Flow>) {
        if day == from {
            self.own(at(day, 9, 0), Direction::In, "capital_in", self.finance.capital.into(), "Взнос учредителей");
        }
        if day == workday(from) && self.finance.loan > 0 {
            self.borrow(at(day, 9, 30), self.finance.loan.into());
        }
        let (ins, mut outs): (Vec<_>, Vec<_>) = flows.into_iter().partition(|flow| flow.direction == Direction::In);
        // Only what came by noon can be counted on for the afternoon's payments.
        let (early, late): (Vec<_>, Vec<_>) = ins.into_iter().partition(|flow| flow.at < at(day, 12, 0));
        for flow in early {
            self.take_in(flow);
        }
        self.add_own_outs(day, &mut outs);
        self.fill_desk(day, &outs);
        let needed: Decimal = outs.iter().filter(|flow| !flow.by_cash).map(|flow| flow.amount).sum();
        self.cover(day, needed);
        for flow in outs {
            let account = if flow.by_cash { DESK[self.company] } else { self.bank() };
            self.pay(account, flow);
        }
        self.give_back(day);
        for flow in late {
            self.take_in(flow);
        }
        self.interest += self.loan * Decimal::from(rate(day)) / Decimal::from(365_000);
    }

    /// Some customers of the main company pay to its second bank.
    fn take_in(&mut self, flow: Flow) {
        let second = self.company == MAIN && flow.party.is_some_and(|party| party % 5 == 2);
        self.pay(if second { SECOND_BANK } else { self.bank() }, flow);
    }

    /// Interest on the last working day of a month; drawings in the second month of a quarter.
    fn add_own_outs(&mut self, day: NaiveDate, outs: &mut Vec<Flow>) {
        let company = self.company;
        let own = |minute, article, amount, purpose: &str| Flow {
            at: at(day, 16, minute),
            company,
            direction: Direction::Out,
            article,
            party: None,
            aim: Aim::Nobody,
            amount,
            purpose: purpose.to_owned(),
            by_cash: false,
        };
        let interest = money::round(self.interest);
        if day == workday_before(month_end(day)) && interest > Decimal::ZERO {
            self.interest -= interest;
            outs.push(own(40, "interest", interest, "Проценты по кредиту"));
        }
        let pays_owners = day.month0() % 3 == 1 && day == workday(day.with_day(20).unwrap_or(day));
        let million = Decimal::from(1_000_000);
        let half = ((self.held(self.bank()) - Decimal::from(self.finance.plenty)) / Decimal::TWO / million).floor() * million;
        if pays_owners && self.loan.is_zero() && half > Decimal::ZERO {
            outs.push(own(50, "drawings", half.min(self.finance.drawings.into()), "Выплата участникам"));
        }
    }

    /// The desk gets what it pays today, and its monthly sum.
    fn fill_desk(&mut self, day: NaiveDate, outs: &[Flow]) {
        let desk = DESK[self.company];
        let needed: Decimal = outs.iter().filter(|flow| flow.by_cash).map(|flow| flow.amount).sum();
        let first = day == workday(day.with_day(1).unwrap_or(day));
        let monthly = if first { self.finance.desk.into() } else { Decimal::ZERO };
        let amount = monthly.max(needed - self.held(desk));
        if amount > Decimal::ZERO && self.held(desk) < Decimal::from(self.finance.desk * 2) {
            self.cover(day, amount);
            self.transfer(at(day, 12, 40), self.bank(), desk, amount);
        }
    }

    /// Before money leaves: the second bank's money, then a loan.
    fn cover(&mut self, day: NaiveDate, needed: Decimal) {
        let short = |till: &Self| needed + Decimal::from(till.finance.floor) - till.held(till.bank());
        let second = self.held(SECOND_BANK);
        let rich = second > Decimal::from(6_000_000) || short(self) > Decimal::ZERO;
        if self.company == MAIN && is_workday(day) && rich && second > Decimal::from(500_000) {
            let thousands = ((second - Decimal::from(200_000)) / Decimal::ONE_THOUSAND).trunc() * Decimal::ONE_THOUSAND;
            self.transfer(at(day, 12, 20), SECOND_BANK, self.bank(), thousands);
        }
        let short = short(self);
        if needed > Decimal::ZERO && short > Decimal::ZERO {
            let step = Decimal::from(self.finance.step);
            self.borrow(at(day, 12, 30), (short / step).ceil() * step);
        }
    }

    fn borrow(&mut self, at: NaiveDateTime, amount: Decimal) {
        self.loan += amount;
        self.own(at, Direction::In, "loan_received", amount, "Транш по кредитной линии");
    }

    fn give_back(&mut self, day: NaiveDate) {
        let step = Decimal::from(self.finance.step);
        let spare = self.held(self.bank()) - Decimal::from(self.finance.plenty);
        let amount = ((spare / step).floor() * step).min(self.loan);
        // Twice a week: what comes on Wednesday is often needed on Thursday.
        if matches!(day.weekday(), Weekday::Tue | Weekday::Fri) && is_workday(day) && amount > Decimal::ZERO {
            self.loan -= amount;
            self.own(at(day, 17, 30), Direction::Out, "loan_repaid", amount, "Погашение кредитной линии");
        }
    }
}
