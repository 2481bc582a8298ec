//! SQL of telling: who is told is decided by one statement, whatever is told and by whom.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::{Fact, Kind, Settings, Unit};
use crate::access::{GRANTS, Reach};
use crate::command::Run;
use crate::db::{Db, Tx};
use crate::error::{Error, Result};

/// What the roles permit, as the arrays a statement takes: codes, permissions with spaces between, whether they see the own deals and those of the team only.
pub(super) struct Roles {
    pub(super) codes: Vec<String>,
    pub(super) permissions: Vec<String>,
    pub(super) own: Vec<bool>,
}

impl Roles {
    pub(super) fn all() -> Self {
        let permissions = |grant: &crate::access::Grant| {
            grant.permissions.iter().map(|permission| permission.as_str()).collect::<Vec<_>>().join(" ")
        };
        Self {
            codes: GRANTS.iter().map(|grant| grant.role.as_str().to_owned()).collect(),
            permissions: GRANTS.iter().map(permissions).collect(),
            own: GRANTS.iter().map(|grant| grant.reach == Reach::Own).collect(),
        }
    }
}

/// From where on a kind is told inside this command; `None` when it is switched off, or when the command makes up a history.
pub async fn threshold_in_tx(run: &mut Run<'_>, code: &str) -> Result<Option<Decimal>> {
    if run.ctx.booked_at.is_some() {
        return Ok(None);
    }
    Ok(sqlx::query_scalar!("select threshold from notification_kinds where code = $1 and active", code)
        .fetch_optional(&mut *run.tx)
        .await?)
}

/// Tells of a fact as part of this command: heard when it commits. Returns how many were told now.
///
/// A command that makes up a history tells nobody.
pub async fn tell_in_tx(run: &mut Run<'_>, code: &str, fact: Fact) -> Result<u64> {
    if run.ctx.booked_at.is_some() {
        return Ok(0);
    }
    let now = run.ctx.now;
    tell_all_in_tx(&mut run.tx, code, &[fact], now).await
}

/// Tells of facts of one kind everybody whom they concern and who was not told before. Returns how many rows were written.
pub(super) async fn tell_all_in_tx(tx: &mut Tx<'_>, code: &str, facts: &[Fact], now: DateTime<Utc>) -> Result<u64> {
    if facts.is_empty() {
        return Ok(0);
    }
    let roles = Roles::all();
    let (subjects, subject_ids): (Vec<String>, Vec<i64>) =
        facts.iter().map(|fact| fact.subject.stored()).map(|(code, id)| (code.to_owned(), id)).unzip();
    let deal_ids: Vec<i64> = facts.iter().map(|fact| fact.deal_id).collect();
    let employee_ids: Vec<i64> = facts.iter().map(|fact| fact.employee_id).collect();
    let but_user_ids: Vec<i64> = facts.iter().map(|fact| fact.but_user_id).collect();
    let episodes: Vec<String> = facts.iter().map(|fact| fact.episode.clone()).collect();
    let numbers: Vec<String> = facts.iter().map(|fact| fact.facts.number.clone()).collect();
    let names: Vec<String> = facts.iter().map(|fact| fact.facts.name.clone()).collect();
    let amounts: Vec<Decimal> = facts.iter().map(|fact| fact.facts.amount).collect();
    let percents: Vec<Decimal> = facts.iter().map(|fact| fact.facts.percent).collect();
    let counts: Vec<i64> = facts.iter().map(|fact| fact.facts.count).collect();
    let days: Vec<Option<chrono::NaiveDate>> = facts.iter().map(|fact| fact.facts.day).collect();
    // A notification of PostgreSQL has 8000 bytes, a pair at most 40.
    let told = sqlx::query_scalar!(
        r#"with role as (
               select code, string_to_array(permissions, ' ') as permissions, own
               from unnest($1::text[], $2::text[], $3::boolean[]) as given (code, permissions, own)),
           fact as (
               select * from unnest($4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::text[], $9::text[], $10::numeric[],
                   $11::numeric[], $12::bigint[], $13::date[], $16::bigint[], $17::bigint[])
                   as given (subject, subject_id, deal_id, episode, number, name, amount, percent, count, day, employee_id,
                       but_user_id)),
           told as (
               insert into notifications (kind_id, user_id, subject, subject_id, deal_id, episode, number, name, amount, percent, count,
                   day, created_at)
               select k.kind_id, u.user_id, f.subject, f.subject_id, f.deal_id, f.episode, f.number, f.name, f.amount, f.percent,
                   f.count, f.day, $15
               from fact f
               join notification_kinds k on k.code = $14 and k.active
               left join deals d on d.deal_id = f.deal_id and d.deleted_at is null
               join users u on u.active and u.user_id <> f.but_user_id
               join role r on r.code = u.role and k.needs <@ r.permissions
               where ((k.to_manager and u.employee_id = coalesce(nullif(f.employee_id, 0), d.employee_id)) or u.role = any (k.to_roles)
                       or k.to_permissions && r.permissions)
                   and (not k.of_deal or not r.own or d.employee_id = u.employee_id
                       or d.employee_id = any(colleagues_of(u.employee_id)))
                   and not exists (
                       select from notifications n
                       where n.user_id = u.user_id and n.kind_id = k.kind_id and n.subject = f.subject
                           and n.subject_id = f.subject_id and n.episode = f.episode)
               -- In one order, so that two who tell the same wait for each other in no ring.
               order by u.user_id, f.subject_id
               on conflict do nothing
               returning notification_id, user_id),
           part as (
               select count(*) as rows, string_agg(user_id || ':' || notification_id, ' ' order by notification_id) as pairs
               from (select user_id, notification_id, (row_number() over (order by notification_id) - 1) / 150 as part from told) t
               group by part)
           select coalesce(sum(rows), 0)::bigint + 0 * count(pg_notify('notifications', pairs)) as "told!" from part"#,
        &roles.codes,
        &roles.permissions,
        &roles.own,
        &subjects,
        &subject_ids,
        &deal_ids,
        &episodes,
        &numbers,
        &names,
        &amounts,
        &percents,
        &counts,
        &days as &[Option<chrono::NaiveDate>],
        code,
        now,
        &employee_ids,
        &but_user_ids
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(u64::try_from(told).unwrap_or_default())
}

