//! Latency figures in whole numbers: a peak-sensitive average to choose by, a quantile to hedge by.

use units::{Span, Timestamp};

/// How long a slow answer weighs on the average.
const DECAY: Span = Span::from_secs(10);

/// What an upstream is assumed to take before it has answered once: less than any real one, so that it is
/// tried soon, but not nothing, so that calls under way count against it.
const UNKNOWN: Span = Span::from_micros(10);

/// A moving average of latency that jumps up at once and comes down with time.
///
/// Source: Finagle's peak EWMA load metric; here in integers, with `decay / (decay + elapsed)` in place
/// of the exponential, which has the same half-life within 20 % and needs no floats.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PeakEwma {
    value: Option<Span>,
    at: Timestamp,
}

impl PeakEwma {
    /// Takes one answer's latency in.
    pub(crate) fn record(&mut self, now: Timestamp, sample: Span) {
        let value = match self.value {
            Some(old) if sample < old => mix(old, sample, now.since(self.at)),
            Some(_) | None => sample,
        };
        self.value = Some(value);
        self.at = now;
    }

    /// The average as of `now`: an upstream that was slow long ago gets another chance.
    pub(crate) fn read(&self, now: Timestamp) -> Span {
        self.value.map_or(UNKNOWN, |value| mix(value, UNKNOWN.min(value), now.since(self.at)))
    }

    /// The average as recorded, for people to see; `None` before the first answer.
    pub(crate) const fn shown(&self) -> Option<Span> {
        self.value
    }
}

/// `old` moved towards `new` by how much of the decay has passed, rounded down.
fn mix(old: Span, new: Span, elapsed: Span) -> Span {
    let (old, new) = (u128::from(old.as_nanos()), u128::from(new.as_nanos()));
    let (kept, passed) = (u128::from(DECAY.as_nanos()), u128::from(elapsed.as_nanos()));
    let sum = old.saturating_mul(kept).saturating_add(new.saturating_mul(passed));
    let mixed = sum.checked_div(kept.saturating_add(passed)).unwrap_or(old);
    Span::from_nanos(u64::try_from(mixed).unwrap_or(u64::MAX))
}

/// Bucket `i` counts answers below `2^i * 250 µs`; the last one counts all the rest.
const BUCKETS: usize = 18;
const FIRST_BUCKET: Span = Span::from_micros(250);

/// After so many answers the counts are halved, so that the last thousand or two decide.
const HALVE_AT: u32 = 2_048;

/// Fewest answers before a quantile means anything.
const SAMPLES_MIN: u32 = 20;

/// A histogram of recent latencies in powers of two, for quantiles within a factor of two.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LatencyQuantile {
    counts: [u32; BUCKETS],
    total: u32,
}

impl LatencyQuantile {
    /// Takes one answer's latency in.
    pub(crate) fn record(&mut self, sample: Span) {
        let position =
            bounds().position(|bound| sample < bound).unwrap_or(BUCKETS.saturating_sub(1));
        if let Some(count) = self.counts.get_mut(position) {
            *count = count.saturating_add(1);
            self.total = self.total.saturating_add(1);
        }
        if self.total >= HALVE_AT {
            self.counts.iter_mut().for_each(|count| *count >>= 1);
            self.total = self.counts.iter().fold(0, |sum, count| sum.saturating_add(*count));
        }
    }

    /// The upper bound of the bucket that holds the given share of answers; `None` before enough came.
    pub(crate) fn percentile(&self, percent: u32) -> Option<Span> {
        if self.total < SAMPLES_MIN {
            return None;
        }
        let wanted = u64::from(self.total).saturating_mul(u64::from(percent));
        let mut below = 0_u64;
        for (count, bound) in self.counts.iter().zip(bounds()) {
            below = below.saturating_add(u64::from(*count));
            if below.saturating_mul(100) >= wanted {
                return Some(bound);
            }
        }
        None
    }
}

fn bounds() -> impl Iterator<Item = Span> {
    (0..BUCKETS).scan(FIRST_BUCKET, |bound, _| {
        let current = *bound;
        *bound = bound.times(2);
        Some(current)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> Timestamp {
        Timestamp::from_nanos(millis * 1_000_000)
    }

    #[test]
    fn one_slow_answer_counts_at_once_and_fades() {
        let mut ewma = PeakEwma::default();
        ewma.record(at(0), Span::from_millis(10));
        ewma.record(at(1), Span::from_secs(2));
        assert_eq!(ewma.read(at(1)), Span::from_secs(2));
        assert!(ewma.read(at(10_001)) < Span::from_millis(1_100));
        assert!(ewma.read(at(1_000_000)) < Span::from_millis(30));
    }

    #[test]
    fn the_quantile_follows_what_answers_take_now() {
        let mut quantile = LatencyQuantile::default();
        assert_eq!(quantile.percentile(95), None);
        (0..100).for_each(|_| quantile.record(Span::from_millis(3)));
        assert_eq!(quantile.percentile(95), Some(Span::from_millis(4)));
        (0..20_000).for_each(|_| quantile.record(Span::from_millis(100)));
        assert_eq!(quantile.percentile(95), Some(Span::from_millis(128)));
    }
}
