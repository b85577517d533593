//! What one server did within a span of time, gathered for its limit.

use units::{Span, Timestamp};

/// What was seen of one server since the last look, by kind of work. Probes do not belong in it: they are
/// cheap and come also when nothing else does.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    /// Answers and the time they took together, for each kind of work; a kind is whatever usually takes
    /// about as long.
    pub answered: &'a [(u32, Span)],
    /// Work that was not answered: broken, too late, refused for the server's own reasons.
    pub failed: u32,
    /// Work that was given up although it had waited for as long as answers take. The server goes on working on it.
    pub given_up: u32,
    /// Work that was turned away for coming too fast.
    pub throttled: u32,
    /// The most that was under way at once.
    pub peak: u32,
}

/// Kinds of work told apart at most; what is beyond counts for nothing.
pub(crate) const KINDS_MAX: usize = 16;

/// Shortest span to judge by: some round trips to a far server.
const SPAN_MIN: Span = Span::from_millis(250);

/// Answers that make an average.
const ANSWERS_MIN: u32 = 10;

/// After this long fewer answers must do, where there are any.
const SPAN_FEW: Span = Span::from_secs(1);

/// Longest span: what is older says nothing.
const SPAN_MAX: Span = Span::from_secs(4);

/// The samples of the span that is running.
#[derive(Clone, Debug, Default)]
pub(crate) struct Window {
    start: Timestamp,
    kinds: [(u32, Span); KINDS_MAX],
    pub(crate) failed: u32,
    pub(crate) given_up: u32,
    pub(crate) throttled: u32,
    pub(crate) peak: u32,
}

impl Window {
    pub(crate) fn starting(now: Timestamp) -> Self {
        Self { start: now, ..Self::default() }
    }

    pub(crate) fn add(&mut self, sample: &Sample<'_>) {
        for (kind, (count, total)) in self.kinds.iter_mut().zip(sample.answered) {
            *kind = (kind.0.saturating_add(*count), kind.1.plus(*total));
        }
        self.failed = self.failed.saturating_add(sample.failed);
        self.given_up = self.given_up.saturating_add(sample.given_up);
        self.throttled = self.throttled.saturating_add(sample.throttled);
        self.peak = self.peak.max(sample.peak);
    }

    /// The kinds of work that were answered: their position, how often, and how long one took on average.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = (usize, u32, Span)> {
        let kinds = self.kinds.iter().enumerate().filter(|(_, (count, _))| *count > 0);
        kinds.map(|(kind, (count, total))| (kind, *count, total.divided_by(u64::from(*count))))
    }

    pub(crate) fn answered(&self) -> u32 {
        self.kinds.iter().fold(0, |sum, (count, _)| sum.saturating_add(*count))
    }

    /// Whether there is enough to judge by. The span holds two round trips at least, or what is seen is the
    /// effect of the limit before this one.
    pub(crate) fn is_complete(&self, now: Timestamp) -> bool {
        let age = now.since(self.start);
        let total = self.kinds.iter().fold(Span::ZERO, |sum, (_, total)| sum.plus(*total));
        let answered = self.answered();
        let average = total.divided_by(u64::from(answered));
        let lost = self.failed.saturating_add(self.given_up).saturating_add(self.throttled);
        let seen = answered.saturating_add(lost);
        let enough = seen >= ANSWERS_MIN || (seen > 0 && age >= SPAN_FEW);
        age >= SPAN_MAX || (enough && age >= average.times(2).max(SPAN_MIN).min(SPAN_MAX))
    }
}
