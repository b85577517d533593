//! What happens to a split after it was ruled on: winners that wander off, losers that fall silent, headers that
//! are missing.

use gateway_core::{
    CallOutput, EventKind, MethodClass, Needs, RefusalReason, Reply, State, Verdict,
};

use crate::bench::{BLOCK, Bench, sends};
use crate::split::{Fork, infura, quarantined, two_against_two};

/// A split that Nethermind and Besu have won over three old Geth.
fn won() -> (Bench, Fork) {
    let mut bench = infura();
    let mut fork = Fork::at_102(&mut bench);
    fork.grow(&mut bench, 5, &[0, 1, 2], &[3, 4]);
    assert_eq!((bench.verdict(), quarantined(&bench)), (Verdict::Split, vec![0, 1, 2]));
    (bench, fork)
}

#[test]
fn a_winner_that_goes_over_to_a_third_branch_is_put_out_and_the_split_stays_decided() {
    // One winner after the other going wrong would open what was decided again, and nothing would be served.
    let (mut bench, mut fork) = won();
    let mut third = bench.branch(102, 108, 8);
    for _ in 0..6 {
        bench.scripts[3].head = Some(third);
        fork.grow(&mut bench, 1, &[0, 1, 2], &[4]);
        third = bench.blocks.grow(third, third.number + 1, 8);
    }
    assert_eq!((bench.verdict(), quarantined(&bench)), (Verdict::Split, vec![0, 1, 2, 3]));
    assert_eq!(bench.agreed().hash, bench.block(bench.agreed().number, 7).hash);
    // Not even all of them together take the head along; finality does.
    for _ in 0..6 {
        bench.scripts[3].head = Some(third);
        bench.scripts[4].head = Some(third);
        fork.grow(&mut bench, 1, &[0, 1, 2], &[]);
        third = bench.blocks.grow(third, third.number + 1, 8);
    }
    assert_eq!(bench.agreed().hash, bench.block(bench.agreed().number, 7).hash);
    let finalized = bench.block(105, 8);
    bench.scripts[3].finalized = Some(finalized);
    bench.scripts[4].finalized = Some(finalized);
    fork.grow(&mut bench, 2, &[0, 1, 2], &[]);
    assert_eq!((bench.verdict(), quarantined(&bench)), (Verdict::Split, vec![0, 1, 2]));
    assert_eq!(bench.agreed().hash, bench.block(bench.agreed().number, 8).hash);
}

#[test]
fn a_split_above_a_branch_that_all_leave_is_void() {
    // Those who stay on the branch that won would be put out as if it had lost, with nobody to let them back in.
    let mut bench = Bench::of_clients(&[
        ("a", "Geth/v1.9.13"),
        ("b", "Geth/v1.9.13"),
        ("c", "Nethermind/v1.9.0"),
        ("d", "besu/v20.10.1"),
        ("e", "erigon/v2.58.2"),
    ]);
    bench.produce(2, &[0, 1, 2, 3, 4]);
    let mut tip = bench.agreed();
    for _ in 0..4 {
        tip = bench.blocks.grow(tip, tip.number + 1, 5);
        bench.heads(&[tip; 5]);
        bench.pass(BLOCK);
    }
    let (one, other) = (bench.blocks.grow(tip, 107, 6), bench.blocks.grow(tip, 107, 7));
    let mut fork = Fork { one, other };
    fork.grow(&mut bench, 5, &[0, 1], &[2, 3, 4]);
    assert_eq!((bench.verdict(), quarantined(&bench)), (Verdict::Split, vec![0, 1]));
    // Of those who won all but one go back to before the fork.
    let mut tip = bench.branch(102, 113, 9);
    for _ in 0..8 {
        bench.scripts[2].head = Some(tip);
        bench.scripts[3].head = Some(tip);
        fork.grow(&mut bench, 1, &[0, 1], &[4]);
        tip = bench.blocks.grow(tip, tip.number + 1, 9);
    }
    let void = |text: &String| text.contains("the split at block 106") && text.contains("void");
    assert!(bench.take_events(EventKind::Contest).iter().any(void));
    // Two operators each: it is ruled on anew, where they part now.
    assert_eq!((bench.verdict(), quarantined(&bench)), (Verdict::Undecided, Vec::new()));
    assert_eq!(bench.snapshot().fork, Some(bench.block(102, 0)));
}

