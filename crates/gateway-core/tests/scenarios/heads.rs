//! The agreed head: who has a say in it, how it moves and how it does not.

use gateway_core::{
    BlockHash, BlockRef, EventKind, Header, MethodClass, Probe, ProbeAnswer, State, UpstreamId,
};

use crate::bench::{BLOCK, Bench, down, hash, sends};

#[test]
fn unknown_is_not_zero_behind() {
    // A node that never told its head would be given calls about blocks it may not have.
    let mut bench = Bench::silent(&["one", "two", "three"], None);
    bench.scripts[2].head = None;
    bench.pass(2 * BLOCK);
    assert_eq!(bench.agreed(), bench.block(100, 0));
    assert_eq!(bench.state(2), State::Unreachable);
    for _ in 0..50 {
        let (mut call, outputs) = bench.read(MethodClass::State);
        assert!(!sends(&outputs).contains(&UpstreamId(2)));
        call.abandon(&mut bench.chain);
    }
}

#[test]
fn the_first_to_answer_does_not_set_the_head_alone() {
    // A liar that is quicker than all others at start would be followed, and the others put out.
    let mut bench = Bench::silent(&["one", "two", "three"], None);
    let lie = bench.branch(100, 130, 6);
    bench.heads(&[lie]);
    let probes = [Probe::ChainId, Probe::Genesis, Probe::Head];
    let lied = [
        ProbeAnswer::ChainId(1),
        ProbeAnswer::Header(Some(Header {
            number: 0,
            hash: hash(0, 0),
            parent: BlockHash::default(),
            timestamp: 0,
        })),
        ProbeAnswer::Header(Some(Header {
            number: 130,
            hash: lie.hash,
            parent: hash(129, 6),
            timestamp: 0,
        })),
    ];
    for (probe, answer) in probes.into_iter().zip(lied) {
        bench.chain.on_probe(bench.now(), UpstreamId(0), probe, answer);
    }
    assert_eq!(bench.chain.view(), None);
    bench.pass(BLOCK);
    assert_eq!(bench.agreed(), bench.block(100, 0));
}

#[test]
fn who_cannot_be_reached_at_start_is_not_waited_for() {
    // One dead provider in the configuration would keep the gateway from starting.
    let mut bench = Bench::silent(&["one", "two", "three"], None);
    bench.scripts[1].fails = down();
    bench.scripts[2].fails = down();
    bench.pass(BLOCK);
    assert_eq!(bench.agreed(), bench.block(100, 0));
}

#[test]
fn of_two_the_one_that_moves_is_believed_at_start() {
    // A node that never got past an old block would keep a gateway over two from ever starting.
    let mut bench = Bench::silent(&["one", "two"], None);
    let stuck = bench.main(3);
    bench.heads(&[stuck]);
    let mut number = 9_000;
    let far = BlockRef { number, hash: hash(number, 0) };
    let mut tip = bench.blocks.grow(far, number + 1, 0);
    for _ in 0..4 {
        number += 1;
        tip = bench.blocks.grow(tip, number + 1, 0);
        bench.scripts[1].head = Some(tip);
        bench.pass(BLOCK);
    }
    assert_eq!(bench.agreed(), tip);
    assert_eq!(bench.state(0), State::Lagging);
}

#[test]
fn a_lone_head_far_ahead_is_believed_only_when_a_second_operator_shows_it() {
    // A broken or hostile provider would drag every wallet to a height that does not exist.
    let mut bench = Bench::three();
    let far = BlockRef { number: 1_000_000, hash: hash(1_000_000, 0) };
    let claim = bench.blocks.grow(far, 1_000_002, 0);
    bench.scripts[2].head = Some(claim);
    bench.pass(10 * BLOCK);
    assert_eq!(bench.state(2), State::Quarantined);
    assert_eq!(bench.agreed(), bench.block(100, 0));
    bench.scripts[1].head = Some(claim);
    bench.take_events(EventKind::Reorg);
    bench.pass(4 * BLOCK);
    assert_eq!(bench.agreed(), claim);
    assert_eq!(bench.take_events(EventKind::Reorg).len(), 1);
}

