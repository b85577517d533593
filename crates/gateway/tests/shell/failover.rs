//! Upstreams that fail, lie, or want to be left alone.

use serde_json::json;

use crate::support::{Act, Node, World, eventually, json};

const PARAMS: &str = r#"[{},"latest"]"#;

/// Three upstreams of which the first two are treated so, called until one of them was asked: two, because
/// of two random ones the better is chosen, and the third is soon known to be good. Which of them it was.
fn call_until_one_fails(world: &World, act: &Act) -> usize {
    world.nodes[..2].iter().for_each(|node| node.on("eth_call", act.clone()));
    let mut most_attempts = 1_u32;
    for _ in 0..200 {
        let answer = world.call("eth_call", PARAMS);
        assert_eq!((answer.status(), &json(&answer)["result"]), (200, &json!("0x64")), "{act:?}");
        assert_eq!(answer.header("x-seawall-upstream"), Some("c"), "{act:?}");
        let asked = |node: &Node| node.seen("eth_call").len();
        let failed = asked(&world.nodes[0]) + asked(&world.nodes[1]);
        let attempts = answer.header("x-seawall-attempts").and_then(|text| text.parse().ok());
        most_attempts = most_attempts.max(attempts.expect("a number"));
        if failed > 0 {
            assert!(most_attempts > 1, "{act:?}: an attempt was not counted");
            return usize::from(asked(&world.nodes[0]) == 0);
        }
    }
    panic!("nobody but the good one was ever asked");
}

fn check(act: &Act) {
    call_until_one_fails(&World::of(3), act);
}

#[test]
fn a_server_error_must_not_reach_the_client() {
    check(&Act::Http(500, None, "oops".to_owned()));
    check(&Act::Http(502, None, "<html>Bad Gateway</html>".to_owned()));
}

