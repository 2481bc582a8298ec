//! Leads and wins of another system, out of a CSV file: `shpunt import leads FILE --map MAP.toml`.
//!
//! The map says which column is which; the file is read once per map, first the leads, then the wins. Every row of the file is either
//! in the report's counts or in its list of refusals. Invariants: an error leaves nothing behind; what is accepted of a file is written
//! by one command, so never half of it; an id that was imported before is left as it is, so the same file twice changes nothing.

mod error;
mod map;
mod report;
mod rows;
pub(crate) mod sheet;

use std::collections::HashMap;
use std::path::Path;

use shpunt_domain::Db;
use shpunt_domain::command::Ctx;
use shpunt_domain::companies::{self, Company};
use shpunt_domain::deals::bulk;
use shpunt_domain::notifications::{self, Fact, Facts, IMPORT_REJECTED, Subject};

pub use error::{Error, Result};
pub use map::{Delimiter, Encoding, Kind, Map};
pub use report::{Reason, Rejected, Report};

use rows::{Clock, Reader};
use sheet::Sheet;

/// A file is one command, so it has a size; a larger one is split, which changes nothing, because ids make it idempotent.
pub const ROWS_MAX: usize = 100_000;

/// The same for the file, bytes.
pub const BYTES_MAX: u64 = 128 << 20;

/// How far an import is, for a progress bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Rows are being read; `of` counts those of the whole file.
    Read {
        /// Rows so far.
        rows: usize,
        /// Rows of the file.
        of: usize,
    },
    /// The accepted rows are being written, in one command.
    Writing {
        /// How many.
        rows: usize,
    },
}

/// Reads `file` as `map` says and applies what can be applied, whole or not at all.
///
/// Errors: see [`Error`]; nothing is written then. Rows that cannot be taken are no error: they are in the report.
pub async fn import(db: &Db, ctx: &Ctx, file: &Path, map: &Map, progress: &(dyn Fn(Step) + Sync)) -> Result<Report> {
    let bytes = read(file).await?;
    let text = sheet::decode(&bytes, map.encoding)?;
    let sheet = Sheet::parse(&text, map.delimiter)?;
    let company = own_company(db, map).await?;
    let clock = Clock { utc_offset: map.utc_offset(company.utc_offset_minutes), now: ctx.now };
    let reader = Reader::new(map, &sheet, clock)?;
    let report = match map.kind {
        Kind::Lead => leads(db, ctx, company.company_id, reader, progress).await?,
        Kind::Win => wins(db, ctx, company.company_id, reader, progress).await?,
    };
    if let Err(error) = notify(db, ctx, file, &report).await {
        // What was taken is written, so this is no reason to say that it was not.
        tracing::warn!(%error, "nobody was notified of the rows that were not taken");
    }
    Ok(report)
}

/// Tells people of rows that were not taken, once a day for each file.
async fn notify(db: &Db, ctx: &Ctx, file: &Path, report: &Report) -> shpunt_domain::Result<()> {
    if report.rejected.is_empty() {
        return Ok(());
    }
    let name: String = file.file_name().unwrap_or_default().to_string_lossy().chars().take(80).collect();
    let count = i64::try_from(report.rejected.len()).unwrap_or(i64::MAX);
    let episode = format!("{} {name}", ctx.now.date_naive());
    let fact = Fact {
        subject: Subject::Nothing,
        deal_id: 0,
        employee_id: 0,
        but_user_id: 0,
        episode,
        facts: Facts { name, count, ..Facts::default() },
    };
    notifications::commands::tell(db, IMPORT_REJECTED, fact, ctx.now).await?;
    Ok(())
}

async fn leads(db: &Db, ctx: &Ctx, company_id: i64, reader: Reader<'_>, progress: &(dyn Fn(Step) + Sync)) -> Result<Report> {
    let (rows, mut report) = reader.leads(progress);
    if rows.is_empty() {
        return Ok(report);
    }
    progress(Step::Writing { rows: rows.len() });
    let done = bulk::leads(db, ctx, company_id, &rows).await?.value;
    report.changed = done.changed.len();
    report.unchanged = rows.len() - report.changed;
    Ok(report)
}

async fn wins(db: &Db, ctx: &Ctx, company_id: i64, reader: Reader<'_>, progress: &(dyn Fn(Step) + Sync)) -> Result<Report> {
    let id_column = reader.id_column().to_owned();
    let won_column = reader.at_column().to_owned();
    let (rows, lines, mut report) = reader.wins(progress);
    if rows.is_empty() {
        return Ok(report);
    }
    progress(Step::Writing { rows: rows.len() });
    let done = bulk::wins(db, ctx, company_id, &rows).await?.value;
    let line_of: HashMap<&str, usize> = rows.iter().map(|row| row.external_id.as_str()).zip(lines).collect();
    let told = |ids: &[String], column: &str, reason: &Reason| -> Vec<Rejected> {
        let line = |id: &String| line_of.get(id.as_str()).copied().unwrap_or_default();
        ids.iter().map(|id| Rejected { line: line(id), column: column.to_owned(), reason: reason.clone() }).collect()
    };
    report.rejected.extend(told(&done.missing, &id_column, &Reason::LeadMissing));
    report.rejected.extend(told(&done.lost, &id_column, &Reason::LeadLost));
    report.rejected.sort_by_key(|row| row.line);
    report.noted = told(&done.early, &won_column, &Reason::WonBeforeContact);
    report.changed = done.changed.len();
    report.unchanged = rows.len() - report.changed - done.missing.len() - done.lost.len();
    Ok(report)
}

async fn read(file: &Path) -> Result<Vec<u8>> {
    let unreadable = |source| Error::FileUnreadable { path: file.display().to_string(), source };
    let size = tokio::fs::metadata(file).await.map_err(unreadable)?.len();
    if size > BYTES_MAX {
        return Err(Error::TooLarge(format!("the file has {size} bytes, at most {BYTES_MAX} can be imported at once")));
    }
    tokio::fs::read(file).await.map_err(unreadable)
}

/// The company the map names by ИНН, else the first one.
async fn own_company(db: &Db, map: &Map) -> Result<Company> {
    let companies = companies::store::list(db).await?;
    let found = match &map.company {
        Some(inn) => companies.into_iter().find(|company| company.inn == *inn),
        None => companies.into_iter().next(),
    };
    found.ok_or_else(|| match &map.company {
        Some(inn) => Error::CompanyMissing(format!("there is no own company with ИНН {inn}; correct `company` in the map")),
        None => Error::CompanyMissing("there is no own company yet; create one, then import".to_owned()),
    })
}
