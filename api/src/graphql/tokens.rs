//! Tokens of programs in the graph: made, listed and ended by people.

use async_graphql::{ComplexObject, Context, InputObject, Object, SimpleObject};
use shpunt_domain::access::tokens;
use shpunt_domain::command::Outcome;

use super::access::User;
use super::caller::{command, db, services, user};
use super::error::Result;
use super::ids::{Entity, Id, Key};
use super::loaders::loaders;
use super::permissions::Permission;
use super::scalars::{Moment, Uuid};
use super::user_error::{UserError, payload};

/// The key of a program (токен): it acts as its user, within these permissions and no more than the user's role gives at the moment.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(crate) struct ApiToken {
    /// Id (идентификатор); what a program sends begins with it.
    id: Key,
    /// What it is for (назначение).
    name: String,
    /// What it may do (права), as far as the user's role still permits it.
    permissions: Vec<Permission>,
    /// It is good until then (действует до).
    expires_at: Moment,
    /// When it was made (выпущен).
    created_at: Moment,
    /// When it was last used, to five minutes (последнее обращение); null when it never was.
    last_used_at: Option<Moment>,
    /// When it was ended before its time (отозван); null when it was not.
    revoked_at: Option<Moment>,
    #[graphql(skip)]
    user_id: i64,
    #[graphql(skip)]
    created_by: i64,
}

impl Entity for ApiToken {
    const PREFIX: &'static str = "api_token";
}

impl From<tokens::Token> for ApiToken {
    fn from(row: tokens::Token) -> Self {
        Self {
            id: Key::of::<Self>(row.token_id),
            name: row.name,
            permissions: row.permissions.iter().map(Permission::from).collect(),
            expires_at: Moment(row.expires_at),
            created_at: Moment(row.created_at),
            last_used_at: row.last_used_at.map(Moment),
            revoked_at: row.revoked_at.map(Moment),
            user_id: row.user_id,
            created_by: row.created_by,
        }
    }
}

#[ComplexObject]
impl ApiToken {
    /// Whose name it acts in (пользователь).
    async fn user(&self, ctx: &Context<'_>) -> Result<User> {
        loaders(ctx).users.existing(self.user_id).await
    }

    /// Who made it (кто выпустил).
    async fn created_by(&self, ctx: &Context<'_>) -> Result<User> {
        loaders(ctx).users.existing(self.created_by).await
    }
}

/// Questions about tokens.
#[derive(Default)]
pub(crate) struct TokensQuery;

#[Object]
impl TokensQuery {
    /// The tokens of all users (токены), the last made first, without their secrets.
    #[graphql(complexity = "super::page::list(child_complexity)")]
    async fn api_tokens(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Also those that ran out or were revoked (и недействующие).", default)] also_over: bool,
    ) -> Result<Vec<ApiToken>> {
        let now = (services(ctx).clock)();
        Ok(tokens::list(db(ctx), also_over, now).await?.into_iter().map(ApiToken::from).collect())
    }
}

/// A new token (новый токен).
#[derive(InputObject)]
pub(crate) struct ApiTokenCreateInput {
    /// What it is for, 1 to 200 characters (назначение).
    name: String,
    /// Whose name it acts in (пользователь); yourself when left out.
    user_id: Option<Id<User>>,
    /// What it may do (права): of what the user's role gives, and your own, unless the user is that of a program.
    permissions: Vec<Permission>,
    /// It is good until then (действует до), 366 days at most; 90 days when left out.
    expires_at: Option<Moment>,
    /// The same key again gives the first answer without its secret and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

/// What `apiTokenCreate` did.
#[derive(SimpleObject)]
pub(crate) struct ApiTokenCreatePayload {
    /// The new token (токен); null when nothing was done.
    api_token: Option<ApiToken>,
    /// What the program sends, `Authorization: Bearer SECRET` (секрет). It is shown this once and kept nowhere; null when nothing was done,
    /// and when the answer is that to an earlier mutation of the same key.
    secret: Option<String>,
    /// Why nothing was done (ошибки); empty when the mutation was done.
    user_errors: Vec<UserError>,
    /// A report asked `after` this token shows the change (токен согласованности); null when nothing was done.
    consistency_token: Option<String>,
}

/// A token to end (отзыв токена).
#[derive(InputObject)]
pub(crate) struct ApiTokenRevokeInput {
    /// Which (токен).
    api_token_id: Id<ApiToken>,
}

payload! {
    /// What `apiTokenRevoke` did.
    ApiTokenRevokePayload {
        /// The token as it is now (токен); null when nothing was done.
        api_token: ApiToken
    }
}

/// Changes of tokens.
#[derive(Default)]
pub(crate) struct TokensMutation;

#[Object]
impl TokensMutation {
    /// Makes a token for a program (выпустить токен); its secret is in the answer and nowhere else. Refused to tokens. Codes: `INVALID_INPUT`,
    /// `NOT_FOUND` (the user), `IDEMPOTENCY_CONFLICT`.
    async fn api_token_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new token (новый токен).")] input: ApiTokenCreateInput,
    ) -> Result<ApiTokenCreatePayload> {
        let own = user(ctx)?.user_id;
        let add = tokens::TokenAdd {
            name: input.name,
            user_id: input.user_id.map_or(own, |id| id.number),
            permissions: input.permissions.into_iter().map(Into::into).collect(),
            expires_at: input.expires_at.map(|at| at.0),
        };
        Ok(match tokens::create(db(ctx), &command(ctx, input.idempotency_key)?, add, rand::random()).await {
            Ok(tokens::Made { outcome: Outcome { value, token, .. }, secret }) => {
                let api_token = ApiToken::from(value);
                ApiTokenCreatePayload {
                    secret: secret.map(|secret| format!("{}.{secret}", api_token.id)),
                    api_token: Some(api_token),
                    user_errors: Vec::new(),
                    consistency_token: Some(token),
                }
            }
            Err(error) => ApiTokenCreatePayload {
                api_token: None,
                secret: None,
                user_errors: vec![UserError::of(error)?],
                consistency_token: None,
            },
        })
    }

    /// Ends a token at once (отозвать токен), open sockets within seconds. Refused to tokens. Codes: `NOT_FOUND`.
    async fn api_token_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to end (что отозвать).")] input: ApiTokenRevokeInput,
    ) -> Result<ApiTokenRevokePayload> {
        let revoke = tokens::TokenRevoke { token_id: input.api_token_id.number };
        ApiTokenRevokePayload::of(tokens::revoke(db(ctx), &command(ctx, None)?, revoke).await)
    }
}
