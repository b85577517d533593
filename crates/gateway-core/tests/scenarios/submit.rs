//! A transaction on its way: broadcast, first acceptance, rejections, look-ups and refusals.

use gateway_core::{Failure, RefusalReason, State, Submit, SubmitOutput, SubmitReply, UpstreamId};
use units::{Span, Timestamp};

use crate::bench::{BLOCK, Bench, down, hash};

fn drain(submit: &mut Submit) -> Vec<SubmitOutput> {
    std::iter::from_fn(|| submit.poll_output()).collect()
}

fn targets(outputs: &[SubmitOutput]) -> Vec<UpstreamId> {
    let target = |output: &SubmitOutput| match output {
        SubmitOutput::Send { upstream, .. } => Some(*upstream),
        SubmitOutput::Deliver { .. }
        | SubmitOutput::Succeed { .. }
        | SubmitOutput::LookUp { .. }
        | SubmitOutput::Refuse(_) => None,
    };
    outputs.iter().filter_map(target).collect()
}

/// A transaction that has just been sent, with eight seconds to go, and where it went.
fn send(bench: &mut Bench) -> (Submit, Vec<UpstreamId>) {
    let mut submit = Submit::new(bench.now().after(Span::from_secs(8)));
    let now = bench.now();
    submit.start(&mut bench.chain, now);
    let sent = targets(&drain(&mut submit));
    (submit, sent)
}

fn reply(
    bench: &mut Bench,
    submit: &mut Submit,
    attempt: u8,
    reply: SubmitReply,
) -> Vec<SubmitOutput> {
    let now = bench.now();
    submit.on_reply(&mut bench.chain, now, attempt, reply);
    drain(submit)
}

fn wake(bench: &mut Bench, submit: &mut Submit) -> Vec<SubmitOutput> {
    let (at, _) = submit.next_deadline().expect("under way");
    bench.skip(at.since(bench.now()).as_nanos().div_ceil(1_000_000));
    let now = bench.now();
    submit.on_wake(&mut bench.chain, now);
    let later = submit.next_deadline().is_none_or(|(next, _)| next > bench.now());
    assert!(later, "waits for the past");
    drain(submit)
}

fn in_flight(bench: &Bench) -> u32 {
    bench.snapshot().upstreams.iter().map(|upstream| upstream.in_flight).sum()
}

#[test]
fn the_first_acceptance_is_the_answer_and_the_rest_go_on() {
    // A wallet would wait for the slowest provider, or the transaction would reach only one.
    let mut bench = Bench::three();
    let (mut submit, sent) = send(&mut bench);
    assert_eq!(sent.len(), 3);
    let outputs = reply(&mut bench, &mut submit, 1, SubmitReply::Accepted);
    assert_eq!(outputs, [SubmitOutput::Deliver { attempt: 1 }]);
    assert!(submit.is_done() && submit.next_deadline().is_none());
    assert!(reply(&mut bench, &mut submit, 0, SubmitReply::AlreadyKnown).is_empty());
    assert!(reply(&mut bench, &mut submit, 2, SubmitReply::Rejected).is_empty());
    assert_eq!(in_flight(&bench), 0);
}

#[test]
fn already_known_is_success() {
    // A client that sends again after a lost answer would be told that it failed.
    let mut bench = Bench::three();
    let (mut submit, _) = send(&mut bench);
    let outputs = reply(&mut bench, &mut submit, 0, SubmitReply::AlreadyKnown);
    assert_eq!(outputs, [SubmitOutput::Succeed { attempt: 0 }]);
}

#[test]
fn nonce_too_low_is_looked_up_when_nobody_accepts() {
    // The transaction may be mined already: an error would make the user send another one.
    let mut bench = Bench::three();
    let (mut submit, _) = send(&mut bench);
    assert!(reply(&mut bench, &mut submit, 0, SubmitReply::NonceTooLow).is_empty());
    reply(&mut bench, &mut submit, 1, SubmitReply::Rejected);
    let outputs = reply(&mut bench, &mut submit, 2, SubmitReply::Failed(Failure::ServerError));
    assert_eq!(outputs, [SubmitOutput::LookUp { attempt: 0 }]);
}

#[test]
fn a_rejection_waits_a_moment_for_an_acceptance() {
    // One node with a full pool would fail a transaction that the others take.
    let mut bench = Bench::three();
    let (mut submit, _) = send(&mut bench);
    assert!(reply(&mut bench, &mut submit, 0, SubmitReply::Rejected).is_empty());
    bench.skip(500);
    let outputs = reply(&mut bench, &mut submit, 1, SubmitReply::Accepted);
    assert_eq!(outputs, [SubmitOutput::Deliver { attempt: 1 }]);
}

#[test]
fn a_rejection_stands_when_the_others_stay_silent() {
    // A wallet would wait its whole time for an answer that is known.
    let mut bench = Bench::three();
    let (mut submit, _) = send(&mut bench);
    let started = bench.now();
    reply(&mut bench, &mut submit, 0, SubmitReply::Rejected);
    let outputs = loop {
        let outputs = wake(&mut bench, &mut submit);
        if !outputs.is_empty() {
            break outputs;
        }
    };
    assert_eq!(outputs, [SubmitOutput::Deliver { attempt: 0 }]);
    assert!(bench.now().since(started) <= Span::from_secs(2));
}

