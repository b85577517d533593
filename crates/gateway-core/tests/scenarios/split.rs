//! Branches that part for good: who is followed, who is put out, what clients are told.

use gateway_core::{
    BlockRef, BranchStanding, CallInput, CallOutput, EventKind, Ground, LoneDissenter, MethodClass,
    RefusalReason, Reply, State, UpstreamId, Verdict, WhenUndecided,
};

use crate::bench::{BLOCK, Bench, sends};

const OLD: &str = "Geth/v1.9.13-stable/linux-amd64/go1.14.2";
const NEW: &str = "Geth/v1.9.23-stable/linux-amd64/go1.15.2";

/// Two branches after block 102 that grow by a block each block time.
pub(crate) struct Fork {
    pub(crate) one: BlockRef,
    pub(crate) other: BlockRef,
}

impl Fork {
    pub(crate) fn at_102(bench: &mut Bench) -> Self {
        let all: Vec<usize> = (0..bench.scripts.len()).collect();
        bench.produce(2, &all);
        Self { one: bench.branch(102, 103, 6), other: bench.branch(102, 103, 7) }
    }

    /// Lets both branches grow by so many blocks, each followed by its upstreams.
    pub(crate) fn grow(&mut self, bench: &mut Bench, blocks: u64, one: &[usize], other: &[usize]) {
        for _ in 0..blocks {
            for (tip, followers) in [(self.one, one), (self.other, other)] {
                followers.iter().for_each(|index| bench.scripts[*index].head = Some(tip));
            }
            bench.pass(BLOCK);
            self.one = bench.blocks.grow(self.one, self.one.number + 1, 6);
            self.other = bench.blocks.grow(self.other, self.other.number + 1, 7);
        }
    }
}

pub(crate) fn infura() -> Bench {
    Bench::of_clients(&[
        ("a", OLD),
        ("b", OLD),
        ("c", OLD),
        ("d", "Nethermind/v1.9.0"),
        ("e", "besu/v20.10.1"),
    ])
}

pub(crate) fn quarantined(bench: &Bench) -> Vec<usize> {
    let states = (0..bench.scripts.len()).zip(0_u8..);
    let out = states.filter(|(_, id)| bench.state(*id) == State::Quarantined);
    out.map(|(index, _)| index).collect()
}

#[test]
fn the_client_with_the_bug_loses_however_many_run_it() {
    // 2020-11-11: most endpoints ran the client with the bug, and every wallet behind them followed it.
    let mut bench = infura();
    let mut fork = Fork::at_102(&mut bench);
    fork.grow(&mut bench, 2, &[0, 1, 2], &[3, 4]);
    let (mut call, outputs) = bench.read(MethodClass::State);
    let before = bench.agreed();
    assert_eq!(before, bench.block(104, 6));
    let CallOutput::Send { attempt, .. } = outputs[0] else { panic!("sent") };
    bench.reply(&mut call, attempt, Reply::Answer);
    fork.grow(&mut bench, 3, &[0, 1, 2], &[3, 4]);
    assert_eq!(bench.verdict(), Verdict::Split);
    assert_eq!(quarantined(&bench), [0, 1, 2]);
    assert_eq!(bench.agreed(), bench.block(107, 7));
    let shown = bench.snapshot();
    assert_eq!(shown.fork, Some(bench.block(102, 0)));
    let reason = &shown.upstreams[0].reason;
    let wanted = format!("on {} since block {}", bench.block(103, 6), bench.block(102, 0));
    assert!(reason.starts_with(&wanted), "{reason}");
    assert!(reason.contains("shared with every geth v1.9.13"), "{reason}");
    let contest = shown.contest.expect("a contest");
    assert_eq!((contest.ground, contest.served_before), (Some(Ground::Votes), 1));
    assert!(contest.reason.contains("besu, nethermind"), "{}", contest.reason);
    let standings = shown.branches.iter().map(|b| (b.standing, b.weight_milli, b.voters.len()));
    let expect = [(BranchStanding::Winner, 2_000, 2), (BranchStanding::Loser, 1_000, 3)];
    assert_eq!(standings.collect::<Vec<_>>(), expect);
    assert!(bench.take_events(EventKind::Contest)[0].contains("1 answers about the others'"));
    let verdicts: Vec<Verdict> = shown.history.iter().map(|change| change.verdict).collect();
    assert_eq!(verdicts.last(), Some(&Verdict::Split));
}

