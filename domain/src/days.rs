//! Which days the books know: those a report can be asked about.

use std::ops::RangeInclusive;

use chrono::{Datelike as _, NaiveDate};

use crate::error::{Error, Result};

/// The years of every business date, of what is planned, and of every report.
pub const YEARS: RangeInclusive<i32> = 2000..=2100;

/// Whether the books know the day.
pub fn is_known(day: NaiveDate) -> bool {
    YEARS.contains(&day.year())
}

/// What is told of a day they do not know.
pub fn advice() -> String {
    format!("choose a day between {}-01-01 and {}-12-31", YEARS.start(), YEARS.end())
}

/// Refuses a day the books do not know.
pub fn known(day: NaiveDate, path: &str) -> Result<NaiveDate> {
    if is_known(day) { Ok(day) } else { Err(Error::invalid(path, format!("{path} is {day}; {}", advice()))) }
}
