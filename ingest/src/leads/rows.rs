//! Rows of fields into leads and wins, or into reasons why not.

use std::borrow::Cow;
use std::collections::HashMap;

use chrono::{DateTime, Datelike as _, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use shpunt_domain::deals::bulk::{Lead, Win};
use shpunt_domain::marketing::UNKNOWN;
use shpunt_domain::{days, text};

use super::Step;
use super::error::Result;
use super::map::{Kind, Map};
use super::report::{Reason, Rejected, Report};
use super::sheet::{Row, Sheet};

/// Rows between two calls of the progress.
const STEP_ROWS: usize = 1_000;

/// What local times and "now" mean for this file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    pub(super) utc_offset: FixedOffset,
    pub(super) now: DateTime<Utc>,
}

/// The sheet with its columns found.
pub(super) struct Reader<'a> {
    map: &'a Map,
    sheet: &'a Sheet<'a>,
    clock: Clock,
    places: HashMap<&'a str, usize>,
}

/// A cell that cannot be taken: its column and why.
type Bad = (String, Reason);

impl<'a> Reader<'a> {
    /// Errors: those of [`Sheet::find`].
    pub(super) fn new(map: &'a Map, sheet: &'a Sheet<'a>, clock: Clock) -> Result<Self> {
        let columns = &map.columns;
        let optional = [&columns.channel, &columns.title, &columns.customer, &columns.customer_name];
        let mut names = vec![columns.id.as_str(), columns.at.as_str()];
        names.extend(optional.into_iter().flatten().map(String::as_str));
        let places = names.iter().copied().zip(sheet.find(&names)?).collect();
        Ok(Self { map, sheet, clock, places })
    }

    pub(super) fn id_column(&self) -> &str {
        &self.map.columns.id
    }

    pub(super) fn at_column(&self) -> &str {
        &self.map.columns.at
    }

    /// The leads to create, and the report of the other rows.
    pub(super) fn leads(self, progress: &dyn Fn(Step)) -> (Vec<Lead>, Report) {
        let (leads, _, report) = self.read(Kind::Lead, progress, |fields, external_id| {
            let opened_at = self.moment(fields)?;
            let channel = self.text(fields, self.map.columns.channel.as_deref(), 60)?;
            let channel = match self.map.channels.get(&channel) {
                Some(ours) => ours.trim().to_owned(),
                None if channel.is_empty() => UNKNOWN.to_owned(),
                None => channel,
            };
            let title = self.prose(fields, self.map.columns.title.as_deref())?;
            let title = if title.is_empty() { external_id.clone() } else { title };
            Ok(Lead { external_id, channel, title, opened_at })
        });
        (leads, report)
    }

    /// The wins, the line of each, and the report of the other rows.
    pub(super) fn wins(self, progress: &dyn Fn(Step)) -> (Vec<Win>, Vec<usize>, Report) {
        self.read(Kind::Win, progress, |fields, external_id| {
            let won_at = self.moment(fields)?;
            let column = self.map.columns.customer.as_deref();
            let party_external_id = self.text(fields, column, 200)?;
            if party_external_id.is_empty() {
                return Err((column.unwrap_or_default().to_owned(), Reason::Empty));
            }
            let name = self.prose(fields, self.map.columns.customer_name.as_deref())?;
            let party_name = if name.is_empty() { party_external_id.clone() } else { name };
            Ok(Win { external_id, party_external_id, party_name, won_at })
        })
    }

