//! Who asks: the caller of one request, what the caller may do, and what the resolvers take from the request.

use std::fmt::Write as _;
use std::sync::Arc;

use async_graphql::Context;
use chrono::{DateTime, TimeDelta, Utc};
use shpunt_analytics::reports::{Language, Reports};
use shpunt_domain::Db;
use shpunt_domain::access::identities::LIFE;
use shpunt_domain::access::{Actor, Due, Permission, Permissions, Scope, User, Vault};
use shpunt_domain::command::Ctx;
use shpunt_ingest::oidc::Provider;
use uuid::Uuid;

use super::cost::Purse;
use super::error::{Fault, Result};
use super::{loaders, scalars};

/// The clock of the server: the one place a resolver takes the time from.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// What resolvers work with; one per process.
#[derive(Clone)]
pub struct Services {
    /// PostgreSQL: commands and operational reads.
    pub db: Db,
    /// ClickHouse: reports.
    pub reports: Reports,
    /// The clock.
    pub clock: Clock,
    /// How the session is kept in the browser.
    pub cookies: CookiePolicy,
    /// Under what the secrets of second factors are kept.
    pub vault: Arc<Vault>,
    /// Where people may sign in besides.
    pub provider: Option<Arc<Provider>>,
}

/// How the cookie of a session is named and sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CookiePolicy {
    /// Only over TLS, and under a name the browser lets no other host set. Off on plain HTTP, which would lose the cookie.
    pub secure: bool,
}

impl CookiePolicy {
    /// The name of the cookie that holds the token.
    pub const fn name(self) -> &'static str {
        if self.secure { "__Host-shpunt_session" } else { "shpunt_session" }
    }

    /// `Set-Cookie` that keeps `token` for as long as the session can live.
    pub fn set(self, token: &str, lives: TimeDelta) -> String {
        let mut cookie =
            format!("{}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}", self.name(), lives.num_seconds().max(0));
        if self.secure {
            let _ = write!(cookie, "; Secure");
        }
        cookie
    }

    /// `Set-Cookie` that makes the browser forget it.
    pub fn clear(self) -> String {
        self.set("", TimeDelta::zero())
    }

    /// The name of the cookie that holds the secret of a sign-in at the provider.
    pub const fn sign_in_name(self) -> &'static str {
        if self.secure { "__Host-shpunt_sign_in" } else { "shpunt_sign_in" }
    }

    /// `Set-Cookie` that keeps the secret of a sign-in. Lax: the provider's page leads back here.
    pub fn set_sign_in(self, secret: &str) -> String {
        self.sign_in(secret, LIFE)
    }

    /// `Set-Cookie` that makes the browser forget it.
    pub fn clear_sign_in(self) -> String {
        self.sign_in("", TimeDelta::zero())
    }

    fn sign_in(self, secret: &str, lives: TimeDelta) -> String {
        let (name, secure) = (self.sign_in_name(), if self.secure { "; Secure" } else { "" });
        format!("{name}={secret}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{secure}", lives.num_seconds())
    }
}

/// Who sent a request.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The user of a live session or a good token.
    pub user: Option<User>,
    /// The token of the session.
    pub token: Option<String>,
    /// The secret of a sign-in at the provider that is under way in this browser.
    pub sign_in: Option<String>,
    /// What the token of a program leaves of the user's permissions; `None` = there is a session, or nobody.
    pub within: Option<Permissions>,
    /// What the request is paid from; `None` = it is free.
    pub purse: Option<Purse>,
    /// In which language labels are wanted.
    pub language: Language,
    /// Names the request in the log and in the answer's errors.
    pub request_id: String,
}

impl Caller {
    /// Somebody who came by a session, or nobody.
    pub fn new(user: Option<User>, language: Language, request_id: impl Into<String>) -> Self {
        Self { user, token: None, sign_in: None, within: None, purse: None, language, request_id: request_id.into() }
    }

    /// What has to be done first by whoever came by a session; a token was given by somebody else, who answers for it.
    pub(crate) fn due(&self) -> Option<Due> {
        self.user.as_ref().filter(|_| self.within.is_none()).and_then(User::due)
    }

    /// The user as the one who acts, within the token.
    pub fn actor(&self) -> Option<Actor> {
        self.user.as_ref().map(|user| Actor { within: self.within, ..user.actor() })
    }
}

/// What resolvers work with.
pub(crate) fn services<'a>(ctx: &Context<'a>) -> &'a Services {
    ctx.data_unchecked()
}

/// PostgreSQL.
pub(crate) fn db<'a>(ctx: &Context<'a>) -> &'a Db {
    &services(ctx).db
}

/// Who asks.
pub(crate) fn caller<'a>(ctx: &Context<'a>) -> &'a Caller {
    ctx.data_unchecked()
}

/// The signed-in user, or `UNAUTHENTICATED`.
pub(crate) fn user<'a>(ctx: &Context<'a>) -> Result<&'a User> {
    caller(ctx).user.as_ref().ok_or_else(Fault::unauthenticated)
}

/// The signed-in user as the one who acts, or `UNAUTHENTICATED`.
pub(crate) fn actor(ctx: &Context<'_>) -> Result<Actor> {
    caller(ctx).actor().ok_or_else(Fault::unauthenticated)
}

/// Whose rows the caller may see.
pub(crate) fn scope(ctx: &Context<'_>) -> Result<Scope> {
    Ok(actor(ctx)?.scope())
}

/// A command of the caller, now.
pub(crate) fn command(ctx: &Context<'_>, idempotency_key: Option<scalars::Uuid>) -> Result<Ctx> {
    loaders::forget(ctx);
    let key = idempotency_key.map(|key| key.0.to_string());
    Ok(Ctx::new(actor(ctx)?, (services(ctx).clock)(), fresh_id()).with_key(key))
}

/// One of many commands of a request: under a key, each has a key of its own, so that the rest may be done by a repetition.
pub(crate) fn command_for(ctx: &Context<'_>, idempotency_key: Option<scalars::Uuid>, row: i64) -> Result<Ctx> {
    let key = idempotency_key.map(|key| format!("{}/{row}", key.0));
    Ok(command(ctx, None)?.with_key(key))
}

#[expect(clippy::disallowed_methods, reason = "the ids of commands without a key are made here and handed to the domain")]
pub(crate) fn fresh_id() -> Uuid {
    Uuid::new_v4()
}

/// Refuses those whom role or token does not permit it: where only the row found decides, or a value of the input.
pub(crate) fn require(ctx: &Context<'_>, permission: Permission) -> Result<()> {
    Ok(actor(ctx)?.require(permission)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
        let plain = CookiePolicy::default();
        assert_eq!(plain.set("T", TimeDelta::days(1)), "shpunt_session=T; Path=/; HttpOnly; SameSite=Strict; Max-Age=86400");
        assert_eq!(plain.clear(), "shpunt_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
        let secure = CookiePolicy { secure: true };
        assert!(secure.set("T", TimeDelta::days(1)).starts_with("__Host-shpunt_session=T; Path=/;"));
        assert!(secure.clear().ends_with("; Secure"));
        assert_eq!(plain.set_sign_in("S"), "shpunt_sign_in=S; Path=/; HttpOnly; SameSite=Lax; Max-Age=600");
        assert_eq!(secure.clear_sign_in(), "__Host-shpunt_sign_in=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0; Secure");
    }
}
