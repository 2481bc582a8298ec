//! Closing a month of a company (закрытие периода), reopening it, and what is checked before.
//!
//! Invariants: months close in order and reopen in the reverse one; nothing is posted to a closed month; each close keeps the totals that
//! were reported, so a reopened month shows what changed since.

mod checks;
pub mod commands;
pub mod read;
mod store;

use chrono::{DateTime, Datelike as _, Months, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::Account;
use crate::companies::Company;
use crate::days;
use crate::error::{Code, Error, Result};

/// How much a check matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Не даёт закрыть: the figures of the month are wrong until it is mended.
    Blocker,
    /// Предупреждение: closes once somebody says that it was seen.
    Warning,
    /// Сведение: worth knowing, closes all the same.
    Information,
}

/// What is looked for before a month is closed (проверка перед закрытием).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Остаток без себестоимости: a batch that holds pieces and no value at the end of the month.
    StockWithoutCost,
    /// Отрицательный остаток: a batch below zero pieces or metres on a day of the month.
    StockNegative,
    /// Отрицательная стоимость остатка: a batch below zero roubles on a day of the month.
    StockValueNegative,
    /// Отрицательный остаток кассы: a cash desk below zero on a day of the month.
    CashNegative,
    /// Отгрузка без себестоимости: goods that left and cost nothing.
    ShippedWithoutCost,
    /// Овердрафт: a bank account below zero on a day of the month.
    BankNegative,
    /// Долг в валюте не переоценён: owed to a supplier at the end of the month, not carried at the rate of its last day.
    RevaluationMissing,
    /// Предварительная цена: a receipt of the month whose price is not final.
    PricePreliminary,
    /// Подтверждён и не отгружен: an order planned for a day of the month.
    OrderNotShipped,
    /// Отгружен на нашем риске и не доставлен: goods shipped by the end of the month whose revenue waits for unloading.
    GoodsNotDelivered,
    /// Начислено без счёта: an order with planned expenses that were accrued and not billed.
    AccrualNotBilled,
    /// Оценка без счёта: a batch with an estimated expense that was not billed.
    EstimateNotBilled,
    /// Отложенный расход: a deal whose bills wait for orders that are not shipped.
    ExpenseWaiting,
}

impl Check {
    /// Every check, blockers first.
    pub const ALL: [Self; 13] = [
        Self::StockWithoutCost,
        Self::StockNegative,
        Self::StockValueNegative,
        Self::CashNegative,
        Self::ShippedWithoutCost,
        Self::BankNegative,
        Self::RevaluationMissing,
        Self::PricePreliminary,
        Self::OrderNotShipped,
        Self::GoodsNotDelivered,
        Self::AccrualNotBilled,
        Self::EstimateNotBilled,
        Self::ExpenseWaiting,
    ];

    /// The stable code, for example `STOCK_NEGATIVE`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::StockWithoutCost => "STOCK_WITHOUT_COST",
            Self::StockNegative => "STOCK_NEGATIVE",
            Self::StockValueNegative => "STOCK_VALUE_NEGATIVE",
            Self::CashNegative => "CASH_NEGATIVE",
            Self::ShippedWithoutCost => "SHIPPED_WITHOUT_COST",
            Self::BankNegative => "BANK_NEGATIVE",
            Self::RevaluationMissing => "REVALUATION_MISSING",
            Self::PricePreliminary => "PRICE_PRELIMINARY",
            Self::OrderNotShipped => "ORDER_NOT_SHIPPED",
            Self::GoodsNotDelivered => "GOODS_NOT_DELIVERED",
            Self::AccrualNotBilled => "ACCRUAL_NOT_BILLED",
            Self::EstimateNotBilled => "ESTIMATE_NOT_BILLED",
            Self::ExpenseWaiting => "EXPENSE_WAITING",
        }
    }

    /// How much it matters. A bank lends, a desk cannot hold less than nothing; a price becomes final when the supplier says it, and a rate
    /// may never have been published.
    pub const fn severity(self) -> Severity {
        match self {
            Self::BankNegative | Self::RevaluationMissing | Self::PricePreliminary | Self::OrderNotShipped => Severity::Warning,
            Self::GoodsNotDelivered | Self::AccrualNotBilled | Self::EstimateNotBilled | Self::ExpenseWaiting => {
                Severity::Information
            }
            _ => Severity::Blocker,
        }
    }
}

