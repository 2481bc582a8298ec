//! Trucks of orders: who takes one, when, how much of it, what the way costs, how it arrived and what a carrier owes for it.

mod claims;
mod delivered;
mod freight;
mod loading;

use chrono::{DateTime, Utc};
use shpunt_domain::access::{Actor, Role, Scope};
use shpunt_domain::command::Ctx;
use shpunt_domain::orders::commands::{self as orders, Create, Move, NewLine, Revise};
use shpunt_domain::orders::trucks::assign::{Assign, assign};
use shpunt_domain::orders::trucks::directory::{
    CreateDriver, CreateVehicle, DriverFields, UpdateVehicle, VehicleFields, create_driver, create_vehicle, update_vehicle,
};
use shpunt_domain::orders::trucks::{Driver, Slot, Vehicle, read};
use shpunt_domain::orders::{Order, cancel};
use shpunt_domain::{Code, Error, Result};
use shpunt_tests::{ctx, now};

use super::{World, d, day};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn code<T: std::fmt::Debug>(result: Result<T>) -> Code {
    let error: Error = result.unwrap_err();
    assert!(error.to_string().len() > 10, "{error}");
    error.code()
}

/// A command of a manager who leads no deal.
fn manager(key: &str) -> Ctx {
    let actor = Actor { user_id: 9, employee_id: 9, role: Role::Manager, within: None, colleagues: Vec::new() };
    Ctx::new(actor, now(), ctx(&format!("manager {key}")).command_id)
}

impl World {
    async fn carrier(&self, name: &str) -> i64 {
        sqlx::query_scalar("insert into parties (name, is_carrier, created_at) values ($1, true, now()) returning party_id")
            .bind(name)
            .fetch_one(self.db())
            .await
            .unwrap()
    }

    /// A vehicle with a body of 13.6 m.
    async fn vehicle(&self, carrier_id: i64, plate: &str, capacity_t: &str) -> Vehicle {
        let fields = VehicleFields {
            plate: plate.to_owned(),
            trailer_plate: String::new(),
            capacity_t: d(capacity_t),
            body_length_m: d("13.6"),
        };
        let create = CreateVehicle { carrier_id, fields };
        create_vehicle(self.db(), &ctx(plate), create).await.unwrap().value
    }

    async fn driver(&self, carrier_id: i64, name: &str) -> Driver {
        let fields = DriverFields { name: name.to_owned(), phone: "+7 900 000-00-00".to_owned() };
        create_driver(self.db(), &ctx(name), CreateDriver { carrier_id, fields }).await.unwrap().value
    }

    async fn assigned(&self, key: &str, input: &Assign) -> Result<Order> {
        Ok(assign(self.db(), &ctx(key), input).await?.value)
    }

    async fn draft(&self, key: &str, lines: Vec<NewLine>) -> Order {
        let create = Create { deal_id: self.deal_id, planned_on: day("2026-01-20"), vehicle: String::new(), lines };
        orders::create(self.db(), &ctx(key), &create).await.unwrap().value
    }
}

/// Nothing but the vehicle.
fn by(order: &Order, vehicle: &Vehicle) -> Assign {
    Assign {
        order_id: order.order_id,
        vehicle_id: vehicle.vehicle_id,
        driver_id: None,
        trailer_plate: None,
        warehouse_id: None,
        dock: String::new(),
        slot: None,
        overload_reason: String::new(),
    }
}

