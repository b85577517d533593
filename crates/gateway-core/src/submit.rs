//! The life of one transaction inside the core: sent to several domains at once, accepted by the first.

use std::collections::VecDeque;

use units::{Span, Timestamp};

use crate::chain::Chain;
use crate::class::MethodClass;
use crate::outcome::{Failure, Refusal, RefusalReason};
use crate::room::Share;
use crate::settings::UpstreamId;
use crate::upstream::{State, Upstream};

/// Most upstreams that one transaction is sent to at once. More brings nothing: each of them gossips it.
const BROADCAST_MAX: usize = 5;

/// How long a first rejection waits for somebody else's acceptance.
const REJECTION_GRACE: Span = Span::from_millis(1_500);

/// After this long without a verdict the transaction goes to those that were left out: more than a far
/// round trip, well within any client's patience.
const SECOND_WAVE: Span = Span::from_secs(1);

/// What an upstream said to a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubmitReply {
    /// It took it.
    Accepted,
    /// It had it already, which is as good: the transaction is the same bytes.
    AlreadyKnown,
    /// Its nonce is used up: mined already, or another one took its place.
    NonceTooLow,
    /// It will not take it, for a reason that lies in the transaction.
    Rejected,
    /// No answer.
    Failed(Failure),
}

/// What the shell is to do for a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubmitOutput {
    /// Send it to an upstream.
    Send {
        /// The attempt's number, from 0.
        attempt: u8,
        /// Where to.
        upstream: UpstreamId,
    },
    /// Give this attempt's answer to the client; attempts under way go on.
    Deliver {
        /// Which.
        attempt: u8,
    },
    /// Tell the client that the transaction is in: its hash is the result.
    Succeed {
        /// The attempt that said so.
        attempt: u8,
    },
    /// Look the transaction up by hash: found means success, else give this attempt's answer.
    LookUp {
        /// The attempt that said "nonce too low".
        attempt: u8,
    },
    /// Give the client an error of ours.
    Refuse(Refusal),
}

/// One transaction on its way to several domains.
///
/// Not promised: that every domain has it when the client is answered; the other sends go on.
#[derive(Debug)]
pub struct Submit {
    deadline: Timestamp,
    attempts: Vec<Attempt>,
    outputs: VecDeque<SubmitOutput>,
    rejected: Option<u8>,
    nonce_too_low: Option<u8>,
    grace_until: Option<Timestamp>,
    last_failure: Option<Failure>,
    /// When those that were left out are asked too; `None` once they were.
    second_wave_at: Option<Timestamp>,
    done: bool,
}

#[derive(Clone, Copy, Debug)]
struct Attempt {
    upstream: UpstreamId,
    sent_at: Timestamp,
    flying: bool,
    /// Whether the upstream is known not to have acted on it.
    harmless: bool,
}

impl Submit {
    /// A transaction that has not been sent.
    #[must_use]
    pub fn new(deadline: Timestamp) -> Self {
        Self {
            deadline,
            attempts: Vec::new(),
            outputs: VecDeque::new(),
            rejected: None,
            nonce_too_low: None,
            grace_until: None,
            last_failure: None,
            second_wave_at: None,
            done: false,
        }
    }

    /// Sends it to one upstream of each domain, then to second ones of the same, five in all.
    pub fn start(&mut self, chain: &mut Chain, now: Timestamp) {
        chain.budget.count_call(now);
        chain.counts.calls = chain.counts.calls.saturating_add(1);
        self.second_wave_at = Some(now.after(SECOND_WAVE));
        let targets = chain.broadcast_targets(now);
        let first = targets.into_iter().take(BROADCAST_MAX);
        first.for_each(|upstream| self.send(chain, now, upstream));
        if self.attempts.is_empty() {
            let pause = chain.earliest_pause_end(now);
            let reason = pause
                .map_or(RefusalReason::NoUpstream, |end| RefusalReason::Throttled(end.since(now)));
            self.refuse(chain, reason);
        }
    }

