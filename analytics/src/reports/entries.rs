//! The ledger entries behind a number (проводки), the newest first.
//!
//! Invariant: the entries of the filter that a number was made with sum to that number.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use shpunt_domain::access::Scope;
use shpunt_domain::ledger::Account;

use super::gross_profit::Basis;
use super::{Answer, Ask, Error, Period, Reports};

/// A page holds at most so many.
pub const PAGE_MAX: u32 = 100;

/// Which entries; an id of `Some(0)` asks for those that carry none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryFilter {
    /// Whose deals the reader may see.
    pub scope: Scope,
    /// Days of `basis`.
    pub period: Option<Period>,
    /// Which day of an entry decides.
    pub basis: Basis,
    /// Any of these accounts; none named = all.
    pub accounts: Vec<Account>,
    /// Организация.
    pub company_id: Option<i64>,
    /// Сделка.
    pub deal_id: Option<i64>,
    /// Заказ.
    pub order_id: Option<i64>,
    /// Партия.
    pub batch_id: Option<i64>,
    /// Товар.
    pub product_id: Option<i64>,
    /// Контрагент.
    pub party_id: Option<i64>,
    /// Менеджер at posting.
    pub employee_id: Option<i64>,
    /// Канал at posting.
    pub channel_id: Option<i64>,
    /// Статья.
    pub article_id: Option<i64>,
    /// Счёт или касса.
    pub cash_account_id: Option<i64>,
}

impl EntryFilter {
    /// Every entry there is.
    pub const ALL: Self = Self {
        scope: Scope::All,
        period: None,
        basis: Basis::Posted,
        accounts: Vec::new(),
        company_id: None,
        deal_id: None,
        order_id: None,
        batch_id: None,
        product_id: None,
        party_id: None,
        employee_id: None,
        channel_id: None,
        article_id: None,
        cash_account_id: None,
    };
}

/// One entry (проводка).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its id.
    pub entry_id: i64,
    /// Счёт.
    pub account: Account,
    /// Its name.
    pub account_label: &'static str,
    /// Roubles, debit > 0.
    pub amount: Decimal,
    /// Memo: the VAT that belongs to the amount.
    pub vat: Decimal,
    /// The business date.
    pub effective_on: NaiveDate,
    /// The original shipment's date.
    pub origin_on: NaiveDate,
    /// The document, 0 = none; it is read from PostgreSQL.
    pub document_id: i64,
}

/// A page of entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Newest business date first, then newest entry.
    pub entries: Vec<Entry>,
    /// Whether there are more after the last.
    pub has_next_page: bool,
    /// The cursor of the last entry; none on an empty page.
    pub end_cursor: Option<String>,
}

impl Reports {
    /// The `first` entries (1..=[`PAGE_MAX`]) after a cursor, or the newest ones.
    ///
    /// # Errors
    /// [`Error::Invalid`] at `first`, `after` or `period`; those of every report.
    pub async fn ledger_entries(
        &self,
        _ask: &Ask,
        _filter: &EntryFilter,
        _first: u32,
        _after: Option<&str>,
    ) -> Result<Answer<Page>, Error> {
        Err(Error::NotReady)
    }
}
