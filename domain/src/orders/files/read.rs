//! SQL of the files of orders for those who look at them; a manager sees those of the own deals and the team's.

use super::{Kind, OrderFile};
use crate::access::Scope;
use crate::db::Db;
use crate::error::{Error, Result};

/// The files of these orders as far as they are in scope, oldest first, without their bytes.
pub async fn list_of_orders(db: &Db, scope: &Scope, order_ids: &[i64]) -> Result<Vec<OrderFile>> {
    let ids =
        sqlx::query_scalar!("select order_file_id from order_files where order_id = any($1)", order_ids).fetch_all(db).await?;
    list_by_ids(db, scope, &ids).await
}

/// The files of these ids that are in scope, oldest first, without their bytes.
pub async fn list_by_ids(db: &Db, scope: &Scope, order_file_ids: &[i64]) -> Result<Vec<OrderFile>> {
    Ok(sqlx::query_as!(
        OrderFile,
        r#"select f.order_file_id, f.order_id, f.kind as "kind: Kind", f.name, f.content_type, length(f.bytes)::bigint as "size!",
             f.uploaded_by, f.uploaded_at
         from order_files f join orders o using (order_id) join deals d using (deal_id)
         where f.order_file_id = any($1) and o.deleted_at is null and ($2::bigint[] is null or d.employee_id = any($2))
         order by f.order_file_id"#,
        order_file_ids,
        scope.employees()
    )
    .fetch_all(db)
    .await?)
}

/// A file with its bytes, or `NOT_FOUND` (also outside the scope).
pub async fn get(db: &Db, scope: &Scope, order_file_id: i64) -> Result<(OrderFile, Vec<u8>)> {
    let not_found = || Error::not_found("order file", order_file_id);
    let file = list_by_ids(db, scope, &[order_file_id]).await?.pop().ok_or_else(not_found)?;
    let bytes = sqlx::query_scalar!("select bytes from order_files where order_file_id = $1", order_file_id)
        .fetch_optional(db)
        .await?
        .ok_or_else(not_found)?;
    Ok((file, bytes))
}
