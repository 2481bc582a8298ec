//! The management balance.

use async_graphql::{Context, Enum, Object, SimpleObject};
use shpunt_analytics::reports::balance as report;
use shpunt_domain::ledger::Section;

use super::{AsOf, ReportScopeInput, ask, filter};
use crate::graphql::caller::services;
use crate::graphql::error::Result;
use crate::graphql::scalars::{Day, Moment, Number};

/// A part of the balance (раздел баланса).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BalanceSection {
    /// What we have (активы).
    Asset,
    /// What we owe (обязательства).
    Liability,
    /// What is the owners', profit included (капитал).
    Equity,
}

/// A line of the balance (строка баланса).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct BalanceRow {
    /// Its part (раздел).
    section: BalanceSection,
    /// Code of the account, or `profit` for all income and expense together (счёт).
    account: &'static str,
    /// Its name (название).
    label: &'static str,
    /// Roubles; positive on the usual side: assets debit, the rest credit (сумма).
    amount: Number,
}

impl From<report::Row> for BalanceRow {
    fn from(row: report::Row) -> Self {
        let section = match row.section {
            Section::Asset => BalanceSection::Asset,
            Section::Liability => BalanceSection::Liability,
            Section::Equity | Section::Income | Section::Expense => BalanceSection::Equity,
        };
        Self { section, account: row.account, label: row.label, amount: Number::money(row.amount) }
    }
}

/// The balance at the end of a day (управленческий баланс), in roubles.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct BalanceReport {
    /// The day (дата).
    at: Day,
    /// What we have (активы).
    assets: Number,
    /// What we owe (обязательства).
    liabilities: Number,
    /// What is the owners', profit included (капитал).
    equity: Number,
    /// Assets less liabilities less equity (проверка): zero.
    check: Number,
    /// Accounts that are not zero, in the order of the chart, then profit (строки).
    rows: Vec<BalanceRow>,
    /// What it is complete for (актуальность).
    as_of: AsOf,
}

/// The question of the balance.
#[derive(Default)]
pub(crate) struct BalanceQuery;

#[Object]
impl BalanceQuery {
    /// The management balance (управленческий баланс) of the whole books or of one company.
    async fn balance_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At the end of this day (на дату).")] at: Day,
        #[graphql(name = "filter", desc = "Of which company (отбор); only the company counts.")] input: Option<ReportScopeInput>,
        #[graphql(desc = "As it was known at this moment (как было известно).")] known_at: Option<Moment>,
        #[graphql(desc = "A consistency token: waits at most two seconds for its change (токен согласованности).")] after: Option<
            String,
        >,
    ) -> Result<Option<BalanceReport>> {
        let answer = services(ctx).reports.balance(&ask(ctx, after, known_at), &filter(ctx, input)?, at.0).await?;
        let balance = answer.data;
        Ok(Some(BalanceReport {
            at: Day(balance.at),
            assets: Number::money(balance.assets),
            liabilities: Number::money(balance.liabilities),
            equity: Number::money(balance.equity),
            check: Number::money(balance.check),
            rows: balance.rows.into_iter().map(BalanceRow::from).collect(),
            as_of: answer.as_of.into(),
        }))
    }
}
