//! How a supplier delivers, from its orders and receipts, in one statement.

use rust_decimal::Decimal;

use crate::db::Db;
use crate::error::Result;

/// How a supplier delivers (оценка поставщика).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// The supplier.
    pub party_id: i64,
    /// Receipts against its orders.
    pub deliveries: i64,
    /// Of those, by the day they were expected, percent; `None` = nothing came against an order.
    pub on_time_percent: Option<Decimal>,
    /// Days a receipt came after the day it was expected, on average; one in time counts 0.
    pub mean_delay_days: Option<Decimal>,
    /// Weight by the scales against the weight of the profile, percent, over all that was weighed; negative = too little.
    pub weight_deviation_percent: Option<Decimal>,
    /// Receipts that were weighed.
    pub weighings: i64,
    /// Lines of closed orders of which less came than was ordered.
    pub under_deliveries: i64,
    /// Lines of open orders of which something is missing after the expected day.
    pub overdue: i64,
}

/// How these suppliers deliver as of `today`; each has a row.
pub async fn list_scores(db: &Db, party_ids: &[i64], today: chrono::NaiveDate) -> Result<Vec<Score>> {
    Ok(sqlx::query_as!(
        Score,
        r#"with lines as (
               select o.party_id, o.state, o.expected_on, l.supplier_order_line_id, l.pieces from supplier_orders o
               join supplier_order_lines l using (supplier_order_id) where o.party_id = any($1)),
           came as (
               select l.party_id, l.supplier_order_line_id, greatest(b.received_on - l.expected_on, 0) as late, b.pieces
               from lines l join purchase_receipts r using (supplier_order_line_id) join batches b using (batch_id)),
           in_time as (
               select party_id, count(*) as deliveries, round(100.0 * count(*) filter (where late = 0) / count(*), 2) as on_time,
                   round(avg(late), 2) as delay
               from came group by party_id),
           missing as (
               select l.party_id, count(*) filter (where l.state = 'closed') as under,
                   count(*) filter (where l.state in ('approved', 'sent', 'confirmed', 'partly_received') and l.expected_on < $2) as overdue
               from lines l left join (select supplier_order_line_id, sum(pieces) as pieces from came group by 1) c using (supplier_order_line_id)
               where l.pieces > coalesce(c.pieces, 0) group by l.party_id),
           scales as (
               select b.party_id, count(*) as weighings, round(100 * (sum(b.tonnes_weighed) - sum(b.tonnes_theoretical))
                   / nullif(sum(b.tonnes_theoretical), 0), 2) as deviation
               from batches b join documents d using (document_id)
               where b.party_id = any($1) and d.kind = 'receipt' and b.tonnes_weighed > 0 group by b.party_id)
           select p.party_id as "party_id!", coalesce(i.deliveries, 0) as "deliveries!", i.on_time as on_time_percent,
               i.delay as mean_delay_days, s.deviation as weight_deviation_percent, coalesce(s.weighings, 0) as "weighings!",
               coalesce(m.under, 0) as "under_deliveries!", coalesce(m.overdue, 0) as "overdue!"
           from unnest($1::bigint[]) p (party_id) left join in_time i using (party_id) left join missing m using (party_id)
               left join scales s using (party_id)"#,
        party_ids,
        today
    )
    .fetch_all(db)
    .await?)
}
