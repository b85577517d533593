//! One call over several upstreams: retries, hedges, the budget, and what may not be repeated.

use gateway_core::{
    Call, CallInput, CallOutput, CallRequest, Doubt, Failure, MethodClass, Needs, RefusalReason,
    Reply, State, UpstreamId,
};
use units::Span;

use crate::bench::{BLOCK, Bench, down, sends};

const SERVER_ERROR: Reply = Reply::Failed(Failure::ServerError);

fn refusal(outputs: &[CallOutput]) -> Option<gateway_core::Refusal> {
    outputs.iter().find_map(|output| match output {
        CallOutput::Refuse(refusal) => Some(*refusal),
        CallOutput::Send { .. }
        | CallOutput::Cancel { .. }
        | CallOutput::Deliver { .. }
        | CallOutput::Trial { .. } => None,
    })
}

#[test]
fn the_retry_goes_to_another_operator_first() {
    // Two endpoints of one provider fail together: the retry would fail for the same reason.
    let mut bench = Bench::new(&["one", "one", "one", "two"]);
    for _ in 0..50 {
        let (mut call, outputs) = bench.read(MethodClass::State);
        let first = sends(&outputs)[0];
        let next = bench.reply(&mut call, 0, SERVER_ERROR);
        let second = sends(&next)[0];
        assert!(first == UpstreamId(3) || second == UpstreamId(3), "{first:?}, {second:?}");
        bench.reply(&mut call, 1, Reply::Answer);
        bench.pass(BLOCK);
    }
}

#[test]
fn the_hedge_comes_when_nearly_all_answers_would_be_there() {
    // A fixed delay is too late for fast nodes and doubles the load of slow ones.
    for (usual, latest) in [(4, 40), (300, 1_100)] {
        let mut bench = Bench::three();
        for _ in 0..100 {
            let (mut call, _) = bench.read(MethodClass::State);
            bench.skip(usual);
            bench.reply(&mut call, 0, Reply::Answer);
        }
        let (mut call, _) = bench.read(MethodClass::State);
        let started = bench.now();
        assert_eq!(sends(&bench.wake(&mut call)).len(), 1);
        let waited = bench.now().since(started).as_millis();
        assert!(waited >= usual && waited <= latest, "{usual} ms: hedged after {waited} ms");
    }
}

#[test]
fn with_two_silent_the_third_is_asked_in_time() {
    // Two of three hang: a client would wait out a timeout although the third node is well.
    let mut bench = Bench::three();
    let (mut call, outputs) = bench.read(MethodClass::State);
    let mut asked = sends(&outputs);
    let started = bench.now();
    while asked.len() < 3 {
        let more = bench.wake(&mut call);
        asked.extend(sends(&more));
    }
    assert!(bench.now().since(started) < Span::from_secs(1));
    let outputs = bench.reply(&mut call, 2, Reply::Answer);
    assert_eq!(outputs[0], CallOutput::Deliver { attempt: 2 });
    assert_eq!(outputs.len(), 3);
}

#[test]
fn a_hedge_that_found_nobody_is_tried_again() {
    // The other node is pausing for a moment just when the hedge is due: the call would wait for seconds.
    let mut bench = Bench::new(&["one", "two"]);
    let pause = Reply::Failed(Failure::Throttled(Some(Span::from_millis(400))));
    let (mut other, outputs) = bench.read(MethodClass::Fee);
    let limited = sends(&outputs)[0];
    bench.reply(&mut other, 0, pause);
    let (mut call, outputs) = bench.read(MethodClass::State);
    assert_ne!(sends(&outputs), [limited]);
    let started = bench.now();
    while sends(&bench.wake(&mut call)).is_empty() {}
    assert!(bench.now().since(started) < Span::from_secs(1));
}

#[test]
fn hedges_leave_a_part_of_the_budget_to_retries() {
    // While nodes are slow, hedges would use up what is needed when one fails.
    let mut bench = Bench::new(&["one", "two"]);
    let mut hedged = 0;
    for _ in 0..300 {
        let (mut call, _) = bench.read(MethodClass::State);
        let (at, _) = call.next_deadline().expect("under way");
        bench.skip(at.since(bench.now()).as_millis() / 100);
        call.abandon(&mut bench.chain);
    }
    let mut calls = Vec::new();
    for _ in 0..300 {
        calls.push(bench.read(MethodClass::State).0);
    }
    for call in &mut calls {
        hedged += sends(&bench.wake(call)).len();
    }
    // 600 calls at 20 per cent and the reserve of 100 make 220, of which hedges get 60 per cent.
    assert_eq!(hedged, 132);
    let next = bench.reply(&mut calls[299], 0, SERVER_ERROR);
    assert_eq!(sends(&next).len(), 1);
}

