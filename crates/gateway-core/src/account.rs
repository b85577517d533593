//! What calls teach the chain about its upstreams: latency, failures, breakers, trials.

use units::{Span, Timestamp};

use crate::breaker::Opened;
use crate::chain::Chain;
use crate::class::MethodClass;
use crate::event::EventKind;
use crate::outcome::{Doubt, Failure, Reply};
use crate::quota::Headroom;
use crate::room::Share;
use crate::settings::UpstreamId;
use crate::upstream::State;

/// The hedge delay before enough answers were measured.
const HEDGE_UNKNOWN: Span = Span::from_millis(150);

/// Shortest hedge delay: below this a second call costs more than it wins.
const HEDGE_MIN: Span = Span::from_millis(20);

/// Longest hedge delay: a client should not wait much longer for one silent node.
const HEDGE_MAX: Span = Span::from_secs(2);

/// What failing now and then weighs in the choice between upstreams, in time to answer: a node that fails
/// fast must not look fast. As much as several far round trips, so that one that never fails comes first.
const FAILED_AS: Span = Span::from_millis(500);

/// Classes that may be broken at once before an upstream is out as a whole.
const CLASSES_BROKEN_MAX: usize = 2;

/// Share of the retry budget that trials may use, in per cent: they are for later, retries for now.
const TRIAL_SHARE: u64 = 30;

/// How long a method that an upstream does not know is not sent to it.
const UNSUPPORTED_FOR: Span = Span::from_secs(600);

/// Most methods remembered as unknown to one upstream.
const UNSUPPORTED_MAX: usize = 64;

impl Chain {
    /// How long to wait for an answer of this class before a second upstream is asked: the time within
    /// which 95 in 100 recent calls were answered.
    pub(crate) fn hedge_delay(&self, class: MethodClass) -> Span {
        let usual = self.quantiles.get(class).percentile(95).unwrap_or(HEDGE_UNKNOWN);
        usual.clamped(HEDGE_MIN, HEDGE_MAX)
    }

    /// A call is on its way.
    pub(crate) fn on_sent(&mut self, now: Timestamp, id: UpstreamId) {
        if let Some(upstream) = self.upstreams.get_mut(id.index()) {
            machine::check_invariant!(
                "GW-4",
                !matches!(upstream.state, State::Rejected | State::Quarantined)
                    && upstream.exile.is_none()
                    && upstream.chain_id == Some(self.settings.chain_id),
                "a call to an upstream that is {} (chain {:?})",
                upstream.state.name(),
                upstream.chain_id
            );
            upstream.in_flight = upstream.in_flight.saturating_add(1);
            upstream.load.peak = upstream.load.peak.max(upstream.in_flight);
            upstream.calls = upstream.calls.saturating_add(1);
            upstream.quota.count(now);
        }
    }

    /// A call is over, whatever came of it.
    pub(crate) fn on_over(&mut self, id: UpstreamId) {
        if let Some(upstream) = self.upstreams.get_mut(id.index()) {
            upstream.in_flight = upstream.in_flight.saturating_sub(1);
        }
    }

    /// An upstream answered a call in `latency`.
    pub(crate) fn on_answered(
        &mut self,
        now: Timestamp,
        id: UpstreamId,
        class: MethodClass,
        latency: Span,
    ) {
        self.quantiles.get_mut(class).record(latency);
        let Some(upstream) = self.upstreams.get_mut(id.index()) else { return };
        upstream.latency.get_mut(class).record(now, latency);
        upstream.load.on_answered(class, latency);
        // Sent after it asked for a pause, and answered: the pause is over.
        if upstream.is_throttled(now) && now.before(latency) > upstream.throttled_at {
            upstream.throttled_until = now;
        }
        // One that fails each time is soon out. One that fails now and then is not, and is asked less.
        if upstream.endpoint_breaker.is_failing() || upstream.class_breakers.get(class).is_failing()
        {
            upstream.penalty.get_mut(class).record(now, FAILED_AS);
        }
        let endpoint_closed = upstream.endpoint_breaker.on_success(now);
        let class_closed = upstream.class_breakers.get_mut(class).on_success(now);
        if endpoint_closed {
            self.log(
                now,
                Some(id),
                EventKind::Restored,
                "answers again: back for all classes".to_owned(),
            );
        }
        if class_closed {
            self.log(
                now,
                Some(id),
                EventKind::Restored,
                format!("back for {}: trials succeeded", class.name()),
            );
        }
    }