/// What to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Серия.
    Batch(i64),
    /// Счёт или касса.
    CashAccount(i64),
    /// Заказ.
    Order(i64),
    /// Сделка.
    Deal(i64),
    /// Контрагент.
    Party(i64),
}

/// One of those a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// What to look at.
    pub subject: Subject,
    /// Its number or name.
    pub label: String,
    /// The first day of the month it is wrong on.
    pub on: NaiveDate,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The check.
    pub check: Check,
    /// How many; 0 = all is well.
    pub count: i64,
    /// The first of them.
    pub examples: Vec<Example>,
}

/// A calendar month, both days included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month {
    /// Its first day.
    pub first: NaiveDate,
    /// Its last day.
    pub last: NaiveDate,
}

impl Month {
    /// The month that begins on `first`. Errors: `INVALID_INPUT` when it is not a first day.
    pub fn starting(first: NaiveDate) -> Result<Self> {
        days::known(first, "month")?;
        if first.day() != 1 {
            return Err(Error::invalid("month", format!("a month is named by its first day; give {}", first_of(first))));
        }
        let next = first.checked_add_months(Months::new(1)).unwrap_or(first);
        Ok(Self { first, last: next.pred_opt().unwrap_or(first) })
    }

    /// The first day of the month before.
    fn before(self) -> NaiveDate {
        self.first.checked_sub_months(Months::new(1)).unwrap_or(self.first)
    }
}

/// The first day of the month of `on`.
fn first_of(on: NaiveDate) -> NaiveDate {
    on.with_day(1).unwrap_or(on)
}

/// Refuses a month that has not ended, or that lies before the books begin.
fn closable(month: Month, company: &Company, today: NaiveDate) -> Result<()> {
    if month.last < company.first_day {
        let first = first_of(company.first_day);
        let message = format!("the books begin on {}; close {first} first", company.first_day);
        return Err(Error::rejected(Code::DateBeforeFirstDay, message));
    }
    if month.last >= today {
        let message = format!("the month lasts until {} (today is {today}); close it when it is over", month.last);
        return Err(Error::rejected(Code::DateInFuture, message));
    }
    Ok(())
}

/// Refuses open blockers, and warnings nobody acknowledged: `PERIOD_CHECKS_OPEN`.
fn passed(findings: &[Finding], acknowledged: bool) -> Result<()> {
    let open = |severity: Severity| {
        let found = findings.iter().filter(|finding| finding.count > 0 && finding.check.severity() == severity);
        found.map(|finding| format!("{} ({})", finding.check.as_str(), finding.count)).collect::<Vec<_>>().join(", ")
    };
    let (blockers, warnings) = (open(Severity::Blocker), open(Severity::Warning));
    let message = if !blockers.is_empty() {
        format!("checks are open: {blockers}; see periodChecklist, mend them and close again")
    } else if !warnings.is_empty() && !acknowledged {
        format!("there are warnings: {warnings}; see periodChecklist, then close with acknowledgeWarnings")
    } else {
        return Ok(());
    };
    Err(Error::rejected(Code::PeriodChecksOpen, message))
}

/// A month of a company (период).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// Whose.
    pub company_id: i64,
    /// Its first day.
    pub month: NaiveDate,
    /// Since when it is closed; none = open.
    pub closed_at: Option<DateTime<Utc>>,
    /// Its closes, the first one first.
    pub closes: Vec<Close>,
}

