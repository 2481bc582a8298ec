//! Sessions (сеансы): how they begin, what keeps them alive, who ends them.
//!
//! A session ends after 12 hours without use and 30 days after it began. The token itself is stored nowhere.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use sha2::{Digest as _, Sha256};

use super::{Role, SecondFactor, User, Vault, attempts, audit, identities, password, second_factor, store};
use crate::db::{Db, Tx};
use crate::error::{Code, Error, Result};

/// A session not used this long is over.
const IDLE: Duration = Duration::hours(12);
/// A session this old is over.
const ABSOLUTE: Duration = Duration::days(30);
/// `last_seen_at` is written at most this often, not on every request.
const SEEN_STEP: Duration = Duration::minutes(5);

/// A session that has just begun.
#[derive(Debug, Clone)]
pub struct Session {
    /// Goes to the client once.
    pub token: String,
    /// Whose it is.
    pub user: User,
    /// The latest moment it can live to.
    pub expires_at: DateTime<Utc>,
}

/// A session that lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    /// Its id.
    pub session_id: i64,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to five minutes.
    pub last_seen_at: DateTime<Utc>,
    /// The latest moment it can live to.
    pub expires_at: DateTime<Utc>,
    /// It is the one that asks.
    pub current: bool,
}

/// What somebody shows at the door.
#[derive(Clone, Copy)]
pub struct SignIn<'a> {
    /// In any case.
    pub login: &'a str,
    /// The password.
    pub password: &'a str,
    /// The code of the second factor, or a recovery code.
    pub code: Option<&'a str>,
}

/// Begins a session; `entropy` must come from a cryptographic source.
///
/// Errors: `CREDENTIALS_WRONG`, `SECOND_FACTOR_NEEDED` (the password is right, a code is missing), `SECOND_FACTOR_WRONG`, `TOO_MANY_ATTEMPTS`
/// (neither is even looked at), `UNAVAILABLE`.
pub async fn create(db: &Db, vault: &Vault, shown: SignIn<'_>, entropy: [u8; 32], now: DateTime<Utc>) -> Result<Session> {
    let login = shown.login.trim().to_lowercase();
    let waits = attempts::count(db, &login, now).await?;
    let known =
        sqlx::query!("select user_id, password_hash from users where login = $1 and active", login).fetch_optional(db).await?;
    let fits = password::check(shown.password, known.as_ref().map(|known| known.password_hash.as_str())).await?;
    let Some(known) = known.filter(|_| fits) else {
        audit::record_miss(db, &login, waits, now).await?;
        return Err(wrong());
    };
    let user_id = known.user_id;
    let user = store::list_users_by_ids(db, &[user_id]).await?.pop().ok_or_else(wrong)?;
    // Wrong codes are counted apart: without one the right password would clear them.
    attempts::forget(db, &login).await?;
    second_factor::check(db, vault, &user, shown.code, now).await?;
    let mut tx = db.begin().await?;
    audit::record_in_tx(&mut tx, audit::Kind::SignedIn, user_id, &login, now).await?;
    let session = begin_in_tx(&mut tx, user, entropy, now).await?;
    tx.commit().await?;
    Ok(session)
}

/// Changes the password of `user` (сменить пароль), ends every session and begins a new one.
///
/// Errors: `CREDENTIALS_WRONG` (the present password), `TOO_MANY_ATTEMPTS`, `INVALID_INPUT` (the new one), `UNAVAILABLE`.
pub async fn change_password(
    db: &Db,
    mut user: User,
    present: &str,
    new: &str,
    entropy: [u8; 32],
    now: DateTime<Utc>,
) -> Result<Session> {
    check_password(db, &user, present, now).await?;
    if present == new {
        return Err(Error::invalid("new", "this is the present password; choose another"));
    }
    let hash = password::hash_in_turn(new, None).await?;
    let mut tx = db.begin().await?;
    user.version = sqlx::query_scalar!(
        "update users set password_hash = $2, must_change_password = false, version = version + 1 where user_id = $1 returning version",
        user.user_id,
        hash
    )
    .fetch_one(&mut *tx)
    .await?;
    user.must_change_password = false;
    audit::record_in_tx(&mut tx, audit::Kind::PasswordChanged, user.user_id, &user.login, now).await?;
    sqlx::query!("delete from sessions where user_id = $1", user.user_id).execute(&mut *tx).await?;
    let session = begin_in_tx(&mut tx, user, entropy, now).await?;
    tx.commit().await?;
    Ok(session)
}

/// Asks somebody who is signed in for the present password. Errors: `CREDENTIALS_WRONG`, `TOO_MANY_ATTEMPTS`, `UNAVAILABLE`.
pub(super) async fn check_password(db: &Db, user: &User, secret: &str, now: DateTime<Utc>) -> Result<()> {
    let waits = attempts::count(db, &user.login, now).await?;
    let stored = sqlx::query_scalar!("select password_hash from users where user_id = $1 and active", user.user_id)
        .fetch_optional(db)
        .await?;
    if !password::check(secret, stored.as_deref()).await? {
        audit::record_miss(db, &user.login, waits, now).await?;
        let message = "the password is wrong; check it".to_owned();
        return Err(Error::Forbidden { code: Code::CredentialsWrong, message });
    }
    attempts::forget(db, &user.login).await
}

fn wrong() -> Error {
    Error::Forbidden { code: Code::CredentialsWrong, message: "wrong login or password; check both".to_owned() }
}