#[test]
fn it_is_decided_within_five_block_times_also_where_the_bad_branch_is_slow() {
    // With one block in four minutes on the minority's branch nobody would call it a fork for an hour.
    let mut bench = infura();
    let mut fork = Fork::at_102(&mut bench);
    fork.grow(&mut bench, 1, &[0, 1, 2], &[3, 4]);
    fork.grow(&mut bench, 4, &[], &[3, 4]);
    assert_eq!(bench.verdict(), Verdict::Split);
    assert_eq!(bench.agreed(), bench.block(107, 7));
}

#[test]
fn no_answer_of_the_losers_is_delivered_after_the_verdict() {
    // A balance from the wrong chain would reach a wallet seconds after the alarm.
    let mut bench = infura();
    let mut fork = Fork::at_102(&mut bench);
    fork.grow(&mut bench, 2, &[0, 1, 2], &[3, 4]);
    let (mut pinned, outputs) = bench.read(MethodClass::State);
    let CallOutput::Send { attempt, .. } = outputs[0] else { panic!("sent") };
    let mut to_loser = loop {
        let needs = gateway_core::Needs::Anything;
        let (call, outputs) = bench.ask(MethodClass::Fee, needs, true);
        if sends(&outputs)[0].0 < 3 {
            break call;
        }
    };
    fork.grow(&mut bench, 3, &[0, 1, 2], &[3, 4]);
    assert_eq!(bench.verdict(), Verdict::Split);
    let outputs = bench.reply(&mut pinned, attempt, Reply::Answer);
    let CallOutput::Refuse(refusal) = outputs[0] else { panic!("{outputs:?}") };
    assert_eq!(refusal.reason, RefusalReason::Reorged);
    let outputs =
        bench.input(&mut to_loser, CallInput::Replied { attempt: 0, reply: Reply::Answer });
    assert!(sends(&outputs).iter().all(|upstream| upstream.0 >= 3), "{outputs:?}");
    assert_eq!(sends(&outputs).len(), 1);
}

#[test]
fn the_losers_come_back_on_probation_and_without_a_vote() {
    // A node that was upgraded in haste would decide about the next fork, an hour after the last.
    let mut bench = infura();
    let mut fork = Fork::at_102(&mut bench);
    fork.grow(&mut bench, 5, &[0, 1, 2], &[3, 4]);
    fork.grow(&mut bench, 4, &[], &[0, 1, 2, 3, 4]);
    assert_eq!(bench.state(0), State::Probation);
    assert!(bench.snapshot().upstreams[0].reason.contains("without a vote"));
    assert_eq!(bench.verdict(), Verdict::Degraded);
    let mut again = Fork { one: bench.branch(102, 103, 6), other: fork.other };
    again.one = bench.blocks.grow(fork.other, fork.other.number + 1, 8);
    let alone = again.one;
    for index in [0, 1, 2] {
        bench.scripts[index].head = Some(alone);
    }
    bench.pass(BLOCK / 2);
    assert_eq!(bench.agreed().hash, bench.block(bench.agreed().number, 7).hash);
    fork.grow(&mut bench, 40, &[], &[0, 1, 2, 3, 4]);
    assert!((0..5).all(|index| bench.state(index) == State::Serving));
    assert_eq!(bench.verdict(), Verdict::Healthy);
}

