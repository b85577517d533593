//! What is counted of a group.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use units::{Span, Timestamp};

use crate::outcome::Answer;

/// The longest latency that is told apart, in microseconds: a minute; what takes longer counts as that.
const LATENCY_MAX: u64 = 60_000_000;

/// Digits that a latency is kept with: a thousandth.
const DIGITS: u8 = 3;

/// Latencies of what was done, in microseconds.
pub(crate) fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LATENCY_MAX, DIGITS)
        .expect("invariant: the bounds and the digits are ones that a histogram takes")
}

/// Counts and latencies of a group.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    in_time: Span,
    /// Requests that were due.
    pub(crate) offered: u64,
    /// Of those, the ones that were not sent, since no line was free before they were of no use.
    pub(crate) unsent: u64,
    /// Of those, the ones that were.
    pub(crate) sent: u64,
    /// Times that somebody asked again.
    pub(crate) repeats: u64,
    /// What was done and told in time.
    pub(crate) served: u64,
    /// What was done and told too late.
    pub(crate) late: u64,
    /// What was refused for a reason, in time and too late, by code.
    pub(crate) refused: BTreeMap<i32, u64>,
    /// Of those, in time.
    pub(crate) refused_in_time: u64,
    /// What was sent away for overload, by code.
    pub(crate) shed: BTreeMap<i32, u64>,
    /// What got no answer.
    pub(crate) lost: u64,
    /// From when it was due until it was told, of what was done.
    pub(crate) latencies: Histogram<u64>,
}

impl Tally {
    /// Nothing yet; answers are of use within `in_time`.
    pub(crate) fn new(in_time: Span) -> Self {
        Self {
            in_time,
            offered: 0,
            unsent: 0,
            sent: 0,
            repeats: 0,
            served: 0,
            late: 0,
            refused: BTreeMap::new(),
            refused_in_time: 0,
            shed: BTreeMap::new(),
            lost: 0,
            latencies: histogram(),
        }
    }

    /// A request that was due at a time has come to this.
    pub(crate) fn end(&mut self, due: Timestamp, now: Timestamp, answer: Answer) {
        let took = now.since(due);
        let in_time = took <= self.in_time;
        let one_more = |count: &mut u64| *count = count.saturating_add(1);
        match answer {
            Answer::Done => {
                self.latencies.saturating_record(took.as_micros().max(1));
                one_more(if in_time { &mut self.served } else { &mut self.late });
            }
            Answer::Refused(code) => {
                one_more(self.refused.entry(code).or_default());
                if in_time {
                    one_more(&mut self.refused_in_time);
                }
            }
            Answer::Shed(code) => one_more(self.shed.entry(code).or_default()),
            Answer::Lost => one_more(&mut self.lost),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_too_late_is_not_counted_as_served() {
        // A venue that does everything a minute late would look as good as one that does it at once.
        let mut tally = Tally::new(Span::from_secs(1));
        let due = Timestamp::ZERO.after(Span::from_secs(100));
        let at = |millis| due.after(Span::from_millis(millis));
        tally.end(due, at(1_000), Answer::Done);
        tally.end(due, at(1_001), Answer::Done);
        tally.end(due, at(1_001), Answer::Refused(-2022));
        tally.end(due, at(3), Answer::Refused(-2022));
        tally.end(due, at(3), Answer::Shed(-1008));
        tally.end(due, at(90_000), Answer::Lost);
        assert_eq!((tally.served, tally.late, tally.lost), (1, 1, 1));
        assert_eq!((tally.refused[&-2022], tally.refused_in_time, tally.shed[&-1008]), (2, 1, 1));
        assert_eq!(tally.latencies.len(), 2);
    }
}
