//! SQL of corrections for their command.

use super::{OrderCorrection, Priced};
use crate::command::Run;
use crate::error::Result;
use crate::money;

/// What lines of the order are priced at by their last correction; those never corrected are left out.
pub(super) async fn priced_in_tx(run: &mut Run<'_>, order_id: i64) -> Result<Vec<(i64, Priced)>> {
    let rows = sqlx::query!(
        "select distinct on (l.order_line_id) l.order_line_id, l.price, l.quantity
         from order_correction_lines l join order_corrections c using (order_correction_id)
         where c.order_id = $1 order by l.order_line_id, l.order_correction_id desc",
        order_id
    )
    .fetch_all(&mut *run.tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.order_line_id, Priced { price: money::round(row.price), quantity: row.quantity }))
        .collect())
}

/// Writes a correction with its lines; returns its id.
pub(super) async fn insert_in_tx(run: &mut Run<'_>, of: &OrderCorrection) -> Result<i64> {
    let order_correction_id = sqlx::query_scalar!(
        "insert into order_corrections (order_id, document_id, corrected_on, reason, net, vat, gross) values ($1, $2, $3, $4, $5, $6, $7)
         returning order_correction_id",
        of.order_id,
        of.document_id,
        of.corrected_on,
        of.reason,
        of.net,
        of.vat,
        of.gross
    )
    .fetch_one(&mut *run.tx)
    .await?;
    for line in &of.lines {
        sqlx::query!(
            "insert into order_correction_lines (order_correction_id, order_line_id, price, quantity, net, vat, gross)
             values ($1, $2, $3, $4, $5, $6, $7)",
            order_correction_id,
            line.order_line_id,
            line.terms.price,
            line.terms.quantity,
            line.net,
            line.vat,
            line.gross
        )
        .execute(&mut *run.tx)
        .await?;
    }
    Ok(order_correction_id)
}
