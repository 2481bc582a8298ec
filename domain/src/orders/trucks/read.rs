//! SQL of trucks for those who look at them; a manager sees those of the own deals and the team's. The directory is everybody's.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::freight::{FreightRequest, Quote};
use super::loading::LineLoad;
use super::{Cargo, Driver, Slot, Truck, Vehicle};
use crate::access::Scope;
use crate::db::Db;
use crate::error::Result;

/// The truck of an order with what it carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The truck.
    pub truck: Truck,
    /// What the order weighs by the profiles, and its longest piece.
    pub cargo: Cargo,
    /// What is on it by the profiles, tonnes.
    pub loaded_t: Decimal,
    /// What is on it; empty until it was loaded.
    pub loads: Vec<LineLoad>,
}

/// The vehicles of a carrier, or of all, by plate.
pub async fn list_vehicles(db: &Db, carrier_id: Option<i64>) -> Result<Vec<Vehicle>> {
    Ok(sqlx::query_as!(
        Vehicle,
        "select vehicle_id, carrier_id, plate, trailer_plate, capacity_t, body_length_m, version from vehicles
         where $1::bigint is null or carrier_id = $1 order by plate, vehicle_id",
        carrier_id
    )
    .fetch_all(db)
    .await?)
}

/// The vehicles of these ids.
pub async fn list_vehicles_by_ids(db: &Db, vehicle_ids: &[i64]) -> Result<Vec<Vehicle>> {
    Ok(sqlx::query_as!(
        Vehicle,
        "select vehicle_id, carrier_id, plate, trailer_plate, capacity_t, body_length_m, version from vehicles where vehicle_id = any($1)",
        vehicle_ids
    )
    .fetch_all(db)
    .await?)
}

/// The drivers of a carrier, or of all, by id.
pub async fn list_drivers(db: &Db, carrier_id: Option<i64>) -> Result<Vec<Driver>> {
    Ok(sqlx::query_as!(
        Driver,
        "select driver_id, carrier_id, name, phone, version from drivers
         where $1::bigint is null or carrier_id = $1 order by driver_id",
        carrier_id
    )
    .fetch_all(db)
    .await?)
}

/// The drivers of these ids.
pub async fn list_drivers_by_ids(db: &Db, driver_ids: &[i64]) -> Result<Vec<Driver>> {
    Ok(sqlx::query_as!(
        Driver,
        "select driver_id, carrier_id, name, phone, version from drivers where driver_id = any($1)",
        driver_ids
    )
    .fetch_all(db)
    .await?)
}

/// The trucks of these orders as far as they are in scope.
pub async fn list_of_orders(db: &Db, scope: &Scope, order_ids: &[i64]) -> Result<Vec<Loaded>> {
    let rows = sqlx::query!(
        r#"select t.order_id, t.carrier_id, t.vehicle_id, t.driver_id, t.plate, t.trailer_plate, t.capacity_t, t.body_length_m,
             t.overload_reason, t.overload_t, t.warehouse_id, t.dock, t.slot_from, t.slot_to, t.gross_kg, t.tare_kg, t.loaded_at,
             t.freight_request_id, t.freight_net, t.freight_vat, c.tonnes as "tonnes!", c.longest_m as "longest_m!",
             c.loaded_t as "loaded_t!"
         from order_trucks t join orders o using (order_id) join deals d using (deal_id)
         cross join lateral (
             select coalesce(sum(l.tonnes_theoretical), 0) as tonnes, coalesce(max(p.length_m), 0) as longest_m,
                 coalesce(sum(round(l.tonnes_theoretical * s.pieces / l.pieces, 6)), 0) as loaded_t
             from order_lines l join products p using (product_id) left join order_loads s using (order_line_id)
             where l.order_id = t.order_id and l.kind = 'goods' and l.deleted_at is null) c
         where t.order_id = any($1) and o.deleted_at is null and ($2::bigint[] is null or d.employee_id = any($2))"#,
        order_ids,
        scope.employees()
    )
    .fetch_all(db)
    .await?;
    let order_ids: Vec<i64> = rows.iter().map(|row| row.order_id).collect();
    let mut loads = loads(db, &order_ids).await?;
    let whole = rows.into_iter().map(|row| Loaded {
        truck: Truck {
            order_id: row.order_id,
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
        },
        cargo: Cargo { tonnes: row.tonnes, longest_m: row.longest_m },
        loaded_t: row.loaded_t,
        loads: loads.remove(&row.order_id).unwrap_or_default(),
    });
    Ok(whole.collect())
}

async fn loads(db: &Db, order_ids: &[i64]) -> Result<HashMap<i64, Vec<LineLoad>>> {
    let rows = sqlx::query!(
        "select l.order_id, order_line_id, s.pieces, s.tonnes_weighed
         from order_loads s join order_lines l using (order_line_id) where l.order_id = any($1) order by l.order_id, l.line",
        order_ids
    )
    .fetch_all(db)
    .await?;
    let mut of: HashMap<i64, Vec<LineLoad>> = HashMap::new();
    for row in rows {
        let load = LineLoad { order_line_id: row.order_line_id, pieces: row.pieces, tonnes_weighed: row.tonnes_weighed };
        of.entry(row.order_id).or_default().push(load);
    }
    Ok(of)
}

