//! Signed requests over HTTP.

use std::net::SocketAddr;

use runtime::client::Client;
use runtime::clock;
use runtime::http::{HeaderMap, HeaderName, HeaderValue, Method};
use units::Span;
use wire_binance::{KEY_HEADER, Query, Request, Secret, Sink as _};

use crate::holder::Holder;
use crate::outcome::Answer;

/// The largest answer that is taken: a list of open orders.
const ANSWER_BYTES: usize = 1 << 20;

/// A client with its key.
#[derive(Debug)]
pub(crate) struct Http {
    client: Client,
    headers: HeaderMap,
    secret: Secret,
}

impl Http {
    /// The client of a holder.
    ///
    /// # Errors
    /// Where the key cannot be sent.
    pub(crate) fn of(venue: SocketAddr, holder: &Holder) -> Result<Self, String> {
        let endpoint = super::endpoint(&format!("http://{venue}"), holder)?;
        let mut headers = HeaderMap::new();
        let key = HeaderValue::from_str(&holder.key);
        let mut key = key.map_err(|_| format!("the key of {} cannot be sent", holder.name))?;
        key.set_sensitive(true);
        headers.insert(HeaderName::from_static(KEY_HEADER), key);
        Ok(Self {
            client: Client::new(endpoint, ANSWER_BYTES),
            headers,
            secret: holder.secret.clone(),
        })
    }

    /// Sends a request of the surface.
    pub(crate) async fn ask(&self, request: &Request, patience: Span) -> Answer {
        let mut query = Query::new();
        request.put(&mut query);
        let endpoint = request.endpoint();
        let method = method(endpoint.method());
        let sent = self.signed(&method, endpoint.path(), query, patience).await;
        sent.map_or(Answer::Lost, |(status, body)| Answer::of(status, &body))
    }

    /// Sends what has been written, signed; the status and the body, or why there are none.
    pub(crate) async fn signed(
        &self,
        method: &Method,
        path: &str,
        mut query: Query,
        patience: Span,
    ) -> Result<(u16, Vec<u8>), String> {
        query.sign(&self.secret, clock::unix_time().as_millis(), None);
        let target = format!("{path}?{}", query.as_str());
        let sent = self.client.send(method, &target, &self.headers, (b"", patience)).await;
        let answer = sent.map_err(|error| error.to_string())?;
        Ok((answer.status.as_u16(), answer.body.to_vec()))
    }
}

/// A method as HTTP has it.
const fn method(method: wire_binance::Method) -> Method {
    match method {
        wire_binance::Method::Get => Method::GET,
        wire_binance::Method::Post => Method::POST,
        wire_binance::Method::Put => Method::PUT,
        wire_binance::Method::Delete => Method::DELETE,
    }
}

/// A query of some parameters.
pub(crate) fn query(params: &[(&str, &str)]) -> Query {
    let mut query = Query::new();
    for (name, value) in params {
        query.push(name, value);
    }
    query
}
