//! Parameters that come as an object of JSON: those of the WebSocket API, and the orders of a batch.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer as _, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::Params;
use crate::failure::Failure;

/// Reads an object.
pub(super) fn object(text: &str) -> Result<Params<'_>, Failure> {
    let mut failure = None;
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = reader.deserialize_map(Object { failure: &mut failure });
    match (read, failure) {
        (_, Some(failure)) => Err(failure),
        (Ok(params), None) if reader.end().is_ok() => Ok(params),
        (_, None) => Err(Failure::no_json()),
    }
}

/// The elements of a list, each as it stands there.
pub(super) fn list(text: &str) -> Option<Vec<&str>> {
    let elements: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    Some(elements.into_iter().map(RawValue::get).collect())
}

/// A text, taken over as it stands where it has no escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The text of a value: of a text what it says, of nothing nothing, of all else what stands there.
pub(super) fn bare(raw: &str) -> Option<Cow<'_, str>> {
    if raw.starts_with('"') {
        return serde_json::from_str::<Text<'_>>(raw).ok().map(|Text(text)| text);
    }
    Some(Cow::Borrowed(if raw == "null" { "" } else { raw }))
}

struct Object<'f> {
    failure: &'f mut Option<Failure>,
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = Params<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Params<'de>, A::Error> {
        let mut params = Params::default();
        while let Some((Text(name), raw)) = entries.next_entry::<Text<'de>, &'de RawValue>()? {
            let value = bare(raw.get()).ok_or_else(|| A::Error::custom("no text"))?;
            if let Err(failure) = params.push((name, value)) {
                *self.failure = Some(failure);
                return Err(A::Error::custom("a parameter is refused"));
            }
        }
        Ok(params)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_stay_as_they_stand() {
        // Through a float 0.1 and 0.3 would come out with other digits.
        let text = r#"{"symbol":"BTC\u0055SDT","quantity":0.30,"price":"1e-7","reduceOnly":true,"stopPrice":null,"ids":[1, "a"]}"#;
        let params = object(text).expect("an object");
        let all: Vec<_> = params.iter().collect();
        assert_eq!(
            all,
            [
                ("symbol", "BTCUSDT"),
                ("quantity", "0.30"),
                ("price", "1e-7"),
                ("reduceOnly", "true"),
                ("stopPrice", ""),
                ("ids", "[1, \"a\"]"),
            ]
        );
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for text in ["", "[]", "{", "{}x", "{\"a\":1}{}", "null", "{\"a\":\"\\ud800\"}", "{a:1}"] {
            assert_eq!(object(text).expect_err("no object").code, -1013, "{text}");
        }
        assert_eq!(object(r#"{"a":1,"a":1}"#).expect_err("twice").code, -1101);
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
        assert!(
            object(&deep).is_ok_and(|params| params.get("a").is_some()),
            "it is not looked into"
        );
    }

    #[test]
    fn a_list_is_alone_and_its_elements_stay_as_they_stand() {
        assert_eq!(list("[1, \"a\" ,{}]"), Some(vec!["1", "\"a\"", "{}"]));
        assert_eq!(list("[] []"), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in r#"[{}\[\]",:a0\\u .]{0,60}"#) {
            drop(object(&text));
            drop(list(&text));
        }
    }
}