#[test]
fn a_head_whose_parents_are_never_shown_is_put_out_until_they_are() {
    // A branch that nobody can check would count as agreement.
    let mut bench = Bench::three();
    let lie = bench.branch(100, 110, 6);
    bench.scripts[2].shows_parents = false;
    bench.scripts[2].head = Some(lie);
    bench.produce(5, &[0, 1]);
    assert_eq!(bench.state(2), State::Quarantined);
    let head = bench.agreed();
    bench.scripts[2].head = Some(head);
    bench.produce(4, &[0, 1, 2]);
    assert_eq!(bench.state(2), State::Serving);
}

#[test]
fn missing_parents_are_filled_in() {
    // After a gap of some blocks the head would stand, or the jump would look like a reorg.
    let mut bench = Bench::three();
    let head = bench.main(140);
    bench.heads(&[head; 3]);
    bench.pass(BLOCK);
    assert_eq!(bench.agreed(), head);
    assert!(bench.take_events(EventKind::Reorg).is_empty());
}

#[test]
fn a_gap_wider_than_the_tree_is_crossed() {
    // A gateway that was cut off from all its nodes for long would never answer again.
    let mut bench = Bench::three();
    for script in &mut bench.scripts {
        script.fails = down();
    }
    bench.pass(100 * BLOCK);
    let head = bench.main(800);
    bench.heads(&[head; 3]);
    for script in &mut bench.scripts {
        script.fails = None;
    }
    bench.pass(2 * BLOCK);
    bench.produce(10, &[0, 1, 2]);
    assert_eq!(bench.agreed().number, 810);
    assert!((0..3).all(|index| bench.state(index) == State::Serving));
}

#[test]
fn a_lone_survivor_of_a_long_outage_is_followed() {
    // The same with the other providers gone for good: one healthy node must be enough.
    let mut bench = Bench::three();
    for script in &mut bench.scripts {
        script.fails = down();
    }
    bench.pass(1_000 * BLOCK);
    let head = bench.main(1_100);
    bench.scripts[1].fails = None;
    bench.scripts[1].head = Some(head);
    bench.produce(10, &[1]);
    assert_eq!(bench.agreed().number, 1_110);
    assert_eq!(bench.state(1), State::Serving);
}

#[test]
fn a_frozen_node_is_found_by_time() {
    // A node two blocks behind looks nearly well by number, and stays there for ever.
    let mut bench = Bench::three();
    bench.produce(3, &[0, 1, 2]);
    bench.produce(2, &[0, 1]);
    assert_eq!(bench.state(2), State::Lagging);
    bench.produce(1, &[0, 1, 2]);
    assert_eq!(bench.state(2), State::Serving);
}

#[test]
fn two_of_three_that_freeze_do_not_hold_the_head() {
    // The majority of operators standing still would hide the chain's progress.
    let mut bench = Bench::three();
    bench.produce(3, &[0, 1, 2]);
    bench.produce(3, &[1]);
    assert_eq!(bench.agreed().number, 106);
    assert_eq!([0, 2].map(|index| bench.state(index)), [State::Lagging; 2]);
}

#[test]
fn one_that_runs_ahead_does_not_put_the_others_out() {
    // A node that makes up blocks on top of ours would leave itself as the only voter.
    let mut bench = Bench::three();
    let lie = bench.branch(100, 140, 6);
    bench.scripts[2].head = Some(lie);
    bench.produce(6, &[0, 1]);
    assert_eq!(bench.agreed(), bench.block(106, 0));
    assert_eq!(bench.state(2), State::Quarantined);
    assert!(bench.take_events(EventKind::Reorg).is_empty());
}

#[test]
fn the_head_does_not_go_back_with_the_nodes() {
    // A provider's load balancer that moves to an older backend would take blocks back from wallets.
    let mut bench = Bench::three();
    bench.produce(4, &[0, 1, 2]);
    let (head, older) = (bench.agreed(), bench.block(103, 0));
    bench.heads(&[older; 3]);
    bench.pass(2 * BLOCK);
    assert_eq!(bench.agreed(), head);
}

