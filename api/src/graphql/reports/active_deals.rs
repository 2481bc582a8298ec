//! Active deals.

use async_graphql::{Context, Object, SimpleObject};
use shpunt_analytics::reports::active_deals as report;

use super::{AsOf, ReportScopeInput, ask, filter};
use crate::graphql::caller::services;
use crate::graphql::deals::{Deal, DealStage};
use crate::graphql::error::Result;
use crate::graphql::ids::Key;
use crate::graphql::orders::{Order, OrderStatus};
use crate::graphql::scalars::{Day, Moment, Number, whole};

/// A truck of an open deal (заказ активной сделки).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct ActiveDealOrder {
    /// Id of the order (заказ).
    order_id: Key,
    /// Number (номер).
    number: String,
    /// Where it stands (статус); a cancelled one counts nowhere.
    status: OrderStatus,
    /// Planned day of shipping (план отгрузки).
    planned_on: Day,
    /// Day of shipping (дата отгрузки).
    shipped_on: Option<Day>,
    /// Tonnes by the weight of the profile (тонны).
    tonnes: Number,
    /// Roubles with VAT (сумма с НДС).
    amount: Number,
}

impl From<report::Order> for ActiveDealOrder {
    fn from(row: report::Order) -> Self {
        Self {
            order_id: Key::of::<Order>(row.order_id),
            number: row.number,
            status: row.status.into(),
            planned_on: Day(row.planned_on),
            shipped_on: row.shipped_on.map(Day),
            tonnes: Number::tonnes(row.tonnes),
            amount: Number::money(row.amount),
        }
    }
}

/// An open deal (активная сделка): how far it has come. Amounts in roubles with VAT, margins without.
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct ActiveDealRow {
    /// Id of the deal (сделка).
    deal_id: Key,
    /// Number (номер).
    number: String,
    /// What it is about (название).
    title: String,
    /// Who buys (покупатель); the contact while there is none.
    customer: String,
    /// Who leads it now (менеджер); empty when nobody does.
    manager: String,
    /// Where it came from (канал).
    channel: String,
    /// Where it stands (этап).
    stage: DealStage,
    /// First contact (дата обращения).
    opened_at: Moment,
    /// Calendar days at this stage (дней на этапе).
    days_in_stage: i32,
    /// Calendar days since the last stage, change of an order or posting (дней без движения).
    days_without_movement: i32,
    /// What is needed, tonnes (потребность).
    need_tonnes: Number,
    /// What is ordered, tonnes (заказано).
    ordered_tonnes: Number,
    /// What was shipped, tonnes (отгружено).
    shipped_tonnes: Number,
    /// What was paid, as tonnes at the average price (оплачено).
    paid_tonnes: Number,
    /// What is needed (потребность в деньгах).
    need_amount: Number,
    /// What is ordered (заказано на сумму).
    ordered_amount: Number,
    /// What was shipped (отгружено на сумму).
    shipped_amount: Number,
    /// What was paid (оплачено).
    paid_amount: Number,
    /// Planned margin (плановая маржа).
    margin_planned: Number,
    /// Earned margin: revenue less cost and direct expenses of what was shipped (заработанная маржа).
    margin_earned: Number,
    /// Shipped and not paid (долг).
    debt: Number,
    /// Paid and not shipped (аванс).
    advance: Number,
    /// Its trucks by planned day (заказы).
    orders: Vec<ActiveDealOrder>,
}

impl From<report::Row> for ActiveDealRow {
    fn from(row: report::Row) -> Self {
        Self {
            deal_id: Key::of::<Deal>(row.deal_id),
            number: row.number,
            title: row.title,
            customer: row.customer,
            manager: row.manager,
            channel: row.channel,
            stage: row.stage.into(),
            opened_at: Moment(row.opened_at),
            days_in_stage: whole(row.days_in_stage),
            days_without_movement: whole(row.days_without_movement),
            need_tonnes: Number::tonnes(row.need_tonnes),
            ordered_tonnes: Number::tonnes(row.ordered_tonnes),
            shipped_tonnes: Number::tonnes(row.shipped_tonnes),
            paid_tonnes: Number::tonnes(row.paid_tonnes),
            need_amount: Number::money(row.need_amount),
            ordered_amount: Number::money(row.ordered_amount),
            shipped_amount: Number::money(row.shipped_amount),
            paid_amount: Number::money(row.paid_amount),
            margin_planned: Number::money(row.margin_planned),
            margin_earned: Number::money(row.margin_earned),
            debt: Number::money(row.debt),
            advance: Number::money(row.advance),
            orders: row.orders.into_iter().map(ActiveDealOrder::from).collect(),
        }
    }
}

/// The sums over all active deals (итого по активным сделкам).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct ActiveDealsTotal {
    /// How many deals (сделок).
    deals: i32,
    /// What is needed (потребность в деньгах).
    need_amount: Number,
    /// What is ordered (заказано на сумму).
    ordered_amount: Number,
    /// What was shipped (отгружено на сумму).
    shipped_amount: Number,
    /// What was paid (оплачено).
    paid_amount: Number,
    /// Planned margin (плановая маржа).
    margin_planned: Number,
    /// Earned margin (заработанная маржа).
    margin_earned: Number,
    /// Shipped and not paid (долг).
    debt: Number,
    /// Paid and not shipped (аванс).
    advance: Number,
}

impl From<report::Total> for ActiveDealsTotal {
    fn from(total: report::Total) -> Self {
        Self {
            deals: whole(total.deals),
            need_amount: Number::money(total.need_amount),
            ordered_amount: Number::money(total.ordered_amount),
            shipped_amount: Number::money(total.shipped_amount),
            paid_amount: Number::money(total.paid_amount),
            margin_planned: Number::money(total.margin_planned),
            margin_earned: Number::money(total.margin_earned),
            debt: Number::money(total.debt),
            advance: Number::money(total.advance),
        }
    }
}

/// Every open deal (отчёт об активных сделках).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct ActiveDealsReport {
    /// The oldest deal first (строки).
    rows: Vec<ActiveDealRow>,
    /// The whole (итого).
    total: ActiveDealsTotal,
    /// What it is complete for (актуальность).
    as_of: AsOf,
}

/// The question of active deals.
#[derive(Default)]
pub(crate) struct ActiveDealsQuery;

#[Object]
impl ActiveDealsQuery {
    /// Every open deal with its trucks, margin, debt and days without movement (активные сделки); a manager sees the own ones.
    async fn active_deals_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "filter", desc = "Whose deals (отбор).")] input: Option<ReportScopeInput>,
        #[graphql(desc = "A consistency token: waits at most two seconds for its change (токен согласованности).")] after: Option<
            String,
        >,
    ) -> Result<Option<ActiveDealsReport>> {
        let services = services(ctx);
        let answer = services.reports.active_deals(&ask(ctx, after, None), &filter(ctx, input)?, (services.clock)()).await?;
        Ok(Some(ActiveDealsReport {
            rows: answer.data.rows.into_iter().map(ActiveDealRow::from).collect(),
            total: answer.data.total.into(),
            as_of: answer.as_of.into(),
        }))
    }
}
