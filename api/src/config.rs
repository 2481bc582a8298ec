//! What can be configured, by flag or by environment variable: one place, about thirty fields.
//!
//! Invariant: an address that may hold a password is a [`Secret`], which cannot be printed or logged by accident.

use std::convert::Infallible;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;

use shpunt_domain::access::Vault;
use shpunt_ingest::oidc::{self, Provider};

/// Text that must not be shown: it has neither `Debug` nor `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself; whoever calls this answers for where it goes.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

/// Addresses of the two databases.
#[derive(clap::Args, Clone)]
#[command(next_help_heading = "Databases")]
pub struct Addresses {
    /// PostgreSQL 15 or newer: postgres://user:password@host:5432/database
    ///
    /// Better given by the environment: arguments can be read by everybody on the machine.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<Secret>,

    /// ClickHouse 25.8 or newer: http://user:password@host:8123/database
    #[arg(long, env = "CLICKHOUSE_URL", hide_env_values = true, value_name = "URL")]
    pub clickhouse_url: Option<Secret>,

    /// The same ClickHouse as a user that can only read; reports are asked as that user [default: CLICKHOUSE_URL]
    #[arg(long, env = "CLICKHOUSE_READER_URL", hide_env_values = true, value_name = "URL")]
    pub clickhouse_reader_url: Option<Secret>,
}

/// Where the two databases are: at their addresses, else in a directory.
#[derive(clap::Args, Clone)]
#[command(next_help_heading = "Databases")]
pub struct Place {
    /// What is named.
    #[command(flatten)]
    pub addresses: Addresses,

    /// Directory of the embedded engines, of which there is one for each address not given
    #[arg(long, env = "SHPUNT_DATA_DIR", default_value = "data", value_name = "DIR")]
    pub data_dir: PathBuf,
}

/// How to serve HTTP.
#[derive(clap::Args, Clone)]
#[command(next_help_heading = "HTTP")]
pub struct Http {
    /// Address to listen on; 0.0.0.0 or :: to be reached from outside (put TLS in front)
    #[arg(long, env = "SHPUNT_HOST", default_value = "127.0.0.1", value_name = "IP")]
    pub host: IpAddr,

    /// Port to listen on; 0: any free one
    #[arg(long, env = "SHPUNT_PORT", default_value_t = 8080, value_name = "PORT")]
    pub port: u16,

    /// Address of the page as browsers see it, where a proxy hides it: https://crm.example.com
    #[arg(long, env = "SHPUNT_ORIGIN", value_name = "ORIGIN", value_parser = origin)]
    pub origin: Option<String>,

    /// Name the session cookie __Host-… and mark it Secure: for a page served by HTTPS
    #[arg(long, env = "SHPUNT_SECURE_COOKIES")]
    pub secure_cookies: bool,

    /// Answer only the operations the page is built with; a program of your own needs this off
    #[arg(long, env = "SHPUNT_TRUSTED_DOCUMENTS_ONLY")]
    pub trusted_documents_only: bool,

    /// Serve GraphiQL at /graphiql, for whoever develops against the API
    #[arg(long, env = "SHPUNT_DEV")]
    pub dev: bool,

    /// Requests a second of one user, one token or one address of strangers; four times as many at once; 0: any number
    #[arg(long, env = "SHPUNT_REQUESTS_PER_SECOND", default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    pub requests_per_second: u32,

    /// Passwords tried a minute from one address; 0: any number
    #[arg(long, env = "SHPUNT_SIGN_INS_PER_MINUTE", default_value_t = 30, value_name = "N")]
    pub sign_ins_per_minute: u32,

    /// What the requests of one user or one token may cost a minute, in fields of answers; 0: any number
    #[arg(long, env = "SHPUNT_COST_PER_MINUTE", default_value_t = 1_000_000, value_name = "POINTS")]
    pub cost_per_minute: u32,

    /// Proxies of yours in front, each of which adds an address to X-Forwarded-For; 0: the header is not believed
    #[arg(long, env = "SHPUNT_PROXIES", default_value_t = 0, value_name = "N")]
    pub proxies: u8,

    /// Key the secrets of second factors are sealed under: 32 random characters or more (`openssl rand -base64 32`)
    ///
    /// Without one they lie in the database as they are. Keep it: with another one nobody with a second factor comes in but by a
    /// recovery code. Better given by the environment: arguments can be read by everybody on the machine.
    #[arg(long, env = "SHPUNT_SECRET_KEY", hide_env_values = true, value_name = "KEY", value_parser = secret_key)]
    pub secret_key: Option<Secret>,

    /// Most connections to PostgreSQL
    #[arg(long, env = "SHPUNT_CONNECTIONS", default_value_t = 16, value_name = "N", value_parser = clap::value_parser!(u32).range(4..=1000))]
    pub connections: u32,

    /// Where people may sign in besides.
    #[command(flatten)]
    pub oidc: Oidc,
}

/// The OpenID Connect provider people may sign in at; none unless its issuer is named.
#[derive(clap::Args, Clone, Default)]
#[command(next_help_heading = "Sign-in at an OpenID Connect provider")]
pub struct Oidc {
    /// Issuer, letter by letter as the provider calls itself: https://id.example.com/realms/office
    ///
    /// Needs --oidc-client-id and --origin; the provider must be told to send people back to ORIGIN/login/oidc/callback.
    #[arg(long, env = "SHPUNT_OIDC_ISSUER", value_name = "URL", requires_all = ["oidc_client_id", "origin"])]
    pub oidc_issuer: Option<oidc::Address>,

