//! The management balance (управленческий баланс) at the end of a day, with the proof that its sides agree.
//!
//! It is of the whole books, whatever channel or manager is chosen: only those balance.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use shpunt_domain::ledger::Section;

use super::{Answer, Ask, Error, Filter, Reports};

/// The line that stands for all accounts of income and expense together.
pub const PROFIT: &str = "profit";

/// A line (строка баланса).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// [`Section::Asset`], [`Section::Liability`] or [`Section::Equity`].
    pub section: Section,
    /// Code of the account, or [`PROFIT`].
    pub account: &'static str,
    /// Its name.
    pub label: &'static str,
    /// Roubles; positive is the usual side: assets debit, the rest credit.
    pub amount: Decimal,
}

/// The report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// The day it is of.
    pub at: NaiveDate,
    /// Активы.
    pub assets: Decimal,
    /// Обязательства.
    pub liabilities: Decimal,
    /// Капитал, profit included.
    pub equity: Decimal,
    /// Активы − обязательства − капитал: 0.
    pub check: Decimal,
    /// Accounts that are not zero, in the order of the chart, then profit.
    pub rows: Vec<Row>,
}

impl Reports {
    /// The balance at the end of `at`. Of the filter only the company counts.
    ///
    /// # Errors
    /// [`Error::Forbidden`] to who may not see everything; those of every report.
    pub async fn balance(&self, _ask: &Ask, _filter: &Filter, _at: NaiveDate) -> Result<Answer<Balance>, Error> {
        Err(Error::NotReady)
    }
}
