//! The verdict on a chain: each one reached, and left again.

use gateway_core::{EventKind, Verdict};

use crate::bench::{BLOCK, Bench, down};

#[test]
fn healthy_is_said_when_all_agree_and_during_an_ordinary_reorg() {
    // The page would cry wolf at every reorg of two blocks.
    let mut bench = Bench::three();
    assert_eq!(bench.verdict(), Verdict::Healthy);
    bench.produce(3, &[0, 1, 2]);
    let new = bench.branch(101, 104, 6);
    bench.take_events(EventKind::Verdict);
    for index in 0..3 {
        bench.scripts[index].head = Some(new);
        bench.pass(BLOCK / 4);
        assert_eq!(bench.verdict(), Verdict::Healthy);
    }
    assert!(bench.take_events(EventKind::Verdict).is_empty());
}

#[test]
fn degraded_is_said_of_an_outlier_and_of_a_last_domain() {
    // One wrong provider would go unnoticed, or the last one left.
    let mut bench = Bench::three();
    let own = bench.branch(99, 103, 6);
    bench.scripts[2].head = Some(own);
    bench.produce(5, &[0, 1]);
    assert_eq!(bench.verdict(), Verdict::Degraded);
    assert!(bench.snapshot().verdict_reason.contains("contradict"));
    let head = bench.agreed();
    bench.scripts[2].head = Some(head);
    bench.produce(4, &[0, 1, 2]);
    assert_eq!(bench.verdict(), Verdict::Healthy);

    bench.scripts[0].fails = down();
    bench.scripts[1].fails = down();
    bench.produce(4, &[2]);
    assert_eq!(bench.verdict(), Verdict::Degraded);
    assert!(bench.snapshot().verdict_reason.contains("1 of 3 independent domains"));
    bench.scripts[0].fails = None;
    bench.scripts[1].fails = None;
    bench.produce(3, &[0, 1, 2]);
    assert_eq!(bench.verdict(), Verdict::Healthy);
}

#[test]
fn split_is_said_when_most_are_on_one_branch_and_several_on_another() {
    // Two providers on a dead branch would look like two that are merely late.
    let mut bench = Bench::new(&["a", "b", "c", "d", "e"]);
    bench.produce(2, &[0, 1, 2, 3, 4]);
    let mut own = bench.branch(102, 103, 6);
    for _ in 0..6 {
        bench.heads(&[own, own]);
        bench.produce(1, &[2, 3, 4]);
        own = bench.blocks.grow(own, own.number + 1, 6);
    }
    assert_eq!(bench.verdict(), Verdict::Split);
    let snapshot = bench.snapshot();
    assert_eq!(snapshot.fork, Some(bench.block(102, 0)));
    assert!(snapshot.contested);
    assert_eq!(snapshot.branches[0].voters.len(), 3);
    assert_eq!(snapshot.branches[1].voters, ["node-0", "node-1"]);
    let head = bench.agreed();
    bench.heads(&[head, head]);
    bench.produce(4, &[0, 1, 2, 3, 4]);
    assert_eq!(bench.verdict(), Verdict::Healthy);
}

#[test]
fn undecided_is_said_when_no_branch_has_most() {
    // With two against two the gateway would pick a side and call it the chain.
    let mut bench = Bench::new(&["a", "b", "c", "d"]);
    bench.produce(2, &[0, 1, 2, 3]);
    let (mut one, mut other) = (bench.branch(102, 103, 6), bench.branch(102, 103, 7));
    for _ in 0..5 {
        bench.heads(&[one, one, other, other]);
        bench.pass(BLOCK);
        one = bench.blocks.grow(one, one.number + 1, 6);
        other = bench.blocks.grow(other, other.number + 1, 7);
    }
    assert_eq!(bench.verdict(), Verdict::Undecided);
    assert_eq!(bench.agreed(), bench.block(102, 0));
    assert_eq!(bench.snapshot().fork, Some(bench.block(102, 0)));
    bench.heads(&[one, one, one, one]);
    bench.pass(BLOCK);
    assert_eq!(bench.agreed(), one);
    assert_eq!(bench.verdict(), Verdict::Healthy);
}

#[test]
fn undecided_is_said_when_no_head_was_ever_agreed() {
    // "Unreachable" would send the operator looking for a network fault.
    let mut bench = Bench::silent(&["a", "b"], None);
    let (mut one, mut other) = (bench.branch(10, 100, 6), bench.branch(10, 100, 7));
    for _ in 0..3 {
        bench.scripts[0].shows_parents = false;
        bench.scripts[1].shows_parents = false;
        bench.heads(&[one, other]);
        bench.pass(BLOCK);
        one = bench.blocks.grow(one, one.number + 1, 6);
        other = bench.blocks.grow(other, other.number + 1, 7);
    }
    assert_eq!(bench.chain.view(), None);
    assert_eq!(bench.verdict(), Verdict::Undecided);
}

#[test]
fn stalled_is_said_when_all_stand_at_one_head() {
    // A halted chain would look like a broken gateway.
    let mut bench = Bench::three();
    bench.produce(2, &[0, 1, 2]);
    bench.pass(5 * BLOCK);
    assert_eq!(bench.verdict(), Verdict::Stalled);
    bench.produce(1, &[0, 1, 2]);
    assert_eq!(bench.verdict(), Verdict::Healthy);
}

#[test]
fn unreachable_is_said_when_nobody_answers() {
    // The page would show yesterday's agreement while every call fails.
    let mut bench = Bench::three();
    for script in &mut bench.scripts {
        script.fails = down();
    }
    bench.pass(2 * BLOCK);
    assert_eq!(bench.verdict(), Verdict::Unreachable);
    for script in &mut bench.scripts {
        script.fails = None;
    }
    bench.produce(2, &[0, 1, 2]);
    assert_eq!(bench.verdict(), Verdict::Healthy);
}