    /// Takes an upstream's reply in.
    pub fn on_reply(&mut self, chain: &mut Chain, now: Timestamp, number: u8, reply: SubmitReply) {
        let Some(attempt) =
            self.attempts.get_mut(usize::from(number)).filter(|attempt| attempt.flying)
        else {
            return;
        };
        attempt.flying = false;
        let (upstream, latency) = (attempt.upstream, now.since(attempt.sent_at));
        chain.on_over(upstream);
        if let SubmitReply::Failed(why) = reply {
            attempt.harmless = why.is_harmless();
            chain.on_failed(now, upstream, MethodClass::Submit, why);
            self.last_failure = Some(why);
        } else {
            chain.on_answered(now, upstream, MethodClass::Submit, latency);
        }
        if self.done {
            return;
        }
        match reply {
            SubmitReply::Accepted => self.finish(chain, SubmitOutput::Deliver { attempt: number }),
            SubmitReply::AlreadyKnown => {
                self.finish(chain, SubmitOutput::Succeed { attempt: number });
            }
            SubmitReply::NonceTooLow => self.nonce_too_low = self.nonce_too_low.or(Some(number)),
            SubmitReply::Rejected => self.rejected = self.rejected.or(Some(number)),
            SubmitReply::Failed(_) => {}
        }
        if !self.done && self.has_verdict() {
            self.grace_until = self.grace_until.or(Some(now.after(REJECTION_GRACE)));
        }
        self.settle(chain, now);
    }

    /// The deadline that was asked for has come.
    pub fn on_wake(&mut self, chain: &mut Chain, now: Timestamp) {
        if self.done {
            return;
        }
        if now >= self.deadline {
            self.conclude(chain, RefusalReason::Deadline);
        } else {
            self.settle(chain, now);
        }
    }

    /// The next thing to do; ask until there is none.
    pub fn poll_output(&mut self) -> Option<SubmitOutput> {
        self.outputs.pop_front()
    }

    /// When the transaction wants to be woken, and why; `None` once it is answered.
    #[must_use]
    pub fn next_deadline(&self) -> Option<(Timestamp, &'static str)> {
        if self.done {
            return None;
        }
        [
            (self.grace_until, "a rejection stands"),
            (self.second_wave_at, "nobody has accepted yet"),
            (Some(self.deadline), "the client's time is up"),
        ]
        .into_iter()
        .filter_map(|(at, why)| Some((at?, why)))
        .min_by_key(|(at, _)| *at)
    }

