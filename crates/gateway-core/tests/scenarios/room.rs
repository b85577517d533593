//! Upstreams that may have only so much under way: who is asked, who waits, and what is learnt of the load.

use gateway_core::{
    Call, CallInput, CallOutput, CallRequest, Doubt, Failure, MethodClass, Needs, RefusalReason,
    Reply, Standing, Submit, SubmitOutput, UpstreamId,
};
use units::Span;

use crate::bench::{BLOCK, Bench, down, sends};

const STATE: MethodClass = MethodClass::State;

fn in_flight(bench: &Bench, index: usize) -> u32 {
    bench.snapshot().upstreams[index].in_flight
}

fn bounded(bench: &mut Bench, calls: u32) {
    for index in 0..bench.scripts.len() {
        let id = UpstreamId(u8::try_from(index).expect("few"));
        bench.chain.set_room(id, calls);
    }
}

#[test]
fn more_than_an_upstream_bears_must_not_reach_it() {
    // A node that is felled by too many calls at once is felled by us.
    let mut bench = Bench::three();
    bounded(&mut bench, 4);
    let mut calls = Vec::new();
    let mut waiting = Vec::new();
    for _ in 0..30 {
        let (call, outputs) = bench.read(STATE);
        if sends(&outputs).is_empty() {
            waiting.push(call);
        } else {
            calls.push(call);
        }
    }
    assert_eq!((calls.len(), waiting.len()), (12, 18));
    assert!((0..3).all(|index| in_flight(&bench, index) == 4));
    // No hedge and no trial goes beyond it either.
    for call in &mut calls {
        let outputs = bench.wake(call);
        assert!(sends(&outputs).is_empty(), "{outputs:?}");
    }
    // An answer makes room, and one of those that wait finds it.
    bench.reply(&mut calls[0], 0, Reply::Answer);
    let woken: usize = waiting.iter_mut().map(|call| sends(&bench.wake(call)).len()).sum();
    assert_eq!(woken, 1);
}

#[test]
fn a_call_that_finds_no_room_in_time_is_told_of_overload() {
    // "No answer" would send the client's people looking for a broken node.
    let mut bench = Bench::three();
    bounded(&mut bench, 1);
    let _busy: Vec<_> = (0..3).map(|_| bench.read(STATE)).collect();
    let (mut call, _) = bench.read(STATE);
    let end = loop {
        if let Some(end) = bench.wake(&mut call).into_iter().next() {
            break end;
        }
    };
    let CallOutput::Refuse(refusal) = end else { panic!("{end:?}") };
    assert_eq!((refusal.reason, refusal.attempts), (RefusalReason::Busy, 0));
}

#[test]
fn a_retry_waits_for_the_others_and_not_for_the_one_that_failed() {
    let mut bench = Bench::new(&["one", "two"]);
    let (mut call, outputs) = bench.read(STATE);
    let first = sends(&outputs)[0];
    let second = UpstreamId(1 - first.0);
    bench.chain.set_room(second, 1);
    let mut others = Vec::new();
    while in_flight(&bench, second.index()) == 0 {
        others.push(bench.read(STATE));
    }
    let failed = Reply::Failed(Failure::ServerError);
    assert!(sends(&bench.reply(&mut call, 0, failed)).is_empty());
    assert!(sends(&bench.wake(&mut call)).is_empty());
    let at_second = |outputs: &[CallOutput]| sends(outputs).contains(&second);
    let (busy, _) = others.iter_mut().find(|(_, outputs)| at_second(outputs)).expect("it is busy");
    bench.reply(busy, 0, Reply::Answer);
    assert_eq!(sends(&bench.wake(&mut call)), [second]);
}

#[test]
fn hedges_leave_room_for_calls_that_nobody_has_been_asked_yet() {
    // With all of the room taken by second tries the first ones wait.
    let mut bench = Bench::new(&["one", "two"]);
    bounded(&mut bench, 8);
    let mut calls: Vec<_> = (0..8).map(|_| bench.read(STATE).0).collect();
    for call in &mut calls {
        bench.wake(call);
    }
    assert!((0..2).all(|index| in_flight(&bench, index) <= 6), "{:?}", bench.snapshot().upstreams);
}

#[test]
fn one_that_came_back_a_moment_ago_helps_where_the_others_are_full() {
    // Two hang and are full of calls that wait for them; the third is well and still on probation.
    let mut bench = Bench::three();
    bench.scripts[2].fails = down();
    bench.pass(4 * BLOCK);
    bounded(&mut bench, 2);
    let _hung: Vec<_> = (0..4).map(|_| bench.read(STATE)).collect();
    let asked = |bench: &mut Bench| sends(&bench.read(STATE).1);
    assert!(asked(&mut bench).is_empty(), "one that is away is no way round the bounds");
    bench.scripts[2].fails = None;
    while bench.chain.standing(bench.now(), UpstreamId(2)) != Standing::Doubtful {
        bench.pass(10);
    }
    assert_eq!(asked(&mut bench), [UpstreamId(2)]);
}

#[test]
fn a_transaction_leaves_out_who_is_full_and_is_sent_all_the_same_where_all_are() {
    let mut bench = Bench::three();
    let targets = |bench: &mut Bench| {
        let mut submit = Submit::new(bench.now().after(Span::from_secs(8)));
        let now = bench.now();
        submit.start(&mut bench.chain, now);
        std::iter::from_fn(move || submit.poll_output())
            .filter_map(|output| match output {
                SubmitOutput::Send { upstream, .. } => Some(upstream),
                SubmitOutput::Deliver { .. }
                | SubmitOutput::Succeed { .. }
                | SubmitOutput::LookUp { .. }
                | SubmitOutput::Refuse(_) => None,
            })
            .collect::<Vec<_>>()
    };
    bench.chain.set_room(UpstreamId(1), 0);
    assert_eq!(targets(&mut bench), [UpstreamId(0), UpstreamId(2)]);
    bounded(&mut bench, 0);
    assert_eq!(targets(&mut bench).len(), 1);
}

