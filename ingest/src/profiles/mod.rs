//! Tables of profiles out of a CSV or JSON file: `shpunt import profiles FILE`.
//!
//! CSV has a header with the columns of [`COLUMNS`] in any order, separated by `;` or `,`; JSON is an array of objects of the same names. Every
//! row is in the report: taken, known already, or not taken with the reason; the rules are the domain's.

use std::collections::HashMap;
use std::path::Path;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde_json::value::RawValue;
use shpunt_domain::Db;
use shpunt_domain::catalog::profiles::{self, Imported, Rejected, Row};
use shpunt_domain::command::Ctx;

use crate::leads::sheet::{Sheet, decode};
use crate::leads::{BYTES_MAX, Delimiter, Encoding, Error, Result};

/// The columns of a table.
pub const COLUMNS: [&str; 7] = ["profile", "family", "width_mm", "kg_per_m", "area_cm2_per_m", "source", "edition"];

/// Reads `file` and takes over the rows that prove themselves.
///
/// Errors: those of reading a file; nothing is written then. Rows that cannot be taken are no error: they are in the answer.
pub async fn import(db: &Db, ctx: &Ctx, file: &Path) -> Result<Imported> {
    let unreadable = |source| Error::FileUnreadable { path: file.display().to_string(), source };
    let size = tokio::fs::metadata(file).await.map_err(unreadable)?.len();
    if size > BYTES_MAX {
        return Err(Error::TooLarge(format!("the file has {size} bytes, at most {BYTES_MAX} can be imported at once")));
    }
    let bytes = tokio::fs::read(file).await.map_err(unreadable)?;
    let (rows, unread) = read(&bytes)?;
    let mut done = if rows.is_empty() { Imported::default() } else { profiles::import(db, ctx, rows).await?.value };
    done.rejected.extend(unread);
    done.rejected.sort_by_key(|row| row.line);
    Ok(done)
}

/// The rows of a file, and those that are none.
fn read(bytes: &[u8]) -> Result<(Vec<Row>, Vec<Rejected>)> {
    // Tables saved by a spreadsheet in Russia are often in the older encoding.
    let text = decode(bytes, Encoding::Utf8).or_else(|_| decode(bytes, Encoding::Windows1251))?;
    if text.trim_start().starts_with('[') { json(&text) } else { csv(&text) }
}

fn csv(text: &str) -> Result<(Vec<Row>, Vec<Rejected>)> {
    let header = text.lines().next().unwrap_or_default();
    let delimiter = if header.contains(';') { Delimiter::Semicolon } else { Delimiter::Comma };
    let sheet = Sheet::parse(text, delimiter)?;
    let places = sheet.find(&COLUMNS)?;
    let (mut rows, mut rejected) = (Vec::new(), Vec::new());
    for (line, fields) in &sheet.rows {
        let row = fields.as_ref().map_err(ToString::to_string).and_then(|fields| {
            if fields.len() != sheet.width() {
                return Err(format!("the row has {} fields, the header has {}", fields.len(), sheet.width()));
            }
            let of = |column: usize| fields[places[column]].trim();
            Ok(Row {
                line: *line,
                profile: of(0).to_owned(),
                family: of(1).to_owned(),
                width_mm: number(of(2), COLUMNS[2])?,
                kg_per_m: number::<Decimal>(&of(3).replace(',', "."), COLUMNS[3])?,
                area_cm2_per_m: number::<Decimal>(&of(4).replace(',', "."), COLUMNS[4])?,
                source: of(5).to_owned(),
                edition: of(6).to_owned(),
            })
        });
        match row {
            Ok(row) => rows.push(row),
            Err(reason) => {
                let profile = fields.as_ref().ok().and_then(|fields| fields.get(places[0])).map(|name| name.trim().to_owned());
                rejected.push(Rejected { line: *line, profile: profile.unwrap_or_default(), reason });
            }
        }
    }
    Ok((rows, rejected))
}

fn number<T: FromStr>(text: &str, column: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{column} is {text:?}, which is no number"))
}

/// A row of JSON; numbers are strings or numbers as they are written, which pass through no float.
fn json(text: &str) -> Result<(Vec<Row>, Vec<Rejected>)> {
    let not = |error: serde_json::Error| Error::NotCsv(format!("as JSON it cannot be read: {error}"));
    let values: Vec<Box<RawValue>> = serde_json::from_str(text).map_err(not)?;
    let (mut rows, mut rejected) = (Vec::new(), Vec::new());
    for (at, value) in values.iter().enumerate() {
        let line = at + 1;
        match one(value, line) {
            Ok(row) => rows.push(row),
            Err(reason) => rejected.push(Rejected { line, profile: String::new(), reason }),
        }
    }
    Ok((rows, rejected))
}

fn one(value: &RawValue, line: usize) -> Result<Row, String> {
    let fields: HashMap<String, Box<RawValue>> =
        serde_json::from_str(value.get()).map_err(|error| format!("the row is no object: {error}"))?;
    let text = |column: &str| -> Result<String, String> {
        let raw = fields.get(column).map_or("", |raw| raw.get());
        if raw.starts_with('"') {
            return serde_json::from_str(raw).map_err(|error| format!("{column} cannot be read: {error}"));
        }
        Ok(if raw == "null" { String::new() } else { raw.to_owned() })
    };
    Ok(Row {
        line,
        profile: text(COLUMNS[0])?,
        family: text(COLUMNS[1])?,
        width_mm: number(&text(COLUMNS[2])?, COLUMNS[2])?,
        kg_per_m: number(&text(COLUMNS[3])?, COLUMNS[3])?,
        area_cm2_per_m: number(&text(COLUMNS[4])?, COLUMNS[4])?,
        source: text(COLUMNS[5])?,
        edition: text(COLUMNS[6])?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_and_json_say_the_same() {
        let csv = "profile;family;width_mm;kg_per_m;area_cm2_per_m;source;edition\n\
                   AZ 26-700;AZ;700;102,9;187,2;Producer;2024\n\
                   AZ 27;AZ;seven;1;1;Producer;2024\n\
                   AZ 28;AZ\n";
        let (rows, rejected) = read(csv.as_bytes()).unwrap();
        assert_eq!(rejected.iter().map(|row| (row.line, row.profile.as_str())).collect::<Vec<_>>(), [(3, "AZ 27"), (4, "AZ 28")]);
        let json = r#"[{"profile":"AZ 26-700","family":"AZ","width_mm":700,"kg_per_m":"102.9","area_cm2_per_m":187.2,
            "source":"Producer","edition":2024}, {"profile":"AZ 27"}, 7]"#;
        let (same, rejected) = read(json.as_bytes()).unwrap();
        assert_eq!(rejected.len(), 2, "{rejected:?}");
        assert_eq!((rows.len(), &rows[0]), (1, &Row { line: 2, ..same[0].clone() }));
    }

    #[test]
    fn what_is_no_table_is_refused() {
        for bytes in ["", "profile;family\n", "[{]", "PK\u{3}\u{4}"] {
            assert!(read(bytes.as_bytes()).is_err(), "{bytes:?}");
        }
    }
}
