//! Coming in by a provider: there, back, and the code of the second factor where the login has one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};

use super::{Proven, address};
use crate::access::sessions::{self, Session, hashed};
use crate::access::{SecondFactor, User, Vault, audit, second_factor, store};
use crate::db::{Db, Tx};
use crate::error::{Code, Error, Result};

/// A sign-in may take so long, and so may typing the code after it.
pub const LIFE: Duration = Duration::minutes(10);

/// How far somebody came whom a provider proved.
#[derive(Debug)]
pub enum Entry {
    /// In.
    In(Session),
    /// The code of the second factor is to be typed; this secret of the browser stands for what was proven until then.
    CodeNeeded(String),
    /// There is no open login for that person.
    Unknown,
}

/// Remembers that a browser went to the provider. Both secrets must be random and be kept nowhere but in the browser.
pub async fn begin(db: &Db, browser: &str, state: &str, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!(
        "insert into oidc_sign_ins (browser_hash, state_hash, expires_at) values ($1, $2, $3)",
        hashed(browser),
        hashed(state),
        now + LIFE
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Uses up what [`begin`] remembered: the browser came back with its state. Errors: `SIGN_IN_EXPIRED` (or it is another browser's, or used).
pub async fn take(db: &Db, browser: &str, state: &str, now: DateTime<Utc>) -> Result<()> {
    let taken = sqlx::query!(
        "delete from oidc_sign_ins where browser_hash = $1 and state_hash = $2 and expires_at > $3",
        hashed(browser),
        hashed(state),
        now
    )
    .execute(db)
    .await?;
    if taken.rows_affected() == 1 { Ok(()) } else { Err(expired()) }
}

/// Lets in whom a provider proved, by the same rules as a password does; `entropy` must come from a cryptographic source.
pub async fn enter(db: &Db, proven: &Proven, entropy: [u8; 32], now: DateTime<Utc>) -> Result<Entry> {
    let Some((user_identity_id, user_id)) = find(db, proven).await? else { return Ok(Entry::Unknown) };
    let user = store::list_users_by_ids(db, &[user_id]).await?.pop().filter(|user| user.active);
    let Some(user) = user else { return Ok(Entry::Unknown) };
    let mut tx = db.begin().await?;
    if !claim_in_tx(&mut tx, user_identity_id, proven, now).await? {
        return Ok(Entry::Unknown);
    }
    let entry = if user.second_factor == SecondFactor::On {
        Entry::CodeNeeded(wait_in_tx(&mut tx, &user, &proven.issuer, entropy, now).await?)
    } else {
        Entry::In(come_in_in_tx(&mut tx, user, &proven.issuer, entropy, now).await?)
    };
    tx.commit().await?;
    Ok(entry)
}

/// The link and the login it opens: by the provider's id of the person, or by a verified address that opened none yet. Whoever is linked
/// already does not come in by an address.
async fn find(db: &Db, proven: &Proven) -> Result<Option<(i64, i64)>> {
    let email = proven.email.as_deref().and_then(|email| address(email).ok());
    let found = sqlx::query!(
        "select i.user_identity_id, i.user_id from user_identities i join users u using (user_id)
         where i.issuer = $1 and u.active and (i.subject = $2 or i.subject is null and i.email = $3
             and not exists (select from user_identities where issuer = $1 and subject = $2))",
        proven.issuer,
        proven.subject,
        email
    )
    .fetch_optional(db)
    .await?;
    Ok(found.map(|row| (row.user_identity_id, row.user_id)))
}

/// Makes the link the person's for good; held until the end, so that whoever removes it ends this session too.
async fn claim_in_tx(tx: &mut Tx<'_>, user_identity_id: i64, proven: &Proven, now: DateTime<Utc>) -> Result<bool> {
    let claimed = sqlx::query!(
        "update user_identities set subject = $2, used_at = coalesce(used_at, $3)
         where user_identity_id = $1 and (subject = $2 or subject is null)",
        user_identity_id,
        proven.subject,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(claimed.rows_affected() == 1)
}

async fn wait_in_tx(tx: &mut Tx<'_>, user: &User, issuer: &str, entropy: [u8; 32], now: DateTime<Utc>) -> Result<String> {
    let browser = URL_SAFE_NO_PAD.encode(entropy);
    sqlx::query!(
        "insert into oidc_sign_ins (browser_hash, user_id, issuer, expires_at) values ($1, $2, $3, $4)",
        hashed(&browser),
        user.user_id,
        issuer,
        now + LIFE
    )
    .execute(&mut **tx)
    .await?;
    Ok(browser)
}

async fn come_in_in_tx(tx: &mut Tx<'_>, user: User, issuer: &str, entropy: [u8; 32], now: DateTime<Utc>) -> Result<Session> {
    audit::record_proven_in_tx(tx, &user, issuer, now).await?;
    sessions::begin_in_tx(tx, user, entropy, now).await
}

/// Goes on with a sign-in that waits for the code of the second factor; `browser` is that of [`Entry::CodeNeeded`].
///
/// Errors: `SIGN_IN_EXPIRED`, `SECOND_FACTOR_NEEDED` (no code), `SECOND_FACTOR_WRONG`, `TOO_MANY_ATTEMPTS`, `UNAVAILABLE`.
pub async fn proceed(
    db: &Db,
    vault: &Vault,
    (browser, code): (&str, &str),
    entropy: [u8; 32],
    now: DateTime<Utc>,
) -> Result<Session> {
    let user_id = sqlx::query_scalar!(
        r#"select u.user_id from oidc_sign_ins s join users u using (user_id)
           where s.browser_hash = $1 and s.expires_at > $2 and u.active"#,
        hashed(browser),
        now
    )
    .fetch_optional(db)
    .await?
    .ok_or_else(expired)?;
    let user = store::list_users_by_ids(db, &[user_id]).await?.pop().ok_or_else(expired)?;
    second_factor::check(db, vault, &user, Some(code), now).await?;
    let mut tx = db.begin().await?;
    // Another of the same moment, or the removal of the link, may have been first.
    let issuer = sqlx::query_scalar!(
        r#"delete from oidc_sign_ins where browser_hash = $1 and user_id = $2 returning issuer as "issuer!""#,
        hashed(browser),
        user_id
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(expired)?;
    let session = come_in_in_tx(&mut tx, user, &issuer, entropy, now).await?;
    tx.commit().await?;
    Ok(session)
}

/// Removes what is over.
pub(in crate::access) async fn sweep(db: &Db, now: DateTime<Utc>) -> Result<()> {
    sqlx::query!("delete from oidc_sign_ins where expires_at <= $1", now).execute(db).await?;
    Ok(())
}

fn expired() -> Error {
    let message = "this sign-in is over or was not begun here; begin again with the button of the provider".to_owned();
    Error::Forbidden { code: Code::SignInExpired, message }
}
