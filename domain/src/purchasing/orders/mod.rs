//! Orders to suppliers (заказы поставщикам): draft → approved → sent → confirmed → partly received → received → closed, or cancelled while
//! nothing has come.
//!
//! Whoever approves is somebody else than the author, always (четыре глаза). Lines change only in a draft. What came is never stored here:
//! it is the sum of the receipts.

pub mod commands;
pub mod read;
mod release;
pub mod store;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::batches::Measured;
use crate::error::{Code, Error, Result};
use crate::ledger::Settlement;
use crate::orders::Price;

/// Where a supplier order stands (статус заказа поставщику).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum State {
    /// Черновик: lines may change.
    Draft,
    /// Согласован by somebody else than its author.
    Approved,
    /// Отправлен поставщику.
    Sent,
    /// Подтверждён поставщиком.
    Confirmed,
    /// Поступил частично.
    PartlyReceived,
    /// Поступил полностью.
    Received,
    /// Закрыт: nothing more is expected.
    Closed,
    /// Отменён before anything came.
    Cancelled,
}

impl State {
    /// The code stored in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Approved => "approved",
            Self::Sent => "sent",
            Self::Confirmed => "confirmed",
            Self::PartlyReceived => "partly_received",
            Self::Received => "received",
            Self::Closed => "closed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The states it may move to.
    const fn next(self) -> &'static [Self] {
        match self {
            Self::Draft => &[Self::Approved, Self::Cancelled],
            Self::Approved => &[Self::Sent, Self::PartlyReceived, Self::Received, Self::Cancelled],
            Self::Sent => &[Self::Confirmed, Self::PartlyReceived, Self::Received, Self::Cancelled],
            Self::Confirmed => &[Self::PartlyReceived, Self::Received, Self::Cancelled],
            Self::PartlyReceived => &[Self::PartlyReceived, Self::Received, Self::Closed],
            // More than was ordered may still come.
            Self::Received => &[Self::Received, Self::Closed],
            Self::Closed | Self::Cancelled => &[],
        }
    }
}

/// A line of a supplier order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its id.
    pub supplier_order_line_id: i64,
    /// 1, 2, …
    pub line: i32,
    /// Goods.
    pub product_id: i64,
    /// Ordered pieces.
    pub pieces: i64,
    /// Ordered metres.
    pub metres: Decimal,
    /// Ordered theoretical tonnes.
    pub tonnes_theoretical: Decimal,
    /// In units of the price.
    pub quantity: Decimal,
    /// The price per tonne, metre or piece.
    pub price: Price,
    /// Without VAT, roubles.
    pub net: Decimal,
    /// VAT as printed by the supplier (entered, never recomputed).
    pub vat: Decimal,
    /// With VAT, roubles.
    pub gross: Decimal,
}

impl Line {
    /// A new line: the sum follows from the price, the VAT is as printed. Errors: `AMOUNT_NOT_POSITIVE`, `INVALID_INPUT`.
    pub(super) fn new(line: i32, product_id: i64, measured: Measured, price: Price, vat: Decimal) -> Result<Self> {
        let quantity = price.unit.quantity(measured);
        let sum = crate::money::round(price.price * quantity);
        let (net, gross) = if price.includes_vat { (sum - vat, sum) } else { (sum, sum + vat) };
        if net <= Decimal::ZERO {
            return Err(Error::not_positive("price"));
        }
        if vat > net {
            return Err(Error::invalid("vat", "the VAT is larger than the sum without it; correct the price or the VAT"));
        }
        Ok(Self {
            supplier_order_line_id: 0,
            line,
            product_id,
            pieces: measured.pieces,
            metres: measured.metres,
            tonnes_theoretical: measured.tonnes,
            quantity,
            price,
            net,
            vat,
            gross,
        })
    }
}

/// What came against a line of a supplier order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Received {
    /// The line.
    pub supplier_order_line_id: i64,
    /// Receipts.
    pub receipts: i64,
    /// Pieces.
    pub pieces: i64,
    /// Theoretical tonnes.
    pub tonnes_theoretical: Decimal,
    /// Tonnes by the scales of the receipts that were weighed.
    pub tonnes_weighed: Decimal,
    /// Theoretical tonnes of those same receipts: what the scales are compared with.
    pub tonnes_of_weighed: Decimal,
    /// Without VAT as received, roubles.
    pub net: Decimal,
}

