//! The log of margin at completion, and what it tells: how the margin of a deal came to be what it is.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::{Key, Margin, What, store};
use crate::access::Scope;
use crate::command::Run;
use crate::db::Db;
use crate::error::{Error, Result};

/// Writes which components of the deal the running command changed, batches that became dearer since the last command included.
pub(crate) async fn note_in_tx(run: &mut Run<'_>, deal_id: i64) -> Result<()> {
    // One after another: each must see what the one before wrote.
    sqlx::query_scalar!("select pg_advisory_xact_lock(hashtextextended('margin_changes', $1))::text", deal_id)
        .fetch_one(&mut *run.tx)
        .await?;
    let known = known(&mut run.tx, deal_id, None).await?;
    let now = store::components(&mut run.tx, deal_id).await?;
    let now: BTreeMap<Key, Decimal> = now.into_iter().map(|(key, sum)| (key, sum.total())).collect();
    let changed = changed(&known, &now);
    if changed.is_empty() {
        return Ok(());
    }
    let ids = |id: fn(&Key) -> i64| changed.iter().map(|(key, _, _)| id(key)).collect::<Vec<_>>();
    let what: Vec<String> = changed.iter().map(|(key, _, _)| key.what.as_str().to_owned()).collect();
    sqlx::query!(
        "insert into margin_changes (deal_id, at, command_id, cause, component, order_id, batch_id, article_id, was, became)
         select $1, coalesce($2, clock_timestamp()), $3, $4, c.component, c.order_id, c.batch_id, c.article_id, c.was, c.became
         from unnest($5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::numeric[], $10::numeric[])
             as c (component, order_id, batch_id, article_id, was, became)",
        deal_id,
        run.booked_at(),
        run.command_id,
        run.name,
        &what,
        &ids(|key| key.order_id),
        &ids(|key| key.batch_id),
        &ids(|key| key.article_id),
        &changed.iter().map(|(_, was, _)| *was).collect::<Vec<_>>(),
        &changed.iter().map(|(_, _, became)| *became).collect::<Vec<_>>()
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

impl What {
    /// The code stored in the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Revenue => "revenue",
            Self::Cost => "cost",
            Self::Expense => "expense",
            Self::Waiting => "waiting",
        }
    }
}

/// What differs, with both amounts.
fn changed(was: &BTreeMap<Key, Decimal>, is: &BTreeMap<Key, Decimal>) -> Vec<(Key, Decimal, Decimal)> {
    let of = |known: &BTreeMap<Key, Decimal>, key: &Key| known.get(key).copied().unwrap_or_default();
    let keys: BTreeSet<&Key> = was.keys().chain(is.keys()).collect();
    keys.into_iter().map(|key| (*key, of(was, key), of(is, key))).filter(|(_, was, is)| was != is).collect()
}

/// The last logged amount of every component, up to a row of the log.
async fn known(connection: &mut PgConnection, deal_id: i64, until: Option<i64>) -> Result<BTreeMap<Key, Decimal>> {
    let rows = sqlx::query!(
        r#"select distinct on (component, order_id, batch_id, article_id) component as "what: What", order_id, batch_id, article_id, became
           from margin_changes where deal_id = $1 and ($2::bigint is null or margin_change_id <= $2)
           order by component, order_id, batch_id, article_id, margin_change_id desc"#,
        deal_id,
        until
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let key = Key { what: row.what, order_id: row.order_id, batch_id: row.batch_id, article_id: row.article_id };
            (key, row.became)
        })
        .collect())
}

/// What changed the margin of a deal at completion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When; none = since the last command of the deal: its batches became dearer or cheaper.
    pub at: Option<DateTime<Utc>>,
    /// Name of the command; empty when there was none.
    pub cause: String,
    /// What of the margin.
    pub key: Key,
    /// Number of the order, may be empty.
    pub order_number: String,
    /// Number of the batch, may be empty.
    pub batch_number: String,
    /// Article in Russian, may be empty.
    pub article_ru: String,
    /// Article in English, may be empty.
    pub article_en: String,
    /// Before, roubles.
    pub was: Decimal,
    /// After.
    pub became: Decimal,
}

impl Change {
    /// What it did to the margin.
    pub fn effect(&self) -> Margin {
        let mut effect = Margin::default();
        effect.add(self.key.what, self.became - self.was);
        effect
    }
}

