//! SQL of returns for their command.

use super::OrderReturn;
use crate::command::Run;
use crate::error::Result;

/// Writes a return with its lines; returns its id.
pub(super) async fn insert_in_tx(run: &mut Run<'_>, of: &OrderReturn) -> Result<i64> {
    let order_return_id = sqlx::query_scalar!(
        "insert into order_returns (order_id, document_id, returned_on, reason, net, vat, gross, undelivered)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         returning order_return_id",
        of.order_id,
        of.document_id,
        of.returned_on,
        of.reason,
        of.net,
        of.vat,
        of.gross,
        of.undelivered
    )
    .fetch_one(&mut *run.tx)
    .await?;
    for line in &of.lines {
        sqlx::query!(
            "insert into order_return_lines (order_return_id, order_line_id, pieces, metres, tonnes_theoretical, tonnes_weighed, net, vat,
                gross, cost)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            order_return_id,
            line.order_line_id,
            line.pieces,
            line.metres,
            line.tonnes_theoretical,
            line.tonnes_weighed,
            line.net,
            line.vat,
            line.gross,
            line.cost
        )
        .execute(&mut *run.tx)
        .await?;
    }
    Ok(order_return_id)
}