/// The requests of these orders as far as they are in scope, oldest first.
pub async fn list_requests_of_orders(db: &Db, scope: &Scope, order_ids: &[i64]) -> Result<Vec<FreightRequest>> {
    let ids = sqlx::query_scalar!("select freight_request_id from freight_requests where order_id = any($1)", order_ids)
        .fetch_all(db)
        .await?;
    list_requests_by_ids(db, scope, &ids).await
}

/// The requests of these ids that are in scope, oldest first.
pub async fn list_requests_by_ids(db: &Db, scope: &Scope, freight_request_ids: &[i64]) -> Result<Vec<FreightRequest>> {
    let rows = sqlx::query!(
        "select r.freight_request_id, r.order_id, r.warehouse_id, r.address, r.region, r.tonnes, r.needed_on, r.note,
            r.chosen_carrier_id, r.created_at
         from freight_requests r join orders o using (order_id) join deals d using (deal_id)
         where r.freight_request_id = any($1) and o.deleted_at is null and ($2::bigint[] is null or d.employee_id = any($2))
         order by r.freight_request_id",
        freight_request_ids,
        scope.employees()
    )
    .fetch_all(db)
    .await?;
    let quotes = sqlx::query!(
        "select freight_request_id, carrier_id, net, vat, conditions, quoted_at from freight_quotes
         where freight_request_id = any($1) order by freight_request_id, net + vat nulls last, carrier_id",
        freight_request_ids
    )
    .fetch_all(db)
    .await?;
    let mut of: HashMap<i64, Vec<Quote>> = HashMap::new();
    for row in quotes {
        let quote = Quote {
            carrier_id: row.carrier_id,
            net: row.net,
            vat: row.vat,
            conditions: row.conditions,
            quoted_at: row.quoted_at,
        };
        of.entry(row.freight_request_id).or_default().push(quote);
    }
    let whole = rows.into_iter().map(|row| FreightRequest {
        freight_request_id: row.freight_request_id,
        order_id: row.order_id,
        warehouse_id: row.warehouse_id,
        address: row.address,
        region: row.region,
        tonnes: row.tonnes,
        needed_on: row.needed_on,
        note: row.note,
        chosen_carrier_id: row.chosen_carrier_id,
        created_at: row.created_at,
        quotes: of.remove(&row.freight_request_id).unwrap_or_default(),
    });
    Ok(whole.collect())
}

/// What a carrier once asked for a way (ставка).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rate {
    /// The request it answered.
    pub freight_request_id: i64,
    /// The order.
    pub order_id: i64,
    /// Who asked it.
    pub carrier_id: i64,
    /// From where.
    pub warehouse_id: i64,
    /// To where.
    pub address: String,
    /// The region, may be empty.
    pub region: String,
    /// How many tonnes.
    pub tonnes: Decimal,
    /// For which day.
    pub needed_on: NaiveDate,
    /// Roubles without VAT.
    pub net: Decimal,
    /// The VAT.
    pub vat: Decimal,
    /// Under which conditions.
    pub conditions: String,
    /// When.
    pub quoted_at: DateTime<Utc>,
    /// Whether it was taken.
    pub is_chosen: bool,
}

/// Which rates a list shows; `None` and empty = all.
#[derive(Debug, Clone, Default)]
pub struct RateFilter {
    /// Of this carrier.
    pub carrier_id: Option<i64>,
    /// From this warehouse.
    pub warehouse_id: Option<i64>,
    /// Part of the address or of the region.
    pub route: String,
}

/// Rates in scope, newest first, after the row `(quoted_at, freight_request_id, carrier_id)`, at most `limit`.
pub async fn list_rates(
    db: &Db,
    scope: &Scope,
    filter: &RateFilter,
    after: Option<(DateTime<Utc>, i64, i64)>,
    limit: i64,
) -> Result<Vec<Rate>> {
    let (after_at, after_request, after_carrier) =
        after.map_or((None, None, None), |(at, request, carrier)| (Some(at), Some(request), Some(carrier)));
    Ok(sqlx::query_as!(
        Rate,
        r#"select q.freight_request_id, r.order_id, q.carrier_id, r.warehouse_id, r.address, r.region, r.tonnes, r.needed_on,
             q.net as "net!", q.vat as "vat!", q.conditions, q.quoted_at as "quoted_at!", q.carrier_id = r.chosen_carrier_id as "is_chosen!"
         from freight_quotes q join freight_requests r using (freight_request_id) join orders o using (order_id)
             join deals d using (deal_id)
         where q.quoted_at is not null and o.deleted_at is null and ($1::bigint[] is null or d.employee_id = any($1))
             and ($2::bigint is null or q.carrier_id = $2)
             and ($3::bigint is null or r.warehouse_id = $3)
             and ($4 = '' or position(lower($4) in lower(concat_ws(' ', r.region, r.address))) > 0)
             and ($5::timestamptz is null or (q.quoted_at, q.freight_request_id, q.carrier_id) < ($5, $6::bigint, $7::bigint))
         order by q.quoted_at desc, q.freight_request_id desc, q.carrier_id desc limit $8"#,
        scope.employees(),
        filter.carrier_id,
        filter.warehouse_id,
        filter.route,
        after_at,
        after_request,
        after_carrier,
        limit
    )
    .fetch_all(db)
    .await?)
}
