//! The directory of vehicles and drivers of carriers (справочник машин и водителей).

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Driver, Vehicle};
use crate::access::Permission;
use crate::command::{self, Ctx, Outcome, Run, same_version};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::{parties, text};

/// More than any road bears, tonnes; longer than any trailer, metres.
const SIZE_MAX: Decimal = Decimal::from_parts(1000, 0, 0, false, 0);

/// What is known of a vehicle; an update replaces the whole of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct VehicleFields {
    /// The plate.
    pub plate: String,
    /// The trailer's plate, may be empty.
    pub trailer_plate: String,
    /// Tonnes it may carry.
    pub capacity_t: Decimal,
    /// Metres.
    pub body_length_m: Decimal,
}

impl VehicleFields {
    fn checked(self) -> Result<Self> {
        Ok(Self {
            plate: plate(&text::required(&self.plate, "plate", 20)?),
            trailer_plate: plate(&text::optional(&self.trailer_plate, "trailerPlate", 20)?),
            capacity_t: size(self.capacity_t, "capacityT")?,
            body_length_m: size(self.body_length_m, "bodyLengthM")?,
        })
    }
}

/// One plate is written in one way: without blanks, in capitals.
fn plate(text: &str) -> String {
    text.split_whitespace().flat_map(str::chars).flat_map(char::to_uppercase).collect()
}

/// Up to a thousand, in thousandths.
fn size(value: Decimal, path: &str) -> Result<Decimal> {
    if value <= Decimal::ZERO {
        return Err(Error::not_positive(path));
    }
    if value > SIZE_MAX || value.normalize().scale() > 3 {
        return Err(Error::invalid(path, format!("{path} is at most {SIZE_MAX}, with three decimal places")));
    }
    Ok(value)
}

/// A new vehicle.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CreateVehicle {
    /// Whose.
    pub carrier_id: i64,
    /// What is known of it.
    pub fields: VehicleFields,
}

/// New fields of a vehicle.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UpdateVehicle {
    /// Which.
    pub vehicle_id: i64,
    /// The version it was read at.
    pub expected_version: i32,
    /// The fields as they shall be.
    pub fields: VehicleFields,
}

/// Enters a vehicle of a carrier. Errors: `NOT_FOUND`, `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `ALREADY_EXISTS`.
pub async fn create_vehicle(db: &Db, ctx: &Ctx, mut input: CreateVehicle) -> Result<Outcome<Vehicle>> {
    input.fields = input.fields.checked()?;
    command::run(db, ctx, "orders.create_vehicle", Permission::EditParties, &input, async |run, input| {
        carrier_in_tx(run, input.carrier_id).await?;
        let of = &input.fields;
        Ok(sqlx::query_as!(
            Vehicle,
            "insert into vehicles (carrier_id, plate, trailer_plate, capacity_t, body_length_m) values ($1, $2, $3, $4, $5)
             returning vehicle_id, carrier_id, plate, trailer_plate, capacity_t, body_length_m, version",
            input.carrier_id,
            of.plate,
            of.trailer_plate,
            of.capacity_t,
            of.body_length_m
        )
        .fetch_one(&mut *run.tx)
        .await?)
    })
    .await
}

/// Replaces what is known of a vehicle; trucks of orders keep what they were assigned by. Errors: `NOT_FOUND`, `VERSION_CONFLICT`,
/// `INVALID_INPUT`, `AMOUNT_NOT_POSITIVE`, `ALREADY_EXISTS`.
pub async fn update_vehicle(db: &Db, ctx: &Ctx, mut input: UpdateVehicle) -> Result<Outcome<Vehicle>> {
    input.fields = input.fields.checked()?;
    command::run(db, ctx, "orders.update_vehicle", Permission::EditParties, &input, async |run, input| {
        let vehicle = lock_vehicle(run, input.vehicle_id).await?;
        same_version("vehicle", vehicle.vehicle_id, vehicle.version, input.expected_version)?;
        let of = &input.fields;
        Ok(sqlx::query_as!(
            Vehicle,
            "update vehicles set plate = $2, trailer_plate = $3, capacity_t = $4, body_length_m = $5, version = version + 1
             where vehicle_id = $1 returning vehicle_id, carrier_id, plate, trailer_plate, capacity_t, body_length_m, version",
            input.vehicle_id,
            of.plate,
            of.trailer_plate,
            of.capacity_t,
            of.body_length_m
        )
        .fetch_one(&mut *run.tx)
        .await?)
    })
    .await
}

