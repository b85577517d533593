//! Calls that ask the same at the same time.

use std::io::Write;
use std::net::TcpStream;
use std::thread::{self, ScopedJoinHandle};

use testkit::http::Message;

use crate::support::{Act, Node, World, call, eventually, json, post};

const LATEST: &str = r#"[{},"latest"]"#;

/// How often an answer was looked for among those that are kept. Who has looked, and found nothing, has also
/// joined the call that is under way.
fn misses(world: &World) -> u64 {
    let text = world.get("/metrics").text();
    let name = r#"seawall_gateway_cache_events_since_start{chain="testnet",kind="miss"} "#;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.expect("the metric is there").parse().expect("a number")
}

/// One node that lets calls wait.
fn holding(method: &str) -> World {
    let world = World::keeping(vec![Node::start()]);
    eventually("it was probed", || world.nodes[0].answered("eth_getBalance") > 0);
    world.nodes[0].on(method, Act::Hold);
    world
}

fn client<'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    world: &World,
    body: String,
) -> ScopedJoinHandle<'scope, Message> {
    let address = world.address();
    scope.spawn(move || post(address, "/", &[], &body).expect("the gateway answers"))
}

#[test]
fn many_who_ask_the_same_at_once_cost_one_call() {
    // When a block comes, every visitor of a page asks the same within a moment.
    let world = holding("eth_call");
    let before = misses(&world);
    let answers: Vec<Message> = thread::scope(|scope| {
        let clients: Vec<_> =
            (0..8).map(|id| client(scope, &world, call(id, "eth_call", LATEST))).collect();
        eventually("all have joined", || misses(&world) == before + 8);
        world.nodes[0].plainly("eth_call");
        clients.into_iter().map(|client| client.join().expect("no panic")).collect()
    });
    assert_eq!(world.nodes[0].seen("eth_call").len(), 1);
    for (id, answer) in answers.iter().enumerate() {
        assert_eq!((&json(answer)["id"], &json(answer)["result"]), (&id.into(), &"0x64".into()));
    }
    let shared = |answer: &&Message| answer.header("x-seawall-cache") == Some("shared");
    assert_eq!(answers.iter().filter(shared).count(), 7);
    assert!(world.get("/metrics").text().contains(r#"kind="shared"} 7"#));
}

#[test]
fn who_leads_and_leaves_does_not_take_the_others_call_along() {
    // One impatient visitor would make all others wait twice.
    let world = holding("eth_call");
    let before = misses(&world);
    let mut first = TcpStream::connect(world.address()).expect("the gateway listens");
    let body = call(1, "eth_call", LATEST);
    let head = format!("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", body.len());
    first.write_all(format!("{head}{body}").as_bytes()).expect("the gateway reads");
    eventually("it is under way", || world.nodes[0].under_way("eth_call") == 1);
    let answer = thread::scope(|scope| {
        let second = client(scope, &world, call(2, "eth_call", LATEST));
        eventually("the second has joined", || misses(&world) == before + 2);
        drop(first);
        // The gateway has seen that the first is gone once it has answered others after that.
        for _ in 0..20 {
            world.head();
        }
        assert_eq!(world.nodes[0].under_way("eth_call"), 1);
        world.nodes[0].plainly("eth_call");
        second.join().expect("no panic")
    });
    assert_eq!(json(&answer)["result"], "0x64");
    assert_eq!(world.nodes[0].seen("eth_call").len(), 1);
    eventually("the accounts are settled", || world.in_flight() == 0);
}

#[test]
fn who_leads_and_has_less_time_is_refused_alone() {
    // The others' clients wait longer, and would be told that their time is up.
    let world = holding("eth_call");
    let before = misses(&world);
    let (short, long) = thread::scope(|scope| {
        let address = world.address();
        let short = scope.spawn(move || {
            let soon = [("seawall-timeout-ms", "400")];
            post(address, "/", &soon, &call(1, "eth_call", LATEST)).expect("the gateway answers")
        });
        eventually("the first leads", || misses(&world) == before + 1);
        let long = client(scope, &world, call(2, "eth_call", LATEST));
        let short = short.join().expect("no panic");
        world.nodes[0].plainly("eth_call");
        (short, long.join().expect("no panic"))
    });
    assert_eq!(short.status(), 503, "{}", short.text());
    assert_eq!(json(&long)["result"], "0x64");
    eventually("the accounts are settled", || world.in_flight() == 0);
}

#[test]
fn who_follows_and_has_less_time_is_refused_in_it() {
    let world = holding("eth_call");
    let before = misses(&world);
    thread::scope(|scope| {
        let long = client(scope, &world, call(1, "eth_call", LATEST));
        eventually("the first leads", || misses(&world) == before + 1);
        let soon = [("seawall-timeout-ms", "200")];
        let short = world.post_to("/", &soon, &call(2, "eth_call", LATEST));
        assert_eq!(short.status(), 503, "{}", short.text());
        assert_eq!(json(&short)["error"]["data"]["reason"], "deadline");
        world.nodes[0].plainly("eth_call");
        assert_eq!(json(&long.join().expect("no panic"))["result"], "0x64");
    });
}

#[test]
fn an_error_is_told_to_all_who_asked() {
    // A revert is an answer, too: nobody is to wait for a better one.
    let world = holding("eth_call");
    let before = misses(&world);
    let revert = r#"{"code":3,"message":"execution reverted","data":"0xabcd"}"#;
    thread::scope(|scope| {
        let clients: Vec<_> =
            (0..3).map(|id| client(scope, &world, call(id, "eth_call", LATEST))).collect();
        eventually("all have joined", || misses(&world) == before + 3);
        world.nodes[0].on("eth_call", Act::error(revert));
        for client in clients {
            let answer = json(&client.join().expect("no panic"));
            assert_eq!(answer["error"]["data"], "0xabcd");
        }
    });
    assert_eq!(world.nodes[0].seen("eth_call").len(), 1);
}

#[test]
fn what_the_client_may_just_have_changed_is_asked_for_it_alone() {
    // Whoever sends a transaction and asks for the next nonce would get the answer to an older question,
    // and use the nonce twice.
    for (method, params) in [
        ("eth_getTransactionCount", r#"["0xa","pending"]"#),
        ("eth_getTransactionByHash", r#"["0x01"]"#),
        ("eth_sendBundle", "[{}]"),
    ] {
        let world = holding(method);
        thread::scope(|scope| {
            let clients: Vec<_> =
                (0..2).map(|id| client(scope, &world, call(id, method, params))).collect();
            eventually(method, || world.nodes[0].under_way(method) == 2);
            world.nodes[0].on(method, Act::result(r#""0x1""#));
            clients.into_iter().for_each(|client| drop(client.join()));
        });
        assert_eq!(world.nodes[0].seen(method).len(), 2, "{method}");
    }
}
