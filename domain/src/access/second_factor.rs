//! The second factor of a login (второй фактор): enrolled, confirmed by a first code, asked for at the door, removed.
//!
//! Invariants: neither a code nor a recovery code is taken twice, also when both come at once; every wrong one is a miss that makes the
//! next wait; recovery codes are stored only as SHA-256, of 80 random bits each.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::vault::{Kept, Vault};
use super::{Permission, Role, SecondFactor, User, attempts, audit, password, sessions, store, totp};
use crate::command::{self, Ctx, Outcome};
use crate::db::{Db, Tx};
use crate::error::{Code, Error, Result};

/// So many recovery codes are given.
pub const RECOVERY_CODES: usize = 10;

/// Letters of a recovery code.
const RECOVERY_LETTERS: usize = 16;

/// What an application needs to know; shown this once.
#[derive(Debug, Clone)]
pub struct Enrolment {
    /// To be typed.
    pub secret: String,
    /// To be followed or scanned.
    pub uri: String,
}

/// Random bytes of an enrolment, from a cryptographic source.
#[derive(Clone, Copy)]
pub struct Entropy {
    /// Becomes the secret.
    pub secret: [u8; totp::SECRET_BYTES],
    /// Goes into its seal.
    pub nonce: [u8; 12],
}

/// Random bytes of the recovery codes, from a cryptographic source.
pub type RecoveryEntropy = [[u8; RECOVERY_LETTERS]; RECOVERY_CODES];

/// Makes a secret for a login (подключить второй фактор); it asks for nothing until [`confirm`]. Again, it makes another.
///
/// Errors: `CREDENTIALS_WRONG` (the password), `TOO_MANY_ATTEMPTS`, `ALREADY_EXISTS` (confirmed already), `UNAVAILABLE`.
pub async fn enrol(db: &Db, vault: &Vault, user: &User, secret: &str, entropy: Entropy, now: DateTime<Utc>) -> Result<Enrolment> {
    sessions::check_password(db, user, secret, now).await?;
    let kept = vault.seal(&entropy.secret, user.user_id, entropy.nonce)?;
    let stored = sqlx::query!(
        "insert into second_factors (user_id, secret, sealed, enrolled_at) values ($1, $2, $3, $4)
         on conflict (user_id) do update set secret = excluded.secret, sealed = excluded.sealed, enrolled_at = excluded.enrolled_at
         where second_factors.confirmed_at is null",
        user.user_id,
        kept.bytes,
        kept.sealed,
        now
    )
    .execute(db)
    .await?;
    if stored.rows_affected() == 0 {
        let message = "a second factor is in use already; remove it first by totpRemove".to_owned();
        return Err(Error::Conflict { code: Code::AlreadyExists, message });
    }
    Ok(Enrolment { secret: totp::spelt(&entropy.secret)?, uri: totp::uri(&entropy.secret, &user.login)? })
}

/// Takes the second factor into use by its first code (подтвердить); every other session of the login ends. Returns its recovery codes.
///
/// Errors: `SECOND_FACTOR_WRONG`, `TOO_MANY_ATTEMPTS`, `NOT_FOUND` (nothing was enrolled), `ALREADY_EXISTS`, `UNAVAILABLE`.
pub async fn confirm(
    db: &Db,
    vault: &Vault,
    user: &User,
    (code, token): (&str, Option<&str>),
    entropy: RecoveryEntropy,
    now: DateTime<Utc>,
) -> Result<Vec<String>> {
    let user_id = user.user_id;
    let waits = attempts::count(db, &attempts::of_codes(user_id), now).await?;
    let mut tx = db.begin().await?;
    let enrolled = lock_in_tx(&mut tx, user_id).await?.ok_or_else(|| Error::not_found("second factor of", &user.login))?;
    if enrolled.is_confirmed {
        let message = "the second factor is in use already".to_owned();
        return Err(Error::Conflict { code: Code::AlreadyExists, message });
    }
    let Some(step) = totp::step_of(&vault.open(&enrolled.kept, user_id)?, code, now, enrolled.last_step)? else {
        tx.rollback().await?;
        audit::record_miss(db, &user.login, waits, now).await?;
        return Err(wrong());
    };
    audit::record_in_tx(&mut tx, audit::Kind::SecondFactorOn, user_id, &user.login, now).await?;
    sqlx::query!("update second_factors set confirmed_at = $2, last_step = $3 where user_id = $1", user_id, now, step)
        .execute(&mut *tx)
        .await?;
    let codes: Vec<String> = entropy.iter().map(|bytes| password::spell(bytes)).collect();
    let hashes: Vec<Vec<u8>> = codes.iter().map(|code| hashed(user_id, code)).collect();
    sqlx::query!("delete from recovery_codes where user_id = $1", user_id).execute(&mut *tx).await?;
    sqlx::query!("insert into recovery_codes (user_id, code_hash) select $1::bigint, unnest($2::bytea[])", user_id, &hashes)
        .execute(&mut *tx)
        .await?;
    let here = token.map(|token| Sha256::digest(token.as_bytes()).to_vec()).unwrap_or_default();
    sqlx::query!("delete from sessions where user_id = $1 and token_hash <> $2", user_id, here).execute(&mut *tx).await?;
    tx.commit().await?;
    attempts::forget(db, &attempts::of_codes(user_id)).await?;
    Ok(codes)
}

