//! The funnel (воронка): what became of the deals opened in a period, where deals stand, how long a stage takes.
//!
//! Built from the log of stages, never from the present stage: a skipped stage counts as reached, a step back does not un-reach.

use rust_decimal::Decimal;
use shpunt_domain::deals::Stage;

use super::gross_profit::Key;
use super::{Answer, Ask, Error, Filter, Period, Reports};

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
    pub async fn funnel(&self, _ask: &Ask, _filter: &Filter, _period: Period, _group: Group) -> Result<Answer<Funnel>, Error> {
        Err(Error::NotReady)
    }
}
