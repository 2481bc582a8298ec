//! A provider of our own on this machine: it knows everybody who comes, and can be made to answer wrongly.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use aws_lc_rs::{hmac, rsa};
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use shpunt_tests::http::Http;
use shpunt_tests::now;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub(super) const CLIENT: &str = "shpunt";
/// With a character that must be encoded before it goes into a header.
pub(super) const SECRET: &str = "s&cret";

/// How the next token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signed {
    /// As it should be, by a key on a curve.
    Es256,
    /// As it should be, by RSA.
    Rs256,
    /// By nobody.
    Nobody,
    /// By a code anybody can make out of the public key.
    Hs256,
    /// By a key the provider does not show, under the id of one it does.
    Stranger,
    /// Rightly, and something else is put in afterwards.
    Altered,
}

/// What is wrong with the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Nothing.
    No,
    /// The token endpoint never answers.
    Hangs,
    /// It answers a page.
    Page,
    /// It answers without end.
    Endless,
    /// It leads elsewhere.
    Redirects,
    /// It does not know this client.
    ClientUnknown,
}

struct Key {
    id: String,
    curve: EcdsaKeyPair,
}

impl Key {
    fn new(id: &str) -> Self {
        let curve = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        Self { id: id.to_owned(), curve }
    }

    fn shown(&self) -> Value {
        // 4, then both coordinates.
        let (x, y) = self.curve.public_key().as_ref()[1..].split_at(32);
        json!({ "kty": "EC", "crv": "P-256", "kid": self.id, "use": "sig", "alg": "ES256", "x": encoded(x), "y": encoded(y) })
    }

    fn sign(&self, text: &str) -> Vec<u8> {
        self.curve.sign(&SystemRandom::new(), text.as_bytes()).unwrap().as_ref().to_vec()
    }
}

/// What was asked for a code.
struct Asked {
    challenge: String,
    nonce: String,
    redirect_uri: String,
}

pub(super) struct Told {
    /// Put into the next tokens in place of what would be there.
    pub(super) claims: Value,
    pub(super) signed: Signed,
    pub(super) trouble: Trouble,
    /// The client shows no secret.
    pub(super) public: bool,
    pub(super) keys_asked: usize,
    pub(super) tokens_asked: usize,
    issuer: String,
    key: Key,
    rsa: Option<RsaKeyPair>,
    codes: HashMap<String, Asked>,
}

/// The provider; it ends with the test.
pub(super) struct Provider {
    pub(super) issuer: String,
    told: Arc<Mutex<Told>>,
    task: JoinHandle<()>,
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

type Shared = State<Arc<Mutex<Told>>>;

impl Provider {
    pub(super) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let told = Arc::new(Mutex::new(Told {
            claims: json!({}),
            signed: Signed::Es256,
            trouble: Trouble::No,
            public: false,
            keys_asked: 0,
            tokens_asked: 0,
            issuer: issuer.clone(),
            key: Key::new("key-1"),
            rsa: None,
            codes: HashMap::new(),
        }));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/keys", get(keys))
            .with_state(Arc::clone(&told));
        let task = tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        Self { issuer, told, task }
    }

    /// What it answers, to be changed, and what it was asked.
    pub(super) fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap()
    }

    /// Signs with another key from now on, and shows only that.
    pub(super) fn rotate(&self) {
        let mut told = self.told();
        let number = told.key.id[4..].parse::<u32>().unwrap() + 1;
        told.key = Key::new(&format!("key-{number}"));
    }

    /// Where it sends a browser back to that came to `door`.
    pub(super) async fn visit(&self, door: &str) -> String {
        let path = door.strip_prefix(&self.issuer).unwrap_or_else(|| panic!("{door} is not at the provider"));
        let answer = Http::to(&self.issuer).get(path).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
        answer.header("location").to_owned()
    }
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

async fn discovery(State(told): Shared) -> Json<Value> {
    let issuer = told.lock().unwrap().issuer.clone();
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "code_challenge_methods_supported": ["S256"],
    }))
}

async fn keys(State(told): Shared) -> Json<Value> {
    let mut told = told.lock().unwrap();
    told.keys_asked += 1;
    let mut keys = vec![json!({ "kty": "of a kind nobody knows", "kid": "odd" }), told.key.shown()];
    keys.extend(told.rsa.as_ref().map(|key| {
        let (n, e) = (key.public_key().modulus(), key.public_key().exponent());
        let (n, e) = (encoded(n.big_endian_without_leading_zero()), encoded(e.big_endian_without_leading_zero()));
        json!({ "kty": "RSA", "kid": "rsa", "n": n, "e": e })
    }));
    Json(json!({ "keys": keys }))
}

