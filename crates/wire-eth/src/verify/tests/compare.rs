//! Two answers side by side.

use crate::verify::{Comparison, compare, digest, looks_empty};

fn body(result: &str) -> Vec<u8> {
    format!(r#"{{"jsonrpc":"2.0","id":1,"result":{result}}}"#).into_bytes()
}

fn check(first: &str, second: &str, expected: Comparison) {
    assert_eq!(compare(&body(first), &body(second)), expected, "{first} {second}");
    assert_eq!(compare(&body(second), &body(first)), expected, "{second} {first}");
}

#[test]
fn what_clients_write_differently_is_the_same() {
    // A difference of spelling taken for a lie would quarantine an honest node.
    for (first, second) in [
        (r#""0x10""#, r#""0x10""#),
        (r#""0x1A""#, r#""0x1a""#),
        (r#""0x0""#, r#""0x""#),
        (r#""0x0""#, r#""0x0000000000000000000000000000000000000000000000000000000000000000""#),
        (r#"{"a":"0x1","b":[1,2]}"#, r#"{ "b": [1, 2], "a": "0x01" }"#),
        (r#"{"a":"0x1","totalDifficulty":"0x5"}"#, r#"{"a":"0x1","size":"0x7"}"#),
        (r#"{"a":"0x1","to":null}"#, r#"{"a":"0x1"}"#),
        (r#"[{"logIndex":"0x0","blockTimestamp":"0x5"}]"#, r#"[{"logIndex":"0x0"}]"#),
        ("null", "null"),
    ] {
        check(first, second, Comparison::Same);
    }
}

#[test]
fn what_differs_in_value_is_different() {
    // "Balance 0" beside another balance is the lie that is looked for.
    for (first, second) in [
        (r#""0x0""#, r#""0xde0b6b3a7640000""#),
        (r#""0x10""#, r#""0x1""#),
        ("[]", r#"[{"logIndex":"0x0"}]"#),
        ("null", r#"{"number":"0x1"}"#),
        (r#""0x""#, r#""0x0000000000000000000000000000000000000000000000000000000000000000""#),
        (r#""0x""#, r#""0x6001""#),
        (r#"[{"a":"0x1"},{"a":"0x2"}]"#, r#"[{"a":"0x2"},{"a":"0x1"}]"#),
        (r#"{"a":"0x1"}"#, r#"{"a":"0x2","b":1}"#),
        (r#"{"a":"0x1"}"#, r#"{"b":"0x1"}"#),
        (r#"{"a":"0x1"}"#, "{}"),
        ("true", "false"),
        (r#""x""#, "5"),
    ] {
        check(first, second, Comparison::Different);
    }
    // As return data the leading zeros of a long answer count.
    let (long, padded) = (
        format!("\"0x{}\"", "1".repeat(128)),
        format!("\"0x{}{}\"", "0".repeat(64), "1".repeat(128)),
    );
    check(&long, &padded, Comparison::Different);
}

#[test]
fn errors_and_giants_prove_nothing() {
    // One node's limit on gas or size is no lie of the other's.
    let error = br#"{"id":1,"error":{"code":-32000,"message":"out of gas"}}"#;
    assert_eq!(compare(&body(r#""0x1""#), error), Comparison::Incomparable);
    assert_eq!(compare(error, error), Comparison::Incomparable);
    assert_eq!(compare(b"<html>", &body("1")), Comparison::Incomparable);
    let giant = format!("\"0x{}\"", "1".repeat(3_000_000));
    check(&giant, &giant, Comparison::Same);
    check(&giant, r#""0x1""#, Comparison::Incomparable);
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
    check(&deep, "[]", Comparison::Incomparable);
}

#[test]
fn answers_that_say_nothing_is_there_are_told_from_others() {
    // They are what broken nodes answer, and so are asked for again more often.
    for empty in [
        "null",
        "[]",
        "{}",
        r#""0x""#,
        r#""0x0""#,
        r#""""#,
        r#""0x0000000000000000000000000000000000000000000000000000000000000000""#,
    ] {
        assert!(looks_empty(empty.as_bytes()), "{empty}");
    }
    for full in [r#""0x1""#, r#""0x10""#, "[1]", r#"{"a":0}"#, "0", "true", r#""x""#] {
        assert!(!looks_empty(full.as_bytes()), "{full}");
    }
}

#[test]
fn a_digest_is_of_the_result_and_not_of_the_id() {
    // Evidence that differs by the id would show two equal answers as different.
    let other_id = br#"{"jsonrpc":"2.0","id":77,"result":"0x1"}"#;
    assert_eq!(digest(&body(r#""0x1""#)), digest(other_id));
    assert_ne!(digest(&body(r#""0x1""#)), digest(&body(r#""0x2""#)));
}
