//! Another implementation behind the gateway: hardhat, whose errors and blocks look different.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::contract;
use testkit::gateway::{Gateway, Plan, Upstream};
use testkit::node::Node;
use testkit::rpc::Rpc;
use testkit::script::{self, Client, KEYS};

fn start() -> (Node, Gateway) {
    let node = Node::hardhat();
    let plan = Plan {
        block_time: Duration::from_secs(1),
        upstreams: vec![Upstream::new("hardhat", &format!("http://{}", node.rpc.address()))],
        gateway_lines: String::new(),
        chain_lines: String::new(),
    };
    let gateway = Gateway::start(&plan);
    (node, gateway)
}

fn error_of(rpc: &Rpc, call: &Value) -> Value {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [call, "latest"]});
    let response = rpc.post(body.to_string().as_bytes()).expect("there is an answer");
    let answer: Value = serde_json::from_slice(&response.body).expect("it is JSON");
    assert!(answer["error"].is_object(), "the call must revert: {answer}");
    answer["error"].clone()
}

#[test]
fn a_gateway_made_for_one_client_would_fail_on_the_next() {
    let (node, gateway) = start();
    let first = gateway.rpc().quantity("eth_blockNumber", &json!([])).expect("a head");
    let summary = script::run(Client::Ethers, &gateway.url(), KEYS[0], |_| {});
    let summary = summary.unwrap_or_else(|why| panic!("{why}\n{:#}", gateway.chain()));
    println!("{summary}");
    script::check(&summary, "ethers 6");
    let last = gateway.rpc().quantity("eth_blockNumber", &json!([])).expect("a head");
    assert!(last > first, "the head went from {first} to {last}");
    let refuse = format!("{}{:064x}", contract::REFUSE, 7);
    let call = json!({"to": summary["contract"], "data": refuse});
    assert_eq!(error_of(&gateway.rpc(), &call), error_of(&node.rpc, &call));
}
