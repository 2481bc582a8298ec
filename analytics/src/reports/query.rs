//! How a report asks ClickHouse: conditions with bound values, limits spelled out, and numbers that come back exact.
//!
//! Values travel beside the text, never in it; amounts as integers of a known scale, never as floats. `raw_*` is read up to the
//! frontier. A mart is not: its rows merge, old entries with new ones under the newest `_lsn`, and a filter would lose the old. It
//! needs none while it is read alone, in one statement, because a batch is whole commits and one part.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use clickhouse::{RowOwned, RowRead};
use serde::{Serialize, Serializer};
use shpunt_domain::access::Scope;
use shpunt_domain::ledger::{Account, Section};

use super::{Ask, Error, Filter, Reports};
use crate::Client;
use crate::frontier::{AsOf, WAIT};

/// A report past these is given up by the server, and a little later by us.
const SETTINGS: [(&str, &str); 3] = [("max_execution_time", "10"), ("max_memory_usage", "536870912"), ("join_use_nulls", "0")];
const PATIENCE: Duration = Duration::from_secs(12);

/// *Known at T* is answered for T at least this old: whatever was booked before it is committed by then.
const KNOWN_AGE: TimeDelta = TimeDelta::seconds(15);
/// A command commits within 10 s of its booking time or not at all; a second more for the clocks of commits.
const BOOKED_TO_COMMIT: TimeDelta = TimeDelta::seconds(11);

/// A value bound to a statement.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// An id, a position, microseconds.
    Number(i128),
    /// A business date.
    Day(NaiveDate),
    /// Codes.
    Words(Vec<&'static str>),
    /// Ids.
    Numbers(Arc<[i64]>),
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => serializer.serialize_i128(*number),
            Self::Day(day) => serializer.collect_str(day),
            Self::Words(words) => words.serialize(serializer),
            Self::Numbers(numbers) => serializer.collect_seq(numbers.iter()),
        }
    }
}

impl From<i64> for Value {
    fn from(id: i64) -> Self {
        Self::Number(id.into())
    }
}

impl From<Arc<[i64]>> for Value {
    fn from(ids: Arc<[i64]>) -> Self {
        Self::Numbers(ids)
    }
}

impl From<NaiveDate> for Value {
    fn from(day: NaiveDate) -> Self {
        Self::Day(day)
    }
}

/// The conditions of a WHERE with the values bound in them.
#[derive(Debug, Clone, Default)]
pub(super) struct Conditions {
    text: Vec<Cow<'static, str>>,
    bound: Vec<(&'static str, Value)>,
}

impl Conditions {
    /// One more condition.
    pub(super) fn and(mut self, condition: impl Into<Cow<'static, str>>) -> Self {
        self.text.push(condition.into());
        self
    }

    /// A value for `{name:Type}`.
    pub(super) fn bind(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.bound.push((name, value.into()));
        self
    }

    /// `column` is an id that was asked for, if one was.
    pub(super) fn equals(self, column: &'static str, id: Option<i64>) -> Self {
        match id {
            Some(id) => self.and(format!("{column} = {{{column}:Int64}}")).bind(column, id),
            None => self,
        }
    }

    /// The values bound in other conditions too, whose text stands elsewhere in the statement.
    pub(super) fn values_of(mut self, other: &Self) -> Self {
        self.bound.extend_from_slice(&other.bound);
        self
    }

    /// Days from the first to the last, both included.
    pub(super) fn between(self, column: &str, period: super::Period) -> Self {
        self.and(format!("{column} between {{from:Date}} and {{to:Date}}")).bind("from", period.from).bind("to", period.to)
    }

    /// Of the ledger: what the reader may see.
    pub(super) fn scope(self, scope: &Scope) -> Self {
        match scope {
            Scope::All => self,
            Scope::Employees(ids) => self
                .and("deal_id in (select deal_id from cur_deals where has({scope:Array(Int64)}, employee_id))")
                .bind("scope", Arc::clone(ids)),
        }
    }

    /// Of income and expenses, which carry the channel and the manager of their posting.
    pub(super) fn result(self, filter: &Filter) -> Self {
        self.scope(&filter.scope)
            .equals("company_id", filter.company_id)
            .equals("channel_id", filter.channel_id)
            .equals("employee_id", filter.manager_id)
    }

