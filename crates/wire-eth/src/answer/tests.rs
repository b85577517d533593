//! What upstreams answer, and that only the id changes on the way to the client.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::generate;

fn reason(body: &str) -> String {
    read_answer(body.as_bytes()).unwrap_err().reason.into_owned()
}

fn kind(body: &str) -> AnswerKind {
    read_answer(body.as_bytes()).unwrap().kind
}

fn with(body: &str, id: &str) -> String {
    let answer = read_answer(body.as_bytes()).unwrap();
    String::from_utf8(with_id(body.as_bytes(), &answer, id)).unwrap()
}

#[test]
fn every_byte_but_the_id_is_kept() {
    // A hash of the body, a signature over it or a float's spelling would change otherwise.
    assert_eq!(
        with(r#"{"jsonrpc":"2.0", "id" : 77,"result":{"id":77,"x":1.50}} "#, "\"a\""),
        r#"{"jsonrpc":"2.0", "id" : "a","result":{"id":77,"x":1.50}} "#
    );
    assert_eq!(with(r#"{"result":"0x","id":1}"#, "null"), r#"{"result":"0x","id":null}"#);
}

#[test]
fn an_answer_without_an_id_gets_one() {
    // Limiters in front of nodes answer without an id, and the client could not match that.
    assert_eq!(
        with(r#"{ "error":{"code":3,"message":"x"}}"#, "5"),
        r#"{"id":5, "error":{"code":3,"message":"x"}}"#
    );
}

#[test]
fn results_and_errors_are_told_apart() {
    // A null result decides whether another node is asked.
    assert_eq!(kind(r#"{"id":1,"result":null}"#), AnswerKind::Result { null: true });
    assert_eq!(kind(r#"{"id":1,"result":"null"}"#), AnswerKind::Result { null: false });
    assert_eq!(kind(r#"{"id":1,"result":1,"error":null}"#), AnswerKind::Result { null: false });
    assert_eq!(kind(r#"{"id":1,"result":null,"error":{}}"#), AnswerKind::Error);
    assert_eq!(kind(r#"{"id":1,"error":{"code":1}}"#), AnswerKind::Error);
}

#[test]
fn what_is_no_answer_is_refused_with_a_reason() {
    // Passed on, each of these would look to the client like a broken gateway.
    for (body, expected) in [
        ("", "empty body"),
        (" \n", "empty body"),
        ("<html>\n<b>502</b>", "a page instead of JSON: <html> <b>502</b>"),
        ("Bad Gateway", "no JSON object: Bad Gateway"),
        ("[]", "an array instead of one answer"),
        ("{}", "neither a result nor an error"),
        (r#"{"id":1}"#, "neither a result nor an error"),
        (r#"{"id":1,"error":null}"#, "neither a result nor an error"),
        (r#"{"id":1,"result":1,"error":{}}"#, "both a result and an error"),
        (r#"{"id":1,"id":2,"result":1}"#, "id, result or error is given twice"),
        (r#"{"id":1,"error":"slow down"}"#, "an error that is no object: \"slow down\""),
        (r#"{"id":1,"result":{"a":"#, "the body is cut short, at byte 22"),
        (r#"{"id":1,"result":1}}"#, "no JSON from byte 19 of 20 on: }"),
    ] {
        assert_eq!(reason(body), expected, "{body}");
    }
    assert!(read_answer(b"{\"id\":1,\"result\":\"\xff\"}").is_err());
}

#[test]
fn a_hostile_depth_is_refused_and_a_deep_trace_is_not() {
    // A call trace nests two levels for each of up to 1,024 frames.
    let nested = |depth: usize| {
        format!(r#"{{"id":1,"result":{}1{}}}"#, "[".repeat(depth), "]".repeat(depth))
    };
    assert_eq!(kind(&nested(2_100)), AnswerKind::Result { null: false });
    assert!(reason(&nested(9_000)).starts_with("nested deeper than"));
}

/// A body above the size that is validated, its result made of `filler`.
fn large(before: &str, filler: &str, after: &str) -> String {
    let body = format!("{before}{}{after}", filler.repeat(VALIDATED_MAX / filler.len() + 1));
    assert!(body.len() > VALIDATED_MAX);
    body
}

#[test]
fn large_bodies_are_read_by_their_head_and_their_end() {
    // Receipts and traces are large, and each byte scanned is time.
    for (before, filler, after) in [
        (r#"{"jsonrpc":"2.0","id":1,"result":["#, "0,", "0]}\n"),
        (r#"{"jsonrpc":"2.0","id":1,"result":"0x"#, "00", "\"}"),
        (r#"{"jsonrpc":"2.0","id":1,"result":{"a":["#, "0,", "0]} }"),
        (r#"{"jsonrpc":"2.0","result":["#, "0,", r#"0],"id":1}"#),
        (r#"{"jsonrpc":"2.0","id":1,"result":["#, "0,", r#"0],"more":{}}"#),
    ] {
        let body = large(before, filler, after);
        assert_eq!(kind(&body), AnswerKind::Result { null: false }, "{before} {after}");
        let value: Value = serde_json::from_str(&with(&body, "\"z\"")).unwrap();
        assert_eq!(value["id"], "z");
        let answer = read_answer(body.as_bytes()).unwrap();
        let span: Value = serde_json::from_slice(&body.as_bytes()[answer.value]).unwrap();
        assert_eq!(span, value["result"]);
    }
}

#[test]
fn large_bodies_that_are_cut_are_refused() {
    // A truncated list of logs is a wrong answer that looks right. (One cut just behind an inner
    // `]}` does pass here; the transport's length catches it.)
    let whole = large(r#"{"id":1,"result":["#, r#"{"a":[1],"b":"0x00"},"#, r#"{"b":{}}]}"#);
    for cut in 1..60 {
        let body = &whole[..whole.len() - cut];
        assert!(read_answer(body.as_bytes()).is_err(), "{}", &body[body.len() - 20..]);
    }
    assert!(read_answer(large("<html>", "x", "").as_bytes()).is_err());
    let error = large(r#"{"id":1,"error":{"code":3,"data":"0x"#, "00", "\"}}");
    assert_eq!(kind(&error), AnswerKind::Error);
}

#[test]
fn own_answers_and_requests_are_what_they_should_be() {
    // Old nodes refuse a call without parameters.
    assert_eq!(
        String::from_utf8(write_request(7, "eth_\"x", None)).unwrap(),
        r#"{"jsonrpc":"2.0","id":7,"method":"eth_\"x","params":[]}"#
    );
    assert_eq!(
        String::from_utf8(write_result("\"a\"", "\"0x1\"")).unwrap(),
        r#"{"jsonrpc":"2.0","id":"a","result":"0x1"}"#
    );
}

proptest! {
    #[test]
    fn nothing_panics(bytes in prop_oneof![generate::damaged(), prop::collection::vec(any::<u8>(), 0..64)]) {
        if let Ok(answer) = read_answer(&bytes) {
            with_id(&bytes, &answer, "1");
        }
        let foreign = Answer { id: 7..90, kind: AnswerKind::Error, value: 7..90 };
        with_id(&bytes, &foreign, "1");
    }

    #[test]
    fn an_accepted_body_is_json_with_one_outcome(bytes in generate::damaged()) {
        if read_answer(&bytes).is_ok() {
            let value: Value = serde_json::from_slice(&bytes).unwrap();
            prop_assert!(value.get("result").is_some() || value["error"].is_object());
        }
    }

    #[test]
    fn only_the_id_changes(
        outcome in generate::value(),
        failed in any::<bool>(),
        id in prop_oneof![any::<u64>().prop_map(Value::from), generate::word().prop_map(Value::from)],
        order in Just(vec![0, 1, 2]).prop_shuffle(),
        space in "[ \n\t]{0,3}",
        padding in prop_oneof![3 => Just(0usize), 1 => Just(VALIDATED_MAX)],
    ) {
        let outcome = json!([outcome, "x".repeat(padding)]);
        let outcome = if failed { json!({"code": 1, "message": "m", "data": outcome}) } else { outcome };
        let name = if failed { "error" } else { "result" };
        let parts =
            ["\"jsonrpc\":\"2.0\"".to_owned(), format!("\"id\":{space}{id}"), format!("\"{name}\":{space}{outcome}")];
        let members: Vec<_> = order.iter().map(|at| parts[*at].clone()).collect();
        let body = format!("{{{space}{}{space}}}{space}", members.join(","));
        let answer = read_answer(body.as_bytes()).unwrap();
        prop_assert_eq!(answer.kind == AnswerKind::Error, failed);
        prop_assert_eq!(&body[answer.id.clone()], id.to_string());
        let written = with_id(body.as_bytes(), &answer, "\"mine\"");
        let mut expected: Value = serde_json::from_str(&body).unwrap();
        expected["id"] = json!("mine");
        prop_assert_eq!(serde_json::from_slice::<Value>(&written).unwrap(), expected);
        prop_assert_eq!(written.len(), body.len() - answer.id.len() + 6);
    }
}
