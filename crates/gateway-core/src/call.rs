//! The life of one client call inside the core: chosen, sent, hedged, retried, answered once.

mod handover;
mod question;

use std::collections::VecDeque;

use units::{Span, Timestamp};

use crate::attempt::{Attempt, asked_behind, is_flying};
use crate::chain::Chain;
use crate::outcome::{Doubt, Failure, Refusal, RefusalReason, Reply};
use crate::pick::{Picked, Tried, Wanted};
use crate::request::{CallInput, CallOutput, CallRequest, Needs};
use crate::room::Share;
use crate::settings::UpstreamId;

pub use handover::Handover;

/// Most attempts of one call, over all rounds.
const ATTEMPTS_MAX: usize = 8;

/// Most attempts of a call that only misses the block it is pinned to: it waits as long as the client does.
const ATTEMPTS_MISSING_MAX: usize = 32;

/// Most hedges of one call: with two of three nodes silent the second hedge finds the third.
const HEDGES_MAX: u32 = 2;

/// Share of the retry budget that hedges may use, in per cent.
const HEDGE_SHARE: u64 = 60;

/// Shortest and longest pause before everyone is asked again.
const PAUSE_MIN: Span = Span::from_millis(50);
const PAUSE_MAX: Span = Span::from_millis(500);

/// Longest pause of everyone's that a call waits for instead of being refused at once.
const PAUSE_AWAITED_MAX: Span = Span::from_secs(1);

/// Between two looks for room where an admitted call finds none: hedges took it, or one class of methods
/// has fewer upstreams than the others. Few calls at a time get here, and room comes free with any answer.
const ROOM_LOOK: Span = Span::from_millis(10);

/// Rounds through all upstreams for a call that fails everywhere.
const ROUNDS_MAX: u32 = 3;

/// One client call. It is a state machine of its own beside [`Chain`], so that no table of calls is
/// needed: the shell holds it for as long as the client waits.
#[derive(Debug)]
pub struct Call<'a> {
    request: CallRequest<'a>,
    attempts: Vec<Attempt>,
    tried: Tried,
    outputs: VecDeque<CallOutput>,
    hedge_at: Option<Timestamp>,
    hedges: u32,
    resume_at: Option<Timestamp>,
    /// Whether it resumes only to look for room, with those it has tried still in mind.
    seeks_room: bool,
    rounds: u32,
    last_failure: Option<Failure>,
    done: bool,
}

impl<'a> Call<'a> {
    /// A call that has not started.
    #[must_use]
    pub fn new(request: CallRequest<'a>) -> Self {
        Self {
            request,
            attempts: Vec::with_capacity(2),
            tried: Tried::default(),
            outputs: VecDeque::with_capacity(4),
            hedge_at: None,
            hedges: 0,
            resume_at: None,
            seeks_room: false,
            rounds: 0,
            last_failure: None,
            done: false,
        }
    }

    /// Takes in what happened. Inputs that come after the end only settle accounts.
    pub fn handle_input(&mut self, chain: &mut Chain, now: Timestamp, input: CallInput) {
        match input {
            CallInput::Start => self.start(chain, now),
            CallInput::Replied { attempt, reply } => self.on_reply(chain, now, attempt, reply),
            CallInput::Woke => self.on_wake(chain, now),
        }
    }

    /// The next thing to do; ask until there is none.
    pub fn poll_output(&mut self) -> Option<CallOutput> {
        self.outputs.pop_front()
    }

    /// When the call wants to be woken, and why; `None` once it is over.
    #[must_use]
    pub fn next_deadline(&self) -> Option<(Timestamp, &'static str)> {
        if self.done {
            return None;
        }
        let timeout = self
            .attempts
            .iter()
            .filter(|attempt| attempt.flying)
            .map(|attempt| attempt.timeout_at)
            .min();
        [
            (self.hedge_at, "a hedge is due"),
            (self.resume_at, "a pause ends"),
            (timeout, "an attempt has had its time"),
            (Some(self.request.deadline), "the client's time is up"),
        ]
        .into_iter()
        .filter_map(|(at, why)| Some((at?, why)))
        .min_by_key(|(at, _)| *at)
    }

