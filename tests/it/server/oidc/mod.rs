//! Signing in at a provider: who comes in, what is refused, and what the provider's troubles do.

mod provider;

use std::time::{Duration, Instant};

use axum::http::StatusCode;
use serde_json::{Value, json};
use shpunt_domain::access::Role;
use shpunt_domain::access::commands::{UserAdd, user_add};
use shpunt_tests::db::TestDb;
use shpunt_tests::http::{Answer, Http};
use shpunt_tests::{ctx, now};
use totp_rs::Totp;

use super::{PASSWORD, Served, director, refused, serve};
use provider::{CLIENT, Provider, SECRET, Signed, Trouble};

/// Where browsers see the page.
const ORIGIN: &str = "https://crm.example.com";

/// A server beside a provider; the login `anna` is linked to `anna@example.com`.
struct Rig {
    test: TestDb,
    provider: Provider,
    /// Signed in as the director.
    served: Served,
}

/// A browser that went to the provider: its cookie, and where it was sent.
struct Gone {
    cookie: String,
    door: String,
}

impl Rig {
    async fn new(more: &[&str]) -> Self {
        let (test, provider) = (TestDb::new().await, Provider::new().await);
        director(&test).await;
        let issuer = provider.issuer.clone();
        let mut arguments = vec!["--origin", ORIGIN, "--oidc-issuer", &issuer, "--oidc-client-id", CLIENT];
        arguments.extend(["--oidc-label", "Офис"].iter().chain(more));
        if !more.contains(&"--oidc-client-secret") {
            arguments.extend(["--oidc-client-secret", SECRET]);
        }
        let mut served = serve(&test.db, &arguments).await;
        assert!(served.http.log_in("director", PASSWORD).await);
        let rig = Self { test, provider, served };
        rig.add_user("anna").await;
        rig.link(json!({ "email": "anna@Example.com" }), "anna").await;
        rig
    }

    async fn add_user(&self, login: &str) {
        let (login, password) = (login.to_owned(), PASSWORD.to_owned());
        let input = UserAdd { name: login.clone(), login: login.clone(), role: Role::Manager, password };
        user_add(&self.test.db, &ctx(&login), input).await.unwrap();
    }

    /// The id of a new link.
    async fn link(&self, mut person: Value, login: &str) -> Value {
        let user_id: i64 =
            sqlx::query_scalar("select user_id from users where login = $1").bind(login).fetch_one(&self.test.db).await.unwrap();
        person["userId"] = json!(format!("user_{user_id}"));
        let add = "mutation($input: UserIdentityAddInput!) {
            userIdentityAdd(input: $input) { userIdentity { id } userErrors { message } } }";
        let done = self.served.http.ask(add, json!({ "input": person })).await["userIdentityAdd"].clone();
        assert_eq!(done["userErrors"], json!([]));
        done["userIdentity"]["id"].clone()
    }

    async fn change(&self, sql: &'static str) {
        sqlx::query(sql).execute(&self.test.db).await.unwrap();
    }

    async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.test.db).await.unwrap()
    }

    /// Goes to the provider with a new browser.
    async fn go(&self) -> Gone {
        let answer = self.served.http.stranger().get("/login/oidc").await;
        assert_eq!((answer.status, answer.header("cache-control")), (StatusCode::SEE_OTHER, "no-store"), "{}", answer.text());
        let (cookie, rest) = answer.header("set-cookie").split_once("; ").unwrap();
        assert_eq!(rest, "Path=/; HttpOnly; SameSite=Lax; Max-Age=600");
        Gone { cookie: cookie.to_owned(), door: answer.header("location").to_owned() }
    }

    /// Comes back with these cookies to the address the provider named.
    async fn back(&self, cookie: Option<&str>, address: &str) -> Answer {
        let path = address.strip_prefix(ORIGIN).unwrap_or_else(|| panic!("{address} is not our page"));
        self.browser(cookie).get(path).await
    }

    fn browser(&self, cookie: Option<&str>) -> Http {
        let mut http = self.served.http.stranger();
        http.cookie = cookie.map(str::to_owned);
        http
    }

    /// All the way.
    async fn sign_in(&self) -> Answer {
        let gone = self.go().await;
        let address = self.provider.visit(&gone.door).await;
        self.back(Some(&gone.cookie), &address).await
    }

    /// A browser with the session it got.
    fn session(&self, answer: &Answer) -> Http {
        assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/"), "{}", answer.text());
        let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
        assert_eq!(cookies.len(), 2, "{cookies:?}");
        let (session, rest) = cookies[0].split_once("; ").unwrap();
        assert!(session.starts_with("shpunt_session=") && rest == "Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000", "{rest}");
        assert!(cookies[1].starts_with("shpunt_sign_in=; ") && cookies[1].ends_with("Max-Age=0"), "{cookies:?}");
        self.browser(Some(session))
    }
}

