//! The append-only double-entry ledger: what a posting is, and that it balances.
//!
//! Gross profit, cash flow, income and expense, the balance and settlements are sums over this one ledger. An entry is built from small
//! typed groups (`Sale`, `Stock`, `Cash`, `Settlement`, …). Measures and VAT carry the sign of the amount. A mistake is corrected by a
//! reversal, never by a change.

mod accounts;
pub mod articles;
mod entry;
pub mod periods;
pub mod store;

pub use accounts::{Account, Section};
pub use entry::{Cash, CostElement, Entry, Expense, Sale, Settlement, Stock};

use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::error::{Code, Error, Result};

/// What kind of event a transaction records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Поступление товара.
    Receipt,
    /// Отгрузка заказа.
    Shipment,
    /// Платёж.
    Payment,
    /// Перевод между своими счетами.
    Transfer,
    /// Прямой расход заказа.
    OrderExpense,
    /// Начисление планового расхода.
    Accrual,
    /// Списание отложенного расхода сделки на заказы.
    ExpenseRelease,
    /// Расход периода.
    Expense,
    /// Начисление зарплаты.
    Payroll,
    /// Зачёт аванса документом.
    Offset,
    /// Сторно.
    Storno,
    /// Ввод остатков.
    Opening,
    /// Дополнительный расход на серии.
    AdditionalExpense,
    /// Возврат от покупателя.
    OrderReturn,
    /// Корректировка отгрузки.
    OrderCorrection,
    /// Перемещение товара на другой склад.
    BatchTransfer,
    /// Резка серии.
    BatchCut,
    /// Изменение состояния товара.
    BatchConvert,
    /// Списание товара.
    BatchWriteOff,
    /// Оприходование излишков.
    BatchSurplus,
    /// Инвентаризация.
    StockCount,
    /// Возврат поставщику.
    SupplierReturn,
    /// Исход претензии.
    Claim,
    /// Переоценка валютной задолженности.
    Revaluation,
    /// Прибытие товара в пути.
    BatchArrival,
    /// Недостача при приёмке.
    BatchShortage,
}

impl Kind {
    /// The code stored in the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
            Self::Shipment => "shipment",
            Self::Payment => "payment",
            Self::Transfer => "transfer",
            Self::OrderExpense => "order_expense",
            Self::Accrual => "accrual",
            Self::ExpenseRelease => "expense_release",
            Self::Expense => "expense",
            Self::Payroll => "payroll",
            Self::Offset => "offset",
            Self::Storno => "storno",
            Self::Opening => "opening",
            Self::AdditionalExpense => "additional_expense",
            Self::OrderReturn => "order_return",
            Self::OrderCorrection => "order_correction",
            Self::BatchTransfer => "batch_transfer",
            Self::BatchCut => "batch_cut",
            Self::BatchConvert => "batch_convert",
            Self::BatchWriteOff => "batch_write_off",
            Self::BatchSurplus => "batch_surplus",
            Self::StockCount => "stock_count",
            Self::SupplierReturn => "supplier_return",
            Self::Claim => "claim",
            Self::Revaluation => "revaluation",
            Self::BatchArrival => "batch_arrival",
            Self::BatchShortage => "batch_shortage",
        }
    }
}

/// A balanced set of entries of one company, document and date, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posting {
    pub(crate) kind: Kind,
    pub(crate) company_id: i64,
    pub(crate) document_id: i64,
    pub(crate) effective_on: NaiveDate,
    pub(crate) entries: Vec<Entry>,
}

impl Posting {
    /// A posting of `entries`; those that say nothing (no amount, no measure) are left out.
    ///
    /// Errors: `POSTING_UNBALANCED` when debits and credits differ, or when fewer than two entries remain.
    pub fn try_new(
        kind: Kind,
        company_id: i64,
        document_id: i64,
        effective_on: NaiveDate,
        entries: impl IntoIterator<Item = Entry>,
    ) -> Result<Self> {
        let entries: Vec<Entry> = entries.into_iter().filter(|entry| !entry.is_empty()).collect();
        let total: Decimal = entries.iter().map(Entry::amount).sum();
        if !total.is_zero() {
            return Err(Error::rejected(
                Code::PostingUnbalanced,
                format!("debits and credits differ by {total}; nothing was posted"),
            ));
        }
        if entries.len() < 2 {
            return Err(Error::rejected(Code::PostingUnbalanced, "there is nothing to post: every amount and measure is zero"));
        }
        if let Some(odd) = entries.iter().find(|entry| entry.amount().normalize().scale() > 2) {
            return Err(Error::rejected(
                Code::PostingUnbalanced,
                format!("{} is not in kopecks; nothing was posted", odd.amount()),
            ));
        }
        Ok(Self { kind, company_id, document_id, effective_on, entries })
    }

    /// The entries, in line order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The sum on one account, debit positive.
    pub fn total(&self, account: Account) -> Decimal {
        self.entries.iter().filter(|entry| entry.account == account).map(Entry::amount).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posting(entries: Vec<Entry>) -> Result<Posting> {
        Posting::try_new(Kind::Opening, 1, 1, NaiveDate::from_ymd_opt(2026, 1, 12).unwrap(), entries)
    }

    #[test]
    fn an_unbalanced_posting_is_refused() {
        let entries = vec![Entry::debit(Account::Cash, Decimal::from(100)), Entry::credit(Account::Capital, Decimal::from(99))];
        assert_eq!(posting(entries).unwrap_err().code(), Code::PostingUnbalanced);
        assert_eq!(posting(vec![]).unwrap_err().code(), Code::PostingUnbalanced);
        let half_kopeck = Decimal::new(1, 3);
        let entries = vec![Entry::debit(Account::Cash, half_kopeck), Entry::credit(Account::Capital, half_kopeck)];
        assert_eq!(posting(entries).unwrap_err().code(), Code::PostingUnbalanced);
    }

    #[test]
    fn an_entry_that_says_nothing_is_left_out() {
        let entries = vec![
            Entry::debit(Account::Cash, Decimal::from(100)),
            Entry::credit(Account::Capital, Decimal::from(100)),
            Entry::credit(Account::VatOutput, Decimal::ZERO),
        ];
        let posting = posting(entries).unwrap();
        assert_eq!(posting.entries().len(), 2);
        assert_eq!(posting.total(Account::Capital), Decimal::from(-100));
    }

    #[test]
    fn every_account_is_found_by_its_code() {
        for account in Account::ALL {
            assert_eq!(Account::parse(account.as_str()), Some(account));
        }
    }
}