/// One closing of a month, and whether it was taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    /// Its id.
    pub period_close_id: i64,
    /// Which month.
    pub month: NaiveDate,
    /// 1 for the first close of the month.
    pub number: i32,
    /// When.
    pub closed_at: DateTime<Utc>,
    /// By whom; 0 = the system itself.
    pub closed_by: i64,
    /// When it was reopened.
    pub reopened_at: Option<DateTime<Utc>>,
    /// By whom.
    pub reopened_by: Option<i64>,
    /// Why it was reopened; empty while it holds.
    pub reason: String,
}

/// An account in the totals of a close.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Total {
    /// The close.
    pub period_close_id: i64,
    /// Счёт.
    pub account: Account,
    /// Оборот по дебету of the month.
    pub debit: Decimal,
    /// Оборот по кредиту of the month, positive.
    pub credit: Decimal,
    /// Сальдо at the end of the month, debit > 0.
    pub closing: Decimal,
}

/// An account that is not what it was at the last close.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The last close of the month.
    pub period_close_id: i64,
    /// Счёт.
    pub account: Account,
    /// Сальдо at the end of the month as it was closed, debit > 0.
    pub closed: Decimal,
    /// The same now.
    pub now: Decimal,
    /// By how much the turnover of the month grew on the debit side.
    pub debit: Decimal,
    /// By how much it grew on the credit side.
    pub credit: Decimal,
}

impl Change {
    /// What was added since, debit > 0.
    pub fn difference(&self) -> Decimal {
        self.now - self.closed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn company(first_day: &str) -> Company {
        let first_day = day(first_day);
        Company {
            company_id: 1,
            name: "Шпунт".to_owned(),
            inn: "7701000001".to_owned(),
            first_day,
            utc_offset_minutes: 180,
            version: 1,
        }
    }

    #[test]
    fn a_month_is_named_by_its_first_day() {
        let february = Month::starting(day("2024-02-01")).unwrap();
        assert_eq!((february.last, february.before()), (day("2024-02-29"), day("2024-01-01")));
        assert_eq!(Month::starting(day("2026-12-01")).unwrap().last, day("2026-12-31"));
        let wrong = Month::starting(day("2026-02-15")).unwrap_err();
        assert!(wrong.to_string().contains("2026-02-01"), "{wrong}");
        assert!(Month::starting(day("1999-12-01")).is_err());
    }

    #[test]
    fn only_a_month_that_is_over_and_in_the_books_closes() {
        let february = Month::starting(day("2026-02-01")).unwrap();
        for (first_day, today, code) in [
            ("2024-01-01", "2026-03-01", None),
            ("2026-02-28", "2026-03-01", None),
            ("2024-01-01", "2026-02-28", Some(Code::DateInFuture)),
            ("2026-03-01", "2026-04-01", Some(Code::DateBeforeFirstDay)),
        ] {
            let done = closable(february, &company(first_day), day(today));
            assert_eq!(done.err().map(|error| error.code()), code, "{first_day} {today}");
        }
    }

    #[test]
    fn blockers_always_refuse_and_warnings_until_they_are_seen() {
        let found = |check: Check, count: i64| Finding { check, count, examples: Vec::new() };
        let clean: Vec<_> = Check::ALL.iter().map(|check| found(*check, 0)).collect();
        assert!(passed(&clean, false).is_ok());
        assert!(passed(&[found(Check::AccrualNotBilled, 3), found(Check::ExpenseWaiting, 1)], false).is_ok());
        let warned = [found(Check::StockNegative, 0), found(Check::OrderNotShipped, 2)];
        assert!(passed(&warned, true).is_ok());
        let refused = passed(&warned, false).unwrap_err();
        assert!(refused.to_string().contains("ORDER_NOT_SHIPPED (2)"), "{refused}");
        let blocked = [found(Check::CashNegative, 1), found(Check::OrderNotShipped, 2)];
        let refused = passed(&blocked, true).unwrap_err();
        assert_eq!(refused.code(), Code::PeriodChecksOpen);
        assert!(refused.to_string().contains("CASH_NEGATIVE (1)") && !refused.to_string().contains("ORDER"), "{refused}");
    }
}
