//! The management balance (управленческий баланс) at the end of a day, with the proof that its sides agree.
//!
//! It is of the whole books, whatever channel or manager is chosen: only those balance.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;
use shpunt_domain::access::Scope;
use shpunt_domain::ledger::Section;

use super::ask::known_year;
use super::query::Conditions;
use super::{Answer, Ask, Error, Filter, Language, Reports, exact};

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
    pub async fn balance(&self, ask: &Ask, filter: &Filter, at: NaiveDate) -> Result<Answer<Balance>, Error> {
        known_year(at, "at")?;
        if filter.scope != Scope::All {
            return Err(Error::Forbidden);
        }
        let moment = self.begin(ask).await?;
        let (table, conditions) = if moment.known_at.is_some() {
            ("raw_ledger_entry", moment.entries())
        } else {
            ("mart_turnover_day", Conditions::default())
        };
        let conditions = conditions.and("effective_on <= {at:Date}").bind("at", at).equals("company_id", filter.company_id);
        let text = format!(
            "select toString(account) as code, sum(amount) as total from {table} where {} group by account",
            conditions.sql()
        );
        let sums = self.read::<Sum>(&text, &conditions).await?;
        Ok(Answer { as_of: moment.as_of, data: report(at, &sums, ask.language)? })
    }
}

/// An account's balance, debit positive.
#[derive(Debug, clickhouse::Row, Deserialize)]
struct Sum {
    code: String,
    #[serde(deserialize_with = "exact::roubles")]
    total: Decimal,
}

fn report(at: NaiveDate, sums: &[Sum], language: Language) -> Result<Balance, Error> {
    let mut totals = BTreeMap::new();
    for sum in sums {
        totals.insert(exact::account(&sum.code)?, sum.total);
    }
    let mut balance = Balance {
        at,
        assets: Decimal::ZERO,
        liabilities: Decimal::ZERO,
        equity: Decimal::ZERO,
        check: Decimal::ZERO,
        rows: Vec::new(),
    };
    let mut profit = Decimal::ZERO;
    // The order of accounts is that of the chart.
    for (account, total) in totals {
        let section = account.section();
        let amount = if section == Section::Asset { total } else { -total };
        match section {
            Section::Asset => balance.assets += amount,
            Section::Liability => balance.liabilities += amount,
            Section::Equity => balance.equity += amount,
            Section::Income | Section::Expense => profit += amount,
        }
        if !total.is_zero() && !matches!(section, Section::Income | Section::Expense) {
            balance.rows.push(Row { section, account: account.as_str(), label: language.account(account), amount });
        }
    }
    balance.equity += profit;
    balance.check = balance.assets - balance.liabilities - balance.equity;
    let label = language.pick("Прибыль с начала работы", "Profit to date");
    balance.rows.push(Row { section: Section::Equity, account: PROFIT, label, amount: profit });
    Ok(balance)
}
