//! Own legal entities (свои организации) and the tax that applies to them on a date.

pub mod commands;
pub mod rates;
pub mod store;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::money::{self, Taxed};

/// An own legal entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Company {
    /// Its id.
    pub company_id: i64,
    /// Its name.
    pub name: String,
    /// ИНН, 10 or 12 digits.
    pub inn: String,
    /// Nothing is posted before this day.
    pub first_day: NaiveDate,
    /// Local time, minutes east of UTC: decides which business date "now" is.
    pub utc_offset_minutes: i32,
    /// Grows with every change.
    #[serde(default)]
    pub version: i32,
}

/// How a company is taxed (режим налогообложения), dated per company.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Regime {
    /// ОСНО: VAT at the standard rate, input VAT deducted.
    Osno,
    /// УСН exempt from VAT: no output VAT, input VAT is a cost.
    UsnExempt,
    /// УСН with 5 % VAT: input VAT is a cost.
    #[serde(rename = "usn_5")]
    Usn5,
    /// УСН with 7 % VAT: input VAT is a cost.
    #[serde(rename = "usn_7")]
    Usn7,
}

impl Regime {
    /// The code stored in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Osno => "osno",
            Self::UsnExempt => "usn_exempt",
            Self::Usn5 => "usn_5",
            Self::Usn7 => "usn_7",
        }
    }

    /// The regime of a stored code.
    pub fn parse(code: &str) -> Option<Self> {
        [Self::Osno, Self::UsnExempt, Self::Usn5, Self::Usn7].into_iter().find(|regime| regime.as_str() == code)
    }
}

/// The regime of a company from a day on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatedRegime {
    /// Whose.
    pub company_id: i64,
    /// From this day on.
    pub valid_from: NaiveDate,
    /// How it is taxed then.
    pub regime: Regime,
}

/// The VAT of a company on a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tax {
    /// Rate on sales, percent.
    pub percent: Decimal,
    /// Input VAT is deducted; otherwise it belongs to the cost.
    pub deducts_input: bool,
}

impl Tax {
    /// The tax under `regime` where the standard rate is `standard` percent.
    pub fn of(regime: Regime, standard: Decimal) -> Self {
        match regime {
            Regime::Osno => Self { percent: standard, deducts_input: true },
            Regime::UsnExempt => Self { percent: Decimal::ZERO, deducts_input: false },
            Regime::Usn5 => Self { percent: Decimal::from(5), deducts_input: false },
            Regime::Usn7 => Self { percent: Decimal::from(7), deducts_input: false },
        }
    }

    /// Splits a sale of `amount`, which either includes the VAT or gets it on top.
    pub fn split(self, amount: Decimal, includes_vat: bool) -> Taxed {
        if includes_vat { money::vat_within(amount, self.percent) } else { money::vat_on_top(amount, self.percent) }
    }

    /// What a purchase of `net` + `vat` (as printed) costs, and what VAT is deducted: `(cost, input VAT)`.
    pub fn purchase(self, net: Decimal, vat: Decimal) -> (Decimal, Decimal) {
        if self.deducts_input { (net, vat) } else { (net + vat, Decimal::ZERO) }
    }
}
