//! `latest` means the agreed head, for every upstream alike; what lies beyond it is not shown.

use serde_json::Value;

use crate::support::{Act, Node, World, eventually, json};

/// What the only node was asked last, with `latest` in the client's call.
fn asked(world: &World, method: &str, params: &str) -> String {
    let answer = world.call(method, params);
    assert_eq!(answer.status(), 200, "{}", answer.text());
    world.nodes[0].seen(method).last().expect("it was asked").params.clone()
}

#[test]
fn latest_goes_out_as_the_agreed_hash_where_the_node_takes_hashes() {
    let world = World::of(1);
    let hash = world.nodes[0].hash_of(100);
    let pinned = format!(r#"[{{}},{{"blockHash":"{hash}"}}]"#);
    eventually("whether it takes hashes is known", || {
        asked(&world, "eth_call", r#"[{},"latest"]"#) == pinned
    });
    assert_eq!(asked(&world, "eth_call", "[{}]"), pinned);
    // What names a block by itself stays as it is.
    assert_eq!(asked(&world, "eth_call", r#"[{},"0x5"]"#), r#"[{},"0x5"]"#);
    // No hash form for these; a range without an end is pinned, too.
    world.nodes[0].on("eth_getLogs", Act::result("[]"));
    let logs = asked(&world, "eth_getLogs", r#"[{"fromBlock":"0x1"}]"#);
    let filter: Value = serde_json::from_str(&logs).expect("json");
    assert_eq!(filter[0]["toBlock"], "0x64");
    // A block asked for by tag is asked for by hash.
    let block = json(&world.call("eth_getBlockByNumber", r#"["latest",false]"#));
    assert_eq!(block["result"]["hash"], Value::from(hash.clone()));
    let by_hash = world.nodes[0].seen("eth_getBlockByHash");
    assert!(by_hash.iter().any(|seen| seen.params == format!(r#"["{hash}",false]"#)));
}

#[test]
fn latest_goes_out_as_a_number_where_the_node_refuses_hashes() {
    let node = Node::start();
    node.refuse_hash_pins();
    let world = World::over(vec![node]);
    for _ in 0..3 {
        assert_eq!(asked(&world, "eth_call", r#"[{},"latest"]"#), r#"[{},"0x64"]"#);
    }
    // The probe is over, and the answer to it stands.
    eventually("it was probed", || !world.nodes[0].seen("eth_getBalance").is_empty());
    assert_eq!(asked(&world, "eth_call", r#"[{},"latest"]"#), r#"[{},"0x64"]"#);
}

#[test]
fn a_node_that_lacked_one_block_once_must_not_count_as_one_that_refuses_hashes() {
    let node = Node::start();
    let lacks = r#"{"code":-32000,"message":"header not found"}"#;
    node.on("eth_getBalance", Act::error(lacks));
    let world = World::over(vec![node]);
    eventually("it was probed", || world.nodes[0].answered("eth_getBalance") > 0);
    world.nodes[0].plainly("eth_getBalance");
    eventually("calls name the block by hash", || {
        asked(&world, "eth_call", r#"[{},"latest"]"#).contains("blockHash")
    });
}

fn receipt(number: u64, hash: &str) -> Act {
    Act::result(&format!(r#"{{"blockNumber":"{number:#x}","blockHash":"{hash}","status":"0x1"}}"#))
}

#[test]
fn a_receipt_must_not_come_before_its_block() {
    let world = World::of(1);
    let next = format!("0x{:062x}00", 102);
    world.nodes[0].on("eth_getTransactionReceipt", receipt(101, &next));
    let ask = || json(&world.call("eth_getTransactionReceipt", r#"["0x00"]"#))["result"].clone();
    assert_eq!(ask(), Value::Null);
    world.nodes[0].mine();
    eventually("the head moves", || world.head() == "0x65");
    assert_eq!(ask()["status"], "0x1");
}

#[test]
fn a_receipt_from_another_branch_must_not_be_shown() {
    let world = World::of(1);
    let other = format!("0x{:064x}", 0xbad);
    world.nodes[0].on("eth_getTransactionReceipt", receipt(100, &other));
    let answer = world.call("eth_getTransactionReceipt", r#"["0x00"]"#);
    assert_eq!(json(&answer)["result"], Value::Null);
    // Which upstream said so is still told.
    assert_eq!(answer.header("x-seawall-upstream"), Some("a"));
    let ours = world.nodes[0].hash_of(100);
    world.nodes[0].on("eth_getTransactionReceipt", receipt(100, &ours));
    let answer = world.call("eth_getTransactionReceipt", r#"["0x00"]"#);
    assert_eq!(json(&answer)["result"]["status"], "0x1");
}

#[test]
fn a_block_beyond_the_agreed_head_is_not_there_yet() {
    let world = World::of(3);
    world.nodes[0].mine();
    let answer = world.call("eth_getBlockByNumber", r#"["0x65",false]"#);
    assert_eq!(json(&answer)["result"], Value::Null);
}
