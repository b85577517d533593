//! Chance: everything random about the traders, drawn from one seed, in whole numbers so that every machine draws the
//! same.

use machine::Prng;

/// Thousandths.
pub(crate) const MILLE: i64 = 1_000;

/// Draws of a uniform number whose sum stands for one of the normal distribution: its deviation is then one
/// (Irwin and Hall), and its tails end at six deviations.
const NORMAL_DRAWS: u32 = 12;

/// What `exp` multiplies its argument by for one of base two: `1 / ln 2` in thousandths.
const LOG2_E: i64 = 1_443;

/// The largest power of two that [`exp`] gives: far beyond six deviations of any size that is drawn here.
const DOUBLINGS_MAX: i64 = 20;

/// A source of chance.
#[derive(Clone, Debug)]
pub(crate) struct Dice(Prng);

impl Dice {
    /// The dice of a seed.
    pub(crate) const fn new(seed: u64) -> Self {
        Self(Prng::new(seed))
    }

    /// True so many times in a thousand.
    pub(crate) fn chance(&mut self, per_mille: u64) -> bool {
        self.0.below(1_000) < per_mille
    }

    /// A number from `low` to `high`, both of them included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = u64::try_from(high.saturating_sub(low)).unwrap_or(0);
        let above = self.0.below(width.saturating_add(1));
        low.saturating_add(i64::try_from(above).unwrap_or(0))
    }

    /// An index of something with `len` elements.
    pub(crate) fn index(&mut self, len: usize) -> usize {
        self.0.index(len)
    }

    /// A number of the normal distribution, in thousandths of a deviation.
    fn normal(&mut self) -> i64 {
        (0..NORMAL_DRAWS).map(|_| self.between(-500, 500)).sum()
    }

    /// A size of the log-normal distribution: half of all are above the median, and `sigma` is the deviation of the
    /// logarithm in thousandths.
    pub(crate) fn log_normal(&mut self, median: i64, sigma: i64) -> i64 {
        let exponent = self.normal() * sigma / MILLE;
        let size = i128::from(median) * i128::from(exp(exponent)) / i128::from(MILLE);
        i64::try_from(size).unwrap_or(i64::MAX)
    }
}

/// The exponential function of thousandths, in thousandths: to a hundredth of its value, which no size here shows.
fn exp(thousandths: i64) -> i64 {
    let twos = thousandths.saturating_mul(LOG2_E) / MILLE;
    let (whole, part) = (twos.div_euclid(MILLE), twos.rem_euclid(MILLE));
    // Two to the power of the part, by a parabola through 1 and 2.
    let scaled = MILLE + part * (656 + 344 * part / MILLE) / MILLE;
    if whole >= 0 {
        scaled << whole.min(DOUBLINGS_MAX)
    } else {
        scaled >> (-whole).min(DOUBLINGS_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_lie_around_their_median_with_a_long_tail() {
        // All of one size would be liquidated at one price, and a market of whales by one order.
        let mut dice = Dice::new(7);
        let mut sizes: Vec<i64> = (0..20_001).map(|_| dice.log_normal(2_000, 1_000)).collect();
        sizes.sort_unstable();
        let at = |per_mille: usize| sizes[20_000 * per_mille / 1_000];
        assert!((1_900..2_100).contains(&at(500)), "median {}", at(500));
        // One deviation either way: e times more, and e times less.
        assert!((5_000..5_900).contains(&at(841)), "{}", at(841));
        assert!((680..790).contains(&at(159)), "{}", at(159));
        assert!(sizes[0] >= 0 && at(999) > 20_000, "{}", at(999));
    }

    #[test]
    fn the_exponential_function_is_near_enough() {
        let near = |thousandths, wanted: i64| {
            let given = exp(thousandths);
            assert!((given - wanted).abs() <= 1 + wanted / 80, "exp({thousandths}) = {given}");
        };
        for (argument, wanted) in
            [(0, 1_000), (1_000, 2_718), (-1_000, 368), (500, 1_649), (3_000, 20_086), (-3_000, 50)]
        {
            near(argument, wanted);
        }
        assert_eq!(exp(i64::MIN), exp(-100_000), "it ends somewhere");
    }
}
