//! Vehicles and drivers of carriers (справочник машин и водителей), and what carriers once asked.

use async_graphql::{ComplexObject, Context, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::orders::trucks::directory::{self, DriverFields, VehicleFields};
use shpunt_domain::orders::trucks::{self, read};

use super::freight::FreightRate;
use crate::graphql::batches::Warehouse;
use crate::graphql::caller::{command, db, scope};
use crate::graphql::error::Result;
use crate::graphql::ids::{Entity, Id, Key};
use crate::graphql::loaders::{Batch as Rows, by_id, loaders};
use crate::graphql::page::{self, Page, Window};
use crate::graphql::parties::Party;
use crate::graphql::scalars::{Number, Uuid};
use crate::graphql::text::given;
use crate::graphql::user_error::payload;

/// A vehicle of a carrier (машина).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct Vehicle {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// The plate (госномер).
    plate: String,
    /// The plate of its trailer (прицеп).
    trailer_plate: Option<String>,
    /// What it may carry, tonnes (грузоподъёмность).
    capacity_t: Number,
    /// Length of the body, metres (длина кузова).
    body_length_m: Number,
    /// Grows with every change; give it back as `expectedVersion` (версия).
    version: i32,
    #[graphql(skip)]
    carrier_id: i64,
}

impl Entity for Vehicle {
    const PREFIX: &'static str = "vehicle";
}

impl From<trucks::Vehicle> for Vehicle {
    fn from(row: trucks::Vehicle) -> Self {
        Self {
            id: Key::of::<Self>(row.vehicle_id),
            plate: row.plate,
            trailer_plate: given(row.trailer_plate),
            capacity_t: Number::metres(row.capacity_t),
            body_length_m: Number::metres(row.body_length_m),
            version: row.version,
            carrier_id: row.carrier_id,
        }
    }
}

#[ComplexObject]
impl Vehicle {
    /// Whose it is (перевозчик).
    async fn carrier(&self, ctx: &Context<'_>) -> Result<Party> {
        loaders(ctx).parties.existing(self.carrier_id).await
    }
}

/// A driver of a carrier (водитель).
#[derive(SimpleObject, Debug, Clone)]
#[graphql(complex)]
pub(crate) struct Driver {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// Name (имя).
    name: String,
    /// Phone (телефон).
    phone: Option<String>,
    /// Grows with every change; give it back as `expectedVersion` (версия).
    version: i32,
    #[graphql(skip)]
    carrier_id: i64,
}

impl Entity for Driver {
    const PREFIX: &'static str = "driver";
}

impl From<trucks::Driver> for Driver {
    fn from(row: trucks::Driver) -> Self {
        Self {
            id: Key::of::<Self>(row.driver_id),
            name: row.name,
            phone: given(row.phone),
            version: row.version,
            carrier_id: row.carrier_id,
        }
    }
}

#[ComplexObject]
impl Driver {
    /// For whom he drives (перевозчик).
    async fn carrier(&self, ctx: &Context<'_>) -> Result<Party> {
        loaders(ctx).parties.existing(self.carrier_id).await
    }
}

/// Vehicles of the given ids.
pub(crate) fn vehicles_by_ids(db: Db, _: Scope, ids: Vec<i64>) -> Rows<Vehicle> {
    Box::pin(async move { Ok(by_id(read::list_vehicles_by_ids(&db, &ids).await?, |row| row.vehicle_id)) })
}

/// Drivers of the given ids.
pub(crate) fn drivers_by_ids(db: Db, _: Scope, ids: Vec<i64>) -> Rows<Driver> {
    Box::pin(async move { Ok(by_id(read::list_drivers_by_ids(&db, &ids).await?, |row| row.driver_id)) })
}

/// Which rates a list shows (отбор ставок).
#[derive(InputObject, Default)]
pub(crate) struct FreightRateFilter {
    /// Of this carrier (перевозчик).
    carrier_id: Option<Id<Party>>,
    /// From this warehouse (склад).
    warehouse_id: Option<Id<Warehouse>>,
    /// Part of the address or of the region (маршрут).
    #[graphql(default)]
    route: String,
}

