//! Income and expense (доходы и расходы): what was earned and what it cost, on accrual, net of VAT.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;
use shpunt_domain::ledger::{Account, Section};

use super::ask::months_of;
use super::query::{Conditions, accounts};
use super::{Answer, Ask, Error, Filter, Language, Period, Reports, exact};

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
    pub async fn income_expense(&self, ask: &Ask, filter: &Filter, period: Period) -> Result<Answer<IncomeExpense>, Error> {
        let period = period.check()?;
        let moment = self.begin(ask).await?;
        // Turnover by day knows no deal, channel and manager; the mart that does knows no days.
        let (table, day, conditions) = if moment.known_at.is_some() {
            ("raw_ledger_entry", "effective_on", moment.entries())
        } else if filter.is_whole_books() {
            ("mart_turnover_day", "effective_on", Conditions::default())
        } else if period.is_whole_months() {
            ("mart_margin_month", "month", Conditions::default())
        } else {
            ("raw_ledger_entry", "effective_on", moment.entries())
        };
        let accounts = accounts(&[Section::Income, Section::Expense]);
        let conditions = conditions.and(format!("account in ({accounts})")).between(day, period).result(filter);
        let text = statement(table, day, &conditions.sql(), ask.language);
        let sums = self.read::<Sum>(&text, &conditions).await?;
        Ok(Answer { as_of: moment.as_of, data: report(sums, ask.language)? })
    }
}

fn statement(table: &str, day: &str, conditions: &str, language: Language) -> String {
    let name = language.pick("name_ru", "name_en");
    format!(
        "select toString(sums.account) as account, sums.article_id as article, c.{name} as article_name, sums.of_month as month, total
         from (
            select account, article_id, toUInt64(toYYYYMM({day})) as of_month, sum(amount) as total
            from {table} where {conditions} group by account, article_id, of_month) as sums
         left join cur_articles as c on c.article_id = sums.article_id"
    )
}

/// An account and article in a month, debit positive.
#[derive(Debug, clickhouse::Row, Deserialize)]
struct Sum {
    account: String,
    article: u64,
    article_name: String,
    month: u64,
    #[serde(deserialize_with = "exact::roubles")]
    total: Decimal,
}

fn report(sums: Vec<Sum>, language: Language) -> Result<IncomeExpense, Error> {
    let mut rows = sums.into_iter().map(|sum| row(sum, language)).collect::<Result<Vec<_>, Error>>()?;
    rows.sort_by_key(|row| (row.account, row.article_id, row.month));
    let mut known: BTreeMap<NaiveDate, (Decimal, Decimal)> = BTreeMap::new();
    for row in &rows {
        let (income, expense) = known.entry(row.month).or_default();
        *(if row.section == Section::Income { income } else { expense }) += row.amount;
    }
    let months = months_of(&known).map(|month| {
        let (income, expense) = known.get(&month).copied().unwrap_or_default();
        MonthRow { month, income, expense, profit: income - expense }
    });
    Ok(IncomeExpense { months: months.collect(), rows })
}

fn row(sum: Sum, language: Language) -> Result<Row, Error> {
    let account = exact::account(&sum.account)?;
    let section = account.section();
    let article_id = if sum.article == 0 { None } else { Some(exact::number(sum.article)?) };
    let label = if article_id.is_some() { sum.article_name } else { language.account(account).to_owned() };
    let amount = if section == Section::Income { -sum.total } else { sum.total };
    Ok(Row { section, account, article_id, label, month: exact::month(sum.month)?, amount })
}
