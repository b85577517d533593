//! Health per upstream and method class: who is out for what, and how they come back.

use gateway_core::{
    CallInput, CallOutput, Doubt, EventKind, Failure, MethodClass, Probe, ProbeAnswer,
    ProbeFailure, Reply, State, UpstreamId,
};
use units::Span;

use crate::bench::{BLOCK, Bench, sends};

const BAD: UpstreamId = UpstreamId(2);

/// The upstreams that a hundred reads of a class were sent to first.
fn first_asked(bench: &mut Bench, class: MethodClass) -> Vec<UpstreamId> {
    (0..100).map(|_| bench.served(class, |_| Reply::Answer).0[0]).collect()
}

/// Fails reads of a class at one upstream until it is out.
fn break_class(bench: &mut Bench, class: MethodClass) {
    for _ in 0..200 {
        let reply = |upstream| match upstream {
            BAD => Reply::Failed(Failure::ServerError),
            UpstreamId(_) => Reply::Answer,
        };
        let (mut call, outputs) = bench.read(class);
        for output in outputs {
            if let CallOutput::Send { attempt, upstream } = output {
                bench.skip(3);
                bench.reply(&mut call, attempt, reply(upstream));
            }
        }
        call.abandon(&mut bench.chain);
        if bench.snapshot().upstreams[2].ejected.contains(&class) {
            return;
        }
    }
    panic!("never out for {}", class.name());
}

#[test]
fn a_node_whose_calls_are_broken_is_out_for_those_only() {
    // eth_call fails while eth_blockNumber works: balances would be lost with it, or calls kept failing.
    let mut bench = Bench::three();
    break_class(&mut bench, MethodClass::Execution);
    assert_eq!(bench.snapshot().upstreams[2].ejected, [MethodClass::Execution]);
    assert_eq!(bench.state(2), State::Serving);
    assert!(!first_asked(&mut bench, MethodClass::Execution)[..20].contains(&BAD));
    assert!(first_asked(&mut bench, MethodClass::State).contains(&BAD));
    let told = bench.take_events(EventKind::Ejected);
    assert!(told.len() == 1 && told[0].starts_with("out for execution: "), "{told:?}");
}

#[test]
fn a_node_that_breaks_in_two_classes_is_out_as_a_whole_until_it_shows_its_head() {
    // Each class would be found out at the price of retries of its own, and use the budget up.
    let mut bench = Bench::three();
    break_class(&mut bench, MethodClass::Execution);
    break_class(&mut bench, MethodClass::State);
    assert_eq!(bench.snapshot().upstreams[2].ejected, MethodClass::ALL);
    bench.pass(BLOCK);
    let ejected = bench.snapshot().upstreams[2].ejected.clone();
    assert_eq!(ejected, [MethodClass::Execution, MethodClass::State]);
}

#[test]
fn the_last_one_is_never_out() {
    // Breakers that open for all nodes at once would turn a bad minute into an outage.
    let mut bench = Bench::new(&["one"]);
    for _ in 0..10 {
        let (mut call, _) = bench.read(MethodClass::State);
        bench.reply(&mut call, 0, Reply::Failed(Failure::ServerError));
        call.abandon(&mut bench.chain);
    }
    assert_eq!(bench.snapshot().upstreams[0].ejected, [MethodClass::State]);
    let (asked, end) = bench.served(MethodClass::State, |_| Reply::Answer);
    assert_eq!((asked, end), (vec![UpstreamId(0)], CallOutput::Deliver { attempt: 0 }));
}

#[test]
fn trials_bring_a_class_back() {
    // A node that was mended would stay out for good.
    let mut bench = Bench::three();
    break_class(&mut bench, MethodClass::Execution);
    bench.skip(1_100);
    for _ in 0..5 {
        bench.served(MethodClass::Execution, |_| Reply::Answer);
    }
    assert!(bench.snapshot().upstreams[2].ejected.is_empty());
    assert_eq!(bench.take_events(EventKind::Restored).len(), 1);
}

#[test]
fn a_trial_that_is_never_told_of_does_not_keep_a_node_out() {
    // One lost report of the shell would take a node's class away until the restart.
    let mut bench = Bench::three();
    break_class(&mut bench, MethodClass::Execution);
    bench.skip(1_100);
    let (mut call, outputs) = bench.read(MethodClass::Execution);
    assert!(outputs.contains(&CallOutput::Trial { upstream: BAD }));
    call.abandon(&mut bench.chain);
    let (mut call, outputs) = bench.read(MethodClass::Execution);
    assert!(!outputs.contains(&CallOutput::Trial { upstream: BAD }));
    call.abandon(&mut bench.chain);
    bench.skip(31_000);
    let (_, outputs) = bench.read(MethodClass::Execution);
    assert!(outputs.contains(&CallOutput::Trial { upstream: BAD }));
}

#[test]
fn a_pause_that_was_asked_for_is_kept() {
    // A provider that limits rates would be asked on, and block the key.
    let mut bench = Bench::new(&["one", "two"]);
    let pause = Failure::Throttled(Some(Span::from_millis(2_500)));
    let (mut call, outputs) = bench.read(MethodClass::State);
    let limited = sends(&outputs)[0];
    let next = bench.reply(&mut call, 0, Reply::Failed(pause));
    assert_ne!(sends(&next), [limited]);
    bench.reply(&mut call, 1, Reply::Answer);
    let until = bench.now().after(Span::from_millis(2_500));
    let probes = bench.probes;
    while bench.now() < until {
        let (mut call, outputs) = bench.read(MethodClass::State);
        assert_ne!(sends(&outputs), [limited]);
        bench.reply(&mut call, 0, Reply::Answer);
        bench.skip(50);
    }
    assert_eq!(bench.probes, probes);
    assert!(first_asked(&mut bench, MethodClass::State).contains(&limited));
}

