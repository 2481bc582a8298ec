//! What a report is asked: period, filter, moment, language; and what an answer carries besides its rows.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, Utc};
use shpunt_domain::access::Scope;
use shpunt_domain::days;
use shpunt_domain::ledger::Account;

use super::Error;
use crate::frontier::AsOf;

/// The language of labels (язык подписей).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// Russian, the language of the product.
    #[default]
    Ru,
    /// English.
    En,
}

impl Language {
    pub(super) const fn pick(self, ru: &'static str, en: &'static str) -> &'static str {
        match self {
            Self::Ru => ru,
            Self::En => en,
        }
    }

    pub(super) const fn account(self, account: Account) -> &'static str {
        self.pick(account.name_ru(), account.name_en())
    }
}

/// What every report is asked besides its own arguments.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// A consistency token: the answer shows what was committed before it.
    pub after: Option<String>,
    /// As known at this moment (как было известно): entries booked later are left out. Never later than 15 s ago.
    pub known_at: Option<DateTime<Utc>>,
    /// The language of labels.
    pub language: Language,
}

/// Days from `from` to `to`, both included (период).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
}

/// Whose figures (отбор). Unknown ids answer with nothing; `Some(0)` asks for what carries none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Whose deals the reader may see.
    pub scope: Scope,
    /// Организация.
    pub company_id: Option<i64>,
    /// Канал: of the entry in sums over the ledger, of the deal in active deals and the funnel.
    pub channel_id: Option<i64>,
    /// Менеджер: at posting in sums over the ledger, the present one in active deals and the funnel.
    pub manager_id: Option<i64>,
}

impl Filter {
    /// Everything there is.
    pub const ALL: Self = Self { scope: Scope::All, company_id: None, channel_id: None, manager_id: None };

    /// Nothing but a company is chosen.
    pub(super) fn is_whole_books(&self) -> bool {
        *self == Self { company_id: self.company_id, ..Self::ALL }
    }
}

/// An answer and what it is complete for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<T> {
    /// Read before the data: they may be newer than it says, never older.
    pub as_of: AsOf,
    /// The rows.
    pub data: T,
}

impl Period {
    /// Refuses a period that ends before it begins or leaves the years a report knows.
    pub(super) fn check(self) -> Result<Self, Error> {
        if self.from > self.to {
            return Err(Error::invalid("period", "the period ends before it begins; exchange its days"));
        }
        known_year(self.from, "period.from")?;
        known_year(self.to, "period.to")?;
        Ok(self)
    }

    /// Nothing but whole calendar months.
    pub(super) fn is_whole_months(self) -> bool {
        self.from.day() == 1 && self.to.checked_add_days(Days::new(1)).is_some_and(|next| next.day() == 1)
    }
}

/// Refuses a day outside the years a report knows.
pub(super) fn known_year(day: NaiveDate, path: &'static str) -> Result<(), Error> {
    if days::is_known(day) { Ok(()) } else { Err(Error::invalid(path, days::advice())) }
}

/// Months from the first to the last key, without a gap.
pub(super) fn months_of<T>(known: &BTreeMap<NaiveDate, T>) -> impl Iterator<Item = NaiveDate> {
    let (first, last) = (known.keys().next().copied(), known.keys().next_back().copied());
    std::iter::successors(first, |month| month.checked_add_months(Months::new(1))).take_while(move |month| Some(*month) <= last)
}
