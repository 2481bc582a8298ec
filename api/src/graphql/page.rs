//! Pages of long lists (Relay connections): how long a page may be, where the next one begins, what it costs.
//!
//! A cursor holds the sort key and the id of a row, so a page neither skips nor repeats rows while others are added.

use async_graphql::OutputType;
use async_graphql::connection::{Connection, CursorType as _, Edge, OpaqueCursor};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::{Fault, Result};

/// Rows of a page unless the client says otherwise.
pub(crate) const DEFAULT: i32 = 20;

const MAX: i32 = 100;

/// A page of `T`, whose cursors hold a `C`.
pub(crate) type Page<C, T> = Connection<OpaqueCursor<C>, T>;

/// Which page is wanted.
pub(crate) struct Window<C> {
    size: u32,
    /// The cursor of the row before it.
    pub(crate) after: Option<C>,
}

impl<C: Serialize + DeserializeOwned + Copy + Send + Sync> Window<C> {
    /// Refuses pages that are too long and cursors that are not ours.
    pub(crate) fn new(first: i32, after: Option<&str>) -> Result<Self> {
        let decode = |cursor: &str| {
            OpaqueCursor::decode_cursor(cursor)
                .map(|OpaqueCursor(key)| key)
                .map_err(|_| Fault::bad_input("after: not a cursor of this list; take it from endCursor"))
        };
        Ok(Self { size: size(first)?, after: after.map(decode).transpose()? })
    }

    /// How many rows to read: one more than the page tells whether there is another.
    pub(crate) fn limit(&self) -> i64 {
        i64::from(self.size) + 1
    }

    /// The page of `rows`, read with [`Self::limit`].
    pub(crate) fn page<R, T: From<R> + OutputType>(&self, rows: Vec<R>, key: impl Fn(&R) -> C) -> Page<C, T> {
        let size = self.size as usize;
        let mut page = Connection::new(self.after.is_some(), rows.len() > size);
        page.edges.extend(rows.into_iter().take(size).map(|row| Edge::new(OpaqueCursor(key(&row)), row.into())));
        page
    }
}

/// How many rows a page has, or `BAD_USER_INPUT`.
pub(crate) fn size(first: i32) -> Result<u32> {
    let size = u32::try_from(first).ok().filter(|_| (1..=MAX).contains(&first));
    size.ok_or_else(|| Fault::bad_input(format!("first: a page has 1 to {MAX} rows")))
}

/// Complexity of a page.
pub(crate) fn cost(first: i32, child: usize) -> usize {
    usize::try_from(first.clamp(1, MAX)).map_or(child, |rows| rows.saturating_mul(child))
}

/// Complexity of the few rows that belong to one: the orders of a deal, the lines of an order.
pub(crate) const fn few(child: usize) -> usize {
    child.saturating_mul(5)
}

/// Complexity of a list of settings: companies, channels, warehouses.
pub(crate) const fn list(child: usize) -> usize {
    child.saturating_mul(20)
}

#[cfg(test)]
mod tests {
    use async_graphql::SimpleObject;

    use super::*;

    #[derive(SimpleObject)]
    struct Number {
        number: i64,
    }

    impl From<i64> for Number {
        fn from(number: i64) -> Self {
            Self { number }
        }
    }

    #[test]
    fn the_next_page_begins_after_the_last_row() {
        let window = Window::<i64>::new(2, None).unwrap();
        assert_eq!(window.limit(), 3);
        let page: Page<i64, Number> = window.page(vec![7, 8, 9], |row| *row);
        assert_eq!(page.edges.iter().map(|edge| edge.node.number).collect::<Vec<_>>(), [7, 8]);
        assert!(page.has_next_page && !page.has_previous_page);
        let next = Window::<i64>::new(2, Some(&page.edges[1].cursor.encode_cursor())).unwrap();
        assert_eq!(next.after, Some(8));
        let page: Page<i64, Number> = next.page(vec![9], |row| *row);
        assert!(!page.has_next_page && page.has_previous_page);
    }

    #[test]
    fn odd_pages_are_refused() {
        for first in [0, -1, 101, i32::MAX] {
            assert!(Window::<i64>::new(first, None).is_err(), "{first}");
        }
        for after in ["", "7", "bm8"] {
            assert!(Window::<i64>::new(1, Some(after)).is_err(), "{after}");
        }
        assert_eq!(cost(i32::MAX, 3), 300);
    }
}
