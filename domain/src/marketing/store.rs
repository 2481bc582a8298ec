//! SQL of channels.

use super::Channel;
use super::commands::Create;
use crate::command::Run;
use crate::db::Db;
use crate::error::{Error, Result};

/// Channels by id, after `after`, at most `limit`: those in use, those retired, or all.
pub async fn list(db: &Db, active: Option<bool>, after: i64, limit: i64) -> Result<Vec<Channel>> {
    Ok(sqlx::query_as!(
        Channel,
        "select channel_id, code, name, version, active from channels
         where channel_id > $1 and ($3::boolean is null or active = $3) order by channel_id limit $2",
        after,
        limit,
        active
    )
    .fetch_all(db)
    .await?)
}

/// The channels of these ids.
pub async fn list_by_ids(db: &Db, channel_ids: &[i64]) -> Result<Vec<Channel>> {
    Ok(sqlx::query_as!(
        Channel,
        "select channel_id, code, name, version, active from channels where channel_id = any($1)",
        channel_ids
    )
    .fetch_all(db)
    .await?)
}

/// The channel, or `NOT_FOUND`.
pub async fn get_in_tx(run: &mut Run<'_>, channel_id: i64) -> Result<Channel> {
    sqlx::query_as!(Channel, "select channel_id, code, name, version, active from channels where channel_id = $1", channel_id)
        .fetch_optional(&mut *run.tx)
        .await?
        .ok_or_else(|| Error::not_found("channel", channel_id))
}

/// Makes the channels of these codes that do not exist yet, named by their code.
pub async fn ensure_in_tx(run: &mut Run<'_>, codes: &[String]) -> Result<()> {
    sqlx::query!(
        "insert into channels (code, name) select distinct code, code from unnest($1::text[]) as given (code) order by code
         on conflict (code) do nothing",
        codes
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}

pub(super) async fn insert_in_tx(run: &mut Run<'_>, new: &Create) -> Result<Channel> {
    Ok(sqlx::query_as!(
        Channel,
        "insert into channels (code, name) values ($1, $2) returning channel_id, code, name, version, active",
        new.code,
        new.name
    )
    .fetch_one(&mut *run.tx)
    .await?)
}

/// Locks a channel. Errors: `NOT_FOUND`.
pub(super) async fn lock_in_tx(run: &mut Run<'_>, channel_id: i64) -> Result<Channel> {
    sqlx::query!("select channel_id from channels where channel_id = $1 for no key update", channel_id)
        .fetch_optional(&mut *run.tx)
        .await?;
    get_in_tx(run, channel_id).await
}

pub(super) async fn save_in_tx(run: &mut Run<'_>, channel: &Channel) -> Result<()> {
    sqlx::query!(
        "update channels set name = $2, active = $3, version = $4 where channel_id = $1",
        channel.channel_id,
        channel.name,
        channel.active,
        channel.version
    )
    .execute(&mut *run.tx)
    .await?;
    Ok(())
}
