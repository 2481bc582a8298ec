//! Money (казначейство): bank and cash accounts, payments in and out, transfers, expenses of a period.
//!
//! A payment is allocated to an order, a deal or a contract, where it closes open debts and leaves the rest as an advance, or to none, where
//! its article names the account. Money the other way under the same article gives an advance back. Invariants: opening + in − out =
//! closing per account, by construction of the ledger; a cash desk never holds less than nothing.

pub mod accounts;
pub mod claims;
pub mod commands;
pub mod currency;
mod desk;
pub mod expenses;
pub mod low;
pub mod read;
pub mod requests;
mod store;
pub mod unrevalue;

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
    /// An order to a supplier, whose receipts take its advance before any other.
    SupplierOrder(i64),
    /// A party without contract, deal or order (a supplier's invoice, rent).
    Party,
    /// Nobody's debt or advance: the article names the account.
    None,
}

impl Target {
    /// The level stored in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Order(_) => "order",
            Self::Deal(_) => "deal",
            Self::Contract(_) => "contract",
            Self::SupplierOrder(_) => "supplier_order",
            Self::Party | Self::None => "none",
        }
    }

    /// The supplier order its document is tied to, 0 = none.
    pub(super) const fn supplier_order_id(self) -> i64 {
        if let Self::SupplierOrder(id) = self { id } else { 0 }
    }

    /// Whether debts and advances are settled.
    pub const fn settles(self) -> bool {
        !matches!(self, Self::None)
    }
}

/// A cash-flow article as a payment needs it (статья ДДС).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Article {
    /// Its code.
    pub code: String,
    /// Code of the account it names; empty where a payment settles.
    pub contra_account: String,
}

/// The article of money from customers, and back to them.
const OF_CUSTOMERS: &str = "customer_payment";
/// The article of money to suppliers of goods, and back from them.
const OF_SUPPLIERS: &str = "supplier_payment";

/// What stands against the money of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// Debts and advances of a customer or a supplier.
    Settlement(Side),
    /// The account of the article.
    Account(Account),
}

/// What a payment with this article stands against; errors: `ARTICLE_MISMATCH`.
///
/// Bills of suppliers may be paid under the article of their expense (rent, freight); loans, capital, salaries and taxes settle nothing.
pub fn against(target: Target, article: &Article) -> Result<Against> {
    let mismatch = |message| Err(Error::rejected(Code::ArticleMismatch, message));
    let account = Account::parse(&article.contra_account);
    if target.settles() {
        return match (article.code.as_str(), account) {
            (OF_CUSTOMERS, _) if matches!(target, Target::SupplierOrder(_)) => {
                mismatch("an order to a supplier is paid as supplier_payment or under the article of its expense")
            }
            (OF_CUSTOMERS, _) => Ok(Against::Settlement(Side::Customer)),
            (OF_SUPPLIERS, _)
            | (
                _,
                Some(
                    Account::OrderExpenses
                    | Account::Overheads
                    | Account::Advertising
                    | Account::FixedAssets
                    | Account::Inventory,
                ),
            ) => Ok(Against::Settlement(Side::Supplier)),
            _ => mismatch("this article settles no debt; record the payment without an order, deal, contract or party"),
        };
    }
    match account {
        None => mismatch("this article settles a debt or an advance; name the order, deal, contract or party it is for"),
        Some(Account::OrderExpenses) => {
            mismatch("this article is an expense of an order; record the expense, then pay the party for that order")
        }
        Some(Account::Inventory) => {
            mismatch("this article belongs to the cost of goods; record the additional expense, then pay the party")
        }
        Some(Account::WriteOffs) => mismatch("goods are written off, not paid for; write the batch off (batchWriteOff)"),
        Some(Account::CashInTransit) => mismatch("this article is money on its way between own accounts; record a transfer"),
        Some(account) => Ok(Against::Account(account)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn against_of(code: &str, contra_account: &str, target: Target) -> Option<Against> {
        let article = Article { code: code.to_owned(), contra_account: contra_account.to_owned() };
        against(target, &article).inspect_err(|error| assert_eq!(error.code(), Code::ArticleMismatch)).ok()
    }

    #[test]
    fn no_customer_pays_for_an_order_to_a_supplier() {
        let target = Target::SupplierOrder(1);
        assert_eq!(against_of("customer_payment", "", target), None);
        assert_eq!(against_of("supplier_payment", "", target), Some(Against::Settlement(Side::Supplier)));
    }

    #[test]
    fn an_article_decides_what_money_stands_against() {
        for (code, account, settles, books) in [
            ("customer_payment", "", Some(Side::Customer), None),
            ("supplier_payment", "", Some(Side::Supplier), None),
            ("freight", "order_expenses", Some(Side::Supplier), None),
            ("freight_in", "inventory", Some(Side::Supplier), None),
            ("rent", "overheads", Some(Side::Supplier), Some(Account::Overheads)),
            ("equipment", "fixed_assets", Some(Side::Supplier), Some(Account::FixedAssets)),
            ("salary", "payroll_payable", None, Some(Account::PayrollPayable)),
            ("loan_received", "loans", None, Some(Account::Loans)),
            ("transfer", "cash_in_transit", None, None),
        ] {
            assert_eq!(against_of(code, account, Target::Party), settles.map(Against::Settlement), "{code}");
            assert_eq!(against_of(code, account, Target::None), books.map(Against::Account), "{code}");
        }
    }
}
