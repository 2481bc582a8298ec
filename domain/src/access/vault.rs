//! How the secrets of second factors lie in the database: sealed under a key of the server when it has one, else as they are.
//!
//! Invariant: what is sealed opens only for the login it was sealed for (AES-256-GCM, the login's id is authenticated with it).

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::{Digest as _, Sha256};

use crate::error::{Code, Error, Result};

/// Shortest text a key is made of.
pub const KEY_MIN: usize = 32;

/// The key of this server, if it has one.
#[derive(Default)]
pub struct Vault {
    key: Option<LessSafeKey>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").field("sealed", &self.key.is_some()).finish()
    }
}

/// A secret as it is stored.
pub(super) struct Kept {
    pub(super) bytes: Vec<u8>,
    pub(super) sealed: bool,
}

impl Vault {
    /// Under a key made of `text`, 32 random characters or more. Errors: `INVALID_INPUT`.
    pub fn new(text: &str) -> Result<Self> {
        if text.chars().count() < KEY_MIN {
            return Err(Error::invalid(
                "key",
                format!("a key has {KEY_MIN} random characters or more; make one by `openssl rand -base64 32`"),
            ));
        }
        let key = Sha256::new().chain_update("shpunt second factor\0").chain_update(text).finalize();
        let key = UnboundKey::new(&AES_256_GCM, &key).map_err(|_| Error::internal("a key has the wrong length"))?;
        Ok(Self { key: Some(LessSafeKey::new(key)) })
    }

    /// `nonce` must be random: the same one twice would open both.
    pub(super) fn seal(&self, secret: &[u8], user_id: i64, nonce: [u8; NONCE_LEN]) -> Result<Kept> {
        let Some(key) = &self.key else { return Ok(Kept { bytes: secret.to_vec(), sealed: false }) };
        let mut sealed = secret.to_vec();
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), of(user_id), &mut sealed)
            .map_err(|_| Error::internal("a secret could not be sealed"))?;
        Ok(Kept { bytes: [nonce.as_slice(), &sealed].concat(), sealed: true })
    }

    /// Errors: `UNAVAILABLE` without the key it was sealed under.
    pub(super) fn open(&self, kept: &Kept, user_id: i64) -> Result<Vec<u8>> {
        if !kept.sealed {
            return Ok(kept.bytes.clone());
        }
        self.key.as_ref().and_then(|key| unseal(key, &kept.bytes, user_id)).ok_or(Error::Internal {
            code: Code::Unavailable,
            context: "second factors are sealed under another SHPUNT_SECRET_KEY than this server has; start it with that one, \
                      or sign in with a recovery code",
            source: None,
        })
    }
}

fn unseal(key: &LessSafeKey, bytes: &[u8], user_id: i64) -> Option<Vec<u8>> {
    let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
    let mut sealed = sealed.to_vec();
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    key.open_in_place(nonce, of(user_id), &mut sealed).ok().map(|secret| secret.to_vec())
}

fn of(user_id: i64) -> Aad<[u8; 8]> {
    Aad::from(user_id.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn what_is_sealed_opens_under_its_key_for_its_login_only() {
        let vault = Vault::new(KEY).unwrap();
        let kept = vault.seal(b"secret", 7, [3; NONCE_LEN]).unwrap();
        assert!(kept.sealed && !kept.bytes.windows(6).any(|part| part == b"secret"));
        assert_eq!(vault.open(&kept, 7).unwrap(), b"secret");
        let other = Vault::new(&KEY.replace('0', "1")).unwrap();
        for (vault, user_id) in [(&vault, 8), (&other, 7), (&Vault::default(), 7)] {
            assert_eq!(vault.open(&kept, user_id).unwrap_err().code(), Code::Unavailable);
        }
        for at in 0..kept.bytes.len() {
            let mut bytes = kept.bytes.clone();
            bytes[at] ^= 1;
            assert!(vault.open(&Kept { bytes, sealed: true }, 7).is_err(), "byte {at}");
        }
        assert!(vault.open(&Kept { bytes: Vec::new(), sealed: true }, 7).is_err());
    }

    #[test]
    fn without_a_key_a_secret_lies_open_and_can_be_read_later() {
        let kept = Vault::default().seal(b"secret", 7, [3; NONCE_LEN]).unwrap();
        assert!(!kept.sealed && kept.bytes == b"secret");
        assert_eq!(Vault::new(KEY).unwrap().open(&kept, 7).unwrap(), b"secret");
        assert!(Vault::new("short").is_err());
    }
}
