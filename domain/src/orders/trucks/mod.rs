//! Trucks of orders (машины): which vehicle of which carrier takes an order, when it is loaded, what it weighs and what the way costs.
//!
//! One order is one truck. What it was checked by (plates, capacity, body length) is kept with the order: a later change of the directory
//! changes nothing here. A truck is not overloaded unless somebody said why, and only by as much as was there then. One dock and one vehicle
//! are in one place at a time. What the scales showed becomes the weighed tonnes of the shipment.

pub mod assign;
pub mod directory;
pub mod freight;
pub mod loading;
pub mod read;
pub(super) mod store;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Order, Status};
use crate::days;
use crate::error::{Code, Error, Result};

/// Nobody loads one truck longer.
const SLOT_MAX: TimeDelta = TimeDelta::hours(24);

/// A vehicle of a carrier (машина).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vehicle {
    /// Its id.
    pub vehicle_id: i64,
    /// Whose it is.
    pub carrier_id: i64,
    /// The plate (госномер).
    pub plate: String,
    /// The plate of its trailer (прицеп), may be empty.
    pub trailer_plate: String,
    /// What it may carry, tonnes (грузоподъёмность).
    pub capacity_t: Decimal,
    /// Length of the body, metres (длина кузова).
    pub body_length_m: Decimal,
    /// Grows with every change.
    pub version: i32,
}

/// A driver of a carrier (водитель).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Driver {
    /// Its id.
    pub driver_id: i64,
    /// For whom he drives.
    pub carrier_id: i64,
    /// His name.
    pub name: String,
    /// His phone, may be empty.
    pub phone: String,
    /// Grows with every change.
    pub version: i32,
}

/// When a truck stands at a dock (слот погрузки): until, but not with, `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// It comes.
    pub from: DateTime<Utc>,
    /// It is gone.
    pub to: DateTime<Utc>,
}

impl Slot {
    /// Refuses a slot that ends before it begins, or lasts longer than a day. Errors: `INVALID_INPUT`.
    pub(super) fn checked(self) -> Result<Self> {
        days::known(self.from.date_naive(), "slot.from")?;
        if self.to <= self.from || self.to - self.from > SLOT_MAX {
            return Err(Error::invalid("slot.to", "a loading slot ends after it begins, at most 24 hours later"));
        }
        Ok(self)
    }
}

/// What an order weighs and how long its longest piece is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cargo {
    /// By the weight of the profiles.
    pub tonnes: Decimal,
    /// Metres.
    pub longest_m: Decimal,
}

/// The truck of an order (машина заказа); 0, empty and `None` stand for what is not known yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truck {
    /// The order.
    pub order_id: i64,
    /// Who drives it there.
    pub carrier_id: i64,
    /// The vehicle.
    pub vehicle_id: i64,
    /// The driver.
    pub driver_id: i64,
    /// The plate, as it was assigned.
    pub plate: String,
    /// The trailer's plate, as it was assigned.
    pub trailer_plate: String,
    /// What it may carry, tonnes.
    pub capacity_t: Decimal,
    /// Length of the body, metres.
    pub body_length_m: Decimal,
    /// Why it may carry more.
    pub overload_reason: String,
    /// How many tonnes somebody agreed to.
    pub overload_t: Decimal,
    /// Where it is loaded.
    pub warehouse_id: i64,
    /// At which dock.
    pub dock: String,
    /// When.
    pub slot: Option<Slot>,
    /// By the scales with the goods, kilograms (брутто).
    pub gross_kg: i64,
    /// By the scales without them (тара).
    pub tare_kg: i64,
    /// When it was loaded.
    pub loaded_at: Option<DateTime<Utc>>,
    /// The request whose rate was taken.
    pub freight_request_id: i64,
    /// What the way is planned to cost, roubles without VAT.
    pub freight_net: Decimal,
    /// Its VAT.
    pub freight_vat: Decimal,
}

impl Truck {
    /// Tonnes beyond what it may carry; zero while no vehicle is named (перегруз).
    pub fn overload(&self, tonnes: Decimal) -> Decimal {
        if self.vehicle_id == 0 { Decimal::ZERO } else { (tonnes - self.capacity_t).max(Decimal::ZERO) }
    }

    /// Whether the longest piece sticks out (негабарит).
    pub fn is_oversize(&self, cargo: Cargo) -> bool {
        self.vehicle_id != 0 && cargo.longest_m > self.body_length_m
    }

    /// By the scales, tonnes; zero when it was not weighed (нетто).
    pub fn weighed_t(&self) -> Decimal {
        Decimal::new(self.gross_kg - self.tare_kg, 3)
    }

    /// By how many percent the scales showed more than `tonnes` by the profiles, two places; `None` when either is not known.
    pub fn deviation(&self, tonnes: Decimal) -> Option<Decimal> {
        let weighed = self.weighed_t();
        let is_known = !weighed.is_zero() && !tonnes.is_zero();
        is_known.then(|| crate::money::round((weighed - tonnes) * Decimal::ONE_HUNDRED / tonnes))
    }