/// Asks a login that has a second factor for its code, or one of its recovery codes; whoever has none passes.
///
/// Errors: `SECOND_FACTOR_NEEDED` (no code), `SECOND_FACTOR_WRONG`, `TOO_MANY_ATTEMPTS`, `UNAVAILABLE`.
pub(super) async fn check(db: &Db, vault: &Vault, user: &User, code: Option<&str>, now: DateTime<Utc>) -> Result<()> {
    if user.second_factor != SecondFactor::On {
        return Ok(());
    }
    let Some(code) = code.map(str::trim).filter(|code| !code.is_empty()) else {
        let message = "the password is right; send the code of your application too, or a recovery code".to_owned();
        return Err(Error::Forbidden { code: Code::SecondFactorNeeded, message });
    };
    let waits = attempts::count(db, &attempts::of_codes(user.user_id), now).await?;
    let mut tx = db.begin().await?;
    // Removed meanwhile: nothing is left to ask for.
    if let Some(enrolled) = lock_in_tx(&mut tx, user.user_id).await?
        && !is_spent_in_tx(&mut tx, vault, user.user_id, code, &enrolled, now).await?
    {
        tx.rollback().await?;
        audit::record_miss(db, &user.login, waits, now).await?;
        return Err(wrong());
    }
    tx.commit().await?;
    attempts::forget(db, &attempts::of_codes(user.user_id)).await
}

/// Uses up the code, if it is one. The row of the second factor is locked, so another of the same moment waits and finds it used.
async fn is_spent_in_tx(
    tx: &mut Tx<'_>,
    vault: &Vault,
    user_id: i64,
    code: &str,
    enrolled: &Enrolled,
    now: DateTime<Utc>,
) -> Result<bool> {
    let used = sqlx::query!(
        "update recovery_codes set used_at = $3 where user_id = $1 and code_hash = $2 and used_at is null",
        user_id,
        hashed(user_id, code),
        now
    )
    .execute(&mut **tx)
    .await?;
    if used.rows_affected() == 1 {
        return Ok(true);
    }
    let Some(step) = totp::step_of(&vault.open(&enrolled.kept, user_id)?, code, now, enrolled.last_step)? else {
        return Ok(false);
    };
    sqlx::query!("update second_factors set last_step = $2 where user_id = $1", user_id, step).execute(&mut **tx).await?;
    Ok(true)
}