    /// What every kind of row has in common: its number of fields, its id, an id once.
    fn read<T>(
        &self,
        kind: Kind,
        progress: &dyn Fn(Step),
        take: impl Fn(&[Cow<'_, str>], String) -> Result<T, Bad>,
    ) -> (Vec<T>, Vec<usize>, Report) {
        let of = self.sheet.rows.len();
        let mut report = Report { kind, rows: of, changed: 0, unchanged: 0, rejected: Vec::new(), noted: Vec::new() };
        let (mut taken, mut lines, mut seen) = (Vec::with_capacity(of), Vec::with_capacity(of), HashMap::new());
        for (index, row) in self.sheet.rows.iter().enumerate() {
            if index % STEP_ROWS == 0 {
                progress(Step::Read { rows: index, of });
            }
            let line = row.0;
            let outcome = self.identified(row).and_then(|(fields, id)| {
                if let Some(first) = seen.get(&id) {
                    return Err((self.id_column().to_owned(), Reason::Duplicate { first: *first }));
                }
                let value = take(fields, id.clone())?;
                seen.insert(id, line);
                Ok(value)
            });
            match outcome {
                Ok(value) => {
                    taken.push(value);
                    lines.push(line);
                }
                Err((column, reason)) => report.rejected.push(Rejected { line, column, reason }),
            }
        }
        progress(Step::Read { rows: of, of });
        (taken, lines, report)
    }

    fn identified<'r>(&self, (_, row): &'r Row<'_>) -> Result<(&'r [Cow<'r, str>], String), Bad> {
        let fields = row.as_ref().map_err(|reason| (String::new(), reason.clone()))?;
        if fields.len() != self.sheet.width() {
            let reason = Reason::WrongNumberOfFields { found: fields.len(), expected: self.sheet.width() };
            return Err((String::new(), reason));
        }
        let id = self.text(fields, Some(self.id_column()), 200)?;
        if id.is_empty() { Err((self.id_column().to_owned(), Reason::Empty)) } else { Ok((fields, id)) }
    }

    /// The trimmed text of a cell of at most `max` characters; empty without a column.
    fn text(&self, fields: &[Cow<'_, str>], column: Option<&str>, max: usize) -> Result<String, Bad> {
        let Some(column) = column else { return Ok(String::new()) };
        checked(&fields[self.places[column]], column, max)
    }

    /// The same for what people wrote: line breaks and runs of blanks are one blank.
    fn prose(&self, fields: &[Cow<'_, str>], column: Option<&str>) -> Result<String, Bad> {
        let Some(column) = column else { return Ok(String::new()) };
        let words: Vec<&str> = fields[self.places[column]].split_whitespace().collect();
        checked(&words.join(" "), column, 300)
    }

    /// The moment in the date column.
    fn moment(&self, fields: &[Cow<'_, str>]) -> Result<DateTime<Utc>, Bad> {
        let column = self.at_column();
        let cell = fields[self.places[column]].trim();
        let bad = |reason| (column.to_owned(), reason);
        if cell.is_empty() {
            return Err(bad(Reason::Empty));
        }
        let parsed = self.map.dates.iter().find_map(|format| parse(cell, format, self.clock.utc_offset));
        match parsed {
            Some(at) if at.year() < *days::YEARS.start() => Err(bad(Reason::DateTooEarly(cell.to_owned()))),
            Some(at) if at > self.clock.now => Err(bad(Reason::DateInFuture(cell.to_owned()))),
            Some(at) => Ok(at),
            None => Err(bad(Reason::BadDate(cell.to_owned()))),
        }
    }
}

fn checked(cell: &str, column: &str, max: usize) -> Result<String, Bad> {
    text::optional(cell, column, max).map_err(|error| (column.to_owned(), Reason::BadText(error.to_string())))
}

/// A moment in `format`: with an offset of its own, local, or the beginning of a local day.
fn parse(text: &str, format: &str, utc_offset: FixedOffset) -> Option<DateTime<Utc>> {
    if let Ok(at) = DateTime::parse_from_str(text, format) {
        return Some(at.to_utc());
    }
    let local = NaiveDateTime::parse_from_str(text, format)
        .or_else(|_| NaiveDate::parse_from_str(text, format).map(|day| day.and_time(NaiveTime::MIN)))
        .ok()?;
    // An offset that does not change has no ambiguous or missing hours.
    local.and_local_timezone(utc_offset).single().map(|at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_with_and_without_time_and_offset() {
        let moscow = FixedOffset::east_opt(3 * 3600).unwrap();
        for (text, format, expected) in [
            ("01.02.2018", "%d.%m.%Y", Some("2018-01-31T21:00:00Z")),
            ("2018-02-26 19:58:54", "%Y-%m-%d %H:%M:%S", Some("2018-02-26T16:58:54Z")),
            ("2018-02-26T19:58:54-03:00", "%Y-%m-%dT%H:%M:%S%:z", Some("2018-02-26T22:58:54Z")),
            ("31.02.2018", "%d.%m.%Y", None),
            ("01.02.2018 extra", "%d.%m.%Y", None),
        ] {
            let expected = expected.map(|moment| moment.parse::<DateTime<Utc>>().unwrap());
            assert_eq!(parse(text, format, moscow), expected, "{text}");
        }
    }
}
