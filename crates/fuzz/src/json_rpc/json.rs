//! JSON as `serde_json` reads it, with every part as the bytes it was given as.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of an object in their order, keys with their quotes, repeated ones and all.
pub(super) struct Members<'a>(pub Vec<(&'a str, &'a str)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut pairs = Vec::new();
                while let Some(key) = map.next_key::<&RawValue>()? {
                    pairs.push((key.get(), map.next_value::<&RawValue>()?.get()));
                }
                Ok(Members(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

impl<'a> Members<'a> {
    /// Reads an object; `None` for any other text.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The values of the members whose unescaped key is `name`.
    pub(super) fn named(&self, name: &str) -> Vec<&'a str> {
        let is_named = |key: &str| string(key).as_deref() == Some(name);
        self.0.iter().filter(|(key, _)| is_named(key)).map(|(_, value)| *value).collect()
    }

    /// The values of the members whose key is spelt `name` without escapes.
    pub(super) fn spelt(&self, name: &str) -> Vec<&'a str> {
        let quoted = format!("\"{name}\"");
        self.0.iter().filter(|(key, _)| *key == quoted).map(|(_, value)| *value).collect()
    }

    /// The values of some members by their unescaped keys; `None` where one is given twice.
    pub(super) fn once<const N: usize>(&self, names: [&str; N]) -> Option<[Option<&'a str>; N]> {
        let found = names.map(|name| self.named(name));
        if found.iter().any(|values| values.len() > 1) {
            return None;
        }
        Some(found.map(|values| values.first().copied()))
    }
}

/// Whether a text is JSON.
pub(super) fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// The elements of an array as they were given; `None` for any other text.
pub(super) fn elements(text: &str) -> Option<Vec<&str>> {
    let elements: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    Some(elements.into_iter().map(RawValue::get).collect())
}

/// The text of a JSON string; `None` for any other value, and for lone surrogates.
pub(super) fn string(raw: &str) -> Option<String> {
    serde_json::from_str(raw).ok()
}

/// Most containers open at once in a JSON text, counted bracket by bracket.
pub(super) fn depth(text: &str) -> usize {
    let (mut open, mut most) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                open += 1;
                most = most.max(open);
            }
            b']' | b'}' if !in_string => open = open.saturating_sub(1),
            _ => {}
        }
    }
    most
}

/// Where a part lies in the text it was taken from.
pub(super) fn span(text: &[u8], part: &str) -> std::ops::Range<usize> {
    let start = (part.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
    assert!(start + part.len() <= text.len(), "a part of another text");
    start..start + part.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_reads_what_it_is_given() {
        // A model that finds nothing agrees with everything.
        let text = r#" {"a" : [1, {"b":"]"}], "\u0061":2,"c":null} "#;
        let members = Members::read(text).expect("an object");
        assert_eq!(members.0.len(), 3);
        assert_eq!(members.named("a"), [r#"[1, {"b":"]"}]"#, "2"]);
        assert_eq!(members.spelt("a"), [r#"[1, {"b":"]"}]"#]);
        assert_eq!(members.once(["a"]), None);
        assert_eq!(members.once(["c", "d"]), Some([Some("null"), None]));
        assert_eq!(depth(text), 3);
        assert_eq!(elements("[1 , [2]]"), Some(vec!["1", "[2]"]));
        assert_eq!(span(text.as_bytes(), members.0[1].1), 33..34);
        assert!(Members::read("[]").is_none() && Members::read("{} x").is_none());
        assert!(is_json("\"\\ud800\"") && string("\"\\ud800\"").is_none());
    }
}
