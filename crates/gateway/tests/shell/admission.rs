//! More calls than the upstreams bear: who is let in, who waits, who is told to come back.

use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::thread::ScopedJoinHandle;

use gateway::AdmissionSnapshot;
use gateway_core::State;
use testkit::http::Message;

use crate::support::{Act, Node, World, call, eventually, json, post};

const HASH: &str = r#"["0x1111111111111111111111111111111111111111111111111111111111111111"]"#;

/// One node, before which so many calls may wait.
fn world(max_queue: usize) -> World {
    let world = World::with(vec![Node::start()], |config| {
        config.admission.max_queue = max_queue;
        config.admission.client_header = Some("x-forwarded-for".try_into().expect("a header"));
    });
    world.await_serving();
    world
}

fn admission(world: &World) -> AdmissionSnapshot {
    let (_, admission) = world.gateway().admissions().swap_remove(0);
    admission
}

/// A read that nobody has asked before, so that it is neither kept nor shared.
fn read() -> String {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let address = LAST.fetch_add(1, Ordering::SeqCst);
    call(1, "eth_getBalance", &format!(r#"["{address:#042x}","latest"]"#))
}

/// Makes a read for a client behind the proxy, on a thread of its own.
fn ask<'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    world: &World,
    client: &'static str,
) -> ScopedJoinHandle<'scope, Message> {
    let address = world.address();
    scope.spawn(move || {
        let headers = [("x-forwarded-for", client)];
        post(address, "/", &headers, &read()).expect("the gateway answers")
    })
}

#[test]
fn what_is_too_much_is_told_to_come_back() {
    // Without a word on when, ethers and viem come back at once and make it worse.
    let world = world(10);
    world.nodes[0].on("eth_getBalance", Act::Hold);
    thread::scope(|scope| {
        let calls: Vec<_> = (0..40).map(|_| ask(scope, &world, "192.0.2.1")).collect();
        // 18 of 20 places are for reads, and 5 of 10 that wait.
        eventually("the rest is sent away", || admission(&world).shed == 17);
        let now = admission(&world);
        assert_eq!((now.places, now.taken, now.waiting), (20, 18, 5));
        eventually("all that were let in are under way", || {
            world.nodes[0].under_way("eth_getBalance") == 18
        });
        // What needs no upstream is answered all the same.
        assert_eq!(json(&world.call("eth_chainId", "[]"))["result"], "0x1e61");
        world.nodes[0].plainly("eth_getBalance");
        let answers: Vec<Message> =
            calls.into_iter().map(|call| call.join().expect("a call ends")).collect();
        let (good, shed): (Vec<_>, Vec<_>) =
            answers.iter().partition(|answer| answer.status() == 200);
        assert_eq!((good.len(), shed.len()), (23, 17));
        for answer in shed {
            assert_eq!(answer.status(), 429);
            assert_eq!(answer.header("retry-after"), Some("003"));
            let error = &json(answer)["error"];
            assert_eq!(
                (&error["code"], &error["data"]["reason"]),
                (&(-32005).into(), &"overloaded".into())
            );
        }
    });
    eventually("every place is given back", || admission(&world).taken == 0);
}

