//! Placeholder of the GraphQL layer: the signatures the rest of the crate is built against.

use std::sync::Arc;

use async_graphql::{EmptyMutation, EmptySubscription, Object};
use chrono::{DateTime, Utc};
use shpunt_domain::Db;
use shpunt_domain::access::User;

/// Reads the time.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Labels in this language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Russian.
    Ru,
    /// English.
    En,
}

/// What resolvers use.
pub struct Services {
    /// PostgreSQL.
    pub db: Db,
    /// The clock.
    pub clock: Clock,
}

/// Who asks.
pub struct Caller {
    /// The user of the session.
    pub user: Option<User>,
    /// Its token.
    pub token: Option<String>,
    /// Of labels.
    pub language: Language,
    /// For errors.
    pub request_id: String,
}

/// The root.
pub struct Query;

/// Fields.
#[Object]
impl Query {
    /// The login of the session.
    async fn viewer(&self, ctx: &async_graphql::Context<'_>) -> Option<String> {
        ctx.data_unchecked::<Caller>().user.as_ref().map(|user| user.login.clone())
    }
}

/// The schema.
pub type Schema = async_graphql::Schema<Query, EmptyMutation, EmptySubscription>;

/// Builds it.
pub fn schema(services: Services) -> Schema {
    Schema::build(Query, EmptyMutation, EmptySubscription).data(services).finish()
}

/// As text.
pub fn sdl() -> String {
    Schema::build(Query, EmptyMutation, EmptySubscription).finish().sdl()
}

/// Answers one request.
pub async fn execute(schema: &Schema, request: async_graphql::Request, caller: Caller) -> async_graphql::Response {
    schema.execute(request.data(caller)).await
}
