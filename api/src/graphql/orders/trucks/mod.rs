//! Trucks of orders in the graph: the directory of carriers, what takes an order, and what the way costs.

mod directory;
mod freight;
mod mutations;

use async_graphql::{ComplexObject, Context, SimpleObject};
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::orders::trucks::loading::LineLoad;
use shpunt_domain::orders::trucks::read;

use super::{OrderLine, line_of};
use crate::graphql::batches::Warehouse;
use crate::graphql::error::Result;
use crate::graphql::loaders::{Batch as Rows, by_id, loaders};
use crate::graphql::page;
use crate::graphql::parties::Party;
use crate::graphql::scalars::{Moment, Money, Number, weighed, whole};
use crate::graphql::text::given;
pub(crate) use directory::{DirectoryMutation, Driver, TrucksQuery, Vehicle, drivers_by_ids, vehicles_by_ids};
pub(crate) use freight::{FreightMutation, FreightRequest, requests_by_ids, requests_of_orders};
pub(crate) use mutations::{OrderPiecesInput, TrucksMutation};

/// The truck of an order (машина заказа): what it was assigned by stays, whatever the directory says later.
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct OrderTruck {
    /// The plate (госномер); null while the carrier has named no vehicle.
    plate: Option<String>,
    /// The plate of the trailer (прицеп).
    trailer_plate: Option<String>,
    /// What it may carry, tonnes (грузоподъёмность); null while the carrier has named no vehicle.
    capacity_t: Option<Number>,
    /// Length of the body, metres (длина кузова); null while the carrier has named no vehicle.
    body_length_m: Option<Number>,
    /// What the order weighs by the profiles, tonnes (тонны теоретические).
    tonnes: Number,
    /// Length of its longest piece, metres (самая длинная штука).
    longest_m: Number,
    /// Tonnes beyond the capacity (перегруз): by the scales once it was weighed; null when there are none.
    overload_t: Option<Number>,
    /// Why it may carry more (причина перегруза).
    overload_reason: Option<String>,
    /// The longest piece is longer than the body (негабарит).
    is_oversize: bool,
    /// At which dock it is loaded (ворота, пост погрузки).
    dock: Option<String>,
    /// When it comes to be loaded (начало слота).
    slot_from: Option<Moment>,
    /// When it is gone (конец слота).
    slot_to: Option<Moment>,
    /// When it was loaded (погружена).
    loaded_at: Option<Moment>,
    /// By the scales with the goods, kilograms (брутто).
    gross_kg: Option<i32>,
    /// By the scales without them, kilograms (тара).
    tare_kg: Option<i32>,
    /// Gross less tare, tonnes (нетто).
    net_t: Option<Number>,
    /// By how many percent the scales showed more than the profiles say of what is on it (отклонение веса); below zero, less.
    deviation_percent: Option<Number>,
    /// What is on it (погружено), in the order of the lines; empty until it was loaded.
    #[graphql(complexity = "page::few(child_complexity)")]
    loads: Vec<OrderLoad>,
    /// What the way is planned to cost, without VAT (плановая стоимость доставки); null until a quote is chosen.
    freight_net: Option<Money>,
    /// Its VAT (НДС).
    freight_vat: Option<Money>,
    #[graphql(skip)]
    refers: Refers,
}

/// What a truck refers to.
#[derive(Debug, Clone, Copy)]
struct Refers {
    carrier: i64,
    vehicle: i64,
    driver: i64,
    warehouse: i64,
    request: i64,
}

impl From<read::Loaded> for OrderTruck {
    fn from(read::Loaded { truck, cargo, loaded_t, loads }: read::Loaded) -> Self {
        let is_named = truck.vehicle_id != 0;
        let net = truck.weighed_t();
        let overload = truck.overload(if net.is_zero() { cargo.tonnes } else { net });
        let is_priced = truck.freight_request_id != 0;
        Self {
            tonnes: Number::tonnes(cargo.tonnes),
            longest_m: Number::metres(cargo.longest_m),
            overload_t: weighed(overload),
            is_oversize: truck.is_oversize(cargo),
            capacity_t: is_named.then(|| Number::metres(truck.capacity_t)),
            body_length_m: is_named.then(|| Number::metres(truck.body_length_m)),
            slot_from: truck.slot.map(|slot| Moment(slot.from)),
            slot_to: truck.slot.map(|slot| Moment(slot.to)),
            loaded_at: truck.loaded_at.map(Moment),
            gross_kg: (truck.gross_kg > 0).then(|| whole(truck.gross_kg)),
            tare_kg: (truck.tare_kg > 0).then(|| whole(truck.tare_kg)),
            net_t: weighed(net),
            deviation_percent: truck.deviation(loaded_t).map(Number::money),
            loads: loads.into_iter().map(|load| OrderLoad::of(truck.order_id, load)).collect(),
            freight_net: is_priced.then(|| Money::roubles(truck.freight_net)),
            freight_vat: is_priced.then(|| Money::roubles(truck.freight_vat)),
            refers: Refers {
                carrier: truck.carrier_id,
                vehicle: truck.vehicle_id,
                driver: truck.driver_id,
                warehouse: truck.warehouse_id,
                request: truck.freight_request_id,
            },
            plate: given(truck.plate),
            trailer_plate: given(truck.trailer_plate),
            overload_reason: given(truck.overload_reason),
            dock: given(truck.dock),
        }
    }
}

#[ComplexObject]
impl OrderTruck {
    /// Who drives (перевозчик).
    async fn carrier(&self, ctx: &Context<'_>) -> Result<Party> {
        loaders(ctx).parties.existing(self.refers.carrier).await
    }

    /// The vehicle as the directory has it now (машина).
    async fn vehicle(&self, ctx: &Context<'_>) -> Result<Option<Vehicle>> {
        loaders(ctx).vehicles.find(self.refers.vehicle).await
    }

    /// The driver (водитель).
    async fn driver(&self, ctx: &Context<'_>) -> Result<Option<Driver>> {
        loaders(ctx).drivers.find(self.refers.driver).await
    }

    /// Where it is loaded (склад погрузки).
    async fn warehouse(&self, ctx: &Context<'_>) -> Result<Option<Warehouse>> {
        loaders(ctx).warehouses.find(self.refers.warehouse).await
    }

    /// The request whose quote was taken (запрос ставки).
    async fn freight_request(&self, ctx: &Context<'_>) -> Result<Option<FreightRequest>> {
        loaders(ctx).freight_requests.find(self.refers.request).await
    }
}

/// What of a line is on the truck (погружено по строке).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct OrderLoad {
    /// Pieces (штуки).
    pieces: i32,
    /// Its share of what the scales showed, tonnes (тонны по весам); null when not weighed.
    tonnes_weighed: Option<Number>,
    #[graphql(skip)]
    of: (i64, i64),
}

impl OrderLoad {
    fn of(order_id: i64, row: LineLoad) -> Self {
        Self { pieces: whole(row.pieces), tonnes_weighed: weighed(row.tonnes_weighed), of: (order_id, row.order_line_id) }
    }
}

#[ComplexObject]
impl OrderLoad {
    /// The line of the order (строка заказа).
    async fn line(&self, ctx: &Context<'_>) -> Result<OrderLine> {
        line_of(ctx, self.of).await
    }
}

/// The trucks of the given orders.
pub(crate) fn trucks_of_orders(db: Db, scope: Scope, ids: Vec<i64>) -> Rows<OrderTruck> {
    Box::pin(async move { Ok(by_id(read::list_of_orders(&db, &scope, &ids).await?, |row| row.truck.order_id)) })
}
