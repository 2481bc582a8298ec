//! Commands on channels.

use serde::{Deserialize, Serialize};

use super::{Channel, store};
use crate::access::Permission;
use crate::command::{self, Ctx, Outcome};
use crate::db::Db;
use crate::error::Result;
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
