//! SQL of calls: a manager sees those of the own deals and the team's, and those the own people talked in.

use chrono::{DateTime, Utc};

use super::commands::Record;
use super::{Call, Direction};
use crate::access::Scope;
use crate::command::Run;
use crate::db::Db;
use crate::error::{Error, Result};

/// Which calls a list shows; `None` = all.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this deal.
    pub deal_id: Option<i64>,
    /// Of this party.
    pub party_id: Option<i64>,
    /// Only incoming ones nobody talked in (true), or only the others (false).
    pub missed: Option<bool>,
    /// Begun at this moment or later.
    pub from: Option<DateTime<Utc>>,
    /// Begun before this moment.
    pub before: Option<DateTime<Utc>>,
    /// With this person, who talked or was to.
    pub employee_id: Option<i64>,
    /// Only incoming or only outgoing ones.
    pub direction: Option<Direction>,
    /// Digits of the other side's number; empty = all.
    pub digits: String,
}

/// Calls in scope, newest first, after the row `(started_at, call_id)`, at most `limit`.
pub async fn list(db: &Db, scope: &Scope, filter: &Filter, after: Option<(DateTime<Utc>, i64)>, limit: i64) -> Result<Vec<Call>> {
    let (after_at, after_id) = after.unzip();
    Ok(sqlx::query_as!(
        Call,
        r#"select c.call_id, c.source, c.external_id, c.direction as "direction: Direction", c.phone, c.line, c.employee_id, c.deal_id,
               c.party_id, c.started_at, c.talk_seconds
           from calls c
           where ($1::bigint[] is null or c.deal_id = 0 and c.employee_id = any($1)
                   or exists (select from deals d where d.deal_id = c.deal_id and d.employee_id = any($1)))
               and ($2::bigint is null or c.deal_id = $2)
               and ($3::bigint is null or c.party_id = $3)
               and ($4::boolean is null or (c.direction = 'incoming' and c.talk_seconds = 0) = $4)
               and ($5::timestamptz is null or c.started_at >= $5)
               and ($6::timestamptz is null or c.started_at < $6)
               and ($7::timestamptz is null or (c.started_at, c.call_id) < ($7, $8::bigint))
               and ($10::bigint is null or c.employee_id = $10)
               and ($11::text is null or c.direction = $11)
               and ($12 = '' or search_digits(c.phone) like '%' || $12 || '%')
           order by c.started_at desc, c.call_id desc limit $9"#,
        scope.employees(),
        filter.deal_id,
        filter.party_id,
        filter.missed,
        filter.from,
        filter.before,
        after_at,
        after_id,
        limit,
        filter.employee_id,
        filter.direction.map(Direction::as_str),
        filter.digits
    )
    .fetch_all(db)
    .await?)
}

/// The calls of these ids that are in scope.
pub async fn list_by_ids(db: &Db, scope: &Scope, call_ids: &[i64]) -> Result<Vec<Call>> {
    Ok(sqlx::query_as!(
        Call,
        r#"select c.call_id, c.source, c.external_id, c.direction as "direction: Direction", c.phone, c.line, c.employee_id, c.deal_id,
               c.party_id, c.started_at, c.talk_seconds
           from calls c
           where c.call_id = any($1)
               and ($2::bigint[] is null or c.deal_id = 0 and c.employee_id = any($2)
                   or exists (select from deals d where d.deal_id = c.deal_id and d.employee_id = any($2)))"#,
        call_ids,
        scope.employees()
    )
    .fetch_all(db)
    .await?)
}

/// Whose number it is.
#[derive(Debug, Clone, Default)]
pub(super) struct Whose {
    /// The deal; 0 = none.
    deal_id: i64,
    /// The party; 0 = none.
    party_id: i64,
    /// Of the party, or of who called.
    pub(super) name: String,
}

/// Whose number ends in these digits: the newest open deal of it, else the party alone.
pub(super) async fn whose_in_tx(run: &mut Run<'_>, digits: &str) -> Result<Whose> {
    let found = sqlx::query_as!(
        Whose,
        r#"with known as (
               select party_id from parties
               where deleted_at is null and inn || ' ' || search_digits(phone) like '%' || $1 || '%'
                   and search_digits(phone) like '%' || $1
               union
               select party_id from contacts join parties using (party_id)
               where deleted_at is null and search_digits(contacts.phone) like '%' || $1 || '%' and search_digits(contacts.phone) like '%' || $1),
           calling as (
               select d.deal_id, d.party_id, d.contact_name, 0 as rank, d.opened_at from deals d
               where d.deleted_at is null and d.closed_at is null
                   and search_digits(d.number) || ' ' || search_digits(d.contact_phone) like '%' || $1 || '%'
                   and search_digits(d.contact_phone) like '%' || $1
               union all
               select d.deal_id, d.party_id, d.contact_name, 1, d.opened_at from deals d join known using (party_id)
               where d.deleted_at is null and d.closed_at is null
               union all
               select 0, party_id, '', 2, null from known)
           select c.deal_id as "deal_id!", c.party_id as "party_id!", coalesce(p.name, c.contact_name, '') as "name!"
           from calling c left join parties p on p.party_id = c.party_id
           order by c.rank, c.opened_at desc nulls last, c.deal_id desc, c.party_id desc limit 1"#,
        digits
    )
    .fetch_optional(&mut *run.tx)
    .await?;
    Ok(found.unwrap_or_default())
}

/// Writes a call, or what is told of it again. Errors: `NOT_FOUND` when it is known, but not in the actor's scope.
pub(super) async fn upsert_in_tx(run: &mut Run<'_>, call: &Record, of: &Whose) -> Result<Call> {
    let scope = run.ctx.actor.scope();
    sqlx::query_as!(
        Call,
        r#"insert into calls as c (source, external_id, direction, phone, line, employee_id, deal_id, party_id, started_at, talk_seconds,
               created_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
           on conflict on constraint calls_external do update set
               talk_seconds = greatest(c.talk_seconds, excluded.talk_seconds),
               employee_id = case when excluded.employee_id <> 0 then excluded.employee_id else c.employee_id end
           where $12::bigint[] is null or c.deal_id = 0 and c.employee_id = any($12)
               or exists (select from deals d where d.deal_id = c.deal_id and d.employee_id = any($12))
           returning call_id, source, external_id, direction as "direction: Direction", phone, line, employee_id, deal_id, party_id,
               started_at, talk_seconds"#,
        call.source,
        call.external_id,
        call.direction.as_str(),
        call.phone,
        call.line,
        call.employee_id,
        of.deal_id,
        of.party_id,
        call.started_at,
        call.talk_seconds,
        run.ctx.now,
        scope.employees()
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("call", &call.external_id))
}
