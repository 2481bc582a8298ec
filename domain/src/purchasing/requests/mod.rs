//! Requests for prices (запросы цен): what several suppliers are asked for, what they answered, and which answer became an order.
//!
//! Answers are compared delivered to the base, without VAT, per tonne. The last answer of a supplier for a line counts; the earlier ones stay
//! as the history of the price. An answer that is chosen makes a draft of a supplier order.

pub mod choose;
pub mod commands;
pub mod read;
mod store;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::batches::Measured;
use crate::error::{Code, Error, Result};
use crate::money;
use crate::orders::Price;

/// Where a request stands (статус запроса).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum State {
    /// Открыт: answers are awaited.
    Open,
    /// Закрыт.
    Closed,
}

impl State {
    /// The code stored in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

/// A line of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its id.
    pub purchase_request_line_id: i64,
    /// 1, 2, …
    pub line: i32,
    /// Goods.
    pub product_id: i64,
    /// Pieces.
    pub pieces: i64,
    /// Metres of all of them.
    pub metres: Decimal,
    /// Theoretical tonnes of all of them.
    pub tonnes: Decimal,
}

impl Line {
    const fn measured(&self) -> Measured {
        Measured { pieces: self.pieces, metres: self.metres, tonnes: self.tonnes }
    }
}

/// A request for prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Its id.
    pub purchase_request_id: i64,
    /// Who buys.
    pub company_id: i64,
    /// `ЗЦ-000123`.
    pub number: String,
    /// Where it stands.
    pub state: State,
    /// When it was made.
    pub requested_on: NaiveDate,
    /// When the goods are needed at the base.
    pub needed_on: NaiveDate,
    /// Where prices are compared at.
    pub base: String,
    /// Free text.
    pub note: String,
    /// The user who made it; 0 = the system.
    pub author_id: i64,
    /// Grows with every change.
    pub version: i32,
    /// At least one.
    pub lines: Vec<Line>,
    /// Who is asked.
    pub party_ids: Vec<i64>,
}

impl Request {
    /// Errors: `PURCHASE_REQUEST_STATUS` when it is closed.
    fn open(&self) -> Result<()> {
        if self.state == State::Open {
            return Ok(());
        }
        let message = format!("request {} is closed; make another one", self.number);
        Err(Error::rejected(Code::PurchaseRequestStatus, message))
    }
}

/// What a supplier answered for a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Its id.
    pub supplier_answer_id: i64,
    /// The line.
    pub purchase_request_line_id: i64,
    /// The supplier.
    pub party_id: i64,
    /// When.
    pub answered_on: NaiveDate,
    /// The price per tonne, metre or piece.
    pub price: Price,
    /// The supplier's VAT rate, percent; 0 = without VAT.
    pub vat_percent: Decimal,
    /// Freight to the base, roubles per tonne; with VAT where the price is.
    pub freight: Decimal,
    /// When the goods would be at the base.
    pub delivers_on: NaiveDate,
    /// Last day it holds.
    pub valid_until: NaiveDate,
    /// Free text.
    pub terms: String,
    /// The order it became, 0 = none.
    pub supplier_order_id: i64,
}

/// An answer made comparable: roubles without VAT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivered {
    /// Of a tonne at the supplier.
    pub goods: Decimal,
    /// Of a tonne's way to the base.
    pub freight: Decimal,
    /// Of a tonne at the base.
    pub tonne: Decimal,
    /// Of the whole line at the base.
    pub total: Decimal,
}

impl Answer {
    /// The VAT of a sum at the supplier's rate, contained in it or on top.
    fn taxed(&self, sum: Decimal) -> money::Taxed {
        if self.price.includes_vat { money::vat_within(sum, self.vat_percent) } else { money::vat_on_top(sum, self.vat_percent) }
    }

