//! How far the book is from the index, on an exponential average in whole numbers.

use machine::codec_struct;
use units::{Span, Timestamp};

/// A tick in the parts that a basis is kept in.
pub(crate) const TICK: i128 = 1 << 32;

/// Half lives are counted in parts of this many; a sample never stands for more than one half life, so that none after
/// a silence decides alone.
const HALF_LIFE: u64 = 1 << 20;

/// `floor(2^32 x 2^-(2^i / 2^20))` for bit `i` from 20 down to 0: what is left after so much time.
const LEFT: [u64; 21] = [
    2_147_483_648,
    3_037_000_499,
    3_611_622_602,
    3_938_502_375,
    4_112_874_773,
    4_202_935_003,
    4_248_701_964,
    4_271_771_996,
    4_283_353_945,
    4_289_156_690,
    4_292_061_009,
    4_293_513_906,
    4_294_240_539,
    4_294_603_902,
    4_294_785_595,
    4_294_876_444,
    4_294_921_870,
    4_294_944_583,
    4_294_955_939,
    4_294_961_617,
    4_294_964_456,
];

/// The average of the basis, in parts of 2^-32 tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Basis {
    average: i128,
    at: Timestamp,
}

codec_struct! { Basis { average, at } }

impl Basis {
    /// Takes a sample in: the average goes towards it by as much as the time since the last one makes it forget.
    pub(crate) fn take(&mut self, now: Timestamp, sample: i128, half_life: Span) {
        let elapsed = now.since(self.at).as_nanos();
        let parts = u128::from(elapsed).saturating_mul(HALF_LIFE.into());
        let Some(parts) = parts.checked_div(half_life.as_nanos().into()) else {
            *self = Self { average: sample, at: now };
            return;
        };
        let parts = u64::try_from(parts).unwrap_or(u64::MAX);
        if parts > HALF_LIFE {
            self.at = now;
        } else {
            // What is not counted now is counted next time, so that prices that follow fast move it as slow ones do.
            let counted = u128::from(parts).saturating_mul(half_life.as_nanos().into()) >> 20;
            let counted = u64::try_from(counted).unwrap_or(elapsed);
            self.at = self.at.after(Span::from_nanos(counted));
        }
        let left = i128::from(left_after(parts.min(HALF_LIFE)));
        let apart = self.average.saturating_sub(sample).saturating_mul(left) >> 32;
        self.average = sample.saturating_add(apart);
    }

    /// Lets the time pass without forgetting anything.
    pub(crate) const fn keep(&mut self, now: Timestamp) {
        self.at = now;
    }

    /// The average in ticks, to the nearest.
    pub(crate) fn ticks(&self) -> i64 {
        let nearest = self.average.saturating_add(TICK >> 1) >> 32;
        i64::try_from(nearest).unwrap_or(if nearest < 0 { i64::MIN } else { i64::MAX })
    }
}

/// What is left of a difference after so many parts of a half life, in parts of 2^32.
fn left_after(parts: u64) -> u64 {
    let mut left = 1_u64 << 32;
    for (bit, factor) in (0..=20_u32).rev().zip(LEFT) {
        if parts >> bit & 1 == 1 {
            // Both are at most 2^32, so that the product fits.
            let product = u128::from(left).saturating_mul(factor.into()) >> 32;
            left = u64::try_from(product).unwrap_or(left);
        }
    }
    left
}

/// A basis in parts of a tick, kept within a number of ticks.
pub(crate) fn within(sample: i128, ticks: i64) -> i128 {
    let most = i128::from(ticks).saturating_mul(TICK);
    sample.clamp(most.saturating_neg(), most)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF: Span = Span::from_secs(150);

    fn after(steps: u64, step: Span) -> i128 {
        let mut basis = Basis { average: 0, at: Timestamp::ZERO };
        let mut now = Timestamp::ZERO;
        for _ in 0..steps {
            now = now.after(step);
            basis.take(now, 1_000 * TICK, HALF);
        }
        basis.average
    }

    #[test]
    fn half_is_forgotten_in_a_half_life_however_often_a_price_comes() {
        // An average that depends on how often prices come is slow just when it matters, or can be driven.
        let half = 500 * TICK;
        assert_eq!(after(1, HALF), half);
        for steps in [2, 10, 150, 1_500, 15_000, 150_000, 1_500_000] {
            let step = Span::from_nanos(HALF.as_nanos() / steps);
            let off = (after(steps, step) - half).abs();
            assert!(off < half / 1_000, "{steps} steps: off by {off} of {half}");
        }
    }

    #[test]
    fn a_sample_after_a_silence_does_not_decide_alone() {
        // Whoever waits for an outage to end would set the mark with one order.
        assert_eq!(after(1, Span::from_secs(86_400)), 500 * TICK);
        let mut basis = Basis { average: 7 * TICK, at: Timestamp::ZERO };
        basis.keep(Timestamp::ZERO.after(HALF));
        basis.take(Timestamp::ZERO.after(HALF), 1_000 * TICK, HALF);
        assert_eq!(basis.average, 7 * TICK, "what was kept is not forgotten");
    }

    #[test]
    fn the_table_is_made_of_square_roots() {
        // A wrong entry is a mark that another program does not come to.
        for (bit, pair) in LEFT.windows(2).enumerate() {
            let [square, root] = [u128::from(pair[0]), u128::from(pair[1])];
            let squared = (root * root) >> 32;
            assert!(square - squared <= 2 && squared <= square, "bit {}", 20 - bit);
        }
        assert_eq!(LEFT[0], 1 << 31);
        assert_eq!(left_after(0), 1 << 32);
        assert_eq!(left_after(1 << 20), 1 << 31);
    }

    #[test]
    fn a_basis_goes_to_the_nearest_tick() {
        // Rounded down, every mark would be half a tick too low.
        let ticks = |average| Basis { average, at: Timestamp::ZERO }.ticks();
        assert_eq!((ticks(TICK / 2 - 1), ticks(TICK / 2)), (0, 1));
        assert_eq!((ticks(-TICK / 2 - 1), ticks(-TICK / 2)), (-1, 0));
        assert_eq!((within(7 * TICK, 5), within(-7 * TICK, 5)), (5 * TICK, -5 * TICK));
    }
}
