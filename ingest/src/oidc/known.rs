//! What a provider tells of itself: its addresses and its keys, asked for when they are needed and kept for a while.
//!
//! Invariant: tokens with made-up key ids make nobody ask for the keys more than once in [`AGAIN`].

use std::sync::Arc;
use std::time::{Duration, Instant};

use jsonwebtoken::Header;
use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::wire::{Address, Fault, SecretGoes, Wire};

/// How long addresses and keys are kept.
const KEPT: Duration = Duration::from_hours(1);
/// How often the keys are asked for again because of a key that is not among them.
const AGAIN: Duration = Duration::from_secs(30);
/// So many keys are looked at.
const KEYS_MAX: usize = 100;

/// The addresses of a provider (OpenID Connect Discovery 1.0).
#[derive(Debug, Deserialize)]
pub(super) struct Metadata {
    issuer: String,
    pub(super) authorization_endpoint: Address,
    pub(super) token_endpoint: Address,
    pub(super) jwks_uri: Address,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

impl Metadata {
    /// The header, which every provider must know, unless it says that it takes the form only.
    pub(super) fn secret_goes(&self) -> SecretGoes {
        let takes = |method: &str| {
            self.token_endpoint_auth_methods_supported.as_ref().is_none_or(|methods| methods.iter().any(|known| known == method))
        };
        if takes("client_secret_basic") || !takes("client_secret_post") { SecretGoes::InHeader } else { SecretGoes::InForm }
    }

    /// A document that speaks for somebody else, or leads astray, is not believed.
    fn check(self, issuer: &Address) -> Result<Self, Fault> {
        if self.issuer != issuer.as_str() {
            let own: String = self.issuer.chars().filter(|letter| !letter.is_control()).take(200).collect();
            return Err(Fault::unavailable(format!(
                "it calls itself {own}, not {}; name it so in --oidc-issuer",
                issuer.as_str()
            )));
        }
        let named = [&self.authorization_endpoint, &self.token_endpoint, &self.jwks_uri];
        if named.into_iter().all(|address| issuer.may_name(address)) {
            return Ok(self);
        }
        Err(Fault::unavailable("its document names an address on this machine"))
    }
}

/// A set of keys; those of kinds nobody here knows are left out.
#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

struct Kept<T> {
    value: Arc<T>,
    at: Instant,
}

#[derive(Default)]
struct Keys {
    kept: Option<Kept<Vec<Jwk>>>,
    asked_again: Option<Instant>,
}

/// What is known of one provider. One asks at a time; the others wait and find the answer.
#[derive(Default)]
pub(super) struct Known {
    metadata: Mutex<Option<Kept<Metadata>>>,
    keys: Mutex<Keys>,
}

impl Known {
    pub(super) async fn metadata(&self, wire: &Wire, issuer: &Address) -> Result<Arc<Metadata>, Fault> {
        let mut known = self.metadata.lock().await;
        if let Some(kept) = known.as_ref().filter(|kept| kept.at.elapsed() < KEPT) {
            return Ok(Arc::clone(&kept.value));
        }
        let place = format!("{}/.well-known/openid-configuration", issuer.as_str().trim_end_matches('/'));
        let place = place.parse().map_err(Fault::unavailable)?;
        let value = Arc::new(wire.get::<Metadata>(&place).await?.check(issuer)?);
        *known = Some(Kept { value: Arc::clone(&value), at: Instant::now() });
        Ok(value)
    }

