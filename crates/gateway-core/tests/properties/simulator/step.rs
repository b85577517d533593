//! Clients of the simulated world: their calls from arrival to answer.

use std::collections::BTreeSet;

use gateway_core::{
    Call, CallInput, CallOutput, CallRequest, Failure, MethodClass, Needs, Refusal, RefusalReason,
    Reply, State, Submit, SubmitOutput, SubmitReply, UpstreamId,
};
use units::{Span, Timestamp};

use super::{Happening, Live, MILLI, SECOND, Sent, World};

/// How long a client waits.
const PATIENCE: u64 = 8 * SECOND;

/// How often the shell pins a call anew.
const REORG_ROUNDS: u32 = 3;

/// How long the shell waits for a trial or for a transaction's attempt.
const SHELL_PATIENCE: u64 = 10 * SECOND;

impl World {
    pub(super) fn on_arrival(&mut self) {
        if self.now >= self.plan.end {
            self.check_healed();
            return;
        }
        let mean = SECOND / self.plan.rate;
        let gap = 1 + self.prng.below(2 * mean);
        self.push((self.now + gap).min(self.plan.end), Happening::Arrive);
        let Some(view) = self.chain.view() else {
            self.require(
                self.plan.anchor.is_none() || self.plan.wild || self.now < 8 * SECOND,
                || "a healthy node, but no head".to_owned(),
            );
            return;
        };
        let id = self.next_call;
        self.next_call += 1;
        self.budget.call(self.now);
        self.tally("call");
        if self.prng.below(100) < 5 {
            self.send_transaction(id);
            return;
        }
        let below = view.head.number - self.prng.below(50);
        let (needs, class) = match self.prng.below(10) {
            0 => (Needs::Anything, MethodClass::Fee),
            1 => (Needs::Number(below), MethodClass::Block),
            2 => (Needs::Ahead, MethodClass::Block),
            3..=5 => (Needs::Head(view.head), MethodClass::State),
            6 => (Needs::Head(view.head), MethodClass::Block),
            _ => (Needs::Head(view.head), MethodClass::Execution),
        };
        if view.undecided && !matches!(needs, Needs::Number(_) | Needs::Anything) {
            self.on_undecided();
            return;
        }
        let idempotent = self.prng.below(100) >= self.plan.writes_percent;
        let deadline = Timestamp::from_nanos(self.now + PATIENCE);
        let request = CallRequest { class, method: class.name(), needs, idempotent, deadline };
        let live = Live {
            call: Call::new(request),
            class,
            needs,
            idempotent,
            started: self.now,
            rounds: 0,
            flying: BTreeSet::new(),
            given: BTreeSet::new(),
            outcomes: 0,
        };
        self.calls.insert(id, live);
        if self.prng.below(100) < 3 {
            let at = self.now + self.prng.below(2 * SECOND);
            self.push(at, Happening::Abandon(id));
        }
        self.input(id, CallInput::Start);
    }

    /// Hands an input to a call and does what comes out.
    fn input(&mut self, id: u64, input: CallInput) {
        let now = self.time();
        let Some(live) = self.calls.get_mut(&id) else { return };
        live.call.handle_input(&mut self.chain, now, input);
        while let Some(output) = self.calls.get_mut(&id).and_then(|live| live.call.poll_output()) {
            self.output(id, output);
        }
        let Some(live) = self.calls.get(&id) else { return };
        match live.call.next_deadline() {
            None => {
                self.require(live.outcomes == 1, || format!("{} outcomes", live.outcomes));
                self.calls.remove(&id);
            }
            Some((at, why)) => {
                self.require(at > now, || format!("call {id} waits for the past: {why}"));
                self.push(at.as_nanos(), Happening::Wake(id));
            }
        }
    }