#[test]
fn what_an_upstream_did_is_told_once() {
    // The limit is set by it: what is counted twice or left out makes it wrong.
    let mut bench = Bench::new(&["one"]);
    let one = UpstreamId(0);
    bench.chain.take_load(one);
    let end = |bench: &mut Bench, reply| {
        let (mut call, _) = bench.ask(STATE, Needs::Anything, false);
        bench.skip(5);
        bench.reply(&mut call, 0, reply);
    };
    end(&mut bench, Reply::Answer);
    end(&mut bench, Reply::Answer);
    end(&mut bench, Reply::Failed(Failure::Broken));
    end(&mut bench, Reply::Failed(Failure::Throttled(None)));
    end(&mut bench, Reply::Doubtful(Doubt::MissingData));
    let load = bench.chain.take_load(one);
    let answered: Vec<(u32, Span)> =
        load.answered.into_iter().filter(|(count, _)| *count > 0).collect();
    assert_eq!(answered, [(2, Span::from_millis(10))]);
    assert_eq!((load.failed, load.throttled, load.peak), (1, 1, 1));
    let load = bench.chain.take_load(one);
    assert_eq!((load.failed, load.throttled, load.peak), (0, 0, 0));
    assert_eq!(bench.chain.standing(bench.now(), one), Standing::Paused);
    bench.pass(2 * BLOCK);
    // What is still under way counts as a peak of the next look, too.
    let (mut call, _) = bench.ask(STATE, Needs::Anything, true);
    assert_eq!(bench.chain.take_load(one).peak, 1);
    assert_eq!(bench.chain.take_load(one).peak, 1);
    bench.input(&mut call, CallInput::Replied { attempt: 0, reply: Reply::Answer });
}

#[test]
fn what_is_given_up_late_is_told_and_what_is_given_up_early_is_not() {
    // A server that works only on what nobody waits for any more would look idle, and be asked for more. And anybody
    // could make room for all smaller by calls that are in a hurry.
    let mut bench = Bench::new(&["one"]);
    let one = UpstreamId(0);
    for took in [100, 100, 400].into_iter().cycle().take(30) {
        let (mut call, _) = bench.ask(STATE, Needs::Anything, false);
        bench.skip(took);
        bench.reply(&mut call, 0, Reply::Answer);
    }
    bench.chain.take_load(one);
    let mut give_up = |time_ms: u64| {
        let deadline = bench.now().after(Span::from_millis(time_ms));
        let (class, needs, method) = (STATE, Needs::Anything, "eth_any");
        let idempotent = false;
        let mut call = Call::new(CallRequest { class, method, needs, idempotent, deadline });
        bench.input(&mut call, CallInput::Start);
        while call.next_deadline().is_some() {
            bench.wake(&mut call);
        }
        let load = bench.chain.take_load(one);
        (load.given_up, load.failed)
    };
    // Half of the answers take less than 128 ms, as far as a histogram in powers of two can tell.
    assert_eq!(give_up(130), (1, 0));
    assert_eq!(give_up(120), (0, 0));
    assert_eq!(give_up(20), (0, 0));
    // As long as nearly all answers take: that is a failure of its own.
    assert_eq!(give_up(1_000), (0, 1));
}

#[test]
fn a_client_in_a_hurry_does_not_make_room_for_all_smaller() {
    // Who asks most and gives up most would have a healthy upstream's limit fall by a quarter each time that it is
    // looked at, for all clients.
    let mut bench = Bench::new(&["one"]);
    let one = UpstreamId(0);
    // From 20 to 640 ms, as many within each doubling.
    let latencies = [22, 28, 35, 45, 57, 72, 90, 113, 142, 180, 226, 285, 359, 453, 571];
    let mut latencies = latencies.into_iter().cycle();
    let mut ask = |bench: &mut Bench, patience_ms: u64| {
        let took = latencies.next().unwrap_or_default();
        let deadline = bench.now().after(Span::from_millis(patience_ms));
        let (class, needs, method) = (STATE, Needs::Anything, "eth_any");
        let request = CallRequest { class, method, needs, idempotent: false, deadline };
        let mut call = Call::new(request);
        bench.input(&mut call, CallInput::Start);
        if took < patience_ms {
            bench.skip(took);
            bench.reply(&mut call, 0, Reply::Answer);
        }
        while call.next_deadline().is_some() {
            bench.wake(&mut call);
        }
    };
    (0..100).for_each(|_| ask(&mut bench, 8_000));
    bench.chain.take_load(one);
    // Eight of nine calls are of one who waits for 80 ms; 113 ms is what half of the answers take. Ten times as many
    // as the histogram holds.
    let mut answered = 0;
    for nth in 0..20_000 {
        ask(&mut bench, if nth % 9 == 0 { 8_000 } else { 80 });
        if nth % 50 == 0 {
            let load = bench.chain.take_load(one);
            assert_eq!((load.given_up, load.failed), (0, 0), "at call {nth}");
            answered += load.answered.iter().map(|(count, _)| count).sum::<u32>();
        }
    }
    // More were given up than were answered.
    assert!((8_000..10_000).contains(&answered), "{answered}");
}
