//! New heads that upstreams tell by themselves.

use runtime::client::Endpoint;
use units::Span;

use testkit::http::Message;

use crate::support::{Node, World, eventually, json};

#[test]
fn a_head_told_over_websocket_must_not_wait_for_the_next_poll() {
    let nodes = vec![Node::start(), Node::start()];
    let urls: Vec<String> = nodes.iter().map(Node::websocket_url).collect();
    let world = World::with(nodes, |config| {
        config.chains[0].block_time = Span::from_secs(60);
        for (upstream, url) in config.chains[0].upstreams.iter_mut().zip(&urls) {
            upstream.ws = Some(Endpoint::parse(url).expect("a URL"));
        }
    });
    world.await_serving();
    assert_eq!(world.head(), "0x64");
    // The polls still say 100: who hears of 101 heard it over WebSocket.
    world.nodes.iter().for_each(|node| assert_eq!(node.tell_child_of_head(), 101));
    eventually("the told head is agreed", || world.head() == "0x65");
    // A poll that lags behind does not take it back.
    let polls = || world.nodes[0].seen("eth_getBlockByNumber").len();
    let before = polls();
    eventually("it is polled again", || polls() > before);
    assert_eq!(world.head(), "0x65");
}

#[test]
fn a_lying_websocket_must_not_move_the_head_alone() {
    let nodes = vec![Node::start(), Node::start(), Node::start()];
    let url = nodes[0].websocket_url();
    let world = World::with(nodes, |config| {
        config.chains[0].upstreams[0].ws = Some(Endpoint::parse(&url).expect("a URL"));
    });
    world.await_serving();
    world.nodes[0].tell_child_of_head();
    let told = || json(&world.get("/v1/chains/testnet"))["upstreams"][0]["head"]["number"] == 101;
    eventually("the head was heard", told);
    assert_eq!(world.head(), "0x64");
}

#[test]
fn a_halted_chain_must_not_look_like_a_broken_provider() {
    // Clients would leave a good provider for another, and find the same old block there.
    let world = World::of(3);
    let verdict = |response: &Message| response.header("x-seawall-verdict").map(str::to_owned);
    assert_eq!(verdict(&world.call("eth_blockNumber", "[]")), None);
    let halted = || verdict(&world.call("eth_blockNumber", "[]")).as_deref() == Some("stalled");
    eventually("the nodes stand at one block for three block times", halted);
}