#[test]
fn without_budget_a_call_waits_and_is_then_refused() {
    // Retries without end turn a brown-out into an outage; a refusal at once loses what a moment would mend.
    let mut bench = Bench::new(&["one", "two"]);
    let mut calls: Vec<_> = (0..600).map(|_| bench.read(MethodClass::State).0).collect();
    let mut retries = 0;
    let mut waiting = Vec::new();
    for call in &mut calls {
        let outputs = bench.reply(call, 0, SERVER_ERROR);
        retries += sends(&outputs).len();
        assert_eq!(refusal(&outputs), None);
        if outputs.is_empty() {
            waiting.push(call);
        }
    }
    assert_eq!(retries, 220);
    let call = waiting.pop().expect("some wait");
    let outputs = loop {
        let outputs = bench.wake(call);
        if !outputs.is_empty() {
            break outputs;
        }
    };
    let reason = refusal(&outputs).map(|refusal| refusal.reason);
    assert_eq!(reason, Some(RefusalReason::Budget(Failure::ServerError)));
}

#[test]
fn what_may_have_taken_effect_is_not_repeated() {
    // A call that changes something at the node would be done twice.
    for reply in [
        Reply::Failed(Failure::Broken),
        Reply::Failed(Failure::ServerError),
        Reply::Failed(Failure::Malformed),
    ] {
        let mut bench = Bench::three();
        let (mut call, _) = bench.ask(MethodClass::Meta, Needs::Anything, false);
        let outputs = bench.reply(&mut call, 0, reply);
        let refusal = refusal(&outputs).expect("refused");
        assert!(refusal.may_have_taken_effect && refusal.attempts == 1, "{refusal:?}");
    }
}

#[test]
fn what_was_never_sent_is_repeated_but_not_what_came_after_it() {
    // After a refused connection the next attempt counts: it may have taken effect.
    let mut bench = Bench::three();
    let (mut call, _) = bench.ask(MethodClass::Meta, Needs::Anything, false);
    let next = bench.reply(&mut call, 0, Reply::Failed(Failure::Connect));
    assert_eq!(sends(&next).len(), 1);
    let outputs = bench.reply(&mut call, 1, Reply::Doubtful(Doubt::InternalError));
    assert_eq!(outputs, [CallOutput::Deliver { attempt: 1 }]);

    let (mut call, _) = bench.ask(MethodClass::Meta, Needs::Anything, false);
    bench.reply(&mut call, 0, Reply::Failed(Failure::Connect));
    let outputs = bench.wake(&mut call);
    let refusal = refusal(&outputs).expect("refused at the deadline");
    assert_eq!(refusal.reason, RefusalReason::Deadline);
    assert!(refusal.may_have_taken_effect);
}

#[test]
fn two_internal_errors_are_the_answer() {
    // A call that makes every node fail would be sent to all of them, again and again.
    let mut bench = Bench::new(&["one", "two", "three", "four"]);
    let (asked, end) = bench.served(MethodClass::State, |_| Reply::Doubtful(Doubt::InternalError));
    assert_eq!((asked.len(), end), (2, CallOutput::Deliver { attempt: 0 }));
    assert!(bench.snapshot().upstreams.iter().all(|upstream| upstream.failures == 0));
}

#[test]
fn a_block_that_nobody_has_yet_is_waited_for() {
    // The nodes announce a head before they can read its state: wallets would see errors at every block.
    let mut bench = Bench::three();
    let (mut call, outputs) = bench.read(MethodClass::State);
    let mut number = u8::try_from(outputs.len()).expect("few");
    for attempt in 0..number {
        bench.reply(&mut call, attempt, Reply::Doubtful(Doubt::MissingData));
    }
    while number < 4 {
        let missing = Reply::Doubtful(Doubt::MissingData);
        let more = bench.reply(&mut call, number, missing);
        number += 1;
        if call.attempts() <= number && sends(&more).is_empty() {
            let later = bench.wake(&mut call);
            assert_eq!(sends(&later).len(), 1, "asked again after a pause");
        }
    }
    assert!(!call.is_done());
    let last = call.attempts() - 1;
    assert_eq!(
        bench.reply(&mut call, last, Reply::Answer),
        [CallOutput::Deliver { attempt: last }]
    );
}

#[test]
fn a_transaction_that_nobody_knows_is_not_waited_for() {
    // Asking for the trace of an unknown transaction would take the client's whole time and end in an
    // error about blocks.
    let mut bench = Bench::three();
    let needs = Needs::Number(bench.agreed().number);
    let started = bench.now();
    let (mut call, _) = bench.ask(MethodClass::Trace, needs, true);
    let mut end = Vec::new();
    for attempt in 0..3 {
        end = bench.reply(&mut call, attempt, Reply::Doubtful(Doubt::MissingData));
    }
    assert_eq!(end, [CallOutput::Deliver { attempt: 0 }]);
    assert_eq!(bench.now(), started, "everyone who has the block has said so");
}

