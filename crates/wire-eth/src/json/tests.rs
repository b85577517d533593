//! The scanner against the texts of RFC 8259 and against a well-known parser.

use proptest::prelude::*;
use serde::de::IgnoredAny;

use super::*;
use crate::generate;

fn accepts(text: &str, depth_max: usize) -> Result<(), Fault> {
    let mut cursor = Cursor::new(text.as_bytes(), depth_max);
    cursor.value()?;
    cursor.end()
}

#[test]
fn only_json_is_accepted() {
    // A text that one node reads and another refuses would be answered by chance.
    for good in [
        "0",
        "-0",
        "1.5e+3",
        "1E9",
        "\"\"",
        r#""\u00e9\n\\""#,
        "[]",
        "{}",
        " [ 1 , {\"a\" : [ ] } ] ",
        r#""eight plain bytes and then \" some""#,
        "true",
        "false",
        "null",
        "\"\u{7f}é\"",
    ] {
        assert_eq!(accepts(good, 8), Ok(()), "{good}");
    }
    for bad in [
        "01",
        "-",
        "1.",
        ".5",
        "1e",
        "+1",
        "'a'",
        "\"a",
        "\"\t\"",
        r#""\x""#,
        r#""\u00g0""#,
        "[1,]",
        "[,1]",
        "{,}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{1:2}",
        "[1 2]",
        "[}",
        "{]",
        "tru",
        "nul",
        "NaN",
        "1 2",
        "",
        "\u{feff}1",
        "\"seven.\n\"",
        "\"12345678\u{1}\"",
    ] {
        assert!(accepts(bad, 8).is_err(), "{bad}");
    }
}

#[test]
fn a_text_that_ends_early_is_told_from_one_that_is_wrong() {
    // "Cut short" is what an operator looks for when a provider's proxy breaks connections.
    assert_eq!(accepts("{\"a\":[1,", 8), Err(Fault::Cut(8)));
    assert_eq!(accepts("{\"a\":x", 8), Err(Fault::Syntax(5)));
}

#[test]
fn depth_is_counted_without_recursion() {
    // A body of opening brackets overflows the stack of a recursive reader.
    let deep = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    for limit in [1, 63, 64, 65, 128, 200] {
        assert_eq!(accepts(&deep(limit), limit), Ok(()));
        assert_eq!(accepts(&deep(limit + 1), limit), Err(Fault::TooDeep));
    }
    assert_eq!(accepts(&"[".repeat(1_000_000), usize::MAX), Err(Fault::Cut(1_000_000)));
    let mixed = "[{\"a\":".repeat(100) + "1" + &"}]".repeat(100);
    assert_eq!(accepts(&mixed, 200), Ok(()));
    assert!(accepts(&mixed.replacen("}]", "]}", 1), 200).is_err());
}

#[test]
fn members_are_found_by_their_own_names() {
    // An escaped or a repeated key must not smuggle a second value past the reader.
    assert_eq!(members(r#"{"b":[1], "a" : 2}"#, ["a", "b"]), Some([Some("2"), Some("[1]")]));
    assert_eq!(members(r#"{"\u0061":3}"#, ["a"]), Some([Some("3")]));
    assert_eq!(members(r#"{"a":1,"\u0061":3}"#, ["a"]), None);
    assert_eq!(members("[]", ["a"]), None);
    assert_eq!(members("{} x", ["a"]), None);
}

proptest! {
    #[test]
    fn agrees_with_serde_json(bytes in generate::damaged()) {
        let text = String::from_utf8_lossy(&bytes);
        let theirs = serde_json::from_str::<IgnoredAny>(&text).is_ok();
        prop_assert_eq!(accepts(&text, usize::MAX).is_ok(), theirs, "{}", text);
    }

    #[test]
    fn agrees_with_serde_json_on_json_like_noise(text in r#"[\[\]{}",:\\0-9eE+.\-truefalsn u]{0,24}"#) {
        let theirs = serde_json::from_str::<IgnoredAny>(&text).is_ok();
        prop_assert_eq!(accepts(&text, usize::MAX).is_ok(), theirs, "{}", text);
    }
}
