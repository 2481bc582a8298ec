//! SQL of employees, logins and sessions.
//!
//! A session ends after 12 hours without use and 30 days after it began.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use sha2::{Digest as _, Sha256};

use super::{Employee, Role, User, password};
use crate::command::Run;
use crate::db::Db;
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
    /// Goes to the client once and is stored nowhere.
    pub token: String,
    /// Whose it is.
    pub user: User,
    /// The latest moment it can live to.
    pub expires_at: DateTime<Utc>,
}

/// Begins a session; `entropy` must come from a cryptographic source. Errors: `CREDENTIALS_WRONG`.
pub async fn session_create(db: &Db, login: &str, secret: &str, entropy: [u8; 32], now: DateTime<Utc>) -> Result<Session> {
    let row = sqlx::query!(
        r#"select u.user_id, u.employee_id, e.name, u.login, u.role as "role: Role", u.password_hash
           from users u join employees e on e.employee_id = u.employee_id where u.login = $1 and u.active"#,
        login.trim().to_lowercase()
    )
    .fetch_optional(db)
    .await?;
    let (secret, hash) = (secret.to_owned(), row.as_ref().map(|row| row.password_hash.clone()));
    let fits = tokio::task::spawn_blocking(move || {
        hash.map_or_else(
            || {
                password::verify_dummy(&secret);
                false
            },
            |hash| password::verify(&secret, &hash),
        )
    })
    .await
    .map_err(|_| Error::internal("checking a password was cancelled"))?;
    let row = row.filter(|_| fits).ok_or_else(|| Error::Forbidden {
        code: Code::CredentialsWrong,
        message: "wrong login or password; check both".to_owned(),
    })?;
    let token = URL_SAFE_NO_PAD.encode(entropy);
    let expires_at = now + ABSOLUTE;
    sqlx::query!(
        "insert into sessions (token_hash, user_id, created_at, last_seen_at, expires_at) values ($1, $2, $3, $3, $4)",
        hashed(&token),
        row.user_id,
        now,
        expires_at
    )
    .execute(db)
    .await?;
    let user = User { user_id: row.user_id, employee_id: row.employee_id, name: row.name, login: row.login, role: row.role };
    Ok(Session { token, user, expires_at })
}

