//! Channels in the graph.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use shpunt_domain::Db;
use shpunt_domain::access::Scope;
use shpunt_domain::marketing::{self, commands, store};

use super::caller::{command, db};
use super::error::Result;
use super::ids::{Entity, Id, Key};
use super::loaders::{Batch, by_id};
use super::page;
use super::plan::{Field, Step, Steps};
use super::scalars::Uuid;
use super::user_error::payload;

/// Where leads come from (канал привлечения).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Channel {
    /// Id (идентификатор).
    pub(crate) id: Key,
    /// Stable code (код); `unknown` always exists.
    code: String,
    /// Name (название).
    name: String,
    /// Grows with every change (версия).
    version: i32,
    /// New documents may name it (используется).
    is_active: bool,
}

impl Entity for Channel {
    const PREFIX: &'static str = "channel";
}

impl From<marketing::Channel> for Channel {
    fn from(row: marketing::Channel) -> Self {
        Self { id: Key::of::<Self>(row.channel_id), code: row.code, name: row.name, version: row.version, is_active: row.active }
    }
}

impl Steps for Channel {
    fn step(field: &Field<'_>) -> Option<Step<Self>> {
        match field.name {
            "id" => field.leaf(|channel: &Self| &channel.id),
            "code" => field.leaf(|channel: &Self| &channel.code),
            "name" => field.leaf(|channel: &Self| &channel.name),
            "version" => field.leaf(|channel: &Self| &channel.version),
            "isActive" => field.leaf(|channel: &Self| &channel.is_active),
            _ => None,
        }
    }
}

/// Channels of the given ids.
pub(super) fn by_ids(db: Db, _: Scope, ids: Vec<i64>) -> Batch<Channel> {
    Box::pin(async move { Ok(by_id(store::list_by_ids(&db, &ids).await?, |row| row.channel_id)) })
}

/// Questions about channels.
#[derive(Default)]
pub(crate) struct MarketingQuery;

#[Object]
impl MarketingQuery {
    #[graphql(complexity = "page::list(child_complexity)")]
    /// All channels (каналы), by id; there are few.
    async fn channels(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Those in use, or those that are not (используется); left out = all.")] is_active: Option<bool>,
    ) -> Result<Vec<Channel>> {
        Ok(store::list(db(ctx), is_active, 0, i64::MAX).await?.into_iter().map(Channel::from).collect())
    }
}

/// A new channel (новый канал).
#[derive(InputObject)]
pub(crate) struct ChannelCreateInput {
    /// Stable code (код), unique.
    code: String,
    /// Name (название).
    name: String,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// Another name for a channel (изменение канала): what is left out stays.
#[derive(InputObject)]
pub(crate) struct ChannelUpdateInput {
    /// Which (канал).
    channel_id: Id<Channel>,
    /// The version you read (версия).
    expected_version: i32,
    /// Name (название).
    name: Option<String>,
    /// New deals may name it (используется).
    is_active: Option<bool>,
}

payload! {
    /// What `channelUpdate` did.
    ChannelUpdatePayload {
        /// The channel as it is now (канал); null when nothing was done.
        channel: Channel
    }
}

payload! {
    /// What `channelCreate` did.
    ChannelCreatePayload {
        /// The new channel (канал); null when nothing was done.
        channel: Channel
    }
}

/// Changes of channels.
#[derive(Default)]
pub(crate) struct MarketingMutation;

#[Object]
impl MarketingMutation {
    /// Renames or retires a channel (изменить канал); its code stays. Codes: `NOT_FOUND`, `VERSION_CONFLICT`, `INVALID_INPUT`, `STILL_IN_USE` (`unknown` always exists).
    async fn channel_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to change (что изменить).")] input: ChannelUpdateInput,
    ) -> Result<ChannelUpdatePayload> {
        let update = commands::Update {
            channel_id: input.channel_id.number,
            expected_version: input.expected_version,
            name: input.name,
            active: input.is_active,
        };
        ChannelUpdatePayload::of(commands::update(db(ctx), &command(ctx, None)?, update).await)
    }

    /// Creates a channel (создать канал). Codes: `INVALID_INPUT`, `ALREADY_EXISTS` (the code).
    async fn channel_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new channel (новый канал).")] input: ChannelCreateInput,
    ) -> Result<ChannelCreatePayload> {
        let create = commands::Create { code: input.code, name: input.name };
        ChannelCreatePayload::of(commands::create(db(ctx), &command(ctx, input.idempotency_key)?, create).await)
    }
}
