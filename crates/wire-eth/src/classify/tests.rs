//! The error table, row by row, as nodes and providers word their errors.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use super::MethodClass::{Block, Execution, State, Transaction};
use super::*;
use crate::generate;

const MISSING: Disposition = Disposition::Doubtful(Doubt::MissingData);
const UNSUPPORTED: Disposition = Disposition::Doubtful(Doubt::MethodUnsupported);
const INTERNAL: Disposition = Disposition::Doubtful(Doubt::InternalError);
const PAYMENT: Disposition = Disposition::Failed(Failure::Payment);

fn throttled(milliseconds: Option<u64>) -> Disposition {
    let retry_after = milliseconds.map(Duration::from_millis);
    Disposition::Failed(Failure::Throttled { retry_after })
}

fn error_body(code: i64, message: &str, data: &str) -> String {
    let data = if data.is_empty() { String::new() } else { format!(r#","data":{data}"#) };
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"error":{{"code":{code},"message":{}{data}}}}}"#,
        json!(message)
    )
}

fn judge(class: MethodClass, status: u16, body: &str) -> Disposition {
    classify(class, status, None, 0, body.as_bytes(), false).0
}

/// Class, code, message, raw data and meaning of errors that came with HTTP 200.
const EXAMPLES: &str = r#"
execution | 3 | execution reverted: rate limit exceeded | "0x08c379a0" | answer
execution | 3 | execution reverted: header not found | | answer
execution | -32015 | VM execution error. | "Reverted 0x08c379a0" | answer
execution | -32000 | execution reverted | | answer
execution | -32000 | out of gas | | answer
execution | -32603 | Error: VM Exception while processing transaction: reverted with reason string 'x' | | answer
execution | -32603 | Internal error | {"message":"x","data":"0xdeadbeef"} | answer
execution | -32603 | failed | "0xdeadbeef" | answer
execution | -32000 | gas required exceeds allowance (21000) | | answer
execution | -38014 | insufficient funds for gas * price + value | | answer
execution | -38010 | nonce too low | | answer
execution | -32003 | transaction rejected | | answer
submit | -32000 | already known | | already known
submit | -32010 | AlreadyKnown | | already known
submit | -32000 | ALREADY_EXISTS: already known | | already known
submit | -32000 | Known transaction | | already known
submit | -32000 | known transaction: 0xabc | | already known
submit | -32010 | Transaction with the same hash was already imported. | | already known
submit | -32003 | transaction already imported | | already known
submit | -32000 | nonce too low: next nonce 5, tx nonce 4 | | nonce too low
submit | -32001 | Nonce too low | | nonce too low
submit | -32010 | OldNonce, Current nonce: 5, nonce of rejected tx: 4 | | nonce too low
submit | -32010 | Transaction nonce is too low. Try incrementing the nonce. | | nonce too low
submit | -32000 | nonce has already been used | | nonce too low
submit | -32000 | the tx doesn't have the correct nonce. account has nonce of: 6 tx has nonce of: 5 | | nonce too low
submit | -32000 | insufficient funds for gas * price + value: balance 0 | | answer
submit | -32000 | replacement transaction underpriced | | answer
submit | -32000 | intrinsic gas too low | | answer
submit | -32000 | exceeds block gas limit | | answer
submit | -32000 | in-flight transaction limit reached for delegated accounts | | answer
submit | -32000 | invalid chain id for signer: have 1 want 5 | | answer
submit | -32000 | invalid sender | | answer
submit | -32000 | unknown transaction type | | answer
submit | -32000 | nonce too high | | answer
submit | -32000 | txpool is full | | internal
logs | -32005 | query returned more than 10000 results | | answer
logs | -32602 | Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range | | answer
logs | -32614 | eth_getLogs is limited to a 10,000 range | | answer
logs | -32600 | exceed maximum block range: 5000 | | answer
logs | -32602 | query exceeds max results 20000 | | answer
logs | -32602 | block range extends beyond current head block | | missing
logs | -32602 | invalid block range | | answer
logs | -32005 | daily request count exceeded, request rate limited | | throttled
state | -32005 | limit exceeded | | throttled
state | -32005 | project ID request rate exceeded | {"rate":{"allowed_rps":1,"backoff_seconds":30}} | throttled 30000
state | 429 | Your app has exceeded its compute units per second capacity. | | throttled
state | -33200 | too much | | throttled
state | -32007 | 50/second request limit reached - reduce calls per second | | throttled
state | -32007 | hourly limit | | throttled
state | -32016 | over rate limit | | throttled
state | -32000 | Too Many Requests, try again in 250ms | | throttled 250
submit | -32000 | rate limit exceeded, retry in 10s | | throttled 10000
state | -32600 | Must be authenticated! | | payment
state | -32000 | invalid api key | | payment
trace | -32000 | Archive, Debug and Trace requests are not available on your current plan. | | unsupported
state | -32000 | header not found | | missing
state | -32000 | header for hash not found | | missing
state | -32000 | missing trie node 0xabc (path ) state 0xdef is not available | | missing
state | -32000 | hash 0xabc is not currently canonical | | missing
state | -32000 | historical state 0xabc is not available | | missing
state | -32002 | No state available for block 0x5 | | missing
state | -32000 | World state unavailable | | missing
logs | -32000 | unknown block | | missing
logs | -32000 | One of the blocks specified in filter (fromBlock, toBlock or blockHash) cannot be found | | missing
block | -32001 | resource not found | | missing
block | -32000 | block not found: hash 0xabc | | missing
state | -32602 | BlockOutOfRangeError: block height is 5 but requested was 10 | | missing
state | -32000 | Received invalid block tag 100. Latest block number is 5 | | missing
trace | 4444 | pruned history unavailable | | missing
trace | -32000 | old data not available due to pruning | | missing
transaction | -32000 | transaction indexing is in progress | | missing
trace | -32601 | the method debug_x does not exist/is not available | | unsupported
trace | -32004 | not supported | | unsupported
trace | -32600 | Unsupported method: trace_block on ETH_MAINNET | | unsupported
trace | -32000 | method trace_block is not whitelisted | | unsupported
state | -32602 | invalid argument 0: hex string without 0x prefix | | answer
execution | -32602 | missing value for required argument 0 | | answer
state | -32700 | parse error | | internal
state | -32600 | invalid request | | internal
state | -32603 | internal error | | internal
state | -32002 | request timed out | | internal
execution | -32000 | execution aborted (timeout = 5s) | | internal
meta | 0 | upstream went away | | internal
fee | -32000 | request beyond what is kept | | answer
execution | -32000 | something new | | answer
"#;