#[test]
fn an_internal_error_is_worth_a_second_opinion() {
    // Two of them are believed, so only one node errs; which is asked first is chance.
    let erred = (0..40).any(|_| {
        let world = World::of(2);
        world.nodes[0].on("eth_call", Act::error(r#"{"code":-32603,"message":"boom"}"#));
        let answer = world.call("eth_call", PARAMS);
        assert_eq!(json(&answer)["result"], "0x64", "{}", answer.text());
        answer.header("x-seawall-attempts") == Some("2")
    });
    assert!(erred, "the node that errs was never asked");
}

#[test]
fn a_page_in_place_of_json_must_not_reach_the_client() {
    check(&Act::Http(200, None, "<!doctype html><p>Welcome to our plans".to_owned()));
    check(&Act::Http(200, None, String::new()));
    check(&Act::Body("[]".to_owned()));
}

#[test]
fn half_an_answer_must_not_reach_the_client() {
    check(&Act::Body(r#"{"jsonrpc":"2.0","id":$ID,"result":"0x"#.to_owned()));
    check(&Act::CutBody);
}

#[test]
fn a_rate_limit_must_not_reach_the_client_while_another_can_answer() {
    check(&Act::too_many("30"));
    let words = r#"{"code":-32005,"message":"daily request count exceeded"}"#;
    check(&Act::error(words));
}

#[test]
fn an_answer_to_another_call_must_not_be_believed() {
    check(&Act::Body(r#"{"jsonrpc":"2.0","id":1,"result":"0xbad"}"#.to_owned()));
    check(&Act::Body(r#"{"jsonrpc":"2.0","id":"1","result":"0xbad"}"#.to_owned()));
}

#[test]
fn an_upstream_that_is_gone_must_not_cost_a_call() {
    let mut world = World::of(3);
    world.nodes[0].kill();
    world.nodes[1].kill();
    for _ in 0..10 {
        let answer = world.call("eth_call", PARAMS);
        assert_eq!(json(&answer)["result"], "0x64", "{}", answer.text());
        assert_eq!(answer.header("x-seawall-upstream"), Some("c"));
    }
}

#[test]
fn a_silent_upstream_must_not_make_the_client_wait_for_it() {
    let world = World::of(3);
    let silent = call_until_one_fails(&world, &Act::Hold);
    eventually("the loser is cancelled", || world.nodes[silent].under_way("eth_call") == 0);
    assert_eq!(world.in_flight(), 0);
}

#[test]
fn an_upstream_that_wants_a_pause_must_get_it() {
    let world = World::of(3);
    let paused = call_until_one_fails(&world, &Act::too_many("60"));
    // Whatever had left before the pause was asked for has arrived once another node was probed again.
    let probes = || world.nodes[2].seen("eth_getBlockByNumber").len();
    let before = probes();
    eventually("another is probed", || probes() > before + 1);
    let quiet_since = world.nodes[paused].seen_in_all();
    let before = probes();
    for _ in 0..20 {
        assert_eq!(world.call("eth_call", PARAMS).status(), 200);
    }
    eventually("another is probed", || probes() > before + 2);
    assert_eq!(world.nodes[paused].seen_in_all(), quiet_since, "it was asked during its pause");
    let chain = json(&world.get("/v1/chains/testnet"));
    let reason = chain["upstreams"][paused]["reason"].as_str().expect("a reason");
    assert!(reason.contains("rate-limited"), "{reason}");
}

#[test]
fn a_client_must_be_told_to_come_back_when_all_want_a_pause() {
    let world = World::of(2);
    world.nodes.iter().for_each(|node| node.on("eth_call", Act::too_many("60")));
    let answer = world.call("eth_call", PARAMS);
    assert_eq!(answer.status(), 429, "{}", answer.text());
    assert_eq!(answer.header("retry-after"), Some("003"));
    let error = json(&answer)["error"].clone();
    assert_eq!(error["code"], -32005, "{error}");
    assert_eq!(error["data"]["reason"], "rate_limited");
    assert_eq!(answer.header("x-seawall-upstream"), Some("none"));
    // The chain's own word is still there.
    assert_eq!(world.head(), "0x64");
}

#[test]
fn when_all_fail_the_client_hears_ours_and_not_theirs() {
    let world = World::of(2);
    world.nodes.iter().for_each(|node| {
        node.on("eth_call", Act::Http(500, None, "secret stack trace".to_owned()));
    });
    let answer = world.call("eth_call", PARAMS);
    assert_eq!(answer.status(), 503);
    assert!(!answer.text().contains("stack trace"), "{}", answer.text());
    let error = json(&answer)["error"].clone();
    assert_eq!(
        (&error["code"], &error["data"]["reason"]),
        (&json!(-32002), &json!("upstreams_failed"))
    );
}

#[test]
fn an_upstream_of_another_chain_must_never_be_asked_for_a_client() {
    let nodes = vec![Node::start(), Node::start(), Node::start(), Node::start(), Node::start()];
    nodes[0].set_chain_id(1);
    nodes[1].set_other_genesis();
    let world = World::with(nodes, |_| {});
    eventually("the others serve and the strangers are put out", || {
        let chain = json(&world.get("/v1/chains/testnet"));
        let state = |at: usize| chain["upstreams"][at]["state"].clone();
        [state(0), state(1)].iter().all(|state| state == "rejected")
            && [state(2), state(3), state(4)].iter().all(|state| state == "serving")
    });
    for _ in 0..30 {
        assert_eq!(json(&world.call("eth_call", PARAMS))["result"], "0x64");
    }
    let hash = json(&world.call("eth_sendRawTransaction", r#"["0x02c0"]"#));
    assert_eq!(hash["error"]["code"], -32601, "the nodes do not know this method: {hash}");
    for node in &world.nodes[..2] {
        assert!(node.seen("eth_call").is_empty());
        assert!(node.seen("eth_sendRawTransaction").is_empty());
    }
}

#[test]
fn a_mixed_up_provider_must_not_be_believed_about_its_chain_either() {
    let nodes = vec![Node::start(), Node::start(), Node::start()];
    // What another gateway asked: it says 7, and the call carried another id.
    let foreign = r#"{"jsonrpc":"2.0","id":7,"result":"0x1e61"}"#;
    nodes[0].on("eth_chainId", Act::Body(foreign.to_owned()));
    let world = World::with(nodes, |_| {});
    let state = |at: usize| json(&world.get("/v1/chains/testnet"))["upstreams"][at].clone();
    eventually("the others serve", || (1..3).all(|at| state(at)["state"] == "serving"));
    eventually("it is put out", || {
        state(0)["reason"].as_str().is_some_and(|reason| reason.contains("somebody else's id"))
    });
    assert_eq!(state(0)["state"], "unreachable");
}

#[test]
fn an_answer_over_the_limit_must_not_fill_the_memory() {
    let nodes = vec![Node::start(), Node::start(), Node::start()];
    let world = World::with(nodes, |config| config.limits.response_bytes = 10_000);
    world.await_serving();
    call_until_one_fails(&world, &Act::result(&format!(r#""0x{}""#, "0".repeat(20_000))));
}
