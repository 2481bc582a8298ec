//! Are PostgreSQL and ClickHouse equal? Every shipped row, every sum of the ledger and every group of the marts, to the kopeck,
//! while writes go on.
//!
//! Both sides are read at one moment (`cut`). What ClickHouse keeps only in its newest state (rows that change, marts) is compared
//! while the worker stands still there; facts are compared afterwards, by their position. Each database sums and digests on its own
//! side and the results are walked side by side (`pairs`), so memory does not grow with the data; only where digests differ are rows
//! fetched, to name the first keys with both values. Beside that, PostgreSQL must agree with itself: transactions balance, balances
//! of batches and open items are what the ledger says.

mod clickhouse;
mod cut;
mod error;
mod findings;
mod pairs;
mod pg;
mod sums;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

pub use error::Error;
pub use findings::Difference;

use self::clickhouse::Reader;
use self::cut::Cut;
use self::findings::Findings;
use self::pairs::each_pair;
use self::sums::{SUMS, Sums};
use crate::cdc::tables::{Kind, MARTS, TABLES, Table};
use crate::{Client, Lsn};

/// Keys digested together.
const BUCKET: u64 = 1024;
/// Between the columns of a row written as one text: in no name.
const SEPARATOR: u8 = 0x1f;
/// A database that says nothing for so long has been lost.
const STALL: Duration = Duration::from_mins(4);
/// So long ClickHouse may take to answer at all.
const REACH: Duration = Duration::from_secs(10);
const ATTEMPTS: u32 = 3;

/// Told before each part of the comparison.
pub type Progress = Arc<dyn Fn(&Step) + Send + Sync>;

/// A part of the comparison that begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What is compared now, or waited for.
    pub what: String,
    /// Its number, from 1.
    pub number: usize,
    /// Of how many.
    pub of: usize,
    /// Rows, sums and groups compared so far.
    pub compared: u64,
}

/// How to compare.
#[derive(Clone)]
pub struct Options {
    /// Differences named in each part of the comparison.
    pub named: usize,
    /// How long the worker may take to pause or to move on, and PostgreSQL to make a snapshot. Reports stand still meanwhile.
    pub patience: Duration,
    /// Told what is going on.
    pub progress: Option<Progress>,
}

impl Default for Options {
    fn default() -> Self {
        Self { named: 10, patience: Duration::from_secs(30), progress: None }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("named", &self.named).field("patience", &self.patience).finish_non_exhaustive()
    }
}

/// What came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The moment: everything committed before this position was compared.
    pub lsn: Lsn,
    /// Rows, sums and groups compared.
    pub compared: u64,
    /// How long the change stream stood still, in milliseconds.
    pub paused_ms: u64,
    /// The first differing keys of each part; empty: both sides are equal.
    pub differences: Vec<Difference>,
    /// There are more differences than are named.
    pub more: bool,
}

/// Compares everything.
///
/// `postgres_url` names a user that may replicate; `client` may be a read-only user.
///
/// # Errors
/// What kept it from comparing; see [`Error`]. Differences are not among them.
pub async fn reconcile(postgres_url: &str, client: Client, options: Options) -> Result<Outcome, Error> {
    self::clickhouse::reach(&client, REACH).await?;
    for _ in 0..ATTEMPTS {
        let mut run = Run { findings: Findings::new(options.named), options: &options, number: 0 };
        run.step("waiting for the worker");
        let Some(mut cut) = Cut::take(postgres_url, options.patience).await? else { continue };
        let theirs = Reader::new(client.clone(), cut.lsn);
        run.newest(&mut cut, &theirs).await?;
        if !cut.stands().await? {
            continue;
        }
        let paused = cut.let_go().await?;
        run.facts(&mut cut, &theirs).await?;
        run.witnesses(&mut cut).await?;
        if !cut.is_same_epoch().await? {
            continue;
        }
        let lsn = cut.lsn;
        cut.close().await?;
        let Findings { compared, differences, more, .. } = run.findings;
        let paused_ms = u64::try_from(paused.as_millis()).unwrap_or(u64::MAX);
        return Ok(Outcome { lsn, compared, paused_ms, differences, more });
    }
    Err(Error::Unsettled(ATTEMPTS))
}