#[test]
fn a_call_whose_block_was_reorganised_away_is_handed_back() {
    // Every read that is under way during a reorg would wait for a block that comes no more.
    let mut bench = Bench::three();
    bench.produce(3, &[0, 1, 2]);
    let old = bench.agreed();
    let (mut call, _) = bench.read(MethodClass::State);
    let new = bench.branch(old.number - 1, old.number + 1, 6);
    bench.heads(&[new, new, new]);
    bench.pass(BLOCK);
    assert_eq!(bench.agreed(), new);
    let end = bench.reply(&mut call, 0, Reply::Doubtful(Doubt::MissingData));
    assert_eq!(refusal(&end).map(|refusal| refusal.reason), Some(RefusalReason::Reorged));
    let counts = bench.snapshot().counts;
    assert_eq!((counts.refused, counts.calls), (0, 0), "it is counted when it comes again");
}

#[test]
fn a_client_in_a_hurry_puts_nobody_out() {
    // One client that waits 40 ms could eject every node that is 50 ms away, for everybody.
    let mut bench = Bench::three();
    for _ in 0..50 {
        let deadline = bench.now().after(Span::from_millis(40));
        let (class, needs) = (MethodClass::Execution, Needs::Anything);
        let mut call =
            Call::new(CallRequest { class, method: "eth_call", needs, idempotent: true, deadline });
        bench.input(&mut call, CallInput::Start);
        while !call.is_done() {
            bench.wake(&mut call);
        }
    }
    assert!(bench.snapshot().upstreams.iter().all(|upstream| upstream.ejected.is_empty()));
}

#[test]
fn a_short_pause_of_everyones_is_waited_for() {
    // A provider that asks for 300 ms would cost its clients an error each time.
    let mut bench = Bench::new(&["one"]);
    bench.scripts[0].fails =
        Some(gateway_core::ProbeFailure::Throttled(Some(Span::from_millis(300))));
    bench.pass(BLOCK);
    while bench.snapshot().upstreams[0].state != State::Lagging {
        bench.pass(10);
    }
    let (mut call, outputs) = bench.ask(MethodClass::Fee, Needs::Anything, true);
    assert!(outputs.is_empty());
    assert_eq!(sends(&bench.wake(&mut call)).len(), 1);
}

#[test]
fn nothing_follows_the_end_of_a_call() {
    // A late answer or an old deadline would answer the client twice.
    let mut bench = Bench::new(&["one"]);
    bench.scripts[0].fails = Some(gateway_core::ProbeFailure::Throttled(Some(Span::from_secs(60))));
    bench.pass(BLOCK);
    let needs = Needs::Anything;
    let (mut call, outputs) = bench.ask(MethodClass::Fee, needs, true);
    // Nobody else is left, so it is asked in spite of its pause; a pause of a minute is not waited for.
    assert_eq!(sends(&outputs).len(), 1);
    let pause = Failure::Throttled(Some(Span::from_secs(60)));
    let outputs = bench.reply(&mut call, 0, Reply::Failed(pause));
    assert!(matches!(refusal(&outputs).map(|r| r.reason), Some(RefusalReason::Throttled(_))));
    assert!(call.is_done() && call.next_deadline().is_none());
    assert!(bench.input(&mut call, CallInput::Woke).is_empty());
    assert!(bench.reply(&mut call, 0, Reply::Answer).is_empty());
}

#[test]
fn with_nobody_up_a_call_is_refused_after_some_rounds() {
    // A client would wait out its whole time although nothing is there to answer.
    let mut bench = Bench::new(&["one", "two"]);
    for script in &mut bench.scripts {
        script.fails = down();
    }
    bench.pass(3 * BLOCK);
    let started = bench.now();
    let (asked, end) = bench.served(MethodClass::State, |_| Reply::Failed(Failure::Connect));
    assert!(matches!(end, CallOutput::Refuse(refusal)
        if refusal.reason == RefusalReason::Failed(Failure::Connect)));
    assert!(asked.len() > 2 && asked.len() <= 8);
    assert!(bench.now().since(started) < Span::from_secs(4));
}

#[test]
fn a_node_on_a_branch_of_its_own_is_not_asked_even_as_the_last() {
    // With the others silent a wallet would be answered from the wrong branch.
    let mut bench = Bench::three();
    bench.produce(4, &[0, 1, 2]);
    let own = bench.branch(100, 105, 6);
    bench.scripts[2].head = Some(own);
    bench.pass(BLOCK / 2);
    for _ in 0..20 {
        let (mut call, outputs) = bench.ask(MethodClass::Fee, Needs::Anything, true);
        let mut asked = sends(&outputs);
        for _ in 0..3 {
            let more = bench.wake(&mut call);
            asked.extend(sends(&more));
        }
        assert!(!asked.contains(&UpstreamId(2)));
        call.abandon(&mut bench.chain);
        bench.pass(BLOCK / 100);
    }
}
