//! A small HTTP client that speaks to our server as a program would: one connection a request, nothing added.

use std::net::SocketAddr;

use axum::body::{Body, BodyDataStream};
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST, SET_COOKIE};
use axum::http::{HeaderMap, Request, StatusCode};
use bytes::Bytes;
use futures::StreamExt as _;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header as text; empty when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a readable header"))
    }

    /// The code of the first error.
    pub fn code(&self) -> String {
        self.json()["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// A client of one server, with the cookie of its session once it is logged in.
#[derive(Clone, Debug)]
pub struct Http {
    address: SocketAddr,
    /// Sent along when there is one.
    pub cookie: Option<String>,
}

impl Http {
    /// Speaks to the server at `address`.
    pub fn new(address: SocketAddr) -> Self {
        Self { address, cookie: None }
    }

    /// Speaks to `http://127.0.0.1:port`.
    pub fn to(url: &str) -> Self {
        Self::new(url.trim_start_matches("http://").parse().expect("an address"))
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same server, without a session.
    #[must_use]
    pub fn stranger(&self) -> Self {
        Self::new(self.address)
    }

    /// A request to `path`, to be completed and sent.
    pub fn request(&self, method: &str, path: &str) -> axum::http::request::Builder {
        let request = Request::builder().method(method).uri(path).header(HOST, self.address.to_string());
        match &self.cookie {
            Some(cookie) => request.header(COOKIE, cookie),
            None => request,
        }
    }

    /// Sends a request.
    ///
    /// # Errors
    /// The connection is refused or broken off.
    pub async fn try_send(&self, request: Request<Body>) -> Result<Answer, Box<dyn std::error::Error + Send + Sync>> {
        let stream = TcpStream::connect(self.address).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        let (head, body) = sender.send_request(request).await?.into_parts();
        let body = axum::body::to_bytes(Body::new(body), usize::MAX).await?;
        connection.abort();
        Ok(Answer { status: head.status, headers: head.headers, body })
    }

    /// Sends a request whose answer is read bit by bit.
    ///
    /// # Errors
    /// The connection is refused or broken off.
    pub async fn open(&self, request: Request<Body>) -> Result<Stream, Box<dyn std::error::Error + Send + Sync>> {
        let stream = TcpStream::connect(self.address).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        let (head, body) = sender.send_request(request).await?.into_parts();
        let body = Body::new(body).into_data_stream();
        Ok(Stream { status: head.status, headers: head.headers, body, read: String::new(), connection })
    }

    /// Sends a request that must be answered.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        self.try_send(request).await.expect("an answer")
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request("GET", path).body(Body::empty()).expect("a request")).await
    }

    /// POSTs JSON to `/graphql`.
    pub async fn post(&self, body: &Value) -> Answer {
        let request = self.request("POST", "/graphql").header(CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).expect("a request")).await
    }

    /// Asks GraphQL; the answer's `data`, which must come without errors.
    pub async fn ask(&self, query: &str, variables: Value) -> Value {
        let answer = self.post(&json!({ "query": query, "variables": variables })).await.json();
        assert!(answer["errors"].is_null(), "{answer:#}");
        answer["data"].clone()
    }

    /// Logs in; the cookie is sent along from now on. False when the login or the password is wrong.
    pub async fn log_in(&mut self, login: &str, password: &str) -> bool {
        let query = "mutation LogIn($input: SessionCreateInput!) { sessionCreate(input: $input) { viewer { login } } }";
        let variables = json!({ "input": { "login": login, "password": password } });
        let answer = self.post(&json!({ "query": query, "variables": variables })).await;
        let cookie = answer.header(SET_COOKIE.as_str()).split(';').next().unwrap_or_default();
        self.cookie = Some(cookie.to_owned()).filter(|cookie| !cookie.is_empty());
        self.cookie.is_some()
    }
}

/// A stream of events under way; dropped, it is hung up.
pub struct Stream {
    /// Its status.
    pub status: StatusCode,
    headers: HeaderMap,
    body: BodyDataStream,
    read: String,
    connection: JoinHandle<hyper::Result<()>>,
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

impl Stream {
    /// A header as text; empty when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a readable header"))
    }

    /// The lines of the next event or comment; `None` at the end.
    pub async fn next(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.read.find("\n\n") {
                let event = self.read[..end].to_owned();
                self.read.drain(..end + 2);
                return Some(event);
            }
            let bytes = self.body.next().await?.ok()?;
            self.read.push_str(std::str::from_utf8(&bytes).ok()?);
        }
    }
}
