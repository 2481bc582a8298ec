//! SQL of corrections for those who look at them; a manager sees those of the own deals and the team's.

use std::collections::HashMap;

use super::{CorrectionLine, OrderCorrection, Priced};
use crate::access::Scope;
use crate::db::Db;
use crate::error::Result;
use crate::money;

/// The corrections of these orders as far as they are in scope, oldest first.
pub async fn list_of_orders(db: &Db, scope: &Scope, order_ids: &[i64]) -> Result<Vec<OrderCorrection>> {
    let ids = sqlx::query_scalar!("select order_correction_id from order_corrections where order_id = any($1)", order_ids)
        .fetch_all(db)
        .await?;
    list_by_ids(db, scope, &ids).await
}

/// The corrections of these ids that are in scope, oldest first.
pub async fn list_by_ids(db: &Db, scope: &Scope, order_correction_ids: &[i64]) -> Result<Vec<OrderCorrection>> {
    let rows = sqlx::query!(
        "select c.order_correction_id, c.order_id, c.document_id, c.corrected_on, c.reason, c.net, c.vat, c.gross
         from order_corrections c join orders o using (order_id) join deals d using (deal_id)
         where c.order_correction_id = any($1) and ($2::bigint[] is null or d.employee_id = any($2)) order by c.order_correction_id",
        order_correction_ids,
        scope.employees()
    )
    .fetch_all(db)
    .await?;
    let mut lines = lines(db, order_correction_ids).await?;
    let whole = rows.into_iter().map(|row| OrderCorrection {
        order_correction_id: row.order_correction_id,
        order_id: row.order_id,
        document_id: row.document_id,
        corrected_on: row.corrected_on,
        reason: row.reason,
        net: row.net,
        vat: row.vat,
        gross: row.gross,
        lines: lines.remove(&row.order_correction_id).unwrap_or_default(),
    });
    Ok(whole.collect())
}

async fn lines(db: &Db, order_correction_ids: &[i64]) -> Result<HashMap<i64, Vec<CorrectionLine>>> {
    let rows = sqlx::query!(
        "select c.order_correction_id, c.order_line_id, c.price, c.quantity, c.net, c.vat, c.gross
         from order_correction_lines c join order_lines l using (order_line_id)
         where c.order_correction_id = any($1) order by c.order_correction_id, l.line",
        order_correction_ids
    )
    .fetch_all(db)
    .await?;
    let mut of: HashMap<i64, Vec<CorrectionLine>> = HashMap::new();
    for row in rows {
        of.entry(row.order_correction_id).or_default().push(CorrectionLine {
            order_line_id: row.order_line_id,
            terms: Priced { price: money::round(row.price), quantity: row.quantity },
            net: row.net,
            vat: row.vat,
            gross: row.gross,
        });
    }
    Ok(of)
}
