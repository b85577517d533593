//! An HTTP/1.1 client for one endpoint, with a pool of kept-alive connections, and a WebSocket client.

use std::net::IpAddr;

use units::Span;

use crate::http::{Bytes, HeaderMap, StatusCode, WebSocket};

/// Where an endpoint is: scheme, host, port, path. Its `Debug` and `Display` show only scheme, host
/// and port: paths, queries and user names of provider URLs hold keys.
#[derive(Clone, Debug)]
pub struct Endpoint {
    _todo: (),
}

impl Endpoint {
    /// Reads `http://`, `https://`, `ws://` or `wss://` URLs; `user:pass@` becomes basic authorization.
    ///
    /// # Errors
    /// A sentence that says what is wrong, without repeating the URL's secrets.
    pub fn parse(_url: &str) -> Result<Self, String> {
        unimplemented!()
    }
    /// Scheme, host and port, fit for people's eyes.
    #[must_use]
    pub fn masked(&self) -> String {
        unimplemented!()
    }
    /// The host name or address.
    #[must_use]
    pub fn host(&self) -> &str {
        unimplemented!()
    }
    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        unimplemented!()
    }
}

/// Why a call over HTTP brought no whole response.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// No connection: refused, unreachable, name not found, TLS failed. The call did not take effect.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// The connection broke before a whole response had come. The call may have taken effect.
    #[error("connection broke: {0}")]
    Broken(String),
    /// No whole response in time. The call may have taken effect.
    #[error("no answer within {0}")]
    Timeout(Span),
    /// The response is larger than the limit.
    #[error("response is larger than {0} bytes")]
    TooLarge(usize),
}

/// A whole response.
#[derive(Debug)]
pub struct CallResponse {
    /// HTTP status.
    pub status: StatusCode,
    /// HTTP headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

/// A client of one endpoint. Kept-alive connections are pooled per client, last used first;
/// make one client per worker thread so that no connection crosses threads.
/// A call that fails on a kept-alive connection which the server had already closed is sent once
/// more on a fresh connection if not one byte of a response had come.
#[derive(Debug)]
pub struct Client {
    _todo: (),
}

impl Client {
    /// A client of `endpoint` that accepts responses of at most `response_bytes`.
    #[must_use]
    pub fn new(_endpoint: Endpoint, _response_bytes: usize) -> Self {
        unimplemented!()
    }
    /// POSTs a JSON body. Dropping the future cancels the call and closes its connection.
    ///
    /// # Errors
    /// Where no whole response came; each case says whether the call may have taken effect.
    pub async fn post(
        &self,
        _body: Bytes,
        _extra_headers: &HeaderMap,
        _timeout: Span,
    ) -> Result<CallResponse, CallError> {
        unimplemented!()
    }
    /// GETs a path and query of this endpoint's host (used by tests and probes).
    ///
    /// # Errors
    /// As [`Client::post`].
    pub async fn get(&self, _path: &str, _timeout: Span) -> Result<CallResponse, CallError> {
        unimplemented!()
    }
    /// The address that the newest connection went to.
    #[must_use]
    pub fn last_address(&self) -> Option<IpAddr> {
        unimplemented!()
    }
}

/// Opens a WebSocket to `endpoint`; messages over `message_bytes` close it.
///
/// # Errors
/// Where it cannot connect or the upgrade is refused.
pub async fn connect_websocket(
    _endpoint: &Endpoint,
    _message_bytes: usize,
    _timeout: Span,
) -> Result<WebSocket, CallError> {
    unimplemented!()
}
