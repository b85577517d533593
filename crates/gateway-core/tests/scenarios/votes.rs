//! Other ways to count votes, which drills compare the usual one with: what each of them does in the same split.

use gateway_core::{MethodClass, Needs, State, Verdict, Votes};

use crate::bench::{BLOCK, Bench, sends};
use crate::split::{Fork, quarantined};

const OLD: &str = "Geth/v1.9.13-stable/linux-amd64/go1.14.2";

/// Three Geths with the bug, all of one operator, and three other clients of three.
fn bench(votes: Votes) -> Bench {
    let clients = [
        ("a", OLD),
        ("a", OLD),
        ("a", OLD),
        ("b", "Geth/v1.9.23-stable/linux-amd64/go1.15.2"),
        ("c", "besu/v20.10.1"),
    ];
    Bench::set_up(&clients, |settings| settings.votes = votes)
}

/// The state after a split of five blocks, in which the Geths with the bug are on the one branch.
fn parted(votes: Votes) -> (Bench, Fork) {
    let mut bench = bench(votes);
    let mut fork = Fork::at_102(&mut bench);
    fork.grow(&mut bench, 5, &[0, 1, 2], &[3, 4]);
    (bench, fork)
}

#[test]
fn a_count_of_endpoints_follows_the_operator_with_the_most() {
    // A drill that shows no damage without the defence would praise any defence.
    let (by_operator, _) = parted(Votes::Operator);
    assert_eq!(quarantined(&by_operator), [0, 1, 2]);
    assert_eq!(by_operator.agreed(), by_operator.block(107, 7));
    let (by_endpoint, _) = parted(Votes::Endpoint);
    assert_eq!(quarantined(&by_endpoint), [3, 4]);
    assert_eq!(by_endpoint.agreed(), by_endpoint.block(107, 6));
    assert_eq!(by_endpoint.verdict(), Verdict::Split);
}

#[test]
fn without_votes_the_highest_head_is_the_head_and_everyone_is_asked() {
    // What a plain balancer does would be shown better or worse than it is.
    let (mut bench, mut fork) = parted(Votes::Nobody);
    assert_eq!(quarantined(&bench), Vec::<usize>::new());
    assert!((0..5).all(|index| bench.state(index) == State::Serving));
    assert_eq!(bench.verdict(), Verdict::Healthy);
    let mut asked = [false; 5];
    for _ in 0..100 {
        let (_, outputs) = bench.ask(MethodClass::State, Needs::Anything, true);
        sends(&outputs).iter().for_each(|id| asked[id.index()] = true);
    }
    assert_eq!(asked, [true; 5], "upstreams of both branches");
    // One that runs ahead sets the head alone, on whatever branch; who stands still is asked all the same.
    let ahead = bench.branch(102, 140, 6);
    bench.scripts[0].head = Some(ahead);
    bench.pass(BLOCK);
    assert_eq!(bench.agreed(), ahead);
    fork.grow(&mut bench, 3, &[], &[3, 4]);
    assert_eq!(bench.agreed(), ahead);
    assert!((0..5).all(|index| bench.state(index) == State::Serving));
    // It goes away, and the head goes back to what is left.
    bench.scripts[0].fails = crate::bench::down();
    bench.pass(4 * BLOCK);
    assert_eq!(bench.agreed(), bench.block(110, 7));
    assert_eq!(bench.state(0), State::Unreachable);
}

#[test]
fn without_votes_one_answer_is_enough_to_start() {
    // A balancer with one upstream left, as the customers of one provider had, would never be ready.
    let mut bench = Bench::set_up(&[("a", OLD), ("b", "besu/v20")], |settings| {
        settings.votes = Votes::Nobody;
    });
    assert!(bench.chain.view().is_some());
    bench.produce(2, &[1]);
    assert_eq!(bench.agreed(), bench.block(102, 0));
    assert!(!bench.chain.counts_votes());
}
