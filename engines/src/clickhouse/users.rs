//! Who may call? Two users with generated passwords, because the engine itself knows only
//! `default`: a writer, and a reader that cannot change anything or touch files.

use std::path::Path;

use axum::http::HeaderMap;
use base64::Engine as _;
use sha2::{Digest, Sha256};

use super::exception::Exception;
use crate::{Result, secret};

/// Name of the user that may do everything.
pub(super) const WRITER: &str = "shpunt";
/// Name of the read-only user.
pub(super) const READER: &str = "shpunt_reader";

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum User {
    Writer,
    Reader,
}

impl User {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Writer => WRITER,
            Self::Reader => READER,
        }
    }
}

/// The passwords, kept in the data directory with mode 0600 so that restarts keep working.
#[derive(Clone)]
pub(super) struct Users {
    pub(super) writer: String,
    pub(super) reader: String,
}

impl Users {
    pub(super) fn load_or_create(data_dir: &Path) -> Result<Self> {
        Ok(Self {
            writer: secret::load_or_create(&data_dir.join("writer.password"))?,
            reader: secret::load_or_create(&data_dir.join("reader.password"))?,
        })
    }

    /// Who sends this request? Looks, like a server, at the `X-ClickHouse-*` headers, at Basic
    /// authorization and at `user` and `password` of the URL.
    pub(super) fn authenticate(&self, headers: &HeaderMap, url: &[(String, String)]) -> std::result::Result<User, Exception> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let param = |name: &str| url.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let basic = header("authorization").and_then(|value| basic(&value));
        let (user, password) = match (header("x-clickhouse-user"), basic) {
            (Some(user), _) => (user, header("x-clickhouse-key").unwrap_or_default()),
            (None, Some(pair)) => pair,
            (None, None) => (
                param("user").unwrap_or_else(|| "default".to_owned()),
                header("x-clickhouse-key").or_else(|| param("password")).unwrap_or_default(),
            ),
        };
        let found = match user.as_str() {
            WRITER => Some((User::Writer, &self.writer)),
            READER => Some((User::Reader, &self.reader)),
            _ => None,
        };
        match found {
            Some((found, expected)) if same(&password, expected) => Ok(found),
            _ => Err(Exception::new(
                516,
                "AUTHENTICATION_FAILED",
                format!(
                    "{}: Authentication failed: password is incorrect, or there is no user with such name",
                    user.chars().filter(|c| !c.is_control()).take(64).collect::<String>()
                ),
            )),
        }
    }
}

/// Compares digests, so that the time taken says nothing about the password.
fn same(given: &str, expected: &str) -> bool {
    Sha256::digest(given) == Sha256::digest(expected)
}

fn basic(value: &str) -> Option<(String, String)> {
    let encoded = value.strip_prefix("Basic ")?;
    let decoded = base64::engine::general_purpose::STANDARD.decode(encoded.trim()).ok()?;
    let (user, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_two_users_with_their_own_passwords_are_let_in() {
        let users = Users { writer: "w".into(), reader: "r".into() };
        let try_basic = |text: &str| {
            let mut headers = HeaderMap::new();
            let value = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(text));
            headers.insert("authorization", value.parse().unwrap());
            users.authenticate(&headers, &[]).map_err(|e| e.code)
        };
        assert_eq!(try_basic("shpunt:w"), Ok(User::Writer));
        assert_eq!(try_basic("shpunt_reader:r"), Ok(User::Reader));
        for wrong in ["shpunt:r", "shpunt:", "default:", "x:w"] {
            assert_eq!(try_basic(wrong), Err(516), "{wrong}");
        }
        assert_eq!(users.authenticate(&HeaderMap::new(), &[]).unwrap_err().status(), 403);
    }
}
