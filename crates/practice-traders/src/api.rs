//! Requests over HTTP, signed where they have to be.

use runtime::client::{CallError, CallResponse, Client, Endpoint};
use runtime::clock;
use runtime::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use units::Span;
use wire_binance::{KEY_HEADER, Query, Secret};

/// How long an answer is waited for: longer than a request holds, so that whatever is done is told.
const PATIENCE: Span = Span::from_secs(8);

/// Longest answer that is read: a thousand entries of the tape.
const ANSWER_BYTES_MAX: usize = 2 << 20;

/// The header that a key goes in.
const KEY: HeaderName = HeaderName::from_static(KEY_HEADER);

/// A key and what is signed with.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    /// The key as it goes in a request.
    pub key: String,
    /// Its secret.
    pub secret: Secret,
    headers: HeaderMap,
}

impl Key {
    /// A key; `None` where it cannot go in a header.
    pub(crate) fn new(key: &str, secret: &str) -> Option<Self> {
        let mut headers = HeaderMap::new();
        headers.insert(KEY, HeaderValue::from_str(key).ok()?);
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        headers.insert(header::CONTENT_TYPE, form);
        Some(Self { key: key.to_owned(), secret: Secret::new(secret.as_bytes()), headers })
    }
}

/// The way to the venue.
#[derive(Debug)]
pub(crate) struct Api {
    http: Client,
    /// The WebSocket API.
    pub socket: Endpoint,
    /// The administrator's key.
    pub admin: Key,
}

impl Api {
    /// The way to a venue by its root.
    ///
    /// # Errors
    /// Where its URL is none, in words.
    pub(crate) fn new(venue: &str, admin: Key) -> Result<Self, String> {
        let venue = venue.trim_end_matches('/');
        let http = Client::new(Endpoint::parse(venue)?, ANSWER_BYTES_MAX);
        let socket = venue.replacen("http", "ws", 1);
        Ok(Self { http, socket: Endpoint::parse(&format!("{socket}/ws-fapi/v1"))?, admin })
    }

    /// Asks what anybody may ask.
    pub(crate) async fn get(&self, path: &str) -> Result<CallResponse, CallError> {
        self.http.get(path, PATIENCE).await
    }

    /// Posts parameters to a path, signed as of now.
    pub(crate) async fn post(
        &self,
        path: &str,
        mut query: Query,
        key: &Key,
    ) -> Result<CallResponse, CallError> {
        query.sign(&key.secret, clock::unix_time().as_millis(), None);
        let body = query.as_str().as_bytes();
        self.http.send(&Method::POST, path, &key.headers, (body, PATIENCE)).await
    }
}
