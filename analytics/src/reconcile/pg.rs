//! What is asked of PostgreSQL: the session that asks the worker to pause, a snapshot, and sums, digests and rows of it as text in
//! the form `clickhouse` writes them too. Here are also the sums PostgreSQL keeps beside the ledger, which must equal it.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use sqlx::types::Json;
use sqlx::{ConnectOptions, Connection, PgConnection, Row as _};

use super::error::Error;
use super::pairs::{Row, Rows};
use super::sums::Sums;
use super::{BUCKET, SEPARATOR, STALL};
use crate::cdc::hold::Call;
use crate::cdc::journal::Tables;
use crate::cdc::pg::{self, HELD_CHANNEL, HOLD_CHANNEL, HOLD_LOCK, Heard, LOCK, Listener, SnapshotReader};
use crate::cdc::tables::{Table, Type};
use crate::{Lsn, cdc};

fn failed(error: sqlx::Error) -> Error {
    Error::Postgres(cdc::Error::from(error))
}

/// How far the worker got, by its own books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Carried {
    pub(crate) epoch: i64,
    pub(crate) frontier: Lsn,
    /// Rows and highest position of each table. As long as they stay the same and no batch is open, nothing was written.
    pub(crate) tables: Tables,
    /// A batch is being written.
    pub(crate) open: bool,
}

impl Carried {
    /// Whether ClickHouse holds all that was committed before `cut`, and nothing else.
    pub(crate) fn is_at(&self, cut: Lsn) -> bool {
        self.frontier >= cut && !self.open && !self.is_beyond(cut)
    }

    /// Whether something behind the cut was written already.
    pub(crate) fn is_beyond(&self, cut: Lsn) -> bool {
        self.tables.values().any(|shipped| shipped.last_lsn >= cut.0)
    }
}

/// The session that asks for the pause: with it the lock ends, and with the lock the pause.
pub(crate) struct Session {
    connection: PgConnection,
    listener: Listener,
    pid: i32,
}

impl Session {
    /// Connects and takes the lock of those who compare.
    pub(crate) async fn open(url: &str) -> Result<Self, Error> {
        let listener = Listener::open(url, &[HELD_CHANNEL]).await?;
        let mut connection = pg::options(url)?.application_name("shpunt reconcile").connect().await.map_err(failed)?;
        let row = sqlx::query!(
            r#"select pg_backend_pid() as "pid!", pg_try_advisory_lock($1) as "locked!",
                      coalesce((select pid from pg_locks where locktype = 'advisory' and granted and objsubid = 1
                          and database = (select oid from pg_database where datname = current_database())
                          and (classid::bigint << 32 | objid::bigint) = $1 and pid <> pg_backend_pid() limit 1), 0) as "other!""#,
            HOLD_LOCK
        )
        .fetch_one(&mut connection)
        .await
        .map_err(failed)?;
        if row.locked { Ok(Self { connection, listener, pid: row.pid }) } else { Err(Error::InUse(row.other)) }
    }

    /// The server process of this session, which names the pause and the slot.
    pub(crate) fn pid(&self) -> i32 {
        self.pid
    }