    /// What the goods of the line cost at the base, without VAT.
    pub fn delivered(&self, line: &Line) -> Delivered {
        let goods = self.taxed(money::round(self.price.price * self.price.unit.quantity(line.measured()))).net;
        let freight = self.taxed(money::round(self.freight * line.tonnes)).net;
        let per_tonne = |sum: Decimal| if line.tonnes.is_zero() { Decimal::ZERO } else { money::round(sum / line.tonnes) };
        let total = goods + freight;
        Delivered { goods: per_tonne(goods), freight: per_tonne(freight), tonne: per_tonne(total), total }
    }
}

/// The answers that count for a line, the cheapest at the base first; of two that cost the same, the sooner one.
pub fn compared(line: &Line, answers: &[Answer]) -> Vec<(Answer, Delivered)> {
    let of_line = |one: &&Answer| one.purchase_request_line_id == line.purchase_request_line_id;
    let is_last = |one: &&Answer| {
        let later = |other: &&Answer| other.party_id == one.party_id && other.supplier_answer_id > one.supplier_answer_id;
        !answers.iter().filter(of_line).any(|other| later(&other))
    };
    let mut last: Vec<(Answer, Delivered)> =
        answers.iter().filter(of_line).filter(is_last).map(|one| (one.clone(), one.delivered(line))).collect();
    last.sort_by_key(|(answer, delivered)| (delivered.total, answer.delivers_on, answer.supplier_answer_id));
    last
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::orders::Unit;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn day(of_month: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, of_month).unwrap()
    }

    fn answer(id: i64, party_id: i64, unit: Unit, price: &str, includes_vat: bool, freight: &str) -> Answer {
        Answer {
            supplier_answer_id: id,
            purchase_request_line_id: 1,
            party_id,
            answered_on: day(2),
            price: Price { unit, price: d(price), includes_vat },
            vat_percent: d("22"),
            freight: d(freight),
            delivers_on: day(20),
            valid_until: day(9),
            terms: String::new(),
            supplier_order_id: 0,
        }
    }

    #[test]
    fn answers_are_compared_at_the_base_without_vat() {
        // Ten piles of 12 m, 12 t.
        let line = Line { purchase_request_line_id: 1, line: 1, product_id: 1, pieces: 10, metres: d("120"), tonnes: d("12") };
        // Near and dear: 73,200 with VAT a tonne, no freight = 60,000. Far and cheap: 55,000 and 6,000 of freight = 61,000.
        // By the metre, 6,000 = 60,000 a tonne, but later replaced by 5,900 = 59,000, and 500 of freight = 59,500.
        let near = answer(1, 1, Unit::Tonne, "73200", true, "0");
        let far = answer(2, 2, Unit::Tonne, "55000", false, "6000");
        let (first, second) = (answer(3, 3, Unit::Metre, "6000", false, "0"), answer(4, 3, Unit::Metre, "5900", false, "500"));
        let ranked = compared(&line, &[near, far, first, second]);
        let order: Vec<_> = ranked.iter().map(|(one, delivered)| (one.supplier_answer_id, delivered.tonne)).collect();
        assert_eq!(order, [(4, d("59500")), (1, d("60000")), (2, d("61000"))]);
        let far = Delivered { goods: d("55000"), freight: d("6000"), tonne: d("61000"), total: d("732000") };
        assert_eq!(ranked[2].1, far);
    }

    #[test]
    fn of_two_that_cost_the_same_the_sooner_comes_first() {
        let line = Line { purchase_request_line_id: 1, line: 1, product_id: 1, pieces: 10, metres: d("120"), tonnes: d("12") };
        let late = answer(1, 1, Unit::Piece, "72000", false, "0");
        let soon = Answer { delivers_on: day(10), ..answer(2, 2, Unit::Tonne, "60000", false, "0") };
        let ranked = compared(&line, &[late, soon]);
        assert_eq!((ranked[0].0.party_id, ranked[0].1.total), (2, ranked[1].1.total));
    }
}
