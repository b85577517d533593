//! What is counted of a step.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use units::{Span, Timestamp};

use super::answer::{Came, Fault};
use crate::tally::histogram;

/// Counts and latencies of a step. What was due was sent or not; what was sent was good, late, shed or failed, or is still
/// under way where the run was broken off.
#[derive(Clone, Debug)]
pub struct Figures {
    in_time: Span,
    until: Timestamp,
    /// Requests that were due.
    pub offered: u64,
    /// Those that were not sent, since as many as may be were under way.
    pub unsent: u64,
    /// Those that were sent.
    pub sent: u64,
    /// Those that got a response of whatever kind.
    pub answered: u64,
    /// Of those, before the step was over.
    pub answered_by_end: u64,
    /// Good answers in time.
    pub good: u64,
    /// Good answers that came too late to be of use.
    pub late: u64,
    /// What was sent away for overload.
    pub shed: u64,
    /// What failed, by how.
    pub faults: BTreeMap<Fault, u64>,
    latencies: Histogram<u64>,
}

impl Figures {
    /// Nothing yet: good answers are of use within `in_time` from when they were due, and the step is over at `until`.
    pub(crate) fn new(in_time: Span, until: Timestamp) -> Self {
        Self {
            in_time,
            until,
            offered: 0,
            unsent: 0,
            sent: 0,
            answered: 0,
            answered_by_end: 0,
            good: 0,
            late: 0,
            shed: 0,
            faults: BTreeMap::new(),
            latencies: histogram(),
        }
    }

    /// A request is due.
    pub(crate) fn offer(&mut self) {
        one_more(&mut self.offered);
    }

    /// It is sent.
    pub(crate) fn send(&mut self) {
        one_more(&mut self.sent);
    }

    /// It cannot be sent. Whoever asked has waited for as long as he would have for an answer.
    pub(crate) fn leave(&mut self, patience: Span) {
        one_more(&mut self.unsent);
        self.latencies.saturating_record(patience.as_micros().max(1));
    }

    /// A request that was due at a time has come to this.
    pub(crate) fn end(&mut self, due: Timestamp, now: Timestamp, came: Came) {
        let took = now.since(due);
        let is_answer = match came {
            Came::Good => {
                one_more(if took <= self.in_time { &mut self.good } else { &mut self.late });
                true
            }
            Came::Shed => {
                one_more(&mut self.shed);
                true
            }
            Came::Failed(fault) => {
                one_more(self.faults.entry(fault).or_default());
                fault.is_answer()
            }
        };
        // A quick error makes nobody quick, and who has waited in vain has waited.
        if matches!(came, Came::Good | Came::Failed(Fault::Timeout)) {
            self.latencies.saturating_record(took.as_micros().max(1));
        }
        if is_answer {
            one_more(&mut self.answered);
            if now <= self.until {
                one_more(&mut self.answered_by_end);
            }
        }
    }

    /// What failed, and what was not even sent.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.faults.values().fold(self.unsent, |sum, count| sum.saturating_add(*count))
    }

    /// A number of requests in millionths of those that were due; `None` where none was.
    #[must_use]
    pub fn share(&self, part: u64) -> Option<u64> {
        let millionths = u128::from(part).saturating_mul(1_000_000);
        u64::try_from(millionths.checked_div(u128::from(self.offered))?).ok()
    }

    /// The latency that a part stayed below, from when it was due, of what was answered well or waited for in vain;
    /// `None` where there was nothing of the kind.
    #[must_use]
    pub fn latency(&self, quantile: f64) -> Option<Span> {
        let some = !self.latencies.is_empty();
        some.then(|| Span::from_micros(self.latencies.value_at_quantile(quantile)))
    }
}

fn one_more(count: &mut u64) {
    *count = count.saturating_add(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_in_vain_is_waiting_and_a_quick_refusal_is_no_quick_answer() {
        // A target that refuses at once, or never answers, would have the best latencies of all.
        let due = Timestamp::ZERO.after(Span::from_secs(100));
        let at = |millis| due.after(Span::from_millis(millis));
        let mut figures = Figures::new(Span::from_secs(1), at(500));
        for _ in 0..7 {
            figures.offer();
        }
        (0..6).for_each(|_| figures.send());
        figures.end(due, at(100), Came::Good);
        figures.end(due, at(1_001), Came::Good);
        figures.end(due, at(1), Came::Shed);
        figures.end(due, at(1), Came::Failed(Fault::Status(502)));
        figures.end(due, at(1), Came::Failed(Fault::Connect));
        figures.end(due, at(10_000), Came::Failed(Fault::Timeout));
        figures.leave(Span::from_secs(10));
        assert_eq!((figures.good, figures.late, figures.shed, figures.unsent), (1, 1, 1, 1));
        assert_eq!((figures.answered, figures.answered_by_end, figures.failed()), (4, 3, 4));
        assert_eq!(figures.latency(0.25).map(Span::as_millis), Some(100));
        assert!(figures.latency(0.75).is_some_and(|it| it >= Span::from_secs(10)));
        assert_eq!(figures.share(figures.failed()), Some(571_428));
    }
}