/// An order to a supplier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupplierOrder {
    /// Its id.
    pub supplier_order_id: i64,
    /// Who buys.
    pub company_id: i64,
    /// The supplier.
    pub party_id: i64,
    /// Under which contract, 0 = none.
    pub contract_id: i64,
    /// The deal the goods are for, 0 = for stock.
    pub deal_id: i64,
    /// Where they are expected.
    pub warehouse_id: i64,
    /// `ЗП-000123`.
    pub number: String,
    /// Where it stands.
    pub state: State,
    /// Its date: nothing is received against it earlier.
    pub ordered_on: NaiveDate,
    /// When the goods are expected.
    pub expected_on: NaiveDate,
    /// What is paid before the goods come, percent of the sum with VAT.
    pub prepayment_percent: Decimal,
    /// Days after the order until that is due.
    pub prepayment_days: i32,
    /// Who brings it, where from, on what terms.
    pub delivery_terms: String,
    /// Free text.
    pub note: String,
    /// The user who made it; 0 = the system.
    pub author_id: i64,
    /// The user who approved it; 0 = nobody.
    pub decided_by: i64,
    /// What was said when it was approved, closed or cancelled.
    pub decision_note: String,
    /// Without VAT.
    pub net: Decimal,
    /// The VAT as printed.
    pub vat: Decimal,
    /// With VAT.
    pub gross: Decimal,
    /// Grows with every change.
    pub version: i32,
    /// At least one.
    pub lines: Vec<Line>,
}

impl SupplierOrder {
    /// With whom its receipts and payments are settled.
    pub(crate) fn settlement(&self) -> Settlement {
        Settlement { party_id: self.party_id, contract_id: self.contract_id, ..Settlement::default() }
    }

    /// What is to be paid before the goods come, roubles.
    pub fn prepayment(&self) -> Decimal {
        crate::money::round(self.gross * self.prepayment_percent / Decimal::ONE_HUNDRED)
    }

    /// When that is due; `None` = nothing is.
    pub fn prepayment_due_on(&self) -> Option<NaiveDate> {
        let due_on = self.ordered_on + chrono::Duration::days(self.prepayment_days.into());
        (!self.prepayment_percent.is_zero()).then_some(due_on)
    }

    /// Moves to another state; errors: `SUPPLIER_ORDER_STATUS`.
    pub(super) fn become_state(&mut self, to: State) -> Result<()> {
        let next = self.state.next();
        if !next.contains(&to) {
            let allowed: Vec<_> = next.iter().map(|state| state.as_str()).collect();
            let advice = if allowed.is_empty() {
                "that is its end; make another order".to_owned()
            } else {
                format!("it can become: {}", allowed.join(", "))
            };
            let message =
                format!("supplier order {} is {} and cannot become {}; {advice}", self.number, self.state.as_str(), to.as_str());
            return Err(Error::rejected(Code::SupplierOrderStatus, message));
        }
        self.state = to;
        self.version += 1;
        Ok(())
    }

    /// Lines and terms change only in a draft; errors: `SUPPLIER_ORDER_STATUS`.
    pub(super) fn revise(&mut self) -> Result<()> {
        if self.state != State::Draft {
            let message = format!("supplier order {} is {}; only a draft can be revised", self.number, self.state.as_str());
            return Err(Error::rejected(Code::SupplierOrderStatus, message));
        }
        self.version += 1;
        Ok(())
    }

    /// Draft → approved, by somebody else than its author; errors: `SUPPLIER_ORDER_STATUS`, `FOUR_EYES`.
    pub(super) fn approve(&mut self, user_id: i64, note: String) -> Result<()> {
        if user_id == 0 || user_id == self.author_id {
            let message =
                format!("supplier order {} is approved by a person who did not make it; ask somebody else", self.number);
            return Err(Error::rejected(Code::FourEyes, message));
        }
        self.become_state(State::Approved)?;
        self.decided_by = user_id;
        self.decision_note = note;
        Ok(())
    }

    /// Goods came on `on`; `received` is what came of every line, these goods included. Errors: `SUPPLIER_ORDER_STATUS`, `DATE_BEFORE_ORDER`.
    pub(super) fn receive(&mut self, on: NaiveDate, received: &[Received]) -> Result<()> {
        if on < self.ordered_on {
            let message = format!(
                "supplier order {} is of {}, after {on}; date the receipt on that day or later, or receive without the order",
                self.number, self.ordered_on
            );
            return Err(Error::rejected(Code::DateBeforeOrder, message));
        }
        let came = |line: &Line| {
            received.iter().find(|one| one.supplier_order_line_id == line.supplier_order_line_id).map_or(0, |one| one.pieces)
        };
        let whole = self.lines.iter().all(|line| came(line) >= line.pieces);
        self.become_state(if whole { State::Received } else { State::PartlyReceived })
    }

    pub(super) fn set_lines(&mut self, lines: Vec<Line>) {
        self.net = lines.iter().map(|line| line.net).sum();
        self.vat = lines.iter().map(|line| line.vat).sum();
        self.gross = lines.iter().map(|line| line.gross).sum();
        self.lines = lines;
    }
}

#[cfg(test)]
mod tests;
