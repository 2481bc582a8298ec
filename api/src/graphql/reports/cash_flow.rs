//! Cash flow.

use async_graphql::{Context, Object, SimpleObject};
use shpunt_analytics::reports::cash_flow as report;

use super::{AsOf, PeriodInput, ReportScopeInput, ask, filter};
use crate::graphql::caller::services;
use crate::graphql::error::Result;
use crate::graphql::ids::Key;
use crate::graphql::ledger::{Article, CashActivity};
use crate::graphql::scalars::{Day, Moment, Number};
use crate::graphql::treasury::CashAccount;

/// An own account in the cash flow (счёт в ДДС), in roubles, transfers included.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct CashFlowAccount {
    /// Id of the account (счёт или касса).
    cash_account_id: Key,
    /// Name (название).
    name: String,
    /// At the beginning (на начало).
    opening: Number,
    /// Came in (поступило).
    received: Number,
    /// Went out, positive (выплачено).
    paid: Number,
    /// At the end: opening + received − paid (на конец).
    closing: Number,
}

impl From<report::AccountRow> for CashFlowAccount {
    fn from(row: report::AccountRow) -> Self {
        Self {
            cash_account_id: Key::of::<CashAccount>(row.cash_account_id),
            name: row.name,
            opening: Number::money(row.opening),
            received: Number::money(row.received),
            paid: Number::money(row.paid),
            closing: Number::money(row.closing),
        }
    }
}

/// An article in a month (статья ДДС за месяц), in roubles.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct CashFlowRow {
    /// Id of the article (статья).
    article_id: Key,
    /// Its name (название статьи).
    article: String,
    /// Which part of the cash flow it belongs to (вид деятельности).
    activity: CashActivity,
    /// First day of the month (месяц).
    month: Day,
    /// Came in (поступило).
    received: Number,
    /// Went out, positive (выплачено).
    paid: Number,
    /// Received less paid (чистый поток).
    net: Number,
}

impl From<report::ArticleRow> for CashFlowRow {
    fn from(row: report::ArticleRow) -> Self {
        Self {
            article_id: Key::of::<Article>(row.article_id),
            article: row.article,
            activity: activity(row.activity),
            month: Day(row.month),
            received: Number::money(row.received),
            paid: Number::money(row.paid),
            net: Number::money(row.net),
        }
    }
}

fn activity(activity: report::Activity) -> CashActivity {
    match activity {
        report::Activity::Operating => CashActivity::Operating,
        report::Activity::Investing => CashActivity::Investing,
        report::Activity::Financing => CashActivity::Financing,
        report::Activity::Transfer => CashActivity::Transfer,
        report::Activity::None => CashActivity::None,
    }
}

/// A month over all accounts (месяц ДДС), in roubles.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct CashFlowMonth {
    /// First day of the month (месяц).
    month: Day,
    /// At the beginning (на начало).
    opening: Number,
    /// Came in (поступило).
    received: Number,
    /// Went out, positive (выплачено).
    paid: Number,
    /// At the end: opening + received − paid (на конец).
    closing: Number,
}

impl From<report::MonthRow> for CashFlowMonth {
    fn from(row: report::MonthRow) -> Self {
        Self {
            month: Day(row.month),
            opening: Number::money(row.opening),
            received: Number::money(row.received),
            paid: Number::money(row.paid),
            closing: Number::money(row.closing),
        }
    }
}

/// Cash flow of a period by the direct method (отчёт о движении денежных средств).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct CashFlowReport {
    /// Accounts that ever held money, by name (счета и кассы).
    accounts: Vec<CashFlowAccount>,
    /// By activity, article and month (строки).
    rows: Vec<CashFlowRow>,
    /// Months without gaps (месяцы).
    months: Vec<CashFlowMonth>,
    /// What it is complete for (актуальность).
    as_of: AsOf,
}

/// The question of cash flow.
#[derive(Default)]
pub(crate) struct CashFlowQuery;

#[Object]
impl CashFlowQuery {
    /// Where money came from, where it went and what is left on every account (ДДС).
    async fn cash_flow_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which days (период).")] period: PeriodInput,
        #[graphql(name = "filter", desc = "Whose money (отбор).")] input: Option<ReportScopeInput>,
        #[graphql(desc = "As it was known at this moment (как было известно).")] known_at: Option<Moment>,
        #[graphql(desc = "A consistency token: waits at most two seconds for its change (токен согласованности).")] after: Option<
            String,
        >,
    ) -> Result<Option<CashFlowReport>> {
        let ask = ask(ctx, after, known_at);
        let answer = services(ctx).reports.cash_flow(&ask, &filter(ctx, input)?, period.into()).await?;
        Ok(Some(CashFlowReport {
            accounts: answer.data.accounts.into_iter().map(CashFlowAccount::from).collect(),
            rows: answer.data.rows.into_iter().map(CashFlowRow::from).collect(),
            months: answer.data.months.into_iter().map(CashFlowMonth::from).collect(),
            as_of: answer.as_of.into(),
        }))
    }
}
