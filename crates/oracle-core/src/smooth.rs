//! A time-weighted average in the place of the price, where that is configured.

use std::collections::VecDeque;

use units::{Price, Span, Timestamp};

use crate::logarithm::{exp2, log2};

/// What the time of the window is counted in.
const BUCKET: Span = Span::from_secs(10);

/// Most of these: an average of more than a day says nothing of a price.
const BUCKETS_MAX: u64 = 8_640;

/// A tick stands for the time since the one before, but for no longer than this: what is beyond was not seen.
const STEP_MAX: Span = Span::from_secs(10);

/// Logarithms of prices times nanoseconds over a window; as the averages that are published beside a price, it is taken
/// in the logarithm.
#[derive(Clone, Debug, Default)]
pub(crate) struct Smoothing {
    /// Logarithms times nanoseconds, and the nanoseconds; the newest at the front.
    buckets: VecDeque<(i128, i128)>,
    /// The number of the newest, counted from the clock's origin.
    newest: u64,
    at: Option<Timestamp>,
}

impl Smoothing {
    /// Takes in a price, and gives the average of the window up to now; of less than the window where less was seen.
    pub(crate) fn take(&mut self, now: Timestamp, price: Price, window: Span) -> Price {
        let passed = self.at.replace(now).map_or(Span::ZERO, |before| now.since(before));
        let passed = i128::from(passed.clamped(Span::ZERO, STEP_MAX).as_nanos());
        self.rotate(now, window);
        let Some(logarithm) = log2(price) else { return price };
        if let Some((sum, nanos)) = self.buckets.front_mut() {
            *sum = sum.saturating_add(i128::from(logarithm).saturating_mul(passed));
            *nanos = nanos.saturating_add(passed);
        }
        let (mut sum, mut nanos) = (0_i128, 0_i128);
        for (one, time) in &self.buckets {
            (sum, nanos) = (sum.saturating_add(*one), nanos.saturating_add(*time));
        }
        let mean = sum.checked_div(nanos).and_then(|mean| i64::try_from(mean).ok());
        mean.map_or(price, exp2)
    }

    /// Opens the buckets that are due.
    fn rotate(&mut self, now: Timestamp, window: Span) {
        let count = |nanos: u64| nanos.checked_div(BUCKET.as_nanos()).unwrap_or(0);
        let most = usize::try_from(count(window.as_nanos()).clamp(1, BUCKETS_MAX)).unwrap_or(1);
        let number = count(now.as_nanos());
        let due = if self.buckets.is_empty() { 1 } else { number.saturating_sub(self.newest) };
        let due = usize::try_from(due).unwrap_or(most).min(most);
        if due > 0 {
            (0..due).for_each(|_| self.buckets.push_front((0, 0)));
            self.newest = number;
        }
        self.buckets.truncate(most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use units::Ratio;

    #[test]
    fn a_print_is_smoothed_and_a_fall_comes_through() {
        // An average that forgot nothing, or at once, would make a drill's verdict on averages worthless.
        let mut smoothing = Smoothing::default();
        let mut run = |from: u64, secs: u64, price: &str| {
            let price = Price::parse(price.as_bytes()).expect("a number");
            (from..from + secs).fold(price, |_, second| {
                let now = Timestamp::ZERO.after(Span::from_secs(second));
                smoothing.take(now, price, Span::from_secs(1_800))
            })
        };
        let near = |price: Price, text: &str| {
            let text = Price::parse(text.as_bytes()).expect("a number");
            price.deviation(text).is_some_and(|off| off < Ratio::from_bps(20))
        };
        let calm = run(0, 1_800, "1");
        assert!(near(calm, "1"), "{calm}");
        assert!(near(run(1_800, 1, "0.65"), "0.99976"));
        // 0.65 to a third of the window.
        let third = run(1_801, 600, "0.65");
        assert!(near(third, "0.866"), "{third}");
        assert!(near(run(2_401, 1_300, "0.65"), "0.65"));
    }
}