    /// Whether a worker is active; if not, why the last one stopped for good.
    pub(crate) async fn worker(&mut self) -> Result<Result<(), String>, Error> {
        let row = sqlx::query!(
            r#"select exists (select from pg_locks where locktype = 'advisory' and granted and objsubid = 1
                          and database = (select oid from pg_database where datname = current_database())
                          and (classid::bigint << 32 | objid::bigint) = $1) as "active!",
                      (select failure from cdc_epoch where state <> 'discarded' order by epoch desc limit 1) as failure"#,
            LOCK
        )
        .fetch_one(&mut self.connection)
        .await
        .map_err(failed)?;
        Ok(if row.active { Ok(()) } else { Err(row.failure.unwrap_or_default()) })
    }

    /// Asks for the pause, or names the cut.
    pub(crate) async fn call(&mut self, cut: Option<Lsn>) -> Result<(), Error> {
        let call = Call { by: self.pid, cut };
        sqlx::query!("select pg_notify($1, $2)", HOLD_CHANNEL, call.to_string())
            .execute(&mut self.connection)
            .await
            .map_err(failed)?;
        Ok(())
    }

    /// Waits until the worker says that it reads nothing more; false when it did not in time.
    pub(crate) async fn is_told(&mut self, within: Duration) -> Result<bool, Error> {
        let told = async {
            loop {
                if matches!(self.listener.hear().await?, Heard::Call(Call { by, .. }) if by == self.pid) {
                    return Ok::<_, Error>(());
                }
            }
        };
        tokio::time::timeout(within, told).await.map_or(Ok(false), |told| told.map(|()| true))
    }

    /// How far the worker is; none before the first load is complete.
    pub(crate) async fn carried(&mut self) -> Result<Option<Carried>, Error> {
        let row = sqlx::query!(
            r#"select epoch, lsn::text as "lsn!", tables as "tables: Json<Tables>",
                      exists (select from cdc_batch b where b.epoch = f.epoch and b.state = 'open') as "open!"
               from cdc_frontier f"#
        )
        .fetch_optional(&mut self.connection)
        .await
        .map_err(failed)?;
        row.map(|row| {
            let frontier = row.lsn.parse().map_err(|error| cdc::Error::Postgres(Box::new(error)))?;
            Ok(Carried { epoch: row.epoch, frontier, tables: row.tables.0, open: row.open })
        })
        .transpose()
    }

    /// The transaction a snapshot most likely waits for, in words; empty when there is none.
    pub(crate) async fn oldest_transaction(&mut self) -> Result<String, Error> {
        let oldest = sqlx::query_scalar!(
            r#"select format(' (process %s of database %s, open since %s)', pid, datname, xact_start) as "text!"
               from pg_stat_activity where backend_xid is not null and pid <> pg_backend_pid() order by xact_start limit 1"#
        );
        Ok(oldest.fetch_optional(&mut self.connection).await.map_err(failed)?.unwrap_or_default())
    }

    /// Lets the worker go on.
    pub(crate) async fn let_go(&mut self) -> Result<(), Error> {
        sqlx::query!("select pg_advisory_unlock_all()").execute(&mut self.connection).await.map_err(failed)?;
        Ok(())
    }

    /// Ends the session in order.
    pub(crate) async fn close(self) -> Result<(), Error> {
        self.connection.close().await.map_err(failed)
    }
}

/// PostgreSQL as it is at a cut.
pub(crate) struct Reader {
    connection: PgConnection,
}

/// A sum that PostgreSQL keeps beside the ledger and that does not equal it.
pub(crate) struct Witness {
    pub(crate) key: String,
    /// What is kept, and what the ledger says.
    pub(crate) said: String,
}

impl Reader {
    /// Takes over an exported snapshot.
    pub(crate) async fn open(url: &str, snapshot: &str) -> Result<Self, Error> {
        Ok(Self { connection: SnapshotReader::open(url, snapshot).await?.into_connection() })
    }

