//! Markets that crash: a population with few large and many small accounts, leverage as it was on 2025-10-10, makers who
//! leave, and news.

mod people;
mod settings;
mod watch;
mod world;

pub(crate) use world::World;

use machine::Prng;

/// Draws out of a seed.
#[derive(Debug)]
pub(crate) struct Draw(Prng);

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Prng::new(seed))
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0.below(bound)
    }

    /// From `low` on, below `high`.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below(high.abs_diff(low)) as i64
    }

    pub(crate) fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    pub(crate) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// Normally distributed, nearly: in parts of a thousandth of a standard deviation.
    pub(crate) fn normal(&mut self) -> i64 {
        (0..12).map(|_| self.below(1_000) as i64).sum::<i64>() - 5_994
    }

    /// `2^(thousandths / 1000)` times `base`, in a straight line between whole powers.
    pub(crate) fn power(base: i128, thousandths: i64) -> i128 {
        let whole = thousandths.div_euclid(1_000);
        let part = 1_000 + i128::from(thousandths.rem_euclid(1_000));
        let scaled = if whole >= 0 { base << whole.min(40) } else { base >> (-whole).min(100) };
        scaled * part / 1_000
    }
}
