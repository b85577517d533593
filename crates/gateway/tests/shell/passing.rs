//! Large answers, which go to the client while they come.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use testkit::http::Connection;

use crate::support::{Act, Node, Parts, World, call, eventually, json, post};

const LATEST: &str = r#"[{},"latest"]"#;
const PATIENCE: Duration = Duration::from_secs(20);

fn body(result: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":$ID,"result":{result}}}"#)
}

/// A text of so many digits, in which each place is told from every other near it.
fn digits(count: usize) -> String {
    let text: String = (0..count / 7 + 1).map(|n| format!("{n:07}")).collect();
    format!(r#""0x{}""#, &text[..count])
}

/// One log that fits [`FILTER`], or does not.
fn log(index: usize, address: &str) -> String {
    format!(
        r#"{{"address":"0x{address:0>40}","topics":["0x{index:064x}"],"data":"0x{index:064x}","blockNumber":"0x5","transactionHash":"0x{index:064x}","transactionIndex":"0x0","logIndex":"{index:#x}","removed":false}}"#
    )
}

const FILTER: &str = r#"[{"fromBlock":"0x5","toBlock":"0x5","address":"0x00000000000000000000000000000000000000aa"}]"#;

fn logs(count: usize, wrong: Option<usize>) -> String {
    let one = |n| log(n, if Some(n) == wrong { "bb" } else { "aa" });
    format!("[{}]", (0..count).map(one).collect::<Vec<_>>().join(","))
}

#[test]
fn a_byte_lost_or_added_on_the_way_is_a_wrong_answer() {
    let world = World::of(1);
    let mut connection = Connection::open(world.address(), PATIENCE).expect("the gateway listens");
    let mut check = |method: &str, params: &str, text: &str, sized: bool| {
        world.nodes[0].on(method, Act::Parts(Parts::of(text.to_owned(), sized)));
        for id in ["7", "123456789012345678", r#""a \"text\" id""#, "null"] {
            let call = format!(r#"{{"id":{id},"method":"{method}","params":{params}}}"#);
            let answer = connection.exchange("POST", "/", &[], call.as_bytes());
            let answer = answer.expect("one connection serves them all");
            assert_eq!(answer.status(), 200);
            assert!(answer.text() == text.replace("$ID", id), "{method} {id} {sized}");
            assert_eq!(answer.header("x-seawall-upstream"), Some("a"));
        }
    };
    for sized in [true, false] {
        for size in [65_400, 65_600, 130_000, 200_000, 1_500_000] {
            check("eth_call", LATEST, &body(&digits(size)), sized);
        }
        // Other layouts, some of which are looked at whole.
        let text = digits(200_000);
        for layout in [
            format!(r#"{{"id":$ID,"jsonrpc":"2.0","result":[{text}]}}"#),
            format!(r#"{{"jsonrpc":"2.0","result":{text},"id":$ID}}"#),
            format!(r#"{{"id":$ID,"result":{text},"jsonrpc":"2.0"}}"#),
            format!(
                "{{ \"jsonrpc\" : \"2.0\", \"id\" : $ID, \"result\" : {{ \"a\": {text} }} \n}}\n"
            ),
            format!(
                r#"{{"jsonrpc":"2.0","id":$ID,"error":{{"code":3,"message":"execution reverted","data":{text}}}}}"#
            ),
        ] {
            check("eth_call", LATEST, &layout, sized);
        }
        check("eth_getLogs", FILTER, &body(&logs(800, None)), sized);
    }
    assert_eq!(world.snapshot().upstreams[0].failures, 0);
    assert_eq!(world.in_flight(), 0);
}

#[test]
fn half_an_answer_must_not_look_whole() {
    // A client that takes half a trace or half of the logs for all of them acts on it.
    for sized in [true, false] {
        let world = World::of(1);
        let breaks = Parts { breaks_after: 400_000, ..Parts::of(body(&digits(800_000)), sized) };
        world.nodes[0].on("eth_call", Act::Parts(breaks));
        let error = post(world.address(), "/", &[], &call(1, "eth_call", LATEST));
        assert!(error.is_err(), "sized: {sized}");
        eventually("the upstream is charged", || world.snapshot().upstreams[0].failures == 1);
        // A client of HTTP/1.0 takes the end of the connection for the end of the answer.
        let mut client = TcpStream::connect(world.address()).expect("the gateway listens");
        let call = call(1, "eth_call", LATEST);
        write!(client, "POST / HTTP/1.0\r\ncontent-length: {}\r\n\r\n{call}", call.len())
            .expect("the gateway reads");
        let ended = client.read_to_end(&mut Vec::new());
        assert!(ended.is_err(), "the end of the connection looked like that of an answer");
        world.nodes[0].plainly("eth_call");
        assert_eq!(json(&world.call("eth_call", LATEST))["result"], "0x64");
    }
}

#[test]
fn an_answer_that_ends_in_an_error_of_the_node_must_not_look_whole() {
    // Nodes that write while they work have sent half a list when they fail.
    let world = World::of(1);
    let half = format!(r#"[{},"error":{{"code":-32000,"message":"timed out"}}}}"#, digits(300_000));
    let text = format!(r#"{{"jsonrpc":"2.0","id":$ID,"result":{half}"#);
    for sized in [true, false] {
        world.nodes[0].on("eth_call", Act::Parts(Parts::of(text.clone(), sized)));
        let answer = post(world.address(), "/", &[], &call(1, "eth_call", LATEST));
        assert!(answer.is_err(), "sized: {sized}");
    }
    assert_eq!(world.snapshot().upstreams[0].failures, 2);
}

#[test]
fn an_upstream_that_breaks_early_is_replaced_without_the_clients_notice() {
    let world = World::of(3);
    let whole = body(&digits(300_000));
    let early = Parts { breaks_after: 30_000, ..Parts::of(whole.clone(), true) };
    world.nodes[0].on("eth_call", Act::Parts(early));
    for node in &world.nodes[1..] {
        node.on("eth_call", Act::Parts(Parts::of(whole.clone(), true)));
    }
    eventually("the broken one was asked", || {
        let answer = world.call("eth_call", LATEST);
        assert!(answer.text() == whole.replace("$ID", "1"));
        world.snapshot().upstreams[0].failures > 0
    });
}

#[test]
fn a_slow_client_must_not_have_the_gateway_hold_what_it_does_not_read() {
    const SIZE: usize = 100 << 20;
    /// What the sockets of two connections hold at most, and much less than it all.
    const HELD_MAX: usize = 40 << 20;
    let world = World::of(1);
    let parts = Parts::of(body(&digits(SIZE)), true);
    let given = std::sync::Arc::clone(&parts.given);
    world.nodes[0].on("eth_call", Act::Parts(parts));
    let mut client = TcpStream::connect(world.address()).expect("the gateway listens");
    let call = call(1, "eth_call", LATEST);
    write!(client, "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n{call}", call.len())
        .expect("the gateway reads");
    let (mut before, mut still) = (0, 0);
    eventually("nothing moves any more", || {
        let now = given.load(Ordering::Relaxed);
        still = if now == before && now > 0 { still + 1 } else { 0 };
        before = now;
        still > 40
    });
    assert!(before < HELD_MAX, "{before} bytes were read of the upstream");
    // Others are served meanwhile, and nothing is counted as under way.
    world.nodes[0].plainly("eth_call");
    assert_eq!(json(&world.call("eth_call", LATEST))["result"], "0x64");
    assert_eq!(world.in_flight(), 0);
    // And all of it comes once it is read.
    let mut read = 0;
    let mut buffer = vec![0; 1 << 20];
    while read < SIZE {
        let count = client.read(&mut buffer).expect("the rest comes");
        assert!(count > 0, "it ended after {read} bytes");
        read += count;
    }
    // A client that leaves in the middle is no failure of the upstream's.
    assert_eq!(world.snapshot().upstreams[0].failures, 0);
}

#[test]
fn a_wrong_log_far_behind_the_beginning_is_found_soon_and_then_never_handed_on() {
    let world = World::of(1);
    let mut handed_on = 0;
    for sized in [true, false] {
        let text = body(&logs(2_000, Some(1_500)));
        world.nodes[0].on("eth_getLogs", Act::Parts(Parts::of(text, sized)));
        let ask = || post(world.address(), "/", &[], &call(1, "eth_getLogs", FILTER));
        // One of eight is looked at from end to end; all are, once one was wrong.
        while ask().is_ok() {
            handed_on += 1;
            assert!(sized && handed_on < 500, "{handed_on} wrong answers went out");
        }
    }
    let evidence = json(&world.get("/v1/chains/testnet/evidence"));
    let found = evidence.as_array().and_then(|list| list.first()).expect("it is kept");
    assert_eq!((&found["check"], &found["wrong"]), (&"log_filter".into(), &"a".into()));
    let wrong = world.snapshot().upstreams[0].failures;
    assert_eq!(wrong, 2);
}

#[test]
fn what_is_to_be_kept_or_shared_is_looked_at_whole() {
    let world = World::with(vec![Node::start()], |config| config.chains[0].cache_bytes = 32 << 20);
    world.await_serving();
    eventually("it was probed", || world.nodes[0].answered("eth_getBalance") > 0);
    let text = body(&digits(300_000));
    world.nodes[0].on("eth_call", Act::Parts(Parts::of(text.clone(), true)));
    // The first time it is passed on, the second time it is kept.
    for (id, cache) in [(1, "miss"), (2, "miss"), (3, "hit"), (4, "hit")] {
        let answer = world.post(&call(id, "eth_call", LATEST));
        assert!(answer.text() == text.replace("$ID", &id.to_string()));
        assert_eq!(answer.header("x-seawall-cache"), Some(cache), "{id}");
    }
    // Too large to be kept: no part of it is.
    let large = body(&digits(2_000_000));
    world.nodes[0].on("eth_getCode", Act::Parts(Parts::of(large.clone(), true)));
    for id in 1..5 {
        let answer = world.post(&call(id, "eth_getCode", LATEST));
        assert!(answer.text() == large.replace("$ID", &id.to_string()));
    }
    // Several at once, of which those behind the first one wait for it.
    world.nodes[0].on("eth_getBalance", Act::Hold);
    let params = r#"["0xa","latest"]"#;
    thread::scope(|scope| {
        let ask = |id| post(world.address(), "/", &[], &call(id, "eth_getBalance", params));
        let clients: Vec<_> = (1..5_u64).map(|id| scope.spawn(move || (id, ask(id)))).collect();
        eventually("one asks", || world.nodes[0].under_way("eth_getBalance") > 0);
        world.nodes[0].on("eth_getBalance", Act::Parts(Parts::of(text.clone(), true)));
        for client in clients {
            let (id, answer) = client.join().expect("no panic");
            let answer = answer.expect("the gateway answers");
            assert!(answer.text() == text.replace("$ID", &id.to_string()));
        }
    });
}

#[test]
fn a_batch_gets_large_answers_whole() {
    let world = World::of(1);
    world.nodes[0].on("eth_call", Act::Parts(Parts::of(body(&digits(200_000)), true)));
    let calls = [call(1, "eth_call", LATEST), call(2, "eth_call", LATEST)].join(",");
    let answer = json(&world.post(&format!("[{calls}]")));
    let text: Value = serde_json::from_str(&digits(200_000)).expect("JSON");
    for at in 0..2 {
        assert_eq!(answer[at]["id"], at + 1);
        assert!(answer[at]["result"] == text);
    }
}