/// Questions about trucks.
#[derive(Default)]
pub(crate) struct TrucksQuery;

#[Object]
impl TrucksQuery {
    /// Vehicles of a carrier, or of all (машины перевозчиков), by plate.
    #[graphql(complexity = "page::list(child_complexity)")]
    async fn vehicles(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this carrier (перевозчик).")] carrier_id: Option<Id<Party>>,
    ) -> Result<Vec<Vehicle>> {
        Ok(read::list_vehicles(db(ctx), carrier_id.map(|id| id.number)).await?.into_iter().map(Vehicle::from).collect())
    }

    /// Drivers of a carrier, or of all (водители перевозчиков), by id.
    #[graphql(complexity = "page::list(child_complexity)")]
    async fn drivers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of this carrier (перевозчик).")] carrier_id: Option<Id<Party>>,
    ) -> Result<Vec<Driver>> {
        Ok(read::list_drivers(db(ctx), carrier_id.map(|id| id.number)).await?.into_iter().map(Driver::from).collect())
    }

    /// What carriers asked for ways (история ставок), newest first; a manager sees those of the own deals and the team's.
    #[graphql(complexity = "page::cost(first, child_complexity)")]
    async fn freight_rates(
        &self,
        ctx: &Context<'_>,
        #[graphql(default, desc = "Which ones (отбор).")] filter: FreightRateFilter,
        #[graphql(default_with = "page::DEFAULT", desc = "How many at most, 1 to 100 (сколько).")] first: i32,
        #[graphql(desc = "After this cursor (после курсора).")] after: Option<String>,
    ) -> Result<Page<FreightRate>> {
        let window = Window::<FreightRate, (DateTime<Utc>, i64, i64)>::new(first, after.as_deref())?;
        let filter = read::RateFilter {
            carrier_id: filter.carrier_id.map(|id| id.number),
            warehouse_id: filter.warehouse_id.map(|id| id.number),
            route: filter.route.trim().to_owned(),
        };
        let rows = read::list_rates(db(ctx), &scope(ctx)?, &filter, window.after, window.limit()).await?;
        Ok(window.page(rows, |row| (row.quoted_at, row.freight_request_id, row.carrier_id)))
    }
}