/// One attempt.
struct Run<'a> {
    findings: Findings,
    options: &'a Options,
    number: usize,
}

impl Run<'_> {
    fn step(&mut self, what: impl Into<String>) {
        let what = what.into();
        self.number += 1;
        self.findings.begin(&what);
        tracing::debug!(what, compared = self.findings.compared, "comparing");
        if let Some(progress) = &self.options.progress {
            // Waiting, and three parts of PostgreSQL alone.
            let of = 1 + TABLES.len() + MARTS.len() + SUMS.len() + 3;
            progress(&Step { what, number: self.number, of, compared: self.findings.compared });
        }
    }

    /// What ClickHouse keeps only as it is now.
    async fn newest(&mut self, cut: &mut Cut, theirs: &Reader) -> Result<(), Error> {
        for table in TABLES.iter().filter(|table| table.kind == Kind::Mutable) {
            self.table(cut, theirs, table).await?;
        }
        for mart in MARTS {
            self.mart(theirs, mart).await?;
        }
        Ok(())
    }

    /// What is never changed.
    async fn facts(&mut self, cut: &mut Cut, theirs: &Reader) -> Result<(), Error> {
        for sums in &SUMS {
            self.sums(cut, theirs, sums).await?;
        }
        for table in TABLES.iter().filter(|table| table.kind == Kind::Append) {
            self.table(cut, theirs, table).await?;
        }
        Ok(())
    }

    async fn sums(&mut self, cut: &mut Cut, theirs: &Reader, sums: &Sums) -> Result<(), Error> {
        self.step(sums.what);
        let findings = &mut self.findings;
        each_pair(cut.postgres.sums(sums), theirs.sums(sums), |key, ours, theirs| {
            findings.compared += 1;
            if ours == theirs { ControlFlow::Continue(()) } else { findings.values(key, ours, theirs) }
        })
        .await
    }

    /// Row for row: digests of buckets first, then the rows of those that differ.
    async fn table(&mut self, cut: &mut Cut, theirs: &Reader, table: &Table) -> Result<(), Error> {
        self.step(table.name);
        let (mut rows, mut differing) = (0, Vec::new());
        let named = self.options.named;
        each_pair(cut.postgres.digests(table), theirs.digests(table), |bucket, ours, theirs| {
            rows += ours.map_or(0, counted).max(theirs.map_or(0, counted));
            if ours != theirs {
                differing.extend(bucket.parse::<u64>());
            }
            if differing.len() > named { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .await?;
        self.findings.compared += rows;
        for bucket in differing {
            let findings = &mut self.findings;
            let key = table.columns[0].0;
            each_pair(cut.postgres.bucket(table, bucket), theirs.bucket(table, bucket), |id, ours, theirs| {
                if ours == theirs {
                    return ControlFlow::Continue(());
                }
                let (ours, theirs) = findings::columns(table, ours, theirs);
                findings.pair(&format!("{key}={id}"), ours.as_deref(), theirs.as_deref())
            })
            .await?;
        }
        Ok(())
    }

    async fn mart(&mut self, theirs: &Reader, mart: &str) -> Result<(), Error> {
        self.step(mart);
        for account in theirs.accounts(mart).await? {
            let (groups, differing) = theirs.groups(mart, &account, self.options.named + 1).await?;
            self.findings.compared += groups;
            if differing.iter().any(|group| self.findings.in_clickhouse(group).is_break()) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Sums that PostgreSQL keeps beside the ledger.
    async fn witnesses(&mut self, cut: &mut Cut) -> Result<(), Error> {
        let at_most = i64::try_from(self.options.named).unwrap_or(i64::MAX - 1) + 1;
        self.step("ledger_transaction against its entries");
        let found = cut.postgres.transactions(at_most).await?;
        self.findings.witnessed(found);
        self.step("batch_balances against the ledger");
        let found = cut.postgres.batches(at_most).await?;
        self.findings.witnessed(found);
        self.step("settlement_items against the ledger");
        let found = cut.postgres.settlements(at_most).await?;
        self.findings.witnessed(found);
        Ok(())
    }
}

/// The count at the beginning of a digest.
fn counted(digest: &str) -> u64 {
    digest.split(' ').next().and_then(|count| count.parse().ok()).unwrap_or_default()
}
