//! Signed requests over HTTP, one client for each path that they go to.

use std::sync::Arc;

use runtime::client::{CallError, CallResponse, Client, Endpoint};
use runtime::clock;
use runtime::http::{Bytes, HeaderMap, HeaderName, HeaderValue, header};
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

/// The paths that traders and their setup use.
#[derive(Debug)]
pub(crate) struct Api {
    /// Orders.
    pub orders: Client,
    /// Leverage.
    pub leverage: Client,
    /// The administration's accounts.
    pub accounts: Client,
    /// The administration's deposits.
    pub deposits: Client,
    /// The administration's keys.
    pub keys: Client,
    /// What anybody may ask.
    pub public: Client,
    /// The WebSocket API.
    pub socket: Endpoint,
    /// The administrator's key.
    pub admin: Arc<Key>,
}

impl Api {
    /// The paths of a venue.
    ///
    /// # Errors
    /// Where its URL is none, in words.
    pub(crate) fn new(venue: &str, admin: Key) -> Result<Self, String> {
        let venue = venue.trim_end_matches('/');
        let at = |path: &str| {
            let endpoint = Endpoint::parse(&format!("{venue}{path}"))?;
            Ok::<_, String>(Client::new(endpoint, ANSWER_BYTES_MAX))
        };
        let socket = venue.replacen("http", "ws", 1);
        Ok(Self {
            orders: at("/fapi/v1/order")?,
            leverage: at("/fapi/v1/leverage")?,
            accounts: at("/v1/admin/accounts")?,
            deposits: at("/v1/admin/deposits")?,
            keys: at("/v1/admin/keys")?,
            public: at("/")?,
            socket: Endpoint::parse(&format!("{socket}/ws-fapi/v1"))?,
            admin: Arc::new(admin),
        })
    }

    /// Asks what anybody may ask.
    pub(crate) async fn get(&self, path: &str) -> Result<CallResponse, CallError> {
        self.public.get(path, PATIENCE).await
    }
}

/// Posts parameters, signed as of now.
pub(crate) async fn post(
    client: &Client,
    mut query: Query,
    key: &Key,
) -> Result<CallResponse, CallError> {
    query.sign(&key.secret, clock::unix_time().as_millis(), None);
    let body = Bytes::from(query.as_str().to_owned());
    client.post(body, &key.headers, PATIENCE).await
}
