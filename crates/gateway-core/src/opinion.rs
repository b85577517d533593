//! Second opinions: a sample of reads is asked again of another domain, and the answers compared.
//!
//! Only what must be the same everywhere is compared: a read of one block, named by its hash or final by its
//! number. Answers that say nothing is there are asked for more often, because that is what a node says that
//! lags or has lost its data (incidents section 19). The first answer has gone to the client by then; what is
//! found protects the next ones.

use units::{Span, Timestamp};

use crate::chain::Chain;
use crate::class::MethodClass;
use crate::event::EventKind;
use crate::integrity::{Fixed, Look, OpinionRequest, Side};
use crate::outcome::{Doubt, Reply};
use crate::quota::Headroom;
use crate::request::Needs;
use crate::room::Share;
use crate::settings::UpstreamId;
use crate::upstream::{State, Upstream};

/// How many times as often an answer is sampled that says nothing is there, or that comes from an upstream
/// under suspicion.
const SUSPECT_WEIGHT: u64 = 10;

/// Of so many large answers one is looked at from end to end while nobody is under suspicion. Looking costs more than
/// passing on does, and a node that answers wrongly does not do so once.
const WHOLE_LOOKS: u64 = 8;

/// Share of the retry budget that opinions may use, in per cent: they are for later, retries for now.
const OPINION_SHARE: u64 = 30;

/// Share that referees may use: a disagreement has been found and wants to be settled.
const REFEREE_SHARE: u64 = 60;

impl Chain {
    /// Whether a read is to be asked again, and of whom: an upstream of another domain that has the block.
    /// Its answer goes to [`Chain::on_opinion`].
    pub fn take_opinion(
        &mut self,
        now: Timestamp,
        request: &OpinionRequest<'_>,
    ) -> Option<UpstreamId> {
        if !self.is_sampled(now, request) {
            return None;
        }
        self.send_opinion(now, request, None, OPINION_SHARE)
    }

    /// Whether a read is one of the sample that is to be asked again; each time asked, the dice are thrown.
    /// For an answer that is only held if it is: the one of the sample is then to be [`Look::Suspect`].
    pub fn is_sampled(&mut self, now: Timestamp, request: &OpinionRequest<'_>) -> bool {
        let per_mille = u64::from(self.settings.second_opinion_per_mille);
        if per_mille == 0 || !self.is_fixed(request) {
            return false;
        }
        let suspected =
            self.upstreams.get(request.first.index()).is_some_and(|u| u.trust.is_suspected(now));
        let chance = match request.look {
            Look::Suspect => 1_000,
            Look::Empty => per_mille.saturating_mul(SUSPECT_WEIGHT),
            Look::Plain if suspected => per_mille.saturating_mul(SUSPECT_WEIGHT),
            Look::Plain => per_mille,
        };
        self.prng.below(1_000) < chance
    }

    /// Whether a large answer is to be checked from end to end, and not only at its beginning: one of some, and all
    /// while any upstream is under suspicion. Each time asked, the dice are thrown.
    pub fn looks_at_whole(&mut self, now: Timestamp) -> bool {
        self.upstreams.iter().any(|upstream| upstream.trust.is_suspected(now))
            || self.prng.below(WHOLE_LOOKS) == 0
    }

    /// Who is to settle a disagreement with `second`: an upstream of a third domain. Its answer goes to
    /// [`Chain::on_opinion`], and what it says to [`Chain::on_dispute`].
    pub fn take_referee(
        &mut self,
        now: Timestamp,
        request: &OpinionRequest<'_>,
        second: UpstreamId,
    ) -> Option<UpstreamId> {
        self.send_opinion(now, request, Some(second), REFEREE_SHARE)
    }

    /// An upstream that was asked for an opinion came back.
    pub fn on_opinion(
        &mut self,
        now: Timestamp,
        id: UpstreamId,
        class: MethodClass,
        reply: Reply,
        latency: Span,
    ) {
        self.on_over(id);
        match reply {
            Reply::Answer => self.on_answered(now, id, class, latency),
            Reply::Failed(why) => self.on_failed(now, id, class, why),
            // Whether the doubt is its own nobody has asked.
            Reply::Doubtful(
                Doubt::MissingData | Doubt::MethodUnsupported | Doubt::InternalError,
            ) => {}
        }
        if reply != Reply::Answer {
            self.opinions.unanswered = self.opinions.unanswered.saturating_add(1);
        }
    }

    /// Two answers agreed, or could not be compared.
    pub fn on_compared(&mut self, same: bool) {
        let count = if same { &mut self.opinions.same } else { &mut self.opinions.incomparable };
        *count = count.saturating_add(1);
    }

