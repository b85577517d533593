//! Reads the pairs of a query or a form.

use std::borrow::Cow;

use crate::failure::{ErrorCode, Failure};

/// A parameter's name and value.
type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// The pairs of a text, each with what is wrong about it.
pub(super) fn pairs(text: &[u8]) -> impl Iterator<Item = Result<Pair<'_>, Failure>> {
    text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        let end = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let name = decode(pair.get(..end).unwrap_or_default());
        let value = decode(pair.get(end + 1..).unwrap_or_default());
        match (name, value) {
            (Some(name), Some(value)) => Ok((name, value)),
            (None, _) | (_, None) => Err(Failure::of(ErrorCode::IllegalCharacters)),
        }
    })
}

/// The text that a part of a query stands for; `None` where it is none.
fn decode(part: &[u8]) -> Option<Cow<'_, str>> {
    if !part.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return std::str::from_utf8(part).ok().map(Cow::Borrowed);
    }
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex(*rest.next()?)? << 4 | hex(*rest.next()?)?,
            byte => *byte,
        });
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

/// The value of a hexadecimal digit.
pub(crate) const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::params::{Params, Query, Sink as _};

    #[test]
    fn escapes_are_read_once() {
        // What is read twice lets a value end another parameter.
        let read = |text: &'static str| {
            let pairs: Result<Vec<_>, _> = pairs(text.as_bytes()).collect();
            pairs.map(|pairs| {
                pairs.into_iter().map(|(name, value)| format!("{name}:{value}")).collect::<Vec<_>>()
            })
        };
        assert_eq!(read("a=1&&b=%5B1%2C2%5D&").expect("pairs"), ["a:1", "b:[1,2]"]);
        assert_eq!(read("a=b=c&d&=e").expect("pairs"), ["a:b=c", "d:", ":e"]);
        assert_eq!(read("a=x+y%2B%2526").expect("pairs"), ["a:x y+%26"]);
        assert_eq!(
            read("batchOrders=[{\"a\":\"1\"}]").expect("pairs"),
            ["batchOrders:[{\"a\":\"1\"}]"]
        );
        for text in ["a=%", "a=%2", "a=%zz", "%=1", "a=%ff"] {
            assert_eq!(read(text).expect_err("no text").code, -1100, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(values in prop::collection::vec(".{0,20}", 0..8)) {
            let mut query = Query::new();
            for (at, value) in values.iter().enumerate() {
                query.push(&format!("p{at}"), value);
            }
            let params = Params::read(query.as_str().as_bytes(), b"").expect("its own text");
            let read: Vec<_> = params.iter().map(|(_, value)| value.to_owned()).collect();
            prop_assert_eq!(read, values);
        }

        #[test]
        fn no_bytes_make_it_panic(query in prop::collection::vec(any::<u8>(), 0..80), body in "[a-c=&%0-9]{0,40}") {
            drop(Params::read(&query, body.as_bytes()));
        }
    }
}
