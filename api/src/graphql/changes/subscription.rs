//! What can be listened to (подписки).
//!
//! A change is told when the change stream has carried it, so a report asked `after` its token holds it. Where changes were too many to
//! be told one by one, or were missed, the entity is null: read anew what you show.

use std::sync::Arc;

use async_graphql::{Context, Enum, SimpleObject, Subscription};
use futures::stream::{self, Stream, StreamExt as _};
use shpunt_analytics::reports;
use shpunt_domain::access::Scope;

use super::{Event, Hub};
use crate::graphql::caller::{caller, scope};
use crate::graphql::companies::Company;
use crate::graphql::deals::Deal;
use crate::graphql::error::Result;
use crate::graphql::ids::Id;
use crate::graphql::loaders::Reading;
use crate::graphql::orders::Order;
use crate::graphql::permissions;
use crate::graphql::scalars::Moment;

/// A deal changed: itself, its orders or its money (изменение сделки).
#[derive(SimpleObject, Debug)]
pub(crate) struct DealChange {
    /// The deal as it is now (сделка); null when more changed than is told one by one: read anew what you show.
    deal: Option<Deal>,
    /// Give it to a report as `after`: the change is in it (токен согласованности).
    consistency_token: String,
    /// When it was committed (время изменения).
    committed_at: Moment,
}

/// An order changed: itself, its lines or its money (изменение заказа).
#[derive(SimpleObject, Debug)]
pub(crate) struct OrderChange {
    /// The order as it is now (заказ); null when more changed than is told one by one: read anew what you show.
    order: Option<Order>,
    /// Give it to a report as `after`: the change is in it (токен согласованности).
    consistency_token: String,
    /// When it was committed (время изменения).
    committed_at: Moment,
}

/// A report may show something else now (изменение отчёта).
#[derive(SimpleObject, Debug)]
pub(crate) struct ReportChange {
    /// Which one (отчёт).
    report: ReportKind,
    /// Give it to the report as `after`: the change is in it (токен согласованности).
    consistency_token: String,
    /// When it was committed (время изменения).
    committed_at: Moment,
}

/// A report (отчёт).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "reports::Report")]
pub(crate) enum ReportKind {
    /// `grossProfitReport` (валовая прибыль).
    GrossProfit,
    /// `activeDealsReport` (сделки в работе).
    ActiveDeals,
    /// `funnelReport` (воронка).
    Funnel,
    /// `cashFlowReport` (движение денег).
    CashFlow,
    /// `incomeExpenseReport` (доходы и расходы).
    IncomeExpense,
    /// `balanceReport` (баланс).
    Balance,
    /// `stockReport` (остатки).
    Stock,
    /// `marginChanges` (изменения маржи).
    MarginChanges,
}

impl ReportKind {
    /// The field that answers it: what it asks of the caller, listening asks too.
    const fn field(self) -> &'static str {
        match self {
            Self::GrossProfit => "grossProfitReport",
            Self::ActiveDeals => "activeDealsReport",
            Self::Funnel => "funnelReport",
            Self::CashFlow => "cashFlowReport",
            Self::IncomeExpense => "incomeExpenseReport",
            Self::Balance => "balanceReport",
            Self::Stock => "stockReport",
            Self::MarginChanges => "marginChanges",
        }
    }
}

/// What can be listened to of changes.
#[derive(Default)]
pub(crate) struct ChangesSubscription;

