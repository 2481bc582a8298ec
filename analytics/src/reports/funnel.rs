//! The funnel (воронка): what became of the deals opened in a period, where deals stand, how long a stage takes.
//!
//! Built from the log of stages, never from the present stage: a skipped stage counts as reached, a step back does not un-reach.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::Deserialize;
use shpunt_domain::deals::Stage;
use shpunt_domain::money;

use super::ask::months_of;
use super::gross_profit::Key;
use super::query::Conditions;
use super::{Answer, Ask, Error, Filter, Language, Period, Reports, exact};

/// What a group stands for (разрез).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    /// Канал of the deal.
    Channel,
    /// Present manager of the deal.
    Manager,
    /// Month of the first contact.
    Month,
}

/// A stage (этап).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageRow {
    /// Which.
    pub stage: Stage,
    /// Сейчас: deals of any age that stood here at the end of the period.
    pub current: i64,
    /// Their need, roubles with VAT.
    pub current_amount: Decimal,
    /// Дошли: deals of the cohort that got here or beyond; of *lost*, those that were lost.
    pub reached: i64,
    /// Конверсия, % of those that reached the stage before; none for the first, for *lost*, and of nobody.
    pub conversion_from_previous: Option<Decimal>,
    /// % of the cohort; none of nobody.
    pub conversion_from_first: Option<Decimal>,
    /// Median time of the cohort's finished stays, hours with two places; none when nobody has left.
    pub median_hours: Option<Decimal>,
    /// 90th percentile of the same.
    pub p90_hours: Option<Decimal>,
}

/// A group of the cohort.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRow {
    /// Which.
    pub key: Key,
    /// Its name; of a month its key.
    pub label: String,
    /// Заявки = won + lost + open.
    pub leads: i64,
    /// Reached *qualified* or beyond.
    pub qualified: i64,
    /// Выиграно.
    pub won: i64,
    /// Проиграно.
    pub lost: i64,
    /// В работе.
    pub open: i64,
    /// Доля побед, % = won ÷ (won + lost) (domain 3.7); none while nothing is decided.
    pub win_percent: Option<Decimal>,
    /// Need of the won deals, roubles with VAT.
    pub won_amount: Decimal,
}

/// The report. The cohort is the deals opened in the period, by the calendar of their company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Funnel {
    /// Заявки: the size of the cohort.
    pub leads: i64,
    /// Of them won.
    pub won: i64,
    /// Of them lost.
    pub lost: i64,
    /// Of them still open.
    pub open: i64,
    /// Every stage in the order of the funnel.
    pub stages: Vec<StageRow>,
    /// Months in order without gaps; others by leads, the most first.
    pub groups: Vec<GroupRow>,
}

impl Reports {
    /// The funnel of a period. `known_at` is not looked at.
    ///
    /// # Errors
    /// Those of every report: [`Error`].
    pub async fn funnel(&self, ask: &Ask, filter: &Filter, period: Period, group: Group) -> Result<Answer<Funnel>, Error> {
        let period = period.check()?;
        let moment = self.begin(&Ask { known_at: None, ..ask.clone() }).await?;
        let deals = Conditions::default().deals(filter);
        let conditions = moment.visible().bind("from", period.from).bind("to", period.to).values_of(&deals);
        let deals = deals.sql();
        let (outcomes, stays, standing) = (outcomes(&deals, group), stays(&deals), standing(&deals));
        let (outcomes, stays, standing) = tokio::try_join!(
            self.read::<Outcome>(&outcomes, &conditions),
            self.read::<Stay>(&stays, &conditions),
            self.read::<Standing>(&standing, &conditions),
        )?;
        Ok(Answer { as_of: moment.as_of, data: report(&outcomes, &stays, &standing, group, ask.language)? })
    }
}

impl Group {
    const fn key(self) -> &'static str {
        match self {
            Self::Channel => "channel_id",
            Self::Manager => "employee_id",
            Self::Month => "toUInt64(toYYYYMM(opened_on))",
        }
    }

    const fn names(self) -> &'static str {
        match self {
            Self::Channel => "select channel_id as key, name as label from cur_channels",
            Self::Manager => "select employee_id as key, name as label from cur_employees",
            Self::Month => "select toUInt64(0) as key, '' as label",
        }
    }

    const fn none(self, language: Language) -> &'static str {
        match self {
            Self::Channel => language.pick("Без канала", "No channel"),
            Self::Manager => language.pick("Без менеджера", "No manager"),
            Self::Month => "",
        }
    }
}