/// What is known of a driver; an update replaces the whole of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DriverFields {
    /// His name.
    pub name: String,
    /// His phone, may be empty.
    pub phone: String,
}

impl DriverFields {
    fn checked(self) -> Result<Self> {
        Ok(Self { name: text::required(&self.name, "name", 200)?, phone: text::optional(&self.phone, "phone", 40)? })
    }
}

/// A new driver.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CreateDriver {
    /// For whom he drives.
    pub carrier_id: i64,
    /// What is known of him.
    pub fields: DriverFields,
}

/// New fields of a driver.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UpdateDriver {
    /// Which.
    pub driver_id: i64,
    /// The version he was read at.
    pub expected_version: i32,
    /// The fields as they shall be.
    pub fields: DriverFields,
}

/// Enters a driver of a carrier. Errors: `NOT_FOUND`, `INVALID_INPUT`.
pub async fn create_driver(db: &Db, ctx: &Ctx, mut input: CreateDriver) -> Result<Outcome<Driver>> {
    input.fields = input.fields.checked()?;
    command::run(db, ctx, "orders.create_driver", Permission::EditParties, &input, async |run, input| {
        carrier_in_tx(run, input.carrier_id).await?;
        Ok(sqlx::query_as!(
            Driver,
            "insert into drivers (carrier_id, name, phone) values ($1, $2, $3) returning driver_id, carrier_id, name, phone, version",
            input.carrier_id,
            input.fields.name,
            input.fields.phone
        )
        .fetch_one(&mut *run.tx)
        .await?)
    })
    .await
}

/// Replaces what is known of a driver. Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `INVALID_INPUT`.
pub async fn update_driver(db: &Db, ctx: &Ctx, mut input: UpdateDriver) -> Result<Outcome<Driver>> {
    input.fields = input.fields.checked()?;
    command::run(db, ctx, "orders.update_driver", Permission::EditParties, &input, async |run, input| {
        let driver = lock_driver(run, input.driver_id).await?;
        same_version("driver", driver.driver_id, driver.version, input.expected_version)?;
        Ok(sqlx::query_as!(
            Driver,
            "update drivers set name = $2, phone = $3, version = version + 1 where driver_id = $1
             returning driver_id, carrier_id, name, phone, version",
            input.driver_id,
            input.fields.name,
            input.fields.phone
        )
        .fetch_one(&mut *run.tx)
        .await?)
    })
    .await
}

/// A live party that drives for others. Errors: `NOT_FOUND`, `INVALID_INPUT`.
pub(in crate::orders) async fn carrier_in_tx(run: &mut Run<'_>, carrier_id: i64) -> Result<()> {
    let party = parties::store::get_in_tx(run, carrier_id).await?;
    if !party.is_carrier {
        let message = format!("{} is not a carrier; mark the party as one (isCarrier), or choose another", party.name);
        return Err(Error::invalid("carrierId", message));
    }
    Ok(())
}

/// The vehicle, held until the command ends, or `NOT_FOUND`.
pub(super) async fn lock_vehicle(run: &mut Run<'_>, vehicle_id: i64) -> Result<Vehicle> {
    sqlx::query_as!(
        Vehicle,
        "select vehicle_id, carrier_id, plate, trailer_plate, capacity_t, body_length_m, version from vehicles
         where vehicle_id = $1 for no key update",
        vehicle_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("vehicle", vehicle_id))
}

/// The driver, held until the command ends, or `NOT_FOUND`.
pub(super) async fn lock_driver(run: &mut Run<'_>, driver_id: i64) -> Result<Driver> {
    sqlx::query_as!(
        Driver,
        "select driver_id, carrier_id, name, phone, version from drivers where driver_id = $1 for no key update",
        driver_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("driver", driver_id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plate_is_written_in_one_way() {
        assert_eq!(plate("а123вс 77"), "А123ВС77");
        assert_eq!(plate(""), "");
    }

    #[test]
    fn a_size_is_positive_and_in_thousandths() {
        let d = |text: &str| text.parse::<Decimal>().unwrap();
        assert!(size(d("13.6"), "x").is_ok() && size(d("1000"), "x").is_ok());
        for wrong in ["0", "-1", "1000.001", "1.0001"] {
            assert!(size(d(wrong), "x").is_err(), "{wrong}");
        }
    }
}
