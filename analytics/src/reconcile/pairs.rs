//! Two streams in the order of their keys, side by side: which rows belong together, and which stand alone.
//!
//! Neither side is ever held in memory. Keys are compared as bytes, so both databases must sort them that way.

use std::cmp::Ordering;
use std::ops::ControlFlow;

use futures::StreamExt;
use futures::stream::BoxStream;

use super::error::Error;

/// A key with what is said about it, both as text in one form for both databases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) key: String,
    pub(crate) value: String,
}

/// Rows in the order of their keys.
pub(crate) type Rows<'a> = BoxStream<'a, Result<Row, Error>>;

struct Side<'a> {
    rows: Rows<'a>,
    next: Option<Row>,
}

impl<'a> Side<'a> {
    async fn open(mut rows: Rows<'a>) -> Result<Self, Error> {
        let next = rows.next().await.transpose()?;
        Ok(Self { rows, next })
    }

    /// The row in front, and reads on. One key twice is in order: that is for the caller to see.
    async fn take(&mut self) -> Result<Option<Row>, Error> {
        let next = self.rows.next().await.transpose()?;
        let taken = std::mem::replace(&mut self.next, next);
        match (&taken, &self.next) {
            (Some(taken), Some(next)) if next.key < taken.key => Err(Error::Unordered(next.key.clone())),
            _ => Ok(taken),
        }
    }
}

/// Calls `each` with every key and what either side says about it (none: nothing), until it breaks off.
pub(crate) async fn each_pair(
    ours: Rows<'_>,
    theirs: Rows<'_>,
    mut each: impl FnMut(&str, Option<&str>, Option<&str>) -> ControlFlow<()>,
) -> Result<(), Error> {
    let (mut ours, mut theirs) = (Side::open(ours).await?, Side::open(theirs).await?);
    loop {
        let first = match (&ours.next, &theirs.next) {
            (None, None) => return Ok(()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(ours), Some(theirs)) => ours.key.cmp(&theirs.key),
        };
        let one = if first == Ordering::Greater { None } else { ours.take().await? };
        let other = if first == Ordering::Less { None } else { theirs.take().await? };
        let key = one.as_ref().or(other.as_ref()).map(|row| row.key.as_str()).unwrap_or_default();
        if each(key, value(one.as_ref()), value(other.as_ref())).is_break() {
            return Ok(());
        }
    }
}

fn value(row: Option<&Row>) -> Option<&str> {
    row.map(|row| row.value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(list: &[(&str, &str)]) -> Rows<'static> {
        let rows: Vec<_> = list.iter().map(|(key, value)| Ok(Row { key: (*key).into(), value: (*value).into() })).collect();
        futures::stream::iter(rows).boxed()
    }

    fn pairs(ours: &[(&str, &str)], theirs: &[(&str, &str)]) -> Result<Vec<String>, Error> {
        let mut seen = Vec::new();
        let walk = each_pair(rows(ours), rows(theirs), |key, ours, theirs| {
            seen.push(format!("{key}:{}:{}", ours.unwrap_or("-"), theirs.unwrap_or("-")));
            ControlFlow::Continue(())
        });
        futures::FutureExt::now_or_never(walk).expect("nothing to wait for")?;
        Ok(seen)
    }

    #[test]
    fn keys_meet_or_stand_alone() {
        let seen = pairs(&[("a", "1"), ("b", "2"), ("d", "4")], &[("b", "2"), ("c", "3"), ("d", "5"), ("e", "6")]).unwrap();
        assert_eq!(seen, ["a:1:-", "b:2:2", "c:-:3", "d:4:5", "e:-:6"]);
        assert_eq!(pairs(&[], &[]).unwrap(), [""; 0]);
    }

    #[test]
    fn a_key_that_is_there_twice_stands_alone_once() {
        assert_eq!(pairs(&[("a", "1"), ("b", "1")], &[("a", "1"), ("a", "1"), ("b", "1")]).unwrap(), ["a:1:1", "a:-:1", "b:1:1"]);
    }

    #[test]
    fn disorder_is_refused() {
        assert!(matches!(pairs(&[("b", "1"), ("a", "1")], &[]), Err(Error::Unordered(key)) if key == "a"));
    }
}
