//! Which deals, orders and tables the change stream has just made visible, as the worker tells it and readers hear it.
//!
//! Invariant: what is told fits into one notification of PostgreSQL. Of more rows than that it says only *many*: whoever shows some of
//! them reads them anew.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::Lsn;
use crate::cdc::batch::Batch;
use crate::cdc::tables::{TABLES, Table};

/// Ids told of one kind at most: those of all kinds, 19 digits each, with everything else stay under 8000 bytes.
const TOLD: usize = 120;

/// Rows of one kind that changed; `None` is *many*.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ids(Option<BTreeSet<i64>>);

impl Default for Ids {
    /// None at all.
    fn default() -> Self {
        Self(Some(BTreeSet::new()))
    }
}

impl Ids {
    /// More than are told one by one.
    pub const MANY: Self = Self(None);

    /// The rows told; `None` when they are many.
    pub fn told(&self) -> Option<&BTreeSet<i64>> {
        self.0.as_ref()
    }

    /// Whether the row may have changed.
    pub fn may_hold(&self, id: i64) -> bool {
        self.0.as_ref().is_none_or(|ids| ids.contains(&id))
    }

    fn extend(&mut self, ids: impl IntoIterator<Item = i64>) {
        let Some(own) = &mut self.0 else { return };
        for id in ids.into_iter().filter(|id| *id != 0) {
            own.insert(id);
            if own.len() > TOLD {
                self.0 = None;
                return;
            }
        }
    }

    fn merge(&mut self, other: Self) {
        match other.0 {
            Some(ids) => self.extend(ids),
            None => self.0 = None,
        }
    }
}

/// What became visible, and since which position.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Changes {
    /// A report asked `after` it has them.
    pub lsn: Lsn,
    /// When the last of them was committed.
    pub committed_at: DateTime<Utc>,
    /// Deals: themselves, their orders, their money.
    pub deals: Ids,
    /// Orders: themselves, their lines, their money.
    pub orders: Ids,
    /// Own companies whose rows changed.
    pub companies: Ids,
    /// Tables of PostgreSQL.
    pub tables: BTreeSet<String>,
}

impl Changes {
    /// Anything may have changed: after a load, or when something was not heard.
    pub fn anything(lsn: Lsn, committed_at: DateTime<Utc>) -> Self {
        let tables = TABLES.iter().map(|table| table.name.to_owned()).collect();
        Self { lsn, committed_at, deals: Ids::MANY, orders: Ids::MANY, companies: Ids::MANY, tables }
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// What a batch changes; where it becomes visible is said when it does.
    pub fn add_batch(&mut self, batch: &Batch) {
        for rows in batch.tables.iter().filter(|rows| !rows.is_empty()) {
            self.tables.insert(rows.table().name.to_owned());
            for (ids, column) in
                [(&mut self.deals, "deal_id"), (&mut self.orders, "order_id"), (&mut self.companies, "company_id")]
            {
                ids.extend(rows.ids(column));
            }
        }
    }

    /// Adds what became visible later.
    pub fn merge(&mut self, later: Self) {
        self.lsn = self.lsn.max(later.lsn);
        self.committed_at = self.committed_at.max(later.committed_at);
        self.deals.merge(later.deals);
        self.orders.merge(later.orders);
        self.companies.merge(later.companies);
        self.tables.extend(later.tables);
    }

    /// Whether one of these tables changed, for this company where one is named. A table that belongs to no company, such as names of
    /// parties, concerns all.
    pub fn concern(&self, tables: &[&str], company_id: Option<i64>) -> bool {
        let theirs = company_id.is_none_or(|id| self.companies.may_hold(id));
        tables.iter().any(|name| self.tables.contains(*name) && (theirs || is_shared(name)))
    }
}

fn is_shared(name: &str) -> bool {
    let of_company =
        |table: &Table| table.columns.iter().any(|(column, _)| ["company_id", "deal_id", "order_id"].contains(column));
    TABLES.iter().find(|table| table.name == name).is_none_or(|table| !of_company(table))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(deals: &[i64], tables: &[&str]) -> Changes {
        let tables = tables.iter().map(|name| (*name).to_owned()).collect();
        Changes { deals: Ids(Some(deals.iter().copied().collect())), tables, ..Changes::default() }
    }

    #[test]
    fn the_longest_fits_into_a_notification() {
        let full = || Ids((0..i64::try_from(TOLD).unwrap()).map(|n| i64::MAX - n).collect::<BTreeSet<_>>().into());
        let anything = Changes::anything(Lsn(u64::MAX), DateTime::<Utc>::MAX_UTC);
        let longest = Changes { deals: full(), orders: full(), companies: full(), ..anything };
        let text = serde_json::to_string(&longest).unwrap();
        assert!(text.len() < 8_000, "{}", text.len());
        assert_eq!(serde_json::from_str::<Changes>(&text).unwrap(), longest);
    }

    #[test]
    fn too_many_to_tell_are_many_and_stay_so() {
        let mut ids = Ids::default();
        ids.extend(0..=i64::try_from(TOLD).unwrap());
        assert!(ids.may_hold(1) && !ids.may_hold(0) && !ids.may_hold(5_000), "0 is no row");
        ids.extend([5_000]);
        assert!(ids.told().is_none() && ids.may_hold(7_000));
        ids.merge(Ids::default());
        assert_eq!(ids, Ids::MANY);
    }

    #[test]
    fn what_came_later_is_added() {
        let mut changes = Changes { lsn: Lsn(9), ..told(&[1], &["deals"]) };
        changes.merge(Changes { lsn: Lsn(7), ..told(&[2], &["orders"]) });
        assert_eq!(changes, Changes { lsn: Lsn(9), ..told(&[1, 2], &["deals", "orders"]) });
        changes.merge(Changes::anything(Lsn(10), DateTime::UNIX_EPOCH));
        assert!(changes.deals.told().is_none() && changes.tables.len() == TABLES.len());
    }

    #[test]
    fn a_table_of_companies_concerns_the_one_that_changed_and_names_concern_all() {
        let mut changes = told(&[1], &["ledger_entry"]);
        changes.companies.extend([3]);
        let sources = ["ledger_entry", "articles"];
        assert!(changes.concern(&sources, None) && changes.concern(&sources, Some(3)));
        assert!(!changes.concern(&sources, Some(4)) && !changes.concern(&["deals"], None));
        changes.tables.insert("articles".to_owned());
        assert!(changes.concern(&sources, Some(4)));
    }
}
