//! What an answer is worth. One that comes with HTTP 200 and is none is a failure like any other.

use std::fmt;

use runtime::client::CallError;
use serde_json::Value;
use wire_binance::Failure;
use wire_eth::{AnswerKind, read_answer};

use crate::outcome::Answer;

/// What became of a request that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Came {
    /// It was answered as it should be.
    Good,
    /// It was sent away for overload, with a word that says so.
    Shed,
    /// It failed.
    Failed(Fault),
}

/// How a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// No whole answer in time.
    Timeout,
    /// No connection: refused, unreachable, no such name, TLS.
    Connect,
    /// The connection broke before the whole answer had come.
    Broken,
    /// The answer was larger than is taken.
    TooLarge,
    /// Another status than 200.
    Status(u16),
    /// A JSON-RPC error under HTTP 200.
    Rpc(i64),
    /// A refusal in the venue's words.
    Refused(i32),
    /// A whole answer to another question.
    WrongId,
    /// HTTP 200 with what is no answer: cut off, no JSON, an error page.
    Garbled,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout => f.write_str("no answer in time"),
            Self::Connect => f.write_str("no connection"),
            Self::Broken => f.write_str("broken off"),
            Self::TooLarge => f.write_str("too large"),
            Self::Status(status) => write!(f, "HTTP {status}"),
            Self::Rpc(code) => write!(f, "JSON-RPC error {code}"),
            Self::Refused(code) => write!(f, "refused {code}"),
            Self::WrongId => f.write_str("another id"),
            Self::Garbled => f.write_str("no answer in HTTP 200"),
        }
    }
}

impl Fault {
    /// Whether there was a response at all.
    #[must_use]
    pub const fn is_answer(self) -> bool {
        !matches!(self, Self::Timeout | Self::Connect | Self::Broken)
    }
}

impl From<&CallError> for Fault {
    fn from(error: &CallError) -> Self {
        match error {
            CallError::Connect(_) => Self::Connect,
            CallError::Broken(_) => Self::Broken,
            CallError::Timeout(_) => Self::Timeout,
            CallError::TooLarge(_) => Self::TooLarge,
        }
    }
}

/// "Limit exceeded" of EIP-1474, which some providers send with HTTP 200.
const LIMIT_EXCEEDED: i64 = -32_005;

/// "Too many requests" (RFC 6585 section 4).
const TOO_MANY: u16 = 429;

/// What a response to a JSON-RPC call is worth.
pub(crate) fn of_rpc(status: u16, body: &[u8], id: u64) -> Came {
    if status == TOO_MANY {
        return Came::Shed;
    }
    if status != 200 {
        return Came::Failed(Fault::Status(status));
    }
    let Ok(answer) = read_answer(body) else { return Came::Failed(Fault::Garbled) };
    let part = |range: std::ops::Range<usize>| body.get(range).unwrap_or_default();
    if answer.kind == AnswerKind::Error {
        // An error about a request that could not be read has no id.
        let error: Value = serde_json::from_slice(part(answer.value)).unwrap_or_default();
        return match error.get("code").and_then(Value::as_i64) {
            Some(LIMIT_EXCEEDED) => Came::Shed,
            Some(code) => Came::Failed(Fault::Rpc(code)),
            None => Came::Failed(Fault::Garbled),
        };
    }
    if part(answer.id) != id.to_string().as_bytes() {
        return Came::Failed(Fault::WrongId);
    }
    Came::Good
}

/// What a response of a venue is worth.
pub(crate) fn of_venue(status: u16, body: &[u8]) -> Came {
    if status == TOO_MANY {
        return Came::Shed;
    }
    if status == 200 {
        let is_json = serde_json::from_slice::<Value>(body).is_ok();
        return if is_json { Came::Good } else { Came::Failed(Fault::Garbled) };
    }
    match Failure::read(status, body).map(|failure| Answer::of_failure(&failure)) {
        Some(Answer::Shed(_)) => Came::Shed,
        Some(Answer::Refused(code)) => Came::Failed(Fault::Refused(code)),
        Some(Answer::Lost | Answer::Done) | None => Came::Failed(Fault::Status(status)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_with_http_200_that_is_none_is_a_failure() {
        // A broken gateway that answers fast would look like the fastest of all.
        let failed = Came::Failed;
        let check = |status, body: &str, expect| {
            assert_eq!(of_rpc(status, body.as_bytes(), 7), expect, "{status} {body}");
        };
        check(200, r#"{"jsonrpc":"2.0","id":7,"result":"0x1"}"#, Came::Good);
        check(200, r#"{"result":null,"id":7,"jsonrpc":"2.0"}"#, Came::Good);
        check(200, r#"{"jsonrpc":"2.0","id":8,"result":"0x1"}"#, failed(Fault::WrongId));
        check(200, r#"{"jsonrpc":"2.0","id":"7","result":"0x1"}"#, failed(Fault::WrongId));
        check(200, r#"{"jsonrpc":"2.0","id":7,"result":"0x1"#, failed(Fault::Garbled));
        check(200, "<html>", failed(Fault::Garbled));
        check(200, "", failed(Fault::Garbled));
        let error = |code| format!(r#"{{"jsonrpc":"2.0","id":7,"error":{{"code":{code}}}}}"#);
        check(200, &error(-32_000), failed(Fault::Rpc(-32_000)));
        check(200, &error(-32_005), Came::Shed);
        check(429, &error(-32_005), Came::Shed);
        check(502, "<html>", failed(Fault::Status(502)));
        check(301, "", failed(Fault::Status(301)));
    }

    #[test]
    fn a_venue_that_sheds_does_not_fail_and_one_that_breaks_does() {
        // Shed load is what a venue is built to send away; an error page is not.
        let shed = r#"{"code":-1008,"msg":"Server is currently overloaded"}"#;
        let refused = r#"{"code":-2019,"msg":"Margin is insufficient."}"#;
        assert_eq!(of_venue(200, b"{}"), Came::Good);
        assert_eq!(of_venue(200, b"{"), Came::Failed(Fault::Garbled));
        assert_eq!(of_venue(429, b""), Came::Shed);
        assert_eq!(of_venue(503, shed.as_bytes()), Came::Shed);
        assert_eq!(of_venue(400, refused.as_bytes()), Came::Failed(Fault::Refused(-2019)));
        assert_eq!(of_venue(502, b"<html>"), Came::Failed(Fault::Status(502)));
    }
}
