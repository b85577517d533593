//! The life of one transaction inside the core: sent to several domains at once, accepted by the first.

use std::collections::VecDeque;

use units::{Span, Timestamp};

use crate::call::{Failure, Refusal, RefusalReason};
use crate::chain::Chain;
use crate::class::MethodClass;
use crate::upstream::{State, UpstreamId};

/// Most upstreams that one transaction is sent to at once. More brings nothing: each of them gossips it.
const BROADCAST_MAX: usize = 5;

/// How long a first rejection waits for somebody else's acceptance.
const REJECTION_GRACE: Span = Span::from_millis(1_500);

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
    attempts: Vec<(UpstreamId, Timestamp, bool)>,
    outputs: VecDeque<SubmitOutput>,
    rejected: Option<u8>,
    nonce_too_low: Option<u8>,
    grace_until: Option<Timestamp>,
    last_failure: Option<Failure>,
    all_unsent: bool,
    retried: bool,
    done: bool,
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
            all_unsent: true,
            retried: false,
            done: false,
        }
    }

    /// Sends it to one upstream of each domain, then to second ones of the same, five in all.
    pub fn start(&mut self, chain: &mut Chain, now: Timestamp) {
        chain.budget.count_call(now);
        chain.counts.calls = chain.counts.calls.saturating_add(1);
        let targets = chain.broadcast_targets(now, BROADCAST_MAX);
        targets.into_iter().for_each(|upstream| self.send(chain, now, upstream));
        if self.attempts.is_empty() {
            let pause = chain.earliest_pause_end(now);
            let reason = pause
                .map_or(RefusalReason::NoUpstream, |end| RefusalReason::Throttled(end.since(now)));
            self.refuse(chain, reason);
        }
    }

    /// Takes an upstream's reply in.
    pub fn on_reply(&mut self, chain: &mut Chain, now: Timestamp, number: u8, reply: SubmitReply) {
        let Some(attempt) = self.attempts.get_mut(usize::from(number)).filter(|attempt| attempt.2)
        else {
            return;
        };
        attempt.2 = false;
        let (upstream, latency) = (attempt.0, now.since(attempt.1));
        chain.on_over(upstream);
        if let SubmitReply::Failed(why) = reply {
            chain.on_failed(now, upstream, MethodClass::Submit, why);
            self.last_failure = Some(why);
            self.all_unsent &= why == Failure::Connect;
        } else {
            chain.on_answered(now, upstream, MethodClass::Submit, latency);
            self.all_unsent = false;
        }
        if self.done {
            return;
        }
        match reply {
            SubmitReply::Accepted => self.finish(chain, SubmitOutput::Deliver { attempt: number }),
            SubmitReply::AlreadyKnown => {
                self.finish(chain, SubmitOutput::Succeed { attempt: number })
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
        let grace = self.grace_until.unwrap_or(Timestamp::MAX);
        (!self.done)
            .then(|| (self.deadline.min(grace), "a rejection stands or the client's time is up"))
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
        self.attempts.get(usize::from(attempt)).map(|attempt| attempt.0)
    }

    fn send(&mut self, chain: &mut Chain, now: Timestamp, upstream: UpstreamId) {
        let attempt = self.attempts();
        chain.on_sent(upstream);
        self.attempts.push((upstream, now, true));
        self.outputs.push_back(SubmitOutput::Send { attempt, upstream });
    }

    const fn has_verdict(&self) -> bool {
        self.rejected.is_some() || self.nonce_too_low.is_some()
    }

    /// Ends it where nobody is left to wait for.
    fn settle(&mut self, chain: &mut Chain, now: Timestamp) {
        if self.done {
            return;
        }
        let flying = self.attempts.iter().any(|attempt| attempt.2);
        let grace_over = self.grace_until.is_some_and(|until| until <= now);
        if flying && !grace_over {
            return;
        }
        if !self.has_verdict() && !self.retried {
            // Everybody failed: the same bytes may be sent again without harm, to whoever was left out.
            self.retried = true;
            let asked: Vec<UpstreamId> = self.attempts.iter().map(|attempt| attempt.0).collect();
            let rest: Vec<UpstreamId> = chain.broadcast_targets(now, usize::MAX);
            let fresh = rest.into_iter().filter(|upstream| !asked.contains(upstream));
            for upstream in fresh.take(BROADCAST_MAX) {
                if chain.budget.take(now, 100) {
                    self.send(chain, now, upstream);
                }
            }
            if self.attempts.iter().any(|attempt| attempt.2) {
                return;
            }
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
        let refusal =
            Refusal { reason, attempts: self.attempts(), may_have_taken_effect: !self.all_unsent };
        self.outputs.push_back(SubmitOutput::Refuse(refusal));
    }
}

impl Chain {
    /// The upstreams that a transaction is sent to: those that serve first, one of each domain before a
    /// second of any.
    pub(crate) fn broadcast_targets(&self, now: Timestamp, most: usize) -> Vec<UpstreamId> {
        let usable = self.upstreams.iter().enumerate().filter(|(_, upstream)| {
            !matches!(upstream.state, State::Rejected | State::Quarantined)
                && upstream.chain_id == Some(self.settings.chain_id)
                && !upstream.is_throttled(now)
        });
        let mut ranked: Vec<(bool, usize, usize)> = Vec::new();
        for (index, upstream) in usable {
            let second = ranked
                .iter()
                .filter(|(_, _, other)| self.domains.of(*other) == self.domains.of(index))
                .count();
            let well = upstream.state == State::Serving && upstream.admits(MethodClass::Submit);
            ranked.push((!well, second, index));
        }
        ranked.sort_unstable();
        let healthy = ranked.iter().filter(|(unwell, ..)| !unwell).count();
        // Those that are unwell are sent it too, for they may hear it, but only beside a well one's place.
        let take = if healthy > 0 { most.min(ranked.len()) } else { most };
        ranked
            .into_iter()
            .take(take)
            .filter_map(|(_, _, index)| u8::try_from(index).ok().map(UpstreamId))
            .collect()
    }
}
