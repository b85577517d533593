//! Nodes that answer, and wrongly.

use gateway_core::State;
use serde_json::{Value, json};

use crate::support::{Act, Node, World, eventually, json};

const BALANCE: &str = r#"["0x00000000000000000000000000000000000000aa","latest"]"#;

/// Three nodes, and second opinions at the share that is the default.
fn world() -> World {
    let nodes = vec![Node::start(), Node::start(), Node::start()];
    let world = World::with(nodes, |config| config.chains[0].second_opinion_per_mille = 10);
    world.await_serving();
    world
}

fn evidence(world: &World) -> Vec<Value> {
    let list = json(&world.get("/v1/chains/testnet/evidence"));
    list.as_array().expect("a list").clone()
}

#[test]
fn a_planted_zero_balance_is_found_within_a_thousand_calls() {
    // On 2025-10-20 wallets showed their users a balance of zero (incidents section 19).
    let world = world();
    world.nodes[0].on("eth_getBalance", Act::result(r#""0x0""#));
    let mut calls = 0;
    while evidence(&world).is_empty() {
        for _ in 0..10 {
            world.call("eth_getBalance", BALANCE);
        }
        calls += 10;
        assert!(calls <= 1_000, "not found");
    }
    let found = &evidence(&world)[0];
    assert_eq!((&found["method"], &found["check"]), (&json!("eth_getBalance"), &json!("opinion")));
    assert_eq!((&found["wrong"], &found["block"]["number"]), (&json!("a"), &json!(100)));
    assert_eq!(found["answers"].as_array().map(Vec::len), Some(3), "{found}");
    let told: Vec<_> = found["answers"].as_array().expect("a list").iter().collect();
    assert!(told.iter().any(|said| said["upstream"] == "a" && said["excerpt"] == r#""0x0""#));
    // When it happens again it is out, and what clients get is true.
    eventually("it is put out", || {
        world.call("eth_getBalance", BALANCE);
        world.snapshot().upstreams[0].state == State::Quarantined
    });
    for _ in 0..50 {
        assert_eq!(json(&world.call("eth_getBalance", BALANCE))["result"], "0x64");
    }
    let metrics = world.get("/metrics").text();
    let count =
        "upstream_wrong_answers_since_start{chain=\"testnet\",upstream=\"a\",check=\"opinion\"}";
    assert!(metrics.contains(count), "{metrics}");
    assert!(metrics.contains("opinions_since_start{chain=\"testnet\",outcome=\"different\"}"));
    let reason = &world.snapshot().upstreams[0].reason;
    assert!(reason.starts_with("wrong answers: "), "{reason}");
}

#[test]
fn honest_nodes_that_write_differently_are_left_alone() {
    // A difference of spelling taken for a lie would put honest nodes out one by one.
    let nodes = vec![Node::start(), Node::start(), Node::start()];
    let world = World::with(nodes, |config| config.chains[0].second_opinion_per_mille = 1_000);
    world.await_serving();
    let zero = r#""0x0000000000000000000000000000000000000000000000000000000000000000""#;
    for (node, result) in world.nodes.iter().zip([zero, r#""0x0""#, r#""0x00""#]) {
        node.on("eth_getBalance", Act::result(result));
    }
    for _ in 0..30 {
        world.call("eth_getBalance", BALANCE);
    }
    eventually("opinions are back", || world.snapshot().opinions.same >= 20);
    assert_eq!(evidence(&world), Vec::<Value>::new());
    assert_eq!(world.snapshot().opinions.different, 0);
}

#[test]
fn a_disagreement_of_two_is_kept_and_puts_nobody_out() {
    // One word against one word: the operator must see it, and the gateway must not guess.
    let nodes = vec![Node::start(), Node::start()];
    let world = World::with(nodes, |config| config.chains[0].second_opinion_per_mille = 1_000);
    world.await_serving();
    world.nodes[0].on("eth_getBalance", Act::result(r#""0x5""#));
    eventually("it is found", || {
        world.call("eth_getBalance", BALANCE);
        evidence(&world).len() >= 5
    });
    assert_eq!(evidence(&world)[0]["wrong"], Value::Null);
    let snapshot = world.snapshot();
    assert!(snapshot.upstreams.iter().all(|upstream| upstream.state == State::Serving));
    assert!(snapshot.upstreams.iter().all(|upstream| upstream.suspected));
}

/// Calls until the lying first node was put out; each answer must be what `good` says.
fn never_delivered(method: &str, params: &str, lie: &str, truth: &str, check: &str) {
    let world = World::of(3);
    world.nodes[0].on(method, Act::result(lie));
    world.nodes[1..].iter().for_each(|node| node.on(method, Act::result(truth)));
    let truth: Value = serde_json::from_str(truth).expect("JSON");
    eventually("the liar is asked", || {
        let answer = world.call(method, params);
        assert_eq!(json(&answer)["result"], truth, "{method}");
        world.snapshot().upstreams[0].failures > 0
    });
    let found = &evidence(&world)[0];
    assert_eq!((&found["check"], &found["wrong"]), (&json!(check), &json!("a")), "{found}");
    assert_eq!(found["answers"].as_array().map(Vec::len), Some(1));
}

#[test]
fn forged_logs_must_not_reach_the_client() {
    // A log of another contract is a deposit that never came.
    let filter =
        format!(r#"[{{"fromBlock":"0x1","toBlock":"0x9","address":"0x{}"}}]"#, "aa".repeat(20));
    let log = |address: &str| {
        format!(
            r#"[{{"address":"0x{}","topics":[],"data":"0x","blockNumber":"0x5","logIndex":"0x0"}}]"#,
            address.repeat(20)
        )
    };
    never_delivered("eth_getLogs", &filter, &log("bb"), &log("aa"), "log_filter");
}

#[test]
fn another_receipt_or_block_than_asked_for_must_not_reach_the_client() {
    // A cache in front of a node that mixes its keys up answers with what somebody else asked for.
    let hash = |byte: &str| format!("0x{}", byte.repeat(32));
    let receipt = |byte: &str| {
        format!(
            r#"{{"transactionHash":"{}","blockNumber":"0x5","blockHash":"{}","logs":[]}}"#,
            hash(byte),
            hash("55")
        )
    };
    let asked = format!(r#"["{}"]"#, hash("11"));
    never_delivered("eth_getTransactionReceipt", &asked, &receipt("22"), &receipt("11"), "hash");
    let block = |byte: &str| format!(r#"{{"hash":"{}","number":"0x5"}}"#, hash(byte));
    let asked = format!(r#"["{}",false]"#, hash("11"));
    never_delivered("eth_getBlockByHash", &asked, &block("33"), &block("11"), "hash");
}