#[test]
fn a_loser_that_was_away_is_still_a_loser() {
    // Restarting the broken nodes would put their branch up for election again.
    let mut bench = infura();
    let mut fork = Fork::at_102(&mut bench);
    fork.grow(&mut bench, 5, &[0, 1, 2], &[3, 4]);
    for index in [0, 1, 2] {
        bench.scripts[index].fails = crate::bench::down();
    }
    fork.grow(&mut bench, 300, &[], &[3, 4]);
    assert_eq!(bench.verdict(), Verdict::Split);
    for index in [0, 1, 2] {
        bench.scripts[index].fails = None;
    }
    fork.grow(&mut bench, 5, &[0, 1, 2], &[3, 4]);
    assert_eq!(bench.agreed().hash, bench.block(bench.agreed().number, 7).hash);
    assert_eq!(quarantined(&bench), [0, 1, 2]);
    assert_eq!(bench.verdict(), Verdict::Split);
}

#[test]
fn a_lone_dissenter_is_put_out_and_the_alarm_says_what_it_may_mean() {
    // Besu alone was right on 2020-11-11, and "one node is broken" would have been the whole story.
    let clients = [("a", OLD), ("b", OLD), ("c", OLD), ("d", OLD), ("e", OLD), ("f", "besu/v20")];
    let run = |lone_dissenter| {
        let mut bench =
            Bench::set_up(&clients, |settings| settings.lone_dissenter = lone_dissenter);
        let mut fork = Fork::at_102(&mut bench);
        fork.grow(&mut bench, 5, &[0, 1, 2, 3, 4], &[5]);
        bench
    };
    let mut bench = run(LoneDissenter::Outlier);
    assert_eq!(bench.verdict(), Verdict::Degraded);
    assert_eq!(quarantined(&bench), [5]);
    assert_eq!(bench.agreed(), bench.block(107, 6));
    let alarm = "if besu is right, everyone else is wrong";
    assert!(bench.snapshot().verdict_reason.contains(alarm));
    assert!(bench.take_events(EventKind::Alarm).iter().any(|text| text.contains(alarm)));
    assert_eq!(run(LoneDissenter::Undecided).verdict(), Verdict::Undecided);
}

#[test]
fn versions_of_one_client_wait_for_finality() {
    // With three old nodes against two new ones a count of nodes would follow the bug.
    let mut bench =
        Bench::of_clients(&[("a", OLD), ("b", OLD), ("c", OLD), ("d", NEW), ("e", NEW)]);
    let mut fork = Fork::at_102(&mut bench);
    fork.grow(&mut bench, 6, &[0, 1, 2], &[3, 4]);
    assert_eq!(bench.verdict(), Verdict::Undecided);
    assert_eq!(bench.agreed(), bench.block(102, 0));
    assert!(bench.chain.view().expect("a head").undecided);
    bench.scripts[3].finalized = Some(bench.block(104, 7));
    fork.grow(&mut bench, 2, &[0, 1, 2], &[3, 4]);
    assert_eq!(bench.verdict(), Verdict::Undecided, "one operator's word is not enough");
    bench.scripts[4].finalized = Some(bench.block(104, 7));
    fork.grow(&mut bench, 2, &[0, 1, 2], &[3, 4]);
    assert_eq!(bench.verdict(), Verdict::Split);
    assert_eq!(bench.agreed(), bench.block(112, 7));
    assert_eq!(bench.snapshot().contest.and_then(|c| c.ground), Some(Ground::Finality));
}

#[test]
fn finality_changes_a_winner_and_votes_do_not() {
    // Bitcoin in March 2013: what most followed at first was not what stood in the end.
    let mut bench = infura();
    let mut fork = Fork::at_102(&mut bench);
    fork.grow(&mut bench, 5, &[0, 1, 2], &[3, 4]);
    assert_eq!(bench.agreed(), bench.block(107, 7));
    for index in [0, 2] {
        bench.scripts[index].finalized = Some(bench.block(105, 6));
    }
    fork.grow(&mut bench, 3, &[0, 1, 2], &[3, 4]);
    assert_eq!(bench.agreed(), bench.block(110, 6));
    assert_eq!(quarantined(&bench), [3, 4]);
    assert!(bench.take_events(EventKind::Alarm)[0].contains("finality overrules"));
    assert_eq!(bench.verdict(), Verdict::Split);
}

