//! Which chain an upstream is on: id and genesis, checked, agreed on, and looked at again.

use gateway_core::{
    BlockHash, EventKind, Header, MethodClass, Needs, Probe, ProbeAnswer, State, UpstreamId,
};

use crate::bench::{BLOCK, Bench, hash, sends};

fn genesis(hash: BlockHash) -> ProbeAnswer {
    let parent = BlockHash::default();
    ProbeAnswer::Header(Some(Header { number: 0, hash, parent, timestamp: 0 }))
}

#[test]
fn an_upstream_with_another_chain_id_is_never_asked() {
    // A testnet endpoint in the list would answer balances of another world.
    let mut bench = Bench::silent(&["one", "two", "three"], None);
    bench.scripts[1].chain_id = 5;
    bench.pass(BLOCK);
    assert_eq!(bench.state(1), State::Rejected);
    for _ in 0..50 {
        let (mut call, outputs) = bench.read(MethodClass::State);
        assert!(!sends(&outputs).contains(&UpstreamId(1)));
        call.abandon(&mut bench.chain);
    }
    let told = bench.take_events(EventKind::State);
    assert!(told.iter().any(|text| text.contains("reports id 5, not 1")), "{told:?}");
}

#[test]
fn the_genesis_that_most_operators_report_is_the_right_one() {
    // A fork with the same chain id would pass for ours.
    let mut bench = Bench::silent(&["one", "two", "three"], None);
    bench.scripts[0].genesis = hash(0, 6);
    bench.pass(BLOCK);
    assert_eq!(
        [0, 1, 2].map(|index| bench.state(index)),
        [State::Rejected, State::Serving, State::Serving]
    );
}

#[test]
fn a_declared_genesis_wins_over_all_operators() {
    // The operator of the gateway says what the chain is, not the providers.
    let mut bench = Bench::silent(&["one", "two", "three"], Some(hash(0, 6)));
    bench.scripts[2].genesis = hash(0, 6);
    bench.pass(BLOCK);
    assert_eq!(
        [0, 1, 2].map(|index| bench.state(index)),
        [State::Rejected, State::Rejected, State::Serving]
    );
}

#[test]
fn who_is_on_another_chain_has_no_say_in_the_genesis() {
    // Of two upstreams the wrong one is declared first: its genesis would put the right one out.
    let mut bench = Bench::silent(&["one", "two"], None);
    let now = bench.now();
    bench.chain.on_probe(now, UpstreamId(0), Probe::Genesis, genesis(hash(0, 6)));
    bench.chain.on_probe(now, UpstreamId(1), Probe::Genesis, genesis(hash(0, 0)));
    bench.chain.on_probe(now, UpstreamId(1), Probe::ChainId, ProbeAnswer::ChainId(1));
    bench.chain.on_probe(now, UpstreamId(0), Probe::ChainId, ProbeAnswer::ChainId(5));
    bench.scripts[0].chain_id = 5;
    bench.pass(BLOCK);
    assert_eq!([0, 1].map(|index| bench.state(index)), [State::Rejected, State::Serving]);
}

#[test]
fn a_mended_upstream_is_let_in_again_soon() {
    // After a wrong URL was put right the provider would stay out until the hourly look.
    let mut bench = Bench::silent(&["one", "two", "three"], None);
    bench.scripts[1].chain_id = 5;
    bench.scripts[1].genesis = hash(0, 6);
    bench.pass(10 * BLOCK);
    assert_eq!(bench.state(1), State::Rejected);
    bench.scripts[1].chain_id = 1;
    bench.scripts[1].genesis = hash(0, 0);
    bench.pass(8 * BLOCK);
    assert_eq!(bench.state(1), State::Serving);
}

#[test]
fn an_upstream_that_changes_networks_is_found_within_the_hour() {
    // A provider that repoints an endpoint would answer for another chain from then on.
    let mut bench = Bench::three();
    bench.scripts[1].chain_id = 5;
    bench.pass(BLOCK);
    assert_eq!(bench.state(1), State::Serving);
    bench.pass(3_600 * BLOCK);
    assert_eq!(bench.state(1), State::Rejected);
}

#[test]
fn a_replaced_upstream_does_not_overturn_the_genesis() {
    // One of two endpoints comes back as another network: the right one would be put out for it.
    let mut bench = Bench::new(&["one", "two"]);
    bench.scripts[0].fails = crate::bench::down();
    bench.produce(3, &[1]);
    bench.scripts[0].fails = None;
    bench.scripts[0].genesis = hash(0, 6);
    let now = bench.now();
    bench.chain.on_probe(now, UpstreamId(0), Probe::Genesis, genesis(hash(0, 6)));
    assert_eq!(bench.state(1), State::Serving);
    bench.produce(3, &[1]);
    assert_eq!([0, 1].map(|index| bench.state(index)), [State::Rejected, State::Serving]);
}

#[test]
fn an_upstream_that_comes_back_is_identified_before_it_serves() {
    // A head that looks right would be enough for a replaced node to be given calls.
    let mut bench = Bench::three();
    bench.scripts[2].fails = crate::bench::down();
    bench.produce(3, &[0, 1]);
    let head = bench.agreed();
    let header = Header { number: 103, hash: head.hash, parent: hash(102, 0), timestamp: 103 };
    for _ in 0..5 {
        let answer = ProbeAnswer::Header(Some(header));
        bench.chain.on_probe(bench.now(), UpstreamId(2), Probe::Head, answer);
    }
    assert_eq!(bench.state(2), State::Unreachable);
    bench.scripts[2].fails = None;
    bench.produce(2, &[0, 1, 2]);
    assert_eq!(bench.state(2), State::Serving);
}

#[test]
fn a_genesis_that_is_not_there_yet_is_asked_for_again() {
    // A node that is just starting says "no such block": it would not be used for an hour.
    let mut bench = Bench::new(&["one", "two"]);
    let mut third = Bench::silent(&["one", "two", "three"], None);
    bench.pass(BLOCK);
    let now = third.now();
    while let Some(order) = third.chain.poll_probe(now) {
        third.chain.on_probe(now, order.upstream, order.probe, ProbeAnswer::Header(None));
    }
    third.pass(2 * BLOCK);
    assert!((0..3).all(|index| third.state(index) == State::Serving));
}

#[test]
fn nobody_is_asked_whose_chain_is_unknown() {
    // In the first moments a call would go to whatever listens at the address.
    let mut bench = Bench::silent(&["one", "two"], None);
    let (call, outputs) = bench.ask(MethodClass::Fee, Needs::Anything, true);
    assert!(outputs.is_empty() && call.attempts() == 0);
    bench.chain.on_probe(bench.now(), UpstreamId(0), Probe::ChainId, ProbeAnswer::ChainId(1));
    let (_, outputs) = bench.ask(MethodClass::Fee, Needs::Anything, true);
    assert!(outputs.is_empty());
}
