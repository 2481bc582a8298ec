//! A client of the API as a program of a customer would be: one kept connection, a session, JSON over HTTP.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use axum::body::Body;
use bytes::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CONTENT_TYPE, COOKIE, HOST, SET_COOKIE};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

/// An answer takes milliseconds; a report that waits for a change two seconds at most.
const PATIENCE: Duration = Duration::from_secs(30);

const LOGIN: &str = "mutation($input: SessionCreateInput!) {
    sessionCreate(input: $input) { viewer { login } userErrors { code message } }
}";

/// A connection to the API, opened again when it was lost.
pub struct GraphQl {
    /// `127.0.0.1:8080`
    address: String,
    cookie: String,
    connection: Option<SendRequest<Body>>,
}

impl GraphQl {
    /// Speaks to `address` (host and port) as nobody; nothing is sent yet.
    pub fn new(address: impl Into<String>) -> Self {
        Self { address: address.into(), cookie: String::new(), connection: None }
    }

    /// Another connection of the same session.
    #[must_use]
    pub fn another(&self) -> Self {
        Self { address: self.address.clone(), cookie: self.cookie.clone(), connection: None }
    }

    /// The same session at another address.
    #[must_use]
    pub fn at(&self, address: String) -> Self {
        Self { address, cookie: self.cookie.clone(), connection: None }
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The session, as a cookie.
    pub fn cookie(&self) -> &str {
        &self.cookie
    }

    /// Begins a session.
    ///
    /// # Errors
    /// The login is refused.
    pub async fn log_in(&mut self, login: &str, password: &str) -> Result<()> {
        let variables = json!({ "input": { "login": login, "password": password } });
        let body = json!({ "query": LOGIN, "variables": variables }).to_string();
        let answer = self.send(Method::POST, "/graphql", body).await?;
        let cookie = answer.headers().get(SET_COOKIE).and_then(|cookie| cookie.to_str().ok()?.split(';').next());
        let cookie = cookie.map(str::to_owned);
        let data = data_of(&body_of(answer).await?)?;
        check("sessionCreate", &data["sessionCreate"])?;
        self.cookie = cookie.context("a session without a cookie")?;
        Ok(())
    }

    /// Runs an operation and returns its `data`.
    ///
    /// # Errors
    /// The connection is lost, or the answer has `errors`: the codes are in the message.
    pub async fn ask(&mut self, query: &str, variables: Value) -> Result<Value> {
        let body = json!({ "query": query, "variables": variables }).to_string();
        data_of(&self.ask_raw(body).await?)
    }

    /// Sends a body that is made already and returns the whole answer: what a benchmark times.
    ///
    /// # Errors
    /// The connection is lost, or the answer is not 200.
    pub async fn ask_raw(&mut self, body: String) -> Result<Bytes> {
        self.post("/graphql", body).await
    }

    /// The same at another path.
    ///
    /// # Errors
    /// As [`Self::ask_raw`].
    pub async fn post(&mut self, path: &str, body: String) -> Result<Bytes> {
        let answer = self.send(Method::POST, path, body).await?;
        let status = answer.status();
        let body = body_of(answer).await?;
        if status != StatusCode::OK {
            bail!("HTTP {status}: {}", String::from_utf8_lossy(&body));
        }
        Ok(body)
    }

    /// Runs a mutation that has one field, named `field`, and returns its payload.
    ///
    /// # Errors
    /// As [`Self::ask`]; so are `userErrors`.
    pub async fn change(&mut self, field: &str, query: &str, input: Value) -> Result<Value> {
        let mut data = self.ask(query, json!({ "input": input })).await?;
        let payload = data[field].take();
        check(field, &payload)?;
        Ok(payload)
    }

    /// The status of `GET path`.
    ///
    /// # Errors
    /// Nobody answers.
    pub async fn status(&mut self, path: &str) -> Result<StatusCode> {
        let answer = self.send(Method::GET, path, String::new()).await?;
        let status = answer.status();
        body_of(answer).await?;
        Ok(status)
    }

    async fn send(&mut self, method: Method, path: &str, body: String) -> Result<Response<hyper::body::Incoming>> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, &self.address)
            .header(CONTENT_TYPE, "application/json")
            .header(COOKIE, &self.cookie)
            .body(Body::from(body))?;
        let mut connection = match self.connection.take() {
            Some(connection) if !connection.is_closed() => connection,
            _ => connect(&self.address).await?,
        };
        connection.ready().await?;
        let answer = tokio::time::timeout(PATIENCE, connection.send_request(request)).await.context("no answer in time")??;
        self.connection = Some(connection);
        Ok(answer)
    }
}

async fn connect(address: &str) -> Result<SendRequest<Body>> {
    let stream = TcpStream::connect(address).await.with_context(|| format!("nobody listens at {address}"))?;
    stream.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // Whoever waits for an answer hears of its end.
    tokio::spawn(connection);
    Ok(sender)
}

async fn body_of(answer: Response<hyper::body::Incoming>) -> Result<Bytes> {
    Ok(axum::body::to_bytes(Body::new(answer.into_body()), usize::MAX).await?)
}

fn data_of(body: &[u8]) -> Result<Value> {
    let mut answer: Value = serde_json::from_slice(body).with_context(|| String::from_utf8_lossy(body).into_owned())?;
    if let Some(errors) = answer["errors"].as_array().filter(|errors| !errors.is_empty()) {
        let shown: Vec<String> =
            errors.iter().map(|error| format!("{} {}", error["extensions"]["code"], error["message"])).collect();
        bail!("{}", shown.join("; "));
    }
    Ok(answer["data"].take())
}

/// A payload without `userErrors`.
fn check(field: &str, payload: &Value) -> Result<()> {
    match payload["userErrors"].as_array() {
        Some(errors) if errors.is_empty() => Ok(()),
        _ => bail!("{field}: {payload}"),
    }
}