    /// Of deals, as they are now.
    pub(super) fn deals(self, filter: &Filter) -> Self {
        let conditions = self
            .equals("company_id", filter.company_id)
            .equals("channel_id", filter.channel_id)
            .equals("employee_id", filter.manager_id);
        match &filter.scope {
            Scope::All => conditions,
            Scope::Employees(ids) => conditions.and("has({scope:Array(Int64)}, employee_id)").bind("scope", Arc::clone(ids)),
        }
    }

    /// Of any account: money, debts and taxes carry no channel and manager, they go with their deal.
    pub(super) fn ledger(self, filter: &Filter) -> Self {
        self.scope(&filter.scope)
            .equals("company_id", filter.company_id)
            .carried("channel_id", filter.channel_id)
            .carried("employee_id", filter.manager_id)
    }

    /// The channel or manager an income or expense carries, and of other accounts that of the deal.
    pub(super) fn carried(self, column: &'static str, id: Option<i64>) -> Self {
        let Some(id) = id else { return self };
        let result = result_accounts();
        let condition = if id == 0 {
            format!(
                "{column} = 0 and (account in ({result}) or deal_id not in (select deal_id from cur_deals where {column} <> 0))"
            )
        } else {
            format!(
                "({column} = {{{column}:Int64}} or {column} = 0 and account not in ({result})
                  and deal_id in (select deal_id from cur_deals where {column} = {{{column}:Int64}}))"
            )
        };
        self.and(condition).bind(column, id)
    }

    /// The text after `where`.
    pub(super) fn sql(&self) -> String {
        if self.text.is_empty() { "true".to_owned() } else { self.text.join(" and ") }
    }
}

/// Codes of the accounts of a section, quoted: constants of the program, not values of a reader.
pub(super) fn accounts(sections: &[Section]) -> String {
    let codes = Account::ALL.iter().filter(|account| sections.contains(&account.section()));
    codes.map(|account| format!("'{}'", account.as_str())).collect::<Vec<_>>().join(", ")
}

fn result_accounts() -> String {
    accounts(&[Section::Income, Section::Expense])
}

/// A question that has begun: what its answer is complete for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// Read before the data.
    pub(super) as_of: AsOf,
    /// As known at, never later than 15 s ago.
    pub(super) known_at: Option<DateTime<Utc>>,
}

impl Moment {
    /// The facts that belong to the answer, of `raw_*` that has no booking time.
    pub(super) fn visible(&self) -> Conditions {
        Conditions::default().and("_lsn < {frontier:UInt64}").bind("frontier", Value::Number(self.as_of.lsn.0.into()))
    }

    /// The entries of the ledger that belong to the answer.
    pub(super) fn entries(&self) -> Conditions {
        match self.known_at {
            None => self.visible(),
            Some(known_at) => self
                .visible()
                .and("booked_at <= fromUnixTimestamp64Micro({known_at:Int64}, 'UTC')")
                .bind("known_at", known_at.timestamp_micros()),
        }
    }
}

/// The client of reports: every limit spelled out.
pub(super) fn limited(client: Client) -> Client {
    SETTINGS.iter().fold(client, |client, (name, value)| client.with_setting(name, value))
}

impl Reports {
    /// Reads how far the answer will go, before any data; waits for the token and for what was known at the moment asked for.
    pub(super) async fn begin(&self, ask: &Ask) -> Result<Moment, Error> {
        let as_of = match &ask.after {
            Some(token) => self.frontier.wait_for(token).await?,
            None => self.frontier.as_of().await?,
        };
        let Some(asked) = ask.known_at else { return Ok(Moment { as_of, known_at: None }) };
        let deadline = Instant::now() + WAIT;
        let mut as_of = as_of;
        // By the clock of PostgreSQL, which gave the entries their booking time.
        let known_at = asked.min(as_of.committed_at + TimeDelta::milliseconds(as_of.lag_ms) - KNOWN_AGE);
        while as_of.committed_at < known_at + BOOKED_TO_COMMIT {
            if Instant::now() >= deadline {
                return Err(Error::NotYetVisible);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            as_of = self.frontier.as_of().await?;
        }
        Ok(Moment { as_of, known_at: Some(known_at) })
    }

    /// All rows of a statement.
    pub(super) async fn read<T>(&self, text: &str, conditions: &Conditions) -> Result<Vec<T>, Error>
    where
        T: RowOwned + RowRead,
    {
        let query =
            conditions.bound.iter().fold(self.client.inner().query_raw(text), |query, (name, value)| query.param(name, value));
        match tokio::time::timeout(PATIENCE, query.fetch_all::<T>()).await {
            Ok(rows) => Ok(rows?),
            Err(late) => Err(Error::Unavailable(Box::new(late))),
        }
    }
}