#[test]
fn the_head_goes_back_when_nobody_left_has_it() {
    // A chain that lost its newest blocks for good would answer nothing for ever.
    let mut bench = Bench::three();
    let older = bench.agreed();
    bench.produce(2, &[0, 1]);
    assert_eq!(bench.agreed().number, 102);
    bench.scripts[0].fails = down();
    bench.scripts[1].fails = down();
    bench.take_events(EventKind::Reorg);
    bench.pass(2 * BLOCK);
    assert_eq!(bench.agreed().number, 102);
    bench.pass(5 * BLOCK);
    assert_eq!(bench.agreed(), older);
    let told = bench.take_events(EventKind::Reorg);
    assert!(told.len() == 1 && told[0].contains("nobody left has it"), "{told:?}");
}

#[test]
fn reorgs_are_followed_when_all_move() {
    // Wallets would be held on a branch that the network has left.
    for depth in [1, 2, 5] {
        let mut bench = Bench::three();
        bench.produce(6, &[0, 1, 2]);
        let old = bench.agreed();
        let new = bench.branch(old.number - depth, old.number + 1, 6);
        for index in 0..3 {
            bench.scripts[index].head = Some(new);
            bench.pass(BLOCK / 3);
        }
        assert_eq!(bench.agreed(), new, "depth {depth}");
        let told = bench.take_events(EventKind::Reorg);
        assert!(told.len() == 1 && told[0].starts_with(&format!("reorg of {depth}:")), "{told:?}");
        bench.pass(BLOCK);
        assert!((0..3).all(|index| bench.state(index) == State::Serving), "depth {depth}");
    }
}

#[test]
fn a_lagging_node_is_not_a_reorg() {
    // Every node that is a block late would be reported as a reorganisation of the chain.
    let mut bench = Bench::three();
    for _ in 0..5 {
        bench.produce(1, &[0, 1]);
        bench.produce(1, &[2]);
    }
    assert!(bench.take_events(EventKind::Reorg).is_empty());
    assert_eq!(bench.verdict().name(), "healthy");
}

#[test]
fn one_node_on_another_branch_does_not_take_the_others_along() {
    // One provider's private reorg would be everybody's.
    let mut bench = Bench::three();
    bench.produce(3, &[0, 1, 2]);
    let own = bench.branch(101, 104, 6);
    bench.scripts[0].head = Some(own);
    bench.produce(4, &[1, 2]);
    assert_eq!(bench.agreed(), bench.block(107, 0));
    assert_eq!(bench.state(0), State::Quarantined);
    assert!(bench.take_events(EventKind::Reorg).is_empty());
}

#[test]
fn most_operators_are_right_even_after_they_were_put_out() {
    // Whoever was alone for a while and went astray would stay the judge of all that come back.
    let mut bench = Bench::three();
    bench.scripts[0].fails = down();
    bench.scripts[1].fails = down();
    let astray = bench.branch(100, 110, 6);
    bench.scripts[2].head = Some(astray);
    bench.pass(5 * BLOCK);
    assert_eq!(bench.agreed(), astray);
    let head = bench.main(108);
    bench.heads(&[head; 2]);
    bench.scripts[0].fails = None;
    bench.scripts[1].fails = None;
    bench.produce(8, &[0, 1]);
    assert_eq!(bench.agreed().hash, hash(bench.agreed().number, 0));
    assert_eq!([0, 1].map(|index| bench.state(index)), [State::Serving; 2]);
    assert_eq!(bench.state(2), State::Quarantined);
}

#[test]
fn one_that_moves_does_not_take_most_operators_off_their_branch() {
    // In a pause of the chain one provider's own branch would become everybody's.
    let mut bench = Bench::three();
    bench.produce(3, &[0, 1, 2]);
    let head = bench.agreed();
    let mut own = bench.branch(102, 104, 6);
    for _ in 0..6 {
        bench.scripts[2].head = Some(own);
        bench.pass(BLOCK);
        assert_eq!(bench.agreed(), head);
        own = bench.blocks.grow(own, own.number + 1, 6);
    }
    assert_eq!(bench.state(2), State::Quarantined);
    bench.produce(2, &[0, 1]);
    assert_eq!([0, 1].map(|index| bench.state(index)), [State::Serving; 2]);
}

