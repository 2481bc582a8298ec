//! The ledger entries behind a number (проводки), the newest first.
//!
//! Invariant: the entries of the filter that a number was made with sum to that number.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;
use shpunt_domain::access::Scope;
use shpunt_domain::ledger::Account;

use super::gross_profit::Basis;
use super::query::{Conditions, Value};
use super::{Answer, Ask, Error, Language, Period, Reports, exact};

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
    /// Строка заказа.
    pub order_line_id: Option<i64>,
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
        order_line_id: None,
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

impl Entry {
    /// Where a page that follows this entry begins.
    pub fn cursor(&self) -> String {
        Cursor { on: self.effective_on, entry_id: self.entry_id }.to_string()
    }
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
        ask: &Ask,
        filter: &EntryFilter,
        first: u32,
        after: Option<&str>,
    ) -> Result<Answer<Page>, Error> {
        if !(1..=PAGE_MAX).contains(&first) {
            return Err(Error::invalid("first", format!("ask for 1 to {PAGE_MAX} entries")));
        }
        let after = after.map(str::parse::<Cursor>).transpose()?;
        let period = filter.period.map(Period::check).transpose()?;
        let moment = self.begin(ask).await?;
        let conditions = filter.conditions(period, after, moment.entries()).bind("rows", i64::from(first) + 1);
        let text = format!(
            "select entry_id, toString(account) as code, amount::Decimal(38, 2) as amount_2, vat::Decimal(38, 2) as vat_2,
                effective_on, origin_on, document_id
             from raw_ledger_entry where {} order by effective_on desc, entry_id desc limit {{rows:UInt32}}",
            conditions.sql()
        );
        let found = self.read::<Found>(&text, &conditions).await?;
        let size = usize::try_from(first).unwrap_or(usize::MAX);
        let has_next_page = found.len() > size;
        let entry = |found: Found| found.entry(ask.language);
        let entries = found.into_iter().take(size).map(entry).collect::<Result<Vec<_>, Error>>()?;
        let end_cursor = entries.last().map(Entry::cursor);
        Ok(Answer { as_of: moment.as_of, data: Page { entries, has_next_page, end_cursor } })
    }
}

impl EntryFilter {
    fn conditions(&self, period: Option<Period>, after: Option<Cursor>, visible: Conditions) -> Conditions {
        let mut conditions = visible
            .scope(&self.scope)
            .equals("company_id", self.company_id)
            .equals("deal_id", self.deal_id)
            .equals("order_id", self.order_id)
            .equals("order_line_id", self.order_line_id)
            .equals("batch_id", self.batch_id)
            .equals("product_id", self.product_id)
            .equals("party_id", self.party_id)
            .equals("article_id", self.article_id)
            .equals("cash_account_id", self.cash_account_id)
            .carried("employee_id", self.employee_id)
            .carried("channel_id", self.channel_id);
        if let Some(period) = period {
            let day = if self.basis == Basis::Posted { "effective_on" } else { "origin_on" };
            conditions = conditions.between(day, period);
        }
        if !self.accounts.is_empty() {
            let codes = self.accounts.iter().map(|account| account.as_str()).collect();
            conditions = conditions.and("account in {accounts:Array(String)}").bind("accounts", Value::Words(codes));
        }
        if let Some(Cursor { on, entry_id }) = after {
            conditions = conditions
                .and("(effective_on, entry_id) < ({after_day:Date}, {after_id:Int64})")
                .bind("after_day", on)
                .bind("after_id", entry_id);
        }
        conditions
    }
}

/// Where a page ended. Entries posted meanwhile come before it or after it, never twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cursor {
    on: NaiveDate,
    entry_id: i64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.on, self.entry_id)
    }
}

impl FromStr for Cursor {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parse = || {
            let (on, id) = text.split_once('.')?;
            let cursor = Self { on: on.parse().ok()?, entry_id: id.parse().ok()? };
            (cursor.to_string() == text).then_some(cursor)
        };
        parse().ok_or_else(|| Error::invalid("after", "this is no cursor of ours; begin at the first page"))
    }
}

/// An entry as it is stored.
#[derive(Debug, clickhouse::Row, Deserialize)]
struct Found {
    entry_id: u64,
    code: String,
    #[serde(deserialize_with = "exact::roubles")]
    amount_2: Decimal,
    #[serde(deserialize_with = "exact::roubles")]
    vat_2: Decimal,
    #[serde(deserialize_with = "exact::day")]
    effective_on: NaiveDate,
    #[serde(deserialize_with = "exact::day")]
    origin_on: NaiveDate,
    document_id: u64,
}

impl Found {
    fn entry(self, language: Language) -> Result<Entry, Error> {
        let account = exact::account(&self.code)?;
        Ok(Entry {
            entry_id: exact::number(self.entry_id)?,
            account,
            account_label: language.account(account),
            amount: self.amount_2,
            vat: self.vat_2,
            effective_on: self.effective_on,
            origin_on: self.origin_on,
            document_id: exact::number(self.document_id)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let cursor = Cursor { on: "2026-01-20".parse().unwrap(), entry_id: 123 };
        assert_eq!(cursor.to_string().parse::<Cursor>().unwrap(), cursor);
        for text in ["", ".", "2026-01-20", "2026-01-20.", "2026-01-20.x", "2026-1-20.1", "2026-01-20.01", "2026-13-20.1"] {
            assert!(matches!(text.parse::<Cursor>(), Err(Error::Invalid { path: "after", .. })), "{text:?}");
        }
    }
}