#[test]
fn a_loser_that_has_fallen_silent_is_not_asked_as_the_last_resort() {
    // With the winners failing a call would go to the wrong branch, because that one was only "unreachable".
    let (mut bench, mut fork) = won();
    for index in [0, 1, 2] {
        bench.scripts[index].fails = crate::bench::down();
    }
    fork.grow(&mut bench, 4, &[], &[3, 4]);
    assert_eq!(bench.state(0), State::Unreachable);
    for _ in 0..20 {
        let (mut call, outputs) = bench.ask(MethodClass::Fee, Needs::Anything, true);
        let mut asked = sends(&outputs);
        for attempt in 0..2 {
            let failed = Reply::Failed(gateway_core::Failure::Broken);
            asked.extend(sends(&bench.reply(&mut call, attempt, failed)));
        }
        assert!(asked.iter().all(|upstream| upstream.0 >= 3), "{asked:?}");
        call.abandon(&mut bench.chain);
    }
}

#[test]
fn who_is_put_out_while_on_probation_stays_on_probation() {
    // A node that parts twice within an hour would have its vote back sooner than one that parted once.
    let (mut bench, mut fork) = won();
    fork.grow(&mut bench, 4, &[], &[0, 1, 2, 3, 4]);
    assert_eq!(bench.state(0), State::Probation);
    let at = bench.agreed();
    let mut own = bench.blocks.grow(at, at.number + 1, 8);
    for _ in 0..5 {
        bench.scripts[0].head = Some(own);
        fork.grow(&mut bench, 1, &[], &[1, 2, 3, 4]);
        own = bench.blocks.grow(own, own.number + 1, 8);
    }
    assert_eq!(bench.state(0), State::Quarantined);
    // Another joins it: two operators, of which neither has a vote.
    for _ in 0..5 {
        bench.scripts[0].head = Some(own);
        bench.scripts[1].head = Some(own);
        fork.grow(&mut bench, 1, &[], &[2, 3, 4]);
        own = bench.blocks.grow(own, own.number + 1, 8);
    }
    assert!(!bench.chain.view().expect("a head").undecided, "{}", bench.snapshot().verdict_reason);
    assert_eq!(quarantined(&bench), [0, 1]);
}

#[test]
fn a_number_that_is_contested_meanwhile_is_not_answered() {
    // A block by number from one of two branches, delivered seconds after nobody knows which is right.
    let mut bench = two_against_two().0;
    let fork = bench.agreed().number;
    assert_eq!(bench.verdict(), Verdict::Undecided);
    let (mut above, outputs) = bench.ask(MethodClass::Block, Needs::Number(fork + 2), true);
    let CallOutput::Send { attempt, .. } = outputs[0] else { panic!("sent: {outputs:?}") };
    let outputs = bench.reply(&mut above, attempt, Reply::Answer);
    let CallOutput::Refuse(refusal) = outputs[0] else { panic!("{outputs:?}") };
    assert_eq!(refusal.reason, RefusalReason::Reorged);
    let (mut below, outputs) = bench.ask(MethodClass::Block, Needs::Number(fork), true);
    let CallOutput::Send { attempt, .. } = outputs[0] else { panic!("sent: {outputs:?}") };
    let outputs = bench.reply(&mut below, attempt, Reply::Answer);
    assert!(matches!(outputs[0], CallOutput::Deliver { .. }), "{outputs:?}");
}

#[test]
fn a_head_that_is_contested_meanwhile_is_not_answered() {
    // A balance from one of two branches, delivered seconds after nobody knows which is right.
    let mut bench = Bench::of_clients(&[
        ("a", "Geth/v1.9.13"),
        ("b", "Geth/v1.9.13"),
        ("c", "Geth/v1.9.13"),
        ("d", "Geth/v1.9.23"),
        ("e", "Geth/v1.9.23"),
    ]);
    let mut fork = Fork::at_102(&mut bench);
    fork.grow(&mut bench, 2, &[0, 1, 2], &[3, 4]);
    assert_eq!(bench.agreed(), bench.block(104, 6));
    let (mut call, outputs) = bench.read(MethodClass::State);
    let CallOutput::Send { attempt, .. } = outputs[0] else { panic!("sent: {outputs:?}") };
    fork.grow(&mut bench, 3, &[0, 1, 2], &[3, 4]);
    assert_eq!(bench.verdict(), Verdict::Undecided);
    let outputs = bench.reply(&mut call, attempt, Reply::Answer);
    let CallOutput::Refuse(refusal) = outputs[0] else { panic!("{outputs:?}") };
    assert_eq!(refusal.reason, RefusalReason::Reorged);
}

#[test]
fn a_header_that_is_missing_for_a_moment_takes_no_operator_off_its_branch() {
    // For one lost header a branch of two operators would be a lone dissenter's, and be put out.
    let (mut bench, mut fork) = two_against_two();
    bench.scripts.iter_mut().for_each(|script| script.shows_parents = false);
    let before = bench.blocks.grow(fork.other, fork.other.number + 3, 7);
    bench.scripts[3].head = Some(before);
    bench.pass(BLOCK);
    assert_eq!((bench.verdict(), quarantined(&bench)), (Verdict::Undecided, Vec::new()));
    bench.scripts.iter_mut().for_each(|script| script.shows_parents = true);
    fork.grow(&mut bench, 4, &[0, 1], &[2, 3]);
    assert_eq!((bench.verdict(), quarantined(&bench)), (Verdict::Undecided, Vec::new()));
}