/// Deals with the day of their first contact by the calendar of their company.
fn dated(deals: &str) -> String {
    format!(
        "select deal_id, channel_id, employee_id, need_gross, utc_offset_minutes,
            toDate(addMinutes(opened_at, utc_offset_minutes)) as opened_on
         from (select * from cur_deals where {deals}) as d
         inner join (select company_id, utc_offset_minutes from cur_companies) as c using company_id"
    )
}

/// The log with the place of every stage in the funnel.
fn log() -> String {
    let stages: Vec<_> = Stage::ALL.iter().map(|stage| format!("'{}'", stage.as_str())).collect();
    format!(
        "select deal_id, transition_id, at, toUInt8(indexOf([{}], toString(to_stage)) - 1) as place
         from raw_stage_transitions where _lsn < {{frontier:UInt64}}",
        stages.join(", ")
    )
}

const WON: usize = Stage::Won.index();
const LOST: usize = Stage::Lost.index();

/// What became of the cohort, by group. The last row of the log counts, whatever moment it states: a win may be dated before the
/// first contact.
fn outcomes(deals: &str, group: Group) -> String {
    let (dated, log, key, names) = (dated(deals), log(), group.key(), group.names());
    let reached: Vec<_> = (0..=WON).map(|place| format!("countIf(furthest >= {place})")).collect();
    format!(
        "select groups.key as key, names.label as label, leads, won, lost, won_amount, reached
         from (
            select {key} as key, count() as leads, countIf(last = {WON}) as won, countIf(last = {LOST}) as lost,
                sumIf(need_gross, last = {WON})::Decimal(38, 2) as won_amount, [{}] as reached
            from ({dated}) as d
            inner join (
                select deal_id, argMax(place, transition_id) as last, maxIf(place, place < {LOST}) as furthest
                from ({log}) group by deal_id) as l using deal_id
            where opened_on between {{from:Date}} and {{to:Date}}
            group by key) as groups
         left join ({names}) as names on names.key = groups.key",
        reached.join(", ")
    )
}

/// How long the cohort stayed at each stage it has left: all visits of a deal together, in tenths of milliseconds. A stay that
/// ends before it begins is an error of the source and says nothing about time.
fn stays(deals: &str) -> String {
    let (dated, log) = (dated(deals), log());
    // The value at the share `tenths` of the way from the least to the greatest, between two neighbours in proportion.
    let quantile = |tenths: u8| {
        format!(
            "(sorted[intDiv({tenths} * (n - 1), 10) + 1] as lower{tenths}) * 10
             + (sorted[intDiv({tenths} * (n - 1), 10) + 2] - lower{tenths}) * ({tenths} * (n - 1) % 10)"
        )
    };
    format!(
        "select place, toInt64({}) as median, toInt64({}) as p90
         from (
            select place, arraySort(groupArray(spent)) as sorted, toInt64(count()) as n
            from (
                select place, sum(left - came) as spent
                from (
                    select deal_id, place, toUnixTimestamp64Milli(at) as came, argMax(place, transition_id) over deal as last,
                        leadInFrame(toNullable(toUnixTimestamp64Milli(at))) over (
                            partition by deal_id order by transition_id rows between current row and unbounded following) as left
                    from ({log})
                    where deal_id in (select deal_id from ({dated}) where opened_on between {{from:Date}} and {{to:Date}})
                    window deal as (partition by deal_id))
                where left is not null
                group by deal_id, place, last
                having place <> last and min(left - came) >= 0)
            group by place)",
        quantile(5),
        quantile(9)
    )
}

/// Where the deals opened by the end of the period stood at its end.
fn standing(deals: &str) -> String {
    let (dated, log) = (dated(deals), log());
    format!(
        "select last as place, count() as deals, sum(need)::Decimal(38, 2) as amount
         from (
            select deal_id, any(need_gross) as need, argMax(place, transition_id) as last
            from ({dated}) as d inner join ({log}) as l using deal_id
            where opened_on <= {{to:Date}} and toDate(addMinutes(at, utc_offset_minutes)) <= {{to:Date}}
            group by deal_id)
         group by place"
    )
}