    /// Two answers contradicted each other; who was outvoted, where a third could be asked. It is charged,
    /// and put out when it happens again. Where nobody settles it, both are under suspicion.
    pub fn on_dispute(
        &mut self,
        now: Timestamp,
        request: &OpinionRequest<'_>,
        second: UpstreamId,
        third: Option<(UpstreamId, Side)>,
    ) -> Option<UpstreamId> {
        if matches!(request.needs, Needs::Head(block) if self.has_left(block)) {
            // A reorg came between the two: one of them may have answered for a block that is no more.
            self.on_compared(false);
            return None;
        }
        self.opinions.different = self.opinions.different.saturating_add(1);
        let (outvoted, others) = match third {
            Some((third, Side::First)) => (second, (request.first, third)),
            Some((third, Side::Second)) => (request.first, (second, third)),
            Some((_, Side::Neither)) | None => {
                self.suspect_both(now, request, second);
                return None;
            }
        };
        let names = (self.name_of(others.0), self.name_of(others.1));
        let text = format!(
            "wrong answer: {} says otherwise of one block to {} than {} and {}",
            self.name_of(outvoted),
            request.method,
            names.0,
            names.1
        );
        self.log(now, Some(outvoted), EventKind::Integrity, text);
        self.on_wrong_answer(now, outvoted, request.class, "opinion");
        Some(outvoted)
    }

    /// Counts a wrong answer against an upstream, and puts it out when there were several: as long as another
    /// domain serves. Without one its answers are still better than none; those that a check convicts by
    /// themselves are refused one by one.
    pub(crate) fn on_wrong_answer(
        &mut self,
        now: Timestamp,
        id: UpstreamId,
        class: MethodClass,
        check: &'static str,
    ) {
        self.distrust(id);
        let Some(upstream) = self.upstreams.get_mut(id.index()) else { return };
        upstream.failures = upstream.failures.saturating_add(1);
        let enough = upstream.trust.note(now, check);
        self.charge(now, id, class, "wrong answer");
        let own = self.domains.of(id.index());
        let another = |(index, upstream): (usize, &Upstream)| {
            upstream.state == State::Serving && self.domains.of(index) != own
        };
        if enough && self.upstreams.iter().enumerate().any(another) {
            if let Some(upstream) = self.upstreams.get_mut(id.index()) {
                upstream.trust.put_out(now);
            }
            self.agree(now);
        }
    }

    fn suspect_both(&mut self, now: Timestamp, request: &OpinionRequest<'_>, second: UpstreamId) {
        for id in [request.first, second] {
            // One of the two answers is wrong, and it may be kept.
            self.distrust(id);
            if let Some(upstream) = self.upstreams.get_mut(id.index()) {
                upstream.trust.suspect(now);
            }
        }
        let (one, other) = (self.name_of(request.first), self.name_of(second));
        let text = format!(
            "{one} and {other} contradict each other on one block ({}), and nobody could settle it",
            request.method
        );
        self.log(now, None, EventKind::Integrity, text);
    }

    fn name_of(&self, id: UpstreamId) -> String {
        self.upstreams
            .get(id.index())
            .map_or_else(|| "?".to_owned(), |upstream| upstream.settings.name.clone())
    }

    /// Whether every honest node would give the first one's answer.
    fn is_fixed(&self, request: &OpinionRequest<'_>) -> bool {
        match request.fixed {
            Fixed::Hash { pins } => !pins || self.accepts_hash_pins(request.first),
            Fixed::Number(number) => self.finalized.is_some_and(|block| number <= block.number),
        }
    }

    fn send_opinion(
        &mut self,
        now: Timestamp,
        request: &OpinionRequest<'_>,
        second: Option<UpstreamId>,
        share: u64,
    ) -> Option<UpstreamId> {
        let heard = [Some(request.first), second];
        let is_heard = |index: usize| {
            let domain = self.domains.of(index);
            heard.iter().flatten().any(|id| self.domains.of(id.index()) == domain)
        };
        let pins = matches!(request.fixed, Fixed::Hash { pins: true });
        let fit = |(index, upstream): &(usize, &Upstream)| {
            upstream.state == State::Serving
                && self.may_be_asked(upstream)
                && upstream.admits(request.class)
                && upstream.has_room(Share::Spare)
                && upstream.quota.headroom(now) == Headroom::Free
                && !upstream.is_throttled(now)
                && !upstream.lacks(request.method, now)
                && (!pins || upstream.hash_pins)
                && !is_heard(*index)
                && u8::try_from(*index).is_ok_and(|id| self.has(UpstreamId(id), request.needs))
        };
        let able: Vec<usize> =
            self.upstreams.iter().enumerate().filter(fit).map(|(index, _)| index).collect();
        let chosen = *able.get(self.prng.index(able.len()))?;
        if !self.budget.take(now, share) {
            return None;
        }
        let id = UpstreamId(u8::try_from(chosen).ok()?);
        self.on_sent(now, id);
        Some(id)
    }
}