#[tokio::test]
async fn an_order_goes_by_a_truck_of_a_carrier() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2026-01-10", 20, "1200000", "264000").await;
    let carrier = world.carrier("Грузовоз").await;
    let vehicle = world.vehicle(carrier, "а 123 вс 77", "20").await;
    let driver = world.driver(carrier, "Иванов").await;
    assert_eq!((vehicle.plate.as_str(), vehicle.version), ("А123ВС77", 1));
    // Ten piles of 12 m and 1.2 t: 12 t on 20 t and 13.6 m.
    let order = world.order("order", vec![world.goods(batch, 10, "100000")]).await;
    let input = Assign {
        driver_id: Some(driver.driver_id),
        trailer_plate: Some("АВ1234 77".to_owned()),
        warehouse_id: Some(world.warehouse_id),
        dock: "2".to_owned(),
        slot: Some(Slot { from: at("2026-01-20T06:00:00Z"), to: at("2026-01-20T08:00:00Z") }),
        ..by(&order, &vehicle)
    };
    let assigned = world.assigned("assign", &input).await.unwrap();
    assert_eq!((assigned.vehicle.as_str(), assigned.version), ("А123ВС77 / АВ1234 77", order.version + 1));
    let seen = read::list_of_orders(world.db(), &Scope::All, &[order.order_id]).await.unwrap().remove(0);
    assert_eq!((seen.cargo.tonnes, seen.cargo.longest_m, seen.truck.carrier_id), (d("12"), d("12"), carrier));
    assert_eq!((seen.truck.is_oversize(seen.cargo), seen.truck.slot), (false, input.slot));
    // What the directory says later changes nothing on the order.
    let fields =
        VehicleFields {
            plate: "Х999ХХ99".to_owned(), trailer_plate: String::new(), capacity_t: d("5"), body_length_m: d("6")
        };
    let update = UpdateVehicle { vehicle_id: vehicle.vehicle_id, expected_version: 1, fields };
    assert_eq!(update_vehicle(world.db(), &ctx("update"), update.clone()).await.unwrap().value.version, 2);
    assert_eq!(code(update_vehicle(world.db(), &ctx("stale"), update).await), Code::VersionConflict);
    let kept = read::list_of_orders(world.db(), &Scope::All, &[order.order_id]).await.unwrap().remove(0);
    assert_eq!(kept.truck, seen.truck);
    // The order is shipped as it is, and is no other truck's then.
    world.ship(&assigned, "2026-01-20").await.unwrap();
    assert_eq!(code(world.assigned("late", &input).await), Code::OrderStatus);
    world.check_books().await;
}

#[tokio::test]
async fn a_truck_is_not_overloaded_unless_somebody_says_why() {
    let world = World::new().await;
    let batch = world.receive("С-1", "2026-01-10", 20, "1200000", "264000").await;
    let carrier = world.carrier("Грузовоз").await;
    let vehicle = world.vehicle(carrier, "А123ВС77", "10").await;
    // 12 t for 10 t.
    let order = world.draft("order", vec![world.goods(batch, 10, "100000")]).await;
    let refused = world.assigned("heavy", &by(&order, &vehicle)).await.unwrap_err();
    assert_eq!(refused.code(), Code::Overloaded);
    assert!(refused.to_string().contains("weighs 12 t and the truck А123ВС77 carries 10 t"), "{refused}");
    let reason = Assign { overload_reason: "Разрешение № 5".to_owned(), ..by(&order, &vehicle) };
    let order = world.assigned("agreed", &reason).await.unwrap();
    let truck = read::list_of_orders(world.db(), &Scope::All, &[order.order_id]).await.unwrap().remove(0).truck;
    assert_eq!((truck.overload(d("12")), truck.overload_reason.as_str()), (d("2"), "Разрешение № 5"));
    // Agreed were 12 t: with one pile more the order is not confirmed.
    let lines = |pieces| vec![world.goods(batch, pieces, "100000")];
    let revise = Revise { order_id: order.order_id, expected_version: order.version, lines: lines(11) };
    let more = orders::revise(world.db(), &ctx("more"), &revise).await.unwrap().value;
    let confirm = Move { order_id: order.order_id, on: None };
    assert_eq!(code(orders::confirm(world.db(), &ctx("confirm"), &confirm).await), Code::Overloaded);
    let revise = Revise { order_id: order.order_id, expected_version: more.version, lines: lines(10) };
    orders::revise(world.db(), &ctx("less"), &revise).await.unwrap();
    orders::confirm(world.db(), &ctx("confirm"), &confirm).await.unwrap();
}