#[test]
fn the_beacon_source_is_a_referee_of_its_own() {
    let mut bench =
        Bench::of_clients(&[("a", OLD), ("b", OLD), ("c", OLD), ("d", NEW), ("e", NEW)]);
    let mut fork = Fork::at_102(&mut bench);
    fork.grow(&mut bench, 6, &[0, 1, 2], &[3, 4]);
    assert_eq!(bench.verdict(), Verdict::Undecided);
    let now = bench.now();
    let block = bench.block(105, 7);
    bench.chain.on_beacon_finalized(now, block);
    assert_eq!(bench.verdict(), Verdict::Split);
    assert_eq!(quarantined(&bench), [0, 1, 2]);
}

pub(crate) fn two_against_two() -> (Bench, Fork) {
    let mut bench = Bench::of_clients(&[
        ("a", "Geth/v1.13.0"),
        ("b", "besu/v24.1.0"),
        ("c", "Nethermind/v1.25.0"),
        ("d", "erigon/v2.58.2"),
    ]);
    let mut fork = Fork::at_102(&mut bench);
    fork.grow(&mut bench, 6, &[0, 1], &[2, 3]);
    (bench, fork)
}

#[test]
pub(crate) fn two_against_two_are_undecided_until_one_side_heals() {
    // The gateway would toss a coin over which chain people see, or stay stuck when it is over.
    let (mut bench, mut fork) = two_against_two();
    assert_eq!(bench.verdict(), Verdict::Undecided);
    let shown = bench.snapshot();
    assert_eq!(shown.fork, Some(bench.block(102, 0)));
    let contested =
        shown.branches.iter().filter(|branch| branch.standing == BranchStanding::Contested);
    assert_eq!(contested.count(), 2);
    let view = bench.chain.view().expect("a head");
    assert!(view.undecided && view.head == bench.block(102, 0));
    let (asked, end) = {
        let needs = gateway_core::Needs::Number(101);
        let (mut call, outputs) = bench.ask(MethodClass::Block, needs, true);
        let CallOutput::Send { attempt, upstream } = outputs[0] else { panic!("sent") };
        (upstream, bench.reply(&mut call, attempt, Reply::Answer))
    };
    assert!(matches!(end[0], CallOutput::Deliver { .. }), "{asked:?}: {end:?}");
    // One side falling silent is not the end of it.
    bench.scripts[2].fails = crate::bench::down();
    bench.scripts[3].fails = crate::bench::down();
    fork.grow(&mut bench, 6, &[0, 1], &[]);
    assert_eq!(bench.verdict(), Verdict::Undecided);
    bench.scripts[2].fails = None;
    bench.scripts[3].fails = None;
    fork.grow(&mut bench, 4, &[0, 1, 2, 3], &[]);
    assert_eq!(bench.verdict(), Verdict::Healthy);
    assert!(!bench.chain.view().expect("a head").undecided);
    assert_eq!(bench.agreed().hash, bench.block(bench.agreed().number, 6).hash);
}

#[test]
fn the_operator_decides_and_changes_their_mind() {
    // Nobody could end an undecided split but the providers themselves.
    let (mut bench, mut fork) = two_against_two();
    let now = bench.now();
    assert!(bench.chain.follow(now, bench.block(50, 0).hash).is_err());
    let block = bench.block(104, 7).hash;
    bench.chain.follow(now, block).expect("a branch");
    assert_eq!((bench.verdict(), quarantined(&bench)), (Verdict::Split, vec![0, 1]));
    fork.grow(&mut bench, 2, &[0, 1], &[2, 3]);
    let now = bench.now();
    let block = bench.block(103, 6).hash;
    bench.chain.follow(now, block).expect("a branch");
    assert_eq!(quarantined(&bench), [2, 3]);
    fork.grow(&mut bench, 2, &[0, 1], &[2, 3]);
    assert_eq!(bench.agreed().hash, bench.block(bench.agreed().number, 6).hash);
    assert_eq!(bench.snapshot().contest.and_then(|c| c.ground), Some(Ground::Command));
}

