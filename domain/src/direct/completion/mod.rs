//! Margin at completion of a deal (маржа к завершению): earned by what was shipped, and expected of what is to be shipped.
//!
//! It is a sum of components: revenue by order, cost by order and batch, expenses by order and article, and what waits in deferred costs. The
//! shipped part of a component is the ledger's; the rest is expected: prices of orders not shipped, their goods at what their batches are
//! worth a metre now, and plans. What left at our risk and is not unloaded is expected too, at what its goods cost. Of a lost deal nothing is expected. The log keeps, of every command that touched a deal, the components it
//! changed, so that the margin then and all changes since make the margin now, to the kopeck.

mod log;
mod store;
mod words;

pub(crate) use log::note_in_tx;
pub use log::{Change, Drift, drift};
pub use words::text;

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::access::Scope;
use crate::db::Db;
use crate::error::{Error, Result};

/// What a component is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum What {
    /// Выручка заказа.
    Revenue,
    /// Себестоимость серии в заказе.
    Cost,
    /// Прямой расход заказа, or of the deal itself.
    Expense,
    /// Отложенный расход сделки.
    Waiting,
}

/// Which component of a deal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// What it is.
    pub what: What,
    /// The order, 0 = the deal itself.
    pub order_id: i64,
    /// The batch, of a cost.
    pub batch_id: i64,
    /// The article, of an expense.
    pub article_id: i64,
}

/// Roubles without VAT that were earned or spent, and those that are expected besides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    /// Of what was shipped, by the ledger.
    pub earned: Decimal,
    /// Of what is to be shipped.
    pub expected: Decimal,
}

impl Sum {
    /// Both.
    pub fn total(self) -> Decimal {
        self.earned + self.expected
    }
}

/// The components of a deal; those of nothing are left out.
pub type Components = BTreeMap<Key, Sum>;

/// A margin: revenue less cost less direct expenses, roubles without VAT.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Margin {
    /// Выручка.
    pub revenue: Decimal,
    /// Себестоимость.
    pub cost: Decimal,
    /// Прямые расходы; of the expected, plans and what waits.
    pub expenses: Decimal,
}

impl Margin {
    /// Валовая прибыль.
    pub fn gross_profit(self) -> Decimal {
        self.revenue - self.cost
    }

    /// Маржинальный доход.
    pub fn contribution(self) -> Decimal {
        self.gross_profit() - self.expenses
    }

    /// Adds what a component is.
    pub fn add(&mut self, what: What, amount: Decimal) {
        match what {
            What::Revenue => self.revenue += amount,
            What::Cost => self.cost += amount,
            What::Expense | What::Waiting => self.expenses += amount,
        }
    }
}

/// The margin of a deal, or of one of its orders, at completion.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Completion {
    /// By what was shipped.
    pub earned: Margin,
    /// By what is to be shipped.
    pub expected: Margin,
    /// What waits in deferred costs: part of the expected expenses, of no order yet.
    pub waiting: Decimal,
}

impl Completion {
    /// Earned and expected.
    pub fn total(self) -> Margin {
        let Self { earned, expected, .. } = self;
        Margin {
            revenue: earned.revenue + expected.revenue,
            cost: earned.cost + expected.cost,
            expenses: earned.expenses + expected.expenses,
        }
    }

    fn of<'a>(components: impl Iterator<Item = (&'a Key, &'a Sum)>) -> Self {
        let mut completion = Self::default();
        for (key, sum) in components {
            completion.earned.add(key.what, sum.earned);
            completion.expected.add(key.what, sum.expected);
            if key.what == What::Waiting {
                completion.waiting += sum.expected;
            }
        }
        completion
    }
}

/// Margin at completion of a deal, and of each of its orders that has one, by order id. Errors: `NOT_FOUND` (also outside the scope).
pub async fn get(db: &Db, scope: &Scope, deal_id: i64) -> Result<(Completion, Vec<(i64, Completion)>)> {
    let mut connection = db.acquire().await?;
    if !store::is_visible(&mut connection, scope, deal_id).await? {
        return Err(Error::not_found("deal", deal_id));
    }
    let components = store::components(&mut connection, deal_id).await?;
    let mut order_ids: Vec<i64> = components.keys().map(|key| key.order_id).filter(|id| *id > 0).collect();
    order_ids.sort_unstable();
    order_ids.dedup();
    let of = |order_id: i64| Completion::of(components.iter().filter(|(key, _)| key.order_id == order_id));
    Ok((Completion::of(components.iter()), order_ids.into_iter().map(|id| (id, of(id))).collect()))
}
