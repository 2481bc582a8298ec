//! What is asked of ClickHouse: sums, digests and rows, as text in the form `pg` writes them too.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt};

use super::error::Error;
use super::pairs::{Row, Rows};
use super::sums::Sums;
use super::{BUCKET, SEPARATOR, STALL};
use crate::cdc::tables::{Kind, Table, Type};
use crate::{Client, Lsn, cdc, schema};

/// Reads one database of ClickHouse as it is at a cut.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    client: Client,
    cut: Lsn,
}

/// A group that the mart and the ledger it was filled from do not agree on.
#[derive(Debug, Clone, PartialEq, Eq, ::clickhouse::Row, serde::Deserialize)]
pub(crate) struct Group {
    pub(crate) key: String,
    /// None: the mart does not have it.
    pub(crate) mart: Option<String>,
    /// None: the ledger does not have it.
    pub(crate) ledger: Option<String>,
}

/// Fails soon when nobody answers at the address.
pub(crate) async fn reach(client: &Client, within: Duration) -> Result<(), Error> {
    let asked = client.inner().query_raw("select 1").execute();
    let silent = |_| Error::Silent { who: "ClickHouse", waited: within };
    Ok(tokio::time::timeout(within, asked).await.map_err(silent)??)
}

impl Reader {
    pub(crate) fn new(client: Client, cut: Lsn) -> Self {
        Self { client, cut }
    }

