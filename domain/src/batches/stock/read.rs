//! SQL of stock operations for those who look at them.

use chrono::NaiveDate;

use super::{Lineage, StockCount, StockCountLine};
use crate::db::Db;
use crate::error::Result;

/// Which batch each of these was made of; those that were received are left out.
pub async fn list_parents(db: &Db, batch_ids: &[i64]) -> Result<Vec<Lineage>> {
    Ok(sqlx::query_as!(
        Lineage,
        "select child_batch_id, parent_batch_id, m.document_id, transaction_id, effective_on as moved_on, pieces, metres
         from batch_moves m join ledger_transaction using (transaction_id)
         where child_batch_id = any($1)",
        batch_ids
    )
    .fetch_all(db)
    .await?)
}

/// What was made of these batches, oldest first.
pub async fn list_children(db: &Db, batch_ids: &[i64]) -> Result<Vec<Lineage>> {
    Ok(sqlx::query_as!(
        Lineage,
        "select child_batch_id, parent_batch_id, m.document_id, transaction_id, effective_on as moved_on, pieces, metres
         from batch_moves m join ledger_transaction using (transaction_id)
         where parent_batch_id = any($1) order by parent_batch_id, child_batch_id",
        batch_ids
    )
    .fetch_all(db)
    .await?)
}

/// The received batch at the beginning of each of these: `(batch, origin)`, itself where it was received.
pub async fn list_origins(db: &Db, batch_ids: &[i64]) -> Result<Vec<(i64, i64)>> {
    let rows = sqlx::query!(
        r#"with recursive up as (
               select b.id as batch_id, b.id as origin_id from unnest($1::bigint[]) as b (id)
               union all
               select up.batch_id, m.parent_batch_id from up join batch_moves m on m.child_batch_id = up.origin_id)
           select batch_id as "batch_id!", min(origin_id) as "origin_id!" from up group by batch_id"#,
        batch_ids
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.batch_id, row.origin_id)).collect())
}

/// Stock counts, newest first, after the row `(counted_on, stock_count_id)`, at most `limit`; `None` = of all warehouses.
pub async fn list_counts(
    db: &Db,
    warehouse_id: Option<i64>,
    after: Option<(NaiveDate, i64)>,
    limit: i64,
) -> Result<Vec<StockCount>> {
    let (after_on, after_id) = after.unzip();
    Ok(sqlx::query_as!(
        StockCount,
        "select stock_count_id, company_id, warehouse_id, document_id, counted_on, note from stock_counts
         where ($1::bigint is null or warehouse_id = $1)
             and ($2::date is null or (counted_on, stock_count_id) < ($2, $3::bigint))
         order by counted_on desc, stock_count_id desc limit $4",
        warehouse_id,
        after_on,
        after_id,
        limit
    )
    .fetch_all(db)
    .await?)
}

/// The counts of these ids.
pub async fn list_counts_by_ids(db: &Db, ids: &[i64]) -> Result<Vec<StockCount>> {
    Ok(sqlx::query_as!(
        StockCount,
        "select stock_count_id, company_id, warehouse_id, document_id, counted_on, note from stock_counts
         where stock_count_id = any($1)",
        ids
    )
    .fetch_all(db)
    .await?)
}

/// The lines of these counts, by batch.
pub async fn list_count_lines(db: &Db, count_ids: &[i64]) -> Result<Vec<StockCountLine>> {
    Ok(sqlx::query_as!(
        StockCountLine,
        "select stock_count_id, batch_id, book_pieces, counted_pieces, metres, cost from stock_count_lines
         where stock_count_id = any($1) order by stock_count_id, batch_id",
        count_ids
    )
    .fetch_all(db)
    .await?)
}
