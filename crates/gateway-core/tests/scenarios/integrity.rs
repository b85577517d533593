//! Wrong answers: found, charged, put out; and honest nodes left alone.

use gateway_core::{
    BlockRef, CallOutput, EventKind, Failure, Fixed, Look, MethodClass, Needs, OpinionRequest,
    Reply, Side, State, UpstreamId,
};
use units::Span;

use crate::bench::{BLOCK, Bench, down, sends};

const FIRST: UpstreamId = UpstreamId(0);
const SECOND: UpstreamId = UpstreamId(1);
const THIRD: UpstreamId = UpstreamId(2);

fn request(bench: &Bench, look: Look) -> OpinionRequest<'static> {
    OpinionRequest {
        class: MethodClass::State,
        method: "eth_getBalance",
        needs: Needs::Head(bench.agreed()),
        fixed: Fixed::Hash { pins: true },
        first: FIRST,
        look,
    }
}

/// An opinion that is surely asked for, answered and found to differ; who was asked.
fn dispute(bench: &mut Bench, side: Option<Side>) -> Option<UpstreamId> {
    bench.skip(1_000);
    let (now, asked) = (bench.now(), request(bench, Look::Suspect));
    let second = bench.chain.take_opinion(now, &asked).unwrap_or_else(|| panic!("no opinion"));
    let took = Span::from_millis(3);
    bench.chain.on_opinion(now, second, asked.class, Reply::Answer, took);
    let referee = bench.chain.take_referee(now, &asked, second);
    if let Some(referee) = referee {
        bench.chain.on_opinion(now, referee, asked.class, Reply::Answer, took);
        assert_ne!(referee, second);
    }
    assert_eq!(bench.snapshot().upstreams.iter().map(|u| u.in_flight).sum::<u32>(), 0);
    bench.chain.on_dispute(now, &asked, second, referee.zip(side))
}

#[test]
fn who_is_outvoted_again_and_again_is_put_out_and_comes_back() {
    // A node that answers "balance 0" while it lags must stop serving, and one slip must not.
    let mut bench = Bench::three();
    for round in 1..=3 {
        assert_eq!(bench.state(0), State::Serving, "round {round}");
        assert_eq!(dispute(&mut bench, Some(Side::Second)), Some(FIRST));
    }
    assert_eq!(bench.state(0), State::Quarantined, "at once, not with the next probe");
    let snapshot = bench.snapshot();
    assert_eq!(snapshot.upstreams[0].wrong_answers, [("opinion", 3)]);
    assert_eq!(snapshot.opinions.different, 3);
    assert!(snapshot.upstreams[0].reason.starts_with("wrong answers: 3 within"));
    let (_, outputs) = bench.read(MethodClass::State);
    assert_ne!(sends(&outputs), [FIRST]);
    let told = bench.take_events(EventKind::Integrity);
    assert_eq!(told.len(), 3);
    assert!(told[0].contains("node-0 says otherwise of one block to eth_getBalance"), "{told:?}");
    bench.pass(290_000);
    assert_eq!(bench.state(0), State::Quarantined);
    bench.pass(30_000);
    assert_eq!(bench.state(0), State::Serving);
}

#[test]
fn the_second_can_be_the_liar() {
    // Whoever answers first must not be taken for right or wrong for that alone.
    let mut bench = Bench::three();
    for _ in 0..3 {
        let outvoted = dispute(&mut bench, Some(Side::First)).expect("one is outvoted");
        assert_ne!(outvoted, FIRST);
    }
    assert_eq!(bench.state(0), State::Serving);
    assert_eq!(bench.snapshot().upstreams[0].wrong_answers, []);
}

#[test]
fn two_alone_cannot_settle_it_and_are_both_suspected() {
    // One word against one word: putting either out may put the honest one out.
    let mut bench = Bench::new(&["one", "two"]);
    for _ in 0..5 {
        assert_eq!(dispute(&mut bench, None), None);
    }
    assert_eq!((bench.state(0), bench.state(1)), (State::Serving, State::Serving));
    assert!(bench.snapshot().upstreams.iter().all(|upstream| upstream.suspected));
    let told = bench.take_events(EventKind::Integrity);
    assert!(told[0].contains("nobody could settle it"), "{told:?}");
    // From now on their answers are looked at ten times as often.
    let asked = sampled(&mut bench, Look::Plain, 500);
    assert!((30..75).contains(&asked), "{asked}");
    bench.pass(700_000);
    let asked = sampled(&mut bench, Look::Plain, 5_000);
    assert!((25..80).contains(&asked), "{asked}");
}

