//! The funnel (воронка): what became of the deals opened in a period, where deals stand, how long a stage takes.
//!
//! Built from the log of stages, never from the present stage: a skipped stage counts as reached, a step back does not un-reach.

mod statements;

use std::collections::BTreeMap;

use chrono::{Days, NaiveTime};
use rust_decimal::Decimal;
use shpunt_domain::deals::Stage;
use shpunt_domain::money;

use statements::{Fate, Stay};

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
        let midnight = (period.to + Days::new(1)).and_time(NaiveTime::MIN).and_utc();
        let conditions = moment
            .visible()
            .bind("from", period.from)
            .bind("to", period.to)
            .bind("end", midnight.timestamp_millis())
            .values_of(&deals);
        let (fates, stays) = (statements::fates(&deals.sql(), group), statements::stays(&deals.sql()));
        let (fates, stays) = tokio::try_join!(self.read::<Fate>(&fates, &conditions), self.read::<Stay>(&stays, &conditions))?;
        Ok(Answer { as_of: moment.as_of, data: report(&fates, &stays, group, ask.language)? })
    }
}

impl Group {
    const fn none(self, language: Language) -> &'static str {
        match self {
            Self::Channel => language.pick("Без канала", "No channel"),
            Self::Manager => language.pick("Без менеджера", "No manager"),
            Self::Month => "",
        }
    }
}

const WON: usize = Stage::Won.index();
const LOST: usize = Stage::Lost.index();

/// What became of the cohort or a part of it.
#[derive(Debug, Clone, Default)]
struct Outcome {
    label: String,
    leads: u64,
    won: u64,
    lost: u64,
    won_amount: Decimal,
    /// By place of the stage, *lost* not among them.
    reached: [u64; LOST],
}

impl Outcome {
    fn add(&mut self, fate: &Fate) {
        let last = usize::from(fate.last);
        self.leads += fate.deals;
        for reached in self.reached.iter_mut().take(usize::from(fate.furthest) + 1) {
            *reached += fate.deals;
        }
        if last == WON {
            self.won += fate.deals;
            self.won_amount += fate.need;
        } else if last == LOST {
            self.lost += fate.deals;
        }
    }

    fn row(&self, key: Key, label: String) -> Result<GroupRow, Error> {
        let (leads, won, lost) = (exact::number(self.leads)?, exact::number(self.won)?, exact::number(self.lost)?);
        Ok(GroupRow {
            key,
            label,
            leads,
            qualified: exact::number(self.reached[Stage::Qualified.index()])?,
            won,
            lost,
            open: leads - won - lost,
            win_percent: exact::percent(won.into(), (won + lost).into()),
            won_amount: self.won_amount,
        })
    }
}

fn report(fates: &[Fate], stays: &[Stay], group: Group, language: Language) -> Result<Funnel, Error> {
    let mut all = Outcome::default();
    let mut parts: BTreeMap<u64, Outcome> = BTreeMap::new();
    for fate in fates.iter().filter(|fate| fate.cohort) {
        all.add(fate);
        let part = parts.entry(fate.key).or_default();
        part.add(fate);
        part.label.clone_from(&fate.label);
    }
    let groups = if group == Group::Month { by_month(&parts)? } else { by_id(&parts, group.none(language))? };
    let (leads, won, lost) = (exact::number(all.leads)?, exact::number(all.won)?, exact::number(all.lost)?);
    Ok(Funnel { leads, won, lost, open: leads - won - lost, stages: stages(&all, fates, stays)?, groups })
}

fn stages(all: &Outcome, fates: &[Fate], stays: &[Stay]) -> Result<Vec<StageRow>, Error> {
    let mut rows: Vec<StageRow> = Vec::with_capacity(Stage::ALL.len());
    for stage in Stage::ALL {
        let place = stage.index();
        let reached = all.reached.get(place).copied().unwrap_or(all.lost);
        let before = rows.last().filter(|_| stage != Stage::Lost).map(|before| before.reached);
        let stay = stays.iter().find(|stay| usize::from(stay.place) == place);
        let standing = fates.iter().filter(|fate| usize::from(fate.stood) == place);
        let (current, current_amount) =
            standing.fold((0, Decimal::ZERO), |(deals, need), fate| (deals + fate.deals, need + fate.need));
        rows.push(StageRow {
            stage,
            current: exact::number(current)?,
            current_amount,
            reached: exact::number(reached)?,
            conversion_from_previous: before.and_then(|before| exact::percent(reached.into(), before.into())),
            conversion_from_first: exact::percent(reached.into(), all.leads.into()),
            median_hours: stay.map(|stay| hours(stay.median)),
            p90_hours: stay.map(|stay| hours(stay.p90)),
        });
    }
    Ok(rows)
}

/// Tenths of milliseconds as hours.
fn hours(tenths: i64) -> Decimal {
    money::round(Decimal::from(tenths) / Decimal::from(36_000_000))
}

fn by_id(parts: &BTreeMap<u64, Outcome>, none: &str) -> Result<Vec<GroupRow>, Error> {
    let row = |(&id, part): (&u64, &Outcome)| {
        let label = if id == 0 { none } else { &part.label };
        part.row(Key::Id(exact::number(id)?), label.to_owned())
    };
    let mut rows = parts.iter().map(row).collect::<Result<Vec<_>, Error>>()?;
    rows.sort_by(|a, b| b.leads.cmp(&a.leads).then(a.key.cmp(&b.key)));
    Ok(rows)
}

fn by_month(parts: &BTreeMap<u64, Outcome>) -> Result<Vec<GroupRow>, Error> {
    let known = parts.iter().map(|(&month, part)| Ok((exact::month(month)?, part)));
    let known = known.collect::<Result<BTreeMap<_, _>, Error>>()?;
    let none = Outcome::default();
    let row = |month| known.get(&month).copied().unwrap_or(&none).row(Key::Month(month), month.to_string());
    months_of(&known).map(row).collect()
}