/// The user of a live session, and marks it as used.
pub async fn session_find(db: &Db, token: &str, now: DateTime<Utc>) -> Result<Option<User>> {
    let hash = hashed(token);
    let row = sqlx::query!(
        r#"select u.user_id, u.employee_id, e.name, u.login, u.role as "role: Role", s.last_seen_at
           from sessions s join users u on u.user_id = s.user_id join employees e on e.employee_id = u.employee_id
           where s.token_hash = $1 and u.active and s.expires_at > $2 and s.last_seen_at > $3"#,
        hash,
        now,
        now - IDLE
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    if now - row.last_seen_at > SEEN_STEP {
        sqlx::query!("update sessions set last_seen_at = $2 where token_hash = $1", hash, now).execute(db).await?;
    }
    Ok(Some(User { user_id: row.user_id, employee_id: row.employee_id, name: row.name, login: row.login, role: row.role }))
}

/// The users of those of these sessions that are live, by token. Being asked about is no use of a session.
pub async fn list_sessions(db: &Db, tokens: &[String], now: DateTime<Utc>) -> Result<HashMap<String, User>> {
    let mut by_hash: HashMap<Vec<u8>, String> = tokens.iter().map(|token| (hashed(token), token.clone())).collect();
    let hashes: Vec<Vec<u8>> = by_hash.keys().cloned().collect();
    let rows = sqlx::query!(
        r#"select s.token_hash, u.user_id, u.employee_id, e.name, u.login, u.role as "role: Role"
           from sessions s join users u on u.user_id = s.user_id join employees e on e.employee_id = u.employee_id
           where s.token_hash = any($1) and u.active and s.expires_at > $2 and s.last_seen_at > $3"#,
        &hashes,
        now,
        now - IDLE
    )
    .fetch_all(db)
    .await?;
    let found = rows.into_iter().filter_map(|row| {
        let user = User { user_id: row.user_id, employee_id: row.employee_id, name: row.name, login: row.login, role: row.role };
        by_hash.remove(&row.token_hash).map(|token| (token, user))
    });
    Ok(found.collect())
}

/// Ends a session; unknown tokens are ended already.
pub async fn session_delete(db: &Db, token: &str) -> Result<()> {
    sqlx::query!("delete from sessions where token_hash = $1", hashed(token)).execute(db).await?;
    Ok(())
}

/// Removes sessions that are over; returns how many.
pub async fn session_sweep(db: &Db, now: DateTime<Utc>) -> Result<u64> {
    let done =
        sqlx::query!("delete from sessions where expires_at <= $1 or last_seen_at <= $2", now, now - IDLE).execute(db).await?;
    Ok(done.rows_affected())
}

/// Whether anybody can log in at all.
pub async fn any_user(db: &Db) -> Result<bool> {
    Ok(sqlx::query_scalar!(r#"select exists (select from users) as "any!""#).fetch_one(db).await?)
}

/// Employees by id, after `after`, at most `limit`.
pub async fn list_employees(db: &Db, after: i64, limit: i64) -> Result<Vec<Employee>> {
    Ok(sqlx::query_as!(
        Employee,
        "select employee_id, name, active, version from employees where employee_id > $1 order by employee_id limit $2",
        after,
        limit
    )
    .fetch_all(db)
    .await?)
}

/// The employees of these ids.
pub async fn list_employees_by_ids(db: &Db, employee_ids: &[i64]) -> Result<Vec<Employee>> {
    Ok(sqlx::query_as!(
        Employee,
        "select employee_id, name, active, version from employees where employee_id = any($1)",
        employee_ids
    )
    .fetch_all(db)
    .await?)
}

/// All logins by id: there are few.
pub async fn list_users(db: &Db) -> Result<Vec<User>> {
    Ok(sqlx::query_as!(
        User,
        r#"select u.user_id, u.employee_id, e.name, u.login, u.role as "role: Role"
           from users u join employees e using (employee_id) order by u.user_id"#
    )
    .fetch_all(db)
    .await?)
}

/// The logins of these ids.
pub async fn list_users_by_ids(db: &Db, user_ids: &[i64]) -> Result<Vec<User>> {
    Ok(sqlx::query_as!(
        User,
        r#"select u.user_id, u.employee_id, e.name, u.login, u.role as "role: Role"
           from users u join employees e using (employee_id) where u.user_id = any($1)"#,
        user_ids
    )
    .fetch_all(db)
    .await?)
}

/// The employee, or `NOT_FOUND`.
pub async fn get_employee_in_tx(run: &mut Run<'_>, employee_id: i64) -> Result<Employee> {
    sqlx::query_as!(Employee, "select employee_id, name, active, version from employees where employee_id = $1", employee_id)
        .fetch_optional(&mut *run.tx)
        .await?
        .ok_or_else(|| Error::not_found("employee", employee_id))
}

pub(super) async fn insert_employee_in_tx(run: &mut Run<'_>, name: &str) -> Result<Employee> {
    Ok(sqlx::query_as!(Employee, "insert into employees (name) values ($1) returning employee_id, name, active, version", name)
        .fetch_one(&mut *run.tx)
        .await?)
}

pub(super) async fn insert_user_in_tx(
    run: &mut Run<'_>,
    employee: &Employee,
    login: &str,
    hash: &str,
    role: Role,
) -> Result<User> {
    let user_id = sqlx::query_scalar!(
        "insert into users (employee_id, login, password_hash, role, created_at) values ($1, $2, $3, $4, $5) returning user_id",
        employee.employee_id,
        login,
        hash,
        role.as_str(),
        run.ctx.now
    )
    .fetch_one(&mut *run.tx)
    .await?;
    Ok(User { user_id, employee_id: employee.employee_id, name: employee.name.clone(), login: login.to_owned(), role })
}

fn hashed(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}
