//! How long clients waited lately: quantiles over the last half minute to minute.

use std::sync::{Mutex, PoisonError};

use units::{Span, Timestamp};

/// How long one of the two windows is filled before the older one is dropped.
const WINDOW: Span = Span::from_secs(30);

/// Bucket bounds grow by a quarter from 50 µs; the last bucket takes all the rest (beyond 60 s).
const BUCKETS: usize = 64;

/// Latencies of the calls that clients made, forgetting what is over a minute old.
#[derive(Debug, Default)]
pub(crate) struct RecentLatency(Mutex<Windows>);

#[derive(Debug)]
struct Windows {
    current: [u32; BUCKETS],
    previous: [u32; BUCKETS],
    started: Timestamp,
}

impl Default for Windows {
    fn default() -> Self {
        Self { current: [0; BUCKETS], previous: [0; BUCKETS], started: Timestamp::ZERO }
    }
}

/// What clients waited: half of them less than `p50`, all but one in a hundred less than `p99`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientLatency {
    /// The median, within a quarter.
    pub p50: Span,
    /// The 99th percentile, within a quarter.
    pub p99: Span,
}

impl RecentLatency {
    /// Takes one call's time in.
    pub(crate) fn record(&self, now: Timestamp, took: Span) {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        windows.turn(now);
        let bucket = bounds().position(|bound| took < bound).unwrap_or(BUCKETS - 1);
        if let Some(count) = windows.current.get_mut(bucket) {
            *count = count.saturating_add(1);
        }
    }

    /// The quantiles as of `now`; `None` where nobody called within the last minute.
    pub(crate) fn read(&self, now: Timestamp) -> Option<ClientLatency> {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        windows.turn(now);
        Some(ClientLatency { p50: windows.percentile(50)?, p99: windows.percentile(99)? })
    }
}

impl Windows {
    fn turn(&mut self, now: Timestamp) {
        let age = now.since(self.started);
        if age < WINDOW {
            return;
        }
        let current = std::mem::replace(&mut self.current, [0; BUCKETS]);
        self.previous = if age < WINDOW.times(2) { current } else { [0; BUCKETS] };
        self.started = now;
    }

    fn percentile(&self, percent: u64) -> Option<Span> {
        let counts =
            || self.current.iter().zip(&self.previous).map(|(a, b)| u64::from(*a) + u64::from(*b));
        let total: u64 = counts().sum();
        let mut below = 0;
        counts().zip(bounds()).find_map(|(count, bound)| {
            below += count;
            (total > 0 && below * 100 >= total * percent).then_some(bound)
        })
    }
}

fn bounds() -> impl Iterator<Item = Span> {
    (0..BUCKETS).scan(Span::from_micros(50), |bound, _| {
        let current = *bound;
        *bound = bound.plus(bound.divided_by(4));
        Some(current)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_shows_what_clients_wait_now_and_not_an_hour_ago() {
        let recent = RecentLatency::default();
        let at = |secs: u64| Timestamp::from_nanos(secs * 1_000_000_000);
        assert_eq!(recent.read(at(100)), None);
        (0..100).for_each(|_| recent.record(at(100), Span::from_secs(2)));
        (0..100).for_each(|_| recent.record(at(135), Span::from_millis(1)));
        let mixed = recent.read(at(136)).expect("calls were made");
        assert!(mixed.p50 < Span::from_micros(1_300) && mixed.p99 >= Span::from_secs(2));
        let later = recent.read(at(166)).expect("calls were made");
        assert!(later.p99 < Span::from_micros(1_300));
        assert_eq!(recent.read(at(10_000)), None);
    }
}
