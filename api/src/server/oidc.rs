//! Signing in at an OpenID Connect provider: there by `/login/oidc`, back by `/login/oidc/callback`.
//!
//! Invariants: only the browser that went there comes back in, once and within minutes; whatever goes wrong, the browser gets the page
//! and a code, and why is in the log; whether a person has a login is told to nobody but that person.

use std::sync::Arc;

use axum::extract::{Extension, RawQuery, State};
use axum::http::header::{CACHE_CONTROL, LOCATION, REFERRER_POLICY, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{AppendHeaders, IntoResponse as _, Response};
use shpunt_domain::access::identities::{self, Entry};
use shpunt_domain::{Code, Error};
use shpunt_ingest::oidc::{Fault, Provider};

use super::listen::Peer;
use super::observe::RequestId;
use super::refusal::Refusal;
use super::{App, cookie};
pub(super) use crate::graphql::SIGN_IN_PATH as THERE;

/// Where they come back.
pub(super) const BACK: &str = "/login/oidc/callback";

/// Why nobody came in, or not yet: what the page is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Halt {
    /// The provider proved who it is; the code of the second factor is missing.
    CodeNeeded,
    /// The sign-in is over, used, or of another browser.
    Expired,
    /// The provider or the person said no.
    Denied,
    /// What came back proves nobody.
    Refused,
    /// No open login is linked to the person.
    Unknown,
    /// The provider does not answer, or not as one does.
    ProviderUnavailable,
    /// Too many sign-ins from this address.
    Limited,
    /// The database does not answer.
    Unavailable,
}

impl Halt {
    const fn code(self) -> &'static str {
        match self {
            Self::CodeNeeded => "SECOND_FACTOR_NEEDED",
            Self::Expired => "SIGN_IN_EXPIRED",
            Self::Denied => "SIGN_IN_DENIED",
            Self::Refused => "SIGN_IN_REFUSED",
            Self::Unknown => "SIGN_IN_UNKNOWN",
            Self::ProviderUnavailable => "PROVIDER_UNAVAILABLE",
            Self::Limited => "RATE_LIMITED",
            Self::Unavailable => "UNAVAILABLE",
        }
    }
}

impl From<Refusal> for Halt {
    fn from(_: Refusal) -> Self {
        Self::Limited
    }
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        if error.code() == Code::SignInExpired {
            return Self::Expired;
        }
        tracing::error!(%error, cause = ?std::error::Error::source(&error), "a sign-in at the provider failed here");
        Self::Unavailable
    }
}

impl From<Fault> for Halt {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Unavailable(_) => {
                tracing::error!(%fault, "people cannot sign in at the provider; check it and --oidc-issuer, client id and secret");
                Self::ProviderUnavailable
            }
            Fault::Refused(_) => {
                tracing::warn!(%fault, "a sign-in at the provider was refused");
                Self::Refused
            }
        }
    }
}

/// Sends the browser to the provider, with a secret to come back with.
pub(super) async fn there(
    State(app): State<Arc<App>>,
    (RequestId(id), Extension(peer)): (RequestId, Extension<Peer>),
    headers: HeaderMap,
) -> Response {
    let Some(provider) = &app.provider else { return not_configured(&id) };
    match begin(&app, provider, &headers, peer).await {
        Ok((door, secret)) => redirect(&door, &[app.cookies.set_sign_in(&secret)]),
        Err(halt) => to_page(halt, &[]),
    }
}

async fn begin(app: &App, provider: &Provider, headers: &HeaderMap, Peer(peer): Peer) -> Result<(String, String), Halt> {
    let stranger = app.rates.stranger(headers, peer);
    app.rates.request(stranger)?;
    app.rates.sign_ins(stranger, 1)?;
    let (browser, state) = (secret(), secret());
    let door = provider.door(&browser, &state).await?;
    identities::begin(&app.db, &browser, &state, (app.clock)()).await?;
    Ok((door, browser))
}

/// A random text nobody guesses.
fn secret() -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// What came back in the address.
#[derive(Debug, Default)]
struct Answer {
    state: String,
    code: Option<String>,
    error: Option<String>,
    issuer: Option<String>,
}

