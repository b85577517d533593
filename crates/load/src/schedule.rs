//! When requests are due.

use machine::Prng;
use units::{Span, Timestamp};

/// Times at a rate, one in each slot of its length, where in the slot is drawn: neither a burst nor a metronome.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    start: Timestamp,
    per_second: u64,
    left: u64,
    nth: u64,
    prng: Prng,
}

/// A second in nanoseconds.
const SECOND: u64 = 1_000_000_000;

impl Schedule {
    /// So many a second for so long, from `start` on; the same seed gives the same times.
    pub(crate) fn new(start: Timestamp, per_second: u32, lasts: Span, seed: u64) -> Self {
        let per_second = u64::from(per_second);
        let all = u128::from(per_second).saturating_mul(u128::from(lasts.as_nanos()));
        let left = all.checked_div(u128::from(SECOND)).unwrap_or(0);
        let left = u64::try_from(left).unwrap_or(u64::MAX);
        Self { start, per_second, left, nth: 0, prng: Prng::new(seed) }
    }
}

impl Iterator for Schedule {
    type Item = Timestamp;

    fn next(&mut self) -> Option<Timestamp> {
        self.left = self.left.checked_sub(1)?;
        let slot = SECOND.checked_div(self.per_second)?;
        let whole = u128::from(self.nth).saturating_mul(u128::from(SECOND));
        let begins = whole.checked_div(u128::from(self.per_second))?;
        let begins = u64::try_from(begins).unwrap_or(u64::MAX);
        self.nth = self.nth.saturating_add(1);
        Some(self.start.after(Span::from_nanos(begins.saturating_add(self.prng.below(slot)))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_are_due_as_were_said_in_order_and_the_same_again() {
        // A rate that is not the one of the table would make every share in it wrong.
        let start = Timestamp::ZERO.after(Span::from_secs(10));
        let of = |seed| Schedule::new(start, 3_000, Span::from_secs(2), seed).collect::<Vec<_>>();
        let times = of(1);
        assert_eq!(times.len(), 6_000);
        assert!(times.is_sorted());
        let first = times.iter().filter(|at| at.since(start) < Span::from_secs(1)).count();
        assert_eq!(first, 3_000);
        assert_eq!(times, of(1));
        assert_ne!(times, of(2));
        assert_eq!(Schedule::new(start, 0, Span::from_secs(2), 1).count(), 0);
    }
}
