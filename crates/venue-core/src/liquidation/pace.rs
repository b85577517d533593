//! How much of a market may be liquidated in an interval, so that liquidations neither make the crash nor wait for a
//! depth that never comes.

use machine::codec_struct;
use units::fixed::{ONE, mul_div};
use units::{Money, Ratio, Rounding, Span, Timestamp};

use crate::value::{Lots, Side, Ticks, WHOLE_LIMIT, worth};

/// The lots that may be traded in an interval: a share of the depth, but no less than what the floor buys at the mark
/// (rounded up, so that one lot can always go).
pub(crate) fn budget(
    depth: Lots,
    share: Ratio,
    floor: Money,
    mark: Ticks,
    tick_value: Money,
) -> Lots {
    let share = mul_div(i128::from(depth.number()), share.raw(), ONE, Rounding::Down).unwrap_or(0);
    let lot = worth(Lots::new(1), mark, tick_value).raw().max(1);
    let floor = mul_div(floor.raw(), 1, lot, Rounding::Up).unwrap_or(0);
    let lots = share.max(floor).clamp(0, i128::from(WHOLE_LIMIT));
    Lots::new(i64::try_from(lots).unwrap_or(WHOLE_LIMIT))
}

/// What a market has taken of its budgets, one for each side of the engine's orders. An interval begins with the first
/// order after the one before has ended, and its budget is worked out then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pace {
    buys: Interval,
    sells: Interval,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Interval {
    until: Timestamp,
    left: Lots,
}

codec_struct! { Pace { buys, sells } Interval { until, left } }

impl Pace {
    /// The lots that may still be traded on a side. Where the last interval is over a new one begins with the budget.
    pub(crate) fn left(
        &mut self,
        now: Timestamp,
        side: Side,
        length: Span,
        budget: impl FnOnce() -> Lots,
    ) -> Lots {
        let interval = self.interval(side);
        if now >= interval.until {
            *interval = Interval { until: now.after(length), left: budget() };
        }
        interval.left
    }

    /// Takes lots that have traded off the side's budget.
    pub(crate) fn take(&mut self, side: Side, lots: Lots) {
        let interval = self.interval(side);
        interval.left = interval.left.minus(lots).max(Lots::ZERO);
    }

    /// When the last interval of a side ends.
    pub(crate) const fn until(&self, side: Side) -> Timestamp {
        match side {
            Side::Buy => self.buys.until,
            Side::Sell => self.sells.until,
        }
    }

    const fn interval(&mut self, side: Side) -> &mut Interval {
        match side {
            Side::Buy => &mut self.buys,
            Side::Sell => &mut self.sells,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::ZERO.after(Span::from_secs(seconds))
    }

    #[test]
    fn the_budget_is_a_share_of_the_depth_but_never_nothing() {
        // Without a floor liquidations wait for ever in a market that its makers have left.
        let (mark, tick_value) = (Ticks::new(1_000), Money::from_raw(100));
        let budget = |depth, floor| {
            let share = Ratio::from_bps(2_500);
            budget(Lots::new(depth), share, Money::from_raw(floor), mark, tick_value).number()
        };
        assert_eq!(budget(1_000, 0), 250);
        assert_eq!(budget(1_003, 0), 250);
        assert_eq!(budget(1_000, 30_000_000), 300);
        assert_eq!(budget(0, 1), 1);
        assert_eq!(budget(0, 0), 0);
        assert_eq!(budget(i64::MAX, i128::MAX), WHOLE_LIMIT);
    }

    #[test]
    fn an_interval_takes_no_more_than_its_budget() {
        // A cascade sells into a book that it has emptied itself.
        let mut pace = Pace::default();
        let second = Span::from_secs(1);
        let left = |pace: &mut Pace, now, side, lots| {
            pace.left(now, side, second, || Lots::new(lots)).number()
        };
        assert_eq!(left(&mut pace, at(5), Side::Sell, 10), 10);
        pace.take(Side::Sell, Lots::new(7));
        assert_eq!(left(&mut pace, at(5), Side::Sell, 99), 3, "the budget stays as it was");
        assert_eq!(left(&mut pace, at(5), Side::Buy, 20), 20, "the other side has its own");
        pace.take(Side::Sell, Lots::new(7));
        assert_eq!(left(&mut pace, at(5), Side::Sell, 99), 0);
        assert_eq!(left(&mut pace, at(6), Side::Sell, 99), 99);
    }
}
