//! An HTTP/1.1 client for one endpoint, with a pool of kept-alive connections, and a WebSocket client.

mod connect;
mod endpoint;
mod names;
mod pool;
#[cfg(test)]
mod tests;
mod tls;
mod websocket;

use std::net::IpAddr;
use std::time::Duration;

use ::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use http_body_util::Full;
use tokio::time::Instant;
use units::Span;

use crate::body::{ReadError, in_words, read_whole};
use crate::clock::duration;
use crate::http::{Bytes, HeaderMap, HeaderValue, Method, StatusCode, Uri};
use connect::Connector;
pub use endpoint::Endpoint;
use pool::{Connection, Pool};
pub use websocket::connect_websocket;

/// How we name ourselves: some providers refuse callers without a name.
const AGENT: &str = concat!("seawall/", env!("CARGO_PKG_VERSION"));
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
    connector: Connector,
    pool: Pool,
    response_bytes: usize,
    /// Where POSTs go: path and query.
    target: Uri,
    /// What every request carries.
    headers: HeaderMap,
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
        let target = Uri::from(endpoint.path_and_query().clone());
        let connector = Connector::new(endpoint);
        Self { connector, pool: Pool::default(), response_bytes, target, headers }
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
        let mut request = self.request(Method::POST, self.target.clone(), body);
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for name in extra_headers.keys() {
            headers.remove(name);
        }
        headers.extend(extra_headers.clone());
        self.call(request, timeout).await
    }

    /// GETs a path and query of this endpoint's host (used by tests and probes).
    ///
    /// # Errors
    /// As [`Client::post`].
    pub async fn get(&self, path: &str, timeout: Span) -> Result<CallResponse, CallError> {
        let target = path
            .parse()
            .map_err(|_secret| CallError::Connect("path to get is not valid".to_owned()))?;
        self.call(self.request(Method::GET, target, Bytes::new()), timeout).await
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

    fn request(&self, method: Method, target: Uri, body: Bytes) -> hyper::Request<Full<Bytes>> {
        let mut request = hyper::Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = target;
        *request.headers_mut() = self.headers.clone();
        request
    }

    async fn call(
        &self,
        request: hyper::Request<Full<Bytes>>,
        timeout: Span,
    ) -> Result<CallResponse, CallError> {
        let deadline = deadline(timeout);
        let kept = tokio::time::timeout_at(deadline, self.pool.take()).await;
        if let Ok(Some(kept)) = kept {
            match self.exchange(kept, request.clone(), deadline).await {
                Err(Failure::Stale(reason)) => {
                    tracing::debug!(endpoint = %self.endpoint(), reason, "kept connection was dead");
                }
                outcome => return outcome.map_err(|failure| failure.into_error(timeout)),
            }
        }
        let connecting = async {
            let stream = self.connector.connect().await?;
            Connection::start(stream).await
        };
        let fresh = tokio::time::timeout_at(deadline, connecting)
            .await
            .unwrap_or_else(|_elapsed| Err(format!("no connection within {timeout}")))
            .map_err(CallError::Connect)?;
        let outcome = self.exchange(fresh, request, deadline).await;
        outcome.map_err(|failure| failure.into_error(timeout))
    }

    /// One call over one connection, which is kept if it can take another. In all other cases,
    /// that of being dropped on the way among them, the connection is closed.
    async fn exchange(
        &self,
        mut connection: Connection,
        request: hyper::Request<Full<Bytes>>,
        deadline: Instant,
    ) -> Result<CallResponse, Failure> {
        let received_before = connection.received();
        let exchanging = async {
            let response = connection.sender.send_request(request).await;
            let (head, mut body) =
                response.map_err(|error| Failure::Broken(in_words(&error)))?.into_parts();
            let body =
                read_whole(&mut body, self.response_bytes).await.map_err(|error| match error {
                    ReadError::TooLarge => Failure::TooLarge(self.response_bytes),
                    ReadError::Broken(reason) => Failure::Broken(reason),
                })?;
            Ok(CallResponse { status: head.status, headers: head.headers, body })
        };
        let outcome =
            tokio::time::timeout_at(deadline, exchanging).await.unwrap_or(Err(Failure::Timeout));
        match outcome {
            Ok(response) => {
                self.pool.put(connection);
                Ok(response)
            }
            // Every first use of a connection reads at least the head of an answer, so one that has
            // read nothing before is fresh, and its failure is not the age's.
            Err(Failure::Broken(reason))
                if received_before > 0 && connection.received() == received_before =>
            {
                Err(Failure::Stale(reason))
            }
            Err(failure) => Err(failure),
        }
    }
}

/// How one exchange failed.
enum Failure {
    /// The connection had been used before and broke before a byte of the answer had come.
    Stale(String),
    Broken(String),
    TooLarge(usize),
    Timeout,
}

impl Failure {
    fn into_error(self, timeout: Span) -> CallError {
        match self {
            Self::Stale(reason) | Self::Broken(reason) => CallError::Broken(reason),
            Self::TooLarge(limit) => CallError::TooLarge(limit),
            Self::Timeout => CallError::Timeout(timeout),
        }
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
