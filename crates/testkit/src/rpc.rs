//! A plain JSON-RPC client over one kept-alive connection.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use crate::http::{Connection, Message};

/// Why a call brought no result.
#[derive(Debug, thiserror::Error)]
pub enum RpcError {
    /// No whole HTTP response came.
    #[error("no answer: {0}")]
    Transport(#[from] io::Error),
    /// The HTTP status was not 200.
    #[error("HTTP {status}: {body}")]
    Status {
        /// The status.
        status: u16,
        /// The body.
        body: String,
    },
    /// The body was not a JSON-RPC answer.
    #[error("not a JSON-RPC answer: {0}")]
    NotJson(String),
    /// The node answered with an error.
    #[error("error {code}: {message}")]
    Answer {
        /// The error's code.
        code: i64,
        /// The error's message.
        message: String,
        /// The error's data, null where there is none.
        data: Value,
    },
}

/// A JSON-RPC endpoint on this machine.
#[derive(Debug)]
pub struct Rpc {
    address: SocketAddr,
    target: String,
    timeout: Duration,
    connection: Mutex<Option<Connection>>,
    next_id: AtomicU64,
}

impl Rpc {
    /// An endpoint at `/` of `address`; calls take at most five seconds.
    #[must_use]
    pub const fn new(address: SocketAddr) -> Self {
        Self {
            address,
            target: String::new(),
            timeout: Duration::from_secs(5),
            connection: Mutex::new(None),
            next_id: AtomicU64::new(1),
        }
    }

    /// The same endpoint at another path, such as `/ethereum`.
    #[must_use]
    pub fn at(mut self, target: &str) -> Self {
        target.clone_into(&mut self.target);
        self
    }

    /// The same endpoint with another time-out.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Where it is.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// POSTs a body as it stands and gives the HTTP response as it stands.
    ///
    /// # Errors
    /// Where no whole response comes, also not on a fresh connection.
    pub fn post(&self, body: &[u8]) -> io::Result<Message> {
        let target = if self.target.is_empty() { "/" } else { &self.target };
        let mut held = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut kept) = held.take()
            && let Ok(response) = kept.post_json(target, body)
        {
            *held = Some(kept);
            return Ok(response);
        }
        let mut fresh = Connection::open(self.address, self.timeout)?;
        let response = fresh.post_json(target, body)?;
        if response.header("connection").is_none_or(|value| value != "close") {
            *held = Some(fresh);
        }
        Ok(response)
    }

    /// Calls a method.
    ///
    /// # Errors
    /// Where there is no answer or the answer is an error.
    pub fn call(&self, method: &str, params: &Value) -> Result<Value, RpcError> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let body = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let response = self.post(body.to_string().as_bytes())?;
        if response.status() != 200 {
            return Err(RpcError::Status { status: response.status(), body: response.text() });
        }
        let mut answer: Value = serde_json::from_slice(&response.body)
            .map_err(|error| RpcError::NotJson(format!("{error}: {}", response.text())))?;
        if let Some(error) = answer.get("error") {
            return Err(RpcError::Answer {
                code: error["code"].as_i64().unwrap_or(0),
                message: error["message"].as_str().unwrap_or_default().to_owned(),
                data: error["data"].clone(),
            });
        }
        match answer.get_mut("result") {
            Some(result) => Ok(result.take()),
            None => Err(RpcError::NotJson(answer.to_string())),
        }
    }

    /// Calls a method whose result is a hex quantity.
    ///
    /// # Errors
    /// As [`Rpc::call`], and where the result is no quantity.
    pub fn quantity(&self, method: &str, params: &Value) -> Result<u128, RpcError> {
        let result = self.call(method, params)?;
        quantity(&result).ok_or_else(|| RpcError::NotJson(format!("not a quantity: {result}")))
    }
}

/// Reads a hex quantity or a 32-byte word that fits.
#[must_use]
pub fn quantity(value: &Value) -> Option<u128> {
    let digits = value.as_str()?.strip_prefix("0x")?.trim_start_matches('0');
    if digits.is_empty() { Some(0) } else { u128::from_str_radix(digits, 16).ok() }
}

/// Writes a hex quantity.
#[must_use]
pub fn hex(number: u64) -> String {
    format!("{number:#x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_word_and_a_quantity_read_the_same() {
        assert_eq!(quantity(&json!(format!("0x{:064x}", 10))), quantity(&json!("0xa")));
        assert_eq!(quantity(&json!("0x0")), Some(0));
        assert_eq!(quantity(&json!("10")), None);
    }
}
