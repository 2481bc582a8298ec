//! Commands on links.

use serde::{Deserialize, Serialize};

use super::{Identity, address};
use crate::access::{Permission, store};
use crate::command::{self, Ctx, Outcome, Run};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::text;

/// A new link: by an address or by the provider's id of the person, not both.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct IdentityAdd {
    /// Whose login it opens.
    pub user_id: i64,
    /// The provider.
    pub issuer: String,
    /// The address the provider must have verified.
    pub email: Option<String>,
    /// The provider's id of the person.
    pub subject: Option<String>,
}

/// Lets a login be opened by a person at a provider (связать с учётной записью провайдера).
///
/// Errors: `NOT_FOUND` (the login), `INVALID_INPUT`, `ALREADY_EXISTS` (the person or the address opens a login already), `ROLE_ABOVE_OWN`,
/// `IDEMPOTENCY_CONFLICT`, `FORBIDDEN`.
pub async fn add(db: &Db, ctx: &Ctx, mut input: IdentityAdd) -> Result<Outcome<Identity>> {
    input.email = input.email.as_deref().map(address).transpose()?;
    // Ids are compared letter by letter, so nothing is trimmed off.
    if let Some(subject) = &input.subject
        && text::required(subject, "subject", 255)? != *subject
    {
        return Err(Error::invalid("subject", "the id begins or ends with a space; send it as the provider writes it"));
    }
    if input.email.is_some() == input.subject.is_some() {
        return Err(Error::invalid("email", "name the person by `email` or by `subject`, by one of the two"));
    }
    command::run(db, ctx, "access.identity_add", Permission::ManagePeople, &input, async |run, input| {
        let user = store::lock_user_in_tx(run, input.user_id).await?;
        run.ctx.actor.administers(user.role)?;
        insert_in_tx(run, input).await
    })
    .await
}

async fn insert_in_tx(run: &mut Run<'_>, input: &IdentityAdd) -> Result<Identity> {
    Ok(sqlx::query_as!(
        Identity,
        "insert into user_identities (user_id, issuer, subject, email, created_at) values ($1, $2, $3, $4, $5)
         returning user_identity_id, user_id, issuer, subject, email, created_at, used_at",
        input.user_id,
        input.issuer,
        input.subject,
        input.email,
        run.ctx.now
    )
    .fetch_one(&mut *run.tx)
    .await?)
}

/// A link to remove.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct IdentityRemove {
    /// Which.
    pub user_identity_id: i64,
}

/// Removes a link (убрать связь); the sessions of its login end, however they began, and so do its sign-ins under way.
///
/// Errors: `NOT_FOUND`, `ROLE_ABOVE_OWN`, `FORBIDDEN`.
pub async fn remove(db: &Db, ctx: &Ctx, input: IdentityRemove) -> Result<Outcome<Identity>> {
    command::run(db, ctx, "access.identity_remove", Permission::ManagePeople, &input, async |run, input| {
        let removed = delete_in_tx(run, input.user_identity_id).await?;
        let user = store::lock_user_in_tx(run, removed.user_id).await?;
        run.ctx.actor.administers(user.role)?;
        sqlx::query!("delete from oidc_sign_ins where user_id = $1", removed.user_id).execute(&mut *run.tx).await?;
        sqlx::query!("delete from sessions where user_id = $1", removed.user_id).execute(&mut *run.tx).await?;
        Ok(removed)
    })
    .await
}

async fn delete_in_tx(run: &mut Run<'_>, user_identity_id: i64) -> Result<Identity> {
    sqlx::query_as!(
        Identity,
        "delete from user_identities where user_identity_id = $1
         returning user_identity_id, user_id, issuer, subject, email, created_at, used_at",
        user_identity_id
    )
    .fetch_optional(&mut *run.tx)
    .await?
    .ok_or_else(|| Error::not_found("user_identity", user_identity_id))
}