/// How the margin at completion moved (движение маржи): before and all effects make it now, to the kopeck.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// As it was then.
    pub before: Margin,
    /// As it is now.
    pub now: Margin,
    /// What changed it, in order.
    pub changes: Vec<Change>,
}

/// What changed the margin at completion of a deal since a moment; `None` = since the first command that gave it one, its first plan.
/// What batches cost is known as of the deal's last command before the moment. Errors: `NOT_FOUND` (also outside the scope).
pub async fn drift(db: &Db, scope: &Scope, deal_id: i64, since: Option<DateTime<Utc>>) -> Result<Drift> {
    // One snapshot for the log and for what is now.
    let mut tx = db.begin().await?;
    sqlx::query!("set transaction isolation level repeatable read, read only").execute(&mut *tx).await?;
    if !store::is_visible(&mut tx, scope, deal_id).await? {
        return Err(Error::not_found("deal", deal_id));
    }
    let first = sqlx::query_scalar!(
        r#"select coalesce(max(margin_change_id), 0) as "last!" from margin_changes
           where deal_id = $1 and case when $2::timestamptz is null
               then command_id = (select command_id from margin_changes where deal_id = $1 order by margin_change_id limit 1)
               else at <= $2 end"#,
        deal_id,
        since
    )
    .fetch_one(&mut *tx)
    .await?;
    let before = known(&mut tx, deal_id, Some(first)).await?;
    let logged = known(&mut tx, deal_id, None).await?;
    let now: BTreeMap<Key, Decimal> =
        store::components(&mut tx, deal_id).await?.into_iter().map(|(key, sum)| (key, sum.total())).collect();
    let mut changes = told(&mut tx, deal_id, first).await?;
    let unsaid = changed(&logged, &now);
    changes.extend(named(&mut tx, unsaid).await?);
    Ok(Drift { before: margin(&before), now: margin(&now), changes })
}

fn margin(components: &BTreeMap<Key, Decimal>) -> Margin {
    let mut margin = Margin::default();
    for (key, amount) in components {
        margin.add(key.what, *amount);
    }
    margin
}

/// The rows of the log after one of them.
async fn told(connection: &mut PgConnection, deal_id: i64, after: i64) -> Result<Vec<Change>> {
    let rows = sqlx::query!(
        r#"select c.at, c.cause, c.component as "what: What", c.order_id, c.batch_id, c.article_id, c.was, c.became,
               coalesce(o.number, '') as "order_number!", coalesce(b.number, '') as "batch_number!",
               coalesce(a.name_ru, '') as "article_ru!", coalesce(a.name_en, '') as "article_en!"
           from margin_changes c left join orders o using (order_id) left join batches b using (batch_id) left join articles a using (article_id)
           where c.deal_id = $1 and c.margin_change_id > $2 order by c.margin_change_id"#,
        deal_id,
        after
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Change {
            at: Some(row.at),
            cause: row.cause,
            key: Key { what: row.what, order_id: row.order_id, batch_id: row.batch_id, article_id: row.article_id },
            order_number: row.order_number,
            batch_number: row.batch_number,
            article_ru: row.article_ru,
            article_en: row.article_en,
            was: row.was,
            became: row.became,
        })
        .collect())
}

/// Changes nobody logged, with the numbers people know.
async fn named(connection: &mut PgConnection, unsaid: Vec<(Key, Decimal, Decimal)>) -> Result<Vec<Change>> {
    let mut changes = Vec::with_capacity(unsaid.len());
    for (key, was, became) in unsaid {
        let names = sqlx::query!(
            r#"select coalesce((select number from orders where order_id = $1), '') as "order!",
                   coalesce((select number from batches where batch_id = $2), '') as "batch!",
                   coalesce((select name_ru from articles where article_id = $3), '') as "ru!",
                   coalesce((select name_en from articles where article_id = $3), '') as "en!""#,
            key.order_id,
            key.batch_id,
            key.article_id
        )
        .fetch_one(&mut *connection)
        .await?;
        changes.push(Change {
            at: None,
            cause: String::new(),
            key,
            order_number: names.order,
            batch_number: names.batch,
            article_ru: names.ru,
            article_en: names.en,
            was,
            became,
        });
    }
    Ok(changes)
}