    fn rows(&mut self, query: String) -> Rows<'_> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(query)).fetch(&mut self.connection).map_err(failed);
        let rows = rows.and_then(|row| async move {
            Ok(Row { key: row.try_get(0).map_err(failed)?, value: row.try_get(1).map_err(failed)? })
        });
        futures::stream::try_unfold(rows.boxed(), |mut rows| async move {
            let silent = |_| Error::Silent { who: "PostgreSQL", waited: STALL };
            let next = tokio::time::timeout(STALL, rows.try_next()).await.map_err(silent)??;
            Ok(next.map(|row| (row, rows)))
        })
        .boxed()
    }

    pub(crate) fn sums(&mut self, sums: &Sums) -> Rows<'_> {
        let keys: Vec<String> = sums.keys.iter().map(|key| format!("'{key}=' || {key}")).collect();
        let values = sums.values.iter().map(|value| {
            let filter = value.account.map_or_else(String::new, |account| format!(" filter (where account = '{account}')"));
            format!("'{}=' || coalesce(sum({}){filter}, 0)::numeric(38, {})", value.name, value.column, value.places)
        });
        let values: Vec<String> = values.chain(["'entries=' || count(*)".to_owned()]).collect();
        self.rows(format!(
            r#"select concat_ws(' ', {}) collate "C" as key, concat_ws(' ', {}) from ledger_entry where {} group by {} order by key"#,
            keys.join(", "),
            values.join(", "),
            sums.of,
            sums.keys.join(", "),
        ))
    }

    /// For every bucket of keys: how many rows, and a digest of their contents.
    pub(crate) fn digests(&mut self, table: &Table) -> Rows<'_> {
        self.rows(format!(
            r#"select ({} / {BUCKET})::text collate "C" as key,
                      count(*) || ' ' || bit_xor(('x' || left(md5({}), 16))::bit(64)::bigint)
               from {} where {} group by 1 order by 1"#,
            table.columns[0].0,
            text(table),
            table.name,
            live(table),
        ))
    }

    /// The rows of a bucket whole.
    pub(crate) fn bucket(&mut self, table: &Table, bucket: u64) -> Rows<'_> {
        let key = table.columns[0].0;
        self.rows(format!(
            r#"select {key}::text collate "C" as key, {} from {} where {} and {key} between {} and {} order by 1"#,
            text(table),
            table.name,
            live(table),
            bucket * BUCKET,
            bucket * BUCKET + (BUCKET - 1),
        ))
    }

    /// How many transactions there are, and the first that do not balance or are not whole.
    pub(crate) async fn transactions(&mut self, at_most: i64) -> Result<(i64, Vec<Witness>), Error> {
        let found = sqlx::query_as!(
            Witness,
            r#"select 'transaction_id=' || transaction_id as "key!",
                      case when t.entries is null then 'no header' else concat('header: entries=', t.entries, ' company_id=',
                          t.company_id, ' effective_on=', t.effective_on) end || '; ' ||
                      case when e.entries is null then 'no entries' else concat('entries: entries=', e.entries, ' amount=', e.amount,
                          ' company_id=', concat_ws('..', first_company, nullif(last_company, first_company)),
                          ' effective_on=', concat_ws('..', first_day, nullif(last_day, first_day))) end as "said!"
               from ledger_transaction t full join (
                   select transaction_id, count(*) as entries, sum(amount) as amount, min(company_id) as first_company,
                       max(company_id) as last_company, min(effective_on) as first_day, max(effective_on) as last_day
                   from ledger_entry group by transaction_id) e using (transaction_id)
               where (e.amount, e.entries, first_company, last_company, first_day, last_day) is distinct from
                   (0, t.entries, t.company_id, t.company_id, t.effective_on, t.effective_on)
               order by transaction_id limit $1"#,
            at_most
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(failed)?;
        let all = sqlx::query_scalar!(r#"select count(*) as "all!" from ledger_transaction"#);
        Ok((all.fetch_one(&mut self.connection).await.map_err(failed)?, found))
    }

    /// How many batches there are, and the first whose balance is not the account of inventory, or of goods in transit, of the ledger.
    pub(crate) async fn batches(&mut self, at_most: i64) -> Result<(i64, Vec<Witness>), Error> {
        let found = sqlx::query_as!(
            Witness,
            r#"select 'batch_id=' || batch_id as "key!",
                      format('batch_balances: value=%s vat=%s pieces=%s metres=%s tonnes_theoretical=%s tonnes_weighed=%s; '
                             'ledger: value=%s vat=%s pieces=%s metres=%s tonnes_theoretical=%s tonnes_weighed=%s',
                          b.value, b.vat, b.pieces, b.metres, b.tonnes_theoretical, b.tonnes_weighed,
                          l.value, l.vat, l.pieces, l.metres, l.tonnes_theoretical, l.tonnes_weighed) as "said!"
               from batch_balances b full join (
                   select batch_id, sum(amount) as value, sum(vat) as vat, sum(pieces) as pieces, sum(metres) as metres,
                       sum(tonnes_theoretical) as tonnes_theoretical, sum(tonnes_weighed) as tonnes_weighed
                   from ledger_entry where account in ('inventory', 'goods_in_transit') group by batch_id) l using (batch_id)
               where (b.value, b.vat, b.pieces::numeric, b.metres, b.tonnes_theoretical, b.tonnes_weighed)
                  is distinct from (l.value, l.vat, l.pieces, l.metres, l.tonnes_theoretical, l.tonnes_weighed)
               order by batch_id limit $1"#,
            at_most
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(failed)?;
        let all = sqlx::query_scalar!(r#"select count(*) as "all!" from batch_balances"#);
        Ok((all.fetch_one(&mut self.connection).await.map_err(failed)?, found))
    }

    /// How many open items there are, and the first dimensions whose items are not the balance of the ledger. The VAT kept with open
    /// advances of customers is the balance of its account in the same way, and so is the currency of those in one.
    pub(crate) async fn settlements(&mut self, at_most: i64) -> Result<(i64, Vec<Witness>), Error> {
        let found = sqlx::query_as!(
            Witness,
            r#"with items as (
                   select company_id, account, party_id, contract_id, deal_id, order_id,
                       sum(case when account in ('receivables', 'supplier_advances', 'claims') then open else -open end) as amount
                   from settlement_items group by 1, 2, 3, 4, 5, 6
                   union all
                   select company_id, 'vat_on_customer_advances', party_id, contract_id, deal_id, order_id, sum(open_vat)
                   from settlement_items where account = 'customer_advances' group by 1, 3, 4, 5, 6
                   union all
                   select company_id, account || ' in ' || currency, party_id, contract_id, deal_id, order_id,
                       sum(case when account = 'supplier_advances' then open_currency else -open_currency end)
                   from settlement_items where currency <> 'RUB' group by 1, 2, 3, 4, 5, 6),
               ledger as (
                   select company_id, account, party_id, contract_id, deal_id, order_id, sum(amount) as amount from ledger_entry
                   where account in ('receivables', 'customer_advances', 'payables', 'supplier_advances', 'claims', 'vat_on_customer_advances')
                   group by 1, 2, 3, 4, 5, 6
                   union all
                   select company_id, account || ' in ' || currency, party_id, contract_id, deal_id, order_id, sum(currency_amount)
                   from ledger_entry where account in ('payables', 'supplier_advances') and currency <> 'RUB' group by 1, 2, 3, 4, 5, 6)
               select concat('company_id=', company_id, ' account=', account, ' party_id=', party_id, ' contract_id=', contract_id,
                          ' deal_id=', deal_id, ' order_id=', order_id) as "key!",
                      format('settlement_items: open=%s; ledger: amount=%s', i.amount, l.amount) as "said!"
               from items i full join ledger l using (company_id, account, party_id, contract_id, deal_id, order_id)
               where coalesce(i.amount, 0) <> coalesce(l.amount, 0)
               order by company_id, account, party_id, contract_id, deal_id, order_id limit $1"#,
            at_most
        )
        .fetch_all(&mut self.connection)
        .await
        .map_err(failed)?;
        let all = sqlx::query_scalar!(r#"select count(*) as "all!" from settlement_items"#);
        Ok((all.fetch_one(&mut self.connection).await.map_err(failed)?, found))
    }
}

/// Rows that are not marked deleted.
fn live(table: &Table) -> &'static str {
    if table.columns.iter().any(|(_, kind)| *kind == Type::DeletedAt) { "deleted_at is null" } else { "true" }
}

/// A row as one text, its columns in the order of the table.
fn text(table: &Table) -> String {
    let columns: Vec<String> = table
        .columns
        .iter()
        .filter_map(|(name, kind)| {
            Some(match kind {
                Type::DeletedAt => return None,
                Type::DateOrNull => format!("coalesce({name}::text, '')"),
                Type::Time => format!("(extract(epoch from {name}) * 1000000)::bigint::text"),
                Type::TimeOrNull => format!("coalesce((extract(epoch from {name}) * 1000000)::bigint::text, '')"),
                _ => format!("{name}::text"),
            })
        })
        .collect();
    format!("concat_ws(chr({}), {})", u32::from(SEPARATOR), columns.join(", "))
}
