//! Direct expenses of a sale (прямые расходы продажи): freight, crane, an agent's bonus, planned with an order and billed later.
//!
//! A plan is only state until its order ships; then it is accrued (Dr order expenses, Cr accrued costs), and the bill turns the accrual into
//! a payable and posts the difference, either sign, for the day of the shipment. A bill of an order goes to its expenses at once, over its lines
//! by tonnes. A bill of a deal goes to deferred costs and is released from there:
//! - the share of orders that are shipped already, by the tonnes of all orders that are not cancelled, when it is posted;
//! - when another order ships, its share of what still waits, by the tonnes of the orders that are not shipped then: what was released stays,
//!   so adding or cancelling an order re-spreads only what waits, and posts nothing;
//! - when the deal is won or lost, everything: over orders still to be shipped (of a lost deal there are none), else over the shipped ones,
//!   else to the deal itself. A bill that comes later goes the same way at once.
//!
//! A return leaves direct expenses where they are: the truck was paid for. Cancelling an order drops its plans; what was billed stays.
//! Invariants, to the kopeck: billed = order expenses + deferred costs, of every bill at any time; accrued costs are what was accrued and not
//! billed; a storno negates every transaction of a bill, and the plan it settled is accrued as before.

pub mod bills;
pub mod completion;
pub mod joint;
pub mod plans;
pub mod read;
mod release;
pub mod reverse;
pub mod split;
mod store;
mod targets;

pub(crate) use completion::note_in_tx;
pub(crate) use plans::cancelled_in_tx;
pub(crate) use release::{closed_in_tx, shipped_in_tx};

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Where a plan stands (состояние плана).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum PlanStatus {
    /// Запланирован: the order is not shipped, nothing is posted.
    Planned,
    /// Начислен at shipment; the bill is awaited.
    Accrued,
    /// Счёт получен.
    Billed,
    /// Снят.
    Dropped,
}

/// An expense an order is expected to cause (плановый прямой расход).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedExpense {
    /// Its id.
    pub planned_expense_id: i64,
    /// The order.
    pub order_id: i64,
    /// What for.
    pub article_id: i64,
    /// Who is expected to bill it, 0 = not known yet.
    pub party_id: i64,
    /// Without VAT, roubles.
    pub net: Decimal,
    /// VAT.
    pub vat: Decimal,
    /// What it is expected to cost the company, roubles.
    pub cost: Decimal,
    /// Remark, may be empty.
    pub note: String,
    /// Where it stands.
    pub status: PlanStatus,
    /// What was accrued at shipment, roubles of cost; 0 = nothing was.
    pub accrued: Decimal,
    /// The VAT that belongs to it (memo).
    pub accrued_vat: Decimal,
    /// When it was accrued.
    pub accrued_on: Option<NaiveDate>,
    /// The ledger transaction of the accrual, 0 = none.
    pub transaction_id: i64,
    /// The bill that settled it, 0 = none.
    pub direct_expense_id: i64,
    /// Grows with every change.
    pub version: i32,
}

/// What a bill is divided over orders and deals by (база распределения).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Basis {
    /// Тонны, theoretical, as ordered.
    Tonnes,
    /// Штуки as ordered.
    Pieces,
    /// Метры as ordered.
    Metres,
    /// Сумма заказов без НДС.
    Amount,
    /// Доли, given with the targets.
    Manual,
}

/// A recorded bill (счёт на прямой расход).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DirectExpense {
    /// Its id.
    pub direct_expense_id: i64,
    /// Own company.
    pub company_id: i64,
    /// To whom it is owed.
    pub party_id: i64,
    /// Under which contract, 0 = none.
    pub contract_id: i64,
    /// What for.
    pub article_id: i64,
    /// Its document.
    pub document_id: i64,
    /// The ledger transaction that recorded it; releases of a deal's part have their own.
    pub transaction_id: i64,
    /// What it was divided by.
    pub basis: Basis,
    /// Number of the supplier's paper, may be empty.
    pub number: String,
    /// Date of the supplier's paper.
    pub issued_on: NaiveDate,
    /// The business date it was posted for.
    pub effective_on: NaiveDate,
    /// Without VAT, roubles, as printed.
    pub net: Decimal,
    /// VAT as printed.
    pub vat: Decimal,
    /// What it costs the company, roubles.
    pub cost: Decimal,
    /// The VAT that is deducted.
    pub cost_vat: Decimal,
    /// When it was taken back.
    pub reversed_on: Option<NaiveDate>,
    /// The storno, 0 = none.
    pub reversal_document_id: i64,
}

/// What an order or a deal bears of a bill (доля заказа или сделки).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The bill.
    pub direct_expense_id: i64,
    /// 1, 2, … within the bill.
    pub target: i32,
    /// The order, 0 = the whole deal.
    pub order_id: i64,
    /// The deal.
    pub deal_id: i64,
    /// The plan it settles, 0 = none.
    pub planned_expense_id: i64,
    /// What it was divided by, in units of the basis.
    pub base: Decimal,
    /// Its part of the cost, roubles.
    pub amount: Decimal,
    /// What of that waits in deferred costs.
    pub waiting: Decimal,
}

/// What reached a line of an order (доля строки).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinePart {
    /// The bill.
    pub direct_expense_id: i64,
    /// Which of its targets.
    pub target: i32,
    /// The order, 0 = the deal itself.
    pub order_id: i64,
    /// The line, 0 = the order as a whole.
    pub order_line_id: i64,
    /// The business date.
    pub effective_on: NaiveDate,
    /// Roubles; of a plan that was accrued, the difference.
    pub amount: Decimal,
}
