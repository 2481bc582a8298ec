//! Parties by their name, their people, ИНН or phone.

use crate::db::Db;
use crate::error::Result;
use crate::search::{Hit, Search};

/// Live parties that fit, the best first, at most `limit`.
pub async fn search(db: &Db, wanted: &Search, limit: i64) -> Result<Vec<Hit>> {
    Ok(sqlx::query_as!(
        Hit,
        r#"select found.party_id as "id!", max(found.rank) as "rank!"
           from (
             select party_id, word_similarity(search_key($1), search_key(name)) as rank
             from parties where search_key(name) %> search_key($1)
             union all
             select party_id, 1 from parties where $2 <> '' and inn || ' ' || search_digits(phone) like '%' || $2 || '%'
             union all
             select party_id, word_similarity(search_key($1), search_key(name)) * 0.9::real
             from contacts where search_key(name) %> search_key($1)
             union all
             select party_id, 0.9 from contacts where $2 <> '' and search_digits(phone) like '%' || $2 || '%') found
           join parties using (party_id)
           where deleted_at is null
           group by 1 order by 2 desc, 1 desc limit $3"#,
        wanted.words,
        wanted.digits_elsewhere(),
        limit
    )
    .fetch_all(db)
    .await?)
}
