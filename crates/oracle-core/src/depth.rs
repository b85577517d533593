//! How deep a book is over a day: what a source weighs by.

use units::{Money, Span, Timestamp};

use crate::blend::blended;
use crate::input::Depth;

/// A snapshot older than this says nothing of the present book: it is polled every minute or so.
const SNAPSHOT_AGE_MAX: Span = Span::from_secs(10 * 60);

/// A book's depth, averaged over so long that an event does not change it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DepthAverage {
    /// The newest snapshot.
    newest: Option<Depth>,
    /// The average of the thinner side, in trillionths.
    average: Option<i128>,
    updated_at: Timestamp,
}

impl DepthAverage {
    /// Takes in a snapshot. While the market is stormy (`frozen`) the average stays: turnover and makers crowd onto
    /// the broken market, or away from it, and neither says who is right.
    pub(crate) fn take(&mut self, now: Timestamp, depth: Depth, time: Span, frozen: bool) {
        self.newest = Some(depth);
        let thin = depth.bids.min(depth.asks).raw().max(0);
        let Some(average) = self.average else {
            (self.average, self.updated_at) = (Some(thin), now);
            return;
        };
        let passed = now.since(self.updated_at);
        self.updated_at = now;
        if !frozen {
            self.average = Some(blended(average, thin, passed, time));
        }
    }

    /// The newest snapshot, unless it is too old.
    pub(crate) fn latest(&self, now: Timestamp) -> Option<Depth> {
        self.newest.filter(|_| now.since(self.updated_at) <= SNAPSHOT_AGE_MAX)
    }

    /// The average in whole units of money; `None` where no book was seen.
    pub(crate) fn whole(&self) -> Option<u64> {
        let whole = self.average?.checked_div(Money::ONE.raw())?;
        Some(u64::try_from(whole).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Span = Span::from_secs(86_400);

    fn depth(thin: i128) -> Depth {
        Depth { bids: Money::whole(thin), asks: Money::whole(thin * 2), complete: true }
    }

    #[test]
    fn an_hour_of_crowding_hardly_moves_the_weight() {
        let mut average = DepthAverage::default();
        let at = |secs: u64| Timestamp::from_nanos(secs * 1_000_000_000);
        average.take(at(0), depth(1_000_000), DAY, false);
        for minute in 1..=60 {
            average.take(at(minute * 60), depth(20_000_000), DAY, false);
        }
        let whole = average.whole().expect("it was seen");
        assert!((1_700_000..1_800_000).contains(&whole), "{whole}");
        average.take(at(90_000), depth(900_000_000), DAY, true);
        assert_eq!(average.whole(), Some(whole), "not at all while it is stormy");
        assert!(average.latest(at(90_600)).is_some());
        assert_eq!(average.latest(at(90_601)), None, "a book of ten minutes ago is not seen");
    }
}
