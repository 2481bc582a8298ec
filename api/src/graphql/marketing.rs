//! Channels in the graph.

use async_graphql::{Context, Object, SimpleObject};
use shpunt_domain::marketing::{self, store};

use super::caller::db;
use super::error::Result;
use super::ids::{Entity, Key};

/// Where leads come from (канал привлечения).
#[derive(SimpleObject, Debug, Clone)]
pub(crate) struct Channel {
    /// Id (идентификатор).
    id: Key,
    /// Stable code (код); `unknown` always exists.
    code: String,
    /// Name (название).
    name: String,
    /// Grows with every change (версия).
    version: i32,
}

impl Entity for Channel {
    const PREFIX: &'static str = "channel";
}

impl From<marketing::Channel> for Channel {
    fn from(row: marketing::Channel) -> Self {
        Self { id: Key::of::<Self>(row.channel_id), code: row.code, name: row.name, version: row.version }
    }
}

/// Questions about channels.
#[derive(Default)]
pub(crate) struct MarketingQuery;

#[Object]
impl MarketingQuery {
    /// All channels (каналы), by id; there are few.
    async fn channels(&self, ctx: &Context<'_>) -> Result<Vec<Channel>> {
        Ok(store::list(db(ctx), 0, i64::MAX).await?.into_iter().map(Channel::from).collect())
    }
}
