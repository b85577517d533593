//! Headers as bytes: those that are sent, and those that came.

use std::fmt;

use crate::h1::{NameLengths, decimal, field};
use crate::http::{HeaderMap, HeaderName};

/// The headers of a response, kept as they came and read when one is asked for.
#[derive(Clone, PartialEq, Eq)]
pub struct ResponseHeaders {
    text: Box<[u8]>,
    names: NameLengths,
}

impl ResponseHeaders {
    /// Of a head that was read and found to be valid.
    pub(super) fn new(text: &[u8], names: NameLengths) -> Self {
        Self { text: text.into(), names }
    }

    /// The value of a header, the first where there are several; `None` where it is no visible text.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        if self.names.may_hold(name) { field(&self.text, name) } else { None }
    }
}

impl fmt::Debug for ResponseHeaders {
    /// Shows no values: an upstream may repeat a key in one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResponseHeaders({} bytes)", self.text.len())
    }
}

/// Writes header fields.
pub(super) fn put_all(head: &mut Vec<u8>, headers: &HeaderMap) {
    for (name, value) in headers {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
}

/// Writes a header whose value is a number.
pub(super) fn put_number(head: &mut Vec<u8>, name: &HeaderName, value: u64) {
    head.extend_from_slice(name.as_str().as_bytes());
    head.extend_from_slice(b": ");
    decimal(head, value);
    head.extend_from_slice(b"\r\n");
}

/// Writes the length of the body, and the empty line that ends a head.
pub(super) fn content_length(head: &mut Vec<u8>, length: usize) {
    head.extend_from_slice(b"content-length: ");
    decimal(head, length as u64);
    head.extend_from_slice(b"\r\n\r\n");
}
