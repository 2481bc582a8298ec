//! How to reach ClickHouse: one HTTP client, whether the engine is embedded or a server of the customer.

use std::fmt;

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
}
