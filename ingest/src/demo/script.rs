//! The script of a business: what is done when, naming things by their place among their kind.
//!
//! Only playing gives them ids, so a script can be made and tested without a database.

use chrono::{NaiveDate, NaiveDateTime};
use rust_decimal::Decimal;
use shpunt_domain::catalog::Condition;
use shpunt_domain::deals::Stage;
use shpunt_domain::orders::Price;
use shpunt_domain::parties::{ContractKind, commands::Fields as Party};
use shpunt_domain::treasury::Direction;

/// A thing by its place among its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Thing {
    Company(usize),
    Employee(usize),
    Channel(usize),
    Warehouse(usize),
    Goods(usize),
    Service(usize),
    Party(usize),
    Contract(usize),
    Account(usize),
    Deal(usize),
    /// In a yard.
    Batch(usize),
    /// The same on its way there.
    Afar(usize),
    /// That of a batch.
    Claim(usize),
    Order(usize),
    /// The planned freight of an order.
    Plan(usize),
}

/// What is known of a deal at some moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DealFields {
    pub(super) title: String,
    pub(super) party: Option<usize>,
    pub(super) contract: Option<usize>,
    pub(super) channel: usize,
    pub(super) need_tonnes: Decimal,
    pub(super) need_gross: Decimal,
    pub(super) planned_margin: Decimal,
    pub(super) contact: String,
    pub(super) phone: String,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    Goods { goods: usize, batch: usize, pieces: i64, price: Price },
    Service { service: usize, price: Price },
}

/// What a payment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aim {
    Order(usize),
    Deal(usize),
    Contract(usize),
    Party,
    Nobody,
}

/// A payment in or out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Payment {
    pub(super) direction: Direction,
    pub(super) account: usize,
    pub(super) article: &'static str,
    pub(super) party: Option<usize>,
    pub(super) aim: Aim,
    pub(super) amount: Decimal,
    pub(super) purpose: String,
}

/// A receipt of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Receipt {
    pub(super) batch: usize,
    pub(super) company: usize,
    pub(super) party: usize,
    pub(super) contract: usize,
    pub(super) warehouse: usize,
    pub(super) goods: usize,
    pub(super) number: String,
    pub(super) pieces: i64,
    pub(super) weighed: Option<Decimal>,
    pub(super) net: Decimal,
    pub(super) vat: Decimal,
}

/// A claim on the supplier of a batch: of each there is one at most. His contract has the place of his party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) batch: usize,
    pub(super) company: usize,
    pub(super) party: usize,
    /// What he is asked for.
    pub(super) amount: Decimal,
}

/// A bill for an order, or a plan of one. It may come days after what it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OrderBill {
    pub(super) company: usize,
    pub(super) order: usize,
    pub(super) article: &'static str,
    pub(super) party: usize,
    /// The date of the paper.
    pub(super) on: NaiveDate,
    pub(super) net: Decimal,
    pub(super) vat: Decimal,
}

/// An expense of a period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Accrual {
    pub(super) company: usize,
    pub(super) article: &'static str,
    pub(super) party: Option<usize>,
    pub(super) channel: Option<usize>,
    pub(super) employee: Option<usize>,
    pub(super) net: Decimal,
    pub(super) vat: Decimal,
}

/// One command.
#[derive(Debug, Clone)]
pub(super) enum Act {
    Company {
        company: usize,
        inn: String,
        first_day: NaiveDate,
    },
    Employee {
        employee: usize,
    },
    Channel {
        channel: usize,
    },
    Warehouse {
        warehouse: usize,
        name: &'static str,
    },
    Goods {
        goods: usize,
        condition: Condition,
    },
    Service {
        service: usize,
        sku: &'static str,
        name: &'static str,
    },
    Account {
        account: usize,
        company: usize,
        is_bank: bool,
        name: &'static str,
    },
    Party {
        party: usize,
        fields: Party,
    },
    Contact {
        party: usize,
        name: String,
        phone: String,
    },
    Contract {
        contract: usize,
        company: usize,
        party: usize,
        kind: ContractKind,
        number: String,
        payment_days: i32,
        title_on_delivery: bool,
    },
    DealCreate {
        deal: usize,
        company: usize,
        employee: usize,
        fields: DealFields,
    },
    DealUpdate {
        deal: usize,
        fields: DealFields,
    },
    DealMove {
        deal: usize,
        to: Stage,
        reason: &'static str,
    },
    DealHandOver {
        deal: usize,
        employee: usize,
    },
    Receive(Receipt),
    /// Bought at the supplier's gate; the warehouse is where it arrives.
    ReceiveAfar {
        receipt: Receipt,
        expected_on: NaiveDate,
    },
    Arrive {
        batch: usize,
        pieces: i64,
        warehouse: usize,
    },
    /// Pieces that did not arrive.
    Miss {
        claim: Claim,
        pieces: i64,
    },
    /// Pieces that go back to their supplier.
    SendBack {
        claim: Claim,
        pieces: i64,
    },
    /// Acknowledged by the supplier, or given up.
    SettleClaim {
        batch: usize,
        amount: Decimal,
        given_up: bool,
    },
    OrderCreate {
        order: usize,
        deal: usize,
        planned_on: NaiveDate,
        vehicle: String,
        lines: Vec<Line>,
    },
    OrderConfirm {
        order: usize,
    },
    OrderCancel {
        order: usize,
    },
    /// `scales` = what the truck weighed, per mille of the theoretical weight.
    OrderShip {
        order: usize,
        scales: Option<i64>,
    },
    OrderDeliver {
        order: usize,
    },
    OrderExpense(OrderBill),
    OrderPlan(OrderBill),
    /// The bill of what was planned.
    PlanBill(OrderBill),
    /// For the freight of goods on their way.
    GoodsBill {
        batch: usize,
        company: usize,
        party: usize,
        net: Decimal,
        vat: Decimal,
    },
    /// For an order, and for the batch the same carrier brought.
    JointBill {
        bill: OrderBill,
        batch: usize,
        goods_net: Decimal,
        goods_vat: Decimal,
    },
    Pay(Payment),
    Transfer {
        from: usize,
        to: usize,
        amount: Decimal,
    },
    Accrue(Accrual),
}

/// A command and its local moment; its business date is that day.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) at: NaiveDateTime,
    pub(super) act: Act,
}

/// Commands in the order they were thought of, then in the order of time.
#[derive(Debug, Default)]
pub(super) struct Script {
    pub(super) steps: Vec<Step>,
}

impl Script {
    /// Adds a command.
    pub(super) fn push(&mut self, at: NaiveDateTime, act: Act) {
        self.steps.push(Step { at, act });
    }

    /// Orders by time (of one moment: as they were added) and forgets what happens after the last day.
    pub(super) fn ordered(mut self, until: NaiveDate) -> Self {
        self.steps.retain(|step| step.at.date() <= until);
        self.steps.sort_by_key(|step| step.at);
        self
    }
}