/// The class, the body and the meaning of each example.
fn examples() -> impl Iterator<Item = (MethodClass, String, Disposition)> {
    EXAMPLES.lines().filter(|line| !line.is_empty()).map(|line| {
        let fields: Vec<_> = line.split('|').map(str::trim).collect();
        let [class, code, message, data, meaning] = fields[..] else { panic!("{line}") };
        let class = MethodClass::ALL.into_iter().find(|known| known.name() == class).unwrap();
        let meaning = match meaning.split_once(' ') {
            None if meaning == "answer" => Disposition::Answer,
            None if meaning == "missing" => MISSING,
            None if meaning == "unsupported" => UNSUPPORTED,
            None if meaning == "internal" => INTERNAL,
            None if meaning == "payment" => PAYMENT,
            None if meaning == "throttled" => throttled(None),
            Some(("already", "known")) => Disposition::AlreadyKnown,
            Some(("nonce", "too low")) => Disposition::NonceTooLow,
            Some(("throttled", milliseconds)) => throttled(milliseconds.parse().ok()),
            _ => panic!("{line}"),
        };
        (class, error_body(code.parse().unwrap(), message, data), meaning)
    })
}

#[test]
fn each_known_error_means_what_the_table_says() {
    // An answer taken for a failure is retried for ever; a failure taken for an answer is served.
    for (class, body, expected) in examples() {
        assert_eq!(judge(class, 200, &body), expected, "{class:?} {body}");
    }
}

#[test]
fn every_row_of_the_table_has_an_example() {
    // A row that an earlier one hides is dead, and whoever relies on it is mistaken.
    let hit: BTreeSet<_> = examples()
        .filter_map(|(class, body, _)| {
            let answer = read_answer(body.as_bytes()).unwrap();
            rules::matching(class, &ErrorText::of_error(body.as_bytes(), &answer))
        })
        .collect();
    let missing: Vec<_> = (0..rules::RULES.len()).filter(|row| !hit.contains(row)).collect();
    assert!(missing.is_empty(), "rows without an example: {missing:?}");
}

