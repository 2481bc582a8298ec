//! People at an OpenID Connect provider, in the graph: who is linked to which login, and coming in from there.

use async_graphql::{ComplexObject, Context, InputObject, Object, SimpleObject};
use axum::http::header::SET_COOKIE;
use shpunt_domain::access::identities;
use shpunt_domain::{Error, text};

use super::access::User;
use super::caller::{caller, command, db, services};
use super::error::Result;
use super::ids::{Entity, Id, Key};
use super::loaders::loaders;
use super::scalars::{Moment, Uuid};
use super::user_error::{UserError, payload};

/// Where the browser goes to sign in at the provider.
pub(crate) const SIGN_IN_PATH: &str = "/login/oidc";

/// A provider people may sign in at (провайдер OIDC).
#[derive(SimpleObject)]
pub(crate) struct SignInProvider {
    /// What people call it (название).
    label: String,
    /// Where the browser goes to sign in there (адрес входа): a path of this server.
    path: &'static str,
}

/// A link between a login and a person at a provider (связь с учётной записью провайдера).
#[derive(SimpleObject)]
#[graphql(complex)]
pub(crate) struct UserIdentity {
    /// Id (идентификатор).
    id: Key,
    /// The provider (провайдер).
    issuer: String,
    /// The provider's id of the person (идентификатор у провайдера); null until somebody comes in who owns the address.
    subject: Option<String>,
    /// The address it was made for (адрес почты), in lower case; null when it was made for an id.
    email: Option<String>,
    /// When it was made (создана).
    created_at: Moment,
    /// When somebody first came in by it (первый вход); null when nobody did.
    used_at: Option<Moment>,
    #[graphql(skip)]
    user_id: i64,
}

impl Entity for UserIdentity {
    const PREFIX: &'static str = "user_identity";
}

impl From<identities::Identity> for UserIdentity {
    fn from(row: identities::Identity) -> Self {
        Self {
            id: Key::of::<Self>(row.user_identity_id),
            issuer: row.issuer,
            subject: row.subject,
            email: row.email,
            created_at: Moment(row.created_at),
            used_at: row.used_at.map(Moment),
            user_id: row.user_id,
        }
    }
}

#[ComplexObject]
impl UserIdentity {
    /// Whose login it opens (пользователь).
    async fn user(&self, ctx: &Context<'_>) -> Result<User> {
        loaders(ctx).users.existing(self.user_id).await
    }
}

/// Questions about people at a provider.
#[derive(Default)]
pub(crate) struct IdentitiesQuery;

#[Object]
impl IdentitiesQuery {
    /// The provider people may sign in at beside their password (вход через провайдера); null when there is none.
    async fn sign_in_provider(&self, ctx: &Context<'_>) -> Option<SignInProvider> {
        let provider = services(ctx).provider.as_deref()?;
        Some(SignInProvider { label: provider.label().to_owned(), path: SIGN_IN_PATH })
    }

    /// Who at a provider opens which login (связи с учётными записями провайдера), by login; there are few.
    #[graphql(complexity = "super::page::list(child_complexity)")]
    async fn user_identities(&self, ctx: &Context<'_>) -> Result<Vec<UserIdentity>> {
        Ok(identities::list(db(ctx)).await?.into_iter().map(UserIdentity::from).collect())
    }
}

/// A person at a provider who is to open a login (новая связь): named by `email` or by `subject`, by one of the two.
#[derive(InputObject)]
pub(crate) struct UserIdentityAddInput {
    /// Whose login (пользователь).
    user_id: Id<User>,
    /// The address (адрес почты): the first person whom the provider proves to own it opens the login, from then on by the provider's id.
    email: Option<String>,
    /// The provider's id of the person (идентификатор у провайдера), the claim `sub`; the log names it when somebody unknown signs in.
    subject: Option<String>,
    /// The provider (провайдер), the claim `iss`; that of this server when left out.
    issuer: Option<String>,
    /// The same key again gives the first answer and does nothing (ключ идемпотентности).
    idempotency_key: Option<Uuid>,
}

payload! {
    /// What `userIdentityAdd` did.
    UserIdentityAddPayload {
        /// The new link (связь); null when nothing was done.
        user_identity: UserIdentity
    }
}

