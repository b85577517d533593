//! The retry budget: how many calls beyond the first ones the gateway may send.

use units::Timestamp;

/// One-second buckets that the budget looks back over.
const BUCKETS: usize = 10;

/// Extra calls allowed over the window whatever the traffic, so that a quiet gateway can fail over:
/// ten a second, as in Finagle's budget.
pub(crate) const RESERVE: u64 = 100;

/// Counts first calls and extra calls (retries, hedges, trials, opinions) over the last ten seconds, and lets extra
/// ones through only up to a share of the first ones. Retries without a budget turn a brown-out into an
/// outage (AWS 2021-12-07, incidents section 17).
#[derive(Clone, Debug)]
pub(crate) struct RetryBudget {
    percent: u64,
    buckets: [Bucket; BUCKETS],
    second: u64,
    calls: u64,
    extras: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    calls: u64,
    extras: u64,
}

impl RetryBudget {
    /// A budget of `percent` extra calls in a hundred first ones.
    pub(crate) fn new(percent: u32) -> Self {
        Self {
            percent: u64::from(percent),
            buckets: [Bucket::default(); BUCKETS],
            second: 0,
            calls: 0,
            extras: 0,
        }
    }

    /// Counts a first call.
    pub(crate) fn count_call(&mut self, now: Timestamp) {
        self.advance(now);
        self.calls = self.calls.saturating_add(1);
        if let Some(bucket) = self.current() {
            bucket.calls = bucket.calls.saturating_add(1);
        }
    }

    /// Takes one extra call out of the budget; false where there is none left. `share_percent` limits this
    /// kind of extra call to a share of the budget, so that hedges leave room for retries.
    pub(crate) fn take(&mut self, now: Timestamp, share_percent: u64) -> bool {
        self.advance(now);
        let limit = self.allowance().saturating_mul(share_percent);
        if self.extras.saturating_add(1).saturating_mul(100) > limit {
            return false;
        }
        self.extras = self.extras.saturating_add(1);
        if let Some(bucket) = self.current() {
            bucket.extras = bucket.extras.saturating_add(1);
        }
        machine::check_invariant!(
            "GW-2",
            self.extras <= self.allowance(),
            "{} extra calls",
            self.extras
        );
        true
    }

    /// Extra calls allowed for the calls of the window.
    fn allowance(&self) -> u64 {
        let share = self.calls.saturating_mul(self.percent).checked_div(100).unwrap_or(0);
        share.saturating_add(RESERVE)
    }

    /// Drops the seconds that have left the window.
    fn advance(&mut self, now: Timestamp) {
        let second = now.since(Timestamp::ZERO).as_secs();
        let passed = second.saturating_sub(self.second).min(10);
        for _ in 0..passed {
            self.second = self.second.saturating_add(1);
            if let Some(bucket) = self.current() {
                let old = core::mem::take(bucket);
                self.calls = self.calls.saturating_sub(old.calls);
                self.extras = self.extras.saturating_sub(old.extras);
            }
        }
        self.second = self.second.max(second);
    }

    fn current(&mut self) -> Option<&mut Bucket> {
        let slot = self.second.checked_rem(10).and_then(|slot| usize::try_from(slot).ok())?;
        self.buckets.get_mut(slot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(secs: u64) -> Timestamp {
        Timestamp::from_nanos(secs * 1_000_000_000)
    }

    #[test]
    fn a_retry_storm_ends_at_the_share() {
        let mut budget = RetryBudget::new(20);
        (0..1_000).for_each(|_| budget.count_call(at(5)));
        let granted = (0..10_000).filter(|_| budget.take(at(6), 100)).count();
        assert_eq!(granted, 200 + 100);
    }

    #[test]
    fn the_window_forgets_after_ten_seconds() {
        let mut budget = RetryBudget::new(20);
        (0..1_000).for_each(|_| budget.count_call(at(5)));
        (0..100).for_each(|_| assert!(budget.take(at(5), 100)));
        assert_eq!((0..500).filter(|_| budget.take(at(15), 100)).count(), 100);
        assert_eq!((0..500).filter(|_| budget.take(at(1_000), 100)).count(), 100);
    }

    #[test]
    fn hedges_leave_room_for_retries() {
        let mut budget = RetryBudget::new(0);
        assert_eq!((0..500).filter(|_| budget.take(at(1), 50)).count(), 50);
        assert_eq!((0..500).filter(|_| budget.take(at(1), 100)).count(), 50);
    }
}
