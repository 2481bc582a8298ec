//! SQL of the need: what is asked for, what lies there, what is owed and what is on its way, in one statement each.

use std::collections::HashMap;

use chrono::NaiveDate;
use sqlx::PgConnection;

use super::{Demand, Here, Need, Standing, Supply, need};
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
    let product_ids = &product_ids;
    let here = here(&mut connection, scope, company_id, until, product_ids).await?;
    let mut supplies = ordered(&mut connection, company_id, until, product_ids).await?;
    supplies.extend(on_their_way(&mut connection, company_id, until, product_ids).await?);
    let mut needs = Vec::new();
    for of in demands.chunk_by(|one, next| one.product_id == next.product_id) {
        let product_id = of[0].product_id;
        let comes: Vec<Supply> = supplies.iter().filter(|one| one.product_id == product_id).copied().collect();
        needs.push(need(product_id, here.get(&product_id).copied().unwrap_or_default(), of.to_vec(), &comes));
    }
    Ok(needs)
}

/// What lies there, and what of it confirmed orders hold that are not in the demand: of a later day, of others, of lost deals.
async fn here(
    connection: &mut PgConnection,
    scope: &Scope,
    company_id: i64,
    until: NaiveDate,
    product_ids: &[i64],
) -> Result<HashMap<i64, Here>> {
    let rows = sqlx::query!(
        r#"with held as (
               select l.batch_id, sum(l.pieces) as pieces from order_lines l join orders o using (order_id) join deals d using (deal_id)
               where o.company_id = $1 and o.status = 'confirmed' and l.kind = 'goods' and l.product_id = any($2)
                   and o.deleted_at is null and l.deleted_at is null
                   and (o.planned_on > $3 or d.stage = 'lost' or d.deleted_at is not null or not ($4::bigint[] is null or d.employee_id = any($4)))
               group by l.batch_id)
           select b.product_id, sum(s.pieces)::bigint as "in_stock!", coalesce(sum(h.pieces), 0)::bigint as "reserved!"
           from batches b join batch_balances s using (batch_id) join warehouses w using (warehouse_id) left join held h using (batch_id)
           where b.company_id = $1 and b.product_id = any($2) and s.pieces > 0 and w.kind <> 'transit' group by b.product_id"#,
        company_id,
        product_ids,
        until,
        scope.employees()
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.product_id, Here { in_stock: row.in_stock, reserved: row.reserved })).collect())
}

/// What suppliers owe until a day, also in drafts.
async fn ordered(connection: &mut PgConnection, company_id: i64, until: NaiveDate, product_ids: &[i64]) -> Result<Vec<Supply>> {
    let rows = sqlx::query!(
        r#"select l.product_id as "product_id!", o.expected_on as "expected_on!", (l.pieces - coalesce(r.pieces, 0))::bigint as "pieces!", o.state = 'draft' as "is_draft!"
           from supplier_orders o join supplier_order_lines l using (supplier_order_id)
               left join (select supplier_order_line_id, sum(b.pieces) as pieces from purchase_receipts join batches b using (batch_id)
                   group by 1) r using (supplier_order_line_id)
           where o.company_id = $1 and o.state in ('draft', 'approved', 'sent', 'confirmed', 'partly_received') and o.expected_on <= $2
               and l.product_id = any($3) and l.pieces > coalesce(r.pieces, 0)"#,
        company_id,
        until,
        product_ids
    )
    .fetch_all(connection)
    .await?;
    let standing = |is_draft| if is_draft { Standing::Drafted } else { Standing::Ordered };
    Ok(rows
        .into_iter()
        .map(|row| Supply {
            product_id: row.product_id,
            expected_on: row.expected_on,
            pieces: row.pieces,
            standing: standing(row.is_draft),
        })
        .collect())
}

/// What is ours and expected until a day.
async fn on_their_way(
    connection: &mut PgConnection,
    company_id: i64,
    until: NaiveDate,
    product_ids: &[i64],
) -> Result<Vec<Supply>> {
    let rows = sqlx::query!(
        "select b.product_id, t.expected_on, s.pieces
         from batches_in_transit t join batches b using (batch_id) join batch_balances s using (batch_id)
         where b.company_id = $1 and t.expected_on <= $2 and b.product_id = any($3) and s.pieces > 0",
        company_id,
        until,
        product_ids
    )
    .fetch_all(connection)
    .await?;
    let supply = |product_id, expected_on, pieces| Supply { product_id, expected_on, pieces, standing: Standing::OnItsWay };
    Ok(rows.into_iter().map(|row| supply(row.product_id, row.expected_on, row.pieces)).collect())
}
