//! SQL of the need: what is asked for, what lies there and what is owed, in one statement each.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::{Demand, Need, Supply, need};
use crate::access::Scope;
use crate::db::Db;
use crate::error::Result;

/// What `company_id` has to buy for the orders in scope that ship until `until`, by product.
pub async fn list(db: &Db, scope: &Scope, company_id: i64, until: NaiveDate) -> Result<Vec<Need>> {
    let mut connection = db.acquire().await?;
    let demands = sqlx::query_as!(
        Demand,
        r#"select l.product_id, o.order_id, o.number as order_number, d.deal_id, d.number as deal_number, o.planned_on,
               sum(l.pieces)::bigint as "pieces!"
           from orders o join order_lines l using (order_id) join deals d using (deal_id)
           where o.company_id = $1 and o.status in ('draft', 'confirmed') and o.planned_on <= $2 and l.kind = 'goods'
               and o.deleted_at is null and l.deleted_at is null and d.deleted_at is null and d.stage <> 'lost'
               and ($3::bigint[] is null or d.employee_id = any($3))
           group by l.product_id, o.order_id, d.deal_id order by l.product_id, o.planned_on, o.order_id"#,
        company_id,
        until,
        scope.employees()
    )
    .fetch_all(&mut *connection)
    .await?;
    let product_ids: Vec<i64> = demands.iter().map(|one| one.product_id).collect();
    let stock = sqlx::query!(
        r#"select product_id, sum(s.pieces)::bigint as "pieces!" from batches b join batch_balances s using (batch_id)
           where b.company_id = $1 and b.product_id = any($2) and s.pieces > 0 group by product_id"#,
        company_id,
        &product_ids
    )
    .fetch_all(&mut *connection)
    .await?;
    let supplies = sqlx::query_as!(
        Supply,
        r#"select l.product_id as "product_id!", o.expected_on as "expected_on!", (l.pieces - coalesce(r.pieces, 0))::bigint as "pieces!", o.state = 'draft' as "is_draft!"
           from supplier_orders o join supplier_order_lines l using (supplier_order_id)
               left join (select supplier_order_line_id, sum(b.pieces) as pieces from purchase_receipts join batches b using (batch_id)
                   group by 1) r using (supplier_order_line_id)
           where o.company_id = $1 and o.state in ('draft', 'approved', 'sent', 'confirmed', 'partly_received') and o.expected_on <= $2
               and l.product_id = any($3) and l.pieces > coalesce(r.pieces, 0)"#,
        company_id,
        until,
        &product_ids
    )
    .fetch_all(&mut *connection)
    .await?;
    let stock: HashMap<i64, i64> = stock.into_iter().map(|row| (row.product_id, row.pieces)).collect();
    let mut needs = Vec::new();
    for of in demands.chunk_by(|one, next| one.product_id == next.product_id) {
        let product_id = of[0].product_id;
        let owed: Vec<Supply> = supplies.iter().filter(|one| one.product_id == product_id).copied().collect();
        needs.push(need(product_id, stock.get(&product_id).copied().unwrap_or_default(), of.to_vec(), &owed));
    }
    Ok(needs)
}
