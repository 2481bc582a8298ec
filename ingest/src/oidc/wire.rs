//! Calls to a provider: where they may go, how long they take, how much is read of the answer.

use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::OnceCell;

/// Longest time of one call.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// Longest answer that is read, bytes.
pub(super) const ANSWER: usize = 256 * 1024;

/// Why a sign-in at a provider does not come about. The text is for the log, never for whoever wants to come in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It does not answer, or not as a provider does: somebody must look at it or at the settings.
    #[error("the provider is of no use now: {0}")]
    Unavailable(String),
    /// What came from it proves nobody.
    #[error("this sign-in proves nobody: {0}")]
    Refused(String),
}

impl Fault {
    pub(super) fn unavailable(why: impl Into<String>) -> Self {
        Self::Unavailable(why.into())
    }

    pub(super) fn refused(why: impl Into<String>) -> Self {
        Self::Refused(why.into())
    }
}

/// An address calls may go to: HTTPS, or on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// As it was written: issuers are compared letter by letter.
    text: String,
    url: Url,
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| format!("{error}; expected such as https://id.example.com"))?;
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err("expected an address without user, password and #fragment".to_owned());
        }
        match url.scheme() {
            "https" if url.has_host() => {}
            "http" if is_here(&url) => {}
            _ => return Err("expected https://; plain http:// only for this machine itself".to_owned()),
        }
        Ok(Self { text: text.to_owned(), url })
    }
}

fn is_here(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Address {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its host.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    pub(super) fn with_query(&self, pairs: &[(&str, &str)]) -> String {
        let mut url = self.url.clone();
        url.query_pairs_mut().extend_pairs(pairs);
        url.into()
    }

    /// Whether the address of a provider's own document may lead there: from this machine anywhere, from elsewhere not to this machine.
    pub(super) fn may_name(&self, other: &Self) -> bool {
        is_here(&self.url) || !is_here(&other.url)
    }
}

/// How the secret of the client is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SecretGoes {
    /// In the `Authorization` header.
    InHeader,
    /// Among the fields of the form.
    InForm,
}

/// The connections to one provider.
pub(super) struct Wire {
    is_here: bool,
    client: OnceCell<Client>,
}

impl Wire {
    pub(super) fn new(issuer: &Address) -> Self {
        Self { is_here: is_here(&issuer.url), client: OnceCell::new() }
    }

    async fn client(&self) -> Result<&Client, Fault> {
        let build = async {
            let client = Client::builder()
                .user_agent("shpunt")
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(PATIENCE)
                .timeout(PATIENCE);
            // A provider on this machine is no matter of proxies, and of no certificate of the system.
            let client = if self.is_here { client.no_proxy().tls_certs_only([]) } else { client.https_only(true) };
            client.build().map_err(|error| Fault::unavailable(format!("no certificates to trust: {}", chain(&error))))
        };
        self.client.get_or_try_init(|| build).await
    }

    /// GETs a JSON document.
    pub(super) async fn get<T: DeserializeOwned>(&self, address: &Address) -> Result<T, Fault> {
        let request = self.client().await?.get(address.url.clone());
        let (status, body) = send(request, address).await?;
        if status != StatusCode::OK {
            return Err(Fault::unavailable(format!("{} answered {status}", address.text)));
        }
        parse(&body, address)
    }

    /// POSTs a code to the token endpoint. Errors: a refusal when the provider says that the code is no good.
    pub(super) async fn redeem<T: DeserializeOwned>(
        &self,
        address: &Address,
        goes: SecretGoes,
        (client_id, secret): (&str, Option<&str>),
        form: &[(&str, &str)],
    ) -> Result<T, Fault> {
        let mut form = form.to_vec();
        let request = self.client().await?.post(address.url.clone());
        let request = match (secret, goes) {
            // RFC 6749, 2.3.1: both are encoded like fields of a form before they become a header.
            (Some(secret), SecretGoes::InHeader) => request.basic_auth(encoded(client_id), Some(encoded(secret))),
            (secret, _) => {
                form.push(("client_id", client_id));
                form.extend(secret.map(|secret| ("client_secret", secret)));
                request
            }
        };
        let (status, body) = send(request.form(&form), address).await?;
        if status == StatusCode::OK {
            return parse(&body, address);
        }
        let code = serde_json::from_slice::<Refusal>(&body).ok().map(|refusal| refusal.error).unwrap_or_default();
        if status == StatusCode::BAD_REQUEST && code == "invalid_grant" {
            return Err(Fault::refused("the provider does not take the code: invalid_grant"));
        }
        // Text from outside: only what a code may be.
        let code: String = code.chars().filter(|letter| letter.is_ascii_lowercase() || *letter == '_').take(40).collect();
        Err(Fault::unavailable(format!("{} answered {status} {code}", address.text)))
    }
}

/// What a token endpoint says when it refuses.
#[derive(Deserialize)]
struct Refusal {
    error: String,
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

async fn send(request: RequestBuilder, address: &Address) -> Result<(StatusCode, Vec<u8>), Fault> {
    let sent = request.header(ACCEPT, "application/json").send().await;
    // Without its address, which could hold what is secret.
    let failed = |error: reqwest::Error| Fault::unavailable(format!("{}: {}", address.text, chain(&error.without_url())));
    let mut response = sent.map_err(failed)?;
    require_json(&response, address)?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > ANSWER {
            return Err(Fault::unavailable(format!("{} answered more than {ANSWER} bytes", address.text)));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((response.status(), body))
}

/// A page of a proxy or of a login form is none of ours. Sets of keys come as `application/jwk-set+json`, too.
fn require_json(response: &Response, address: &Address) -> Result<(), Fault> {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if response.status() == StatusCode::OK && kind != "application/json" && !kind.ends_with("+json") {
        return Err(Fault::unavailable(format!("{} answered something else than JSON", address.text)));
    }
    Ok(())
}

fn parse<T: DeserializeOwned>(body: &[u8], address: &Address) -> Result<T, Fault> {
    serde_json::from_slice(body).map_err(|error| Fault::unavailable(format!("{}: {error}", address.text)))
}

/// An error with its causes, which is where this library says what happened.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_go_by_https_or_stay_on_this_machine() {
        for good in [
            "https://id.example.com",
            "https://id.example.com/realms/a?x=1",
            "http://127.0.0.1:8080",
            "http://[::1]:1/",
            "http://localhost:1",
        ] {
            assert_eq!(good.parse::<Address>().map(|address| address.as_str().to_owned()), Ok(good.to_owned()));
        }
        for wrong in [
            "http://id.example.com",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "http://10.0.0.1",
            "https://user@id.example.com",
            "https://id.example.com/#a",
            "ftp://127.0.0.1",
            "file:///etc/passwd",
            "id.example.com",
            "",
        ] {
            assert!(wrong.parse::<Address>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_provider_elsewhere_does_not_lead_to_this_machine() {
        let address = |text: &str| text.parse::<Address>().unwrap();
        let (away, here) = (address("https://id.example.com"), address("http://127.0.0.1:1"));
        assert!(away.may_name(&away) && here.may_name(&here) && here.may_name(&away));
        assert!(!away.may_name(&here) && !away.may_name(&address("https://localhost/keys")));
    }

    #[test]
    fn what_an_address_asked_already_stays() {
        let address: Address = "https://id.example.com/authorize?tenant=a".parse().unwrap();
        assert_eq!(address.with_query(&[("state", "a b&c")]), "https://id.example.com/authorize?tenant=a&state=a+b%26c");
    }
}
