//! Commands on channels.

use serde::{Deserialize, Serialize};

use super::{Channel, UNKNOWN, store};
use crate::access::Permission;
use crate::command::{self, Ctx, Outcome, same_version};
use crate::db::Db;
use crate::error::{Code, Error, Result};
use crate::text;

/// A new channel.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Create {
    /// Stable code.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// Creates a channel. Errors: `INVALID_INPUT`, `ALREADY_EXISTS`, `FORBIDDEN`.
pub async fn create(db: &Db, ctx: &Ctx, mut input: Create) -> Result<Outcome<Channel>> {
    input.code = text::required(&input.code, "code", 60)?;
    input.name = text::required(&input.name, "name", 120)?;
    command::run(db, ctx, "marketing.channel_create", Permission::ManageChannels, &input, async |run, input| {
        store::insert_in_tx(run, input).await
    })
    .await
}

/// Another name for a channel, or an end to its use; `None` = as it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Update {
    /// Which.
    pub channel_id: i64,
    /// The version the client read.
    pub expected_version: i32,
    /// Its name.
    pub name: Option<String>,
    /// New deals may name it.
    pub active: Option<bool>,
}

/// Renames or retires a channel (изменить канал); its code stays. The channel of leads without an origin is always in use.
///
/// Errors: `NOT_FOUND`, `VERSION_CONFLICT`, `INVALID_INPUT`, `STILL_IN_USE`, `FORBIDDEN`.
pub async fn update(db: &Db, ctx: &Ctx, mut input: Update) -> Result<Outcome<Channel>> {
    input.name = input.name.map(|name| text::required(&name, "name", 120)).transpose()?;
    command::run(db, ctx, "marketing.channel_update", Permission::ManageChannels, &input, async |run, input| {
        let mut channel = store::lock_in_tx(run, input.channel_id).await?;
        same_version("channel", channel.channel_id, channel.version, input.expected_version)?;
        if channel.code == UNKNOWN && input.active == Some(false) {
            let message = "leads without an origin come by this channel; it stays in use";
            return Err(Error::rejected(Code::StillInUse, message));
        }
        channel.name = input.name.clone().unwrap_or(channel.name);
        channel.active = input.active.unwrap_or(channel.active);
        channel.version += 1;
        store::save_in_tx(run, &channel).await?;
        Ok(channel)
    })
    .await
}