/// Knows everybody who comes.
async fn authorize(State(told): Shared, Query(asked): Query<HashMap<String, String>>) -> Redirect {
    let one = |name: &str| asked.get(name).cloned().unwrap_or_else(|| panic!("{name} is missing: {asked:?}"));
    assert_eq!(
        (one("response_type"), one("client_id"), one("code_challenge_method")),
        ("code".into(), CLIENT.into(), "S256".into())
    );
    assert_eq!(one("scope"), "openid email");
    let mut told = told.lock().unwrap();
    let code = format!("code-{}", told.codes.len());
    let back = format!("{}?code={code}&state={}&iss={}", one("redirect_uri"), one("state"), told.issuer.replace(':', "%3A"));
    let asked = Asked { challenge: one("code_challenge"), nonce: one("nonce"), redirect_uri: one("redirect_uri") };
    told.codes.insert(code, asked);
    Redirect::to(&back)
}

async fn token(State(told): Shared, headers: HeaderMap, Form(form): Form<HashMap<String, String>>) -> Response {
    let trouble = {
        let mut told = told.lock().unwrap();
        told.tokens_asked += 1;
        told.trouble
    };
    match trouble {
        Trouble::No => {}
        Trouble::Hangs => tokio::time::sleep(Duration::from_hours(1)).await,
        Trouble::Page => return axum::response::Html("<h1>Sign in</h1>").into_response(),
        Trouble::Endless => return Json(json!({ "id_token": "x".repeat(1 << 20) })).into_response(),
        Trouble::Redirects => return Redirect::temporary("/token?again").into_response(),
        Trouble::ClientUnknown => {
            return (StatusCode::UNAUTHORIZED, Json(json!({ "error": "invalid_client" }))).into_response();
        }
    }
    let told = &mut *told.lock().unwrap();
    match told.issue(&headers, &form) {
        Some(token) => Json(json!({ "access_token": "a", "token_type": "Bearer", "id_token": token })).into_response(),
        None => (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response(),
    }
}

impl Told {
    /// A token for a code that was not used before, to the client and the browser it was made for.
    fn issue(&mut self, headers: &HeaderMap, form: &HashMap<String, String>) -> Option<String> {
        let one = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        let authorization = headers.get("authorization").map(|value| value.to_str().unwrap());
        if self.public {
            assert_eq!((authorization, one("client_id")), (None, CLIENT));
        } else {
            let basic = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{}", SECRET.replace('&', "%26"))));
            assert_eq!((authorization, form.get("client_id")), (Some(basic.as_str()), None));
        }
        let asked = self.codes.remove(one("code"))?;
        let fits = one("grant_type") == "authorization_code"
            && one("redirect_uri") == asked.redirect_uri
            && encoded(Sha256::digest(one("code_verifier"))) == asked.challenge;
        let mut claims = json!({
            "iss": self.issuer, "sub": "1001", "aud": CLIENT, "exp": now().timestamp() + 300, "iat": now().timestamp(),
            "nonce": asked.nonce, "email": "Anna@example.com", "email_verified": true,
        });
        claims.as_object_mut().unwrap().extend(self.claims.as_object().unwrap().clone());
        fits.then(|| self.sign(&claims))
    }

    fn sign(&mut self, claims: &Value) -> String {
        let (algorithm, key) = match self.signed {
            Signed::Es256 | Signed::Stranger | Signed::Altered => ("ES256", self.key.id.as_str()),
            Signed::Rs256 => ("RS256", "rsa"),
            Signed::Nobody => ("none", self.key.id.as_str()),
            Signed::Hs256 => ("HS256", self.key.id.as_str()),
        };
        let header = encoded(json!({ "alg": algorithm, "typ": "JWT", "kid": key }).to_string());
        let text = format!("{header}.{}", encoded(claims.to_string()));
        let signature = match self.signed {
            Signed::Es256 | Signed::Altered => self.key.sign(&text),
            Signed::Stranger => Key::new("stranger").sign(&text),
            Signed::Rs256 => {
                let key = self.rsa.get_or_insert_with(|| rsa::KeyPair::generate(KeySize::Rsa2048).unwrap());
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
                signature
            }
            Signed::Nobody => Vec::new(),
            Signed::Hs256 => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, self.key.curve.public_key().as_ref());
                hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
            }
        };
        if self.signed == Signed::Altered {
            let mut other = claims.clone();
            other["sub"] = json!("1");
            return format!("{header}.{}.{}", encoded(other.to_string()), encoded(signature));
        }
        format!("{text}.{}", encoded(signature))
    }
}
