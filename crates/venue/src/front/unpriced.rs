//! Markets whose price is halted, from the moment on at which somebody has to be told.
//!
//! A venue that has just started hears of prices while the oracle is still gathering them. That they are halted then is no
//! alarm, unless it lasts.

use std::collections::BTreeSet;

use units::{Span, Timestamp};
use venue_core::MarketId;

/// How long a new venue's prices may be halted without an alarm: an oracle that starts with it takes a few seconds.
const START: Span = Span::from_secs(10);

/// Markets whose price is halted and that nobody was told of.
#[derive(Clone, Debug)]
pub(crate) struct Unpriced {
    started: Timestamp,
    waiting: BTreeSet<MarketId>,
}

impl Unpriced {
    /// None, of a venue that has just started.
    pub(crate) const fn new(now: Timestamp) -> Self {
        Self { started: now, waiting: BTreeSet::new() }
    }

    /// A price is halted. Whether that is to be told at once.
    pub(crate) fn halted(&mut self, market: MarketId, now: Timestamp) -> bool {
        let at_once = now.since(self.started) >= START;
        if !at_once {
            self.waiting.insert(market);
        }
        at_once
    }

    /// A price is not halted any more, or never was.
    pub(crate) fn better(&mut self, market: MarketId) {
        self.waiting.remove(&market);
    }

    /// The markets that have been halted since the start, once that is to be told.
    pub(crate) fn due(&mut self, now: Timestamp) -> BTreeSet<MarketId> {
        if now.since(self.started) < START {
            return BTreeSet::new();
        }
        std::mem::take(&mut self.waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_that_is_not_there_yet_is_no_alarm_until_it_lasts() {
        // Whoever is woken by every start does not get up for the oracle that is really away.
        let start = Timestamp::from_nanos(7_000_000_000);
        let (one, other) = (MarketId::new(1), MarketId::new(2));
        let mut unpriced = Unpriced::new(start);
        assert!(!unpriced.halted(one, start) && !unpriced.halted(other, start));
        unpriced.better(one);
        assert!(unpriced.due(start.after(Span::from_secs(9))).is_empty());
        let later = start.after(Span::from_secs(10));
        assert_eq!(unpriced.due(later), BTreeSet::from([other]));
        assert!(unpriced.due(later).is_empty(), "it is told once");
        assert!(unpriced.halted(one, later));
    }
}