    /// An upstream failed a call.
    pub(crate) fn on_failed(
        &mut self,
        now: Timestamp,
        id: UpstreamId,
        class: MethodClass,
        why: Failure,
    ) {
        let Some(upstream) = self.upstreams.get_mut(id.index()) else { return };
        if let Failure::Throttled(pause) = why {
            upstream.load.on_throttled();
            self.throttle(now, id, pause);
            return;
        }
        if let Failure::WrongAnswer(check) = why {
            self.on_wrong_answer(now, id, class, check);
            return;
        }
        upstream.failures = upstream.failures.saturating_add(1);
        upstream.load.on_failed();
        if why == Failure::Connect {
            let opened = upstream.endpoint_breaker.on_failure(now);
            let for_what = "all classes";
            self.note_opened(now, id, opened, for_what, why.name());
        } else {
            self.charge(now, id, class, why.name());
        }
    }

    /// A call was given up that had been under way for so long, which is less than nearly all answers take. That is no
    /// failure of the upstream's; but it goes on working on what nobody waits for, and so has more to do than is under way
    /// to it. Unseen, a queue in which all calls time out would look like one that is empty. What was given up in less time
    /// than half of the answers take says nothing: a client in a hurry must not make room for all smaller.
    pub(crate) fn on_given_up(&mut self, id: UpstreamId, class: MethodClass, waited: Span) {
        let quantiles = self.quantiles.get_mut(class);
        // An upper bound: half of the answers take less.
        let usual = quantiles.percentile(50).unwrap_or(HEDGE_UNKNOWN);
        if waited < usual {
            // Its answer would have been one of the slower ones. With the quick ones alone, what is usual would sink to
            // the patience of whoever asks most, and then what he gives up would count.
            quantiles.record(usual.minus(Span::from_nanos(1)));
        } else if let Some(upstream) = self.upstreams.get_mut(id.index()) {
            upstream.load.on_given_up();
        }
    }

    /// An answer that was handed on as it came did not come to its end, or turned out to be wrong. Its call is
    /// over: the beginning has gone to the client, and nobody else can be asked for the rest.
    pub fn on_broken_off(
        &mut self,
        now: Timestamp,
        id: UpstreamId,
        class: MethodClass,
        why: Failure,
    ) {
        self.on_failed(now, id, class, why);
    }

    /// Counts a failure of one class against an upstream.
    pub(crate) fn charge(
        &mut self,
        now: Timestamp,
        id: UpstreamId,
        class: MethodClass,
        what: &str,
    ) {
        let Some(upstream) = self.upstreams.get_mut(id.index()) else { return };
        let opened = upstream.class_breakers.get_mut(class).on_failure(now);
        self.next_trial_at = Timestamp::ZERO;
        self.note_opened(now, id, opened, class.name(), what);
        self.put_out_whole(now, id, opened);
    }

    /// Where a second class of an upstream breaks, the rest is not found out class by class at the cost of
    /// more retries: it is out for all until it has shown its head twice again, which takes two polls.
    fn put_out_whole(&mut self, now: Timestamp, id: UpstreamId, opened: Option<Opened>) {
        let Some(upstream) = self.upstreams.get_mut(id.index()) else { return };
        let broken = |class: &MethodClass| upstream.class_breakers.get(*class).is_open();
        let count = MethodClass::ALL.iter().filter(|class| broken(class)).count();
        if opened.is_none() || count < CLASSES_BROKEN_MAX || upstream.endpoint_breaker.is_open() {
            return;
        }
        let classes = u32::try_from(count).unwrap_or(u32::MAX);
        let opened = upstream.endpoint_breaker.trip(now, classes);
        self.note_opened(now, id, Some(opened), "all classes", "several at once");
    }

    /// Another upstream answered what this one also was asked, while this one was silent for `waited`.
    pub(crate) fn on_outrun(
        &mut self,
        now: Timestamp,
        id: UpstreamId,
        class: MethodClass,
        waited: Span,
    ) {
        let patience = self.hedge_delay(class);
        let Some(upstream) = self.upstreams.get_mut(id.index()) else { return };
        // It would have taken at least this long: enough for the choice to lean away from it.
        if upstream.latency.get(class).read(now) < waited {
            upstream.latency.get_mut(class).record(now, waited);
        }
        // A hedge that was sent a moment before the first answer came is not one that went unanswered.
        if waited < patience {
            return;
        }
        // Left out, an upstream would look the quicker the more of its slow answers others outrun.
        upstream.load.on_answered(class, waited);
        let opened = upstream.class_breakers.get_mut(class).on_lost_hedge(now);
        if opened.is_some() {
            upstream.failures = upstream.failures.saturating_add(1);
            self.next_trial_at = Timestamp::ZERO;
        }
        self.note_opened(now, id, opened, class.name(), "silent");
        self.put_out_whole(now, id, opened);
    }