/// Sent to the page with a code, without a session.
#[track_caller]
fn halted(answer: &Answer, code: &str) {
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, format!("/?signIn={code}").as_str()));
    assert!(answer.body.is_empty() && !format!("{:?}", answer.headers).contains("shpunt_session"), "{:?}", answer.headers);
}

async fn login_of(http: &Http) -> Value {
    http.ask("{ viewer { login } }", json!({})).await["viewer"]["login"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_known_comes_in_and_has_an_ordinary_session() {
    let rig = Rig::new(&[]).await;
    let told = rig.served.http.stranger().ask("{ signInProvider { label path } }", json!({})).await;
    assert_eq!(told["signInProvider"], json!({ "label": "Офис", "path": "/login/oidc" }));
    let anna = rig.session(&rig.sign_in().await);
    assert_eq!(login_of(&anna).await, "anna");
    let sessions = anna.ask("{ sessions { current createdAt expiresAt } }", json!({})).await["sessions"].clone();
    let session = json!({ "current": true, "createdAt": "2026-03-02T09:00:00Z", "expiresAt": "2026-04-01T09:00:00Z" });
    assert_eq!(sessions, json!([session]));
    let log = "{ auditLog(filter: { name: \"anna\" }) { nodes { kind input } } }";
    let issuer = json!({ "issuer": rig.provider.issuer }).to_string();
    let record = json!({ "kind": "SIGNED_IN", "input": issuer });
    assert_eq!(rig.served.http.ask(log, json!({})).await["auditLog"]["nodes"], json!([record]));
    // Nothing of the way is left, and the link is the person's: another address changes nothing, another person with hers is nobody.
    assert_eq!(rig.count("select count(*) from oidc_sign_ins").await, 0);
    rig.provider.told().claims = json!({ "email": "married@example.com", "email_verified": false });
    assert_eq!(login_of(&rig.session(&rig.sign_in().await)).await, "anna");
    rig.provider.told().claims = json!({ "sub": "1002" });
    halted(&rig.sign_in().await, "SIGN_IN_UNKNOWN");
    let links = "{ userIdentities { user { login } issuer subject email usedAt } }";
    let link = json!({
        "user": { "login": "anna" }, "issuer": rig.provider.issuer, "subject": "1001", "email": "anna@example.com",
        "usedAt": "2026-03-02T09:00:00Z",
    });
    assert_eq!(rig.served.http.ask(links, json!({})).await["userIdentities"], json!([link]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_browser_that_went_there_comes_back_and_once() {
    let rig = Rig::new(&[]).await;
    let (gone, other) = (rig.go().await, rig.go().await);
    let address = rig.provider.visit(&gone.door).await;
    let (_, state) = address.split_once("state=").unwrap();
    let wrong = address.replace(&state[..43], &"A".repeat(43));
    for (cookie, address) in [
        (None, address.as_str()),
        (Some(other.cookie.as_str()), &address),
        (Some("shpunt_sign_in=guess"), &address),
        (Some(&gone.cookie), &wrong),
        (Some(&gone.cookie), "https://crm.example.com/login/oidc/callback"),
    ] {
        halted(&rig.back(cookie, address).await, "SIGN_IN_EXPIRED");
    }
    assert_eq!(rig.provider.told().tokens_asked, 0, "the provider is not even asked");
    rig.session(&rig.back(Some(&gone.cookie), &address).await);
    halted(&rig.back(Some(&gone.cookie), &address).await, "SIGN_IN_EXPIRED");
    // Another's code under the own state: the verifier does not fit.
    let (own, others) = (rig.go().await, rig.go().await);
    let (mine, theirs) = (rig.provider.visit(&own.door).await, rig.provider.visit(&others.door).await);
    let code = |address: &str| address.split(['?', '&']).nth(1).unwrap().to_owned();
    halted(&rig.back(Some(&own.cookie), &mine.replace(&code(&mine), &code(&theirs))).await, "SIGN_IN_REFUSED");
    let late = rig.go().await;
    let address = rig.provider.visit(&late.door).await;
    rig.change("update oidc_sign_ins set expires_at = '2026-03-02 09:00Z'").await;
    halted(&rig.back(Some(&late.cookie), &address).await, "SIGN_IN_EXPIRED");
    shpunt_domain::access::sessions::sweep(&rig.test.db, now()).await.unwrap();
    assert_eq!(rig.count("select count(*) from oidc_sign_ins").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_proves_nobody_lets_nobody_in() {
    let rig = Rig::new(&[]).await;
    let seconds = now().timestamp();
    for (signed, claims) in [
        (Signed::Es256, json!({ "nonce": "of another sign-in" })),
        (Signed::Es256, json!({ "nonce": null })),
        (Signed::Es256, json!({ "aud": "another client" })),
        (Signed::Es256, json!({ "aud": [CLIENT, "another"], "azp": "another" })),
        (Signed::Es256, json!({ "iss": "https://id.example.com" })),
        (Signed::Es256, json!({ "exp": seconds - 61 })),
        (Signed::Es256, json!({ "iat": seconds + 120 })),
        (Signed::Nobody, json!({})),
        (Signed::Hs256, json!({})),
        (Signed::Stranger, json!({})),
        (Signed::Altered, json!({})),
    ] {
        {
            let mut told = rig.provider.told();
            (told.signed, told.claims) = (signed, claims.clone());
        }
        let answer = rig.sign_in().await;
        assert_eq!(answer.header("location"), "/?signIn=SIGN_IN_REFUSED", "{signed:?} {claims}");
        halted(&answer, "SIGN_IN_REFUSED");
        assert!(answer.header("set-cookie").ends_with("Max-Age=0"), "the sign-in is over");
    }
    for (signed, claims) in [(Signed::Es256, json!({})), (Signed::Rs256, json!({ "aud": [CLIENT] }))] {
        {
            let mut told = rig.provider.told();
            (told.signed, told.claims) = (signed, claims);
        }
        rig.session(&rig.sign_in().await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_key_is_asked_for_and_made_up_ones_seldom() {
    let rig = Rig::new(&[]).await;
    for _ in 0..2 {
        rig.session(&rig.sign_in().await);
    }
    assert_eq!(rig.provider.told().keys_asked, 1, "they are kept");
    rig.provider.rotate();
    rig.session(&rig.sign_in().await);
    assert_eq!(rig.provider.told().keys_asked, 2);
    rig.provider.rotate();
    halted(&rig.sign_in().await, "SIGN_IN_REFUSED");
    assert_eq!(rig.provider.told().keys_asked, 2, "not again within half a minute");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_unknown_comes_in() {
    let rig = Rig::new(&[]).await;
    for unknown in [
        json!({ "email_verified": false }),
        json!({ "email_verified": "true" }),
        json!({ "email": "boris@example.com" }),
        json!({ "email": null }),
    ] {
        rig.provider.told().claims = unknown.clone();
        let answer = rig.sign_in().await;
        assert_eq!(answer.header("location"), "/?signIn=SIGN_IN_UNKNOWN", "{unknown}");
        halted(&answer, "SIGN_IN_UNKNOWN");
    }
    assert_eq!(rig.count("select count(*) from users").await, 2);
    assert_eq!(rig.count("select count(*) from user_identities where subject is not null").await, 0);
    rig.provider.told().claims = json!({});
    rig.change("update users set active = false where login = 'anna'").await;
    halted(&rig.sign_in().await, "SIGN_IN_UNKNOWN");
    rig.change("update users set active = true where login = 'anna'").await;
    let anna = rig.session(&rig.sign_in().await);
    rig.change("update users set active = false where login = 'anna'").await;
    halted(&rig.sign_in().await, "SIGN_IN_UNKNOWN");
    assert_eq!(login_of(&anna).await, Value::Null);
    // Linked and closed: an address recorded for another login does not let her in there.
    rig.add_user("vera").await;
    rig.link(json!({ "email": "vera@example.com" }), "vera").await;
    rig.provider.told().claims = json!({ "email": "vera@example.com" });
    halted(&rig.sign_in().await, "SIGN_IN_UNKNOWN");
    // By the provider's own id no address is needed.
    rig.link(json!({ "subject": "1003" }), "vera").await;
    rig.provider.told().claims = json!({ "sub": "1003", "email": null });
    assert_eq!(login_of(&rig.session(&rig.sign_in().await)).await, "vera");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_removed_link_ends_the_sessions_of_its_login() {
    let rig = Rig::new(&[]).await;
    let anna = rig.session(&rig.sign_in().await);
    let remove = "mutation($input: UserIdentityRemoveInput!) { userIdentityRemove(input: $input) { userErrors { code } } }";
    let input = json!({ "input": { "userIdentityId": "user_identity_1" } });
    assert_eq!(rig.served.http.ask(remove, input).await["userIdentityRemove"]["userErrors"], json!([]));
    assert_eq!(login_of(&anna).await, Value::Null);
    halted(&rig.sign_in().await, "SIGN_IN_UNKNOWN");
    assert_eq!(login_of(&rig.served.http).await, "director", "only of its login");
}

/// What an application shows at the fixed time of tests, so many seconds later.
fn shows(uri: &str, seconds: i64) -> String {
    Totp::from_url(uri).unwrap().generate(u64::try_from(now().timestamp() + seconds).unwrap()).to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_factor_of_a_login_is_asked_for_after_the_provider() {
    let rig = Rig::new(&[]).await;
    let anna = rig.session(&rig.sign_in().await);
    let enrol = "mutation($input: TotpEnrolInput!) { totpEnrol(input: $input) { uri } }";
    let enrolled = anna.ask(enrol, json!({ "input": { "password": PASSWORD } })).await;
    let uri = enrolled["totpEnrol"]["uri"].as_str().unwrap();
    let confirm = "mutation($input: TotpConfirmInput!) { totpConfirm(input: $input) { userErrors { code } } }";
    let confirmed = anna.ask(confirm, json!({ "input": { "code": shows(uri, 0) } })).await;
    assert_eq!(confirmed["totpConfirm"]["userErrors"], json!([]));

    let answer = rig.sign_in().await;
    halted(&answer, "SECOND_FACTOR_NEEDED");
    let (cookie, rest) = answer.header("set-cookie").split_once("; ").unwrap();
    assert_eq!(rest, "Path=/; HttpOnly; SameSite=Lax; Max-Age=600");
    let browser = rig.browser(Some(cookie));
    assert_eq!(login_of(&browser).await, Value::Null);
    let with = async |http: &Http, code: String| {
        let query = "mutation($input: SessionContinueInput!) {
            sessionContinue(input: $input) { viewer { login } userErrors { code } } }";
        http.post(&json!({ "query": query, "variables": { "input": { "code": code } } })).await
    };
    let code = |answer: &Answer| answer.json()["data"]["sessionContinue"]["userErrors"][0]["code"].clone();
    assert_eq!(code(&with(&browser, "000000".to_owned()).await), "SECOND_FACTOR_WRONG");
    assert_eq!(code(&with(&browser, shows(uri, 0)).await), "SECOND_FACTOR_WRONG", "no code counts twice");
    assert_eq!(code(&with(&browser, String::new()).await), "SECOND_FACTOR_NEEDED");
    assert_eq!(code(&with(&browser.stranger(), shows(uri, 30)).await), "SIGN_IN_EXPIRED");
    // A page of another site is nobody here.
    let query = format!(
        "{{\"query\":\"mutation {{ sessionContinue(input: {{ code: \\\"{}\\\" }}) {{ userErrors {{ code }} }} }}\"}}",
        shows(uri, 30)
    );
    let foreign = [("content-type", "application/json"), ("sec-fetch-site", "cross-site")];
    assert_eq!(code(&super::raw(&browser, &foreign, query).await), "SIGN_IN_EXPIRED");
    let answer = with(&browser, shows(uri, 30)).await;
    assert_eq!(answer.json()["data"]["sessionContinue"], json!({ "viewer": { "login": "anna" }, "userErrors": [] }));
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
    assert!(cookies[1].starts_with("shpunt_sign_in=; "), "{cookies:?}");
    assert_eq!(login_of(&rig.browser(cookies[0].split(';').next())).await, "anna");
    assert_eq!(code(&with(&browser, shows(uri, 60)).await), "SIGN_IN_EXPIRED", "it was good once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_in_trouble_is_said_to_be_and_nobody_waits_long() {
    let rig = Rig::new(&[]).await;
    for trouble in [Trouble::Page, Trouble::Endless, Trouble::Redirects, Trouble::ClientUnknown, Trouble::Hangs] {
        rig.provider.told().trouble = trouble;
        let begun = Instant::now();
        let answer = rig.sign_in().await;
        assert_eq!(answer.header("location"), "/?signIn=PROVIDER_UNAVAILABLE", "{trouble:?}");
        halted(&answer, "PROVIDER_UNAVAILABLE");
        assert!(begun.elapsed() < Duration::from_secs(20), "{trouble:?}");
    }
    assert_eq!(rig.provider.told().tokens_asked, 5, "nothing is asked twice, and no redirect is followed");
    rig.provider.told().trouble = Trouble::No;
    rig.session(&rig.sign_in().await);
    let gone = rig.go().await;
    let back = "https://crm.example.com/login/oidc/callback?error=access_denied&state=";
    let state = gone.door.split("state=").nth(1).unwrap().split('&').next().unwrap();
    halted(&rig.back(Some(&gone.cookie), &format!("{back}{state}")).await, "SIGN_IN_DENIED");
    // One that is not there at all, and one that speaks for another.
    let elsewhere = rig.provider.issuer.replace("127.0.0.1", "localhost");
    for issuer in ["http://127.0.0.1:9", elsewhere.as_str()] {
        let served = serve(&rig.test.db, &["--origin", ORIGIN, "--oidc-issuer", issuer, "--oidc-client-id", CLIENT]).await;
        halted(&served.http.get("/login/oidc").await, "PROVIDER_UNAVAILABLE");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_public_client_shows_no_secret() {
    let rig = Rig::new(&["--oidc-client-secret", ""]).await;
    rig.provider.told().public = true;
    assert_eq!(login_of(&rig.session(&rig.sign_in().await)).await, "anna");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_goes_there_too_often() {
    let rig = Rig::new(&["--sign-ins-per-minute", "3"]).await;
    let http = rig.served.http.stranger();
    // The director's password was one of three; a slow machine earns another meanwhile.
    for gone in 0..1_000 {
        let answer = http.get("/login/oidc").await;
        if answer.header("location").starts_with('/') {
            halted(&answer, "RATE_LIMITED");
            assert!(gone >= 2, "{gone}");
            assert_eq!(rig.count("select count(*) from oidc_sign_ins").await, gone, "nothing is remembered of what is refused");
            return;
        }
    }
    panic!("never refused");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_provider_there_is_no_such_way() {
    let test = TestDb::new().await;
    let served = serve(&test.db, &[]).await;
    for path in ["/login/oidc", "/login/oidc/callback?code=c&state=s"] {
        refused(&served.http.get(path).await, 404, "NOT_FOUND");
    }
    assert_eq!(served.http.ask("{ signInProvider { label } }", json!({})).await, json!({ "signInProvider": null }));
}