    fn output(&mut self, id: u64, output: CallOutput) {
        match output {
            CallOutput::Send { attempt, upstream } => self.on_send(id, attempt, upstream),
            CallOutput::Cancel { attempt } => {
                self.trace(&[1, id, u64::from(attempt)]);
                if let Some(live) = self.calls.get_mut(&id) {
                    live.flying.remove(&attempt);
                }
            }
            CallOutput::Deliver { attempt } => {
                self.trace(&[2, self.now, id, u64::from(attempt)]);
                let Some(live) = self.calls.get_mut(&id) else { return };
                live.outcomes += 1;
                let (given, started) = (live.given.contains(&attempt), live.started);
                self.require(given, || format!("attempt {attempt} delivered without an answer"));
                self.require(self.now <= started + PATIENCE, || "answered too late".to_owned());
                self.report.latencies.push(self.now - started);
                self.tally("answered");
            }
            CallOutput::Refuse(refusal) => {
                self.trace(&[3, self.now, id]);
                let Some(live) = self.calls.get_mut(&id) else { return };
                live.outcomes += 1;
                let (needs, started) = ((live.needs, live.idempotent), live.started);
                let reorged = refusal.reason == RefusalReason::Reorged;
                if reorged && self.now >= started + PATIENCE {
                    self.tally("refused too late to be pinned anew");
                } else if reorged && live.rounds < REORG_ROUNDS {
                    self.pin_anew(id);
                } else {
                    self.on_refused(needs, started, refusal);
                }
            }
            CallOutput::Trial { upstream } => {
                let Some(live) = self.calls.get(&id) else { return };
                let (class, needs, done) = (live.class, live.needs, live.outcomes > 0);
                self.require(!done, || "a trial after the end".to_owned());
                self.trace(&[4, self.now, id, u64::from(upstream.0)]);
                self.check_target(upstream);
                self.check_pause(upstream);
                self.count_extra();
                let node = &self.plan.nodes[upstream.index()];
                let timed = node.call(&self.plan.truth, &mut self.prng, self.now, (class, needs));
                let (time, reply) =
                    timed.unwrap_or((SHELL_PATIENCE, Reply::Failed(Failure::Timeout)));
                let sent = self.now;
                let tried = Happening::Tried { upstream, class, reply, sent };
                self.push(self.now + time, tried);
            }
        }
    }

    /// Asks a call again at the head of now, as the shell does where a reorg took its block away.
    fn pin_anew(&mut self, id: u64) {
        let Some(view) = self.chain.view() else { return };
        let Some(live) = self.calls.get(&id) else { return };
        if view.undecided {
            self.on_undecided();
            return;
        }
        let needs = Needs::Head(view.head);
        let deadline = Timestamp::from_nanos(live.started + PATIENCE);
        let (class, idempotent) = (live.class, live.idempotent);
        let request = CallRequest { class, method: class.name(), needs, idempotent, deadline };
        let again = Live {
            call: Call::new(request),
            class,
            needs,
            idempotent,
            started: live.started,
            rounds: live.rounds + 1,
            flying: BTreeSet::new(),
            given: BTreeSet::new(),
            outcomes: 0,
        };
        self.tally("pinned anew");
        self.budget.call(self.now);
        let next = self.next_call;
        self.next_call += 1;
        self.calls.insert(next, again);
        self.input(next, CallInput::Start);
    }

    /// Clients hear that the chain has split. Not where honest nodes have had most votes for long enough.
    fn on_undecided(&mut self) {
        self.tally("refused as undecided");
        let settled = 6 * self.plan.block_time + 6 * SECOND;
        let honest = (0..=20).all(|part| {
            let at = self.now.saturating_sub(settled * part / 20);
            self.plan.honest_majority(at)
        });
        self.require(!honest || self.plan.wild, || {
            format!("undecided although most are honest: {}", self.describe())
        });
    }

    fn on_send(&mut self, id: u64, attempt: u8, upstream: UpstreamId) {
        self.trace(&[5, self.now, id, u64::from(upstream.0)]);
        self.check_target(upstream);
        self.check_pause(upstream);
        if attempt > 0 {
            self.count_extra();
        }
        let Some(live) = self.calls.get_mut(&id) else { return };
        live.flying.insert(attempt);
        let asked = (live.class, live.needs);
        let done = live.outcomes > 0;
        self.require(!done, || "sent after the end".to_owned());
        let node = &self.plan.nodes[upstream.index()];
        if let Some((time, reply)) = node.call(&self.plan.truth, &mut self.prng, self.now, asked) {
            self.push(self.now + time, Happening::Replied { call: id, attempt, reply });
        }
    }

    /// A call may only go where nothing speaks against it.
    fn check_target(&self, upstream: UpstreamId) {
        let state = self.chain.state(upstream);
        let banned = matches!(state, None | Some(State::Rejected | State::Quarantined));
        self.require(!banned, || format!("sent to {upstream:?}, which is {state:?}"));
        self.require(self.known_id.contains(&upstream), || {
            format!("sent to {upstream:?}, whose chain id is unknown")
        });
    }

