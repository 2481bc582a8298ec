//! SQL of returns for those who look at them; a manager sees those of the own deals and the team's.

use std::collections::HashMap;

use super::{OrderReturn, ReturnLine};
use crate::access::Scope;
use crate::db::Db;
use crate::error::Result;

/// The returns of these orders as far as they are in scope, oldest first.
pub async fn list_of_orders(db: &Db, scope: &Scope, order_ids: &[i64]) -> Result<Vec<OrderReturn>> {
    let ids = sqlx::query_scalar!("select order_return_id from order_returns where order_id = any($1)", order_ids)
        .fetch_all(db)
        .await?;
    list_by_ids(db, scope, &ids).await
}

/// The returns of these ids that are in scope, oldest first.
pub async fn list_by_ids(db: &Db, scope: &Scope, order_return_ids: &[i64]) -> Result<Vec<OrderReturn>> {
    let rows = sqlx::query!(
        "select r.order_return_id, r.order_id, r.document_id, r.returned_on, r.reason, r.undelivered, r.net, r.vat, r.gross
         from order_returns r join orders o using (order_id) join deals d using (deal_id)
         where r.order_return_id = any($1) and ($2::bigint[] is null or d.employee_id = any($2)) order by r.order_return_id",
        order_return_ids,
        scope.employees()
    )
    .fetch_all(db)
    .await?;
    let mut lines = lines(db, order_return_ids).await?;
    let whole = rows.into_iter().map(|row| OrderReturn {
        order_return_id: row.order_return_id,
        order_id: row.order_id,
        document_id: row.document_id,
        returned_on: row.returned_on,
        reason: row.reason,
        undelivered: row.undelivered,
        net: row.net,
        vat: row.vat,
        gross: row.gross,
        lines: lines.remove(&row.order_return_id).unwrap_or_default(),
    });
    Ok(whole.collect())
}

async fn lines(db: &Db, order_return_ids: &[i64]) -> Result<HashMap<i64, Vec<ReturnLine>>> {
    let rows = sqlx::query!(
        "select r.order_return_id, r.order_line_id, r.pieces, r.metres, r.tonnes_theoretical, r.tonnes_weighed, r.net, r.vat, r.gross, r.cost
         from order_return_lines r join order_lines l using (order_line_id)
         where r.order_return_id = any($1) order by r.order_return_id, l.line",
        order_return_ids
    )
    .fetch_all(db)
    .await?;
    let mut of: HashMap<i64, Vec<ReturnLine>> = HashMap::new();
    for row in rows {
        of.entry(row.order_return_id).or_default().push(ReturnLine {
            order_line_id: row.order_line_id,
            pieces: row.pieces,
            metres: row.metres,
            tonnes_theoretical: row.tonnes_theoretical,
            tonnes_weighed: row.tonnes_weighed,
            net: row.net,
            vat: row.vat,
            gross: row.gross,
            cost: row.cost,
        });
    }
    Ok(of)
}

/// How many pieces of these lines came back, as far as they are in scope; lines of which none did are left out.
pub async fn list_pieces(db: &Db, scope: &Scope, order_line_ids: &[i64]) -> Result<Vec<(i64, i64)>> {
    let rows = sqlx::query!(
        r#"select r.order_line_id, sum(r.pieces)::bigint as "pieces!"
           from order_return_lines r join order_lines l using (order_line_id) join orders o using (order_id) join deals d using (deal_id)
           where r.order_line_id = any($1) and ($2::bigint[] is null or d.employee_id = any($2)) group by r.order_line_id"#,
        order_line_ids,
        scope.employees()
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.order_line_id, row.pieces)).collect())
}
