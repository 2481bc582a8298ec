//! The reports from ClickHouse in the graph, and how fresh they are.
//!
//! A report is nullable at the root, so that one that fails does not void the others of the request. Amounts are plain decimals in
//! roubles: a report has one currency.

mod active_deals;
mod balance;
mod cash_flow;
mod entries;
mod funnel;
mod gross_profit;
mod income_expense;
mod margin_changes;
mod stock;

use async_graphql::{Context, Enum, InputObject, MergedObject, Object, SimpleObject};
use shpunt_analytics::{frontier, reports};

use super::access::Employee;
use super::caller::{caller, scope, services};
use super::companies::Company;
use super::error::Result;
use super::ids::{Entity, IdOrNone, Key};
use super::marketing::Channel;
use super::scalars::{Day, Moment, whole};
pub(crate) use margin_changes::MarginTotals;

/// What an answer is complete for (актуальность): the data may be newer, never older.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct AsOf {
    /// Everything committed before this position of the log is in the answer (позиция журнала).
    lsn: String,
    /// The moment of the last change in it, or a later one at which there was nothing more (по состоянию на).
    committed_at: Moment,
    /// How old that moment is, milliseconds (отставание).
    lag_ms: i32,
}

impl From<frontier::AsOf> for AsOf {
    fn from(as_of: frontier::AsOf) -> Self {
        Self { lsn: as_of.lsn.to_string(), committed_at: Moment(as_of.committed_at), lag_ms: whole(as_of.lag_ms) }
    }
}

/// Days of a report (период), both included.
#[derive(InputObject, Debug, Clone, Copy)]
pub(crate) struct PeriodInput {
    /// The first day (с).
    from: Day,
    /// The last day (по).
    to: Day,
}

impl From<PeriodInput> for reports::Period {
    fn from(period: PeriodInput) -> Self {
        Self { from: period.from.0, to: period.to.0 }
    }
}

/// Whose figures a report shows (отбор отчёта). An id that ends in `_0` asks for what carries none.
#[derive(InputObject, Debug, Clone, Copy, Default)]
#[expect(clippy::struct_field_names, reason = "the names are those of the API")]
pub(crate) struct ReportScopeInput {
    /// Of this own company (организация).
    company_id: Option<IdOrNone<Company>>,
    /// Through this channel (канал).
    channel_id: Option<IdOrNone<Channel>>,
    /// Of this manager (менеджер).
    manager_id: Option<IdOrNone<Employee>>,
}

/// Which day decides the period (основание).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "reports::gross_profit::Basis")]
pub(crate) enum ReportBasis {
    /// The day an entry was posted for (по проведению).
    Posted,
    /// The day of the original shipment, so late costs restate its month (по отгрузке).
    Shipped,
}

/// Whose figures, of all that the caller may see.
fn filter(ctx: &Context<'_>, input: Option<ReportScopeInput>) -> Result<reports::Filter> {
    let input = input.unwrap_or_default();
    Ok(reports::Filter {
        scope: scope(ctx)?,
        company_id: input.company_id.map(|id| id.number),
        channel_id: input.channel_id.map(|id| id.number),
        manager_id: input.manager_id.map(|id| id.number),
    })
}

/// What every report is asked.
fn ask(ctx: &Context<'_>, after: Option<String>, known_at: Option<Moment>) -> reports::Ask {
    reports::Ask { after, known_at: known_at.map(|at| at.0), language: caller(ctx).language }
}

/// The key of a group: an id that fits the filters, or a month.
fn key<E: Entity>(key: reports::gross_profit::Key) -> String {
    match key {
        reports::gross_profit::Key::Id(id) => Key::of::<E>(id).to_string(),
        other => other.to_string(),
    }
}

/// Questions about freshness.
#[derive(Default)]
pub(crate) struct FrontierQuery;

#[Object]
impl FrontierQuery {
    /// How far the reports have followed the books (актуальность отчётов). Cheap: may be polled.
    async fn frontier(&self, ctx: &Context<'_>) -> Result<AsOf> {
        Ok(services(ctx).reports.as_of().await?.into())
    }
}

/// The reports.
#[derive(MergedObject, Default)]
pub(crate) struct ReportsQuery(
    FrontierQuery,
    active_deals::ActiveDealsQuery,
    balance::BalanceQuery,
    cash_flow::CashFlowQuery,
    entries::EntriesQuery,
    funnel::FunnelQuery,
    gross_profit::GrossProfitQuery,
    income_expense::IncomeExpenseQuery,
    margin_changes::MarginChangesQuery,
    stock::StockQuery,
);
