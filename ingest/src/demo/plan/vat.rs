//! How much VAT a company owes for a quarter, and when it pays it.

use std::collections::BTreeMap;

use chrono::{Datelike as _, Months, NaiveDate};
use rust_decimal::Decimal;
use shpunt_domain::money;
use shpunt_domain::treasury::Direction;

use super::treasury::Flow;
use crate::demo::calendar::{at, quarter, workday};
use crate::demo::script::Aim;

/// VAT by own company and quarter: charged minus deducted.
#[derive(Debug, Default)]
pub(super) struct VatBook(BTreeMap<(usize, NaiveDate), Decimal>);

impl VatBook {
    /// VAT charged (positive) or deducted (negative) on a day.
    pub(super) fn add(&mut self, company: usize, on: NaiveDate, amount: Decimal) {
        *self.0.entry((company, quarter(on))).or_default() += amount;
    }

    /// The payments: thirds of the quarter's sum by the 28th of the three months after it (НК РФ ст. 174); too much is carried on.
    pub(super) fn payments(&self) -> Vec<Flow> {
        let mut carried: BTreeMap<usize, Decimal> = BTreeMap::new();
        let mut flows = Vec::new();
        for ((company, quarter), amount) in &self.0 {
            let owed = carried.remove(company).unwrap_or_default() + amount;
            if owed < Decimal::ONE {
                carried.insert(*company, owed);
                continue;
            }
            // In whole roubles, as taxes are.
            let whole = owed.trunc();
            let third = (whole / Decimal::from(3)).trunc();
            for (index, part) in (0_u32..).zip([third, third, whole - third - third]) {
                let month = *quarter + Months::new(3 + index);
                let day = workday(month.with_day(28).unwrap_or(month));
                flows.push(Flow {
                    at: at(day, 13, 10),
                    company: *company,
                    direction: Direction::Out,
                    article: "vat_payment",
                    party: None,
                    aim: Aim::Nobody,
                    amount: money::round(part),
                    purpose: format!("НДС за {} квартал {} г.", quarter.month0() / 3 + 1, quarter.year()),
                    by_cash: false,
                });
            }
        }
        flows.retain(|flow| flow.amount > Decimal::ZERO);
        flows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_quarter_is_paid_in_thirds_after_what_was_too_much_before() {
        let mut book = VatBook::default();
        book.add(0, day("2025-11-20"), Decimal::from(-100));
        book.add(0, day("2026-02-01"), Decimal::from(900));
        book.add(0, day("2026-03-31"), Decimal::new(-29_950, 2));
        let paid: Vec<_> = book.payments().into_iter().map(|flow| (flow.at.date(), flow.amount)).collect();
        let expected = [("2026-04-28", 166), ("2026-05-28", 166), ("2026-06-29", 168)];
        assert_eq!(paid, expected.map(|(on, amount)| (day(on), Decimal::from(amount))));
    }
}
