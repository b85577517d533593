//! Whether what came is what was asked for.

use serde_json::{Value, json};

use super::sample::sample;
use crate::answer::read_answer;
use crate::hash_hex;
use crate::verify::{Check, Expected, HeaderCheck, Looks, read_sealed_header};

fn body(result: &Value) -> Vec<u8> {
    format!(r#"{{"jsonrpc":"2.0","id":1,"result":{result}}}"#).into_bytes()
}

fn check(method: &str, params: &Value, result: &Value, found: Option<Check>) {
    let expected = Expected::of(method, &params.to_string()).expect("a call that is checked");
    let body = body(result);
    let answer = read_answer(&body).unwrap();
    let fault = expected.check(&body, &answer, true, None).err().map(|wrong| wrong.check);
    assert_eq!(fault, found, "{method} {params}");
}

#[test]
fn another_block_than_asked_for_is_never_the_answer() {
    // A proxy that serves a block from its cache under the wrong key would go unnoticed.
    let block = sample().block;
    let other = json!([hash_hex(&[1; 32]), false]);
    check("eth_getBlockByHash", &json!([block["hash"], false]), &block, None);
    check("eth_getBlockByHash", &other, &block, Some(Check::Hash));
    check("eth_getBlockByNumber", &json!(["0x12c", true]), &block, None);
    check("eth_getBlockByNumber", &json!(["0x12d", true]), &block, Some(Check::Number));
    let mut forged = block;
    forged["stateRoot"] = json!(hash_hex(&[2; 32]));
    check("eth_getBlockByNumber", &json!(["0x12c", true]), &forged, Some(Check::HeaderHash));
    // Null says that there is none, which others judge.
    check("eth_getBlockByHash", &other, &Value::Null, None);
}

#[test]
fn headers_are_hashed_only_where_the_chain_is_known_to_hash_so() {
    // On a chain with another way of hashing every node would be called a liar.
    let mut block = sample().block;
    block["stateRoot"] = json!(hash_hex(&[2; 32]));
    let body = body(&block);
    let expected = Expected::of("eth_getBlockByNumber", r#"["0x12c",false]"#).unwrap();
    let answer = read_answer(&body).unwrap();
    assert_eq!(expected.check(&body, &answer, false, None), Ok(Looks::Plain));
}

#[test]
fn a_large_block_is_held_against_what_was_asked_too() {
    // The identity must be found without reading megabytes of transactions.
    let mut block = sample().block;
    block["zz"] = json!("0".repeat(100_000));
    let other = json!([hash_hex(&[1; 32]), true]);
    check("eth_getBlockByHash", &other, &block, Some(Check::Hash));
}

#[test]
fn a_member_without_a_name_does_not_hide_the_hash_behind_it() {
    // One more member would let somebody else's transaction through.
    let other = json!([hash_hex(&[3; 32])]);
    let hidden = json!({"": 1, "hash": hash_hex(&[4; 32])});
    check("eth_getTransactionByHash", &other, &hidden, Some(Check::Hash));
}

#[test]
fn a_transaction_and_its_receipt_are_those_asked_for() {
    // Somebody else's receipt says that a payment went through which did not.
    let sample = sample();
    let (mined, receipt) = (&sample.block["transactions"][1], &sample.receipts[0]);
    let (own, other) = (json!([mined["hash"]]), json!([hash_hex(&[3; 32])]));
    check("eth_getTransactionByHash", &own, mined, None);
    check("eth_getTransactionByHash", &other, mined, Some(Check::Hash));
    let own = json!([receipt["transactionHash"]]);
    check("eth_getTransactionReceipt", &own, receipt, None);
    check("eth_getTransactionReceipt", &other, receipt, Some(Check::Hash));
    for member in ["blockHash", "transactionHash"] {
        let mut mixed = receipt.clone();
        mixed["logs"][0][member] = json!(hash_hex(&[4; 32]));
        check("eth_getTransactionReceipt", &own, &mixed, Some(Check::Consistency));
    }
}

#[test]
fn receipts_are_of_the_block_asked_for() {
    // One block's receipts under another's name would credit deposits twice.
    let receipts = sample().receipts;
    let hash = receipts[0]["blockHash"].clone();
    for (params, found) in [
        (json!([hash]), None),
        (json!([{"blockHash": hash}]), None),
        (json!(["0x12c"]), None),
        (json!([hash_hex(&[1; 32])]), Some(Check::Hash)),
        (json!([{"blockHash": hash_hex(&[1; 32])}]), Some(Check::Hash)),
        (json!(["0x12d"]), Some(Check::Number)),
    ] {
        check("eth_getBlockReceipts", &params, &receipts, found);
    }
    check("eth_getBlockReceipts", &json!(["0x1"]), &json!([]), None);
}

#[test]
fn calls_whose_answers_show_nothing_are_left_alone() {
    // Tags that were not pinned and balances have nothing to be held against.
    for (method, params) in [
        ("eth_getBalance", r#"["0x00","latest"]"#),
        ("eth_getBlockByNumber", r#"["latest",false]"#),
        ("eth_getBlockByHash", "[]"),
        ("eth_getTransactionReceipt", r#"["0x12"]"#),
        ("eth_getLogs", r#"[{"toBlock":"pending"}]"#),
    ] {
        assert_eq!(Expected::of(method, params), None, "{method}");
    }
}

#[test]
fn a_header_brings_its_bloom_and_receipts_root() {
    // Without them logs and receipts of this block could not be checked.
    let sample = sample();
    let header = read_sealed_header(&body(&sample.block)).unwrap().unwrap();
    assert_eq!(header.check, HeaderCheck::Matches);
    assert_eq!(header.summary.number, 300);
    assert_eq!(header.receipts_root, Some(sample.receipts_root.0));
    assert_eq!(header.logs_bloom, Some(sample.bloom));
    assert_eq!(read_sealed_header(&body(&Value::Null)), Ok(None));
}