/// A link to remove (удаление связи).
#[derive(InputObject)]
pub(crate) struct UserIdentityRemoveInput {
    /// Which (связь).
    user_identity_id: Id<UserIdentity>,
}

payload! {
    /// What `userIdentityRemove` did.
    UserIdentityRemovePayload {
        /// The link as it was (связь); null when nothing was done.
        user_identity: UserIdentity
    }
}

/// The code of the second factor, after the provider (код второго фактора).
#[derive(InputObject)]
pub(crate) struct SessionContinueInput {
    /// What the application of the second factor shows, or a recovery code (код).
    #[graphql(secret)]
    code: String,
}

/// What `sessionContinue` did. The session itself is in the cookie of the answer, out of reach of scripts.
#[derive(SimpleObject)]
pub(crate) struct SessionContinuePayload {
    /// Who is signed in now (пользователь); null when nobody is.
    viewer: Option<User>,
    /// Why nobody is (ошибки); empty when somebody is.
    user_errors: Vec<UserError>,
}

/// Changes of people at a provider.
#[derive(Default)]
pub(crate) struct IdentitiesMutation;

#[Object]
impl IdentitiesMutation {
    /// Lets a login be opened by a person at the provider (связать с учётной записью провайдера). Codes: `NOT_FOUND` (the login),
    /// `INVALID_INPUT`, `ALREADY_EXISTS` (the person or the address opens a login already), `ROLE_ABOVE_OWN`, `IDEMPOTENCY_CONFLICT`.
    async fn user_identity_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose login and who opens it (чей логин и кто им войдёт).")] input: UserIdentityAddInput,
    ) -> Result<UserIdentityAddPayload> {
        let UserIdentityAddInput { user_id, email, subject, issuer, idempotency_key } = input;
        let own = services(ctx).provider.as_deref().map(|provider| provider.issuer().to_owned());
        let issuer = match issuer {
            Some(issuer) => text::required(&issuer, "issuer", 500),
            None => own.ok_or_else(|| {
                Error::invalid("issuer", "this server has no provider; start it with --oidc-issuer, or name the issuer here")
            }),
        };
        let add = match issuer {
            Ok(issuer) => identities::IdentityAdd { user_id: user_id.number, issuer, email, subject },
            Err(error) => return UserIdentityAddPayload::of::<UserIdentity>(Err(error)),
        };
        UserIdentityAddPayload::of(identities::add(db(ctx), &command(ctx, idempotency_key)?, add).await)
    }

    /// Removes a link (убрать связь): its person no longer opens the login, whose sessions end at once, open sockets within seconds.
    /// Codes: `NOT_FOUND`, `ROLE_ABOVE_OWN`.
    async fn user_identity_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which link (какую).")] input: UserIdentityRemoveInput,
    ) -> Result<UserIdentityRemovePayload> {
        let remove = identities::IdentityRemove { user_identity_id: input.user_identity_id.number };
        UserIdentityRemovePayload::of(identities::remove(db(ctx), &command(ctx, None)?, remove).await)
    }

    /// Goes on with a sign-in at the provider that waits for the code of the second factor (продолжить вход): sets the cookie of a session
    /// as `sessionCreate` does. Codes: `SIGN_IN_EXPIRED` (begin again at the provider), `SECOND_FACTOR_NEEDED`, `SECOND_FACTOR_WRONG`,
    /// `TOO_MANY_ATTEMPTS`.
    async fn session_continue(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code (код).")] input: SessionContinueInput,
    ) -> Result<SessionContinuePayload> {
        let services = services(ctx);
        let now = (services.clock)();
        let browser = caller(ctx).sign_in.clone().unwrap_or_default();
        let shown = (browser.as_str(), input.code.as_str());
        match identities::proceed(db(ctx), &services.vault, shown, rand::random(), now).await {
            Ok(session) => {
                ctx.append_http_header(SET_COOKIE, services.cookies.set(&session.token, session.expires_at - now));
                ctx.append_http_header(SET_COOKIE, services.cookies.clear_sign_in());
                Ok(SessionContinuePayload { viewer: Some(User::viewer(session.user)), user_errors: Vec::new() })
            }
            Err(error) => Ok(SessionContinuePayload { viewer: None, user_errors: vec![UserError::of(error)?] }),
        }
    }
}
