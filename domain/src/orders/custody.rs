//! Goods sold but kept (ответственное хранение): they belong to the customer and lie with us until the order is delivered.
//!
//! Owner and place are separate: the shipment took them out of the stock, this says where they still are.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Status, store, title};
use crate::access::{Permission, Scope};
use crate::command::{self, Ctx, Outcome};
use crate::db::Db;
use crate::error::{Code, Error, Result};

/// Where the goods of a shipped order lie with us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Custody {
    /// The order.
    pub order_id: i64,
    /// Where.
    pub warehouse_id: i64,
    /// Since when.
    pub kept_from: NaiveDate,
}

/// Goods to keep for a customer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Keep {
    /// The order: shipped, not delivered.
    pub order_id: i64,
    /// Where its goods lie.
    pub warehouse_id: i64,
}

/// Says that the goods of a shipped order stay with us until it is delivered (оставить на хранении); again, that they lie elsewhere.
/// Errors: `NOT_FOUND`, `ORDER_STATUS`, `TITLE_NOT_PASSED`, `INVALID_INPUT`, `FORBIDDEN`.
pub async fn keep(db: &Db, ctx: &Ctx, input: Keep) -> Result<Outcome<Custody>> {
    command::run(db, ctx, "orders.keep", Permission::ShipOrders, &input, async |run, input| {
        let order = store::lock_in_tx(run, input.order_id).await?;
        let (Status::Shipped, Some(kept_from)) = (order.status, order.shipped_on) else {
            let message = format!("order {} is not on its way; goods are kept between shipment and delivery", order.number);
            return Err(Error::rejected(Code::OrderStatus, message));
        };
        title::passed(&order, "nothing of the customer's can be kept: record their return (orderReturn)")?;
        let is_real = sqlx::query_scalar!(
            r#"select kind = 'yard' as "is_real!" from warehouses where warehouse_id = $1"#,
            input.warehouse_id
        );
        if is_real.fetch_optional(&mut *run.tx).await? == Some(false) {
            return Err(Error::invalid(
                "warehouseId",
                "goods of a customer lie in a yard, not on their way; choose where they are",
            ));
        }
        sqlx::query!(
            "insert into order_custody (order_id, warehouse_id, kept_from) values ($1, $2, $3)
             on conflict (order_id) do update set warehouse_id = excluded.warehouse_id",
            order.order_id,
            input.warehouse_id,
            kept_from
        )
        .execute(&mut *run.tx)
        .await?;
        Ok(Custody { order_id: order.order_id, warehouse_id: input.warehouse_id, kept_from })
    })
    .await
}

/// What lies with us and belongs to customers, the longest first, after the row `(kept_from, order_id)`, at most `limit`.
pub async fn list(
    db: &Db,
    scope: &Scope,
    warehouse_id: Option<i64>,
    after: Option<(NaiveDate, i64)>,
    limit: i64,
) -> Result<Vec<Custody>> {
    let (after_on, after_id) = after.unzip();
    Ok(sqlx::query_as!(
        Custody,
        "select k.order_id, k.warehouse_id, k.kept_from
         from order_custody k join orders o using (order_id) join deals d on d.deal_id = o.deal_id
         where o.status = 'shipped' and o.deleted_at is null and ($1::bigint[] is null or d.employee_id = any($1))
             and ($2::bigint is null or k.warehouse_id = $2)
             and ($3::date is null or (k.kept_from, k.order_id) > ($3, $4::bigint))
         order by k.kept_from, k.order_id limit $5",
        scope.employees(),
        warehouse_id,
        after_on,
        after_id,
        limit
    )
    .fetch_all(db)
    .await?)
}

/// Where the goods of these orders lie with us, of those that are in scope and not delivered.
pub async fn list_by_orders(db: &Db, scope: &Scope, order_ids: &[i64]) -> Result<Vec<Custody>> {
    Ok(sqlx::query_as!(
        Custody,
        "select k.order_id, k.warehouse_id, k.kept_from
         from order_custody k join orders o using (order_id) join deals d on d.deal_id = o.deal_id
         where k.order_id = any($1) and o.status = 'shipped' and ($2::bigint[] is null or d.employee_id = any($2))",
        order_ids,
        scope.employees()
    )
    .fetch_all(db)
    .await?)
}
