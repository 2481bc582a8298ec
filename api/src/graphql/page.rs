//! Pages of long lists (Relay connections): how long a page may be, where the next one begins, what it costs.
//!
//! A cursor holds what the list is of, the sort key and the id of a row: so a page neither skips nor repeats rows while others are added,
//! and a cursor of another list is refused. Lists go forward only.

use std::borrow::Cow;
use std::collections::HashMap;
use std::marker::PhantomData;

use async_graphql::{ComplexObject, OutputType, SimpleObject, TypeName};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use shpunt_domain::keyset::{Key, Part};

use super::error::{Fault, Result};
use super::ids::Entity;
use super::plan::{Field, Step, Steps};

/// Rows of a page unless the client says otherwise.
pub(crate) const DEFAULT: i32 = 20;

const MAX: i32 = 100;

/// A page of a list (страница списка).
#[derive(SimpleObject)]
#[graphql(name_type, complex)]
pub(crate) struct Page<T: OutputType> {
    /// The rows with their cursors (строки с курсорами).
    pub(crate) edges: Vec<Edge<T>>,
    /// Where the page stands in the list (положение страницы).
    pub(crate) page_info: PageInfo,
}

impl<T: OutputType> TypeName for Page<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Connection", T::type_name()).into()
    }
}

#[ComplexObject]
impl<T: OutputType> Page<T> {
    /// The rows (строки), for those who need no cursor of each.
    async fn nodes(&self) -> Vec<&T> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }
}

/// A row of a list with its cursor (строка списка).
#[derive(SimpleObject)]
#[graphql(name_type)]
pub(crate) struct Edge<T: OutputType> {
    /// Give it as `after` to get the rows behind this one (курсор).
    pub(crate) cursor: String,
    /// The row (строка).
    pub(crate) node: T,
}

impl<T: OutputType> TypeName for Edge<T> {
    fn type_name() -> Cow<'static, str> {
        format!("{}Edge", T::type_name()).into()
    }
}

/// Where a page stands in its list (положение страницы).
#[derive(SimpleObject)]
pub(crate) struct PageInfo {
    /// There are rows behind the last one (есть следующая страница).
    pub(crate) has_next_page: bool,
    /// There are rows before the first one (есть предыдущая страница).
    pub(crate) has_previous_page: bool,
    /// The cursor of the first row (курсор первой строки); null on an empty page.
    pub(crate) start_cursor: Option<String>,
    /// The cursor of the last row (курсор последней строки); null on an empty page.
    pub(crate) end_cursor: Option<String>,
}

impl<T: OutputType> Page<T> {
    pub(crate) fn new(edges: Vec<Edge<T>>, has_previous_page: bool, has_next_page: bool) -> Self {
        let start_cursor = edges.first().map(|edge| edge.cursor.clone());
        let end_cursor = edges.last().map(|edge| edge.cursor.clone());
        Self { edges, page_info: PageInfo { has_next_page, has_previous_page, start_cursor, end_cursor } }
    }
}

impl<T: Steps> Steps for Page<T> {
    fn step(field: &Field<'_>) -> Option<Step<Self>> {
        match field.name {
            "edges" => field.list(|page: &Self| page.edges.iter().collect()),
            "nodes" => field.list(|page: &Self| page.edges.iter().map(|edge| &edge.node).collect()),
            "pageInfo" => field.inside(|page: &Self| &page.page_info),
            _ => None,
        }
    }
}

impl<T: Steps> Steps for Edge<T> {
    fn step(field: &Field<'_>) -> Option<Step<Self>> {
        match field.name {
            "cursor" => field.leaf(|edge: &Self| &edge.cursor),
            "node" => field.inside(|edge: &Self| &edge.node),
            _ => None,
        }
    }
}

impl Steps for PageInfo {
    fn step(field: &Field<'_>) -> Option<Step<Self>> {
        match field.name {
            "hasNextPage" => field.leaf(|info: &Self| &info.has_next_page),
            "hasPreviousPage" => field.leaf(|info: &Self| &info.has_previous_page),
            "startCursor" => field.leaf(|info: &Self| &info.start_cursor),
            "endCursor" => field.leaf(|info: &Self| &info.end_cursor),
            _ => None,
        }
    }
}

/// Which page is wanted, of a list of `T` sorted by `K`.
pub(crate) struct Window<T, K> {
    size: u32,
    /// The key of the row before it.
    pub(crate) after: Option<K>,
    of: PhantomData<fn() -> T>,
}

impl<T: Entity + OutputType, K: Serialize + DeserializeOwned> Window<T, K> {
    /// Refuses pages that are too long and cursors that are not ours.
    pub(crate) fn new(first: i32, after: Option<&str>) -> Result<Self> {
        let after = after.map(|cursor| decode(T::PREFIX, cursor).ok_or_else(not_ours)).transpose()?;
        Ok(Self { size: size(first)?, after, of: PhantomData })
    }

    /// How many rows to read: one more than the page tells whether there is another.
    pub(crate) fn limit(&self) -> i64 {
        i64::from(self.size) + 1
    }

    /// The page of `rows`, read with [`Self::limit`].
    pub(crate) fn page<R>(&self, rows: Vec<R>, key: impl Fn(&R) -> K) -> Page<T>
    where
        T: From<R>,
    {
        let size = self.size as usize;
        let has_next_page = rows.len() > size;
        let edge = |row: R| Edge { cursor: encode(T::PREFIX, &key(&row)), node: row.into() };
        Page::new(rows.into_iter().take(size).map(edge).collect(), self.after.is_some(), has_next_page)
    }
}

/// Which page is wanted, of a list of `T` that is sorted by `S` as the caller chose.
pub(crate) struct Sorted<T, S> {
    window: Window<T, (S, bool, Key)>,
    sort: S,
    reverse: bool,
}

