//! The same answers over WebSocket, several calls at once.

use gateway::config::{AdmissionMode, GatewayConfig};
use runtime::task::block_on;
use serde_json::{Value, json};

use crate::support::{Act, Node, World, WorldSocket, call, eventually};

async fn next(socket: &mut WorldSocket) -> Value {
    let text = socket.receive().await.expect("an answer");
    serde_json::from_str(&text).expect("json")
}

#[test]
fn calls_and_batches_are_answered() {
    let world = World::of(1);
    block_on(async {
        let mut socket = world.socket().await;
        socket.send(&call(7, "eth_call", r#"[{},"latest"]"#)).await;
        assert_eq!(next(&mut socket).await, json!({"jsonrpc": "2.0", "id": 7, "result": "0x64"}));
        let two =
            format!("[{},{}]", call(1, "eth_blockNumber", "[]"), call(2, "net_version", "[]"));
        socket.send(&two).await;
        let batch = next(&mut socket).await;
        assert_eq!((&batch[0]["result"], &batch[1]["id"]), (&json!("0x64"), &json!(2)));
        // A notification gets nothing, so the next message is the answer to the next call. viem keeps
        // its sockets alive with an id of null.
        socket.send(r#"{"jsonrpc":"2.0","method":"eth_chainId"}"#).await;
        socket.send(r#"{"jsonrpc":"2.0","id":null,"method":"net_version","params":[]}"#).await;
        assert_eq!(next(&mut socket).await["result"], "7777");
        socket.send("nonsense").await;
        assert_eq!(next(&mut socket).await["error"]["code"], -32700);
        socket.send(&call(8, "eth_subscribe", r#"["newHeads"]"#)).await;
        let refused = next(&mut socket).await;
        assert_eq!((&refused["id"], &refused["error"]["code"]), (&json!(8), &json!(-32601)));
    });
}

#[test]
fn a_slow_call_must_not_hold_up_those_after_it() {
    let world = World::of(1);
    world.nodes[0].on("eth_call", Act::Hold);
    block_on(async {
        let mut socket = world.socket().await;
        socket.send(&call(1, "eth_call", r#"[{},"latest"]"#)).await;
        socket.send(&call(2, "eth_getCode", r#"["0x0","latest"]"#)).await;
        socket.send(&call(3, "eth_chainId", "[]")).await;
        let mut ids =
            [next(&mut socket).await["id"].clone(), next(&mut socket).await["id"].clone()];
        ids.sort_by_key(Value::to_string);
        assert_eq!(ids, [json!(2), json!(3)]);
        world.nodes[0].plainly("eth_call");
        assert_eq!(next(&mut socket).await["id"], 1);
    });
}

#[test]
fn more_calls_than_are_carried_at_once_must_all_be_answered() {
    // The bound of the socket, and not of what the one node is trusted to bear.
    let fifo = |config: &mut GatewayConfig| config.admission.mode = AdmissionMode::Fifo;
    let world = World::with(vec![Node::start()], fifo);
    world.await_serving();
    world.nodes[0].on("eth_call", Act::Hold);
    block_on(async {
        let mut socket = world.socket().await;
        for id in 0..150 {
            socket.send(&call(id, "eth_call", r#"[{},"latest"]"#)).await;
        }
        eventually("a full load is under way", || world.nodes[0].under_way("eth_call") >= 64);
        assert_eq!(world.nodes[0].seen("eth_call").len(), 64, "more is read than can be carried");
        world.nodes[0].plainly("eth_call");
        let mut ids = Vec::new();
        for _ in 0..150 {
            ids.push(next(&mut socket).await["id"].as_u64().expect("a number"));
        }
        ids.sort_unstable();
        assert_eq!(ids, (0..150).collect::<Vec<u64>>());
    });
}

#[test]
fn a_message_over_the_limit_must_close_the_socket_and_nothing_else() {
    let world = World::with(vec![Node::start()], |config| config.limits.body_bytes = 2_000);
    world.await_serving();
    block_on(async {
        let mut socket = world.socket().await;
        socket.send(&call(1, "eth_chainId", &format!(r#"["{}"]"#, "x".repeat(3_000)))).await;
        assert_eq!(socket.receive().await, None);
        let mut other = world.socket().await;
        other.send(&call(1, "eth_chainId", "[]")).await;
        assert_eq!(next(&mut other).await["id"], 1);
    });
}

#[test]
fn a_client_that_leaves_must_not_leave_its_calls_behind() {
    let world = World::of(2);
    world.nodes.iter().for_each(|node| node.on("eth_call", Act::Hold));
    let under_way = || world.nodes.iter().map(|node| node.under_way("eth_call")).sum::<usize>();
    block_on(async {
        let mut socket = world.socket().await;
        for id in 0..5 {
            socket.send(&call(id, "eth_call", r#"[{},"latest"]"#)).await;
        }
        eventually("they are under way", || under_way() >= 5);
        drop(socket);
    });
    // Well before the 8 s that a call may take.
    let begun = std::time::Instant::now();
    eventually("they are given up", || under_way() == 0 && world.in_flight() == 0);
    assert!(begun.elapsed() < std::time::Duration::from_secs(3), "{:?}", begun.elapsed());
}