#[test]
fn what_is_final_on_a_branch_that_is_not_known_yet_counts_for_no_other() {
    // Nodes that go over tell what is final there before their heads; it would elect the branch they are leaving.
    let (mut bench, mut fork) = two_against_two();
    let elsewhere = bench.branch(102, 108, 9);
    bench.scripts[0].finalized = Some(elsewhere);
    bench.scripts[1].finalized = Some(elsewhere);
    fork.grow(&mut bench, 3, &[0, 1], &[2, 3]);
    assert_eq!((bench.verdict(), quarantined(&bench)), (Verdict::Undecided, Vec::new()));
}

#[test]
fn an_ordinary_reorg_among_the_winners_lets_nobody_overrule_them() {
    // Where both branches are final the one that was followed would be left at the next orphan.
    let (mut bench, mut fork) = two_against_two();
    let (one, other) = (bench.block(105, 6), bench.block(105, 7));
    bench.scripts[0].finalized = Some(one);
    bench.scripts[1].finalized = Some(one);
    fork.grow(&mut bench, 2, &[0, 1], &[2, 3]);
    assert_eq!((bench.verdict(), quarantined(&bench)), (Verdict::Split, vec![2, 3]));
    bench.scripts[2].finalized = Some(other);
    bench.scripts[3].finalized = Some(other);
    fork.grow(&mut bench, 2, &[0, 1], &[2, 3]);
    // One winner after the other goes over to the orphan's sibling.
    let parent = bench.blocks.parent(bench.agreed());
    let sibling = bench.blocks.grow(parent, parent.number + 2, 8);
    for index in [0, 1] {
        bench.scripts[index].head = Some(sibling);
        bench.pass(BLOCK);
        assert_eq!((bench.verdict(), quarantined(&bench)), (Verdict::Split, vec![2, 3]));
    }
}

/// Two operators of one client, and three of one each.
fn two_against_three() -> Bench {
    Bench::of_clients(&[
        ("a", "Geth/v1.13.0"),
        ("b", "Geth/v1.13.0"),
        ("c", "Nethermind/v1.25.0"),
        ("d", "besu/v24.1.0"),
        ("e", "erigon/v2.58.2"),
    ])
}

#[test]
fn nobody_wins_by_the_vote_of_one_who_may_just_have_left() {
    // A winner is for good, and this one would be chosen by a node that is on a third branch by then.
    let mut bench = two_against_three();
    let mut fork = Fork::at_102(&mut bench);
    fork.grow(&mut bench, 1, &[0, 1], &[2, 3, 4]);
    let mut third = bench.branch(102, 106, 9);
    bench.scripts[4].head = Some(third);
    bench.scripts.iter_mut().for_each(|script| script.shows_parents = false);
    fork.grow(&mut bench, 2, &[0, 1], &[2, 3]);
    assert_eq!(bench.take_events(EventKind::Contest), Vec::<String>::new());
    bench.scripts.iter_mut().for_each(|script| script.shows_parents = true);
    for _ in 0..3 {
        third = bench.blocks.grow(third, third.number + 1, 9);
        bench.scripts[4].head = Some(third);
        fork.grow(&mut bench, 1, &[0, 1], &[2, 3]);
    }
    assert_eq!((bench.verdict(), quarantined(&bench)), (Verdict::Undecided, vec![4]));
}

#[test]
fn an_orphan_that_nodes_showed_before_they_asked_for_a_pause_is_no_contest() {
    // Providers whose limit is reached right after an orphan would be without a vote for 32 blocks.
    let mut bench = two_against_three();
    let mut fork = Fork::at_102(&mut bench);
    fork.grow(&mut bench, 1, &[2, 3, 4], &[0, 1]);
    for index in [0, 1] {
        let pause = Some(units::Span::from_millis(BLOCK));
        bench.scripts[index].fails = Some(gateway_core::ProbeFailure::Throttled(pause));
    }
    fork.grow(&mut bench, 2, &[2, 3, 4], &[]);
    for index in [0, 1] {
        bench.scripts[index].fails = None;
    }
    fork.grow(&mut bench, 3, &[0, 1, 2, 3, 4], &[]);
    assert_eq!(bench.take_events(EventKind::Contest), Vec::<String>::new());
    assert_eq!((bench.verdict(), quarantined(&bench)), (Verdict::Healthy, Vec::new()));
}
