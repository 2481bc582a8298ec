//! Deals by their number, what they are about, who called and from where.

use crate::access::Scope;
use crate::db::Db;
use crate::error::Result;
use crate::search::{Hit, Search};

/// Deals in scope that fit, the best first, at most `limit`.
pub async fn search(db: &Db, scope: &Scope, wanted: &Search, limit: i64) -> Result<Vec<Hit>> {
    Ok(sqlx::query_as!(
        Hit,
        r#"select found.deal_id as "id!", max(found.rank) as "rank!"
           from (
             select deal_id, word_similarity(search_key($1), search_key(title || ' ' || contact_name)) as rank
             from deals where search_key(title || ' ' || contact_name) %> search_key($1)
             union all
             select deal_id, 0.8 from deals where to_tsvector('russian', title) @@ websearch_to_tsquery('russian', $1)
             union all
             select deal_id, 1 from deals
             where $5 = '' and $2 <> '' and search_digits(number) || ' ' || search_digits(contact_phone) like '%' || $2 || '%'
             union all
             select deal_id, case when ltrim(search_digits(number), '0') = ltrim($2, '0') then 2 else 1 end from deals
             where $5 <> '' and search_digits(number) || ' ' || search_digits(contact_phone) like '%' || $2 || '%'
                 and search_digits(number) like '%' || $2 || '%' and translate(lower(number), '0123456789 -', '') = $5) found
           join deals using (deal_id)
           where deleted_at is null and ($3::bigint[] is null or employee_id = any($3))
           group by 1 order by 2 desc, 1 desc limit $4"#,
        wanted.words,
        wanted.digits,
        scope.employees(),
        limit,
        wanted.letters
    )
    .fetch_all(db)
    .await?)
}
