//! Batches by their number.

use crate::db::Db;
use crate::error::Result;
use crate::search::{Hit, Search};

/// Batches that fit, the best first, at most `limit`.
pub async fn search(db: &Db, wanted: &Search, limit: i64) -> Result<Vec<Hit>> {
    Ok(sqlx::query_as!(
        Hit,
        r#"select batch_id as "id!", case when typed = kept then 2 else 0.9 end::real as "rank!"
           from batches
           cross join lateral (select translate(lower(number), ' -', '') as kept, translate(lower($1), ' -', '') as typed) compared
           where deleted_at is null and length(typed) > 1 and position(typed in kept) > 0
           order by 2 desc, 1 desc limit $2"#,
        wanted.words,
        limit
    )
    .fetch_all(db)
    .await?)
}
