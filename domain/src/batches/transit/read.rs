//! SQL of goods in transit for those who look at them.

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

/// The batches that are on their way, the first expected first, at most `limit`; `None` = of all companies.
pub async fn list(db: &Db, company_id: Option<i64>, limit: i64) -> Result<Vec<Expected>> {
    Ok(sqlx::query_as!(
        Expected,
        "select t.batch_id, t.expected_on from batches_in_transit t join batch_balances s using (batch_id) join batches b using (batch_id)
         where s.pieces > 0 and ($1::bigint is null or b.company_id = $1)
         order by t.expected_on, t.batch_id limit $2",
        company_id,
        limit
    )
    .fetch_all(db)
    .await?)
}
