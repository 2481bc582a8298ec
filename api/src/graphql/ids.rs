//! Ids of the graph: unique over all types, so that any of them can be given to `node`.
//!
//! An id is the name of its type and the number of its row, `deal_42`. Clients take it as opaque and only pass it back; an id of another
//! type is refused before anything is looked up. Number 0 is no row: reports name by it the group of what carries none, and only filters
//! that say so take it back ([`IdOrNone`]).

use std::borrow::Cow;
use std::marker::PhantomData;

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{
    ContextSelectionSet, ID, InputType, InputValueError, InputValueResult, OutputType, Positioned, ServerResult, Value,
};

/// A type whose rows have ids.
pub(crate) trait Entity {
    /// What its ids begin with.
    const PREFIX: &'static str;
}

/// An id on the way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    prefix: &'static str,
    number: i64,
}

impl Key {
    /// The id of the row `number` of `E`.
    pub(crate) const fn of<E: Entity>(number: i64) -> Self {
        Self { prefix: E::PREFIX, number }
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}_{}", self.prefix, self.number)
    }
}

#[async_graphql::async_trait::async_trait]
impl OutputType for Key {
    fn type_name() -> Cow<'static, str> {
        <ID as OutputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <ID as OutputType>::create_type_info(registry)
    }

    async fn resolve(&self, _: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        Ok(Value::String(self.to_string()))
    }
}

/// An id of `E` on the way in; its number is `LEAST` or more.
#[derive(Debug)]
pub(crate) struct Id<E, const LEAST: i64 = 1> {
    /// The number of the row.
    pub(crate) number: i64,
    of: PhantomData<fn() -> E>,
}

/// An id where number 0 asks for what carries none, as the keys of reports do.
pub(crate) type IdOrNone<E> = Id<E, 0>;

impl<E, const LEAST: i64> Clone for Id<E, LEAST> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E, const LEAST: i64> Copy for Id<E, LEAST> {}

/// The number of the row, 0 for none: what the domain means by it.
pub(crate) fn or_zero<E>(id: Option<Id<E>>) -> i64 {
    id.map_or(0, |id| id.number)
}

/// The id of a row of the type that ids with `prefix` name.
pub(crate) fn join(prefix: &str, number: i64) -> String {
    format!("{prefix}_{number}")
}

/// The parts of an id, whatever its type.
pub(crate) fn split(id: &str) -> Option<(&str, i64)> {
    let (prefix, number) = id.rsplit_once('_')?;
    let canonical = number.bytes().all(|byte| byte.is_ascii_digit()) && (number == "0" || !number.starts_with('0'));
    canonical.then(|| number.parse().ok()).flatten().map(|number| (prefix, number))
}

impl<E: Entity, const LEAST: i64> InputType for Id<E, LEAST> {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        <ID as InputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <ID as InputType>::create_type_info(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let value = value.unwrap_or_default();
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        match split(text) {
            Some((prefix, number)) if prefix == E::PREFIX && number >= LEAST => Ok(Self { number, of: PhantomData }),
            _ => Err(InputValueError::custom(format!(
                "`{text}` is not the id of a {}; pass an id as the API gave it, such as `{}_42`",
                E::PREFIX.replace('_', " "),
                E::PREFIX
            ))),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(Key::of::<E>(self.number).to_string())
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct CashAccount;

    impl Entity for CashAccount {
        const PREFIX: &'static str = "cash_account";
    }

    #[test]
    fn ids_say_what_they_are_ids_of() {
        let key = Key::of::<CashAccount>(7).to_string();
        assert_eq!(key, "cash_account_7");
        assert_eq!(Id::<CashAccount>::parse(Some(Value::from(key))).map(|id| id.number).unwrap_or_default(), 7);
        for text in ["", "7", "deal_7", "cash_account_", "cash_account_x", "cash_account_07", "cash_account_-7"] {
            assert!(Id::<CashAccount>::parse(Some(Value::from(text))).is_err(), "{text}");
            assert!(IdOrNone::<CashAccount>::parse(Some(Value::from(text))).is_err(), "{text}");
        }
        assert!(Id::<CashAccount>::parse(Some(Value::from(7))).is_err());
        // Nothing has number 0; what asks for nothing says so.
        assert!(Id::<CashAccount>::parse(Some(Value::from("cash_account_0"))).is_err());
        for number in [0, 7] {
            let id = Value::from(format!("cash_account_{number}"));
            assert_eq!(IdOrNone::<CashAccount>::parse(Some(id)).map(|id| id.number).ok(), Some(number));
        }
    }
}
