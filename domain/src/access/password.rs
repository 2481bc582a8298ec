//! Passwords: argon2id, hashed and checked where blocking is allowed.
//!
//! Invariant: an unknown login costs as much time as a wrong password, so logins cannot be guessed by the clock.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash};

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;
use uuid::Uuid;

use crate::error::{Error, Result};

/// So many passwords are hashed at once: each takes a core and 19 MiB for tens of milliseconds.
static TURNS: Semaphore = Semaphore::const_new(2);

/// Longest wait for a turn.
const TURN_WAIT: Duration = Duration::from_secs(10);

/// Shortest password.
pub const MIN_LENGTH: usize = 8;

/// Different characters in it: eight spaces are no secret.
const DISTINCT: usize = 4;

/// Longest password: hashing costs as much as it is long.
pub const MAX_LENGTH: usize = 200;

/// The PHC string of a password; `salt` must be used for no other, without one it is random. Blocking: tens of milliseconds of CPU.
pub fn hash(password: &str, salt: Option<Uuid>) -> Result<String> {
    let length = password.chars().count();
    if !(MIN_LENGTH..=MAX_LENGTH).contains(&length) {
        let message =
            format!("the password must have {MIN_LENGTH} to {MAX_LENGTH} characters, this has {length}; choose another");
        return Err(Error::invalid("password", message));
    }
    if password.chars().collect::<BTreeSet<_>>().len() < DISTINCT {
        let message = format!("the password repeats itself; use at least {DISTINCT} different characters");
        return Err(Error::invalid("password", message));
    }
    let (argon2, password) = (Argon2::default(), password.as_bytes());
    let hash: Result<PasswordHash, _> = match salt {
        Some(salt) => argon2.hash_password_with_salt(password, salt.as_bytes()),
        None => argon2.hash_password(password),
    };
    Ok(hash.map_err(|_| Error::internal("argon2 could not hash"))?.to_string())
}

/// Letters that are not mistaken for each other when somebody reads them out.
const SPELT: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A secret to be read and typed by people: five bits of each byte as a letter, in groups of four. The bytes must come from a
/// cryptographic source.
pub fn spell(entropy: &[u8]) -> String {
    let letters: Vec<u8> = entropy.iter().map(|byte| SPELT[usize::from(byte % 32)]).collect();
    letters.chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join("-")
}

/// Whether `password` belongs to the PHC string. Blocking.
pub fn verify(password: &str, hash: &str) -> bool {
    Argon2::default().verify_password(password.as_bytes(), hash).is_ok()
}

/// Whether `password` belongs to the PHC string, in turn; without one it takes as long and does not. Errors: `UNAVAILABLE`.
pub async fn check(password: &str, hash: Option<&str>) -> Result<bool> {
    let (password, hash, _turn) = (password.to_owned(), hash.map(str::to_owned), turn().await?);
    let check = move || {
        hash.map_or_else(
            || {
                verify_dummy(&password);
                false
            },
            |hash| verify(&password, &hash),
        )
    };
    tokio::task::spawn_blocking(check).await.map_err(|_| Error::internal("checking a password was cancelled"))
}

/// [`hash`], in turn. Errors: `INVALID_INPUT`, `UNAVAILABLE`.
pub async fn hash_in_turn(password: &str, salt: Option<Uuid>) -> Result<String> {
    let (password, _turn) = (password.to_owned(), turn().await?);
    tokio::task::spawn_blocking(move || hash(&password, salt))
        .await
        .map_err(|_| Error::internal("hashing a password was cancelled"))?
}

async fn turn() -> Result<SemaphorePermit<'static>> {
    match timeout(TURN_WAIT, TURNS.acquire()).await {
        Ok(Ok(turn)) => Ok(turn),
        _ => Err(Error::unavailable("too many people sign in at this moment; try again in a few seconds", None)),
    }
}

/// Spends the time of [`verify`] for a login that does not exist. Blocking.
pub fn verify_dummy(password: &str) {
    static DUMMY: OnceLock<Option<String>> = OnceLock::new();
    if let Some(dummy) = DUMMY.get_or_init(|| hash("no such login", None).ok()) {
        verify(password, dummy);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_spelt_in_letters_that_differ() {
        assert_eq!(spell(&[0, 31, 32, 255, 10, 11, 12, 13]), "a9a9-kmnp");
        assert_eq!(spell(&[7; 16]).len(), 19);
    }

    #[test]
    fn only_the_same_password_fits() {
        let stored = hash("correct horse", None).unwrap();
        assert!(stored.starts_with("$argon2id$"));
        assert!(verify("correct horse", &stored));
        assert!(!verify("correct horsf", &stored));
        for weak in ["short", "        ", "abababababab"] {
            assert!(hash(weak, None).is_err(), "{weak:?}");
        }
        let again = || hash("correct horse", Some(Uuid::from_u128(7))).unwrap();
        assert!(again() == again() && again() != stored && verify("correct horse", &again()));
    }
}
