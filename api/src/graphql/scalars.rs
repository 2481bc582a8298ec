//! The scalars of the API: how numbers, dates and moments are written.
//!
//! Invariant: no number of the business passes through a float: decimals are strings, in and out.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, SimpleObject, Value};
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use rust_decimal::Decimal;

use super::plan::{Field, Step, Steps, Word};

/// An exact decimal number (десятичное число), always a string: `"1250.00"`. Digits, at most one point, an optional minus;
/// no exponent, no grouping. A JSON number is refused, because it would have passed through a float.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number(pub(crate) Decimal);

impl Number {
    /// Roubles, two places. A zero from the database has lost its scale.
    pub(crate) fn money(amount: Decimal) -> Self {
        Self::scaled(amount, 2)
    }

    /// Tonnes, six places.
    pub(crate) fn tonnes(tonnes: Decimal) -> Self {
        Self::scaled(tonnes, 6)
    }

    /// Metres and kilograms per metre, three places.
    pub(crate) fn metres(metres: Decimal) -> Self {
        Self::scaled(metres, 3)
    }

    /// At least `places` places; digits beyond them stay.
    fn scaled(mut value: Decimal, places: u32) -> Self {
        if value.scale() < places {
            value.rescale(places);
        }
        Self(value)
    }
}

/// A count as the graph writes it.
pub(crate) fn whole(count: i64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// Tonnes by the scales; the domain keeps zero for what was not weighed.
pub(crate) fn weighed(tonnes: Decimal) -> Option<Number> {
    (!tonnes.is_zero()).then(|| Number::tonnes(tonnes))
}

fn decimal(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    (all_digits(whole) && all_digits(fraction)).then(|| Decimal::from_str_exact(text).ok()).flatten()
}

/// An exact decimal number (десятичное число), always a string: "1250.00". Digits, at most one point, an optional minus; no
/// exponent, no grouping. A JSON number is refused, because it would have passed through a float.
#[Scalar(name = "Decimal", specified_by_url = "https://www.w3.org/TR/xmlschema11-2/#decimal")]
impl ScalarType for Number {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => decimal(text).map(Self).ok_or_else(|| InputValueError::expected_type(value)),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(text) if decimal(text).is_some())
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A day of the business.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Day(pub(crate) NaiveDate);

fn day(text: &str) -> Option<NaiveDate> {
    // chrono also takes "2026-3-2" and "+2026-03-2".
    let four_digits = text.bytes().take_while(u8::is_ascii_digit).count() == 4;
    (text.len() == 10 && four_digits).then(|| text.parse().ok()).flatten()
}

/// A calendar day without a time zone (дата): "2026-03-02".
#[Scalar(name = "Date", specified_by_url = "https://datatracker.ietf.org/doc/html/rfc3339#section-5.6")]
impl ScalarType for Day {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => day(text).map(Self).ok_or_else(|| InputValueError::expected_type(value)),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(text) if day(text).is_some())
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment(pub(crate) DateTime<Utc>);

fn moment(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.with_timezone(&Utc))
}

/// A moment (дата и время), written in UTC: "2026-03-02T09:00:00Z"; any offset is understood.
#[Scalar(name = "DateTime", specified_by_url = "https://datatracker.ietf.org/doc/html/rfc3339#section-5.6")]
impl ScalarType for Moment {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => moment(text).map(Self).ok_or_else(|| InputValueError::expected_type(value)),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(text) if moment(text).is_some())
    }

    fn to_value(&self) -> Value {
        Value::String(self.text())
    }
}

impl Moment {
    /// As the graph writes it.
    pub(super) fn text(self) -> String {
        self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true)
    }
}

/// A key chosen by the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Uuid(pub(crate) uuid::Uuid);

fn uuid(text: &str) -> Option<uuid::Uuid> {
    // The crate also takes braces, URNs and the form without hyphens.
    (text.len() == 36).then(|| uuid::Uuid::parse_str(text).ok()).flatten()
}

/// A universally unique identifier (уникальный ключ): "6f1b0f2e-6d2f-4c3e-9d4a-0b7c1f1a2b3c".
#[Scalar(name = "UUID", specified_by_url = "https://datatracker.ietf.org/doc/html/rfc9562")]
impl ScalarType for Uuid {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => uuid(text).map(Self).ok_or_else(|| InputValueError::expected_type(value)),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(text) if uuid(text).is_some())
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A currency by its ISO 4217 code (валюта). New ones may be added.
#[derive(async_graphql::Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CurrencyCode {
    /// Russian rouble (российский рубль).
    Rub,
}

/// An amount of money (сумма).
#[derive(SimpleObject, Debug, Clone, Copy)]
pub(crate) struct Money {
    /// How much (сколько), two decimal places.
    amount: Number,
    /// In which currency (в какой валюте).
    currency: CurrencyCode,
}

impl Money {
    /// Roubles: the ledger keeps no other currency yet.
    pub(crate) fn roubles(amount: Decimal) -> Self {
        Self { amount: Number::money(amount), currency: CurrencyCode::Rub }
    }
}

impl Steps for Money {
    fn step(field: &Field<'_>) -> Option<Step<Self>> {
        match field.name {
            "amount" => field.leaf(|money: &Self| &money.amount),
            "currency" => field.value(|money: &Self| Word(money.currency)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_strings_and_keep_their_scale() {
        for text in ["0.00", "-12.5", "1250.000", "79228162514264337593543950335"] {
            assert_eq!(Number::parse(Value::from(text)).unwrap().to_value(), Value::from(text));
        }
        assert_eq!(Number::money(Decimal::ZERO).to_value(), Value::from("0.00"));
        assert_eq!(Number::tonnes(Decimal::new(125, 1)).to_value(), Value::from("12.500000"));
        let refused = ["", "-", ".5", "5.", "+1", " 1", "1e3", "1,5", "1_000", "NaN", "0.00000000000000000000000000000001"];
        for text in refused {
            assert!(!Number::is_valid(&Value::from(text)), "{text:?}");
        }
        assert!(!Number::is_valid(&Value::from(12)));
    }

    #[test]
    fn days_and_moments_have_one_form() {
        for text in ["2026-3-2", "2026-02-30", "02.03.2026", "2026-03-02T00:00:00Z", "+2026-03-2"] {
            assert!(!Day::is_valid(&Value::from(text)), "{text:?}");
        }
        let at = Moment::parse(Value::from("2026-03-02T12:00:00.5+03:00")).unwrap();
        assert_eq!(at.to_value(), Value::from("2026-03-02T09:00:00.500Z"));
        assert!(!Moment::is_valid(&Value::from("2026-03-02 12:00:00")));
    }
}
