//! The demo business (демонстрационные данные): a year of a sheet-pile trader, made up by seed and done through the commands.
//!
//! A plan is a pure function of the options: a script in the order of time. Playing it is idempotent, because the key of a command is
//! its place in the script: a killed demo goes on where it stopped, a finished one changes nothing.

mod calendar;
mod dice;
mod market;
mod names;
mod plan;
mod play;
mod script;

use chrono::{DateTime, Datelike as _, Duration, Months, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use shpunt_domain::access::Permission;
use shpunt_domain::command::{self, Ctx};
use shpunt_domain::{Code, Db, Error, Result, companies};

/// Deals of the demo at its usual size; orders and batches follow from them.
pub const DEALS: u32 = 400;

/// Which business is made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// The same seed and end make the same business.
    pub seed: u64,
    /// How many deals, [`DEALS`] usually; at least 20.
    pub deals: u32,
    /// Its last day. A whole day is filled, so it must be over: see [`Options::new`].
    pub until: NaiveDate,
}

impl Options {
    /// The business at its usual size that ends with the last day that is over in Moscow.
    pub fn new(seed: u64, now: DateTime<Utc>) -> Self {
        let today = calendar::local(now).date();
        Self { seed, deals: DEALS, until: today - Duration::days(1) }
    }

    /// The first day: the first of a month about a year before the end, with a turn of the year well inside.
    pub(crate) fn from(&self) -> NaiveDate {
        let months = if self.until.month() == 1 { 13 } else { 12 };
        let from = self.until.checked_sub_months(Months::new(months)).unwrap_or(self.until);
        from.with_day(1).unwrap_or(from)
    }
}

/// What a database holds of a demo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// No company at all.
    Absent,
    /// A demo was begun and not finished; [`run`] goes on with it.
    Unfinished,
    /// A demo is there.
    Complete,
    /// A business of its own, which a demo must not touch.
    Foreign,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Commands done.
    pub done: usize,
    /// Commands in all.
    pub total: usize,
    /// The business date of the last one.
    pub on: NaiveDate,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// What it was made from.
    pub options: Options,
    /// Its first day.
    pub from: NaiveDate,
    /// Commands in all.
    pub commands: usize,
    /// Deals.
    pub deals: usize,
    /// Orders, cancelled ones too.
    pub orders: usize,
    /// Batches.
    pub batches: usize,
    /// Payments.
    pub payments: usize,
}

/// Whether this database holds a demo.
pub async fn state(db: &Db) -> Result<State> {
    if begun(db).await?.is_some() {
        return Ok(if finished(db).await?.is_some() { State::Complete } else { State::Unfinished });
    }
    Ok(if companies::store::list(db).await?.is_empty() { State::Absent } else { State::Foreign })
}

/// Makes the demo business, or goes on with the one that was begun with this seed and size, which keeps the end it was begun with.
///
/// Errors: `ALREADY_EXISTS` where another business lives, `IDEMPOTENCY_CONFLICT` where another demo was begun, `INVALID_INPUT` for fewer than
/// 20 deals, and those of the commands (`UNAVAILABLE`: run it again).
pub async fn run(db: &Db, options: &Options, progress: &(dyn Fn(Step) + Sync)) -> Result<Summary> {
    if options.deals < 20 {
        return Err(Error::invalid("deals", "a demo of fewer than 20 deals shows nothing; ask for 20 or more"));
    }
    let options = match begun(db).await? {
        None if state(db).await? == State::Foreign => {
            return Err(Error::rejected(
                Code::AlreadyExists,
                "this database holds a business already; make the demo in an empty one",
            ));
        }
        None => *options,
        Some(first) if (first.seed, first.deals) == (options.seed, options.deals) => first,
        Some(Options { seed, deals, .. }) => {
            let message = format!("a demo of seed {seed} with {deals} deals was begun here; use these, or an empty database");
            return Err(Error::Conflict { code: Code::IdempotencyConflict, message });
        }
    };
    if let Some(summary) = finished(db).await? {
        return Ok(summary);
    }
    let script = plan::script(&options);
    let first = ctx(&options);
    command::run(db, &first, BEGIN, Permission::ManageSettings, &options, async |_, options| Ok(*options)).await?;
    let summary = play::script(db, &options, &script, progress).await?;
    command::run(db, &first, FINISH, Permission::ManageSettings, &summary, async |_, summary| Ok(summary.clone())).await?;
    Ok(summary)
}

const BEGIN: &str = "demo.begin";
const FINISH: &str = "demo.finish";

/// The two marks have one key in every database, so there is at most one demo.
fn ctx(options: &Options) -> Ctx {
    play::ctx(calendar::at(options.from(), 8, 0), "demo".to_owned())
}

async fn begun(db: &Db) -> Result<Option<Options>> {
    mark(db, BEGIN).await
}

async fn finished(db: &Db) -> Result<Option<Summary>> {
    mark(db, FINISH).await
}

async fn mark<T: serde::de::DeserializeOwned>(db: &Db, name: &str) -> Result<Option<T>> {
    let id = play::ctx(chrono::NaiveDateTime::MIN + Duration::days(1), "demo".to_owned()).id(name);
    command::logged(db, id).await?.map(|logged| Ok(serde_json::from_value(logged.result)?)).transpose()
}
