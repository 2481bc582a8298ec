//! The opening of a socket: who may, in which protocol, within which bounds of memory.

use std::sync::Arc;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::header::UPGRADE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::connection::Connection;
use super::room;
use crate::server::App;
use crate::server::call::{Credential, Sender};
use crate::server::listen::Peer;
use crate::server::origin;
use crate::server::refusal::Refusal;

/// The one protocol spoken.
const PROTOCOL: &str = "graphql-transport-ws";

/// Largest message of a client, bytes.
pub const MESSAGE: usize = 256 << 10;

/// An idle socket keeps this much for what it reads and writes.
const BUFFER: usize = 2 << 10;

/// Whether a request asks for a socket.
pub(crate) fn is_asked(headers: &HeaderMap) -> bool {
    headers.get(UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Opens a socket, or says why not.
pub(crate) fn open(
    app: &Arc<App>,
    id: String,
    headers: &HeaderMap,
    peer: Peer,
    asked: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Refusal> {
    let asked = asked.map_err(|_| Refusal::bad("this is not the opening of a WebSocket of version 13"))?.protocols([PROTOCOL]);
    if asked.selected_protocol().is_none() {
        return Err(Refusal::bad(format!("offer the protocol {PROTOCOL} (header Sec-WebSocket-Protocol)")));
    }
    let sender = Sender::of(app, headers, peer)?;
    // A browser lets any page open a socket anywhere and only says which page it was; a page cannot send a token with it.
    if !matches!(sender.credential, Credential::Token(_)) && !origin::may_use_cookie(headers, app.origin.as_deref()) {
        let message = "a socket may be opened from our own page only; set --origin if a proxy serves the page";
        return Err(Refusal::new(StatusCode::FORBIDDEN, "FORBIDDEN", message));
    }
    let room = room(&app.live.sockets)?;
    let app = Arc::clone(app);
    // A message is read whole before it is looked at, and one is written at a time.
    let sized = asked.max_message_size(MESSAGE).max_frame_size(MESSAGE).read_buffer_size(BUFFER).write_buffer_size(0);
    Ok(sized.on_upgrade(async move |socket| {
        Connection::new(app, sender, id, socket).serve().await;
        drop(room);
    }))
}
