//! Answers and messages as JSON: written by hand into a buffer that is used again, read by serde.

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_json::value::RawValue;

use crate::decimal::Decimal;
use crate::failure::Failure;

/// Something that is written as JSON.
pub trait ToJson {
    /// Appends it to `out`.
    fn write(&self, out: &mut Vec<u8>);

    /// It alone.
    #[must_use]
    fn to_json(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }
}

impl<T: ToJson + ?Sized> ToJson for &T {
    fn write(&self, out: &mut Vec<u8>) {
        T::write(self, out);
    }
}

impl<T: ToJson> ToJson for [T] {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        for one in self {
            one.write(out);
            out.push(b',');
        }
        close(b']', out);
    }
}

impl<T: ToJson> ToJson for Vec<T> {
    fn write(&self, out: &mut Vec<u8>) {
        self.as_slice().write(out);
    }
}

impl<T: ToJson> ToJson for Option<T> {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Some(value) => value.write(out),
            None => out.extend_from_slice(b"null"),
        }
    }
}

impl ToJson for Decimal {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(b'"');
        Self::write(*self, out);
        out.push(b'"');
    }
}

impl ToJson for bool {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(if *self { b"true" } else { b"false" });
    }
}

impl ToJson for u64 {
    fn write(&self, out: &mut Vec<u8>) {
        // Writing to memory does not fail.
        drop(serde_json::to_writer(out, self));
    }
}

impl ToJson for u32 {
    fn write(&self, out: &mut Vec<u8>) {
        u64::from(*self).write(out);
    }
}

impl ToJson for str {
    fn write(&self, out: &mut Vec<u8>) {
        // Writing to memory does not fail.
        drop(serde_json::to_writer(out, self));
    }
}

impl ToJson for String {
    fn write(&self, out: &mut Vec<u8>) {
        self.as_str().write(out);
    }
}

impl ToJson for Failure {
    fn write(&self, out: &mut Vec<u8>) {
        Self::write(self, out);
    }
}

/// Ends an object or a list, whose last element has left a comma.
pub(crate) fn close(bracket: u8, out: &mut Vec<u8>) {
    match out.last_mut() {
        Some(last) if *last == b',' => *last = bracket,
        Some(_) | None => out.push(bracket),
    }
}

/// A decimal that is written as a number, not as a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Number(pub Decimal);

impl ToJson for Number {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The text as it stands: a float would lose digits.
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Decimal::parse(raw.get()).map(Self).map_err(D::Error::custom)
    }
}

/// One of them, or a list, by what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// A list.
    Many(Vec<T>),
    /// One.
    One(T),
}

impl<T: ToJson> ToJson for OneOrMany<T> {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Many(many) => many.write(out),
            Self::One(one) => one.write(out),
        }
    }
}

/// Nothing, as an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Empty {}

impl ToJson for Empty {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{}");
    }
}

/// Shapes of JSON: structs whose fields have the names given there. What stands behind `?` may be missing; what stands
/// behind `@` is the kind of a message, which is written first.
macro_rules! shapes {
    ($($(#[$doc:meta])* $name:ident $(@ $event:literal)? {
        $($(#[$field_doc:meta])* $field:ident: $kind:ty = $wire:literal,)*
    } $(? {
        $($(#[$maybe_doc:meta])* $maybe:ident: $maybe_kind:ty = $maybe_wire:literal,)+
    })?)+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
            pub struct $name {
                $($(#[$field_doc])* #[serde(rename = $wire)] pub $field: $kind,)*
                $($($(#[$maybe_doc])* #[serde(rename = $maybe_wire, default)] pub $maybe: Option<$maybe_kind>,)+)?
            }

            impl $crate::json::ToJson for $name {
                fn write(&self, out: &mut Vec<u8>) {
                    out.push(b'{');
                    $(out.extend_from_slice(concat!("\"e\":\"", $event, "\",").as_bytes());)?
                    $(
                        out.extend_from_slice(concat!("\"", $wire, "\":").as_bytes());
                        $crate::json::ToJson::write(&self.$field, out);
                        out.push(b',');
                    )*
                    $($(
                        if let Some(value) = &self.$maybe {
                            out.extend_from_slice(concat!("\"", $maybe_wire, "\":").as_bytes());
                            $crate::json::ToJson::write(value, out);
                            out.push(b',');
                        }
                    )+)?
                    $crate::json::close(b'}', out);
                }
            }
        )+
    };
}

pub(crate) use shapes;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exact_and_one_is_not_a_list() {
        let number: Number = serde_json::from_str("0.0650").expect("a number");
        assert_eq!(number.0.to_string(), "0.0650");
        assert_eq!(number.to_json(), b"0.0650");
        assert!(serde_json::from_str::<Number>("{}").is_err());
        let many: OneOrMany<Decimal> = serde_json::from_str("[1,\"2.5\"]").expect("a list");
        assert_eq!(many.to_json(), b"[\"1\",\"2.5\"]");
        let one: OneOrMany<Decimal> = serde_json::from_str("3").expect("one");
        assert_eq!(one, OneOrMany::One(Decimal::whole(3)));
        assert_eq!(None::<Number>.to_json(), b"null");
        assert_eq!(Empty {}.to_json(), b"{}");
    }
}
