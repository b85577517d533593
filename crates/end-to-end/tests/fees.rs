//! What the gateway says that inclusion costs, against what real nodes take.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testkit::rpc::{Rpc, hex, quantity};
use testkit::tools;
use testkit::world::World;

/// Far longer than three blocks take.
const PATIENCE: Duration = Duration::from_secs(20);

fn fees(world: &World) -> (u16, Value) {
    let message = world.gateway.get("/v1/chains/ethereum/fees").expect("the gateway answers");
    (message.status(), serde_json::from_slice(&message.body).expect("JSON"))
}

fn live_fees(world: &World) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let (status, fees) = fees(world);
        if status == 200 {
            return fees;
        }
        assert!(Instant::now() < deadline, "{fees:#}");
        thread::sleep(Duration::from_millis(50));
    }
}

fn wei(amount: &Value) -> u128 {
    amount["wei"].as_str().and_then(|text| text.parse().ok()).expect("an amount")
}

fn await_some(rpc: &Rpc, method: &str, params: &Value) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let found = rpc.call(method, params).expect("an answer");
        if !found.is_null() {
            return found;
        }
        assert!(Instant::now() < deadline, "no answer to {method} {params}");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_transaction_at_the_price_told_must_be_taken_by_real_nodes() {
    let _alone = tools::alone();
    let world = World::start();
    let (node, gateway) = (Rpc::new(world.fleet.address(0)), Rpc::new(world.gateway.address));
    let accounts = node.call("eth_accounts", &json!([])).expect("anvil has accounts");
    for (nonce, horizon) in [0_usize, 1, 2].into_iter().enumerate() {
        let fees = live_fees(&world);
        let offer = &fees["inclusion"][horizon];
        let (max_fee, tip) =
            (wei(&offer["max_fee_per_gas"]), wei(&offer["max_priority_fee_per_gas"]));
        let transaction = json!([{
            "from": accounts[0], "to": accounts[1], "value": "0x1", "gas": "0x5208",
            "maxFeePerGas": format!("{max_fee:#x}"), "maxPriorityFeePerGas": format!("{tip:#x}"),
            "nonce": hex(nonce as u64),
        }]);
        let signed = node.call("eth_signTransaction", &transaction).expect("anvil signs");
        let hash = gateway.call("eth_sendRawTransaction", &json!([signed]));
        let hash = hash.unwrap_or_else(|error| panic!("{error} at {fees:#}"));
        let receipt = await_some(&gateway, "eth_getTransactionReceipt", &json!([hash]));
        let paid = quantity(&receipt["effectiveGasPrice"]).expect("a price");
        assert!(paid <= max_fee, "{receipt:#}");
        // The base fee told for the next block is the one that the chain then had.
        let next = fees["block"]["number"].as_u64().expect("a number") + 1;
        let block = await_some(&node, "eth_getBlockByNumber", &json!([hex(next), false]));
        assert_eq!(quantity(&block["baseFeePerGas"]), Some(wei(&fees["base_fee_per_gas"])));
    }
    let metrics = world.gateway.get("/metrics").expect("the gateway answers").text();
    assert!(metrics.contains(r#"seawall_gateway_fee_wei{chain="ethereum",blocks="10"}"#));
    world.fleet.check();
}
