//! What clients send: well-formed, odd and hostile.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::answer::write_request;
use crate::generate;

const LIMITS: RequestLimits = RequestLimits { batch_items: 3, depth: 8 };

fn read(body: &str) -> Result<RequestBody<'_>, RpcError> {
    read_request(body.as_bytes(), &LIMITS)
}

fn single(body: &str) -> Result<Call<'_>, RpcError> {
    match read(body)? {
        RequestBody::Single(call) => call,
        RequestBody::Batch(_) => Err(RpcError::internal("a batch where one call was expected")),
    }
}

#[test]
fn ids_and_parameters_stay_as_they_were_sent() {
    // A client that finds another id in the answer waits for ever.
    let body =
        r#" {"jsonrpc":"2.0","id": 1e0 ,"method":"eth_call","params":[ {"a":1}, "\u0041"]} "#;
    assert_eq!(
        single(body),
        Ok(Call {
            id: Some("1e0"),
            method: Cow::Borrowed("eth_call"),
            params: Some(r#"[ {"a":1}, "\u0041"]"#),
        })
    );
    assert!(matches!(single(body).unwrap().method, Cow::Borrowed(_)));
    assert_eq!(single(r#"{"id":"\"x","method":"a\u0062"}"#).unwrap().id, Some(r#""\"x""#));
    assert_eq!(single(r#"{"id":1,"method":"a\u0062"}"#).unwrap().method, "ab");
}

#[test]
fn a_null_id_is_a_call_and_a_missing_one_a_notification() {
    // viem keeps a connection alive with `"id":null` and drops it when no answer comes.
    assert_eq!(single(r#"{"id":null,"method":"net_version"}"#).unwrap().id, Some("null"));
    assert_eq!(single(r#"{"method":"net_version"}"#).unwrap().id, None);
}

#[test]
fn missing_members_that_clients_leave_out_are_accepted() {
    // Scripts with curl seldom send all four.
    for params in ["", r#","params":null"#, r#","params":[]"#, r#","params":{}"#] {
        let body = format!(r#"{{"id":1,"method":"m"{params},"extra":[1]}}"#);
        let read = single(&body).unwrap().params.map(str::to_owned);
        assert_eq!(read.is_some(), params.contains(['[', '{']), "{params}");
    }
}

#[test]
fn what_is_no_call_is_refused_with_its_reason() {
    // The client's author needs to know which member is wrong, and under which id it was.
    for (body, reason) in [
        ("1", "a call is a JSON object"),
        (r#""x""#, "a call is a JSON object"),
        ("{}", "method is missing"),
        (r#"{"method":1}"#, "method must be a string"),
        (r#"{"method":"\ud800"}"#, "method must be a string"),
        (r#"{"method":"m","id":{}}"#, "id must be a string, a number or null"),
        (r#"{"method":"m","id":true}"#, "id must be a string, a number or null"),
        (r#"{"method":"m","params":1}"#, "params must be an array or an object"),
        (r#"{"method":"m","params":"x"}"#, "params must be an array or an object"),
        (r#"{"method":"m","jsonrpc":"1.0"}"#, "jsonrpc must be \"2.0\""),
        (r#"{"method":"m","jsonrpc":2.0}"#, "jsonrpc must be \"2.0\""),
        (r#"{"method":"m","method":"n"}"#, "jsonrpc, id, method and params may be given once"),
        (
            r#"{"method":"m","id":1,"\u0069d":2}"#,
            "jsonrpc, id, method and params may be given once",
        ),
    ] {
        let error = single(body).unwrap_err();
        assert_eq!(error.code, -32600, "{body}");
        assert_eq!(error.message, format!("invalid request: {reason}"), "{body}");
    }
    assert_eq!(request_id(br#"{"id":"x","method":1}"#), Some("\"x\""));
    assert_eq!(request_id(br#"{"id":{},"method":1}"#), None);
    assert_eq!(request_id(br#"[{"id":1}]"#), None);
}

#[test]
fn what_is_no_json_is_a_parse_error() {
    // One broken character in a batch must not be answered as if the rest had been read.
    for body in [
        "",
        "  ",
        "{",
        "[",
        "[{\"method\":\"m\"}",
        "{\"method\":\"m\"} x",
        "{\"method\":\"a\nb\"}",
        "{\"method\":'m'}",
        "[{\"method\":\"m\"},]",
        "POST / HTTP/1.1",
    ] {
        assert_eq!(read(body).map_err(|e| e.code).err(), Some(-32700), "{body}");
    }
    let invalid = read_request(b"{\"method\":\"\xff\"}", &LIMITS).unwrap_err();
    assert_eq!(invalid.code, -32700);
    assert!(invalid.message.contains("from byte 11 on"), "{}", invalid.message);
}

#[test]
fn limits_are_named_with_their_value() {
    // "request refused" alone sends people to the wrong setting.
    let call = r#"{"id":1,"method":"m"}"#;
    let batch = |count: usize| format!("[{}]", vec![call; count].join(","));
    assert!(matches!(read(&batch(3)), Ok(RequestBody::Batch(items)) if items.len() == 3));
    let long = read(&batch(4)).unwrap_err();
    assert_eq!(
        (long.code, &*long.message),
        (-32600, "batch too long: at most 3 calls in one batch")
    );
    let deep = |depth: usize| {
        format!(r#"{{"method":"m","params":{}{}}}"#, "[".repeat(depth), "]".repeat(depth))
    };
    assert!(single(&deep(7)).is_ok());
    let error = read(&deep(8)).unwrap_err();
    assert_eq!(error.code, -32600);
    assert!(error.message.contains("at most 8 arrays and objects"), "{}", error.message);
    let hostile = format!("[{}", "[".repeat(5_000_000));
    assert_eq!(read(&hostile).unwrap_err().code, -32600);
    assert_eq!(read("[]").unwrap_err().code, -32600);
    assert_eq!(read(" [ ] ").unwrap_err().code, -32600);
}

#[test]
fn a_bad_item_does_not_spoil_its_batch() {
    // ethers sends up to 100 calls in one batch, and each of them has its own caller.
    let Ok(RequestBody::Batch(items)) =
        read(r#"[{"id":7,"method":1},{"id":8,"method":"m"},[{"id":9}]]"#)
    else {
        panic!("no batch")
    };
    assert_eq!(items[0].as_ref().unwrap_err().id, "7");
    assert_eq!(items[1].as_ref().unwrap().id, Some("8"));
    assert_eq!(items[2].as_ref().unwrap_err().id, "null");
}

fn id() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        any::<i64>().prop_map(Value::from),
        generate::word().prop_map(Value::from)
    ]
}

proptest! {
    #[test]
    fn nothing_panics(bytes in prop_oneof![generate::damaged(), prop::collection::vec(any::<u8>(), 0..64)]) {
        let _checked = read_request(&bytes, &LIMITS);
        let _checked = request_id(&bytes);
    }

    #[test]
    fn a_call_comes_out_as_it_went_in(
        id in id(),
        method in generate::word(),
        params in prop::collection::vec(generate::value(), 0..4),
        rest in generate::word(),
        pretty in any::<bool>(),
    ) {
        let mut sent = json!({ "x-other": rest });
        sent["jsonrpc"] = json!("2.0");
        sent["params"] = params.clone().into();
        sent["id"] = id.clone();
        sent["method"] = json!(method);
        let body = if pretty { serde_json::to_string_pretty(&sent).unwrap() } else { sent.to_string() };
        let limits = RequestLimits { batch_items: 1, depth: 64 };
        let Ok(RequestBody::Single(Ok(call))) = read_request(body.as_bytes(), &limits) else {
            return Err(TestCaseError::fail(body));
        };
        prop_assert_eq!(serde_json::from_str::<Value>(call.id.unwrap()).unwrap(), id);
        prop_assert_eq!(&*call.method, &method);
        prop_assert_eq!(serde_json::from_str::<Value>(call.params.unwrap()).unwrap(), Value::from(params.clone()));
        let written: Value = serde_json::from_slice(&write_request(9, &call.method, call.params)).unwrap();
        prop_assert_eq!(written, json!({"jsonrpc": "2.0", "id": 9, "method": method, "params": params}));
    }
}
