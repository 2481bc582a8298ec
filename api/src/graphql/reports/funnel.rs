//! The funnel.

use async_graphql::{Context, Enum, Object, SimpleObject};
use shpunt_analytics::reports::funnel::{self as report, Group};

use super::{AsOf, PeriodInput, ReportScopeInput, ask, filter, key};
use crate::graphql::access::Employee;
use crate::graphql::caller::services;
use crate::graphql::deals::DealStage;
use crate::graphql::error::Result;
use crate::graphql::marketing::Channel;
use crate::graphql::scalars::{Number, whole};

/// What a group of the funnel stands for (разрез воронки).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Group")]
pub(crate) enum FunnelGroup {
    /// The channel of the deal (канал).
    Channel,
    /// The present manager of the deal (менеджер).
    Manager,
    /// The month of the first contact (месяц обращения).
    Month,
}

/// A stage of the funnel (этап воронки).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct FunnelStage {
    /// Which (этап).
    stage: DealStage,
    /// Deals of any age that stood here at the end of the period (сейчас).
    current: i32,
    /// What they need, roubles with VAT (сумма сейчас).
    current_amount: Number,
    /// Deals of the cohort that got here or beyond; of `LOST`, those that were lost (дошли).
    reached: i32,
    /// Percent of those that reached the stage before (конверсия из предыдущего); null for the first, for `LOST` and of nobody.
    conversion_from_previous: Option<Number>,
    /// Percent of the cohort (конверсия из первого); null of nobody.
    conversion_from_first: Option<Number>,
    /// Median time of finished stays, hours (медиана времени на этапе); null when nobody has left.
    median_hours: Option<Number>,
    /// Nine of ten finished stays were not longer, hours (девятый дециль времени на этапе).
    p90_hours: Option<Number>,
}

impl From<report::StageRow> for FunnelStage {
    fn from(row: report::StageRow) -> Self {
        Self {
            stage: row.stage.into(),
            current: whole(row.current),
            current_amount: Number::money(row.current_amount),
            reached: whole(row.reached),
            conversion_from_previous: row.conversion_from_previous.map(Number),
            conversion_from_first: row.conversion_from_first.map(Number),
            median_hours: row.median_hours.map(Number),
            p90_hours: row.p90_hours.map(Number),
        }
    }
}

/// A group of the cohort (группа воронки).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct FunnelGroupRow {
    /// Which: an id that fits the filters, or the first day of a month (ключ).
    key: String,
    /// Its name (название).
    label: String,
    /// Deals opened in the period: won + lost + open (заявки).
    leads: i32,
    /// Reached `QUALIFIED` or beyond (квалифицировано).
    qualified: i32,
    /// Won (выиграно).
    won: i32,
    /// Lost (проиграно).
    lost: i32,
    /// Still open (в работе).
    open: i32,
    /// Percent won of those decided (доля побед); null while nothing is decided.
    win_percent: Option<Number>,
    /// What the won deals needed, roubles with VAT (сумма выигранных).
    won_amount: Number,
}

impl FunnelGroupRow {
    fn of(row: report::GroupRow, group: Group) -> Self {
        let key = match group {
            Group::Channel => key::<Channel>(row.key),
            Group::Manager => key::<Employee>(row.key),
            Group::Month => row.key.to_string(),
        };
        Self {
            key,
            label: row.label,
            leads: whole(row.leads),
            qualified: whole(row.qualified),
            won: whole(row.won),
            lost: whole(row.lost),
            open: whole(row.open),
            win_percent: row.win_percent.map(Number),
            won_amount: Number::money(row.won_amount),
        }
    }
}

/// What became of the deals opened in a period, where deals stand, how long a stage takes (отчёт о воронке).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct FunnelReport {
    /// Deals opened in the period (заявки).
    leads: i32,
    /// Of them won (выиграно).
    won: i32,
    /// Of them lost (проиграно).
    lost: i32,
    /// Of them still open (в работе).
    open: i32,
    /// Every stage in the order of the funnel (этапы).
    stages: Vec<FunnelStage>,
    /// Months in order without gaps; other groups by leads, the most first (группы).
    groups: Vec<FunnelGroupRow>,
    /// What it is complete for (актуальность).
    as_of: AsOf,
}

/// The question of the funnel.
#[derive(Default)]
pub(crate) struct FunnelQuery;

#[Object]
impl FunnelQuery {
    /// The funnel of the deals opened in a period (воронка продаж); a manager sees the own ones.
    async fn funnel_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "First contacts of which days (период).")] period: PeriodInput,
        #[graphql(desc = "What a group stands for (разрез).")] group_by: FunnelGroup,
        #[graphql(name = "filter", desc = "Whose deals (отбор).")] input: Option<ReportScopeInput>,
        #[graphql(desc = "A consistency token: waits at most two seconds for its change (токен согласованности).")] after: Option<
            String,
        >,
    ) -> Result<Option<FunnelReport>> {
        let (ask, group) = (ask(ctx, after, None), Group::from(group_by));
        let answer = services(ctx).reports.funnel(&ask, &filter(ctx, input)?, period.into(), group).await?;
        let funnel = answer.data;
        Ok(Some(FunnelReport {
            leads: whole(funnel.leads),
            won: whole(funnel.won),
            lost: whole(funnel.lost),
            open: whole(funnel.open),
            stages: funnel.stages.into_iter().map(FunnelStage::from).collect(),
            groups: funnel.groups.into_iter().map(|row| FunnelGroupRow::of(row, group)).collect(),
            as_of: answer.as_of.into(),
        }))
    }
}
