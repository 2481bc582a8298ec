//! Commands on tokens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Token, by_a_person, grantable, hashed, life};
use crate::access::{Permission, Permissions, store};
use crate::command::{self, Ctx, Outcome, Run};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::text;

/// A new token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TokenAdd {
    /// What it is for, 1 to 200 characters.
    pub name: String,
    /// Whose name it acts in.
    pub user_id: i64,
    /// What it may do.
    pub permissions: Permissions,
    /// It is good until then; `None` = 90 days.
    pub expires_at: Option<DateTime<Utc>>,
}

/// What was made, and its secret: this once, and not when the command was only repeated.
#[derive(Debug)]
pub struct Made {
    /// The token.
    pub outcome: Outcome<Token>,
    /// Goes to whoever asked for it; stored nowhere.
    pub secret: Option<String>,
}

/// The input with what the log does not get: a repetition makes another secret, and is the same command all the same.
#[derive(Serialize)]
struct Hashed {
    #[serde(flatten)]
    input: TokenAdd,
    #[serde(skip)]
    hash: [u8; 32],
}

/// Makes a token (выпустить токен); `entropy` must come from a cryptographic source.
///
/// Errors: `INVALID_INPUT` (name, moment, permissions the user or the maker does not have, a closed login), `NOT_FOUND` (the user),
/// `IDEMPOTENCY_CONFLICT`, `FORBIDDEN`, `UNAVAILABLE`.
pub async fn create(db: &Db, ctx: &Ctx, mut input: TokenAdd, entropy: [u8; 32]) -> Result<Made> {
    by_a_person(&ctx.actor)?;
    input.name = text::required(&input.name, "name", 200)?;
    let secret = URL_SAFE_NO_PAD.encode(entropy);
    let input = Hashed { input, hash: hashed(&secret) };
    let outcome = command::run(db, ctx, "access.token_create", Permission::ManageTokens, &input, async |run, input| {
        let Hashed { input, hash } = input;
        let user = store::get_user_in_tx(run, input.user_id).await?;
        grantable(&run.ctx.actor, &user, input.permissions)?;
        insert_in_tx(run, input, life(input.expires_at, run.ctx.now)?, hash).await
    })
    .await?;
    let secret = Some(secret).filter(|_| !outcome.replayed);
    Ok(Made { outcome, secret })
}

async fn insert_in_tx(run: &mut Run<'_>, input: &TokenAdd, expires_at: DateTime<Utc>, hash: &[u8]) -> Result<Token> {
    Ok(sqlx::query_as!(
        Token,
        r#"insert into api_tokens (name, user_id, secret_hash, permissions, expires_at, created_at, created_by)
           values ($1, $2, $3, $4, $5, $6, $7)
           returning token_id, name, user_id, permissions as "permissions: Vec<String>", expires_at, created_at, created_by,
               last_used_at, revoked_at"#,
        input.name,
        input.user_id,
        hash,
        &input.permissions.codes(),
        expires_at,
        run.ctx.now,
        run.ctx.actor.user_id
    )
    .fetch_one(&mut *run.tx)
    .await?)
}

/// A token to end before its time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TokenRevoke {
    /// Which.
    pub token_id: i64,
}

/// Ends a token (отозвать токен); one that was ended before stays ended since then. Errors: `NOT_FOUND`, `FORBIDDEN`, `UNAVAILABLE`.
pub async fn revoke(db: &Db, ctx: &Ctx, input: TokenRevoke) -> Result<Outcome<Token>> {
    by_a_person(&ctx.actor)?;
    command::run(db, ctx, "access.token_revoke", Permission::ManageTokens, &input, async |run, input| {
        sqlx::query_as!(
            Token,
            r#"update api_tokens set revoked_at = coalesce(revoked_at, $2) where token_id = $1
               returning token_id, name, user_id, permissions as "permissions: Vec<String>", expires_at, created_at, created_by,
                   last_used_at, revoked_at"#,
            input.token_id,
            run.ctx.now
        )
        .fetch_optional(&mut *run.tx)
        .await?
        .ok_or_else(|| Error::not_found("api_token", input.token_id))
    })
    .await
}
