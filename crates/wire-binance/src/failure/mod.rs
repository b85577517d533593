//! Errors as the surface tells them: a code, words, and the status of the HTTP answer.

mod code;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

pub use code::ErrorCode;

/// Longest words of an error that are kept of what a venue answered, in bytes.
const MESSAGE_MAX: usize = 1_024;

/// An error as it goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Binance's code, below zero.
    pub code: i32,
    /// What is wrong, in Binance's words.
    pub message: Cow<'static, str>,
    /// The status of the HTTP answer that it is told in.
    pub status: u16,
}

/// The body of an answer that is an error.
#[derive(Serialize)]
struct Told<'a> {
    code: i32,
    msg: &'a str,
}

/// The same as a client finds it, whatever else stands beside it.
#[derive(Deserialize)]
struct Heard<'a> {
    code: i32,
    #[serde(borrow)]
    msg: Cow<'a, str>,
}

impl Failure {
    /// An error in its code's own words; where they have a place for something, it is said in general.
    #[must_use]
    pub const fn of(code: ErrorCode) -> Self {
        Self { code: code.number(), message: Cow::Borrowed(code.general()), status: code.status() }
    }

    /// An error in its code's words, with what belongs into their places. Places that nothing is given for stay empty.
    #[must_use]
    pub fn with(code: ErrorCode, given: &[&str]) -> Self {
        let mut message = String::new();
        let mut given = given.iter();
        for (index, part) in code.template().split("%s").enumerate() {
            if index > 0 {
                message.push_str(given.next().copied().unwrap_or_default());
            }
            message.push_str(part);
        }
        Self { message: Cow::Owned(message), ..Self::of(code) }
    }

    /// An error in words of its own.
    #[must_use]
    pub fn said(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into(), ..Self::of(code) }
    }

    /// A parameter that has to be there is not, or is empty, or is not what it should be.
    #[must_use]
    pub fn mandatory(name: &str) -> Self {
        Self::with(ErrorCode::MandatoryParameter, &[name])
    }

    /// What was sent should be JSON, and is none.
    #[must_use]
    pub fn no_json() -> Self {
        Self::said(ErrorCode::InvalidMessage, "Invalid JSON was sent.")
    }

    /// A parameter has signs that do not belong there.
    #[must_use]
    pub fn illegal(name: &str, range: &str) -> Self {
        Self::with(ErrorCode::IllegalCharacters, &[name, range])
    }

    /// Its code, where it is one of those known here.
    #[must_use]
    pub fn known(&self) -> Option<ErrorCode> {
        ErrorCode::of(self.code)
    }

    /// Whether nobody knows what became of the request: it may have been done.
    #[must_use]
    pub fn leaves_unknown(&self) -> bool {
        self.known().is_some_and(ErrorCode::leaves_unknown)
    }

    /// Appends the body of the answer.
    pub fn write(&self, out: &mut Vec<u8>) {
        // Writing to memory does not fail.
        drop(serde_json::to_writer(out, &Told { code: self.code, msg: &self.message }));
    }

    /// The error that an answer's body tells; `None` where it tells none. Of its words the beginning is kept.
    #[must_use]
    pub fn read(status: u16, body: &[u8]) -> Option<Self> {
        let Heard { code, msg } = serde_json::from_slice(body).ok()?;
        // Some answers of success have a code too.
        if code >= 0 {
            return None;
        }
        let end = msg.floor_char_boundary(MESSAGE_MAX);
        let message = Cow::Owned(msg.get(..end).unwrap_or_default().to_owned());
        Some(Self { code, message, status })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.code, self.message)
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_worded_as_clients_know_it() {
        // ccxt compares some of these words letter by letter.
        let words = |failure: &Failure| {
            let mut out = Vec::new();
            failure.write(&mut out);
            assert_eq!(Failure::read(failure.status, &out).as_ref(), Some(failure));
            String::from_utf8(out).expect("text")
        };
        assert_eq!(
            words(&Failure::mandatory("symbol")),
            r#"{"code":-1102,"msg":"Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."}"#
        );
        assert_eq!(
            words(&Failure::of(ErrorCode::NoNeedToChangeMarginType)),
            r#"{"code":-4046,"msg":"No need to change margin type."}"#
        );
        assert_eq!(
            words(&Failure::with(ErrorCode::MinNotional, &["5"])),
            r#"{"code":-4164,"msg":"Order's notional must be no smaller than 5 (unless you choose reduce only)"}"#
        );
        assert_eq!(
            words(&Failure::illegal("a\"b", "x")),
            r#"{"code":-1100,"msg":"Illegal characters found in parameter 'a\"b'; legal range is 'x'."}"#
        );
    }

    #[test]
    fn only_what_is_an_error_is_read_as_one() {
        // A cancel that has succeeded also has a code.
        let cancelled = br#"{"code":200,"msg":"The operation of cancel all open order is done."}"#;
        assert_eq!(Failure::read(200, cancelled), None);
        assert_eq!(Failure::read(200, b"[]"), None);
        assert_eq!(Failure::read(502, b"<html>"), None);
        let odd = Failure::read(400, br#"{"code":-9999,"msg":"new","data":{}}"#).expect("an error");
        assert_eq!((odd.code, odd.known()), (-9_999, None));
        let long = format!(r#"{{"code":-1,"msg":"{}"}}"#, "\u{e9}".repeat(100_000));
        let kept = Failure::read(400, long.as_bytes()).expect("an error").message.len();
        assert!(kept <= MESSAGE_MAX, "{kept}");
    }
}
