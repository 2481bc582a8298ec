//! Who people are at an OpenID Connect provider (учётные записи у провайдера): links made by an administrator, and coming in by them.
//!
//! Invariants: nobody comes in by a link that no administrator made; an address counts once, and then the provider's own id of the person,
//! so an address given to somebody else opens nothing; a sign-in belongs to the browser that began it and is good once; of the secrets of
//! its way only hashes are stored.

mod commands;
mod sign_in;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::db::Db;
use crate::error::{Error, Result};
pub use commands::{IdentityAdd, IdentityRemove, add, remove};
pub(super) use sign_in::sweep;
pub use sign_in::{Entry, LIFE, begin, enter, proceed, take};

/// Whom a provider proved somebody to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The provider.
    pub issuer: String,
    /// The provider's id of the person, which is never given to another.
    pub subject: String,
    /// The address, when the provider verified that it is the person's.
    pub email: Option<String>,
}

/// A link between a login and a person at a provider (связь).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Its id.
    pub user_identity_id: i64,
    /// Whose login it opens.
    pub user_id: i64,
    /// The provider.
    pub issuer: String,
    /// The provider's id of the person; `None` until somebody comes with the address.
    pub subject: Option<String>,
    /// The address it was made for, in lower case.
    pub email: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When somebody first came in by it.
    pub used_at: Option<DateTime<Utc>>,
}

/// All links by login: there are few.
pub async fn list(db: &Db) -> Result<Vec<Identity>> {
    Ok(sqlx::query_as!(
        Identity,
        "select user_identity_id, user_id, issuer, subject, email, created_at, used_at from user_identities
         order by user_id, user_identity_id"
    )
    .fetch_all(db)
    .await?)
}

/// An address as it is kept: letters that look like others are no part of it. Errors: `INVALID_INPUT`.
fn address(text: &str) -> Result<String> {
    let text = text.trim();
    let parts = text.split_once('@').filter(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'));
    if parts.is_some() && text.len() <= 320 && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(text.to_ascii_lowercase());
    }
    Err(Error::invalid("email", "this is not an e-mail address of Latin letters, such as anna@example.com; correct it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_in_lower_case() {
        assert_eq!(address(" Anna.K@Example.com ").ok().as_deref(), Some("anna.k@example.com"));
        for wrong in
            ["", "anna", "@example.com", "anna@", "a@b@c", "an na@example.com", "аnna@example.com", "anna@example.com\n\n@"]
        {
            assert!(address(wrong).is_err(), "{wrong}");
        }
        assert!(address(&format!("{}@example.com", "a".repeat(320))).is_err());
    }
}
