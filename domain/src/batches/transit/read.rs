//! SQL of goods in transit for those who look at them.

use chrono::NaiveDate;

use super::Expected;
use crate::db::Db;
use crate::error::Result;

/// When those of these batches that are on their way are expected.
pub async fn list_expected(db: &Db, batch_ids: &[i64]) -> Result<Vec<Expected>> {
    Ok(sqlx::query_as!(
        Expected,
        "select batch_id, expected_on from batches_in_transit t join batch_balances s using (batch_id)
         where batch_id = any($1) and s.pieces > 0",
        batch_ids
    )
    .fetch_all(db)
    .await?)
}

/// The place of a batch in the list, also of one that has arrived since; `None` when it was never on its way.
pub async fn place(db: &Db, batch_id: i64) -> Result<Option<(NaiveDate, i64)>> {
    let on = sqlx::query_scalar!("select expected_on from batches_in_transit where batch_id = $1", batch_id)
        .fetch_optional(db)
        .await?;
    Ok(on.map(|on| (on, batch_id)))
}

/// The batches that are on their way, the first expected first, behind the place `after`, at most `limit`; `None` = of all companies, from the beginning.
pub async fn list(db: &Db, company_id: Option<i64>, after: Option<(NaiveDate, i64)>, limit: i64) -> Result<Vec<Expected>> {
    let (after_on, after_id) = after.unzip();
    Ok(sqlx::query_as!(
        Expected,
        "select t.batch_id, t.expected_on from batches_in_transit t join batch_balances s using (batch_id) join batches b using (batch_id)
         where s.pieces > 0 and ($1::bigint is null or b.company_id = $1)
             and ($3::date is null or (t.expected_on, t.batch_id) > ($3, $4::bigint))
         order by t.expected_on, t.batch_id limit $2",
        company_id,
        limit,
        after_on,
        after_id
    )
    .fetch_all(db)
    .await?)
}