    /// Whether the client has its answer.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.done
    }

    /// How many upstreams it was sent to.
    #[must_use]
    pub fn attempts(&self) -> u8 {
        u8::try_from(self.attempts.len()).unwrap_or(u8::MAX)
    }

    /// The upstream of an attempt.
    #[must_use]
    pub fn upstream(&self, attempt: u8) -> Option<UpstreamId> {
        self.attempts.get(usize::from(attempt)).map(|attempt| attempt.upstream)
    }

    fn send(&mut self, chain: &mut Chain, now: Timestamp, upstream: UpstreamId) {
        let attempt = self.attempts();
        chain.on_sent(now, upstream);
        self.attempts.push(Attempt { upstream, sent_at: now, flying: true, harmless: false });
        self.outputs.push_back(SubmitOutput::Send { attempt, upstream });
    }

    const fn has_verdict(&self) -> bool {
        self.rejected.is_some() || self.nonce_too_low.is_some()
    }

    /// Sends the same bytes, which does no harm, to whoever was left out.
    fn send_to_the_rest(&mut self, chain: &mut Chain, now: Timestamp) {
        self.second_wave_at = None;
        let asked: Vec<UpstreamId> = self.attempts.iter().map(|attempt| attempt.upstream).collect();
        // Where everybody else failed, those that asked for a pause are asked all the same.
        let mut targets = chain.broadcast_targets(now);
        if targets.iter().all(|upstream| asked.contains(upstream)) {
            targets = chain.paused_targets(now);
        }
        let fresh = targets.into_iter().filter(|upstream| !asked.contains(upstream));
        for upstream in fresh.take(BROADCAST_MAX) {
            if chain.budget.take(now, 100) {
                chain.counts.retries = chain.counts.retries.saturating_add(1);
                self.send(chain, now, upstream);
            }
        }
    }

    fn is_flying(&self) -> bool {
        self.attempts.iter().any(|attempt| attempt.flying)
    }

    /// Goes on to those that were left out, and ends it where nobody is left to wait for.
    fn settle(&mut self, chain: &mut Chain, now: Timestamp) {
        if self.done {
            return;
        }
        let silence = self.second_wave_at.is_some_and(|at| at <= now);
        let everybody_failed = !self.is_flying() && self.second_wave_at.is_some();
        if !self.has_verdict() && (silence || everybody_failed) {
            self.send_to_the_rest(chain, now);
        } else if silence {
            self.second_wave_at = None;
        }
        let grace_over = self.grace_until.is_some_and(|until| until <= now);
        if self.is_flying() && !grace_over {
            return;
        }
        let reason = self.last_failure.map_or(RefusalReason::NoUpstream, RefusalReason::Failed);
        self.conclude(chain, reason);
    }

    /// Ends it with the best there is: a look-up, a rejection, or an error of ours.
    fn conclude(&mut self, chain: &mut Chain, otherwise: RefusalReason) {
        match (self.nonce_too_low, self.rejected) {
            (Some(attempt), _) => self.finish(chain, SubmitOutput::LookUp { attempt }),
            (None, Some(attempt)) => self.finish(chain, SubmitOutput::Deliver { attempt }),
            (None, None) => self.refuse(chain, otherwise),
        }
    }

    fn finish(&mut self, chain: &mut Chain, output: SubmitOutput) {
        machine::check_invariant!("GW-1", !self.done, "a transaction was answered twice");
        self.done = true;
        chain.counts.answered = chain.counts.answered.saturating_add(1);
        self.outputs.push_back(output);
    }

    fn refuse(&mut self, chain: &mut Chain, reason: RefusalReason) {
        machine::check_invariant!("GW-1", !self.done, "a transaction was refused after the end");
        self.done = true;
        chain.counts.refused = chain.counts.refused.saturating_add(1);
        let may_have_taken_effect = self.attempts.iter().any(|attempt| !attempt.harmless);
        let refusal = Refusal { reason, attempts: self.attempts(), may_have_taken_effect };
        self.outputs.push_back(SubmitOutput::Refuse(refusal));
    }
}

impl Chain {
    /// The upstreams that asked for a pause and would otherwise be sent a transaction.
    fn paused_targets(&self, now: Timestamp) -> Vec<UpstreamId> {
        let paused = |u: &Upstream| self.may_be_asked(u) && u.is_throttled(now);
        let indexes = self.upstreams.iter().enumerate().filter(|(_, u)| paused(u)).map(|(i, _)| i);
        indexes.filter_map(|index| u8::try_from(index).ok().map(UpstreamId)).collect()
    }

    /// The upstreams that a transaction is sent to, best first: those that serve, one of each domain before
    /// a second of any; then those that are unwell, for they may hear it all the same.
    fn broadcast_targets(&self, now: Timestamp) -> Vec<UpstreamId> {
        let well = |upstream: &Upstream| {
            upstream.state == State::Serving && upstream.admits(MethodClass::Submit)
        };
        let mut usable: Vec<(bool, usize)> = self
            .upstreams
            .iter()
            .enumerate()
            .filter(|(_, upstream)| self.may_be_asked(upstream) && !upstream.is_throttled(now))
            .map(|(index, upstream)| (!well(upstream), index))
            .collect();
        // Those that have as much under way as they bear are left out. Where all have, the best is asked all
        // the same: a transaction was let in before anything else.
        usable.sort_unstable();
        let best = usable.first().copied();
        let free =
            |index: usize| self.upstreams.get(index).is_some_and(|u| u.has_room(Share::Whole));
        usable.retain(|(_, index)| free(*index));
        if usable.is_empty() {
            usable.extend(best);
        }
        let mut ranked: Vec<(bool, usize, usize)> = Vec::with_capacity(usable.len());
        for (unwell, index) in usable {
            let same =
                |other: &&(bool, usize, usize)| self.domains.of(other.2) == self.domains.of(index);
            let second = ranked.iter().filter(same).count();
            ranked.push((unwell, second, index));
        }
        ranked.sort_unstable();
        let ids = ranked.into_iter().map(|(_, _, index)| u8::try_from(index).map(UpstreamId));
        ids.filter_map(Result::ok).collect()
    }
}