#[tokio::test]
async fn a_dock_and_a_truck_are_in_one_place_at_a_time() {
    let world = World::new().await;
    let carrier = world.carrier("Грузовоз").await;
    let (first, second) = (world.vehicle(carrier, "А001АА77", "20").await, world.vehicle(carrier, "А002АА77", "20").await);
    let other: i64 = sqlx::query_scalar("insert into warehouses (name) values ('Тула') returning warehouse_id")
        .fetch_one(world.db())
        .await
        .unwrap();
    let taken = world.order("taken", vec![world.service("1")]).await;
    let order = world.order("order", vec![world.service("1")]).await;
    let slot = |order: &Order, vehicle: &Vehicle, warehouse_id: i64, dock: &str, from: &str, to: &str| Assign {
        warehouse_id: Some(warehouse_id),
        dock: dock.to_owned(),
        slot: Some(Slot { from: at(&format!("2026-02-10T{from}:00Z")), to: at(&format!("2026-02-10T{to}:00Z")) }),
        ..by(order, vehicle)
    };
    let here = world.warehouse_id;
    world.assigned("first", &slot(&taken, &first, here, "Кран 1", "08:00", "10:00")).await.unwrap();
    for (key, vehicle, warehouse_id, dock, from, to) in [
        ("inside", &second, here, "кран 1", "08:30", "09:30"),
        ("across the end", &second, here, "Кран 1", "09:59", "11:00"),
        ("around", &second, here, "Кран 1", "07:00", "12:00"),
        ("the truck at another dock", &first, here, "Кран 2", "09:00", "11:00"),
        ("the truck at another warehouse", &first, other, "", "09:00", "11:00"),
    ] {
        assert_eq!(
            code(world.assigned(key, &slot(&order, vehicle, warehouse_id, dock, from, to)).await),
            Code::SlotTaken,
            "{key}"
        );
    }
    for (key, vehicle, warehouse_id, dock, from, to) in [
        ("before", &second, here, "Кран 1", "06:00", "08:00"),
        ("after", &first, here, "Кран 1", "10:00", "12:00"),
        ("another dock", &second, here, "Кран 2", "08:00", "10:00"),
        ("another warehouse", &second, other, "Кран 1", "08:00", "10:00"),
    ] {
        world.assigned(key, &slot(&order, vehicle, warehouse_id, dock, from, to)).await.unwrap();
    }
    // Whoever is cancelled does not come.
    cancel::cancel(world.db(), &ctx("cancel"), &Move { order_id: taken.order_id, on: None }).await.unwrap();
    world.assigned("instead", &slot(&order, &first, here, "Кран 1", "08:00", "10:00")).await.unwrap();
    // A slot needs its warehouse, and to end after it begins.
    let nowhere = Assign { warehouse_id: None, ..slot(&order, &first, here, "", "08:00", "10:00") };
    assert_eq!(code(world.assigned("nowhere", &nowhere).await), Code::InvalidInput);
    assert_eq!(code(world.assigned("back", &slot(&order, &first, here, "", "10:00", "08:00")).await), Code::InvalidInput);
}

#[tokio::test]
async fn of_two_who_take_a_slot_at_once_one_gets_it() {
    let world = World::new().await;
    let carrier = world.carrier("Грузовоз").await;
    let mut inputs = Vec::new();
    for plate in ["А001АА77", "А002АА77"] {
        let vehicle = world.vehicle(carrier, plate, "20").await;
        let order = world.order(&format!("order {plate}"), vec![world.service("1")]).await;
        let slot = Slot { from: at("2026-02-10T08:00:00Z"), to: at("2026-02-10T10:00:00Z") };
        inputs.push(Assign { warehouse_id: Some(world.warehouse_id), slot: Some(slot), ..by(&order, &vehicle) });
    }
    let (one, other) = tokio::join!(world.assigned("one", &inputs[0]), world.assigned("other", &inputs[1]));
    let (done, refused): (Vec<_>, Vec<_>) = [one, other].into_iter().partition(Result::is_ok);
    assert_eq!(done.len(), 1);
    assert_eq!(code(refused.into_iter().next().unwrap()), Code::SlotTaken);
}

#[tokio::test]
async fn a_truck_is_refused_to_whom_it_does_not_belong() {
    let world = World::new().await;
    let (carrier, rival) = (world.carrier("Грузовоз").await, world.carrier("Фура").await);
    let vehicle = world.vehicle(carrier, "А001АА77", "20").await;
    let foreign = world.driver(rival, "Петров").await;
    let order = world.order("order", vec![world.service("1")]).await;
    let with_foreign = Assign { driver_id: Some(foreign.driver_id), ..by(&order, &vehicle) };
    assert_eq!(code(world.assigned("foreign", &with_foreign).await), Code::PartyMismatch);
    assert_eq!(code(world.assigned("nothing", &Assign { vehicle_id: 404, ..by(&order, &vehicle) }).await), Code::NotFound);
    assert_eq!(code(assign(world.db(), &manager("not his"), &by(&order, &vehicle)).await), Code::NotFound);
    let fields =
        VehicleFields { plate: "Х".to_owned(), trailer_plate: String::new(), capacity_t: d("1"), body_length_m: d("1") };
    let of_customer = CreateVehicle { carrier_id: world.customer_id, fields: fields.clone() };
    assert_eq!(code(create_vehicle(world.db(), &ctx("customer"), of_customer).await), Code::InvalidInput);
    let twice = VehicleFields { plate: "а001аа77".to_owned(), ..fields };
    assert_eq!(
        code(create_vehicle(world.db(), &ctx("twice"), CreateVehicle { carrier_id: carrier, fields: twice }).await),
        Code::AlreadyExists
    );
}
