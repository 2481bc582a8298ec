//! Income and expense.

use async_graphql::{Context, Enum, Object, SimpleObject};
use shpunt_analytics::reports::income_expense as report;
use shpunt_domain::ledger::Section;

use super::{AsOf, PeriodInput, ReportScopeInput, ask, filter};
use crate::graphql::caller::services;
use crate::graphql::error::Result;
use crate::graphql::ids::Key;
use crate::graphql::ledger::Article;
use crate::graphql::scalars::{Day, Moment, Number};

/// Earned or spent (раздел доходов и расходов).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IncomeExpenseSection {
    /// What was earned (доходы).
    Income,
    /// What it cost (расходы).
    Expense,
}

/// An account and article in a month (строка доходов и расходов), in roubles without VAT.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct IncomeExpenseRow {
    /// Earned or spent (раздел).
    section: IncomeExpenseSection,
    /// Code of the account (счёт).
    account: &'static str,
    /// Id of the article (статья), where the entries carry one.
    article_id: Option<Key>,
    /// Name of the article, or of the account without one (название).
    label: String,
    /// First day of the month (месяц).
    month: Day,
    /// Positive as it is meant: income earned, expense spent (сумма).
    amount: Number,
}

impl From<report::Row> for IncomeExpenseRow {
    fn from(row: report::Row) -> Self {
        let income = row.section == Section::Income;
        Self {
            section: if income { IncomeExpenseSection::Income } else { IncomeExpenseSection::Expense },
            account: row.account.as_str(),
            article_id: row.article_id.map(Key::of::<Article>),
            label: row.label,
            month: Day(row.month),
            amount: Number::money(row.amount),
        }
    }
}

/// The result of a month (месяц доходов и расходов), in roubles.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct IncomeExpenseMonth {
    /// First day of the month (месяц).
    month: Day,
    /// What was earned (доходы).
    income: Number,
    /// What it cost (расходы).
    expense: Number,
    /// Income less expense (прибыль).
    profit: Number,
}

impl From<report::MonthRow> for IncomeExpenseMonth {
    fn from(row: report::MonthRow) -> Self {
        Self {
            month: Day(row.month),
            income: Number::money(row.income),
            expense: Number::money(row.expense),
            profit: Number::money(row.profit),
        }
    }
}

/// Income and expense of a period, on accrual (отчёт о доходах и расходах).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct IncomeExpenseReport {
    /// In the order of the chart of accounts, then by article and month (строки).
    rows: Vec<IncomeExpenseRow>,
    /// Months without gaps (месяцы).
    months: Vec<IncomeExpenseMonth>,
    /// What it is complete for (актуальность).
    as_of: AsOf,
}

/// The question of income and expense.
#[derive(Default)]
pub(crate) struct IncomeExpenseQuery;

#[Object]
impl IncomeExpenseQuery {
    /// What was earned and what it cost (доходы и расходы), net of VAT.
    async fn income_expense_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which days (период).")] period: PeriodInput,
        #[graphql(name = "filter", desc = "Whose figures (отбор).")] input: Option<ReportScopeInput>,
        #[graphql(desc = "As it was known at this moment (как было известно).")] known_at: Option<Moment>,
        #[graphql(desc = "A consistency token: waits at most two seconds for its change (токен согласованности).")] after: Option<
            String,
        >,
    ) -> Result<Option<IncomeExpenseReport>> {
        let ask = ask(ctx, after, known_at);
        let answer = services(ctx).reports.income_expense(&ask, &filter(ctx, input)?, period.into()).await?;
        Ok(Some(IncomeExpenseReport {
            rows: answer.data.rows.into_iter().map(IncomeExpenseRow::from).collect(),
            months: answer.data.months.into_iter().map(IncomeExpenseMonth::from).collect(),
            as_of: answer.as_of.into(),
        }))
    }
}
