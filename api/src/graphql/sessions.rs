//! Coming in, going out, and what is open meanwhile.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use axum::http::header::SET_COOKIE;
use shpunt_domain::access::sessions::{self, SignIn};

use super::access::User;
use super::caller::{caller, db, services, user};
use super::error::Result;
use super::ids::{Entity, Id, Key};
use super::scalars::Moment;
use super::user_error::UserError;

/// A session that lives (сеанс).
#[derive(SimpleObject)]
pub(crate) struct Session {
    /// Id (идентификатор).
    id: Key,
    /// When it began (начало).
    created_at: Moment,
    /// When it was last used, to five minutes (последнее обращение).
    last_seen_at: Moment,
    /// The latest moment it can live to (предел).
    expires_at: Moment,
    /// It is the one that asks (этот сеанс).
    current: bool,
}

impl Entity for Session {
    const PREFIX: &'static str = "session";
}

impl From<sessions::Live> for Session {
    fn from(row: sessions::Live) -> Self {
        Self {
            id: Key::of::<Self>(row.session_id),
            created_at: Moment(row.created_at),
            last_seen_at: Moment(row.last_seen_at),
            expires_at: Moment(row.expires_at),
            current: row.current,
        }
    }
}

/// Who wants to come in (вход).
#[derive(InputObject)]
pub(crate) struct SessionCreateInput {
    /// The login, in any case (логин).
    login: String,
    /// The password (пароль).
    #[graphql(secret)]
    password: String,
    /// What the application of the second factor shows, or a recovery code (код), where the login has one.
    #[graphql(secret)]
    code: Option<String>,
}

/// What `sessionCreate` did. The session itself is in the cookie of the answer, out of reach of scripts.
#[derive(SimpleObject)]
pub(crate) struct SessionCreatePayload {
    /// Who is signed in now (пользователь); null when the login, the password or the code is wrong.
    viewer: Option<User>,
    /// Why nobody is (ошибки); empty when somebody is.
    user_errors: Vec<UserError>,
}

/// Another password (смена пароля).
#[derive(InputObject)]
pub(crate) struct PasswordChangeInput {
    /// The present password (нынешний пароль).
    #[graphql(secret)]
    present: String,
    /// The new password (новый пароль), as long as that of `userAdd`.
    #[graphql(secret)]
    new: String,
}

/// What `passwordChange` did. The new session is in the cookie of the answer.
#[derive(SimpleObject)]
pub(crate) struct PasswordChangePayload {
    /// Who is signed in (пользователь); null when nothing was changed.
    viewer: Option<User>,
    /// Why nothing was changed (ошибки); empty when it was.
    user_errors: Vec<UserError>,
}

/// A session to end (завершение сеанса).
#[derive(InputObject)]
pub(crate) struct SessionRevokeInput {
    /// Which (сеанс): one of your own.
    session_id: Id<Session>,
}

/// What `sessionRevoke` did.
#[derive(SimpleObject)]
pub(crate) struct SessionRevokePayload {
    /// Why the session goes on (ошибки); empty when it is over.
    user_errors: Vec<UserError>,
}

/// What `sessionDelete` did.
#[derive(SimpleObject)]
pub(crate) struct SessionDeletePayload {
    /// Why the session goes on (ошибки); empty when it is over.
    user_errors: Vec<UserError>,
}

/// Questions about sessions.
#[derive(Default)]
pub(crate) struct SessionsQuery;

#[Object]
impl SessionsQuery {
    /// Your own live sessions (сеансы), the last used first; there are few.
    #[graphql(complexity = "super::page::list(child_complexity)")]
    async fn sessions(&self, ctx: &Context<'_>) -> Result<Vec<Session>> {
        let (token, now) = (caller(ctx).token.as_deref(), (services(ctx).clock)());
        let live = sessions::list(db(ctx), user(ctx)?.user_id, token, now).await?;
        Ok(live.into_iter().map(Session::from).collect())
    }
}

/// Changes of sessions.
#[derive(Default)]
pub(crate) struct SessionsMutation;

#[Object]
impl SessionsMutation {
    /// Signs in (вход): sets the cookie of a session that ends after 12 hours without use and 30 days at most.
    /// Codes: `CREDENTIALS_WRONG`, `TOO_MANY_ATTEMPTS`, `SECOND_FACTOR_NEEDED` (the password is right; the same again with `code`),
    /// `SECOND_FACTOR_WRONG`.
    async fn session_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Login and password (логин и пароль).")] input: SessionCreateInput,
    ) -> Result<SessionCreatePayload> {
        let services = services(ctx);
        let now = (services.clock)();
        let shown = SignIn { login: &input.login, password: &input.password, code: input.code.as_deref() };
        match sessions::create(db(ctx), &services.vault, shown, rand::random(), now).await {
            Ok(session) => {
                ctx.append_http_header(SET_COOKIE, services.cookies.set(&session.token, session.expires_at - now));
                Ok(SessionCreatePayload { viewer: Some(User::viewer(session.user)), user_errors: Vec::new() })
            }
            Err(error) => Ok(SessionCreatePayload { viewer: None, user_errors: vec![UserError::of(error)?] }),
        }
    }

    /// Signs out (выход): ends the session of this request and clears its cookie.
    async fn session_delete(&self, ctx: &Context<'_>) -> Result<SessionDeletePayload> {
        if let Some(token) = &caller(ctx).token {
            sessions::delete(db(ctx), token).await?;
        }
        ctx.append_http_header(SET_COOKIE, services(ctx).cookies.clear());
        Ok(SessionDeletePayload { user_errors: Vec::new() })
    }

    /// Changes your own password (сменить пароль): every session of yours ends, and a new one begins here.
    /// Codes: `CREDENTIALS_WRONG` (the present one), `TOO_MANY_ATTEMPTS`, `INVALID_INPUT` (the new one).
    async fn password_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The present and the new password (нынешний и новый пароль).")] input: PasswordChangeInput,
    ) -> Result<PasswordChangePayload> {
        let services = services(ctx);
        let now = (services.clock)();
        let user = user(ctx)?.clone();
        match sessions::change_password(db(ctx), user, &input.present, &input.new, rand::random(), now).await {
            Ok(session) => {
                ctx.append_http_header(SET_COOKIE, services.cookies.set(&session.token, session.expires_at - now));
                Ok(PasswordChangePayload { viewer: Some(User::viewer(session.user)), user_errors: Vec::new() })
            }
            Err(error) => Ok(PasswordChangePayload { viewer: None, user_errors: vec![UserError::of(error)?] }),
        }
    }

    /// Ends one of your own sessions (завершить сеанс), that of a lost telephone for example. Codes: `NOT_FOUND`.
    async fn session_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which one (какой).")] input: SessionRevokeInput,
    ) -> Result<SessionRevokePayload> {
        let user_errors = match sessions::revoke(db(ctx), user(ctx)?.user_id, input.session_id.number).await {
            Ok(()) => Vec::new(),
            Err(error) => vec![UserError::of(error)?],
        };
        Ok(SessionRevokePayload { user_errors })
    }
}
