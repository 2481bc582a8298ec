//! Gross profit.

use async_graphql::{ComplexObject, Context, Enum, Object, SimpleObject};
use shpunt_analytics::reports::bridge::{Bridge, Part};
use shpunt_analytics::reports::gross_profit::{self as report, Group};
use shpunt_analytics::reports::{Ask, Filter, Period};

use super::{AsOf, PeriodInput, ReportBasis, ReportScopeInput, ask, filter, key};
use crate::graphql::access::Employee;
use crate::graphql::batches::Batch;
use crate::graphql::caller::services;
use crate::graphql::catalog::Product;
use crate::graphql::deals::Deal;
use crate::graphql::error::Result;
use crate::graphql::orders::{Order, OrderLine};
use crate::graphql::parties::Party;
use crate::graphql::scalars::{Moment, Number, whole};

/// What a row of gross profit stands for (разрез).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Group")]
pub(crate) enum GrossProfitGroup {
    /// A deal (сделка).
    Deal,
    /// An order (заказ).
    Order,
    /// A line of an order (строка заказа).
    OrderLine,
    /// A batch (серия).
    Batch,
    /// Goods or a service (номенклатура).
    Product,
    /// A customer (покупатель).
    Customer,
    /// The manager at posting (менеджер).
    Manager,
    /// A month of the basis (месяц).
    Month,
}

/// One group of gross profit (строка валовой прибыли), in roubles.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct GrossProfitRow {
    /// Which group: an id that fits the filters, the first day of a month, or `total` (ключ).
    key: String,
    /// Its name (название).
    label: String,
    /// Revenue without VAT (выручка).
    revenue: Number,
    /// Revenue with VAT (выручка с НДС).
    revenue_with_vat: Number,
    /// Cost of the goods without VAT (себестоимость).
    cogs: Number,
    /// Cost of the goods with VAT (себестоимость с НДС).
    cogs_with_vat: Number,
    /// Revenue less cost, without VAT (валовая прибыль).
    gross_profit: Number,
    /// Revenue less cost, with VAT (валовая прибыль с НДС).
    gross_profit_with_vat: Number,
    /// Direct expenses of the orders, without VAT (прямые расходы).
    direct_expenses: Number,
    /// Gross profit less direct expenses (маржинальный доход).
    contribution: Number,
    /// Gross profit in percent of revenue (рентабельность); null without revenue.
    margin_percent: Option<Number>,
    /// Gross profit in percent of cost (наценка); null without cost.
    markup_percent: Option<Number>,
    /// Sold tonnes by the weight of the profile (тонны).
    tonnes: Number,
    /// Gross profit of a tonne (валовая прибыль на тонну); zero where no tonnes were sold.
    gross_profit_per_tonne: Number,
    /// Sold metres (метры).
    metres: Number,
    /// Sold pieces (штуки).
    pieces: i32,
    /// Contribution in percent of revenue (маржинальный доход, %); null without revenue.
    contribution_percent: Option<Number>,
    /// Contribution of a tonne (маржинальный доход на тонну); null where no tonnes were sold.
    contribution_per_tonne: Option<Number>,
    /// Contribution of a metre (на метр); null where no metres were sold.
    contribution_per_metre: Option<Number>,
    /// Contribution of a piece (на штуку); null where no pieces were sold.
    contribution_per_piece: Option<Number>,
}

impl GrossProfitRow {
    fn of(row: report::Row, group: Group) -> Self {
        let key = match group {
            Group::Deal => key::<Deal>(row.key),
            Group::Order => key::<Order>(row.key),
            Group::OrderLine => key::<OrderLine>(row.key),
            Group::Batch => key::<Batch>(row.key),
            Group::Product => key::<Product>(row.key),
            Group::Customer => key::<Party>(row.key),
            Group::Manager => key::<Employee>(row.key),
            Group::Month => row.key.to_string(),
        };
        Self {
            key,
            label: row.label,
            revenue: Number::money(row.revenue),
            revenue_with_vat: Number::money(row.revenue_with_vat),
            cogs: Number::money(row.cogs),
            cogs_with_vat: Number::money(row.cogs_with_vat),
            gross_profit: Number::money(row.gross_profit),
            gross_profit_with_vat: Number::money(row.gross_profit_with_vat),
            direct_expenses: Number::money(row.direct_expenses),
            contribution: Number::money(row.contribution),
            margin_percent: row.margin_percent.map(Number),
            markup_percent: row.markup_percent.map(Number),
            tonnes: Number::tonnes(row.tonnes),
            gross_profit_per_tonne: Number::money(row.gross_profit_per_tonne),
            metres: Number(row.metres.normalize()),
            pieces: whole(row.pieces),
            contribution_percent: row.contribution_percent.map(Number),
            contribution_per_tonne: row.contribution_per_tonne.map(Number::money),
            contribution_per_metre: row.contribution_per_metre.map(Number::money),
            contribution_per_piece: row.contribution_per_piece.map(Number::money),
        }
    }
}

