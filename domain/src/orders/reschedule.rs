//! Another planned day or truck for an order that has not left (перенос отгрузки).
//!
//! Reservations have no day and stay; whether it is late is told of its new day anew.

use chrono::NaiveDate;
use serde::Serialize;

use super::{Order, store};
use crate::access::Permission;
use crate::command::{self, Ctx, Outcome, same_version};
use crate::db::Db;
use crate::error::Result;
use crate::{companies, days, direct, text};

/// Another day, another truck; `None` = as it is.
#[derive(Debug, Clone, Serialize)]
pub struct Reschedule {
    /// The order.
    pub order_id: i64,
    /// The version it was read at.
    pub expected_version: i32,
    /// Planned day of shipping.
    pub planned_on: Option<NaiveDate>,
    /// The truck's plate, may be empty.
    pub vehicle: Option<String>,
}

/// Changes when a draft or a confirmed order is to leave, and with what; VAT is planned at the rate of the new day.
///
/// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `ORDER_STATUS`, `INVALID_INPUT`, `TAX_REGIME_MISSING`, `FORBIDDEN`.
pub async fn reschedule(db: &Db, ctx: &Ctx, input: &Reschedule) -> Result<Outcome<Order>> {
    command::run(db, ctx, "orders.reschedule", Permission::EditOrders, input, async |run, input| {
        let vehicle = input.vehicle.as_deref().map(|plate| text::optional(plate, "vehicle", 60)).transpose()?;
        let mut order = store::lock_in_tx(run, input.order_id).await?;
        same_version("order", order.order_id, order.version, input.expected_version)?;
        let planned_on = days::known(input.planned_on.unwrap_or(order.planned_on), "plannedOn")?;
        let tax = companies::store::tax_in_tx(run, order.company_id, planned_on).await?;
        let vehicle = vehicle.unwrap_or_else(|| order.vehicle.clone());
        order.reschedule(planned_on, vehicle, tax)?;
        store::replace_sums_in_tx(run, &order).await?;
        store::save_in_tx(run, &order).await?;
        direct::note_in_tx(run, order.deal_id).await?;
        Ok(order)
    })
    .await
}
