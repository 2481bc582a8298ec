//! SQL of what people were told, for themselves: as far as they may see it now.

use chrono::{DateTime, Utc};

use super::store::Roles;
use super::{Facts, Notification, Subject};
use crate::access::{Actor, Scope};
use crate::db::Db;
use crate::error::{Error, Result};

/// A notification as it is stored.
struct Row {
    notification_id: i64,
    user_id: i64,
    kind_id: i64,
    subject: String,
    subject_id: i64,
    number: String,
    name: String,
    amount: rust_decimal::Decimal,
    percent: rust_decimal::Decimal,
    count: i64,
    day: Option<chrono::NaiveDate>,
    created_at: DateTime<Utc>,
    read_at: Option<DateTime<Utc>>,
}

impl TryFrom<Row> for Notification {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let Row { notification_id, user_id, kind_id, created_at, read_at, .. } = row;
        let subject = Subject::of(&row.subject, row.subject_id)?;
        let facts = Facts {
            number: row.number,
            name: row.name,
            amount: row.amount,
            percent: row.percent,
            count: row.count,
            day: row.day,
        };
        Ok(Self { notification_id, user_id, kind_id, subject, facts, created_at, read_at })
    }
}

/// What the role of the one who reads permits, by code, and whose deals the reader sees.
fn reader(actor: &Actor) -> (Vec<String>, Scope) {
    let permitted = actor.role.grant().permissions.iter().filter(|permission| actor.may(**permission));
    (permitted.map(|permission| permission.as_str().to_owned()).collect(), actor.scope())
}

/// What the actor was told, newest first, after the row `(created_at, notification_id)`, at most `limit`; only `unread` ones if asked.
pub async fn list(
    db: &Db,
    actor: &Actor,
    unread: bool,
    after: Option<(DateTime<Utc>, i64)>,
    limit: i64,
) -> Result<Vec<Notification>> {
    let (permissions, scope) = reader(actor);
    let (after_at, after_id) = after.unzip();
    let rows = sqlx::query_as!(
        Row,
        r#"select n.notification_id, n.user_id, n.kind_id, n.subject, n.subject_id, n.number, n.name, n.amount, n.percent, n.count,
               n.day, n.created_at, n.read_at
           from notifications n join notification_kinds k using (kind_id)
           where n.user_id = $1 and k.needs <@ $2::text[]
               and ($3::bigint[] is null or not k.of_deal
                   or exists (select from deals d where d.deal_id = n.deal_id and d.employee_id = any($3) and d.deleted_at is null))
               and (not $4 or n.read_at is null)
               and ($5::timestamptz is null or (n.created_at, n.notification_id) < ($5, $6::bigint))
           order by n.created_at desc, n.notification_id desc limit $7"#,
        actor.user_id,
        &permissions,
        scope.employees(),
        unread,
        after_at,
        after_id,
        limit
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Notification::try_from).collect()
}

/// How many notifications the actor has not read.
pub async fn count_unread(db: &Db, actor: &Actor) -> Result<i64> {
    let (permissions, scope) = reader(actor);
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "count!"
           from notifications n join notification_kinds k using (kind_id)
           where n.user_id = $1 and n.read_at is null and k.needs <@ $2::text[]
               and ($3::bigint[] is null or not k.of_deal
                   or exists (select from deals d where d.deal_id = n.deal_id and d.employee_id = any($3) and d.deleted_at is null))"#,
        actor.user_id,
        &permissions,
        scope.employees()
    )
    .fetch_one(db)
    .await?)
}

/// The notifications of these ids, whoever was told, as far as each may see it now: show a row to its `user_id` only.
pub async fn list_by_ids(db: &Db, notification_ids: &[i64]) -> Result<Vec<Notification>> {
    let roles = Roles::all();
    let rows = sqlx::query_as!(
        Row,
        r#"select n.notification_id, n.user_id, n.kind_id, n.subject, n.subject_id, n.number, n.name, n.amount, n.percent, n.count,
               n.day, n.created_at, n.read_at
           from notifications n join notification_kinds k using (kind_id)
           join users u on u.user_id = n.user_id and u.active
           join unnest($2::text[], $3::text[], $4::boolean[]) as r (code, permissions, own)
               on r.code = u.role and k.needs <@ string_to_array(r.permissions, ' ')
           where n.notification_id = any ($1)
               and (not k.of_deal or not r.own
                   or exists (select from deals d where d.deal_id = n.deal_id and d.deleted_at is null
                       and (d.employee_id = u.employee_id or d.employee_id = any(colleagues_of(u.employee_id)))))
           order by n.notification_id"#,
        notification_ids,
        &roles.codes,
        &roles.permissions,
        &roles.own
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(Notification::try_from).collect()
}
