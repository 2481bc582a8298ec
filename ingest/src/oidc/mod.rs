//! Signing in at an OpenID Connect provider (вход через провайдера OIDC): authorization code with PKCE (S256), and what its answer proves.
//!
//! Invariants: every address is HTTPS, or on this machine; no call follows a redirect, waits longer than [`wire::PATIENCE`] or reads more than
//! [`wire::ANSWER`]; an id token counts only with a signature by a public key of the provider and with the nonce of this very sign-in.

mod known;
mod proof;
mod wire;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use shpunt_domain::access::identities::Proven;

use known::Known;
use proof::Expected;
use wire::Wire;
pub use wire::{Address, Fault};

/// Longest time all calls of one step may take together: a person waits in front of a white page.
const STEP: Duration = Duration::from_secs(12);

/// How this server is known to a provider.
#[derive(Clone)]
pub struct Settings {
    /// The issuer, written as the provider itself writes it.
    pub issuer: Address,
    /// The id of this client.
    pub client_id: String,
    /// Its secret; a public client has none.
    pub client_secret: Option<String>,
    /// Where the provider sends people back to.
    pub redirect_uri: String,
    /// What people call the provider.
    pub label: Option<String>,
}

/// One provider, with what it told of itself.
pub struct Provider {
    settings: Settings,
    wire: Wire,
    known: Known,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider").field("issuer", &self.issuer()).finish_non_exhaustive()
    }
}

/// What belongs to one sign-in: made of the secret its browser keeps, so that nothing of it has to be stored here.
struct Attempt {
    nonce: String,
    verifier: String,
}

impl Attempt {
    fn of(browser: &str) -> Self {
        let derived = |label: &str| encoded(&Sha256::new().chain_update(label).chain_update(browser).finalize());
        Self { nonce: derived("shpunt oidc nonce\0"), verifier: derived("shpunt oidc verifier\0") }
    }

    fn challenge(&self) -> String {
        encoded(&Sha256::digest(&self.verifier))
    }
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What the token endpoint answers; the access token is not asked for anything and dropped.
#[derive(Deserialize)]
struct Redeemed {
    id_token: Option<String>,
}

impl Provider {
    /// Speaks to nobody yet.
    pub fn new(settings: Settings) -> Self {
        let wire = Wire::new(&settings.issuer);
        Self { settings, wire, known: Known::default() }
    }

    /// Who it is, as ids of people there are kept.
    pub fn issuer(&self) -> &str {
        self.settings.issuer.as_str()
    }

    /// What people call it; its host where nobody said.
    pub fn label(&self) -> &str {
        self.settings.label.as_deref().unwrap_or_else(|| self.settings.issuer.host())
    }

    /// Where to send somebody who wants to come in. `browser` is a random secret the browser keeps, `state` a random text of this sign-in.
    ///
    /// # Errors
    /// The provider does not answer, or not as a provider does.
    pub async fn door(&self, browser: &str, state: &str) -> Result<String, Fault> {
        let metadata = within(self.known.metadata(&self.wire, &self.settings.issuer)).await?;
        let attempt = Attempt::of(browser);
        Ok(metadata.authorization_endpoint.with_query(&[
            ("response_type", "code"),
            ("client_id", &self.settings.client_id),
            ("redirect_uri", &self.settings.redirect_uri),
            ("scope", "openid email"),
            ("state", state),
            ("nonce", &attempt.nonce),
            ("code_challenge", &attempt.challenge()),
            ("code_challenge_method", "S256"),
        ]))
    }

    /// Whom the code that came back proves. `browser` is the secret of [`Provider::door`].
    ///
    /// # Errors
    /// The provider does not answer, or its answer proves nobody.
    pub async fn redeem(&self, browser: &str, code: &str, now: DateTime<Utc>) -> Result<Proven, Fault> {
        within(async {
            let attempt = Attempt::of(browser);
            let metadata = self.known.metadata(&self.wire, &self.settings.issuer).await?;
            let form = [
                ("grant_type", "authorization_code"),
                ("code", code),
                ("redirect_uri", &self.settings.redirect_uri),
                ("code_verifier", &attempt.verifier),
            ];
            let client = (self.settings.client_id.as_str(), self.settings.client_secret.as_deref());
            let redeemed: Redeemed = self.wire.redeem(&metadata.token_endpoint, metadata.secret_goes(), client, &form).await?;
            let token = redeemed.id_token.ok_or_else(|| Fault::unavailable("the token endpoint answered without an id_token"))?;
            let header = proof::header(&token)?;
            let key = self.known.key(&self.wire, &metadata.jwks_uri, &header).await?;
            let expected = Expected { issuer: self.issuer(), client_id: &self.settings.client_id, nonce: &attempt.nonce, now };
            proof::claims(&token, &header, &key)?.accept(&expected)
        })
        .await
    }
}

async fn within<T>(step: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    tokio::time::timeout(STEP, step)
        .await
        .unwrap_or_else(|_| Err(Fault::unavailable("all calls of a step took too long together")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_browser_has_a_nonce_and_a_verifier_of_its_own() {
        let (one, other) = (Attempt::of("one"), Attempt::of("other"));
        let all = [&one.nonce, &one.verifier, &one.challenge(), &other.nonce, &other.verifier].map(String::clone);
        assert!(all.iter().all(|text| text.len() == 43), "what RFC 7636 takes for a verifier: {all:?}");
        assert_eq!(std::collections::HashSet::from(all).len(), 5);
        assert_eq!(Attempt::of("one").verifier, one.verifier);
    }
}
