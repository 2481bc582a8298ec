//! What people change of the catalogue and of their own notifications, and what is told outside of a command.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Fact, Kind, Settings, store};
use crate::access::{Actor, Permission};
use crate::command::{self, Ctx, Outcome, same_version};
use crate::db::Db;
use crate::error::{Error, Result};

/// Other settings for a kind.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KindUpdate {
    /// Which.
    pub kind_id: i64,
    /// The version the client read.
    pub expected_version: i32,
    /// The settings as they shall be, all of them.
    pub settings: Settings,
}

/// Changes to whom a kind is told and from when on (изменить вид уведомления).
///
/// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `INVALID_INPUT` (nobody would be told, a manager of no deal, a threshold that cannot be meant),
/// `FORBIDDEN`.
pub async fn kind_update(db: &Db, ctx: &Ctx, input: &KindUpdate) -> Result<Outcome<Kind>> {
    command::run(db, ctx, "notifications.kind_update", Permission::ManageSettings, input, async |run, input| {
        let mut kind = store::lock_kind_in_tx(run, input.kind_id).await?;
        same_version("notification_kind", kind.kind_id, kind.version, input.expected_version)?;
        kind.set(input.settings.clone())?;
        store::save_kind_in_tx(run, &kind).await?;
        Ok(kind)
    })
    .await
}

/// Marks these notifications of the actor as read (прочитано), whole or not at all; those read before stay as they were.
///
/// Errors: `NOT_FOUND`, also for those of others.
pub async fn mark_read(db: &Db, actor: &Actor, notification_ids: &[i64], now: DateTime<Utc>) -> Result<()> {
    let mut tx = db.begin().await?;
    // Locked in one order, so that two windows of one person cannot wait for each other.
    let own = sqlx::query_scalar!(
        "select notification_id from notifications where user_id = $1 and notification_id = any ($2) order by notification_id for update",
        actor.user_id,
        notification_ids
    )
    .fetch_all(&mut *tx)
    .await?;
    if let Some(missing) = notification_ids.iter().find(|id| !own.contains(id)) {
        return Err(Error::not_found("notification", missing));
    }
    sqlx::query!("update notifications set read_at = $2 where notification_id = any ($1) and read_at is null", &own, now)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

/// Marks everything the actor was told so far as read.
pub async fn mark_all_read(db: &Db, actor: &Actor, now: DateTime<Utc>) -> Result<()> {
    let mut tx = db.begin().await?;
    sqlx::query!(
        "with own as (
            select notification_id from notifications where user_id = $1 and read_at is null order by notification_id for update)
         update notifications n set read_at = $2 from own where n.notification_id = own.notification_id",
        actor.user_id,
        now
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Tells of a fact that no command causes, in a transaction of its own. Returns how many were told now.
pub async fn tell(db: &Db, code: &str, fact: Fact, now: DateTime<Utc>) -> Result<u64> {
    let mut tx = db.begin().await?;
    let told = store::tell_all_in_tx(&mut tx, code, &[fact], now).await?;
    tx.commit().await?;
    Ok(told)
}
