//! Numbers and days on their way from ClickHouse into rows: exact, or an error.

use chrono::{DateTime, Days, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::de::{Deserialize, Deserializer, Error as _};
use shpunt_domain::ledger::Account;
use shpunt_domain::money;

use super::Error;

/// A `Decimal(38, 2)`.
pub(super) fn roubles<'de, D: Deserializer<'de>>(from: D) -> Result<Decimal, D::Error> {
    decimal(i128::deserialize(from)?, 2)
}

/// A `Decimal(38, 3)`.
pub(super) fn metres<'de, D: Deserializer<'de>>(from: D) -> Result<Decimal, D::Error> {
    decimal(i128::deserialize(from)?, 3)
}

/// A `Decimal(38, 6)`.
pub(super) fn tonnes<'de, D: Deserializer<'de>>(from: D) -> Result<Decimal, D::Error> {
    decimal(i128::deserialize(from)?, 6)
}

fn decimal<E: serde::de::Error>(number: i128, scale: u32) -> Result<Decimal, E> {
    Decimal::try_from_i128_with_scale(number, scale).map_err(E::custom)
}

/// A `Date`.
pub(super) fn day<'de, D: Deserializer<'de>>(from: D) -> Result<NaiveDate, D::Error> {
    Ok(since_epoch(u16::deserialize(from)?))
}

/// A `Nullable(Date)`.
pub(super) fn maybe_day<'de, D: Deserializer<'de>>(from: D) -> Result<Option<NaiveDate>, D::Error> {
    Ok(Option::<u16>::deserialize(from)?.map(since_epoch))
}

fn since_epoch(days: u16) -> NaiveDate {
    DateTime::UNIX_EPOCH.date_naive() + Days::new(days.into())
}

/// Microseconds, an `Int64`.
pub(super) fn instant<'de, D: Deserializer<'de>>(from: D) -> Result<DateTime<Utc>, D::Error> {
    DateTime::from_timestamp_micros(i64::deserialize(from)?).ok_or_else(|| D::Error::custom("an impossible moment"))
}

/// A month as `toYYYYMM` writes it.
pub(super) fn month(number: u64) -> Result<NaiveDate, Error> {
    let (year, month) = (number / 100, number % 100);
    let day = || NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, u32::try_from(month).ok()?, 1);
    day().ok_or_else(|| Error::Internal(format!("{number} is not a month").into()))
}

/// An id or a count.
pub(super) fn number(number: u64) -> Result<i64, Error> {
    i64::try_from(number).map_err(|error| Error::Internal(Box::new(error)))
}

/// An account by its code.
pub(super) fn account(code: &str) -> Result<Account, Error> {
    Account::parse(code).ok_or_else(|| Error::Internal(format!("{code:?} is not an account").into()))
}

/// `part` of `whole` in percent, two places; none of nothing.
pub(super) fn percent(part: Decimal, whole: Decimal) -> Option<Decimal> {
    (!whole.is_zero()).then(|| money::round(part * Decimal::ONE_HUNDRED / whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_of_nothing_is_none() {
        assert_eq!(percent(Decimal::ONE, Decimal::ZERO), None);
        assert_eq!(percent(Decimal::ONE, Decimal::from(3)), Some(Decimal::new(3333, 2)));
        assert_eq!(percent(Decimal::from(-2), Decimal::from(3)), Some(Decimal::new(-6667, 2)));
    }

    #[test]
    fn months_are_read() {
        assert_eq!(month(202_612).unwrap(), NaiveDate::from_ymd_opt(2026, 12, 1).unwrap());
        assert!(month(0).is_err() && month(202_613).is_err());
        assert_eq!(since_epoch(20_454), NaiveDate::from_ymd_opt(2026, 1, 1).unwrap());
    }
}