/// Removes the own second factor (отключить), by password and code.
///
/// Errors: `CREDENTIALS_WRONG`, `SECOND_FACTOR_NEEDED`, `SECOND_FACTOR_WRONG`, `TOO_MANY_ATTEMPTS`, `NOT_FOUND` (there is none), `UNAVAILABLE`.
pub async fn remove(db: &Db, vault: &Vault, user: &User, (secret, code): (&str, Option<&str>), now: DateTime<Utc>) -> Result<()> {
    if user.second_factor != SecondFactor::On {
        return Err(Error::not_found("second factor of", &user.login));
    }
    sessions::check_password(db, user, secret, now).await?;
    check(db, vault, user, code, now).await?;
    let mut tx = db.begin().await?;
    delete_in_tx(&mut tx, user.user_id).await?;
    audit::record_in_tx(&mut tx, audit::Kind::SecondFactorOff, user.user_id, &user.login, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Whose second factor an administrator removes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SecondFactorRemove {
    /// Whose.
    pub user_id: i64,
}

/// Removes the second factor of somebody who lost it (снять второй фактор); the sessions of the login end.
///
/// Errors: `NOT_FOUND` (the login, or it has none), `INVALID_INPUT` (the own login), `ROLE_ABOVE_OWN`, `FORBIDDEN`.
pub async fn remove_of(db: &Db, ctx: &Ctx, input: SecondFactorRemove) -> Result<Outcome<User>> {
    if input.user_id == ctx.actor.user_id {
        return Err(Error::invalid("userId", "this is your own login; remove its second factor by totpRemove"));
    }
    let removed = command::run(db, ctx, "access.second_factor_remove", Permission::ManagePeople, &input, async |run, input| {
        let user = store::lock_user_in_tx(run, input.user_id).await?;
        run.ctx.actor.administers(user.role)?;
        if !delete_in_tx(&mut run.tx, user.user_id).await? {
            return Err(Error::not_found("second factor of", &user.login));
        }
        sqlx::query!("delete from sessions where user_id = $1", user.user_id).execute(&mut *run.tx).await?;
        store::lock_user_in_tx(run, input.user_id).await
    })
    .await?;
    // What was guessed at the old one says nothing of the next.
    attempts::forget(db, &attempts::of_codes(input.user_id)).await?;
    Ok(removed)
}

/// Whether the logins of a role must have a second factor.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RoleSetting {
    /// The role.
    pub role: Role,
    /// Nothing but enrolment is open to a login without one.
    pub second_factor_required: bool,
}

/// The setting of every role, in the order of [`Role::ALL`].
pub async fn settings(db: &Db) -> Result<Vec<RoleSetting>> {
    let required = sqlx::query_scalar!("select role from role_settings where second_factor_required").fetch_all(db).await?;
    let setting = |role: Role| RoleSetting { role, second_factor_required: required.iter().any(|code| code == role.as_str()) };
    Ok(Role::ALL.map(setting).to_vec())
}

/// Asks a second factor of a role, or no longer (требовать второй фактор). Errors: `ROLE_ABOVE_OWN`, `FORBIDDEN`.
pub async fn role_setting_update(db: &Db, ctx: &Ctx, input: RoleSetting) -> Result<Outcome<RoleSetting>> {
    command::run(db, ctx, "access.role_setting_update", Permission::ManagePeople, &input, async |run, input| {
        run.ctx.actor.administers(input.role)?;
        sqlx::query!(
            "insert into role_settings (role, second_factor_required) values ($1, $2)
             on conflict (role) do update set second_factor_required = excluded.second_factor_required",
            input.role.as_str(),
            input.second_factor_required
        )
        .execute(&mut *run.tx)
        .await?;
        Ok(input.clone())
    })
    .await
}

/// What is stored of a second factor.
struct Enrolled {
    kept: Kept,
    is_confirmed: bool,
    last_step: i64,
}

async fn lock_in_tx(tx: &mut Tx<'_>, user_id: i64) -> Result<Option<Enrolled>> {
    let row =
        sqlx::query!("select secret, sealed, confirmed_at, last_step from second_factors where user_id = $1 for update", user_id)
            .fetch_optional(&mut **tx)
            .await?;
    Ok(row.map(|row| Enrolled {
        kept: Kept { bytes: row.secret, sealed: row.sealed },
        is_confirmed: row.confirmed_at.is_some(),
        last_step: row.last_step,
    }))
}

/// Whether there was one.
async fn delete_in_tx(tx: &mut Tx<'_>, user_id: i64) -> Result<bool> {
    sqlx::query!("delete from recovery_codes where user_id = $1", user_id).execute(&mut **tx).await?;
    let deleted = sqlx::query!("delete from second_factors where user_id = $1", user_id).execute(&mut **tx).await?;
    Ok(deleted.rows_affected() == 1)
}

fn wrong() -> Error {
    let message = "this code is wrong, too old or used; wait for the next one".to_owned();
    Error::Forbidden { code: Code::SecondFactorWrong, message }
}

/// A recovery code as it is stored, however it was typed.
fn hashed(user_id: i64, code: &str) -> Vec<u8> {
    let typed: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    Sha256::new().chain_update(user_id.to_be_bytes()).chain_update(typed.to_lowercase()).finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_code_may_be_typed_in_any_case_and_without_its_dashes() {
        let code = password::spell(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
        let typed = code.to_uppercase().replace('-', " ");
        assert_eq!(hashed(7, &code), hashed(7, &typed));
        assert_ne!(hashed(7, &code), hashed(8, &code), "everybody's codes are their own");
        assert_ne!(hashed(7, &code), hashed(7, &code[1..]));
    }
}
