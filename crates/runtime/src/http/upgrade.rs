//! Turning a request into a WebSocket.

use std::future::Future;
use std::sync::Arc;

use ::http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use tokio::sync::oneshot;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::connection::Connection;
use super::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, WebSocket, websocket,
};
use crate::stream::Stream;

/// A connection that speaks HTTP no more, and what had already come over it.
pub(super) type Upgraded = (Stream, Vec<u8>);

impl Request {
    /// Whether the client asks for a WebSocket.
    #[must_use]
    pub fn wants_websocket(&self) -> bool {
        has_token(self.headers(), &UPGRADE, "websocket")
            && has_token(self.headers(), &CONNECTION, "upgrade")
    }

    /// Answers the upgrade and runs `serve` over the socket in a task of its own. A request that is
    /// not a valid upgrade is answered 400 or 426, and `serve` is not called.
    ///
    /// When the server stops, the socket is closed with code 1001 and `receive` gives `None`.
    pub fn upgrade<F, S>(self, message_bytes: usize, serve: S) -> Response
    where
        S: FnOnce(WebSocket) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        if !self.wants_websocket() || self.method() != Method::GET {
            return Response::text(StatusCode::BAD_REQUEST, "expected a WebSocket upgrade\n");
        }
        if self.headers().get(SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
            let response =
                Response::text(StatusCode::UPGRADE_REQUIRED, "expected WebSocket version 13\n");
            return response.with_header(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        }
        let accept = self
            .headers()
            .get(SEC_WEBSOCKET_KEY)
            .and_then(|key| HeaderValue::try_from(derive_accept_key(key.as_bytes())).ok());
        let Some(accept) = accept else {
            return Response::text(
                StatusCode::BAD_REQUEST,
                "expected a sec-websocket-key header\n",
            );
        };
        let (hand_over, upgraded) = oneshot::channel();
        tokio::spawn(run_websocket(upgraded, self.connection, message_bytes, serve));
        Response::upgrade(hand_over)
            .with_header(CONNECTION, HeaderValue::from_static("Upgrade"))
            .with_header(UPGRADE, HeaderValue::from_static("websocket"))
            .with_header(SEC_WEBSOCKET_ACCEPT, accept)
    }
}

/// Whether a comma-separated header holds `token`, in any case (RFC 9110 section 5.6.1).
fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|part| part.trim().eq_ignore_ascii_case(token))
}

/// Waits until the answer to the upgrade is out, then hands the socket to `serve`, until that ends
/// or the server has.
async fn run_websocket<F, S>(
    upgraded: oneshot::Receiver<Upgraded>,
    connection: Arc<Connection>,
    message_bytes: usize,
    serve: S,
) where
    S: FnOnce(WebSocket) -> F,
    F: Future<Output = ()>,
{
    let Ok((stream, read)) = upgraded.await else {
        tracing::debug!(peer = %connection.peer, "client left before its websocket began");
        return;
    };
    let socket = WebSocketStream::from_partially_read(
        stream,
        read,
        Role::Server,
        Some(websocket::config(Role::Server, message_bytes)),
    )
    .await;
    let socket = WebSocket::new(socket, Some(connection.shutdown.clone()));
    let mut shutdown = connection.shutdown.clone();
    tokio::select! {
        () = serve(socket) => {}
        () = shutdown.ended() => {}
    }
}
