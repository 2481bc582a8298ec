//! Passwords: argon2id, hashed and checked where blocking is allowed.
//!
//! Invariant: an unknown login costs as much time as a wrong password, so logins cannot be guessed by the clock.

use std::sync::OnceLock;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash};

use crate::error::{Error, Result};

/// Shortest password.
pub const MIN_LENGTH: usize = 8;

/// Longest password: hashing costs as much as it is long.
pub const MAX_LENGTH: usize = 200;

/// The PHC string of a password; `salt` must be used for no other. Blocking: tens of milliseconds of CPU.
pub fn hash(password: &str, salt: &[u8]) -> Result<String> {
    let length = password.chars().count();
    if !(MIN_LENGTH..=MAX_LENGTH).contains(&length) {
        let message =
            format!("the password must have {MIN_LENGTH} to {MAX_LENGTH} characters, this has {length}; choose another");
        return Err(Error::invalid("password", message));
    }
    let hash: PasswordHash = Argon2::default()
        .hash_password_with_salt(password.as_bytes(), salt)
        .map_err(|_| Error::internal("argon2 could not hash"))?;
    Ok(hash.to_string())
}

/// Whether `password` belongs to the PHC string. Blocking.
pub fn verify(password: &str, hash: &str) -> bool {
    Argon2::default().verify_password(password.as_bytes(), hash).is_ok()
}

/// Spends the time of [`verify`] for a login that does not exist. Blocking.
pub fn verify_dummy(password: &str) {
    static DUMMY: OnceLock<Option<String>> = OnceLock::new();
    if let Some(dummy) = DUMMY.get_or_init(|| hash("no such login", b"of nobody").ok()) {
        verify(password, dummy);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_password_fits() {
        let stored = hash("correct horse", b"some salt").unwrap();
        assert!(stored.starts_with("$argon2id$"));
        assert!(verify("correct horse", &stored));
        assert!(!verify("correct horsf", &stored));
        assert!(hash("short", b"some salt").is_err());
    }
}