/// Begins a session of somebody who showed all that is asked for.
pub(super) async fn begin_in_tx(tx: &mut Tx<'_>, user: User, entropy: [u8; 32], now: DateTime<Utc>) -> Result<Session> {
    let token = URL_SAFE_NO_PAD.encode(entropy);
    let expires_at = now + ABSOLUTE;
    sqlx::query!(
        "insert into sessions (token_hash, user_id, created_at, last_seen_at, expires_at) values ($1, $2, $3, $3, $4)",
        hashed(&token),
        user.user_id,
        now,
        expires_at
    )
    .execute(&mut **tx)
    .await?;
    Ok(Session { token, user, expires_at })
}

/// A live session and whose it is, as the database tells it.
struct Found {
    token_hash: Vec<u8>,
    last_seen_at: DateTime<Utc>,
    user_id: i64,
    employee_id: i64,
    name: String,
    login: String,
    role: Role,
    version: i32,
    must_change_password: bool,
    second_factor: SecondFactor,
    colleagues: Vec<i64>,
}

impl From<Found> for User {
    fn from(row: Found) -> Self {
        Self {
            user_id: row.user_id,
            employee_id: row.employee_id,
            name: row.name,
            login: row.login,
            role: row.role,
            active: true,
            version: row.version,
            must_change_password: row.must_change_password,
            second_factor: row.second_factor,
            colleagues: row.colleagues,
        }
    }
}

/// Asked for every request, so it says itself what `second_factor_of` and `colleagues_of` would.
async fn live(db: &Db, hashes: &[Vec<u8>], now: DateTime<Utc>) -> Result<Vec<Found>> {
    Ok(sqlx::query_as!(
        Found,
        r#"select s.token_hash, s.last_seen_at, u.user_id, u.employee_id, e.name, u.login, u.role as "role: Role", u.version,
                  u.must_change_password,
                  case when f.confirmed_at is not null then 'on' when r.second_factor_required then 'due' else 'off' end
                      as "second_factor!: SecondFactor",
                  coalesce((select array_agg(distinct c.employee_id order by c.employee_id)
                            from team_members own join team_members c using (team_id)
                            where own.employee_id = u.employee_id and own.reach = 'team' and c.employee_id <> u.employee_id), '{}')
                      as "colleagues!"
           from sessions s join users u on u.user_id = s.user_id join employees e on e.employee_id = u.employee_id
               left join second_factors f on f.user_id = u.user_id left join role_settings r on r.role = u.role
           where s.token_hash = any($1) and u.active and s.expires_at > $2 and s.last_seen_at > $3"#,
        hashes,
        now,
        now - IDLE
    )
    .fetch_all(db)
    .await?)
}

/// The user of a live session, and marks it as used.
pub async fn find(db: &Db, token: &str, now: DateTime<Utc>) -> Result<Option<User>> {
    let Some(row) = live(db, &[hashed(token)], now).await?.pop() else { return Ok(None) };
    if now - row.last_seen_at > SEEN_STEP {
        sqlx::query!("update sessions set last_seen_at = $2 where token_hash = $1", row.token_hash, now).execute(db).await?;
    }
    Ok(Some(row.into()))
}

/// The users of those of these sessions that live, by token. Being asked about is no use of a session.
pub async fn users(db: &Db, tokens: &[String], now: DateTime<Utc>) -> Result<HashMap<String, User>> {
    let mut by_hash: HashMap<Vec<u8>, String> = tokens.iter().map(|token| (hashed(token), token.clone())).collect();
    let hashes: Vec<Vec<u8>> = by_hash.keys().cloned().collect();
    let found = live(db, &hashes, now).await?.into_iter();
    Ok(found.filter_map(|row| by_hash.remove(&row.token_hash).map(|token| (token, row.into()))).collect())
}

/// The live sessions of a user, the last used first; `token` is that of the one who asks.
pub async fn list(db: &Db, user_id: i64, token: Option<&str>, now: DateTime<Utc>) -> Result<Vec<Live>> {
    let current = token.map(hashed).unwrap_or_default();
    Ok(sqlx::query_as!(
        Live,
        r#"select session_id, created_at, last_seen_at, expires_at, token_hash = $2 as "current!"
           from sessions where user_id = $1 and expires_at > $3 and last_seen_at > $4
           order by last_seen_at desc, session_id desc"#,
        user_id,
        current,
        now,
        now - IDLE
    )
    .fetch_all(db)
    .await?)
}

/// Ends one of the user's sessions by its id. Errors: `NOT_FOUND`, also for those of others.
pub async fn revoke(db: &Db, user_id: i64, session_id: i64) -> Result<()> {
    let done =
        sqlx::query!("delete from sessions where session_id = $1 and user_id = $2", session_id, user_id).execute(db).await?;
    if done.rows_affected() == 0 { Err(Error::not_found("session", session_id)) } else { Ok(()) }
}

/// Ends the session of a token; unknown ones are ended already.
pub async fn delete(db: &Db, token: &str) -> Result<()> {
    sqlx::query!("delete from sessions where token_hash = $1", hashed(token)).execute(db).await?;
    Ok(())
}

/// Removes sessions that are over; returns how many.
pub async fn sweep(db: &Db, now: DateTime<Utc>) -> Result<u64> {
    let done =
        sqlx::query!("delete from sessions where expires_at <= $1 or last_seen_at <= $2", now, now - IDLE).execute(db).await?;
    attempts::sweep(db, now).await?;
    identities::sweep(db, now).await?;
    Ok(done.rows_affected())
}

/// What is kept of a random secret.
pub(super) fn hashed(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}