    /// Another upstream answered well what this one gave a doubtful answer to: the doubt was its own.
    pub(crate) fn on_doubt_confirmed(
        &mut self,
        now: Timestamp,
        id: UpstreamId,
        call: (MethodClass, &str),
        doubt: Doubt,
    ) {
        let (class, method) = call;
        match doubt {
            Doubt::InternalError => {
                if let Some(upstream) = self.upstreams.get_mut(id.index()) {
                    upstream.failures = upstream.failures.saturating_add(1);
                }
                self.charge(now, id, class, "internal error");
            }
            Doubt::MethodUnsupported => self.ban_method(now, id, method),
            // It did not have the block yet, or no longer: its head tells that better than a breaker, but the
            // choice leans towards those that have what their head promises.
            Doubt::MissingData => {
                if let Some(upstream) = self.upstreams.get_mut(id.index()) {
                    upstream.penalty.get_mut(class).record(now, FAILED_AS);
                }
            }
        }
    }

    fn ban_method(&mut self, now: Timestamp, id: UpstreamId, method: &str) {
        let Some(upstream) = self.upstreams.get_mut(id.index()) else { return };
        if upstream.lacks(method, now) {
            return;
        }
        upstream.unsupported.retain(|_, until| now < *until);
        if upstream.unsupported.len() < UNSUPPORTED_MAX {
            upstream.unsupported.insert(method.to_owned(), now.after(UNSUPPORTED_FOR));
            let text =
                format!("does not know {method}, others do: not sent there for {UNSUPPORTED_FOR}");
            self.log(now, Some(id), EventKind::Unsupported, text);
        }
    }

    /// An upstream that wants a trial call of this class, if one is due: the client's call is copied to
    /// it and nobody waits for the answer.
    pub(crate) fn take_trial(&mut self, now: Timestamp, class: MethodClass) -> Option<UpstreamId> {
        if now < self.next_trial_at {
            return None;
        }
        let mut earliest = Timestamp::MAX;
        let mut chosen = None;
        for (index, upstream) in self.upstreams.iter().enumerate() {
            let there =
                matches!(upstream.state, State::Serving | State::Probation | State::Lagging);
            for of in MethodClass::ALL {
                let Some(due) = upstream.class_breakers.get(of).trial_at() else { continue };
                earliest = earliest.min(due);
                let free = there
                    && upstream.has_room(Share::Spare)
                    && upstream.quota.headroom(now) != Headroom::Spent
                    && !upstream.is_throttled(now);
                if of == class && due <= now && free {
                    chosen = u8::try_from(index).ok().map(UpstreamId);
                }
            }
        }
        self.next_trial_at = earliest;
        let id = chosen?;
        if !self.budget.take(now, TRIAL_SHARE) {
            return None;
        }
        self.counts.trials = self.counts.trials.saturating_add(1);
        self.upstreams.get_mut(id.index())?.class_breakers.get_mut(class).start_trial(now);
        self.on_sent(now, id);
        Some(id)
    }

    /// A trial call came back.
    pub fn on_trial(
        &mut self,
        now: Timestamp,
        id: UpstreamId,
        class: MethodClass,
        reply: Reply,
        latency: Span,
    ) {
        self.on_over(id);
        self.next_trial_at = Timestamp::ZERO;
        match reply {
            Reply::Answer | Reply::Doubtful(Doubt::MissingData | Doubt::MethodUnsupported) => {
                self.on_answered(now, id, class, latency);
            }
            Reply::Doubtful(Doubt::InternalError) => self.charge(now, id, class, "internal error"),
            Reply::Failed(why) => {
                self.on_failed(now, id, class, why);
                if let Some(upstream) = self.upstreams.get_mut(id.index()) {
                    upstream.class_breakers.get_mut(class).abandon_trial(now);
                }
            }
        }
    }

    fn note_opened(
        &mut self,
        now: Timestamp,
        id: UpstreamId,
        opened: Option<Opened>,
        for_what: &str,
        last: &str,
    ) {
        let Some(opened) = opened else { return };
        self.log(
            now,
            Some(id),
            EventKind::Ejected,
            format!("out for {for_what}: {opened} (last: {last})"),
        );
    }
}
