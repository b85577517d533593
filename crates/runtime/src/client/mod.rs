//! An HTTP/1.1 client for one endpoint, with a pool of kept-alive connections, and a WebSocket client.

mod connect;
mod endpoint;
mod exchange;
mod headers;
mod incoming;
mod names;
mod pool;
#[cfg(test)]
mod tests;
mod tls;
mod websocket;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use ::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use ::http::uri::PathAndQuery;
use tokio::time::Instant;
use units::Span;

use crate::clock::duration;
use crate::http::{Bytes, HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use connect::Connector;
pub use endpoint::Endpoint;
use exchange::{Connection, Failure, WHOLE};
pub use headers::ResponseHeaders;
use headers::{content_length, put_all, put_number};
pub use incoming::Incoming;
pub use names::{NameSettings, Unresolved, look_names_up};
use pool::Pool;
pub use websocket::connect_websocket;

/// How we name ourselves: some providers refuse callers without a name.
const AGENT: &str = concat!("seawall/", env!("CARGO_PKG_VERSION"));
/// Room for the fields of a call's own in its head.
const FIELDS_BYTES: usize = 96;
/// Stands for "never" where a timeout is too large for the clock: 30 years.
const NEVER: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

/// Why a call over HTTP brought no whole response.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// No connection: refused, unreachable, name not found, TLS failed, none of it in time.
    /// The call did not take effect.
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
    pub headers: ResponseHeaders,
    /// The whole body.
    pub body: Bytes,
}

/// A client of one endpoint. Kept-alive connections are pooled per client, last used first;
/// make one client per worker thread so that no connection crosses threads.
/// A call that fails on a kept-alive connection which the server had already closed is sent once
/// more on a fresh connection if not one byte of a response had come.
#[derive(Debug)]
pub struct Client {
    connector: Connector,
    pool: Arc<Pool>,
    response_bytes: usize,
    /// What every request carries.
    headers: HeaderMap,
    /// The head of every POST, up to where the call's own fields begin.
    post_head: Vec<u8>,
    /// What a request of no kind in particular carries.
    plain_fields: Vec<u8>,
}