#[derive(Debug, Clone, Default, clickhouse::Row, Deserialize)]
struct Outcome {
    key: u64,
    label: String,
    leads: u64,
    won: u64,
    lost: u64,
    #[serde(deserialize_with = "exact::roubles")]
    won_amount: Decimal,
    /// By place of the stage.
    reached: Vec<u64>,
}

#[derive(Debug, clickhouse::Row, Deserialize)]
struct Stay {
    place: u8,
    median: i64,
    p90: i64,
}

#[derive(Debug, clickhouse::Row, Deserialize)]
struct Standing {
    place: u8,
    deals: u64,
    #[serde(deserialize_with = "exact::roubles")]
    amount: Decimal,
}

fn report(
    outcomes: &[Outcome],
    stays: &[Stay],
    standing: &[Standing],
    group: Group,
    language: Language,
) -> Result<Funnel, Error> {
    let sum = |pick: &dyn Fn(&Outcome) -> u64| exact::number(outcomes.iter().map(pick).sum());
    let (leads, won, lost) = (sum(&|group| group.leads)?, sum(&|group| group.won)?, sum(&|group| group.lost)?);
    let mut stages: Vec<StageRow> = Vec::with_capacity(Stage::ALL.len());
    for stage in Stage::ALL {
        let place = stage.index();
        let reached = if stage == Stage::Lost { lost } else { sum(&|group| group.reached.get(place).copied().unwrap_or(0))? };
        let before = stages.last().filter(|_| stage != Stage::Lost).map(|before| before.reached);
        let stay = stays.iter().find(|stay| usize::from(stay.place) == place);
        let here = standing.iter().find(|here| usize::from(here.place) == place);
        stages.push(StageRow {
            stage,
            current: exact::number(here.map_or(0, |here| here.deals))?,
            current_amount: here.map_or(Decimal::ZERO, |here| here.amount),
            reached,
            conversion_from_previous: before.and_then(|before| exact::percent(reached.into(), before.into())),
            conversion_from_first: exact::percent(reached.into(), leads.into()),
            median_hours: stay.map(|stay| hours(stay.median)),
            p90_hours: stay.map(|stay| hours(stay.p90)),
        });
    }
    Ok(Funnel { leads, won, lost, open: leads - won - lost, stages, groups: groups(outcomes, group, language)? })
}

/// Tenths of milliseconds as hours.
fn hours(tenths: i64) -> Decimal {
    money::round(Decimal::from(tenths) / Decimal::from(36_000_000))
}

fn groups(outcomes: &[Outcome], group: Group, language: Language) -> Result<Vec<GroupRow>, Error> {
    if group == Group::Month {
        let known = outcomes.iter().map(|outcome| Ok((exact::month(outcome.key)?, outcome)));
        let known = known.collect::<Result<BTreeMap<_, _>, Error>>()?;
        let none = Outcome::default();
        let row = |month| known.get(&month).copied().unwrap_or(&none).row(Key::Month(month), month.to_string());
        return months_of(&known).map(row).collect();
    }
    let row = |outcome: &Outcome| {
        let label = if outcome.key == 0 { group.none(language) } else { &outcome.label };
        outcome.row(Key::Id(exact::number(outcome.key)?), label.to_owned())
    };
    let mut rows = outcomes.iter().map(row).collect::<Result<Vec<_>, Error>>()?;
    rows.sort_by(|a, b| b.leads.cmp(&a.leads).then(a.key.cmp(&b.key)));
    Ok(rows)
}

impl Outcome {
    fn row(&self, key: Key, label: String) -> Result<GroupRow, Error> {
        let (leads, won, lost) = (exact::number(self.leads)?, exact::number(self.won)?, exact::number(self.lost)?);
        Ok(GroupRow {
            key,
            label,
            leads,
            qualified: exact::number(self.reached.get(Stage::Qualified.index()).copied().unwrap_or(0))?,
            won,
            lost,
            open: leads - won - lost,
            win_percent: exact::percent(won.into(), (won + lost).into()),
            won_amount: self.won_amount,
        })
    }
}
