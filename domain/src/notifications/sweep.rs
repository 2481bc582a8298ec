//! What time causes: looked for now and then, by one process at a time, in pages.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::{Fact, store};
use crate::db::{Db, Tx};
use crate::error::Result;

/// Facts of one page.
pub const PAGE: i64 = 500;

/// Which facts of a kind are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Due {
    /// As of when.
    pub now: DateTime<Utc>,
    /// The threshold of the kind, in its unit.
    pub threshold: Decimal,
    /// After the row of this number.
    pub after: i64,
}

impl Due {
    /// A threshold of days as a number of them.
    pub fn days(&self) -> i32 {
        i32::try_from(self.threshold.trunc()).unwrap_or_default()
    }
}

/// Looks for the facts of a kind and tells those who were not told. Returns how many were told now.
///
/// Nothing is done when the kind is switched off, when it was looked for less than five minutes ago, or while another process does it.
/// `page` gives the facts that are due with the number of the row each comes from, in its order, [`PAGE`] at most.
pub async fn run<F>(db: &Db, now: DateTime<Utc>, code: &str, page: F) -> Result<u64>
where
    F: AsyncFn(&mut Tx<'_>, Due) -> Result<Vec<(i64, Fact)>>,
{
    let mut tx = db.begin().await?;
    let claimed = sqlx::query_scalar!(
        "update notification_kinds set swept_at = $2
         where kind_id = (
            select kind_id from notification_kinds where code = $1 and active and swept_at <= $2::timestamptz - interval '5 minutes'
            for no key update skip locked)
         returning threshold",
        code,
        now
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(threshold) = claimed else { return Ok(0) };
    let mut due = Due { now, threshold, after: 0 };
    let mut told = 0;
    loop {
        let (rows, facts): (Vec<i64>, Vec<Fact>) = page(&mut tx, due).await?.into_iter().unzip();
        told += store::tell_all_in_tx(&mut tx, code, &facts, now).await?;
        match rows.last() {
            Some(last) if facts.len() >= usize::try_from(PAGE).unwrap_or(usize::MAX) => due.after = *last,
            _ => break,
        }
    }
    tx.commit().await?;
    Ok(told)
}