/// How many of so many answers were asked for again; the budget is never what stops it.
fn sampled(bench: &mut Bench, look: Look, count: usize) -> usize {
    let asked = (0..count).filter(|_| {
        bench.skip(1_000);
        let (now, request) = (bench.now(), request(bench, look));
        let second = bench.chain.take_opinion(now, &request);
        if let Some(second) = second {
            let reply = Reply::Answer;
            bench.chain.on_opinion(now, second, request.class, reply, Span::from_millis(3));
        }
        second.is_some()
    });
    asked.count()
}

#[test]
fn a_sample_is_as_large_as_was_asked_for() {
    // Too small a sample finds no liar, too large a one is load that providers charge for.
    let mut bench = Bench::three();
    let plain = sampled(&mut bench, Look::Plain, 10_000);
    assert!((70..130).contains(&plain), "{plain}");
    let empty = sampled(&mut bench, Look::Empty, 5_000);
    assert!((420..580).contains(&empty), "{empty}");
    assert_eq!(sampled(&mut bench, Look::Suspect, 100), 100);
}

#[test]
fn only_what_must_be_the_same_everywhere_is_compared() {
    // Two honest nodes may differ on a block that is not final, and on one they are not told by hash.
    let mut bench = Bench::three();
    let ask = |bench: &mut Bench, fixed: Fixed, needs: Needs| {
        let (now, request) = (bench.now(), request(bench, Look::Suspect));
        let request = OpinionRequest { fixed, needs, ..request };
        bench.chain.take_opinion(now, &request).is_some()
    };
    assert!(!ask(&mut bench, Fixed::Number(90), Needs::Number(90)), "nothing is final yet");
    let finalized = bench.block(90, 0);
    bench.scripts.iter_mut().for_each(|script| script.finalized = Some(finalized));
    bench.pass(40_000);
    assert!(ask(&mut bench, Fixed::Number(90), Needs::Number(90)));
    assert!(!ask(&mut bench, Fixed::Number(91), Needs::Number(91)));
    assert!(ask(&mut bench, Fixed::Hash { pins: false }, Needs::Anything));
    let nobody_has = BlockRef { number: 100, hash: crate::bench::hash(100, 9) };
    assert!(!ask(&mut bench, Fixed::Hash { pins: true }, Needs::Head(nobody_has)));
}

#[test]
fn one_operator_is_no_second_opinion() {
    // Endpoints of one provider lie alike.
    let mut bench = Bench::new(&["one", "one", "one"]);
    let (now, asked) = (bench.now(), request(&bench, Look::Suspect));
    assert_eq!(bench.chain.take_opinion(now, &asked), None);
    let mut bench = Bench::new(&["one", "one", "two"]);
    for _ in 0..20 {
        bench.skip(1_000);
        let now = bench.now();
        assert_eq!(bench.chain.take_opinion(now, &asked), Some(THIRD));
        assert_eq!(bench.chain.take_referee(now, &asked, THIRD), None);
    }
}

#[test]
fn opinions_leave_the_budget_to_retries() {
    // Second opinions that use the budget up would turn a failing node into failed calls.
    let mut bench = Bench::three();
    let (now, asked) = (bench.now(), request(&bench, Look::Suspect));
    let granted = (0..500).filter(|_| bench.chain.take_opinion(now, &asked).is_some()).count();
    assert_eq!(granted, 30, "a third of the reserve of a hundred");
}

#[test]
fn a_reorg_between_two_answers_convicts_nobody() {
    // The second was asked for a block that is no more.
    let mut bench = Bench::three();
    let asked = request(&bench, Look::Suspect);
    let other = bench.branch(99, 101, 1);
    bench.heads(&[other, other, other]);
    bench.pass(BLOCK);
    assert_eq!(bench.agreed(), other);
    let now = bench.now();
    let settled = bench.chain.on_dispute(now, &asked, SECOND, Some((THIRD, Side::First)));
    assert_eq!(settled, None);
    assert_eq!(bench.snapshot().opinions.different, 0);
    assert!(bench.take_events(EventKind::Integrity).is_empty());
}