/// A new vehicle of a carrier (новая машина).
#[derive(InputObject)]
pub(crate) struct VehicleCreateInput {
    /// Whose (перевозчик).
    carrier_id: Id<Party>,
    /// The plate (госномер), kept without blanks and in capitals.
    plate: String,
    /// The plate of its trailer (прицеп).
    #[graphql(default)]
    trailer_plate: String,
    /// What it may carry, tonnes (грузоподъёмность).
    capacity_t: Number,
    /// Length of the body, metres (длина кузова).
    body_length_m: Number,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// What is known of a vehicle, in place of what was (изменение машины).
#[derive(InputObject)]
pub(crate) struct VehicleUpdateInput {
    /// Which (машина).
    vehicle_id: Id<Vehicle>,
    /// The version you read (версия).
    expected_version: i32,
    /// The plate (госномер), kept without blanks and in capitals.
    plate: String,
    /// The plate of its trailer (прицеп).
    #[graphql(default)]
    trailer_plate: String,
    /// What it may carry, tonnes (грузоподъёмность).
    capacity_t: Number,
    /// Length of the body, metres (длина кузова).
    body_length_m: Number,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// A new driver of a carrier (новый водитель).
#[derive(InputObject)]
pub(crate) struct DriverCreateInput {
    /// For whom he drives (перевозчик).
    carrier_id: Id<Party>,
    /// Name (имя).
    name: String,
    /// Phone (телефон).
    #[graphql(default)]
    phone: String,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// What is known of a driver, in place of what was (изменение водителя).
#[derive(InputObject)]
pub(crate) struct DriverUpdateInput {
    /// Which (водитель).
    driver_id: Id<Driver>,
    /// The version you read (версия).
    expected_version: i32,
    /// Name (имя).
    name: String,
    /// Phone (телефон).
    #[graphql(default)]
    phone: String,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

payload! {
    /// What `vehicleCreate` did.
    VehicleCreatePayload {
        /// The new vehicle (машина); null when nothing was done.
        vehicle: Vehicle
    }
}

payload! {
    /// What `vehicleUpdate` did.
    VehicleUpdatePayload {
        /// The vehicle as it is now (машина); null when nothing was done.
        vehicle: Vehicle
    }
}

payload! {
    /// What `driverCreate` did.
    DriverCreatePayload {
        /// The new driver (водитель); null when nothing was done.
        driver: Driver
    }
}

payload! {
    /// What `driverUpdate` did.
    DriverUpdatePayload {
        /// The driver as he is now (водитель); null when nothing was done.
        driver: Driver
    }
}

/// Changes of the directory.
#[derive(Default)]
pub(crate) struct DirectoryMutation;

#[Object]
impl DirectoryMutation {
    /// Enters a vehicle of a carrier (завести машину). Codes: `NOT_FOUND`, `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `ALREADY_EXISTS`.
    async fn vehicle_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new vehicle (новая машина).")] input: VehicleCreateInput,
    ) -> Result<VehicleCreatePayload> {
        let VehicleCreateInput { carrier_id, plate, trailer_plate, capacity_t, body_length_m, idempotency_key } = input;
        let fields = VehicleFields { plate, trailer_plate, capacity_t: capacity_t.0, body_length_m: body_length_m.0 };
        let create = directory::CreateVehicle { carrier_id: carrier_id.number, fields };
        VehicleCreatePayload::of(directory::create_vehicle(db(ctx), &command(ctx, idempotency_key)?, create).await)
    }

    /// Replaces what is known of a vehicle (изменить машину); trucks of orders stay as they were assigned. Codes: `NOT_FOUND`,
    /// `VERSION_CONFLICT`, `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `ALREADY_EXISTS`.
    async fn vehicle_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The vehicle (машина).")] input: VehicleUpdateInput,
    ) -> Result<VehicleUpdatePayload> {
        let VehicleUpdateInput { vehicle_id, expected_version, plate, trailer_plate, capacity_t, body_length_m, idempotency_key } =
            input;
        let fields = VehicleFields { plate, trailer_plate, capacity_t: capacity_t.0, body_length_m: body_length_m.0 };
        let update = directory::UpdateVehicle { vehicle_id: vehicle_id.number, expected_version, fields };
        VehicleUpdatePayload::of(directory::update_vehicle(db(ctx), &command(ctx, idempotency_key)?, update).await)
    }

    /// Enters a driver of a carrier (завести водителя). Codes: `NOT_FOUND`, `INVALID_INPUT`.
    async fn driver_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new driver (новый водитель).")] input: DriverCreateInput,
    ) -> Result<DriverCreatePayload> {
        let fields = DriverFields { name: input.name, phone: input.phone };
        let create = directory::CreateDriver { carrier_id: input.carrier_id.number, fields };
        DriverCreatePayload::of(directory::create_driver(db(ctx), &command(ctx, input.idempotency_key)?, create).await)
    }

    /// Replaces what is known of a driver (изменить водителя). Codes: `NOT_FOUND`, `VERSION_CONFLICT`, `INVALID_INPUT`.
    async fn driver_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The driver (водитель).")] input: DriverUpdateInput,
    ) -> Result<DriverUpdatePayload> {
        let fields = DriverFields { name: input.name, phone: input.phone };
        let update =
            directory::UpdateDriver { driver_id: input.driver_id.number, expected_version: input.expected_version, fields };
        DriverUpdatePayload::of(directory::update_driver(db(ctx), &command(ctx, input.idempotency_key)?, update).await)
    }
}