#[test]
fn two_that_ask_us_to_pause_do_not_hold_the_third_back() {
    // Providers that limit our rate during a reorg would keep us on the old branch until they answer again.
    let mut bench = Bench::three();
    bench.produce(3, &[0, 1, 2]);
    let pause = gateway_core::ProbeFailure::Throttled(Some(units::Span::from_secs(30)));
    bench.scripts[0].fails = Some(pause.clone());
    bench.scripts[1].fails = Some(pause);
    let mut tip = bench.branch(102, 104, 6);
    for _ in 0..6 {
        bench.scripts[2].head = Some(tip);
        bench.pass(BLOCK);
        tip = bench.blocks.grow(tip, tip.number + 1, 6);
    }
    assert_eq!(bench.agreed(), bench.block(109, 6));
    assert_eq!(bench.state(2), State::Serving);
}

#[test]
fn of_two_a_frozen_one_on_an_orphan_does_not_hold_the_other_back() {
    // A provider that stops at a block which is then replaced would stop the gateway with it.
    let mut bench = Bench::new(&["one", "two"]);
    bench.produce(3, &[0, 1]);
    let mut tip = bench.branch(102, 104, 6);
    for _ in 0..4 {
        bench.scripts[1].head = Some(tip);
        bench.pass(BLOCK);
        tip = bench.blocks.grow(tip, tip.number + 1, 6);
    }
    assert_eq!(bench.agreed(), bench.block(107, 6));
    assert_eq!([0, 1].map(|index| bench.state(index)), [State::Quarantined, State::Serving]);
}

#[test]
fn headers_that_nobody_asked_for_do_not_make_a_storm_of_probes() {
    // A provider that answers every header question with the same header would be asked without end.
    let mut bench = Bench::three();
    let lie = bench.branch(100, 150, 6);
    bench.scripts[2].head = Some(lie);
    bench.scripts[2].shows_parents = false;
    let before = bench.probes;
    bench.pass(10 * BLOCK);
    assert!(bench.probes - before < 400, "{} probes in ten seconds", bench.probes - before);
}

#[test]
fn a_header_that_contradicts_its_hash_is_no_head() {
    // A node with a known hash under a wrong number would be sent calls about blocks it cannot have.
    let mut bench = Bench::three();
    let head = bench.agreed();
    let parent = hash(99, 0);
    let lie = Header { number: 5_000, hash: head.hash, parent, timestamp: 0 };
    for _ in 0..2 {
        let answer = ProbeAnswer::Header(Some(lie));
        bench.chain.on_probe(bench.now(), UpstreamId(2), Probe::Head, answer);
    }
    assert_eq!(bench.state(2), State::Unreachable);
    assert_eq!(bench.agreed(), head);
}

#[test]
fn endpoints_at_one_address_have_one_vote() {
    // Two names for one machine would outvote an honest provider.
    let mut bench = Bench::three();
    for index in [1, 2] {
        let address = Some("192.0.2.7".to_owned());
        bench.chain.on_address(bench.now(), UpstreamId(index), address);
    }
    assert!(bench.take_events(EventKind::Domains).iter().any(|text| text.contains("192.0.2.7")));
    bench.produce(2, &[0, 1, 2]);
    let lie = bench.branch(100, 104, 6);
    bench.heads(&[bench.agreed(), lie, lie]);
    bench.produce(2, &[0]);
    assert_eq!(bench.agreed().hash, hash(bench.agreed().number, 0));
}

#[test]
fn one_provider_does_not_choose_the_finalized_block() {
    // A withdrawal would be released on a block that only one provider calls final.
    let mut bench = Bench::three();
    bench.produce(2, &[0, 1, 2]);
    let lie = bench.branch(90, 95, 6);
    let (older, newer) = (bench.block(95, 0), bench.block(96, 0));
    bench.scripts[0].finalized = Some(newer);
    bench.scripts[1].finalized = Some(lie);
    bench.scripts[2].finalized = Some(older);
    bench.pass(3 * BLOCK);
    assert_eq!(bench.chain.view().and_then(|view| view.finalized), Some(older));
}