#[test]
fn an_answer_that_cannot_be_true_is_asked_for_elsewhere() {
    // Forged logs must not reach a client while an honest node is there.
    let mut bench = Bench::three();
    let wrong = Reply::Failed(Failure::WrongAnswer("log_filter"));
    for _ in 0..40 {
        let lies = |id| if id == FIRST { wrong } else { Reply::Answer };
        let (asked, end) = bench.served(MethodClass::Logs, lies);
        assert!(matches!(end, CallOutput::Deliver { .. }), "{end:?}");
        assert_ne!(asked.last(), Some(&FIRST));
        bench.pass(BLOCK);
    }
    let first = &bench.snapshot().upstreams[0];
    assert_eq!(first.state, State::Quarantined, "{}", first.reason);
    assert!(first.reason.contains("log_filter"), "{}", first.reason);
}

#[test]
fn the_last_one_is_not_put_out_but_not_believed_either() {
    // With nobody else each wrong answer is refused by itself, and right ones still serve.
    let mut bench = Bench::new(&["one", "two"]);
    bench.scripts[1].fails = down();
    bench.pass(10 * BLOCK);
    for _ in 0..5 {
        let (_, end) =
            bench.served(MethodClass::Logs, |_| Reply::Failed(Failure::WrongAnswer("log_filter")));
        assert!(matches!(end, CallOutput::Refuse(_)), "{end:?}");
    }
    assert_eq!(bench.state(0), State::Serving);
    let (_, end) = bench.served(MethodClass::State, |_| Reply::Answer);
    assert!(matches!(end, CallOutput::Deliver { .. }), "{end:?}");
}

#[test]
fn who_shows_forged_headers_is_put_out_until_it_shows_true_ones() {
    // A header with the right hash and wrong fields would be served as the block.
    let mut bench = Bench::three();
    bench.scripts.iter_mut().for_each(|script| script.seal = Some(true));
    bench.pass(BLOCK);
    assert!(bench.chain.headers_hash());
    bench.scripts[2].seal = Some(false);
    bench.produce(3, &[0, 1, 2]);
    let third = bench.snapshot().upstreams[2].clone();
    assert_eq!(third.state, State::Quarantined);
    assert!(third.reason.contains("does not hash to its hash"), "{}", third.reason);
    assert_eq!(third.head.map(|head| head.number), Some(100), "its headers are not taken in");
    assert_eq!(third.wrong_answers, [("header_hash", 1)]);
    assert_eq!(bench.take_events(EventKind::Integrity).len(), 1);
    bench.scripts[2].seal = Some(true);
    bench.produce(6, &[0, 1, 2]);
    assert_eq!(bench.state(2), State::Serving);
}

#[test]
fn where_nobodys_headers_hash_as_known_here_the_check_is_off() {
    // Another kind of chain, or an upgrade that changes the header, must not stop the gateway.
    let mut bench = Bench::three();
    bench.scripts.iter_mut().for_each(|script| script.seal = Some(true));
    bench.produce(3, &[0, 1, 2]);
    bench.scripts.iter_mut().for_each(|script| script.seal = Some(false));
    bench.produce(6, &[0, 1, 2]);
    assert!(!bench.chain.headers_hash());
    assert_eq!(bench.agreed().number, 109);
    assert!((0..3).all(|index| bench.state(index) == State::Serving));
    let told = bench.take_events(EventKind::Integrity);
    assert_eq!(told.iter().filter(|text| text.contains("not checked")).count(), 1, "{told:?}");
    bench.scripts.iter_mut().for_each(|script| script.seal = Some(true));
    bench.produce(2, &[0, 1, 2]);
    assert!(bench.chain.headers_hash());
}

#[test]
fn one_mismatch_beside_many_is_no_proof_of_the_rule() {
    // One old node among upgraded ones must not condemn the upgraded.
    let mut bench = Bench::three();
    bench.scripts[0].seal = Some(true);
    bench.scripts[1].seal = Some(false);
    bench.scripts[2].seal = Some(false);
    bench.produce(4, &[0, 1, 2]);
    assert!(!bench.chain.headers_hash());
    assert!((0..3).all(|index| bench.state(index) == State::Serving));
}
