//! SQL of the trucks of orders for their commands; the lock of the order is the lock of its truck.

use super::{Cargo, Slot, Truck};
use crate::command::Run;
use crate::error::{Code, Error, Result};
use crate::orders::{self, Order};

/// The truck of an order, if anything is known of it.
pub(in crate::orders) async fn find_in_tx(run: &mut Run<'_>, order_id: i64) -> Result<Option<Truck>> {
    let row = sqlx::query!(
        "select carrier_id, vehicle_id, driver_id, plate, trailer_plate, capacity_t, body_length_m, overload_reason, overload_t,
            warehouse_id, dock, slot_from, slot_to, gross_kg, tare_kg, loaded_at, freight_request_id, freight_net, freight_vat
         from order_trucks where order_id = $1",
        order_id
    )
    .fetch_optional(&mut *run.tx)
    .await?;
    Ok(row.map(|row| Truck {
        order_id,
        carrier_id: row.carrier_id,
        vehicle_id: row.vehicle_id,
        driver_id: row.driver_id,
        plate: row.plate,
        trailer_plate: row.trailer_plate,
        capacity_t: row.capacity_t,
        body_length_m: row.body_length_m,
        overload_reason: row.overload_reason,
        overload_t: row.overload_t,
        warehouse_id: row.warehouse_id,
        dock: row.dock,
        slot: row.slot_from.zip(row.slot_to).map(|(from, to)| Slot { from, to }),
        gross_kg: row.gross_kg,
        tare_kg: row.tare_kg,
        loaded_at: row.loaded_at,
        freight_request_id: row.freight_request_id,
        freight_net: row.freight_net,
        freight_vat: row.freight_vat,
    }))
}

/// Saves the truck, and its plates on the order.
pub(in crate::orders) async fn save_in_tx(run: &mut Run<'_>, order: &mut Order, truck: &Truck) -> Result<()> {
    sqlx::query!(
        "insert into order_trucks (order_id, carrier_id, vehicle_id, driver_id, plate, trailer_plate, capacity_t, body_length_m,
            overload_reason, overload_t, warehouse_id, dock, slot_from, slot_to, gross_kg, tare_kg, loaded_at, freight_request_id,
            freight_net, freight_vat)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
         on conflict (order_id) do update set carrier_id = excluded.carrier_id, vehicle_id = excluded.vehicle_id,
            driver_id = excluded.driver_id, plate = excluded.plate, trailer_plate = excluded.trailer_plate,
            capacity_t = excluded.capacity_t, body_length_m = excluded.body_length_m, overload_reason = excluded.overload_reason,
            overload_t = excluded.overload_t, warehouse_id = excluded.warehouse_id, dock = excluded.dock,
            slot_from = excluded.slot_from, slot_to = excluded.slot_to, gross_kg = excluded.gross_kg, tare_kg = excluded.tare_kg,
            loaded_at = excluded.loaded_at, freight_request_id = excluded.freight_request_id, freight_net = excluded.freight_net,
            freight_vat = excluded.freight_vat",
        truck.order_id,
        truck.carrier_id,
        truck.vehicle_id,
        truck.driver_id,
        truck.plate,
        truck.trailer_plate,
        truck.capacity_t,
        truck.body_length_m,
        truck.overload_reason,
        truck.overload_t,
        truck.warehouse_id,
        truck.dock,
        truck.slot.map(|slot| slot.from),
        truck.slot.map(|slot| slot.to),
        truck.gross_kg,
        truck.tare_kg,
        truck.loaded_at,
        truck.freight_request_id,
        truck.freight_net,
        truck.freight_vat
    )
    .execute(&mut *run.tx)
    .await?;
    order.vehicle = truck.plates();
    order.version += 1;
    orders::store::save_in_tx(run, order).await
}

/// What the goods of the order weigh and how long they are.
pub(in crate::orders) async fn cargo_in_tx(run: &mut Run<'_>, order: &Order) -> Result<Cargo> {
    let products: Vec<i64> = order.lines.iter().filter(|line| line.is_goods()).map(|line| line.product_id).collect();
    let longest = sqlx::query_scalar!("select max(length_m) from products where product_id = any($1)", &products)
        .fetch_one(&mut *run.tx)
        .await?;
    let tonnes = order.lines.iter().map(|line| line.tonnes_theoretical).sum();
    Ok(Cargo { tonnes, longest_m: longest.unwrap_or_default() })
}

/// Refuses a truck or a dock that stands elsewhere at the time. Both are held until the command ends, so that of two who take the same slot
/// at once the second one sees the first. Errors: `NOT_FOUND` (warehouse), `SLOT_TAKEN`.
pub(super) async fn hold_slot_in_tx(run: &mut Run<'_>, truck: &Truck) -> Result<()> {
    if truck.warehouse_id != 0 {
        sqlx::query_scalar!("select warehouse_id from warehouses where warehouse_id = $1 for no key update", truck.warehouse_id)
            .fetch_optional(&mut *run.tx)
            .await?
            .ok_or_else(|| Error::not_found("warehouse", truck.warehouse_id))?;
    }
    let Some(slot) = truck.slot else { return Ok(()) };
    let scope = run.ctx.actor.scope();
    let taken = sqlx::query!(
        r#"select case when $7::bigint[] is null or d.employee_id = any($7) then o.number else '' end as "number!", t.slot_from as "slot_from!", t.slot_to as "slot_to!", t.vehicle_id = $2 as "is_same_truck!"
           from order_trucks t join orders o using (order_id) join deals d using (deal_id)
           where t.order_id <> $1 and t.slot_from < $6 and t.slot_to > $5 and o.status <> 'cancelled' and o.deleted_at is null
             and (t.vehicle_id = $2 or (t.warehouse_id = $3 and lower(t.dock) = lower($4)))
           order by t.slot_from limit 1"#,
        truck.order_id,
        truck.vehicle_id,
        truck.warehouse_id,
        truck.dock,
        slot.from,
        slot.to,
        scope.employees()
    )
    .fetch_optional(&mut *run.tx)
    .await?;
    let Some(taken) = taken else { return Ok(()) };
    let what = if taken.is_same_truck { "the truck" } else { "the dock" };
    let by = if taken.number.is_empty() { "the order of a colleague".to_owned() } else { format!("order {}", taken.number) };
    let message = format!(
        "{what} is taken by {by} from {} to {} UTC; choose another time, or another {}",
        taken.slot_from.format("%Y-%m-%d %H:%M"),
        taken.slot_to.format("%H:%M"),
        what.trim_start_matches("the ")
    );
    Err(Error::rejected(Code::SlotTaken, message))
}
