//! Deadlines, clients that leave, and the gateway's own end.

use std::io::Write;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Act, World, call, eventually, json, post};

const PARAMS: &str = r#"[{},"latest"]"#;

#[test]
fn a_caller_that_waits_less_must_be_answered_in_its_time() {
    let world = World::of(2);
    world.nodes.iter().for_each(|node| node.on("eth_call", Act::Hold));
    let begun = Instant::now();
    let soon = [("seawall-timeout-ms", "400")];
    let answer = world.post_to("/", &soon, &call(1, "eth_call", PARAMS));
    // The gateway's own limit is 8 s.
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
    assert_eq!(answer.status(), 503);
    assert_eq!(json(&answer)["error"]["code"], -32002);
    for node in &world.nodes {
        for seen in node.seen("eth_call") {
            let handed_on = seen.timeout_ms.expect("the time left is handed on");
            assert!((1..=400).contains(&handed_on), "{handed_on}");
        }
    }
    let longer = [("seawall-timeout-ms", "99999999999999999999")];
    world.nodes.iter().for_each(|node| node.plainly("eth_call"));
    assert_eq!(world.post_to("/", &longer, &call(1, "eth_call", PARAMS)).status(), 200);
    eventually("the accounts are settled", || world.in_flight() == 0);
}

#[test]
fn a_client_that_leaves_must_not_leave_its_call_behind() {
    let world = World::of(2);
    world.nodes.iter().for_each(|node| node.on("eth_call", Act::Hold));
    let mut client = TcpStream::connect(world.address()).expect("the gateway listens");
    let body = call(1, "eth_call", PARAMS);
    let head = format!("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", body.len());
    client.write_all(format!("{head}{body}").as_bytes()).expect("the gateway reads");
    let under_way = || world.nodes.iter().map(|node| node.under_way("eth_call")).sum::<usize>();
    eventually("it is under way", || under_way() > 0 && world.in_flight() > 0);
    drop(client);
    eventually("it is given up", || under_way() == 0 && world.in_flight() == 0);
}

#[test]
fn a_stopping_gateway_must_let_calls_in_flight_end() {
    let mut world = World::of(1);
    world.nodes[0].on("eth_call", Act::Hold);
    let address = world.address();
    let client = thread::spawn(move || post(address, "/", &[], &call(1, "eth_call", PARAMS)));
    eventually("it is under way", || world.nodes[0].under_way("eth_call") > 0);
    thread::scope(|scope| {
        let (gateway, node) = (world.take_gateway(), &world.nodes[0]);
        scope.spawn(move || gateway.stop());
        eventually("new clients are refused", || TcpStream::connect(address).is_err());
        node.plainly("eth_call");
    });
    let answer = client.join().expect("the client does not panic").expect("a whole answer");
    assert_eq!(json(&answer), json!({"jsonrpc": "2.0", "id": 1, "result": "0x64"}));
}

#[test]
fn an_impatient_client_must_not_fail_an_upstreams_trial() {
    let world = World::of(2);
    let broken = Act::Http(500, None, String::new());
    world.nodes.iter().for_each(|node| node.on("eth_call", broken.clone()));
    eventually("both are out for this class", || {
        world.call("eth_call", PARAMS);
        world.snapshot().upstreams.iter().all(|upstream| !upstream.ejected.is_empty())
    });
    world.nodes[1].plainly("eth_call");
    eventually("one is back", || {
        world.call("eth_call", PARAMS);
        world.snapshot().upstreams[1].ejected.is_empty()
    });
    world.nodes[0].on("eth_call", Act::Hold);
    let trials = || world.snapshot().counts.trials;
    let before = trials();
    let soon = [("seawall-timeout-ms", "200")];
    eventually("the other is on trial", || {
        let answer = world.post_to("/", &soon, &call(1, "eth_call", PARAMS));
        assert_eq!(answer.header("x-seawall-upstream"), Some("b"), "{}", answer.text());
        trials() > before && world.nodes[0].under_way("eth_call") == 1
    });
    let probes = || world.nodes[0].seen("eth_getBlockByNumber").len();
    let before = probes();
    eventually("the client's time is long over", || probes() > before + 4);
    assert_eq!(world.nodes[0].under_way("eth_call"), 1, "the trial was given up");
}