    /// The key a token says it is signed with.
    pub(super) async fn key(&self, wire: &Wire, place: &Address, header: &Header) -> Result<Jwk, Fault> {
        let mut known = self.keys.lock().await;
        let kept = known.kept.as_ref().filter(|kept| kept.at.elapsed() < KEPT).map(|kept| Arc::clone(&kept.value));
        let was_kept = kept.is_some();
        let keys = match kept {
            Some(keys) => keys,
            None => known.ask(wire, place).await?,
        };
        if let Some(key) = choose(&keys, header) {
            return Ok(key.clone());
        }
        if was_kept && known.asked_again.is_none_or(|at| at.elapsed() > AGAIN) {
            known.asked_again = Some(Instant::now());
            if let Some(key) = choose(&known.ask(wire, place).await?, header) {
                return Ok(key.clone());
            }
        }
        Err(Fault::refused("the token is signed with a key the provider does not show"))
    }
}

impl Keys {
    async fn ask(&mut self, wire: &Wire, place: &Address) -> Result<Arc<Vec<Jwk>>, Fault> {
        let set: KeySet = wire.get(place).await?;
        let keys = set.keys.into_iter().take(KEYS_MAX).filter_map(|key| serde_json::from_value(key).ok()).collect();
        let value = Arc::new(keys);
        self.kept = Some(Kept { value: Arc::clone(&value), at: Instant::now() });
        Ok(value)
    }
}

/// By its id; a token that names none is signed with the only key there is.
fn choose<'a>(keys: &'a [Jwk], header: &Header) -> Option<&'a Jwk> {
    let signs = |key: &&Jwk| {
        let of = &key.common;
        of.public_key_use.as_ref().is_none_or(|of| *of == PublicKeyUse::Signature)
            && of.key_algorithm.is_none_or(|algorithm| algorithm == header.alg.into())
    };
    let mut signing = keys.iter().filter(signs);
    match &header.kid {
        Some(id) => signing.find(|key| key.common.key_id.as_ref() == Some(id)),
        None => signing.next().filter(|_| signing.next().is_none()),
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::Algorithm;
    use serde_json::json;

    use super::*;

    fn header(algorithm: Algorithm, kid: Option<&str>) -> Header {
        Header { kid: kid.map(str::to_owned), ..Header::new(algorithm) }
    }

    fn keys(keys: &[serde_json::Value]) -> Vec<Jwk> {
        keys.iter().map(|key| serde_json::from_value(key.clone()).unwrap()).collect()
    }

    #[test]
    fn a_key_is_chosen_by_its_id_and_for_what_it_is_for() {
        let rsa =
            |kid: &str, of: &str, alg: &str| json!({ "kty": "RSA", "kid": kid, "use": of, "alg": alg, "n": "AQAB", "e": "AQAB" });
        let all = keys(&[rsa("a", "sig", "RS256"), rsa("b", "enc", "RSA-OAEP"), rsa("c", "sig", "RS512")]);
        let found = |algorithm, kid| choose(&all, &header(algorithm, kid)).and_then(|key| key.common.key_id.clone());
        assert_eq!(found(Algorithm::RS256, Some("a")).as_deref(), Some("a"));
        assert_eq!(found(Algorithm::RS512, Some("c")).as_deref(), Some("c"));
        assert_eq!(found(Algorithm::RS256, None).as_deref(), Some("a"), "the only one of this kind");
        for (algorithm, kid) in
            [(Algorithm::RS256, "b"), (Algorithm::RS256, "c"), (Algorithm::HS256, "a"), (Algorithm::RS256, "d")]
        {
            assert_eq!(found(algorithm, Some(kid)), None, "{algorithm:?} {kid}");
        }
        let two = keys(&[rsa("a", "sig", "RS256"), rsa("e", "sig", "RS256")]);
        assert!(choose(&two, &header(Algorithm::RS256, None)).is_none(), "which of two is not guessed");
    }

    fn metadata(more: &serde_json::Value) -> Result<Metadata, String> {
        let mut all = json!({
            "issuer": "https://id.example.com",
            "authorization_endpoint": "https://id.example.com/authorize",
            "token_endpoint": "https://id.example.com/token",
            "jwks_uri": "https://keys.example.com/keys",
        });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let read: Metadata = serde_json::from_value(all).map_err(|error| error.to_string())?;
        read.check(&"https://id.example.com".parse().unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_document_that_speaks_for_another_or_leads_astray_is_not_believed() {
        assert!(metadata(&json!({})).is_ok());
        for (wrong, why) in [
            (json!({ "issuer": "https://id.example.com/" }), "calls itself"),
            (json!({ "token_endpoint": "http://id.example.com/token" }), "https"),
            (json!({ "jwks_uri": "http://127.0.0.1:1/keys" }), "on this machine"),
        ] {
            assert!(metadata(&wrong).unwrap_err().contains(why), "{wrong}");
        }
    }

    #[test]
    fn the_secret_goes_where_the_provider_takes_it() {
        let goes = |methods: serde_json::Value| {
            metadata(&json!({ "token_endpoint_auth_methods_supported": methods })).unwrap().secret_goes()
        };
        assert_eq!(goes(json!(null)), SecretGoes::InHeader);
        assert_eq!(goes(json!(["client_secret_post", "client_secret_basic"])), SecretGoes::InHeader);
        assert_eq!(goes(json!(["client_secret_post", "private_key_jwt"])), SecretGoes::InForm);
    }
}
