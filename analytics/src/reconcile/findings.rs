//! The differences of one comparison: the first keys of each part, with both values.

use std::fmt;
use std::ops::ControlFlow;

use serde::Serialize;

use super::SEPARATOR;
use super::clickhouse::Group;
use super::pg::Witness;
use crate::cdc::tables::{Table, Type};

/// A key on which both sides do not agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What was compared: a table, a sum, a mart.
    pub what: String,
    /// The key, as `column=value` and further such.
    pub key: String,
    /// What PostgreSQL says, as `name=value` and further such; of a row only the columns that differ. `nothing`: it has not got the
    /// key. Empty: ClickHouse disagrees with itself (a mart with the ledger).
    pub postgres: String,
    /// The same of ClickHouse. Empty: PostgreSQL disagrees with itself.
    pub clickhouse: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}:", self.what, self.key)?;
        for (who, said) in [("PostgreSQL", &self.postgres), ("ClickHouse", &self.clickhouse)] {
            if !said.is_empty() {
                write!(f, " {who} {{{said}}}")?;
            }
        }
        Ok(())
    }
}

/// What was found so far.
#[derive(Debug)]
pub(crate) struct Findings {
    pub(crate) compared: u64,
    pub(crate) differences: Vec<Difference>,
    pub(crate) more: bool,
    what: String,
    named: usize,
    room: usize,
}

impl Findings {
    /// Names `named` differences of each part.
    pub(crate) fn new(named: usize) -> Self {
        Self { compared: 0, differences: Vec::new(), more: false, what: String::new(), named, room: named }
    }

    /// Begins a part.
    pub(crate) fn begin(&mut self, what: &str) {
        what.clone_into(&mut self.what);
        self.room = self.named;
    }

    /// Adds a difference; breaks off when it cannot be named any more.
    pub(crate) fn pair(&mut self, key: &str, postgres: Option<&str>, clickhouse: Option<&str>) -> ControlFlow<()> {
        self.add(key, postgres.unwrap_or("nothing").to_owned(), clickhouse.unwrap_or("nothing").to_owned())
    }

    /// The same for values such as `amount=1.00 vat=0.20`, of which those that are equal are left out.
    pub(crate) fn values(&mut self, key: &str, postgres: Option<&str>, clickhouse: Option<&str>) -> ControlFlow<()> {
        let (postgres, clickhouse) = differing(postgres, clickhouse);
        self.add(key, postgres, clickhouse)
    }

    /// ClickHouse disagrees with itself.
    pub(crate) fn in_clickhouse(&mut self, group: &Group) -> ControlFlow<()> {
        let (mart, ledger) = differing(group.mart.as_deref(), group.ledger.as_deref());
        self.add(&group.key, String::new(), format!("mart: {mart}; ledger: {ledger}"))
    }

    /// PostgreSQL was compared with itself.
    pub(crate) fn witnessed(&mut self, (all, found): (i64, Vec<Witness>)) {
        self.compared += all.unsigned_abs();
        for Witness { key, said } in found {
            if self.add(&key, said, String::new()).is_break() {
                return;
            }
        }
    }

    fn add(&mut self, key: &str, postgres: String, clickhouse: String) -> ControlFlow<()> {
        let Some(room) = self.room.checked_sub(1) else {
            self.more = true;
            return ControlFlow::Break(());
        };
        self.room = room;
        self.differences.push(Difference { what: self.what.clone(), key: key.to_owned(), postgres, clickhouse });
        ControlFlow::Continue(())
    }
}

/// Of two lists of `name=value` the values that differ.
fn differing(ours: Option<&str>, theirs: Option<&str>) -> (String, String) {
    let (Some(ours), Some(theirs)) = (ours, theirs) else {
        return (ours.unwrap_or("nothing").to_owned(), theirs.unwrap_or("nothing").to_owned());
    };
    let different = ours.split(' ').zip(theirs.split(' ')).filter(|(ours, theirs)| ours != theirs);
    let (ours, theirs): (Vec<&str>, Vec<&str>) = different.unzip();
    (ours.join(" "), theirs.join(" "))
}

/// Rows written as one text: the columns in which they differ, or all of a row that stands alone.
pub(crate) fn columns(table: &Table, ours: Option<&str>, theirs: Option<&str>) -> (Option<String>, Option<String>) {
    let names = table.columns.iter().filter(|(_, kind)| *kind != Type::DeletedAt).map(|(name, _)| *name);
    let split = |row: &str| row.split(char::from(SEPARATOR)).map(str::to_owned).collect::<Vec<_>>();
    let (ours, theirs) = (ours.map(split), theirs.map(split));
    let differing: Vec<(usize, &str)> = names
        .enumerate()
        .filter(|(at, _)| match (&ours, &theirs) {
            (Some(ours), Some(theirs)) => ours.get(*at) != theirs.get(*at),
            _ => true,
        })
        .collect();
    let shown = |row: Vec<String>| {
        let cells: Vec<String> =
            differing.iter().map(|(at, name)| format!("{name}={}", row.get(*at).map_or("", String::as_str))).collect();
        cells.join(" ")
    };
    (ours.map(shown), theirs.map(shown))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cdc::tables::TABLES;

    #[test]
    fn of_two_rows_only_what_differs_is_shown() {
        let channels = TABLES.iter().find(|table| table.name == "channels").unwrap();
        let (ours, theirs) = columns(channels, Some("1\u{1f}site\u{1f}Сайт"), Some("1\u{1f}site\u{1f}Ярмарка"));
        assert_eq!((ours.as_deref(), theirs.as_deref()), (Some("name=Сайт"), Some("name=Ярмарка")));
        let (ours, theirs) = columns(channels, None, Some("1\u{1f}site\u{1f}Сайт"));
        assert_eq!((ours, theirs.as_deref()), (None, Some("channel_id=1 code=site name=Сайт")));
    }

    #[test]
    fn of_two_sums_only_what_differs_is_shown() {
        assert_eq!(differing(Some("a=1 b=2 c=3"), Some("a=1 b=5 c=4")), ("b=2 c=3".to_owned(), "b=5 c=4".to_owned()));
        assert_eq!(differing(None, Some("a=1")), ("nothing".to_owned(), "a=1".to_owned()));
    }

    #[test]
    fn what_is_not_named_is_not_forgotten() {
        let mut findings = Findings::new(1);
        findings.begin("deals");
        assert!(findings.pair("deal_id=1", Some("stage=won"), None).is_continue());
        assert!(findings.pair("deal_id=2", None, Some("stage=won")).is_break() && findings.more);
        findings.begin("orders");
        findings.witnessed((5, vec![Witness { key: "order_id=1".into(), said: "a=1; b=2".into() }]));
        let shown: Vec<String> = findings.differences.iter().map(ToString::to_string).collect();
        assert_eq!(
            shown,
            ["deals, deal_id=1: PostgreSQL {stage=won} ClickHouse {nothing}", "orders, order_id=1: PostgreSQL {a=1; b=2}"]
        );
        assert_eq!(findings.compared, 5);
    }
}