/// A step of the bridge (слагаемое моста), in roubles without VAT.
#[derive(SimpleObject, Debug, Clone, Copy)]
pub(crate) struct GrossProfitPart {
    /// Revenue (выручка).
    revenue: Number,
    /// Cost of the goods (себестоимость).
    cogs: Number,
    /// Direct expenses of the orders (прямые расходы).
    direct_expenses: Number,
    /// Revenue less cost (валовая прибыль).
    gross_profit: Number,
    /// Gross profit less direct expenses (маржинальный доход).
    contribution: Number,
}

impl From<Part> for GrossProfitPart {
    fn from(part: Part) -> Self {
        Self {
            revenue: Number::money(part.revenue),
            cogs: Number::money(part.cogs),
            direct_expenses: Number::money(part.direct_expenses),
            gross_profit: Number::money(part.gross_profit()),
            contribution: Number::money(part.contribution()),
        }
    }
}

/// From gross profit by posting to that by shipment (мост): `shipped` = `posted` − `ofOtherPeriods` + `inOtherPeriods`, to the kopeck.
#[derive(SimpleObject, Debug, Clone, Copy)]
pub(crate) struct GrossProfitBridge {
    /// What was posted for days of the period (по проведению).
    posted: GrossProfitPart,
    /// Of that, what belongs to shipments of other periods, such as late costs (за отгрузки других периодов).
    of_other_periods: GrossProfitPart,
    /// What belongs to shipments of the period and was posted for other days (проведено в других периодах).
    in_other_periods: GrossProfitPart,
    /// What belongs to shipments of the period (по отгрузке).
    shipped: GrossProfitPart,
}

impl From<Bridge> for GrossProfitBridge {
    fn from(bridge: Bridge) -> Self {
        Self {
            posted: bridge.posted.into(),
            of_other_periods: bridge.of_other_periods.into(),
            in_other_periods: bridge.in_other_periods.into(),
            shipped: bridge.shipped.into(),
        }
    }
}

/// Gross profit of a period (отчёт о валовой прибыли).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct GrossProfitReport {
    /// Months in order without gaps; other groups by gross profit, the best first (строки).
    rows: Vec<GrossProfitRow>,
    /// The whole (итого): percents of the sums, never means of percents.
    total: GrossProfitRow,
    /// What it is complete for (актуальность).
    as_of: AsOf,
    #[graphql(skip)]
    asked: Asked,
}

/// What was asked.
#[derive(Debug, Clone)]
struct Asked {
    ask: Ask,
    filter: Filter,
    period: Period,
}

#[ComplexObject]
impl GrossProfitReport {
    /// Why the two bases differ (мост между основаниями); over all time they are equal. Read by itself: while entries arrive it may know of
    /// more than the rows.
    async fn bridge(&self, ctx: &Context<'_>) -> Result<GrossProfitBridge> {
        let Asked { ask, filter, period } = &self.asked;
        Ok(services(ctx).reports.gross_profit_bridge(ask, filter, *period).await?.data.into())
    }
}

/// The question of gross profit.
#[derive(Default)]
pub(crate) struct GrossProfitQuery;

#[Object]
impl GrossProfitQuery {
    /// Gross profit by deal, order, batch, product, customer, manager or month (валовая прибыль); a manager sees the own deals and the team's.
    #[expect(clippy::too_many_arguments, reason = "they are the arguments of the field")]
    async fn gross_profit_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which days (период).")] period: PeriodInput,
        #[graphql(desc = "What a row stands for (разрез).")] group_by: GrossProfitGroup,
        #[graphql(default_with = "ReportBasis::Posted", desc = "Which day decides the period (основание).")] basis: ReportBasis,
        #[graphql(name = "filter", desc = "Whose figures (отбор).")] input: Option<ReportScopeInput>,
        #[graphql(desc = "As it was known at this moment (как было известно).")] known_at: Option<Moment>,
        #[graphql(desc = "A consistency token: waits at most two seconds for its change (токен согласованности).")] after: Option<
            String,
        >,
    ) -> Result<Option<GrossProfitReport>> {
        let (ask, filter, group) = (ask(ctx, after, known_at), filter(ctx, input)?, Group::from(group_by));
        let period = Period::from(period);
        let answer = services(ctx).reports.gross_profit(&ask, &filter, period, group, basis.into()).await?;
        Ok(Some(GrossProfitReport {
            rows: answer.data.rows.into_iter().map(|row| GrossProfitRow::of(row, group)).collect(),
            total: GrossProfitRow::of(answer.data.total, group),
            as_of: answer.as_of.into(),
            asked: Asked { ask, filter, period },
        }))
    }
}
