//! A client that signs as Binance's do, over one kept-alive connection.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use wire_binance::{Query, Secret, Sink as _};

use crate::http::{Connection, Message};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Who signs with a key's secret.
#[derive(Debug)]
pub struct Signer {
    /// The key.
    pub key: String,
    secret: Secret,
}

impl Signer {
    /// Signs with this key and its secret.
    #[must_use]
    pub fn new(key: &str, secret: &str) -> Self {
        Self { key: key.to_owned(), secret: Secret::new(secret.as_bytes()) }
    }

    /// Parameters as they are sent, signed as of a time in milliseconds since 1970.
    #[must_use]
    pub fn sign(&self, params: &[(&str, &str)], at: u64) -> String {
        let mut query = Query::new();
        for (name, value) in params {
            query.push(name, value);
        }
        query.sign(&self.secret, at, None);
        query.as_str().to_owned()
    }
}

/// The time in milliseconds since 1970.
#[must_use]
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A connection to a venue.
#[derive(Debug)]
pub struct Client {
    address: SocketAddr,
    connection: Connection,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// Where nobody listens.
    pub fn open(address: SocketAddr) -> io::Result<Self> {
        Ok(Self { address, connection: Connection::open(address, PATIENCE)? })
    }

    /// Sends a request as it is, and once more over another connection where the venue has closed this one.
    ///
    /// # Errors
    /// Where no answer comes.
    pub fn send(
        &mut self,
        method: &str,
        target: &str,
        key: Option<&str>,
        body: &[u8],
    ) -> io::Result<Message> {
        let headers: Vec<(&str, &str)> = key.into_iter().map(|key| ("X-MBX-APIKEY", key)).collect();
        match self.connection.exchange(method, target, &headers, body) {
            Err(error) if method == "GET" && error.kind() != io::ErrorKind::WouldBlock => {
                self.connection = Connection::open(self.address, PATIENCE)?;
                self.connection.exchange(method, target, &headers, body)
            }
            outcome => outcome,
        }
    }

    /// The answer that anybody may have.
    ///
    /// # Panics
    /// Where it is none, or no JSON.
    #[must_use]
    pub fn get(&mut self, target: &str) -> Value {
        let answer = self.send("GET", target, None, b"").expect("the venue must answer");
        assert_eq!(answer.status(), 200, "{target}: {}", answer.text());
        read(&answer)
    }

    /// Sends a signed request; its status and its body.
    ///
    /// # Panics
    /// Where no answer comes, or no JSON.
    pub fn ask(
        &mut self,
        signer: &Signer,
        (method, path): (&str, &str),
        params: &[(&str, &str)],
    ) -> (u16, Value) {
        let target = format!("{path}?{}", signer.sign(params, now_ms()));
        let answer = self.send(method, &target, Some(&signer.key), b"");
        let answer = answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        (answer.status(), read(&answer))
    }

    /// The same, where it has to be done.
    ///
    /// # Panics
    /// Where it is refused.
    pub fn done(&mut self, signer: &Signer, asked: (&str, &str), params: &[(&str, &str)]) -> Value {
        let (status, body) = self.ask(signer, asked, params);
        assert_eq!(status, 200, "{asked:?} {params:?}: {body}");
        body
    }
}

fn read(answer: &Message) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_else(|_| panic!("no JSON: {}", answer.text()))
}
