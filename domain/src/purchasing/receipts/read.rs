//! SQL of receipts for those who look at them.

use super::Receipt;
use crate::db::Db;
use crate::error::Result;

/// What purchasing knows of the receipts of these batches; those received without an order at a final price are left out.
pub async fn list(db: &Db, batch_ids: &[i64]) -> Result<Vec<Receipt>> {
    Ok(sqlx::query_as!(
        Receipt,
        r#"select r.batch_id as "batch_id!", coalesce(l.supplier_order_id, 0) as "supplier_order_id!",
               coalesce(r.supplier_order_line_id, 0) as "supplier_order_line_id!", r.net as "net!", r.vat as "vat!",
               r.preliminary as "preliminary!",
               case when e.reversed_on is null then r.final_net end as final_net, case when e.reversed_on is null then r.final_vat end as final_vat,
               case when e.reversed_on is null then r.finalised_on end as finalised_on,
               case when e.reversed_on is null then r.additional_expense_id else 0 end as "additional_expense_id!"
           from purchase_receipts r left join supplier_order_lines l using (supplier_order_line_id)
               left join additional_expenses e on e.additional_expense_id = r.additional_expense_id
           where r.batch_id = any($1)"#,
        batch_ids
    )
    .fetch_all(db)
    .await?)
}

/// The batches that came against these lines, `(line, batch)`, oldest first.
pub async fn list_batches(db: &Db, line_ids: &[i64]) -> Result<Vec<(i64, i64)>> {
    let rows = sqlx::query!(
        r#"select supplier_order_line_id as "line_id!", batch_id from purchase_receipts join batches using (batch_id)
           where supplier_order_line_id = any($1) order by received_on, batch_id"#,
        line_ids
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|row| (row.line_id, row.batch_id)).collect())
}
