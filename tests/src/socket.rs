//! A client of our sockets that does only what it is told, so that tests can also do what no client should.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use axum::http::header::{COOKIE, SEC_WEBSOCKET_PROTOCOL};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};

/// The protocol our server speaks.
pub const PROTOCOL: &str = "graphql-transport-ws";

/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Bytes read at once.
const BUFFER: usize = 4 << 10;

/// An open socket.
pub struct Socket(WebSocketStream<TcpStream>);

/// What came.
#[derive(Debug, PartialEq)]
pub enum Heard {
    /// A message.
    Message(Value),
    /// The end, with its code; 0 where none was given.
    Closed(u16),
}

impl Socket {
    /// Opens a socket with these headers.
    ///
    /// # Errors
    /// The status of the refusal is the message.
    pub async fn try_open(address: SocketAddr, headers: &[(&str, &str)]) -> Result<Self> {
        let mut request = format!("ws://{address}/graphql").into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().insert(HeaderName::try_from(*name)?, HeaderValue::try_from(*value)?);
        }
        let stream = TcpStream::connect(address).await?;
        // Thousands of them are opened by one program.
        let small = WebSocketConfig::default().read_buffer_size(BUFFER);
        match tokio_tungstenite::client_async_with_config(request, stream, Some(small)).await {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(Error::Http(answer)) => bail!("{}", answer.status().as_u16()),
            Err(error) => Err(error.into()),
        }
    }

    /// Opens a socket with the cookie of a session.
    ///
    /// # Errors
    /// It is refused.
    pub async fn open(address: SocketAddr, cookie: &str) -> Result<Self> {
        Self::try_open(address, &[(SEC_WEBSOCKET_PROTOCOL.as_str(), PROTOCOL), (COOKIE.as_str(), cookie)]).await
    }

    /// Asks to begin.
    ///
    /// # Errors
    /// It is refused.
    pub async fn begin(&mut self) -> Result<()> {
        self.say(&json!({ "type": "connection_init" })).await?;
        match self.hear().await? {
            Heard::Message(message) if message["type"] == "connection_ack" => Ok(()),
            other => bail!("{other:?}"),
        }
    }

    /// Sends a message.
    ///
    /// # Errors
    /// The connection is lost.
    pub async fn say(&mut self, message: &Value) -> Result<()> {
        self.send(Message::text(message.to_string())).await
    }

    /// Asks for an operation.
    ///
    /// # Errors
    /// The connection is lost.
    pub async fn subscribe(&mut self, id: &str, query: &str) -> Result<()> {
        self.say(&json!({ "type": "subscribe", "id": id, "payload": { "query": query } })).await
    }

    /// Sends a frame of any kind.
    ///
    /// # Errors
    /// The connection is lost.
    pub async fn send(&mut self, message: Message) -> Result<()> {
        Ok(tokio::time::timeout(PATIENCE, self.0.send(message)).await??)
    }

    /// The next message, or the end; pings are answered on the way.
    ///
    /// # Errors
    /// Nothing comes for long.
    pub async fn hear(&mut self) -> Result<Heard> {
        tokio::time::timeout(PATIENCE, self.wait()).await.context("nothing is said")?.context("not JSON")
    }

    /// The same, however long it takes; `None` when it is not JSON.
    pub async fn wait(&mut self) -> Option<Heard> {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).ok().map(Heard::Message),
                Some(Ok(Message::Close(frame))) => return Some(Heard::Closed(frame.map_or(0, |frame| frame.code.into()))),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Some(Heard::Closed(0)),
            }
        }
    }

    /// The next message.
    ///
    /// # Errors
    /// The socket is closed instead.
    pub async fn message(&mut self) -> Result<Value> {
        match self.hear().await? {
            Heard::Message(message) => Ok(message),
            Heard::Closed(code) => bail!("closed with {code}"),
        }
    }
}

/// The status an opening is refused with.
pub async fn refused(address: SocketAddr, headers: &[(&str, &str)]) -> Option<StatusCode> {
    let error = Socket::try_open(address, headers).await.err()?;
    error.to_string().parse::<u16>().ok().and_then(|status| StatusCode::from_u16(status).ok())
}
