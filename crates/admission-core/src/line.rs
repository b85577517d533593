//! One client's line within a class.

use std::collections::VecDeque;

use units::Timestamp;

use crate::request::{ShedReason, Ticket};
use crate::settings::DelayRule;

/// One piece of work in line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) ticket: Ticket,
    pub(crate) since: Timestamp,
    /// When it gives up: the end of its patience or its client's time.
    pub(crate) until: Timestamp,
    /// Which of the two that is.
    pub(crate) end: ShedReason,
    /// When its wait is too long to be of use.
    pub(crate) delay: Option<DelayRule>,
    pub(crate) cost: u32,
}

/// What one client has waiting in one class, oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    waiting: VecDeque<Waiting>,
    /// Since when no wait in this line was within its target. The line is gone once it is empty, and
    /// this with it.
    slow_since: Option<Timestamp>,
}

impl Line {
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// What the next one costs; `None` where the line is empty.
    pub(crate) fn next_cost(&self) -> Option<u32> {
        self.waiting.front().map(|waiting| waiting.cost)
    }

    pub(crate) fn push(&mut self, waiting: Waiting) {
        self.waiting.push_back(waiting);
    }

    /// Takes the newest out: the one that has the longest way to go.
    pub(crate) fn pop_newest(&mut self) -> Option<Waiting> {
        self.waiting.pop_back()
    }

    /// Takes out whoever is next, where it is still worth serving, or names it to be sent away.
    pub(crate) fn pop(&mut self, now: Timestamp) -> Option<Popped> {
        let next = self.waiting.pop_front()?;
        Some(if next.until <= now {
            Popped::Shed(next, next.end)
        } else if next.delay.is_some_and(|rule| self.is_useless(now, next, rule)) {
            Popped::Shed(next, ShedReason::Late)
        } else {
            Popped::Serve(next)
        })
    }

    /// Whether so late an answer is no use, and the line has been slow for too long to be a mere burst.
    fn is_useless(&mut self, now: Timestamp, next: Waiting, rule: DelayRule) -> bool {
        let waited = now.since(next.since);
        if waited <= rule.target {
            self.slow_since = None;
            return false;
        }
        let since = *self.slow_since.get_or_insert(now);
        now.since(since) >= rule.interval && waited > rule.target.times(2)
    }

    /// Takes one out of the line, wherever it stands. Tickets of a line ascend.
    pub(crate) fn remove(&mut self, ticket: Ticket) -> Option<Waiting> {
        let position = self.waiting.binary_search_by_key(&ticket, |waiting| waiting.ticket).ok()?;
        self.waiting.remove(position)
    }
}

/// What came of asking a line for its next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Popped {
    /// To be served.
    Serve(Waiting),
    /// To be sent away.
    Shed(Waiting, ShedReason),
}

#[cfg(test)]
mod tests {
    use super::*;
    use units::Span;

    const RULE: DelayRule =
        DelayRule { target: Span::from_millis(100), interval: Span::from_millis(200) };

    fn at(millis: u64) -> Timestamp {
        Timestamp::ZERO.after(Span::from_millis(millis))
    }

    fn line(arrivals: impl IntoIterator<Item = u64>) -> Line {
        let mut line = Line::default();
        for (ticket, millis) in (0..).map(Ticket).zip(arrivals) {
            let (since, until, end) = (at(millis), at(60_000), ShedReason::Deadline);
            line.push(Waiting { ticket, since, until, end, delay: Some(RULE), cost: 1 });
        }
        line
    }

    fn serves(line: &mut Line, now: u64) -> bool {
        matches!(line.pop(at(now)), Some(Popped::Serve(_)))
    }

    #[test]
    fn a_burst_is_served_however_late() {
        // A second of outage must not cost the calls that waited for its end.
        let mut line = line([0; 50]);
        assert!((0..50).all(|_| serves(&mut line, 1_000)));
    }

    #[test]
    fn a_line_that_stays_long_is_cut_to_what_is_fresh() {
        // Otherwise every call of a flood is answered just before its client gives up, for nothing.
        let mut line = line((0..1_000).map(|n| n * 5));
        let served: Vec<bool> = (0..200).map(|n| serves(&mut line, 1_000 + n * 20)).collect();
        assert!(served[..10].iter().all(|served| *served), "not before the interval is over");
        let late = served.iter().filter(|served| !**served).count();
        assert!(late > 100, "{late}");
    }

    #[test]
    fn one_fine_wait_ends_the_cutting() {
        let mut line = line([0, 0, 950, 300, 300]);
        assert!(serves(&mut line, 700));
        assert!(!serves(&mut line, 1_000));
        assert!(serves(&mut line, 1_000));
        assert!(serves(&mut line, 1_000));
        assert!(serves(&mut line, 1_000));
    }
}
