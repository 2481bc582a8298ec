//! Whom an id token proves (OpenID Connect Core 1.0, 3.1.3.7): its signature by a public key, then every claim that matters.

use chrono::{DateTime, Utc};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use serde::Deserialize;
use serde_json::Value;
use shpunt_domain::access::identities::Proven;

use super::wire::Fault;

/// Only signatures that need the provider's private key: with `HS256` its public key would do, with `none` nothing at all.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];
/// How far the clocks of two machines may lie apart, seconds.
const SKEW: i64 = 60;
/// Longest id of a person at a provider (OpenID Connect Core 1.0, 2).
const SUBJECT_MAX: usize = 255;

/// What the token of this sign-in must say.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    pub(super) now: DateTime<Utc>,
}

/// How the token says it is signed. Errors: a refusal of what is not signed by a private key.
pub(super) fn header(token: &str) -> Result<Header, Fault> {
    let header = jsonwebtoken::decode_header(token).map_err(|error| Fault::refused(format!("the token's header: {error}")))?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(Fault::refused(format!("the token is signed by {:?}", header.alg)));
    }
    if header.crit.is_some() {
        return Err(Fault::refused("the token asks for extensions nobody here knows"));
    }
    Ok(header)
}

/// The claims of a token whose signature is right.
pub(super) fn claims(token: &str, header: &Header, key: &Jwk) -> Result<Claims, Fault> {
    let wrong = |error: jsonwebtoken::errors::Error| Fault::refused(format!("the token's signature: {error}"));
    let mut only_signature = Validation::new(header.alg);
    // The claims are checked below, under the clock of the caller.
    only_signature.required_spec_claims.clear();
    only_signature.validate_exp = false;
    only_signature.validate_aud = false;
    let key = DecodingKey::from_jwk(key).map_err(wrong)?;
    Ok(jsonwebtoken::decode(token, &key, &only_signature).map_err(wrong)?.claims)
}

/// For whom a token is: one or several.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Several(several) => several,
        }
    }
}

/// What a token says.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    nonce: Option<String>,
    email: Option<String>,
    email_verified: Option<Value>,
}

impl Claims {
    /// The person, when everything is as expected.
    pub(super) fn accept(self, expected: &Expected<'_>) -> Result<Proven, Fault> {
        let now = expected.now.timestamp();
        let audience = self.aud.all();
        let authorized = self.azp.as_deref();
        let wrong = match () {
            () if self.iss != expected.issuer => Some("it is of another issuer"),
            () if !audience.iter().any(|one| one == expected.client_id) => Some("it is for another client"),
            () if authorized.is_some_and(|party| party != expected.client_id) => Some("it was given to another client"),
            () if audience.len() > 1 && authorized.is_none() => {
                Some("it is for several clients and says not to whom it was given")
            }
            () if self.exp <= now - SKEW => Some("it has expired"),
            () if self.iat > now + SKEW => Some("it is of a later time"),
            () if self.nbf.is_some_and(|from| from > now + SKEW) => Some("it is not valid yet"),
            // The nonce is not secret to whoever can see it, so comparing it in constant time would protect nothing.
            () if self.nonce.as_deref() != Some(expected.nonce) => Some("it is of another sign-in"),
            () if self.sub.is_empty() || self.sub.chars().count() > SUBJECT_MAX => Some("it names nobody"),
            () => None,
        };
        if let Some(wrong) = wrong {
            return Err(Fault::refused(format!("the token: {wrong}")));
        }
        let verified = self.email_verified == Some(Value::Bool(true));
        Ok(Proven { issuer: self.iss, subject: self.sub, email: self.email.filter(|_| verified) })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_772_442_000;

    fn accept(change: &Value) -> Result<Proven, Fault> {
        let mut claims = json!({
            "iss": "https://id.example.com", "sub": "1001", "aud": "shpunt", "exp": NOW + 300, "iat": NOW, "nonce": "n",
            "email": "anna@example.com", "email_verified": true,
        });
        claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let claims: Claims = serde_json::from_value(claims).map_err(|error| Fault::refused(error.to_string()))?;
        let now = DateTime::from_timestamp(NOW, 0).unwrap();
        claims.accept(&Expected { issuer: "https://id.example.com", client_id: "shpunt", nonce: "n", now })
    }

    #[test]
    fn a_token_as_it_should_be_proves_somebody() {
        let proven = Proven {
            issuer: "https://id.example.com".to_owned(),
            subject: "1001".to_owned(),
            email: Some("anna@example.com".to_owned()),
        };
        for good in [
            json!({}),
            json!({ "aud": ["shpunt"] }),
            json!({ "aud": ["shpunt", "other"], "azp": "shpunt" }),
            json!({ "azp": "shpunt" }),
            json!({ "exp": NOW - 59, "iat": NOW - 300 }),
            json!({ "iat": NOW + 60, "nbf": NOW + 60 }),
        ] {
            assert_eq!(accept(&good).as_ref(), Ok(&proven), "{good}");
        }
    }

    #[test]
    fn one_wrong_claim_is_enough() {
        for wrong in [
            json!({ "iss": "https://id.example.com/" }),
            json!({ "aud": "other" }),
            json!({ "aud": [] }),
            json!({ "aud": ["shpunt", "other"] }),
            json!({ "aud": ["shpunt", "other"], "azp": "other" }),
            json!({ "azp": "other" }),
            json!({ "exp": NOW - 60 }),
            json!({ "exp": null }),
            json!({ "iat": NOW + 61 }),
            json!({ "iat": null }),
            json!({ "nbf": NOW + 61 }),
            json!({ "nonce": "m" }),
            json!({ "nonce": null }),
            json!({ "sub": "" }),
            json!({ "sub": "x".repeat(256) }),
        ] {
            assert!(accept(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_address_counts_only_when_the_provider_verified_it() {
        for unverified in [json!(false), json!(null), json!("true"), json!(1)] {
            assert_eq!(accept(&json!({ "email_verified": unverified })).unwrap().email, None, "{unverified}");
        }
    }

    #[test]
    fn only_signatures_of_a_private_key_are_looked_at() {
        use base64::Engine as _;
        let token = |header: &Value| {
            let encoded = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(header.to_string());
            format!("{encoded}.e30.e30")
        };
        for good in ["RS256", "PS512", "ES256", "EdDSA"] {
            assert!(header(&token(&json!({ "alg": good }))).is_ok(), "{good}");
        }
        for wrong in ["none", "None", "HS256", "HS512", "", "RS1"] {
            assert!(header(&token(&json!({ "alg": wrong }))).is_err(), "{wrong}");
        }
        assert!(header(&token(&json!({ "alg": "RS256", "crit": ["b64"] }))).is_err());
        assert!(header("a.b").is_err() && header("").is_err());
    }
}
