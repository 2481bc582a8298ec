//! Income and expense (доходы и расходы): what was earned and what it cost, on accrual, net of VAT.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use shpunt_domain::ledger::{Account, Section};

use super::{Answer, Ask, Error, Filter, Period, Reports};

/// An account and article in a month; positive as it is meant: income earned, expense spent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// [`Section::Income`] or [`Section::Expense`].
    pub section: Section,
    /// Счёт.
    pub account: Account,
    /// Статья, where the entries carry one.
    pub article_id: Option<i64>,
    /// Name of the article, or of the account without one.
    pub label: String,
    /// First day of the month.
    pub month: NaiveDate,
    /// Roubles without VAT.
    pub amount: Decimal,
}

/// A month's result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthRow {
    /// First day of the month.
    pub month: NaiveDate,
    /// Доходы.
    pub income: Decimal,
    /// Расходы.
    pub expense: Decimal,
    /// Прибыль = income − expense.
    pub profit: Decimal,
}

/// The report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncomeExpense {
    /// In the order of the chart of accounts, then by article and month.
    pub rows: Vec<Row>,
    /// Months without gaps, from the first to the last with entries.
    pub months: Vec<MonthRow>,
}

impl Reports {
    /// Income and expense of a period. Channel and manager are those of the entries.
    ///
    /// # Errors
    /// Those of every report: [`Error`].
    pub async fn income_expense(&self, _ask: &Ask, _filter: &Filter, _period: Period) -> Result<Answer<IncomeExpense>, Error> {
        Err(Error::NotReady)
    }
}