    /// Whether the call has been answered or refused.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.done
    }

    /// How many attempts were made.
    #[must_use]
    pub fn attempts(&self) -> u8 {
        u8::try_from(self.attempts.len()).unwrap_or(u8::MAX)
    }

    /// Whether the upstream of an attempt was known to have what the call needs when it was asked.
    #[must_use]
    pub fn held(&self, attempt: u8) -> bool {
        self.attempts.get(usize::from(attempt)).is_some_and(|attempt| attempt.held)
    }

    /// The upstream of an attempt.
    #[must_use]
    pub fn upstream(&self, attempt: u8) -> Option<UpstreamId> {
        self.attempts.get(usize::from(attempt)).map(|attempt| attempt.upstream)
    }

    /// Settles accounts when the client has gone before the end.
    pub fn abandon(&mut self, chain: &mut Chain) {
        self.done = true;
        for attempt in self.attempts.iter_mut().filter(|attempt| attempt.flying) {
            attempt.flying = false;
            chain.on_over(attempt.upstream);
        }
    }

    fn start(&mut self, chain: &mut Chain, now: Timestamp) {
        chain.budget.count_call(now);
        chain.counts.calls = chain.counts.calls.saturating_add(1);
        match self.pick(chain, now, Share::Whole) {
            Picked::One(upstream) => self.send(chain, now, upstream, false),
            Picked::Busy => self.await_room(now),
            Picked::Nobody => self.on_nobody_left(chain, now),
        }
        if !self.done
            && self.request.idempotent
            && let Some(upstream) = chain.take_trial(now, self.request.class)
        {
            self.outputs.push_back(CallOutput::Trial { upstream });
        }
    }

    fn on_reply(&mut self, chain: &mut Chain, now: Timestamp, number: u8, reply: Reply) {
        let Some(attempt) =
            self.attempts.get_mut(usize::from(number)).filter(|attempt| attempt.flying)
        else {
            return;
        };
        attempt.flying = false;
        let (upstream, latency) = (attempt.upstream, now.since(attempt.sent_at));
        let hedge = attempt.hedge;
        chain.on_over(upstream);
        match reply {
            Reply::Answer => {
                chain.on_answered(now, upstream, self.request.class, latency);
                if hedge {
                    chain.counts.hedges_won = chain.counts.hedges_won.saturating_add(1);
                }
                self.on_answer(chain, now, number);
            }
            Reply::Doubtful(doubt) => {
                attempt.doubt = Some(doubt);
                attempt.harmless = doubt != Doubt::InternalError;
                self.go_on(chain, now);
            }
            Reply::Failed(why) => {
                attempt.harmless = why.is_harmless();
                chain.on_failed(now, upstream, self.request.class, why);
                self.last_failure = Some(why);
                self.go_on(chain, now);
            }
        }
    }

    /// Delivers an answer, unless what it is about or who gave it has been found wrong while it was on its way.
    fn on_answer(&mut self, chain: &mut Chain, now: Timestamp, number: u8) {
        let repeatable = self.request.idempotent;
        if self.is_void(chain) {
            self.refuse(chain, now, RefusalReason::Reorged);
        } else if repeatable && !self.stands(chain, number) {
            self.last_failure = Some(Failure::PutOut);
            self.go_on(chain, now);
        } else {
            self.settle_doubts(chain, now);
            self.deliver(chain, now, number);
        }
    }

    fn on_wake(&mut self, chain: &mut Chain, now: Timestamp) {
        if self.done {
            return;
        }
        if now >= self.request.deadline {
            self.on_deadline(chain, now);
            return;
        }
        for number in 0..self.attempts.len() {
            let late = self
                .attempts
                .get(number)
                .is_some_and(|attempt| attempt.flying && attempt.timeout_at <= now);
            if let Some(number) = u8::try_from(number).ok().filter(|_| late) {
                self.outputs.push_back(CallOutput::Cancel { attempt: number });
                self.on_late(chain, now, number);
            }
        }
        if self.resume_at.is_some_and(|at| at <= now) {
            self.resume_at = None;
            if !core::mem::take(&mut self.seeks_room) {
                self.tried = Tried::default();
            }
            self.go_on(chain, now);
        }
        if self.hedge_at.is_some_and(|at| at <= now) {
            self.hedge(chain, now);
        }
    }

    /// Gives an attempt up that has had half of the client's time. That is the upstream's failure only where
    /// answers do not usually take as long: a client in a hurry must not put healthy ones out.
    fn on_late(&mut self, chain: &mut Chain, now: Timestamp, number: u8) {
        let patience = chain.hedge_delay(self.request.class);
        let Some(attempt) = self.attempts.get_mut(usize::from(number)) else { return };
        let waited = now.since(attempt.sent_at);
        if waited >= patience {
            self.on_reply(chain, now, number, Reply::Failed(Failure::Timeout));
            return;
        }
        attempt.flying = false;
        chain.on_over(attempt.upstream);
        chain.on_given_up(attempt.upstream, self.request.class, waited);
        self.last_failure = Some(Failure::Timeout);
        self.go_on(chain, now);
    }

    /// Asks a second upstream because the first takes long.
    fn hedge(&mut self, chain: &mut Chain, now: Timestamp) {
        self.hedge_at = None;
        if self.done || !is_flying(&self.attempts) || self.hedges >= HEDGES_MAX {
            return;
        }
        let picked = match self.pick(chain, now, Share::Spare) {
            Picked::One(upstream) => Some(upstream),
            Picked::Busy | Picked::Nobody => None,
        };
        let Some(upstream) = picked.filter(|_| chain.budget.take(now, HEDGE_SHARE)) else {
            // Nobody to ask just now, or no budget: again when the wait has doubled.
            let waited = self.attempts.last().map_or(PAUSE_MIN, |last| now.since(last.sent_at));
            self.hedge_at = Some(now.after(waited.max(PAUSE_MIN)));
            return;
        };
        self.hedges = self.hedges.saturating_add(1);
        chain.counts.hedges = chain.counts.hedges.saturating_add(1);
        self.send(chain, now, upstream, true);
    }

    /// Goes on after an attempt that brought no final answer.
    fn go_on(&mut self, chain: &mut Chain, now: Timestamp) {
        if self.done || is_flying(&self.attempts) {
            // A hedge is still under way; it is the retry.
            return;
        }
        if !self.may_repeat() {
            self.give_up(chain, now);
            return;
        }
        // An internal error is worth one other opinion, not the whole fleet's.
        let opinions =
            self.attempts.iter().filter(|a| a.doubt == Some(Doubt::InternalError)).count();
        let most = if self.misses_head() { ATTEMPTS_MISSING_MAX } else { ATTEMPTS_MAX };
        if opinions >= 2 || self.attempts.len() >= most || self.head_has_left(chain) {
            self.give_up(chain, now);
            return;
        }
        let upstream = match self.pick(chain, now, Share::Whole) {
            Picked::One(upstream) => upstream,
            Picked::Busy => return self.await_room(now),
            Picked::Nobody => return self.on_nobody_left(chain, now),
        };
        if self.attempts.is_empty() {
            self.send(chain, now, upstream, false);
        } else if chain.budget.take(now, 100) {
            chain.counts.retries = chain.counts.retries.saturating_add(1);
            self.send(chain, now, upstream, false);
        } else if self.doubtful(chain).is_some() {
            self.give_up(chain, now);
        } else if !self.pause(chain, now) {
            let why = self.last_failure.unwrap_or(Failure::Timeout);
            self.refuse(chain, now, RefusalReason::Budget(why));
        }
    }

    /// Waits for one of those that could help to have room again.
    fn await_room(&mut self, now: Timestamp) {
        self.seeks_room = true;
        self.resume_at = Some(now.after(ROOM_LOOK));
    }

    /// Waits for a while before everyone is asked again; false where there were enough such rounds. A call
    /// that only misses a block that the chain has waits for as long as the client does.
    fn pause(&mut self, chain: &Chain, now: Timestamp) -> bool {
        let pause = chain.settings().block_time.divided_by(8).clamped(PAUSE_MIN, PAUSE_MAX);
        let resume_at = now.after(pause.times(u64::from(self.rounds).saturating_add(1)));
        self.rounds = self.rounds.saturating_add(1);
        let rounds_max = if self.misses_head() { u32::MAX } else { ROUNDS_MAX };
        // Where everyone asked for a pause, its end is waited for if it is near, and else not at all.
        let pause_end = chain.earliest_pause_end(now).unwrap_or(now);
        let in_time = pause_end <= now.after(PAUSE_AWAITED_MAX);
        let resume_at = resume_at.max(pause_end);
        let worthwhile = in_time && self.rounds <= rounds_max && resume_at < self.request.deadline;
        self.resume_at = worthwhile.then_some(resume_at);
        worthwhile
    }

    /// Everyone who could help was asked: wait and ask again where that can help, else give up.
    fn on_nobody_left(&mut self, chain: &mut Chain, now: Timestamp) {
        let worthwhile = self.doubtful(chain).is_none() || asked_behind(&self.attempts);
        if !(worthwhile && self.may_repeat() && self.pause(chain, now)) {
            self.give_up(chain, now);
        }
    }

    /// Ends the call with the best there is.
    fn give_up(&mut self, chain: &mut Chain, now: Timestamp) {
        if let Some(number) = self.doubtful(chain) {
            self.deliver(chain, now, number);
            return;
        }
        let reason = match (self.last_failure, chain.earliest_pause_end(now)) {
            (_, _) if self.head_has_left(chain) || self.is_void(chain) => RefusalReason::Reorged,
            (_, _) if self.misses_head() => RefusalReason::MissingBlock,
            (_, Some(end)) => RefusalReason::Throttled(end.since(now)),
            (Some(why), None) => RefusalReason::Failed(why),
            (None, None) => RefusalReason::NoUpstream,
        };
        self.refuse(chain, now, reason);
    }

    fn on_deadline(&mut self, chain: &mut Chain, now: Timestamp) {
        // Whoever is still silent and had as long as answers usually take has failed.
        let patience = chain.hedge_delay(self.request.class);
        let flying = self.attempts.iter().filter(|attempt| attempt.flying);
        let silent: Vec<(UpstreamId, Span)> =
            flying.map(|attempt| (attempt.upstream, now.since(attempt.sent_at))).collect();
        for (upstream, waited) in silent {
            if waited >= patience {
                chain.on_failed(now, upstream, self.request.class, Failure::Timeout);
            } else {
                chain.on_given_up(upstream, self.request.class, waited);
            }
        }
        match self.doubtful(chain) {
            Some(number) => self.deliver(chain, now, number),
            None if self.head_has_left(chain) => self.refuse(chain, now, RefusalReason::Reorged),
            None if self.misses_head() => self.refuse(chain, now, RefusalReason::MissingBlock),
            None if self.attempts.is_empty() && self.seeks_room => {
                self.refuse(chain, now, RefusalReason::Busy);
            }
            None => self.refuse(chain, now, RefusalReason::Deadline),
        }
    }

    fn pick(&self, chain: &mut Chain, now: Timestamp, share: Share) -> Picked {
        let CallRequest { class, needs, method, .. } = self.request;
        chain.pick(now, &Wanted { class, needs, method, tried: self.tried, share })
    }

    fn send(&mut self, chain: &mut Chain, now: Timestamp, upstream: UpstreamId, hedge: bool) {
        chain.on_sent(now, upstream);
        self.tried.add(upstream);
        let number = self.attempts();
        // Half of what is left: should the hedges be used up, there is time for another try.
        let left = self.request.deadline.since(now);
        let timeout = if self.request.idempotent { left.divided_by(2) } else { left };
        let timeout_at = now.after(timeout.max(Span::from_millis(1)));
        let held = chain.has(upstream, self.request.needs);
        self.attempts.push(Attempt::new(upstream, now, timeout_at, hedge, held));
        if self.request.idempotent {
            self.hedge_at = Some(now.after(chain.hedge_delay(self.request.class)));
        }
        self.outputs.push_back(CallOutput::Send { attempt: number, upstream });
    }

    /// Charges those whose doubtful answer another one has now bettered.
    fn settle_doubts(&self, chain: &mut Chain, now: Timestamp) {
        let call = (self.request.class, self.request.method);
        let pinned = matches!(self.request.needs, Needs::Head(_));
        for attempt in &self.attempts {
            // Only those who say they have the head owe what is in it; old data not everyone keeps.
            if let Some(doubt) = attempt.doubt.filter(|d| pinned || *d != Doubt::MissingData) {
                chain.on_doubt_confirmed(now, attempt.upstream, call, doubt);
            }
        }
    }

    fn deliver(&mut self, chain: &mut Chain, now: Timestamp, number: u8) {
        machine::check_invariant!("GW-1", !self.done, "attempt {number} delivered after the end");
        machine::check_invariant!(
            "GW-6",
            !self.request.idempotent || self.stands(chain, number),
            "attempt {number} delivered although its upstream was put out"
        );
        machine::check_invariant!(
            "GW-8",
            !self.is_void(chain),
            "an answer about {:?} delivered, which is agreed no longer",
            self.request.needs
        );
        if let Needs::Head(block) = self.request.needs {
            chain.on_served(block);
        }
        chain.counts.answered = chain.counts.answered.saturating_add(1);
        self.outputs.push_back(CallOutput::Deliver { attempt: number });
        self.finish(chain, now, true);
    }

    fn refuse(&mut self, chain: &mut Chain, now: Timestamp, reason: RefusalReason) {
        machine::check_invariant!("GW-1", !self.done, "refused after the end: {reason:?}");
        if reason == RefusalReason::Reorged {
            // It comes again at once as another call, and is counted then.
            chain.counts.calls = chain.counts.calls.saturating_sub(1);
        } else {
            chain.counts.refused = chain.counts.refused.saturating_add(1);
        }
        let acted_on = self.attempts.iter().any(|attempt| !attempt.harmless);
        let may_have_taken_effect = acted_on && !self.request.idempotent;
        self.outputs.push_back(CallOutput::Refuse(Refusal {
            reason,
            attempts: self.attempts(),
            may_have_taken_effect,
        }));
        self.finish(chain, now, false);
    }

    fn finish(&mut self, chain: &mut Chain, now: Timestamp, answered: bool) {
        self.done = true;
        self.hedge_at = None;
        self.resume_at = None;
        for (number, attempt) in
            self.attempts.iter_mut().enumerate().filter(|(_, attempt)| attempt.flying)
        {
            attempt.flying = false;
            chain.on_over(attempt.upstream);
            if answered {
                chain.on_outrun(
                    now,
                    attempt.upstream,
                    self.request.class,
                    now.since(attempt.sent_at),
                );
            }
            if let Ok(attempt) = u8::try_from(number) {
                self.outputs.push_back(CallOutput::Cancel { attempt });
            }
        }
    }
}
