//! Money (казначейство): bank and cash accounts, payments in and out, transfers, expenses of a period.
//!
//! A payment is allocated to an order, a deal or a contract, where it closes open debts and leaves the rest as an advance, or to none, where
//! its article names the account. Invariant: opening + in − out = closing per account, by construction of the ledger.

pub mod commands;
pub mod expenses;
pub mod read;
mod store;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::error::{Code, Error, Result};
use crate::ledger::{Account, Cash, Entry, Expense, Settlement};
use crate::settlements::Side;

/// Which way money goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Direction {
    /// Поступление.
    In,
    /// Списание.
    Out,
}

impl Direction {
    /// The code stored in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Out => "out",
        }
    }

    /// Money of customers comes in, money of suppliers goes out.
    pub const fn side(self) -> Side {
        match self {
            Self::In => Side::Customer,
            Self::Out => Side::Supplier,
        }
    }

    /// The entry of the money itself.
    pub fn cash(self, amount: Decimal, cash: Cash, of: Settlement) -> Entry {
        let entry = match self {
            Self::In => Entry::debit(Account::Cash, amount),
            Self::Out => Entry::credit(Account::Cash, amount),
        };
        entry.settlement(of).cash(cash)
    }

    /// The entry against money that settles nothing: the article's own account.
    pub fn contra(self, account: Account, amount: Decimal, article_id: i64, of: Settlement) -> Entry {
        let entry = match self {
            Self::In => Entry::credit(account, amount),
            Self::Out => Entry::debit(account, amount),
        };
        entry.settlement(of).expense(Expense { article_id, ..Expense::default() })
    }
}

/// What a payment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Target {
    /// One order.
    Order(i64),
    /// A deal, before or besides its trucks.
    Deal(i64),
    /// A contract.
    Contract(i64),
    /// A party without contract, deal or order (a carrier's bill, a supplier's invoice).
    Party,
    /// Nobody's debt: the article names the account.
    None,
}

impl Target {
    /// The level stored in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Order(_) => "order",
            Self::Deal(_) => "deal",
            Self::Contract(_) => "contract",
            Self::Party | Self::None => "none",
        }
    }

    /// Whether debts and advances are settled.
    pub const fn settles(self) -> bool {
        !matches!(self, Self::None)
    }
}

/// An article must settle exactly when the target does; errors: `ARTICLE_MISMATCH`.
pub fn check_article(target: Target, contra_account: &str) -> Result<Option<Account>> {
    let account = Account::parse(contra_account);
    match (target.settles(), account) {
        (false, None) => Err(Error::rejected(
            Code::ArticleMismatch,
            "this article settles a debt or an advance; name the order, deal, contract or party it is for",
        )),
        (false, Some(Account::OrderExpenses)) => Err(Error::rejected(
            Code::ArticleMismatch,
            "this article is an expense of an order; record the expense, then pay the party for that order",
        )),
        (false, account) => Ok(account),
        (true, _) => Ok(None),
    }
}
