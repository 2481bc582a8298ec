//! How the replication connection is made from a PostgreSQL address.

use std::path::PathBuf;
use std::time::Duration;

use pgwire_replication::{ReplicationConfig, SslMode, TlsConfig};

use super::error::Error;
use super::pg::{self, PgSslMode};

/// Where the stream of `slot` is read, as the same user as everything else and as protected.
pub(crate) fn replication(url: &str, slot: &str) -> Result<ReplicationConfig, Error> {
    let from = pg::options(url)?;
    let host = from.get_socket().map_or_else(|| from.get_host().to_owned(), |path| path.display().to_string());
    let root = || parameter(url, "sslrootcert").map(PathBuf::from);
    let tls = match from.get_ssl_mode() {
        _ if host.starts_with('/') => TlsConfig::disabled(),
        PgSslMode::Disable | PgSslMode::Allow => TlsConfig::disabled(),
        PgSslMode::Prefer => TlsConfig { mode: SslMode::Prefer, ..TlsConfig::disabled() },
        PgSslMode::Require => TlsConfig::require(),
        PgSslMode::VerifyCa => TlsConfig::verify_ca(root()),
        PgSslMode::VerifyFull => TlsConfig::verify_full(root()),
    };
    let database = from.get_database().unwrap_or_else(|| from.get_username());
    // The driver gives neither the password nor the certificate back.
    Ok(ReplicationConfig::new(host, from.get_username(), password(url), database, slot, pg::PUBLICATION)
        .with_port(from.get_port())
        .with_tls(tls)
        .with_binary(true)
        .with_buffer_size(16_384)
        .with_status_interval(Duration::from_secs(1))
        .with_application_name("shpunt cdc")
        // A dead worker must free the slot soon, so that a standby can take over.
        .with_options("-c wal_sender_timeout=10s"))
}

/// A parameter behind the `?`, percent-decoded.
fn parameter(url: &str, name: &str) -> Option<String> {
    let (_, parameters) = url.split_once('?')?;
    let found = parameters.split('&').filter_map(|parameter| parameter.split_once('=')).find(|(key, _)| *key == name);
    found.map(|(_, value)| percent_decoded(value))
}

/// The password of `postgres://user:password@host/db`, percent-decoded; empty when there is none.
fn password(url: &str) -> String {
    let Some((_, rest)) = url.split_once("://") else { return String::new() };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let Some((user, _)) = authority.rsplit_once('@') else { return String::new() };
    user.split_once(':').map(|(_, password)| percent_decoded(password)).unwrap_or_default()
}

pub(crate) fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = (first == b'%')
            .then(|| tail.get(..2))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(escaped.unwrap_or(first));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_is_as_protected_as_the_rest() {
        let tls = |url: &str| replication(url, "slot").unwrap().tls;
        let root = |url: &str| tls(url).ca_pem_path.map(|path| path.display().to_string());
        assert_eq!(tls("postgres://u@h/d").mode, SslMode::Prefer, "as the driver does by default");
        assert_eq!(tls("postgres://u@h/d?sslmode=disable").mode, SslMode::Disable);
        assert_eq!(tls("postgres://u@h/d?sslmode=require").mode, SslMode::Require);
        assert_eq!(tls("postgres://u@h/d?sslmode=verify-full").mode, SslMode::VerifyFull);
        let own = "postgres://u@h/d?sslmode=verify-ca&sslrootcert=%2Fetc%2Fca.pem";
        assert_eq!((tls(own).mode, root(own).as_deref()), (SslMode::VerifyCa, Some("/etc/ca.pem")));
        assert_eq!(tls("postgres://u@%2Frun%2Fpostgresql/d").mode, SslMode::Disable, "a socket of this machine");
    }

    #[test]
    fn finds_the_password() {
        assert_eq!(password("postgres://u:p%40s%3As@h:1/d?sslmode=require"), "p@s:s");
        assert_eq!(password("postgres://u@h/d"), "");
        assert_eq!(password("postgres://h/d"), "");
        assert_eq!(password("postgres://u:100%@h/d"), "100%");
        assert_eq!(password("postgres:///d?host=/run"), "");
    }
}