    /// One that asked for a pause may only be asked where nobody else is well.
    fn check_pause(&self, upstream: UpstreamId) {
        let paused = self.paused_until.get(&upstream).is_some_and(|until| self.now < *until);
        if paused {
            let shown = self.chain.snapshot(Timestamp::from_nanos(self.now)).upstreams;
            let pausing = |index: usize| {
                let id = u8::try_from(index).ok().map(UpstreamId);
                id.and_then(|id| self.paused_until.get(&id)).is_some_and(|until| self.now < *until)
            };
            let well = shown.iter().enumerate().any(|(index, u)| {
                u.state == State::Serving && u.ejected.is_empty() && !pausing(index)
            });
            self.require(!well, || format!("sent to {upstream:?} inside its pause"));
        }
    }

    fn count_extra(&mut self) {
        if let Err(what) = self.budget.extra(self.now) {
            self.fail(&what);
        }
    }

    /// Remembers a pause that an upstream asked for, as long as the core may take it. An answer ends it.
    pub(super) fn note_pause(&mut self, upstream: UpstreamId, reply: Reply) {
        if reply == Reply::Answer {
            self.paused_until.remove(&upstream);
        }
        if let Reply::Failed(Failure::Throttled(pause)) = reply {
            let pause = pause.unwrap_or(Span::from_secs(1)).as_nanos();
            let until = self.now + pause.clamp(50 * MILLI, 60 * SECOND);
            let known = self.paused_until.entry(upstream).or_default();
            *known = until.max(*known);
        }
    }

    pub(super) fn on_replied(&mut self, id: u64, attempt: u8, reply: Reply) {
        let Some(live) = self.calls.get_mut(&id) else { return };
        if !live.flying.remove(&attempt) {
            return;
        }
        let upstream = live.call.upstream(attempt).expect("a numbered attempt has an upstream");
        // What is under way when a node dies or hangs is lost.
        let fault = self.plan.nodes[upstream.index()].fault(self.now).map(|period| period.fault);
        let reply = match fault {
            Some(super::Fault::Killed) if !matches!(reply, Reply::Failed(_)) => {
                Reply::Failed(Failure::Broken)
            }
            Some(super::Fault::Hung) => return,
            Some(_) | None => reply,
        };
        if matches!(reply, Reply::Answer | Reply::Doubtful(_)) {
            live.given.insert(attempt);
        }
        self.note_pause(upstream, reply);
        self.input(id, CallInput::Replied { attempt, reply });
    }

    pub(super) fn on_wake(&mut self, id: u64) {
        let now = self.time();
        if let Some(live) = self.calls.get(&id) {
            if live.call.next_deadline().is_some_and(|(at, _)| at <= now) {
                self.input(id, CallInput::Woke);
            }
        } else if let Some(sent) = self.submits.get_mut(&id)
            && sent.submit.next_deadline().is_some_and(|(at, _)| at <= now)
        {
            let before = sent.submit.attempts();
            sent.submit.on_wake(&mut self.chain, now);
            self.drain_submit(id, before);
        }
    }

    pub(super) fn on_abandoned(&mut self, id: u64) {
        if let Some(mut live) = self.calls.remove(&id) {
            live.call.abandon(&mut self.chain);
            self.tally("abandoned");
        }
    }

    fn send_transaction(&mut self, id: u64) {
        let now = self.time();
        let mut submit = Submit::new(Timestamp::from_nanos(self.now + PATIENCE));
        submit.start(&mut self.chain, now);
        let (flying, given) = (BTreeSet::new(), BTreeSet::new());
        let sent = Sent { submit, started: self.now, flying, given, outcomes: 0 };
        let first = sent.submit.attempts();
        self.submits.insert(id, sent);
        self.tally("transaction");
        self.drain_submit(id, first);
    }

    pub(super) fn on_submitted(&mut self, id: u64, attempt: u8, reply: SubmitReply) {
        let now = self.time();
        let Some(sent) = self.submits.get_mut(&id) else { return };
        sent.flying.remove(&attempt);
        let upstream = sent.submit.upstream(attempt).expect("a numbered attempt has an upstream");
        let before = sent.submit.attempts();
        match reply {
            SubmitReply::Failed(why) => self.note_pause(upstream, Reply::Failed(why)),
            SubmitReply::Accepted | SubmitReply::AlreadyKnown => {
                self.paused_until.remove(&upstream);
                sent.given.insert(attempt);
                self.seen.insert(id);
            }
            SubmitReply::NonceTooLow | SubmitReply::Rejected => {
                self.paused_until.remove(&upstream);
                sent.given.insert(attempt);
            }
        }
        if let Some(sent) = self.submits.get_mut(&id) {
            sent.submit.on_reply(&mut self.chain, now, attempt, reply);
        }
        self.drain_submit(id, before);
    }