/// A kind as it is stored.
pub(super) struct Row {
    kind_id: i64,
    code: String,
    title_ru: String,
    title_en: String,
    text_ru: String,
    text_en: String,
    of_deal: bool,
    needs: Vec<String>,
    to_manager: bool,
    to_roles: Vec<String>,
    to_permissions: Vec<String>,
    threshold: Decimal,
    unit: String,
    active: bool,
    version: i32,
}

impl TryFrom<Row> for Kind {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let Row { kind_id, code, title_ru, title_en, text_ru, text_en, of_deal, needs, version, .. } = row;
        let settings = Settings {
            to_manager: row.to_manager,
            to_roles: row.to_roles,
            to_permissions: row.to_permissions,
            threshold: row.threshold,
            active: row.active,
        };
        let unit = Unit::parse(&row.unit)?;
        Ok(Self { kind_id, code, title_ru, title_en, text_ru, text_en, of_deal, needs, unit, settings, version })
    }
}

/// The whole catalogue by id: it is short.
pub async fn list_kinds(db: &Db) -> Result<Vec<Kind>> {
    let rows = sqlx::query_as!(
        Row,
        "select kind_id, code, title_ru, title_en, text_ru, text_en, of_deal, needs, to_manager, to_roles, to_permissions, threshold, unit,
            active, version
         from notification_kinds order by kind_id"
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Kind::try_from).collect()
}

/// The kinds of these ids.
pub async fn list_kinds_by_ids(db: &Db, kind_ids: &[i64]) -> Result<Vec<Kind>> {
    let rows = sqlx::query_as!(
        Row,
        "select kind_id, code, title_ru, title_en, text_ru, text_en, of_deal, needs, to_manager, to_roles, to_permissions, threshold, unit,
            active, version
         from notification_kinds where kind_id = any($1)",
        kind_ids
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Kind::try_from).collect()
}

/// Locks a kind, or `NOT_FOUND`; whoever tells is not held up.
pub(super) async fn lock_kind_in_tx(run: &mut Run<'_>, kind_id: i64) -> Result<Kind> {
    sqlx::query_as!(
        Row,
        "select kind_id, code, title_ru, title_en, text_ru, text_en, of_deal, needs, to_manager, to_roles, to_permissions, threshold, unit,
            active, version
         from notification_kinds where kind_id = $1 for no key update",
        kind_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("notification_kind", kind_id))?
    .try_into()
}

/// Saves the settings of a kind.
pub(super) async fn save_kind_in_tx(run: &mut Run<'_>, kind: &Kind) -> Result<()> {
    let settings = &kind.settings;
    sqlx::query!(
        "update notification_kinds set to_manager = $2, to_roles = $3, to_permissions = $4, threshold = $5, active = $6, version = $7
         where kind_id = $1",
        kind.kind_id,
        settings.to_manager,
        &settings.to_roles,
        &settings.to_permissions,
        settings.threshold,
        settings.active,
        kind.version
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}
