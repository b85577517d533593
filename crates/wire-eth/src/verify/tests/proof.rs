//! Blocks and receipts against their roots.

use serde_json::{Value, json};

use super::sample::sample;
use crate::verify::{Check, HeaderCheck, Proof, check_header, prove_block, prove_receipts};

fn wrong(proof: &Proof) -> Option<Check> {
    match proof {
        Proof::Wrong(wrong) => Some(wrong.check),
        Proof::Whole | Proof::Header | Proof::None(_) => None,
    }
}

#[test]
fn a_true_block_is_proven_whole() {
    // A proof that fails on true blocks would keep every block out of the cache.
    let block = sample().block;
    assert_eq!(check_header(&block.to_string()), HeaderCheck::Matches);
    assert_eq!(prove_block(&block.to_string()), Proof::Whole);
    let hashes: Value =
        block["transactions"].as_array().unwrap().iter().map(|t| t["hash"].clone()).collect();
    let mut brief = block;
    brief["transactions"] = hashes;
    assert_eq!(prove_block(&brief.to_string()), Proof::Header);
}

#[test]
fn every_field_of_a_header_counts() {
    // A field that is left out of the hash could be forged unseen.
    let block = sample().block;
    for (name, value) in block.as_object().unwrap() {
        let beside = ["hash", "size", "uncles", "withdrawals", "transactions", "totalDifficulty"];
        if beside.contains(&name.as_str()) {
            continue;
        }
        let mut forged = block.clone();
        let text = value.as_str().unwrap();
        let last = if text.ends_with('1') { "2" } else { "1" };
        forged[name] = json!(format!("{}{last}", text.get(..text.len() - 1).unwrap()));
        assert_eq!(check_header(&forged.to_string()), HeaderCheck::Differs, "{name}");
        assert_eq!(wrong(&prove_block(&forged.to_string())), Some(Check::HeaderHash), "{name}");
    }
}

#[test]
fn a_chain_of_another_make_is_not_called_a_liar() {
    // An upgrade that adds a header field must not put every node out on its first block.
    let block = sample().block;
    let mut later = block.clone();
    later["newRoot"] = json!("0x01");
    later["hash"] = json!(format!("0x{}", "ab".repeat(32)));
    assert_eq!(check_header(&later.to_string()), HeaderCheck::Unknown);
    let mut poorer = block;
    poorer.as_object_mut().unwrap().remove("mixHash");
    assert_eq!(check_header(&poorer.to_string()), HeaderCheck::Unknown);
    assert_eq!(check_header("null"), HeaderCheck::Unknown);
}

#[test]
fn every_part_of_a_transaction_counts() {
    // A forged amount in a cached block would be served for ever.
    let block = sample().block;
    for at in 0..5 {
        let transaction = block["transactions"][at].as_object().unwrap();
        for name in transaction.keys() {
            // Not hashed, or given twice in other words.
            let price = name == "gasPrice" && at > 1;
            let chain = name == "chainId" && at == 0;
            let parity = name == "v" && at > 0;
            if price || chain || parity || matches!(name.as_str(), "hash" | "from") {
                continue;
            }
            let mut forged = block.clone();
            let value = &transaction[name];
            forged["transactions"][at][name] = if value.is_array() {
                json!([])
            } else if value.is_null() {
                json!("0x00000000000000000000000000000000000000aa")
            } else if name == "to" {
                Value::Null
            } else {
                json!(if name == "input" { "0x77" } else { "0x2a" })
            };
            let proof = prove_block(&forged.to_string());
            let stopped = wrong(&proof) == Some(Check::TransactionsRoot)
                || proof == Proof::None("an item is of no known make");
            assert!(stopped, "{at} {name}: {proof:?}");
        }
    }
    let mut fewer = block.clone();
    fewer["transactions"].as_array_mut().unwrap().pop();
    assert_eq!(wrong(&prove_block(&fewer.to_string())), Some(Check::TransactionsRoot));
    let mut richer = block;
    richer["withdrawals"][0]["amount"] = json!("0x3e9");
    assert_eq!(wrong(&prove_block(&richer.to_string())), Some(Check::WithdrawalsRoot));
}

#[test]
fn what_is_not_understood_is_not_kept() {
    // A kind of transaction that is not known here must not pass for proven.
    let mut block = sample().block;
    block["transactions"][0]["type"] = json!("0x6a");
    assert!(matches!(prove_block(&block.to_string()), Proof::None(_)));
    let mut block = sample().block;
    block["uncles"] = json!([block["hash"].clone()]);
    assert!(matches!(prove_block(&block.to_string()), Proof::None(_)));
    assert!(matches!(prove_block("[]"), Proof::None(_)));
}

#[test]
fn receipts_are_proven_by_their_root() {
    // A receipt whose status is forged turns a failed payment into a good one.
    let sample = sample();
    let root = sample.receipts_root.0;
    assert_eq!(prove_receipts(&sample.receipts.to_string(), &root), Proof::Whole);
    for (name, value) in [
        ("status", json!("0x1")),
        ("cumulativeGasUsed", json!("0x1")),
        ("type", json!("0x2")),
        ("logs", sample.receipts[0]["logs"].clone()),
    ] {
        let mut forged = sample.receipts.clone();
        forged[1][name] = value;
        let proof = prove_receipts(&forged.to_string(), &root);
        assert_eq!(wrong(&proof), Some(Check::ReceiptsRoot), "{name}");
    }
    assert_eq!(wrong(&prove_receipts("[]", &root)), Some(Check::ReceiptsRoot));
    assert!(matches!(prove_receipts("null", &root), Proof::None(_)));
}