    /// Does what a transaction wants done; attempts beyond the first `paid` are extra calls.
    fn drain_submit(&mut self, id: u64, paid: u8) {
        let now = self.time();
        while let Some(output) = self.submits.get_mut(&id).and_then(|s| s.submit.poll_output()) {
            match output {
                SubmitOutput::Send { attempt, upstream } => {
                    self.trace(&[6, self.now, id, u64::from(upstream.0)]);
                    self.check_target(upstream);
                    if attempt >= paid {
                        self.count_extra();
                    }
                    let seen = self.seen.contains(&id);
                    let node = &self.plan.nodes[upstream.index()];
                    let timed = node.submit(&self.plan.truth, &mut self.prng, self.now, seen);
                    let (time, reply) =
                        timed.unwrap_or((SHELL_PATIENCE, SubmitReply::Failed(Failure::Timeout)));
                    let submitted = Happening::Submitted { call: id, attempt, reply };
                    self.push(self.now + time, submitted);
                    if let Some(sent) = self.submits.get_mut(&id) {
                        sent.flying.insert(attempt);
                    }
                }
                SubmitOutput::Deliver { attempt }
                | SubmitOutput::Succeed { attempt }
                | SubmitOutput::LookUp { attempt } => {
                    self.trace(&[7, self.now, id, u64::from(attempt)]);
                    self.end_submit(id, Some(attempt));
                    self.tally("transaction answered");
                }
                SubmitOutput::Refuse(refusal) => {
                    self.trace(&[8, self.now, id]);
                    let started = self.end_submit(id, None);
                    self.on_refused((Needs::Anything, true), started, refusal);
                }
            }
        }
        let Some(sent) = self.submits.get(&id) else { return };
        match sent.submit.next_deadline() {
            None if sent.flying.is_empty() => {
                self.require(sent.outcomes == 1, || format!("{} outcomes", sent.outcomes));
                self.submits.remove(&id);
            }
            None => {}
            Some((at, why)) => {
                self.require(at > now, || format!("transaction {id} waits for the past: {why}"));
                self.push(at.as_nanos(), Happening::Wake(id));
            }
        }
    }

    fn end_submit(&mut self, id: u64, attempt: Option<u8>) -> u64 {
        let Some(sent) = self.submits.get_mut(&id) else { return self.now };
        sent.outcomes += 1;
        let given = attempt.is_none_or(|attempt| sent.given.contains(&attempt));
        let started = sent.started;
        self.require(given, || "an attempt without an answer was delivered".to_owned());
        self.require(self.now <= started + PATIENCE, || "answered too late".to_owned());
        started
    }

    /// A refusal where a healthy node was there all the time is a fault of ours, but for what is stated here.
    fn on_refused(&mut self, (needs, idempotent): (Needs, bool), started: u64, refusal: Refusal) {
        self.require(self.now <= started + PATIENCE, || "refused too late".to_owned());
        self.tally("refused");
        if self.plan.verbose {
            let waited = (self.now - started) / MILLI;
            self.say(&format!("{refusal:?} after {waited} ms; {}", self.describe()));
        }
        let Some(anchor) = self.plan.anchor.filter(|_| !self.plan.wild) else { return };
        if refusal.may_have_taken_effect && refusal.attempts > 0 && !idempotent {
            self.tally("refused because it may not be repeated");
            return;
        }
        if matches!(refusal.reason, RefusalReason::Budget(_)) {
            self.tally("refused for the budget");
            return;
        }
        // Where liars have as many votes as honest nodes that are there, nobody can know.
        let settled = 6 * self.plan.block_time + 6 * SECOND;
        let disputed = (0..=20)
            .any(|part| !self.plan.honest_majority(started.saturating_sub(settled * part / 20)));
        if disputed && !self.plan.lies.is_empty() {
            return;
        }
        let pinned = match needs {
            Needs::Head(block) => Some(block),
            Needs::Anything | Needs::Number(_) | Needs::Ahead => None,
        };
        let node = &self.plan.nodes[anchor];
        let held = pinned.is_none_or(|block| node.has(&self.plan.truth, started, block));
        self.require(!held, || format!("refused although node {anchor} was well: {refusal:?}"));
        self.tally("refused for a block that the healthy node lacks");
    }
}
