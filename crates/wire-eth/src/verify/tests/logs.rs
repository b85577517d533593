//! Logs against their filter, whole and in pieces.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::sample::{EMITTER, TOPIC, sample};
use crate::verify::{Check, LogCheck, LogFilter, LogsSeen, WrongAnswer};

fn filter() -> Value {
    json!({
        "fromBlock": "0x10", "toBlock": "0x12c", "address": [EMITTER.to_string(), format!("0x{}", "22".repeat(20))],
        "topics": [null, [TOPIC.to_string()]],
    })
}

fn log(block: u64, index: u64) -> Value {
    let other = format!("0x{}", "33".repeat(32));
    json!({
        "address": EMITTER.to_string().to_lowercase(), "topics": [other, TOPIC.to_string()],
        "data": format!("0x{}", "00".repeat(500)), "blockNumber": format!("{block:#x}"),
        "blockHash": format!("0x{block:064x}"), "logIndex": format!("{index:#x}"), "removed": false,
    })
}

fn seen(filter: &Value, logs: &Value, piece: usize) -> Result<LogsSeen, WrongAnswer> {
    seen_with(filter, logs, piece, None)
}

fn seen_with(
    filter: &Value,
    logs: &Value,
    piece: usize,
    bloom: Option<&[u8; 256]>,
) -> Result<LogsSeen, WrongAnswer> {
    let filter = LogFilter::read(&json!([filter]).to_string()).expect("a filter");
    let body = format!(r#"{{"jsonrpc":"2.0","id":1,"result":{logs}}}"#);
    let mut check = LogCheck::new(&filter, bloom);
    for piece in body.as_bytes().chunks(piece) {
        check.feed(piece)?;
    }
    check.finish()
}

fn fault(filter: &Value, logs: &Value) -> Option<Check> {
    let found = seen(filter, logs, usize::MAX).err().map(|wrong| wrong.check);
    assert_eq!(found, seen(filter, logs, 1).err().map(|wrong| wrong.check), "byte by byte");
    found
}

#[test]
fn logs_that_match_their_filter_pass_in_pieces_of_any_size() {
    // A check that depends on how the network cuts the answer fails at random.
    let logs = json!([log(16, 0), log(16, 5), log(17, 2), log(300, 0)]);
    for piece in [1, 2, 3, 7, 64, 1_000, 100_000] {
        let found = seen(&filter(), &logs, piece);
        assert_eq!(found, Ok(LogsSeen { count: 4, suspect: false }), "{piece}");
    }
    let none = seen(&filter(), &json!([]), 1);
    assert_eq!(none, Ok(LogsSeen { count: 0, suspect: false }));
    assert_eq!(fault(&filter(), &Value::Null), None);
}

#[test]
fn a_forged_log_is_found_wherever_it_stands() {
    // One log of another contract among a thousand credits a deposit that never came.
    let change = |name: &str, value: Value| {
        let mut forged = log(20, 1);
        forged[name] = value;
        forged
    };
    let other = format!("0x{}", "44".repeat(32));
    for (forged, check) in [
        (change("address", json!(format!("0x{}", "11".repeat(20)))), Check::LogFilter),
        (change("address", Value::Null), Check::LogFilter),
        (change("topics", json!([other, other])), Check::LogFilter),
        (change("topics", json!([TOPIC.to_string()])), Check::LogFilter),
        (change("topics", json!([other, TOPIC.to_string(), other, other, other])), Check::Form),
        (change("blockNumber", json!("0xf")), Check::LogFilter),
        (change("blockNumber", json!("0x12d")), Check::LogFilter),
        (log(16, 9), Check::LogOrder),
        (json!("a log"), Check::Form),
    ] {
        let logs = json!([log(17, 0), log(19, 0), forged, log(21, 0)]);
        assert_eq!(fault(&filter(), &logs), Some(check), "{forged}");
    }
    let mut another_hash = log(17, 1);
    another_hash["blockHash"] = json!(other);
    let found = fault(&filter(), &json!([log(17, 0), another_hash]));
    assert_eq!(found, Some(Check::Consistency));
}

#[test]
fn logs_asked_for_by_hash_are_of_that_block() {
    // After a reorg a node may answer from the block that took its place.
    let by_hash = json!({"blockHash": format!("0x{:064x}", 20)});
    assert_eq!(fault(&by_hash, &json!([log(20, 0)])), None);
    assert_eq!(fault(&by_hash, &json!([log(21, 0)])), Some(Check::LogFilter));
}

#[test]
fn the_bloom_filter_convicts_a_log_and_doubts_an_empty_answer() {
    // "No logs" is what a node says that has not indexed the block yet.
    let sample = sample();
    let hash = sample.block["hash"].clone();
    let wanted = json!({"blockHash": hash, "address": EMITTER.to_string()});
    let bloom = Some(&*sample.bloom);
    let none = seen_with(&wanted, &json!([]), 1, bloom);
    assert_eq!(none, Ok(LogsSeen { count: 0, suspect: true }));
    let logs = sample.receipts[0]["logs"].clone();
    let all = seen_with(&wanted, &logs, 1, bloom);
    assert_eq!(all, Ok(LogsSeen { count: 1, suspect: false }));
    let absent = json!({"blockHash": hash, "address": format!("0x{}", "77".repeat(20))});
    let none = seen_with(&absent, &json!([]), 1, bloom);
    assert_eq!(none, Ok(LogsSeen { count: 0, suspect: false }));
    let mut forged = logs;
    forged[0]["topics"] = json!([format!("0x{}", "99".repeat(32))]);
    let found = seen_with(&wanted, &forged, 1, bloom).unwrap_err();
    assert_eq!(found.check, Check::LogBloom);
    // Of a range of blocks one block's filter says nothing.
    let range = json!({"fromBlock": "0x1", "toBlock": "0x200"});
    assert!(seen_with(&range, &forged, 1, bloom).is_ok());
}

#[test]
fn indices_that_do_not_rise_are_doubted_and_not_condemned() {
    // Polygon's system logs repeat indices; condemning them would leave nobody to ask.
    let found = seen(&filter(), &json!([log(20, 3), log(20, 3)]), 1);
    assert_eq!(found, Ok(LogsSeen { count: 2, suspect: true }));
}

#[test]
fn the_texts_inside_logs_and_around_them_do_not_confuse() {
    // A contract chooses its data, and an error message may hold anything.
    let filter = LogFilter::read(r#"[{"fromBlock":"0x1"}]"#).unwrap();
    for (body, count) in [
        (r#"{"error":{"code":-32000,"message":"\"result\":[{\"address\":1}]","data":[1,{}]}}"#, 0),
        (
            r#"{ "a":{"result":[5]}, "result" : [ {"x":{"blockNumber":"0x0"},"blockNumber":"0x2"} ] }"#,
            1,
        ),
        (r#"{"result":[{"data":"a\"}],\\","blockNumber":"0x2"},{"n":-1.5e3,"b":true}]}"#, 2),
    ] {
        let mut check = LogCheck::new(&filter, None);
        body.as_bytes().chunks(1).for_each(|piece| check.feed(piece).unwrap());
        assert_eq!(check.finish().unwrap().count, count, "{body}");
    }
    for (body, check) in [
        (r#"{"result":[{"blockNumber":"0x2"}"#.to_owned(), Check::Form),
        (r#"{"result":[{"blockNumber":"0x2"]}"#.to_owned(), Check::Form),
        (format!(r#"{{"result":{}"#, "[".repeat(100)), Check::Form),
    ] {
        let mut under_test = LogCheck::new(&filter, None);
        let fed = under_test.feed(body.as_bytes());
        let found = fed.and_then(|()| under_test.finish().map(|_| ())).unwrap_err();
        assert_eq!(found.check, check, "{body}");
    }
}

#[test]
fn filters_are_read_as_nodes_read_them() {
    // A filter read too strictly condemns true logs.
    let one = json!({"address": EMITTER.to_string(), "topics": []});
    assert_eq!(fault(&one, &json!([log(1, 0)])), None);
    let any = json!({"address": null, "topics": [[], null, [null, TOPIC.to_string()]]});
    assert_eq!(fault(&any, &json!([log(1, 0)])), None);
    let open = json!({"fromBlock": "earliest", "toBlock": "latest"});
    assert_eq!(fault(&open, &json!([log(1, 0)])), None);
    for odd in ["[]", "{}", r#"["x"]"#, r#"[{"topics":"x"}]"#, r#"[{"address":["0x1"]}]"#] {
        assert_eq!(LogFilter::read(odd), None, "{odd}");
    }
}

proptest! {
    #[test]
    fn any_bytes_in_any_pieces_neither_panic_nor_depend_on_the_cut(
        text in r#"[\[\]{}",:\\a0 x]{0,60}"#,
        piece in 1_usize..9,
    ) {
        // Upstreams answer whatever they like.
        let filter = LogFilter::read("[{}]").unwrap();
        let run = |size: usize| {
            let mut check = LogCheck::new(&filter, None);
            text.as_bytes().chunks(size).try_for_each(|piece| check.feed(piece))?;
            check.finish()
        };
        prop_assert_eq!(run(piece), run(usize::MAX));
    }
}
