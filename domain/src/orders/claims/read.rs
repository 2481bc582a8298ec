//! SQL of claims for those who look at them; a manager sees those of the own deals and the team's.

use super::{CarrierClaim, State};
use crate::access::Scope;
use crate::db::Db;
use crate::error::Result;

/// The claims of these orders as far as they are in scope, oldest first.
pub async fn list_of_orders(db: &Db, scope: &Scope, order_ids: &[i64]) -> Result<Vec<CarrierClaim>> {
    let ids = sqlx::query_scalar!("select carrier_claim_id from carrier_claims where order_id = any($1)", order_ids)
        .fetch_all(db)
        .await?;
    list_by_ids(db, scope, &ids).await
}

/// The claims of these ids that are in scope, oldest first.
pub async fn list_by_ids(db: &Db, scope: &Scope, carrier_claim_ids: &[i64]) -> Result<Vec<CarrierClaim>> {
    Ok(sqlx::query_as!(
        CarrierClaim,
        r#"select c.carrier_claim_id, c.order_id, c.carrier_id, c.amount, c.reason, c.state as "state: State", c.raised_on, c.decided_on,
             c.answer, c.document_id, c.transaction_id, c.reversed_on, c.reversal_document_id
         from carrier_claims c join orders o using (order_id) join deals d using (deal_id)
         where c.carrier_claim_id = any($1) and o.deleted_at is null and ($2::bigint[] is null or d.employee_id = any($2))
         order by c.carrier_claim_id"#,
        carrier_claim_ids,
        scope.employees()
    )
    .fetch_all(db)
    .await?)
}
