//! How long work has waited, lately.

use serde::Serialize;
use units::{Span, Timestamp};

/// Steps for each doubling: what is told is at most a quarter too long.
const STEPS: u64 = 4;

/// Steps from a microsecond to over an hour.
const BUCKETS: usize = 128;

/// After so long a window is closed. What is told is of the last one and of the one that is open.
const WINDOW: Span = Span::from_secs(5);

/// How long work has waited, in microseconds, within the last five to ten seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Delay {
    /// How many were taken.
    pub count: u64,
    /// Half have waited no longer.
    pub p50_us: u64,
    /// All but one in a hundred have waited no longer.
    pub p99_us: u64,
    /// The longest.
    pub max_us: u64,
}

/// Counts of waits by their length.
#[derive(Clone, Debug)]
struct Window {
    counts: [u32; BUCKETS],
    max: u64,
}

const EMPTY: Window = Window { counts: [0; BUCKETS], max: 0 };

/// Counts of this window and of the last.
#[derive(Clone, Debug)]
pub(super) struct Delays {
    open: Window,
    last: Window,
    since: Timestamp,
}

impl Default for Delays {
    fn default() -> Self {
        Self { open: EMPTY, last: EMPTY, since: Timestamp::ZERO }
    }
}

/// The bucket of a number of microseconds: exact to seven, then [`STEPS`] for each doubling.
fn bucket(micros: u64) -> usize {
    let octave = u64::from(micros.checked_ilog2().unwrap_or(0)).saturating_sub(2);
    let step = micros.checked_shr(u32::try_from(octave).unwrap_or(0)).unwrap_or(0);
    usize::try_from(octave.saturating_mul(STEPS).saturating_add(step)).unwrap_or(BUCKETS)
}

/// The most microseconds of a bucket.
fn most(bucket: usize) -> u64 {
    let bucket = u64::try_from(bucket).unwrap_or(u64::MAX);
    let octave = bucket.checked_div(STEPS).unwrap_or(0).saturating_sub(1);
    let step = bucket.saturating_sub(octave.saturating_mul(STEPS)).saturating_add(1);
    let shift = u32::try_from(octave).unwrap_or(0);
    step.checked_shl(shift).unwrap_or(u64::MAX).saturating_sub(1)
}

impl Delays {
    pub(super) fn add(&mut self, now: Timestamp, waited: Span) {
        self.turn(now);
        let micros = waited.as_micros();
        if let Some(count) = self.open.counts.get_mut(bucket(micros).min(BUCKETS.saturating_sub(1)))
        {
            *count = count.saturating_add(1);
        }
        self.open.max = self.open.max.max(micros);
    }

    pub(super) fn told(&mut self, now: Timestamp) -> Delay {
        self.turn(now);
        let (open, last) = (&self.open.counts, &self.last.counts);
        let counts = open.iter().zip(last).map(|(open, last)| u64::from(*open) + u64::from(*last));
        let count: u64 = counts.clone().sum();
        let max_us = self.open.max.max(self.last.max);
        let within = |permille: u64| {
            let wanted = count.saturating_mul(permille).div_ceil(1_000);
            let mut seen: u64 = 0;
            let found = counts.clone().position(|count| {
                seen = seen.saturating_add(count);
                count > 0 && seen >= wanted
            });
            found.map_or(0, |bucket| most(bucket).min(max_us))
        };
        Delay { count, p50_us: within(500), p99_us: within(990), max_us }
    }

    /// Closes the window that is open where its time is over.
    fn turn(&mut self, now: Timestamp) {
        let open_for = now.since(self.since);
        if open_for < WINDOW {
            return;
        }
        let last = std::mem::replace(&mut self.open, EMPTY);
        self.last = if open_for < WINDOW.times(2) { last } else { EMPTY };
        self.since = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_at_most_a_quarter_too_long() {
        // A page that says five milliseconds where it was fifty hides what it is there for.
        for micros in (0..10_000).chain([65_535, 65_536, 1_000_000, 3_600_000_000]) {
            let told = most(bucket(micros));
            assert!(told >= micros && told <= micros + micros / STEPS, "{micros}: {told}");
        }
    }

    #[test]
    fn delays_are_of_the_last_seconds() {
        let mut delays = Delays::default();
        let at = |secs: u64| Timestamp::ZERO.after(Span::from_secs(100 + secs));
        for millis in 1..=100 {
            delays.add(at(0), Span::from_millis(millis));
        }
        let told = delays.told(at(6));
        assert_eq!((told.count, told.max_us), (100, 100_000));
        assert!((50_000..=62_500).contains(&told.p50_us), "{told:?}");
        assert!((99_000..=100_000).contains(&told.p99_us), "{told:?}");
        assert_eq!(delays.told(at(30)), Delay::default());
    }
}
