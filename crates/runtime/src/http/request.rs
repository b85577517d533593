//! Requests: the head, and the body under the server's limits.

use std::fmt;
use std::future::{Ready, ready};
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use units::Span;

use super::connection::Connection;
use super::header::{ACCEPT, HOST, ORIGIN};
use super::{HeaderMap, HeaderName, HeaderValue, Method};
use crate::h1::{RequestHead, field};

/// One request: the head at hand, the body as far as the server's limits let it come.
pub struct Request {
    pub(super) head: RequestHead,
    /// The head as it came.
    text: Box<[u8]>,
    /// The same, by name, once somebody asks for it.
    headers: OnceLock<HeaderMap>,
    /// `None` once it has been taken.
    body: Option<Result<Bytes, BodyError>>,
    pub(super) connection: Arc<Connection>,
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
    pub(super) fn new(
        head: RequestHead,
        text: Box<[u8]>,
        body: Result<Bytes, BodyError>,
        connection: Arc<Connection>,
    ) -> Self {
        Self { head, text, headers: OnceLock::new(), body: Some(body), connection }
    }

    /// The method, such as POST.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.head.method
    }

    /// The path without query, such as `/ethereum`.
    #[must_use]
    pub fn path(&self) -> &str {
        self.split_target().0
    }

    /// The query without `?`, or "".
    #[must_use]
    pub fn query(&self) -> &str {
        self.split_target().1
    }

    fn split_target(&self) -> (&str, &str) {
        self.head.target.split_once('?').unwrap_or((&self.head.target, ""))
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.headers.get_or_init(|| header_map(&self.text))
    }

    /// The value of one header, the first where there are several; `None` where it is no visible text.
    /// Cheaper than [`Request::headers`] where that is not needed otherwise.
    #[must_use]
    pub fn header(&self, name: &HeaderName) -> Option<&str> {
        let known = self.head.names.may_hold(name.as_str());
        if known { field(&self.text, name.as_str()) } else { None }
    }

    /// Whether it comes from a page of this very host, or from no page at all. A form of any other page could send a
    /// POST to a loopback port.
    #[must_use]
    pub fn is_same_origin(&self) -> bool {
        is_same_origin(self.headers())
    }

    /// Whether the client is a browser that shows what comes back.
    #[must_use]
    pub fn wants_html(&self) -> bool {
        self.header(&ACCEPT).is_some_and(|accept| accept.contains("text/html"))
    }

    /// The size of the head in bytes.
    #[must_use]
    pub const fn head_bytes(&self) -> usize {
        self.head.size
    }

    /// The client's address.
    #[must_use]
    pub fn peer(&self) -> SocketAddr {
        self.connection.peer
    }

    /// The whole body; empty when asked again. A body whose Content-Length is over the limit is refused
    /// before any of it is read.
    ///
    /// # Errors
    /// Where it is too large, too slow or broken off.
    pub fn body(&mut self) -> Ready<Result<Bytes, BodyError>> {
        // It has come before the handler is called, so that one task serves a connection.
        ready(self.body.take().unwrap_or_else(|| Ok(Bytes::new())))
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

fn is_same_origin(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    match (origin, host) {
        (Some((_, origin)), Some(host)) => origin.eq_ignore_ascii_case(host),
        _ => false,
    }
}

/// The fields of a valid head by name.
fn header_map(head: &[u8]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for line in head.split(|byte| *byte == b'\n').skip(1) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let (name, value) = line.split_at(colon);
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name), HeaderValue::from_bytes(value))
        {
            map.append(name, value);
        }
    }
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_another_site_cannot_press_the_buttons() {
        let headers = |origin: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.insert("host", HeaderValue::from_static("127.0.0.1:8080"));
            if let Some(origin) = origin {
                headers.insert("origin", HeaderValue::from_static(origin));
            }
            headers
        };
        assert!(is_same_origin(&headers(None)));
        assert!(is_same_origin(&headers(Some("http://127.0.0.1:8080"))));
        for origin in [
            "http://evil.example",
            "null",
            "http://127.0.0.1:8081",
            "http://127.0.0.1:8080.evil.example",
        ] {
            assert!(!is_same_origin(&headers(Some(origin))), "{origin}");
        }
    }
}