#[test]
fn the_status_counts_where_the_body_is_no_answer() {
    // Providers send limits with 200 and reverts with 500.
    let revert = error_body(3, "execution reverted", "\"0x\"");
    let params = error_body(-32602, "invalid params", "");
    let odd = error_body(-32000, "odd", "");
    let internal = error_body(-32603, "Internal error", "");
    for (status, body, expected) in [
        (400, revert.as_str(), Disposition::Answer),
        (429, &revert, Disposition::Answer),
        (500, &revert, Disposition::Answer),
        (400, &params, Disposition::Answer),
        (400, &odd, Disposition::Answer),
        (500, &odd, Disposition::Failed(Failure::ServerError(500))),
        (500, &internal, Disposition::Failed(Failure::ServerError(500))),
        (400, &internal, INTERNAL),
        (429, &odd, throttled(None)),
        (429, &internal, throttled(None)),
        (402, &odd, PAYMENT),
        (403, &internal, PAYMENT),
        (429, "slow down", throttled(None)),
        (429, "", throttled(None)),
        (402, "", PAYMENT),
        (403, "<html>rate limit</html>", PAYMENT),
        (401, "", PAYMENT),
        (500, "", Disposition::Failed(Failure::ServerError(500))),
        (502, "<html>Bad Gateway</html>", Disposition::Failed(Failure::ServerError(502))),
        (404, "404 page not found", Disposition::Failed(Failure::HttpStatus(404))),
        (413, "", Disposition::Failed(Failure::HttpStatus(413))),
        (200, "", Disposition::Failed(Failure::Malformed)),
        (200, "<html>", Disposition::Failed(Failure::Malformed)),
        (200, r#"{"id":1,"result":"0x"#, Disposition::Failed(Failure::Malformed)),
        (200, "<html>Too many requests</html>", throttled(None)),
        (200, r#"{"error":"Rate limit reached, try again in 2s"}"#, throttled(Some(2_000))),
        (200, r#"{"id":1,"result":"0x"}"#, Disposition::Answer),
    ] {
        assert_eq!(judge(Execution, status, body), expected, "{status} {body}");
    }
}

#[test]
fn a_wait_is_taken_from_wherever_it_is_said() {
    // A provider that is asked again too early counts that as abuse.
    let wait =
        |header, status, body: &str| classify(State, status, header, 0, body.as_bytes(), false).0;
    assert_eq!(wait(Some("3"), 429, ""), throttled(Some(3_000)));
    assert_eq!(wait(Some("3"), 503, ""), throttled(Some(3_000)));
    assert_eq!(wait(Some("3"), 429, "try again in 5s"), throttled(Some(5_000)));
    let body = error_body(-32005, "x", r#"{"backoff_seconds":2}"#);
    assert_eq!(wait(Some("1"), 200, &body), throttled(Some(2_000)));
}

#[test]
fn a_null_is_doubted_only_when_told_so() {
    // Null for an unmined receipt is right; null for the agreed head is not.
    let body = br#"{"id":1,"result":null}"#;
    assert_eq!(classify(Block, 200, None, 0, body, true).0, MISSING);
    assert_eq!(classify(Transaction, 200, None, 0, body, false).0, Disposition::Answer);
}

#[test]
fn summaries_are_safe_to_log() {
    // Providers repeat the key in their messages.
    let body = error_body(-32000, "key 0123456789abcdef0123456789abcdef is\nnot valid", "");
    let answer = read_answer(body.as_bytes()).unwrap();
    assert_eq!(
        error_summary(body.as_bytes(), &answer).as_deref(),
        Some("error -32000: key [..] is not valid")
    );
    let body = br#"{"id":1,"result":1}"#;
    assert_eq!(error_summary(body, &read_answer(body).unwrap()), None);
}

proptest! {
    #[test]
    fn nothing_panics_and_spans_come_with_answers(
        class in prop::sample::select(MethodClass::ALL.to_vec()),
        status in 0u16..600,
        header in proptest::option::of("\\PC{0,20}"),
        code in any::<i64>(),
        message in generate::word(),
        data in generate::value(),
        bytes in generate::damaged(),
    ) {
        let body = error_body(code, &message, &data.to_string());
        for body in [body.as_bytes(), &bytes] {
            let (disposition, answer) = classify(class, status, header.as_deref(), 0, body, true);
            prop_assert!(answer.is_some() || matches!(disposition, Disposition::Failed(_)));
        }
    }
}
