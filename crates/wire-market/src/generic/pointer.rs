//! Places in JSON (RFC 6901), found without reading the rest into memory.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::number::Raw;
use crate::odd::Odd;
use crate::reader::Reader;

/// Deepest place that can be named: the text is read once for each step.
const STEPS_MAX: usize = 16;

/// A place in JSON, such as `/data/0/bid`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer {
    steps: Vec<String>,
}

impl Pointer {
    /// Reads a pointer as RFC 6901 writes it; `None` where it is none, or too deep.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('/')?;
        let steps: Vec<String> =
            rest.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
        (steps.len() <= STEPS_MAX).then_some(Self { steps })
    }

    /// The value at this place of a text that is JSON; nothing where there is none, or `null`.
    pub(crate) fn find<'a>(&self, text: &'a str) -> Result<Option<Raw<'a>>, Odd> {
        let mut found: Option<Raw<'a>> = None;
        let mut text = text;
        for step in &self.steps {
            let mut reader = Reader::new(text);
            let value = match text.as_bytes().first() {
                Some(b'{') => reader.deserialize_map(Entry(step)),
                Some(b'[') => reader.deserialize_seq(Entry(step)),
                _ => return Ok(None),
            };
            let Some(value) = value.map_err(|error| Odd::shape(&error))? else { return Ok(None) };
            (found, text) = (Some(value), value.text());
        }
        Ok(found.filter(|value| value.text() != "null"))
    }
}

/// One entry of an object or an array.
struct Entry<'p>(&'p str);

impl<'de> Visitor<'de> for Entry<'_> {
    type Value = Option<Raw<'de>>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(is_it) = entries.next_key_seed(Key(self.0))? {
            if !is_it {
                entries.next_value::<IgnoredAny>()?;
            } else if found.replace(entries.next_value()?).is_some() {
                return Err(serde::de::Error::custom("an entry stands there twice"));
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Self::Value, A::Error> {
        let Ok(place) = self.0.parse::<usize>() else {
            while values.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(None);
        };
        for _ in 0..place {
            if values.next_element::<IgnoredAny>()?.is_none() {
                return Ok(None);
            }
        }
        let found = values.next_element()?;
        while values.next_element::<IgnoredAny>()?.is_some() {}
        Ok(found)
    }
}

/// Whether a key is this one.
struct Key<'p>(&'p str);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = bool;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<bool, E> {
        Ok(key == self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_found_as_a_well_known_reader_finds_it() {
        // A place that is one step off holds another number.
        let text = r#"{"a":{"b":[10,[20,21],{"c/d":30,"~":40,"":50}],"n":null},"b":[99],"é":1}"#;
        let whole: serde_json::Value = serde_json::from_str(text).expect("it is JSON");
        for pointer in [
            "/a/b/0",
            "/a/b/1/1",
            "/a/b/2/c~1d",
            "/a/b/2/~0",
            "/a/b/2/",
            "/a/b",
            "/b",
            "/é",
            "/a/b/3",
            "/a/b/x",
            "/a/b/0/0",
            "/c",
            "/a/n",
            "/",
        ] {
            let found = Pointer::new(pointer).expect(pointer).find(text).expect("it can be read");
            let found = found.map(|raw| serde_json::from_str(raw.text()).expect("it is JSON"));
            assert_eq!(found, whole.pointer(pointer).cloned().filter(|value| !value.is_null()));
        }
    }

    #[test]
    fn an_entry_that_stands_there_twice_is_refused() {
        // Which of the two would be the price?
        assert!(Pointer::new("/a").expect("a pointer").find(r#"{"a":1,"a":2}"#).is_err());
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for text in ["", "a", "a/b", &"/a".repeat(STEPS_MAX + 1)] {
            assert_eq!(Pointer::new(text), None, "{text}");
        }
    }
}
