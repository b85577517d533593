//! A client that signs, over REST or over the WebSocket API.

use std::io;
use std::net::SocketAddr;

use runtime::client::{Endpoint, connect_websocket};
use runtime::clock;
use runtime::http::{Bytes, WebSocket};
use serde_json::{Map, Value};
use testkit::http::Connection;
use units::Span;
use wire_binance::{Query, Secret, Sink as _};

use crate::site::{PATIENCE, secret};

/// What a client learns of a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// It was done.
    Done(Value),
    /// It was not done, for this code.
    Refused(i64),
    /// Nobody has said.
    Unknown,
}

/// How a request is sent.
pub(crate) enum Line {
    Rest(Connection),
    Socket(Box<WebSocket>),
}

/// What is asked: how REST has it, how the WebSocket API has it, and its parameters.
pub(crate) struct Asked {
    pub(crate) rest: (&'static str, &'static str),
    pub(crate) socket: &'static str,
    pub(crate) params: Vec<(&'static str, String)>,
}

/// Somebody with a key.
pub(crate) struct Client {
    key: String,
    secret: Secret,
    line: Line,
    asked: u64,
}

impl Client {
    pub(crate) fn rest(address: SocketAddr, key: &str) -> io::Result<Self> {
        Ok(Self::new(key, Line::Rest(Connection::open(address, PATIENCE)?)))
    }

    pub(crate) async fn socket(address: SocketAddr, key: &str) -> io::Result<Self> {
        let socket = open(address, "/ws-fapi/v1").await?;
        Ok(Self::new(key, Line::Socket(Box::new(socket))))
    }

    fn new(key: &str, line: Line) -> Self {
        let secret = Secret::new(secret(key).as_bytes());
        Self { key: key.to_owned(), secret, line, asked: 0 }
    }

    /// Whether it can send what only REST has.
    pub(crate) const fn is_rest(&self) -> bool {
        matches!(self.line, Line::Rest(_))
    }

    /// Asks. After [`Answer::Unknown`] nothing more comes over this line.
    pub(crate) async fn ask(&mut self, asked: &Asked) -> Answer {
        self.asked += 1;
        let (key, secret, id) = (&self.key, &self.secret, self.asked);
        match &mut self.line {
            Line::Rest(connection) => {
                let mut query = Query::new();
                for (name, value) in &asked.params {
                    query.push(name, value);
                }
                query.sign(secret, clock::unix_time().as_millis(), None);
                let (method, path) = asked.rest;
                let target = format!("{path}?{}", query.as_str());
                let answer =
                    connection.exchange(method, &target, &[("x-mbx-apikey", key.as_str())], b"");
                let Ok(answer) = answer else { return Answer::Unknown };
                let Ok(body) = serde_json::from_slice(&answer.body) else { return Answer::Unknown };
                judged(answer.status() == 200, body)
            }
            Line::Socket(socket) => {
                let message = signed(key, secret, id, asked);
                if !socket.send(Bytes::from(message)).await {
                    return Answer::Unknown;
                }
                while let Some(message) = socket.receive().await {
                    let Ok(mut answer) = serde_json::from_slice::<Value>(&message) else { break };
                    if answer["id"] != id {
                        continue;
                    }
                    let is_done = answer["status"] == 200;
                    let part = if is_done { "result" } else { "error" };
                    return judged(is_done, answer[part].take());
                }
                Answer::Unknown
            }
        }
    }
}

/// A request of the WebSocket API.
fn signed(key: &str, secret: &Secret, id: u64, asked: &Asked) -> String {
    let mut pairs = asked.params.clone();
    pairs.push(("apiKey", key.to_owned()));
    pairs.push(("timestamp", clock::unix_time().as_millis().to_string()));
    pairs.sort_unstable();
    let text: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let signature = secret.sign([text.join("&").as_bytes()]).hex();
    pairs.push(("signature", signature));
    let params: Map<String, Value> =
        pairs.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
    serde_json::json!({ "id": id, "method": asked.socket, "params": params }).to_string()
}

/// An answer, for what it says: -1000, -1006 and -1007 say that nobody knows.
pub(crate) fn judged(is_done: bool, body: Value) -> Answer {
    match (is_done, body["code"].as_i64()) {
        (true, _) => Answer::Done(body),
        (false, Some(-1_000 | -1_006 | -1_007) | None) => Answer::Unknown,
        (false, Some(code)) => Answer::Refused(code),
    }
}

/// Opens a socket.
pub(crate) async fn open(address: SocketAddr, path: &str) -> io::Result<WebSocket> {
    let endpoint = Endpoint::parse(&format!("ws://{address}{path}")).map_err(io::Error::other)?;
    let opened = connect_websocket(&endpoint, 1 << 20, Span::from_secs(30)).await;
    opened.map_err(|error| io::Error::other(error.to_string()))
}
