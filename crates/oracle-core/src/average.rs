//! Averages over time, in the logarithm of the price: for display and for checks on entry, never alone for a
//! liquidation. An average of one broken venue is as wrong as the venue for as long as its window.

use std::collections::VecDeque;

use units::{Price, Ratio, Rounding, Span, Timestamp, fixed};

use crate::blend::blended;
use crate::logarithm::{exp2, log2};

/// How long a price takes to be forgotten by the moving average, to a third.
const EMA_TIME: Span = Span::from_secs(30);

/// What the time of the longest window is counted in.
const BUCKET: Span = Span::from_secs(10);

/// The windows, shortest first, in buckets: five minutes, half an hour, an hour.
const WINDOWS: [usize; 3] = [30, 180, 360];

/// A tick stands for the time since the one before, but for no longer than this: what is beyond was not seen.
const STEP_MAX: Span = Span::from_secs(1);

/// An average of less of its window than this is degraded.
const COVERAGE_MIN: Ratio = Ratio::from_bps(9_000);

/// An average, and how much of its window was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Average {
    /// The average.
    pub price: Price,
    /// The share of the window for which there was a price; below nine tenths it is degraded.
    pub coverage: Ratio,
}

impl Average {
    /// Whether so little of its window was seen that it is to be called degraded.
    #[must_use]
    pub fn is_degraded(&self) -> bool {
        self.coverage < COVERAGE_MIN
    }
}

/// All averages of a feed; each `None` before the first price, or where its window saw none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Averages {
    /// The exponential moving average over half a minute.
    pub ema: Option<Price>,
    /// Over five minutes, half an hour and an hour.
    pub twap: [Option<Average>; 3],
}

/// Logarithms times nanoseconds, and the nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    weighted: i128,
    nanos: i128,
}

impl Sum {
    const fn add(&mut self, other: Self) {
        self.weighted = self.weighted.saturating_add(other.weighted);
        self.nanos = self.nanos.saturating_add(other.nanos);
    }
}

/// What the averages are worked out from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Averaging {
    ema: Option<i64>,
    /// The newest bucket is at the front; the number of it, counted from the clock's origin.
    buckets: VecDeque<Sum>,
    newest: u64,
    /// Of each window, all but the newest bucket.
    full: [Sum; 3],
    at: Option<Timestamp>,
}

impl Averaging {
    /// Takes in the price of a tick; `None` where there was none.
    pub(crate) fn take(&mut self, now: Timestamp, price: Option<Price>) -> Averages {
        let before = self.at.replace(now);
        let passed = before.map_or(Span::ZERO, |before| now.since(before));
        self.rotate(now);
        if let Some(logarithm) = price.and_then(log2) {
            self.move_ema(logarithm, passed);
            let nanos = i128::from(passed.clamped(Span::ZERO, STEP_MAX).as_nanos());
            let weighted = i128::from(logarithm).saturating_mul(nanos);
            if let Some(bucket) = self.buckets.front_mut() {
                bucket.add(Sum { weighted, nanos });
            }
        }
        let mut twap = [None; 3];
        for ((average, window), full) in twap.iter_mut().zip(WINDOWS).zip(self.full) {
            let mut sum = full;
            sum.add(self.buckets.front().copied().unwrap_or_default());
            *average = mean(sum, window);
        }
        Averages { ema: self.ema.map(exp2), twap }
    }

    fn move_ema(&mut self, logarithm: i64, passed: Span) {
        let Some(ema) = self.ema else {
            self.ema = Some(logarithm);
            return;
        };
        let moved = blended(i128::from(ema), i128::from(logarithm), passed, EMA_TIME);
        self.ema = Some(i64::try_from(moved).unwrap_or(ema));
    }

    /// Opens the buckets that are due.
    fn rotate(&mut self, now: Timestamp) {
        let number = now.as_nanos().checked_div(BUCKET.as_nanos()).unwrap_or(0);
        let longest = WINDOWS.iter().copied().max().unwrap_or(0);
        let due = if self.buckets.is_empty() { 1 } else { number.saturating_sub(self.newest) };
        if due == 0 {
            return;
        }
        let due = usize::try_from(due).unwrap_or(longest).min(longest);
        (0..due).for_each(|_| self.buckets.push_front(Sum::default()));
        self.buckets.truncate(longest);
        self.newest = number;
        for (full, window) in self.full.iter_mut().zip(WINDOWS) {
            *full = Sum::default();
            self.buckets.iter().take(window).skip(1).for_each(|bucket| full.add(*bucket));
        }
    }
}

fn mean(sum: Sum, window: usize) -> Option<Average> {
    let logarithm = i64::try_from(sum.weighted.checked_div(sum.nanos)?).ok()?;
    let whole = i128::from(BUCKET.as_nanos()).saturating_mul(i128::try_from(window).ok()?);
    let coverage = fixed::mul_div(sum.nanos, fixed::ONE, whole, Rounding::Down)?;
    let coverage = Ratio::from_raw(coverage.min(fixed::ONE));
    Some(Average { price: exp2(logarithm), coverage })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(averaging: &mut Averaging, from: u64, secs: u64, price: Option<&str>) -> Averages {
        let price = price.map(|text| Price::parse(text.as_bytes()).expect("a number"));
        let mut last = Averages::default();
        for tick in 0..secs * 4 {
            last = averaging
                .take(Timestamp::from_nanos(from * 1_000_000_000 + tick * 250_000_000), price);
        }
        last
    }

    fn near(price: Price, text: &str) -> bool {
        let text = Price::parse(text.as_bytes()).expect("a number");
        price.deviation(text).is_some_and(|off| off < Ratio::from_bps(5))
    }

    #[test]
    fn an_average_is_of_its_window() {
        let mut averaging = Averaging::default();
        run(&mut averaging, 0, 3_600, Some("1"));
        let after = run(&mut averaging, 3_600, 300, Some("0.5"));
        let [five, half_hour, hour] = after.twap.map(|average| average.expect("there is a price"));
        assert!(near(five.price, "0.5"), "{five:?}");
        // 2^(-1/6) and 2^(-1/12): the mean is of logarithms.
        assert!(near(half_hour.price, "0.890899"), "{half_hour:?}");
        assert!(near(hour.price, "0.943874"), "{hour:?}");
        assert!(near(after.ema.expect("there is a price"), "0.5"), "{after:?}");
        assert!(hour.coverage > Ratio::from_bps(9_950), "{hour:?}");
    }

    #[test]
    fn what_was_not_seen_is_said() {
        let mut averaging = Averaging::default();
        run(&mut averaging, 0, 150, Some("1"));
        let after = run(&mut averaging, 150, 150, None);
        let five = after.twap[0].expect("there was a price");
        assert!((4_900..=5_100).contains(&five.coverage.as_bps()), "{five:?}");
        assert!(five.is_degraded());
        let full = run(&mut Averaging::default(), 0, 301, Some("1")).twap;
        assert!(full[0].is_some_and(|five| !five.is_degraded()), "{full:?}");
        assert!(full[1].is_some_and(|half_hour| half_hour.is_degraded()), "{full:?}");
        let later = run(&mut averaging, 10_000, 1, None);
        assert_eq!(later.twap, [None; 3], "an hour without a price has no average");
    }
}
