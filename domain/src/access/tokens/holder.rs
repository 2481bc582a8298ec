//! Who a token stands for, and whether it is still good.

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};
use subtle::ConstantTimeEq as _;

use super::hashed;
use crate::access::{Actor, Permissions, Role, SecondFactor, User};
use crate::db::Db;
use crate::error::{Code, Error, Result};

/// `last_used_at` is written at most this often, not on every request.
const USED_STEP: Duration = Duration::minutes(5);

/// The user a good token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The token.
    pub token_id: i64,
    /// Its user, as the login is now.
    pub user: User,
    /// What the token may do of what the role permits.
    pub within: Permissions,
}

impl Holder {
    /// The user as the one who acts, within the token.
    pub fn actor(&self) -> Actor {
        Actor { within: Some(self.within), ..self.user.actor() }
    }
}

/// A token and its user, as the database tells it.
struct Found {
    token_id: i64,
    secret_hash: Vec<u8>,
    permissions: Permissions,
    expires_at: DateTime<Utc>,
    last_used_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    user_id: i64,
    employee_id: i64,
    name: String,
    login: String,
    role: Role,
    active: bool,
    version: i32,
    must_change_password: bool,
    second_factor: SecondFactor,
    colleagues: Vec<i64>,
}

impl Found {
    /// Why it is not good any more, for its holder.
    fn over(&self, now: DateTime<Utc>) -> Option<String> {
        if self.revoked_at.is_some() {
            return Some("this token was revoked; ask your administrator for another".to_owned());
        }
        if self.expires_at <= now {
            let day = self.expires_at.date_naive();
            return Some(format!("this token ran out on {day}; ask your administrator for another"));
        }
        (!self.active).then(|| "the login of this token is closed; ask your administrator".to_owned())
    }
}

impl From<Found> for Holder {
    fn from(row: Found) -> Self {
        let user = User {
            user_id: row.user_id,
            employee_id: row.employee_id,
            name: row.name,
            login: row.login,
            role: row.role,
            active: row.active,
            version: row.version,
            must_change_password: row.must_change_password,
            second_factor: row.second_factor,
            colleagues: row.colleagues,
        };
        Self { token_id: row.token_id, user, within: row.permissions }
    }
}

async fn read(db: &Db, token_ids: &[i64]) -> Result<Vec<Found>> {
    Ok(sqlx::query_as!(
        Found,
        r#"select t.token_id, t.secret_hash, t.permissions as "permissions: Vec<String>", t.expires_at, t.last_used_at, t.revoked_at,
               u.user_id, u.employee_id, e.name, u.login, u.role as "role: Role", u.active, u.version,
               u.must_change_password, second_factor_of(u.user_id, u.role) as "second_factor!: SecondFactor",
               colleagues_of(u.employee_id) as "colleagues!"
           from api_tokens t join users u on u.user_id = t.user_id join employees e on e.employee_id = u.employee_id
           where t.token_id = any($1)"#,
        token_ids
    )
    .fetch_all(db)
    .await?)
}

/// Whom the token stands for, and marks it as used. `secret` is what its holder sent.
///
/// Errors: `UNAUTHENTICATED` (the message tells only who knows the secret whether there is such a token), `UNAVAILABLE`.
pub async fn find(db: &Db, token_id: i64, secret: &str, now: DateTime<Utc>) -> Result<Holder> {
    let refused = |message| Error::Forbidden { code: Code::Unauthenticated, message };
    let row = read(db, &[token_id]).await?.pop();
    // Compared in any case, so that no time tells whether the id exists.
    let stored = row.as_ref().map_or(&[0; 32][..], |row| &row.secret_hash);
    let fits = bool::from(hashed(secret).ct_eq(stored));
    let Some(row) = row.filter(|_| fits) else {
        return Err(refused("this token is not known; check that all of it was copied".to_owned()));
    };
    if let Some(why) = row.over(now) {
        return Err(refused(why));
    }
    if row.last_used_at.is_none_or(|at| now - at > USED_STEP) {
        sqlx::query!("update api_tokens set last_used_at = $2 where token_id = $1", token_id, now).execute(db).await?;
    }
    Ok(row.into())
}

/// Whom those of these tokens stand for that are good, by id. Being asked about is no use of a token.
pub async fn holders(db: &Db, token_ids: &[i64], now: DateTime<Utc>) -> Result<HashMap<i64, Holder>> {
    let good = read(db, token_ids).await?.into_iter().filter(|row| row.over(now).is_none());
    Ok(good.map(|row| (row.token_id, row.into())).collect())
}