#[test]
fn a_pause_is_cut_at_a_minute() {
    // A provider's slip (Retry-After: 86400) would take it away for a day.
    let mut bench = Bench::new(&["one", "two"]);
    let day = ProbeFailure::Throttled(Some(Span::from_secs(86_400)));
    bench.chain.on_probe(bench.now(), UpstreamId(0), Probe::Head, ProbeAnswer::Failed(day));
    assert_eq!(bench.state(0), State::Lagging);
    bench.pass(61 * BLOCK);
    assert_eq!(bench.state(0), State::Serving);
}

#[test]
fn a_method_that_one_node_lacks_is_not_sent_there() {
    // Every trace call would first go to a node that cannot answer it.
    let mut bench = Bench::three();
    let reply = |upstream| match upstream {
        BAD => Reply::Doubtful(Doubt::MethodUnsupported),
        UpstreamId(_) => Reply::Answer,
    };
    for _ in 0..20 {
        assert!(matches!(bench.served(MethodClass::Trace, reply).1, CallOutput::Deliver { .. }));
    }
    assert_eq!(bench.take_events(EventKind::Unsupported).len(), 1);
    let asked = (0..50).flat_map(|_| bench.served(MethodClass::Trace, reply).0);
    assert!(!asked.collect::<Vec<_>>().contains(&BAD));
}

#[test]
fn a_node_that_fails_fast_does_not_look_fast() {
    // The quickest errors would draw the most calls, and use up the retry budget.
    let mut bench = Bench::three();
    let mut failed = 0;
    for count in 0..600 {
        let (mut call, outputs) = bench.read(MethodClass::State);
        let asked = sends(&outputs)[0];
        bench.skip(5);
        // Two in five fail: too few for the breaker.
        let fails = asked == BAD && count % 5 < 2;
        failed += u32::from(fails);
        let reply = if fails { Reply::Failed(Failure::ServerError) } else { Reply::Answer };
        bench.reply(&mut call, 0, reply);
        call.abandon(&mut bench.chain);
    }
    assert!(failed < 30, "{failed} calls of 600 failed at a third of the nodes");
}

#[test]
fn a_hedge_that_had_no_time_to_answer_is_not_held_against_its_target() {
    // A healthy node that only gets hedges would be put out for losing them.
    let mut bench = Bench::new(&["one", "two"]);
    for _ in 0..40 {
        let (mut call, _) = bench.read(MethodClass::State);
        let hedged = bench.wake(&mut call);
        assert_eq!(sends(&hedged).len(), 1);
        bench.skip(1);
        bench.reply(&mut call, 0, Reply::Answer);
        bench.skip(300);
    }
    assert!(bench.snapshot().upstreams.iter().all(|upstream| upstream.ejected.is_empty()));
}

#[test]
fn a_silent_node_is_put_out_by_the_hedges_it_loses() {
    // A node that takes calls and never answers would cost every client a hedge delay.
    let mut bench = Bench::new(&["one", "two"]);
    let mut lost = 0;
    while bench.snapshot().upstreams[0].ejected.is_empty() {
        lost += 1;
        assert!(lost < 500, "never put out");
        let (mut call, outputs) = bench.read(MethodClass::State);
        let mut flying = sends(&outputs);
        while !flying.contains(&UpstreamId(1)) {
            let more = bench.wake(&mut call);
            flying.extend(sends(&more));
        }
        bench.skip(200);
        let attempt = u8::try_from(flying.len() - 1).expect("few attempts");
        bench.reply(&mut call, attempt, Reply::Answer);
        // Time for the latency that was guessed to be forgotten.
        bench.skip(20_000);
    }
    assert!(bench.snapshot().upstreams[1].ejected.is_empty());
}

#[test]
fn an_upstream_that_was_away_must_show_that_it_stays() {
    // A node that flaps would be given calls in each moment that it is up.
    let mut bench = Bench::three();
    bench.scripts[2].fails = crate::bench::down();
    bench.produce(2, &[0, 1]);
    assert_eq!(bench.state(2), State::Unreachable);
    bench.scripts[2].fails = None;
    let head = bench.agreed();
    bench.scripts[2].head = Some(head);
    bench.pass(BLOCK / 4);
    assert_eq!(bench.state(2), State::Probation);
    bench.pass(BLOCK);
    assert_eq!(bench.state(2), State::Serving);
}

#[test]
fn calls_under_way_are_counted_down_whatever_comes_of_them() {
    // A count that only grows would push calls away from a healthy node for ever.
    let mut bench = Bench::three();
    let (mut call, _) = bench.read(MethodClass::State);
    bench.wake(&mut call);
    bench.wake(&mut call);
    let flying = |bench: &Bench| -> u32 {
        bench.snapshot().upstreams.iter().map(|upstream| upstream.in_flight).sum()
    };
    assert_eq!(flying(&bench), 3);
    bench.reply(&mut call, 1, Reply::Answer);
    assert_eq!(flying(&bench), 0);
    let late = bench.input(&mut call, CallInput::Replied { attempt: 0, reply: Reply::Answer });
    assert!(late.is_empty() && flying(&bench) == 0);
    let (mut call, _) = bench.read(MethodClass::State);
    call.abandon(&mut bench.chain);
    call.abandon(&mut bench.chain);
    assert_eq!(flying(&bench), 0);
}
