//! Orders by their number and the truck's plate.

use crate::access::Scope;
use crate::db::Db;
use crate::error::Result;
use crate::search::{Hit, Search};

/// Orders in scope that fit, the best first, at most `limit`.
pub async fn search(db: &Db, scope: &Scope, wanted: &Search, limit: i64) -> Result<Vec<Hit>> {
    Ok(sqlx::query_as!(
        Hit,
        r#"select found.order_id as "id!", max(found.rank) as "rank!"
           from (
             select order_id, word_similarity(search_key($1), search_key(vehicle)) as rank
             from orders where search_key(vehicle) %> search_key($1)
             union all
             select order_id, 1 from orders where $5 = '' and $2 <> '' and search_digits(number) like '%' || $2 || '%'
             union all
             select order_id, case when ltrim(search_digits(number), '0') = ltrim($2, '0') then 2 else 1 end from orders
             where $5 <> '' and search_digits(number) like '%' || $2 || '%' and translate(lower(number), '0123456789 -', '') = $5) found
           join orders using (order_id) join deals using (deal_id)
           where orders.deleted_at is null and ($3::bigint[] is null or deals.employee_id = any($3))
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
