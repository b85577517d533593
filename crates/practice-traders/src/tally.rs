//! What became of the traders' orders, second by second.

use std::collections::VecDeque;

use units::Timestamp;

use crate::deed::{Told, What};

/// Seconds that are remembered.
const SECONDS_MAX: usize = 60;
const SECONDS_KEPT: u64 = 60;

/// What became of the orders of a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Orders that traders wanted to send.
    pub wanted: u64,
    /// Orders that have opened a position.
    pub opened: u64,
    /// Orders that have closed one, or a part of it.
    pub closed: u64,
    /// Orders that were taken and found nobody to trade with.
    pub unmatched: u64,
    /// Orders that would have opened a position and that the venue did not take, having too much to do.
    pub openings_shed: u64,
    /// The same of orders that would have closed one.
    pub closings_shed: u64,
    /// Orders that were refused for what they were.
    pub refused: u64,
    /// Orders of which nobody knows whether they were done.
    pub lost: u64,
    /// Orders that were not sent, since as many as may be were under way.
    pub unsent: u64,
    /// Liquidations on the tape.
    pub liquidations: u64,
}

impl Tally {
    /// This and `other` together.
    #[must_use]
    pub(crate) const fn plus(self, other: Self) -> Self {
        Self {
            wanted: self.wanted + other.wanted,
            opened: self.opened + other.opened,
            closed: self.closed + other.closed,
            unmatched: self.unmatched + other.unmatched,
            openings_shed: self.openings_shed + other.openings_shed,
            closings_shed: self.closings_shed + other.closings_shed,
            refused: self.refused + other.refused,
            lost: self.lost + other.lost,
            unsent: self.unsent + other.unsent,
            liquidations: self.liquidations + other.liquidations,
        }
    }

    /// Counts what became of an order; of anything else nothing.
    pub(crate) fn told(&mut self, what: &What, told: &Told) {
        let What::Take { closes, .. } = what else { return };
        let count = match (told, closes) {
            (Told::Done { traded: 0, .. } | Told::Held(_), _) => &mut self.unmatched,
            (Told::Done { .. }, false) => &mut self.opened,
            (Told::Done { .. }, true) => &mut self.closed,
            (Told::Shed, false) => &mut self.openings_shed,
            (Told::Shed, true) => &mut self.closings_shed,
            (Told::Refused(_), _) => &mut self.refused,
            (Told::Lost, _) => &mut self.lost,
        };
        *count += 1;
    }
}

/// The last seconds, the newest last.
#[derive(Clone, Debug)]
pub(crate) struct History {
    start: Timestamp,
    /// The number of the newest second, counted from the start.
    newest: u64,
    seconds: VecDeque<Tally>,
}

impl History {
    /// None yet.
    pub(crate) fn new(start: Timestamp) -> Self {
        Self { start, newest: 0, seconds: VecDeque::from([Tally::default()]) }
    }

    /// Counts something in the present second.
    pub(crate) fn note(&mut self, now: Timestamp, add: impl FnOnce(&mut Tally)) {
        let second = now.since(self.start).as_secs();
        let passed = second.saturating_sub(self.newest);
        for _ in 0..passed.min(SECONDS_KEPT) {
            if self.seconds.len() >= SECONDS_MAX {
                self.seconds.pop_front();
            }
            self.seconds.push_back(Tally::default());
        }
        self.newest = self.newest.max(second);
        if let Some(second) = self.seconds.back_mut() {
            add(second);
        }
    }

    /// The seconds that are remembered.
    pub(crate) fn seconds(&self) -> Vec<Tally> {
        self.seconds.iter().copied().collect()
    }

    /// The last `seconds` that have passed together, the present one left out.
    pub(crate) fn last(&self, seconds: usize) -> Tally {
        let passed = self.seconds.iter().rev().skip(1).take(seconds);
        passed.fold(Tally::default(), |sum, second| sum.plus(*second))
    }
}

#[cfg(test)]
mod tests {
    use units::Span;
    use wire_binance::Side;

    use super::*;

    #[test]
    fn closings_that_were_shed_are_told_apart_from_openings() {
        // What the page is for: under load new risk is shed, and nobody is kept in.
        let (market, side, lots, worst) = (0, Side::Buy, 1, None);
        let take = |closes| What::Take { market, side, lots, worst, closes };
        let mut tally = Tally::default();
        tally.told(&take(true), &Told::Shed);
        tally.told(&take(false), &Told::Shed);
        tally.told(&take(false), &Told::Shed);
        tally.told(&take(true), &Told::Done { traded: 1, rests: false });
        tally.told(&take(true), &Told::Done { traded: 0, rests: false });
        tally.told(&What::Ask, &Told::Lost);
        assert_eq!((tally.closings_shed, tally.openings_shed), (1, 2));
        assert_eq!((tally.closed, tally.unmatched, tally.lost), (1, 1, 0));
    }

    #[test]
    fn a_quiet_time_is_remembered_as_one() {
        let start = Timestamp::from_nanos(5_000_000_000);
        let mut history = History::new(start);
        history.note(start, |tally| tally.wanted += 2);
        history.note(start.after(Span::from_secs(3)), |tally| tally.wanted += 1);
        let wanted: Vec<u64> = history.seconds().iter().map(|tally| tally.wanted).collect();
        assert_eq!(wanted, [2, 0, 0, 1]);
        assert_eq!(history.last(10).wanted, 2, "the present second is not over");
        history.note(start.after(Span::from_secs(1_000_000)), |tally| tally.wanted += 1);
        assert_eq!((history.seconds().len(), history.last(60).wanted), (SECONDS_MAX, 0));
    }
}
