//! Passwords: argon2id, hashed and checked where blocking is allowed.
//!
//! Invariant: an unknown login costs as much time as a wrong password, so logins cannot be guessed by the clock.

use std::sync::OnceLock;

use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash};

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use crate::error::{Error, Result};

/// So many passwords are hashed at once: each takes a core and 19 MiB for tens of milliseconds.
static TURNS: Semaphore = Semaphore::const_new(2);

/// Longest wait for a turn.
const TURN_WAIT: Duration = Duration::from_secs(10);

/// Shortest password.
pub const MIN_LENGTH: usize = 8;

/// The PHC string of a password. Blocking: tens of milliseconds of CPU.
pub fn hash(password: &str) -> Result<String> {
    let length = password.chars().count();
    if !(MIN_LENGTH..=200).contains(&length) {
        return Err(Error::invalid("password", format!("the password must have {MIN_LENGTH} to 200 characters")));
    }
    let hash: PasswordHash =
        Argon2::default().hash_password(password.as_bytes()).map_err(|_| Error::internal("argon2 could not hash"))?;
    Ok(hash.to_string())
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
pub async fn hash_in_turn(password: &str) -> Result<String> {
    let (password, _turn) = (password.to_owned(), turn().await?);
    tokio::task::spawn_blocking(move || hash(&password)).await.map_err(|_| Error::internal("hashing a password was cancelled"))?
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
    if let Some(dummy) = DUMMY.get_or_init(|| hash("no such login").ok()) {
        verify(password, dummy);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_password_fits() {
        let stored = hash("correct horse").unwrap();
        assert!(stored.starts_with("$argon2id$"));
        assert!(verify("correct horse", &stored));
        assert!(!verify("correct horsf", &stored));
        assert!(hash("short").is_err());
    }
}
