//! What an answer over WebSocket is known by: whatever its request had.

use crate::json::ToJson;

/// Longest text of one, in bytes; Binance takes 36.
const LENGTH_MAX: usize = 64;

/// A number or a short text that a client has chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RequestId {
    /// None.
    #[default]
    None,
    /// A number.
    Number(u64),
    /// A text.
    Text(String),
}

impl RequestId {
    /// Reads a value of JSON; `None` where it is none of them.
    #[must_use]
    pub fn read(raw: &str) -> Option<Self> {
        if raw == "null" {
            return Some(Self::None);
        }
        if raw.starts_with('"') {
            let text = serde_json::from_str::<String>(raw).ok()?;
            return (text.len() <= LENGTH_MAX).then_some(Self::Text(text));
        }
        serde_json::from_str(raw).ok().map(Self::Number)
    }
}

impl ToJson for RequestId {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::None => out.extend_from_slice(b"null"),
            Self::Number(number) => number.write(out),
            Self::Text(text) => text.write(out),
        }
    }
}