    /// Refuses more tonnes than it may carry or somebody agreed to. Errors: `OVERLOADED`.
    pub(super) fn carries(&self, number: &str, tonnes: Decimal) -> Result<()> {
        if self.overload(tonnes).is_zero() || tonnes <= self.overload_t {
            return Ok(());
        }
        let message = format!(
            "order {number} weighs {} t and the truck {} carries {} t; load less, take another truck, or say why it may \
             (overloadReason)",
            tonnes.normalize(),
            self.plate,
            self.capacity_t.normalize()
        );
        Err(Error::rejected(Code::Overloaded, message))
    }

    /// The same, unless there is a reason, which then stands for as many tonnes.
    pub(super) fn allow(&mut self, number: &str, tonnes: Decimal, reason: String) -> Result<()> {
        if !reason.is_empty() && !self.overload(tonnes).is_zero() {
            (self.overload_reason, self.overload_t) = (reason, tonnes);
        }
        self.carries(number, tonnes)
    }

    /// What stands on the order: `А123ВС77 / АВ123477`.
    fn plates(&self) -> String {
        if self.trailer_plate.is_empty() { self.plate.clone() } else { format!("{} / {}", self.plate, self.trailer_plate) }
    }
}

/// A truck may be named and loaded until the order has left. Errors: `ORDER_STATUS`.
pub(super) fn not_gone(order: &Order, allowed: &[Status]) -> Result<()> {
    if allowed.contains(&order.status) {
        return Ok(());
    }
    let allowed: Vec<_> = allowed.iter().map(|status| status.as_str()).collect();
    let message =
        format!("order {} is {}; this is done while it is {}", order.number, order.status.as_str(), allowed.join(" or "));
    Err(Error::rejected(Code::OrderStatus, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn truck() -> Truck {
        Truck {
            vehicle_id: 1, capacity_t: d("20"), body_length_m: d("13.6"), plate: "А123ВС77".to_owned(), ..Truck::default()
        }
    }

    #[test]
    fn a_truck_carries_what_it_may_and_no_gram_more() {
        assert!(truck().carries("З-1", d("20.000")).is_ok());
        let refused = truck().carries("З-1", d("20.000001")).unwrap_err();
        assert_eq!(refused.code(), Code::Overloaded);
        assert_eq!(truck().overload(d("21.5")), d("1.5"));
        // Which truck it will be is not known yet.
        assert!(Truck { vehicle_id: 0, ..truck() }.carries("З-1", d("100")).is_ok());
    }

    #[test]
    fn a_reason_holds_for_as_much_as_was_there() {
        let mut truck = truck();
        truck.allow("З-1", d("21"), "Договорились с перевозчиком".to_owned()).unwrap();
        assert!(truck.carries("З-1", d("21")).is_ok());
        assert_eq!(truck.carries("З-1", d("21.1")).unwrap_err().code(), Code::Overloaded);
        // A reason where none is needed agrees to nothing.
        let mut light = Truck { overload_t: Decimal::ZERO, ..truck };
        light.allow("З-1", d("5"), "На всякий случай".to_owned()).unwrap();
        assert_eq!(light.overload_t, Decimal::ZERO);
    }

    #[test]
    fn the_scales_differ_from_the_profiles_by_percent() {
        let weighed = Truck { gross_kg: 34_100, tare_kg: 15_100, ..truck() };
        assert_eq!(weighed.weighed_t(), d("19"));
        // 19 against 19.2 tonnes: 1.04 % less.
        assert_eq!(weighed.deviation(d("19.2")), Some(d("-1.04")));
        assert_eq!((truck().deviation(d("19.2")), weighed.deviation(Decimal::ZERO)), (None, None));
    }

    #[test]
    fn a_piece_longer_than_the_body_sticks_out() {
        let cargo = |metres: &str| Cargo { tonnes: Decimal::ONE, longest_m: d(metres) };
        assert!(!truck().is_oversize(cargo("13.6")));
        assert!(truck().is_oversize(cargo("13.601")));
        assert!(!Truck { vehicle_id: 0, ..truck() }.is_oversize(cargo("18")));
    }

    #[test]
    fn a_slot_ends_after_it_begins() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let slot = |from: &str, to: &str| Slot { from: at(from), to: at(to) }.checked().is_ok();
        assert!(slot("2026-02-10T08:00:00Z", "2026-02-10T09:00:00Z"));
        assert!(slot("2026-02-10T08:00:00Z", "2026-02-11T08:00:00Z"));
        for (from, to) in [
            ("2026-02-10T08:00:00Z", "2026-02-10T08:00:00Z"),
            ("2026-02-10T08:00:00Z", "2026-02-11T08:00:01Z"),
            ("1999-12-31T08:00:00Z", "1999-12-31T09:00:00Z"),
        ] {
            assert!(!slot(from, to), "{from} {to}");
        }
    }
}