impl<T: Entity + OutputType, S: Serialize + DeserializeOwned + PartialEq + Copy> Sorted<T, S> {
    /// Of the list sorted by `sort`, perhaps turned round; a cursor of another order or direction is not of this list.
    pub(crate) fn new(sort: S, reverse: bool, first: i32, after: Option<&str>) -> Result<Self> {
        let window = Window::<T, (S, bool, Key)>::new(first, after)?;
        match &window.after {
            // The database knows no text with a zero byte.
            Some((of, way, key)) if *of != sort || *way != reverse || key.text.contains('\0') => Err(not_ours()),
            _ => Ok(Self { window, sort, reverse }),
        }
    }

    /// What of the list is read; `descends` tells how it goes while nobody turns it round.
    pub(crate) fn part(&self, descends: bool) -> Part {
        let after = self.window.after.as_ref().map(|(_, _, key)| key.clone());
        Part { descending: descends != self.reverse, after, limit: self.window.limit() }
    }

    /// The page of the rows of `keys`. A row that went away since its key was read is left out, and the next page begins behind it.
    pub(crate) fn page<R>(self, keys: Vec<Key>, rows: Vec<R>, id: impl Fn(&R) -> i64) -> Page<T>
    where
        T: From<R>,
    {
        let has_next_page = keys.len() > self.window.size as usize;
        let mut rows: HashMap<i64, R> = rows.into_iter().map(|row| (id(&row), row)).collect();
        let mut edges = Vec::new();
        let mut end_cursor = None;
        for key in keys.into_iter().take(self.window.size as usize) {
            let row = rows.remove(&key.id);
            let cursor = encode(T::PREFIX, &(self.sort, self.reverse, key));
            end_cursor = Some(cursor.clone());
            edges.extend(row.map(|row| Edge { cursor, node: row.into() }));
        }
        let mut page = Page::new(edges, self.window.after.is_some(), has_next_page);
        page.page_info.end_cursor = end_cursor;
        page
    }
}

fn not_ours() -> Fault {
    Fault::bad_input("after: not a cursor of this list; take it from its pageInfo.endCursor")
}

fn encode(of: &str, key: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&(of, key)).unwrap_or_default())
}

fn decode<K: DeserializeOwned>(of: &str, cursor: &str) -> Option<K> {
    let text = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (found, key): (String, serde_json::Value) = serde_json::from_slice(&text).ok()?;
    // A year with a sign lies beyond what the database knows; we write none.
    let is_day_of_nobody =
        |part: &serde_json::Value| part.as_str().is_some_and(|text| text.starts_with(['-', '+']) && text[1..].contains('-'));
    let is_ours = found == of && !key.as_array().is_some_and(|parts| parts.iter().any(is_day_of_nobody));
    is_ours.then(|| serde_json::from_value(key).ok()).flatten()
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
    use super::*;

    impl Entity for i64 {
        const PREFIX: &'static str = "number";
    }

    #[test]
    fn the_next_page_begins_after_the_last_row() {
        let window = Window::<i64, i64>::new(2, None).unwrap();
        assert_eq!(window.limit(), 3);
        let page: Page<i64> = window.page(vec![7, 8, 9], |row| *row);
        assert_eq!(page.edges.iter().map(|edge| edge.node).collect::<Vec<_>>(), [7, 8]);
        assert!(page.page_info.has_next_page && !page.page_info.has_previous_page);
        let next = Window::<i64, i64>::new(2, page.page_info.end_cursor.as_deref()).unwrap();
        assert_eq!(next.after, Some(8));
        let page: Page<i64> = next.page(vec![9], |row| *row);
        assert!(!page.page_info.has_next_page && page.page_info.has_previous_page);
    }

    #[test]
    fn a_cursor_is_of_one_order_and_one_direction() {
        let key = |id: i64, text: &str| Key { number: 0.into(), text: text.to_owned(), id };
        let first = Sorted::<i64, char>::new('a', false, 2, None).unwrap();
        assert_eq!(first.part(true), Part { descending: true, after: None, limit: 3 });
        // The row 8 went away between the keys and the rows.
        let page = first.page(vec![key(7, "-Б-1"), key(8, "В"), key(9, "Г")], vec![9, 7], |row| *row);
        assert_eq!(page.edges.iter().map(|edge| edge.node).collect::<Vec<_>>(), [7]);
        assert!(page.page_info.has_next_page);
        let next = |sort, reverse, after: &str| Sorted::<i64, char>::new(sort, reverse, 2, Some(after));
        let after = page.page_info.end_cursor.unwrap();
        assert_eq!(next('a', false, &after).unwrap().part(false).after, Some(key(8, "В")));
        assert!(next('a', true, &after).is_err() && next('b', false, &after).is_err());
        let of = |text: &str| encode("number", &('a', true, key(7, text)));
        assert_eq!(
            next('a', true, &of("-Б-1")).unwrap().part(true),
            Part { descending: false, after: Some(key(7, "-Б-1")), limit: 3 }
        );
        assert!(next('a', true, &of("\0")).is_err() && Window::<i64, i64>::new(2, Some(&after)).is_err());
    }

    #[test]
    fn odd_pages_are_refused() {
        for first in [0, -1, 101, i32::MAX] {
            assert!(Window::<i64, i64>::new(first, None).is_err(), "{first}");
        }
        let (plain, other) = (URL_SAFE_NO_PAD.encode("7"), encode("letter", &7));
        for after in ["", "7", "bm8", "WzFd", &plain, &other] {
            assert!(Window::<i64, i64>::new(1, Some(after)).is_err(), "{after}");
        }
        assert_eq!(cost(i32::MAX, 3), 300);
    }
}
