//! What inclusion costs, as clients and dashboards read it.

use serde_json::{Value, json};

use crate::support::{Act, World, eventually, json};

const PATH: &str = "/v1/chains/testnet/fees";

fn live(world: &World) -> Value {
    eventually("prices are told", || world.get(PATH).status() == 200);
    json(&world.get(PATH))
}

#[test]
fn wallets_rely_on_the_fields_of_a_price() {
    let world = World::of(3);
    let fees = live(&world);
    assert_eq!((&fees["chain"], &fees["status"]), (&json!("testnet"), &json!("live")));
    assert_eq!((&fees["reason"], &fees["verdict"]), (&Value::Null, &json!("healthy")));
    assert_eq!(fees["source"], "eth_feeHistory");
    assert_eq!(fees["block"], json!({"number": 100, "hash": world.nodes[0].hash_of(100)}));
    assert_eq!((&fees["samples"], &fees["stress"]), (&json!(3), &Value::Null));
    assert!(fees["age_ms"].is_u64(), "{fees}");
    assert_eq!(fees["base_fee_per_gas"], json!({"wei": "7000000000", "gwei": "7"}));
    let tips = fees["usual_tips"].as_array().expect("a list");
    let tips = tips.iter().map(|tip| (tip["percentile"].clone(), tip["tip"]["gwei"].clone()));
    let expected = [(10, "1"), (50, "2"), (90, "3")].map(|(p, tip)| (json!(p), json!(tip)));
    assert!(tips.eq(expected), "{fees}");
    // 7 gwei, then (9/8)^2 and (9/8)^9 of it, and the tip of 1; a transfer takes 21,000 gas.
    let offers = fees["inclusion"].as_array().expect("a list");
    let of = |offer: &Value, name: &str| offer[name]["gwei"].as_str().expect("a text").to_owned();
    assert_eq!(of(&offers[0], "max_fee_per_gas"), "8");
    assert_eq!(of(&offers[0], "max_priority_fee_per_gas"), "1");
    assert_eq!(offers[0]["transfer"]["wei"], "168000000000000");
    assert_eq!(of(&offers[1], "max_fee_per_gas"), "9.859375");
    assert!(of(&offers[2], "max_fee_per_gas").starts_with("21.2055"), "{fees}");
    let blocks: Vec<&Value> = offers.iter().map(|offer| &offer["blocks"]).collect();
    assert_eq!(blocks, [1, 3, 10]);
    // The chain's id and the chain itself lead to the same.
    assert_eq!(json(&world.get("/v1/chains/7777/fees"))["block"], fees["block"]);
    assert_eq!(world.get("/v1/chains/other/fees").status(), 404);
    let metrics = world.get("/metrics").text();
    for line in [
        r#"seawall_gateway_fee_wei{chain="testnet",blocks="1"} 8000000000"#,
        r#"seawall_gateway_fee_wei{chain="testnet",blocks="3"} 9859375000"#,
        r#"seawall_gateway_fee_wei{chain="testnet",blocks="10"} 212055"#,
    ] {
        assert!(
            metrics.lines().any(|found| found.starts_with(line)),
            "{line} is not in\n{metrics}"
        );
    }
}

#[test]
fn a_price_that_is_not_known_must_not_look_like_one() {
    let nodes = (0..2).map(|_| crate::support::Node::start()).collect::<Vec<_>>();
    nodes.iter().for_each(|node| node.on("eth_feeHistory", Act::Hold));
    let world = World::with(nodes, |_| {});
    world.await_serving();
    let answer = world.get(PATH);
    assert_eq!(answer.status(), 503);
    let fees = json(&answer);
    assert_eq!((&fees["status"], &fees["inclusion"]), (&json!("unknown"), &json!([])));
    assert_eq!((&fees["block"], &fees["age_ms"]), (&Value::Null, &Value::Null));
    assert!(!world.get("/metrics").text().contains("seawall_gateway_fee_wei{"));
    world.nodes.iter().for_each(|node| node.plainly("eth_feeHistory"));
    live(&world);
}

#[test]
fn a_chain_without_a_base_fee_must_get_the_price_its_nodes_suggest() {
    let nodes = (0..2).map(|_| crate::support::Node::start()).collect::<Vec<_>>();
    for (node, answer) in nodes.iter().zip([
        Act::error(r#"{"code":-32601,"message":"the method eth_feeHistory does not exist"}"#),
        Act::result("null"),
    ]) {
        node.on("eth_feeHistory", answer);
        node.on("eth_gasPrice", Act::result(r#""0x3b9aca01""#));
    }
    let world = World::with(nodes, |_| {});
    let fees = live(&world);
    assert_eq!(
        (&fees["source"], &fees["base_fee_per_gas"]),
        (&json!("eth_gasPrice"), &Value::Null)
    );
    for offer in fees["inclusion"].as_array().expect("a list") {
        assert_eq!(offer["max_fee_per_gas"], json!({"wei": "1000000001", "gwei": "1.000000001"}));
    }
    // Where they do not even suggest one, that is said rather than that it is on its way.
    let nodes = vec![crate::support::Node::start()];
    nodes[0].on("eth_feeHistory", Act::error(r#"{"code":-32601,"message":"no such method"}"#));
    let world = World::with(nodes, |_| {});
    eventually("it is said", || json(&world.get(PATH))["status"] == "unavailable");
    assert_eq!(world.get(PATH).status(), 503);
}