#[test]
fn an_endpoint_relabelled_after_the_fork_has_no_vote() {
    // Whoever controls one endpoint could rename it until the classes come out right.
    let (mut bench, mut fork) = two_against_two();
    bench.scripts[3].version = "Geth/v1.13.0";
    fork.grow(&mut bench, 310, &[0, 1], &[2, 3]);
    assert_eq!(bench.verdict(), Verdict::Undecided);
    assert!(bench.snapshot().verdict_reason.contains("2.000 of 4.000"));
}

#[test]
fn an_endpoint_that_joins_after_the_fork_has_no_vote() {
    // Five new endpoints on the wrong branch would decide it.
    let mut bench = Bench::of_clients(&[
        ("a", "Geth/v1.13.0"),
        ("b", "besu/v24.1.0"),
        ("c", "Nethermind/v1.25.0"),
        ("d", "erigon/v2.58.2"),
        ("e", "reth/v1.0.0"),
    ]);
    bench.scripts[4].fails = crate::bench::down();
    // Away for longer than the ten minutes that count.
    bench.produce(700, &[0, 1, 2, 3]);
    let at = bench.agreed();
    let mut fork = Fork {
        one: bench.blocks.grow(at, at.number + 1, 6),
        other: bench.blocks.grow(at, at.number + 1, 7),
    };
    fork.grow(&mut bench, 6, &[0, 1], &[2, 3]);
    assert_eq!(bench.verdict(), Verdict::Undecided);
    bench.scripts[4].fails = None;
    fork.grow(&mut bench, 6, &[0, 1], &[2, 3, 4]);
    assert_eq!(bench.verdict(), Verdict::Undecided);
}

#[test]
fn half_that_stop_may_have_refused_the_next_block() {
    // Infura's nodes stood at 11234873 for an hour before anybody said why.
    let mut bench = infura();
    bench.produce(2, &[0, 1, 2, 3, 4]);
    let stuck = bench.agreed();
    bench.produce(6, &[3, 4]);
    assert_eq!(bench.verdict(), Verdict::Degraded);
    let reason = bench.snapshot().verdict_reason;
    assert!(reason.contains("may have refused block 103"), "{reason}");
    assert_eq!(bench.agreed().number, stuck.number + 6);
    assert_eq!(bench.state(0), State::Lagging);
}

#[test]
fn an_ordinary_reorg_is_no_contest() {
    // Every orphan would be an incident.
    let mut bench = infura();
    bench.produce(2, &[0, 1, 2, 3, 4]);
    let tip = bench.branch(100, 103, 6);
    bench.heads(&[tip, tip]);
    bench.pass(BLOCK);
    bench.heads(&[tip, tip, tip, tip, tip]);
    bench.pass(BLOCK);
    assert_eq!(bench.agreed(), tip);
    assert!(bench.take_events(EventKind::Contest).is_empty());
    assert!(bench.snapshot().contest.is_none());
    assert!(quarantined(&bench).is_empty());
}

#[test]
fn one_operator_on_both_sides_is_an_outlier_on_its_own() {
    // A provider with one broken node behind its balancer would stop every gateway.
    let mut bench = Bench::of_clients(&[
        ("a", "Geth/v1.13.0"),
        ("b", "besu/v24.1.0"),
        ("c", "Nethermind/v1.25.0"),
        ("c", "erigon/v2.58.2"),
    ]);
    let mut fork = Fork::at_102(&mut bench);
    fork.grow(&mut bench, 5, &[0, 1, 2], &[3]);
    assert_eq!((bench.verdict(), quarantined(&bench)), (Verdict::Degraded, vec![3]));
}

