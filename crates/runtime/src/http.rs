//! An HTTP/1.1 server with limits on everything, and WebSocket upgrades.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use units::Span;

pub use bytes::Bytes;
pub use ::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};

/// Limits of a server; each has a default that suits a gateway on the open internet.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Largest request body in bytes; more is answered 413 by [`Request::body`]'s error.
    pub body_bytes: usize,
    /// Largest request head in bytes; more is answered 431.
    pub head_bytes: usize,
    /// Longest time a client may take to send its request head.
    pub head_timeout: Span,
    /// Longest time a client may take to send its request body.
    pub body_timeout: Span,
    /// Most connections at once; more wait in the kernel's backlog.
    pub connections: usize,
}

/// One request: the head at hand, the body read on demand under the server's limits.
#[derive(Debug)]
pub struct Request {
    _todo: (),
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
    /// The method, such as POST.
    #[must_use]
    pub fn method(&self) -> &Method {
        unimplemented!()
    }
    /// The path without query, such as `/ethereum`.
    #[must_use]
    pub fn path(&self) -> &str {
        unimplemented!()
    }
    /// The query without `?`, or "".
    #[must_use]
    pub fn query(&self) -> &str {
        unimplemented!()
    }
    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        unimplemented!()
    }
    /// The client's address.
    #[must_use]
    pub fn peer(&self) -> SocketAddr {
        unimplemented!()
    }
    /// Reads the whole body.
    ///
    /// # Errors
    /// Where it is too large, too slow or broken off.
    pub async fn body(&mut self) -> Result<Bytes, BodyError> {
        unimplemented!()
    }
    /// Whether the client asks for a WebSocket.
    #[must_use]
    pub fn wants_websocket(&self) -> bool {
        unimplemented!()
    }
    /// Answers the upgrade and runs `serve` over the socket in a task of its own.
    pub fn upgrade<F, S>(self, _message_bytes: usize, _serve: S) -> Response
    where
        S: FnOnce(WebSocket) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        unimplemented!()
    }
}

/// A WebSocket, either side of it.
#[derive(Debug)]
pub struct WebSocket {
    _todo: (),
}

impl WebSocket {
    /// The next text (or binary) message; `None` once the peer has gone. Pings are answered inside.
    pub async fn receive(&mut self) -> Option<Bytes> {
        unimplemented!()
    }
    /// Sends a text message. False where the peer has gone.
    pub async fn send(&mut self, _text: Bytes) -> bool {
        unimplemented!()
    }
    /// Closes with a code and reason (RFC 6455 section 7.4).
    pub async fn close(self, _code: u16, _reason: &str) {
        unimplemented!()
    }
}

/// A response: status, headers, and a whole or streamed body.
#[derive(Debug)]
pub struct Response {
    _todo: (),
}

impl Response {
    /// A response with a whole body.
    #[must_use]
    pub fn new(_status: StatusCode, _content_type: &'static str, _body: impl Into<Bytes>) -> Self {
        unimplemented!()
    }
    /// A streamed response: each chunk sent through the channel is written at once; it ends when
    /// the sender is dropped, and the receiver is dropped when the client goes.
    #[must_use]
    pub fn stream(_content_type: &'static str) -> (Self, tokio::sync::mpsc::Sender<Bytes>) {
        unimplemented!()
    }
    /// Sets a header.
    #[must_use]
    pub fn with_header(self, _name: HeaderName, _value: HeaderValue) -> Self {
        unimplemented!()
    }
    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        unimplemented!()
    }
}

/// Why a server could not listen; its message names the address.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {reason}")]
pub struct ListenError {
    /// The address that was asked for.
    pub address: SocketAddr,
    /// What the system said, in words; "the port is taken" for EADDRINUSE.
    pub reason: String,
}

/// A bound listening socket; clones share it, so that several threads can accept from it.
#[derive(Debug)]
pub struct Listener {
    _todo: (),
}

impl Listener {
    /// Binds the address (port 0 picks a free one).
    ///
    /// # Errors
    /// Where the port is taken or the address is not ours.
    pub fn bind(_address: SocketAddr) -> Result<Self, ListenError> {
        unimplemented!()
    }
    /// The address that was really bound.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        unimplemented!()
    }
    /// A second handle to the same socket, for another worker thread.
    ///
    /// # Errors
    /// Where the process is out of file descriptors.
    pub fn share(&self) -> Result<Self, ListenError> {
        unimplemented!()
    }
}

/// What answers requests. Implemented for closures and for structs held in an `Arc`.
pub trait Handler: Send + Sync + 'static {
    /// Answers one request.
    fn handle(&self, request: Request) -> impl Future<Output = Response> + Send;
}

/// Serves until `stop` resolves, then lets calls in flight end within `limits.head_timeout`.
pub async fn serve<H: Handler>(
    _listener: Listener,
    _limits: Limits,
    _handler: Arc<H>,
    _stop: impl Future<Output = ()> + Send,
) {
    unimplemented!()
}