    /// Id of this server at the provider
    #[arg(long, env = "SHPUNT_OIDC_CLIENT_ID", value_name = "ID", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub oidc_client_id: Option<String>,

    /// Secret of this server at the provider; a public client has none
    ///
    /// Better given by the environment: arguments can be read by everybody on the machine.
    #[arg(long, env = "SHPUNT_OIDC_CLIENT_SECRET", hide_env_values = true, value_name = "SECRET")]
    pub oidc_client_secret: Option<Secret>,

    /// What people call the provider, on the button of the page [default: its host]
    #[arg(long, env = "SHPUNT_OIDC_LABEL", value_name = "NAME")]
    pub oidc_label: Option<String>,
}

impl Http {
    /// The provider people may sign in at.
    pub fn provider(&self) -> Option<Provider> {
        let Oidc { oidc_issuer, oidc_client_id, oidc_client_secret, oidc_label } = self.oidc.clone();
        let (issuer, client_id, origin) = (oidc_issuer?, oidc_client_id?, self.origin.as_deref()?);
        Some(Provider::new(oidc::Settings {
            issuer,
            client_id,
            client_secret: oidc_client_secret.map(|secret| secret.expose().to_owned()).filter(|secret| !secret.is_empty()),
            redirect_uri: format!("{origin}/login/oidc/callback"),
            label: oidc_label.filter(|label| !label.trim().is_empty()),
        }))
    }

    /// Under what the secrets of second factors are kept.
    pub fn vault(&self) -> Vault {
        // The key was held against the rule when it was parsed.
        self.secret_key.as_ref().and_then(|key| Vault::new(key.expose()).ok()).unwrap_or_default()
    }
}

/// What is logged, to standard error: lines for people in a terminal, JSON otherwise.
#[derive(clap::Args, Clone)]
#[command(next_help_heading = "Logging")]
pub struct Logging {
    /// Filter, such as `info` or `shpunt_analytics=debug` [default: warn; info for servers without a terminal]
    #[arg(long, env = "RUST_LOG", global = true, value_name = "FILTER")]
    pub log: Option<String>,

    /// How lines look
    #[arg(long, env = "SHPUNT_LOG_FORMAT", global = true, value_name = "auto|text|json", hide_possible_values = true)]
    #[arg(value_enum, default_value_t = LogFormat::Auto)]
    pub log_format: LogFormat,
}

/// How log lines look.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people in a terminal, JSON otherwise
    Auto,
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// A key that cannot be guessed.
fn secret_key(text: &str) -> Result<Secret, String> {
    Vault::new(text).map(|_| Secret::new(text)).map_err(|error| error.to_string())
}

/// `scheme://host[:port]`, as browsers write it.
fn origin(text: &str) -> Result<String, String> {
    let text = text.trim_end_matches('/').to_lowercase();
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']) => Ok(text),
        _ => Err("expected scheme and host only, such as https://crm.example.com".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Arguments {
        #[command(flatten)]
        http: Http,
    }

    #[test]
    fn what_one_may_ask_is_limited_unless_it_is_said_otherwise() {
        let Http { requests_per_second, sign_ins_per_minute, cost_per_minute, proxies, .. } =
            Arguments::parse_from(["test"]).http;
        assert_eq!((requests_per_second, sign_ins_per_minute, cost_per_minute, proxies), (50, 30, 1_000_000, 0));
        for wrong in ["-1", "1000001", "many"] {
            assert!(Arguments::try_parse_from(["test", "--requests-per-second", wrong]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_provider_is_named_in_full_or_not_at_all() {
        assert!(Arguments::parse_from(["test"]).http.provider().is_none());
        let issuer = ["test", "--oidc-issuer", "https://id.example.com/a/"];
        let rest = ["--oidc-client-id", "shpunt", "--origin", "https://crm.example.com"];
        let all: Vec<_> = issuer.iter().chain(&rest).copied().collect();
        let provider = Arguments::parse_from(&all).http.provider().unwrap();
        assert_eq!((provider.issuer(), provider.label()), ("https://id.example.com/a/", "id.example.com"));
        let named = Arguments::parse_from(all.iter().chain(&["--oidc-label", "Офис"])).http.provider().unwrap();
        assert_eq!(named.label(), "Офис");
        for missing in [&rest[..2], &rest[2..], &[]] {
            assert!(Arguments::try_parse_from(issuer.iter().chain(missing)).is_err(), "{missing:?}");
        }
        let plain = ["test", "--oidc-issuer", "http://id.example.com"];
        assert!(Arguments::try_parse_from(plain.iter().chain(&rest)).is_err());
    }

    #[test]
    fn an_origin_is_scheme_and_host() {
        assert_eq!(origin("https://CRM.example.com/"), Ok("https://crm.example.com".to_owned()));
        assert_eq!(origin("http://10.0.0.1:8080"), Ok("http://10.0.0.1:8080".to_owned()));
        for wrong in ["crm.example.com", "https://", "https://a/b", "ftp://a", "https://u@a"] {
            assert!(origin(wrong).is_err(), "{wrong}");
        }
    }
}