/// What can be listened to of changes (подписки).
#[Subscription]
#[expect(clippy::unused_async, reason = "the macro awaits what begins a stream")]
impl ChangesSubscription {
    /// Deals as they change (изменения сделок), one at a time; a manager hears of the own ones.
    async fn deal_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only this one (сделка).")] id: Option<Id<Deal>>,
    ) -> Result<impl Stream<Item = DealChange>> {
        let changes = heard(ctx)?.then(move |(event, missed, scope)| async move {
            let (consistency_token, committed_at) = when(&event);
            let of = |deal| DealChange { deal, consistency_token: consistency_token.clone(), committed_at };
            let rows = if missed { None } else { told(event.deals(&scope).await) };
            let is_wanted = |number: i64| id.is_none_or(|id| id.number == number);
            match rows {
                Some(rows) => {
                    rows.iter().filter(|(number, _)| is_wanted(**number)).map(|(_, row)| of(Some(row.clone()))).collect()
                }
                None => vec![of(None)],
            }
        });
        Ok(one_by_one(ctx, changes))
    }

    /// Orders as they change (изменения заказов), one at a time; a manager hears of those of the own deals and the team's.
    async fn order_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only this one (заказ).")] id: Option<Id<Order>>,
        #[graphql(desc = "Only those of this deal (сделка).")] deal_id: Option<Id<Deal>>,
    ) -> Result<impl Stream<Item = OrderChange>> {
        let changes = heard(ctx)?.then(move |(event, missed, scope)| async move {
            let (consistency_token, committed_at) = when(&event);
            let of = |order| OrderChange { order, consistency_token: consistency_token.clone(), committed_at };
            let rows = if missed { None } else { told(event.orders(&scope).await) };
            let is_wanted = |number: i64, order: &Order| {
                id.is_none_or(|id| id.number == number) && deal_id.is_none_or(|deal| order.is_of(deal))
            };
            match rows {
                Some(rows) => {
                    rows.iter().filter(|(number, row)| is_wanted(**number, row)).map(|(_, row)| of(Some(row.clone()))).collect()
                }
                None => vec![of(None)],
            }
        });
        Ok(one_by_one(ctx, changes))
    }

    /// Tells when a report may show something else (изменения отчёта); ask it again then. A manager is told of changes of the own deals and the team's.
    async fn report_changed(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one (отчёт).")] report: ReportKind,
        #[graphql(desc = "Only what concerns this own company (организация).")] company_id: Option<Id<Company>>,
    ) -> Result<impl Stream<Item = ReportChange>> {
        permissions::check_field("Query", report.field(), caller(ctx).actor().as_ref())?;
        let (sources, company_id) = (reports::Report::from(report).sources(), company_id.map(|id| id.number));
        Ok(heard(ctx)?.filter_map(move |(event, missed, scope)| async move {
            let concerns = missed || (event.changes.concern(sources, company_id) && is_seen(&event, &scope).await);
            let (consistency_token, committed_at) = when(&event);
            concerns.then_some(ReportChange { report, consistency_token, committed_at })
        }))
    }
}

/// Every change from now on, whether some before it were missed, and whose rows the listener may see.
fn heard(ctx: &Context<'_>) -> Result<impl Stream<Item = (Arc<Event>, bool, Scope)> + Send + use<>> {
    let (hub, scope) = (ctx.data_unchecked::<Hub>(), scope(ctx)?);
    Ok(stream::unfold((hub.listen(), scope), |(mut listener, scope)| async move {
        let (event, missed) = listener.next().await?;
        Some(((event, missed, scope.clone()), (listener, scope)))
    }))
}

/// The parts of every change; what hangs on one is read anew for each.
fn one_by_one<T: Send, S: Stream<Item = Vec<T>> + Send>(
    ctx: &Context<'_>,
    changes: S,
) -> impl Stream<Item = T> + Send + use<T, S> {
    let reading: &Arc<Reading> = ctx.data_unchecked();
    let reading = Arc::clone(reading);
    changes.flat_map(stream::iter).map(move |change| {
        reading.forget();
        change
    })
}

/// What to wait for, and when it was committed.
fn when(event: &Event) -> (String, Moment) {
    (event.changes.lsn.to_string(), Moment(event.changes.committed_at))
}

/// The rows of a change; when they cannot be read the listener has to, as when they are too many.
fn told<T>(rows: shpunt_domain::Result<Option<T>>) -> Option<T> {
    rows.unwrap_or_else(|error| {
        tracing::warn!(%error, "the rows of a change cannot be read");
        None
    })
}

/// Whether the change touches a deal that `scope` may see: of others not even that something happened is told.
async fn is_seen(event: &Event, scope: &Scope) -> bool {
    *scope == Scope::All || told(event.deals(scope).await).is_none_or(|deals| !deals.is_empty())
}