    fn rows(&self, query: &str) -> Rows<'static> {
        let cursor = self.client.inner().query_raw(query).fetch::<(String, String)>();
        let stream = futures::stream::once(async move { Ok::<_, Error>(cursor?) }).map_ok(|cursor| {
            futures::stream::try_unfold(cursor, |mut cursor| async move {
                let silent = |_| Error::Silent { who: "ClickHouse", waited: STALL };
                let next = tokio::time::timeout(STALL, cursor.next()).await.map_err(silent)??;
                Ok(next.map(|(key, value)| (Row { key, value }, cursor)))
            })
        });
        stream.try_flatten().boxed()
    }

    async fn ask<T>(&self, query: &str) -> Result<Vec<T>, Error>
    where
        T: ::clickhouse::RowOwned + ::clickhouse::RowRead,
    {
        let silent = |_| Error::Silent { who: "ClickHouse", waited: STALL };
        let asked = self.client.inner().query_raw(query).fetch_all::<T>();
        Ok(tokio::time::timeout(STALL, asked).await.map_err(silent)??)
    }

    /// The facts that were committed before the cut.
    fn ledger(&self) -> String {
        format!("raw_ledger_entry where _lsn < {}", self.cut.0)
    }

    pub(crate) fn sums(&self, sums: &Sums) -> Rows<'static> {
        let keys: Vec<String> = sums.keys.iter().map(|key| format!("'{key}=', toString({key})")).collect();
        let values = sums.values.iter().map(|value| {
            let column = value.column;
            let sum = value
                .account
                .map_or_else(|| format!("sum({column})"), |account| format!("sumIf({column}, account = '{account}')"));
            format!("'{}=', {}", value.name, decimal(&sum, value.places))
        });
        let values: Vec<String> = values.chain(["'entries=', toString(count())".to_owned()]).collect();
        self.rows(&format!(
            "select concat({}) as key, concat({}) as value from {} and ({}) group by {} order by key",
            keys.join(", ' ', "),
            values.join(", ' ', "),
            self.ledger(),
            sums.of,
            sums.keys.join(", "),
        ))
    }

    /// What reports see of a table: facts before the cut, the live version of what changes.
    fn seen(&self, table: &Table) -> String {
        match table.kind {
            Kind::Append => format!("{} where _lsn < {}", table.raw(), self.cut.0),
            Kind::Mutable => format!("cur_{} where true", table.name),
        }
    }

    /// For every bucket of keys: how many rows, and a digest of their contents.
    pub(crate) fn digests(&self, table: &Table) -> Rows<'static> {
        self.rows(&format!(
            "select toString(intDiv({}, {BUCKET})) as key,
                    concat(toString(count()), ' ', toString(groupBitXor(reinterpretAsInt64(reverse(substring(MD5({}), 1, 8)))))) as value
             from {} group by key order by key",
            table.columns[0].0,
            text(table),
            self.seen(table),
        ))
    }

    /// The rows of a bucket whole.
    pub(crate) fn bucket(&self, table: &Table, bucket: u64) -> Rows<'static> {
        let key = table.columns[0].0;
        self.rows(&format!(
            "select toString({key}) as key, {} as value from {} and {key} between {} and {} order by key, value",
            text(table),
            self.seen(table),
            bucket * BUCKET,
            bucket * BUCKET + (BUCKET - 1),
        ))
    }

    /// The accounts of the ledger: a mart is compared one account at a time, so that memory is bounded.
    pub(crate) async fn accounts(&self, mart: &str) -> Result<Vec<String>, Error> {
        self.ask(&format!(
            "select distinct account from (select toString(account) as account from {mart}
             union all select toString(account) from raw_ledger_entry) order by account"
        ))
        .await
    }

    /// How many groups of an account a mart or the ledger has, and the first that differ.
    pub(crate) async fn groups(&self, mart: &str, account: &str, at_most: usize) -> Result<(u64, Vec<Group>), Error> {
        let columns: Vec<(String, u8)> = self
            .ask(&format!(
                "select name, is_in_sorting_key from system.columns where database = '{}' and table = '{mart}' order by position",
                self.client.database()
            ))
            .await?;
        let (keys, values): (Vec<_>, Vec<_>) = columns.iter().partition(|(_, key)| *key == 1);
        let list = |columns: &[&(String, u8)]| {
            let columns: Vec<String> = columns.iter().map(|(name, _)| format!("'{name}=', toString({name})")).collect();
            columns.join(", ' ', ")
        };
        let part = format!("(select * from {} and account = '{account}')", self.ledger());
        let filled = schema::mart_select(mart, &part).ok_or_else(|| cdc::Error::SchemaMismatch(format!("{mart} has no view")))?;
        // FINAL merges the rows of a group by the functions of the mart itself.
        let sides = format!(
            "(select concat({0}) as key, concat({1}) as value, true as of_mart from {mart} final where account = '{account}'
             union all select concat({0}) as key, concat({1}) as value, false as of_mart from ({filled}))",
            list(&keys),
            list(&values),
        );
        // Only digests are held in memory; groups that differ are then fetched whole.
        let digests = format!(
            "select count(), arrayStringConcat(groupArrayIf({at_most})(hex(digest), mart <> ledger), ',') from (
                 select sipHash128(key) as digest, maxIf(sipHash64(value), of_mart) as mart,
                     maxIf(sipHash64(value), not of_mart) as ledger
                 from {sides} group by digest)"
        );
        let (all, differing) = self.ask::<(u64, String)>(&digests).await?.pop().unwrap_or_default();
        if differing.is_empty() {
            return Ok((all, Vec::new()));
        }
        let groups = format!(
            "select key, maxOrNullIf(value, of_mart) as mart, maxOrNullIf(value, not of_mart) as ledger
             from {sides} where hex(sipHash128(key)) in ('{}') group by key order by key",
            differing.replace(',', "', '")
        );
        Ok((all, self.ask(&groups).await?))
    }
}

fn decimal(value: &str, places: u32) -> String {
    if places == 0 { format!("toString({value})") } else { format!("toDecimalString({value}, {places})") }
}

/// A row as one text, its columns in the order of the table.
fn text(table: &Table) -> String {
    let columns: Vec<String> = table
        .columns
        .iter()
        .filter_map(|(name, kind)| {
            Some(match kind {
                Type::DeletedAt => return None,
                Type::Decimal(places) => decimal(name, *places),
                Type::DateOrNull => format!("ifNull(toString({name}), '')"),
                Type::Time => format!("toString(toUnixTimestamp64Micro({name}))"),
                Type::TimeOrNull => format!("ifNull(toString(toUnixTimestamp64Micro({name})), '')"),
                _ => format!("toString({name})"),
            })
        })
        .collect();
    format!("concat({})", columns.join(&format!(", char({}), ", u32::from(SEPARATOR))))
}
