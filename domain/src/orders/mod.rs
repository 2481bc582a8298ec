//! Orders (заказы): one order is one truck of a deal, with a status of its own.
//!
//! Draft → confirmed → shipped → delivered, or cancelled before shipping. Lines are goods of a named batch or services. Shipping posts
//! revenue, VAT, cost and the receivable and offsets the order's own advance, then the deal's. The deal's stage never moves by itself, and
//! a lost deal confirms and ships nothing. An order and its lines stay as they were shipped: returns and corrections are documents beside it,
//! and what is left of a line is the ledger's sum. Where title passes at unloading ([`title`]), revenue waits for delivery.

pub mod buy_back;
pub mod cancel;
pub mod claims;
pub mod commands;
pub mod contribution;
pub mod corrections;
pub mod custody;
pub mod deliver;
pub mod expenses;
pub mod files;
pub mod late;
mod left;
mod margin;
mod posting;
pub mod read;
pub mod reschedule;
pub mod returns;
pub mod search;
pub mod sorted;
pub mod store;
mod title;
pub mod trucks;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub(crate) use posting::{later, shipment};

use crate::batches::Measured;
use crate::command::same_version;
use crate::companies::Tax;
use crate::error::{Code, Error, Result};
use crate::ledger::Settlement;
use crate::money::{self, Taxed};

/// Where an order stands (статус заказа).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Status {
    /// Черновик: lines may change.
    Draft,
    /// Подтверждён.
    Confirmed,
    /// Отгружен: posted.
    Shipped,
    /// Доставлен.
    Delivered,
    /// Отменён.
    Cancelled,
}

impl Status {
    /// All, in order.
    pub const ALL: [Self; 5] = [Self::Draft, Self::Confirmed, Self::Shipped, Self::Delivered, Self::Cancelled];

    /// The code stored in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Confirmed => "confirmed",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Cancelled => "cancelled",
        }
    }

    /// The status of a stored code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == code)
    }

    /// The statuses it may move to.
    const fn next(self) -> &'static [Self] {
        match self {
            Self::Draft => &[Self::Confirmed, Self::Cancelled],
            Self::Confirmed => &[Self::Shipped, Self::Cancelled],
            Self::Shipped => &[Self::Delivered],
            Self::Delivered | Self::Cancelled => &[],
        }
    }
}

/// What a price is for (единица).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[sqlx(type_name = "text")]
pub enum Unit {
    /// Тонна, theoretical.
    #[serde(rename = "т")]
    #[sqlx(rename = "т")]
    Tonne,
    /// Метр.
    #[serde(rename = "м")]
    #[sqlx(rename = "м")]
    Metre,
    /// Штука.
    #[serde(rename = "шт")]
    #[sqlx(rename = "шт")]
    Piece,
    /// Услуга.
    #[serde(rename = "усл")]
    #[sqlx(rename = "усл")]
    Service,
}

impl Unit {
    /// The sign stored in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tonne => "т",
            Self::Metre => "м",
            Self::Piece => "шт",
            Self::Service => "усл",
        }
    }

    /// The unit of a stored sign.
    pub fn parse(sign: &str) -> Option<Self> {
        [Self::Tonne, Self::Metre, Self::Piece, Self::Service].into_iter().find(|unit| unit.as_str() == sign)
    }

    /// How much of it goods measure.
    pub fn quantity(self, of: Measured) -> Decimal {
        match self {
            Self::Tonne => of.tonnes,
            Self::Metre => of.metres,
            Self::Piece | Self::Service => Decimal::from(of.pieces),
        }
    }
}

/// A price: what for, how much, and what happens to it when the VAT rate changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// The unit.
    pub unit: Unit,
    /// Roubles per unit.
    pub price: Decimal,
    /// "Gross fixed" (true) or "net + VAT" (false).
    pub includes_vat: bool,
}

impl Price {
    /// The sum of `quantity`, split by the tax.
    pub fn sum(&self, quantity: Decimal, tax: Tax) -> Taxed {
        tax.split(money::round(self.price * quantity), self.includes_vat)
    }
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its id.
    pub order_line_id: i64,
    /// 1, 2, …
    pub line: i32,
    /// Goods or service.
    pub product_id: i64,
    /// The batch goods come from; 0 = a service.
    pub batch_id: i64,
    /// Pieces of goods.
    pub pieces: i64,
    /// Metres of goods.
    pub metres: Decimal,
    /// Theoretical tonnes of goods.
    pub tonnes_theoretical: Decimal,
    /// Tonnes by the scales at shipping, 0 when not weighed.
    pub tonnes_weighed: Decimal,
    /// In units of the price.
    pub quantity: Decimal,
    /// The price.
    pub price: Price,
    /// VAT rate, percent: planned until shipped.
    pub vat_percent: Decimal,
    /// Without VAT.
    pub net: Decimal,
    /// The VAT.
    pub vat: Decimal,
    /// With VAT.
    pub gross: Decimal,
}

impl Line {
    /// Goods from a batch, as opposed to a service.
    pub fn is_goods(&self) -> bool {
        self.batch_id > 0
    }

