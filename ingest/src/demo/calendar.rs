//! Working days, hours of the day in Moscow, and how the season moves the trade.

use chrono::{DateTime, Datelike as _, Duration, Months, NaiveDate, NaiveDateTime, Utc, Weekday};

use super::dice::Dice;

/// Moscow, minutes east of UTC.
pub(super) const UTC_OFFSET_MINUTES: i32 = 180;

/// A local moment as the clock of a command.
pub(super) fn utc(local: NaiveDateTime) -> DateTime<Utc> {
    (local - Duration::minutes(i64::from(UTC_OFFSET_MINUTES))).and_utc()
}

/// What the clock on the wall shows at a moment.
pub(super) fn local(moment: DateTime<Utc>) -> NaiveDateTime {
    moment.naive_utc() + Duration::minutes(i64::from(UTC_OFFSET_MINUTES))
}

/// A local moment of a day.
pub(super) fn at(day: NaiveDate, hour: i64, minute: i64) -> NaiveDateTime {
    NaiveDateTime::from(day) + Duration::minutes(hour * 60 + minute)
}

/// Neither a weekend nor a public holiday with a fixed date.
pub(super) fn is_workday(day: NaiveDate) -> bool {
    let holiday = matches!((day.month(), day.day()), (1, 1..=8) | (2, 23) | (3, 8) | (5, 1 | 9) | (6, 12) | (11, 4) | (12, 31));
    !holiday && !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

/// The day itself or the next working one.
pub(super) fn workday(day: NaiveDate) -> NaiveDate {
    day.iter_days().find(|day| is_workday(*day)).unwrap_or(day)
}

/// The day itself or the last working one before.
pub(super) fn workday_before(day: NaiveDate) -> NaiveDate {
    (0..20).map(|back| day - Duration::days(back)).find(|day| is_workday(*day)).unwrap_or(day)
}

/// `days` later, then the next working day.
pub(super) fn plus(day: NaiveDate, days: i64) -> NaiveDate {
    workday(day + Duration::days(days))
}

/// A moment in the hours `from..to` of a day.
pub(super) fn moment(dice: &mut Dice, day: NaiveDate, from: i64, to: i64) -> NaiveDateTime {
    at(day, 0, dice.between(from * 60, to * 60 - 1))
}

/// Something that takes `days`: the same day a little later, or a working day then.
pub(super) fn later(dice: &mut Dice, than: NaiveDateTime, days: i64) -> NaiveDateTime {
    let soon = than + Duration::minutes(dice.between(35, 170));
    if days == 0 && soon < at(than.date(), 18, 30) && is_workday(than.date()) {
        return soon;
    }
    let day = plus(than.date(), days.max(1));
    moment(dice, day, 9, 18)
}

/// How many leads come in a month, per mille of the average: sheet piles are driven in the summer.
pub(super) fn season(day: NaiveDate) -> i64 {
    [620, 780, 1020, 1200, 1260, 1280, 1220, 1140, 1080, 1010, 890, 680][day.month0() as usize]
}

/// The first days of the months from `from` to `until`.
pub(super) fn months(from: NaiveDate, until: NaiveDate) -> impl Iterator<Item = NaiveDate> {
    let first = from.with_day(1).unwrap_or(from);
    (0..).map_while(move |count| first.checked_add_months(Months::new(count)).filter(|month| *month <= until))
}

/// The last day of the month of a day.
pub(super) fn month_end(day: NaiveDate) -> NaiveDate {
    let first = day.with_day(1).unwrap_or(day);
    first + Months::new(1) - Duration::days(1)
}

/// The first day of the quarter of a day.
pub(super) fn quarter(day: NaiveDate) -> NaiveDate {
    NaiveDate::from_ymd_opt(day.year(), day.month0() / 3 * 3 + 1, 1).unwrap_or(day)
}
