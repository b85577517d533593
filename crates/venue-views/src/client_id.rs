//! The names that clients give their orders.

use std::fmt;

use machine::{Codec, CodecError, CodecMistake, Reader};

/// Most bytes of a client's order id.
///
/// Source: Binance's pattern for `newClientOrderId`, `^[\.A-Z\:/a-z0-9_-]{1,36}$`.
pub const CLIENT_ID_MAX: usize = 36;

/// A client's own name for an order. An account has at most one open order of a name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClientId {
    /// Noughts behind the end, so that equal names are equal bytes.
    bytes: [u8; CLIENT_ID_MAX],
    length: u8,
}

impl ClientId {
    /// No name was given.
    pub const NONE: Self = Self { bytes: [0; CLIENT_ID_MAX], length: 0 };

    /// A name: letters, digits and `.:/_-`. `None` where it is anything else, or too long; an empty one is
    /// [`NONE`](Self::NONE).
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b".:/_-".contains(byte);
        if !text.as_bytes().iter().all(allowed) {
            return None;
        }
        let mut bytes = [0; CLIENT_ID_MAX];
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Some(Self { bytes, length: u8::try_from(text.len()).ok()? })
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..usize::from(self.length)).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    /// Whether no name was given.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.length == 0
    }
}

impl Default for ClientId {
    fn default() -> Self {
        Self::NONE
    }
}

impl fmt::Debug for ClientId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), formatter)
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Codec for ClientId {
    fn encode(&self, bytes: &mut Vec<u8>) {
        self.length.encode(bytes);
        bytes.extend_from_slice(self.as_str().as_bytes());
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, CodecError> {
        let odd = reader.error(CodecMistake::Value);
        let length = u8::decode(reader)?;
        let text = reader.take(usize::from(length))?;
        std::str::from_utf8(text).ok().and_then(Self::new).ok_or(odd)
    }
}

#[cfg(test)]
mod tests {
    use machine::decode_all;

    use super::*;

    #[test]
    fn only_names_that_binance_takes_are_names() {
        // A name with a quote or a line break would come out of a stream as something else.
        for good in ["a", "x-TKT5PX2F:.7/_9", &"n".repeat(36)] {
            assert_eq!(ClientId::new(good).expect(good).as_str(), good);
        }
        for bad in ["a b", "\"", "\u{e9}", "a\n", &"n".repeat(37)] {
            assert_eq!(ClientId::new(bad), None, "{bad:?}");
        }
        assert_eq!(ClientId::new(""), Some(ClientId::NONE));
    }

    #[test]
    fn a_name_is_read_back_from_its_bytes_and_nothing_else_is() {
        // Two spellings of one name would be two hashes of one history.
        let name = ClientId::new("order-1").expect("a name");
        let mut bytes = Vec::new();
        name.encode(&mut bytes);
        assert_eq!(decode_all::<ClientId>(&bytes), Ok(name));
        assert!(decode_all::<ClientId>(&[2, b'a', b' ']).is_err());
        assert!(decode_all::<ClientId>(&[200]).is_err());
    }
}
