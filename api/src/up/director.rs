//! The first login of a fresh installation: the director, with a password made up here.
//!
//! Invariants: it is made only while nobody can log in; the password is on disk, readable by its owner only, before the login
//! exists, so a start that is killed in between goes on with the same one; it is never logged.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use shpunt_domain::Db;
use shpunt_domain::access::commands::{UserAdd, user_add};
use shpunt_domain::access::{Role, store};

use crate::cli::system_ctx;
use crate::config::Secret;
use crate::private_file;

/// What the director logs in with.
pub(crate) const LOGIN: &str = "director";
const FILE: &str = "director.password";
/// Without letters and digits that are taken for each other.
const ALPHABET: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
/// Characters of the password: 99 bits.
const LENGTH: usize = 20;

/// The login that `up` made, and where its password lies.
pub(crate) struct Director {
    /// The password.
    pub(crate) password: Secret,
    /// The file it lies in.
    pub(crate) file: PathBuf,
    /// It was made just now.
    pub(crate) fresh: bool,
}

/// Makes the login when nobody can log in; what was made earlier otherwise, if it was made from this directory.
///
/// # Errors
/// PostgreSQL or the disk refuses.
pub(crate) async fn ensure(db: &Db, data_dir: &Path) -> Result<Option<Director>> {
    let file = data_dir.join(FILE);
    let kept = match std::fs::read_to_string(&file) {
        Ok(text) => Some(text.trim().to_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
    };
    if store::any_user(db).await? {
        return Ok(kept.map(|password| Director { password: Secret::new(password), file, fresh: false }));
    }
    let password = if let Some(kept) = kept {
        kept
    } else {
        let password = generate();
        private_file::write(&file, &password)?;
        password
    };
    let input =
        UserAdd {
            login: LOGIN.to_owned(), name: "Директор".to_owned(), role: Role::Director, password: password.clone()
        };
    user_add(db, &system_ctx(), input).await.context("the director's login cannot be made")?;
    Ok(Some(Director { password: Secret::new(password), file, fresh: true }))
}

/// Groups of five, to be typed by hand.
fn generate() -> String {
    let letter = || char::from(ALPHABET[rand::random_range(0..ALPHABET.len())]);
    let letters: Vec<char> = (0..LENGTH).map(|_| letter()).collect();
    letters.chunks(5).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_can_be_typed_and_differ() {
        let (one, two) = (generate(), generate());
        assert_ne!(one, two);
        assert_eq!(one.len(), LENGTH + 3);
        assert!(one.bytes().all(|byte| byte == b'-' || ALPHABET.contains(&byte)), "{one}");
    }
}