    fn retax(&mut self, tax: Tax) {
        let sum = self.price.sum(self.quantity, tax);
        self.vat_percent = tax.percent;
        (self.net, self.vat, self.gross) = (sum.net, sum.vat, sum.gross);
    }
}

/// An order: one truck.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its id.
    pub order_id: i64,
    /// Own company.
    pub company_id: i64,
    /// The deal.
    pub deal_id: i64,
    /// The contract, 0 = none.
    pub contract_id: i64,
    /// The customer.
    pub party_id: i64,
    /// `З-000123`.
    pub number: String,
    /// Where it stands.
    pub status: Status,
    /// Planned day of shipping.
    pub planned_on: NaiveDate,
    /// Day of shipping.
    pub shipped_on: Option<NaiveDate>,
    /// Day of delivery.
    pub delivered_on: Option<NaiveDate>,
    /// Title passes at unloading (поставка на нашем риске), as the contract said at shipment; false until then.
    #[serde(default)]
    pub title_on_delivery: bool,
    /// The truck's plate.
    pub vehicle: String,
    /// The shipping document, 0 = none yet.
    pub document_id: i64,
    /// Without VAT.
    pub net: Decimal,
    /// The VAT.
    pub vat: Decimal,
    /// With VAT.
    pub gross: Decimal,
    /// Grows with every change.
    pub version: i32,
    /// Goods and services.
    pub lines: Vec<Line>,
}

impl Order {
    /// With whom and for what the customer settles.
    pub(crate) const fn settlement(&self) -> Settlement {
        Settlement { party_id: self.party_id, contract_id: self.contract_id, deal_id: self.deal_id, order_id: self.order_id }
    }

    /// The day it counts as sold from: shipped, or delivered where title passes then.
    pub(crate) fn sold_on(&self) -> Option<NaiveDate> {
        if self.title_on_delivery { self.delivered_on } else { self.shipped_on }
    }

    /// Its goods left and are ours until they are unloaded.
    pub(crate) fn is_ours_yet(&self) -> bool {
        self.title_on_delivery && self.shipped_on.is_some() && self.delivered_on.is_none()
    }

    /// Moves to another status; errors: `ORDER_STATUS`.
    pub fn become_status(&mut self, to: Status) -> Result<()> {
        if !self.status.next().contains(&to) {
            let (from, number) = (self.status.as_str(), &self.number);
            let allowed: Vec<_> = self.status.next().iter().map(|status| status.as_str()).collect();
            let next = if allowed.is_empty() {
                "that is its end; create another order".to_owned()
            } else {
                format!("it can become: {}", allowed.join(", "))
            };
            let message = format!("order {number} is {from} and cannot become {}; {next}", to.as_str());
            return Err(Error::rejected(Code::OrderStatus, message));
        }
        self.status = to;
        self.version += 1;
        Ok(())
    }

    /// Lines may be replaced while it is a draft; errors: `ORDER_STATUS`, `VERSION_CONFLICT`, `INVALID_INPUT`.
    pub fn revise(&mut self, lines: Vec<Line>, expected_version: i32) -> Result<()> {
        same_version("order", self.order_id, self.version, expected_version)?;
        if self.status != Status::Draft {
            return Err(Error::rejected(
                Code::OrderStatus,
                format!("order {} is {}; only a draft can be revised", self.number, self.status.as_str()),
            ));
        }
        self.set_lines(lines)?;
        self.version += 1;
        Ok(())
    }

    /// Another planned day and truck, with VAT at the rate of that day, until it is shipped; errors: `ORDER_STATUS`.
    pub fn reschedule(&mut self, planned_on: NaiveDate, vehicle: String, tax: Tax) -> Result<()> {
        if !matches!(self.status, Status::Draft | Status::Confirmed) {
            let message = format!("order {} is {}; only what has not left is rescheduled", self.number, self.status.as_str());
            return Err(Error::rejected(Code::OrderStatus, message));
        }
        (self.planned_on, self.vehicle) = (planned_on, vehicle);
        self.lines.iter_mut().for_each(|line| line.retax(tax));
        self.total();
        self.version += 1;
        Ok(())
    }

    /// Ships on a date: status, actual weights, VAT at the rate of the date; errors: `ORDER_STATUS`.
    pub fn ship(&mut self, on: NaiveDate, weighed: &[(i64, Decimal)], tax: Tax) -> Result<()> {
        self.become_status(Status::Shipped)?;
        self.shipped_on = Some(on);
        for line in &mut self.lines {
            if let Some((_, tonnes)) = weighed.iter().find(|(id, _)| *id == line.order_line_id) {
                line.tonnes_weighed = *tonnes;
            }
            line.retax(tax);
        }
        self.total();
        Ok(())
    }

    pub(crate) fn set_lines(&mut self, lines: Vec<Line>) -> Result<()> {
        if lines.is_empty() {
            return Err(Error::invalid("lines", "an order needs at least one line"));
        }
        self.lines = lines;
        self.total();
        Ok(())
    }

    fn total(&mut self) {
        self.net = self.lines.iter().map(|line| line.net).sum();
        self.vat = self.lines.iter().map(|line| line.vat).sum();
        self.gross = self.lines.iter().map(|line| line.gross).sum();
    }
}
