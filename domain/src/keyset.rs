//! Where a page of a list begins, whatever the list is sorted by (место в списке).
//!
//! Every order of every list is one of a number, then a text, then the id of the row: an order by numbers leaves the text empty, one by
//! names the number 0, or 1 where there is no name, so that such rows come last. A list reads the keys of a page first, then their rows.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Where a row stands in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// What is sorted by first.
    pub number: Decimal,
    /// Then this, as people sort Russian words.
    pub text: String,
    /// The row; what else is equal goes by it.
    pub id: i64,
}

/// Which part of a list is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The largest key first.
    pub descending: bool,
    /// The key of the row before it; `None` = from the beginning.
    pub after: Option<Key>,
    /// At most so many rows.
    pub limit: i64,
}

impl Part {
    /// The number, the text and the id of the row before it.
    pub(crate) fn after(&self) -> (Option<Decimal>, Option<&str>, Option<i64>) {
        let after = self.after.as_ref();
        (after.map(|key| key.number), after.map(|key| key.text.as_str()), after.map(|key| key.id))
    }
}

/// The rows of these keys.
pub fn ids(keys: &[Key]) -> Vec<i64> {
    keys.iter().map(|key| key.id).collect()
}