#[test]
fn a_flood_of_reads_must_not_keep_a_transaction_out() {
    let world = world(1_000);
    world.nodes[0].on("eth_getBalance", Act::Hold);
    world.nodes[0].on("eth_sendRawTransaction", Act::result("\"0x02\""));
    world.nodes[0].on("eth_getTransactionReceipt", Act::result("null"));
    thread::scope(|scope| {
        let reads: Vec<_> = (0..30).map(|_| ask(scope, &world, "192.0.2.1")).collect();
        eventually("reads wait", || admission(&world).waiting == 12);
        let sent = world.call("eth_sendRawTransaction", r#"["0x02"]"#);
        assert_eq!(json(&sent)["result"], "0x02");
        let receipt = world.call("eth_getTransactionReceipt", HASH);
        assert_eq!(json(&receipt)["result"], serde_json::Value::Null);
        assert_eq!(admission(&world).waiting, 12);
        world.nodes[0].plainly("eth_getBalance");
        for read in reads {
            assert_eq!(read.join().expect("a call ends").status(), 200);
        }
    });
}

#[test]
fn a_full_queue_has_room_for_who_has_nothing_in_it() {
    // One client's flood fills the queue, and everybody else is told to come back.
    let world = world(20);
    world.nodes[0].on("eth_getBalance", Act::Hold);
    thread::scope(|scope| {
        let flood: Vec<_> = (0..40).map(|_| ask(scope, &world, "203.0.113.9, 192.0.2.1")).collect();
        eventually("the queue is full", || admission(&world).shed == 12);
        let quiet = ask(scope, &world, "203.0.113.9, 192.0.2.2");
        eventually("another of the flood is sent away", || admission(&world).shed == 13);
        world.nodes[0].plainly("eth_getBalance");
        assert_eq!(quiet.join().expect("a call ends").status(), 200);
        let good = flood.into_iter().map(|call| call.join().expect("a call ends"));
        assert_eq!(good.filter(|answer| answer.status() == 200).count(), 27);
    });
}

#[test]
fn a_client_that_leaves_while_it_waits_takes_no_place() {
    // Each one that gave up would take a place for ever, until none is left.
    let world = world(1_000);
    world.nodes[0].on("eth_getBalance", Act::Hold);
    let mut gone = Vec::new();
    for _ in 0..30 {
        let mut client = TcpStream::connect(world.address()).expect("the gateway listens");
        let body = read();
        let head = format!("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", body.len());
        client.write_all(format!("{head}{body}").as_bytes()).expect("the gateway reads");
        gone.push(client);
    }
    eventually("some wait", || admission(&world).waiting == 12);
    drop(gone);
    eventually("all have left", || {
        let now = admission(&world);
        (now.taken, now.waiting) == (0, 0)
    });
    assert_eq!(admission(&world).shed, 0);
}

#[test]
fn the_first_that_returns_is_not_met_by_all_who_waited() {
    // 2020-11-11, 12:37 UTC: the nodes were well again, and the retries of all who had missed them felled
    // what stood behind.
    let world = World::of(3);
    let probes = ["eth_getBlockByNumber", "eth_chainId", "eth_getBlockByHash"];
    for node in &world.nodes {
        for method in probes.into_iter().chain(["eth_getBalance"]) {
            node.on(method, Act::Http(500, None, String::new()));
        }
    }
    eventually("all are away", || {
        world.snapshot().upstreams.iter().all(|upstream| upstream.state == State::Unreachable)
    });
    let over = AtomicBool::new(false);
    let first = &world.nodes[0];
    thread::scope(|scope| {
        for _ in 0..100 {
            scope.spawn(|| {
                while !over.load(Ordering::SeqCst) {
                    // Sent away or answered: it comes again at once.
                    let _answer = post(world.address(), "/", &[], &read()).is_ok();
                }
            });
        }
        eventually("calls wait", || admission(&world).waiting > 50);
        first.on("eth_getBalance", Act::Hold);
        probes.into_iter().for_each(|method| first.plainly(method));
        eventually("it is asked", || first.under_way("eth_getBalance") == 4);
        eventually("it serves", || world.snapshot().upstreams[0].state == State::Serving);
        assert_eq!(first.under_way("eth_getBalance"), 4);
        // What it answers well makes it trusted with more.
        first.plainly("eth_getBalance");
        eventually("it is trusted with more", || {
            world.snapshot().upstreams[0].room.is_some_and(|room| room > 4)
        });
        eventually("it answers a thousand", || first.answered("eth_getBalance") > 1_000);
        over.store(true, Ordering::SeqCst);
    });
}
