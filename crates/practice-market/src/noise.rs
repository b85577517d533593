//! Prices that wander, as a function of a seed and the time alone: no state, so that two who look at the same moment
//! see the same price, and a late look sees what was.

use machine::Prng;

/// Parts in a billion.
pub(crate) const BILLION: i128 = 1_000_000_000;

/// Random bits that belong to a few numbers.
pub(crate) fn bits(seed: u64, stream: u64, at: u64) -> u64 {
    let mixed = seed ^ stream.rotate_left(24) ^ at.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut prng = Prng::new(mixed);
    let _whitened = prng.next_u64();
    prng.next_u64()
}

/// A number below `bound` that belongs to a few numbers.
pub(crate) fn below(seed: u64, stream: u64, at: u64, bound: u64) -> u64 {
    Prng::new(bits(seed, stream, at)).below(bound)
}

/// A deviation within `reach` parts in a billion either way, which takes `period_ms` to get from one random point to
/// the next in a straight line.
pub(crate) fn wander(seed: u64, stream: u64, at_ms: u64, period_ms: u64, reach: u64) -> i128 {
    let period = period_ms.max(1);
    let (step, rest) = (at_ms / period, at_ms % period);
    let point = |step: u64| {
        let height = below(seed, stream ^ period.rotate_left(40), step, 2 * reach + 1);
        i128::from(height) - i128::from(reach)
    };
    let (from, to) = (point(step), point(step + 1));
    (from * i128::from(period - rest) + to * i128::from(rest)) / i128::from(period)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_never_jumps_and_never_leaves_its_reach() {
        // A jump in the noise would trip the oracle's jump guard on a quiet day.
        let at = |ms| wander(7, 1, ms, 8_000, 300_000);
        let mut seen = (i128::MAX, i128::MIN);
        for ms in (1_000_000..2_000_000).step_by(250) {
            let (here, next) = (at(ms), at(ms + 250));
            assert!(here.abs() <= 300_000);
            assert!((next - here).abs() <= 600_000 * 250 / 8_000 + 1, "at {ms}");
            seen = (seen.0.min(here), seen.1.max(here));
        }
        assert!(seen.0 < -200_000 && seen.1 > 200_000, "it hardly moves: {seen:?}");
        assert_eq!(at(1_234_567), at(1_234_567));
        assert_ne!(at(1_234_567), wander(8, 1, 1_234_567, 8_000, 300_000));
    }
}