impl Answer {
    fn of(query: &str) -> Self {
        let mut answer = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "state" => answer.state = value.into_owned(),
                "code" => answer.code = Some(value.into_owned()),
                "error" => answer.error = Some(value.into_owned()),
                "iss" => answer.issuer = Some(value.into_owned()),
                _ => {}
            }
        }
        answer
    }

    /// The code, unless the provider said no. One that names itself (RFC 9207) must be ours.
    fn code(self, issuer: &str) -> Result<String, Halt> {
        if let Some(error) = self.error {
            let error: String = error.chars().filter(|letter| letter.is_ascii_lowercase() || *letter == '_').take(40).collect();
            tracing::warn!(error, "the provider sent somebody back without a code");
            return Err(Halt::Denied);
        }
        if self.issuer.is_some_and(|own| own != issuer) {
            tracing::warn!("another provider than ours sent somebody back");
            return Err(Halt::Refused);
        }
        self.code.filter(|code| !code.is_empty()).ok_or(Halt::Refused)
    }
}

/// Lets in whoever comes back from the provider.
pub(super) async fn back(
    State(app): State<Arc<App>>,
    (RequestId(id), Extension(peer)): (RequestId, Extension<Peer>),
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let Some(provider) = &app.provider else { return not_configured(&id) };
    let answer = Answer::of(&query.unwrap_or_default());
    let browser = match taken(&app, &headers, peer, &answer.state).await {
        Ok(browser) => browser,
        // The secret may be that of another sign-in under way: it stays.
        Err(halt) => return to_page(halt, &[]),
    };
    match come_in(&app, provider, &browser, answer).await {
        Ok(Entry::In(session)) => {
            tracing::info!(actor = session.user.user_id, "signed in at the provider");
            let session = app.cookies.set(&session.token, session.expires_at - (app.clock)());
            redirect("/", &[session, app.cookies.clear_sign_in()])
        }
        Ok(Entry::CodeNeeded(secret)) => to_page(Halt::CodeNeeded, &[app.cookies.set_sign_in(&secret)]),
        Ok(Entry::Unknown) => to_page(Halt::Unknown, &[app.cookies.clear_sign_in()]),
        Err(halt) => to_page(halt, &[app.cookies.clear_sign_in()]),
    }
}

/// The secret of the browser, when it began this sign-in and did not come back before.
async fn taken(app: &App, headers: &HeaderMap, Peer(peer): Peer, state: &str) -> Result<String, Halt> {
    app.rates.request(app.rates.stranger(headers, peer))?;
    let browser = cookie::sign_in(headers, app.cookies).ok_or(Halt::Expired)?;
    identities::take(&app.db, browser, state, (app.clock)()).await?;
    Ok(browser.to_owned())
}

async fn come_in(app: &App, provider: &Provider, browser: &str, answer: Answer) -> Result<Entry, Halt> {
    let code = answer.code(provider.issuer())?;
    let proven = provider.redeem(browser, &code, (app.clock)()).await?;
    let entry = identities::enter(&app.db, &proven, rand::random(), (app.clock)()).await?;
    if matches!(entry, Entry::Unknown) {
        let (issuer, subject, has_email) = (&proven.issuer, &proven.subject, proven.email.is_some());
        tracing::warn!(issuer, subject, has_email, "nobody open is linked to who signed in; userIdentityAdd links a login");
    }
    Ok(entry)
}

fn not_configured(id: &str) -> Response {
    let message = "no provider is configured; sign in with a password, or start the server with --oidc-issuer";
    Refusal::new(StatusCode::NOT_FOUND, "NOT_FOUND", message).respond(id)
}

fn to_page(halt: Halt, cookies: &[String]) -> Response {
    redirect(&format!("/?signIn={}", halt.code()), cookies)
}

/// See Other: whatever the method was, the browser goes there by GET. What it came with is kept from caches and from the next page.
fn redirect(to: &str, cookies: &[String]) -> Response {
    let headers: [(HeaderName, &str); 3] = [(LOCATION, to), (CACHE_CONTROL, "no-store"), (REFERRER_POLICY, "no-referrer")];
    let cookies = AppendHeaders(cookies.iter().map(|cookie| (SET_COOKIE, cookie.as_str())).collect::<Vec<_>>());
    (StatusCode::SEE_OTHER, headers, cookies).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(query: &str) -> Result<String, Halt> {
        Answer::of(query).code("https://id.example.com")
    }

    #[test]
    fn a_code_counts_when_our_provider_sent_it_and_did_not_say_no() {
        assert_eq!(code("state=s&code=a%2Bb"), Ok("a+b".to_owned()));
        assert_eq!(code("code=c&iss=https%3A%2F%2Fid.example.com"), Ok("c".to_owned()));
        assert_eq!(code("code=c&iss=https://other.example.com"), Err(Halt::Refused));
        assert_eq!(code("error=access_denied&code=c"), Err(Halt::Denied));
        for nothing in ["", "state=s", "code="] {
            assert_eq!(code(nothing), Err(Halt::Refused), "{nothing}");
        }
    }
}