impl Client {
    /// A client of `endpoint` that accepts responses of at most `response_bytes`.
    #[must_use]
    pub fn new(endpoint: Endpoint, response_bytes: usize) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host_header(&endpoint));
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        if let Some(authorization) = endpoint.authorization() {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        let mut plain_fields = Vec::new();
        put_all(&mut plain_fields, &headers);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let mut post_head = start_line("POST", endpoint.path_and_query());
        put_all(&mut post_head, &headers);
        let connector = Connector::new(endpoint);
        let pool = Arc::default();
        Self { connector, pool, response_bytes, headers, post_head, plain_fields }
    }

    /// POSTs a JSON body. `extra_headers` are added, and replace what the client would set of the
    /// same name. Dropping the future cancels the call and closes its connection.
    ///
    /// # Errors
    /// Where no whole response came; each case says whether the call may have taken effect.
    pub async fn post(
        &self,
        body: Bytes,
        extra_headers: &HeaderMap,
        timeout: Span,
    ) -> Result<CallResponse, CallError> {
        let mut fields = Vec::with_capacity(FIELDS_BYTES);
        put_all(&mut fields, extra_headers);
        content_length(&mut fields, body.len());
        if extra_headers.keys().any(|name| self.headers.contains_key(name)) {
            let mut own = self.headers.clone();
            for name in extra_headers.keys() {
                own.remove(name);
            }
            let mut head = start_line("POST", self.endpoint().path_and_query());
            put_all(&mut head, &own);
            return self.call(&[&head, &fields, &body], timeout).await;
        }
        self.call(&[&self.post_head, &fields, &body], timeout).await
    }

    /// As [`Client::post`], with one header more whose value is a number; it must be none that the client
    /// sets itself.
    ///
    /// # Errors
    /// As [`Client::post`].
    pub fn post_with<'a>(
        &'a self,
        body: &'a [u8],
        (name, value): (&HeaderName, u64),
        timeout: Span,
    ) -> impl Future<Output = Result<CallResponse, CallError>> + Send + 'a {
        // Written before the future is made, which is then smaller: its size is what an attempt allocates.
        let mut fields = Vec::with_capacity(FIELDS_BYTES);
        put_number(&mut fields, name, value);
        content_length(&mut fields, body.len());
        async move { self.call(&[&self.post_head, &fields, body], timeout).await }
    }

    /// As [`Client::post_with`], but of a body of more than `whole` bytes only the beginning, of about so many
    /// bytes, is waited for: what comes behind it is the [`Incoming`]'s. The timeout holds for what is waited
    /// for.
    ///
    /// # Errors
    /// As [`Client::post`].
    pub async fn post_in_parts(
        &self,
        body: &[u8],
        (name, value): (&HeaderName, u64),
        (timeout, whole): (Span, usize),
    ) -> Result<(CallResponse, Option<Incoming>), CallError> {
        let mut fields = Vec::with_capacity(FIELDS_BYTES);
        put_number(&mut fields, name, value);
        content_length(&mut fields, body.len());
        self.call_in_parts(&[&self.post_head, &fields, body], (timeout, whole)).await
    }

    /// GETs a path and query of this endpoint's host (used by tests and probes).
    ///
    /// # Errors
    /// As [`Client::post`].
    pub async fn get(&self, path: &str, timeout: Span) -> Result<CallResponse, CallError> {
        let head = self.get_head(path)?;
        self.call(&[&head, b"\r\n", b""], timeout).await
    }

    /// GETs what may go on for ever, such as server-sent events: only the head of the response is waited for, within
    /// `timeout`, and the body is the [`Incoming`]'s.
    ///
    /// # Errors
    /// As [`Client::post`].
    pub async fn get_stream(
        &self,
        path: &str,
        timeout: Span,
    ) -> Result<(CallResponse, Option<Incoming>), CallError> {
        let head = self.get_head(path)?;
        self.call_in_parts(&[&head, b"\r\n", b""], (timeout, 0)).await
    }

    /// Sends a request of any method to a path and query of this endpoint's host, with a body of whatever kind
    /// `extra_headers` say; they must be none that the client sets itself. As with all calls a kept connection that was
    /// dead may make it be sent twice: what must not be done twice needs a name of its own.
    ///
    /// # Errors
    /// As [`Client::post`].
    pub async fn send(
        &self,
        method: &Method,
        target: &str,
        extra_headers: &HeaderMap,
        (body, timeout): (&[u8], Span),
    ) -> Result<CallResponse, CallError> {
        let target: PathAndQuery = target
            .parse()
            .map_err(|_secret| CallError::Connect("path to call is not valid".to_owned()))?;
        let mut head = start_line(method.as_str(), &target);
        head.extend_from_slice(&self.plain_fields);
        put_all(&mut head, extra_headers);
        let mut end = Vec::with_capacity(FIELDS_BYTES);
        content_length(&mut end, body.len());
        self.call(&[&head, &end, body], timeout).await
    }

    fn get_head(&self, path: &str) -> Result<Vec<u8>, CallError> {
        let target: PathAndQuery = path
            .parse()
            .map_err(|_secret| CallError::Connect("path to get is not valid".to_owned()))?;
        let mut own = self.headers.clone();
        own.remove(CONTENT_TYPE);
        let mut head = start_line("GET", &target);
        put_all(&mut head, &own);
        Ok(head)
    }

    /// The address that the newest connection went to.
    #[must_use]
    pub fn last_address(&self) -> Option<IpAddr> {
        self.connector.last_address()
    }

    /// Why the endpoint's name does not resolve at present although it did before: connections go to its
    /// last good addresses. Asks anew now and then, in a task of the calling runtime, without waiting.
    #[must_use]
    pub fn name_failure(&self) -> Option<String> {
        self.connector.name_failure()
    }

    /// The endpoint that is called.
    #[must_use]
    pub const fn endpoint(&self) -> &Endpoint {
        self.connector.endpoint()
    }

    /// One call under one deadline: over a kept connection, and where that was dead over a fresh one.
    async fn call(&self, request: &[&[u8]; 3], timeout: Span) -> Result<CallResponse, CallError> {
        self.call_in_parts(request, (timeout, WHOLE)).await.map(|(response, _nothing)| response)
    }

    async fn call_in_parts(
        &self,
        request: &[&[u8]; 3],
        (timeout, whole): (Span, usize),
    ) -> Result<(CallResponse, Option<Incoming>), CallError> {
        let mut connecting = false;
        let calling = self.call_untimed(request, whole, &mut connecting);
        match tokio::time::timeout_at(deadline(timeout), calling).await {
            Ok(outcome) => outcome,
            Err(_elapsed) if connecting => {
                Err(CallError::Connect(format!("no connection within {timeout}")))
            }
            Err(_elapsed) => Err(CallError::Timeout(timeout)),
        }
    }

    async fn call_untimed(
        &self,
        request: &[&[u8]; 3],
        whole: usize,
        connecting: &mut bool,
    ) -> Result<(CallResponse, Option<Incoming>), CallError> {
        // A server is free to close what is idle, so only a kept connection's silence is forgiven.
        if let Some(kept) = self.pool.take().await {
            match self.exchange(kept, request, whole).await {
                Err(Failure::Silent(reason)) => {
                    tracing::debug!(endpoint = %self.endpoint(), reason, "kept connection was dead");
                }
                outcome => return outcome.map_err(|failure| self.error(failure)),
            }
        }
        *connecting = true;
        // Apart, for its size: every call over a kept connection would carry it about.
        let stream = Box::pin(self.connector.connect()).await.map_err(CallError::Connect)?;
        *connecting = false;
        let outcome = self.exchange(Box::new(Connection::new(stream)), request, whole).await;
        outcome.map_err(|failure| self.error(failure))
    }

    /// One call over one connection, which is kept if it can take another. In all other cases,
    /// that of being dropped on the way among them, the connection is closed.
    async fn exchange(
        &self,
        mut connection: Box<Connection>,
        request: &[&[u8]; 3],
        whole: usize,
    ) -> Result<(CallResponse, Option<Incoming>), Failure> {
        let received = connection.exchange(request, self.response_bytes, whole).await?;
        let status = StatusCode::from_u16(received.status);
        let rest = match received.rest {
            Some(rest) => {
                Some(Incoming::new(connection, rest, Arc::clone(&self.pool), self.response_bytes))
            }
            None => {
                self.pool.put(connection);
                None
            }
        };
        let status =
            status.map_err(|_| Failure::Broken(format!("status {} is none", received.status)))?;
        let response =
            CallResponse { status, headers: received.headers, body: Bytes::from(received.body) };
        Ok((response, rest))
    }

    fn error(&self, failure: Failure) -> CallError {
        error_of(failure, self.response_bytes)
    }
}

fn error_of(failure: Failure, response_bytes: usize) -> CallError {
    match failure {
        Failure::Silent(reason) | Failure::Broken(reason) => CallError::Broken(reason),
        Failure::TooLarge => CallError::TooLarge(response_bytes),
    }
}

/// The instant after which a call is given up.
fn deadline(timeout: Span) -> Instant {
    let now = Instant::now();
    now.checked_add(duration(timeout)).unwrap_or_else(|| now + NEVER)
}

fn host_header(endpoint: &Endpoint) -> HeaderValue {
    HeaderValue::try_from(endpoint.authority())
        .expect("invariant: the authority of a parsed URL is visible ASCII")
}

fn start_line(method: &str, target: &PathAndQuery) -> Vec<u8> {
    format!("{method} {target} HTTP/1.1\r\n").into_bytes()
}
