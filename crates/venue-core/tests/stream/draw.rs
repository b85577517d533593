//! Numbers out of a seed.

use machine::Prng;

/// Draws.
#[derive(Debug)]
pub(crate) struct Draw(pub(crate) Prng);

impl Draw {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0.below(bound)
    }

    pub(crate) fn index(&mut self, len: usize) -> usize {
        self.0.index(len)
    }

    pub(crate) fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    /// A number at the end of what can be said.
    pub(crate) fn extreme(&mut self) -> i128 {
        let ends = [
            0,
            -1,
            1,
            i128::MAX,
            i128::MIN,
            i128::MIN + 1,
            1 << 109,
            1 << 110,
            (1 << 110) - 1,
            1 << 100,
            i128::from(i64::MAX),
            1 << 64,
        ];
        ends[self.index(ends.len())]
    }

    /// A number of lots or ticks at the end of what can be said.
    pub(crate) fn extreme_whole(&mut self) -> i64 {
        let ends = [0, -1, 1, i64::MAX, i64::MIN, 1 << 40, (1 << 40) - 1, 1 << 20, -5];
        ends[self.index(ends.len())]
    }
}
