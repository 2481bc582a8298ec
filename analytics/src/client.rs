//! How to reach ClickHouse: one HTTP client, whether the engine is embedded or a server of the customer.

use std::fmt;
use std::str::FromStr;

use crate::cdc::address;

/// The database of an address that names none.
pub const DATABASE: &str = "shpunt";

/// Where ClickHouse is and as whom to speak to it.
#[derive(Clone)]
pub struct Config {
    /// Base address, such as `http://127.0.0.1:8123`.
    pub url: String,
    /// The database everything lives in; `shpunt` unless a test needs its own.
    pub database: String,
    /// ClickHouse user.
    pub user: String,
    /// Its password.
    pub password: String,
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("url", &self.url)
            .field("database", &self.database)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// The text is not an address of ClickHouse. It may hold a password, so it is not repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an address of ClickHouse; expected http://user:password@host:8123/database")]
pub struct NotAnAddress;

impl FromStr for Config {
    type Err = NotAnAddress;

    /// Reads `http://user:password@host:8123/database`; user, password and database may be left out.
    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let (scheme, rest) = text.split_once("://").ok_or(NotAnAddress)?;
        if !matches!(scheme, "http" | "https") {
            return Err(NotAnAddress);
        }
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (credentials, host) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
        let database = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
        if host.is_empty() || host.contains(char::is_whitespace) || database.contains('/') {
            return Err(NotAnAddress);
        }
        let or = |text: String, other: &str| if text.is_empty() { other.to_owned() } else { text };
        Ok(Self {
            url: format!("{scheme}://{host}"),
            database: or(address::percent_decoded(database), DATABASE),
            user: or(address::percent_decoded(user), "default"),
            password: address::percent_decoded(password),
        })
    }
}

/// A pooled HTTP client bound to one database. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    inner: clickhouse::Client,
    database: String,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("database", &self.database).finish_non_exhaustive()
    }
}

impl Client {
    /// Makes a client; nothing is sent until it is used.
    pub fn new(config: &Config) -> Self {
        let inner = clickhouse::Client::default()
            .with_url(&config.url)
            .with_user(&config.user)
            .with_password(&config.password)
            .with_database(&config.database);
        Self { inner, database: config.database.clone() }
    }

    /// The client of the `clickhouse` crate, for queries and inserts.
    pub fn inner(&self) -> &clickhouse::Client {
        &self.inner
    }

    /// The database this client speaks to.
    pub fn database(&self) -> &str {
        &self.database
    }

    /// The same server, another database.
    #[must_use]
    pub fn in_database(&self, database: &str) -> Self {
        Self { inner: self.inner.clone().with_database(database), database: database.to_owned() }
    }

    /// The same, with a setting sent along with every statement.
    #[must_use]
    pub fn with_setting(self, name: &str, value: &str) -> Self {
        Self { inner: self.inner.with_setting(name, value), ..self }
    }

    /// The server's version, for instance `25.8.1.1`; also the cheapest proof that it answers.
    ///
    /// # Errors
    /// It cannot be reached, or refuses the user.
    pub async fn version(&self) -> Result<String, clickhouse::error::Error> {
        self.in_database("default").inner.query("select version()").fetch_one().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart() {
        let config: Config = "https://sh%40p:p%3Aw@ch.example:8443/books".parse().unwrap();
        assert_eq!(
            (config.url.as_str(), config.database.as_str(), config.user.as_str(), config.password.as_str()),
            ("https://ch.example:8443", "books", "sh@p", "p:w")
        );
        let config: Config = "http://127.0.0.1:8123".parse().unwrap();
        assert_eq!((config.database.as_str(), config.user.as_str(), config.password.as_str()), ("shpunt", "default", ""));
        for wrong in ["", "127.0.0.1:8123", "tcp://h:9000", "http://", "http://u:p@/d", "http://h/a/b"] {
            assert!(wrong.parse::<Config>().is_err(), "{wrong}");
        }
    }
}
