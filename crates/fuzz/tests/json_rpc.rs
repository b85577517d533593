//! The JSON-RPC reader under random requests and answers.

use fuzz::{JSON_RPC, hold};
use wire_eth::{
    BlockRef, MethodClass, RequestBody, RequestLimits, View, classify, method_info, pin,
    read_header, read_request, receipt_block, request_id,
};

/// Cases in the gate: some seconds without optimization.
const CASES: u64 = 3_000;

#[test]
fn every_text_is_read_as_a_well_known_parser_reads_it() {
    // A text that is read in two ways lets a client or a provider say one thing to us and another to a node.
    hold(&JSON_RPC, CASES);
}

#[test]
fn a_long_text_costs_no_more_than_its_length() {
    // A body that is read over and over would hold up a whole thread of the gateway. Nothing is timed: a reader
    // that takes the square of these lengths never comes to the end.
    const LENGTH: usize = 1 << 20;
    let head = r#"{"jsonrpc":"2.0","id":1,"method":"eth_getLogs","params":[{"#;
    for part in [
        "[",
        "{\"a\":",
        "\\",
        "\"",
        "\\u0069",
        "\"\\u0069\":1,",
        "\"fromBlock\":\"latest\",",
        "0",
        "-",
        " ",
        ",",
        "{\"id\":1},",
        "\"id\":1,",
        "\u{e9}",
        "try again in ",
        "9",
        "\"0x",
    ] {
        let long = part.repeat(LENGTH / part.len());
        let call = format!("{head}{long}\"z\":1}}]}}");
        let batch = format!("[{long}{{\"id\":1,\"method\":\"m\"}}]");
        let error =
            format!(r#"{{"id":1,"error":{{"code":1,"message":"{long}","data":{{"x":{long}"#);
        let block = format!(r#"{{"result":{{{long}"number":"0x1"}},"id":1}}"#);
        let text = format!("{{\"id\":\"{long}\",\"method\":\"{long}\"}}");
        for body in [call, batch, error, block, text, long] {
            read_all(body.as_bytes());
        }
    }
}

fn read_all(body: &[u8]) {
    let view = View {
        head: BlockRef { number: 9, hash: [1; 32] },
        safe: None,
        finalized: None,
        undecided: false,
    };
    let limits = RequestLimits { batch_items: usize::MAX, depth: usize::MAX };
    if let Ok(RequestBody::Single(Ok(call))) = read_request(body, &limits) {
        let pinned = pin(&method_info(&call.method), &call, &view);
        assert!(pinned.params_by_number.len() >= call.params.map_or(0, str::len));
    }
    let id = request_id(body).map_or(0, str::len);
    let (_, answer) = classify(MethodClass::Logs, 200, None, 0, body, false);
    let read = answer.map_or(0, |answer| answer.value.end);
    let block = read_header(body).is_ok() && receipt_block(body).is_some();
    assert!(id <= body.len() && read <= body.len() && !block);
}
