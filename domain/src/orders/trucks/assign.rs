//! Which truck takes an order (назначение машины), and the check of its capacity.

use serde::Serialize;

use super::{Slot, Truck, directory, not_gone, store};
use crate::access::Permission;
use crate::command::{self, Ctx, Outcome, Run};
use crate::db::Db;
use crate::error::{Code, Error, Result};
use crate::orders::{self, Order, Status};
use crate::text;

/// The truck of an order; what is left out is as it was not known.
#[derive(Debug, Clone, Serialize)]
pub struct Assign {
    /// The order: not shipped yet.
    pub order_id: i64,
    /// The vehicle; the carrier is its.
    pub vehicle_id: i64,
    /// A driver of the same carrier.
    pub driver_id: Option<i64>,
    /// Another trailer than the directory says.
    pub trailer_plate: Option<String>,
    /// Where it is loaded.
    pub warehouse_id: Option<i64>,
    /// At which dock of the warehouse, may be empty: then the warehouse has one.
    pub dock: String,
    /// When; needs the warehouse.
    pub slot: Option<Slot>,
    /// Why it may carry more than its capacity, may be empty.
    pub overload_reason: String,
}

/// Names the truck of an order, with driver and loading slot. Its plates are the order's `vehicle`; what was loaded and weighed before is
/// forgotten with another vehicle.
///
/// Errors: `NOT_FOUND`, `ORDER_STATUS`, `PARTY_MISMATCH` (driver or chosen rate of another carrier), `OVERLOADED`, `SLOT_TAKEN`,
/// `INVALID_INPUT`.
pub async fn assign(db: &Db, ctx: &Ctx, input: &Assign) -> Result<Outcome<Order>> {
    command::run(db, ctx, "orders.assign_truck", Permission::ShipOrders, input, assign_in_tx).await
}

async fn assign_in_tx(run: &mut Run<'_>, input: &Assign) -> Result<Order> {
    let dock = text::optional(&input.dock, "dock", 60)?;
    let reason = text::optional(&input.overload_reason, "overloadReason", 500)?;
    let trailer = input.trailer_plate.as_ref().map(|plate| text::optional(plate, "trailerPlate", 20)).transpose()?;
    let slot = input.slot.map(Slot::checked).transpose()?;
    if input.warehouse_id.is_none() && (slot.is_some() || !dock.is_empty()) {
        return Err(Error::invalid("warehouseId", "a slot and a dock are those of a warehouse; name it"));
    }
    let mut order = orders::store::lock_in_tx(run, input.order_id).await?;
    not_gone(&order, &[Status::Draft, Status::Confirmed])?;
    let vehicle = directory::lock_vehicle(run, input.vehicle_id).await?;
    directory::carrier_in_tx(run, vehicle.carrier_id).await?;
    if let Some(driver_id) = input.driver_id {
        let driver = directory::lock_driver(run, driver_id).await?;
        if driver.carrier_id != vehicle.carrier_id {
            let message = format!("{} drives for another carrier; choose a driver of the vehicle's", driver.name);
            return Err(Error::rejected(Code::PartyMismatch, message));
        }
    }
    let was = store::find_in_tx(run, order.order_id).await?.unwrap_or_default();
    if was.freight_request_id != 0 && was.carrier_id != vehicle.carrier_id {
        let message =
            "the rate of another carrier was chosen for this order; choose one of this carrier first (freightQuoteChoose)";
        return Err(Error::rejected(Code::PartyMismatch, message));
    }
    let is_same = was.vehicle_id == vehicle.vehicle_id;
    if !is_same {
        super::loading::forget_in_tx(run, &order).await?;
    }
    let mut truck = Truck {
        order_id: order.order_id,
        carrier_id: vehicle.carrier_id,
        vehicle_id: vehicle.vehicle_id,
        driver_id: input.driver_id.unwrap_or_default(),
        plate: vehicle.plate,
        trailer_plate: trailer.unwrap_or(vehicle.trailer_plate),
        capacity_t: vehicle.capacity_t,
        body_length_m: vehicle.body_length_m,
        overload_reason: String::new(),
        overload_t: rust_decimal::Decimal::ZERO,
        warehouse_id: input.warehouse_id.unwrap_or_default(),
        dock,
        slot,
        gross_kg: if is_same { was.gross_kg } else { 0 },
        tare_kg: if is_same { was.tare_kg } else { 0 },
        loaded_at: was.loaded_at.filter(|_| is_same),
        ..was
    };
    let cargo = store::cargo_in_tx(run, &order).await?;
    truck.allow(&order.number, cargo.tonnes.max(truck.weighed_t()), reason)?;
    store::hold_slot_in_tx(run, &truck).await?;
    store::save_in_tx(run, &mut order, &truck).await?;
    Ok(order)
}

/// The order may be confirmed with its truck, if it has one. Errors: `OVERLOADED`.
pub(in crate::orders) async fn check_in_tx(run: &mut Run<'_>, order: &Order) -> Result<()> {
    let Some(truck) = store::find_in_tx(run, order.order_id).await? else { return Ok(()) };
    let cargo = store::cargo_in_tx(run, order).await?;
    truck.carries(&order.number, cargo.tonnes)
}
