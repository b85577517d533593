//! A transaction goes to several upstreams, and is in or is not.

use std::io::Write;
use std::net::TcpStream;
use std::thread;

use serde_json::{Value, json};

use crate::support::{Act, World, call, eventually, json};

const SEND: &str = "eth_sendRawTransaction";
const PARAMS: &str = r#"["0x02f8650180808080808080c080a0"]"#;

fn hash() -> String {
    wire_eth::hash_hex(&wire_eth::raw_transaction_hash(PARAMS).expect("bytes"))
}

fn on_all(world: &World, method: &str, act: &Act) {
    world.nodes.iter().for_each(|node| node.on(method, act.clone()));
}

#[test]
fn a_transaction_must_not_depend_on_one_node() {
    let world = World::of(3);
    on_all(&world, SEND, &Act::result(&format!(r#""{}""#, hash())));
    let answer = world.call(SEND, PARAMS);
    assert_eq!(json(&answer), json!({"jsonrpc": "2.0", "id": 1, "result": hash()}));
    assert_eq!(answer.header("x-seawall-attempts"), Some("3"));
    for node in &world.nodes {
        eventually("every node has it", || node.answered(SEND) == 1);
        assert_eq!(node.seen(SEND)[0].params, PARAMS);
    }
}

#[test]
fn a_hanging_node_must_not_delay_an_acceptance() {
    let world = World::of(3);
    on_all(&world, SEND, &Act::Hold);
    world.nodes[1].on(SEND, Act::result(&format!(r#""{}""#, hash())));
    let answer = world.call(SEND, PARAMS);
    assert_eq!(json(&answer)["result"], Value::from(hash()));
    assert_eq!(answer.header("x-seawall-upstream"), Some("b"));
    // The other sends go on.
    eventually("the others get it, too", || {
        world.nodes[0].under_way(SEND) == 1 && world.nodes[2].under_way(SEND) == 1
    });
}

#[test]
fn a_rejection_by_one_must_not_hide_the_acceptance_by_another() {
    let world = World::of(2);
    let low = r#"{"code":-32000,"message":"transaction underpriced"}"#;
    world.nodes[0].on(SEND, Act::error(low));
    world.nodes[1].on(SEND, Act::Hold);
    let answer = thread::scope(|scope| {
        let client = scope.spawn(|| world.call(SEND, PARAMS));
        eventually("one has refused", || world.nodes[0].answered(SEND) == 1);
        world.nodes[1].on(SEND, Act::result(&format!(r#""{}""#, hash())));
        client.join().expect("the client does not panic")
    });
    assert_eq!(json(&answer)["result"], Value::from(hash()));
}

#[test]
fn a_transaction_sent_twice_is_in_and_not_an_error() {
    let world = World::of(2);
    on_all(&world, SEND, &Act::error(r#"{"code":-32000,"message":"already known"}"#));
    let answer = world.call(SEND, PARAMS);
    assert_eq!(json(&answer), json!({"jsonrpc": "2.0", "id": 1, "result": hash()}));
}

#[test]
fn a_nonce_used_by_the_transaction_itself_is_success() {
    let world = World::of(3);
    on_all(&world, SEND, &Act::error(r#"{"code":-32000,"message":"nonce too low"}"#));
    // Only one of them still knows it: the others prune their transaction index.
    on_all(&world, "eth_getTransactionByHash", &Act::result("null"));
    world.nodes[2].on("eth_getTransactionByHash", Act::result(r#"{"nonce":"0x1"}"#));
    for _ in 0..4 {
        let answer = world.call(SEND, PARAMS);
        assert_eq!(json(&answer)["result"], Value::from(hash()), "{}", answer.text());
    }
    let looked_up = world.nodes[2].seen("eth_getTransactionByHash");
    assert_eq!(looked_up[0].params, format!(r#"["{}"]"#, hash()));
}

#[test]
fn a_nonce_used_by_another_transaction_is_the_nodes_own_error() {
    let world = World::of(2);
    let error = r#"{"code":-32000,"message":"nonce too low: next nonce 9, tx nonce 5"}"#;
    on_all(&world, SEND, &Act::error(error));
    on_all(&world, "eth_getTransactionByHash", &Act::result("null"));
    let answer = world.call(SEND, PARAMS);
    assert_eq!(answer.text(), format!(r#"{{"jsonrpc":"2.0","id":1,"error":{error}}}"#));
}

#[test]
fn a_rejection_by_all_is_the_nodes_own_error() {
    let world = World::of(2);
    let error = r#"{"code":-32000,"message":"insufficient funds for gas * price + value"}"#;
    on_all(&world, SEND, &Act::error(error));
    let answer = world.call(SEND, PARAMS);
    assert_eq!(answer.text(), format!(r#"{{"jsonrpc":"2.0","id":1,"error":{error}}}"#));
}

#[test]
fn a_client_that_leaves_must_not_take_its_transaction_back() {
    let world = World::of(2);
    on_all(&world, SEND, &Act::Hold);
    let mut client = TcpStream::connect(world.address()).expect("the gateway listens");
    let body = call(1, SEND, PARAMS);
    let head = format!("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", body.len());
    client.write_all(format!("{head}{body}").as_bytes()).expect("the gateway reads");
    let sent = || world.nodes.iter().all(|node| node.under_way(SEND) == 1);
    eventually("it is sent to both", sent);
    drop(client);
    // A whole call later the gateway knows that the client has left.
    assert_eq!(world.call("eth_call", r#"[{},"latest"]"#).status(), 200);
    assert!(sent(), "a send was given up");
    on_all(&world, SEND, &Act::result(&format!(r#""{}""#, hash())));
    eventually("both have it", || world.nodes.iter().all(|node| node.answered(SEND) == 1));
}

#[test]
fn an_impatient_client_must_not_take_its_transaction_back() {
    let world = World::of(2);
    on_all(&world, SEND, &Act::Hold);
    let soon = [("seawall-timeout-ms", "200")];
    let answer = world.post_to("/", &soon, &call(1, SEND, PARAMS));
    assert_eq!(answer.status(), 503);
    let data = json(&answer)["error"]["data"].clone();
    assert_eq!(
        (&data["reason"], &data["may_have_taken_effect"]),
        (&json!("deadline"), &json!(true))
    );
    // As a second later, by which the sends would long have been given up.
    eventually("probes go on", || world.nodes[0].seen("eth_getBlockByNumber").len() > 8);
    assert!(world.nodes.iter().all(|node| node.under_way(SEND) == 1), "a send was given up");
    on_all(&world, SEND, &Act::result(&format!(r#""{}""#, hash())));
    eventually("both have it", || world.nodes.iter().all(|node| node.answered(SEND) == 1));
    eventually("the accounts are settled", || world.in_flight() == 0);
}
