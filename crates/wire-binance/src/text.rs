//! Short texts that are kept where they are used, without an allocation: symbols, assets and the clients' own names of
//! orders.

use std::fmt;

use serde::de::{Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use crate::failure::{ErrorCode, Failure};
use crate::json::ToJson;
use crate::value::Value;

/// Longest name that any of the types here keeps, in bytes.
const LENGTH_MAX: usize = 64;

/// A name as it is kept: its bytes, and how many of them are its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Short<const N: usize> {
    bytes: [u8; N],
    length: u8,
}

impl<const N: usize> Short<N> {
    fn new(text: &str, legal: fn(u8) -> bool) -> Option<Self> {
        const { assert!(N <= LENGTH_MAX) }
        let from = text.as_bytes();
        if from.is_empty() || !from.iter().all(|byte| legal(*byte)) {
            return None;
        }
        let mut bytes = [0; N];
        bytes.get_mut(..from.len())?.copy_from_slice(from);
        Some(Self { bytes, length: u8::try_from(from.len()).ok()? })
    }

    fn as_str(&self) -> &str {
        let own = self.bytes.get(..usize::from(self.length)).unwrap_or_default();
        std::str::from_utf8(own).unwrap_or_default()
    }
}

/// A kind of short text: what it is, its greatest length, what it may be made of, and what a wrong one is refused with.
macro_rules! short {
    ($(#[$doc:meta])* $name:ident, $length:literal, $legal:expr, $refuse:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Short<$length>);

        impl $name {
            /// Longest, in bytes.
            pub const LENGTH_MAX: usize = $length;

            /// The text as such a name; `None` where it is empty, too long, or has a sign that does not belong there.
            #[must_use]
            pub fn new(text: &str) -> Option<Self> {
                Short::new(text, $legal).map(Self)
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self.as_str(), formatter)
            }
        }

        impl Value for $name {
            fn read(text: &str, name: &'static str) -> Result<Self, Failure> {
                let refuse: fn(&str, &'static str) -> Failure = $refuse;
                Self::new(text).ok_or_else(|| refuse(text, name))
            }

            fn print(&self, out: &mut String) {
                out.push_str(self.as_str());
            }
        }

        impl ToJson for $name {
            fn write(&self, out: &mut Vec<u8>) {
                // None of the signs that it may have is escaped.
                out.push(b'"');
                out.extend_from_slice(self.as_str().as_bytes());
                out.push(b'"');
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Own;
                impl Visitor<'_> for Own {
                    type Value = $name;

                    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                        formatter.write_str(concat!("a ", stringify!($name)))
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        $name::new(text).ok_or_else(|| E::custom("not a name of its kind"))
                    }
                }
                deserializer.deserialize_str(Own)
            }
        }
    };
}

short! {
    /// A market's name, such as `BTCUSDT`.
    Symbol, 32,
    |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_' | b'.'),
    |_, name| Failure::illegal(name, "^[A-Z0-9-_.]{1,32}$")
}
short! {
    /// An asset's name, such as `USDT`.
    Asset, 32,
    |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'),
    |_, name| Failure::illegal(name, "^[A-Za-z0-9-_.]{1,32}$")
}
short! {
    /// A client's own name of an order.
    ClientOrderId, 36,
    |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b':' | b'/' | b'_' | b'-'),
    |text, name| {
        if text.len() > ClientOrderId::LENGTH_MAX {
            return Failure::of(ErrorCode::InvalidClientOrderId);
        }
        Failure::illegal(name, r"^[\.A-Z\:/a-z0-9_-]{1,36}$")
    }
}
short! {
    /// The name of a user's stream, which whoever knows it may listen to.
    ListenKey, 64,
    |byte| byte.is_ascii_alphanumeric(),
    |_, _| Failure::of(ErrorCode::InvalidListenKey)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_it_may_be_and_no_longer() {
        // A sign that means something to a header, a log or a page would come out again as part of it.
        let symbol = |text| Symbol::new(text).map(|symbol| symbol.to_string());
        assert_eq!(symbol("BTCUSDT").as_deref(), Some("BTCUSDT"));
        assert_eq!(symbol("1000PEPE-USD_Q.X").as_deref(), Some("1000PEPE-USD_Q.X"));
        for text in ["", "btcusdt", "BTC USDT", "BTC/USDT", "BTC\n", "BT\u{c9}"] {
            assert_eq!(symbol(text), None, "{text:?}");
        }
        assert!(Symbol::new(&"A".repeat(32)).is_some() && Symbol::new(&"A".repeat(33)).is_none());
        assert!(ClientOrderId::new("x-xcKtGhcu0123/456:7.8_9").is_some());
        let long = "a".repeat(37);
        let failure = ClientOrderId::read(&long, "newClientOrderId").expect_err("it is too long");
        assert_eq!(failure.code, -4015);
        let failure = ClientOrderId::read("a b", "newClientOrderId").expect_err("a blank");
        assert_eq!(
            failure.to_string(),
            r"-1100 Illegal characters found in parameter 'newClientOrderId'; legal range is '^[\.A-Z\:/a-z0-9_-]{1,36}$'."
        );
    }

    #[test]
    fn a_name_comes_back_from_json() {
        let symbol = Symbol::new("BTCUSDT").expect("a symbol");
        let text = serde_json::to_string(&symbol).expect("it is written");
        assert_eq!(text, "\"BTCUSDT\"");
        assert_eq!(serde_json::from_str::<Symbol>(&text).expect("it is read"), symbol);
        assert!(serde_json::from_str::<Symbol>("\"b\"").is_err());
        assert!(serde_json::from_str::<Symbol>("7").is_err());
    }
}