#[test]
fn where_the_operator_wants_it_latest_means_finalized_meanwhile() {
    // An indexer that can wait would be stopped by a split that does not concern it.
    let clients = [
        ("a", "Geth/v1.13.0"),
        ("b", "besu/v24.1.0"),
        ("c", "Nethermind/v1.25.0"),
        ("d", "erigon/v2.58.2"),
    ];
    let mut bench = Bench::set_up(&clients, |settings| {
        settings.when_undecided = WhenUndecided::Finalized;
    });
    let finalized = bench.block(90, 0);
    bench.scripts.iter_mut().for_each(|script| script.finalized = Some(finalized));
    let mut fork = Fork::at_102(&mut bench);
    fork.grow(&mut bench, 6, &[0, 1], &[2, 3]);
    let view = bench.chain.view().expect("a head");
    assert_eq!((view.head, view.undecided), (finalized, false));
    assert_eq!(bench.verdict(), Verdict::Undecided);
}

#[test]
fn the_same_upstream_is_not_put_out_twice_for_one_branch() {
    // The event log would fill with the same sentence at every look.
    let mut bench = infura();
    let mut fork = Fork::at_102(&mut bench);
    fork.grow(&mut bench, 20, &[0, 1, 2], &[3, 4]);
    assert_eq!(bench.take_events(EventKind::Contest).len(), 1);
    assert_eq!(bench.chain.state(UpstreamId(0)), Some(State::Quarantined));
}

/// A bench of upstreams that nobody has asked yet and that have parted so many blocks ago.
fn parted_before_the_start(clients: &[(&str, &'static str)], blocks: u64, one: usize) -> Bench {
    let mut bench = Bench::unasked(clients);
    let (a, b) = (bench.branch(1_000, 1_000 + blocks, 6), bench.branch(1_000, 1_000 + blocks, 7));
    for (index, script) in bench.scripts.iter_mut().enumerate() {
        script.head = Some(if index < one { a } else { b });
    }
    bench
}

const INFURA: [(&str, &str); 5] =
    [("a", OLD), ("b", OLD), ("c", OLD), ("d", "Nethermind/v1.9.0"), ("e", "besu/v20.10.1")];

#[test]
fn a_start_in_the_middle_of_a_split_does_not_begin_on_the_wrong_branch() {
    // Restarting the gateway in the incident would send every wallet to the client with the bug.
    for blocks in [5, 100, 400] {
        let mut bench = parted_before_the_start(&INFURA, blocks, 3);
        for _ in 0..60 {
            bench.pass(BLOCK / 8);
            let head = bench.chain.view().map(|view| view.head);
            let wrong = bench.block(1_000 + blocks, 6);
            assert_ne!(head, Some(wrong), "{blocks} blocks deep");
        }
        assert_eq!(bench.agreed(), bench.block(1_000 + blocks, 7), "{blocks} blocks deep");
        assert_eq!(quarantined(&bench), [0, 1, 2], "{blocks} blocks deep");
        assert_eq!(bench.verdict(), Verdict::Split);
    }
}

#[test]
fn a_start_in_an_undecided_split_agrees_on_nothing_above_the_fork() {
    // Two against two at the start would be decided by who answers first.
    let clients = [
        ("a", "Geth/v1.13.0"),
        ("b", "besu/v24.1.0"),
        ("c", "Nethermind/v1.25.0"),
        ("d", "erigon/v2.58.2"),
    ];
    for blocks in [5, 100, 400] {
        let mut bench = parted_before_the_start(&clients, blocks, 2);
        bench.pass(8 * BLOCK);
        let head = bench.chain.view().map(|view| (view.head, view.undecided));
        let expect = (blocks < 256).then(|| (bench.block(1_000, 0), true));
        assert_eq!(head, expect, "{blocks} blocks deep");
        assert_eq!(bench.verdict(), Verdict::Undecided);
    }
}
