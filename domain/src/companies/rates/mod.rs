//! Currencies and their official rates (курсы валют), by day. A day without a rate has none: nothing is guessed from its neighbours.

pub mod commands;
pub mod store;

use std::fmt;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, Result};
use crate::money;

/// A currency by its letters (ISO 4217), such as `CNY`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

impl Currency {
    /// Рубль, in which the books are kept.
    pub const RUB: Self = Self(*b"RUB");

    /// The currency of three capital letters.
    pub fn parse(code: &str) -> Option<Self> {
        let letters: [u8; 3] = code.as_bytes().try_into().ok()?;
        letters.iter().all(u8::is_ascii_uppercase).then_some(Self(letters))
    }

    /// A currency other than the rouble. Errors: `INVALID_INPUT`.
    pub fn foreign(code: &str, path: &str) -> Result<Self> {
        Self::parse(code)
            .filter(|currency| *currency != Self::RUB)
            .ok_or_else(|| Error::invalid(path, "name a currency by its three capital letters, such as CNY; roubles need none"))
    }

    /// Its letters.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or("RUB")
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::parse(&code).ok_or_else(|| serde::de::Error::custom("a currency is three capital letters"))
    }
}

/// A sum in a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Foreign {
    /// Which.
    pub currency: Currency,
    /// How much of it.
    pub amount: Decimal,
}

/// The rate of a currency on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// Which.
    pub currency: Currency,
    /// When.
    pub rated_on: NaiveDate,
    /// For how many units.
    pub nominal: i32,
    /// Roubles for so many.
    pub rate: Decimal,
    /// Who says so, such as ЦБ РФ; may be empty.
    pub source: String,
}

impl Rate {
    /// What `amount` of the currency is in roubles, to the kopeck.
    pub fn roubles(&self, amount: Decimal) -> Decimal {
        money::round(amount * self.rate / Decimal::from(self.nominal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_currency_is_three_capital_letters() {
        assert_eq!(Currency::parse("CNY").map(|currency| currency.to_string()).as_deref(), Some("CNY"));
        for code in ["", "cny", "CN", "CNYY", "C1Y", "ЮАН"] {
            assert_eq!(Currency::parse(code), None, "{code}");
        }
        assert!(Currency::foreign("RUB", "currency").is_err());
    }

    #[test]
    fn a_rate_counts_for_its_nominal() {
        let rate = Rate {
            currency: Currency(*b"KZT"),
            rated_on: NaiveDate::default(),
            nominal: 100,
            rate: Decimal::new(153_457, 4),
            source: String::new(),
        };
        assert_eq!(rate.roubles(Decimal::from(1_000)), Decimal::new(15_346, 2));
    }
}