#[test]
fn when_all_fail_those_left_out_are_asked_too() {
    // Five bad providers would fail a transaction that a sixth would have taken.
    let mut bench = Bench::new(&["a", "b", "c", "d", "e", "f"]);
    let (mut submit, sent) = send(&mut bench);
    assert_eq!(sent.len(), 5);
    let mut outputs = Vec::new();
    for attempt in 0..5 {
        outputs = reply(&mut bench, &mut submit, attempt, SubmitReply::Failed(Failure::Broken));
    }
    let second = targets(&outputs);
    assert!(second.len() == 1 && !sent.contains(&second[0]));
    let outputs = reply(&mut bench, &mut submit, 5, SubmitReply::Failed(Failure::Connect));
    let [SubmitOutput::Refuse(refusal)] = outputs[..] else { panic!("{outputs:?}") };
    assert_eq!(refusal.reason, RefusalReason::Failed(Failure::Connect));
    assert!(refusal.may_have_taken_effect, "a broken connection may have carried it");
}

#[test]
fn when_all_are_silent_those_left_out_are_asked_too() {
    // Five hanging providers would hold a transaction until the client gives up.
    let mut bench = Bench::new(&["a", "b", "c", "d", "e", "f"]);
    let (mut submit, _) = send(&mut bench);
    let outputs = wake(&mut bench, &mut submit);
    assert_eq!(targets(&outputs).len(), 1);
    let outputs = reply(&mut bench, &mut submit, 5, SubmitReply::Accepted);
    assert_eq!(outputs, [SubmitOutput::Deliver { attempt: 5 }]);
}

#[test]
fn a_refusal_says_whether_the_transaction_may_be_out() {
    // A user told "not sent" while a silent node has it would pay twice.
    let mut bench = Bench::three();
    let (mut submit, _) = send(&mut bench);
    reply(&mut bench, &mut submit, 0, SubmitReply::Failed(Failure::Connect));
    reply(&mut bench, &mut submit, 1, SubmitReply::Failed(Failure::Connect));
    let outputs = loop {
        let outputs = wake(&mut bench, &mut submit);
        if !outputs.is_empty() {
            break outputs;
        }
    };
    let [SubmitOutput::Refuse(refusal)] = outputs[..] else { panic!("{outputs:?}") };
    assert_eq!(refusal.reason, RefusalReason::Deadline);
    assert!(refusal.may_have_taken_effect, "the third never said");

    let (mut submit, _) = send(&mut bench);
    let mut outputs = Vec::new();
    for attempt in 0..3 {
        outputs = reply(&mut bench, &mut submit, attempt, SubmitReply::Failed(Failure::Connect));
    }
    let [SubmitOutput::Refuse(refusal)] = outputs[..] else { panic!("{outputs:?}") };
    assert!(!refusal.may_have_taken_effect, "nobody was reached");
}

#[test]
fn a_transaction_goes_to_one_of_each_operator_first() {
    // Five endpoints of one provider would use up the places of all others.
    let mut bench = Bench::new(&["a", "a", "a", "a", "a", "b", "c"]);
    let (_, sent) = send(&mut bench);
    for wanted in [0, 5, 6].map(UpstreamId) {
        assert!(sent.contains(&wanted), "{sent:?}");
    }
}

#[test]
fn a_transaction_never_goes_to_another_chain_or_into_a_pause() {
    // It would be replayable elsewhere, or cost the key at the provider.
    let mut bench = Bench::silent(&["a", "b", "c", "d"], None);
    bench.scripts[0].chain_id = 5;
    bench.scripts[1].genesis = hash(0, 6);
    bench.pass(BLOCK);
    let (mut submit, sent) = send(&mut bench);
    assert_eq!(sent.len(), 2);
    assert!(sent.iter().all(|id| id.0 >= 2), "{sent:?}");
    let pause = Failure::Throttled(Some(Span::from_secs(5)));
    let attempt = u8::try_from(sent.iter().position(|id| *id == UpstreamId(2)).expect("sent"));
    reply(&mut bench, &mut submit, attempt.expect("few"), SubmitReply::Failed(pause));
    assert_eq!(send(&mut bench).1, [UpstreamId(3)]);
}

#[test]
fn with_nobody_to_send_to_it_is_refused_at_once() {
    // A transaction would hang although it is certain that nobody can take it.
    let mut bench = Bench::silent(&["a"], None);
    bench.scripts[0].fails = down();
    bench.pass(BLOCK);
    assert_eq!(bench.state(0), State::Unreachable);
    let mut submit = Submit::new(Timestamp::MAX);
    let now = bench.now();
    submit.start(&mut bench.chain, now);
    let outputs = drain(&mut submit);
    let [SubmitOutput::Refuse(refusal)] = outputs[..] else { panic!("{outputs:?}") };
    assert_eq!(refusal.reason, RefusalReason::NoUpstream);
    assert!(!refusal.may_have_taken_effect && refusal.attempts == 0);
}
