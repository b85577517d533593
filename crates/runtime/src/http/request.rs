//! Requests: the head at hand, the body on demand.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ::http::header::{
    CONNECTION, EXPECT, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;
use units::Span;

use super::connection::Connection;
use super::{
    HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, WebSocket, websocket,
};
use crate::body::{ReadError, read_whole};
use crate::clock::duration;
use crate::stream::Stream;

/// How much of a refused body is still taken from the client, so that it gets to read the refusal:
/// closing a socket with unread bytes in it resets the connection and with it the answer.
const DISCARD_BYTES_MAX: usize = 64 << 20;
/// How long that may take.
const DISCARD_TIME_MAX: Duration = Duration::from_secs(5);

/// One request: the head at hand, the body read on demand under the server's limits.
pub struct Request {
    head: hyper::Request<()>,
    /// `None` once it has been read, in whole or as far as the limits go.
    body: Option<Incoming>,
    connection: Arc<Connection>,
}

/// Why a request body could not be read.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// The body is larger than the server's limit.
    #[error("request body is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// The client took too long.
    #[error("request body took longer than {0}")]
    Timeout(Span),
    /// The client broke off or spoke bad HTTP.
    #[error("request body could not be read: {0}")]
    Broken(String),
}

impl Request {
    pub(super) fn new(request: hyper::Request<Incoming>, connection: Arc<Connection>) -> Self {
        let (head, body) = request.into_parts();
        Self { head: hyper::Request::from_parts(head, ()), body: Some(body), connection }
    }

    /// The method, such as POST.
    #[must_use]
    pub fn method(&self) -> &Method {
        self.head.method()
    }

    /// The path without query, such as `/ethereum`.
    #[must_use]
    pub fn path(&self) -> &str {
        self.head.uri().path()
    }

    /// The query without `?`, or "".
    #[must_use]
    pub fn query(&self) -> &str {
        self.head.uri().query().unwrap_or_default()
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.head.headers()
    }

    /// The client's address.
    #[must_use]
    pub fn peer(&self) -> SocketAddr {
        self.connection.peer
    }

    /// Reads the whole body; empty when asked again. A body whose Content-Length is over the limit
    /// is refused before any of it is read.
    ///
    /// # Errors
    /// Where it is too large, too slow or broken off.
    pub async fn body(&mut self) -> Result<Bytes, BodyError> {
        let limits = &self.connection.limits;
        let limit = limits.body_bytes;
        let Some(body) = &mut self.body else { return Ok(Bytes::new()) };
        let reading = read_whole(body, limit);
        let outcome = match tokio::time::timeout(duration(limits.body_timeout), reading).await {
            Ok(Ok(whole)) => Ok(whole),
            Ok(Err(ReadError::TooLarge)) => Err(BodyError::TooLarge { limit }),
            Ok(Err(ReadError::Broken(reason))) => Err(BodyError::Broken(reason)),
            Err(_elapsed) => Err(BodyError::Timeout(limits.body_timeout)),
        };
        let body = self.body.take();
        // A client that waits for leave to send its body must not be told to go on.
        if matches!(outcome, Err(BodyError::TooLarge { .. }))
            && !self.headers().contains_key(EXPECT)
            && let Some(body) = body
        {
            tokio::spawn(tokio::time::timeout(DISCARD_TIME_MAX, discard(body)));
        }
        outcome
    }

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
    pub fn upgrade<F, S>(mut self, message_bytes: usize, serve: S) -> Response
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
        let upgrading = hyper::upgrade::on(&mut self.head);
        tokio::spawn(run_websocket(upgrading, self.connection, message_bytes, serve));
        Response::empty(StatusCode::SWITCHING_PROTOCOLS)
            .with_header(CONNECTION, HeaderValue::from_static("Upgrade"))
            .with_header(UPGRADE, HeaderValue::from_static("websocket"))
            .with_header(SEC_WEBSOCKET_ACCEPT, accept)
    }
}

impl fmt::Debug for Request {
    /// Shows neither query nor headers: both may hold keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", self.method())
            .field("peer", &self.peer())
            .finish_non_exhaustive()
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

/// Takes in and forgets what is left of a body, up to a bound.
async fn discard(mut body: Incoming) {
    let mut left = DISCARD_BYTES_MAX;
    while let Some(Ok(frame)) = body.frame().await {
        let taken = frame.data_ref().map_or(0, Bytes::len);
        let Some(rest) = left.checked_sub(taken) else { return };
        left = rest;
    }
}

/// Waits until the answer to the upgrade is out, then hands the socket to `serve`, until that ends
/// or the server has.
async fn run_websocket<F, S>(
    upgrading: OnUpgrade,
    connection: Arc<Connection>,
    message_bytes: usize,
    serve: S,
) where
    S: FnOnce(WebSocket) -> F,
    F: Future<Output = ()>,
{
    let upgraded = match upgrading.await {
        Ok(upgraded) => upgraded,
        Err(error) => {
            tracing::debug!(peer = %connection.peer, %error, "websocket upgrade failed");
            return;
        }
    };
    let Ok(parts) = upgraded.downcast::<TokioIo<TcpStream>>() else {
        tracing::error!("a server connection is not over TCP, websocket closed");
        return;
    };
    let socket = WebSocketStream::from_partially_read(
        Stream::Plain(parts.io.into_inner()),
        parts.read_buf.into(),
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
